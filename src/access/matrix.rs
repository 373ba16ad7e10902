//! Who can still sign in to what: each class of people and each target, asked once.

use std::collections::BTreeMap;

use super::Access;
use super::analysis::{Analysis, Circumstances, Scope, Way};
use super::answer::Facts;
use super::expr::Question;
use super::people::{self, Class};
use super::sign_in::{Capabilities, Client, DevicePlatform, Identity, Methods, SignIn, Target};
use super::solver::{Dim, Solve};
use super::space::Property;
use super::targets;
use crate::policy::ids::ZERO_ID;
use crate::policy::words::{Platform, Risk, TransferMethod, Word};
use crate::policy::{LocationKind, Truth};

/// What becomes of the sign-ins of one class to one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reach {
    /// They get in from any network and on any device, perhaps after a prompt.
    Always,
    /// They get in under some circumstances.
    Sometimes,
    /// They never get in.
    LockedOut,
    /// That depends on what the files do not tell.
    Depends,
    /// Not decided within the budget.
    Undecided,
}

/// What has to be brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Multifactor authentication with any method.
    Mfa,
    /// A passkey, certificate or the like: what people register by themselves is not enough.
    StrongMethod,
    /// A compliant device.
    CompliantDevice,
    /// A hybrid joined device.
    HybridDevice,
    /// An app under an app protection policy.
    ProtectedApp,
    /// A device that is both.
    CompliantHybridDevice,
    /// A device with attributes that a device filter asks for.
    FilteredDevice,
    /// A managed device and an app under an app protection policy.
    Managed,
}

/// The answer for one class and one target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// What becomes of the sign-ins.
    pub reach: Reach,
    /// What has to be brought as a method.
    pub method: Option<Need>,
    /// Managed devices or apps, one of which is needed.
    pub managed: Vec<Need>,
    /// The platforms people get in on; empty is all.
    pub only_on: Vec<&'static str>,
    /// The clients people get in with; empty is all.
    pub only_with: Vec<&'static str>,
    /// The named locations people get in from; empty is anywhere.
    pub only_from: Vec<String>,
    /// The named locations people do not get in from.
    pub not_from: Vec<String>,
    /// Risks with which people do not get in.
    pub not_at: Vec<&'static str>,
    /// A sign-in that is refused although no single property of it is, in a few words.
    pub refused: Option<String>,
    /// The policies that refuse, or, where it depends, those of which the files do not tell enough.
    pub policies: Vec<usize>,
}

/// One class, one target, and the answer.
#[derive(Clone, Debug)]
pub struct Cell {
    /// By number.
    pub class: usize,
    /// By number.
    pub target: usize,
    /// The answer.
    pub answer: Answer,
    /// A sign-in that gets in, where one does.
    pub witness: Option<Vec<usize>>,
}

/// The whole table.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Rows.
    pub classes: Vec<Class>,
    /// Columns.
    pub targets: Vec<Target>,
    /// Every pair, row by row.
    pub cells: Vec<Cell>,
}

/// The platforms, with their names.
pub const PLATFORMS: [(DevicePlatform, &str); 6] = [
    (DevicePlatform::Known(Platform::Windows), "Windows"),
    (DevicePlatform::Known(Platform::MacOs), "macOS"),
    (DevicePlatform::Known(Platform::Ios), "iOS"),
    (DevicePlatform::Known(Platform::Android), "Android"),
    (DevicePlatform::Known(Platform::Linux), "Linux"),
    (DevicePlatform::Unrecognised, "unrecognised platforms"),
];

/// The platforms that are recognised, with their names.
pub fn recognised() -> impl Iterator<Item = (DevicePlatform, &'static str)> {
    PLATFORMS.into_iter().filter(|(platform, _)| *platform != DevicePlatform::Unrecognised)
}

const CLIENTS: [(Client, &str); 2] = [(Client::Browser, "a browser"), (Client::Modern, "an app")];

