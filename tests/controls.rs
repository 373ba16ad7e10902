//! What policies may ask for together: the cases that come close and are in order, those that are not, and those
//! that the files do not settle.

#![allow(clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::merge;

use calint::finding::{Certainty, Finding};
use calint::rule::Rule;
use calint::rules;
use serde_json::{Value, json};

const RULES: [&str; 11] = [
    "incompatible-grant-controls",
    "incomplete-remediation",
    "invalid-sign-in-frequency",
    "missing-controls",
    "resilience-switched-off",
    "session-control-without-effect",
    "sign-in-every-time",
    "strict-location-enforcement",
    "two-risks-at-once",
    "unscoped-token-protection",
    "weak-alternative",
];

const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const PAYROLL: &str = "e736e4cc-e7be-49fd-a0d3-2d7d07d682eb";
const PASSKEY: &str = "00000000-0000-0000-0000-000000000004";
const TERMS: &str = "3c0f7d52-9a1e-4b0e-8b1d-2f4f6a7c9d77";
const STAFF: &str = "5b0f3a52-6c1e-4f0e-8b1d-2f4f6a7c9d10";
const OFFICE: &str = "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b33";
const NOTHING: [&str; 0] = [];

/// An enabled policy for everyone and everything that asks for `mfa`, and the parts that make the case.
fn policy<const N: usize>(parts: [Value; N]) -> Value {
    let mut whole = json!({
        "displayName": "Case",
        "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"], "excludeGroups": ["b365ab35-6630-4654-ae08-fe871f9cf1a7"] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] },
    });
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}

fn conditions(conditions: Value) -> Value {
    json!({ "conditions": conditions })
}

fn apps(include: &[&str]) -> Value {
    conditions(json!({ "applications": { "includeApplications": include } }))
}

fn grant(operator: &str, controls: &[&str]) -> Value {
    json!({ "grantControls": { "operator": operator, "builtInControls": controls } })
}

fn strength(id: &str) -> Value {
    json!({ "grantControls": { "authenticationStrength": { "id": id } } })
}

fn session(controls: Value) -> Value {
    json!({ "sessionControls": controls })
}

fn only_session(controls: Value) -> Value {
    json!({ "grantControls": null, "sessionControls": controls })
}

fn state(state: &str) -> Value {
    json!({ "state": state })
}

fn every_time() -> Value {
    session(json!({ "signInFrequency": { "isEnabled": true, "frequencyInterval": "everyTime" } }))
}

/// A change of password as it belongs, and the parts that make the case.
fn password_change<const N: usize>(parts: [Value; N]) -> Value {
    let mut whole = policy([
        grant("AND", &["mfa", "passwordChange"]),
        conditions(json!({ "userRiskLevels": ["high"] })),
        every_time(),
    ]);
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}

/// What the rules of this file find.
fn findings(name: &str, text: &str) -> Vec<Finding> {
    let mut found = common::check_text(name, text).findings;
    found.retain(|finding| RULES.contains(&finding.rule.as_str()));
    found
}

fn found(policy: &Value) -> Vec<String> {
    let found = findings("policy.json", &policy.to_string());
    found.iter().map(|finding| format!("{}: {}", finding.rule, finding.level)).collect()
}

#[track_caller]
fn assert_found<const N: usize>(policy: Value, expected: [&str; N]) {
    assert_eq!(found(&policy), expected, "{policy:#}");
}

/// A policy of the provider azuread for a group, with the arguments and blocks that make the case.
fn terraform(conditions: &str, blocks: &str) -> String {
    format!(
        "variable \"unknown\" {{\n}}\n\
         resource \"azuread_conditional_access_policy\" \"case\" {{\n\
         display_name = \"Case\"\nstate = \"enabled\"\n\
         conditions {{\nclient_app_types = [\"all\"]\n{conditions}\n\
         applications {{\nincluded_applications = [\"All\"]\n}}\n\
         users {{\nincluded_groups = [\"{STAFF}\"]\n}}\n}}\n{blocks}\n}}\n"
    )
}

