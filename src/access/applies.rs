//! Whether a policy applies to a sign-in, and which condition decides.
//!
//! Sources: Microsoft Entra documentation, "Building a Conditional Access policy", "Users, groups, agents and
//! workload identities", "Target resources", "Conditions", "Network", "Authentication flows as a condition".

use std::net::IpAddr;

use ipnet::IpNet;

use super::filter::FilterRule;
use super::sign_in::{
    Client, Device, DevicePlatform, Identity, Memberships, Person, PersonKind, Place, SignIn, Target,
};
use crate::policy::ids::{ZERO_ID, apps};
use crate::policy::words::{ClientApp, FilterMode, GuestType, Platform, TransferMethod, UserAction};
use crate::policy::{
    App, AppToken, Filter, Given, Guests, List, Location, LocationKind, LocationToken, NamedLocation, Pair,
    Policy, PolicySet, Principal, Truth, UserToken, Why,
};

/// What a policy asks about, in the order it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// Users, groups, roles and guests.
    Users,
    /// Service principals and agents.
    WorkloadIdentities,
    /// Apps.
    Application,
    /// User actions.
    UserActions,
    /// Authentication contexts.
    AuthenticationContext,
    /// Client apps.
    ClientApps,
    /// Platforms.
    DevicePlatform,
    /// Device filter and states.
    Devices,
    /// Locations.
    Location,
    /// Sign-in risk.
    SignInRisk,
    /// User risk.
    UserRisk,
    /// Insider risk.
    InsiderRisk,
    /// Risk of a service principal.
    ServicePrincipalRisk,
    /// Risk of an agent.
    AgentRisk,
    /// Authentication flows.
    AuthenticationFlow,
    /// Conditions whose effect is not known.
    Unknown,
}

impl Aspect {
    /// The word of Microsoft Graph's `analysisReasons`, where it has one.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::WorkloadIdentities => "workloadIdentities",
            Self::Application => "application",
            Self::UserActions => "userActions",
            Self::AuthenticationContext => "authenticationContext",
            Self::ClientApps => "clientApps",
            Self::DevicePlatform => "devicePlatform",
            Self::Devices => "devices",
            Self::Location => "location",
            Self::SignInRisk => "signInRisk",
            Self::UserRisk => "userRisk",
            Self::InsiderRisk => "insiderRisk",
            Self::ServicePrincipalRisk => "servicePrincipalRisk",
            Self::AgentRisk => "agentRisk",
            Self::AuthenticationFlow => "authenticationFlow",
            Self::Unknown => "invalidCondition",
        }
    }
}

/// Whether a policy applies, aspect by aspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applies {
    /// Every aspect the policy asks about.
    pub aspects: Vec<(Aspect, Truth)>,
}

impl Applies {
    /// Whether all aspects hold.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.aspects.iter().fold(Truth::Yes, |so_far, (_, truth)| so_far.and(*truth))
    }

    /// The first aspect that does not hold.
    #[must_use]
    pub fn first_unmatched(&self) -> Option<Aspect> {
        self.aspects.iter().find(|(_, truth)| *truth == Truth::No).map(|(aspect, _)| *aspect)
    }

    /// The aspects that are not decided.
    pub fn undecided(&self) -> impl Iterator<Item = Aspect> {
        self.aspects.iter().filter(|(_, truth)| *truth == Truth::Unknown).map(|(aspect, _)| *aspect)
    }
}

fn not(truth: Truth) -> Truth {
    match truth {
        Truth::Yes => Truth::No,
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown,
    }
}

fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    truths.fold(Truth::No, Truth::or)
}

