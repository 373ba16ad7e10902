//! Causes of lockouts in emergency access, devices, platforms and locations: the cases that decide whether a rule
//! speaks, near misses and values that are not known among them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use common::merge;

use std::fs;

use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::finding::{Certainty, Finding};
use serde_json::{Value, json};

const GROUP: &str = "6a0e9c14-7d3b-4b5f-9e21-5c8d2f7a1b30";
const STAFF: &str = "6a0e9c14-7d3b-4b5f-9e21-5c8d2f7a1b31";
const ANNA: &str = "6a0e9c14-7d3b-4b5f-9e21-5c8d2f7a1b01";
const BEN: &str = "6a0e9c14-7d3b-4b5f-9e21-5c8d2f7a1b02";
const OFFICE: &str = "6a0e9c14-7d3b-4b5f-9e21-5c8d2f7a1b40";
const OTHER_OFFICE: &str = "6a0e9c14-7d3b-4b5f-9e21-5c8d2f7a1b41";
const COMPLIANT_NETWORK: &str = "3d46dbda-8382-466a-856d-eb00cbc6b910";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const CONDITIONAL_ACCESS_ADMINISTRATOR: &str = "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9";
const SECURITY_ADMINISTRATOR: &str = "194ae4cb-b126-40b2-bd5b-6091b380977d";
const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";
const ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
const AZURE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";

/// An enabled policy over all users but the emergency access group, and all apps, and the parts that make the case.
fn policy<const N: usize>(controls: &[&str], parts: [Value; N]) -> Value {
    let mut whole = json!({
        "displayName": "P",
        "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"], "excludeGroups": [GROUP] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": controls },
    });
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}

fn conditions(conditions: Value) -> Value {
    json!({ "conditions": conditions })
}

fn users(users: Value) -> Value {
    conditions(json!({ "users": users }))
}

fn apps(include: &[&str], exclude: &[&str]) -> Value {
    conditions(json!({ "applications": { "includeApplications": include, "excludeApplications": exclude } }))
}

fn platforms(include: &[&str], exclude: &[&str]) -> Value {
    conditions(json!({ "platforms": { "includePlatforms": include, "excludePlatforms": exclude } }))
}

fn outside(locations: &[&str]) -> Value {
    conditions(json!({ "locations": { "includeLocations": ["All"], "excludeLocations": locations } }))
}

fn filter(mode: &str, rule: &str) -> Value {
    conditions(json!({ "devices": { "deviceFilter": { "mode": mode, "rule": rule } } }))
}

fn staff() -> Value {
    users(json!({ "includeUsers": [], "includeGroups": [STAFF] }))
}

fn report_only() -> Value {
    json!({ "state": "enabledForReportingButNotEnforced" })
}

fn all_controls() -> Value {
    json!({ "grantControls": { "operator": "AND" } })
}

fn office(id: &str, ranges: &[&str], trusted: bool) -> Value {
    let ranges: Vec<_> = ranges.iter().map(|range| json!({ "cidrAddress": range })).collect();
    json!({ "id": id, "displayName": "Office", "isTrusted": trusted, "ipRanges": ranges })
}

fn countries(more: Value) -> Value {
    let mut whole = json!({ "id": OFFICE, "displayName": "Staff", "countriesAndRegions": ["DE", "FR"] });
    merge(&mut whole, more);
    whole
}

fn group(members: &[&str], more: Value) -> Value {
    let members: Vec<_> =
        members.iter().map(|id| json!({ "@odata.type": "#microsoft.graph.user", "id": id })).collect();
    let mut whole =
        json!({ "id": GROUP, "displayName": "Emergency", "securityEnabled": true, "members": members });
    merge(&mut whole, more);
    whole
}

fn account(id: &str, more: Value) -> Value {
    let mut whole = json!({ "id": id, "userPrincipalName": "emergency@contoso.onmicrosoft.com" });
    merge(&mut whole, more);
    whole
}

fn schedule(principal: &str, kind: &str, end: Value) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.unifiedRoleAssignmentScheduleInstance",
        "roleDefinitionId": GLOBAL_ADMINISTRATOR, "principalId": principal, "directoryScopeId": "/",
        "assignmentType": kind, "memberType": "Direct", "endDateTime": end,
    })
}

/// What is found in a tenant whose configuration declares the emergency access group.
fn tenant(objects: Value) -> Outcome {
    tenant_with(&format!("emergency-access: {{ groups: [{GROUP}] }}"), objects)
}

fn tenant_with(config: &str, objects: Value) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calint.yaml"), config).unwrap();
    fs::write(folder.path().join("tenant.json"), objects.to_string()).unwrap();
    let paths = vec![folder.path().to_path_buf()];
    let options = Options { paths, config: ConfigChoice::Nearest, ..common::options() };
    engine::run(&options).unwrap_or_else(|_| unreachable!("the configuration is fine"))
}

/// The levels of one rule's findings.
fn levels(outcome: &Outcome, rule: &str) -> Vec<&'static str> {
    of(outcome, rule).iter().map(|finding| finding.level.as_str()).collect()
}

fn of<'o>(outcome: &'o Outcome, rule: &str) -> Vec<&'o Finding> {
    outcome.findings.iter().filter(|finding| finding.rule.as_str() == rule).collect()
}

