//! Recorded sign-ins under policies, through the built program.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use common::merged;

use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};

const USER: &str = "3f0e6a52-1d0b-4a8e-9b58-0a7a2f3e6c01";
const GROUP: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";
const APP: &str = "0d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d10";
const OTHER_APP: &str = "1d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d11";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const HQ: &str = "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b33";
const HOME: &str = "5b6f0c11-93f4-4c53-8a4e-7b8d9e0f1a20";
const TENANT: &str = "6b6f0c11-93f4-4c53-8a4e-7b8d9e0f1a21";
const ROBOT: &str = "9e0f1a20-93f4-4c53-8a4e-7b8d5b6f0c11";

/// A sign-in as Graph beta returns it: a member in a browser on Windows, without multifactor authentication.
fn graph(differences: Value) -> Value {
    let record = json!({
        "id": "0a0a0a0a-0000-4000-8000-000000000001", "createdDateTime": "2026-01-05T08:00:00Z",
        "userId": USER, "userPrincipalName": "alice@contoso.com", "userType": "member",
        "crossTenantAccessType": "none", "homeTenantId": TENANT, "resourceTenantId": TENANT,
        "appId": OTHER_APP, "appDisplayName": "Payroll", "resourceId": APP,
        "conditionalAccessAudiences": [{ "applicationId": APP, "audienceReasons": "none" }],
        "authenticationContextClassReferences": [],
        "clientAppUsed": "Browser", "ipAddress": "203.0.113.7", "isInteractive": true,
        "signInEventTypes": ["interactiveUser"], "riskLevelDuringSignIn": "none",
        "originalTransferMethod": "none", "authenticationProtocol": "none",
        "authenticationRequirement": "singleFactorAuthentication",
        "status": { "errorCode": 0, "failureReason": "Other.", "additionalDetails": null },
        "deviceDetail": {
            "deviceId": "", "displayName": "", "operatingSystem": "Windows10", "isCompliant": false,
            "isManaged": false, "trustType": "",
        },
        "location": { "city": "Zurich", "state": "Zurich", "countryOrRegion": "CH" },
        "networkLocationDetails": [{ "networkType": "namedNetwork", "networkNames": ["Branch"] }],
        "appliedConditionalAccessPolicies": [],
    });
    merged(record, differences)
}

/// The same sign-in as diagnostic settings write it, which leaves out what is false or empty.
fn diagnostic(differences: Value) -> Value {
    let mut properties = graph(json!({}));
    let members = properties.as_object_mut().unwrap();
    members.insert("conditionalAccessAudiences".to_owned(), json!([APP]));
    members.insert("deviceDetail".to_owned(), json!({ "operatingSystem": "Windows10" }));
    let record = json!({
        "time": "2026-01-05T08:00:00.0000000Z", "resourceId": "/tenants/x/providers/Microsoft.aadiam",
        "category": "SignInLogs", "tenantId": TENANT, "resultType": "0", "location": "CH",
        "callerIpAddress": "203.0.113.7", "properties": properties,
    });
    merged(record, differences)
}

/// The same sign-in as a row of Log Analytics, with columns of dynamic type as texts.
fn workspace(differences: Value) -> Value {
    let record = json!({
        "TenantId": "aaaaaaaa-0000-4000-8000-000000000000", "AADTenantId": TENANT,
        "ResourceId": "/tenants/x/providers/Microsoft.aadiam", "ResourceIdentity": APP,
        "Category": "SignInLogs", "Type": "SigninLogs", "ResultType": "0",
        "Id": "0a0a0a0a-0000-4000-8000-000000000001", "CreatedDateTime": "2026-01-05T08:00:00Z",
        "UserId": USER, "UserPrincipalName": "alice@contoso.com", "UserType": "Member",
        "HomeTenantId": TENANT, "ResourceTenantId": TENANT, "AppDisplayName": "Payroll",
        "ClientAppUsed": "Browser", "IPAddress": "203.0.113.7", "IsInteractive": true,
        "RiskLevelDuringSignIn": "none", "Location": "CH", "Status": "{\"errorCode\":0}",
        "DeviceDetail": "{\"operatingSystem\":\"Windows 10\",\"isCompliant\":true,\"trustType\":\"Hybrid Azure AD joined\"}",
        "LocationDetails": "{\"countryOrRegion\":\"CH\"}", "NetworkLocationDetails": "[]",
        "ConditionalAccessPolicies": "[]",
    });
    merged(record, differences)
}

