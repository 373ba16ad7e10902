//! A policy gives the same findings in whatever notation it is written.
//!
//! The fixtures are the JSON examples of the lockout rules and policies that use what those examples leave out.
//! Small converters write each into the other notations. They know every member by name: one they do not know
//! fails the test instead of being lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use calint::engine::{self, Options};
use calint::finding::Finding;
use calint::policy::ids::{self, roles, strengths};
use calint::rule::Family;
use calint::rules::ALL;
use serde_json::{Map, Value, json};

/// Why a notation cannot say what a fixture says.
type Gap = &'static str;

/// Members by their path in Microsoft Graph, in azuread, and in Microsoft365DSC. An empty path: the notation has
/// no such member. Sources: provider documentation of hashicorp/azuread, documentation of Microsoft365DSC.
const MEMBERS: &[(&str, &str, &str)] = &[
    ("displayName", "display_name", "DisplayName"),
    ("state", "state", "State"),
    ("conditions.clientAppTypes", "conditions.client_app_types", "ClientAppTypes"),
    ("conditions.userRiskLevels", "conditions.user_risk_levels", "UserRiskLevels"),
    ("conditions.signInRiskLevels", "conditions.sign_in_risk_levels", "SignInRiskLevels"),
    (
        "conditions.servicePrincipalRiskLevels",
        "conditions.service_principal_risk_levels",
        "ServicePrincipalRiskLevels",
    ),
    ("conditions.insiderRiskLevels", "conditions.insider_risk_levels", "InsiderRiskLevels"),
    (
        "conditions.clientApplications.includeServicePrincipals",
        "conditions.client_applications.included_service_principals",
        "IncludeServicePrincipals",
    ),
    (
        "conditions.applications.includeApplications",
        "conditions.applications.included_applications",
        "IncludeApplications",
    ),
    (
        "conditions.applications.excludeApplications",
        "conditions.applications.excluded_applications",
        "ExcludeApplications",
    ),
    (
        "conditions.applications.includeUserActions",
        "conditions.applications.included_user_actions",
        "IncludeUserActions",
    ),
    ("conditions.applications.includeAuthenticationContextClassReferences", "", "AuthenticationContexts"),
    (
        "conditions.applications.applicationFilter.mode",
        "conditions.applications.filter.mode",
        "ApplicationsFilterMode",
    ),
    (
        "conditions.applications.applicationFilter.rule",
        "conditions.applications.filter.rule",
        "ApplicationsFilter",
    ),
    ("conditions.users.includeUsers", "conditions.users.included_users", "IncludeUsers"),
    ("conditions.users.excludeUsers", "conditions.users.excluded_users", "ExcludeUsers"),
    ("conditions.users.includeGroups", "conditions.users.included_groups", "IncludeGroups"),
    ("conditions.users.excludeGroups", "conditions.users.excluded_groups", "ExcludeGroups"),
    ("conditions.users.includeRoles", "conditions.users.included_roles", "IncludeRoles"),
    ("conditions.users.excludeRoles", "conditions.users.excluded_roles", "ExcludeRoles"),
    (
        "conditions.users.includeGuestsOrExternalUsers.guestOrExternalUserTypes",
        "conditions.users.included_guests_or_external_users.guest_or_external_user_types",
        "IncludeGuestOrExternalUserTypes",
    ),
    (
        "conditions.users.includeGuestsOrExternalUsers.externalTenants.membershipKind",
        "conditions.users.included_guests_or_external_users.external_tenants.membership_kind",
        "IncludeExternalTenantsMembershipKind",
    ),
    (
        "conditions.users.includeGuestsOrExternalUsers.externalTenants.members",
        "conditions.users.included_guests_or_external_users.external_tenants.members",
        "IncludeExternalTenantsMembers",
    ),
    (
        "conditions.users.excludeGuestsOrExternalUsers.guestOrExternalUserTypes",
        "conditions.users.excluded_guests_or_external_users.guest_or_external_user_types",
        "ExcludeGuestOrExternalUserTypes",
    ),
    (
        "conditions.users.excludeGuestsOrExternalUsers.externalTenants.membershipKind",
        "conditions.users.excluded_guests_or_external_users.external_tenants.membership_kind",
        "ExcludeExternalTenantsMembershipKind",
    ),
    (
        "conditions.users.excludeGuestsOrExternalUsers.externalTenants.members",
        "conditions.users.excluded_guests_or_external_users.external_tenants.members",
        "ExcludeExternalTenantsMembers",
    ),
    ("conditions.platforms.includePlatforms", "conditions.platforms.included_platforms", "IncludePlatforms"),
    ("conditions.platforms.excludePlatforms", "conditions.platforms.excluded_platforms", "ExcludePlatforms"),
    ("conditions.locations.includeLocations", "conditions.locations.included_locations", "IncludeLocations"),
    ("conditions.locations.excludeLocations", "conditions.locations.excluded_locations", "ExcludeLocations"),
    ("conditions.devices.deviceFilter.mode", "conditions.devices.filter.mode", "DeviceFilterMode"),
    ("conditions.devices.deviceFilter.rule", "conditions.devices.filter.rule", "DeviceFilterRule"),
    (
        "conditions.authenticationFlows.transferMethods",
        "conditions.authentication_flow_transfer_methods",
        "TransferMethods",
    ),
    ("grantControls.operator", "grant_controls.operator", "GrantControlOperator"),
    ("grantControls.builtInControls", "grant_controls.built_in_controls", "BuiltInControls"),
    (
        "grantControls.customAuthenticationFactors",
        "grant_controls.custom_authentication_factors",
        "CustomAuthenticationFactors",
    ),
    ("grantControls.termsOfUse", "grant_controls.terms_of_use", "TermsOfUse"),
    (
        "grantControls.authenticationStrength.id",
        "grant_controls.authentication_strength_policy_id",
        "AuthenticationStrength",
    ),
    (
        "sessionControls.applicationEnforcedRestrictions.isEnabled",
        "session_controls.application_enforced_restrictions_enabled",
        "ApplicationEnforcedRestrictionsIsEnabled",
    ),
    ("sessionControls.cloudAppSecurity.isEnabled", IMPLIED, "CloudAppSecurityIsEnabled"),
    (
        "sessionControls.cloudAppSecurity.cloudAppSecurityType",
        "session_controls.cloud_app_security_policy",
        "CloudAppSecurityType",
    ),
    ("sessionControls.signInFrequency.isEnabled", IMPLIED, "SignInFrequencyIsEnabled"),
    ("sessionControls.signInFrequency.value", "session_controls.sign_in_frequency", "SignInFrequencyValue"),
    (
        "sessionControls.signInFrequency.type",
        "session_controls.sign_in_frequency_period",
        "SignInFrequencyType",
    ),
    (
        "sessionControls.signInFrequency.frequencyInterval",
        "session_controls.sign_in_frequency_interval",
        "SignInFrequencyInterval",
    ),
    ("sessionControls.persistentBrowser.isEnabled", IMPLIED, "PersistentBrowserIsEnabled"),
    (
        "sessionControls.persistentBrowser.mode",
        "session_controls.persistent_browser_mode",
        "PersistentBrowserMode",
    ),
    (
        "sessionControls.disableResilienceDefaults",
        "session_controls.disable_resilience_defaults",
        "DisableResilienceDefaultsIsEnabled",
    ),
    ("sessionControls.continuousAccessEvaluation.mode", "", ""),
    ("sessionControls.secureSignInSession.isEnabled", "", "SecureSignInSessionIsEnabled"),
];

