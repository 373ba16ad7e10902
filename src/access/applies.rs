//! To which sign-ins a policy applies, condition by condition.
//!
//! Sources: Microsoft Entra documentation, "Building a Conditional Access policy", "Users, groups, agents and
//! workload identities", "Target resources", "Conditions", "Network", "Authentication flows as a condition".

use std::sync::Arc;

use super::expr::{Expr, Name, Question};
use super::filter::FilterRule;
use super::sign_in::{Kinds, PersonKind};
use crate::policy::words::{ClientApp, FilterMode, GuestType, TransferMethod};
use crate::policy::{
    Filter, Given, Guests, List, Location, LocationToken, Pair, Policy, Principal, Truth, Unresolved,
    UserToken, Why,
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

impl Aspect {
    /// The words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Users => "the users",
            Self::WorkloadIdentities => "the service principals and agents",
            Self::Application => "the apps",
            Self::UserActions => "the user actions",
            Self::AuthenticationContext => "the authentication contexts",
            Self::ClientApps => "the client apps",
            Self::DevicePlatform => "the platforms",
            Self::Devices => "the device filter",
            Self::Location => "the locations",
            Self::SignInRisk => "the sign-in risk",
            Self::UserRisk => "the user risk",
            Self::InsiderRisk => "the insider risk",
            Self::ServicePrincipalRisk => "the risk of service principals",
            Self::AgentRisk => "the risk of agents",
            Self::AuthenticationFlow => "the authentication flows",
            Self::Unknown => "a condition that is not known here",
        }
    }
}

/// When a policy applies, whatever its state: all of these together. Who comes first, what is asked for second.
#[must_use]
pub(super) fn conditions<'p>(policy: &'p Policy) -> Vec<(Aspect, Expr<'p>)> {
    let conditions = &policy.conditions;
    let (who, identity) = identity(policy);
    let mut aspects = vec![(who, identity), (Aspect::Application, Expr::Ask(Question::Target(policy)))];
    let mut asked = |aspect, is_asked: bool, expr: Expr<'p>| {
        if is_asked {
            aspects.push((aspect, expr));
        }
    };
    let clients = &conditions.client_app_types;
    let every_client = clients.contains(&ClientApp::All) == Truth::Yes;
    let client = if every_client { Expr::YES } else { Expr::Ask(Question::Client(clients)) };
    asked(Aspect::ClientApps, !clients.is_empty(), client);
    if let Some(pair) = &conditions.platforms {
        asked(Aspect::DevicePlatform, true, Expr::Ask(Question::Platform(pair)));
    }
    let filter = conditions.device_filter.as_ref().map(device_filter);
    let states = conditions.device_states.as_ref().map(device_states);
    asked(Aspect::Devices, filter.is_some() || states.is_some(), Expr::all(filter.into_iter().chain(states)));
    if let Some(pair) = &conditions.locations {
        asked(Aspect::Location, true, locations(pair));
    }
    let (sign_in, user) = (&conditions.sign_in_risk, &conditions.user_risk);
    asked(Aspect::SignInRisk, !sign_in.is_empty(), Expr::Ask(Question::SignInRisk(sign_in)));
    asked(Aspect::UserRisk, !user.is_empty(), Expr::Ask(Question::UserRisk(user)));
    let insider = &conditions.insider_risk;
    asked(Aspect::InsiderRisk, !insider.is_empty(), Expr::Ask(Question::InsiderRisk(insider)));
    let (principal, agent) = (&conditions.service_principal_risk, &conditions.agent_risk);
    let principal_risk = Expr::Ask(Question::ServicePrincipalRisk(principal));
    asked(Aspect::ServicePrincipalRisk, !principal.is_empty(), principal_risk);
    asked(Aspect::AgentRisk, !agent.is_empty(), Expr::Ask(Question::AgentRisk(agent)));
    let methods = &conditions.transfer_methods;
    let no_flow = methods.is_known() && methods.known().all(|method| *method.value == TransferMethod::None);
    asked(Aspect::AuthenticationFlow, !no_flow, Expr::Ask(Question::Flow(methods)));
    asked(Aspect::Unknown, !conditions.unknown.is_empty(), Expr::UNKNOWN);
    aspects
}