/// An enabled policy over everybody and everything, and the differences of a case.
fn policy(controls: &[&str], conditions: Value) -> Value {
    json!({
        "id": "2d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d22", "displayName": "CA001", "state": "enabled",
        "conditions": merged(
            json!({ "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] } }),
            conditions,
        ),
        "grantControls": { "operator": "OR", "builtInControls": controls },
    })
}

fn block(conditions: Value) -> Value {
    policy(&["block"], conditions)
}

/// Runs over a text of records and policies.
fn run(
    policies: &[Value],
    name: &str,
    text: impl AsRef<[u8]>,
    args: &[&str],
) -> (String, String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    for (at, policy) in policies.iter().enumerate() {
        fs::write(folder.path().join(format!("policies/{at}.json")), policy.to_string()).unwrap();
    }
    fs::write(folder.path().join(name), text).unwrap();
    let mut command = common::calint(folder.path());
    command.args(["replay", name, "policies", "--no-config"]).args(args);
    common::ran(command.output().unwrap())
}

fn report(policies: &[Value], name: &str, text: impl AsRef<[u8]>, args: &[&str]) -> (Value, Option<i32>) {
    let args = [args, &["--format", "json"]].concat();
    let (out, err, code) = run(policies, name, text, &args);
    (serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")), code)
}

/// What becomes of one sign-in.
fn ending(policies: &[Value], record: &Value) -> String {
    let (report, _) = report(policies, "log.json", record.to_string(), &[]);
    assert_eq!(report["records"]["successful"], 1, "{record} gives {report}");
    let endings = report["endings"].as_object().unwrap();
    let (name, _) = endings.iter().find(|(_, ending)| ending["signIns"] == 1).unwrap();
    name.clone()
}

const BLOCKED: &str = "blocked";
const MAYBE: &str = "mayBeBlocked";
const UNCHANGED: &str = "unchanged";

fn check(policies: &[Value], cases: &[(Value, &str)]) {
    for (record, expected) in cases {
        assert_eq!(ending(policies, record), *expected, "{record} under {policies:?}");
    }
}

#[test]
fn who_signs_in() {
    let user = block(json!({ "users": { "includeUsers": [USER] } }));
    check(
        &[user],
        &[
            (graph(json!({})), BLOCKED),
            (graph(json!({ "userId": USER.to_uppercase() })), BLOCKED),
            (graph(json!({ "userId": GROUP })), UNCHANGED),
            (graph(json!({ "userId": "" })), MAYBE),
            (diagnostic(json!({})), BLOCKED),
            (workspace(json!({})), BLOCKED),
        ],
    );
    let spared = block(json!({ "users": { "excludeGroups": [GROUP] } }));
    check(&[spared], &[(graph(json!({})), MAYBE)]);
}

#[test]
fn kinds_of_accounts() {
    let guests = |kinds: &str| {
        block(
            json!({ "users": { "includeUsers": [], "includeGuestsOrExternalUsers": { "guestOrExternalUserTypes": kinds } } }),
        )
    };
    let kind = |user: &str, cross: Value| graph(json!({ "userType": user, "crossTenantAccessType": cross }));
    let foreign = |user: &str, cross: &str| {
        diagnostic(json!({
            "properties": { "userType": user, "crossTenantAccessType": cross, "homeTenantId": HOME },
        }))
    };
    let without = |user: &str| merged(kind(user, json!(null)), json!({ "homeTenantId": null }));
    check(
        &[guests("b2bCollaborationGuest")],
        &[
            (foreign("guest", "b2bCollaboration"), BLOCKED),
            (foreign("Guest", "b2bCollaboration"), BLOCKED),
            (foreign("member", "b2bCollaboration"), UNCHANGED),
            (kind("guest", json!("none")), UNCHANGED),
            (kind("member", json!("none")), UNCHANGED),
            (without("guest"), MAYBE),
            (without("member"), UNCHANGED),
            (kind("", json!(null)), MAYBE),
            (foreign("guest", "none"), MAYBE),
            (foreign("guest", "passthrough"), MAYBE),
        ],
    );
    check(&[guests("b2bCollaborationMember")], &[(foreign("member", "b2bCollaboration"), BLOCKED)]);
    check(&[guests("internalGuest")], &[(kind("guest", json!("none")), BLOCKED)]);
    check(&[guests("b2bDirectConnectUser")], &[(foreign("member", "b2bDirectConnect"), BLOCKED)]);
    check(&[guests("serviceProvider")], &[(foreign("member", "serviceProvider"), BLOCKED)]);
    let mut tenants = guests("b2bCollaborationGuest");
    tenants["conditions"]["users"]["includeGuestsOrExternalUsers"]["externalTenants"] = json!({
        "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
        "membershipKind": "enumerated", "members": [HOME],
    });
    check(&[tenants], &[(foreign("guest", "b2bCollaboration"), BLOCKED)]);
}

#[test]
fn whose_policies_decide() {
    let from = |user: &str| json!({ "userType": user, "crossTenantAccessType": "b2bCollaboration", "homeTenantId": HOME });
    check(
        &[block(json!({}))],
        &[
            (diagnostic(json!({ "properties": from("member") })), BLOCKED),
            (workspace(json!({ "HomeTenantId": HOME })), BLOCKED),
            // Graph does not tell whose log it is: the account may have gone to another tenant.
            (graph(from("member")), MAYBE),
            (graph(merged(from("member"), json!({ "userType": null }))), MAYBE),
            (graph(from("guest")), BLOCKED),
        ],
    );
    let (told, _) = report(&[block(json!({}))], "log.json", graph(from("member")).to_string(), &[]);
    assert_eq!(told["policies"][0]["because"], "may be a sign-in to another tenant; it blocks");
}

#[test]
fn service_principals_and_managed_identities() {
    let workloads = |clients: Value| {
        json!({
            "id": "2d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d23", "displayName": "CA002", "state": "enabled",
            "conditions": {
                "users": { "includeUsers": ["None"] }, "applications": { "includeApplications": ["All"] },
                "clientApplications": clients,
            },
            "grantControls": { "operator": "OR", "builtInControls": ["block"] },
        })
    };
    let robot = |category: &str| {
        diagnostic(json!({
            "category": category,
            "properties": {
                "userId": "", "userPrincipalName": "", "servicePrincipalId": ROBOT, "servicePrincipalName": "robot",
                "signInEventTypes": null,
            },
        }))
    };
    let event = |kind: &str| {
        let record = json!({ "signInEventTypes": [kind], "isInteractive": null });
        graph(merged(record, json!({ "userId": "", "userPrincipalName": "", "servicePrincipalId": ROBOT })))
    };
    let owned = |tenant: &str| {
        merged(robot("ServicePrincipalSignInLogs"), json!({ "properties": { "appOwnerTenantId": tenant } }))
    };
    let agent = |kind: &str| {
        let agent = json!({ "properties": { "agent": { "agentType": kind } } });
        merged(robot("ServicePrincipalSignInLogs"), agent)
    };
    let one = workloads(json!({ "includeServicePrincipals": [ROBOT] }));
    check(
        &[one],
        &[
            (robot("ServicePrincipalSignInLogs"), BLOCKED),
            (event("servicePrincipal"), BLOCKED),
            (owned(TENANT), BLOCKED),
            (owned(HOME), UNCHANGED),
            (robot("MicrosoftServicePrincipalSignInLogs"), UNCHANGED),
            (robot("ManagedIdentitySignInLogs"), UNCHANGED),
            (event("managedIdentity"), UNCHANGED),
            (graph(json!({})), UNCHANGED),
        ],
    );
    // Apps that other tenants use too are none of this policy's, and records do not tell which those are.
    let all = workloads(json!({ "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] }));
    let but_one = workloads(json!({
        "includeServicePrincipals": ["ServicePrincipalsInMyTenant"], "excludeServicePrincipals": [ROBOT],
    }));
    let service_principal = robot("ServicePrincipalSignInLogs");
    check(
        &[all],
        &[
            (service_principal.clone(), MAYBE),
            (owned(HOME), UNCHANGED),
            (event("managedIdentity"), UNCHANGED),
        ],
    );
    check(&[but_one], &[(service_principal.clone(), UNCHANGED)]);
    check(
        &[block(json!({}))],
        &[(service_principal.clone(), UNCHANGED), (event("managedIdentity"), UNCHANGED)],
    );
    let agents = workloads(json!({ "includeAgentIdServicePrincipals": ["All"] }));
    check(
        &[agents],
        &[
            (agent("agenticAppInstance"), BLOCKED),
            (agent("notAgentic"), UNCHANGED),
            (service_principal, UNCHANGED),
        ],
    );
    let nameless =
        merged(robot("ServicePrincipalSignInLogs"), json!({ "properties": { "servicePrincipalId": "" } }));
    let (told, code) = report(&[block(json!({}))], "log.json", nameless.to_string(), &[]);
    assert_eq!(
        (&told["unreadable"][0]["why"], code),
        (&json!("it does not tell which service principal signed in"), Some(2))
    );
}

#[test]
fn accounts_of_agents() {
    let members = |kinds: &str| {
        let kinds = json!({ "guestOrExternalUserTypes": kinds });
        block(json!({ "users": { "excludeGuestsOrExternalUsers": kinds } }))
    };
    let agents = merged(
        block(json!({})),
        json!({ "conditions": { "users": { "includeUsers": ["AllAgentIdUsers"] } } }),
    );
    let agent = graph(json!({ "agent": { "agentType": "agentIDuser" } }));
    let person = graph(json!({ "agent": { "agentType": "notAgentic" } }));
    check(&[agents], &[(agent, MAYBE), (person.clone(), UNCHANGED), (graph(json!({})), UNCHANGED)]);
    check(&[members("internalGuest")], &[(person, BLOCKED)]);
}

#[test]
fn what_is_asked_for() {
    let app = block(json!({ "applications": { "includeApplications": [APP] } }));
    check(
        &[app],
        &[
            (graph(json!({})), BLOCKED),
            (graph(json!({ "conditionalAccessAudiences": [OTHER_APP] })), UNCHANGED),
            (
                graph(json!({ "conditionalAccessAudiences": format!("[\"{APP}\"]"), "resourceId": GRAPH })),
                BLOCKED,
            ),
            (graph(json!({ "conditionalAccessAudiences": null })), BLOCKED),
            (graph(json!({ "conditionalAccessAudiences": null, "resourceId": GRAPH })), MAYBE),
            (graph(json!({ "conditionalAccessAudiences": null, "resourceId": "" })), MAYBE),
            (diagnostic(json!({})), BLOCKED),
            (diagnostic(json!({ "properties": { "conditionalAccessAudiences": null } })), BLOCKED),
            (workspace(json!({})), BLOCKED),
            (workspace(json!({ "ResourceIdentity": "" })), MAYBE),
        ],
    );
    let suite = block(json!({ "applications": { "includeApplications": ["Office365"] } }));
    let through_graph = json!({ "conditionalAccessAudiences": [EXCHANGE], "resourceId": GRAPH });
    check(&[suite], &[(graph(through_graph), BLOCKED)]);
    let all = block(json!({}));
    check(&[all], &[(graph(json!({ "conditionalAccessAudiences": null, "resourceId": GRAPH })), BLOCKED)]);
}

#[test]
fn user_actions_and_authentication_contexts() {
    let asked = |id: &str, detail: &str| {
        graph(json!({ "authenticationContextClassReferences": [{ "id": id, "detail": detail }] }))
    };
    let untold = graph(json!({ "authenticationContextClassReferences": null }));
    for (member, id) in [
        ("includeAuthenticationContextClassReferences", "c1"),
        ("includeUserActions", "urn:user:registersecurityinfo"),
        ("includeUserActions", "urn:user:registerdevice"),
    ] {
        let set = [block(json!({ "applications": { "includeApplications": [], member: [id] } }))];
        check(
            &set,
            &[
                (asked(id, "required"), BLOCKED),
                (asked(id, "previouslySatisfied"), MAYBE),
                (asked(id, "notApplicable"), UNCHANGED),
                (graph(json!({})), UNCHANGED),
                (untold.clone(), MAYBE),
            ],
        );
    }
    // A context is asked for beside the app.
    let app = block(json!({ "applications": { "includeApplications": [APP] } }));
    check(&[app], &[(asked("c1", "required"), BLOCKED)]);
}

#[test]
fn kinds_of_clients() {
    let on = |kind: &str| [block(json!({ "clientAppTypes": [kind] }))];
    let used = |name: &str| graph(json!({ "clientAppUsed": name }));
    check(
        &on("browser"),
        &[
            (used("Browser"), BLOCKED),
            (used("browser"), BLOCKED),
            (used("Modern clients"), MAYBE),
            (used(""), MAYBE),
        ],
    );
    check(&on("mobileAppsAndDesktopClients"), &[(used("Mobile Apps and Desktop clients"), BLOCKED)]);
    check(
        &on("exchangeActiveSync"),
        &[(used("Exchange ActiveSync"), BLOCKED), (used("IMAP4 (IMAP)"), UNCHANGED)],
    );
    let legacy = [
        "Other clients",
        "Other clients; IMAP",
        "Other clients; Older Office clients",
        "Authenticated SMTP (SMTP)",
        "Authenticated SMTP",
        "Autodiscover",
        "Exchange Online PowerShell",
        "Exchange Web Services",
        "IMAP4 (IMAP)",
        "IMAP4",
        "MAPI over HTTP",
        "Offline Address Book",
        "Outlook Anywhere (RPC over HTTP)",
        "Outlook Service",
        "POP3 (POP)",
        "Reporting Web Services",
        "Universal Outlook",
    ];
    check(&on("other"), &legacy.map(|name| (used(name), BLOCKED)));
    // Such a client can meet nothing.
    check(&[policy(&["mfa"], json!({}))], &[(used("POP3 (POP)"), BLOCKED)]);
}

#[test]
fn platforms() {
    let on = |platform: &str| [block(json!({ "platforms": { "includePlatforms": [platform] } }))];
    let system = |name: Value| graph(json!({ "deviceDetail": { "operatingSystem": name } }));
    for (platform, names) in [
        ("windows", ["Windows10", "Windows 10", "windows 11", "Windows"]),
        ("macOS", ["MacOs", "macOS 14", "Mac OS X", "MacOs"]),
        ("iOS", ["Ios 18.2.1", "iOS", "iPadOS 17", "Ios"]),
        ("android", ["Android", "Android 14", "ANDROID", "android"]),
        ("linux", ["Linux", "linux", "Linux 6", "Linux"]),
    ] {
        for name in names {
            check(&on(platform), &[(system(json!(name)), BLOCKED)]);
        }
    }
    check(
        &on("windows"),
        &[
            (system(json!("Linux")), UNCHANGED),
            (system(json!("Windows Phone 8")), UNCHANGED),
            (system(json!("Unknown")), UNCHANGED),
            (system(json!("")), MAYBE),
            (system(json!(null)), MAYBE),
            (system(json!("BeOS")), MAYBE),
        ],
    );
    let unrecognised = block(json!({
        "platforms": { "includePlatforms": ["all"], "excludePlatforms": ["windows", "macOS", "linux", "iOS", "android"] },
    }));
    check(&[unrecognised], &[(system(json!("Unknown")), BLOCKED), (system(json!("Windows10")), UNCHANGED)]);
}

#[test]
fn devices() {
    let device = |told: Value| graph(json!({ "deviceDetail": told }));
    // Mail on a phone tells whether the device is compliant.
    let mail = |system: &str, compliant: bool| {
        let told = json!({ "operatingSystem": system, "isCompliant": compliant });
        graph(json!({ "clientAppUsed": "Exchange ActiveSync", "deviceDetail": told }))
    };
    check(
        &[policy(&["compliantDevice"], json!({}))],
        &[
            (device(json!({ "isCompliant": true })), UNCHANGED),
            (device(json!({ "isCompliant": false })), BLOCKED),
            (device(json!({ "isCompliant": null })), MAYBE),
            (device(json!({ "isCompliant": null, "isManaged": true })), MAYBE),
            (mail("Ios 18.2", true), UNCHANGED),
            (mail("Android 14", false), BLOCKED),
            (mail("Windows10", true), BLOCKED),
            (diagnostic(json!({})), MAYBE),
            (workspace(json!({})), UNCHANGED),
            (
                workspace(json!({
                    "DeviceDetail": null, "DeviceDetail_dynamic": "", "DeviceDetail_string": "{\"isCompliant\":true}",
                })),
                UNCHANGED,
            ),
        ],
    );
    check(
        &[policy(&["domainJoinedDevice"], json!({}))],
        &[
            (device(json!({ "trustType": "Hybrid Azure AD joined" })), UNCHANGED),
            (device(json!({ "trustType": "Microsoft Entra hybrid joined" })), UNCHANGED),
            (device(json!({ "trustType": "ServerAD" })), UNCHANGED),
            (device(json!({ "trustType": "Azure AD joined" })), BLOCKED),
            (device(json!({ "trustType": "Azure AD registered" })), BLOCKED),
            (device(json!({ "trustType": "" })), BLOCKED),
            (device(json!({ "trustType": null })), MAYBE),
            (device(json!({ "trustType": "joined somehow" })), MAYBE),
            (diagnostic(json!({ "properties": { "deviceDetail": { "trustType": "" } } })), MAYBE),
        ],
    );
    // Enrolment is spared from what only an enrolled device can meet.
    let enrolment = json!({ "conditionalAccessAudiences": ["d4ebce55-015a-49b5-a083-c84d1797ae8c"] });
    check(&[policy(&["compliantDevice"], json!({}))], &[(graph(enrolment), UNCHANGED)]);
    let filter =
        |rule: &str| [block(json!({ "devices": { "deviceFilter": { "mode": "include", "rule": rule } } }))];
    check(
        &filter("device.trustType -eq \"AzureAD\""),
        &[
            (device(json!({ "trustType": "Azure AD joined" })), BLOCKED),
            (device(json!({ "trustType": "Microsoft Entra joined" })), BLOCKED),
            (device(json!({ "trustType": "Azure AD registered" })), UNCHANGED),
        ],
    );
    check(&filter("device.deviceId -eq \"d1\""), &[(device(json!({ "deviceId": "d1" })), BLOCKED)]);
    check(
        &filter("device.displayName -startsWith \"KIOSK\""),
        &[(device(json!({ "displayName": "KIOSK-7" })), BLOCKED)],
    );
    check(&filter("device.model -eq \"Surface\""), &[(device(json!({ "deviceId": "d1" })), MAYBE)]);
}

#[test]
fn places() {
    let hq = json!({ "@odata.type": "#microsoft.graph.ipNamedLocation", "id": HQ, "displayName": "HQ",
        "isTrusted": true, "ipRanges": [{ "cidrAddress": "198.51.100.0/24" }] });
    let swiss = json!({ "@odata.type": "#microsoft.graph.countryNamedLocation", "id": GROUP,
        "displayName": "CH", "countriesAndRegions": ["CH"], "includeUnknownCountriesAndRegions": false });
    let outside =
        |id: &str| block(json!({ "locations": { "includeLocations": ["All"], "excludeLocations": [id] } }));
    let from = |address: Value| graph(json!({ "ipAddress": address }));
    check(
        &[outside(HQ), hq.clone()],
        &[
            (from(json!("198.51.100.9")), UNCHANGED),
            (from(json!("203.0.113.7")), BLOCKED),
            (from(json!(null)), MAYBE),
            (
                diagnostic(json!({ "callerIpAddress": "198.51.100.9", "properties": { "ipAddress": null } })),
                UNCHANGED,
            ),
            (workspace(json!({ "IPAddress": "198.51.100.9" })), UNCHANGED),
        ],
    );
    check(
        &[outside(GROUP), swiss],
        &[
            (graph(json!({})), UNCHANGED),
            (graph(json!({ "location": { "countryOrRegion": "de" } })), BLOCKED),
            (graph(json!({ "location": null })), MAYBE),
            (graph(json!({ "location": { "countryOrRegion": "" } })), MAYBE),
            (workspace(json!({})), UNCHANGED),
            (workspace(json!({ "LocationDetails": null })), UNCHANGED),
            (workspace(json!({ "LocationDetails": null, "Location": "Oslo, Oslo, NO" })), BLOCKED),
        ],
    );
    let network = |kinds: Value| graph(json!({ "networkLocationDetails": kinds }));
    let kind = |kind: &str| json!([{ "networkType": kind, "networkNames": ["x"] }]);
    let by_phone = json!({ "@odata.type": "#microsoft.graph.countryNamedLocation", "id": GROUP, "displayName": "CH",
        "countriesAndRegions": ["CH"], "countryLookupMethod": "authenticatorAppGps",
        "includeUnknownCountriesAndRegions": false });
    check(&[outside(GROUP), by_phone], &[(graph(json!({})), MAYBE)]);
    check(&[outside("3d46dbda-8382-466a-856d-eb00cbc6b910")], &[(graph(json!({})), MAYBE)]);
    check(
        &[outside("AllTrusted")],
        &[
            (network(kind("trustedNamedLocation")), UNCHANGED),
            (network(kind("trusted")), UNCHANGED),
            (network(kind("namedNetwork")), BLOCKED),
            (network(kind("extranet")), BLOCKED),
            (network(kind("intranet")), BLOCKED),
            (
                workspace(json!({ "NetworkLocationDetails": kind("trustedNamedLocation").to_string() })),
                UNCHANGED,
            ),
        ],
    );
    check(
        &[outside("AllTrusted"), hq],
        &[
            // The network that was trusted then is not among those that files trust now.
            (network(kind("trustedNamedLocation")), MAYBE),
            (network(kind("namedNetwork")), BLOCKED),
            (network(json!([])), MAYBE),
            (network(kind("something new")), MAYBE),
            // What files trust now counts, whatever the service thought then.
            (merged(from(json!("198.51.100.9")), json!({})), UNCHANGED),
        ],
    );
}

#[test]
fn risk_and_flows() {
    let risky = [block(json!({ "signInRiskLevels": ["high"] }))];
    let risk = |level: Value| graph(json!({ "riskLevelDuringSignIn": level }));
    check(
        &risky,
        &[
            (risk(json!("high")), BLOCKED),
            (risk(json!("none")), UNCHANGED),
            (risk(json!("hidden")), MAYBE),
            (risk(json!("unknownFutureValue")), MAYBE),
            (risk(json!(null)), MAYBE),
            (workspace(json!({ "RiskLevelDuringSignIn": "2" })), BLOCKED),
            (workspace(json!({ "RiskLevelDuringSignIn": "4" })), UNCHANGED),
        ],
    );
    check(
        &[block(json!({ "userRiskLevels": ["high"] }))],
        &[(graph(json!({ "riskLevelAggregated": "none" })), MAYBE)],
    );
    check(&[block(json!({ "insiderRiskLevels": "elevated" }))], &[(graph(json!({})), MAYBE)]);
    let flow = |method: Value, protocol: Value| {
        graph(json!({ "originalTransferMethod": method, "authenticationProtocol": protocol }))
    };
    check(
        &[block(json!({ "authenticationFlows": { "transferMethods": "deviceCodeFlow" } }))],
        &[
            (flow(json!("deviceCodeFlow"), json!("none")), BLOCKED),
            (flow(json!("none"), json!("deviceCode")), BLOCKED),
            (flow(json!(null), json!("deviceCode")), BLOCKED),
            (flow(json!("none"), json!("none")), UNCHANGED),
            (flow(json!(null), json!("none")), MAYBE),
            (flow(json!("authenticationTransfer"), json!("none")), UNCHANGED),
        ],
    );
    check(
        &[block(json!({ "authenticationFlows": { "transferMethods": "authenticationTransfer" } }))],
        &[
            (flow(json!("accountTransfer"), json!("none")), BLOCKED),
            (flow(json!("none"), json!("authenticationTransfer")), BLOCKED),
        ],
    );
}

#[test]
fn what_was_met() {
    let status = |detail: &str| graph(json!({ "status": { "additionalDetails": detail } }));
    let step = |step: Value| graph(json!({ "authenticationDetails": [step] }));
    let key = json!({ "authenticationMethod": "FIDO2 security key", "succeeded": true });
    check(
        &[policy(&["mfa"], json!({}))],
        &[
            (graph(json!({})), MAYBE),
            (status("MFA requirement satisfied by claim in the token"), UNCHANGED),
            (status("MFA completed in Azure AD"), UNCHANGED),
            (status("MFA requirement skipped due to IP address"), MAYBE),
            (graph(json!({ "authenticationRequirement": "multiFactorAuthentication" })), UNCHANGED),
            (
                graph(json!({
                    "authenticationRequirement": "multiFactorAuthentication",
                    "status": { "additionalDetails": "MFA requirement skipped due to IP address" },
                })),
                MAYBE,
            ),
            (
                step(
                    json!({ "authenticationStepResultDetail": "MFA requirement satisfied by claim in the token" }),
                ),
                UNCHANGED,
            ),
            (step(key.clone()), UNCHANGED),
            (step(json!({ "authenticationMethod": "Password", "succeeded": true })), MAYBE),
            (
                workspace(
                    json!({ "Status": "{\"errorCode\":0,\"additionalDetails\":\"MFA requirement satisfied by claim in the token\"}" }),
                ),
                UNCHANGED,
            ),
        ],
    );
    let strength = |digit: u8| {
        let id = format!("00000000-0000-0000-0000-00000000000{digit}");
        [merged(
            policy(&[], json!({})),
            json!({ "grantControls": { "authenticationStrength": { "id": id } } }),
        )]
    };
    let hello = json!({ "authenticationMethod": "Windows Hello for Business", "succeeded": true });
    let failed = json!({ "authenticationMethod": "FIDO2 security key", "succeeded": false });
    check(
        &strength(4),
        &[
            (step(key.clone()), UNCHANGED),
            (step(hello), UNCHANGED),
            (
                step(
                    json!({ "authenticationMethod": "Passkey (Microsoft Authenticator)", "succeeded": true }),
                ),
                UNCHANGED,
            ),
            (step(failed), MAYBE),
            (status("MFA requirement satisfied by claim in the token"), MAYBE),
        ],
    );
    check(
        &strength(3),
        &[(
            step(json!({ "authenticationMethod": "Passwordless phone sign-in", "succeeded": true })),
            UNCHANGED,
        )],
    );
    check(&strength(2), &[(step(key), UNCHANGED), (status("MFA completed in Azure AD"), UNCHANGED)]);
    // Either way in is enough, and both are needed under `AND`.
    let mut both = policy(&["mfa", "compliantDevice"], json!({}));
    check(&[both.clone()], &[(graph(json!({ "deviceDetail": { "isCompliant": true } })), UNCHANGED)]);
    both["grantControls"]["operator"] = json!("AND");
    check(&[both], &[(graph(json!({ "deviceDetail": { "isCompliant": true } })), MAYBE)]);
}

#[test]
fn guests_without_told_trust_are_left_open() {
    let guest = graph(json!({
        "userType": "guest", "crossTenantAccessType": "b2bCollaboration", "homeTenantId": HOME,
        "deviceDetail": { "isCompliant": true },
    }));
    check(&[policy(&["compliantDevice"], json!({}))], &[(guest.clone(), MAYBE)]);
    check(&[block(json!({}))], &[(guest, BLOCKED)]);
}

#[test]
fn records_that_are_not_judged() {
    let id = |number: u8| format!("0a0a0a0a-0000-4000-8000-0000000000{number:02}");
    let log = [
        graph(json!({ "id": id(1) })),
        graph(json!({ "id": id(1), "riskLevelDuringSignIn": "low" })),
        graph(json!({ "id": id(2), "status": { "errorCode": 50126 } })),
        diagnostic(json!({ "category": "AuditLogs" })),
        diagnostic(json!({ "category": "ADFSSignInLogs" })),
        workspace(json!({ "Category": null, "Type": "ADFSSignInLogs" })),
        diagnostic(json!({ "properties": { "id": id(3), "resourceTenantId": HOME } })),
        graph(json!({ "id": id(4), "status": null })),
        diagnostic(json!({ "properties": { "id": id(5), "status": null } })),
        workspace(json!({ "Id": id(6), "Status": null, "ResultType": "53003" })),
    ];
    let (report, code) = report(&[block(json!({}))], "log.json", json!(log).to_string(), &[]);
    assert_eq!(
        report["records"],
        json!({
            "total": 10, "successful": 2, "notSuccessful": 2, "repeated": 1, "inAnotherTenant": 1,
            "withoutResult": 1, "ofAnotherLog": 3, "unreadable": 0,
            "missingLogs": ["non-interactive sign-ins", "service principals", "managed identities"],
        })
    );
    assert_eq!(code, Some(1));
}

#[test]
fn records_and_people_are_counted_once() {
    let record = |id: &str, code: u32, user: &str| {
        graph(
            json!({ "id": id, "status": { "errorCode": code }, "userId": user, "userPrincipalName": format!("{user}@contoso.com") }),
        )
    };
    // What was interrupted and then went through counts, in whatever order the two stand.
    for codes in [[50074, 0, 0], [0, 50074, 0], [0, 0, 50074]] {
        let log = codes.map(|code| record("a", code, "alice"));
        let (told, _) = report(&[block(json!({}))], "log.json", json!(log).to_string(), &[]);
        let records = &told["records"];
        assert_eq!(
            [&records["successful"], &records["repeated"], &records["notSuccessful"]],
            [1, 1, 1],
            "{codes:?}"
        );
    }
    let log = [
        record("a", 0, "alice"),
        record("b", 0, "ALICE"),
        record("c", 0, "bob"),
        record("d", 50126, "carol"),
    ];
    let (told, _) = report(&[block(json!({}))], "log.json", json!(log).to_string(), &[]);
    assert_eq!(told["endings"]["blocked"], json!({ "signIns": 3, "people": 2 }));
    // Records without ids are not taken for one another, and people without ids are told apart by their names.
    let csv = format!(
        "Username,Status,Resource ID\nalice@contoso.com,Success,{APP}\nAlice@contoso.com,Success,{APP}\n\
         bob@contoso.com,Success,{APP}\n"
    );
    let (told, _) = report(&[block(json!({}))], "log.csv", csv, &[]);
    assert_eq!(told["endings"]["blocked"], json!({ "signIns": 3, "people": 2 }));
    // Of two policies and two apps, each person counts once in each sum.
    let log = ["Payroll", "Mail"].map(|app| graph(json!({ "id": app, "appDisplayName": app })));
    let both = [block(json!({})), merged(block(json!({})), json!({ "id": HQ, "displayName": "CA002" }))];
    let (told, _) = report(&both, "log.json", json!(log).to_string(), &[]);
    assert_eq!(told["endings"]["blocked"], json!({ "signIns": 2, "people": 1 }));
    for policy in told["policies"].as_array().unwrap() {
        assert_eq!((&policy["signIns"], &policy["people"]), (&json!(2), &json!(1)));
        assert_eq!(policy["apps"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn every_container() {
    let one = graph(json!({ "id": "a" }));
    let two = graph(json!({ "id": "b" }));
    let pretty = serde_json::to_string_pretty(&one).unwrap();
    let page = json!({ "@odata.context": "x", "value": [one, two], "@odata.nextLink": "y}]" });
    let upper: String =
        one.to_string().replace("\"userId\"", "\"UserId\"").replace("\"status\"", "\"Status\"");
    let hub = json!({ "records": [diagnostic(json!({ "properties": { "id": "a" } })), diagnostic(json!({ "properties": { "id": "b" } }))] });
    let stringified = diagnostic(json!({ "properties": null }));
    let stringified = merged(stringified, json!({ "properties": graph(json!({ "id": "a" })).to_string() }));
    for (what, text, count) in [
        ("a list", json!([one, two]).to_string(), 2),
        ("a list over lines", serde_json::to_string_pretty(&json!([one, two])).unwrap(), 2),
        ("lines", format!("{one}\n{two}\n"), 2),
        ("lines with Windows ends and blank ones", format!("{one}\r\n\r\n{two}\r\n"), 2),
        ("a page", page.to_string(), 2),
        ("a page over lines", serde_json::to_string_pretty(&page).unwrap(), 2),
        (
            "pages one after the other",
            format!("{page}{}", json!({ "value": [graph(json!({ "id": "c" }))] })),
            3,
        ),
        ("pages as lines", format!("{page}\n{}\n", json!({ "value": [graph(json!({ "id": "c" }))] })), 3),
        ("objects one after the other", format!("{pretty}\n{two}"), 2),
        ("objects with commas", format!("{one},\n{two},\n"), 2),
        ("one object", one.to_string(), 1),
        ("diagnostic settings", hub.to_string(), 2),
        ("diagnostic settings as lines", format!("{hub}\n{hub}\n"), 2),
        ("properties as a text", stringified.to_string(), 1),
        ("records as texts", json!([one.to_string(), two.to_string()]).to_string(), 2),
        ("names in upper case", upper, 1),
        ("an empty page and a full one", format!("{}\n{page}", json!({ "value": [] })), 2),
        (
            "pages as lines, with long links before the records",
            format!(
                "{}\n{page}\n",
                page.to_string().replacen('{', &format!("{{\"@odata.nextLink\":\"{}\",", "x".repeat(400)), 1)
            ),
            2,
        ),
        ("files with byte order marks, one after the other", format!("\u{feff}{one}\n\u{feff}{two}\n"), 2),
        ("lists with byte order marks", format!("\u{feff}{}\n\u{feff}{}", json!([one]), json!([two])), 2),
        ("a byte order mark", format!("\u{feff}{}", json!([one])), 1),
    ] {
        let (report, code) = report(&[block(json!({}))], "log.txt", &text, &[]);
        assert_eq!(report["endings"]["blocked"]["signIns"], count, "{what}: {report}");
        assert_eq!((&report["records"]["unreadable"], code), (&json!(0), Some(1)), "{what}");
    }
    let marked = format!("\u{feff}{}", json!([one]));
    for utf16 in [
        marked.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
        marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ] {
        let (report, _) = report(&[block(json!({}))], "log.json", utf16, &[]);
        assert_eq!(report["endings"]["blocked"]["signIns"], 1);
    }
}

/// An answer of the Log Analytics API.
fn tables(columns: &[&str], rows: &[Value]) -> Value {
    let columns: Vec<_> = columns.iter().map(|name| json!({ "name": name, "type": "string" })).collect();
    json!({ "tables": [
        { "name": "PrimaryResult", "columns": columns, "rows": rows },
        { "name": "Statistics", "columns": [{ "name": "Value", "type": "string" }], "rows": [] },
    ] })
}

#[test]
fn answers_of_the_log_analytics_api() {
    let row = workspace(json!({}));
    let names: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
    let cells = |id: &str| {
        let row = workspace(json!({ "Id": id, "NetworkLocationDetails": null }));
        Value::Array(names.iter().map(|name| row[name].clone()).collect())
    };
    let good = [cells("a"), cells("b")];
    let compliant = policy(&["compliantDevice"], json!({ "platforms": { "includePlatforms": ["windows"] } }));
    let answer = tables(&names, &good);
    for text in
        [answer.to_string(), serde_json::to_string_pretty(&answer).unwrap(), format!("{answer}\n{answer}\n")]
    {
        let (told, code) = report(&[block(json!({}))], "log.json", &text, &[]);
        assert_eq!(told["endings"]["blocked"], json!({ "signIns": 2, "people": 1 }), "{told}");
        assert_eq!((&told["records"]["unreadable"], code), (&json!(0), Some(1)));
        let (told, _) = report(std::slice::from_ref(&compliant), "log.json", &text, &[]);
        assert_eq!(told["endings"]["unchanged"]["signIns"], 2, "{told}");
    }
    let short = tables(&names, &[cells("a"), json!(["b"]), json!({ "Id": "c" }), cells("d")]);
    let (told, code) = report(&[block(json!({}))], "log.json", short.to_string(), &[]);
    assert_eq!(
        (&told["endings"]["blocked"]["signIns"], &told["records"]["unreadable"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(told["unreadable"][0]["why"], format!("it has 1 column where the header has {}", names.len()));
    assert_eq!(code, Some(2));
    let late = json!({ "tables": [{ "rows": good, "z": [], "columns": [] }] });
    let late = late.to_string().replace("\"columns\":[],", "");
    let (told, code) = report(&[block(json!({}))], "log.json", late, &[]);
    assert_eq!((&told["records"]["total"], code), (&json!(1), Some(2)));
    assert_eq!(told["unreadable"][0]["why"], "no columns stand before the rows");
}

fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_logs() {
    let line = |id: &str| format!("{}\n", graph(json!({ "id": id })));
    let lines: String = (0..3000).map(|number| line(&number.to_string())).collect();
    let blocked = |bytes: Vec<u8>| {
        let (told, code) = report(&[block(json!({}))], "log.json.gz", bytes, &[]);
        (told["endings"]["blocked"]["signIns"].as_u64().unwrap(), told["unreadable"].clone(), code)
    };
    assert_eq!(blocked(compressed(&lines)), (3000, json!([]), Some(1)));
    // As `cat` puts two files together.
    let two = [compressed(&line("a")), compressed(&line("b"))].concat();
    assert_eq!(blocked(two), (2, json!([]), Some(1)));
    let csv = format!("UserId,Status,ResourceIdentity\n{USER},Success,{APP}\n");
    assert_eq!(blocked(compressed(&csv)), (1, json!([]), Some(1)));
    for text in [lines.as_str(), &csv] {
        let mut cut = compressed(text);
        cut.truncate(cut.len() - 9);
        let (_, unreadable, code) = blocked(cut);
        assert_eq!((unreadable.as_array().unwrap().len(), code), (1, Some(2)), "{unreadable}");
    }
    let mut damaged = compressed(&lines);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    let (_, unreadable, code) = blocked(damaged);
    assert!(!unreadable.as_array().unwrap().is_empty());
    assert_eq!(code, Some(2));
    for header in [vec![0x1f, 0x8b], vec![0x1f, 0x8b, 8, 0, 0, 0]] {
        let (_, unreadable, code) = blocked(header);
        assert_eq!((unreadable.as_array().unwrap().len(), code), (1, Some(2)), "{unreadable}");
    }
}

#[test]
fn a_record_that_is_too_long_costs_itself_alone() {
    let long = graph(json!({ "id": "long", "aaa": "x".repeat(17 << 20) }));
    let (a, b) = (graph(json!({ "id": "a" })), graph(json!({ "id": "b" })));
    for text in [format!("[{a},\n{long},\n{b}]"), format!("{a}\n{long}\n{b}\n")] {
        let (told, code) = report(&[block(json!({}))], "log.json", text, &[]);
        assert_eq!(told["records"]["total"], 3, "{}", told["unreadable"]);
        assert_eq!(told["endings"]["blocked"]["signIns"], 2);
        assert_eq!(
            told["unreadable"],
            json!([
                { "path": "log.json", "line": 2, "record": 2, "why": "it is too long for a record" },
            ])
        );
        assert_eq!(code, Some(2));
    }
}

#[test]
fn what_is_inside_a_damaged_record_is_no_sign_in() {
    let pretty = |id: &str| {
        serde_json::to_string_pretty(&graph(json!({ "id": id, "appDisplayName": "Pay|roll" }))).unwrap()
    };
    let damaged = pretty("damaged").replace("Pay|roll", "Pay\nroll");
    let text = format!("[{},\n{damaged},\n{}]", pretty("a"), pretty("b"));
    let (told, code) = report(&[block(json!({}))], "log.json", text, &[]);
    assert_eq!(told["records"]["successful"], 2, "{told}");
    assert_eq!(told["endings"]["blocked"], json!({ "signIns": 2, "people": 1 }));
    assert_eq!(code, Some(2));
}

#[test]
fn files_that_are_no_logs_are_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.json"), block(json!({})).to_string()).unwrap();
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    fs::write(logs.join("a.json"), graph(json!({ "id": "a" })).to_string()).unwrap();
    fs::write(logs.join("z.json"), graph(json!({ "id": "z" })).to_string()).unwrap();
    let utf16: Vec<u8> =
        json!([graph(json!({}))]).to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (what, bytes, why) in [
        ("an empty file", b"".as_slice(), "the file is empty"),
        ("blanks", b" \n\n", "the file is empty"),
        (
            "a note",
            b"these are the logs of May",
            "it is no JSON, and its first line names no column of a sign-in log",
        ),
        (
            "another table",
            b"Datum,Benutzer\n1.5.2026,Alice\n",
            "it is no JSON, and its first line names no column of a sign-in log",
        ),
        ("columns in another encoding", b"Date,B\xfcro\n1,2\n", "CSV parse error"),
        ("a cell in another encoding", b"User ID,Status\nB\xfcro,Success\n", "CSV parse error"),
        ("UTF-16 that does not say so", &utf16, "it is no text, or UTF-16 without the mark that says so"),
        ("pictures", b"\x89PNG\r\n\x1a\n\0\0", "it is no text, or UTF-16 without the mark that says so"),
    ] {
        fs::write(logs.join("m.txt"), bytes).unwrap();
        let mut command = common::calint(folder.path());
        command.args(["replay", "logs", "p.json", "--no-config", "--format", "json"]);
        let (out, _, code) = common::ran(command.output().unwrap());
        let told: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told["endings"]["blocked"]["signIns"], 2, "{what}: {told}");
        let shown = &told["unreadable"][0];
        assert_eq!(shown["path"].as_str().unwrap().replace('\\', "/"), "logs/m.txt", "{what}");
        assert!(shown["why"].as_str().unwrap().starts_with(why), "{what}: {shown}");
        assert!(shown["line"].as_u64().unwrap() > 0, "{what}: {shown}");
        assert_eq!(code, Some(2), "{what}");
    }
}

#[test]
fn csv_of_the_portal_and_of_log_analytics() {
    let set = [policy(&["compliantDevice"], json!({ "platforms": { "includePlatforms": ["windows"] } }))];
    let portal = format!(
        "Date (UTC),Request ID,User ID,Username,User type,Cross tenant access type,Application,\"Application ID \",\
         Resource,\"Resource ID \",IP address,Location,Status,Sign-in error code,Client app,Operating System,Compliant,\
         Join Type,Multifactor authentication result,Incoming token type,Incoming token type\n\
         2026-01-05T08:00:00Z,a,{USER},alice@contoso.com,member,none,\"Pay, roll\",{OTHER_APP},x,{APP},203.0.113.7,\
         \"Zurich, Zurich, CH\",Success,,Browser,Windows10,No,,,none,none\n\
         2026-01-05T08:00:00Z,b,{USER},alice@contoso.com,member,none,Payroll,{OTHER_APP},x,{APP},203.0.113.7,\
         \"Zurich, Zurich, CH\",Success,,Browser,Windows10,Yes,,,none,none\n\
         2026-01-05T08:00:00Z,c,{USER},alice@contoso.com,member,none,Payroll,{OTHER_APP},x,{APP},203.0.113.7,\
         \"Zurich, Zurich, CH\",Success,,Browser,Windows10,,,,none,none\n\
         2026-01-05T08:00:00Z,d,{USER},alice@contoso.com,member,none,Payroll,{OTHER_APP},x,{APP},203.0.113.7,\
         ,Failure,50126,Browser,Windows10,,,,none,none\n"
    );
    let counts = |report: &Value| {
        ["blocked", "mayBeBlocked", "unchanged"]
            .map(|name| report["endings"][name]["signIns"].as_u64().unwrap())
    };
    let (told, code) = report(&set, "portal.csv", portal, &[]);
    assert_eq!((counts(&told), code), ([1, 1, 1], Some(1)), "{told}");
    assert_eq!(told["records"]["notSuccessful"], 1);
    assert_eq!(told["policies"][0]["apps"][0]["app"], "Pay, roll");
    let workspace = format!(
        "Category,ResultType,\"CreatedDateTime [UTC]\",Id,UserId,UserType,ResourceIdentity,ClientAppUsed,IsInteractive,\
         DeviceDetail_dynamic,DeviceDetail_string,Status_dynamic\n\
         SignInLogs,0,\"1/5/2026, 8:00:00.000 AM\",a,{USER},Member,{APP},Browser,TRUE,\
         \"{{\"\"operatingSystem\"\":\"\"Windows 10\"\",\n \"\"isCompliant\"\":true}}\",,\"{{\"\"errorCode\"\":0}}\"\n\
         NonInteractiveUserSignInLogs,0,\"1/5/2026, 8:00:00.000 AM\",b,{USER},Member,{APP},Browser,FALSE,\
         ,\"{{\"\"operatingSystem\"\":\"\"Windows 10\"\"}}\",\"{{\"\"errorCode\"\":0}}\"\n"
    );
    let (told, _) = report(&set, "workspace.csv", workspace, &[]);
    assert_eq!(counts(&told), [0, 1, 1], "{told}");
    assert_eq!(told["policies"][0]["apps"][0]["example"]["line"], 4);
    assert_eq!(told["records"]["missingLogs"], json!(["service principals", "managed identities"]));
}

#[test]
fn damage_is_counted_and_named() {
    let good = |id: &str| graph(json!({ "id": id })).to_string();
    for (what, text, line, count) in [
        ("a damaged line", format!("{}\n{{\"id\": \"x\n{}\n", good("a"), good("b")), 2, 2),
        ("a damaged first line", format!("{{\"id\": \"x\",\n{}\n{}\n", good("a"), good("b")), 1, 2),
        ("a damaged element", format!("[{},\n{{\"id\" 1}},\n{}]", good("a"), good("b")), 2, 2),
        ("a number", format!("[{},\n17,\n{}]", good("a"), good("b")), 2, 2),
        ("an element that is no sign-in", format!("[{},\n{{\"a\": 1}}, {}]", good("a"), good("b")), 2, 2),
        ("a bracket too many", format!("[{},\n{}]\n]\n", good("a"), good("b")), 3, 2),
        ("a list without an end", format!("[{},\n{}", good("a"), good("b")), 2, 2),
        ("an object without an end", format!("[{},\n{{\"id\": ", good("a")), 2, 1),
        (
            "a row that is too short",
            format!("UserId,Status,ResourceIdentity\n{USER},Success,{APP}\n{USER}\n"),
            3,
            1,
        ),
    ] {
        let (report, code) = report(&[block(json!({}))], "log.txt", &text, &[]);
        assert_eq!(report["records"]["unreadable"], 1, "{what}: {report}");
        assert_eq!(report["unreadable"][0]["line"], line, "{what}: {report}");
        assert_eq!(report["endings"]["blocked"]["signIns"], count, "{what}: {report}");
        assert_eq!(code, Some(2), "{what}");
    }
    // Whatever a quote swallows that is not closed.
    let row = format!("{USER},Success,{APP},\"Pay\nroll\"\n");
    let head = "User ID,Status,Resource ID,Application\n";
    let open = format!("{USER},Success,{APP},\"Mail\n");
    for (text, count) in
        [(format!("{head}{row}{open}{USER},Success,{APP},x\n"), 1), (format!("{head}{open}"), 0)]
    {
        let (told, code) = report(&[block(json!({}))], "log.csv", text, &[]);
        assert_eq!(told["unreadable"][0]["why"], "a quote is not closed, here or before", "{told}");
        assert_eq!((&told["endings"]["blocked"]["signIns"], code), (&json!(count), Some(2)));
    }
    let endless = format!("{head}{row}{open}{}", format!("{USER},Success,{APP},x\n").repeat(200_000));
    let (told, code) = report(&[block(json!({}))], "log.csv", endless, &[]);
    assert!(told["unreadable"][0]["why"].as_str().unwrap().contains("too long for a record"), "{told}");
    assert_eq!((&told["endings"]["blocked"]["signIns"], code), (&json!(1), Some(2)));
    for text in ["", "  \n", "[]", "{\"value\": []}", "a,b\n"] {
        let (_, _, code) = run(&[block(json!({}))], "log.txt", text, &[]);
        assert_eq!(code, Some(2), "{text:?} holds no sign-ins");
    }
    let endless = graph(json!({ "status": null })).to_string();
    let (out, _, code) = run(&[block(json!({}))], "log.txt", endless, &[]);
    assert!(out.contains("left out: 1 without a result"), "{out}");
    assert_eq!(code, Some(2), "nothing tells which sign-ins were successful");
    let (_, err, code) = run(&[block(json!({}))], "log.txt", good("a"), &["missing-folder"]);
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn exit_codes_and_report_only() {
    let log = graph(json!({})).to_string();
    let code = |policy: &Value, args: &[&str]| run(std::slice::from_ref(policy), "log.json", &log, args).2;
    let (blocks, asks) = (block(json!({})), policy(&["mfa"], json!({})));
    let quiet = block(json!({ "platforms": { "includePlatforms": ["linux"] } }));
    assert_eq!(code(&blocks, &[]), Some(1));
    assert_eq!(code(&blocks, &["--fail-on", "never"]), Some(0));
    assert_eq!(code(&asks, &[]), Some(0));
    assert_eq!(code(&asks, &["--fail-on", "may-be-blocked"]), Some(1));
    assert_eq!(code(&quiet, &["--fail-on", "may-be-blocked"]), Some(0));
    let with = |state: &str| merged(blocks.clone(), json!({ "state": state }));
    assert_eq!(code(&with("enabledForReportingButNotEnforced"), &[]), Some(0));
    assert_eq!(code(&with("enabledForReportingButNotEnforced"), &["--once-enabled"]), Some(1));
    assert_eq!(code(&with("disabled"), &["--once-enabled"]), Some(0));
    let mut open = blocks.clone();
    open["state"] = json!("{{state}}");
    assert_eq!(ending(&[open], &graph(json!({}))), MAYBE);
}

#[test]
fn answers_are_compared_with_what_the_service_recorded() {
    let id = "2d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d22";
    let with = |result: Value| {
        let result = merged(json!({ "id": id, "displayName": "renamed" }), result);
        let defaults = json!({ "id": "SecurityDefaults", "result": "success" });
        let gone = json!({ "id": HQ, "displayName": "gone", "result": "success" });
        graph(json!({ "appliedConditionalAccessPolicies": [result, defaults, gone] }))
    };
    let counts = |policies: &[Value], record: &Value| {
        let (report, _) = report(policies, "log.json", record.to_string(), &[]);
        let told = &report["comparedWithService"];
        (
            ["agree", "undecided", "differ"].map(|name| told[name].as_u64().unwrap()),
            told["differences"][0]["how"].clone(),
        )
    };
    let windows =
        |controls: &[&str]| [policy(controls, json!({ "platforms": { "includePlatforms": ["windows"] } }))];
    let linux = [policy(&["mfa"], json!({ "platforms": { "includePlatforms": ["linux"] } }))];
    for result in ["notApplied", "reportOnlyNotApplied"] {
        assert_eq!(counts(&linux, &with(json!({ "result": result }))).0, [1, 0, 0]);
    }
    let (told, how) = counts(&linux, &with(json!({ "result": "success" })));
    assert_eq!(told, [0, 0, 1]);
    assert_eq!(how, "here it does not apply because of devicePlatform; there it does");
    for not_satisfied in [json!("location,ipAddressSeenByAzureAD"), json!(1032), json!("1032")] {
        let record = with(json!({ "result": "notApplied", "conditionsNotSatisfied": not_satisfied }));
        let (told, how) = counts(&windows(&["mfa"]), &record);
        assert_eq!(told, [0, 0, 1]);
        assert_eq!(how, "here it applies; there it does not because of location, ipAddressSeenByAzureAD");
    }
    assert_eq!(counts(&windows(&["mfa"]), &with(json!({ "result": "success" }))).0, [0, 1, 0]);
    assert_eq!(counts(&windows(&["block"]), &with(json!({ "result": "success" }))).0, [0, 0, 1]);
    assert_eq!(counts(&windows(&["block"]), &with(json!({ "result": "reportOnlyFailure" }))).0, [1, 0, 0]);
    assert_eq!(counts(&windows(&["mfa"]), &with(json!({ "result": "unknownFutureValue" }))).0, [0, 0, 0]);
    let met = json!({ "authenticationRequirement": "multiFactorAuthentication" });
    for (result, expected) in
        [("reportOnlySuccess", [1, 0, 0]), ("reportOnlyInterrupted", [0, 0, 1]), ("9", [0, 0, 1])]
    {
        let record = merged(with(json!({ "result": result })), met.clone());
        assert_eq!(counts(&windows(&["mfa"]), &record).0, expected, "{result}");
    }
    assert_eq!(counts(&windows(&["mfa"]), &with(json!({ "result": "notEnabled" }))).0, [0, 0, 1]);
    let disabled = [merged(policy(&["mfa"], json!({})), json!({ "state": "disabled" }))];
    assert_eq!(counts(&disabled, &with(json!({ "result": "notEnabled" }))).0, [1, 0, 0]);
    assert_eq!(counts(&disabled, &with(json!({ "result": "success" }))).0, [0, 0, 1]);
    // Where both say that it does not apply, and where that cannot be told here, the conditions are compared.
    let on_linux = |satisfied: Value, not_satisfied: Value| {
        let result = json!({ "conditionsSatisfied": satisfied, "conditionsNotSatisfied": not_satisfied });
        counts(&linux, &with(merged(json!({ "result": "notApplied" }), result)))
    };
    assert_eq!(on_linux(json!("application,users"), json!("devicePlatform")).0, [1, 0, 0]);
    assert_eq!(on_linux(json!("none"), json!("none")).0, [1, 0, 0]);
    for (satisfied, not_satisfied) in
        [(json!("none"), json!("application")), (json!(0), json!(1)), (json!("0"), json!("1"))]
    {
        let (told, how) = on_linux(satisfied, not_satisfied);
        assert_eq!(told, [0, 0, 1]);
        assert_eq!(how, "here it fits by application; there it does not");
    }
    let (told, how) = on_linux(json!(7), json!(16));
    assert_eq!(told, [0, 0, 1]);
    assert_eq!(how, "here it does not fit by devicePlatform; there it does");
    let spared = block(
        json!({ "users": { "excludeGroups": [GROUP] }, "platforms": { "includePlatforms": ["windows"] } }),
    );
    let result = |not_satisfied: &str| {
        with(json!({ "result": "notApplied", "conditionsNotSatisfied": not_satisfied }))
    };
    assert_eq!(counts(std::slice::from_ref(&spared), &result("users")).0, [0, 1, 0]);
    assert_eq!(counts(&[spared], &result("devicePlatform")).0, [0, 0, 1]);
    // A sign-in that a policy refused is compared, one that was interrupted is not.
    let refused =
        |code: u32| merged(with(json!({ "result": "failure" })), json!({ "status": { "errorCode": code } }));
    assert_eq!(counts(&windows(&["block"]), &refused(53003)).0, [1, 0, 0]);
    assert_eq!(counts(&windows(&["block"]), &refused(50097)).0, [0, 0, 0]);
    // By name where the file has no id.
    let mut unnamed = policy(&["block"], json!({}));
    unnamed.as_object_mut().unwrap().remove("id");
    let by_name = with(json!({ "displayName": "CA001", "result": "failure" }));
    assert_eq!(counts(&[unnamed.clone()], &by_name).0, [1, 0, 0]);
    unnamed["displayName"] = json!("Security Defaults");
    let defaults =
        json!([{ "id": "SecurityDefaults", "displayName": "Security Defaults", "result": "success" }]);
    let defaults = graph(json!({ "appliedConditionalAccessPolicies": defaults }));
    assert_eq!(counts(&[unnamed], &defaults).0, [0, 0, 0]);
    // Log Analytics writes the list as a text, in a column of another name.
    let row = workspace(
        json!({ "ConditionalAccessPolicies": json!([{ "id": id, "result": "failure" }]).to_string() }),
    );
    assert_eq!(counts(&windows(&["block"]), &row).0, [1, 0, 0]);
}

#[test]
fn a_report_for_people() {
    let log = format!(
        "{}\n{}\n{}\n",
        graph(json!({ "id": "a" })),
        graph(json!({ "id": "b", "userId": GROUP, "userPrincipalName": "bob@contoso.com" })),
        graph(json!({ "id": "c", "isInteractive": false, "deviceDetail": { "operatingSystem": "MacOs" } })),
    );
    let set = [
        merged(
            block(json!({ "platforms": { "includePlatforms": ["windows"] } })),
            json!({ "displayName": "Block | Windows" }),
        ),
        merged(policy(&["mfa"], json!({})), json!({ "id": HQ, "displayName": "MFA" })),
    ];
    let (out, err, code) = run(&set, "log.jsonl", &log, &[]);
    assert_eq!((err.as_str(), code), ("", Some(1)));
    insta::assert_snapshot!(out, @r"
    3 records, 3 of them successful sign-ins
    not in these records: service principals, managed identities

    would be blocked 2 sign-ins of 2 people
    may be blocked   1 sign-in of 1 person
    unchanged        0 sign-ins

    Block | Windows (policies/0.json:1)
      would be blocked with AADSTS53003: 2 sign-ins of 2 people
        it blocks
        apps: Payroll (2)
        such as alice@contoso.com, 2026-01-05T08:00:00Z, log.jsonl:1

    MFA (policies/1.json:1)
      may be blocked: 2 sign-ins of 2 people
        asks for mfa; the record does not tell whether that is met
        apps: Payroll (2)
        such as alice@contoso.com, 2026-01-05T08:00:00Z, log.jsonl:1
      may be blocked: 1 sign-in of 1 person
        asks for mfa; the record does not tell whether that is met, and nobody was
          there to answer
        apps: Payroll (1)
        such as alice@contoso.com, 2026-01-05T08:00:00Z, log.jsonl:3
    ");
    let (out, _, _) = run(&set, "log.jsonl", &log, &["--format", "markdown"]);
    insta::assert_snapshot!(out, @r"
    # Sign-ins under these policies

    - 3 records, 3 of them successful sign-ins
    - not in these records: service principals, managed identities

    | | sign-ins | people |
    |---|---:|---:|
    | would be blocked | 2 | 2 |
    | may be blocked | 1 | 1 |
    | unchanged | 0 | 0 |

    | policy | what happens | because | sign-ins | people | apps | such as |
    |---|---|---|---:|---:|---|---|
    | Block &#124; Windows | would be blocked | it blocks | 2 | 2 | Payroll (2) | alice@<!-- -->contoso.com, 2026-01-05T08:00:00Z, log.jsonl:1 |
    | MFA | may be blocked | asks for mfa; the record does not tell whether that is met | 2 | 2 | Payroll (2) | alice@<!-- -->contoso.com, 2026-01-05T08:00:00Z, log.jsonl:1 |
    | MFA | may be blocked | asks for mfa; the record does not tell whether that is met, and nobody was there to answer | 1 | 1 | Payroll (1) | alice@<!-- -->contoso.com, 2026-01-05T08:00:00Z, log.jsonl:3 |
    ");
}

#[test]
fn what_a_log_says_does_nothing_where_it_is_shown() {
    let record = |id: &str| {
        graph(json!({
            "id": id, "userPrincipalName": "\u{1b}[31mred\nCA999 (forged:1)", "appDisplayName": "![x](https://a.example) \u{1b}]0;x\u{7}",
        }))
    };
    let log = format!("{}\n{{\"id\": \n{}\n", record("a"), record("b"));
    let (out, _, _) = run(&[block(json!({}))], "log.jsonl", &log, &[]);
    assert!(!out.contains(['\u{1b}', '\u{7}']) && !out.contains("\nCA999"), "{out}");
    assert!(out.contains("apps: ![x](https://a.example) \\u{1b}]0;x\\u{7} (2)"), "{out}");
    let (out, _, _) = run(&[block(json!({}))], "log.jsonl", &log, &["--format", "markdown"]);
    assert!(!out.contains(['\u{1b}', '\u{7}']) && !out.contains("![") && !out.contains("[x]("), "{out}");
}

#[test]
fn a_comment_holds_the_markdown() {
    let policies: Vec<_> = (0..300)
        .map(|number| {
            let name = format!("{number} {}", "x".repeat(240));
            merged(block(json!({})), json!({ "id": format!("{HQ}{number}"), "displayName": name }))
        })
        .collect();
    let list = Value::Array(policies);
    let (out, _, _) = run(&[list], "log.json", graph(json!({})).to_string(), &["--format", "markdown"]);
    assert!(out.chars().count() < 65_536, "{}", out.chars().count());
    let shown = out.matches("xxx |").count();
    assert!(shown > 50, "{out}");
    assert!(out.contains(&format!("\nand {} more\n", 300 - shown)), "{out}");
}

#[test]
fn the_same_at_any_number_of_threads() {
    let mut log = Vec::new();
    for number in 0..9000_u32 {
        let system = ["Windows10", "Linux", "", "MacOs"][number as usize % 4];
        let record = graph(json!({
            "id": format!("r{number}"), "userId": format!("u{}", number % 71), "appDisplayName": format!("app {}", number % 13),
            "ipAddress": format!("198.51.{}.{}", number % 3, number % 250),
            "deviceDetail": { "operatingSystem": system },
        }));
        writeln!(log, "{record}").unwrap();
    }
    let set = [
        block(json!({ "platforms": { "includePlatforms": ["linux"] } })),
        merged(
            policy(&["mfa"], json!({ "users": { "excludeGroups": [GROUP] } })),
            json!({ "id": HQ, "displayName": "B" }),
        ),
    ];
    for format in ["table", "json", "markdown"] {
        let one = run(&set, "log.jsonl", &log, &["--jobs", "1", "--format", format]);
        let many = run(&set, "log.jsonl", &log, &["--jobs", "7", "--format", format]);
        assert_eq!(one.2, Some(1));
        assert!(one == many, "{format}");
    }
}

#[test]
fn folders_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("logs/h=01")).unwrap();
    fs::write(folder.path().join("p.json"), block(json!({})).to_string()).unwrap();
    for (at, id) in ["a", "b"].iter().enumerate() {
        let record = graph(json!({ "id": id })).to_string();
        fs::write(folder.path().join(format!("logs/h=01/PT{at}H.json")), record).unwrap();
    }
    fs::write(folder.path().join("logs/.hidden"), "nothing").unwrap();
    let args = ["--no-config", "--format", "json"];
    let mut command = common::calint(folder.path());
    let (out, _, code) = common::ran(command.args(["replay", "logs", "p.json"]).args(args).output().unwrap());
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["endings"]["blocked"]["signIns"], code), (&json!(2), Some(1)));
    assert_eq!(
        report["policies"][0]["apps"][0]["example"]["path"].as_str().unwrap().replace('\\', "/"),
        "logs/h=01/PT0H.json"
    );
    let mut command = common::calint(folder.path());
    command.args(["replay", "-", "p.json"]).args(args);
    let output = common::fed(&mut command, graph(json!({})).to_string().as_bytes());
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn groups_that_exports_tell() {
    let group = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups/$entity",
        "@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": "spared",
        "members": [{ "@odata.type": "#microsoft.graph.user", "id": USER }],
    });
    let spared = block(json!({ "users": { "excludeGroups": [GROUP] } }));
    check(
        &[spared, group],
        &[
            (graph(json!({})), UNCHANGED),
            (graph(json!({ "userId": HQ })), BLOCKED),
            (graph(json!({ "userId": "" })), MAYBE),
        ],
    );
}
