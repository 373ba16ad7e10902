//! All sign-ins that differ in the eyes of some policies, as a finite space.
//!
//! Of every property only the values that policies name matter, and one fresh value for all others. Which sign-ins
//! answer yes to a question is asked of the evaluator, value by value: the space holds no second reading.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::Assume;
use super::addresses;
use super::answer::Facts;
use super::devices::{self, Attribute};
use super::expr::{Expr, Question};
use super::places::{named_location, trusted_locations};
use super::sign_in::{
    Capabilities, Client, Device, DevicePlatform, Identity, Methods, Person, PersonKind, SignIn, Target,
    UNMAPPED,
};
use super::solver::{Dim, Region};
use crate::policy::ids::ZERO_ID;
use crate::policy::words::{Control, InsiderRisk, Platform, Risk, TransferMethod, UserAction, Word};
use crate::policy::{Directory, InboundTrust, LocationKind, PolicySet, Truth};

/// A property of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// Which account asks.
    Account,
    /// What kind of account.
    Kind,
    /// Whether the person is in this group.
    Group(String),
    /// Whether the person holds this role.
    Role(String),
    /// The home tenant of an account of another organization.
    HomeTenant,
    /// What is asked for.
    Target,
    /// The client.
    Client,
    /// The platform.
    Platform,
    /// Registration and management of the device.
    Device,
    /// Another attribute of the device.
    Attribute(String),
    /// The address, where the locations tell their ranges.
    Address,
    /// The country.
    Country,
    /// Whether the address is in this location, of which the files do not tell the extent.
    Inside(String),
    /// User risk.
    UserRisk,
    /// Sign-in risk.
    SignInRisk,
    /// Risk of the service principal.
    ServicePrincipalRisk,
    /// Risk of the agent.
    AgentRisk,
    /// Insider risk.
    InsiderRisk,
    /// How the session was moved.
    Flow,
    /// Which authentication methods the person has.
    Methods,
    /// Whether the person can meet this control, by its name in lower case.
    Can(String),
}

impl Property {
    /// Whether it tells who asks.
    pub(super) fn is_of_people(&self) -> bool {
        matches!(self, Self::Account | Self::Kind | Self::Group(_) | Self::Role(_) | Self::HomeTenant)
    }
}

/// Who can ask.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// The person of an id, name or placeholder.
    User(String),
    /// A person no policy names.
    SomeoneElse,
    /// The service principal of an id.
    ServicePrincipal(String),
    /// A service principal no policy names.
    OtherServicePrincipal,
    /// The agent identity of an id.
    Agent(String),
    /// An agent identity no policy names.
    OtherAgent,
}

/// The values of a property.
#[derive(Clone, Debug)]
enum Values {
    Accounts(Vec<Account>),
    Kinds,
    /// No, yes.
    YesNo,
    Tenants(Vec<String>),
    Targets(Vec<Target>),
    Clients,
    Platforms,
    Devices,
    Attribute(Vec<Attribute>),
    Addresses(Vec<IpAddr>),
    Countries(Vec<String>),
    Risks,
    InsiderRisks,
    Flows,
    Methods,
}

const CLIENTS: [Client; 5] =
    [Client::Browser, Client::Modern, Client::ActiveSync, Client::ActiveSyncSupported, Client::Other];
/// Windows Phone is left out: nobody gets in with a device that no longer exists.
const PLATFORMS: [DevicePlatform; 6] = [
    DevicePlatform::Known(Platform::Windows),
    DevicePlatform::Known(Platform::MacOs),
    DevicePlatform::Known(Platform::Ios),
    DevicePlatform::Known(Platform::Android),
    DevicePlatform::Known(Platform::Linux),
    DevicePlatform::Unrecognised,
];
const RISKS: [Risk; 5] = [Risk::None, Risk::Low, Risk::Medium, Risk::High, Risk::Hidden];
const INSIDER_RISKS: [Option<InsiderRisk>; 4] =
    [None, Some(InsiderRisk::Minor), Some(InsiderRisk::Moderate), Some(InsiderRisk::Elevated)];
