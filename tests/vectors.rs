//! Small policy sets, with what becomes of sign-ins under them, who is locked out, and what must be found, from the
//! published behaviour of Conditional Access. The numbers name the cases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use common::merge;

use std::fs;

use calint::access::analysis::{Analysis, Circumstances, Scope, Way};
use calint::access::people::{self, Class};
use calint::access::sign_in::{DevicePlatform, Methods, SignIn, Target};
use calint::access::space::Property;
use calint::access::{Access, Aspect, Standing, Verdict, decide, matrix, targets};
use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::policy::Truth;
use calint::policy::words::{GuestType, Platform, Risk, UserAction};
use calint::scenario;
use serde_json::{Value, json};

use Verdict::{Allowed, Blocked, Depends};

const BREAK_GLASS: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";
const STAFF: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d91";
const EVERYBODY: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d92";
const ANNA: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d01";
const BEN: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d02";
const CARL: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d03";
const HQ: &str = "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b33";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const PRIVILEGED_ROLE_ADMINISTRATOR: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";
const SYNCHRONISATION: &str = "d29b2b05-8046-44ba-8758-1e26182fcf32";
const APP: &str = "0d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d10";
const OTHER_APP: &str = "0d1f3a52-7c1e-4f0e-8b1d-2f4f6a7c9d11";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
const ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";
const PASS_ONLY: &str = "5f0d7a1c-93b2-4c8e-a6b4-2d1e0c9f8a77";

const KNOWN_PLATFORMS: [&str; 5] = ["android", "iOS", "windows", "macOS", "linux"];
const EVERY_PLATFORM: [&str; 6] = ["android", "iOS", "windows", "macOS", "linux", "unknown"];
const NATIVE: &str = "mobileAppsAndDesktopClients";
const NOTHING: [&str; 0] = [];

// Policies are put together from parts, sign-ins too.

fn with_parts<const N: usize>(mut whole: Value, parts: [Value; N]) -> Value {
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}

/// An enabled policy over all users and all apps that demands nothing, and the parts that make the case.
fn policy<const N: usize>(name: &str, parts: [Value; N]) -> Value {
    let whole = json!({
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": { "includeUsers": ["All"] },
            "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": [] },
    });
    with_parts(whole, parts)
}

fn grant(operator: &str, controls: &[&str]) -> Value {
    json!({ "grantControls": { "operator": operator, "builtInControls": controls } })
}

fn block() -> Value {
    grant("OR", &["block"])
}

fn strength(id: &str) -> Value {
    json!({ "grantControls": { "authenticationStrength": { "id": id } } })
}

fn conditions(conditions: Value) -> Value {
    json!({ "conditions": conditions })
}

fn users(users: Value) -> Value {
    conditions(json!({ "users": users }))
}

fn apps(apps: Value) -> Value {
    conditions(json!({ "applications": apps }))
}

fn action(name: &str) -> Value {
    apps(json!({ "includeApplications": [], "includeUserActions": [format!("urn:user:{name}")] }))
}

fn platforms(include: &[&str], exclude: &[&str]) -> Value {
    conditions(json!({ "platforms": { "includePlatforms": include, "excludePlatforms": exclude } }))
}

fn locations(include: &[&str], exclude: &[&str]) -> Value {
    conditions(json!({ "locations": { "includeLocations": include, "excludeLocations": exclude } }))
}

fn filter(mode: &str, rule: &str) -> Value {
    conditions(json!({ "devices": { "deviceFilter": { "mode": mode, "rule": rule } } }))
}

fn but_break_glass() -> Value {
    users(json!({ "excludeGroups": [BREAK_GLASS] }))
}

fn guests_only() -> Value {
    let kinds = "internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,\
                 otherExternalUser,serviceProvider";
    users(json!({
        "includeUsers": [],
        "includeGuestsOrExternalUsers": {
            "guestOrExternalUserTypes": kinds, "externalTenants": { "membershipKind": "all" },
        },
    }))
}

fn nothing_beside(session: Value) -> Value {
    json!({ "grantControls": null, "sessionControls": session })
}

/// A member in no group and without a role who signs in to an app from a browser on a device nobody manages, and
/// the parts that make the case.
fn sign_in<const N: usize>(parts: [Value; N]) -> Value {
    let whole = json!({
        "signInIdentity": { "userId": ANNA, "userType": "member", "groupIds": [], "roleTemplateIds": [] },
        "signInContext": { "includeApplications": [APP] },
        "signInConditions": {
            "clientAppType": "browser", "devicePlatform": "windows", "signInRiskLevel": "none",
            "userRiskLevel": "none", "insiderRiskLevel": "none", "trustedLocation": false,
            "namedLocationIds": [], "authenticationFlow": { "transferMethod": "none" }, "deviceInfo": {},
        },
    });
    with_parts(whole, parts)
}

fn who(identity: Value) -> Value {
    json!({ "signInIdentity": identity })
}

fn in_group(group: &str) -> Value {
    who(json!({ "groupIds": [group] }))
}

fn holding(role: &str) -> Value {
    who(json!({ "roleTemplateIds": [role] }))
}

fn guest() -> Value {
    who(json!({ "userType": "b2bCollaborationGuest" }))
}

fn workload() -> Value {
    who(json!({ "userId": null, "userType": null, "servicePrincipalId": BEN }))
}

fn how(conditions: Value) -> Value {
    json!({ "signInConditions": conditions })
}

fn on(platform: &str) -> Value {
    how(json!({ "devicePlatform": platform }))
}

fn with(client: &str) -> Value {
    how(json!({ "clientAppType": client }))
}

fn device(attributes: Value) -> Value {
    how(json!({ "deviceInfo": attributes }))
}

fn compliant() -> Value {
    device(json!({ "isCompliant": true, "trustType": "AzureAD" }))
}

fn by_device_code() -> Value {
    how(json!({ "authenticationFlow": { "transferMethod": "deviceCodeFlow" } }))
}

fn to(app: &str) -> Value {
    json!({ "signInContext": { "includeApplications": [app] } })
}

fn basic_scopes() -> Value {
    json!({ "signInContext": { "basicScopesOnly": true } })
}

fn doing(action: &str) -> Value {
    json!({ "signInContext": { "includeApplications": null, "userAction": action } })
}

fn at_context(context: &str) -> Value {
    json!({ "signInContext": { "includeApplications": null, "authenticationContextValue": context } })
}

/// The controls the person can meet and no others; strengths by id.
fn able<const N: usize>(controls: [&str; N]) -> Value {
    json!({ "satisfiedControls": controls.as_slice() })
}

const REGISTER: &str = "registerSecurityInformation";

/// The files of a tenant.
#[derive(Clone, Default)]
struct Tenant {
    files: Vec<(String, Vec<u8>)>,
    config: String,
}

impl Tenant {
    fn of(policies: &[Value]) -> Self {
        Self::default().and("policies.json", serde_json::to_string_pretty(policies).unwrap())
    }

