//! Demands that some people cannot meet: guests, accounts nobody attends to, people without a method, new devices,
//! workloads. Next to each case that is reported stand those that come close and are not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;

use calint::discover::ConfigChoice;
use calint::engine::{self, Options};
use calint::finding::Finding;
use common::{check_text, merge, options};
use serde_json::{Value, json};

const BREAK_GLASS: &str = "2f6f0c1c-6f5b-4f6f-8a25-8d2f8f5f0a01";
const PILOT: &str = "2f6f0c1c-6f5b-4f6f-8a25-8d2f8f5f0a02";
const WORKER: &str = "2f6f0c1c-6f5b-4f6f-8a25-8d2f8f5f0a03";
const SYNC_ACCOUNT: &str = "2f6f0c1c-6f5b-4f6f-8a25-8d2f8f5f0a04";
const OFFICE: &str = "2f6f0c1c-6f5b-4f6f-8a25-8d2f8f5f0a05";
const PARTNER: &str = "2f6f0c1c-6f5b-4f6f-8a25-8d2f8f5f0a06";
const APP: &str = "2f6f0c1c-6f5b-4f6f-8a25-8d2f8f5f0a07";
const TERMS: &str = "2f6f0c1c-6f5b-4f6f-8a25-8d2f8f5f0a08";
const ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const SYNC_ROLE: &str = "d29b2b05-8046-44ba-8758-1e26182fcf32";
const ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
const FOREIGN: &str =
    "b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider";

// Policies are put together from parts.

/// An enabled policy over all users and all apps, emergency access excluded, and the parts that make the case.
fn policy<const N: usize>(parts: [Value; N]) -> Value {
    let mut whole = json!({
        "displayName": "P",
        "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"], "excludeGroups": [BREAK_GLASS] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": [] },
    });
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}

fn grant(operator: &str, controls: &[&str]) -> Value {
    json!({ "grantControls": { "operator": operator, "builtInControls": controls } })
}

fn strength(number: u8) -> Value {
    let id = format!("00000000-0000-0000-0000-00000000000{number}");
    json!({ "grantControls": { "authenticationStrength": { "id": id } } })
}

fn conditions(conditions: Value) -> Value {
    json!({ "conditions": conditions })
}

fn users(users: Value) -> Value {
    conditions(json!({ "users": users }))
}

fn apps(apps: &[&str]) -> Value {
    conditions(json!({ "applications": { "includeApplications": apps } }))
}

fn action(name: &str) -> Value {
    let actions = json!([format!("urn:user:{name}")]);
    conditions(json!({ "applications": { "includeApplications": [], "includeUserActions": actions } }))
}

fn platforms(include: &[&str], exclude: &[&str]) -> Value {
    conditions(json!({ "platforms": { "includePlatforms": include, "excludePlatforms": exclude } }))
}

fn outside(location: &str) -> Value {
    conditions(json!({ "locations": { "includeLocations": ["All"], "excludeLocations": [location] } }))
}

fn kinds(types: &str) -> Value {
    json!({ "guestOrExternalUserTypes": types, "externalTenants": { "membershipKind": "all" } })
}

fn only_guests(types: &str) -> Value {
    users(json!({ "includeUsers": [], "excludeGroups": [], "includeGuestsOrExternalUsers": kinds(types) }))
}

fn no_guests(types: &str) -> Value {
    users(json!({ "excludeGuestsOrExternalUsers": kinds(types) }))
}

fn only_in(group: &str) -> Value {
    users(json!({ "includeUsers": [], "includeGroups": [group] }))
}

fn report_only() -> Value {
    json!({ "state": "enabledForReportingButNotEnforced" })
}

fn trust(mfa: bool, device: bool) -> Value {
    json!({ "isServiceDefault": false, "inboundTrust": { "isMfaAccepted": mfa,
        "isCompliantDeviceAccepted": device, "isHybridAzureADJoinedDeviceAccepted": device } })
}

/// The findings of one rule on the policies of a tenant whose emergency access group is declared; further files are
/// context.
fn found(rule: &str, policies: &[Value], context: &[Value]) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, value: &Value| fs::write(folder.path().join(name), value.to_string()).unwrap();
    let mut config = format!("emergency-access: {{groups: [{BREAK_GLASS}]}}\n");
    if !context.is_empty() {
        config += "context:\n";
    }
    fs::create_dir(folder.path().join("policies")).unwrap();
    for (number, file) in context.iter().enumerate() {
        write(&format!("{number}.json"), file);
        config += &format!("  - ../{number}.json\n");
    }
    write("policies/policies.json", &json!(policies));
    fs::write(folder.path().join("policies/calint.yaml"), config).unwrap();
    let options = Options {
        paths: vec![folder.path().join("policies")],
        config: ConfigChoice::Nearest,
        only: vec![rule.to_owned()],
        ..options()
    };
    let outcome = engine::run(&options).unwrap_or_else(|_| panic!("the configuration is fine"));
    assert!(outcome.findings.iter().all(|finding| finding.rule.as_str() == rule), "{:?}", outcome.findings);
    outcome.findings
}