/// In azuread, a session control is on where its value is written.
const IMPLIED: &str = "(implied)";

/// Members of an export that say nothing about the policy and that no configuration writes.
const NOISE: [&str; 4] = ["id", "templateId", "createdDateTime", "modifiedDateTime"];

/// Members that hold words joined by commas in Microsoft Graph.
const FLAGS: [&str; 3] = ["guestOrExternalUserTypes", "transferMethods", "insiderRiskLevels"];

/// Policies with what the examples of the rules leave out.
const MORE: &[&str] = &[
    r#"{"value": [{"id": "8b1d7c1e-2f0a-4f0e-9a58-0a7a2f3e6c11",
      "displayName": "Compliant device for administrators", "state": "enabled",
      "conditions": {"clientAppTypes": ["all"], "platforms": null, "locations": null,
        "users": {"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"], "excludeUsers": [null]},
        "applications": {"includeApplications": ["All"]}},
      "grantControls": {"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]},
      "sessionControls": null}]}"#,
    r##"[{"displayName": "Block guests", "state": "enabledForReportingButNotEnforced",
      "conditions": {
        "users": {"includeUsers": ["All"], "excludeRoles": ["d29b2b05-8046-44ba-8758-1e26182fcf32"],
          "excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest,serviceProvider",
            "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
              "membershipKind": "enumerated", "members": ["5b0f3a52-6c1e-4f0e-8b1d-2f4f6a7c9d10"]}}},
        "applications": {"includeApplications": ["all"]}},
      "grantControls": {"operator": "OR", "builtInControls": ["block"], "termsOfUse": []}},
     {"displayName": "Guests only", "state": "enabled",
      "conditions": {
        "users": {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest",
          "externalTenants": {"membershipKind": "all"}}},
        "applications": {"includeApplications": ["Office365"]}},
      "grantControls": {"operator": "OR", "builtInControls": ["block"]}}]"##,
    r#"{"displayName": "Risky sign-ins", "state": "enabled",
      "conditions": {"userRiskLevels": ["high"], "signInRiskLevels": ["medium", "high"],
        "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
      "grantControls": {"operator": "AND", "builtInControls": ["passwordChange", "mfa"],
        "termsOfUse": ["e736e4cc-e7be-49fd-a0d3-2d7d07d682eb"]},
      "sessionControls": {"signInFrequency": {"isEnabled": true, "frequencyInterval": "everyTime"}}}"#,
    r#"{"displayName": "Block unmanaged devices", "state": "enabled",
      "conditions": {"insiderRiskLevels": "elevated", "clientAppTypes": ["browser"],
        "devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}},
        "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
      "grantControls": {"operator": "OR", "builtInControls": ["block"]},
      "sessionControls": {"cloudAppSecurity": {"isEnabled": true, "cloudAppSecurityType": "blockDownloads"},
        "persistentBrowser": {"isEnabled": true, "mode": "never"},
        "applicationEnforcedRestrictions": {"isEnabled": true}}}"#,
    r#"{"displayName": "Block flows", "state": "enabled",
      "conditions": {"authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"},
        "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
      "grantControls": {"operator": "OR", "builtInControls": ["block"]}}"#,
    r#"{"displayName": "Registration \"from\" ${anywhere} `%{x}", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]},
        "applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}},
      "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"],
        "customAuthenticationFactors": ["RequireDuoMfa"]}}"#,
    r#"{"displayName": "Contexts", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"]},
        "applications": {"includeAuthenticationContextClassReferences": ["c1"]}},
      "grantControls": {"operator": "OR", "builtInControls": ["block"]}}"#,
    r#"{"displayName": "Resilience", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
      "sessionControls": {"disableResilienceDefaults": true,
        "signInFrequency": {"isEnabled": true, "value": 4, "type": "hours", "frequencyInterval": "timeBased"}}}"#,
    r#"{"displayName": "Token protection", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
      "sessionControls": {"secureSignInSession": {"isEnabled": true}}}"#,
    r#"{"displayName": "Strict location", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
      "sessionControls": {"continuousAccessEvaluation": {"mode": "strictLocation"}}}"#,
    r#"{"displayName": "Unknown strength", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
      "grantControls": {"operator": "OR",
        "authenticationStrength": {"id": "9c2c1d7e-5b0a-4e0f-8a59-0a7a2f3e6c12"}}}"#,
    r#"{"displayName": "Strength or terms", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
      "grantControls": {"operator": "OR",
        "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"},
        "termsOfUse": ["e736e4cc-e7be-49fd-a0d3-2d7d07d682eb", "98714e1c-e434-4c32-9bdb-0b878521a97f"]}}"#,
    r#"{"displayName": "Filtered apps", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": ["{{break-glass}}", "${BG}"]},
        "applications": {"includeApplications": ["All"], "applicationFilter": {"mode": "exclude",
          "rule": "CustomSecurityAttribute.Set_App -contains \"x\""}}},
      "grantControls": {"operator": "OR", "builtInControls": ["block"]}}"#,
    r##"[{"@odata.type": "#microsoft.graph.ipNamedLocation", "id": "159d9520-1c82-4b1c-ab67-af8589fbc69a",
      "displayName": "Office", "isTrusted": true, "ipRanges": [
        {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "198.51.100.0/24"},
        {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8::/48"}]},
     {"@odata.type": "#microsoft.graph.countryNamedLocation", "id": "0c1f6a52-2a63-4a58-8f0a-0c7d5a1f2b33",
      "displayName": "Home", "countriesAndRegions": ["CH"], "includeUnknownCountriesAndRegions": false},
     {"displayName": "Block other networks", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
        "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted",
          "159d9520-1c82-4b1c-ab67-af8589fbc69a", "0c1f6a52-2a63-4a58-8f0a-0c7d5a1f2b33"]}},
      "grantControls": {"operator": "OR", "builtInControls": ["block"]}}]"##,
    r#"{"displayName": "By name", "state": "enabled",
      "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": ["emergency1@contoso.com"]},
        "applications": {"includeApplications": ["All"]}},
      "grantControls": {"operator": "OR", "builtInControls": ["block"]}}"#,
];