const FLOWS: [TransferMethod; 3] =
    [TransferMethod::None, TransferMethod::DeviceCode, TransferMethod::Transfer];
/// A country that no policy names.
const ELSEWHERE: &str = "elsewhere";
/// A tenant that no policy names.
const OTHER_TENANT: &str = "another tenant";
/// A person that no policy names.
pub(super) const SOMEONE_ELSE: &str = "someone else";

/// What the space has to hold beside what policies name.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Accounts.
    pub accounts: BTreeSet<Account>,
    /// Groups.
    pub groups: BTreeSet<String>,
    /// Roles.
    pub roles: BTreeSet<String>,
    /// Targets, each once.
    pub targets: Vec<Target>,
}

/// A property, and some of its values.
type Where = (Property, Vec<usize>);

/// The space of sign-ins.
#[derive(Debug)]
pub struct Space<'a> {
    set: &'a PolicySet,
    assume: Assume,
    dims: Vec<(Property, Values)>,
    numbers: BTreeMap<Property, Dim>,
    locations: BTreeSet<String>,
    gave_up: bool,
    places: OnceCell<BTreeMap<(String, bool), Where>>,
}

/// The part of the space where an expression certainly holds, and the part where it may.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Where it certainly holds.
    pub certain: Region,
    /// Where it may hold.
    pub possible: Region,
}