/// The levels of what [`found`] finds.
fn levels(rule: &str, policies: &[Value], context: &[Value]) -> Vec<&'static str> {
    found(rule, policies, context).iter().map(|finding| finding.level.as_str()).collect()
}

fn of_one<const N: usize>(rule: &str, parts: [Value; N]) -> Vec<&'static str> {
    levels(rule, &[policy(parts)], &[])
}

const NOTHING: [&str; 0] = [];

/// The rules that a text alone brings up, without a configuration.
fn rules_of(name: &str, text: &str) -> Vec<String> {
    check_text(name, text).findings.iter().map(|finding| finding.rule.to_string()).collect()
}

mod guests {
    use super::*;

    const RULE: &str = "demand-guests-cannot-meet";

    fn devices() -> [Value; 3] {
        [grant("OR", &["compliantDevice"]), apps(&["Office365"]), platforms(&["windows", "macOS"], &[])]
    }

    #[test]
    fn a_device_counts_where_it_is_trusted() {
        let policies = [policy(devices())];
        assert_eq!(levels(RULE, &policies, &[]), ["note"], "no file tells");
        assert_eq!(levels(RULE, &policies, &[trust(true, false)]), ["warn"], "it is off");
        assert_eq!(levels(RULE, &policies, &[trust(false, true)]), NOTHING);
        let partner = json!({ "value": [{ "tenantId": PARTNER, "isServiceProvider": false,
            "inboundTrust": { "isMfaAccepted": true, "isCompliantDeviceAccepted": true,
                "isHybridAzureADJoinedDeviceAccepted": false } }] });
        assert_eq!(levels(RULE, &policies, &[trust(false, false), partner]), NOTHING, "some guests get in");
    }

    #[test]
    fn what_no_trust_helps_with() {
        for control in ["compliantApplication", "passwordChange", "riskRemediation"] {
            let parts = || [grant("OR", &[control]), apps(&["Office365"])];
            let policies = [policy(parts())];
            assert_eq!(levels(RULE, &policies, &[]), ["warn"], "{control}");
            assert_eq!(levels(RULE, &policies, &[trust(true, true)]), ["warn"], "{control}");
        }
    }

    #[test]
    fn guests_who_are_kept_out_on_phones_alone() {
        let template = || grant("OR", &["approvedApplication", "compliantApplication"]);
        let on = |include: &[&str]| [template(), apps(&["All"]), platforms(include, &[])];
        assert_eq!(of_one(RULE, on(&["android", "iOS"])), ["note"], "on a computer they get in");
        assert_eq!(of_one(RULE, on(&["android", "iOS", "windows"])), ["warn"]);
        let [demand, app, platform] = on(&["android", "iOS"]);
        let meant = of_one("unsatisfiable-controls", [demand, app, platform, only_guests(FOREIGN)]);
        assert_eq!(meant, ["error"], "nobody else is covered");
    }

    #[test]
    fn legacy_clients_are_none_of_guests() {
        let legacy = conditions(json!({ "clientAppTypes": ["exchangeActiveSync", "other"] }));
        assert_eq!(of_one(RULE, [grant("OR", &["compliantDevice"]), legacy]), NOTHING);
    }

    #[test]
    fn a_way_that_guests_can_go_is_enough() {
        let either = grant("OR", &["compliantDevice", "mfa"]);
        assert_eq!(of_one(RULE, [either, apps(&["Office365"])]), NOTHING);
        assert_eq!(of_one(RULE, [strength(2), only_guests(FOREIGN)]), NOTHING);
        let terms = json!({ "grantControls": { "operator": "AND", "builtInControls": ["mfa"], "termsOfUse": [TERMS] } });
        assert_eq!(of_one(RULE, [terms, apps(&["Office365"])]), NOTHING);
        assert_eq!(of_one(RULE, [grant("OR", &["mfa"]), apps(&["Office365"])]), NOTHING);
        let unknown = grant("OR", &["compliantDevice", "unknownFutureValue"]);
        assert_eq!(of_one(RULE, [unknown, apps(&["Office365"])]), NOTHING);
    }

    #[test]
    fn strengths_of_methods_that_guests_register_nowhere_but_at_home() {
        for number in [3, 4] {
            let policies = [policy([strength(number), only_guests(FOREIGN)])];
            assert_eq!(levels(RULE, &policies, &[]), ["warn"]);
            assert_eq!(levels(RULE, &policies, &[trust(false, true)]), ["error"]);
            assert_eq!(levels(RULE, &policies, &[trust(true, false)]), NOTHING);
        }
    }

