//! What the service does not take, or takes without effect, of targets, users, workload identities, conditions and
//! named locations: cases that decide whether a finding is right, beside those in the documentation of the rules.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use common::merge;

use serde_json::{Value, json};

const GROUP: &str = "3c9f5a10-7f4d-4a62-9d1b-52d0f6f1a001";
const OTHER: &str = "3c9f5a10-7f4d-4a62-9d1b-52d0f6f1a002";
const PRINCIPAL: &str = "3c9f5a10-7f4d-4a62-9d1b-52d0f6f1a003";
const TENANT: &str = "3c9f5a10-7f4d-4a62-9d1b-52d0f6f1a004";
const APP: &str = "3c9f5a10-7f4d-4a62-9d1b-52d0f6f1a005";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const REGISTER_DEVICE: &str = "urn:user:registerdevice";

/// A policy for a group on all apps that asks for a second factor, with one part replaced.
fn policy(part: Value) -> Value {
    let mut whole = json!({
        "displayName": "Case",
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": { "includeGroups": [GROUP] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": ["mfa"] },
    });
    merge(&mut whole, part);
    whole
}

fn conditions(conditions: Value) -> Value {
    policy(json!({ "conditions": conditions }))
}

/// A policy on registering devices.
fn device_registration(conditions: Value, grant: Value) -> Value {
    let mut whole = policy(json!({ "conditions": conditions, "grantControls": grant }));
    merge(
        &mut whole,
        json!({ "conditions": { "applications": { "includeApplications": null, "includeUserActions": [REGISTER_DEVICE] } } }),
    );
    whole
}