impl<'a> Space<'a> {
    /// The space in which some expressions differ.
    #[must_use]
    pub(super) fn new<'p>(
        set: &'a PolicySet,
        assume: Assume,
        exprs: impl Iterator<Item = &'p Expr<'p>>,
        wanted: &Wanted,
    ) -> Self {
        let mut found = Found { accounts: wanted.accounts.clone(), ..Found::default() };
        found.accounts.extend([Account::SomeoneElse]);
        found.groups = wanted.groups.clone();
        found.roles = wanted.roles.clone();
        for expr in exprs {
            let mut questions = Vec::new();
            expr.questions(&mut questions);
            questions.into_iter().for_each(|question| found.take(question, set));
        }
        let locations = found.all_locations.clone();
        let attributes: Vec<_> = found.comparisons.keys().cloned().map(Property::Attribute).collect();
        let mut space = Self {
            set,
            assume,
            dims: Vec::new(),
            numbers: BTreeMap::new(),
            locations,
            gave_up: false,
            places: OnceCell::new(),
        };
        found
            .into_properties(set, wanted)
            .into_iter()
            .for_each(|(property, values)| space.push(property, values));
        space.gave_up = attributes.iter().any(|attribute| space.dim(attribute).is_none());
        space
    }

    fn push(&mut self, property: Property, values: Values) {
        self.numbers.insert(property.clone(), self.dims.len());
        self.dims.push((property, values));
    }

    /// What exports tell about the tenant.
    #[must_use]
    pub fn directory(&self) -> &'a Directory {
        &self.set.directory
    }

    /// Whether a property has too many values to tell apart, so that what depends on it is not decided.
    #[must_use]
    pub fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// How many values each dimension has.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        self.dims.iter().map(|(_, values)| values.len()).collect()
    }

    /// The properties, by dimension.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.dims.iter().map(|(property, _)| property)
    }

    /// The accounts that are told apart.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.dims.iter().flat_map(|(_, values)| match values {
            Values::Accounts(accounts) => accounts.as_slice(),
            _ => &[],
        })
    }

    /// The named locations that policies name, by id, name or placeholder in lower case.
    pub fn locations(&self) -> impl Iterator<Item = &str> {
        self.locations.iter().map(String::as_str)
    }

    /// The property that tells whether an address lies in a location, and its values that do, or do not.
    #[must_use]
    pub fn location(&self, id: &str, inside: bool) -> (Property, Vec<usize>) {
        let places = self.places.get_or_init(|| {
            let both = self.locations.iter().flat_map(|id| [true, false].map(|inside| (id.clone(), inside)));
            both.map(|(id, inside)| ((id.clone(), inside), self.place(&id, inside))).collect()
        });
        let known = places.get(&(id.to_owned(), inside)).cloned();
        known.unwrap_or_else(|| self.place(id, inside))
    }

    fn place(&self, id: &str, inside: bool) -> (Property, Vec<usize>) {
        let property = location_property(id, self.set);
        let values = self.values(&property, |sign_in, capabilities| {
            let mut closed = sign_in.clone();
            closed.closed = true;
            let facts = Facts { sign_in: &closed, capabilities, set: self.set, assume: self.assume };
            facts.answer(&Question::Location(id)) == Truth::from(inside)
        });
        (property, values)
    }

    /// The dimension of a property, where some policy asks for it.
    #[must_use]
    pub fn dim(&self, property: &Property) -> Option<Dim> {
        self.numbers.get(property).copied()
    }

    /// The sign-in and the capabilities that a point stands for.
    #[must_use]
    pub fn sign_in(&self, point: &[usize]) -> (SignIn, Capabilities) {
        let (mut sign_in, mut capabilities) = blank(self.set);
        sign_in.closed = true;
        sign_in.place.named = Some(BTreeSet::new());
        sign_in.device = Some(Device { complete: true, ..Device::default() });
        for ((property, values), value) in self.dims.iter().zip(point) {
            apply(property, values, *value, self.set, &mut sign_in, &mut capabilities);
        }
        if let Identity::Person(person) = &mut sign_in.identity {
            person.groups.complete = true;
            person.roles.complete = true;
        }
        (sign_in, capabilities)
    }

    /// The values of a property for which a sign-in with that property alone fits.
    pub fn values(&self, property: &Property, fits: impl Fn(&SignIn, &Capabilities) -> bool) -> Vec<usize> {
        let Some((_, values)) = self.dim(property).and_then(|dim| self.dims.get(dim)) else {
            return Vec::new();
        };
        (0..values.len())
            .filter(|value| {
                let (mut sign_in, mut capabilities) = blank(self.set);
                apply(property, values, *value, self.set, &mut sign_in, &mut capabilities);
                fits(&sign_in, &capabilities)
            })
            .collect()
    }

    /// Where a property has one of some values; everywhere, where no policy asks for the property.
    #[must_use]
    pub fn region_of(&self, property: &Property, fits: impl Fn(&SignIn, &Capabilities) -> bool) -> Region {
        match self.dim(property) {
            Some(dim) => Region::Among(dim, self.values(property, fits)),
            None => Region::Whole(true),
        }
    }

    /// Where an expression holds.
    #[must_use]
    pub(super) fn extent(&self, expr: &Expr<'_>) -> Extent {
        match expr {
            Expr::Is(truth) => Extent {
                certain: Region::Whole(*truth == Truth::Yes),
                possible: Region::Whole(*truth != Truth::No),
            },
            Expr::Ask(question) => self.question(question),
            Expr::Not(inner) => {
                let Extent { certain, possible } = self.extent(inner);
                Extent { certain: possible.outside(), possible: certain.outside() }
            }
            Expr::All(parts) => self.combined(parts, Region::all),
            Expr::Any(parts) => self.combined(parts, Region::any),
            Expr::May(inner) => {
                let possible = self.extent(inner).possible;
                Extent { certain: possible.clone(), possible }
            }
        }
    }

    fn combined(&self, parts: &[Expr<'_>], combine: fn(Vec<Region>) -> Region) -> Extent {
        let (certain, possible) = parts
            .iter()
            .map(|part| self.extent(part))
            .map(|extent| (extent.certain, extent.possible))
            .unzip();
        Extent { certain: combine(certain), possible: combine(possible) }
    }

    fn question(&self, question: &Question<'_>) -> Extent {
        if let Question::Trusted = question {
            let ids = trusted_locations(self.set).chain([ZERO_ID]);
            let trusted = Expr::any(ids.map(|id| Expr::Ask(Question::Location(id))));
            return self.extent(&trusted);
        }
        let property = property(question, self.set);
        let found = self.dim(&property).and_then(|dim| Some((dim, self.dims.get(dim)?)));
        let Some((dim, (_, values))) = found else {
            return Extent { certain: Region::Whole(false), possible: Region::Whole(true) };
        };
        let (mut yes, mut maybe) = (Vec::new(), Vec::new());
        for value in 0..values.len() {
            let (mut sign_in, mut capabilities) = blank(self.set);
            sign_in.closed = true;
            apply(&property, values, value, self.set, &mut sign_in, &mut capabilities);
            let facts =
                Facts { sign_in: &sign_in, capabilities: &capabilities, set: self.set, assume: self.assume };
            match facts.answer(question) {
                Truth::Yes => {
                    yes.push(value);
                    maybe.push(value);
                }
                Truth::Unknown => maybe.push(value),
                Truth::No => {}
            }
        }
        let size = values.len();
        let region = |values: Vec<usize>| {
            if values.is_empty() || values.len() == size {
                Region::Whole(!values.is_empty())
            } else {
                Region::Among(dim, values)
            }
        };
        Extent { certain: region(yes), possible: region(maybe) }
    }

    /// What holds of every sign-in there is.
    #[must_use]
    pub fn always(&self) -> Vec<Region> {
        let implies = |this: Region, that: Region| Region::any([this.outside(), that]);
        let platform = |fits: fn(DevicePlatform) -> bool| {
            self.region_of(&Property::Platform, |sign_in, _| sign_in.platform.is_some_and(fits))
        };
        let device = |attribute: &'static str, value: &'static str| {
            self.region_of(&Property::Device, |sign_in, _| {
                sign_in.device.as_ref().is_some_and(|device| device.is(attribute, value) == Some(true))
            })
        };
        let registered = self.region_of(&Property::Device, |sign_in, _| {
            sign_in.device.as_ref().is_some_and(|device| !device.attributes.is_empty())
        });
        let hybrid = device("trusttype", "ServerAD");
        let managed = Region::any([device("iscompliant", "true"), hybrid.clone()]);
        let legacy =
            self.region_of(&Property::Client, |sign_in, _| sign_in.client.is_some_and(Client::is_legacy));
        let device_code =
            self.region_of(&Property::Flow, |sign_in, _| sign_in.flow == Some(TransferMethod::DeviceCode));
        let no_flow =
            self.region_of(&Property::Flow, |sign_in, _| sign_in.flow == Some(TransferMethod::None));
        let foreign = self.region_of(&Property::Kind, |sign_in, _| {
            matches!(&sign_in.identity, Identity::Person(person) if person.kind.is_some_and(PersonKind::is_foreign))
        });
        let no_trust = self.region_of(&Property::HomeTenant, |_, capabilities| {
            !capabilities.trust.compliant_device && !capabilities.trust.hybrid_device
        });
        let has = |property: &Property| self.dim(property).is_some();
        let mut always = Vec::new();
        if has(&Property::Device) {
            if has(&Property::Platform) {
                let recognised = platform(|platform| platform != DevicePlatform::Unrecognised);
                always.push(implies(managed, recognised));
                let windows = platform(|platform| platform == DevicePlatform::Known(Platform::Windows));
                always.push(implies(hybrid, windows));
            }
            if has(&Property::Client) {
                let hidden = self.region_of(&Property::Client, |sign_in, _| {
                    sign_in.client.is_some_and(|client| !client.shows_device())
                });
                always.push(implies(hidden, registered.clone().outside()));
            }
            if has(&Property::Flow) {
                always.push(implies(device_code, registered.clone().outside()));
            }
            if has(&Property::Kind) {
                always.push(implies(Region::all([foreign, no_trust]), registered.clone().outside()));
            }
        }
        if has(&Property::Client) && has(&Property::Flow) {
            always.push(implies(legacy, no_flow));
        }
        if has(&Property::Device) {
            let registering = self.region_of(&Property::Target, |sign_in, _| {
                sign_in.target == Target::Action(UserAction::RegisterDevice)
            });
            always.push(implies(registering, registered.clone().outside()));
        }
        for (property, _) in &self.dims {
            if let Property::Attribute(name) = property {
                let absent = self.region_of(property, |sign_in, _| {
                    sign_in.device.as_ref().is_some_and(|device| device.get(name) == Some(None))
                });
                always.push(Region::any([registered.clone(), absent]));
            }
        }
        always.extend(self.memberships());
        always
    }

    /// Who is in which group and who holds which role, where files tell all of them.
    fn memberships(&self) -> Vec<Region> {
        let directory = &self.set.directory;
        let mut always = Vec::new();
        for (dim, (property, _)) in self.dims.iter().enumerate() {
            let people = match property {
                Property::Group(group) => directory.people_in(group),
                Property::Role(role) => directory.holders(role, true),
                _ => None,
            };
            let Some(people) = people else { continue };
            let told = |fits: &dyn Fn(&str) -> bool| {
                self.region_of(&Property::Account, |sign_in, _| match &sign_in.identity {
                    Identity::Person(person) => person.id.as_deref().is_some_and(fits),
                    Identity::ServicePrincipal(_)
                    | Identity::Workload(_)
                    | Identity::Uncovered(_)
                    | Identity::Agent(_) => false,
                })
            };
            let belongs = Region::Among(dim, vec![1]);
            let named = told(&|id| people.contains(id));
            // A person no policy names may be one of those who are listed and not told apart here.
            let unnamed = people.iter().any(|id| !self.tells_apart(id));
            let may = told(&|id| people.contains(id) || (unnamed && id == SOMEONE_ELSE));
            always.push(Region::any([named.outside(), belongs.clone()]));
            always.push(Region::any([belongs.outside(), may]));
        }
        always.extend(self.memberships_of_the_unnamed());
        always
    }

    /// Groups and roles that hold all, or nobody, of one another: that binds people no policy names too.
    fn memberships_of_the_unnamed(&self) -> Vec<Region> {
        let directory = &self.set.directory;
        let told: Vec<_> = self
            .dims
            .iter()
            .enumerate()
            .filter_map(|(dim, (property, _))| match property {
                Property::Group(group) => Some((dim, directory.people_in(group)?)),
                Property::Role(role) => Some((dim, directory.holders(role, true)?)),
                _ => None,
            })
            .collect();
        let belongs = |dim: Dim| Region::Among(dim, vec![1]);
        let mut always = Vec::new();
        for (one, people) in &told {
            for (other, others) in told.iter().filter(|(other, _)| other != one) {
                if people.is_subset(others) {
                    always.push(Region::any([belongs(*one).outside(), belongs(*other)]));
                } else if one < other && people.is_disjoint(others) {
                    always.push(Region::any([belongs(*one).outside(), belongs(*other).outside()]));
                }
            }
        }
        always
    }

    fn tells_apart(&self, id: &str) -> bool {
        self.accounts().any(|account| matches!(account, Account::User(own) if own == id))
    }
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Accounts(values) => values.len(),
            Self::Kinds => PersonKind::ALL.len(),
            Self::YesNo => 2,
            Self::Tenants(values) | Self::Countries(values) => values.len(),
            Self::Targets(values) => values.len(),
            Self::Clients => CLIENTS.len(),
            Self::Platforms => PLATFORMS.len(),
            Self::Devices => devices::STATES.len(),
            Self::Attribute(values) => values.len(),
            Self::Addresses(values) => values.len(),
            Self::Risks => RISKS.len(),
            Self::InsiderRisks => INSIDER_RISKS.len(),
            Self::Flows => FLOWS.len(),
            Self::Methods => Methods::ALL.len(),
        }
    }
}

