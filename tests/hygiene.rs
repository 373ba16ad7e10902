//! Rules on the upkeep of policies: what is close and fine, and what is not known.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::finding::{Finding, Level};
use serde_json::{Value, json};

const GROUP: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";
const OTHER: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d91";

/// A policy without anything to report, and what is different about it.
fn policy(changes: &[(&str, Value)]) -> Value {
    let mut policy = json!({
        "displayName": "CA001 MFA",
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": { "includeUsers": ["All"], "excludeGroups": [GROUP] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] },
    });
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = policy.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
        parent.as_object_mut().unwrap().insert(key.to_owned(), value.clone());
    }
    policy
}

/// The findings of one rule on some policies.
fn found(rule: &str, policies: &Value) -> Vec<Finding> {
    of(rule, common::check_text("policies.json", &policies.to_string()))
}

fn of(rule: &str, outcome: Outcome) -> Vec<Finding> {
    outcome.findings.into_iter().filter(|finding| finding.rule.as_str() == rule).collect()
}

/// The findings of one rule on files beside a configuration.
fn in_folder(rule: &str, folder: &Path, files: &[(&str, &str)]) -> Vec<Finding> {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let paths = vec![folder.to_path_buf()];
    let options = Options { paths, config: ConfigChoice::Nearest, ..common::options() };
    of(rule, engine::run(&options).unwrap_or_else(|failure| panic!("{:?}", failure.problems)))
}

#[test]
fn a_policy_in_good_order_has_nothing() {
    let outcome = common::check_text("policy.json", &policy(&[]).to_string());
    assert_eq!(common::rules(&outcome), Vec::<&str>::new());
}

#[test]
fn words_in_another_case_are_one_finding_a_policy() {
    let rule = "misspelled-case";
    let written = policy(&[
        ("/state", json!("Enabled")),
        ("/conditions/clientAppTypes", json!(["All"])),
        ("/conditions/locations", json!({"includeLocations": ["all"], "excludeLocations": ["alltrusted"]})),
    ]);
    let findings = found(rule, &written);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].all_labels().count(), 4);
    assert_eq!(findings[0].level, Level::Note);
    for fine in [
        ("/conditions/users/excludeGroups", json!([GROUP.to_uppercase()])),
        ("/displayName", json!("ALL")),
        ("/state", json!("on")),
        ("/conditions/clientAppTypes", json!(["modern"])),
        ("/conditions/users/includeUsers", json!(["{{all}}"])),
    ] {
        assert!(found(rule, &policy(std::slice::from_ref(&fine))).is_empty(), "{fine:?}");
    }
}

#[test]
fn words_in_the_case_of_powershell_are_left_alone() {
    let objects = r#"{"DisplayName": "A", "State": "Enabled",
        "Conditions": {"ClientAppTypes": ["Browser"], "Users": {"IncludeUsers": ["All"]},
            "Applications": {"IncludeApplications": ["All"]}},
        "GrantControls": {"Operator": "Or", "BuiltInControls": ["Mfa"]}}"#;
    assert!(of("misspelled-case", common::check_text("a.json", objects)).is_empty());
    let dsc = "AADConditionalAccessPolicy x {\n DisplayName = \"A\"\n State = \"enabled\"\n \
               IncludeUsers = @(\"All\")\n IncludeApplications = @(\"All\")\n BuiltInControls = @(\"Mfa\")\n}\n";
    let outcome = common::check_text("a.ps1", dsc);
    assert_eq!(outcome.policies, 1);
    assert!(of("misspelled-case", outcome).is_empty());
}

