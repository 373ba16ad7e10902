//! Sign-ins and their verdicts, from the published behaviour of Conditional Access.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use common::merged;

use std::fs;

use calint::access::{Assume, Verdict, decide};
use calint::engine::{self, Outcome};
use calint::scenario;
use serde_json::{Value, json};

use Verdict::{Allowed, Blocked, Depends};

const GROUP: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const HQ: &str = "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b33";
const APP: &str = "0d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d10";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";

/// An enabled policy over all users and all apps with some controls under `OR`, and the differences of a case.
fn policy(controls: &[&str], differences: Value) -> Value {
    let policy = json!({
        "displayName": "policy", "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": controls },
    });
    merged(policy, differences)
}

fn conditions(conditions: Value) -> Value {
    json!({ "conditions": conditions })
}

/// An ordinary sign-in of a member to an app from a browser on Windows, and the differences of a case.
fn sign_in(differences: Value) -> Value {
    let ordinary = json!({
        "signInIdentity": { "userId": GROUP, "userType": "member", "groupIds": [], "roleTemplateIds": [] },
        "signInContext": { "includeApplications": [APP] },
        "signInConditions": {
            "clientAppType": "browser", "devicePlatform": "windows", "signInRiskLevel": "none",
            "userRiskLevel": "none", "insiderRiskLevel": "none", "trustedLocation": false,
            "namedLocationIds": [], "authenticationFlow": { "transferMethod": "none" }, "deviceInfo": {},
        },
    });
    merged(ordinary, differences)
}

fn situation(differences: Value) -> Value {
    sign_in(json!({ "signInConditions": differences }))
}

fn verdict(policies: &[Value], scenario: &Value) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.json"), serde_json::to_string(policies).unwrap()).unwrap();
    let options = engine::Options { paths: vec![folder.path().to_path_buf()], ..common::options() };
    let tenants = engine::read(&options, &mut Outcome::default()).expect("no configuration");
    let set = &tenants.first().expect("one tenant").set;
    let (sign_in, capabilities) = scenario::parse(&scenario.to_string()).unwrap();
    decide(&sign_in, set, &capabilities, Assume::default()).verdict
}

fn check(policies: &[Value], cases: &[(Value, Verdict)]) {
    for (scenario, expected) in cases {
        assert_eq!(verdict(policies, scenario), *expected, "{scenario} under {policies:?}");
    }
}

#[test]
fn blocks_and_who_is_left_out() {
    let member = |groups: Value| sign_in(json!({ "signInIdentity": { "groupIds": groups } }));
    check(&[policy(&["block"], json!({}))], &[(member(json!([])), Blocked)]);
    let spared = policy(&["block"], conditions(json!({ "users": { "excludeGroups": [GROUP] } })));
    check(
        &[spared],
        &[(member(json!([GROUP])), Allowed), (member(json!([])), Blocked), (member(json!(null)), Depends)],
    );
    let role = policy(&["block"], conditions(json!({ "users": { "excludeRoles": [GLOBAL_ADMINISTRATOR] } })));
    let active = sign_in(json!({ "signInIdentity": { "roleTemplateIds": [GLOBAL_ADMINISTRATOR] } }));
    check(&[role], &[(active, Allowed), (sign_in(json!({})), Blocked)]);
}

#[test]
fn compliant_devices_and_the_way_to_get_one() {
    let set = [policy(&["compliantDevice"], json!({}))];
    check(
        &set,
        &[
            (situation(json!({ "deviceInfo": { "isCompliant": true, "trustType": "AzureAD" } })), Allowed),
            (situation(json!({})), Blocked),
            (sign_in(json!({ "signInContext": { "includeApplications": [ENROLLMENT] } })), Allowed),
            (situation(json!({ "devicePlatform": "unknown" })), Blocked),
        ],
    );
}

#[test]
fn hybrid_join_is_windows_alone() {
    let set = [policy(&["domainJoinedDevice"], json!({}))];
    for platform in ["macOS", "iOS", "linux", "android", "unknown"] {
        check(&set, &[(situation(json!({ "devicePlatform": platform, "deviceInfo": null })), Blocked)]);
    }
    check(&set, &[(situation(json!({ "deviceInfo": { "trustType": "ServerAD" } })), Allowed)]);
}

#[test]
fn protected_apps_are_on_phones() {
    let set = [policy(&["compliantApplication"], json!({}))];
    let native = "mobileAppsAndDesktopClients";
    check(
        &set,
        &[
            (situation(json!({ "clientAppType": native })), Blocked),
            (situation(json!({ "clientAppType": native, "devicePlatform": "iOS" })), Allowed),
            (situation(json!({ "devicePlatform": "macOS" })), Blocked),
        ],
    );
}