/// A sign-in of which nothing is known.
fn blank(set: &PolicySet) -> (SignIn, Capabilities) {
    let controls = [Control::CompliantDevice, Control::DomainJoinedDevice];
    let controls = Some(controls.map(|control| control.as_str().to_lowercase()).into());
    (SignIn::default(), Capabilities { controls, more: false, methods: None, trust: home_trust(set, None) })
}

/// What is accepted from a home tenant: nothing, unless a file tells.
fn home_trust(set: &PolicySet, tenant: Option<&str>) -> InboundTrust {
    let told = match tenant {
        Some(tenant) => set.directory.trust_of(tenant),
        None => set.directory.trust,
    };
    told.unwrap_or_default()
}

/// Gives a property of a sign-in a value.
fn apply(
    property: &Property,
    values: &Values,
    value: usize,
    set: &PolicySet,
    sign_in: &mut SignIn,
    capabilities: &mut Capabilities,
) {
    match values {
        Values::Accounts(accounts) => sign_in.identity = identity(accounts.get(value), &sign_in.identity),
        Values::Kinds => person(sign_in, |person| person.kind = PersonKind::ALL.get(value).copied()),
        Values::YesNo => yes_no(property, value == 1, sign_in, capabilities),
        Values::Tenants(tenants) => {
            let tenant = tenants.get(value);
            capabilities.trust = home_trust(set, tenant.map(String::as_str));
            person(sign_in, |person| person.home_tenant = tenant.cloned());
        }
        Values::Targets(targets) => sign_in.target = targets.get(value).cloned().unwrap_or_default(),
        Values::Clients => sign_in.client = CLIENTS.get(value).copied(),
        Values::Platforms => sign_in.platform = PLATFORMS.get(value).copied(),
        Values::Devices => {
            let device = sign_in.device.get_or_insert_default();
            let state = devices::STATES.get(value).copied();
            device.attributes.extend(state.map(devices::State::attributes).unwrap_or_default());
            device.complete |= device.attributes.is_empty();
        }
        Values::Attribute(attributes) => {
            let Property::Attribute(name) = property else { return };
            let device = sign_in.device.get_or_insert_default();
            let attribute = attributes.get(value).cloned().unwrap_or_default();
            device.attributes.insert(name.clone(), attribute);
        }
        Values::Addresses(addresses) => sign_in.place.address = addresses.get(value).copied(),
        Values::Countries(countries) => sign_in.place.country = countries.get(value).cloned(),
        Values::Risks => {
            let risk = RISKS.get(value).copied();
            match property {
                Property::UserRisk => sign_in.user_risk = risk,
                Property::SignInRisk => sign_in.sign_in_risk = risk,
                Property::ServicePrincipalRisk => sign_in.service_principal_risk = risk,
                _ => sign_in.agent_risk = risk,
            }
        }
        Values::InsiderRisks => sign_in.insider_risk = INSIDER_RISKS.get(value).copied(),
        Values::Flows => sign_in.flow = FLOWS.get(value).copied(),
        Values::Methods => capabilities.methods = Methods::ALL.get(value).copied(),
    }
}