/// Whether a policy applies to a sign-in, whatever its state.
#[must_use]
pub fn applies(policy: &Policy, sign_in: &SignIn, set: &PolicySet) -> Applies {
    let conditions = &policy.conditions;
    let mut aspects = vec![identity(policy, &sign_in.identity), target(policy, &sign_in.target)];
    let mut asked = |aspect, list_is_empty: bool, truth: &dyn Fn() -> Truth| {
        if !list_is_empty {
            aspects.push((aspect, truth()));
        }
    };
    asked(Aspect::ClientApps, conditions.client_app_types.is_empty(), &|| {
        client(&conditions.client_app_types, sign_in.client)
    });
    asked(Aspect::DevicePlatform, conditions.platforms.is_none(), &|| {
        conditions.platforms.as_ref().map_or(Truth::Yes, |pair| platform(pair, sign_in.platform))
    });
    let no_device = conditions.device_filter.is_none() && conditions.device_states.is_none();
    asked(Aspect::Devices, no_device, &|| {
        let filter = conditions.device_filter.as_ref().map(|filter| device(filter, sign_in));
        let states = conditions.device_states.as_ref().map(|pair| device_states(pair, sign_in));
        filter.unwrap_or(Truth::Yes).and(states.unwrap_or(Truth::Yes))
    });
    asked(Aspect::Location, conditions.locations.is_none(), &|| {
        conditions.locations.as_ref().map_or(Truth::Yes, |pair| location(pair, &sign_in.place, set))
    });
    asked(Aspect::SignInRisk, conditions.sign_in_risk.is_empty(), &|| {
        exact(&conditions.sign_in_risk, sign_in.sign_in_risk)
    });
    asked(Aspect::UserRisk, conditions.user_risk.is_empty(), &|| {
        exact(&conditions.user_risk, sign_in.user_risk)
    });
    asked(Aspect::InsiderRisk, conditions.insider_risk.is_empty(), &|| match sign_in.insider_risk {
        Some(None) => Truth::No,
        Some(Some(level)) => exact(&conditions.insider_risk, Some(level)),
        None => Truth::Unknown,
    });
    asked(Aspect::ServicePrincipalRisk, conditions.service_principal_risk.is_empty(), &|| {
        exact(&conditions.service_principal_risk, sign_in.service_principal_risk)
    });
    asked(Aspect::AgentRisk, conditions.agent_risk.is_empty(), &|| {
        exact(&conditions.agent_risk, sign_in.agent_risk)
    });
    let methods = &conditions.transfer_methods;
    let no_flow = methods.is_known() && methods.known().all(|method| *method.value == TransferMethod::None);
    asked(Aspect::AuthenticationFlow, no_flow, &|| exact(methods, sign_in.flow));
    asked(Aspect::Unknown, conditions.unknown.is_empty(), &|| Truth::Unknown);
    Applies { aspects }
}

/// Membership in a list, not a threshold.
fn exact<T: PartialEq + Copy>(list: &List<T>, value: Option<T>) -> Truth {
    value.map_or(Truth::Unknown, |value| list.contains(&value))
}

fn identity(policy: &Policy, identity: &Identity) -> (Aspect, Truth) {
    let workloads = &policy.workloads;
    match identity {
        Identity::Person(person) if policy.targets_workloads() => {
            let agent = person.kind == Some(PersonKind::AgentUser);
            let truth = if agent {
                listed(&workloads.include_agents, &workloads.exclude_agents, person.id.as_deref())
            } else {
                Truth::No
            };
            (Aspect::WorkloadIdentities, truth)
        }
        Identity::Person(person) => (Aspect::Users, users(policy, person)),
        Identity::ServicePrincipal(id) => {
            let truth = listed(
                &workloads.include_service_principals,
                &workloads.exclude_service_principals,
                Some(id),
            );
            (Aspect::WorkloadIdentities, with_filter(truth, workloads.filter.is_some()))
        }
        Identity::Agent(id) => {
            let truth = listed(&workloads.include_agents, &workloads.exclude_agents, Some(id));
            (Aspect::WorkloadIdentities, with_filter(truth, workloads.filter.is_some()))
        }
    }
}

/// A filter over attributes that are not given leaves a match open.
fn with_filter(truth: Truth, filtered: bool) -> Truth {
    if filtered { truth.and(Truth::Unknown) } else { truth }
}

/// Service principals or agents: words that take in all of them, else ids.
fn listed(include: &List<String>, exclude: &List<String>, id: Option<&str>) -> Truth {
    let hits = |list: &List<String>| {
        let items = list.items.iter().map(|item| match &item.value {
            Given::Known(text) if ["All", "ServicePrincipalsInMyTenant"].contains(&text.as_str()) => {
                Truth::Yes
            }
            Given::Known(text) if text == "None" => Truth::No,
            Given::Known(text) => id.map_or(Truth::Unknown, |id| text.eq_ignore_ascii_case(id).into()),
            Given::Unresolved(_) => Truth::Unknown,
        });
        any(items.chain(list.open.iter().map(|_| Truth::Unknown)))
    };
    hits(include).and(not(hits(exclude)))
}

