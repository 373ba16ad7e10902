//! Small policy sets and what must be found in them, from the published behaviour of Conditional Access.
//!
//! The numbers name the cases; the exact verdict of each sign-in is not decided by these rules, only whether a
//! policy is reported, by which rule and at which level.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use serde_json::{Value, json};

const BREAK_GLASS: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";
const HQ: &str = "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b33";

/// An enabled policy over all users and all apps, with the differences of a case merged in.
fn policy(name: &str, differences: Value) -> Value {
    let mut policy = json!({
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": { "includeUsers": ["All"] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": [] },
    });
    merge(&mut policy, differences);
    policy
}

fn merge(into: &mut Value, differences: Value) {
    match (into, differences) {
        (Value::Object(into), Value::Object(differences)) => {
            for (key, value) in differences {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, differences) => *into = differences,
    }
}

fn grant(operator: &str, controls: &[&str]) -> Value {
    json!({ "grantControls": { "operator": operator, "builtInControls": controls } })
}

fn with(mut one: Value, another: Value) -> Value {
    merge(&mut one, another);
    one
}

fn excludes_break_glass() -> Value {
    json!({ "conditions": { "users": { "excludeGroups": [BREAK_GLASS] } } })
}

fn platforms(include: &[&str], exclude: &[&str]) -> Value {
    json!({ "conditions": { "platforms": { "includePlatforms": include, "excludePlatforms": exclude } } })
}

/// `rule: level` of what is found in a policy set, by name, with the group declared as emergency access where
/// asked.
fn found(policies: &[Value], declared: bool) -> Vec<String> {
    let text = serde_json::to_string_pretty(policies).expect("a value is text");
    let mut found = if declared { check_declared(text) } else { check_alone(&text) };
    found.sort();
    found
}

fn check_alone(text: &str) -> Vec<String> {
    common::verdicts(&common::check_text("policies.json", text))
}

fn check_declared(text: String) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write("calint.yaml", format!("emergency-access: {{groups: [{BREAK_GLASS}]}}\n"));
    write("policies.json", text);
    let outcome = calint::engine::run(&calint::engine::Options {
        paths: vec![folder.path().to_path_buf()],
        config: calint::discover::ConfigChoice::Nearest,
        ..common::options()
    });
    common::verdicts(&outcome.expect("the configuration is good"))
}

const BLOCK: &[&str] = &["block"];

#[test]
fn t01_block_for_everyone() {
    let set = [policy("T01", grant("OR", BLOCK))];
    assert_eq!(found(&set, false), ["block-everyone: error", "missing-emergency-exclusion: warn"]);
    assert_eq!(found(&set, true), ["block-everyone: error", "missing-emergency-exclusion: error"]);
}

#[test]
fn t02_block_for_everyone_but_emergency_access() {
    let set = [policy("T02", with(grant("OR", BLOCK), excludes_break_glass()))];
    assert_eq!(found(&set, true), ["block-everyone: error"]);
}

#[test]
fn t03_to_t05_managed_devices_and_apps() {
    for (control, rule) in [
        ("compliantDevice", "compliant-device-for-everyone"),
        ("domainJoinedDevice", "hybrid-join-for-everyone"),
        ("compliantApplication", "app-protection-for-everyone"),
    ] {
        let set = [policy(control, grant("OR", &[control]))];
        assert_eq!(found(&set, false).first(), Some(&format!("{rule}: error")));
    }
}

#[test]
fn t06_all_platforms_narrow_nothing() {
    let set = [policy("T06", with(grant("OR", BLOCK), platforms(&["all"], &[])))];
    let found = found(&set, false);
    assert_eq!(found.first().map(String::as_str), Some("block-every-platform: error"));
    assert!(!found.iter().any(|finding| finding.starts_with("block-everyone")));
}