fn identity(policy: &Policy) -> (Aspect, Expr<'_>) {
    if !policy.targets_workloads() {
        return (Aspect::Users, Expr::Ask(Question::Person).and(users(policy)));
    }
    let workloads = &policy.workloads;
    // A filter over attributes that are not given leaves a match open.
    let filtered = if workloads.filter.is_some() { Expr::UNKNOWN } else { Expr::YES };
    let excludes = |filter: &Filter| filter.mode.get().is_some_and(|mode| *mode.value == FilterMode::Exclude);
    // A filter that takes in needs no list beside it. Whether it is about service principals or agents shows in the
    // lists alone.
    let by_filter = |all: Question<'static>, others: &List<String>| match &workloads.filter {
        Some(filter) if !excludes(filter) && others.is_empty() => Expr::Ask(all).and(Expr::UNKNOWN),
        _ => Expr::NO,
    };
    let principals = {
        let hits = |list| any_of(list, Question::AnyServicePrincipal, Question::ServicePrincipal);
        let by_filter = by_filter(Question::AnyServicePrincipal, &workloads.include_agents);
        Expr::any([hits(&workloads.include_service_principals), by_filter])
            .and(hits(&workloads.exclude_service_principals).negated())
            .and(filtered.clone())
    };
    let agents = |any: fn() -> Question<'static>| {
        let hits = |list| any_of(list, any(), Question::Agent);
        hits(&workloads.include_agents).and(hits(&workloads.exclude_agents).negated())
    };
    let agent_user = Kinds::only(PersonKind::AgentUser);
    let users =
        Expr::Ask(Question::Person).and(agents(|| Question::Kind(Kinds::only(PersonKind::AgentUser))));
    let users = users.and(Expr::Ask(Question::Kind(agent_user)));
    let by_filter = by_filter(Question::AnyAgent, &workloads.include_service_principals);
    let identities = Expr::any([agents(|| Question::AnyAgent), by_filter]).and(filtered);
    (Aspect::WorkloadIdentities, Expr::any([principals, identities, users]))
}

/// Service principals or agents: words that take in all of them, else ids.
fn any_of<'p>(list: &'p List<String>, all: Question<'p>, one: fn(&'p str) -> Question<'p>) -> Expr<'p> {
    let items = list.items.iter().map(|item| match &item.value {
        Given::Known(text) if ["All", "ServicePrincipalsInMyTenant"].contains(&text.as_str()) => {
            Expr::Ask(all.clone())
        }
        Given::Known(text) if text == "None" => Expr::NO,
        Given::Known(text) => Expr::Ask(one(text)),
        Given::Unresolved(what) if what.why == Why::Nobody => Expr::NO,
        Given::Unresolved(_) => Expr::UNKNOWN,
    });
    Expr::any(items.chain(list.open.iter().map(|_| Expr::UNKNOWN)))
}

/// Users, groups, roles and guests: one include is enough, one exclude decides.
fn users(policy: &Policy) -> Expr<'_> {
    let users = &policy.users;
    let include = Expr::any([
        user_list(&users.include_users, true),
        member_list(&users.include_groups, Question::Group),
        member_list(&users.include_roles, Question::Role),
        users.include_guests.as_ref().map_or(Expr::NO, |guests| guest(guests, true)),
    ]);
    let exclude = Expr::any([
        user_list(&users.exclude_users, false),
        member_list(&users.exclude_groups, Question::Group),
        member_list(&users.exclude_roles, Question::Role),
        users.exclude_guests.as_ref().map_or(Expr::NO, |guests| guest(guests, false)),
    ]);
    include.and(exclude.negated())
}

/// What is not known in a list of users may stand for a person, and where it takes people in, for everybody.
fn user_list(list: &List<Principal>, including: bool) -> Expr<'_> {
    let unknown = |what| {
        let one = unresolved(what, Question::User);
        if including && what.why != Why::Nobody { Expr::any([one, Expr::UNKNOWN]) } else { one }
    };
    let items = list.items.iter().map(|item| match &item.value {
        Given::Known(Principal::Token(token)) => user_token(*token),
        Given::Known(Principal::Id(text)) => Expr::Ask(Question::User(Name { text, is_id: true })),
        Given::Known(Principal::Name(text)) => Expr::Ask(Question::User(Name { text, is_id: false })),
        Given::Unresolved(what) => unknown(what),
    });
    Expr::any(items.chain(list.open.iter().map(|open| unknown(&open.value))))
}

/// A placeholder, a name or an expression stands for one object, wherever its text stands; of other texts that
/// are not known it is not known even that.
fn unresolved<'p>(what: &'p Unresolved, ask: fn(Name<'p>) -> Question<'p>) -> Expr<'p> {
    match what.why {
        Why::Nobody => Expr::NO,
        Why::Placeholder | Why::Expression | Why::NameForId => {
            Expr::Ask(ask(Name { text: &what.text, is_id: false }))
        }
        Why::UnknownWord | Why::HiddenByExport | Why::WrongType => Expr::UNKNOWN,
    }
}

fn user_token<'p>(token: UserToken) -> Expr<'p> {
    let kinds = |fits: fn(PersonKind) -> bool| Expr::Ask(Question::Kind(Kinds::which(fits)));
    match token {
        UserToken::All => kinds(|kind| kind != PersonKind::AgentUser),
        UserToken::None => Expr::NO,
        UserToken::Guests => kinds(|kind| matches!(kind, PersonKind::External(_))),
        UserToken::AgentUsers => kinds(|kind| kind == PersonKind::AgentUser),
    }
}