/// Asks every pair.
pub fn matrix<S: Solve>(access: &Access<'_>, analysis: &mut Analysis<'_, S>, scope: Scope) -> Matrix {
    let classes = people::classes(access, analysis);
    let mut targets = targets::all(access);
    targets.retain(|target| targets::is_shown(target, access));
    let mut cells = Vec::new();
    // Most people differ in nothing that a policy on the target asks for: what is the same is asked once.
    let mut known = BTreeMap::new();
    let people: Vec<bool> = analysis.space.properties().map(Property::is_of_people).collect();
    let is_of_people = |dim: Dim| people.get(dim).copied().unwrap_or_default();
    for (class, who) in classes.iter().enumerate() {
        let circumstances = people::circumstances(who, analysis);
        let (own, rest) = circumstances.split(is_of_people);
        analysis.focus(&own, scope, 0);
        for (target, what) in targets.iter().enumerate() {
            let there = analysis.to(&circumstances, what);
            let left = analysis.focus(&analysis.to(&own, what), scope, 1);
            let key = (left, rest.clone(), who.is_person());
            let (answer, witness) = match known.get(&key) {
                Some((answer, witness)) => {
                    let here = |point: &Vec<usize>| analysis.moved(point.clone(), &there);
                    (Answer::clone(answer), Option::as_ref(witness).map(here))
                }
                None => {
                    let found = answer(access, analysis, &there, who.is_person(), scope);
                    known.insert(key, found.clone());
                    found
                }
            };
            cells.push(Cell { class, target, answer, witness });
        }
    }
    Matrix { classes, targets, cells }
}

/// Asks one pair.
fn answer<S: Solve>(
    access: &Access<'_>,
    analysis: &mut Analysis<'_, S>,
    there: &Circumstances,
    is_person: bool,
    scope: Scope,
) -> (Answer, Option<Vec<usize>>) {
    let mut found = Answer { reach: Reach::Always, ..Answer::undecided() };
    match analysis.way(there, scope) {
        Way::Open(point) => {
            if is_person {
                limits(access, analysis, there, &mut found, scope);
            } else {
                places(analysis, there, &mut found, scope);
                prove(access, analysis, there, &mut found, scope);
            }
            found.policies.sort_unstable();
            found.policies.dedup();
            (found, Some(point))
        }
        Way::Shut(policies) => (Answer { reach: Reach::LockedOut, policies, ..found }, None),
        Way::Depends(policies, point) => (Answer { reach: Reach::Depends, policies, ..found }, Some(point)),
        Way::Undecided => (Answer { reach: Reach::Undecided, ..found }, None),
    }
}

/// Whether there is a way; the policies that shut it otherwise.
fn open<S: Solve>(
    analysis: &mut Analysis<'_, S>,
    there: &Circumstances,
    found: &mut Answer,
    scope: Scope,
) -> bool {
    match analysis.way(there, scope) {
        Way::Open(_) => true,
        Way::Shut(policies) | Way::Depends(policies, _) => {
            found.policies.extend(policies);
            found.reach = Reach::Sometimes;
            false
        }
        Way::Undecided => {
            found.reach = Reach::Undecided;
            false
        }
    }
}

/// What people have to bring, and where and how they get in.
fn limits<S: Solve>(
    access: &Access<'_>,
    analysis: &mut Analysis<'_, S>,
    there: &Circumstances,
    found: &mut Answer,
    scope: Scope,
) {
    methods(analysis, there, found, scope);
    managed(analysis, there, found, scope);
    let slices = |analysis: &Analysis<'_, S>, property: &Property, fits: &dyn Fn(&SignIn) -> bool| {
        let values = analysis.space.values(property, |sign_in, _| fits(sign_in));
        there.clone().with(analysis.dim(property), &values)
    };
    for (platform, name) in PLATFORMS {
        let slice = on_platform(analysis, there, platform);
        if open(analysis, &slice, found, scope) {
            found.only_on.push(name);
        }
    }
    for (client, name) in CLIENTS {
        let slice = slices(analysis, &Property::Client, &|sign_in| sign_in.client == Some(client));
        if open(analysis, &slice, found, scope) {
            found.only_with.push(name);
        }
    }
    if found.only_on.len() == PLATFORMS.len() {
        found.only_on.clear();
    }
    if found.only_with.len() == CLIENTS.len() {
        found.only_with.clear();
    }
    places(analysis, there, found, scope);
    prove(access, analysis, there, found, scope);
    risks(analysis, there, found, scope);
}