/// Users, groups, roles and guests: one include is enough, one exclude decides.
fn users(policy: &Policy, person: &Person) -> Truth {
    let users = &policy.users;
    let include = any([
        user_list(&users.include_users, person),
        member_list(&users.include_groups, &person.groups),
        member_list(&users.include_roles, &person.roles),
        users.include_guests.as_ref().map_or(Truth::No, |guests| guest(guests, person, true)),
    ]
    .into_iter());
    let exclude = any([
        user_list(&users.exclude_users, person),
        member_list(&users.exclude_groups, &person.groups),
        member_list(&users.exclude_roles, &person.roles),
        users.exclude_guests.as_ref().map_or(Truth::No, |guests| guest(guests, person, false)),
    ]
    .into_iter());
    include.and(not(exclude))
}

fn user_list(list: &List<Principal>, person: &Person) -> Truth {
    let hits = list.items.iter().map(|item| match &item.value {
        Given::Known(Principal::Token(token)) => user_token(*token, person),
        Given::Known(Principal::Id(id)) => {
            person.id.as_ref().map_or(Truth::Unknown, |own| (own == id).into())
        }
        Given::Known(Principal::Name(name)) => named(name, person.id.as_deref()),
        Given::Unresolved(what) if what.why == Why::Nobody => Truth::No,
        Given::Unresolved(what) => named(&what.text, person.id.as_deref()),
    });
    any(hits.chain(list.open.iter().map(|_| Truth::Unknown)))
}

/// A name is whoever has it; whether another id is meant is not known.
fn named(name: &str, id: Option<&str>) -> Truth {
    if id.is_some_and(|id| id.eq_ignore_ascii_case(name)) { Truth::Yes } else { Truth::Unknown }
}

fn user_token(token: UserToken, person: &Person) -> Truth {
    let kind =
        |fits: &dyn Fn(PersonKind) -> bool| person.kind.map_or(Truth::Unknown, |kind| fits(kind).into());
    match token {
        UserToken::All => kind(&|kind| kind != PersonKind::AgentUser),
        UserToken::None => Truth::No,
        UserToken::Guests => kind(&|kind| matches!(kind, PersonKind::External(_))),
        UserToken::AgentUsers => kind(&|kind| kind == PersonKind::AgentUser),
    }
}

fn member_list(list: &List<Principal>, memberships: &Memberships) -> Truth {
    let hits = list.items.iter().map(|item| {
        let text = match &item.value {
            Given::Known(Principal::Id(text) | Principal::Name(text)) => text,
            Given::Known(Principal::Token(UserToken::All)) => return Truth::Yes,
            Given::Known(Principal::Token(_)) => return Truth::No,
            Given::Unresolved(what) if what.why == Why::Nobody => return Truth::No,
            Given::Unresolved(what) => &what.text,
        };
        let known = matches!(item.value, Given::Known(Principal::Id(_)));
        if memberships.known.contains(&text.to_lowercase()) {
            Truth::Yes
        } else if memberships.complete && (known || memberships.known.is_empty()) {
            Truth::No
        } else {
            Truth::Unknown
        }
    });
    any(hits.chain(list.open.iter().map(|_| Truth::Unknown)))
}

/// Kinds of guests and their home tenants. An internal guest has no home tenant: a list of tenants takes it in
/// and does not leave it out, so that neither errs towards access.
fn guest(guests: &Guests, person: &Person, including: bool) -> Truth {
    let kind = match person.kind {
        None => return Truth::Unknown,
        Some(PersonKind::Member | PersonKind::AgentUser) => return Truth::No,
        Some(PersonKind::External(kind)) => kind,
    };
    let of_kind = guests.types.contains(&kind);
    if guests.tenants.is_empty() {
        return of_kind;
    }
    let tenant = match (&person.home_tenant, kind) {
        (_, GuestType::InternalGuest) => Truth::from(including),
        (Some(tenant), _) => {
            let hits = guests.tenants.known().any(|known| known.value.eq_ignore_ascii_case(tenant));
            if hits {
                Truth::Yes
            } else if guests.tenants.is_known() {
                Truth::No
            } else {
                Truth::Unknown
            }
        }
        (None, _) => Truth::Unknown,
    };
    of_kind.and(tenant)
}