/// A policy on service principals that blocks.
fn workloads(conditions: Value) -> Value {
    let mut whole = policy(json!({
        "conditions": {
            "users": { "includeGroups": null, "includeUsers": ["None"] },
            "clientApplications": { "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] },
        },
        "grantControls": { "builtInControls": ["block"] },
    }));
    merge(&mut whole, json!({ "conditions": conditions }));
    whole
}

fn found_in(name: &str, text: &str, rule: &str) -> Vec<String> {
    let outcome = common::check_text(name, text);
    let own = outcome.findings.iter().filter(|finding| finding.rule.as_str() == rule);
    own.map(|finding| finding.level.to_string()).collect()
}

#[track_caller]
fn finds(rule: &str, level: &str, case: &Value) {
    assert_eq!(found_in("case.json", &case.to_string(), rule), [level], "{case:#}");
}

#[track_caller]
fn silent(rule: &str, case: &Value) {
    assert!(found_in("case.json", &case.to_string(), rule).is_empty(), "{case:#}");
}

#[test]
fn nothing_named_is_refused_and_none_is_not() {
    let rule = "empty-assignment";
    let apps = |apps: Value| conditions(json!({ "applications": apps }));
    finds(rule, "error", &apps(json!({ "includeApplications": [] })));
    finds(rule, "warn", &apps(Value::Null));
    silent(rule, &apps(json!({ "includeApplications": ["None"] })));
    silent(rule, &apps(json!({ "includeApplications": [], "includeUserActions": [REGISTER_DEVICE] })));
    silent(rule, &apps(json!({ "includeApplications": [], "includeUserActions": ["urn:user:unheardof"] })));
    silent(rule, &apps(json!({ "includeApplications": ["{{Payroll}}"] })));
    silent(
        rule,
        &apps(
            json!({ "includeApplications": [], "globalSecureAccess": { "includeTrafficProfiles": "M365" } }),
        ),
    );
    let filter =
        |mode: &str| json!({ "mode": mode, "rule": "CustomSecurityAttribute.Set_Kind -contains \"x\"" });
    silent(rule, &apps(json!({ "includeApplications": [], "applicationFilter": filter("include") })));
    finds(rule, "error", &apps(json!({ "includeApplications": [], "applicationFilter": filter("exclude") })));
    let users = |users: Value| conditions(json!({ "users": users }));
    finds(rule, "warn", &users(json!({ "includeGroups": [], "excludeGroups": [OTHER] })));
    silent(rule, &users(json!({ "includeGroups": [], "includeUsers": ["None"] })));
    silent(rule, &users(json!({ "includeGroups": [], "includeRoles": ["<role>"] })));
    silent(rule, &workloads(json!({ "users": { "includeUsers": [] } })));
}

#[test]
fn what_an_export_holds_was_taken_once() {
    let exported = policy(json!({
        "createdDateTime": "2021-05-04T08:00:00Z",
        "conditions": { "applications": { "includeApplications": [] } },
    }));
    finds("empty-assignment", "warn", &exported);
    silent("never-applies", &exported);
}

#[test]
fn refusals_do_not_depend_on_the_state() {
    let mut case = conditions(json!({ "applications": { "includeApplications": [] } }));
    merge(&mut case, json!({ "state": "enabledForReportingButNotEnforced" }));
    finds("empty-assignment", "error", &case);
    let outcome = common::check_text("case.json", &case.to_string());
    assert!(outcome.findings.iter().all(|finding| !finding.message.contains("once enabled")));
}

#[test]
fn an_expression_may_name_somebody() {
    let text = |apps: &str, users: &str| {
        format!(
            r#"variable "x" {{}}
resource "azuread_conditional_access_policy" "p" {{
  display_name = "Case"
  state        = "enabled"
  conditions {{
    client_app_types = ["all"]
    applications {{ {apps} }}
    users {{ {users} }}
  }}
  grant_controls {{
    operator          = "OR"
    built_in_controls = ["mfa"]
  }}
}}
"#
        )
    };
    let open = text("included_applications = var.x", "included_groups = var.x");
    assert!(found_in("case.tf", &open, "empty-assignment").is_empty());
    let both =
        text("included_applications = var.x\n included_user_actions = var.x", "included_users = [\"All\"]");
    assert!(found_in("case.tf", &both, "mixed-targets").is_empty());
    let reference = text(
        "included_applications = [azuread_application.a.client_id]",
        "included_roles = [azuread_directory_role.r.template_id]",
    );
    let planned = text("included_applications = [\"All\"]", "included_users = [\"All\"]")
        .replace("built_in_controls", "authentication_strength_policy_id = \"\"\n built_in_controls");
    assert!(found_in("case.tf", &planned, "name-for-id").is_empty());
    for rule in ["name-for-id", "role-that-never-matches"] {
        assert!(found_in("case.tf", &reference, rule).is_empty(), "{rule}");
    }
}

#[test]
fn one_kind_of_target_and_of_identity() {
    let rule = "mixed-targets";
    let apps = |apps: Value| conditions(json!({ "applications": apps }));
    let action = json!([REGISTER_DEVICE]);
    finds(rule, "error", &apps(json!({ "includeUserActions": action })));
    finds(rule, "error", &apps(json!({ "includeAuthenticationContextClassReferences": ["c1"] })));
    finds(rule, "warn", &apps(json!({ "includeApplications": ["{{App}}"], "includeUserActions": action })));
    silent(rule, &apps(json!({ "includeApplications": ["None"], "includeUserActions": action })));
    silent(rule, &apps(json!({ "includeApplications": [APP, "Office365"] })));
    finds(rule, "error", &workloads(json!({ "users": { "includeUsers": ["All"] } })));
    finds(rule, "error", &workloads(json!({ "users": { "includeRoles": [GLOBAL_ADMINISTRATOR] } })));
    finds(rule, "warn", &workloads(json!({ "users": { "includeGroups": ["%GROUP%"] } })));
    silent(rule, &workloads(json!({})));
    silent(rule, &workloads(json!({ "users": null })));
    let sure = json!({ "users": { "includeUsers": ["{{Anna}}"], "includeGroups": [GROUP] } });
    finds(rule, "error", &workloads(sure));
    let agents = json!({ "clientApplications": { "includeAgentIdServicePrincipals": ["All"] } });
    finds(rule, "warn", &conditions(agents.clone()));
    let mut agent_users = conditions(agents);
    merge(
        &mut agent_users,
        json!({ "conditions": { "users": { "includeGroups": null, "includeUsers": ["AllAgentIdUsers"] } } }),
    );
    silent(rule, &agent_users);
}

#[test]
fn registering_a_device_takes_a_factor_and_nothing_else() {
    let rule = "impossible-device-registration";
    let mfa = json!({});
    for control in ["compliantDevice", "domainJoinedDevice", "block", "compliantApplication"] {
        finds(rule, "error", &device_registration(json!({}), json!({ "builtInControls": [control] })));
    }
    finds(rule, "error", &device_registration(json!({}), json!({ "termsOfUse": [APP] })));
    let filter = json!({ "devices": { "deviceFilter": { "mode": "exclude", "rule": "device.isCompliant -eq True" } } });
    finds(rule, "error", &device_registration(filter, mfa.clone()));
    finds(
        rule,
        "error",
        &device_registration(
            json!({ "clientAppTypes": ["browser", "mobileAppsAndDesktopClients"] }),
            mfa.clone(),
        ),
    );
    let every = json!(["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"]);
    silent(rule, &device_registration(json!({ "clientAppTypes": every }), mfa.clone()));
    silent(rule, &device_registration(json!({ "clientAppTypes": ["{{Clients}}"] }), mfa.clone()));
    silent(
        rule,
        &device_registration(
            json!({ "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted"] } }),
            mfa.clone(),
        ),
    );
    silent(
        rule,
        &device_registration(json!({ "devices": { "deviceFilter": { "mode": null, "rule": null } } }), mfa),
    );
    silent(rule, &device_registration(json!({}), json!({ "builtInControls": ["unknownFutureValue"] })));
    silent(rule, &conditions(json!({ "clientAppTypes": ["browser"] })));
    let strength = |combinations: Value| {
        let strength = json!({ "id": OTHER, "allowedCombinations": combinations });
        device_registration(json!({}), json!({ "builtInControls": [], "authenticationStrength": strength }))
    };
    finds(rule, "warn", &strength(json!(["windowsHelloForBusiness"])));
    silent(rule, &strength(json!(["windowsHelloForBusiness", "fido2"])));
    silent(rule, &strength(json!([])));
}