/// That nothing is refused shows only when all properties vary at once.
fn prove<S: Solve>(
    access: &Access<'_>,
    analysis: &mut Analysis<'_, S>,
    there: &Circumstances,
    found: &mut Answer,
    scope: Scope,
) {
    if found.reach != Reach::Always {
        return;
    }
    if let Some((policy, point)) = analysis.refused(there, scope) {
        found.reach = Reach::Sometimes;
        found.policies.push(policy);
        let (sign_in, _) = analysis.sign_in(&point);
        found.refused = Some(described(&sign_in, access));
    } else if analysis.is_undecided() {
        found.reach = Reach::Undecided;
    }
}

const RISKS: [(Risk, &str, &str); 3] = [
    (Risk::High, "high sign-in risk", "high user risk"),
    (Risk::Medium, "medium sign-in risk", "medium user risk"),
    (Risk::Low, "low sign-in risk", "low user risk"),
];

/// Nobody is at risk from the start: what refuses then is no limit of an ordinary sign-in.
fn risks<S: Solve>(analysis: &mut Analysis<'_, S>, there: &Circumstances, found: &mut Answer, scope: Scope) {
    for (property, of_user) in [(Property::SignInRisk, false), (Property::UserRisk, true)] {
        for (risk, sign_in_name, user_name) in RISKS {
            let values = analysis.space.values(&property, |sign_in, _| {
                sign_in.sign_in_risk == Some(risk) || sign_in.user_risk == Some(risk)
            });
            let slice = there.clone().instead(analysis.dim(&property), &values);
            if !analysis.way(&slice, scope).is_open() {
                found.not_at.push(if of_user { user_name } else { sign_in_name });
            }
        }
    }
}

/// Which methods are needed. That a prompt has to be answered is no limit.
fn methods<S: Solve>(
    analysis: &mut Analysis<'_, S>,
    there: &Circumstances,
    found: &mut Answer,
    scope: Scope,
) {
    let mut way = |methods: Methods| {
        let values = analysis
            .space
            .values(&Property::Methods, |_, capabilities| capabilities.methods == Some(methods));
        let dim = analysis.dim(&Property::Methods);
        analysis.way(&there.clone().instead(dim, &values), scope).is_open()
    };
    if !way(Methods::None) {
        found.method = Some(if way(Methods::Registered) { Need::Mfa } else { Need::StrongMethod });
    }
}

