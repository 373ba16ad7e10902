//! Coverage, where a simpler check is wrong: each test is named after the mistake that such a check makes, and shows a
//! policy set on which it gives the wrong answer. Every gap that is found has a sign-in, which the evaluator lets in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use common::merge;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use calint::access::gaps::{self, Lack};
use calint::access::sign_in::{Client, DevicePlatform, Identity, Methods, PersonKind, SignIn, Target};
use calint::access::{Access, Aspect, Question, Verdict, decide, matrix};
use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::finding::{Certainty, Finding};
use calint::policy::words::{Risk, TransferMethod, UserAction};
use calint::rules::Profile;
use serde_json::{Value, json};

const BREAK_GLASS: &str = "2c9f6a10-7b3d-4e58-9a1c-0d4e6f8a2b10";
const SERVICE: &str = "2c9f6a10-7b3d-4e58-9a1c-0d4e6f8a2b11";
const STAFF: &str = "2c9f6a10-7b3d-4e58-9a1c-0d4e6f8a2b12";
const APP: &str = "6e1d8c40-2f5a-4b97-8d3e-9c7b5a1f0e20";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const AZURE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
const OFFICE: &str = "b7a4e2d0-91c6-4f3b-a58d-3e2f1c0b9a30";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const SYNCHRONISATION: &str = "d29b2b05-8046-44ba-8758-1e26182fcf32";
const MFA_STRENGTH: &str = "00000000-0000-0000-0000-000000000002";
const PASSWORDLESS: &str = "00000000-0000-0000-0000-000000000003";
const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";
const OWN_STRENGTH: &str = "c3d2b1a0-4e5f-4a6b-9c8d-7e6f5a4b3c40";
const ADMINISTRATORS: [&str; 14] = [
    GLOBAL_ADMINISTRATOR,
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
];
const EVERY_GUEST: &str = "internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,\
                           otherExternalUser,serviceProvider";
const KNOWN_PLATFORMS: [&str; 5] = ["android", "iOS", "windows", "macOS", "linux"];
const NATIVE: &str = "mobileAppsAndDesktopClients";
const NOTHING: [&str; 0] = [];

const SIGN_IN: &str = "sign-in-without-mfa";
const ADMIN: &str = "admin-without-mfa";
const PHISHED: &str = "admin-without-phishing-resistance";
const GUEST: &str = "guest-without-mfa";
const LEGACY: &str = "legacy-authentication";
const DEVICE_CODE: &str = "device-code-flow";
const RISKY_SIGN_IN: &str = "risky-sign-in";
const RISKY_USER: &str = "risky-user";
const REGISTRATION: &str = "unprotected-registration";
const DEVICE: &str = "unprotected-device-registration";
const PLATFORM: &str = "unknown-platform";

const RULES: [(&str, Question); 11] = [
    (SIGN_IN, Question::SignInWithoutMfa),
    (ADMIN, Question::AdministratorWithoutMfa),
    (PHISHED, Question::AdministratorPhished),
    (GUEST, Question::GuestWithoutMfa),
    (LEGACY, Question::LegacyClient),
    (DEVICE_CODE, Question::DeviceCode),
    (RISKY_SIGN_IN, Question::RiskySignIn),
    (RISKY_USER, Question::RiskyUser),
    (REGISTRATION, Question::Registration),
    (DEVICE, Question::DeviceRegistration),
    (PLATFORM, Question::UnknownPlatform),
];

// Policies are put together from parts.

/// An enabled policy over all users and all apps, and the parts that make the case.
fn policy<const N: usize>(name: &str, parts: [Value; N]) -> Value {
    let mut whole = json!({
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": { "includeUsers": ["All"] },
            "applications": { "includeApplications": ["All"] },
        },
    });
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}

fn grant(operator: &str, controls: &[&str]) -> Value {
    json!({ "grantControls": { "operator": operator, "builtInControls": controls } })
}

fn mfa() -> Value {
    grant("OR", &["mfa"])
}

fn block() -> Value {
    grant("OR", &["block"])
}

fn strength(id: &str) -> Value {
    json!({ "grantControls": {
        "operator": "OR", "builtInControls": [], "authenticationStrength": { "id": id },
    } })
}

fn accepting(combinations: &[&str]) -> Value {
    json!({ "grantControls": { "operator": "OR", "builtInControls": [], "authenticationStrength": {
        "id": OWN_STRENGTH, "displayName": "Phishing-resistant MFA", "allowedCombinations": combinations,
    } } })
}

fn when(conditions: Value) -> Value {
    json!({ "conditions": conditions })
}

fn users(users: Value) -> Value {
    when(json!({ "users": users }))
}

fn only(users: Value) -> Value {
    let mut only = json!({ "includeUsers": [] });
    merge(&mut only, users);
    when(json!({ "users": only }))
}

fn but_group(group: &str) -> Value {
    users(json!({ "excludeGroups": [group] }))
}

fn but_guests() -> Value {
    users(json!({ "excludeGuestsOrExternalUsers": { "guestOrExternalUserTypes": EVERY_GUEST } }))
}

fn apps(include: &[&str], exclude: &[&str]) -> Value {
    when(json!({ "applications": { "includeApplications": include, "excludeApplications": exclude } }))
}

fn action(name: &str) -> Value {
    when(json!({ "applications": {
        "includeApplications": [], "includeUserActions": [format!("urn:user:{name}")],
    } }))
}

fn clients(clients: &[&str]) -> Value {
    when(json!({ "clientAppTypes": clients }))
}

fn platforms(include: &[&str], exclude: &[&str]) -> Value {
    when(json!({ "platforms": { "includePlatforms": include, "excludePlatforms": exclude } }))
}

fn away_from(locations: &[&str]) -> Value {
    when(json!({ "locations": { "includeLocations": ["All"], "excludeLocations": locations } }))
}

fn filter(mode: &str, rule: &str) -> Value {
    when(json!({ "devices": { "deviceFilter": { "mode": mode, "rule": rule } } }))
}

fn flows(methods: &str) -> Value {
    when(json!({ "authenticationFlows": { "transferMethods": methods } }))
}

fn state(state: &str) -> Value {
    json!({ "state": state })
}

fn report_only() -> Value {
    state("enabledForReportingButNotEnforced")
}

fn administrators() -> Value {
    only(json!({ "includeRoles": ADMINISTRATORS }))
}

fn every_time() -> Value {
    json!({ "sessionControls": { "signInFrequency": { "isEnabled": true, "frequencyInterval": "everyTime" } } })
}

/// A tenant in a folder.
struct Tenant {
    folder: tempfile::TempDir,
}

impl Tenant {
    fn of(policies: &[Value]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = serde_json::to_string_pretty(policies).unwrap();
        fs::write(folder.path().join("policies.json"), text).unwrap();
        Self { folder }
    }