    fn one<const N: usize>(parts: [Value; N]) -> Self {
        Self::of(&[policy("P1", parts)])
    }

    fn and(mut self, name: &str, text: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), text.into()));
        self
    }

    fn config(mut self, line: &str) -> Self {
        self.config += line;
        self.config += "\n";
        self
    }

    /// The break-glass group is declared.
    fn declared(self) -> Self {
        self.config(&format!("emergency-access: {{groups: [{BREAK_GLASS}]}}"))
    }

    fn approved_apps_count(self) -> Self {
        self.config("assume: {approved-app: honoured}")
    }

    fn within<T>(&self, ask: impl FnOnce(&Options) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("calint.yaml"), &self.config).unwrap();
        for (name, text) in &self.files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let paths = vec![folder.path().to_path_buf()];
        ask(&Options { paths, config: ConfigChoice::Nearest, ..common::options() })
    }

    fn read(&self) -> engine::Tenant {
        let read = self.within(|options| engine::read(options, &mut Outcome::default()));
        read.expect("the configuration is good").remove(0)
    }

    /// `rule: level` of what is found, by name.
    fn found(&self) -> Vec<String> {
        let outcome = self.within(engine::run).expect("the configuration is good");
        let mut found = common::verdicts(&outcome);
        found.sort();
        found
    }

    fn finds(&self, finding: &str) -> bool {
        self.found().iter().any(|found| found == finding)
    }

    fn verdict(&self, scenario: &Value) -> Verdict {
        let tenant = self.read();
        let (sign_in, capabilities) = scenario::parse(&scenario.to_string()).unwrap();
        decide(&sign_in, &tenant.set, &capabilities, tenant.config.assume).verdict
    }

    #[track_caller]
    fn decides(&self, cases: &[(Value, Verdict)]) {
        for (scenario, expected) in cases {
            assert_eq!(self.verdict(scenario), *expected, "{scenario:#}");
        }
    }

    /// Whether the only policy applies to a sign-in, and what first keeps it from that.
    fn applies(&self, scenario: &Value) -> (Truth, Option<Aspect>) {
        let tenant = self.read();
        let (sign_in, capabilities) = scenario::parse(&scenario.to_string()).unwrap();
        let decision = decide(&sign_in, &tenant.set, &capabilities, tenant.config.assume);
        let [judgement] = decision.judgements.as_slice() else { panic!("there is one policy") };
        (judgement.applies.truth(), judgement.applies.first_unmatched())
    }

    /// The policies that keep people from something in every circumstance; none where there is a way in.
    fn keeps_out(&self, class: &Class, target: &Target, within: Within<'_>) -> Vec<String> {
        let tenant = self.read();
        let access = Access::new(&tenant.set, tenant.config.emergency.clone(), tenant.config.assume, false);
        let mut analysis = access.together().expect("few policies");
        let there = analysis.to(&people::circumstances(class, &analysis), target);
        let there = within(&analysis, there);
        assert!(there.is_possible(), "the circumstances are possible");
        blamed(&mut analysis, &there)
    }

    /// The same, from everything that matters.
    fn locks_out(&self, class: &Class, within: Within<'_>) -> Vec<String> {
        let mut found = self.keeps_out(class, &targets::other_app(), within);
        assert_eq!(found, self.keeps_out(class, &targets::graph(), within), "alike for Graph and for apps");
        found.sort();
        found
    }

    /// The same of everybody who can change Conditional Access.
    fn locks_managers_out(&self) -> bool {
        let tenant = self.read();
        let access = Access::new(&tenant.set, tenant.config.emergency.clone(), tenant.config.assume, false);
        let mut analysis = access.together().expect("few policies");
        let managers = people::managers(&analysis);
        let graph: Vec<_> = managers.iter().map(|one| analysis.to(one, &targets::graph())).collect();
        graph.iter().all(|there| !blamed(&mut analysis, there).is_empty())
    }
}

type Within<'w> = &'w dyn Fn(&Analysis<'_>, Circumstances) -> Circumstances;

fn blamed(analysis: &mut Analysis<'_>, there: &Circumstances) -> Vec<String> {
    match analysis.way(there, Scope::Enforced) {
        Way::Open(_) => Vec::new(),
        Way::Shut(policies) => {
            let policies = policies.iter().filter_map(|number| analysis.policy(*number));
            policies.map(|policy| policy.title().to_owned()).collect()
        }
        other => panic!("not decided: {other:?}"),
    }
}

fn anyhow(_: &Analysis<'_>, there: Circumstances) -> Circumstances {
    there
}

fn off_sites(analysis: &Analysis<'_>, there: Circumstances) -> Circumstances {
    matrix::outside_locations(analysis, &there)
}

fn platform(platform: Platform) -> impl Fn(&Analysis<'_>, Circumstances) -> Circumstances {
    move |analysis, there| matrix::on_platform(analysis, &there, DevicePlatform::Known(platform))
}

fn methods(methods: Methods) -> impl Fn(&Analysis<'_>, Circumstances) -> Circumstances {
    move |analysis, there| matrix::with_methods(analysis, &there, methods)
}

fn registration() -> Target {
    Target::Action(UserAction::RegisterSecurityInfo)
}

fn app(id: &str) -> Target {
    Target::Apps(vec![id.to_owned()])
}

fn external(kind: GuestType) -> Class {
    Class::External(kind)
}

const FOREIGN: [GuestType; 5] = [
    GuestType::CollaborationGuest,
    GuestType::CollaborationMember,
    GuestType::DirectConnect,
    GuestType::Other,
    GuestType::ServiceProvider,
];

/// The class of the break-glass group, as declared.
fn break_glass(tenant: &Tenant) -> Class {
    let tenant = tenant.read();
    let access = Access::new(&tenant.set, tenant.config.emergency.clone(), tenant.config.assume, false);
    Class::Emergency(access.emergency.principals[0].clone())
}

/// Sign-ins of anyone to anything.
fn anyone() -> Vec<Value> {
    let people = [who(json!({})), guest(), holding(GLOBAL_ADMINISTRATOR), in_group(STAFF)];
    let clients = [with("browser"), with(NATIVE), with("exchangeActiveSync"), with("other")];
    let targets = [to(APP), to(GRAPH), to(PORTAL), to(ENROLLMENT), doing(REGISTER)];
    let mut found = Vec::new();
    for who in &people {
        for client in &clients {
            found.extend(targets.iter().map(|to| sign_in([who.clone(), client.clone(), to.clone()])));
        }
    }
    found.extend(EVERY_PLATFORM.map(|platform| sign_in([on(platform)])));
    found.push(sign_in([compliant(), how(json!({ "trustedLocation": true }))]));
    found
}

#[test]
fn t01_block_for_everyone() {
    let tenant = Tenant::one([block()]);
    for sign_in in anyone() {
        tenant.decides(&[(sign_in, Blocked)]);
    }
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), ["P1"]);
    assert!(tenant.locks_managers_out());
    assert_eq!(tenant.found(), ["block-everyone: error", "missing-emergency-exclusion: warn"]);
    assert_eq!(tenant.declared().found(), ["block-everyone: error", "missing-emergency-exclusion: error"]);
}