    #[test]
    fn shared_channel_users_meet_nothing_without_trust() {
        let policies = [policy([grant("OR", &["mfa"]), only_guests("b2bDirectConnectUser")])];
        assert_eq!(levels(RULE, &policies, &[]), ["warn"]);
        assert_eq!(levels(RULE, &policies, &[trust(true, false)]), NOTHING);
        assert_eq!(of_one(RULE, [grant("OR", &["mfa"]), only_guests(FOREIGN)]), NOTHING, "others register");
    }

    #[test]
    fn a_kind_that_was_forgotten() {
        let [demand, app, platform] = devices();
        let kept_in = [policy([demand, app, platform, no_guests("internalGuest,b2bCollaborationGuest")])];
        let found = found(RULE, &kept_in, &[]);
        assert_eq!(found.len(), 1);
        let note = found[0].note.as_deref().unwrap();
        assert!(note.contains("B2B member") && !note.contains("B2B guest"), "{note}");
        assert!(found[0].labels.iter().any(|label| label.message.contains("leaves out other kinds")));
        let [demand, app, platform] = devices();
        assert_eq!(of_one(RULE, [demand, app, platform, no_guests(FOREIGN)]), NOTHING);
    }

    #[test]
    fn an_exclusion_that_is_not_known_may_be_that_of_guests() {
        let [demand, app, platform] = devices();
        assert_eq!(of_one(RULE, [demand, app, platform, no_guests("{{guest-kinds}}")]), NOTHING);
        let protected =
            || [grant("OR", &["compliantApplication"]), apps(&["Office365"]), platforms(&["iOS"], &[])];
        let [demand, app, platform] = protected();
        let more = users(json!({ "excludeGroups": [BREAK_GLASS, PILOT] }));
        assert_eq!(of_one(RULE, [demand, app, platform, more]), ["note"], "the group may be one of guests");
        let [demand, app, platform] = protected();
        let placeholder = users(json!({ "excludeGroups": [BREAK_GLASS, "{{guests}}"] }));
        assert_eq!(of_one(RULE, [demand, app, platform, placeholder]), ["note"]);
    }

    #[test]
    fn guests_are_neither_in_a_group_of_staff_nor_interested_in_every_app() {
        let [demand, app, platform] = devices();
        assert_eq!(of_one(RULE, [demand, app, platform, only_in(PILOT)]), NOTHING);
        let [demand, _, platform] = devices();
        assert_eq!(of_one(RULE, [demand, apps(&[APP]), platform]), NOTHING);
        let [demand, _, platform] = devices();
        assert_eq!(
            of_one(RULE, [demand, apps(&[APP]), platform, only_guests(FOREIGN)]),
            NOTHING,
            "said elsewhere"
        );
        let every_kind = format!("internalGuest,{FOREIGN}");
        let [demand, _, platform] = devices();
        assert_eq!(of_one(RULE, [demand, apps(&[APP]), platform, only_guests(&every_kind)]), ["warn"]);
    }

    #[test]
    fn what_is_only_reported_or_only_at_risk_is_less() {
        let protected = grant("OR", &["compliantApplication"]);
        let every_kind = format!("internalGuest,{FOREIGN}");
        assert_eq!(of_one(RULE, [protected.clone(), only_guests(&every_kind)]), ["error"]);
        assert_eq!(of_one(RULE, [protected, only_guests(&every_kind), report_only()]), ["warn"]);
        let risk = conditions(json!({ "userRiskLevels": ["high"] }));
        let change = grant("AND", &["mfa", "passwordChange"]);
        assert_eq!(of_one(RULE, [change.clone(), risk.clone()]), ["note"]);
        assert_eq!(of_one(RULE, [change, risk, no_guests(FOREIGN)]), NOTHING);
    }

    #[test]
    fn one_cause_is_reported_once() {
        let everyone = serde_json::to_string(&policy([grant("OR", &["compliantDevice"])])).unwrap();
        assert_eq!(rules_of("p.json", &everyone), ["compliant-device-for-everyone"]);
        let guests = policy([grant("OR", &["compliantDevice"]), only_guests(FOREIGN)]);
        assert_eq!(rules_of("p.json", &guests.to_string()), ["unsatisfiable-controls"]);
        let strong = policy([strength(4)]);
        assert_eq!(rules_of("p.json", &strong.to_string()), ["demanding-strength-for-everyone"]);
    }