    fn and(self, name: &str, text: &str) -> Self {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn declaring(self, group: &str) -> Self {
        self.and("calint.yaml", &format!("emergency-access: {{groups: [\"{group}\"]}}\n"))
    }

    fn options(&self) -> Options {
        Options {
            paths: vec![self.folder.path().to_path_buf()],
            config: ConfigChoice::Nearest,
            profiles: vec![Profile::Coverage],
            ..common::options()
        }
    }

    /// What the rules of the profile find, after the sign-ins of all of it have been confirmed.
    fn findings(&self) -> Vec<Finding> {
        confirmed(&self.options())
    }

    fn of_rule(&self, rule: &str) -> Vec<Finding> {
        self.findings().into_iter().filter(|finding| finding.rule.as_str() == rule).collect()
    }

    /// `level: label; label` for the findings of one rule.
    fn found(&self, rule: &str) -> Vec<String> {
        let labels = |finding: &Finding| -> Vec<_> {
            finding.all_labels().map(|label| label.message.clone()).collect()
        };
        let findings = self.of_rule(rule);
        findings.iter().map(|finding| format!("{}: {}", finding.level, labels(finding).join("; "))).collect()
    }

    /// The note of the one finding of a rule.
    fn note(&self, rule: &str) -> String {
        let findings = self.of_rule(rule);
        assert_eq!(findings.len(), 1, "{rule}: {findings:#?}");
        findings[0].note.clone().unwrap()
    }
}

fn found<const N: usize>(rule: &str, policies: [Value; N]) -> Vec<String> {
    Tenant::of(&policies).found(rule)
}

fn note<const N: usize>(rule: &str, policies: [Value; N]) -> String {
    Tenant::of(&policies).note(rule)
}

/// Runs the rules and asks the questions, and has the evaluator confirm every sign-in that is named.
fn confirmed(options: &Options) -> Vec<Finding> {
    let mut findings = engine::run(options).unwrap_or_else(|_| panic!("the configuration is read")).findings;
    findings.retain(|finding| RULES.iter().any(|(rule, _)| finding.rule.as_str() == *rule));
    let mut notes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for tenant in engine::read(options, &mut Outcome::default()).unwrap() {
        let access = Access::new(&tenant.set, tenant.config.emergency.clone(), tenant.config.assume, false);
        let Some(mut analysis) = access.together() else { continue };
        for (rule, question) in RULES {
            let answer = gaps::gaps(&access, &mut analysis, question);
            let certain = answer.gaps.iter().map(|gap| (&gap.witness, true));
            let open = answer.doubt.iter().map(|doubt| (&doubt.witness, false));
            for (witness, is_certain) in certain.chain(open) {
                let (sign_in, capabilities) = analysis.sign_in(witness);
                let verdict = decide(&sign_in, &tenant.set, &capabilities, tenant.config.assume).verdict;
                if is_certain {
                    assert_eq!(verdict, Verdict::Allowed, "{rule}: {sign_in:#?}");
                } else {
                    assert_ne!(verdict, Verdict::Blocked, "{rule}: {sign_in:#?}");
                }
                assert!(is_asked_about(question, &sign_in, capabilities.methods), "{rule}: {sign_in:#?}");
                notes.entry(rule).or_default().push(matrix::described(&sign_in, &access));
            }
        }
    }
    for finding in &findings {
        let rule = finding.rule.as_str();
        let told = finding.note.as_ref().unwrap();
        let at = notes.get(rule).and_then(|notes| notes.iter().position(|note| told.contains(note.as_str())));
        let at = at.unwrap_or_else(|| panic!("{rule}: a confirmed sign-in is named in {told}"));
        notes.get_mut(rule).unwrap().remove(at);
    }
    findings
}

/// Whether a sign-in is one that a question is about, by its plain meaning.
fn is_asked_about(question: Question, sign_in: &SignIn, methods: Option<Methods>) -> bool {
    let Identity::Person(person) = &sign_in.identity else { return false };
    let guest = matches!(person.kind, Some(PersonKind::External(_)));
    let app = matches!(sign_in.target, Target::Apps(_));
    let legacy = sign_in.client.is_some_and(Client::is_legacy);
    let one_factor = methods.is_some_and(Methods::is_one_factor);
    let mail = Target::Apps(vec![EXCHANGE.to_owned()]);
    let modern = app && !legacy;
    match question {
        Question::SignInWithoutMfa => modern && !guest && one_factor && person.roles.known.is_empty(),
        Question::AdministratorWithoutMfa => modern && !guest && one_factor,
        Question::AdministratorPhished => modern && !guest && methods == Some(Methods::Phishable),
        Question::GuestWithoutMfa => modern && guest && one_factor,
        Question::LegacyClient => {
            app && legacy && (sign_in.client == Some(Client::Other) || sign_in.target == mail)
        }
        Question::DeviceCode => modern && sign_in.flow == Some(TransferMethod::DeviceCode),
        Question::RiskySignIn => modern && matches!(sign_in.sign_in_risk, Some(Risk::High | Risk::Medium)),
        Question::RiskyUser => modern && !guest && sign_in.user_risk == Some(Risk::High),
        Question::Registration => {
            !guest && one_factor && sign_in.target == Target::Action(UserAction::RegisterSecurityInfo)
        }
        Question::DeviceRegistration => {
            !guest && one_factor && sign_in.target == Target::Action(UserAction::RegisterDevice)
        }
        Question::UnknownPlatform => modern && sign_in.platform == Some(DevicePlatform::Unrecognised),
    }
}

// The controls of a policy.

#[test]
fn one_of_several_controls_counted_as_mfa() {
    let or_terms = json!({ "grantControls": { "termsOfUse": [OWN_STRENGTH] } });
    let enough = "warn: is enough, without a second factor";
    assert_eq!(found(SIGN_IN, [policy("MFA or terms", [mfa(), or_terms.clone()])]), [enough]);
    let and_terms = [policy("MFA and terms", [grant("AND", &["mfa"]), or_terms])];
    assert_eq!(found(SIGN_IN, and_terms), NOTHING);
    // A managed device in place of a second factor is somebody's decision.
    let or_device = [policy("MFA or compliant device", [grant("OR", &["mfa", "compliantDevice"])])];
    assert_eq!(found(SIGN_IN, or_device.clone()), ["note: is enough, without a second factor"]);
    assert!(note(SIGN_IN, or_device).ends_with("with a compliant device"));
}

#[test]
fn several_controls_at_once_counted_as_none() {
    let both = [policy("MFA and compliant device", [grant("AND", &["mfa", "compliantDevice"])])];
    assert_eq!(found(SIGN_IN, both.clone()), NOTHING);
    assert_eq!(found(ADMIN, both), NOTHING);
}

#[test]
fn a_strength_counted_as_no_mfa() {
    for id in [MFA_STRENGTH, PASSWORDLESS] {
        assert_eq!(found(SIGN_IN, [policy("Strength", [strength(id)])]), NOTHING);
    }
    assert_eq!(found(SIGN_IN, [policy("Passkeys", [accepting(&["fido2"])])]), NOTHING);
}

#[test]
fn any_strength_counted_as_mfa() {
    let one_factor = [policy("Sign in by text message", [accepting(&["sms", "fido2"])])];
    assert_eq!(found(SIGN_IN, one_factor), ["warn: is enough, without a second factor"]);
}

#[test]
fn a_session_control_counted_as_mfa() {
    let hours = json!({ "grantControls": null, "sessionControls": {
        "signInFrequency": { "isEnabled": true, "type": "hours", "value": 4, "frequencyInterval": "timeBased" },
    } });
    let found = found(SIGN_IN, [policy("Require MFA for all users", [hours])]);
    assert_eq!(found, ["warn: no enabled policy generally asks for multifactor authentication"]);
}

#[test]
fn a_retired_control_counted_as_a_demand() {
    let approved = [policy("Approved apps", [grant("OR", &["approvedApplication"])])];
    assert_eq!(
        found(SIGN_IN, approved),
        ["warn: no enabled policy generally asks for multifactor authentication"]
    );
}

#[test]
fn a_block_counted_as_lacking_mfa() {
    let policies = [
        policy("MFA for everyone", [mfa()]),
        policy("Block legacy clients", [block(), clients(&["exchangeActiveSync", "other"])]),
        policy("Block unknown platforms", [block(), platforms(&["all"], &KNOWN_PLATFORMS)]),
    ];
    for rule in [SIGN_IN, ADMIN, GUEST, LEGACY, PLATFORM] {
        assert_eq!(found(rule, policies.clone()), NOTHING, "{rule}");
    }
}

#[test]
fn the_name_of_a_policy_or_a_strength_believed() {
    let misnamed =
        [policy("CA001 Require MFA for all users", [block(), only(json!({ "includeGroups": [STAFF] }))])];
    assert_eq!(
        found(SIGN_IN, misnamed),
        ["warn: no enabled policy generally asks for multifactor authentication"]
    );
    assert_eq!(found(SIGN_IN, [policy("Test 3 (old, do not use)", [mfa()])]), NOTHING);
    // The strength is named like the built-in one, and accepts an approval in an app.
    let phished = ["fido2", "password,microsoftAuthenticatorPush"];
    let policies = [policy("Passkeys for administrators", [accepting(&phished), administrators()])];
    assert_eq!(found(PHISHED, policies), ["warn: is met by methods that can be phished"]);
}

#[test]
fn only_built_in_strengths_known() {
    let own = accepting(&["fido2", "x509CertificateMultiFactor", "temporaryAccessPassOneTime"]);
    assert_eq!(found(PHISHED, [policy("Passkeys for administrators", [own, administrators()])]), NOTHING);
    let built_in = [policy("Passwordless for administrators", [strength(PASSWORDLESS), administrators()])];
    assert_eq!(found(PHISHED, built_in), ["warn: is met by methods that can be phished"]);
    // What an unknown strength accepts is not known, and not that it accepts nothing.
    let unknown =
        Tenant::of(&[policy("Strong for administrators", [strength(OWN_STRENGTH), administrators()])]);
    let findings = unknown.of_rule(PHISHED);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].certainty, Certainty::Unverified);
    assert_eq!(findings[0].level.as_str(), "note");
}