#[test]
fn t02_block_for_everyone_but_emergency_access() {
    let tenant = Tenant::one([block(), but_break_glass()]).declared();
    tenant.decides(&[
        (sign_in([in_group(BREAK_GLASS)]), Allowed),
        (sign_in([in_group(STAFF)]), Blocked),
        (sign_in([holding(GLOBAL_ADMINISTRATOR)]), Blocked),
        (sign_in([guest()]), Blocked),
        (sign_in([who(json!({ "groupIds": null }))]), Depends),
    ]);
    assert_eq!(tenant.locks_out(&break_glass(&tenant), &anyhow), NOTHING);
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), ["P1"]);
    assert!(!tenant.locks_managers_out());
    assert_eq!(tenant.found(), ["block-everyone: error"]);
}

#[test]
fn t03_compliant_device_for_everyone() {
    let tenant = Tenant::one([grant("OR", &["compliantDevice"])]);
    tenant.decides(&[
        (sign_in([compliant()]), Allowed),
        (sign_in([]), Blocked),
        (sign_in([to(ENROLLMENT)]), Allowed),
    ]);
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), NOTHING);
    let bare: Within<'_> = &|analysis, there| matrix::unmanaged(analysis, &there);
    assert_eq!(tenant.locks_out(&Class::Member, bare), ["P1"]);
    assert_eq!(tenant.keeps_out(&Class::Member, &targets::enrollment(), bare), NOTHING);
    assert_eq!(tenant.found(), ["compliant-device-for-everyone: error", "missing-emergency-exclusion: warn"]);
}

#[test]
fn t04_hybrid_join_for_everyone() {
    let tenant = Tenant::one([grant("OR", &["domainJoinedDevice"])]);
    for platform in ["macOS", "iOS"] {
        tenant
            .decides(&[(sign_in([on(platform)]), Blocked), (sign_in([on(platform), compliant()]), Blocked)]);
    }
    for own in [Platform::MacOs, Platform::Ios] {
        assert_eq!(tenant.locks_out(&Class::Member, &platform(own)), ["P1"]);
    }
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::Windows)), NOTHING);
    assert_eq!(tenant.found(), ["hybrid-join-for-everyone: error", "missing-emergency-exclusion: warn"]);
}

#[test]
fn t05_app_protection_for_everyone() {
    let tenant = Tenant::one([grant("OR", &["compliantApplication"])]);
    // Of Windows browsers Edge alone can be protected, and a sign-in does not tell which it is: what Chrome brings
    // does.
    let chrome = sign_in([on("windows"), able(["mfa"])]);
    let outlook = sign_in([on("iOS"), with(NATIVE), able(["mfa", "compliantApplication"])]);
    tenant.decides(&[(chrome, Blocked), (outlook, Allowed)]);
    tenant.decides(&[(sign_in([on("windows"), with(NATIVE)]), Blocked)]);
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::MacOs)), ["P1"]);
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::Ios)), NOTHING);
    assert_eq!(tenant.found(), ["app-protection-for-everyone: error", "missing-emergency-exclusion: warn"]);
}

#[test]
fn t06_all_platforms_narrow_nothing() {
    let tenant = Tenant::one([block(), platforms(&["all"], &[])]);
    for sign_in in anyone() {
        tenant.decides(&[(sign_in, Blocked)]);
    }
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), ["P1"]);
    assert_eq!(tenant.found(), ["block-every-platform: error", "missing-emergency-exclusion: warn"]);
}

#[test]
fn t07_unknown_platforms_alone_are_a_narrow_block() {
    let tenant = Tenant::one([block(), platforms(&["all"], &KNOWN_PLATFORMS)]);
    tenant.decides(&[(sign_in([on("unknown")]), Blocked), (sign_in([on("windows")]), Allowed)]);
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), NOTHING);
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: note"]);
}

#[test]
fn t08_blocks_of_platforms_leave_none_together() {
    let set = [
        policy("P1", [block(), platforms(&["android", "iOS"], &[])]),
        policy("P2", [block(), platforms(&["windows", "macOS", "linux"], &[])]),
        policy("P3", [block(), platforms(&["all"], &KNOWN_PLATFORMS)]),
    ];
    let tenant = Tenant::of(&set);
    for platform in EVERY_PLATFORM {
        tenant
            .decides(&[(sign_in([on(platform)]), Blocked), (sign_in([on(platform), compliant()]), Blocked)]);
    }
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), ["P1", "P2", "P3"]);
    assert!(tenant.locks_managers_out());
    assert_eq!(
        tenant.found(),
        [
            "missing-emergency-exclusion: note",
            "missing-emergency-exclusion: warn",
            "missing-emergency-exclusion: warn",
            "split-lockout: error"
        ]
    );
    for number in 0..3 {
        let mut two = set.to_vec();
        two.remove(number);
        assert_eq!(Tenant::of(&two).locks_out(&Class::Member, &anyhow), NOTHING, "without {number}");
    }
}

#[test]
fn t09_one_control_reads_alike_under_both_operators() {
    let [and, or] = ["AND", "OR"].map(|operator| Tenant::one([grant(operator, &["compliantDevice"])]));
    assert_eq!(and.found(), or.found());
    for sign_in in anyone() {
        assert_eq!(and.verdict(&sign_in), or.verdict(&sign_in), "{sign_in:#}");
    }
}

#[test]
fn t10_a_managed_windows_computer_has_no_protected_app() {
    let both = grant("AND", &["compliantDevice", "compliantApplication"]);
    let tenant = Tenant::one([both, platforms(&["windows"], &[])]);
    for client in ["browser", NATIVE] {
        tenant
            .decides(&[(sign_in([with(client), compliant()]), Blocked), (sign_in([with(client)]), Blocked)]);
    }
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::Windows)), ["P1"]);
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::MacOs)), NOTHING);
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: warn", "unsatisfiable-controls: error"]);
}

#[test]
fn t11_an_approved_app_counts_until_it_is_retired() {
    let either = grant("OR", &["approvedApplication", "compliantApplication"]);
    let tenant = Tenant::one([either, platforms(&["iOS"], &[])]);
    let own = |app: Value| sign_in([on("iOS"), with(NATIVE), app]);
    let protected = own(able(["approvedApplication", "compliantApplication"]));
    let approved = own(able(["approvedApplication"]));
    tenant.decides(&[(protected.clone(), Allowed), (approved.clone(), Blocked)]);
    tenant.approved_apps_count().decides(&[(protected, Allowed), (approved, Allowed)]);
    let everywhere = Tenant::one([grant("OR", &["approvedApplication", "compliantApplication"])]);
    assert!(everywhere.finds("app-protection-for-everyone: error"));
    let with_mfa = Tenant::one([grant("OR", &["approvedApplication", "mfa"])]);
    assert_eq!(with_mfa.found(), ["retired-control: note"]);
}