/// Groups or roles. An agent's user account is reached by the scope of all agent users alone, whatever groups it is
/// in.
fn member_list<'p>(list: &'p List<Principal>, ask: fn(Name<'p>) -> Question<'p>) -> Expr<'p> {
    let agent = Question::Kind(Kinds::only(PersonKind::AgentUser));
    let items = list.items.iter().map(|item| match &item.value {
        Given::Known(Principal::Id(text)) => Expr::Ask(ask(Name { text, is_id: true })),
        Given::Known(Principal::Name(text)) => Expr::Ask(ask(Name { text, is_id: false })),
        Given::Known(Principal::Token(UserToken::All)) => Expr::YES,
        Given::Known(Principal::Token(_)) => Expr::NO,
        Given::Unresolved(what) => unresolved(what, ask),
    });
    let members = Expr::any(items.chain(list.open.iter().map(|open| unresolved(&open.value, ask))));
    members.and(Expr::Ask(agent).negated())
}

/// Kinds of guests and their home tenants. An internal guest has no home tenant: a list of tenants takes it in
/// and does not leave it out, so that neither errs towards access.
fn guest(guests: &Guests, including: bool) -> Expr<'_> {
    let listed = |kind: PersonKind| match kind {
        PersonKind::External(kind) => guests.types.contains(&kind),
        PersonKind::Member | PersonKind::AgentUser => Truth::No,
    };
    let certain = Expr::Ask(Question::Kind(Kinds::which(|kind| listed(kind) == Truth::Yes)));
    let possible = Expr::Ask(Question::Kind(Kinds::which(|kind| listed(kind) == Truth::Unknown)));
    let of_kind = Expr::any([certain, possible.and(Expr::UNKNOWN)]);
    if guests.tenants.is_empty() {
        return of_kind;
    }
    let internal = Question::Kind(Kinds::only(PersonKind::External(GuestType::InternalGuest)));
    let tenants = guests.tenants.known().map(|tenant| Expr::Ask(Question::HomeTenant(tenant.value)));
    let listed = Expr::any(tenants.chain(guests.tenants.unresolved().map(|_| Expr::UNKNOWN)));
    let internal_fits = Expr::Is(Truth::from(including));
    of_kind.and(Expr::any([
        Expr::Ask(internal.clone()).and(internal_fits),
        Expr::Ask(internal).negated().and(listed),
    ]))
}

/// A device filter. A rule or mode that is not known leaves it open.
fn device_filter(filter: &Filter) -> Expr<'_> {
    let rule = filter.rule.get().and_then(|rule| FilterRule::parse(rule.value));
    let (Some(rule), Some(mode)) = (rule, filter.mode.get()) else { return Expr::UNKNOWN };
    let matches = filter_rule(rule);
    if *mode.value == FilterMode::Include { matches } else { matches.negated() }
}

fn filter_rule<'p>(rule: FilterRule) -> Expr<'p> {
    match rule {
        FilterRule::And(rules) => Expr::all(rules.into_iter().map(filter_rule)),
        FilterRule::Or(rules) => Expr::any(rules.into_iter().map(filter_rule)),
        FilterRule::Not(rule) => filter_rule(*rule).negated(),
        FilterRule::Compare(comparison) => Expr::Ask(Question::Device(Arc::new(comparison))),
    }
}

/// The deprecated states: all devices, but those that are compliant or hybrid joined.
fn device_states(pair: &Pair<String>) -> Expr<'_> {
    let hits = |list: &List<String>| {
        let items: Vec<_> = list
            .items
            .iter()
            .map(|item| match &item.value {
                Given::Known(text) if text.eq_ignore_ascii_case("all") => Expr::YES,
                Given::Known(text) if text.eq_ignore_ascii_case("compliant") => {
                    Expr::Ask(Question::Compliant)
                }
                Given::Known(text) if text.eq_ignore_ascii_case("domainjoined") => {
                    Expr::Ask(Question::HybridJoined)
                }
                _ => Expr::UNKNOWN,
            })
            .collect();
        Expr::any(items.into_iter().chain(list.open.iter().map(|_| Expr::UNKNOWN)))
    };
    let include = if pair.include.is_empty() { Expr::YES } else { hits(&pair.include) };
    include.and(hits(&pair.exclude).negated())
}

fn locations(pair: &Pair<Location>) -> Expr<'_> {
    fn hits(list: &List<Location>) -> Expr<'_> {
        let items = list.items.iter().map(|item| match &item.value {
            Given::Known(Location::Token(LocationToken::All)) => Expr::YES,
            Given::Known(Location::Token(LocationToken::AllTrusted)) => Expr::Ask(Question::Trusted),
            Given::Known(Location::Id(id) | Location::Name(id)) => Expr::Ask(Question::Location(id)),
            Given::Unresolved(what) => unresolved(what, |name| Question::Location(name.text)),
        });
        Expr::any(items.chain(list.open.iter().map(|_| Expr::UNKNOWN)))
    }
    let include = if pair.include.is_empty() { Expr::YES } else { hits(&pair.include) };
    include.and(hits(&pair.exclude).negated())
}