// The state of a policy.

#[test]
fn a_policy_in_report_only_counted() {
    let policies = [
        policy(
            "Block legacy for everyone",
            [block(), clients(&["exchangeActiveSync", "other"]), report_only()],
        ),
        policy(
            "Block legacy for staff",
            [block(), clients(&["exchangeActiveSync", "other"]), only(json!({ "includeGroups": [STAFF] }))],
        ),
    ];
    let tenant = Tenant::of(&policies);
    let findings = tenant.of_rule(LEGACY);
    assert_eq!(tenant.found(LEGACY), ["warn: in report-only, so it has no effect yet"]);
    assert_eq!(findings[0].policy.as_ref().unwrap().name.as_deref(), Some("Block legacy for everyone"));
    assert!(findings[0].help.as_ref().unwrap().contains("\"state\": \"enabled\""));
}

#[test]
fn a_report_only_policy_named_that_would_not_help() {
    let policies = [
        policy("MFA for staff", [mfa(), only(json!({ "includeGroups": [STAFF] })), report_only()]),
        policy("MFA for members", [mfa(), but_guests()]),
    ];
    assert_eq!(found(GUEST, policies), ["warn: leaves them out"]);
}

#[test]
fn a_disabled_policy_counted() {
    let tenant = Tenant::of(&[policy("MFA for everyone", [mfa(), state("disabled")])]);
    assert_eq!(
        tenant.found(SIGN_IN),
        ["warn: no enabled policy generally asks for multifactor authentication"]
    );
}

#[test]
fn a_state_that_is_not_known_read_as_enabled_or_disabled() {
    let tenant = Tenant::of(&[policy("MFA for everyone", [mfa(), state("{{ state }}")])]);
    let findings = tenant.of_rule(SIGN_IN);
    assert_eq!(tenant.found(SIGN_IN), ["note: what this one does is not known in full"]);
    assert_eq!(findings[0].certainty, Certainty::Unverified);
}

// Whom a policy covers.

#[test]
fn an_exclusion_ignored() {
    let policies = [
        policy("MFA for everyone", [mfa(), but_group(SERVICE)]),
        policy("Block legacy clients", [block(), clients(&["exchangeActiveSync", "other"])]),
    ];
    assert_eq!(found(SIGN_IN, policies.clone()), ["note: leaves them out"]);
    assert!(
        note(SIGN_IN, policies.clone())
            .starts_with(&format!("open to member of group `{SERVICE}`: every app"))
    );
    // Administrators and guests in that group are in the same gap.
    assert_eq!(found(ADMIN, policies.clone()), NOTHING);
    assert_eq!(found(GUEST, policies), NOTHING);
}

#[test]
fn an_exclusion_compensated_by_any_other_policy() {
    // That another policy names the group is no help: it blocks something else.
    let elsewhere = [
        policy("MFA for everyone", [mfa(), but_group(SERVICE)]),
        policy(
            "No legacy clients for services",
            [block(), clients(&["exchangeActiveSync", "other"]), only(json!({ "includeGroups": [SERVICE] }))],
        ),
    ];
    assert_eq!(found(SIGN_IN, elsewhere), ["note: leaves them out"]);
}

#[test]
fn an_exclusion_compensated_by_another_policy_reported() {
    let compensated = [
        policy("MFA for everyone", [mfa(), but_group(SERVICE)]),
        policy(
            "Services on managed devices alone",
            [grant("AND", &["mfa", "compliantDevice"]), only(json!({ "includeGroups": [SERVICE] }))],
        ),
    ];
    assert_eq!(found(SIGN_IN, compensated), NOTHING);
    let by_app = [
        policy("MFA for everyone", [mfa(), apps(&["All"], &[APP])]),
        policy("MFA for the app", [strength(MFA_STRENGTH), apps(&[APP], &[])]),
    ];
    assert_eq!(found(SIGN_IN, by_app), NOTHING);
}

#[test]
fn emergency_access_reported_as_a_gap() {
    let policies = [
        policy("MFA for everyone", [mfa(), but_group(BREAK_GLASS)]),
        policy("Block device code flow", [block(), flows("deviceCodeFlow"), but_group(BREAK_GLASS)]),
    ];
    // Left out of everything, it is taken for emergency access; declared, it is.
    for tenant in [Tenant::of(&policies), Tenant::of(&policies).declaring(BREAK_GLASS)] {
        for rule in [SIGN_IN, ADMIN, GUEST, LEGACY, DEVICE_CODE] {
            assert_eq!(tenant.found(rule), NOTHING, "{rule}");
        }
    }
    // Another group that is declared makes this one an exclusion like any other.
    let other = Tenant::of(&policies).declaring(STAFF);
    assert_eq!(other.found(SIGN_IN), ["note: leaves them out"]);
    assert_eq!(other.found(DEVICE_CODE), ["note: leaves them out"]);
}

#[test]
fn the_members_of_an_emergency_group_reported_as_a_gap() {
    let account = "9f1e2d3c-4b5a-4697-8877-665544332211";
    let groups = json!({ "value": [{
        "@odata.type": "#microsoft.graph.group", "id": BREAK_GLASS, "displayName": "Emergency access",
        "members": [{ "@odata.type": "#microsoft.graph.user", "id": account }],
    }] });
    let policies = [policy("MFA for everyone", [mfa(), users(json!({ "excludeUsers": [account] }))])];
    let tenant = Tenant::of(&policies).and("groups.json", &groups.to_string()).declaring(BREAK_GLASS);
    assert_eq!(tenant.found(SIGN_IN), NOTHING);
}

#[test]
fn the_synchronisation_account_reported_as_a_gap() {
    let policies = [policy("MFA for everyone", [mfa(), users(json!({ "excludeRoles": [SYNCHRONISATION] }))])];
    for rule in [SIGN_IN, ADMIN, PHISHED] {
        let found = found(rule, policies.clone());
        assert!(found.iter().all(|found| !found.contains("leaves them out")), "{found:?}");
    }
}