    #[test]
    fn controls_that_guests_alone_are_asked_for() {
        let unmet = |control: &str, context: &[Value]| {
            let policies = [policy([grant("OR", &[control]), only_guests(FOREIGN)])];
            levels("unsatisfiable-controls", &policies, context)
        };
        assert_eq!(unmet("compliantDevice", &[]), ["warn"], "trust may help");
        assert_eq!(unmet("compliantDevice", &[trust(false, false)]), ["error"]);
        assert_eq!(unmet("compliantApplication", &[]), ["error"], "no trust helps");
    }

    #[test]
    fn guests_register_without_a_pass() {
        const RULE: &str = "registration-deadlock";
        let demand = || policy([grant("OR", &["mfa"])]);
        let register =
            |guests: Value| policy([grant("OR", &["mfa"]), action("registersecurityinfo"), guests]);
        let on_guests = [demand(), register(only_guests(FOREIGN))];
        let first = found(RULE, &on_guests, &[]);
        assert_eq!(first.len(), 1);
        assert!(first[0].message.starts_with("guests"), "{}", first[0].message);
        assert_eq!(first[0].level.as_str(), "warn");
        assert_eq!(levels(RULE, &on_guests, &[trust(true, false)]), NOTHING, "they bring it from home");
        let members = found(RULE, &[demand(), register(no_guests(FOREIGN))], &[]);
        assert!(members.iter().all(|finding| finding.message.starts_with("people")));
        assert_eq!(levels(RULE, &[demand()], &[]), NOTHING);
    }
}

mod strengths {
    use super::*;

    const RULE: &str = "demanding-strength-for-everyone";

    fn register<const N: usize>(parts: [Value; N]) -> Value {
        let mut whole = policy([action("registersecurityinfo")]);
        parts.into_iter().for_each(|part| merge(&mut whole, part));
        whole
    }

    #[test]
    fn whoever_is_given_a_pass_has_to_be_able_to_use_it() {
        for number in [3, 4] {
            assert_eq!(of_one(RULE, [strength(number)]), ["warn"]);
        }
        assert_eq!(of_one(RULE, [strength(2)]), NOTHING, "accepts a pass");
        let bootstrap = [policy([strength(4)]), register([strength(2)])];
        assert_eq!(levels(RULE, &bootstrap, &[]), NOTHING);
        let no_help = [policy([strength(4)]), register([strength(4)])];
        assert_eq!(levels(RULE, &no_help, &[]), NOTHING, "said elsewhere");
        assert_eq!(levels("registration-deadlock", &no_help, &[]), ["error"]);
        let not_enforced = [policy([strength(4)]), register([strength(2), report_only()])];
        assert_eq!(levels(RULE, &not_enforced, &[]), ["warn"]);
    }

    #[test]
    fn a_strength_is_what_its_combinations_are() {
        let custom = |combinations: &[&str]| {
            let strength = json!({ "id": APP, "allowedCombinations": combinations });
            json!({ "grantControls": { "authenticationStrength": strength } })
        };
        assert_eq!(of_one(RULE, [custom(&["fido2"])]), ["warn"]);
        assert_eq!(of_one(RULE, [custom(&["fido2", "temporaryAccessPassOneTime"])]), NOTHING);
        let untold = json!({ "grantControls": { "authenticationStrength": { "id": APP } } });
        assert_eq!(of_one(RULE, [untold]), NOTHING, "what it accepts is not told");
    }

    #[test]
    fn it_is_about_everybody_and_the_only_way() {
        assert_eq!(of_one(RULE, [strength(4), only_in(PILOT)]), NOTHING);
        let administrators = users(json!({ "includeUsers": [], "includeRoles": [ADMINISTRATOR] }));
        assert_eq!(of_one(RULE, [strength(4), administrators]), NOTHING);
        let or_device = grant("OR", &["compliantDevice"]);
        assert_eq!(of_one(RULE, [strength(4), or_device]), NOTHING);
        assert_eq!(of_one(RULE, [strength(4), outside(OFFICE)]), NOTHING);
        assert_eq!(of_one(RULE, [strength(4), apps(&["Office365"])]), NOTHING);
        assert_eq!(of_one(RULE, [strength(4), report_only()]), ["note"]);
        let staged = users(json!({ "excludeGroups": [BREAK_GLASS, PILOT] }));
        assert_eq!(of_one(RULE, [strength(4), staged]), ["note"]);
    }

    #[test]
    fn guests_are_mentioned_where_they_are_covered() {
        let note = |parts: &[Value], context: &[Value]| {
            let mut whole = policy([strength(4)]);
            parts.iter().for_each(|part| merge(&mut whole, part.clone()));
            found(RULE, &[whole], context)[0].note.clone().unwrap()
        };
        assert!(note(&[], &[]).contains("guests"));
        assert!(!note(&[no_guests(FOREIGN)], &[]).contains("guests"));
        assert!(!note(&[], &[trust(true, false)]).contains("guests"));
    }
}