#[test]
fn service_principals_are_blocked_and_nothing_else() {
    let rule = "invalid-workload-policy";
    silent(rule, &workloads(json!({})));
    // Users beside them are one fault, not two.
    let mut mixed = workloads(json!({ "users": { "includeUsers": ["All"] } }));
    merge(&mut mixed, json!({ "grantControls": { "builtInControls": ["mfa"] } }));
    silent(rule, &mixed);
    finds("mixed-targets", "error", &mixed);
    silent(rule, &workloads(json!({ "servicePrincipalRiskLevels": ["high"], "clientAppTypes": [] })));
    silent(
        rule,
        &workloads(json!({ "locations": { "includeLocations": ["All"], "excludeLocations": [OTHER] } })),
    );
    finds(rule, "error", &workloads(json!({ "userRiskLevels": ["high"] })));
    finds(rule, "error", &workloads(json!({ "platforms": { "includePlatforms": ["windows"] } })));
    finds(rule, "error", &workloads(json!({ "clientAppTypes": ["browser"] })));
    silent(rule, &workloads(json!({ "userRiskLevels": ["{{Levels}}"] })));
    silent(rule, &workloads(json!({ "platforms": { "includePlatforms": null, "excludePlatforms": null } })));
    let mut asks = workloads(json!({}));
    merge(&mut asks, json!({ "grantControls": { "builtInControls": ["mfa", "compliantDevice"] } }));
    finds(rule, "error", &asks);
    let excluded = json!({ "clientApplications": { "excludeServicePrincipals": [PRINCIPAL] } });
    finds(rule, "warn", &conditions(excluded.clone()));
    silent(rule, &workloads(excluded));
    silent(
        rule,
        &conditions(
            json!({ "clientApplications": { "includeServicePrincipals": [], "excludeServicePrincipals": [] } }),
        ),
    );
    // What agents can be asked for is another matter.
    let agents = json!({ "clientApplications": { "includeServicePrincipals": [], "includeAgentIdServicePrincipals": ["All"] } });
    let mut agents = workloads(agents);
    merge(&mut agents, json!({ "grantControls": { "builtInControls": ["compliantDevice"] } }));
    silent(rule, &agents);
}