/// The levels of one rule's findings on a tenant that declares its emergency access.
fn found(rule: &str, objects: Value) -> Vec<&'static str> {
    levels(&tenant(objects), rule)
}

const NOTHING: [&str; 0] = [];

fn mfa() -> Value {
    policy(&["mfa"], [json!({ "displayName": "MFA" })])
}

// Who has emergency access.

#[test]
fn fewer_than_two_accounts_where_files_tell_all_of_them() {
    let rule = "lone-emergency-access";
    assert_eq!(found(rule, json!([mfa(), group(&[ANNA], json!({}))])), ["warn"]);
    assert_eq!(found(rule, json!([mfa(), group(&[], json!({}))])), ["warn"], "an empty group");
    assert_eq!(found(rule, json!([mfa(), group(&[ANNA, BEN], json!({}))])), NOTHING);
    assert_eq!(found(rule, json!([mfa(), group(&[], json!({ "members": null }))])), NOTHING, "not told");
    assert_eq!(found(rule, json!([mfa()])), NOTHING, "not told either");
    let placeholder = json!([policy(&["mfa"], [users(json!({ "excludeUsers": ["<emergency accounts>"] }))])]);
    let declared = "emergency-access: { users: ['<emergency accounts>'] }";
    let outcome = tenant_with(declared, placeholder);
    assert_eq!(levels(&outcome, rule), NOTHING, "a placeholder may stand for several");
}

#[test]
fn one_account_and_a_group_of_others() {
    let both = users(json!({ "excludeUsers": [ANNA] }));
    let config = format!("emergency-access: {{ users: [{ANNA}], groups: [{GROUP}] }}");
    let with = |members: &[&str]| {
        let objects = json!([policy(&["mfa"], [both.clone()]), group(members, json!({}))]);
        levels(&tenant_with(&config, objects), "lone-emergency-access")
    };
    assert_eq!(with(&[ANNA]), ["warn"], "it is the same account");
    assert_eq!(with(&[BEN]), NOTHING);
}

#[test]
fn whoever_is_only_taken_for_emergency_access_gives_a_note() {
    let block = policy(&["block"], [conditions(json!({ "clientAppTypes": ["other"] }))]);
    let outcome = tenant_with("", json!([mfa(), block, group(&[ANNA], json!({}))]));
    let [finding] = of(&outcome, "lone-emergency-access")[..] else { unreachable!("one finding") };
    assert_eq!((finding.level.as_str(), finding.certainty), ("note", Certainty::Likely));
    assert!(finding.note.as_ref().unwrap().contains("is taken for emergency access"), "{:?}", finding.note);
}

#[test]
fn accounts_that_may_fail() {
    let rule = "unfit-emergency-account";
    let with = |more: Value| found(rule, json!([mfa(), group(&[ANNA, BEN], json!({})), account(ANNA, more)]));
    assert_eq!(with(json!({})), NOTHING);
    assert_eq!(with(json!({ "accountEnabled": false })), ["warn"]);
    assert_eq!(with(json!({ "onPremisesSyncEnabled": true })), ["warn"]);
    assert_eq!(with(json!({ "onPremisesSyncEnabled": null, "accountEnabled": true })), NOTHING);
    assert_eq!(with(json!({ "onPremisesSyncEnabled": "<sync>" })), NOTHING, "not known");
    assert_eq!(with(json!({ "userPrincipalName": "emergency@contoso.com" })), ["note"]);
    assert_eq!(with(json!({ "userPrincipalName": "emergency@contoso.onmicrosoft.us" })), NOTHING);
    let synced = json!({ "userPrincipalName": "emergency@contoso.com", "onPremisesSyncEnabled": true });
    assert_eq!(with(synced), ["warn"], "one cause, one finding");
}

#[test]
fn accounts_that_do_not_hold_the_role_for_good() {
    let rule = "unfit-emergency-account";
    let with = |schedules: Value| {
        let mut objects = vec![mfa(), group(&[ANNA], json!({}))];
        objects.extend(schedules.as_array().cloned().unwrap());
        found(rule, Value::Array(objects))
    };
    assert_eq!(with(json!([])), NOTHING, "no file tells who holds roles");
    assert_eq!(with(json!([schedule(ANNA, "Assigned", Value::Null)])), NOTHING);
    assert_eq!(with(json!([schedule(BEN, "Assigned", Value::Null)])), ["warn"], "another one does");
    assert_eq!(with(json!([schedule(ANNA, "Activated", json!("2026-02-01T10:00:00Z"))])), ["warn"]);
    assert_eq!(with(json!([schedule(ANNA, "Assigned", json!("2026-12-31T00:00:00Z"))])), ["warn"]);
    assert_eq!(with(json!([schedule(ANNA, "Assigned", json!("<end>"))])), NOTHING, "not known");
    let both = json!([
        schedule(ANNA, "Activated", json!("2026-02-01T10:00:00Z")),
        schedule(ANNA, "Assigned", Value::Null)
    ]);
    assert_eq!(with(both), NOTHING, "one of the two stays");
    assert_eq!(with(json!([schedule(GROUP, "Assigned", Value::Null)])), NOTHING, "through the group");
}