#[test]
fn copies_are_found_whatever_their_spelling() {
    let rule = "repeated-entry";
    for (pointer, list) in [
        ("/conditions/users/excludeGroups", json!([GROUP, OTHER, GROUP.to_uppercase()])),
        ("/conditions/users/includeUsers", json!(["All", "all"])),
        ("/conditions/users/excludeUsers", json!(["<admin>", "<admin>"])),
        ("/grantControls/termsOfUse", json!([GROUP, GROUP])),
        ("/conditions/insiderRiskLevels", json!("minor,elevated,Minor")),
    ] {
        let findings = found(rule, &policy(&[(pointer, list)]));
        assert_eq!(findings.len(), 1, "{pointer}");
        assert_eq!(findings[0].level, Level::Note);
    }
    let two_lists = policy(&[
        ("/conditions/users/excludeUsers", json!([GROUP])),
        ("/conditions/users/includeGroups", json!([GROUP])),
    ]);
    assert!(found(rule, &two_lists).is_empty(), "two lists");
    let in_terraform = |entries: &str| {
        let text = format!(
            "resource \"azuread_conditional_access_policy\" \"x\" {{\n display_name = \"X\"\n state = \"enabled\"\n \
             conditions {{\n client_app_types = [\"all\"]\n applications {{ included_applications = [\"All\"] }}\n \
             users {{\n included_users = [\"All\"]\n excluded_groups = [{entries}]\n }}\n }}\n \
             grant_controls {{\n operator = \"OR\"\n built_in_controls = [\"mfa\"]\n }}\n}}\n"
        );
        of(rule, common::check_text("main.tf", &text)).len()
    };
    assert_eq!(in_terraform("azuread_group.a.object_id, azuread_group.b.object_id, var.a, var.b"), 0);
    assert_eq!(in_terraform("azuread_group.a.object_id, azuread_group.a.id"), 1, "one group");
    assert_eq!(in_terraform("var.a, var.a"), 0, "not known");
}

#[test]
fn placeholders_are_told_once() {
    let rule = "placeholder-id";
    for (pointer, value) in [
        ("/conditions/users/includeGroups", json!(["%PILOT%"])),
        ("/conditions/users/includeUsers", json!(["00000000-0000-0000-0000-000000000000"])),
        ("/conditions/users/includeRoles", json!([""])),
        ("/conditions/users/excludeGroups", json!(["aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb"])),
        ("/conditions/users/excludeUsers", json!(["12345678-1234-1234-1234-1234567890ab"])),
        ("/conditions/applications/excludeApplications", json!(["<app>", "<other app>"])),
        ("/conditions/locations", json!({"includeLocations": ["All"], "excludeLocations": ["{{office}}"]})),
        ("/grantControls/termsOfUse", json!(["<terms>"])),
    ] {
        let findings = found(rule, &policy(&[(pointer, value)]));
        assert_eq!(findings.len(), 1, "{pointer}");
        assert_eq!(findings[0].level, Level::Note);
    }
    for (pointer, value) in [
        // Another rule tells of these.
        ("/conditions/users/excludeGroups", json!(["{{BreakGlass}}", "", "Emergency access"])),
        ("/conditions/users/includeGroups", json!(["Pilot"])),
        // These have a meaning.
        ("/conditions/applications/includeApplications", json!(["00000003-0000-0000-c000-000000000000"])),
        ("/conditions/users/excludeRoles", json!(["d29b2b05-8046-44ba-8758-1e26182fcf32"])),
        (
            "/conditions/locations",
            json!({"includeLocations": ["All"], "excludeLocations": ["00000000-0000-0000-0000-000000000000"]}),
        ),
    ] {
        assert!(found(rule, &policy(&[(pointer, value)])).is_empty(), "{pointer}");
    }
    let folder = tempfile::tempdir().unwrap();
    let config = "emergency-access:\n  groups: [\"{{BreakGlass}}\"]\n";
    let own = policy(&[("/conditions/users/includeGroups", json!(["{{BreakGlass}}"]))]).to_string();
    let files = [("calint.yaml", config), ("a.json", own.as_str())];
    assert!(in_folder(rule, folder.path(), &files).is_empty(), "declared as emergency access");
}

#[test]
fn a_retired_control_is_a_gap_only_where_it_is_alone() {
    let rule = "retired-control";
    let with = |controls: Value, operator: &str| {
        policy(&[
            ("/conditions/applications/includeApplications", json!(["Office365"])),
            ("/grantControls", json!({"operator": operator, "builtInControls": controls})),
        ])
    };
    let levels = |policy: &Value| found(rule, policy).iter().map(|finding| finding.level).collect::<Vec<_>>();
    assert_eq!(levels(&with(json!(["approvedApplication"]), "OR")), [Level::Warn]);
    assert_eq!(levels(&with(json!(["approvedApplication", "mfa"]), "AND")), [Level::Warn]);
    assert_eq!(levels(&with(json!(["approvedApplication", "compliantApplication"]), "OR")), [Level::Note]);
    assert_eq!(levels(&with(json!(["approvedApplication", "newControl"]), "OR")), [Level::Note]);
    assert!(levels(&with(json!(["compliantApplication"]), "OR")).is_empty());
    let mut everything = with(json!(["approvedApplication", "compliantApplication"]), "OR");
    everything["conditions"]["applications"]["includeApplications"] = json!(["All"]);
    assert!(levels(&everything).is_empty(), "the rule on what is left as the only way marks it");
    let mut unmet = everything.clone();
    unmet["grantControls"] = json!({
        "operator": "AND",
        "builtInControls": ["approvedApplication", "compliantApplication", "domainJoinedDevice"],
    });
    assert_eq!(levels(&unmet), [Level::Warn], "no rule on an only way speaks of what nobody meets");
    let mut later = with(json!(["approvedApplication"]), "OR");
    later["state"] = json!("enabledForReportingButNotEnforced");
    assert_eq!(levels(&later), [Level::Note]);
    let folder = tempfile::tempdir().unwrap();
    let own = with(json!(["approvedApplication"]), "OR").to_string();
    let files = [("calint.yaml", "assume:\n  approved-app: honoured\n"), ("a.json", own.as_str())];
    assert!(in_folder(rule, folder.path(), &files).is_empty(), "still honoured");
}