#[test]
fn device_filters_that_are_refused() {
    let rule = "invalid-device-condition";
    let filter = json!({ "mode": "exclude", "rule": "device.isCompliant -eq True" });
    let shells = json!({
        "devices": { "deviceFilter": filter, "includeDevices": [], "excludeDevices": null },
        "deviceStates": { "includeStates": null, "excludeStates": null },
    });
    silent(rule, &conditions(shells));
    finds(
        rule,
        "error",
        &conditions(json!({ "devices": { "deviceFilter": filter, "excludeDevices": ["Compliant"] } })),
    );
    let long = |length: usize| {
        let start = "device.displayName -eq \"";
        let rule = format!("{start}{}\"", "x".repeat(length - start.len() - 1));
        conditions(json!({ "devices": { "deviceFilter": { "mode": "include", "rule": rule } } }))
    };
    silent(rule, &long(3072));
    finds(rule, "error", &long(3073));
}

#[test]
fn app_controls_are_for_some_platforms() {
    let rule = "unsupported-platform";
    let case = |platforms: Value, grant: Value| {
        let platforms = json!({ "includePlatforms": platforms });
        policy(json!({ "conditions": { "platforms": platforms }, "grantControls": grant }))
    };
    let alone = || json!({ "builtInControls": ["compliantApplication"] });
    finds(rule, "error", &case(json!(["iOS", "linux"]), alone()));
    finds(
        rule,
        "error",
        &case(json!(["iOS", "macOS"]), json!({ "builtInControls": ["approvedApplication"] })),
    );
    let and = json!({ "operator": "AND", "builtInControls": ["compliantApplication", "mfa"] });
    finds(rule, "error", &case(json!(["iOS", "macOS"]), and));
    let or = json!({ "builtInControls": ["compliantApplication", "mfa"] });
    silent(rule, &case(json!(["iOS", "macOS"]), or));
    silent(rule, &case(json!(["iOS", "android", "windows"]), alone()));
    silent(rule, &case(json!(["all"]), alone()));
    let hidden = json!({ "builtInControls": ["compliantApplication", "unknownFutureValue"] });
    silent(rule, &case(json!(["iOS", "macOS"]), hidden));
    // Nobody meets this one, which another rule says.
    silent(rule, &case(json!(["macOS"]), alone()));
    finds("unsatisfiable-controls", "error", &case(json!(["macOS"]), alone()));
}

#[test]
fn kinds_and_tenants_of_external_users() {
    let rule = "incomplete-external-tenants";
    let case = |guests: Value| {
        conditions(json!({ "users": { "includeGroups": null, "includeGuestsOrExternalUsers": guests } }))
    };
    let all = json!({ "membershipKind": "all" });
    silent(rule, &case(json!({ "guestOrExternalUserTypes": "internalGuest", "externalTenants": all })));
    silent(rule, &case(json!({ "guestOrExternalUserTypes": "internalGuest" })));
    silent(
        rule,
        &case(json!({ "guestOrExternalUserTypes": null, "externalTenants": { "membershipKind": null } })),
    );
    let listed = json!({ "membershipKind": "enumerated", "members": [TENANT] });
    silent(
        rule,
        &case(json!({ "guestOrExternalUserTypes": "b2bCollaborationGuest", "externalTenants": listed })),
    );
    let open = json!({ "membershipKind": "enumerated", "members": ["{{Partner}}"] });
    silent(
        rule,
        &case(json!({ "guestOrExternalUserTypes": "b2bCollaborationGuest", "externalTenants": open })),
    );
    finds(rule, "warn", &case(json!({ "externalTenants": listed })));
    finds(rule, "warn", &case(json!({ "guestOrExternalUserTypes": "none", "externalTenants": listed })));
    let none = json!({ "membershipKind": "enumerated" });
    finds(
        rule,
        "warn",
        &case(json!({ "guestOrExternalUserTypes": "serviceProvider", "externalTenants": none })),
    );
}

#[test]
fn roles_by_their_template() {
    let rule = "role-that-never-matches";
    let case = |roles: Value| conditions(json!({ "users": roles }));
    silent(rule, &case(json!({ "includeRoles": [GLOBAL_ADMINISTRATOR] })));
    silent(rule, &case(json!({ "includeRoles": ["{{AdminRole}}"] })));
    finds(rule, "warn", &case(json!({ "includeRoles": [GLOBAL_ADMINISTRATOR, OTHER] })));
    finds(rule, "warn", &case(json!({ "excludeRoles": [OTHER] })));
    finds("name-for-id", "warn", &case(json!({ "includeRoles": ["Global Administrator"] })));
    silent(rule, &case(json!({ "includeRoles": ["Global Administrator"] })));
}