mod synchronisation {
    use super::*;

    const RULE: &str = "directory-sync-in-scope";

    fn roles(assignments: &[(&str, &str)]) -> Value {
        let assignment = |(role, principal): &(&str, &str)| json!({ "id": principal, "roleDefinitionId": role, "principalId": principal, "directoryScopeId": "/" });
        json!({
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/roleAssignments",
            "value": assignments.iter().map(assignment).collect::<Vec<_>>(),
        })
    }

    fn but_the_role() -> Value {
        users(json!({ "excludeRoles": [SYNC_ROLE] }))
    }

    #[test]
    fn nothing_shows_that_there_is_such_an_account() {
        assert_eq!(of_one(RULE, [grant("OR", &["mfa"])]), NOTHING);
        assert_eq!(of_one(RULE, [grant("OR", &["compliantDevice"])]), NOTHING);
    }

    #[test]
    fn the_policy_names_its_role() {
        let named = || users(json!({ "includeUsers": [], "includeRoles": [ADMINISTRATOR, SYNC_ROLE] }));
        assert_eq!(of_one(RULE, [named(), grant("OR", &["mfa"])]), ["warn"]);
        assert_eq!(
            of_one(RULE, [named(), grant("OR", &["block"]), outside(OFFICE)]),
            NOTHING,
            "it is in the office"
        );
        assert_eq!(of_one(RULE, [named(), grant("OR", &["mfa"]), apps(&["Office365"])]), NOTHING);
        let risky = conditions(json!({ "signInRiskLevels": ["high"] }));
        assert_eq!(of_one(RULE, [named(), grant("OR", &["block"]), risky]), NOTHING);
        let unsure = users(json!({ "excludeGroups": [BREAK_GLASS, "{{sync-accounts}}"] }));
        assert_eq!(of_one(RULE, [named(), grant("OR", &["mfa"]), unsure]), NOTHING, "it may be excluded");
    }

    #[test]
    fn a_file_tells_who_holds_its_role() {
        let mfa = [policy([grant("OR", &["mfa"])])];
        assert_eq!(levels(RULE, &mfa, &[roles(&[(SYNC_ROLE, SYNC_ACCOUNT)])]), ["warn"]);
        assert_eq!(levels(RULE, &mfa, &[roles(&[(ADMINISTRATOR, SYNC_ACCOUNT)])]), NOTHING);
        let excluded = [policy([grant("OR", &["mfa"]), but_the_role()])];
        assert_eq!(levels(RULE, &excluded, &[roles(&[(SYNC_ROLE, SYNC_ACCOUNT)])]), NOTHING);
        let others = users(json!({ "excludeGroups": [BREAK_GLASS, PILOT] }));
        let others = [policy([grant("OR", &["mfa"]), others])];
        assert_eq!(
            levels(RULE, &others, &[roles(&[(SYNC_ROLE, SYNC_ACCOUNT)])]),
            NOTHING,
            "it may be in the group"
        );
    }

    #[test]
    fn another_policy_leaves_its_role_out() {
        let terms = json!({ "grantControls": { "termsOfUse": [TERMS] } });
        let forgotten = [policy([grant("OR", &["mfa"]), but_the_role()]), policy([terms])];
        let found = found(RULE, &forgotten, &[]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].level.as_str(), found[0].related.len()), ("note", 1));
        let context = [roles(&[(ADMINISTRATOR, SYNC_ACCOUNT)])];
        assert_eq!(levels(RULE, &forgotten, &context), NOTHING, "a file tells that nobody holds it");
    }
}

mod enrollment {
    use super::*;

    const RULE: &str = "enrollment-deadlock";

    fn block_unless(rule: &str) -> [Value; 2] {
        let filter = json!({ "deviceFilter": { "mode": "exclude", "rule": rule } });
        [grant("OR", &["block"]), conditions(json!({ "devices": filter }))]
    }

    fn compliant() -> [Value; 2] {
        block_unless("device.isCompliant -eq True")
    }

    #[test]
    fn a_block_of_devices_that_are_not_compliant_covers_enrollment() {
        assert_eq!(of_one(RULE, compliant()), ["warn"]);
        let [block, filter] = compliant();
        let without = conditions(json!({ "applications": { "excludeApplications": [ENROLLMENT] } }));
        assert_eq!(of_one(RULE, [block, filter, without]), NOTHING);
        let [block, filter] = compliant();
        assert_eq!(
            of_one(RULE, [block, filter, outside(OFFICE)]),
            NOTHING,
            "new devices enroll in the office"
        );
        let [block, filter] = compliant();
        assert_eq!(of_one(RULE, [block, filter, only_in(PILOT)]), NOTHING);
        let [block, filter] = compliant();
        assert_eq!(of_one(RULE, [block, filter, report_only()]), ["note"]);
    }