#[test]
fn what_is_deprecated_is_one_finding_a_policy() {
    let rule = "deprecated-schema";
    for (pointer, value) in [
        ("/conditions/clientAppTypes", json!(["modern", "easUnsupported", "easSupported"])),
        ("/conditions/devices", json!({"includeDevices": ["All"], "excludeDevices": ["Compliant"]})),
        ("/conditions/platforms", json!({"includePlatforms": ["windowsPhone", "windows"]})),
        ("/conditions/applications/globalSecureAccess", json!({"includeTrafficProfiles": "M365"})),
        ("/sessionControls", json!({"continuousAccessEvaluation": {"mode": "strictEnforcement"}})),
    ] {
        assert_eq!(found(rule, &policy(&[(pointer, value)])).len(), 1, "{pointer}");
    }
    for (pointer, value) in [
        ("/conditions/deviceStates", json!(null)),
        ("/conditions/deviceStates", json!({"includeStates": null, "excludeStates": []})),
        ("/conditions/applications/networkAccess", json!(null)),
        (
            "/conditions/platforms",
            json!({"includePlatforms": ["all"], "excludePlatforms": ["windowsPhone", "windows"]}),
        ),
        ("/sessionControls", json!({"continuousAccessEvaluation": {"mode": "strictLocation"}})),
    ] {
        assert!(found(rule, &policy(&[(pointer, value)])).is_empty(), "{pointer}");
    }
}

#[test]
fn a_platform_that_no_longer_exists_is_reported_once() {
    let alone = policy(&[("/conditions/platforms", json!({"includePlatforms": ["windowsPhone"]}))]);
    assert!(found("deprecated-schema", &alone).is_empty());
    let never = found("never-applies", &alone);
    assert_eq!(never.len(), 1);
    assert_eq!(never[0].primary.message, "a platform that no longer exists");
    let beside = json!({"includePlatforms": ["windowsPhone"], "excludePlatforms": []});
    let twice =
        policy(&[("/conditions/platforms", beside), ("/conditions/clientAppTypes", json!(["easSupported"]))]);
    assert_eq!(found("deprecated-schema", &twice)[0].all_labels().count(), 1);
}