#[test]
fn everything_and_something() {
    let rule = "redundant-inclusion";
    let users = |users: Value| conditions(json!({ "users": users }));
    finds(rule, "warn", &users(json!({ "includeUsers": ["All"] })));
    silent(rule, &users(json!({ "includeUsers": ["All"], "includeGroups": [] })));
    silent(rule, &users(json!({ "includeUsers": ["All"], "includeGroups": ["{{Pilot}}"] })));
    silent(rule, &users(json!({ "includeUsers": ["All", "AllAgentIdUsers"], "includeGroups": [] })));
    let kinds = |kinds: &str| json!({ "includeUsers": ["All"], "includeGroups": [], "includeGuestsOrExternalUsers": { "guestOrExternalUserTypes": kinds } });
    finds(rule, "warn", &users(kinds("b2bCollaborationGuest")));
    // Whether all users holds those without an account is not documented.
    silent(rule, &users(kinds("b2bCollaborationGuest,serviceProvider")));
    finds(rule, "warn", &users(json!({ "includeUsers": ["None", OTHER] })));
    silent(rule, &users(json!({ "includeUsers": ["None"] })));
    let twice = json!({ "includeUsers": ["GuestsOrExternalUsers"], "includeGuestsOrExternalUsers": { "guestOrExternalUserTypes": "internalGuest" } });
    finds(rule, "warn", &users(twice));
    let apps = |apps: Value| conditions(json!({ "applications": apps }));
    finds(rule, "warn", &apps(json!({ "includeApplications": ["All", APP] })));
    silent(rule, &apps(json!({ "includeApplications": ["Office365", EXCHANGE] })));
    let filter = |mode: &str| {
        let filter = json!({ "mode": mode, "rule": "CustomSecurityAttribute.Set_Kind -contains \"x\"" });
        apps(json!({ "applicationFilter": filter }))
    };
    finds(rule, "warn", &filter("include"));
    silent(rule, &filter("exclude"));
    finds(rule, "warn", &conditions(json!({ "locations": { "includeLocations": ["All", OTHER] } })));
    silent(rule, &conditions(json!({ "locations": { "includeLocations": ["AllTrusted", OTHER] } })));
    finds(rule, "warn", &conditions(json!({ "platforms": { "includePlatforms": ["all", "windows"] } })));
}

#[test]
fn apps_that_are_no_target() {
    let rule = "app-that-cannot-be-targeted";
    let graph = "00000003-0000-0000-c000-000000000000";
    let apps = |apps: Value| conditions(json!({ "applications": apps }));
    finds(rule, "warn", &apps(json!({ "includeApplications": [graph] })));
    finds(rule, "note", &apps(json!({ "excludeApplications": ["14d82eec-204b-4c2f-b7e8-296a70dab67e"] })));
    // The directory itself can be named where its service principal is tagged.
    silent(rule, &apps(json!({ "includeApplications": ["00000002-0000-0000-c000-000000000000"] })));
    silent(rule, &apps(json!({ "includeApplications": [APP, "{{Graph}}"] })));
}

#[test]
fn activesync_knows_groups_and_exchange() {
    let rule = "misplaced-activesync";
    let case = |clients: Value, users: Value, apps: Value| {
        conditions(
            json!({ "clientAppTypes": clients, "users": users, "applications": { "includeApplications": apps } }),
        )
    };
    let legacy = || json!(["exchangeActiveSync", "other"]);
    let admins = || json!({ "includeGroups": null, "includeRoles": [GLOBAL_ADMINISTRATOR] });
    finds(rule, "warn", &case(legacy(), admins(), json!(["All"])));
    silent(rule, &case(json!(["other"]), admins(), json!(["All"])));
    silent(rule, &case(json!(["all"]), admins(), json!(["All"])));
    silent(
        rule,
        &case(
            legacy(),
            json!({ "includeGroups": null, "includeUsers": ["All"], "excludeRoles": [GLOBAL_ADMINISTRATOR] }),
            json!(["All"]),
        ),
    );
    finds(
        rule,
        "warn",
        &case(legacy(), json!({ "includeUsers": ["GuestsOrExternalUsers"] }), json!(["All"])),
    );
    let group = || json!({});
    silent(rule, &case(legacy(), group(), json!(["All"])));
    silent(rule, &case(legacy(), group(), json!(["Office365"])));
    silent(rule, &case(legacy(), group(), json!([EXCHANGE, APP])));
    silent(rule, &case(legacy(), group(), json!(["{{Mail}}"])));
    finds(rule, "warn", &case(legacy(), group(), json!([APP])));
}