#[test]
fn an_exclusion_that_is_not_known_read_as_nobody() {
    let tenant = Tenant::of(&[policy("MFA for everyone", [mfa(), but_group("{{ exempted }}")])]);
    let findings = tenant.of_rule(SIGN_IN);
    assert_eq!(tenant.found(SIGN_IN), ["note: leaves them out"]);
    assert_eq!(findings[0].certainty, Certainty::Unverified);
    assert!(findings[0].message.starts_with("could not confirm"));
}

#[test]
fn an_excluded_role_that_is_not_known_read_as_none() {
    let tenant =
        Tenant::of(&[policy("MFA for everyone", [mfa(), users(json!({ "excludeRoles": ["{{ role }}"] }))])]);
    for rule in [ADMIN, LEGACY] {
        assert_eq!(tenant.found(rule), ["note: leaves them out"]);
        assert_eq!(tenant.of_rule(rule)[0].certainty, Certainty::Unverified);
    }
    // Beside it, what is known stays certain.
    let exclusions = json!({ "excludeRoles": ["{{ role }}"], "excludeGroups": [SERVICE] });
    let tenant = Tenant::of(&[policy("MFA for everyone", [mfa(), users(exclusions)])]).declaring(BREAK_GLASS);
    assert_eq!(tenant.of_rule(LEGACY)[0].certainty, Certainty::Certain);
    let who = format!("open to active {{{{ role }}}}, member of group `{SERVICE}`: every app");
    assert!(tenant.note(LEGACY).starts_with(&who), "{}", tenant.note(LEGACY));
}

#[test]
fn included_roles_that_are_not_known_read_as_others() {
    let tenant = |roles: &[&str]| {
        Tenant::of(&[
            policy("MFA for administrators", [mfa(), only(json!({ "includeRoles": roles }))]),
            policy("Passkeys", [strength(PHISHING_RESISTANT), only(json!({ "includeRoles": roles }))]),
        ])
    };
    for roles in [&["{{ roles }}"][..], &[GLOBAL_ADMINISTRATOR, "{{ other roles }}"]] {
        for rule in [ADMIN, PHISHED] {
            assert_eq!(tenant(roles).found(rule), ["note: may not take them in"], "{rule}");
            let finding = &tenant(roles).of_rule(rule)[0];
            assert_eq!(finding.certainty, Certainty::Unverified);
            assert!(finding.help.as_ref().unwrap().starts_with("write ids and values"));
        }
    }
    // Members hold no role, whatever these are.
    assert_eq!(tenant(&["{{ roles }}"]).found(SIGN_IN), ["warn: does not take them in"]);
    // A policy that is in report-only takes nobody in.
    let report_only =
        [policy("MFA", [mfa(), only(json!({ "includeRoles": ["{{ roles }}"] })), report_only()])];
    assert_eq!(Tenant::of(&report_only).of_rule(ADMIN)[0].certainty, Certainty::Certain);
}

#[test]
fn an_excluded_location_that_is_not_known_read_as_a_place() {
    let tenant = Tenant::of(&[policy("MFA for everyone", [mfa(), away_from(&["{{ office }}"])])]);
    let findings = tenant.of_rule(SIGN_IN);
    assert_eq!(tenant.found(SIGN_IN), ["note: leaves some networks out"]);
    assert_eq!(findings[0].certainty, Certainty::Unverified);
    let both = Tenant::of(&[policy("MFA for everyone", [mfa(), away_from(&["{{ office }}", OFFICE])])]);
    assert_eq!(both.of_rule(SIGN_IN)[0].certainty, Certainty::Certain);
}

#[test]
fn a_policy_for_the_left_out_networks_that_is_not_known_read_as_enabled() {
    let inside = when(json!({ "locations": { "includeLocations": ["AllTrusted"] } }));
    let tenant = Tenant::of(&[
        policy("MFA outside", [mfa(), away_from(&["AllTrusted"])]),
        policy("MFA inside", [mfa(), inside, state("{{ state }}")]),
    ]);
    let findings = tenant.of_rule(SIGN_IN);
    assert_eq!(tenant.found(SIGN_IN), ["note: what this one does is not known in full"]);
    assert_eq!(findings[0].policy.as_ref().unwrap().name.as_deref(), Some("MFA inside"));
}

#[test]
fn a_policy_whose_kind_is_not_known_read_as_none() {
    let staff = || only(json!({ "includeGroups": [STAFF] }));
    let unknown_action = when(json!({ "applications": {
        "includeApplications": [], "includeUserActions": ["{{ action }}"],
    } }));
    let cases = [
        (DEVICE_CODE, flows("{{ flow }}")),
        (LEGACY, clients(&["{{ client }}"])),
        (REGISTRATION, unknown_action),
    ];
    for (rule, condition) in cases {
        assert_eq!(
            found(rule, [policy("For staff", [block(), staff(), condition])]),
            ["warn: does not take them in"]
        );
    }
}

#[test]
fn two_exclusions_looked_at_one_at_a_time() {
    // Whoever is in one group is covered by the other policy; whoever is in both is not.
    let policies = [
        policy("MFA in browsers and apps", [mfa(), but_group(SERVICE)]),
        policy("MFA again", [strength(MFA_STRENGTH), but_group(STAFF)]),
    ];
    let tenant = Tenant::of(&policies).declaring(BREAK_GLASS);
    assert_eq!(tenant.found(SIGN_IN), ["note: leaves them out"]);
    let both = format!("open to member of group `{SERVICE}` and member of group `{STAFF}`: every app");
    assert!(tenant.note(SIGN_IN).starts_with(&both), "{}", tenant.note(SIGN_IN));
}

#[test]
fn groups_and_roles_left_out_of_the_reckoning() {
    let staff = [policy("MFA for staff", [mfa(), only(json!({ "includeGroups": [STAFF] }))])];
    assert_eq!(found(SIGN_IN, staff), ["warn: does not take them in"]);
    // A role is none before it is activated, and a member without one is not covered.
    let roles = [policy("MFA for administrators", [mfa(), administrators()])];
    assert_eq!(found(SIGN_IN, roles.clone()), ["warn: does not take them in"]);
    assert_eq!(found(ADMIN, roles), NOTHING);
}

#[test]
fn one_role_counted_as_all_administrators() {
    let one = [policy(
        "Passkeys",
        [strength(PHISHING_RESISTANT), only(json!({ "includeRoles": [GLOBAL_ADMINISTRATOR] }))],
    )];
    assert_eq!(found(PHISHED, one.clone()), ["warn: does not take them in"]);
    let note = note(PHISHED, one);
    assert!(!note.contains("Global Administrator") && note.contains("and 10 more: every app"), "{note}");
    // No role at all: the policy is about nobody.
    let none = [policy("Passkeys", [strength(PHISHING_RESISTANT), only(json!({ "includeRoles": [] }))])];
    assert_eq!(found(PHISHED, none), ["warn: does not take them in"]);
}

#[test]
fn a_policy_for_everyone_not_counted_for_administrators() {
    assert_eq!(found(ADMIN, [policy("MFA for everyone", [mfa()])]), NOTHING);
    let guests_apart = [policy("Passkeys for members", [strength(PHISHING_RESISTANT), but_guests()])];
    assert_eq!(found(PHISHED, guests_apart), NOTHING);
}

#[test]
fn an_excluded_role_not_missed_among_members() {
    let reader = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
    let policies = [policy("MFA for everyone", [mfa(), users(json!({ "excludeRoles": [reader] }))])];
    assert_eq!(found(SIGN_IN, policies.clone()), NOTHING);
    assert_eq!(found(ADMIN, policies.clone()), ["warn: leaves them out"]);
    assert!(note(ADMIN, policies).starts_with("open to active Global Reader: every app"));
}