fn person(sign_in: &mut SignIn, change: impl FnOnce(&mut Person)) {
    if let Identity::Person(person) = &mut sign_in.identity {
        change(person);
    }
}

fn identity(account: Option<&Account>, before: &Identity) -> Identity {
    let named = |id: &str| {
        let person = match before {
            Identity::Person(person) => person.clone(),
            Identity::ServicePrincipal(_)
            | Identity::Workload(_)
            | Identity::Uncovered(_)
            | Identity::Agent(_) => Person::default(),
        };
        Identity::Person(Person { id: Some(id.to_owned()), ..person })
    };
    match account {
        Some(Account::User(id)) => named(id),
        Some(Account::SomeoneElse) | None => named(SOMEONE_ELSE),
        Some(Account::ServicePrincipal(id)) => Identity::ServicePrincipal(id.clone()),
        Some(Account::OtherServicePrincipal) => {
            Identity::ServicePrincipal("another service principal".to_owned())
        }
        Some(Account::Agent(id)) => Identity::Agent(id.clone()),
        Some(Account::OtherAgent) => Identity::Agent("another agent".to_owned()),
    }
}

fn yes_no(property: &Property, yes: bool, sign_in: &mut SignIn, capabilities: &mut Capabilities) {
    match property {
        Property::Group(id) => person(sign_in, |person| {
            person.groups.complete = true;
            person.groups.known.extend(yes.then(|| id.clone()));
        }),
        Property::Role(id) => person(sign_in, |person| {
            person.roles.complete = true;
            person.roles.known.extend(yes.then(|| id.clone()));
        }),
        Property::Inside(id) => {
            let named = sign_in.place.named.get_or_insert_default();
            named.extend(yes.then(|| id.clone()));
        }
        Property::Can(name) => {
            let controls = capabilities.controls.get_or_insert_default();
            controls.extend(yes.then(|| name.clone()));
        }
        _ => {}
    }
}