fn target(policy: &Policy, target: &Target) -> (Aspect, Truth) {
    let applications = &policy.applications;
    match target {
        Target::Apps(ids) => (Aspect::Application, any(ids.iter().map(|id| resource(policy, id)))),
        Target::Action(action) => {
            let named = applications.user_actions.contains(action);
            // Policies on all resources reach the registration of security information too.
            let reached = if *action == UserAction::RegisterSecurityInfo {
                resource(policy, apps::SECURITY_INFO)
            } else {
                Truth::No
            };
            (Aspect::UserActions, named.or(reached))
        }
        Target::Context(context) => {
            let named =
                applications.auth_contexts.known().any(|known| known.value.eq_ignore_ascii_case(context));
            let truth = if named {
                Truth::Yes
            } else if applications.auth_contexts.is_known() {
                Truth::No
            } else {
                Truth::Unknown
            };
            (Aspect::AuthenticationContext, truth)
        }
    }
}

/// Whether a policy covers a resource, whatever its conditions.
#[must_use]
pub fn resource(policy: &Policy, id: &str) -> Truth {
    let applications = &policy.applications;
    let filtered = |mode: FilterMode| match &applications.filter {
        Some(filter) => match filter.mode.get() {
            Some(own) if *own.value != mode => Truth::No,
            _ => Truth::Unknown,
        },
        None => Truth::No,
    };
    let include = app_list(&applications.include, id).or(filtered(FilterMode::Include));
    let exclude = app_list(&applications.exclude, id).or(filtered(FilterMode::Exclude));
    include.and(not(exclude))
}

fn app_list(list: &List<App>, id: &str) -> Truth {
    let hits = list.items.iter().map(|item| match &item.value {
        Given::Known(App::Token(token)) => match token {
            AppToken::All => Truth::Yes,
            AppToken::None => Truth::No,
            AppToken::Office365 => apps::in_office365(id),
            AppToken::AdminPortals => apps::in_admin_portals(id),
            AppToken::AgentResources => {
                if apps::name(id).is_some() {
                    Truth::No
                } else {
                    Truth::Unknown
                }
            }
        },
        Given::Known(App::Id(own)) if own == id => Truth::Yes,
        Given::Known(App::Id(own)) if own == apps::AZURE_MANAGEMENT => apps::in_azure_management(id),
        Given::Known(App::Id(_)) => Truth::No,
        Given::Known(App::Name(name)) => named(name, Some(id)),
        Given::Unresolved(what) if what.why == Why::Nobody => Truth::No,
        Given::Unresolved(what) => named(&what.text, Some(id)),
    });
    any(hits.chain(list.open.iter().map(|_| Truth::Unknown)))
}

fn client(list: &List<ClientApp>, client: Option<Client>) -> Truth {
    if list.contains(&ClientApp::All) == Truth::Yes {
        return Truth::Yes;
    }
    let Some(client) = client else { return Truth::Unknown };
    let one = |word: ClientApp| list.contains(&word);
    match client {
        Client::Browser => one(ClientApp::Browser),
        Client::Modern => one(ClientApp::Modern),
        Client::ActiveSync => one(ClientApp::ActiveSync),
        Client::ActiveSyncSupported => one(ClientApp::ActiveSync).or(one(ClientApp::ActiveSyncSupported)),
        Client::Other => one(ClientApp::Other),
    }
}

fn platform(pair: &Pair<Platform>, platform: Option<DevicePlatform>) -> Truth {
    let hits = |list: &List<Platform>| match platform {
        _ if list.contains(&Platform::All) == Truth::Yes => Truth::Yes,
        None if list.is_empty() => Truth::No,
        None => Truth::Unknown,
        Some(DevicePlatform::Unrecognised) => list.contains(&Platform::All),
        Some(DevicePlatform::Known(platform)) => list.contains(&platform).or(list.contains(&Platform::All)),
    };
    let include = if pair.include.is_empty() { Truth::Yes } else { hits(&pair.include) };
    include.and(not(hits(&pair.exclude)))
}

/// A device filter. A legacy client and a sign-in by device code show no device.
fn device(filter: &Filter, sign_in: &SignIn) -> Truth {
    let shown = shown_device(sign_in);
    let rule = filter.rule.get().and_then(|rule| FilterRule::parse(rule.value));
    let (Some(rule), Some(mode), Some(device)) = (rule, filter.mode.get(), shown) else {
        return Truth::Unknown;
    };
    let asked = rule.attributes();
    if !device.complete && asked.iter().any(|name| !device.attributes.contains_key(*name)) {
        return Truth::Unknown;
    }
    let matches = Truth::from(rule.matches(&device.attributes));
    if *mode.value == FilterMode::Include { matches } else { not(matches) }
}