#[test]
fn groups_that_others_can_change() {
    let rule = "unprotected-emergency-group";
    let with = |more: Value| found(rule, json!([mfa(), group(&[ANNA, BEN], more)]));
    assert_eq!(with(json!({ "groupTypes": ["DynamicMembership"] })), ["warn"]);
    assert_eq!(with(json!({ "groupTypes": [], "isAssignableToRole": true })), NOTHING);
    let open = json!({ "groupTypes": [], "isAssignableToRole": false, "isManagementRestricted": false });
    assert_eq!(with(open), ["note"]);
    assert_eq!(with(json!({ "isAssignableToRole": false, "isManagementRestricted": true })), NOTHING);
    assert_eq!(with(json!({ "isAssignableToRole": false })), NOTHING, "restricted or not, no file tells");
    assert_eq!(with(json!({ "isAssignableToRole": null, "isManagementRestricted": null })), NOTHING);
}

#[test]
fn a_role_in_place_of_emergency_access() {
    let rule = "emergency-access-by-role";
    let by_role = |roles: &[&str]| users(json!({ "excludeGroups": [], "excludeRoles": roles }));
    let role = || by_role(&[GLOBAL_ADMINISTRATOR]);
    assert_eq!(found(rule, json!([policy(&["block"], [role()])])), ["warn"]);
    assert_eq!(found(rule, json!([policy(&["block"], [role(), report_only()])])), ["note"]);
    assert_eq!(found(rule, json!([policy(&["compliantDevice"], [role()])])), ["warn"]);
    assert_eq!(found(rule, json!([policy(&["mfa"], [role()])])), NOTHING, "a passkey meets it");
    let portal = apps(&[AZURE_MANAGEMENT], &[]);
    assert_eq!(found(rule, json!([policy(&["block"], [role(), portal])])), ["warn"]);
    let sharepoint = apps(&[SHAREPOINT], &[]);
    assert_eq!(
        found(rule, json!([policy(&["block"], [role(), sharepoint])])),
        NOTHING,
        "no way to administer"
    );
    let legacy = conditions(json!({ "clientAppTypes": ["exchangeActiveSync", "other"] }));
    assert_eq!(found(rule, json!([policy(&["block"], [role(), legacy])])), NOTHING);
    let other = by_role(&[CONDITIONAL_ACCESS_ADMINISTRATOR]);
    assert_eq!(
        found(rule, json!([policy(&["block"], [other])])),
        NOTHING,
        "emergency access does not hold it"
    );
    let group_too = users(json!({ "excludeRoles": [GLOBAL_ADMINISTRATOR] }));
    assert_eq!(found(rule, json!([policy(&["block"], [group_too])])), NOTHING);
    let unknown = users(json!({ "excludeGroups": ["<emergency>"], "excludeRoles": [GLOBAL_ADMINISTRATOR] }));
    assert_eq!(found(rule, json!([policy(&["block"], [unknown])])), NOTHING, "it may be the group");
}

#[test]
fn an_exemption_by_role_is_reported_once() {
    let by_role = users(json!({ "excludeGroups": [], "excludeRoles": [GLOBAL_ADMINISTRATOR] }));
    let outcome = tenant(json!([policy(&["compliantDevice"], [by_role]), mfa()]));
    assert_eq!(levels(&outcome, "emergency-access-by-role"), ["warn"]);
    assert_eq!(levels(&outcome, "missing-emergency-exclusion"), NOTHING);
}

#[test]
fn without_a_declaration_whoever_else_is_left_out_may_have_emergency_access() {
    let by_role = |more: Value| {
        let mut left_out = json!({ "excludeGroups": [], "excludeRoles": [GLOBAL_ADMINISTRATOR] });
        merge(&mut left_out, more);
        let outcome = tenant_with("", json!([policy(&["block"], [users(left_out)])]));
        levels(&outcome, "emergency-access-by-role")
    };
    assert_eq!(by_role(json!({})), ["warn"]);
    assert_eq!(by_role(json!({ "excludeUsers": [ANNA] })), NOTHING);
}

#[test]
fn managed_policies_turn_themselves_on() {
    let rule = "managed-policy-without-exclusion";
    let managed = |parts: Value| {
        let name = json!({ "displayName": "Microsoft-managed: Multifactor authentication for all users" });
        found(rule, json!([policy(&["mfa"], [report_only(), name, parts])]))
    };
    let nobody = || users(json!({ "excludeGroups": [] }));
    assert_eq!(managed(nobody()), ["note"]);
    assert_eq!(managed(json!({})), NOTHING, "emergency access is left out");
    let mut on = nobody();
    merge(&mut on, json!({ "state": "enabled" }));
    assert_eq!(managed(on), NOTHING, "it is on already");
    let mut own = nobody();
    merge(&mut own, json!({ "displayName": "MFA for all users" }));
    assert_eq!(managed(own), NOTHING, "nobody but the tenant turns it on");
    assert_eq!(managed(users(json!({ "excludeGroups": ["{{emergency}}"] }))), NOTHING, "it may be the group");
}

