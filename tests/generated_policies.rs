//! Two thousand generated policies whose verdicts follow from the parts they are made of.
//!
//! Each table below lists fragments of a policy and what each fragment means. A policy takes one fragment of
//! every table; [`expected`] derives what must be found from the meanings alone. Every policy is read as JSON,
//! as YAML and out of one list export, and the three must agree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use calint::engine::{self, Options, Outcome};
use calint::finding::{Certainty, Finding, Level};
use serde_json::{Value, json};

const POLICIES: usize = 2_000;

const RULES: [&str; 7] = [
    "block-everyone",
    "block-every-platform",
    "compliant-device-for-everyone",
    "hybrid-join-for-everyone",
    "app-protection-for-everyone",
    "block-all-but-some-apps",
    "exclusion-that-excludes-nobody",
];

/// A fragment of a policy and what it means. `ID` in the text stands for the id of some object, another one
/// each time, and `NEW` for something that makes a text one of its own: one text in several policies is one finding.
type Table<M> = &'static [(&'static str, M)];

/// Whether all users are taken in.
const WHO: Table<bool> = &[
    (r#"{"includeUsers": ["All"]}"#, true),
    (r#"{"includeUsers": ["all"]}"#, true),
    (r#"{"includeUsers": ["All"], "includeGroups": ["ID"]}"#, true),
    (
        r#"{"includeUsers": ["All"], "includeGuestsOrExternalUsers":
            {"guestOrExternalUserTypes": null, "externalTenants": {"membershipKind": null}}}"#,
        true,
    ),
    (r#"{"includeUsers": ["ID", "ID"]}"#, false),
    (r#"{"includeUsers": ["None"]}"#, false),
    (r#"{"includeUsers": ["GuestsOrExternalUsers"]}"#, false),
    (r#"{"includeGroups": ["ID"]}"#, false),
    (r#"{"includeGroups": ["ID", "ID", "ID"]}"#, false),
    (r#"{"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}"#, false),
    (
        r#"{"includeGuestsOrExternalUsers": {
            "guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest,serviceProvider",
            "externalTenants": {"membershipKind": "all"}}}"#,
        false,
    ),
];

/// What the entries of the exclusion lists are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Excluded {
    /// Users, groups or roles, any of whom may be able to undo the policy.
    people: bool,
    /// Texts that stand for nobody.
    nobody: bool,
    /// Texts that may stand for somebody.
    unclear: bool,
}

/// Nobody, or only people who cannot undo a policy.
const NO_ONE: Excluded = Excluded { people: false, nobody: false, unclear: false };
const PEOPLE: Excluded = Excluded { people: true, ..NO_ONE };
const VOID: Excluded = Excluded { nobody: true, ..NO_ONE };
const UNCLEAR: Excluded = Excluded { unclear: true, ..NO_ONE };

const EXCLUDED: Table<Excluded> = &[
    ("{}", NO_ONE),
    (r#"{"excludeUsers": ["GuestsOrExternalUsers"]}"#, NO_ONE),
    (
        r#"{"excludeGuestsOrExternalUsers": {
            "guestOrExternalUserTypes": "b2bCollaborationGuest,otherExternalUser",
            "externalTenants": {"membershipKind": "enumerated", "members": ["ID"]}}}"#,
        NO_ONE,
    ),
    (
        r#"{"excludeGuestsOrExternalUsers":
            {"guestOrExternalUserTypes": null, "externalTenants": {"membershipKind": null}}}"#,
        NO_ONE,
    ),
    (r#"{"excludeRoles": ["d29b2b05-8046-44ba-8758-1e26182fcf32"]}"#, NO_ONE),
    (r#"{"excludeUsers": [""]}"#, VOID),
    (r#"{"excludeGroups": [""]}"#, VOID),
    (r#"{"excludeUsers": ["Current administrator will be excluded"]}"#, VOID),
    (r#"{"excludeUsers": ["Current administrator will be excluded", ""]}"#, VOID),
    (r#"{"excludeGroups": ["<id of the emergency access group NEW>"]}"#, UNCLEAR),
    (r#"{"excludeGroups": ["{{emergencyAccessGroupNEW}}"]}"#, UNCLEAR),
    (r#"{"excludeGroups": ["${emergency_access_group_NEW}"]}"#, UNCLEAR),
    (r#"{"excludeGroups": ["Emergency access NEW"]}"#, UNCLEAR),
    (r#"{"excludeUsers": ["emergencyNEW@contoso.onmicrosoft.com"]}"#, UNCLEAR),
    (
        r#"{"excludeUsers": ["Current administrator will be excluded"], "excludeGroups": ["{{groupNEW}}"]}"#,
        Excluded { nobody: true, ..UNCLEAR },
    ),
    (r#"{"excludeGroups": ["ID"]}"#, PEOPLE),
    (r#"{"excludeGroups": ["ID", "ID", "ID"]}"#, PEOPLE),
    (r#"{"excludeUsers": ["ID"], "excludeGroups": ["ID"]}"#, PEOPLE),
    (r#"{"excludeUsers": ["ID", "GuestsOrExternalUsers"]}"#, PEOPLE),
    (r#"{"excludeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}"#, PEOPLE),
    (r#"{"excludeUsers": ["", "ID"]}"#, Excluded { nobody: true, ..PEOPLE }),
    (r#"{"excludeGroups": ["ID", "<group NEW>"]}"#, Excluded { unclear: true, ..PEOPLE }),
];

/// How much of the tenant's resources a policy covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Apps {
    All,
    AllButSome,
    Some,
}

const APPS: Table<Apps> = &[
    (r#"{"includeApplications": ["All"]}"#, Apps::All),
    (r#"{"includeApplications": ["all"], "applicationFilter": {"mode": null, "rule": null}}"#, Apps::All),
    (r#"{"includeApplications": ["All"], "excludeApplications": ["ID"]}"#, Apps::AllButSome),
    (r#"{"includeApplications": ["All"], "excludeApplications": ["Office365"]}"#, Apps::AllButSome),
    (
        r#"{"includeApplications": ["All"],
            "excludeApplications": ["ID", "d4ebce55-015a-49b5-a083-c84d1797ae8c"]}"#,
        Apps::AllButSome,
    ),
    (r#"{"includeApplications": ["Office365"]}"#, Apps::Some),
    (r#"{"includeApplications": ["MicrosoftAdminPortals"]}"#, Apps::Some),
    (r#"{"includeApplications": ["ID"]}"#, Apps::Some),
    (r#"{"includeUserActions": ["urn:user:registersecurityinfo"]}"#, Apps::Some),
    (r#"{"includeAuthenticationContextClassReferences": ["c1"]}"#, Apps::Some),
];

/// What a condition leaves of the sign-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    /// Every platform that is recognised: a block of these is one of everybody, a demand leaves a way around it.
    Recognised,
    /// Every sign-in, and the file does not speak of it.
    Unwritten,
    /// Every sign-in, written out.
    Everything,
    /// Some sign-ins.
    Narrow,
}

use Condition::{Everything, Narrow, Recognised, Unwritten};

const CLIENTS: Table<Condition> = &[
    ("{}", Unwritten),
    (r#"{"clientAppTypes": []}"#, Unwritten),
    (r#"{"clientAppTypes": ["all"]}"#, Everything),
    (r#"{"clientAppTypes": ["browser", "mobileAppsAndDesktopClients"]}"#, Everything),
    (
        r#"{"clientAppTypes": ["exchangeActiveSync", "browser", "mobileAppsAndDesktopClients", "other"]}"#,
        Everything,
    ),
    (r#"{"clientAppTypes": ["browser"]}"#, Narrow),
    (r#"{"clientAppTypes": ["mobileAppsAndDesktopClients"]}"#, Narrow),
    (r#"{"clientAppTypes": ["exchangeActiveSync", "other"]}"#, Narrow),
];

const PLATFORMS: Table<Condition> = &[
    ("{}", Unwritten),
    (r#"{"platforms": null}"#, Unwritten),
    (r#"{"platforms": {"includePlatforms": [], "excludePlatforms": []}}"#, Unwritten),
    (r#"{"platforms": {"includePlatforms": null, "excludePlatforms": null}}"#, Unwritten),
    (r#"{"platforms": {"includePlatforms": ["all"], "excludePlatforms": []}}"#, Everything),
    (r#"{"platforms": {"includePlatforms": ["all"]}}"#, Everything),
    (r#"{"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["windowsPhone"]}}"#, Everything),
    (
        r#"{"platforms": {"includePlatforms":
            ["android", "iOS", "windows", "windowsPhone", "macOS", "linux", "all"]}}"#,
        Everything,
    ),
    (r#"{"platforms": {"includePlatforms": ["android", "iOS"], "excludePlatforms": []}}"#, Narrow),
    (r#"{"platforms": {"includePlatforms": ["windows"]}}"#, Narrow),
    (r#"{"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS", "macOS"]}}"#, Narrow),
    (
        r#"{"platforms": {"includePlatforms": ["android", "iOS", "windows", "windowsPhone", "macOS", "linux"]}}"#,
        Recognised,
    ),
];

const LOCATIONS: Table<Condition> = &[
    ("{}", Unwritten),
    (r#"{"locations": null}"#, Unwritten),
    (r#"{"locations": {"includeLocations": null, "excludeLocations": null}}"#, Unwritten),
    (r#"{"locations": {"includeLocations": ["All"], "excludeLocations": []}}"#, Everything),
    (r#"{"locations": {"includeLocations": ["All"]}}"#, Everything),
    (r#"{"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}"#, Narrow),
    (r#"{"locations": {"includeLocations": ["All"], "excludeLocations": ["ID"]}}"#, Narrow),
    (r#"{"locations": {"includeLocations": ["ID", "ID"], "excludeLocations": []}}"#, Narrow),
];

const DEVICES: Table<Condition> = &[
    ("{}", Unwritten),
    (r#"{"devices": null}"#, Unwritten),
    (r#"{"devices": {"deviceFilter": {"mode": null, "rule": null}}}"#, Unwritten),
    (r#"{"devices": {"deviceFilter": null, "includeDevices": [], "excludeDevices": []}}"#, Unwritten),
    (
        r#"{"devices": {"deviceFilter": {"mode": "exclude", "rule": "device.trustType -eq \"ServerAD\""}}}"#,
        Narrow,
    ),
    (r#"{"devices": {"deviceFilter": {"mode": "include", "rule": "device.isCompliant -eq False"}}}"#, Narrow),
];

const SESSIONS: Table<Condition> = &[
    ("{}", Unwritten),
    (r#"{"userRiskLevels": [], "signInRiskLevels": []}"#, Unwritten),
    (r#"{"userRiskLevels": null, "insiderRiskLevels": null, "servicePrincipalRiskLevels": []}"#, Unwritten),
    (r#"{"authenticationFlows": null, "times": null, "clients": null, "deviceStates": null}"#, Unwritten),
    (r#"{"authenticationFlows": {"transferMethods": null}}"#, Unwritten),
    (r#"{"userRiskLevels": ["high"]}"#, Narrow),
    (r#"{"signInRiskLevels": ["medium", "high"]}"#, Narrow),
    (r#"{"insiderRiskLevels": "moderate,elevated"}"#, Narrow),
    (r#"{"authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"}}"#, Narrow),
];

/// What a policy asks of everybody it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    Block,
    /// A device or app under management; of alternatives the easiest, of joint demands the hardest.
    Compliant,
    Hybrid,
    Protected,
    /// Terms of use to accept: anybody can, but not with a passkey alone.
    Terms,
    /// Nothing that a passkey alone does not meet.
    Passkey,
}

const GRANTS: Table<Grant> = &[
    (r#"{"operator": "OR", "builtInControls": ["block"]}"#, Grant::Block),
    (r#"{"operator": "AND", "builtInControls": ["block"], "termsOfUse": []}"#, Grant::Block),
    (
        r#"{"operator": "OR", "builtInControls": ["block"], "customAuthenticationFactors": [],
            "authenticationStrength": {"id": null, "allowedCombinations": null}}"#,
        Grant::Block,
    ),
    (r#"{"operator": "OR", "builtInControls": ["compliantDevice"]}"#, Grant::Compliant),
    (r#"{"operator": "AND", "builtInControls": ["compliantDevice"]}"#, Grant::Compliant),
    (
        r#"{"operator": "OR", "builtInControls": ["compliantDevice"], "termsOfUse": [],
            "authenticationStrength": {"id": null, "allowedCombinations": []}}"#,
        Grant::Compliant,
    ),
    (r#"{"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]}"#, Grant::Compliant),
    (
        r#"{"operator": "AND", "builtInControls": ["compliantDevice"], "termsOfUse": ["ID"]}"#,
        Grant::Compliant,
    ),
    (
        r#"{"operator": "AND", "builtInControls": ["compliantDevice"],
            "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}}"#,
        Grant::Compliant,
    ),
    (r#"{"operator": "OR", "builtInControls": ["compliantDevice", "domainJoinedDevice"]}"#, Grant::Compliant),
    (
        r#"{"operator": "or", "builtInControls": ["compliantApplication", "compliantDevice"]}"#,
        Grant::Compliant,
    ),
    (
        r#"{"operator": "OR", "builtInControls":
            ["domainJoinedDevice", "compliantApplication", "approvedApplication", "compliantDevice"]}"#,
        Grant::Compliant,
    ),
    (
        r#"{"operator": "AND", "builtInControls": ["compliantDevice", "approvedApplication"]}"#,
        Grant::Compliant,
    ),
    (r#"{"operator": "OR", "builtInControls": ["domainJoinedDevice"]}"#, Grant::Hybrid),
    (r#"{"builtInControls": ["domainJoinedDevice"]}"#, Grant::Hybrid),
    (
        r#"{"operator": "OR", "builtInControls": ["domainJoinedDevice", "approvedApplication"]}"#,
        Grant::Hybrid,
    ),
    (r#"{"operator": "AND", "builtInControls": ["domainJoinedDevice", "mfa"]}"#, Grant::Hybrid),
    (r#"{"operator": "AND", "builtInControls": ["compliantDevice", "domainJoinedDevice"]}"#, Grant::Hybrid),
    (r#"{"operator": "and", "builtInControls": ["domainJoinedDevice", "compliantDevice"]}"#, Grant::Hybrid),
    (r#"{"operator": "OR", "builtInControls": ["compliantApplication"]}"#, Grant::Protected),
    (
        r#"{"operator": "OR", "builtInControls": ["approvedApplication", "compliantApplication"]}"#,
        Grant::Protected,
    ),
    (
        r#"{"operator": "OR", "builtInControls": ["domainJoinedDevice", "compliantApplication"]}"#,
        Grant::Protected,
    ),
    (
        r#"{"operator": "AND", "builtInControls": ["compliantApplication", "compliantDevice"]}"#,
        Grant::Protected,
    ),
    (r#"{"operator": "AND", "builtInControls": ["compliantApplication", "mfa"]}"#, Grant::Protected),
    (r#"{"operator": "OR", "builtInControls": ["approvedApplication"]}"#, Grant::Passkey),
    (r#"{"operator": "OR", "builtInControls": ["approvedApplication", "mfa"]}"#, Grant::Passkey),
    (r#"{"operator": "OR", "builtInControls": ["mfa"]}"#, Grant::Passkey),
    (
        r#"{"operator": "OR", "builtInControls": ["mfa", "compliantDevice", "domainJoinedDevice"]}"#,
        Grant::Passkey,
    ),
    (
        r#"{"operator": "OR", "builtInControls": ["compliantApplication"], "termsOfUse": ["ID"]}"#,
        Grant::Terms,
    ),
    (
        r#"{"operator": "OR", "builtInControls": ["domainJoinedDevice"],
            "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000002"}}"#,
        Grant::Passkey,
    ),
    (
        r#"{"operator": "OR", "builtInControls": [],
            "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}}"#,
        Grant::Passkey,
    ),
    (r#"{"operator": "AND", "builtInControls": ["mfa"], "termsOfUse": ["ID"]}"#, Grant::Terms),
    (r#"{"operator": "OR", "builtInControls": null, "termsOfUse": ["ID"]}"#, Grant::Terms),
    (
        r#"{"operator": "OR", "builtInControls": [], "customAuthenticationFactors": [], "termsOfUse": []}"#,
        Grant::Passkey,
    ),
    ("{}", Grant::Passkey),
    ("null", Grant::Passkey),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Enforced,
    NotYet,
    Off,
}

const STATES: Table<State> = &[
    (r#"{"state": "enabled"}"#, State::Enforced),
    (r#"{"state": "enabledForReportingButNotEnforced"}"#, State::NotYet),
    ("{}", State::NotYet),
    (r#"{"state": "disabled"}"#, State::Off),
];

/// Lists that may be missing, null or empty, which says the same.
const USER_LISTS: [&str; 6] =
    ["includeUsers", "excludeUsers", "includeGroups", "excludeGroups", "includeRoles", "excludeRoles"];
const APP_LISTS: [&str; 4] = [
    "includeApplications",
    "excludeApplications",
    "includeUserActions",
    "includeAuthenticationContextClassReferences",
];

/// What the parts of one policy mean.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    everyone: bool,
    excluded: Excluded,
    apps: Apps,
    platforms: Condition,
    narrowed: bool,
    grant: Grant,
    state: State,
}

struct Policy {
    name: String,
    value: Value,
    meaning: Meaning,
}

/// One finding, as far as the tables foretell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Verdict {
    rule: &'static str,
    level: Level,
    unverified: bool,
    once_enabled: bool,
}

/// What must be found in a policy with these parts, and nothing else by [`RULES`].
fn expected(meaning: Meaning) -> Vec<Verdict> {
    let Meaning { excluded, state, .. } = meaning;
    if state == State::Off {
        return Vec::new();
    }
    let verdict = |rule, level: Level, unverified| {
        let once_enabled = state == State::NotYet;
        let level = if once_enabled { one_lower(level) } else { level };
        let level = if unverified { level.max(Level::Warn) } else { level };
        Verdict { rule, level, unverified, once_enabled }
    };
    let unverified = excluded.unclear && !excluded.people;
    let lockout = lockout(meaning).map(|(rule, nobody_excluded, people_excluded)| {
        let level = if excluded.people { people_excluded } else { nobody_excluded };
        verdict(rule, level, unverified)
    });
    let harm = if meaning.grant == Grant::Passkey { Level::Warn } else { Level::Error };
    let of_nobody = excluded.nobody.then(|| verdict("exclusion-that-excludes-nobody", harm, false));
    let of_somebody_perhaps =
        excluded.unclear.then(|| verdict("exclusion-that-excludes-nobody", Level::Warn, true));
    let mut found: Vec<_> = lockout.into_iter().chain(of_nobody).chain(of_somebody_perhaps).collect();
    found.sort();
    found
}

/// The rule that a policy over everyone breaks, with its level where nobody and where people are excluded.
fn lockout(meaning: Meaning) -> Option<(&'static str, Level, Level)> {
    if !meaning.everyone || meaning.narrowed {
        return None;
    }
    if meaning.platforms == Recognised && (meaning.apps, meaning.grant) != (Apps::All, Grant::Block) {
        return None;
    }
    Some(match (meaning.apps, meaning.grant) {
        (Apps::Some, _) | (_, Grant::Terms | Grant::Passkey) => return None,
        (Apps::AllButSome, Grant::Block) => ("block-all-but-some-apps", Level::Error, Level::Warn),
        (Apps::All, Grant::Block) if meaning.platforms != Unwritten => {
            ("block-every-platform", Level::Error, Level::Warn)
        }
        (Apps::All, Grant::Block) => ("block-everyone", Level::Error, Level::Warn),
        (_, Grant::Compliant) => ("compliant-device-for-everyone", Level::Error, Level::Note),
        (_, Grant::Hybrid) => ("hybrid-join-for-everyone", Level::Error, Level::Warn),
        (_, Grant::Protected) => ("app-protection-for-everyone", Level::Error, Level::Warn),
    })
}

fn one_lower(level: Level) -> Level {
    match level {
        Level::Error => Level::Warn,
        Level::Warn | Level::Note => Level::Note,
        Level::Off => Level::Off,
    }
}

/// The splitmix64 generator: the same policies in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn id(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }

    /// A fragment of a table: in `percent` of the draws one whose meaning is `favoured`, else another one.
    fn draw<M: Copy>(&mut self, table: Table<M>, percent: usize, favoured: impl Fn(M) -> bool) -> (Value, M) {
        let wanted = self.below(100) < percent;
        let rows: Vec<_> = table.iter().filter(|(_, meaning)| favoured(*meaning) == wanted).collect();
        let (text, meaning) = rows[self.below(rows.len())];
        let mut value = serde_json::from_str(text).expect("a fragment is JSON");
        self.fill_in_ids(&mut value);
        (value, *meaning)
    }

    fn fill_in_ids(&mut self, value: &mut Value) {
        match value {
            Value::String(text) if text == "ID" => *text = self.id(),
            Value::String(text) if text.contains("NEW") => {
                *text = text.replace("NEW", &format!("{:x}", self.next()));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_in_ids(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.fill_in_ids(member)),
            _ => {}
        }
    }

    /// Writes some of the lists that are not there, as null or without entries.
    fn pad(&mut self, object: &mut Value, lists: &[&str]) {
        for list in lists {
            let nothing = [None, Some(Value::Null), Some(json!([]))][self.below(3)].clone();
            if let (Some(nothing), Some(members)) = (nothing, object.as_object_mut()) {
                members.entry(*list).or_insert(nothing);
            }
        }
    }
}

/// The policies. Whether an app left out spares people who have no managed device depends on the app, so no
/// policy has both a demand for one and an app left out.
fn generate() -> Vec<Policy> {
    let mut random = Random(2026);
    let mut policies = Vec::with_capacity(POLICIES);
    while policies.len() < POLICIES {
        let policy = policy(&mut random, policies.len());
        let Meaning { apps, grant, .. } = policy.meaning;
        let managed = matches!(grant, Grant::Compliant | Grant::Hybrid | Grant::Protected);
        if !(managed && apps == Apps::AllButSome) {
            policies.push(policy);
        }
    }
    policies
}

fn policy(random: &mut Random, number: usize) -> Policy {
    let (mut users, everyone) = random.draw(WHO, 85, |everyone| everyone);
    let (exclusions, excluded) = random.draw(EXCLUDED, 35, |excluded| excluded == NO_ONE);
    merge(&mut users, exclusions);
    random.pad(&mut users, &USER_LISTS);
    let (mut applications, apps) = random.draw(APPS, 65, |apps| apps == Apps::All);
    random.pad(&mut applications, &APP_LISTS);
    let mut conditions = json!({ "users": users, "applications": applications });
    let mut narrowed = false;
    for table in [CLIENTS, LOCATIONS, DEVICES, SESSIONS] {
        let (condition, meaning) = random.draw(table, 93, |meaning| meaning != Narrow);
        merge(&mut conditions, condition);
        narrowed |= meaning == Narrow;
    }
    let (condition, platforms) = random.draw(PLATFORMS, 93, |meaning| meaning != Narrow);
    merge(&mut conditions, condition);
    narrowed |= platforms == Narrow;
    let (controls, grant) = random.draw(GRANTS, 35, |grant| grant == Grant::Block);
    let (state, standing) = random.draw(STATES, 60, |state| state == State::Enforced);

    let name = format!("CA{number:04} {grant:?}");
    let mut value = json!({ "displayName": name, "conditions": conditions, "grantControls": controls });
    merge(&mut value, state);
    Policy {
        name,
        value,
        meaning: Meaning { everyone, excluded, apps, platforms, narrowed, grant, state: standing },
    }
}

fn merge(into: &mut Value, members: Value) {
    if let (Value::Object(into), Value::Object(members)) = (into, members) {
        into.extend(members);
    }
}

fn verdict(finding: &Finding) -> Option<Verdict> {
    let rule = RULES.into_iter().find(|rule| *rule == finding.rule.as_str())?;
    let once_enabled = finding.message.ends_with("once enabled");
    assert_eq!(once_enabled, finding.once_enabled, "{}", finding.message);
    Some(Verdict {
        rule,
        level: finding.level,
        unverified: finding.certainty == Certainty::Unverified,
        once_enabled,
    })
}

/// What [`RULES`] found, by the name of the policy.
fn by_name(outcome: &Outcome) -> BTreeMap<&str, Vec<Verdict>> {
    let mut found: BTreeMap<&str, Vec<Verdict>> = BTreeMap::new();
    for finding in &outcome.findings {
        if let Some(verdict) = verdict(finding) {
            let name = finding.policy.as_ref().and_then(|policy| policy.name.as_deref());
            found.entry(name.expect("a finding about a policy names it")).or_default().push(verdict);
        }
    }
    found.values_mut().for_each(|verdicts| verdicts.sort());
    found
}

/// Fails with the first few policies of which `outcome` says something else than [`expected`].
fn assert_as_expected<'p>(policies: impl IntoIterator<Item = &'p Policy>, outcome: &Outcome) {
    let found = by_name(outcome);
    let mut wrong = Vec::new();
    for policy in policies {
        let expected = expected(policy.meaning);
        let found = found.get(policy.name.as_str()).cloned().unwrap_or_default();
        if found != expected {
            wrong.push(format!("expected {expected:?}\nfound {found:?}\nin {:#}", policy.value));
        }
    }
    assert!(wrong.is_empty(), "{} policies:\n{}", wrong.len(), wrong[..wrong.len().min(3)].join("\n\n"));
}

fn json_of(policy: &Policy) -> String {
    serde_json::to_string_pretty(&policy.value).unwrap()
}

fn yaml_of(policy: &Policy) -> String {
    serde_yaml::to_string(&policy.value).unwrap()
}

#[test]
fn every_verdict_is_exercised() {
    let verdicts: Vec<_> = generate().iter().map(|policy| expected(policy.meaning)).collect();
    let count = |wanted: &dyn Fn(&Vec<Verdict>) -> bool| verdicts.iter().filter(|it| wanted(it)).count();
    for rule in RULES {
        let times = count(&|found| found.iter().any(|verdict| verdict.rule == rule));
        assert!(times >= 20, "{rule} is expected {times} times");
    }
    let clean = count(&|found| found.is_empty());
    assert!(clean >= 600, "{clean} policies are clean");
    let different: BTreeSet<_> = verdicts.iter().flatten().collect();
    assert!(different.len() >= 30, "{different:?}");
}

#[test]
fn alone_each_policy_is_judged_by_its_parts_in_json_and_yaml() {
    for policy in generate() {
        let json = common::check_text("policy.json", &json_of(&policy));
        let yaml = common::check_text("policy.yaml", &yaml_of(&policy));
        for outcome in [&json, &yaml] {
            assert_eq!((outcome.policies, outcome.unreadable), (1, 0), "{:#}", policy.value);
            assert_as_expected([&policy], outcome);
        }
        assert_eq!(common::verdicts(&json), common::verdicts(&yaml), "{:#}", policy.value);
    }
}

#[test]
fn together_in_a_list_export_nothing_changes() {
    let policies = generate();
    let values: Vec<_> = policies.iter().map(|policy| &policy.value).collect();
    let export = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/policies",
        "value": values,
    });
    let outcome = common::check_text("export.json", &export.to_string());
    assert_eq!((outcome.policies, outcome.unreadable), (POLICIES, 0));
    assert_as_expected(&policies, &outcome);
}

#[test]
fn together_in_files_of_their_own_nothing_changes() {
    let policies = generate();
    let folder = tempfile::tempdir().unwrap();
    for (number, policy) in policies.iter().enumerate() {
        let (ending, text) =
            if number % 2 == 0 { ("json", json_of(policy)) } else { ("yaml", yaml_of(policy)) };
        fs::write(folder.path().join(format!("{number:04}.{ending}")), text).unwrap();
    }
    let paths = vec![folder.path().to_path_buf()];
    let outcome = engine::run(&Options { paths, ..common::options() }).expect("no configuration is read");
    assert_eq!((outcome.files, outcome.policies, outcome.unreadable), (POLICIES, POLICIES, 0));
    assert_as_expected(&policies, &outcome);
}

#[test]
fn the_program_reports_the_same_through_its_json() {
    let policies = generate();
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<_> = policies.iter().map(|policy| &policy.value).collect();
    fs::write(folder.path().join("export.json"), json!({ "value": values }).to_string()).unwrap();
    let run = common::calint(folder.path()).args(["--no-config", "--format", "json"]).output().unwrap();
    let (out, _, code) = common::ran(run);
    assert_eq!(code, Some(1));

    let report: Value = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| RULES.contains(&text(&finding["rule"]).as_str()))
        .map(|finding| [&finding["policy"]["name"], &finding["rule"], &finding["level"]].map(text))
        .collect();
    let mut wanted: Vec<_> = policies
        .iter()
        .flat_map(|policy| {
            expected(policy.meaning).into_iter().map(|verdict| {
                [policy.name.clone(), verdict.rule.to_owned(), verdict.level.as_str().to_owned()]
            })
        })
        .collect();
    found.sort();
    wanted.sort();
    let differs = found.iter().zip(&wanted).find(|(found, wanted)| found != wanted);
    assert_eq!((differs, found.len()), (None, wanted.len()));
}