/// Which managed device or app is needed.
fn managed<S: Solve>(
    analysis: &mut Analysis<'_, S>,
    there: &Circumstances,
    found: &mut Answer,
    scope: Scope,
) {
    let app = Property::Can("compliantapplication".to_owned());
    let approved = Property::Can("approvedapplication".to_owned());
    let with = |analysis: &Analysis<'_, S>, devices: &dyn Fn(&SignIn) -> bool, has_app: bool| {
        let values = analysis.space.values(&Property::Device, |sign_in, _| devices(sign_in));
        let apps: &[usize] = if has_app { &[0, 1] } else { &[0] };
        ordinary_attributes(analysis, there)
            .with(analysis.dim(&Property::Device), &values)
            .instead(analysis.dim(&app), apps)
            .instead(analysis.dim(&approved), apps)
    };
    let is = |sign_in: &SignIn, attribute: &str, value: &str| {
        sign_in.device.as_ref().is_some_and(|device| device.is(attribute, value) == Some(true))
    };
    let nobodys =
        |sign_in: &SignIn| sign_in.device.as_ref().is_some_and(|device| device.attributes.is_empty());
    let bare = unmanaged(analysis, there);
    if open(analysis, &bare, found, scope) {
        return;
    }
    let compliant =
        |sign_in: &SignIn| is(sign_in, "iscompliant", "true") && !is(sign_in, "trusttype", "ServerAD");
    let hybrid =
        |sign_in: &SignIn| is(sign_in, "trusttype", "ServerAD") && !is(sign_in, "iscompliant", "true");
    let ways = [
        (Need::CompliantDevice, with(analysis, &compliant, false)),
        (Need::HybridDevice, with(analysis, &hybrid, false)),
        (Need::ProtectedApp, with(analysis, &nobodys, true)),
    ];
    for (need, way) in ways {
        if analysis.way(&way, scope).is_open() {
            found.managed.push(need);
        }
    }
    if found.managed.is_empty() {
        let both =
            |sign_in: &SignIn| is(sign_in, "iscompliant", "true") && is(sign_in, "trusttype", "ServerAD");
        let device = with(analysis, &both, false);
        let is_enough = analysis.way(&device, scope).is_open();
        let filtered = there.clone().instead(analysis.dim(&app), &[0]).instead(analysis.dim(&approved), &[0]);
        found.managed.push(if is_enough {
            Need::CompliantHybridDevice
        } else if analysis.way(&filtered, scope).is_open() {
            Need::FilteredDevice
        } else {
            Need::Managed
        });
    }
}

/// The circumstances with a device that has no attribute, or none that a device filter names.
fn ordinary_attributes<S: Solve>(analysis: &Analysis<'_, S>, there: &Circumstances) -> Circumstances {
    let named = analysis.space.properties().filter(|property| matches!(property, Property::Attribute(_)));
    // The first value is none, the second one that no filter names.
    named.fold(there.clone(), |so_far, property| so_far.with(analysis.space.dim(property), &[0, 1]))
}

/// From where people get in.
fn places<S: Solve>(analysis: &mut Analysis<'_, S>, there: &Circumstances, found: &mut Answer, scope: Scope) {
    let ids: Vec<String> = analysis.space.locations().map(str::to_owned).collect();
    let nowhere = outside_locations(analysis, there);
    let from = |analysis: &Analysis<'_, S>, id: &str| {
        let (property, values) = analysis.space.location(id, true);
        there.clone().with(analysis.dim(&property), &values)
    };
    if nowhere.is_possible() && !open(analysis, &nowhere, found, scope) {
        // Each alone first: to lie in one that helps is no merit of the others.
        let alone = |analysis: &Analysis<'_, S>, id: &str| {
            let others = ids.iter().filter(|other| *other != id);
            others.fold(from(analysis, id), |so_far, other| {
                let (property, values) = analysis.space.location(other, false);
                so_far.with(analysis.dim(&property), &values)
            })
        };
        for narrow in [true, false] {
            for id in &ids {
                let inside = if narrow { alone(analysis, id) } else { from(analysis, id) };
                if inside.is_possible() && analysis.way(&inside, scope).is_open() {
                    found.only_from.push(id.clone());
                }
            }
            if !found.only_from.is_empty() {
                break;
            }
        }
        return;
    }
    for id in &ids {
        let inside = from(analysis, id);
        if inside.is_possible() && !open(analysis, &inside, found, scope) {
            found.not_from.push(id.clone());
        }
    }
}

/// What a named location is called.
#[must_use]
pub fn location_name(access: &Access<'_>, id: &str) -> String {
    if id == ZERO_ID {
        return "trusted IPs of the MFA settings".to_owned();
    }
    let known = super::places::named_location(access.set, id);
    let name = known.and_then(|location| location.display_name.get());
    name.map_or_else(|| id.to_owned(), |name| name.value.clone())
}