#[test]
fn a_group_passed_over_beside_a_role() {
    let exclusions = json!({ "excludeRoles": [GLOBAL_ADMINISTRATOR], "excludeGroups": [SERVICE] });
    let legacy = [block(), clients(&["exchangeActiveSync", "other"]), users(exclusions)];
    let tenant = Tenant::of(&[policy("Block legacy clients", legacy)]).declaring(BREAK_GLASS);
    assert_eq!(tenant.found(LEGACY), ["warn: leaves them out"]);
    let who = format!("open to active Global Administrator, member of group `{SERVICE}`: every app");
    assert!(tenant.note(LEGACY).starts_with(&who), "{}", tenant.note(LEGACY));
}

#[test]
fn guests_taken_for_all_or_none() {
    let legacy_token = [policy("MFA", [mfa(), users(json!({ "excludeUsers": ["GuestsOrExternalUsers"] }))])];
    assert_eq!(found(GUEST, legacy_token.clone()), ["warn: leaves them out"]);
    assert_eq!(found(SIGN_IN, legacy_token), NOTHING);
    let one_kind = [policy(
        "MFA for guests",
        [
            mfa(),
            only(json!({
                "includeGuestsOrExternalUsers": { "guestOrExternalUserTypes": "b2bCollaborationGuest" },
            })),
        ],
    )];
    assert_eq!(found(GUEST, one_kind.clone()), ["warn: does not take them in"]);
    assert!(!note(GUEST, one_kind).contains("B2B guest"));
    assert_eq!(found(GUEST, [policy("MFA for everyone", [mfa()])]), NOTHING);
}

#[test]
fn guests_of_one_partner_taken_for_all() {
    let partner = "5a4b3c2d-1e0f-4a9b-8c7d-6e5f4a3b2c10";
    let policies = [policy(
        "MFA",
        [
            mfa(),
            users(json!({ "excludeGuestsOrExternalUsers": {
        "guestOrExternalUserTypes": "b2bCollaborationGuest",
        "externalTenants": {
            "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
            "membershipKind": "enumerated", "members": [partner],
        },
    } })),
        ],
    )];
    assert_eq!(found(GUEST, policies.clone()), ["note: leaves them out"]);
    assert!(note(GUEST, policies).starts_with(&format!("open to B2B guest of {partner}: every app")));
}

#[test]
fn the_guests_of_a_partner_passed_over_beside_a_group() {
    let partners = ["5a4b3c2d-1e0f-4a9b-8c7d-6e5f4a3b2c10", "5a4b3c2d-1e0f-4a9b-8c7d-6e5f4a3b2c11"];
    let exclusions = json!({ "excludeGroups": [SERVICE], "excludeGuestsOrExternalUsers": {
        "guestOrExternalUserTypes": "serviceProvider",
        "externalTenants": {
            "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
            "membershipKind": "enumerated", "members": partners,
        },
    } });
    let tenant = Tenant::of(&[policy("MFA", [mfa(), users(exclusions)])]).declaring(BREAK_GLASS);
    assert_eq!(tenant.found(GUEST), ["note: leaves them out"]);
    // What everybody in the group gets away with is said of the members.
    let theirs = partners.map(|partner| format!("service provider user of {partner}")).join(", ");
    assert!(
        tenant.note(GUEST).starts_with(&format!("open to {theirs}: every app")),
        "{}",
        tenant.note(GUEST)
    );
    let all = format!("open to member of group `{SERVICE}`, {theirs}: every app");
    assert!(tenant.note(LEGACY).starts_with(&all), "{}", tenant.note(LEGACY));
}

#[test]
fn all_has_to_be_the_only_entry() {
    let policies = [policy("MFA", [mfa(), users(json!({ "includeGroups": [STAFF] }))])];
    assert_eq!(found(SIGN_IN, policies), NOTHING);
}

// What a policy covers.

#[test]
fn an_excluded_app_ignored() {
    let policies = [policy("MFA for everyone", [mfa(), apps(&["All"], &[APP])])];
    assert_eq!(found(SIGN_IN, policies.clone()), ["note: leaves this out"]);
    assert!(note(SIGN_IN, policies).starts_with(&format!("open to any ordinary member: app {APP} with")));
    let mail = [policy("MFA for everyone", [mfa(), apps(&["All"], &[EXCHANGE])])];
    assert_eq!(found(SIGN_IN, mail), ["warn: leaves this out"]);
}

#[test]
fn an_app_that_has_to_be_left_out_reported() {
    let store = "45a330b1-b1ec-4cc1-9161-9f03992aa49f";
    assert_eq!(found(SIGN_IN, [policy("MFA for everyone", [mfa(), apps(&["All"], &[store])])]), NOTHING);
}

#[test]
fn one_app_counted_as_all_apps() {
    let policies = [
        policy("MFA for the app", [mfa(), apps(&[APP], &[])]),
        policy("No device code for the app", [block(), flows("deviceCodeFlow"), apps(&[APP], &[])]),
    ];
    assert_eq!(found(SIGN_IN, policies.clone()), ["warn: does not take this in"]);
    assert_eq!(found(DEVICE_CODE, policies), ["warn: does not take this in"]);
}

#[test]
fn bundles_of_apps_not_opened() {
    // Together these two leave nothing out.
    let halves = [
        policy("MFA for Office", [mfa(), apps(&["Office365"], &[])]),
        policy("MFA for the rest", [mfa(), apps(&["All"], &["Office365"])]),
    ];
    assert_eq!(found(SIGN_IN, halves), NOTHING);
    // Mail is in the suite.
    let mail = [
        policy("MFA for Office", [mfa(), apps(&["Office365"], &[])]),
        policy("MFA for the rest", [mfa(), apps(&["All"], &[EXCHANGE])]),
    ];
    assert_eq!(found(SIGN_IN, mail), NOTHING);
    // The portals are not the interfaces behind them.
    let portals =
        [policy("MFA for the portals", [mfa(), administrators(), apps(&["MicrosoftAdminPortals"], &[])])];
    let note = note(ADMIN, portals);
    assert!(note.contains("Microsoft Graph") && !note.contains("Azure portal"), "{note}");
}

#[test]
fn azure_management_forgotten() {
    let policies = [policy("MFA", [mfa(), apps(&["All"], &[AZURE_MANAGEMENT])])];
    assert_eq!(found(SIGN_IN, policies.clone()), ["warn: leaves this out"]);
    let note = note(SIGN_IN, policies);
    assert!(note.contains("Azure portal") && note.contains("Azure Resource Manager"), "{note}");
}

#[test]
fn no_resource_counted_as_every_resource() {
    let none = [policy("MFA for everyone", [mfa(), apps(&["None"], &[])])];
    assert_eq!(found(SIGN_IN, none), ["warn: does not take this in"]);
    let context = json!({ "conditions": { "applications": {
        "includeApplications": [], "includeAuthenticationContextClassReferences": ["c1"],
    } } });
    let context = [policy("MFA for everyone", [mfa(), context])];
    assert_eq!(
        found(SIGN_IN, context),
        ["warn: no enabled policy generally asks for multifactor authentication"]
    );
}

// What narrows a policy.

#[test]
fn conditions_ignored() {
    let cases = [
        (platforms(&["windows", "macOS"], &[]), "warn: does not take in every platform"),
        (clients(&["browser"]), "warn: does not take in every client"),
        (filter("include", "device.isCompliant -eq False"), "warn: leaves some devices out"),
        (away_from(&["AllTrusted"]), "note: leaves some networks out"),
    ];
    for (condition, expected) in cases {
        let policies = [policy("MFA for everyone", [mfa(), condition])];
        assert_eq!(found(SIGN_IN, policies.clone()), [expected]);
        assert_eq!(found(GUEST, policies), [expected]);
    }
    let at_risk =
        [policy("MFA for everyone", [mfa(), when(json!({ "signInRiskLevels": ["high", "medium"] }))])];
    assert_eq!(
        found(SIGN_IN, at_risk),
        ["warn: no enabled policy generally asks for multifactor authentication"]
    );
}