#[track_caller]
fn assert_terraform<const N: usize>(conditions: &str, blocks: &str, expected: [(&str, Certainty); N]) {
    let text = terraform(conditions, blocks);
    let found: Vec<_> = findings("main.tf", &text)
        .into_iter()
        .map(|finding| (format!("{}: {}", finding.rule, finding.level), finding.certainty))
        .collect();
    let expected = expected.map(|(finding, certainty)| (finding.to_owned(), certainty));
    assert_eq!(found, expected, "{text}");
}

#[test]
fn the_rules_exist() {
    for id in RULES {
        let rule: Option<&dyn Rule> = rules::find(id);
        assert!(rule.is_some(), "{id}");
    }
}

#[test]
fn controls_that_go_together() {
    for policy in [
        policy([]),
        policy([grant("AND", &["mfa", "compliantDevice"])]),
        policy([grant("OR", &["block"])]),
        policy([grant("OR", &[]), strength(PASSKEY)]),
        policy([grant("AND", &["compliantDevice"]), strength(PASSKEY)]),
        password_change([]),
        password_change([grant("AND", &["passwordChange"]), strength(PASSKEY)]),
        password_change([grant("AND", &["riskRemediation"]), strength(PASSKEY)]),
    ] {
        assert_found(policy, NOTHING);
    }
}

#[test]
fn controls_that_exclude_each_other() {
    let error = ["incompatible-grant-controls: error"];
    assert_found(policy([grant("AND", &["block", "mfa"])]), error);
    assert_found(policy([grant("OR", &["block"]), strength(PASSKEY)]), error);
    assert_found(
        policy([grant("OR", &["block"]), json!({ "grantControls": { "termsOfUse": [TERMS] } })]),
        error,
    );
    assert_found(policy([strength(PASSKEY)]), error);
    assert_found(password_change([grant("AND", &["mfa", "passwordChange", "compliantDevice"])]), error);
    let both = grant("AND", &["mfa", "passwordChange", "riskRemediation"]);
    assert_found(password_change([both]), ["incompatible-grant-controls: warn"]);
}

#[test]
fn what_microsoft_graph_refuses_it_refuses_in_every_state() {
    for name in ["enabled", "enabledForReportingButNotEnforced"] {
        let found = findings("policy.json", &policy([strength(PASSKEY), state(name)]).to_string());
        let [finding] = found.as_slice() else { panic!("one finding in {found:?}") };
        assert_eq!(finding.level.as_str(), "error", "{name}");
        assert!(!finding.once_enabled && !finding.message.contains("once enabled"), "{}", finding.message);
    }
    assert_found(policy([strength(PASSKEY), state("disabled")]), NOTHING);
}

#[test]
fn a_control_that_is_not_known_excludes_nothing_for_sure() {
    assert_found(policy([grant("OR", &["block", "unknownFutureValue"])]), NOTHING);
    assert_found(password_change([grant("AND", &["mfa", "passwordChange", "somethingNew"])]), NOTHING);
    let blocks = |controls: &str, more: &str| {
        format!("grant_controls {{\noperator = \"AND\"\nbuilt_in_controls = {controls}\n{more}\n}}")
    };
    let strength = "authentication_strength_policy_id = var.unknown";
    let maybe = [("incompatible-grant-controls: warn", Certainty::Unverified)];
    assert_terraform("", &blocks("[\"mfa\"]", strength), maybe);
    assert_terraform("", &blocks("var.unknown", strength), []);
    assert_terraform("", &blocks("[\"block\"]", "terms_of_use = var.unknown"), []);
    assert_terraform("", &blocks("[\"mfa\"]", "authentication_strength_policy_id = \"\""), []);
    assert_terraform("", &blocks("[\"block\"]", "terms_of_use = [\"\"]"), []);
}

#[test]
fn a_change_of_password_needs_a_method_a_risk_and_all_apps() {
    let error = ["incomplete-remediation: error"];
    assert_found(password_change([grant("AND", &["passwordChange"])]), error);
    assert_found(password_change([conditions(json!({ "userRiskLevels": [] }))]), error);
    assert_found(password_change([apps(&[EXCHANGE])]), error);
    let without_payroll = json!({ "applications": { "excludeApplications": [PAYROLL] } });
    assert_found(password_change([conditions(without_payroll)]), error);
    for condition in [
        json!({ "platforms": { "includePlatforms": ["windows"] } }),
        json!({ "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted"] } }),
        json!({ "clientAppTypes": ["browser", "mobileAppsAndDesktopClients"] }),
        json!({ "signInRiskLevels": ["high"] }),
        json!({ "devices": { "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -eq True" } } }),
    ] {
        assert_found(password_change([conditions(condition)]), error);
    }
    // Several lacks are one finding.
    assert_found(password_change([grant("AND", &["passwordChange"]), apps(&[EXCHANGE])]), error);
}