impl Answer {
    /// The answer where there is none.
    #[must_use]
    pub fn undecided() -> Self {
        Self {
            reach: Reach::Undecided,
            method: None,
            managed: Vec::new(),
            only_on: Vec::new(),
            only_with: Vec::new(),
            only_from: Vec::new(),
            not_from: Vec::new(),
            not_at: Vec::new(),
            refused: None,
            policies: Vec::new(),
        }
    }

    /// The answer in words; names of locations are given.
    #[must_use]
    pub fn words(&self, location: &dyn Fn(&str) -> String) -> String {
        match self.reach {
            Reach::LockedOut => return "locked out".to_owned(),
            Reach::Depends => return "depends on what the files do not tell".to_owned(),
            Reach::Undecided => return "not decided within the budget".to_owned(),
            Reach::Always | Reach::Sometimes => {}
        }
        let mut parts = Vec::new();
        let names = |ids: &[String]| either(&ids.iter().map(|id| location(id)).collect::<Vec<_>>());
        if !self.managed.is_empty() {
            let words: Vec<_> = self.managed.iter().map(|need| need.words().to_owned()).collect();
            parts.push(format!("only with {}", either(&words)));
        }
        let shut = PLATFORMS.map(|(_, name)| name).into_iter().filter(|name| !self.only_on.contains(name));
        let shut: Vec<_> = shut.collect();
        if shut.len() < 3 && !self.only_on.is_empty() {
            parts.push(format!("not on {}", either(&owned(&shut))));
        } else if !self.only_on.is_empty() {
            parts.push(format!("only on {}", either(&owned(&self.only_on))));
        }
        if !self.only_with.is_empty() {
            parts.push(format!("only with {}", either(&owned(&self.only_with))));
        }
        if !self.only_from.is_empty() {
            parts.push(format!("only from {}", names(&self.only_from)));
        }
        if !self.not_from.is_empty() {
            parts.push(format!("not from {}", names(&self.not_from)));
        }
        if !self.not_at.is_empty() {
            parts.push(format!("not at {}", either(&owned(&self.not_at))));
        }
        if let Some(refused) = &self.refused {
            parts.push(format!("mostly, but not {refused}"));
        }
        if self.reach == Reach::Sometimes && parts.is_empty() {
            parts.push("under some circumstances".to_owned());
        }
        if self.reach == Reach::Always {
            let but = if parts.is_empty() {
                "always".to_owned()
            } else {
                format!("always, but {}", parts.join(", "))
            };
            parts = vec![but];
        }
        if let Some(method) = self.method {
            parts.push(format!("after {}", method.words()));
        }
        parts.join(", ")
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Words joined by "or".
fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

impl Need {
    /// The words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Mfa => "multifactor authentication",
            Self::StrongMethod => "a passkey, a certificate or the like",
            Self::CompliantDevice => "a compliant device",
            Self::HybridDevice => "a hybrid joined device",
            Self::ProtectedApp => "a protected app",
            Self::FilteredDevice => "a device that a device filter singles out",
            Self::CompliantHybridDevice => "a compliant, hybrid joined device",
            Self::Managed => "a managed device and a protected app",
        }
    }
}

/// The circumstances on one platform.
#[must_use]
pub fn on_platform<S: Solve>(
    analysis: &Analysis<'_, S>,
    there: &Circumstances,
    platform: DevicePlatform,
) -> Circumstances {
    let property = Property::Platform;
    let values = analysis.space.values(&property, |sign_in, _| sign_in.platform == Some(platform));
    there.clone().with(analysis.dim(&property), &values)
}

/// The circumstances with other methods.
#[must_use]
pub fn with_methods<S: Solve>(
    analysis: &Analysis<'_, S>,
    there: &Circumstances,
    methods: Methods,
) -> Circumstances {
    let property = Property::Methods;
    let values = analysis.space.values(&property, |_, capabilities| capabilities.methods == Some(methods));
    there.clone().instead(analysis.dim(&property), &values)
}