/// By policy what does not depend on the notation: rule, level, certainty and message of each finding, sorted.
/// What is about no policy stands under the empty name.
type Verdicts = BTreeMap<String, Vec<String>>;

/// A notation beside Microsoft Graph's JSON.
struct Notation {
    name: &'static str,
    file: &'static str,
    write: Write,
}

type Write = fn(&Fixture<'_>) -> Result<String, Gap>;

const NOTATIONS: [Notation; 5] = [
    Notation { name: "YAML", file: "policies.yaml", write: yaml },
    Notation { name: "azuread", file: "main.tf", write: azuread },
    Notation { name: "microsoft365", file: "main.tf", write: microsoft365 },
    Notation { name: "plan", file: "plan.json", write: plan },
    Notation { name: "DSC", file: "policies.ps1", write: dsc },
];

/// Fewer pairs than this mean that fixtures were lost.
const LEAST: usize = 10;

#[test]
fn findings_do_not_depend_on_the_notation() {
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    let mut differences = String::new();
    for text in fixtures() {
        let parsed: Value = serde_json::from_str(&text).unwrap();
        let fixture = Fixture::of(&parsed);
        assert!(!fixture.policies.is_empty(), "no policy in\n{text}");
        let count = fixture.policies.len();
        let expected = verdicts("policies.json", &text, count);
        for notation in &NOTATIONS {
            let Ok(written) = (notation.write)(&fixture) else { continue };
            *compared.entry(notation.name).or_default() += 1;
            let found = verdicts(notation.file, &written, count);
            if found != expected {
                let name = notation.name;
                writeln!(differences, "{name}: {found:#?}\nGraph: {expected:#?}\n{written}\n").unwrap();
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
    for Notation { name, .. } in &NOTATIONS {
        let pairs = compared.get(name).copied().unwrap_or_default();
        assert!(pairs >= LEAST, "{name}: only {pairs} fixtures were compared");
    }
}

#[test]
fn what_a_notation_cannot_say_is_left_out_with_its_reason() {
    let gap = |write: Write, name: &str| {
        let fixture = MORE.iter().find(|text| text.contains(&format!("\"displayName\": \"{name}\"")));
        let parsed: Value = serde_json::from_str(fixture.unwrap()).unwrap();
        write(&Fixture::of(&parsed)).err()
    };
    assert_eq!(gap(azuread, "Contexts"), Some(NO_MEMBER));
    assert_eq!(gap(plan, "Token protection"), Some(NO_MEMBER));
    assert_eq!(gap(azuread, "Strict location"), Some(NO_MEMBER));
    assert_eq!(gap(dsc, "Strict location"), Some(NO_MEMBER));
    assert_eq!(gap(dsc, "Unknown strength"), Some(NAMELESS_STRENGTH));
    assert_eq!(gap(dsc, "Strength or terms"), Some(ONE_AGREEMENT));
    assert_eq!(gap(dsc, "By name"), Some(NAME_IS_RIGHT));
    assert_eq!(gap(dsc, "Block other networks"), Some(NAMED_LOCATIONS));
    for Notation { name, write, .. } in &NOTATIONS {
        assert_eq!(gap(*write, "Risky sign-ins"), None, "{name}");
    }
}

const NO_MEMBER: Gap = "the notation has no such member";
const ONE_LEVEL: Gap = "azuread takes one level of insider risk";
const NAMED_IS_ON: Gap = "azuread cannot name a session control and leave it off";
const ONE_AGREEMENT: Gap = "DSC takes one agreement";
const NAMELESS_STRENGTH: Gap = "DSC names strengths, and the name of this one is not known";
const NAMED_LOCATIONS: Gap = "DSC names locations, and they are resources of their own";
const NAME_IS_RIGHT: Gap = "a name is as good as an id in DSC, and a fault in Graph";

/// The JSON examples of the lockout rules, and [`MORE`].
fn fixtures() -> Vec<String> {
    let lockout = ALL.iter().map(|rule| rule.meta()).filter(|meta| meta.family == Family::Lockout);
    let examples = lockout.flat_map(|meta| json_examples(&meta.docs));
    examples.chain(MORE.iter().map(|text| (*text).to_owned())).collect()
}

/// The texts fenced as `json bad` and `json good`.
fn json_examples(docs: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = docs.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        let text = text.join("\n");
        // What exports tell beside policies and locations is written in one notation only.
        let tells_more = ["unified", "group", "user"]
            .iter()
            .any(|kind| text.contains(&format!("\"@odata.type\": \"#microsoft.graph.{kind}")));
        if matches!(info, "json bad" | "json good") && !tells_more {
            found.push(text);
        }
    }
    found
}

/// What a fixture holds: one object, those of an array, or those of a list envelope.
struct Fixture<'v> {
    policies: Vec<&'v Value>,
    locations: Vec<&'v Value>,
}

impl<'v> Fixture<'v> {
    fn of(parsed: &'v Value) -> Self {
        let list = parsed.as_array().or_else(|| parsed.get("value").and_then(Value::as_array));
        let all: Vec<_> = list.map_or_else(|| vec![parsed], |list| list.iter().collect());
        let (policies, locations): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|object| object.get("conditions").is_some());
        for location in &locations {
            let known = location.get("ipRanges").or(location.get("countriesAndRegions"));
            assert!(known.is_some(), "no converter for what is neither policy nor location: {location}");
        }
        Self { policies, locations }
    }

    /// A value with the id of each location of the fixture replaced by a reference to its resource.
    fn referring(&self, value: &Value, resource: &str, attribute: &str) -> Value {
        match value {
            Value::Array(items) => {
                items.iter().map(|item| self.referring(item, resource, attribute)).collect()
            }
            Value::String(_) => match self.locations.iter().position(|location| location["id"] == *value) {
                Some(at) => json!({ REFERENCE: format!("{resource}.l{at}.{attribute}") }),
                None => value.clone(),
            },
            other => other.clone(),
        }
    }
}

/// The key of an object that stands for an expression.
const REFERENCE: &str = "(reference)";

/// What is found in a folder with one file, which holds `count` policies.
fn verdicts(file: &str, text: &str, count: usize) -> Verdicts {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(file), text).unwrap();
    // In which case words are written is the notation's own affair.
    let skip = vec!["misspelled-case".to_owned()];
    let options = Options { paths: vec![folder.path().to_path_buf()], skip, ..common::options() };
    let outcome = engine::run(&options).expect("no configuration is read");
    assert_eq!(outcome.policies, count, "policies read from {file}:\n{text}");
    let mut verdicts = Verdicts::new();
    for finding in outcome.findings {
        let name = finding.policy.as_ref().and_then(|policy| policy.name.clone()).unwrap_or_default();
        let Finding { rule, level, certainty, message, .. } = finding;
        verdicts.entry(name).or_default().push(format!("{rule}: {level}, {certainty:?}: {message}"));
    }
    verdicts.values_mut().for_each(|list| list.sort());
    verdicts
}

