//! Questions about Conditional Access that tools answer in different ways, and how calint answers each.
//!
//! A row is a policy, a sign-in and what becomes of it, through the built program. Titles in quotes are pages of
//! the Microsoft Entra documentation.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;

use serde_json::{Value, json};

/// A question and its answer.
struct Question {
    question: &'static str,
    /// Conditions in place of those of [`ASKED`], which takes in all users and all apps.
    conditions: &'static str,
    grant: &'static str,
    /// Who signs in, to what and how. What is left out is not known.
    who: &'static str,
    to: &'static str,
    how: &'static str,
    /// The controls the person can meet; without, all that are possible.
    can: Option<&'static str>,
    /// Whether the policy applies, and the verdict.
    applies: &'static str,
    verdict: &'static str,
    why: &'static str,
}

/// A block of everything, asked by a member who signs in to an app of the company.
const ASKED: Question = Question {
    question: "",
    conditions: "{}",
    grant: r#"{"operator": "OR", "builtInControls": ["block"]}"#,
    who: "{userType: member, groupIds: [], roleTemplateIds: []}",
    to: "{includeApplications: [0d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d10]}",
    how: "{}",
    can: None,
    applies: "yes",
    verdict: "blocked",
    why: "",
};

const A_STRENGTH: &str = r#"{"authenticationStrength": {"id": "5f0d7a1c-93b2-4c8e-a6b4-2d1e0c9f8a77"}}"#;
const MFA_OR_PASSKEY: &str = r#"{"operator": "OR", "builtInControls": ["mfa"],
    "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}}"#;
const MFA_AND_PASSKEY: &str = r#"{"operator": "AND", "builtInControls": ["mfa"],
    "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}}"#;

const GUEST: &str = "{userType: b2bCollaborationGuest, groupIds: [], roleTemplateIds: []}";
const GLOBAL_ADMINISTRATOR: &str =
    "{userType: member, groupIds: [], roleTemplateIds: [62e90394-69f5-4237-9190-012177145e10]}";

/// What nobody wrote down.
const NOT_WRITTEN: &[Question] = &[
    Question {
        question: "Whom does a policy reach that names nobody?",
        conditions: r#"{"users": {"includeUsers": [], "includeGroups": [], "includeRoles": []}}"#,
        applies: "no",
        verdict: "allowed",
        why: "all assignments have to match, and nobody is assigned (\"Building a Conditional Access policy\")",
        ..ASKED
    },
    Question {
        question: "Does `None` among the users undo a role?",
        conditions: r#"{"users": {"includeUsers": ["None"],
            "includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}}"#,
        who: GLOBAL_ADMINISTRATOR,
        why: "users, groups, roles and guests are alternatives (\"Users, groups, agents and workload identities\")",
        ..ASKED
    },
    Question {
        question: "Which client apps does an empty list take in?",
        conditions: r#"{"clientAppTypes": []}"#,
        how: "{clientAppType: other}",
        why: "not configured is every client, legacy ones too (\"Conditions\")",
        ..ASKED
    },
    Question {
        question: "Are two empty lists of platforms a condition?",
        conditions: r#"{"platforms": {"includePlatforms": [], "excludePlatforms": []}}"#,
        how: "{devicePlatform: windows}",
        why: "exports write them for a condition that is not configured, which matches everything (\"Conditions\")",
        ..ASKED
    },
    Question {
        question: "Is a device filter without mode and rule a condition?",
        conditions: r#"{"devices": {"deviceFilter": {"mode": null, "rule": null}}}"#,
        why: "exports of PowerShell write one for a condition that is not configured (\"Conditions\")",
        ..ASKED
    },
    Question {
        question: "Is a location trusted that nobody says is?",
        conditions: r#"{"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}"#,
        how: "{namedLocationIds: []}",
        applies: "depends",
        verdict: "depends",
        why: "a trusted location is left out, and a fact that is not given is not a no (\"Network\")",
        ..ASKED
    },
];