#[test]
fn conditions_that_match_everything_are_none() {
    let everything = json!({
        "platforms": { "includePlatforms": ["all"], "excludePlatforms": [] },
        "locations": { "includeLocations": ["All"], "excludeLocations": [] },
        "clientAppTypes": ["all"], "signInRiskLevels": [],
    });
    assert_found(password_change([conditions(everything)]), NOTHING);
}

#[test]
fn a_change_of_password_that_exists_in_tenants_is_no_error() {
    assert_found(
        password_change([grant("OR", &["passwordChange"]), strength(PASSKEY)]),
        ["incomplete-remediation: warn"],
    );
    assert_found(password_change([session(Value::Null)]), ["incomplete-remediation: note"]);
    let four_hours = json!({ "signInFrequency": {
        "isEnabled": true, "frequencyInterval": "timeBased", "type": "hours", "value": 4,
    } });
    assert_found(password_change([session(four_hours)]), ["incomplete-remediation: warn"]);
}

#[test]
fn risk_remediation_is_never_an_error() {
    let remediation =
        |parts| password_change([grant("AND", &["riskRemediation"]), parts, session(Value::Null)]);
    assert_found(remediation(strength(PASSKEY)), NOTHING);
    assert_found(remediation(grant("AND", &["riskRemediation", "mfa"])), ["incomplete-remediation: warn"]);
    let no_risk = conditions(json!({ "userRiskLevels": [] }));
    let incomplete = policy([grant("AND", &["riskRemediation"]), strength(PASSKEY), no_risk]);
    assert_found(incomplete, ["incomplete-remediation: warn"]);
}

#[test]
fn what_an_expression_may_bring_is_not_missing() {
    let change = "grant_controls {\noperator = \"AND\"\nbuilt_in_controls = [\"mfa\", \"passwordChange\"]\n}\n\
                  session_controls {\nsign_in_frequency_interval = \"everyTime\"\n}";
    assert_terraform("user_risk_levels = var.unknown", change, []);
    assert_terraform("", change, [("incomplete-remediation: error", Certainty::Certain)]);
    let method = "grant_controls {\noperator = \"AND\"\nbuilt_in_controls = [\"passwordChange\"]\n\
                  authentication_strength_policy_id = var.unknown\n}\n\
                  session_controls {\nsign_in_frequency_interval = var.unknown\n}";
    assert_terraform("user_risk_levels = [\"high\"]", method, []);
    let condition = "user_risk_levels = [\"high\"]\nsign_in_risk_levels = var.unknown";
    assert_terraform(condition, change, []);
}

fn frequency(frequency: Value) -> Value {
    policy([apps(&[PAYROLL]), session(json!({ "signInFrequency": frequency }))])
}

#[test]
fn a_sign_in_frequency_is_a_time_or_every_time() {
    let error = ["invalid-sign-in-frequency: error"];
    for bad in [
        json!({ "isEnabled": true }),
        json!({ "isEnabled": true, "value": 4 }),
        json!({ "isEnabled": true, "type": "days" }),
        json!({ "isEnabled": true, "type": "days", "value": 0 }),
        json!({ "isEnabled": true, "type": "hours", "value": -1 }),
        json!({ "isEnabled": true, "frequencyInterval": "timeBased" }),
        json!({ "isEnabled": true, "frequencyInterval": "everyTime", "value": 4 }),
        json!({ "isEnabled": true, "frequencyInterval": "everyTime", "type": "hours" }),
    ] {
        assert_found(frequency(bad), error);
    }
    for good in [
        Value::Null,
        json!({}),
        json!({ "isEnabled": false, "frequencyInterval": "everyTime", "value": 4 }),
        json!({ "isEnabled": "False", "frequencyInterval": "everyTime", "value": 4 }),
        json!({ "isEnabled": null, "type": null, "value": null }),
        json!({ "isEnabled": true, "type": "hours", "value": 4 }),
        json!({ "isEnabled": true, "type": "hours", "value": "4" }),
        json!({ "isEnabled": true, "type": "hours", "value": "<hours>" }),
        json!({ "isEnabled": true, "frequencyInterval": "everyTime", "type": null, "value": null }),
        json!({ "isEnabled": true, "frequencyInterval": "unknownFutureValue", "value": 4 }),
    ] {
        assert_found(frequency(good), NOTHING);
    }
}