#[test]
fn t12_a_retired_control_alone_demands_nothing() {
    let tenant = Tenant::one([grant("OR", &["approvedApplication"])]);
    for platform in EVERY_PLATFORM {
        tenant.decides(&[(sign_in([on(platform), able([])]), Allowed)]);
    }
    assert_eq!(tenant.found(), ["retired-control: warn"]);
    let gaps = tenant.clone().config("rules: {sign-in-without-mfa: warn}");
    assert_eq!(gaps.found(), ["retired-control: warn", "sign-in-without-mfa: warn"]);
    let before = tenant.approved_apps_count();
    for platform in ["windows", "macOS", "linux"] {
        before
            .decides(&[(sign_in([on(platform), with(NATIVE)]), Blocked), (sign_in([on(platform)]), Blocked)]);
    }
    for desktop in [Platform::Windows, Platform::MacOs, Platform::Linux] {
        assert_eq!(before.locks_out(&Class::Member, &platform(desktop)), ["P1"]);
    }
    assert_eq!(before.locks_out(&Class::Member, &platform(Platform::Ios)), NOTHING);
    assert_eq!(before.found(), ["app-protection-for-everyone: error", "missing-emergency-exclusion: warn"]);
}

/// A device filter on a block, and what becomes of a device that is not registered and of another.
#[track_caller]
fn filtered(mode: &str, rule: &str, unregistered: Verdict, other: (Value, Verdict), found: &[&str]) {
    let tenant = Tenant::one([block(), filter(mode, rule)]);
    tenant.decides(&[(sign_in([device(json!({}))]), unregistered), (sign_in([device(other.0)]), other.1)]);
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), NOTHING);
    assert_eq!(tenant.found(), found);
}

#[test]
fn t13_t14_a_block_of_all_but_joined_devices_takes_in_unregistered_ones() {
    let joined = json!({ "trustType": "AzureAD" });
    let found = ["block-of-unregistered-devices: warn", "missing-emergency-exclusion: warn"];
    filtered("exclude", "device.trustType -eq \"AzureAD\"", Blocked, (joined.clone(), Allowed), &found);
    filtered("include", "device.trustType -ne \"AzureAD\"", Blocked, (joined, Allowed), &found);
}

#[test]
fn t15_a_device_that_is_not_registered_is_not_known_to_be_not_compliant() {
    let registered = json!({ "trustType": "Workplace", "isCompliant": false });
    let found = ["missing-emergency-exclusion: warn"];
    filtered("include", "device.isCompliant -eq False", Allowed, (registered, Blocked), &found);
}

#[test]
fn t16_a_negative_exclusion_exempts_unregistered_devices() {
    let workstation = json!({ "trustType": "ServerAD", "extensionAttribute1": "SAW" });
    let found = ["missing-emergency-exclusion: warn", "unregistered-devices-spared: warn"];
    filtered("exclude", "device.extensionAttribute1 -ne \"SAW\"", Allowed, (workstation, Blocked), &found);
}

#[test]
fn t17_either_of_two_negations_is_enough() {
    let rule = "device.trustType -ne \"ServerAD\" -or device.isCompliant -ne True";
    let session = json!({ "signInFrequency": { "isEnabled": true, "frequencyInterval": "everyTime" } });
    let tenant = Tenant::one([filter("include", rule), nothing_beside(session)]);
    let applies = |attributes: Value| tenant.applies(&sign_in([device(attributes)])).0;
    assert_eq!(applies(json!({ "trustType": "AzureAD", "isCompliant": true })), Truth::Yes);
    assert_eq!(applies(json!({})), Truth::Yes);
    assert_eq!(applies(json!({ "trustType": "ServerAD", "isCompliant": true })), Truth::No);
    tenant.decides(&[(sign_in([compliant()]), Allowed)]);
    assert_eq!(tenant.found(), NOTHING);
}

#[test]
fn t18_a_block_outside_trusted_locations_of_which_there_are_none() {
    let tenant = Tenant::one([block(), locations(&["All"], &["AllTrusted"])]);
    tenant.decides(&[(sign_in([]), Blocked), (sign_in([on("iOS"), compliant()]), Blocked)]);
    assert_eq!(tenant.locks_out(&Class::Member, &off_sites), ["P1"]);
    // The trusted IPs of the old MFA settings, which no file shows, may be a way in.
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), NOTHING);
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: warn"]);
    let untrusted = json!({
        "@odata.type": "#microsoft.graph.ipNamedLocation", "id": HQ, "displayName": "HQ", "isTrusted": false,
        "ipRanges": [{ "cidrAddress": "131.107.30.0/24" }],
    });
    let policy = policy("P1", [block(), locations(&["All"], &["AllTrusted"])]);
    let found = common::verdicts(&common::check_text("tenant.json", &json!([policy, untrusted]).to_string()));
    let expected = "block-outside-empty-location: warn".to_owned();
    assert!(found.contains(&expected), "nothing told is trusted: {found:?}");
}

#[test]
fn t19_two_policies_close_on_everybody_from_both_sides() {
    let set = [
        policy("P1", [block(), locations(&["AllTrusted"], &[])]),
        policy("P2", [grant("OR", &["domainJoinedDevice"]), locations(&["All"], &["AllTrusted"])]),
    ];
    let tenant = Tenant::of(&set);
    for trusted in [true, false] {
        let place = how(json!({ "trustedLocation": trusted, "namedLocationIds": null }));
        tenant.decides(&[(sign_in([on("macOS"), compliant(), place]), Blocked)]);
    }
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::MacOs)), ["P1", "P2"]);
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::Windows)), NOTHING);
    assert!(
        tenant.found().iter().any(|finding| finding.starts_with("split-lockout")),
        "{:?}",
        tenant.found()
    );
}

fn hq() -> String {
    json!({ "id": HQ, "displayName": "HQ", "isTrusted": true,
            "ipRanges": [{ "cidrAddress": "131.107.20.0/24" }] })
    .to_string()
}

#[test]
fn t20_new_people_at_home_can_neither_sign_in_nor_register() {
    let set = [
        policy("P1", [grant("OR", &["mfa"])]),
        policy("P2", [block(), action("registersecurityinfo"), locations(&["All"], &[HQ])]),
    ];
    let tenant = Tenant::of(&set).and("hq.json", hq());
    let at_hq = || how(json!({ "namedLocationIds": [HQ] }));
    tenant.decides(&[
        (sign_in([able([])]), Blocked),
        (sign_in([able([]), doing(REGISTER)]), Blocked),
        (sign_in([able([]), doing(REGISTER), at_hq()]), Allowed),
        (sign_in([able(["mfa"])]), Allowed),
    ]);
    let new: Within<'_> = &|analysis, there| methods(Methods::None)(analysis, off_sites(analysis, there));
    assert_eq!(tenant.locks_out(&Class::Member, new), ["P1"]);
    assert_eq!(tenant.keeps_out(&Class::Member, &registration(), new), ["P2"]);
    assert_eq!(tenant.locks_out(&Class::Member, &off_sites), NOTHING);
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: warn", "registration-deadlock: note"]);
}