#[test]
fn administrators_are_out_and_emergency_access_alone_is_in() {
    let admins = |exclude: Value| {
        let roles = [GLOBAL_ADMINISTRATOR, CONDITIONAL_ACCESS_ADMINISTRATOR, SECURITY_ADMINISTRATOR];
        let mut taken_in = json!({ "includeUsers": [], "includeRoles": roles });
        merge(&mut taken_in, exclude);
        policy(&["block"], [users(taken_in)])
    };
    let outcome = tenant(json!([admins(json!({})), mfa()]));
    let [finding] = of(&outcome, "no-admin-path")[..] else { unreachable!("one finding") };
    assert_eq!(finding.level.as_str(), "warn");
    assert!(
        finding.message.starts_with("only emergency access can reach Microsoft Graph"),
        "{}",
        finding.message
    );
    let others = json!({ "excludeGroups": [GROUP, STAFF] });
    assert_eq!(found("no-admin-path", json!([admins(others), mfa()])), NOTHING, "some others work");
    assert_eq!(found("no-admin-path", json!([admins(json!({ "excludeGroups": [] })), mfa()])), ["error"]);
    let outcome = tenant_with("", json!([admins(json!({})), mfa()]));
    let [finding] = of(&outcome, "no-admin-path")[..] else { unreachable!("one finding") };
    assert_eq!(finding.certainty, Certainty::Likely, "who has emergency access is presumed");
}

#[test]
fn the_admin_centers_are_open_to_emergency_access_alone() {
    let portal = |parts: Value| {
        found("no-admin-path", json!([policy(&["block"], [apps(&[AZURE_MANAGEMENT], &[]), parts])]))
    };
    assert_eq!(portal(json!({})), ["warn"]);
    assert_eq!(portal(users(json!({ "excludeRoles": [GLOBAL_ADMINISTRATOR] }))), NOTHING);
    assert_eq!(portal(outside(&[OFFICE])), NOTHING, "the office is a way in");
    let everything = tenant(json!([policy(&["block"], [])]));
    assert_eq!(levels(&everything, "no-admin-path"), NOTHING, "a rule of its own reports that");
}

// Devices and platforms.

#[test]
fn platforms_that_can_never_meet_the_control() {
    let rule = "platform-without-a-way-in";
    let of = |controls: &[&str], parts: [Value; 2]| found(rule, json!([policy(controls, parts)]));
    let hybrid = &["domainJoinedDevice"];
    assert_eq!(of(hybrid, [staff(), platforms(&["windows", "macOS"], &[])]), ["warn"]);
    assert_eq!(of(hybrid, [staff(), platforms(&["windows"], &[])]), NOTHING);
    assert_eq!(of(hybrid, [staff(), json!({})]), ["note"], "people are kept to office computers");
    assert_eq!(of(hybrid, [staff(), platforms(&["all"], &["macOS"])]), ["note"]);
    assert_eq!(of(hybrid, [staff(), report_only()]), ["note"]);
    assert_eq!(of(hybrid, [json!({}), json!({})]), NOTHING, "a rule of its own reports that");
    assert_eq!(of(hybrid, [staff(), platforms(&["macOS"], &[])]), NOTHING, "nothing can be met");
    assert_eq!(of(&["compliantDevice"], [staff(), json!({})]), NOTHING, "only unrecognised platforms");
    assert_eq!(of(&["compliantDevice", "domainJoinedDevice"], [staff(), json!({})]), NOTHING);
    assert_eq!(of(&["mfa", "domainJoinedDevice"], [staff(), json!({})]), NOTHING, "another way in");
    assert_eq!(
        of(
            hybrid,
            [
                staff(),
                json!({ "grantControls": { "builtInControls": ["domainJoinedDevice", "{{control}}"] } })
            ]
        ),
        NOTHING
    );
}

#[test]
fn app_protection_beyond_phones() {
    let rule = "platform-without-a-way-in";
    let of = |parts: [Value; 2]| {
        let outcome = tenant(json!([policy(&["compliantApplication"], parts)]));
        let notes: Vec<_> = of(&outcome, rule).iter().map(|it| it.note.clone().unwrap()).collect();
        (levels(&outcome, rule), notes)
    };
    let office = || apps(&["Office365"], &[]);
    let (found, notes) = of([office(), json!({})]);
    assert_eq!(found, ["warn"]);
    assert_eq!(
        notes,
        [
            "whoever is covered is refused in apps on Windows, on macOS, on Linux and on unrecognised platforms"
        ]
    );
    assert_eq!(of([office(), platforms(&["android", "iOS"], &[])]).0, NOTHING);
    assert_eq!(of([office(), platforms(&["all"], &["windows", "macOS", "linux"])]).0, NOTHING);
    let (found, notes) = of([office(), platforms(&["windows"], &[])]);
    assert_eq!(
        (found, notes.concat()),
        (vec!["warn"], "whoever is covered is refused in apps on Windows".to_owned())
    );
    let browser = conditions(
        json!({ "platforms": { "includePlatforms": ["windows"] }, "clientAppTypes": ["browser"] }),
    );
    assert_eq!(of([office(), browser]).0, NOTHING);
}