/// What the service would not accept.
const NOT_ACCEPTED: &[Question] = &[
    Question {
        question: "Does a policy on a user action still have it when it names apps as well?",
        conditions: r#"{"applications": {"includeApplications": ["c2b9a5d4-6e1f-4f7a-9b3c-8d2e1f0a4b66"],
            "includeUserActions": ["urn:user:registersecurityinfo"]}}"#,
        to: "{userAction: registerSecurityInformation}",
        why: "apps and actions do not go together, but the action is named (\"Target resources\")",
        ..ASKED
    },
    Question {
        question: "Is MFA enough where MFA or a strength is asked for?",
        grant: MFA_OR_PASSKEY,
        can: Some("[mfa]"),
        verdict: "allowed",
        why: "the two do not go together (\"Authentication strengths\"), but OR is one of all (\"Grant controls\")",
        ..ASKED
    },
    Question {
        question: "Is MFA enough where MFA and a strength are asked for?",
        grant: MFA_AND_PASSKEY,
        can: Some("[mfa]"),
        why: "AND is every control, of whatever kind (\"Grant controls\")",
        ..ASKED
    },
    Question {
        question: "Does a strength that is met meet the demand for MFA beside it?",
        grant: MFA_AND_PASSKEY,
        can: Some("[00000000-0000-0000-0000-000000000004]"),
        verdict: "allowed",
        why: "the methods of the built-in strengths are multifactor (\"Authentication strengths\")",
        ..ASKED
    },
    Question {
        question: "Is the name of a group of apps that does not exist the app it sounds like?",
        conditions: r#"{"applications": {"includeApplications": ["AzureVirtualDesktop"]}}"#,
        to: "{includeApplications: [9cdead84-a844-4324-93f2-b2e6bb768d07]}",
        applies: "depends",
        verdict: "depends",
        why: "apps are named by application id; what a name stands for is not known (\"Target resources\")",
        ..ASKED
    },
    Question {
        question: "Does a device match a text that is not a rule?",
        conditions: r#"{"devices": {"deviceFilter": {"mode": "include", "rule": "all our laptops"}}}"#,
        how: "{deviceInfo: {model: Latitude}}",
        applies: "depends",
        verdict: "depends",
        why: "neither that it matches nor that it does not is known (\"Filter for devices\")",
        ..ASKED
    },
    Question {
        question: "Does a device match a rule with an operator that does not exist?",
        conditions: r#"{"devices": {"deviceFilter": {"mode": "exclude", "rule": "device.model -like \"Lat*\""}}}"#,
        how: "{deviceInfo: {model: Latitude}}",
        applies: "depends",
        verdict: "depends",
        why: "the operators are listed, and this is none (\"Filter for devices\")",
        ..ASKED
    },
    Question {
        question: "Does a device match a filter with a mode and an empty rule?",
        conditions: r#"{"devices": {"deviceFilter": {"mode": "include", "rule": ""}}}"#,
        how: "{deviceInfo: {model: Latitude}}",
        applies: "depends",
        verdict: "depends",
        why: "the condition is configured, with nothing to decide it (\"Filter for devices\")",
        ..ASKED
    },
    Question {
        question: "Is an Entra joined device `azureADJoined`?",
        conditions: r#"{"devices": {"deviceFilter": {"mode": "include",
            "rule": "device.trustType -eq \"azureADJoined\""}}}"#,
        how: "{deviceInfo: {trustType: AzureAD}}",
        applies: "no",
        verdict: "allowed",
        why: "the values are AzureAD, ServerAD and Workplace (\"Filter for devices\")",
        ..ASKED
    },
];

/// How words compare.
const WORDS: &[Question] = &[
    Question {
        question: "Is `WINDOWS` the platform `windows`?",
        conditions: r#"{"platforms": {"includePlatforms": ["WINDOWS"]}}"#,
        how: "{devicePlatform: windows}",
        why: "the case of letters makes no other platform (\"Conditions\")",
        ..ASKED
    },
    Question {
        question: "Is `Linux` left out where `linux` signs in?",
        conditions: r#"{"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["Linux"]}}"#,
        how: "{devicePlatform: linux}",
        applies: "no",
        verdict: "allowed",
        why: "the same in an exclusion, and an exclusion wins (\"Conditions\")",
        ..ASKED
    },
    Question {
        question: "Does a device filter tell capital letters from small ones?",
        conditions: r#"{"devices": {"deviceFilter": {"mode": "include",
            "rule": "device.manufacturer -eq \"CONTOSO\""}}}"#,
        how: "{deviceInfo: {manufacturer: Contoso}}",
        why: "rules are like those of dynamic groups, which do not; \"Filter for devices\" does not say",
        ..ASKED
    },
];