#[test]
fn what_terraform_fills_in_is_no_frequency() {
    let terms = format!("grant_controls {{\noperator = \"OR\"\nterms_of_use = [\"{TERMS}\"]\n}}\n");
    for session in [
        "persistent_browser_mode = \"never\"\nsign_in_frequency = 0\nsign_in_frequency_period = \"\"\n\
         sign_in_frequency_interval = \"\"\n\
         sign_in_frequency_authentication_type = \"primaryAndSecondaryAuthentication\"",
        "sign_in_frequency = 0\nsign_in_frequency_interval = \"everyTime\"",
        "sign_in_frequency = var.unknown\nsign_in_frequency_period = \"hours\"",
        "sign_in_frequency = 4\nsign_in_frequency_period = var.unknown",
    ] {
        assert_terraform("", &format!("{terms}session_controls {{\n{session}\n}}"), []);
    }
    let lacking = "session_controls {\nsign_in_frequency = 4\n}";
    assert_terraform("", lacking, [("invalid-sign-in-frequency: error", Certainty::Certain)]);
}

#[test]
fn every_time_goes_with_few_session_controls() {
    let with = |mut other: Value| {
        merge(
            &mut other,
            json!({ "signInFrequency": { "isEnabled": true, "frequencyInterval": "everyTime" } }),
        );
        policy([apps(&[EXCHANGE]), session(other)])
    };
    let error = ["invalid-sign-in-frequency: error"];
    assert_found(with(json!({ "applicationEnforcedRestrictions": { "isEnabled": true } })), error);
    assert_found(with(json!({ "disableResilienceDefaults": true })), error);
    assert_found(with(json!({ "disableResilienceDefaults": false })), NOTHING);
    assert_found(with(json!({ "applicationEnforcedRestrictions": { "isEnabled": false } })), NOTHING);
    let left_out = "session_controls {\nsign_in_frequency_interval = \"everyTime\"\n\
                    disable_resilience_defaults = true\n}";
    let warn = ("invalid-sign-in-frequency: warn", Certainty::Certain);
    assert_terraform("", left_out, [warn]);
}

#[test]
fn every_time_at_a_user_risk_wants_a_remedy() {
    let at_risk =
        |controls: Value| policy([conditions(json!({ "userRiskLevels": ["high"] })), controls, every_time()]);
    assert_found(at_risk(grant("OR", &["mfa"])), ["invalid-sign-in-frequency: note"]);
    assert_found(at_risk(grant("OR", &["unknownFutureValue"])), NOTHING);
    let sign_in_risk = policy([conditions(json!({ "signInRiskLevels": ["high"] })), every_time()]);
    assert_found(sign_in_risk, NOTHING);
}

#[test]
fn a_policy_does_something() {
    let nothing = json!({ "grantControls": null, "sessionControls": null });
    let missing = ["missing-controls: error"];
    assert_found(policy([nothing]), missing);
    assert_found(policy([grant("OR", &[])]), missing);
    assert_found(policy([only_session(json!({ "persistentBrowser": { "isEnabled": false } }))]), missing);
    assert_found(policy([only_session(json!({ "disableResilienceDefaults": false }))]), missing);
    for something in [
        only_session(json!({ "cloudAppSecurity": { "isEnabled": true } })),
        only_session(json!({ "somethingNew": { "isEnabled": true } })),
        only_session(json!({ "disableResilienceDefaults": "<yes or no>" })),
        json!({ "grantControls": { "builtInControls": [], "builtInControl": ["mfa"] } }),
        json!({ "grantControls": { "builtInControls": [], "termsOfUse": [TERMS] } }),
        grant("OR", &["somethingNew"]),
        // It is retired, but it is there.
        grant("OR", &["approvedApplication"]),
    ] {
        assert_found(policy([something]), NOTHING);
    }
    let mut part = policy([]);
    part.as_object_mut().and_then(|part| part.remove("grantControls"));
    assert_found(part.clone(), ["missing-controls: warn"]);
    merge(&mut part, json!({ "GrantControls.BuiltInControls": ["mfa"] }));
    assert_found(part, NOTHING);
}