#[test]
fn a_placeholder_is_told_wherever_a_value_belongs() {
    let rule = "placeholder-id";
    let message = |pointer: &str, value: Value| {
        let findings = found(rule, &policy(&[(pointer, value)]));
        findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    let id = "a placeholder where an id belongs may stand for nothing";
    let value = "a placeholder where a value belongs may stand for nothing";
    assert_eq!(message("/conditions/users/includeGroups", json!(["<group>"])), [id]);
    assert_eq!(message("/grantControls/authenticationStrength", json!({"id": "<strength>"})), [id]);
    assert_eq!(message("/grantControls/authenticationStrength", json!({"id": GROUP})), [""; 0]);
    for (pointer, written) in [
        ("/conditions/platforms", json!({"includePlatforms": ["<platform>"]})),
        ("/conditions/userRiskLevels", json!(["{{risk}}"])),
        ("/state", json!("{{state}}")),
        ("/grantControls/builtInControls", json!(["<control>"])),
        ("/conditions/devices", json!({"deviceFilter": {"mode": "exclude", "rule": "<rule>"}})),
    ] {
        assert_eq!(message(pointer, written), [value], "{pointer}");
    }
}

#[test]
fn names_are_compared_as_people_read_them() {
    let rule = "duplicate-policy-name";
    let named = |name: &str, id: Value, state: &str| {
        policy(&[("/displayName", json!(name)), ("/id", id), ("/state", json!(state))])
    };
    let enabled = |name: &str| named(name, Value::Null, "enabled");
    let findings = found(rule, &json!([enabled("MFA"), enabled("mfa "), enabled("Mfa")]));
    assert_eq!(findings.len(), 1, "one finding a name");
    assert_eq!(findings[0].related.len(), 2);
    assert_eq!(found(rule, &json!([named("A", Value::Null, "disabled"), enabled("A")])).len(), 1);
    let both_off = json!([named("A", Value::Null, "disabled"), named("A", Value::Null, "disabled")]);
    assert!(found(rule, &both_off).is_empty(), "disabled policies are not judged");
    assert!(found(rule, &json!([enabled("MFA 1"), enabled("MFA 2")])).is_empty());
    let twice = json!([named("A", json!(GROUP), "enabled"), named("A", json!(GROUP), "enabled")]);
    assert!(found(rule, &twice).is_empty(), "one policy, which the files hold twice");
    assert_eq!(
        found(rule, &json!([named("A", json!(GROUP), "enabled"), named("A", json!(OTHER), "enabled")])).len(),
        1
    );
}

#[test]
fn the_limit_counts_policies_in_every_state() {
    let rule = "too-many-policies";
    let many = |count: usize, state: &str| {
        let one = |number: usize| {
            policy(&[("/displayName", json!(format!("CA{number}"))), ("/state", json!(state))])
        };
        found(rule, &(0..count).map(one).collect())
    };
    assert!(many(179, "disabled").is_empty());
    assert!(many(180, "disabled")[0].message.contains("180 policies of at most 195"));
    assert!(many(195, "disabled")[0].message.contains("of at most 195"));
    assert!(many(196, "disabled")[0].message.contains("196 policies, and the service takes 195"));
    assert!(many(401, "disabled").is_empty(), "more than one tenant, which another rule tells");
    let same = policy(&[("/id", json!(GROUP))]);
    assert!(found(rule, &vec![same; 190].into()).is_empty(), "one policy many times");
}

#[test]
fn names_follow_the_pattern_of_the_configuration() {
    let rule = "unconventional-name";
    let folder = tempfile::tempdir().unwrap();
    let named = |name: Value| policy(&[("/displayName", name)]).to_string();
    let config = ("calint.yaml", "naming: {pattern: '^CA\\d{3} '}\n");
    let count = |name: Value| in_folder(rule, folder.path(), &[config, ("a.json", &named(name))]).len();
    assert_eq!(count(json!("CA001 MFA")), 0);
    assert_eq!(count(json!("MFA")), 1);
    assert_eq!(count(json!("xCA001 MFA")), 1);
    assert_eq!(count(Value::Null), 0, "no name is another fault");
    assert!(found(rule, &policy(&[("/displayName", json!("MFA"))])).is_empty(), "nothing configured");
}

#[test]
fn what_cannot_be_used_in_the_configuration_is_pointed_at() {
    for (config, message, line) in [
        ("\nnaming:\n  pattern: 'CA('\n", "pattern cannot be used", 3),
        ("naming:\n  patern: CA\n", "unknown key `patern`", 2),
        ("report-only-days: soon\n", "`soon` is not a number of days", 1),
        ("report-only-days: 0\n", "`0` is not a number of days", 1),
        ("naming:\n  pattern: '(((\\w{90}){90}){90}){90}'\n", "pattern cannot be used", 2),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("calint.yaml"), config).unwrap();
        fs::write(folder.path().join("a.json"), policy(&[]).to_string()).unwrap();
        let paths = vec![folder.path().to_path_buf()];
        let options = Options { paths, config: ConfigChoice::Nearest, ..common::options() };
        let failure = engine::run(&options).expect_err(config);
        assert_eq!(failure.problems.len(), 1, "{config}");
        let problem = &failure.problems[0];
        assert_eq!(problem.message, message);
        assert_eq!(failure.sources.range(problem.primary.span).0.line, line, "{config}");
    }
}

const REPORT_ONLY: &str = "enabledForReportingButNotEnforced";