/// The values below an object with their paths. A member that is null, noise or an annotation is not written.
fn leaves(policy: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    add_leaves(policy, "", &mut found);
    found
}

fn add_leaves<'v>(object: &'v Value, path: &str, found: &mut Vec<(String, &'v Value)>) {
    for (key, value) in object.as_object().unwrap() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Null => {}
            _ if key.contains("@odata.") || NOISE.contains(&path.as_str()) => {}
            Value::Object(_) => add_leaves(value, &path, found),
            _ => found.push((path, value)),
        }
    }
}

/// The row of a member.
fn row(path: &str) -> &'static (&'static str, &'static str, &'static str) {
    MEMBERS
        .iter()
        .find(|(graph, ..)| *graph == path)
        .unwrap_or_else(|| panic!("the converters do not know `{path}`; add it to MEMBERS"))
}

/// The last step of a path.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap()
}

/// Puts a value at a path, with the objects on the way.
fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((step, rest)) => {
            let inner = object.entry(step).or_insert_with(|| json!({}));
            put(inner.as_object_mut().unwrap(), rest, value);
        }
    }
}

/// Words joined by commas as a list.
fn split(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| text.split(',').map(str::trim).collect())
}

fn yaml(fixture: &Fixture<'_>) -> Result<String, Gap> {
    let all: Vec<_> = fixture.locations.iter().chain(&fixture.policies).collect();
    Ok(serde_yaml::to_string(&all).unwrap())
}

