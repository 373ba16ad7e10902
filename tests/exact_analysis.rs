//! The exact analysis against the evaluator and against plain enumeration, over random tenants.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;

use calint::access::analysis::{Analysis, Circumstances, Scope, Way};
use calint::access::gaps;
use calint::access::matrix::{self, Reach};
use calint::access::people;
use calint::access::sign_in::{Client, DevicePlatform, Identity, Methods, PersonKind, SignIn, Target};
use calint::access::solver::{Answer, Query, Region, Sat, Solve};
use calint::access::space::{Property, Wanted};
use calint::access::{Access, Assume, Question, Verdict, decide, targets};
use calint::engine::{self, Outcome};
use calint::policy::ids::apps;
use calint::policy::words::{Risk, TransferMethod, UserAction};
use calint::policy::{PolicySet, Truth};
use serde_json::{Value, json};

/// Small numbers that follow from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len())]
    }

    fn some<T: Clone>(&mut self, choices: &[T]) -> Vec<T> {
        let mut chosen = choices.to_vec();
        chosen.retain(|_| self.once_in(2));
        if chosen.is_empty() { vec![self.one(choices).clone()] } else { chosen }
    }
}

const USERS: [&str; 2] = ["0a1f4e52-30f9-4f0a-9d0e-1f4a6b2c8d90", "<break glass account>"];
const GROUPS: [&str; 3] = [
    "1b1f4e52-30f9-4f0a-9d0e-1f4a6b2c8d91",
    "1b1f4e52-30f9-4f0a-9d0e-1f4a6b2c8d92",
    "{{ break glass group }}",
];
const ROLES: [&str; 2] = ["62e90394-69f5-4237-9190-012177145e10", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"];
const LOCATIONS: [&str; 4] = [
    "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b31",
    "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b32",
    "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b33",
    "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b34",
];
const APPS: [&str; 6] = [
    "All",
    "Office365",
    "MicrosoftAdminPortals",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "00000002-0000-0ff1-ce00-000000000000",
    "5d1f4e52-30f9-4f0a-9d0e-1f4a6b2c8d95",
];
const RULES: [&str; 6] = [
    "device.trustType -eq \"ServerAD\" -or device.isCompliant -eq True",
    "device.isCompliant -ne True",
    "device.displayName -startsWith \"PAW\" -and device.displayName -contains \"-x\"",
    "device.extensionAttribute1 -eq \"SAW\"",
    "device.extensionAttribute1 -ne \"SAW\"",
    "not (device.displayName -in [\"a\", \"b\"])",
];

fn pair(random: &mut Random, name: &str, all: &str, choices: &[&str]) -> Value {
    let mut include = random.some(choices);
    if random.once_in(2) {
        include = vec![all];
    }
    let exclude = if random.once_in(2) { random.some(choices) } else { Vec::new() };
    json!({ format!("include{name}"): include, format!("exclude{name}"): exclude })
}

fn policy(random: &mut Random, number: usize) -> Value {
    let mut users = pair(random, "Users", "All", &USERS);
    let lists = users.as_object_mut().unwrap();
    for (name, choices) in [("Groups", &GROUPS[..]), ("Roles", &ROLES[..])] {
        for side in ["include", "exclude"] {
            if random.once_in(4) {
                lists.insert(format!("{side}{name}"), json!(random.some(choices)));
            }
        }
    }
    if random.once_in(5) {
        let side = random.one(&["includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"]);
        let kinds = random.some(&["b2bCollaborationGuest", "internalGuest", "serviceProvider"]).join(",");
        lists.insert((*side).to_owned(), json!({ "guestOrExternalUserTypes": kinds }));
    }
    let mut applications = pair(random, "Applications", "All", &APPS);
    if random.once_in(8) {
        applications = json!({ "includeUserActions": ["urn:user:registersecurityinfo"] });
    }
    let mut conditions = json!({ "users": users, "applications": applications });
    let parts = conditions.as_object_mut().unwrap();
    if random.once_in(3) {
        let clients = ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"];
        parts.insert("clientAppTypes".to_owned(), json!(random.some(&clients)));
    }
    if random.once_in(3) {
        let platforms = ["windows", "macOS", "iOS", "android", "linux"];
        parts.insert("platforms".to_owned(), pair(random, "Platforms", "all", &platforms));
    }
    if random.once_in(3) {
        let mut known = LOCATIONS.to_vec();
        known.push("AllTrusted");
        parts.insert("locations".to_owned(), pair(random, "Locations", "All", &known));
    }
    if random.once_in(4) {
        let mode = random.one(&["include", "exclude"]);
        let rule = random.one(&RULES);
        parts.insert("devices".to_owned(), json!({ "deviceFilter": { "mode": mode, "rule": rule } }));
    }
    if random.once_in(5) {
        let kind = random.one(&["userRiskLevels", "signInRiskLevels"]);
        parts.insert((*kind).to_owned(), json!(random.some(&["none", "low", "medium", "high"])));
    }
    if random.once_in(8) {
        parts.insert("authenticationFlows".to_owned(), json!({ "transferMethods": "deviceCodeFlow" }));
    }
    let controls = [
        "mfa",
        "compliantDevice",
        "domainJoinedDevice",
        "compliantApplication",
        "passwordChange",
        "unknownFutureValue",
    ];
    let mut grant = if random.once_in(3) {
        json!({ "operator": "OR", "builtInControls": ["block"] })
    } else {
        json!({ "operator": random.one(&["OR", "AND"]), "builtInControls": random.some(&controls) })
    };
    if random.once_in(5) {
        let strength = format!("00000000-0000-0000-0000-00000000000{}", 2 + random.below(3));
        grant =
            json!({ "operator": "OR", "builtInControls": [], "authenticationStrength": { "id": strength } });
    }
    let state = if random.once_in(8) { "enabledForReportingButNotEnforced" } else { "enabled" };
    json!({ "displayName": format!("P{number}"), "state": state, "conditions": conditions, "grantControls": grant })
}

fn locations() -> Value {
    json!({ "value": [
        { "@odata.type": "#microsoft.graph.ipNamedLocation", "id": LOCATIONS[0], "displayName": "head office",
          "isTrusted": true, "ipRanges": [{ "cidrAddress": "203.0.113.0/24" }, { "cidrAddress": "10.0.0.0/8" }] },
        { "@odata.type": "#microsoft.graph.ipNamedLocation", "id": LOCATIONS[1], "displayName": "one floor",
          "isTrusted": false, "ipRanges": [{ "cidrAddress": "203.0.113.64/26" }, { "cidrAddress": "2001:db8::/32" }] },
        { "@odata.type": "#microsoft.graph.countryNamedLocation", "id": LOCATIONS[2], "displayName": "at home",
          "countriesAndRegions": ["NO", "SE"], "includeUnknownCountriesAndRegions": false },
    ]})
}

fn read(policies: &[Value]) -> PolicySet {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.json"), serde_json::to_string(policies).unwrap()).unwrap();
    fs::write(folder.path().join("locations.json"), locations().to_string()).unwrap();
    let options = engine::Options { paths: vec![folder.path().to_path_buf()], ..common::options() };
    let mut tenants = engine::read(&options, &mut Outcome::default()).unwrap();
    let set = tenants.remove(0).set;
    assert_eq!((set.policies.len(), set.named_locations.len()), (policies.len(), 3), "everything is read");
    set
}

fn wanted() -> Wanted {
    let app = |id: &str| Target::Apps(vec![id.to_owned()]);
    Wanted {
        targets: vec![
            app("00000003-0000-0000-c000-000000000000"),
            app("c44b4083-3bb0-49c1-b47d-974e53cbdf3c"),
            app("00000002-0000-0ff1-ce00-000000000000"),
            app("5d1f4e52-30f9-4f0a-9d0e-1f4a6b2c8d95"),
            app("d4ebce55-015a-49b5-a083-c84d1797ae8c"),
            Target::Action(UserAction::RegisterSecurityInfo),
        ],
        ..Wanted::default()
    }
}

fn random_set(random: &mut Random) -> PolicySet {
    let count = 1 + random.below(6);
    let policies: Vec<_> = (0..count).map(|number| policy(random, number)).collect();
    read(&policies)
}

/// Every point of a space, tried one after the other.
struct Enumeration {
    sizes: Vec<usize>,
    always: Vec<Region>,
    regions: Vec<Region>,
}

impl Enumeration {
    fn search(&self, query: &Query) -> Option<Vec<usize>> {
        let values: Vec<Vec<usize>> = self
            .sizes
            .iter()
            .enumerate()
            .map(|(dim, size)| {
                let within = query.within.iter().find(|(own, _)| *own == dim);
                within.map_or_else(|| (0..*size).collect(), |(_, values)| values.clone())
            })
            .collect();
        assert!(values.iter().map(Vec::len).product::<usize>() < 3_000_000, "small enough to try");
        if values.iter().any(Vec::is_empty) {
            return None;
        }
        let mut at = vec![0; values.len()];
        loop {
            let point: Vec<usize> = at.iter().zip(&values).map(|(at, values)| values[*at]).collect();
            let fits = self.always.iter().all(|region| region.contains(&point))
                && query.inside.iter().all(|number| self.regions[*number].contains(&point))
                && query.outside.iter().all(|number| !self.regions[*number].contains(&point));
            if fits {
                return Some(point);
            }
            let next = (0..at.len()).find(|dim| at[*dim] + 1 < values[*dim].len())?;
            at[next] += 1;
            at[..next].fill(0);
        }
    }
}

impl Solve for Enumeration {
    fn new(sizes: &[usize], always: &[Region]) -> Self {
        Self { sizes: sizes.to_vec(), always: always.to_vec(), regions: Vec::new() }
    }

    fn add(&mut self, region: &Region) -> usize {
        self.regions.push(region.clone());
        self.regions.len() - 1
    }

    fn solve(&mut self, query: &Query) -> Answer {
        match self.search(query) {
            Some(point) => Answer::Point(point),
            None => Answer::Never(query.outside.clone()),
        }
    }
}

fn truth(verdict: Verdict) -> Truth {
    match verdict {
        Verdict::Blocked => Truth::Yes,
        Verdict::Allowed => Truth::No,
        Verdict::Depends => Truth::Unknown,
    }
}

/// The regions of the space say of every sign-in what the evaluator says, policy by policy.
#[test]
fn regions_agree_with_the_evaluator() {
    let mut random = Random(0x5eed_0001);
    let mut compared = 0;
    while compared < 100_000 {
        let set = random_set(&mut random);
        let access = Access::new(&set, Vec::new(), Assume::default(), false);
        let analysis: Analysis<'_, Enumeration> = Analysis::new(&access, &wanted());
        let (sizes, always) = (analysis.space.sizes(), analysis.space.always());
        for _ in 0..400 {
            let point: Vec<usize> = sizes.iter().map(|size| random.below(*size)).collect();
            if !always.iter().all(|region| region.contains(&point)) {
                continue;
            }
            compared += 1;
            let (sign_in, capabilities) = analysis.sign_in(&point);
            let decision = decide(&sign_in, &set, &capabilities, Assume::default());
            for (number, judgement) in decision.judgements.iter().enumerate() {
                assert_eq!(
                    analysis.refuses(number, &point),
                    judgement.refuses(),
                    "{sign_in:?} {capabilities:?} under {:#?}",
                    judgement.policy
                );
            }
        }
    }
}

/// Circumstances in which few enough properties are open to try them all.
fn circumstances<S: Solve>(random: &mut Random, analysis: &Analysis<'_, S>) -> Circumstances {
    let sizes = analysis.space.sizes();
    let open = [Property::Client, Property::Platform, Property::Device];
    let mut room = 20_000;
    let mut circumstances = Circumstances::default();
    let properties: Vec<_> = analysis.space.properties().cloned().collect();
    for property in properties {
        let dim = analysis.dim(&property).unwrap();
        let stays = open.contains(&property) || matches!(property, Property::Inside(_)) || random.once_in(4);
        if stays && room / sizes[dim] > 0 {
            room /= sizes[dim];
        } else {
            let value = if random.once_in(2) { 0 } else { random.below(sizes[dim]) };
            circumstances = circumstances.with(Some(dim), &[value]);
        }
    }
    circumstances
}

/// Ways in, blame and witnesses are those of plain enumeration and of the evaluator.
#[test]
fn searches_agree_with_enumeration() {
    let mut random = Random(0x5eed_0002);
    let (mut open, mut shut, mut depends) = (0, 0, 0);
    for _ in 0..600 {
        let set = random_set(&mut random);
        let access = Access::new(&set, Vec::new(), Assume::default(), false);
        let mut fast: Analysis<'_, Sat> = Analysis::new(&access, &wanted());
        let mut slow: Analysis<'_, Enumeration> = Analysis::new(&access, &wanted());
        for _ in 0..3 {
            let within = circumstances(&mut random, &fast);
            let found = fast.way(&within, Scope::Enforced);
            let expected = slow.way(&within, Scope::Enforced);
            match (&found, &expected) {
                (Way::Open(point), Way::Open(_)) => {
                    open += 1;
                    let (sign_in, capabilities) = fast.sign_in(point);
                    let verdict = decide(&sign_in, &set, &capabilities, Assume::default()).verdict;
                    assert_eq!(truth(verdict), Truth::No, "the evaluator lets the witness in");
                }
                (Way::Shut(blamed), Way::Shut(_)) => {
                    shut += 1;
                    assert!(slow.shut_by(&within, blamed), "{blamed:?} shut every way");
                    for left_out in blamed {
                        let fewer: Vec<_> = blamed.iter().copied().filter(|one| one != left_out).collect();
                        assert!(!slow.shut_by(&within, &fewer), "{blamed:?} is smallest");
                    }
                }
                (Way::Depends(on, point), Way::Depends(..)) => {
                    depends += 1;
                    assert!(!on.is_empty());
                    let (sign_in, capabilities) = fast.sign_in(point);
                    let verdict = decide(&sign_in, &set, &capabilities, Assume::default()).verdict;
                    assert_ne!(truth(verdict), Truth::Yes, "nothing certainly refuses the sign-in");
                }
                _ => panic!("{found:?} is not {expected:?} for {set:#?}"),
            }
        }
    }
    assert!(open > 200 && shut > 200 && depends > 20, "{open} open, {shut} shut, {depends} depending");
}

/// Where people are said to get in always, no sign-in of theirs is refused.
#[test]
fn always_holds_for_every_sign_in() {
    let mut random = Random(0x5eed_0003);
    let mut tried = 0;
    for _ in 0..60 {
        let set = random_set(&mut random);
        let access = Access::new(&set, Vec::new(), Assume::default(), false);
        let mut analysis: Analysis<'_, Sat> = Analysis::new(&access, &people::wanted(&access));
        let matrix = matrix::matrix(&access, &mut analysis, Scope::Enforced);
        let (sizes, always) = (analysis.space.sizes(), analysis.space.always());
        for cell in matrix.cells.iter().filter(|cell| cell.answer.reach == Reach::Always) {
            let class = people::circumstances(&matrix.classes[cell.class], &analysis);
            let there = analysis.to(&class, &matrix.targets[cell.target]);
            for _ in 0..20 {
                let point: Vec<usize> = sizes
                    .iter()
                    .enumerate()
                    .map(|(dim, size)| match there.values(dim) {
                        Some(values) => *random.one(values),
                        None => random.below(*size),
                    })
                    .collect();
                if always.iter().all(|region| region.contains(&point)) {
                    tried += 1;
                    let (sign_in, capabilities) = analysis.sign_in(&point);
                    let verdict = decide(&sign_in, &set, &capabilities, Assume::default()).verdict;
                    assert_eq!(verdict, Verdict::Allowed, "{sign_in:?} under {set:#?}");
                }
            }
        }
    }
    assert!(tried > 2_000, "{tried} sign-ins");
}

/// Sign-ins of people in no group and with no role but an administrator's, of each question in its plain meaning, with
/// what they bring.
fn asked_about(random: &mut Random, analysis: &Analysis<'_, Sat>, question: Question) -> Option<Vec<usize>> {
    let apps = |target: &Target| {
        matches!(target, Target::Apps(ids) if ids[0] != apps::AGENT
        && ids[0] != apps::INTUNE_ENROLLMENT)
    };
    let target = match question {
        Question::Registration => Some(Target::Action(UserAction::RegisterSecurityInfo)),
        Question::DeviceRegistration => Some(Target::Action(UserAction::RegisterDevice)),
        _ => None,
    };
    let one_factor = !matches!(
        question,
        Question::LegacyClient | Question::DeviceCode | Question::RiskyUser | Question::UnknownPlatform
    );
    let methods = match question {
        Question::AdministratorPhished => Methods::Phishable,
        _ if one_factor => Methods::OneFactor,
        _ => Methods::Every,
    };
    let remedy =
        matches!(question, Question::AdministratorPhished) || !one_factor && question != Question::RiskyUser;
    let administrator =
        matches!(question, Question::AdministratorWithoutMfa | Question::AdministratorPhished);
    let role = Property::Role((*random.one(&ROLES)).to_owned());
    let legacy = question == Question::LegacyClient;
    let flow =
        if question == Question::DeviceCode { TransferMethod::DeviceCode } else { TransferMethod::None };
    let user_risk = if question == Question::RiskyUser { Risk::High } else { Risk::None };
    let guest = question == Question::GuestWithoutMfa;
    let is_fit = |property: &Property, sign_in: &SignIn, own: Option<Methods>| match property {
        Property::Account => matches!(&sign_in.identity, Identity::Person(person)
            if person.id.as_deref() == Some("someone else")),
        Property::Kind => match &sign_in.identity {
            Identity::Person(person) => match person.kind {
                Some(PersonKind::Member) => !guest,
                Some(PersonKind::External(_)) => guest,
                _ => false,
            },
            _ => false,
        },
        Property::Target => {
            target.as_ref().map_or_else(|| apps(&sign_in.target), |own| sign_in.target == *own)
        }
        Property::Client => {
            let client = sign_in.client.unwrap();
            if legacy { client == Client::Other } else { !client.is_legacy() }
        }
        Property::Flow => sign_in.flow == Some(flow),
        Property::UserRisk => sign_in.user_risk == Some(user_risk),
        Property::SignInRisk => sign_in.sign_in_risk == Some(Risk::None),
        Property::Methods => own == Some(methods),
        Property::Platform if question == Question::UnknownPlatform => {
            sign_in.platform == Some(DevicePlatform::Unrecognised)
        }
        _ => true,
    };
    let properties: Vec<_> = analysis.space.properties().cloned().collect();
    properties
        .iter()
        .map(|property| {
            if administrator && *property == role {
                return Some(1);
            }
            let none = match property {
                Property::Group(_) | Property::Role(_) | Property::InsiderRisk => true,
                Property::Device => one_factor,
                Property::Can(control) => match control.as_str() {
                    "termsofuse" => false,
                    "passwordchange" | "riskremediation" => !remedy,
                    _ => one_factor,
                },
                _ => false,
            };
            let fits: Vec<usize> = analysis
                .space
                .values(property, |sign_in, capabilities| is_fit(property, sign_in, capabilities.methods));
            if none { Some(0) } else { (!fits.is_empty()).then(|| *random.one(&fits)) }
        })
        .collect()
}

/// Whether a sign-in is to an app of every tenant and from no network that a policy names, so that nobody decided it.
fn is_open_to_everybody(analysis: &Analysis<'_, Sat>, sign_in: &SignIn, point: &[usize]) -> bool {
    let general = match &sign_in.target {
        Target::Apps(_) => targets::resources().contains(&sign_in.target),
        _ => true,
    };
    general
        && analysis.space.locations().all(|id| {
            let (property, outside) = analysis.space.location(id, false);
            property == Property::Country
                || analysis.dim(&property).is_none_or(|dim| outside.contains(&point[dim]))
        })
}

/// No gap is missed: where a sign-in of those a question is about gets in, the question has an answer, and every sign-in
/// that is named gets in. Where it is open to everybody, the answer is no mere note.
#[test]
fn gaps_are_found_wherever_there_are_any() {
    let mut random = Random(0x5eed_0004);
    let questions = [
        Question::SignInWithoutMfa,
        Question::AdministratorWithoutMfa,
        Question::AdministratorPhished,
        Question::GuestWithoutMfa,
        Question::LegacyClient,
        Question::DeviceCode,
        Question::RiskyUser,
        Question::Registration,
        Question::DeviceRegistration,
        Question::UnknownPlatform,
    ];
    let (mut let_in, mut gapless, mut named) = (0, 0, 0);
    for _ in 0..200 {
        let set = random_set(&mut random);
        let access = Access::new(&set, Vec::new(), Assume::default(), false);
        let mut analysis: Analysis<'_, Sat> = Analysis::new(&access, &people::wanted(&access));
        let always = analysis.space.always();
        for question in questions {
            let found = gaps::gaps(&access, &mut analysis, question);
            for gap in &found.gaps {
                named += 1;
                let (sign_in, capabilities) = analysis.sign_in(&gap.witness);
                let verdict = decide(&sign_in, &set, &capabilities, Assume::default()).verdict;
                assert_eq!(verdict, Verdict::Allowed, "{question:?}: {sign_in:?} under {set:#?}");
            }
            gapless += usize::from(found.gaps.is_empty());
            for _ in 0..40 {
                let Some(point) = asked_about(&mut random, &analysis, question) else { continue };
                if !always.iter().all(|region| region.contains(&point)) {
                    continue;
                }
                let (sign_in, capabilities) = analysis.sign_in(&point);
                let verdict = decide(&sign_in, &set, &capabilities, Assume::default()).verdict;
                if verdict != Verdict::Allowed {
                    continue;
                }
                let_in += 1;
                let open = is_open_to_everybody(&analysis, &sign_in, &point);
                // A network that is left out protects a registration.
                let by_place = matches!(question, Question::Registration | Question::DeviceRegistration);
                let told = found.gaps.iter().any(|gap| !open || !gap.decided);
                assert!(
                    told || (by_place && !open),
                    "{found:?} {question:?}: {sign_in:?} {capabilities:?} under {}",
                    serde_json::to_string(&set).unwrap()
                );
            }
        }
    }
    assert!(
        let_in > 5_000 && gapless > 50 && named > 1_000,
        "{let_in} let in, {gapless} without, {named} named"
    );
}