#[test]
fn every_platform_that_has_a_name_counted_as_every_platform() {
    let listed = [policy("MFA for everyone", [mfa(), platforms(&KNOWN_PLATFORMS, &[])])];
    assert_eq!(found(SIGN_IN, listed.clone()), ["warn: does not take in every platform"]);
    assert!(note(SIGN_IN, listed).contains("on unrecognised platforms"));
    let all = [policy("MFA for everyone", [mfa(), platforms(&["all"], &[])])];
    assert_eq!(found(SIGN_IN, all), NOTHING);
}

#[test]
fn conditions_of_two_policies_not_put_together() {
    let by_client = [
        policy("MFA in browsers", [mfa(), clients(&["browser"])]),
        policy("MFA elsewhere", [mfa(), clients(&[NATIVE, "exchangeActiveSync", "other"])]),
    ];
    let by_place = [
        policy("MFA outside", [mfa(), away_from(&["AllTrusted"])]),
        policy("MFA inside", [mfa(), when(json!({ "locations": { "includeLocations": ["AllTrusted"] } }))]),
    ];
    let by_device = [
        policy("MFA on compliant devices", [mfa(), filter("include", "device.isCompliant -eq True")]),
        policy("MFA on others", [mfa(), filter("exclude", "device.isCompliant -eq True")]),
    ];
    for policies in [by_client, by_place, by_device] {
        assert_eq!(found(SIGN_IN, policies.clone()), NOTHING);
        assert_eq!(found(LEGACY, policies), NOTHING);
    }
}

#[test]
fn a_device_filter_that_exempts_unregistered_devices_missed() {
    let exempted = [policy(
        "MFA but on workstations",
        [mfa(), filter("exclude", "device.extensionAttribute1 -ne \"SAW\"")],
    )];
    assert_eq!(found(SIGN_IN, exempted.clone()), ["warn: leaves some devices out"]);
    assert!(note(SIGN_IN, exempted).ends_with("with a device nobody manages"));
    // The other way round it reaches them, and exempts those that somebody enrolled.
    let reached = [policy(
        "MFA but on workstations",
        [mfa(), filter("exclude", "device.extensionAttribute1 -eq \"SAW\"")],
    )];
    assert_eq!(found(SIGN_IN, reached), ["note: leaves some devices out"]);
}

#[test]
fn a_network_that_is_left_out_blamed_on_another_policy() {
    let policies = [
        policy("MFA for staff", [mfa(), only(json!({ "includeGroups": [STAFF] }))]),
        policy("MFA outside", [mfa(), away_from(&[OFFICE])]),
    ];
    for rule in [SIGN_IN, ADMIN, GUEST, LEGACY] {
        assert_eq!(found(rule, policies.clone()), ["note: leaves some networks out"]);
    }
}

#[test]
fn a_block_of_other_countries_taken_for_a_decision_about_everybody() {
    // The people at home are those who are asked about.
    let home = json!({
        "@odata.type": "#microsoft.graph.countryNamedLocation", "id": OFFICE, "displayName": "Home",
        "countriesAndRegions": ["NO"], "includeUnknownCountriesAndRegions": false,
    });
    let tenant = Tenant::of(&[policy("Block other countries", [block(), away_from(&[OFFICE])])])
        .and("locations.json", &json!({ "value": [home] }).to_string());
    assert_eq!(
        tenant.found(SIGN_IN),
        ["warn: no enabled policy generally asks for multifactor authentication"]
    );
    assert!(tenant.note(SIGN_IN).contains("from NO with"));
}

// Legacy authentication.

#[test]
fn both_kinds_of_legacy_client_wanted_in_one_policy() {
    let split = [
        policy("Block legacy protocols", [block(), clients(&["other"])]),
        policy(
            "Block Exchange ActiveSync",
            [block(), clients(&["exchangeActiveSync"]), apps(&[EXCHANGE], &[])],
        ),
    ];
    assert_eq!(found(LEGACY, split), NOTHING);
}

#[test]
fn one_kind_of_legacy_client_counted_as_both() {
    let other = [policy("Block legacy authentication", [block(), clients(&["other"])])];
    assert_eq!(found(LEGACY, other.clone()), ["warn: does not take in every client"]);
    assert!(note(LEGACY, other).contains("Office 365 Exchange Online with"));
    let mail = [policy("Block legacy authentication", [block(), clients(&["exchangeActiveSync"])])];
    assert_eq!(found(LEGACY, mail), ["warn: does not take in every client"]);
}

#[test]
fn a_demand_that_legacy_clients_cannot_meet_not_counted() {
    for demand in [mfa(), grant("OR", &["mfa", "compliantDevice"]), strength(MFA_STRENGTH)] {
        assert_eq!(found(LEGACY, [policy("MFA for everyone", [demand])]), NOTHING);
    }
    let modern = [policy("MFA for everyone", [mfa(), clients(&["browser", NATIVE])])];
    assert_eq!(found(LEGACY, modern), ["warn: no enabled policy is about legacy clients"]);
}

// Device code flow.

#[test]
fn two_flows_in_one_policy_counted_as_none() {
    for methods in ["deviceCodeFlow,authenticationTransfer", "authenticationTransfer,deviceCodeFlow"] {
        assert_eq!(found(DEVICE_CODE, [policy("Block flows", [block(), flows(methods)])]), NOTHING);
    }
    let other = [policy("Block flows", [block(), flows("authenticationTransfer")])];
    assert_eq!(found(DEVICE_CODE, other), ["warn: no enabled policy is about device code flow"]);
}

#[test]
fn a_demand_in_place_of_a_block_of_device_code_flow() {
    let mfa = [policy("MFA in device code flow", [mfa(), flows("deviceCodeFlow")])];
    assert_eq!(found(DEVICE_CODE, mfa), ["warn: is met in device code flow"]);
    // The device that shows the code is none that policies see.
    let device = grant("OR", &["compliantDevice"]);
    assert_eq!(found(DEVICE_CODE, [policy("Compliant device", [device, flows("deviceCodeFlow")])]), NOTHING);
}

// Risk.

#[test]
fn levels_of_risk_read_as_a_threshold() {
    let at = |levels: &[&str]| policy("MFA at risk", [mfa(), when(json!({ "signInRiskLevels": levels }))]);
    assert_eq!(found(RISKY_SIGN_IN, [at(&["medium"])]), ["warn: takes in these sign-in risks alone"]);
    assert_eq!(found(RISKY_SIGN_IN, [at(&["high"])]), ["note: takes in these sign-in risks alone"]);
    assert_eq!(found(RISKY_SIGN_IN, [at(&["high", "medium"])]), NOTHING);
    assert_eq!(found(RISKY_SIGN_IN, [at(&["high"]), at(&["medium"])]), NOTHING);
}

#[test]
fn two_risks_of_one_policy_read_as_either() {
    let levels = json!({ "signInRiskLevels": ["high", "medium"], "userRiskLevels": ["high"] });
    let both = [policy("Block at risk", [block(), when(levels)])];
    assert_eq!(found(RISKY_SIGN_IN, both.clone()), ["warn: takes in these user risks alone"]);
    assert_eq!(found(RISKY_USER, both), ["warn: takes in these sign-in risks alone"]);
}