/// The circumstances with a device nobody manages and no managed app.
#[must_use]
pub fn unmanaged<S: Solve>(analysis: &Analysis<'_, S>, there: &Circumstances) -> Circumstances {
    let registered =
        |sign_in: &SignIn| sign_in.device.as_ref().is_some_and(|device| !device.attributes.is_empty());
    let values = analysis.space.values(&Property::Device, |sign_in, _| !registered(sign_in));
    let there = there.clone().with(analysis.dim(&Property::Device), &values);
    ["compliantapplication", "approvedapplication"]
        .iter()
        .fold(there, |there, app| there.instead(analysis.dim(&Property::Can((*app).to_owned())), &[0]))
}

/// The circumstances outside every named location.
#[must_use]
pub fn outside_locations<S: Solve>(analysis: &Analysis<'_, S>, there: &Circumstances) -> Circumstances {
    analysis.space.locations().fold(there.clone(), |so_far, id| {
        let (property, values) = analysis.space.location(id, false);
        so_far.with(analysis.dim(&property), &values)
    })
}

/// The same as findings write it, with what comes from files in backticks.
fn quoted_location(access: &Access<'_>, id: &str) -> String {
    let name = location_name(access, id);
    if id == ZERO_ID { name } else { format!("`{name}`") }
}

/// A sign-in in a few words.
#[must_use]
pub fn described(sign_in: &SignIn, access: &Access<'_>) -> String {
    let client = match sign_in.client {
        Some(Client::Browser) => "in a browser",
        Some(Client::Modern) => "in an app",
        Some(_) => "with a legacy client",
        None => "with any client",
    };
    let platform = PLATFORMS.iter().find(|(known, _)| sign_in.platform == Some(*known));
    let told = sign_in.place.named.iter().flatten().next().map(String::as_str);
    let from = match (told.or_else(|| network(sign_in, access)), &sign_in.place.country) {
        (Some(id), _) => format!("from {}", quoted_location(access, id)),
        (None, Some(country)) if country.len() == 2 => format!("from {country}"),
        (None, _) => "from anywhere else".to_owned(),
    };
    let device = match &sign_in.device {
        Some(device) if device.is("iscompliant", "true") == Some(true) => "with a compliant device",
        Some(device) if device.is("trusttype", "ServerAD") == Some(true) => "with a hybrid joined device",
        Some(device) if device.get("trusttype").flatten().is_some() => "with a device that is not compliant",
        _ => "with a device nobody manages",
    };
    let platform = platform.map_or("any platform", |(_, name)| name);
    let at = |risk: Option<Risk>, of: &str| {
        let risk = risk.filter(|risk| *risk > Risk::None && *risk != Risk::Hidden)?;
        Some(format!(" at {} {of}risk", risk.as_str()))
    };
    if !matches!(sign_in.identity, Identity::Person(_)) {
        return format!("for example {from}{}", at(sign_in.service_principal_risk, "").unwrap_or_default());
    }
    let risk = at(sign_in.sign_in_risk, "sign-in ").or_else(|| at(sign_in.user_risk, "user "));
    let risk = risk.unwrap_or_default();
    let flow = match sign_in.flow {
        Some(TransferMethod::DeviceCode) => " by device code",
        Some(TransferMethod::Transfer) => " by authentication transfer",
        _ => "",
    };
    format!("for example {client} on {platform} {from} {device}{flow}{risk}")
}

/// The id of a named location by whose ranges a sign-in comes from it.
fn network<'a>(sign_in: &SignIn, access: &Access<'a>) -> Option<&'a str> {
    let capabilities = Capabilities::default();
    let facts = Facts { sign_in, capabilities: &capabilities, set: access.set, assume: access.assume };
    let mut ids = access.set.named_locations.iter().filter_map(|location| {
        let id = location.id.get()?;
        (location.kind == LocationKind::Ip).then_some(id.value.as_str())
    });
    ids.find(|id| facts.answer(&Question::Location(id)) == Truth::Yes)
}