#[test]
fn t07_unknown_platforms_alone_are_a_narrow_block() {
    let known = ["android", "iOS", "windows", "macOS", "linux"];
    let set = [policy("T07", with(grant("OR", BLOCK), platforms(&["all"], &known)))];
    assert_eq!(found(&set, false), ["missing-emergency-exclusion: note"]);
}

#[test]
fn t09_one_control_reads_alike_under_both_operators() {
    let of = |operator| found(&[policy("T09", grant(operator, &["compliantDevice"]))], false);
    assert_eq!(of("AND"), of("OR"));
}

#[test]
fn t11_t12_the_retired_control_does_not_count() {
    let lone = [policy("T12", grant("OR", &["approvedApplication"]))];
    assert_eq!(found(&lone, false), Vec::<String>::new());
    let both = [policy("T11", grant("OR", &["approvedApplication", "compliantApplication"]))];
    assert_eq!(found(&both, false).first().map(String::as_str), Some("app-protection-for-everyone: error"));
    let mfa = [policy("T11", grant("OR", &["approvedApplication", "mfa"]))];
    assert_eq!(found(&mfa, false), Vec::<String>::new());
}

#[test]
fn t13_to_t16_device_filters_narrow() {
    for (mode, rule) in [
        ("exclude", "device.trustType -eq \"AzureAD\""),
        ("include", "device.trustType -ne \"AzureAD\""),
        ("include", "device.isCompliant -eq False"),
        ("exclude", "device.extensionAttribute1 -ne \"SAW\""),
    ] {
        let filter =
            json!({ "conditions": { "devices": { "deviceFilter": { "mode": mode, "rule": rule } } } });
        let set = [policy("filter", with(grant("OR", BLOCK), filter))];
        assert_eq!(found(&set, false), ["missing-emergency-exclusion: warn"], "{mode} {rule}");
    }
}

#[test]
fn t23_t24_multifactor_authentication_locks_no_person_out() {
    assert_eq!(found(&[policy("T24", grant("OR", &["mfa"]))], true), Vec::<String>::new());
    let either = [policy("T23", grant("OR", &["mfa", "compliantDevice"]))];
    assert_eq!(found(&either, true), Vec::<String>::new());
}

#[test]
fn t25_a_role_that_is_left_out_is_people() {
    let role =
        json!({ "conditions": { "users": { "excludeRoles": ["62e90394-69f5-4237-9190-012177145e10"] } } });
    let set = [policy("T25", with(grant("OR", BLOCK), role))];
    assert_eq!(found(&set, false), ["block-everyone: warn"]);
}

#[test]
fn t27_t28_leaving_apps_out_does_not_spare_them() {
    for app in ["00000003-0000-0000-c000-000000000000", "d4ebce55-015a-49b5-a083-c84d1797ae8c"] {
        let apps = json!({ "conditions": { "applications": { "excludeApplications": [app] } } });
        let set = [policy("T27", with(grant("OR", BLOCK), apps))];
        assert_eq!(
            found(&set, false),
            ["block-all-but-some-apps: error", "missing-emergency-exclusion: warn"]
        );
    }
}