#[test]
fn platforms_that_are_named_and_those_that_are_not() {
    let all_but = |exclude: Value| {
        conditions(json!({ "platforms": { "includePlatforms": ["all"], "excludePlatforms": exclude } }))
    };
    let only = |include: Value| conditions(json!({ "platforms": { "includePlatforms": include } }));
    let known = json!(["android", "iOS", "windows", "macOS", "linux"]);
    let unknown = policy(&["block"], all_but(known));
    let on = |platform: &str| situation(json!({ "devicePlatform": platform }));
    check(std::slice::from_ref(&unknown), &[(on("unknown"), Blocked), (on("windows"), Allowed)]);
    let together = [
        policy(&["block"], only(json!(["android", "iOS"]))),
        policy(&["block"], only(json!(["windows", "macOS", "linux"]))),
        unknown,
    ];
    for platform in ["android", "iOS", "windows", "macOS", "linux", "unknown"] {
        check(&together, &[(on(platform), Blocked)]);
    }
}

#[test]
fn device_filters_and_devices_that_are_not_registered() {
    let filter = |mode: &str, rule: &str| {
        policy(
            &["block"],
            conditions(json!({ "devices": { "deviceFilter": { "mode": mode, "rule": rule } } })),
        )
    };
    let device = |info: Value| situation(json!({ "deviceInfo": info }));
    let joined = device(json!({ "trustType": "AzureAD", "isCompliant": null, "extensionAttribute1": null }));
    let not_compliant = device(json!({ "isCompliant": false }));
    let workstation = device(json!({ "extensionAttribute1": "SAW" }));
    check(
        &[filter("exclude", "device.trustType -eq \"AzureAD\"")],
        &[(device(json!({})), Blocked), (joined.clone(), Allowed)],
    );
    check(
        &[filter("include", "device.trustType -ne \"AzureAD\"")],
        &[(device(json!({})), Blocked), (joined, Allowed)],
    );
    check(
        &[filter("include", "device.isCompliant -eq False")],
        &[(device(json!({})), Allowed), (not_compliant, Blocked)],
    );
    check(
        &[filter("exclude", "device.extensionAttribute1 -ne \"SAW\"")],
        &[(device(json!({})), Allowed), (workstation, Blocked)],
    );
    let unread = filter("include", "device.nothing like this");
    check(&[unread], &[(device(json!({})), Depends)]);
}