/// The property that answers a question.
fn property(question: &Question<'_>, set: &PolicySet) -> Property {
    match question {
        Question::Person
        | Question::User(_)
        | Question::AnyServicePrincipal
        | Question::ServicePrincipal(_)
        | Question::AnyAgent
        | Question::Agent(_) => Property::Account,
        Question::Group(name) => Property::Group(name.text.to_lowercase()),
        Question::Role(name) => Property::Role(name.text.to_lowercase()),
        Question::Kind(_) => Property::Kind,
        Question::HomeTenant(_)
        | Question::TrustedMfa
        | Question::TrustedCompliance
        | Question::TrustedHybrid => Property::HomeTenant,
        Question::Target(_) | Question::Enrollment | Question::Registration => Property::Target,
        Question::Client(_)
        | Question::LegacyClient
        | Question::SupportedActiveSync
        | Question::ModernClient => Property::Client,
        Question::Platform(_) | Question::OnPlatform(_) => Property::Platform,
        Question::Device(comparison) if devices::is_state(&comparison.attribute) => Property::Device,
        Question::Device(comparison) => Property::Attribute(comparison.attribute.clone()),
        Question::Compliant | Question::HybridJoined => Property::Device,
        Question::Location(id) => location_property(id, set),
        Question::Trusted => Property::Inside(ZERO_ID.to_owned()),
        Question::UserRisk(_) => Property::UserRisk,
        Question::SignInRisk(_) => Property::SignInRisk,
        Question::ServicePrincipalRisk(_) => Property::ServicePrincipalRisk,
        Question::AgentRisk(_) => Property::AgentRisk,
        Question::InsiderRisk(_) => Property::InsiderRisk,
        Question::Flow(_) | Question::DeviceCode => Property::Flow,
        Question::Can(Control::Mfa) | Question::HasMethods(_) | Question::HasNoMethod => Property::Methods,
        // Whether the device is one of these, the device says.
        Question::Can(Control::CompliantDevice | Control::DomainJoinedDevice) => Property::Device,
        Question::Can(control) => Property::Can(control.as_str().to_lowercase()),
        Question::CanAcceptTerms => Property::Can("termsofuse".to_owned()),
        Question::CanPassCustom => Property::Can("customauthenticationfactors".to_owned()),
    }
}