    #[test]
    fn enrollment_is_exempt_from_the_control() {
        assert_eq!(of_one(RULE, [grant("OR", &["compliantDevice"])]), NOTHING);
        assert_eq!(
            of_one(RULE, [grant("OR", &["block"])]),
            NOTHING,
            "a compliant device does not help either"
        );
        assert_eq!(of_one(RULE, [grant("OR", &["domainJoinedDevice"])]), NOTHING);
    }

    #[test]
    fn a_device_that_is_known_in_another_way_may_enroll() {
        assert_eq!(of_one(RULE, block_unless("device.deviceOwnership -eq \"Company\"")), NOTHING);
        let hybrid = "device.isCompliant -eq True -or device.trustType -eq \"ServerAD\"";
        let found = found(RULE, &[policy(block_unless(hybrid))], &[]);
        let note = found[0].note.as_deref().unwrap();
        assert!(note.contains("macOS") && !note.contains("Windows"), "{note}");
        assert_eq!(of_one(RULE, block_unless("{{device-rule}}")), NOTHING);
    }
}

mod devices {
    use super::*;

    const RULE: &str = "every-device-control-at-once";
    const BOTH: [&str; 2] = ["compliantDevice", "domainJoinedDevice"];

    #[test]
    fn platforms_that_can_never_meet_both() {
        let office = || apps(&["Office365"]);
        let found = found(RULE, &[policy([grant("AND", &BOTH), office()])], &[]);
        let note = found[0].note.as_deref().unwrap();
        assert!(note.starts_with("people on macOS, iOS, Android, Linux are refused"), "{note}");
        assert_eq!(of_one(RULE, [grant("AND", &BOTH), office(), only_in(PILOT)]), ["warn"]);
        assert_eq!(of_one(RULE, [grant("OR", &BOTH), office()]), NOTHING);
        assert_eq!(of_one(RULE, [grant("AND", &BOTH), office(), platforms(&["windows"], &[])]), NOTHING);
        assert_eq!(of_one(RULE, [grant("AND", &["mfa", "compliantDevice"]), office()]), NOTHING);
        assert_eq!(of_one(RULE, [grant("{{operator}}", &BOTH), office()]), NOTHING);
    }

    #[test]
    fn managed_phones_with_protected_apps_exist() {
        let phones = ["compliantDevice", "compliantApplication"];
        let office = || apps(&["Office365"]);
        assert_eq!(
            of_one(RULE, [grant("AND", &phones), office(), platforms(&["iOS", "android"], &[])]),
            NOTHING
        );
        assert_eq!(of_one(RULE, [grant("AND", &phones), office()]), ["warn"]);
    }

    #[test]
    fn other_rules_speak_of_everybody_and_of_nobody() {
        assert_eq!(of_one(RULE, [grant("AND", &BOTH)]), NOTHING);
        assert_eq!(of_one(RULE, [grant("AND", &BOTH), platforms(&["iOS"], &[])]), NOTHING);
    }
}

mod workloads {
    use super::*;

    const RULE: &str = "block-every-workload";

    fn workloads(members: Value) -> [Value; 3] {
        let nobody = users(json!({ "includeUsers": ["None"], "excludeGroups": [] }));
        [grant("OR", &["block"]), nobody, conditions(json!({ "clientApplications": members }))]
    }