#[test]
fn a_block_by_which_no_device_can_be_brought_in() {
    let rule = "block-of-unregistered-devices";
    let of = |parts: [Value; 2]| found(rule, json!([policy(&["block"], parts)]));
    let own = || filter("exclude", "device.extensionAttribute1 -eq \"SAW\"");
    assert_eq!(of([own(), json!({})]), ["note"], "emergency access can undo it");
    assert_eq!(of([own(), users(json!({ "excludeGroups": [] }))]), ["warn"]);
    assert_eq!(of([filter("include", "device.trustType -ne \"AzureAD\""), json!({})]), ["note"]);
    assert_eq!(of([filter("include", "device.trustType -eq \"Workplace\""), json!({})]), NOTHING);
    assert_eq!(
        of([filter("exclude", "device.isCompliant -eq True"), json!({})]),
        NOTHING,
        "enrollment brings it"
    );
    assert_eq!(of([own(), apps(&["All"], &[ENROLLMENT])]), NOTHING);
    assert_eq!(of([own(), apps(&["Office365"], &[])]), NOTHING);
    assert_eq!(of([own(), staff()]), NOTHING);
    assert_eq!(of([own(), outside(&[OFFICE])]), NOTHING, "the office is a way in");
    assert_eq!(of([own(), platforms(&["windows"], &[])]), NOTHING);
    assert_eq!(of([filter("{{mode}}", "device.extensionAttribute1 -eq \"SAW\""), json!({})]), NOTHING);
    assert_eq!(of([filter("exclude", "{{rule}}"), json!({})]), NOTHING);
    assert_eq!(found(rule, json!([policy(&["compliantDevice"], [own()])])), NOTHING, "enrollment is spared");
}

#[test]
fn a_filter_that_spares_unknown_devices() {
    let rule = "unregistered-devices-spared";
    let of = |mode: &str, text: &str| found(rule, json!([policy(&["mfa"], [filter(mode, text)])]));
    assert_eq!(of("exclude", "device.extensionAttribute1 -ne \"SAW\""), ["warn"]);
    assert_eq!(of("exclude", "device.displayName -notStartsWith \"PAW\""), ["warn"]);
    assert_eq!(of("exclude", "-not (device.trustType -eq \"ServerAD\")"), ["warn"]);
    assert_eq!(of("exclude", "device.extensionAttribute1 -eq \"SAW\""), NOTHING);
    assert_eq!(of("exclude", "device.isCompliant -eq True -and device.trustType -ne \"Workplace\""), NOTHING);
    assert_eq!(of("include", "device.extensionAttribute1 -eq \"SAW\""), NOTHING, "it says what it does");
    assert_eq!(
        of("exclude", "device.model -ne \"a\" -or device.model -ne \"b\""),
        NOTHING,
        "it never applies"
    );
    assert_eq!(of("exclude", "{{rule}}"), NOTHING);
}

#[test]
fn filters_that_tell_no_device_from_another() {
    let rule = "constant-device-filter";
    let of = |mode: &str, text: &str| {
        let outcome = tenant(json!([policy(&["mfa"], [filter(mode, text)])]));
        levels(&outcome, rule)
    };
    assert_eq!(of("exclude", "device.model -eq \"a\" -and device.model -eq \"b\""), ["warn"]);
    assert_eq!(of("include", "device.model -ne \"a\" -or device.model -ne \"b\""), ["warn"]);
    assert_eq!(of("exclude", "device.model -startsWith \"a\" -and device.model -endsWith \"b\""), NOTHING);
    assert_eq!(
        of("exclude", "device.physicalIds -contains \"a\" -and device.physicalIds -contains \"b\""),
        NOTHING
    );
    assert_eq!(of("exclude", "device.isCompliant -eq True -and device.isCompliant -eq False"), ["warn"]);
    assert_eq!(
        of("include", "device.isCompliant -eq True -or device.isCompliant -eq False"),
        NOTHING,
        "unknown devices"
    );
    assert_eq!(of("exclude", "device.isComplaint -eq True"), ["warn"]);
    assert_eq!(of("exclude", "device.trustType -eq \"Hybrid\""), ["warn"]);
    assert_eq!(of("exclude", "device.trustType -eq \"serverad\""), NOTHING, "case does not matter");
    assert_eq!(of("exclude", "device.isCompliant -startsWith \"T\""), ["warn"]);
    assert_eq!(of("exclude", "device.mdmAppId -eq null"), NOTHING);
    assert_eq!(of("exclude", "device.model like \"x\""), ["warn"], "not a rule");
    assert_eq!(of("exclude", "{{rule}}"), NOTHING, "a placeholder");
    assert_eq!(of("exclude", "device.trustType -eq \"<trust>\""), NOTHING, "a placeholder in it");
    assert_eq!(
        of("include", "device.model -eq \"a\" -and device.model -eq \"b\""),
        NOTHING,
        "`never-applies` speaks"
    );
}

#[test]
fn a_filter_that_passes_every_device_does_not_narrow_a_block() {
    let of = |text: &str| {
        let outcome = tenant(json!([policy(&["block"], [filter("exclude", text)])]));
        (levels(&outcome, "block-everyone"), levels(&outcome, "constant-device-filter"))
    };
    let never = "device.model -eq \"a\" -and device.model -eq \"b\"";
    assert_eq!(of(never), (vec!["error"], vec![]));
    assert_eq!(of("device.model -eq \"a\""), (vec![], vec![]));
    assert_eq!(
        of("device.trustType -eq \"Hybrid\""),
        (vec![], vec!["warn"]),
        "such a trust type may come to be"
    );
}

// Locations.