/// The arguments of an `azuread_conditional_access_policy`, blocks as objects.
fn azuread_body(policy: &Value) -> Result<Map<String, Value>, Gap> {
    let mut body = Map::new();
    for (path, value) in leaves(policy) {
        match row(&path).1 {
            "" => return Err(NO_MEMBER),
            IMPLIED if *value == json!(true) => {}
            IMPLIED => return Err(NAMED_IS_ON),
            place => put(&mut body, place, azuread_value(last(&path), value)?),
        }
    }
    let conditions = body["conditions"].as_object_mut().unwrap();
    conditions.entry("client_app_types").or_insert_with(|| json!(["all"]));
    Ok(body)
}

fn azuread_value(member: &str, value: &Value) -> Result<Value, Gap> {
    Ok(match member {
        "insiderRiskLevels" if value.as_str().is_some_and(|text| text.contains(',')) => {
            return Err(ONE_LEVEL);
        }
        "insiderRiskLevels" => value.clone(),
        member if FLAGS.contains(&member) => split(value),
        "id" => json!(format!("/policies/authenticationStrengthPolicies/{}", value.as_str().unwrap())),
        _ => value.clone(),
    })
}

const AZUREAD: &str = "azuread_conditional_access_policy";
const AZUREAD_LOCATION: &str = "azuread_named_location";