#[test]
fn a_module_gets_its_controls_from_its_caller() {
    let blocks = "grant_controls {\noperator = \"OR\"\nbuilt_in_controls = var.controls\n}\n";
    let module = terraform("", blocks) + "variable \"controls\" {\ndefault = []\n}\n";
    let levels = |text: &str| common::verdicts(&common::check_text("main.tf", text));
    assert!(levels(&module).contains(&"missing-controls: warn".to_owned()));
    let unnamed = module.replace("\"Case\"", "var.unknown");
    assert!(!levels(&unnamed).iter().any(|finding| finding.starts_with("missing-controls")));
}

fn restrictions(include: &[&str]) -> Value {
    let on = json!({ "applicationEnforcedRestrictions": { "isEnabled": true } });
    policy([apps(include), only_session(on)])
}

#[test]
fn two_apps_enforce_restrictions() {
    assert_found(restrictions(&["Office365"]), NOTHING);
    assert_found(restrictions(&[EXCHANGE]), NOTHING);
    assert_found(restrictions(&["<app>"]), NOTHING);
    assert_found(restrictions(&["All"]), ["session-control-without-effect: note"]);
    assert_found(restrictions(&[PAYROLL]), ["session-control-without-effect: error"]);
    assert_found(restrictions(&[PAYROLL, EXCHANGE]), ["session-control-without-effect: warn"]);
    assert_found(restrictions(&[PAYROLL, "<app>"]), ["session-control-without-effect: warn"]);
}

#[test]
fn a_switch_that_is_an_expression_is_not_on() {
    let block = |switch: &str| {
        format!(
            "session_controls {{\napplication_enforced_restrictions_enabled = {switch}\n\
             cloud_app_security_policy = \"monitorOnly\"\n}}"
        )
    };
    assert_terraform("", &block("true"), [("session-control-without-effect: note", Certainty::Certain)]);
    assert_terraform("", &block("var.unknown"), []);
    assert_terraform("", &block("false"), []);
    assert_terraform(
        "",
        "session_controls {\napplication_enforced_restrictions_enabled = var.unknown\n}",
        [],
    );
}

#[test]
fn session_controls_of_all_apps() {
    let browser = |parts| {
        policy([parts, only_session(json!({ "persistentBrowser": { "isEnabled": true, "mode": "never" } }))])
    };
    let warn = ["session-control-without-effect: warn"];
    assert_found(browser(apps(&["All"])), NOTHING);
    assert_found(browser(apps(&["<apps>"])), NOTHING);
    assert_found(browser(apps(&["Office365"])), warn);
    let evaluation = |parts| {
        policy([parts, only_session(json!({ "continuousAccessEvaluation": { "mode": "disabled" } }))])
    };
    assert_found(evaluation(apps(&["All"])), NOTHING);
    assert_found(evaluation(conditions(json!({ "clientAppTypes": ["all"] }))), NOTHING);
    assert_found(evaluation(apps(&[EXCHANGE])), warn);
    assert_found(evaluation(conditions(json!({ "clientAppTypes": ["browser"] }))), warn);
}

#[test]
fn a_block_has_no_session() {
    let block = |controls| policy([grant("OR", &["block"]), session(controls)]);
    let note = ["session-control-without-effect: note"];
    assert_found(
        block(json!({ "signInFrequency": { "isEnabled": true, "frequencyInterval": "everyTime" } })),
        note,
    );
    assert_found(block(json!({ "applicationEnforcedRestrictions": { "isEnabled": true } })), note);
    assert_found(block(json!({ "somethingNew": { "isEnabled": true } })), NOTHING);
}