#[test]
fn a_block_outside_a_location_in_which_nobody_is() {
    let rule = "block-outside-empty-location";
    let of = |location: Value, parts: Value| {
        let outcome = tenant(json!([policy(&["block"], [outside(&[OFFICE]), parts]), location]));
        (levels(&outcome, rule), levels(&outcome, "block-everyone"))
    };
    assert_eq!(of(office(OFFICE, &["10.0.0.0/16"], true), staff()), (vec!["warn"], vec![]));
    assert_eq!(of(office(OFFICE, &[], true), staff()), (vec!["warn"], vec![]));
    assert_eq!(of(countries(json!({ "countriesAndRegions": [] })), staff()), (vec!["warn"], vec![]));
    assert_eq!(
        of(office(OFFICE, &["10.0.0.0/16"], true), json!({})),
        (vec![], vec!["error"]),
        "everybody, everything"
    );
    assert_eq!(of(office(OFFICE, &["10.0.0.0/16", "203.0.113.0/24"], true), staff()), (vec![], vec![]));
    assert_eq!(of(office(OFFICE, &["fd00::/8"], true), staff()), (vec!["warn"], vec![]));
    assert_eq!(
        of(office(OFFICE, &["10.0.0.0/16", "{{range}}"], true), staff()),
        (vec![], vec![]),
        "not known"
    );
    assert_eq!(
        of(office(OTHER_OFFICE, &["203.0.113.0/24"], true), staff()),
        (vec!["warn"], vec![]),
        "not among them"
    );
    assert_eq!(
        found(rule, json!([policy(&["block"], [outside(&[OFFICE]), staff()])])),
        NOTHING,
        "no location is told"
    );
    let two = json!([
        policy(&["block"], [outside(&[OFFICE, OTHER_OFFICE]), staff()]),
        office(OFFICE, &[], true),
        office(OTHER_OFFICE, &["203.0.113.0/24"], true)
    ]);
    assert_eq!(found(rule, two), NOTHING, "another one is a way in");
    let grant = json!([policy(&["mfa"], [outside(&[OFFICE]), staff()]), office(OFFICE, &[], true)]);
    assert_eq!(found(rule, grant), NOTHING, "nobody is kept out");
}

#[test]
fn trusted_locations_of_which_there_are_none() {
    let rule = "block-outside-empty-location";
    let of = |trusted: Value| {
        let mut location = office(OFFICE, &["203.0.113.0/24"], false);
        merge(&mut location, json!({ "isTrusted": trusted }));
        let outcome = tenant(json!([policy(&["block"], [outside(&["AllTrusted"])]), location]));
        assert_eq!(levels(&outcome, "block-everyone"), NOTHING);
        of(&outcome, rule).iter().map(|it| (it.level.as_str(), it.certainty)).collect::<Vec<_>>()
    };
    assert_eq!(of(json!(false)), [("warn", Certainty::Unverified)], "the old list may hold some");
    assert_eq!(of(json!(true)), []);
    let private =
        json!([policy(&["block"], [outside(&["AllTrusted"])]), office(OFFICE, &["10.0.0.0/8"], true),]);
    assert_eq!(found(rule, private), ["warn"], "the trusted one holds nobody");
    assert_eq!(of(json!("{{trusted}}")), []);
    assert_eq!(found(rule, json!([policy(&["block"], [outside(&["AllTrusted"])])])), NOTHING);
    let zero = "00000000-0000-0000-0000-000000000000";
    let old_list =
        json!([policy(&["block"], [outside(&[zero]), staff()]), office(OFFICE, &["203.0.113.0/24"], false)]);
    assert_eq!(found(rule, old_list), NOTHING, "no file shows the old list");
    let network = json!([
        policy(&["block"], [outside(&[COMPLIANT_NETWORK]), staff()]),
        office(OFFICE, &["203.0.113.0/24"], false)
    ]);
    assert_eq!(found(rule, network), NOTHING, "not every export shows it");
}

#[test]
fn a_terraform_reference_without_its_resource_is_not_a_missing_location() {
    let text = r#"
resource "azuread_named_location" "branch" {
  display_name = "Branch"
  ip {
    ip_ranges = ["203.0.113.0/24"]
  }
}
resource "azuread_conditional_access_policy" "p" {
  display_name = "P"
  state        = "enabled"
  conditions {
    client_app_types = ["all"]
    applications { included_applications = ["All"] }
    users { included_groups = ["6a0e9c14-7d3b-4b5f-9e21-5c8d2f7a1b31"] }
    locations {
      included_locations = ["All"]
      excluded_locations = [azuread_named_location.office.id]
    }
  }
  grant_controls {
    operator          = "OR"
    built_in_controls = ["block"]
  }
}
"#;
    let outcome = common::check_text("main.tf", text);
    assert_eq!(levels(&outcome, "block-outside-empty-location"), NOTHING);
}