#[test]
fn mfa_for_everyone_counted_as_an_answer_to_risk() {
    let everyone = [policy("MFA for everyone", [mfa()])];
    assert_eq!(found(RISKY_SIGN_IN, everyone.clone()), ["note: no enabled policy is about sign-in risk"]);
    assert_eq!(found(RISKY_USER, everyone), ["note: no enabled policy is about user risk"]);
    let anew = [policy("MFA every time", [mfa(), every_time()])];
    assert_eq!(found(RISKY_SIGN_IN, anew), NOTHING);
    let weak = grant("OR", &["mfa", "compliantDevice"]);
    let weak = [policy("At risk", [weak, when(json!({ "signInRiskLevels": ["high", "medium"] }))])];
    assert_eq!(found(RISKY_SIGN_IN, weak), NOTHING, "who has neither is refused");
}

#[test]
fn one_remedy_of_user_risk_taken_for_the_only_one() {
    let high = || when(json!({ "userRiskLevels": ["high"] }));
    let new_password = grant("AND", &["mfa", "passwordChange"]);
    for remedy in [block(), new_password, grant("AND", &["riskRemediation"])] {
        assert_eq!(found(RISKY_USER, [policy("High risk", [remedy, high()])]), NOTHING);
    }
    let mfa_alone = [policy("High risk", [mfa(), high()])];
    assert_eq!(found(RISKY_USER, mfa_alone), ["warn: does not remedy the risk"]);
}

#[test]
fn any_risk_policy_counted_for_everybody() {
    let staff = only(json!({ "includeGroups": [STAFF] }));
    let policies =
        [policy("Block high risk", [block(), staff, when(json!({ "signInRiskLevels": ["high"] }))])];
    assert!(found(RISKY_SIGN_IN, policies).contains(&"warn: does not take them in".to_owned()));
}

// Registration.

#[test]
fn a_policy_on_registration_counted_whatever_it_asks_for() {
    let register = || action("registersecurityinfo");
    let hours = json!({ "sessionControls": { "signInFrequency": {
        "isEnabled": true, "type": "hours", "value": 1, "frequencyInterval": "timeBased",
    } } });
    let session = [policy("Registration", [hours, register(), away_from(&["AllTrusted"])])];
    assert_eq!(
        found(REGISTRATION, session),
        ["warn: no enabled policy is about registering security information"]
    );
    let terms =
        json!({ "grantControls": { "operator": "OR", "builtInControls": [], "termsOfUse": [OWN_STRENGTH] } });
    let terms = [policy("Registration", [terms, register()])];
    assert_eq!(found(REGISTRATION, terms), ["warn: is enough, without a second factor"]);
    assert_eq!(found(REGISTRATION, [policy("Registration", [mfa(), register()])]), NOTHING);
}

#[test]
fn trusted_networks_reported_where_they_are_the_protection() {
    let policies = [
        policy("Register at work", [block(), action("registersecurityinfo"), away_from(&["AllTrusted"])]),
        policy("Join with MFA away from work", [mfa(), action("registerdevice"), away_from(&["AllTrusted"])]),
    ];
    assert_eq!(found(REGISTRATION, policies.clone()), NOTHING);
    assert_eq!(found(DEVICE, policies), NOTHING);
}

#[test]
fn mfa_for_every_app_counted_for_registration() {
    let everyone = [policy("MFA for everyone", [mfa()])];
    assert_eq!(
        found(REGISTRATION, everyone.clone()),
        ["warn: no enabled policy is about registering security information"]
    );
    assert_eq!(found(DEVICE, everyone), ["note: no enabled policy is about registering devices"]);
    // A demand that a new person cannot meet by registering reaches the registration from every app.
    let device = [policy("Compliant device", [grant("OR", &["compliantDevice"])])];
    assert_eq!(found(REGISTRATION, device.clone()), NOTHING);
    assert_eq!(found(DEVICE, device), ["note: no enabled policy is about registering devices"]);
}

// Unknown platforms.

#[test]
fn any_block_of_platforms_counted() {
    let for_staff = [policy(
        "Block",
        [block(), platforms(&["all"], &KNOWN_PLATFORMS), only(json!({ "includeGroups": [STAFF] }))],
    )];
    assert_eq!(found(PLATFORM, for_staff), ["note: does not take them in"]);
    let nothing_left_out =
        [policy("Block", [block(), platforms(&["all"], &[]), only(json!({ "includeGroups": [STAFF] }))])];
    assert_eq!(
        found(PLATFORM, nothing_left_out),
        ["note: no enabled policy blocks all platforms but the known ones"]
    );
    let listed = [policy("Block", [block(), platforms(&["linux", "windowsPhone"], &[])])];
    assert_eq!(found(PLATFORM, listed), ["note: no enabled policy blocks all platforms but the known ones"]);
    // To forget one of the known platforms blocks that one too, which is another matter.
    let four = [policy("Block", [block(), platforms(&["all"], &KNOWN_PLATFORMS[..4])])];
    assert_eq!(found(PLATFORM, four), NOTHING);
}

// What is one finding.

#[test]
fn a_gap_for_each_person_and_app() {
    let everything = [policy("MFA", [mfa(), but_group(SERVICE), apps(&["All"], &[EXCHANGE])])];
    let mut two = Tenant::of(&everything).declaring(BREAK_GLASS).found(SIGN_IN);
    two.sort();
    assert_eq!(two, ["note: leaves them out", "warn: leaves this out"], "whom and what it leaves out");
    let groups = json!({ "excludeGroups": [SERVICE, STAFF], "excludeUsers": [APP] });
    let tenant = Tenant::of(&[policy("MFA", [mfa(), users(groups)])]).declaring(BREAK_GLASS);
    assert_eq!(tenant.found(SIGN_IN), ["note: leaves them out"]);
    let who =
        format!("open to member of group `{SERVICE}`, member of group `{STAFF}`, account `{APP}`: every app");
    assert!(tenant.note(SIGN_IN).starts_with(&who), "{}", tenant.note(SIGN_IN));
}

#[test]
fn causes_are_the_policies_that_leave_a_gap() {
    let tenant = Tenant::of(&[
        policy("MFA in browsers", [mfa(), clients(&["browser"]), but_group(SERVICE)]),
        policy("MFA in apps", [mfa(), clients(&[NATIVE, "exchangeActiveSync", "other"])]),
    ]);
    let options = tenant.options();
    let read = engine::read(&options, &mut Outcome::default()).unwrap().remove(0);
    let access = Access::new(&read.set, Vec::new(), read.config.assume, false);
    let mut analysis = access.together().unwrap();
    let found = gaps::gaps(&access, &mut analysis, Question::SignInWithoutMfa);
    let causes: Vec<_> = found.gaps.iter().filter_map(|gap| gap.cause.as_ref()).collect();
    assert_eq!(causes.len(), 1);
    assert_eq!((causes[0].policy, &*causes[0].lacks), (0, &[Lack::Aspect(Aspect::Users)][..]));
}

// What to do about it.

fn help<const N: usize>(rule: &str, policies: [Value; N]) -> String {
    let findings = Tenant::of(&policies).of_rule(rule);
    assert_eq!(findings.len(), 1, "{rule}: {findings:#?}");
    findings[0].help.clone().unwrap()
}

#[test]
fn a_new_policy_asked_for_that_locks_people_out() {
    let legacy = || policy("Block legacy clients", [block(), clients(&["exchangeActiveSync", "other"])]);
    for (rule, _) in RULES.iter().filter(|(rule, _)| *rule != LEGACY) {
        let help = help(rule, [legacy()]);
        assert!(help.contains("exclude emergency access: `\"excludeGroups\": ["), "{help}");
    }
    let phished = help(PHISHED, [legacy()]);
    assert!(
        phished.starts_with("add an enforced policy for administrators, over every app, with"),
        "{phished}"
    );
    assert!(phished.contains("once each of them has registered"), "{phished}");
    let guests = help(RISKY_USER, [legacy()]);
    assert!(guests.contains("all users but guests") && guests.contains("for all apps"), "{guests}");
    let new_people = help(REGISTRATION, [legacy()]);
    assert!(
        new_people.contains("Temporary Access Pass") && new_people.contains("AllTrusted"),
        "{new_people}"
    );
}