    fn every_principal() -> [Value; 3] {
        workloads(json!({ "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] }))
    }

    fn with(part: Value) -> Vec<&'static str> {
        let [block, nobody, principals] = every_principal();
        of_one(RULE, [block, nobody, principals, part])
    }

    #[test]
    fn service_principals() {
        assert_eq!(of_one(RULE, every_principal()), ["error"]);
        assert_eq!(with(report_only()), ["warn"]);
        assert_eq!(with(outside(OFFICE)), NOTHING);
        assert_eq!(with(conditions(json!({ "servicePrincipalRiskLevels": ["high"] }))), NOTHING);
        assert_eq!(
            with(conditions(json!({ "servicePrincipalRiskLevels": ["{{levels}}"] }))),
            ["warn"],
            "may narrow it"
        );
        let excluded = json!({ "clientApplications": { "excludeServicePrincipals": [WORKER] } });
        assert_eq!(with(conditions(excluded)), ["warn"]);
        let filter = json!({ "mode": "exclude", "rule": "CustomSecurityAttribute.Set_Pipeline -eq \"yes\"" });
        assert_eq!(
            with(conditions(json!({ "clientApplications": { "servicePrincipalFilter": filter } }))),
            NOTHING
        );
        assert_eq!(of_one(RULE, workloads(json!({ "includeServicePrincipals": [WORKER] }))), NOTHING);
        assert_eq!(
            of_one(RULE, workloads(json!({ "includeServicePrincipals": ["{{principal}}"] }))),
            NOTHING
        );
    }

    #[test]
    fn agents() {
        let all = || workloads(json!({ "includeAgentIdServicePrincipals": ["All"] }));
        assert_eq!(of_one(RULE, all()), ["note"]);
        let [block, nobody, agents] = all();
        let risk = conditions(json!({ "agentIdRiskLevels": "high" }));
        assert_eq!(of_one(RULE, [block, nobody, agents, risk]), NOTHING);
        let accounts = users(json!({ "includeUsers": ["AllAgentIdUsers"], "excludeGroups": [] }));
        assert_eq!(of_one(RULE, [grant("OR", &["block"]), accounts]), ["note"]);
        let some = json!({ "includeAgentIdServicePrincipals": ["All"], "excludeAgentIdServicePrincipals": [WORKER] });
        assert_eq!(of_one(RULE, workloads(some)), NOTHING);
    }

    #[test]
    fn the_identity_that_deploys() {
        let text = |principal: &str| {
            format!(
                r#"resource "azuread_conditional_access_policy" "p" {{
                  display_name = "P"
                  state        = "enabled"
                  conditions {{
                    client_app_types = ["all"]
                    applications {{ included_applications = ["All"] }}
                    users {{ included_users = ["None"] }}
                    client_applications {{ included_service_principals = [{principal}] }}
                  }}
                  grant_controls {{
                    operator          = "OR"
                    built_in_controls = ["block"]
                  }}
                }}"#
            )
        };
        let own = text("data.azuread_client_config.current.object_id");
        assert!(rules_of("main.tf", &own).contains(&RULE.to_owned()));
        let other = text("azuread_service_principal.job.object_id");
        assert!(!rules_of("main.tf", &other).contains(&RULE.to_owned()));
    }
}

mod risk {
    use super::*;

    const RULE: &str = "risk-block-without-remediation";

    fn at(levels: Value) -> [Value; 2] {
        [grant("OR", &["block"]), conditions(json!({ "userRiskLevels": levels }))]
    }

    #[test]
    fn low_and_medium_are_often_wrong() {
        assert_eq!(of_one(RULE, at(json!(["low"]))), ["warn"]);
        assert_eq!(of_one(RULE, at(json!(["medium", "high"]))), ["warn"]);
        assert_eq!(of_one(RULE, at(json!(["high"]))), NOTHING);
        assert_eq!(of_one(RULE, at(json!(["{{levels}}"]))), NOTHING);
    }

    #[test]
    fn a_way_to_clear_it_or_fewer_people() {
        let [_, medium] = at(json!(["medium"]));
        assert_eq!(of_one(RULE, [grant("AND", &["mfa", "passwordChange"]), medium]), NOTHING);
        let [block, medium] = at(json!(["medium"]));
        assert_eq!(of_one(RULE, [block, medium, only_in(PILOT)]), NOTHING);
        let [block, medium] = at(json!(["medium"]));
        let administrators = users(json!({ "includeUsers": [], "includeRoles": [ADMINISTRATOR] }));
        assert_eq!(of_one(RULE, [block, medium, administrators]), ["warn"]);
        let [block, medium] = at(json!(["medium"]));
        let both = conditions(json!({ "signInRiskLevels": ["high"] }));
        assert_eq!(of_one(RULE, [block, medium, both]), NOTHING);
        let sign_in = conditions(json!({ "signInRiskLevels": ["medium"] }));
        assert_eq!(of_one(RULE, [grant("OR", &["block"]), sign_in]), NOTHING);
    }
}

mod emergencies {
    use super::*;

    const RULE: &str = "emergency-policy-that-locks-out";

    fn disabled(name: &str, exclude: Value) -> [Value; 3] {
        let named = json!({ "displayName": name, "state": "disabled" });
        [named, users(json!({ "excludeGroups": exclude })), grant("OR", &["block"])]
    }