/// Where a location tells its whole extent, the address or the country answers; else it stands by itself.
fn location_property(id: &str, set: &PolicySet) -> Property {
    let known = named_location(set, id);
    match known.map(|location| (location.kind, location)) {
        Some((LocationKind::Ip, location)) if addresses::are_told(location) => Property::Address,
        Some((LocationKind::Country, location))
            if location.countries.is_known() && location.include_unknown_countries.unresolved().is_none() =>
        {
            Property::Country
        }
        _ => Property::Inside(id.to_lowercase()),
    }
}

/// Which values the questions of policies tell apart.
#[derive(Default)]
struct Found<'p> {
    accounts: BTreeSet<Account>,
    groups: BTreeSet<String>,
    roles: BTreeSet<String>,
    tenants: BTreeSet<String>,
    countries: BTreeSet<String>,
    locations: BTreeSet<String>,
    all_locations: BTreeSet<String>,
    comparisons: BTreeMap<String, BTreeSet<&'p super::filter::Comparison>>,
    plain: BTreeSet<Property>,
}

impl<'p> Found<'p> {
    fn take(&mut self, question: &'p Question<'p>, set: &PolicySet) {
        match question {
            Question::User(name) => {
                self.accounts.insert(Account::User(name.text.to_lowercase()));
            }
            Question::AnyServicePrincipal => {
                self.accounts.insert(Account::OtherServicePrincipal);
            }
            Question::ServicePrincipal(id) => {
                self.accounts.insert(Account::ServicePrincipal(id.to_lowercase()));
            }
            Question::AnyAgent => {
                self.accounts.insert(Account::OtherAgent);
            }
            Question::Agent(id) => {
                self.accounts.extend([Account::Agent(id.to_lowercase()), Account::User(id.to_lowercase())]);
            }
            Question::Group(name) => {
                self.groups.insert(name.text.to_lowercase());
            }
            Question::Role(name) => {
                self.roles.insert(name.text.to_lowercase());
            }
            Question::HomeTenant(tenant) => {
                self.tenants.insert(tenant.to_lowercase());
            }
            Question::Location(id) => self.location(id, set),
            Question::Trusted => {
                trusted_locations(set).chain([ZERO_ID]).for_each(|id| self.location(id, set));
            }
            Question::Device(comparison) if !devices::is_state(&comparison.attribute) => {
                self.comparisons.entry(comparison.attribute.clone()).or_default().insert(comparison);
            }
            other => {
                self.plain.insert(property(other, set));
            }
        }
    }