#[test]
fn names_where_ids_belong() {
    let rule = "name-for-id";
    silent(rule, &policy(json!({})));
    silent(rule, &conditions(json!({ "users": { "includeUsers": ["{{User}}", ""] } })));
    silent(rule, &conditions(json!({ "users": { "excludeUsers": ["anna@contoso.com"] } })));
    finds(rule, "warn", &conditions(json!({ "users": { "includeUsers": ["anna@contoso.com"] } })));
    finds(
        rule,
        "warn",
        &conditions(
            json!({ "locations": { "includeLocations": ["All"], "excludeLocations": ["Head office"] } }),
        ),
    );
    finds(rule, "warn", &conditions(json!({ "applications": { "excludeApplications": ["Payroll"] } })));
    finds(
        rule,
        "warn",
        &workloads(json!({ "clientApplications": { "includeServicePrincipals": ["Pipeline"] } })),
    );
    silent(rule, &workloads(json!({ "clientApplications": { "includeServicePrincipals": [PRINCIPAL] } })));
    let strength = |strength: Value| {
        policy(json!({ "grantControls": { "builtInControls": [], "authenticationStrength": strength } }))
    };
    finds(rule, "warn", &strength(json!({ "displayName": "Phishing-resistant MFA" })));
    silent(rule, &strength(json!({ "id": OTHER, "displayName": "Ours" })));
    let terms = |id: &str| policy(json!({ "grantControls": { "builtInControls": [], "termsOfUse": [id] } }));
    finds(rule, "warn", &terms("Terms of use"));
    silent(rule, &terms(OTHER));
    let context = |id: &str| {
        conditions(
            json!({ "applications": { "includeApplications": null, "includeAuthenticationContextClassReferences": [id] } }),
        )
    };
    for id in ["c1", "C25", "c99", "urn:microsoft:req1", "{{Context}}"] {
        silent(rule, &context(id));
    }
    for id in ["c0", "c100", "c", "cat", "Trusted devices", OTHER] {
        finds(rule, "warn", &context(id));
    }
}