#[test]
fn an_exclusion_of_emergency_access_asked_to_be_taken_back() {
    let one = help(SIGN_IN, [policy("MFA for everyone", [mfa(), but_group(BREAK_GLASS)])]);
    assert!(one.starts_with("unless that is meant, take these sign-ins in here"), "{one}");
    assert!(one.contains("`emergency-access`"), "{one}");
    let everybody = help(SIGN_IN, [policy("MFA in the browser", [mfa(), clients(&["browser"])])]);
    assert!(everybody.starts_with("take these sign-ins in here"), "{everybody}");
    assert!(!everybody.contains("emergency"), "{everybody}");
}

#[test]
fn a_policy_asked_to_take_in_what_it_takes_in() {
    let terms = json!({ "grantControls": { "termsOfUse": [OWN_STRENGTH] } });
    let controls = help(SIGN_IN, [policy("MFA or terms", [mfa(), terms])]);
    let expected = "change the controls here, or add an enforced policy for these sign-ins, with";
    assert!(controls.starts_with(expected), "{controls}");
    let staff = only(json!({ "includeGroups": [STAFF] }));
    let both = help(SIGN_IN, [policy("MFA for staff", [mfa(), staff, report_only()])]);
    assert!(both.starts_with("enable this policy and take these sign-ins in here, or"), "{both}");
}

#[test]
fn report_only_results_asked_for_that_never_come() {
    let register =
        help(REGISTRATION, [policy("Register", [mfa(), action("registersecurityinfo"), report_only()])]);
    assert!(register.contains("does not evaluate user actions in report-only"), "{register}");
    let apps = help(SIGN_IN, [policy("MFA for everyone", [mfa(), report_only()])]);
    assert!(apps.contains("once its report-only results look right"), "{apps}");
}

#[test]
fn a_disabled_policy_of_the_kind_passed_over_in_silence() {
    let off = || state("disabled");
    let findings = Tenant::of(&[
        policy("MFA for staff", [mfa(), only(json!({ "includeGroups": [STAFF] })), off()]),
        policy("MFA for everyone", [mfa(), off()]),
    ])
    .of_rule(SIGN_IN);
    let related: Vec<_> = findings[0].related.iter().map(|label| label.message.as_str()).collect();
    assert_eq!(related, ["`MFA for everyone` is of this kind, but disabled"]);
}

// The profile.

/// The rules that find something under a configuration and arguments.
fn run(config: &str, change: impl FnOnce(&mut Options)) -> Vec<String> {
    let tenant = Tenant::of(&[policy("Block device code flow", [block(), flows("deviceCodeFlow")])])
        .and("calint.yaml", config);
    let mut options = Options { profiles: Vec::new(), ..tenant.options() };
    change(&mut options);
    let outcome = engine::run(&options).unwrap_or_else(|_| panic!("the configuration is read"));
    let coverage = |rule: &&str| RULES.iter().any(|(known, _)| known == rule) || rule.contains("exception");
    common::rules(&outcome).into_iter().filter(coverage).map(str::to_owned).collect()
}

#[test]
fn the_profile_turns_its_rules_on() {
    let every: Vec<_> = RULES.iter().map(|(rule, _)| *rule).filter(|rule| *rule != DEVICE_CODE).collect();
    let sorted = |mut rules: Vec<String>| {
        rules.sort();
        rules
    };
    let mut expected: Vec<String> = every.iter().map(|rule| (*rule).to_owned()).collect();
    expected.sort();
    assert_eq!(run("", |_| ()), NOTHING);
    assert_eq!(sorted(run("profiles: [coverage]", |_| ())), expected);
    assert_eq!(sorted(run("", |options| options.profiles = vec![Profile::Coverage])), expected);
    // One by one, and one less.
    assert_eq!(run("rules: {legacy-authentication: note}", |_| ()), [LEGACY]);
    assert_eq!(run("", |options| options.only = vec![LEGACY.to_owned()]), [LEGACY]);
    let but_one = run("profiles: [coverage]\nrules: {legacy-authentication: off}", |_| ());
    assert!(but_one.len() + 1 == expected.len() && !but_one.contains(&LEGACY.to_owned()));
    let skipped = run("profiles: [coverage]", |options| options.skip = vec![LEGACY.to_owned()]);
    assert!(!skipped.contains(&LEGACY.to_owned()));
}

#[test]
fn an_exception_for_a_rule_that_is_off_is_not_unused() {
    let excused = "exceptions: [{rule: risky-user, policy: Block device code flow, reason: no licence}]\n";
    assert_eq!(run(excused, |_| ()), NOTHING);
    assert!(
        run(&format!("profiles: [coverage]\n{excused}"), |_| ()).contains(&"unused-exception".to_owned())
    );
}

#[test]
fn an_unknown_profile_is_refused_with_a_suggestion() {
    let tenant = Tenant::of(&[policy("P", [mfa()])]).and("calint.yaml", "profiles: [coverge]\n");
    let (_, error, code) =
        common::ran(common::calint(tenant.folder.path()).arg("policies.json").output().unwrap());
    assert_eq!(code, Some(2));
    assert!(
        error.contains("unknown profile `coverge`") && error.contains("did you mean `coverage`?"),
        "{error}"
    );
    let tenant = Tenant::of(&[policy("P", [mfa()])]);
    let arguments = ["policies.json", "--profile", "coverge"];
    let (_, error, code) =
        common::ran(common::calint(tenant.folder.path()).args(arguments).output().unwrap());
    assert_eq!(code, Some(2));
    assert!(error.contains("did you mean `coverage`?"), "{error}");
    let arguments = ["policies.json", "--profile", "coverage", "--format", "concise"];
    let (out, _, code) = common::ran(common::calint(tenant.folder.path()).args(arguments).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(out.contains("[device-code-flow]"), "{out}");
}

#[test]
fn rules_that_are_off_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, ..) = common::ran(common::calint(folder.path()).arg("rules").output().unwrap());
    for (rule, _) in RULES {
        let line = rules.lines().find(|line| line.split_whitespace().next() == Some(rule)).unwrap();
        assert!(line.ends_with("(off; profile coverage)"), "{line}");
        let explained = common::calint(folder.path()).args(["explain", rule]).output().unwrap();
        let (text, ..) = common::ran(explained);
        assert!(text.contains("off by default") && text.contains("`--profile coverage`"), "{rule}");
    }
    assert_eq!(rules.matches("(off; profile").count(), RULES.len());
}

// Tenants beyond this file.

/// The examples of the project, and every folder of the one that `CALINT_CORPUS` names.
fn tenants() -> Vec<PathBuf> {
    let mut found = vec![common::project().join("policies-examples")];
    found.extend(std::env::var_os("CALINT_CORPUS").map(PathBuf::from));
    let folders = |parent: &PathBuf| -> Vec<PathBuf> {
        let entries = fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    found.iter().flat_map(folders).collect()
}

#[test]
fn sign_ins_of_other_tenants_are_confirmed() {
    let tenants = tenants();
    let confirm = |tenant: &Path| {
        let options = Options {
            paths: vec![tenant.to_path_buf()],
            profiles: vec![Profile::Coverage],
            ..common::options()
        };
        confirmed(&options).len()
    };
    let findings: usize = tenants.iter().map(|tenant| confirm(tenant)).sum();
    assert!(findings > 4 * tenants.len(), "{findings} findings in {} tenants", tenants.len());
}