#[test]
fn the_compliant_network_before_a_device_is_enrolled() {
    let rule = "compliant-network-before-enrollment";
    let of = |parts: Value| policy(&["block"], [outside(&[COMPLIANT_NETWORK]), parts]);
    let enrolls = || policy(&["compliantDevice"], [staff(), json!({ "displayName": "Q" })]);
    assert_eq!(found(rule, json!([of(json!({}))])), ["note"]);
    assert_eq!(found(rule, json!([of(json!({})), enrolls()])), ["warn"], "Intune is in use");
    assert_eq!(found(rule, json!([of(apps(&["All"], &[INTUNE, ENROLLMENT])), enrolls()])), NOTHING);
    assert_eq!(found(rule, json!([of(apps(&["All"], &[ENROLLMENT])), enrolls()])), ["warn"]);
    assert_eq!(found(rule, json!([of(apps(&["All"], &["{{intune}}"])), enrolls()])), NOTHING, "not known");
    assert_eq!(found(rule, json!([of(apps(&["Office365"], &[])), enrolls()])), NOTHING);
    assert_eq!(found(rule, json!([of(staff()), enrolls()])), NOTHING);
    let two = policy(&["block"], [outside(&[COMPLIANT_NETWORK, OFFICE])]);
    assert_eq!(found(rule, json!([two, enrolls()])), NOTHING, "the office is a way in");
    let told = json!({ "id": OFFICE, "displayName": "Compliant", "compliantNetworkType": "allTenantCompliantNetworks" });
    assert_eq!(found(rule, json!([policy(&["block"], [outside(&[OFFICE])]), told])), ["note"], "by its kind");
}

#[test]
fn a_position_where_people_cannot_give_one() {
    let rule = "gps-location";
    let gps = || countries(json!({ "countryLookupMethod": "authenticatorAppGps" }));
    let of = |parts: [Value; 2], location: Value| found(rule, json!([policy(&["block"], parts), location]));
    assert_eq!(of([outside(&[OFFICE]), json!({})], gps()), ["warn"]);
    assert_eq!(of([outside(&[OFFICE]), report_only()], gps()), ["note"]);
    assert_eq!(of([outside(&[OFFICE]), apps(&[SHAREPOINT], &[])], gps()), NOTHING, "what it is for");
    let by_address = countries(json!({ "countryLookupMethod": "clientIpAddress" }));
    assert_eq!(of([outside(&[OFFICE]), json!({})], by_address), NOTHING);
    assert_eq!(of([outside(&[OFFICE]), json!({})], countries(json!({}))), NOTHING);
    assert_eq!(
        of([outside(&[OFFICE]), json!({})], countries(json!({ "countryLookupMethod": "{{how}}" }))),
        NOTHING
    );
    let strength = json!({ "grantControls": { "builtInControls": [], "authenticationStrength": { "id": PHISHING_RESISTANT } } });
    let inside = conditions(json!({ "locations": { "includeLocations": [OFFICE] } }));
    let with_strength = |parts: [Value; 3]| found(rule, json!([policy(&[], parts), gps()]));
    assert_eq!(with_strength([inside.clone(), strength, apps(&[SHAREPOINT], &[])]), ["warn"]);
    let mfa = json!({ "grantControls": { "builtInControls": ["mfa"] } });
    assert_eq!(with_strength([inside, mfa, apps(&[SHAREPOINT], &[])]), NOTHING);
}

#[test]
fn gaps_in_allowed_locations_are_looked_for_only_where_asked() {
    let of = |location: Value| {
        let objects = json!([policy(&["block"], [outside(&[OFFICE])]), location]);
        let config = format!(
            "emergency-access: {{ groups: [{GROUP}] }}\nrules: {{ allowed-location-with-gaps: note }}"
        );
        assert_eq!(found("allowed-location-with-gaps", objects.clone()), NOTHING);
        levels(&tenant_with(&config, objects), "allowed-location-with-gaps")
    };
    assert_eq!(of(office(OFFICE, &["203.0.113.0/24"], true)), ["note"]);
    assert_eq!(of(office(OFFICE, &["203.0.113.0/24", "2001:db8::/32"], true)), NOTHING);
    assert_eq!(of(office(OFFICE, &["203.0.113.0/24", "{{range}}"], true)), NOTHING, "not known");
    assert_eq!(of(countries(json!({}))), ["note"]);
    assert_eq!(of(countries(json!({ "includeUnknownCountriesAndRegions": true }))), NOTHING);
    assert_eq!(of(countries(json!({ "includeUnknownCountriesAndRegions": "{{unknown}}" }))), NOTHING);
}

// A retired control.

#[test]
fn what_is_left_without_the_retired_control() {
    let rule = "retired-control";
    let of = |controls: &[&str], parts: [Value; 1]| {
        found(rule, json!([policy(controls, [platforms(&["iOS"], &[]), parts[0].clone()])]))
    };
    assert_eq!(of(&["approvedApplication"], [json!({})]), ["warn"]);
    assert_eq!(of(&["approvedApplication", "mfa"], [all_controls()]), ["warn"]);
    assert_eq!(of(&["approvedApplication", "mfa"], [json!({})]), ["note"]);
    assert_eq!(of(&["approvedApplication", "compliantApplication"], [json!({})]), ["note"]);
    assert_eq!(of(&["approvedApplication", "{{control}}"], [json!({})]), ["note"]);
    assert_eq!(of(&["compliantApplication"], [json!({})]), NOTHING);
    let honoured = "assume: { approved-app: honoured }";
    let outcome = tenant_with(honoured, json!([policy(&["approvedApplication"], [])]));
    assert_eq!(levels(&outcome, rule), NOTHING);
}