#[test]
fn t29_t30_policies_on_service_principals_are_not_about_people() {
    let workloads = json!({ "conditions": {
        "users": { "includeUsers": ["None"] },
        "clientApplications": { "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] },
        "locations": { "includeLocations": ["All"], "excludeLocations": [HQ] },
    } });
    assert_eq!(found(&[policy("T29", with(grant("OR", BLOCK), workloads))], true), Vec::<String>::new());
}

#[test]
fn t32_a_hidden_control_is_not_absent() {
    let or = found(&[policy("T32", grant("OR", &["mfa", "unknownFutureValue"]))], true);
    assert_eq!(or, ["incomplete-export: warn"]);
    let and = found(&[policy("T32", grant("AND", &["mfa", "unknownFutureValue"]))], true);
    assert_eq!(and, ["incomplete-export: warn", "missing-emergency-exclusion: note"]);
    let only = found(&[policy("T32", grant("OR", &["compliantDevice", "unknownFutureValue"]))], false);
    assert!(only.contains(&"compliant-device-for-everyone: warn".to_owned()), "{only:?}");
}

#[test]
fn t33_t34_narrow_conditions_take_policies_out() {
    let flow = json!({ "conditions": { "authenticationFlows": { "transferMethods": "deviceCodeFlow" } } });
    let set = [policy("T33", with(grant("OR", &["compliantDevice"]), flow))];
    assert_eq!(found(&set, false), ["missing-emergency-exclusion: note", "unsatisfiable-controls: note"]);
    let legacy = json!({ "conditions": { "clientAppTypes": ["exchangeActiveSync", "other"] } });
    let set = [policy("T34", with(grant("OR", &["mfa"]), legacy))];
    assert_eq!(found(&set, false), ["unsatisfiable-controls: note"]);
}

#[test]
fn t35_one_policy_without_the_exclusion_that_can_be_met() {
    let portals = json!({
        "conditions": { "applications": { "includeApplications": ["MicrosoftAdminPortals"] } },
        "grantControls": { "authenticationStrength": { "id": "00000000-0000-0000-0000-000000000004" } },
    });
    let set = [
        policy("for all", with(grant("OR", &["mfa"]), excludes_break_glass())),
        policy("for portals", portals),
    ];
    assert_eq!(found(&set, true), ["missing-emergency-exclusion: note"]);
}

#[test]
fn t36_one_policy_without_the_exclusion_that_cannot_be_met() {
    let office = json!({ "conditions": { "applications": { "includeApplications": ["Office365"] } } });
    let set = [
        policy("for all", with(grant("OR", &["mfa"]), excludes_break_glass())),
        policy("for office", with(grant("OR", &["compliantDevice"]), office)),
    ];
    assert_eq!(found(&set, true), ["missing-emergency-exclusion: warn"]);
}

#[test]
fn t37_t38_risk_narrows() {
    for risk in [
        json!({ "conditions": { "userRiskLevels": ["high"], "signInRiskLevels": ["high"] } }),
        json!({ "conditions": { "signInRiskLevels": ["medium"] } }),
    ] {
        let set = [policy("risk", with(grant("OR", BLOCK), risk))];
        assert_eq!(found(&set, false), ["missing-emergency-exclusion: warn"]);
    }
}

#[test]
fn t43_t49_t50_policies_that_do_nothing_lock_nobody_out() {
    let nobody = json!({ "conditions": { "users": { "includeUsers": ["None"] } } });
    let nothing = json!({ "conditions": { "applications": { "includeApplications": ["None"] } } });
    assert_eq!(found(&[policy("T50", json!({ "grantControls": null }))], false), Vec::<String>::new());
    for differences in [nobody, nothing] {
        let set = [policy("nothing", with(grant("OR", BLOCK), differences))];
        assert_eq!(found(&set, false), ["never-applies: warn"]);
    }
}

#[test]
fn t46_utf16_reads_like_utf8() {
    let text = policy("T46", grant("OR", BLOCK)).to_string();
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let outcome = calint::engine::run(&calint::engine::Options {
        stdin: Some(("t46.json".to_owned(), bytes)),
        ..common::options()
    });
    assert_eq!(
        common::verdicts(&outcome.expect("no configuration")),
        ["block-everyone: error", "missing-emergency-exclusion: warn"]
    );
}

#[test]
fn t47_a_first_page_is_an_incomplete_export() {
    let export = json!({
        "value": [policy("T47", with(grant("OR", &["mfa"]), excludes_break_glass()))],
        "@odata.nextLink": "https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies?$skiptoken=x",
    });
    let outcome = common::check_text("export.json", &export.to_string());
    assert_eq!(common::verdicts(&outcome), ["incomplete-export: warn"]);
}