#[test]
fn the_same_in_both_lists() {
    let rule = "excluded-and-included";
    let users = |users: Value| conditions(json!({ "users": users }));
    finds(rule, "warn", &users(json!({ "includeGroups": [GROUP, OTHER], "excludeGroups": [OTHER] })));
    silent(rule, &users(json!({ "excludeGroups": [OTHER] })));
    silent(rule, &users(json!({ "includeGroups": [GROUP, "{{Pilot}}"], "excludeGroups": ["{{Pilot}}"] })));
    // A user's id among groups is another object.
    silent(rule, &users(json!({ "includeUsers": [OTHER], "excludeGroups": [OTHER] })));
    let nobody = users(json!({ "excludeGroups": [GROUP] }));
    silent(rule, &nobody);
    finds("never-applies", "warn", &nobody);
    let all = json!({ "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["windows"] } });
    silent(rule, &conditions(all));
    let some =
        json!({ "platforms": { "includePlatforms": ["iOS", "windows"], "excludePlatforms": ["windows"] } });
    finds(rule, "warn", &conditions(some));
}

#[test]
fn user_actions_in_report_only() {
    let rule = "never-evaluated-in-report-only";
    let case = |state: &str, action: &str| {
        let mut case =
            device_registration(json!({ "applications": { "includeUserActions": [action] } }), json!({}));
        merge(
            &mut case,
            json!({ "state": state, "conditions": { "applications": { "includeUserActions": [action] } } }),
        );
        case
    };
    let report_only = "enabledForReportingButNotEnforced";
    finds(rule, "warn", &case(report_only, REGISTER_DEVICE));
    silent(rule, &case("enabled", REGISTER_DEVICE));
    silent(rule, &case("{{State}}", REGISTER_DEVICE));
    silent(rule, &case(report_only, "{{Action}}"));
    let mut apps = policy(json!({}));
    merge(&mut apps, json!({ "state": report_only }));
    silent(rule, &apps);
}

#[test]
fn conditions_that_are_not_documented() {
    let rule = "unsupported-condition";
    finds(rule, "warn", &conditions(json!({ "times": { "includeAllTimes": true } })));
    finds(rule, "warn", &conditions(json!({ "agentSessionRiskLevels": "high" })));
    silent(
        rule,
        &conditions(
            json!({ "times": null, "clients": [], "signInRiskDetections": { "includeDetections": [] } }),
        ),
    );
    silent(
        rule,
        &conditions(json!({ "agentContext": { "includeAgentContexts": ["allAgentAssistedFlows"] } })),
    );
    // A condition that is known and cannot be read.
    silent(rule, &conditions(json!({ "locations": "System.Object" })));
}

#[test]
fn ranges_of_named_locations() {
    let rule = "invalid-named-location";
    let location = |ranges: &[&str]| {
        let ranges: Vec<_> = ranges.iter().map(|range| json!({ "cidrAddress": range })).collect();
        json!({ "displayName": "Office", "isTrusted": false, "ipRanges": ranges })
    };
    silent(rule, &location(&["131.107.20.0/24", "9.0.0.0/9", "2620:0:860::/46", "131.107.1.7/32"]));
    finds(rule, "error", &location(&["9.0.0.0/7"]));
    finds(rule, "error", &location(&["0.0.0.0/0", "128.0.0.0/1"]));
    finds(rule, "warn", &location(&["9.0.0.0/8"]));
    for pointless in [
        "10.0.0.0/8",
        "192.168.1.0/24",
        "172.20.0.0/16",
        "127.0.0.1/32",
        "fd00::/16",
        "203.0.113.0/24",
        "2001:db8::/48",
    ] {
        finds(rule, "warn", &location(&[pointless]));
    }
    finds(rule, "warn", &location(&["head office"]));
    silent(rule, &location(&["{{OfficeRange}}"]));
    silent(rule, &json!({ "displayName": "Countries", "countriesAndRegions": ["AT", "CH"] }));
}

#[test]
fn numbers_of_ranges_and_locations() {
    let rule = "invalid-named-location";
    let range =
        |number: usize| json!({ "cidrAddress": format!("20.{}.{}.0/24", number / 256, number % 256) });
    let ranges = |count: usize| json!({ "displayName": "Office", "isTrusted": false, "ipRanges": (0..count).map(range).collect::<Vec<_>>() });
    silent(rule, &ranges(2000));
    finds(rule, "error", &ranges(2001));
    let locations = |count: usize| {
        let one = |number| json!({ "id": format!("3c9f5a10-7f4d-4a62-9d1b-{number:012}"), "displayName": "One", "ipRanges": [range(number)] });
        json!({ "value": (0..count).map(one).collect::<Vec<_>>() })
    };
    silent(rule, &locations(195));
    finds(rule, "warn", &locations(196));
}

#[test]
fn a_module_that_waits_for_its_name_is_not_empty() {
    let text = r#"variable "name" {}
variable "apps" {
  default = null
}
resource "azuread_conditional_access_policy" "case" {
  display_name = var.name
  state        = "enabled"
  conditions {
    client_app_types = ["all"]
    applications { included_applications = var.apps }
    users { included_users = ["All"] }
  }
  grant_controls {
    operator          = "OR"
    built_in_controls = ["mfa"]
  }
}"#;
    let named = text.replace("= var.name", "= \"Case\"");
    let found =
        |text: &str| common::rules(&common::check_text("case.tf", text)).contains(&"empty-assignment");
    assert!(found(&named), "written and empty");
    assert!(!found(text));
}

#[test]
fn a_cause_is_reported_once() {
    let graph = conditions(
        json!({ "applications": { "includeApplications": ["00000003-0000-0000-c000-000000000000"] } }),
    );
    finds("app-that-cannot-be-targeted", "warn", &graph);
    silent("never-applies", &graph);
    let left_out = workloads(
        json!({ "clientApplications": { "includeServicePrincipals": null, "excludeServicePrincipals": [PRINCIPAL] } }),
    );
    finds("invalid-workload-policy", "warn", &left_out);
    silent("never-applies", &left_out);
}

#[test]
fn a_filter_takes_service_principals_in() {
    let filter = |mode: &str| {
        json!({ "clientApplications": {
        "includeServicePrincipals": null,
        "servicePrincipalFilter": { "mode": mode, "rule": "CustomSecurityAttribute.Set_Kind -eq \"x\"" },
    } })
    };
    let block = workloads(filter("include"));
    silent("never-applies", &block);
    silent("invalid-workload-policy", &block);
    let mut with_mfa = workloads(filter("include"));
    with_mfa["grantControls"]["builtInControls"] = json!(["mfa"]);
    finds("invalid-workload-policy", "error", &with_mfa);
    finds("never-applies", "warn", &workloads(filter("exclude")));
    silent(
        "invalid-workload-policy",
        &workloads(json!({ "authenticationFlows": { "transferMethods": "none" } })),
    );
    let flow = json!({ "authenticationFlows": { "transferMethods": "deviceCodeFlow" } });
    finds("invalid-workload-policy", "error", &workloads(flow));
}

#[test]
fn a_context_that_is_not_known_is_one_nevertheless() {
    let context = |name: &str| {
        conditions(json!({ "applications": {
            "includeApplications": [], "includeAuthenticationContextClassReferences": [name],
        } }))
    };
    silent("never-applies", &context("<context>"));
    silent("never-applies", &context("Secret files"));
    silent("never-applies", &context("c7"));
    finds("never-applies", "warn", &context(""));
}

#[test]
fn a_word_for_all_in_a_list_of_groups() {
    let everyone = conditions(json!({ "users": { "includeGroups": ["All"] } }));
    finds("name-for-id", "warn", &everyone);
    let mut block = everyone;
    block["grantControls"]["builtInControls"] = json!(["block"]);
    finds("block-everyone", "error", &block);
}

#[test]
fn half_a_device_filter() {
    let rule = "invalid-device-condition";
    let filter = |filter: Value| conditions(json!({ "devices": { "deviceFilter": filter } }));
    finds(rule, "warn", &filter(json!({ "mode": "include" })));
    finds(rule, "warn", &filter(json!({ "rule": "device.isCompliant -eq True", "mode": null })));
    silent(rule, &filter(json!({ "rule": null, "mode": null })));
    silent(rule, &filter(json!({ "rule": "<rule>", "mode": "exclude" })));
    silent(rule, &filter(json!({ "rule": "device.isCompliant -eq True", "mode": "<mode>" })));
}

#[test]
fn a_platform_that_is_left_out_again_needs_no_control() {
    let rule = "unsupported-platform";
    let case = |excluded: Value| {
        let mut whole = conditions(
            json!({ "platforms": { "includePlatforms": ["iOS", "macOS"], "excludePlatforms": excluded } }),
        );
        whole["grantControls"]["builtInControls"] = json!(["compliantApplication"]);
        whole
    };
    finds(rule, "error", &case(json!([])));
    silent(rule, &case(json!(["macOS"])));
    silent(rule, &case(json!(["<platform>"])));
}

#[test]
fn codes_that_are_not_documented_are_not_given() {
    let mixed = conditions(
        json!({ "applications": { "includeApplications": [APP], "includeUserActions": [REGISTER_DEVICE] } }),
    );
    let custom = conditions(json!({ "users": { "includeRoles": [OTHER] } }));
    for (rule, case) in [("mixed-targets", mixed), ("role-that-never-matches", custom)] {
        let outcome = common::check_text("case.json", &case.to_string());
        let found: Vec<_> = outcome.findings.iter().filter(|finding| finding.rule.as_str() == rule).collect();
        assert_eq!(found.len(), 1, "{rule}");
        let note = found[0].note.as_deref().unwrap_or_default();
        assert!(!note.is_empty() && !note.contains("error 1"), "{note}");
    }
}