/// Token protection for one app, and the parts that make the case.
fn protected<const N: usize>(parts: [Value; N]) -> Value {
    let mut whole = policy([
        apps(&[EXCHANGE]),
        conditions(json!({
            "clientAppTypes": ["mobileAppsAndDesktopClients"],
            "platforms": { "includePlatforms": ["windows"] },
        })),
        only_session(json!({ "secureSignInSession": { "isEnabled": true } })),
    ]);
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}

#[test]
fn token_protection_stays_where_it_works() {
    let warn = ["unscoped-token-protection: warn"];
    let platforms = |list: &[&str]| conditions(json!({ "platforms": { "includePlatforms": list } }));
    assert_found(protected([]), NOTHING);
    assert_found(protected([platforms(&["unknownFutureValue"])]), NOTHING);
    assert_found(
        protected([only_session(json!({ "secureSignInSession": { "isEnabled": "<on>" } }))]),
        NOTHING,
    );
    let windows = json!({ "platforms": null, "devices": { "deviceFilter": {
        "mode": "include", "rule": "device.operatingSystem -eq \"Windows\"",
    } } });
    assert_found(protected([conditions(windows)]), NOTHING);
    assert_found(protected([platforms(&["windows", "macOS"])]), ["unscoped-token-protection: note"]);
    assert_found(protected([platforms(&["windows", "android"])]), warn);
    assert_found(protected([platforms(&["all"])]), warn);
    assert_found(protected([conditions(json!({ "platforms": null }))]), warn);
    assert_found(protected([conditions(json!({ "clientAppTypes": ["all"] }))]), warn);
    assert_found(protected([conditions(json!({ "clientAppTypes": null }))]), warn);
    assert_found(protected([apps(&["Office365"])]), warn);
    assert_found(protected([apps(&[EXCHANGE, PAYROLL])]), warn);
    assert_found(
        protected([state("enabledForReportingButNotEnforced"), apps(&["All"])]),
        ["unscoped-token-protection: note"],
    );
}

#[test]
fn strict_locations_matter_where_addresses_do() {
    let strict = policy([
        apps(&["All"]),
        only_session(json!({ "continuousAccessEvaluation": { "mode": "strictLocation" } })),
    ]);
    let away = |place: &str| {
        let all_but = json!({ "includeLocations": ["All"], "excludeLocations": [place] });
        policy([conditions(json!({ "locations": all_but }))])
    };
    let found_with = |others: &[Value]| found(&json!([std::slice::from_ref(&strict), others].concat()));
    let note = ["strict-location-enforcement: note"];
    assert_eq!(found_with(&[]), NOTHING);
    assert_eq!(found_with(&[away("AllTrusted")]), note);
    assert_eq!(found_with(&[away(OFFICE)]), note);
    let addresses =
        json!({ "id": OFFICE, "displayName": "Office", "ipRanges": [{ "cidrAddress": "198.51.100.0/24" }] });
    let country = json!({ "id": OFFICE, "displayName": "Sweden", "countriesAndRegions": ["SE"] });
    assert_eq!(found_with(&[away(OFFICE), addresses]), note);
    assert_eq!(found_with(&[away(OFFICE), country]), NOTHING);
}

#[test]
fn resilience_is_judged_for_all_apps() {
    let off = || session(json!({ "disableResilienceDefaults": true }));
    let of = |users: Value| conditions(json!({ "users": users }));
    let group = || of(json!({ "includeUsers": [], "includeGroups": [STAFF] }));
    assert_found(policy([off()]), ["resilience-switched-off: warn"]);
    assert_found(policy([off(), group()]), ["resilience-switched-off: note"]);
    assert_found(policy([off(), of(json!({ "includeUsers": [STAFF] }))]), NOTHING);
    assert_found(policy([off(), apps(&[PAYROLL])]), NOTHING);
    assert_found(policy([session(json!({ "disableResilienceDefaults": "<off>" }))]), NOTHING);
}