fn pass_for_registration() -> Tenant {
    let pass = json!({ "grantControls": { "authenticationStrength": {
        "id": PASS_ONLY, "allowedCombinations": ["temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"],
    } } });
    Tenant::of(&[
        policy("P1", [pass, action("registersecurityinfo")]),
        policy("P2", [strength(PHISHING_RESISTANT)]),
    ])
}

#[test]
fn t21_a_strength_on_registration_stands_in_for_that_on_all_apps() {
    let tenant = pass_for_registration();
    tenant.decides(&[
        (sign_in([able([PASS_ONLY]), doing(REGISTER)]), Allowed),
        (sign_in([able([PASS_ONLY])]), Blocked),
        (sign_in([able([PASS_ONLY, PHISHING_RESISTANT])]), Allowed),
        (sign_in([able([]), doing(REGISTER)]), Blocked),
    ]);
    let pass = methods(Methods::AccessPass);
    assert_eq!(tenant.keeps_out(&Class::Member, &registration(), &pass), NOTHING);
    assert_eq!(tenant.locks_out(&Class::Member, &pass), ["P2"]);
    assert_eq!(tenant.locks_out(&Class::Member, &methods(Methods::Passkey)), NOTHING);
    assert!(tenant.finds("registration-deadlock: note"));
}

#[test]
fn t21_strengths_that_stand_in_for_each_other_do_not_conflict() {
    let found = pass_for_registration().found();
    assert_eq!(
        found,
        [
            "demand-guests-cannot-meet: note",
            "missing-emergency-exclusion: warn",
            "registration-deadlock: note"
        ]
    );
}

fn trusts_mfa() -> String {
    json!({ "isServiceDefault": false, "inboundTrust": { "isMfaAccepted": true,
            "isCompliantDeviceAccepted": false, "isHybridAzureADJoinedDeviceAccepted": false } })
    .to_string()
}

#[test]
fn t22_guests_have_no_phishing_resistant_method_here() {
    let tenant = Tenant::one([guests_only(), strength(PHISHING_RESISTANT)]);
    let trusted = json!({ "inboundTrust": { "mfa": true } });
    tenant.decides(&[
        (sign_in([guest()]), Blocked),
        (sign_in([guest(), trusted]), Allowed),
        (sign_in([]), Allowed),
    ]);
    for kind in FOREIGN {
        assert_eq!(tenant.locks_out(&external(kind), &anyhow), ["P1"], "{kind:?}");
        let trusting = tenant.clone().and("trust.json", trusts_mfa());
        assert_eq!(trusting.locks_out(&external(kind), &anyhow), NOTHING, "{kind:?}");
    }
    assert_eq!(tenant.found(), ["demand-guests-cannot-meet: warn"]);
    assert_eq!(tenant.and("trust.json", trusts_mfa()).found(), NOTHING);
}

#[test]
fn t23_guests_get_in_after_multifactor_authentication() {
    let tenant = Tenant::one([guests_only(), grant("OR", &["mfa", "compliantDevice"])]);
    tenant.decides(&[
        (sign_in([guest()]), Allowed),
        (sign_in([guest(), able(["mfa"])]), Allowed),
        (sign_in([guest(), able(["compliantDevice"]), compliant()]), Blocked),
    ]);
    assert_eq!(tenant.locks_out(&external(GuestType::CollaborationGuest), &anyhow), NOTHING);
    assert_eq!(tenant.declared().found(), NOTHING);
}

#[test]
fn t24_directory_synchronisation_answers_no_prompt() {
    let tenant = Tenant::one([grant("OR", &["mfa"])]).declared();
    tenant.decides(&[
        (sign_in([holding(SYNCHRONISATION), able([])]), Blocked),
        (sign_in([in_group(BREAK_GLASS), able([PHISHING_RESISTANT])]), Allowed),
    ]);
    assert_eq!(tenant.locks_out(&Class::Synchronisation, &anyhow), ["P1"]);
    assert_eq!(tenant.locks_out(&break_glass(&tenant), &anyhow), NOTHING);
    assert_eq!(tenant.found(), NOTHING);
}

#[test]
fn t25_a_role_that_is_left_out_helps_who_holds_it_already() {
    let tenant = Tenant::one([block(), users(json!({ "excludeRoles": [GLOBAL_ADMINISTRATOR] }))]);
    tenant.decides(&[
        (sign_in([holding(GLOBAL_ADMINISTRATOR)]), Allowed),
        (sign_in([]), Blocked),
        (sign_in([to(PORTAL)]), Blocked),
    ]);
    assert_eq!(tenant.locks_out(&Class::Holder(GLOBAL_ADMINISTRATOR.to_owned()), &anyhow), NOTHING);
    assert_eq!(tenant.locks_out(&Class::Eligible, &anyhow), ["P1"]);
    assert_eq!(tenant.found(), ["block-everyone: warn", "emergency-access-by-role: warn"]);
}

#[test]
fn t26_a_role_over_an_administrative_unit_is_not_held() {
    let administrators = users(json!({ "includeUsers": [], "includeRoles": [GLOBAL_ADMINISTRATOR] }));
    let tenant = Tenant::one([administrators, grant("AND", &["mfa", "compliantDevice"])]);
    assert_eq!(tenant.applies(&sign_in([])), (Truth::No, Some(Aspect::Users)));
    tenant.decides(&[(sign_in([able([])]), Allowed), (sign_in([holding(GLOBAL_ADMINISTRATOR)]), Blocked)]);
    let given = |scope: &str| {
        json!({ "value": [{ "roleDefinitionId": GLOBAL_ADMINISTRATOR, "principalId": ANNA,
                            "directoryScopeId": scope }] })
        .to_string()
    };
    let in_unit = tenant.clone().and("roles.json", given("/administrativeUnits/1"));
    assert!(in_unit.finds("never-applies: warn"), "{:?}", in_unit.found());
    let in_tenant = tenant.and("roles.json", given("/"));
    assert!(!in_tenant.finds("never-applies: warn"));
}

#[test]
fn t27_leaving_an_app_out_does_not_spare_its_basic_scopes() {
    let tenant = Tenant::one([block(), apps(json!({ "excludeApplications": [APP] }))]);
    let legacy = tenant.clone().config("assume: {baseline-scopes: legacy}");
    for app in [APP, GRAPH] {
        for client in ["browser", NATIVE] {
            let sign_in = sign_in([to(app), basic_scopes(), with(client)]);
            tenant.decides(&[(sign_in.clone(), Blocked)]);
            legacy.decides(&[(sign_in, Allowed)]);
        }
    }
    tenant.decides(&[(sign_in([to(APP)]), Allowed), (sign_in([to(OTHER_APP)]), Blocked)]);
    assert_eq!(tenant.found(), ["block-all-but-some-apps: error", "missing-emergency-exclusion: warn"]);
}