    #[test]
    fn a_switch_that_locks_out_its_owner() {
        let name = "EM01 - ENABLE IN EMERGENCY: no access";
        assert_eq!(of_one(RULE, disabled(name, json!([]))), ["warn"]);
        assert_eq!(of_one(RULE, disabled(name, json!([BREAK_GLASS]))), NOTHING);
        assert_eq!(of_one(RULE, disabled("Block all access", json!([]))), NOTHING, "kept for something else");
        let found = found(RULE, &[policy(disabled(name, json!(["{{break-glass}}"])))], &[]);
        assert_eq!(found[0].level.as_str(), "warn");
        assert_eq!(found[0].certainty, calint::finding::Certainty::Unverified);
        let [named, nobody, _] = disabled(name, json!([]));
        assert_eq!(of_one(RULE, [named, nobody, grant("OR", &["mfa"])]), NOTHING);
        let [named, nobody, block] = disabled(name, json!([]));
        assert_eq!(of_one(RULE, [named, nobody, block, apps(&["Office365"])]), NOTHING);
        let [named, nobody, _] = disabled(name, json!([]));
        assert_eq!(of_one(RULE, [named, nobody, grant("OR", &["domainJoinedDevice"])]), ["warn"]);
    }

    #[test]
    fn what_is_judged_like_the_others_is_reported_like_them() {
        let text = policy(disabled("ENABLE IN EMERGENCY", json!([]))).to_string();
        let stdin = Some(("p.json".to_owned(), text.into_bytes()));
        let judged = Options { stdin, include_disabled: true, ..options() };
        let outcome = engine::run(&judged).unwrap_or_else(|_| panic!("no configuration is read"));
        let rules: Vec<_> = outcome.findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert!(rules.contains(&"block-everyone") && !rules.contains(&RULE), "{rules:?}");
    }
}

mod friction {
    use super::*;

    #[test]
    fn report_only_looks_at_devices() {
        const RULE: &str = "report-only-prompts";
        let compliant = || grant("OR", &["compliantDevice", "mfa"]);
        let found = found(RULE, &[policy([compliant(), report_only()])], &[]);
        assert_eq!((found.len(), found[0].message.contains("once enabled")), (1, false));
        assert_eq!(of_one(RULE, [compliant()]), NOTHING, "enforced");
        let spared = platforms(&["all"], &["iOS", "android", "macOS"]);
        assert_eq!(of_one(RULE, [compliant(), report_only(), spared]), NOTHING);
        let phones = platforms(&["iOS", "android"], &[]);
        assert_eq!(of_one(RULE, [compliant(), report_only(), phones]), NOTHING, "nothing else to try");
        assert_eq!(of_one(RULE, [compliant(), report_only(), only_in(PILOT)]), NOTHING);
        assert_eq!(of_one(RULE, [grant("OR", &["domainJoinedDevice"]), report_only()]), NOTHING);
        assert_eq!(of_one(RULE, [compliant(), json!({ "state": "{{state}}" })]), NOTHING);
    }

    #[test]
    fn custom_controls() {
        const RULE: &str = "custom-control";
        let custom = || json!({ "grantControls": { "customAuthenticationFactors": [APP] } });
        assert_eq!(of_one(RULE, [custom()]), ["note"]);
        let note = |parts: Vec<Value>| {
            let mut whole = policy([custom()]);
            parts.into_iter().for_each(|part| merge(&mut whole, part));
            found(RULE, &[whole], &[])[0].note.clone().unwrap()
        };
        assert!(note(vec![]).contains("everybody"));
        assert!(note(vec![grant("OR", &["mfa"])]).contains("another way in is left"));
        assert!(note(vec![grant("AND", &["mfa"])]).contains("everybody"));
        let none = json!({ "grantControls": { "customAuthenticationFactors": [] } });
        assert_eq!(of_one(RULE, [none, grant("OR", &["mfa"])]), NOTHING);
    }

    #[test]
    fn accounts_nobody_attends_to() {
        const RULE: &str = "unattended-accounts-in-scope";
        let text = policy([grant("OR", &["mfa"])]).to_string();
        assert!(!rules_of("p.json", &text).contains(&RULE.to_owned()), "off unless asked for");
        assert_eq!(of_one(RULE, [grant("OR", &["mfa"])]), ["note"]);
        assert_eq!(of_one(RULE, [grant("OR", &["mfa"]), outside(OFFICE)]), NOTHING);
        let more = users(json!({ "excludeGroups": [BREAK_GLASS, PILOT] }));
        assert_eq!(of_one(RULE, [grant("OR", &["mfa"]), more]), NOTHING);
        let unsure = users(json!({ "excludeGroups": [BREAK_GLASS, "{{rooms}}"] }));
        assert_eq!(of_one(RULE, [grant("OR", &["mfa"]), unsure]), NOTHING);
        let by_code = conditions(json!({ "authenticationFlows": { "transferMethods": "deviceCodeFlow" } }));
        let found = found(RULE, &[policy([grant("OR", &["block"]), by_code])], &[]);
        assert!(found[0].note.as_deref().unwrap().contains("device code"));
        let legacy = conditions(json!({ "clientAppTypes": ["exchangeActiveSync", "other"] }));
        assert_eq!(of_one(RULE, [grant("OR", &["block"]), legacy]), NOTHING);
    }
}