fn azuread(fixture: &Fixture<'_>) -> Result<String, Gap> {
    let mut text = String::new();
    for (at, location) in fixture.locations.iter().enumerate() {
        write_resource(AZUREAD_LOCATION, &format!("l{at}"), &azuread_location(location), true, &mut text);
    }
    for (at, policy) in fixture.policies.iter().enumerate() {
        let mut body = azuread_body(policy)?;
        each_list(&mut body, &|value| fixture.referring(value, AZUREAD_LOCATION, "object_id"));
        write_resource(AZUREAD, &format!("p{at}"), &body, true, &mut text);
    }
    Ok(text)
}

/// The arguments of an `azuread_named_location`, blocks as objects.
fn azuread_location(location: &Value) -> Map<String, Value> {
    let mut body = Map::new();
    for (path, value) in leaves(location) {
        match path.as_str() {
            "displayName" => put(&mut body, "display_name", value.clone()),
            "isTrusted" => put(&mut body, "ip.trusted", value.clone()),
            "ipRanges" => put(&mut body, "ip.ip_ranges", addresses(value, |_| true)),
            "countriesAndRegions" => put(&mut body, "country.countries_and_regions", value.clone()),
            "includeUnknownCountriesAndRegions" => {
                put(&mut body, "country.include_unknown_countries_and_regions", value.clone());
            }
            "countryLookupMethod" => put(&mut body, "country.country_lookup_method", value.clone()),
            _ => panic!("the converters do not know `{path}` of a location"),
        }
    }
    body
}

/// The addresses of IP ranges that are wanted.
fn addresses(ranges: &Value, wanted: fn(&str) -> bool) -> Value {
    let addresses = ranges.as_array().unwrap().iter().map(|range| range["cidrAddress"].as_str().unwrap());
    addresses.filter(|address| wanted(address)).collect()
}

/// Changes every list below an object.
fn each_list(object: &mut Map<String, Value>, change: &impl Fn(&Value) -> Value) {
    for value in object.values_mut() {
        match value {
            Value::Object(inner) => each_list(inner, change),
            Value::Array(_) => *value = change(value),
            _ => {}
        }
    }
}