#[test]
fn t28_microsoft_graph_cannot_be_left_out() {
    let tenant = Tenant::one([block(), apps(json!({ "excludeApplications": [GRAPH] }))]);
    tenant.decides(&[(sign_in([to(GRAPH)]), Blocked), (sign_in([]), Blocked)]);
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), ["P1"]);
    assert_eq!(tenant.found(), ["block-all-but-some-apps: error", "missing-emergency-exclusion: warn"]);
}

fn workloads_outside_hq() -> Tenant {
    let workloads = conditions(json!({
        "users": { "includeUsers": ["None"] },
        "clientApplications": { "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] },
    }));
    Tenant::one([block(), workloads, locations(&["All"], &[HQ])]).and("hq.json", hq())
}

#[test]
fn t29_service_principals_are_blocked_outside_a_location() {
    let tenant = workloads_outside_hq().declared();
    let from_hq = how(json!({ "namedLocationIds": null, "ipAddress": "131.107.20.7" }));
    let from_elsewhere = how(json!({ "namedLocationIds": null, "ipAddress": "203.0.113.7" }));
    tenant.decides(&[
        (sign_in([workload(), from_hq]), Allowed),
        (sign_in([workload(), from_elsewhere.clone()]), Blocked),
        (sign_in([from_elsewhere]), Allowed),
    ]);
    assert_eq!(tenant.keeps_out(&Class::ServicePrincipal, &targets::graph(), &anyhow), NOTHING);
    assert_eq!(tenant.keeps_out(&Class::ServicePrincipal, &targets::graph(), &off_sites), ["P1"]);
    assert_eq!(tenant.found(), NOTHING);
}

#[test]
fn t29_managed_identities_are_not_covered() {
    let managed = who(json!({ "servicePrincipalType": "ManagedIdentity" }));
    workloads_outside_hq().decides(&[(sign_in([workload(), managed]), Allowed)]);
}

#[test]
fn t30_policies_on_users_do_not_apply_to_service_principals() {
    let tenant = Tenant::one([block()]);
    tenant.decides(&[(sign_in([workload()]), Allowed), (sign_in([workload(), to(GRAPH)]), Allowed)]);
    assert_eq!(tenant.keeps_out(&Class::ServicePrincipal, &targets::graph(), &anyhow), NOTHING);
}

#[test]
fn t31_report_only_on_a_user_action_asks_for_nothing() {
    let report_only = json!({ "state": "enabledForReportingButNotEnforced" });
    let tenant = Tenant::one([grant("OR", &["mfa"]), action("registerdevice"), report_only]);
    let register = sign_in([doing("registerOrJoinDevices"), able([])]);
    tenant.decides(&[(register.clone(), Allowed)]);
    let (read, (sign_in, capabilities)) = (tenant.read(), scenario::parse(&register.to_string()).unwrap());
    let decision = decide(&sign_in, &read.set, &capabilities, read.config.assume);
    assert_eq!(decision.judgements[0].standing, Standing::OnceEnabled);
    assert_eq!(tenant.found(), ["never-evaluated-in-report-only: warn"]);
    Tenant::one([grant("OR", &["mfa"]), action("registerdevice")]).decides(&[(register, Blocked)]);
}

#[test]
fn t32_a_hidden_control_is_not_absent() {
    let hidden = |operator: &str| Tenant::one([grant(operator, &["mfa", "unknownFutureValue"])]).declared();
    let (or, and) = (hidden("OR"), hidden("AND"));
    or.decides(&[(sign_in([]), Allowed), (sign_in([able(["mfa"])]), Allowed)]);
    and.decides(&[(sign_in([]), Depends), (sign_in([able([])]), Blocked)]);
    assert_eq!(or.found(), ["incomplete-export: warn"]);
    assert_eq!(and.found(), ["incomplete-export: warn", "missing-emergency-exclusion: note"]);
    let device = Tenant::one([grant("OR", &["compliantDevice", "unknownFutureValue"])]);
    assert!(device.finds("compliant-device-for-everyone: warn"));
}

#[test]
fn t33_a_device_code_brings_no_device() {
    let flow = || conditions(json!({ "authenticationFlows": { "transferMethods": "deviceCodeFlow" } }));
    let tenant = Tenant::one([grant("OR", &["compliantDevice"]), flow()]);
    let blocking = Tenant::one([block(), flow()]);
    for app in [APP, GRAPH] {
        for device in [compliant(), device(json!({}))] {
            let other = sign_in([to(app), device.clone()]);
            let code = sign_in([to(app), device, by_device_code()]);
            tenant.decides(&[(code.clone(), Blocked), (other.clone(), Allowed)]);
            blocking.decides(&[(code, Blocked), (other, Allowed)]);
        }
    }
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: note", "unsatisfiable-controls: note"]);
}

#[test]
fn t34_legacy_clients_answer_no_prompt() {
    let legacy = conditions(json!({ "clientAppTypes": ["exchangeActiveSync", "other"] }));
    let tenant = Tenant::one([grant("OR", &["mfa"]), legacy]);
    let mailbox = |client: &str| sign_in([to(EXCHANGE), with(client)]);
    tenant.decides(&[
        (mailbox("other"), Blocked),
        (mailbox("exchangeActiveSync"), Blocked),
        (mailbox(NATIVE), Allowed),
    ]);
    assert_eq!(tenant.found(), ["unsatisfiable-controls: note"]);
}

#[test]
fn t35_one_policy_without_the_exclusion_that_can_be_met() {
    let portals = apps(json!({ "includeApplications": ["MicrosoftAdminPortals"] }));
    let tenant = Tenant::of(&[
        policy("P1", [grant("OR", &["mfa"]), but_break_glass()]),
        policy("P2", [portals, strength(PHISHING_RESISTANT)]),
    ])
    .declared();
    tenant.decides(&[
        (sign_in([in_group(BREAK_GLASS), able([PHISHING_RESISTANT]), to(PORTAL)]), Allowed),
        (sign_in([in_group(BREAK_GLASS), able(["mfa"]), to(PORTAL)]), Blocked),
        (sign_in([in_group(BREAK_GLASS), able([]), to(GRAPH)]), Allowed),
    ]);
    let group = break_glass(&tenant);
    assert_eq!(tenant.keeps_out(&group, &targets::portal(), &anyhow), NOTHING);
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: note"]);
}

#[test]
fn t36_one_policy_without_the_exclusion_that_cannot_be_met() {
    let office = apps(json!({ "includeApplications": ["Office365"] }));
    let tenant = Tenant::of(&[
        policy("P1", [grant("OR", &["mfa"]), but_break_glass()]),
        policy("P2", [grant("OR", &["compliantDevice"]), office]),
    ])
    .declared();
    tenant.decides(&[
        (sign_in([in_group(BREAK_GLASS), to(EXCHANGE)]), Blocked),
        (sign_in([in_group(BREAK_GLASS), to(GRAPH)]), Allowed),
    ]);
    let group = break_glass(&tenant);
    assert_eq!(tenant.keeps_out(&group, &app(EXCHANGE), &anyhow), ["P2"]);
    assert_eq!(tenant.keeps_out(&group, &targets::graph(), &anyhow), NOTHING);
    assert_eq!(tenant.found(), ["demand-guests-cannot-meet: note", "missing-emergency-exclusion: warn"]);
}

#[test]
fn t37_both_risks_have_to_match() {
    let both = conditions(json!({ "userRiskLevels": ["high"], "signInRiskLevels": ["high"] }));
    let tenant = Tenant::one([block(), both]);
    let user = sign_in([how(json!({ "userRiskLevel": "high" }))]);
    assert_eq!(tenant.applies(&user), (Truth::No, Some(Aspect::SignInRisk)));
    let at_once = how(json!({ "userRiskLevel": "high", "signInRiskLevel": "high" }));
    tenant.decides(&[(user, Allowed), (sign_in([at_once]), Blocked)]);
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: warn", "two-risks-at-once: warn"]);
}

#[test]
fn t38_a_risk_level_is_no_threshold() {
    let tenant = Tenant::one([block(), conditions(json!({ "signInRiskLevels": ["medium"] }))]);
    let at = |level: &str| sign_in([how(json!({ "signInRiskLevel": level }))]);
    assert_eq!(tenant.applies(&at("high")), (Truth::No, Some(Aspect::SignInRisk)));
    tenant.decides(&[(at("high"), Allowed), (at("medium"), Blocked), (at("low"), Allowed)]);
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: warn"]);
}

/// A change of password for risky users.
fn password_change() -> [Value; 2] {
    [grant("AND", &["mfa", "passwordChange"]), conditions(json!({ "userRiskLevels": ["high"] }))]
}

fn every_time() -> Value {
    json!({ "sessionControls": { "signInFrequency": {
        "isEnabled": true, "frequencyInterval": "everyTime", "authenticationType": "primaryAndSecondaryAuthentication",
    } } })
}

fn at_high_user_risk(analysis: &Analysis<'_>, there: Circumstances) -> Circumstances {
    let high = |sign_in: &SignIn, _: &_| sign_in.user_risk == Some(Risk::High);
    let values = analysis.space.values(&Property::UserRisk, high);
    there.instead(analysis.dim(&Property::UserRisk), &values)
}

#[test]
fn t39_guests_cannot_change_their_password_here() {
    let [grant, risk] = password_change();
    let tenant = Tenant::one([grant, risk, every_time()]).declared();
    let risky = || how(json!({ "userRiskLevel": "high" }));
    tenant.decides(&[
        (sign_in([guest(), risky()]), Blocked),
        (sign_in([guest()]), Allowed),
        (sign_in([risky()]), Allowed),
    ]);
    for kind in FOREIGN {
        assert_eq!(tenant.locks_out(&external(kind), &at_high_user_risk), ["P1"], "{kind:?}");
        assert_eq!(tenant.locks_out(&external(kind), &anyhow), NOTHING, "{kind:?}");
    }
    assert_eq!(tenant.locks_out(&Class::Member, &at_high_user_risk), NOTHING);
    assert!(tenant.finds("demand-guests-cannot-meet: note"));
}

#[test]
fn t40_a_change_of_password_for_one_app_is_read_as_written() {
    let [grant, risk] = password_change();
    let exchange = apps(json!({ "includeApplications": [EXCHANGE] }));
    let tenant = Tenant::one([grant, risk, exchange]).declared();
    let risky = || how(json!({ "userRiskLevel": "high" }));
    tenant.decides(&[
        (sign_in([to(EXCHANGE), risky(), able(["mfa"])]), Blocked),
        (sign_in([to(EXCHANGE), risky()]), Allowed),
        (sign_in([to(APP), risky(), able([])]), Allowed),
    ]);
    assert_eq!(tenant.found(), ["incomplete-remediation: error", "missing-emergency-exclusion: warn"]);
}

#[test]
fn t41_a_step_up_by_role_comes_too_late_for_activation() {
    let rule =
        json!({ "id": "AuthenticationContext_EndUser_Assignment", "isEnabled": true, "claimValue": "c1" });
    let activation = json!({
        "scopeType": "DirectoryRole", "roleDefinitionId": GLOBAL_ADMINISTRATOR, "policyId": "p",
        "policy": { "rules": [rule] },
    });
    let context = apps(json!({
        "includeApplications": [], "includeAuthenticationContextClassReferences": ["c1"],
    }));
    let administrators =
        users(json!({ "includeUsers": [], "includeRoles": [PRIVILEGED_ROLE_ADMINISTRATOR] }));
    let tenant = Tenant::one([context, administrators, strength(PHISHING_RESISTANT)])
        .and("activation.json", activation.to_string());
    let eligible = sign_in([at_context("c1"), able([])]);
    assert_eq!(tenant.applies(&eligible), (Truth::No, Some(Aspect::Users)));
    tenant.decides(&[
        (eligible, Allowed),
        (sign_in([at_context("c1"), able([]), holding(PRIVILEGED_ROLE_ADMINISTRATOR)]), Blocked),
    ]);
    let c1 = Target::Context("c1".to_owned());
    assert_eq!(tenant.keeps_out(&Class::Eligible, &c1, &methods(Methods::None)), NOTHING);
    assert_eq!(tenant.found(), ["activation-deadlock: warn"]);
}

#[test]
fn t42_token_protection_wants_native_apps_on_windows() {
    let session = json!({ "secureSignInSession": { "isEnabled": true } });
    let tenant = Tenant::one([nothing_beside(session)]).declared();
    tenant.decides(&[
        (sign_in([on("iOS")]), Blocked),
        (sign_in([on("windows")]), Blocked),
        (sign_in([on("windows"), with(NATIVE)]), Allowed),
    ]);
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::Ios)), ["P1"]);
    assert_eq!(tenant.locks_out(&Class::Member, &platform(Platform::Windows)), NOTHING);
    assert_eq!(tenant.found(), ["missing-emergency-exclusion: error", "unscoped-token-protection: warn"]);
}