/// The device as the service sees it.
pub(super) fn shown_device(sign_in: &SignIn) -> Option<Device> {
    let hidden = sign_in.client.is_some_and(Client::is_legacy)
        || sign_in.flow == Some(crate::policy::words::TransferMethod::DeviceCode);
    if hidden { Some(Device { complete: true, ..Device::default() }) } else { sign_in.device.clone() }
}

/// The deprecated states: all devices, but those that are compliant or hybrid joined.
fn device_states(pair: &Pair<String>, sign_in: &SignIn) -> Truth {
    let Some(device) = shown_device(sign_in) else { return Truth::Unknown };
    let is = |truth: Option<bool>| truth.map_or(Truth::Unknown, Truth::from);
    let hits = |list: &List<String>| {
        any(list.items.iter().map(|item| match &item.value {
            Given::Known(text) if text.eq_ignore_ascii_case("all") => Truth::Yes,
            Given::Known(text) if text.eq_ignore_ascii_case("compliant") => {
                is(device.is("iscompliant", "true"))
            }
            Given::Known(text) if text.eq_ignore_ascii_case("domainjoined") => {
                is(device.is("trusttype", "ServerAD"))
            }
            _ => Truth::Unknown,
        }))
        .or(if list.open.is_some() { Truth::Unknown } else { Truth::No })
    };
    let include = if pair.include.is_empty() { Truth::Yes } else { hits(&pair.include) };
    include.and(not(hits(&pair.exclude)))
}

fn location(pair: &Pair<Location>, place: &Place, set: &PolicySet) -> Truth {
    let hits = |list: &List<Location>| {
        let items = list.items.iter().map(|item| match &item.value {
            Given::Known(Location::Token(LocationToken::All)) => Truth::Yes,
            Given::Known(Location::Token(LocationToken::AllTrusted)) => trusted(place, set),
            Given::Known(Location::Id(id) | Location::Name(id)) => named_location(id, place, set),
            Given::Unresolved(what) if what.why == Why::Nobody => Truth::No,
            Given::Unresolved(what) => named_location(&what.text, place, set),
        });
        any(items.chain(list.open.iter().map(|_| Truth::Unknown)))
    };
    let include = if pair.include.is_empty() { Truth::Yes } else { hits(&pair.include) };
    include.and(not(hits(&pair.exclude)))
}

/// Every trusted IP location counts, and the trusted IPs of the old MFA settings, which no file shows.
fn trusted(place: &Place, set: &PolicySet) -> Truth {
    if let Some(trusted) = place.trusted {
        return trusted.into();
    }
    let trusted =
        set.named_locations.iter().filter(|location| location.is_trusted.get().is_some_and(|it| *it.value));
    any(trusted.map(|location| inside(location, place))).or(Truth::Unknown)
}

fn named_location(id: &str, place: &Place, set: &PolicySet) -> Truth {
    if let Some(named) = &place.named {
        return match named.contains(&id.to_lowercase()) {
            true => Truth::Yes,
            false if crate::policy::ids::is_guid(id) => Truth::No,
            false => Truth::Unknown,
        };
    }
    if id == ZERO_ID {
        return Truth::Unknown;
    }
    let known = set
        .named_locations
        .iter()
        .find(|known| known.id.get().is_some_and(|own| own.value.eq_ignore_ascii_case(id)));
    known.map_or(Truth::Unknown, |location| inside(location, place))
}

fn inside(location: &NamedLocation, place: &Place) -> Truth {
    match location.kind {
        LocationKind::Ip => {
            place.address.map_or(Truth::Unknown, |address| in_ranges(&location.ip_ranges, address))
        }
        LocationKind::Country => place.country.as_ref().map_or(Truth::Unknown, |country| {
            let hits = location.countries.known().any(|known| known.value.eq_ignore_ascii_case(country));
            if hits {
                Truth::Yes
            } else if location.countries.is_known() {
                Truth::No
            } else {
                Truth::Unknown
            }
        }),
        LocationKind::Other => Truth::Unknown,
    }
}

fn in_ranges(ranges: &List<String>, address: IpAddr) -> Truth {
    let hits = ranges.known().map(|range| match range.value.parse::<IpNet>() {
        Ok(net) => Truth::from(net.contains(&address)),
        Err(_) => Truth::Unknown,
    });
    any(hits).or(if ranges.is_known() { Truth::No } else { Truth::Unknown })
}