/// A resource whose objects are blocks, or arguments.
fn write_resource(kind: &str, name: &str, body: &Map<String, Value>, blocks: bool, text: &mut String) {
    writeln!(text, "resource \"{kind}\" \"{name}\" {{").unwrap();
    if blocks {
        write_blocks(body, text);
    } else {
        for (name, value) in body {
            writeln!(text, "{name} = {}", hcl(value)).unwrap();
        }
    }
    text.push_str("}\n\n");
}

/// Objects as blocks, everything else as arguments.
fn write_blocks(body: &Map<String, Value>, text: &mut String) {
    for (name, value) in body {
        match value {
            Value::Object(inner) => {
                writeln!(text, "{name} {{").unwrap();
                write_blocks(inner, text);
                text.push_str("}\n");
            }
            _ => writeln!(text, "{name} = {}", hcl(value)).unwrap(),
        }
    }
}

/// A value as an expression.
fn hcl(value: &Value) -> String {
    match value {
        Value::String(text) => hcl_text(text),
        Value::Array(items) => format!("[{}]", items.iter().map(hcl).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.contains_key(REFERENCE) => {
            members[REFERENCE].as_str().unwrap().to_owned()
        }
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{key} = {}\n", hcl(value)));
            format!("{{\n{}}}", members.collect::<String>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn hcl_text(text: &str) -> String {
    json!(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

const MICROSOFT365: &str = "microsoft365_graph_beta_identity_and_access_conditional_access_policy";

const MICROSOFT365_LOCATION: &str = "microsoft365_graph_beta_identity_and_access_named_location";

fn microsoft365(fixture: &Fixture<'_>) -> Result<String, Gap> {
    let mut text = String::new();
    for (at, location) in fixture.locations.iter().enumerate() {
        let body = microsoft365_location(location);
        write_resource(MICROSOFT365_LOCATION, &format!("l{at}"), &body, false, &mut text);
    }
    for (at, policy) in fixture.policies.iter().enumerate() {
        let mut body = Map::new();
        for (path, value) in leaves(policy) {
            let (path, ..) = row(&path);
            let is_set = FLAGS.contains(&last(path)) && last(path) != "transferMethods";
            put(&mut body, &snake(path), if is_set { split(value) } else { value.clone() });
        }
        each_list(&mut body, &|value| fixture.referring(value, MICROSOFT365_LOCATION, "id"));
        write_resource(MICROSOFT365, &format!("p{at}"), &body, false, &mut text);
    }
    Ok(text)
}

fn microsoft365_location(location: &Value) -> Map<String, Value> {
    let mut body = Map::new();
    for (path, value) in leaves(location) {
        match path.as_str() {
            "ipRanges" => {
                put(&mut body, "ipv4_ranges", addresses(value, |address| !address.contains(':')));
                put(&mut body, "ipv6_ranges", addresses(value, |address| address.contains(':')));
            }
            "displayName"
            | "isTrusted"
            | "countriesAndRegions"
            | "includeUnknownCountriesAndRegions"
            | "countryLookupMethod" => {
                put(&mut body, &snake(&path), value.clone());
            }
            _ => panic!("the converters do not know `{path}` of a location"),
        }
    }
    body
}

fn snake(path: &str) -> String {
    let mut text = String::new();
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// A plan that changes nothing about the locations and creates the policies, as `terraform show -json` prints it.
fn plan(fixture: &Fixture<'_>) -> Result<String, Gap> {
    let mut planned = Vec::new();
    let mut changes = Vec::new();
    for (at, location) in fixture.locations.iter().enumerate() {
        let mut body = azuread_location(location);
        let id = location["id"].as_str().unwrap();
        put(&mut body, "id", json!(format!("/identity/conditionalAccess/namedLocations/{id}")));
        put(&mut body, "object_id", json!(id));
        planned.push(planned_resource(AZUREAD_LOCATION, &format!("l{at}"), &in_lists(&body)));
    }
    for (at, policy) in fixture.policies.iter().enumerate() {
        let values = in_lists(&azuread_body(policy)?);
        let name = format!("p{at}");
        changes.push(json!({
            "address": format!("{AZUREAD}.{name}"), "mode": "managed", "type": AZUREAD, "name": name,
            "change": {"actions": ["create"], "before": null, "after": values,
                "after_unknown": {"id": true, "object_id": true, "conditions": [{"users": [{}]}]}},
        }));
        planned.push(planned_resource(AZUREAD, &name, &values));
    }
    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.9.5",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
    });
    Ok(serde_json::to_string_pretty(&plan).unwrap())
}

fn planned_resource(kind: &str, name: &str, values: &Value) -> Value {
    json!({
        "address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
        "provider_name": "registry.terraform.io/hashicorp/azuread", "schema_version": 1, "values": values,
    })
}

/// Every object below a resource as a list of one object.
fn in_lists(resource: &Map<String, Value>) -> Value {
    let members = resource.iter().map(|(key, value)| {
        let value = value.as_object().map_or_else(|| value.clone(), |inner| json!([in_lists(inner)]));
        (key.clone(), value)
    });
    Value::Object(members.collect())
}

fn dsc(fixture: &Fixture<'_>) -> Result<String, Gap> {
    if !fixture.locations.is_empty() {
        return Err(NAMED_LOCATIONS);
    }
    let mut text = "Configuration Tenant\n{\n    Node localhost\n    {\n".to_owned();
    for (at, policy) in fixture.policies.iter().enumerate() {
        writeln!(text, "        AADConditionalAccessPolicy 'Policy{at}'\n        {{").unwrap();
        text.push_str("            Ensure = 'Present'\n");
        for (path, value) in leaves(policy) {
            let property = row(&path).2;
            if property.is_empty() {
                return Err(NO_MEMBER);
            }
            writeln!(text, "            {property} = {}", power_shell(&dsc_value(last(&path), value)?))
                .unwrap();
        }
        text.push_str("        }\n");
    }
    text.push_str("    }\n}\n");
    Ok(text)
}

fn dsc_value(member: &str, value: &Value) -> Result<Value, Gap> {
    Ok(match member {
        "includeRoles" | "excludeRoles" => each_text(value, |id| json!(roles::name(id).unwrap_or(id))),
        "includeUsers" | "excludeUsers" | "includeGroups" | "excludeGroups" => match value {
            Value::Array(items) if items.iter().filter_map(Value::as_str).any(is_name) => {
                return Err(NAME_IS_RIGHT);
            }
            _ => value.clone(),
        },
        "guestOrExternalUserTypes" | "insiderRiskLevels" => split(value),
        "termsOfUse" => match value.as_array().unwrap().as_slice() {
            [] => json!(""),
            [one] => one.clone(),
            _ => return Err(ONE_AGREEMENT),
        },
        "id" => json!(strength_name(value.as_str().unwrap()).ok_or(NAMELESS_STRENGTH)?),
        _ => value.clone(),
    })
}

fn each_text(value: &Value, change: impl Fn(&str) -> Value) -> Value {
    value.as_array().unwrap().iter().map(|item| item.as_str().map_or(Value::Null, &change)).collect()
}

/// Whether a text in a user or group list is a name.
fn is_name(text: &str) -> bool {
    let token = ids::USER_TOKENS.iter().any(|(_, token)| token.eq_ignore_ascii_case(text));
    let nothing = text.trim().is_empty() || text == ids::TEMPLATE_TEXT;
    !(token || nothing || ids::is_guid(text) || ids::is_placeholder(text))
}

fn strength_name(id: &str) -> Option<&'static str> {
    match id {
        strengths::MFA => Some("Multifactor authentication"),
        strengths::PASSWORDLESS => Some("Passwordless MFA"),
        strengths::PHISHING_RESISTANT => Some("Phishing-resistant MFA"),
        _ => None,
    }
}

/// A value as PowerShell writes it.
fn power_shell(value: &Value) -> String {
    match value {
        Value::Null => "$null".to_owned(),
        Value::Bool(true) => "$True".to_owned(),
        Value::Bool(false) => "$False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => format!("@({})", items.iter().map(power_shell).collect::<Vec<_>>().join(", ")),
        Value::String(text) => {
            format!("\"{}\"", text.replace('`', "``").replace('$', "`$").replace('"', "`\""))
        }
        Value::Object(_) => panic!("no property of the resource is an object: {value}"),
    }
}