#[test]
fn t43_who_is_included_and_excluded_is_excluded() {
    let tenant = Tenant::one([block(), users(json!({ "includeUsers": [ANNA], "excludeUsers": [ANNA] }))]);
    let anna = sign_in([]);
    assert_eq!(tenant.applies(&anna), (Truth::No, Some(Aspect::Users)));
    tenant.decides(&[(anna, Allowed), (sign_in([who(json!({ "userId": BEN }))]), Allowed)]);
    assert_eq!(tenant.locks_out(&Class::Named(ANNA.to_owned()), &anyhow), NOTHING);
    assert_eq!(tenant.found(), ["never-applies: warn"]);
}

/// A plan in which one policy is made or destroyed, with the exclusion of a group that the plan makes too.
fn plan(actions: &[&str], controls: &[&str]) -> String {
    let (address, kind) = ("azuread_conditional_access_policy.p", "azuread_conditional_access_policy");
    let policy = json!({
        "display_name": "P1", "state": "enabled",
        "conditions": [{
            "client_app_types": ["all"],
            "applications": [{ "included_applications": ["All"] }],
            "users": [{ "included_users": ["All"] }],
        }],
        "grant_controls": [{ "operator": "OR", "built_in_controls": controls }],
    });
    let is_destroyed = actions.contains(&"delete");
    let after = if is_destroyed { Value::Null } else { policy.clone() };
    let planned =
        json!([{ "address": address, "mode": "managed", "type": kind, "name": "p", "values": policy }]);
    let unknown = json!({ "id": true, "conditions": [{ "users": [{ "excluded_groups": true }] }] });
    let references = ["azuread_group.break_glass.object_id", "azuread_group.break_glass"];
    json!({
        "format_version": "1.2", "terraform_version": "1.9.5",
        "planned_values": { "root_module": { "resources": if is_destroyed { json!([]) } else { planned } } },
        "resource_changes": [{
            "address": address, "mode": "managed", "type": kind, "name": "p",
            "change": {
                "actions": actions, "after": after,
                "before": if is_destroyed { policy } else { Value::Null },
                "after_unknown": if is_destroyed { json!({}) } else { unknown },
            },
        }],
        "configuration": { "root_module": { "resources": [{
            "address": address, "mode": "managed", "type": kind, "name": "p",
            "expressions": { "conditions": [{ "users": [{ "excluded_groups": { "references": references } }] }] },
        }] } },
    })
    .to_string()
}