#[test]
fn report_only_ends_some_day() {
    let rule = "stale-report-only";
    let folder = tempfile::tempdir().unwrap();
    let config = ("calint.yaml", "report-only-days: 30\n");
    // The day of the run is 2026-01-31.
    let count = |changes: &[(&str, Value)]| {
        let mut changes = changes.to_vec();
        changes.insert(0, ("/state", json!(REPORT_ONLY)));
        in_folder(rule, folder.path(), &[config, ("a.json", &policy(&changes).to_string())]).len()
    };
    let modified = |text: &str| ("/modifiedDateTime", json!(text));
    let created = |text: &str| ("/createdDateTime", json!(text));
    assert_eq!(count(&[modified("2025-12-31T23:59:59.1234567Z")]), 1);
    assert_eq!(count(&[modified("2026-01-01T00:00:00Z")]), 0, "thirty days are allowed");
    assert_eq!(count(&[created("2025-12-31")]), 1);
    assert_eq!(count(&[created("/Date(1735689600000)/")]), 1);
    assert_eq!(count(&[created("2025-01-01T00:00:00Z"), modified("2026-01-20T00:00:00Z")]), 0);
    assert_eq!(count(&[created("2025-01-01T00:00:00Z"), modified("<date>")]), 0, "not known");
    assert_eq!(count(&[modified("2027-01-01T00:00:00Z")]), 0, "not yet");
    assert_eq!(count(&[]), 0, "no date, and no repository");
    assert_eq!(count(&[modified("2025-01-01T00:00:00Z"), ("/state", json!("enabled"))]), 0);
    assert_eq!(count(&[modified("2025-01-01T00:00:00Z"), ("/state", json!("someday"))]), 0, "not known");
    let alone = policy(&[("/state", json!(REPORT_ONLY)), modified("2020-01-01T00:00:00Z")]);
    assert!(found(rule, &alone).is_empty(), "nothing configured");
}

fn git(folder: &Path, arguments: &[&str], day: &str) {
    let stamp = format!("{day}T12:00:00Z");
    let done = Command::new("git")
        .args(["-c", "user.name=calint", "-c", "user.email=calint@contoso.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_AUTHOR_DATE", &stamp)
        .env("GIT_COMMITTER_DATE", &stamp)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn where_no_date_is_given_the_last_commit_tells() {
    let rule = "stale-report-only";
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q"], "2025-01-01");
    let old = policy(&[("/state", json!(REPORT_ONLY)), ("/displayName", json!("Old"))]).to_string();
    let new = policy(&[("/state", json!(REPORT_ONLY)), ("/displayName", json!("New"))]).to_string();
    let block = |name: &str, state: &str| {
        format!(
            "resource \"azuread_conditional_access_policy\" \"{name}\" {{\n  display_name = \"{name}\"\n  \
             state = {state}\n  conditions {{\n    client_app_types = [\"all\"]\n    applications {{\n      \
             included_applications = [\"All\"]\n    }}\n    users {{\n      included_users = [\"All\"]\n    }}\n  \
             }}\n  grant_controls {{\n    operator = \"OR\"\n    built_in_controls = [\"mfa\"]\n  }}\n}}\n"
        )
    };
    let terraform = block("literal", &format!("\"{REPORT_ONLY}\""))
        + &block("given", "local.state")
        + &format!("locals {{\n  state = \"{REPORT_ONLY}\"\n}}\n");
    let first = [("calint.yaml", "report-only-days: 30\n"), ("old.json", &old), ("main.tf", &terraform)];
    assert!(in_folder(rule, at, &first).is_empty(), "not committed yet");
    git(at, &["add", "."], "2025-11-01");
    git(at, &["commit", "-q", "-m", "first"], "2025-11-01");
    fs::write(at.join("new.json"), &new).unwrap();
    git(at, &["add", "."], "2026-01-20");
    git(at, &["commit", "-q", "-m", "second"], "2026-01-20");
    let names = |findings: Vec<Finding>| {
        findings.into_iter().map(|finding| finding.policy.unwrap().name.unwrap()).collect::<Vec<_>>()
    };
    let findings = in_folder(rule, at, &[]);
    assert!(findings.iter().all(|finding| finding.message.contains("for 91 days or more")));
    assert_eq!(
        names(findings),
        ["literal", "Old"],
        "a state from elsewhere can change while the file does not"
    );
    fs::write(at.join("old.json"), old.replace("Old", "Other")).unwrap();
    assert_eq!(names(in_folder(rule, at, &[])), ["literal"], "changed since the commit");
}