#[test]
fn one_of_several_managed_devices_or_apps_is_enough() {
    let message = |controls: &[&str], parts: [Value; 1]| {
        let outcome = common::check_text("a.json", &policy(controls, parts).to_string());
        outcome
            .findings
            .iter()
            .filter(|finding| finding.rule.as_str().ends_with("-for-everyone"))
            .map(|finding| finding.message.clone())
            .collect::<Vec<_>>()
    };
    let devices = ["compliantDevice", "domainJoinedDevice"];
    let only = "policy lets every user in only with a compliant device";
    assert_eq!(message(&devices, [json!({})]), [format!("{only} or a hybrid joined device")]);
    let three = ["domainJoinedDevice", "compliantApplication", "compliantDevice"];
    let all = format!("{only}, a protected app or a hybrid joined device");
    assert_eq!(message(&three, [json!({})]), [all]);
    assert_eq!(message(&["compliantDevice"], [json!({})]), [only]);
    assert_eq!(
        message(&devices, [all_controls()]),
        ["policy lets every user in only with a hybrid joined device"],
        "all of them are needed, the hardest decides"
    );
    let outcome = common::check_text("a.json", &policy(&devices, [json!({})]).to_string());
    let found = of(&outcome, "compliant-device-for-everyone");
    let note = found[0].note.as_deref().unwrap();
    assert!(note.starts_with("whoever has none of these"), "{note}");
}

#[test]
fn what_nobody_can_meet_is_reported_once() {
    let both = ["compliantApplication", "domainJoinedDevice"];
    let every_device =
        filter("include", "device.trustType -eq \"ServerAD\" -or device.trustType -ne \"ServerAD\"");
    for (parts, level) in [(json!({}), "error"), (every_device, "error"), (report_only(), "warn")] {
        let outcome = tenant(json!([policy(&both, [all_controls(), parts])]));
        assert_eq!(levels(&outcome, "unsatisfiable-controls"), [level]);
        assert!(of(&outcome, "hybrid-join-for-everyone").is_empty());
    }
    let joined = filter("include", "device.trustType -eq \"AzureAD\"");
    let singled_out = tenant(json!([policy(&["domainJoinedDevice"], [joined])]));
    assert_eq!(levels(&singled_out, "unsatisfiable-controls"), ["note"]);
}

#[test]
fn a_block_outside_groups_does_not_claim_to_be_of_everybody() {
    let message = |groups: Value| {
        let block = policy(&["block"], [users(json!({ "excludeGroups": groups }))]);
        let outcome = common::check_text("a.json", &json!([block, mfa()]).to_string());
        of(&outcome, "block-everyone")[0].message.clone()
    };
    assert_eq!(message(json!([])), "policy blocks every user from every app");
    assert_eq!(
        message(json!([GROUP, STAFF, ANNA])),
        "policy blocks every user outside its exclusions from every app"
    );
}

#[test]
fn mail_on_a_phone_shows_whether_the_device_is_compliant() {
    let rule = "unsatisfiable-controls";
    let mail = |clients: &[&str], platform: Value| {
        let conditions = conditions(json!({ "clientAppTypes": clients, "platforms": platform }));
        levels(&tenant(json!([policy(&["compliantDevice"], [conditions])])), rule)
    };
    let windows = json!({ "includePlatforms": ["windows"] });
    assert!(mail(&["exchangeActiveSync"], Value::Null).is_empty());
    assert!(mail(&["exchangeActiveSync", "other"], Value::Null).is_empty());
    assert_eq!(mail(&["exchangeActiveSync"], windows), ["note"]);
    assert_eq!(mail(&["other"], Value::Null), ["note"]);
    let hybrid =
        policy(&["domainJoinedDevice"], [conditions(json!({ "clientAppTypes": ["exchangeActiveSync"] }))]);
    assert_eq!(levels(&tenant(json!([hybrid])), rule), ["note"]);
}

#[test]
fn a_block_on_every_platform_by_its_name() {
    let rule = "block-every-platform";
    let known = ["android", "iOS", "windows", "macOS", "linux"];
    let block = |include: &[&str], exclude: &[&str], part: Value| {
        levels(&tenant(json!([policy(&["block"], [platforms(include, exclude), part])])), rule)
    };
    assert_eq!(block(&known, &[], json!({})), ["error"]);
    assert_eq!(block(&known, &["windowsPhone"], json!({})), ["error"]);
    assert_eq!(block(&known, &[], report_only()), ["warn"]);
    assert!(block(&known, &["windows"], json!({})).is_empty());
    assert!(block(&known[..4], &[], json!({})).is_empty(), "Linux is left");
    assert!(block(&known, &["<platform>"], json!({})).is_empty());
    assert!(block(&known, &[], outside(&[OFFICE])).is_empty());
    assert!(block(&known, &[], apps(&["Office365"], &[])).is_empty());
    assert!(block(&known, &[], staff()).is_empty());
    let outcome = tenant(json!([policy(&["block"], [platforms(&known, &[])])]));
    assert!(of(&outcome, "block-everyone").is_empty(), "one cause, one finding");
}

#[test]
fn a_policy_that_leaves_out_all_blocks_nobody() {
    let nobody = policy(&["block"], [users(json!({ "excludeGroups": ["All"] }))]);
    let outcome = tenant(json!([nobody]));
    assert!(of(&outcome, "block-everyone").is_empty());
    assert_eq!(levels(&outcome, "never-applies"), ["warn"]);
}