#[test]
fn t44_a_group_that_a_plan_makes_is_left_out_under_its_name() {
    let group = "azuread_group.break_glass";
    let tenant = Tenant::default()
        .and("plan.json", plan(&["create"], &["block"]))
        .config(&format!("emergency-access: {{groups: [{group}]}}"));
    tenant.decides(&[(sign_in([in_group(group)]), Allowed), (sign_in([]), Blocked)]);
    assert_eq!(tenant.locks_out(&break_glass(&tenant), &anyhow), NOTHING);
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), ["P1"]);
    assert_eq!(tenant.found(), ["block-everyone: error"]);
    let device = Tenant::default().and("plan.json", plan(&["create"], &["compliantDevice"]));
    assert!(!device.found().iter().any(|finding| finding.starts_with("missing-emergency-exclusion")));
}

#[test]
fn t45_a_destroyed_policy_locks_nobody_out() {
    let before = Tenant::default().and("plan.json", plan(&["create"], &["mfa"]));
    before.decides(&[(sign_in([able([])]), Blocked)]);
    let after = Tenant::default().and("plan.json", plan(&["delete"], &["mfa"]));
    after.decides(&[(sign_in([able([])]), Allowed)]);
    assert_eq!(after.locks_out(&Class::Member, &anyhow), NOTHING);
    assert_eq!(after.found(), NOTHING);
}

#[test]
fn t46_utf16_reads_like_utf8() {
    let text = serde_json::to_string_pretty(&[policy("P1", [block()])]).unwrap();
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let tenant = Tenant::default().and("policies.json", bytes);
    assert_eq!(tenant.found(), Tenant::one([block()]).found());
    assert_eq!(tenant.found(), ["block-everyone: error", "missing-emergency-exclusion: warn"]);
    tenant.decides(&[(sign_in([]), Blocked)]);
}

#[test]
fn t47_a_first_page_is_an_incomplete_export() {
    let next = "https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies?$skiptoken=x";
    let page = |policy: Value| {
        let page = json!({ "value": [policy], "@odata.nextLink": next });
        Tenant::default().and("export.json", page.to_string())
    };
    let tenant = page(policy("P1", [grant("OR", &["mfa"]), but_break_glass()]));
    assert_eq!(tenant.found(), ["incomplete-export: warn"]);
    assert!(!tenant.locks_managers_out(), "as far as the page goes");
    let access = tenant.within(|options| {
        let folder = &options.paths[0];
        common::ran(common::calint(folder).args(["access", "export.json"]).output().unwrap())
    });
    assert!(access.0.contains("not proved: export.json: export holds only its first page"), "{}", access.0);
    let blocked = page(policy("P1", [block()]));
    assert!(blocked.locks_managers_out(), "whatever the other pages hold");
    assert!(blocked.finds("block-everyone: error"));
}

/// A block of staff that leaves out another group.
fn staff_but(group: &str) -> Tenant {
    let scope = json!({ "includeUsers": [], "includeGroups": [STAFF], "excludeGroups": [group] });
    Tenant::one([block(), users(scope)])
}

/// Staff are two people, and the other group has these members.
fn groups(others: &[&str]) -> String {
    let group = |id: &str, members: &[&str]| json!({ "id": id, "displayName": "Group", "securityEnabled": true, "members": members });
    json!({ "value": [group(STAFF, &[ANNA, BEN]), group(EVERYBODY, others)] }).to_string()
}

#[test]
fn t48_an_excluded_group_that_holds_the_included_one() {
    let same = staff_but(STAFF);
    let staff = sign_in([in_group(STAFF)]);
    assert_eq!(same.applies(&staff), (Truth::No, Some(Aspect::Users)));
    same.decides(&[(staff.clone(), Allowed)]);
    assert_eq!(same.found(), ["never-applies: warn"]);
    let larger = staff_but(EVERYBODY);
    let both = sign_in([who(json!({ "groupIds": [STAFF, EVERYBODY] }))]);
    assert_eq!(larger.applies(&both), (Truth::No, Some(Aspect::Users)));
    larger.decides(&[(both, Allowed), (staff, Blocked)]);
    assert!(!larger.finds("never-applies: warn"), "nothing is known of who is in the groups");
    let in_part = larger.and("groups.json", groups(&[ANNA]));
    assert!(!in_part.finds("never-applies: warn"), "one of the staff is not left out");
}

#[test]
fn t48_exported_members_who_are_all_left_out_again() {
    for others in [[ANNA, BEN, CARL].as_slice(), &[ANNA, BEN], &[STAFF]] {
        let tenant = staff_but(EVERYBODY).and("groups.json", groups(others));
        assert_eq!(tenant.found(), ["never-applies: warn"], "{others:?}");
    }
}

#[test]
fn t49_a_policy_on_no_app_never_applies() {
    for nothing in
        [apps(json!({ "includeApplications": ["None"] })), users(json!({ "includeUsers": ["None"] }))]
    {
        let tenant = Tenant::one([block(), nothing]);
        for sign_in in anyone() {
            tenant.decides(&[(sign_in, Allowed)]);
        }
        assert_eq!(tenant.locks_out(&Class::Member, &anyhow), NOTHING);
        assert_eq!(tenant.found(), ["never-applies: warn"]);
    }
}

#[test]
fn t50_a_policy_without_controls_locks_nobody_out() {
    let tenant = Tenant::one([nothing_beside(Value::Null)]);
    for sign_in in anyone() {
        tenant.decides(&[(sign_in, Allowed)]);
    }
    assert_eq!(tenant.locks_out(&Class::Member, &anyhow), NOTHING);
    assert_eq!(tenant.found(), ["missing-controls: error"]);
}