#[test]
fn apps_user_actions_and_service_principals() {
    let office = |control: &str| {
        policy(&[control], conditions(json!({ "applications": { "includeApplications": ["Office365"] } })))
    };
    let to = |app: &str| sign_in(json!({ "signInContext": { "includeApplications": [app] } }));
    check(&[office("compliantDevice")], &[(to(EXCHANGE), Blocked), (to(GRAPH), Allowed), (to(APP), Depends)]);
    let nothing =
        policy(&["block"], conditions(json!({ "applications": { "includeApplications": ["None"] } })));
    check(&[nothing], &[(sign_in(json!({})), Allowed)]);
    let mut workload = sign_in(json!({}));
    workload["signInIdentity"] = json!({ "servicePrincipalId": APP });
    check(&[policy(&["block"], json!({}))], &[(workload.clone(), Allowed)]);
    let outside = policy(
        &["block"],
        conditions(json!({
            "users": { "includeUsers": ["None"] },
            "clientApplications": { "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] },
            "locations": { "includeLocations": ["All"], "excludeLocations": [HQ] },
        })),
    );
    let at_hq = merged(workload.clone(), json!({ "signInConditions": { "namedLocationIds": [HQ] } }));
    check(&[outside], &[(workload, Blocked), (at_hq, Allowed)]);
}

#[test]
fn legacy_clients_and_device_code_can_meet_nothing() {
    let mfa = policy(&["mfa"], json!({}));
    check(
        &[mfa],
        &[(situation(json!({ "clientAppType": "other" })), Blocked), (situation(json!({})), Allowed)],
    );
    let code = situation(json!({
        "authenticationFlow": { "transferMethod": "deviceCodeFlow" },
        "deviceInfo": { "isCompliant": true },
    }));
    check(&[policy(&["compliantDevice"], json!({}))], &[(code, Blocked)]);
}

#[test]
fn risk_is_membership_and_all_conditions_count() {
    let both =
        policy(&["block"], conditions(json!({ "userRiskLevels": ["high"], "signInRiskLevels": ["high"] })));
    check(&[both], &[(situation(json!({ "userRiskLevel": "high" })), Allowed)]);
    let medium = policy(&["block"], conditions(json!({ "signInRiskLevels": ["medium"] })));
    check(
        &[medium],
        &[
            (situation(json!({ "signInRiskLevel": "high" })), Allowed),
            (situation(json!({ "signInRiskLevel": "medium" })), Blocked),
            (situation(json!({ "signInRiskLevel": null })), Depends),
        ],
    );
}

#[test]
fn guests_meet_what_their_home_tenant_is_trusted_for() {
    let guest = |trust: Value| {
        sign_in(json!({
            "signInIdentity": { "userType": "b2bCollaborationGuest" },
            "inboundTrust": trust,
        }))
    };
    let resistant = policy(
        &[],
        json!({ "grantControls": { "authenticationStrength": { "id": "00000000-0000-0000-0000-000000000004" } } }),
    );
    check(&[resistant], &[(guest(json!({})), Blocked), (guest(json!({ "mfa": true })), Allowed)]);
    check(&[policy(&["mfa", "compliantDevice"], json!({}))], &[(guest(json!({})), Allowed)]);
    let change =
        json!({ "grantControls": { "operator": "AND" }, "conditions": { "userRiskLevels": ["high"] } });
    let risky = merged(guest(json!({})), json!({ "signInConditions": { "userRiskLevel": "high" } }));
    check(&[policy(&["mfa", "passwordChange"], change)], &[(risky, Blocked)]);
}

#[test]
fn addresses_and_countries_decide_named_locations() {
    let hq = json!({
        "id": HQ, "displayName": "HQ", "isTrusted": true,
        "ipRanges": [{ "cidrAddress": "198.51.100.0/24" }, { "cidrAddress": "2001:db8::/32" }],
    });
    let outside = policy(
        &["block"],
        conditions(json!({ "locations": { "includeLocations": ["All"], "excludeLocations": [HQ] } })),
    );
    let from = |address: &str| situation(json!({ "ipAddress": address, "namedLocationIds": null }));
    check(
        &[outside, hq],
        &[(from("198.51.100.7"), Allowed), (from("2001:db8::1"), Allowed), (from("203.0.113.1"), Blocked)],
    );
}

#[test]
fn token_protection_wants_native_apps_on_windows() {
    let session =
        json!({ "grantControls": null, "sessionControls": { "secureSignInSession": { "isEnabled": true } } });
    let native = situation(json!({ "clientAppType": "mobileAppsAndDesktopClients" }));
    check(
        &[policy(&[], session)],
        &[(situation(json!({ "devicePlatform": "iOS" })), Blocked), (native, Allowed)],
    );
}

#[test]
fn the_command_explains_in_a_table_and_in_json() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    let set = json!([policy(&["compliantDevice"], json!({ "displayName": "CA001 Devices" }))]);
    fs::write(folder.path().join("policies/p.json"), set.to_string()).unwrap();
    fs::write(folder.path().join("sign-in.json"), situation(json!({})).to_string()).unwrap();
    let run = |args: &[&str]| {
        let mut command = common::calint(folder.path());
        common::ran(command.args(["what-if", "sign-in.json", "policies"]).args(args).output().unwrap())
    };
    let (out, err, code) = run(&[]);
    assert_eq!((err.as_str(), code), ("", Some(0)));
    insta::assert_snapshot!(out, @r"
    policy         state    applies  demands          because
    CA001 Devices  enabled  yes      compliantDevice  cannot meet compliantDevice

    blocked AADSTS53000
    ");
    let (out, _, _) = run(&["--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["verdict"], "blocked");
    assert_eq!(json["policies"][0]["unmet"], json!(["compliantDevice"]));
    assert_eq!(json["policies"][0]["location"]["path"], "policies/p.json");
    for (state, expected) in [
        ("{{state}}", json!(["the state of `CA001 Devices`"])),
        ("enabledForReportingButNotEnforced", json!([])),
    ] {
        let undecided = set.to_string().replace("\"enabled\"", &format!("\"{state}\""));
        fs::write(folder.path().join("policies/p.json"), undecided).unwrap();
        let (out, _, _) = run(&["--format", "json"]);
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["dependsOn"], expected, "{state}");
        assert_eq!(json["verdict"] == "depends", !expected.as_array().unwrap().is_empty());
    }
}

#[test]
fn mistakes_in_a_scenario_are_named() {
    for (text, message) in [
        ("{}", "signInIdentity"),
        ("{\"signInIdentity\": {\"userID\": \"x\"}, \"signInContext\": {}}", "userID"),
        ("{\"signInIdentity\": {}, \"signInContext\": {}}", "signInContext needs one of"),
        (
            "{\"signInIdentity\": {}, \"signInContext\": {\"userAction\": \"registerSecurityInformation\"}, \
             \"signInConditions\": {\"clientAppType\": \"phone\"}}",
            "`clientAppType` has a value that is not known",
        ),
    ] {
        let error = scenario::parse(text).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}