#[test]
fn two_risks_are_two_conditions() {
    let risks = |user: &[&str], sign_in: &[&str]| {
        policy([conditions(json!({ "userRiskLevels": user, "signInRiskLevels": sign_in }))])
    };
    assert_found(risks(&["high"], &["high"]), ["two-risks-at-once: warn"]);
    assert_found(risks(&["high"], &[]), NOTHING);
    assert_found(risks(&["high"], &["none", "low", "medium", "high"]), NOTHING);
    assert_found(risks(&["high"], &["{{levels}}"]), NOTHING);
    // It adds to policies for each, where these are enforced.
    let beside = |each: &str| {
        let user = policy([conditions(json!({ "userRiskLevels": ["high"] })), state(each)]);
        json!([risks(&["high"], &["high"]), user, risks(&[], &["high"])])
    };
    assert_found(beside("enabled"), ["two-risks-at-once: note"]);
    assert_found(beside("enabledForReportingButNotEnforced"), ["two-risks-at-once: warn"]);
    let block = "grant_controls {\noperator = \"OR\"\nbuilt_in_controls = [\"block\"]\n}";
    assert_terraform("user_risk_levels = [\"high\"]\nsign_in_risk_levels = var.unknown", block, []);
}

#[test]
fn terms_of_use_are_no_proof() {
    let terms = |operator: &str, controls: &[&str]| {
        policy([grant(operator, controls), json!({ "grantControls": { "termsOfUse": [TERMS] } })])
    };
    assert_found(terms("OR", &["mfa"]), ["weak-alternative: note"]);
    assert_found(terms("AND", &["mfa"]), NOTHING);
    assert_found(terms("OR", &[]), NOTHING);
    assert_found(policy([grant("OR", &["mfa", "compliantDevice"])]), NOTHING);
    let unsure =
        "grant_controls {\noperator = \"OR\"\nbuilt_in_controls = [\"mfa\"]\nterms_of_use = var.unknown\n}";
    assert_terraform("", unsure, []);
}

#[test]
fn every_time_for_everybody_is_too_often() {
    let warn = ["sign-in-every-time: warn"];
    assert_found(policy([every_time()]), warn);
    assert_found(policy([every_time(), apps(&["Office365"])]), warn);
    assert_found(
        policy([every_time(), state("enabledForReportingButNotEnforced")]),
        ["sign-in-every-time: note"],
    );
    assert_found(policy([every_time(), apps(&[PAYROLL])]), NOTHING);
    assert_found(policy([every_time(), conditions(json!({ "signInRiskLevels": ["high"] }))]), NOTHING);
    let one_group = json!({ "users": { "includeUsers": [], "includeGroups": [STAFF] } });
    assert_found(policy([every_time(), conditions(one_group)]), NOTHING);
}

#[test]
fn what_stands_in_place_of_a_proof_is_reported_once() {
    let instead = [
        grant("AND", &["passwordChange", "compliantDevice"]),
        conditions(json!({ "userRiskLevels": ["high"] })),
    ];
    assert_found(policy(instead), ["incompatible-grant-controls: error"]);
    let beside = [
        grant("AND", &["passwordChange", "mfa", "compliantDevice"]),
        conditions(json!({ "userRiskLevels": ["high"] })),
    ];
    assert_found(policy(beside), ["incompatible-grant-controls: error"]);
    let more = grant("AND", &["passwordChange", "compliantDevice"]);
    assert_found(
        policy([more, apps(&[PAYROLL])]),
        ["incompatible-grant-controls: error", "incomplete-remediation: error"],
    );
}

#[test]
fn half_an_hour_is_no_frequency() {
    let broken = "invalid-sign-in-frequency: error";
    assert_found(frequency(json!({ "isEnabled": true, "type": "hours", "value": 0.5 })), [broken]);
    assert_found(frequency(json!({ "isEnabled": true, "type": "hours", "value": 1.5 })), [broken]);
    assert_found(frequency(json!({ "isEnabled": true, "type": "hours", "value": 2.0 })), NOTHING);
}

#[test]
fn several_controls_have_an_operator() {
    let missing = "missing-controls: warn";
    let without =
        |controls: Value| json!({ "grantControls": { "operator": null, "builtInControls": controls } });
    assert_found(policy([without(json!(["mfa", "compliantDevice"]))]), [missing]);
    assert_found(policy([without(json!(["mfa"]))]), NOTHING);
    assert_found(policy([without(json!(["mfa", "<control>"]))]), NOTHING);
    let open = json!({ "grantControls": { "operator": "{{operator}}", "builtInControls": ["mfa", "compliantDevice"] } });
    assert_found(policy([open]), NOTHING);
}