    fn location(&mut self, id: &str, set: &PolicySet) {
        let property = location_property(id, set);
        self.all_locations.insert(id.to_lowercase());
        if property == Property::Country {
            let known = named_location(set, id).into_iter().flat_map(|location| location.countries.known());
            self.countries.extend(known.map(|country| country.value.to_uppercase()));
        }
        if property == Property::Address {
            self.locations.insert(id.to_lowercase());
        }
        self.plain.insert(property);
    }

    fn into_properties(mut self, set: &PolicySet, wanted: &Wanted) -> Vec<(Property, Values)> {
        let yes_no = |make: fn(String) -> Property| move |id: String| (make(id), Values::YesNo);
        self.plain.extend([
            Property::Kind,
            Property::Client,
            Property::Platform,
            Property::Device,
            Property::Flow,
            Property::Methods,
            Property::UserRisk,
            Property::SignInRisk,
        ]);
        let mut accounts: Vec<_> = self.accounts.into_iter().collect();
        // The person that no policy names comes first: the most ordinary.
        accounts.sort_by_key(|account| *account != Account::SomeoneElse);
        let mut found = vec![
            (Property::Account, Values::Accounts(accounts)),
            (Property::Target, Values::Targets(wanted.targets.clone())),
        ];
        found.extend(self.groups.into_iter().map(yes_no(Property::Group)));
        found.extend(self.roles.into_iter().map(yes_no(Property::Role)));
        self.tenants.extend(set.directory.partners.keys().cloned());
        let tenants = [OTHER_TENANT.to_owned()].into_iter().chain(self.tenants);
        found.push((Property::HomeTenant, Values::Tenants(tenants.collect())));
        for (attribute, comparisons) in self.comparisons {
            // An attribute that is left out is answered by nothing: what depends on it is not decided.
            if let Some(values) = devices::values(&attribute, &comparisons) {
                found.push((Property::Attribute(attribute), Values::Attribute(values)));
            }
        }
        for property in self.plain {
            let values = match &property {
                Property::Kind => Values::Kinds,
                Property::Client => Values::Clients,
                Property::Platform => Values::Platforms,
                Property::Device => Values::Devices,
                Property::Address => {
                    let locations = self.locations.iter().filter_map(|id| named_location(set, id));
                    Values::Addresses(addresses::cells(locations))
                }
                Property::Country => Values::Countries(
                    [ELSEWHERE.to_owned()]
                        .into_iter()
                        .chain(self.countries.clone())
                        .chain([UNMAPPED.to_owned()])
                        .collect(),
                ),
                Property::Inside(_) | Property::Can(_) => Values::YesNo,
                Property::UserRisk
                | Property::SignInRisk
                | Property::ServicePrincipalRisk
                | Property::AgentRisk => Values::Risks,
                Property::InsiderRisk => Values::InsiderRisks,
                Property::Flow => Values::Flows,
                Property::Methods => Values::Methods,
                Property::Account
                | Property::Target
                | Property::HomeTenant
                | Property::Group(_)
                | Property::Role(_)
                | Property::Attribute(_) => continue,
            };
            found.push((property, values));
        }
        found
    }
}