/// Which app is signed in to.
const APPS: &[Question] = &[
    Question {
        question: "What becomes of a sign-in that no policy is about?",
        conditions: r#"{"applications": {"includeApplications": ["c2b9a5d4-6e1f-4f7a-9b3c-8d2e1f0a4b66"]}}"#,
        applies: "no",
        verdict: "allowed",
        why: "without a policy that applies, access is granted (\"Plan a Conditional Access deployment\")",
        ..ASKED
    },
    Question {
        question: "Is an app that no table lists part of Office 365?",
        conditions: r#"{"applications": {"includeApplications": ["Office365"]}}"#,
        applies: "depends",
        verdict: "depends",
        why: "the list has names and grows (\"Apps included in the Office 365 app suite\")",
        ..ASKED
    },
    Question {
        question: "Is Exchange behind Azure management?",
        conditions: r#"{"applications": {"includeApplications": ["797f4846-ba00-4fd7-ba43-dac1f8f63013"]}}"#,
        to: "{includeApplications: [00000002-0000-0ff1-ce00-000000000000]}",
        applies: "no",
        verdict: "allowed",
        why: "it is not among what the policy reaches beside itself (\"Target resources\")",
        ..ASKED
    },
    Question {
        question: "Is the Azure portal behind Azure management?",
        conditions: r#"{"applications": {"includeApplications": ["797f4846-ba00-4fd7-ba43-dac1f8f63013"]}}"#,
        to: "{includeApplications: [c44b4083-3bb0-49c1-b47d-974e53cbdf3c]}",
        why: "a policy on Azure management covers the portal (\"Target resources\")",
        ..ASKED
    },
    Question {
        question: "Does leaving out one app spare another?",
        conditions: r#"{"applications": {"includeApplications": ["All"],
            "excludeApplications": ["9cdead84-a844-4324-93f2-b2e6bb768d07"]}}"#,
        why: "all resources but that one are reached (\"Target resources\")",
        ..ASKED
    },
];

/// Strengths of which the files have nothing but the id.
const STRENGTHS: &[Question] = &[
    Question {
        question: "Can a member meet a strength whose combinations are not told?",
        grant: A_STRENGTH,
        verdict: "allowed",
        why: "of a member no method is ruled out beforehand (\"How authentication strength works\")",
        ..ASKED
    },
    Question {
        question: "Can a guest?",
        grant: A_STRENGTH,
        who: GUEST,
        verdict: "depends",
        why: "some combinations are not open to guests (\"Authentication strength for external users\")",
        ..ASKED
    },
];

/// The verdict of the built program, and whether the policy applies.
fn answer(question: &Question) -> (String, String) {
    let mut conditions = json!({
        "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
    });
    let own: Value = serde_json::from_str(question.conditions).expect(question.question);
    conditions.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let grant: Value = serde_json::from_str(question.grant).expect(question.question);
    let policy = json!({
        "displayName": "policy", "state": "enabled", "conditions": conditions, "grantControls": grant,
    });
    let Question { who, to, how, .. } = question;
    let can = question.can.map_or(String::new(), |can| format!("satisfiedControls: {can}\n"));
    let sign_in = format!("signInIdentity: {who}\nsignInContext: {to}\nsignInConditions: {how}\n{can}");

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    fs::write(folder.path().join("policies/policy.json"), policy.to_string()).unwrap();
    fs::write(folder.path().join("sign-in.yaml"), sign_in).unwrap();
    let args = ["what-if", "sign-in.yaml", "policies", "--no-config", "--format", "json"];
    let (out, err, code) = common::ran(common::calint(folder.path()).args(args).output().unwrap());
    assert_eq!((err.as_str(), code), ("", Some(0)), "{}", question.question);
    let answer: Value = serde_json::from_str(&out).expect(question.question);
    let text = |value: &Value| value.as_str().expect(question.question).to_owned();
    (text(&answer["policies"][0]["applies"]), text(&answer["verdict"]))
}

fn check(questions: &[Question]) {
    for question in questions {
        let Question { question: asked, applies, verdict, why, .. } = question;
        let expected = ((*applies).to_owned(), (*verdict).to_owned());
        assert_eq!(answer(question), expected, "{asked} Expected, because {why}");
    }
}

#[test]
fn what_is_not_written_down() {
    check(NOT_WRITTEN);
}

#[test]
fn what_the_service_would_not_accept() {
    check(NOT_ACCEPTED);
}

#[test]
fn how_words_compare() {
    check(WORDS);
}

#[test]
fn which_app_is_signed_in_to() {
    check(APPS);
}

#[test]
fn strengths_known_by_id_alone() {
    check(STRENGTHS);
}
