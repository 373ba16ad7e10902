//! What a policy is about, as far as it says so at all.
//!
//! Sources: Microsoft Graph reference, "Create conditionalAccessPolicy" (a policy has a rule for applications and one
//! for users, be it `None`); Microsoft Entra documentation, "Target resources" and "Conditional Access for workload
//! identities" (one policy is about one kind of each).

use crate::policy::words::{FilterMode, GuestType};
use crate::policy::{App, AppToken, Given, List, Policy, Principal, Truth, UserToken, Why};
use crate::source::Span;

/// Where a policy takes in all users, guests included. An old reference has the word for groups too.
#[must_use]
pub fn everyone(policy: &Policy) -> Option<Span> {
    let all = |principal: &Principal| *principal == Principal::Token(UserToken::All);
    let users = &policy.users;
    users.include_users.find(all).or_else(|| users.include_groups.find(all)).map(|at| at.span)
}

/// Where a policy takes in all apps.
#[must_use]
pub fn every_app(policy: &Policy) -> Option<Span> {
    policy.applications.include.find(|app| *app == App::Token(AppToken::All)).map(|at| at.span)
}

/// Whether a policy says what it is about: apps, user actions, authentication contexts, traffic profiles or a filter
/// that takes apps in. `None` says it too.
#[must_use]
pub fn names_target(policy: &Policy) -> Truth {
    let applications = &policy.applications;
    let listed = !applications.include.is_empty()
        || !applications.user_actions.is_empty()
        || !applications.auth_contexts.is_empty()
        || !applications.traffic_profiles.is_empty();
    if listed {
        return Truth::Yes;
    }
    match applications.filter.as_ref().map(|filter| filter.mode.get()) {
        None => Truth::No,
        Some(Some(mode)) => Truth::from(*mode.value == FilterMode::Include),
        Some(None) => Truth::Unknown,
    }
}

/// Whether a policy says whom it is about: users, groups, roles, guests, service principals or agents. `None` says it
/// too.
#[must_use]
pub fn names_somebody(policy: &Policy) -> bool {
    let (users, workloads) = (&policy.users, &policy.workloads);
    let lists = [&users.include_users, &users.include_groups, &users.include_roles];
    lists.into_iter().any(|list| !list.is_empty())
        || users.include_guests.is_some()
        || !workloads.include_service_principals.is_empty()
        || !workloads.include_agents.is_empty()
        || workloads.filter.is_some()
}

/// What a policy can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Apps, by id, by a word for many, or by a filter.
    Apps,
    /// User actions.
    UserActions,
    /// Authentication contexts.
    AuthenticationContexts,
    /// Users, by id, group, role or kind of guest.
    Users,
    /// Service principals.
    ServicePrincipals,
    /// Agents.
    Agents,
}

impl Subject {
    /// The word for it, in the plural.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Apps => "apps",
            Self::UserActions => "user actions",
            Self::AuthenticationContexts => "authentication contexts",
            Self::Users => "users",
            Self::ServicePrincipals => "service principals",
            Self::Agents => "agents",
        }
    }
}

/// Something that a policy names, with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub kind: Subject,
    /// Where it is named.
    pub span: Span,
    /// The files do not tell whether it is one.
    pub unsure: bool,
}

/// The kinds of target resources a policy names, each with the first of them. Of a list that is an expression it is
/// not known whether it holds any.
#[must_use]
pub fn target_kinds(policy: &Policy) -> Vec<Named> {
    let applications = &policy.applications;
    let filter = applications.filter.as_ref().filter(|filter| {
        filter.mode.get().is_some_and(|mode| *mode.value == FilterMode::Include)
            && filter.rule.get().is_some()
    });
    let app = first(&applications.include, Subject::Apps, |app| *app != App::Token(AppToken::None));
    let app = app.or(filter.map(|filter| Named { kind: Subject::Apps, span: filter.key, unsure: false }));
    let action = first(&applications.user_actions, Subject::UserActions, |_| true);
    let context = first(&applications.auth_contexts, Subject::AuthenticationContexts, |_| true);
    [app, action, context].into_iter().flatten().collect()
}

/// The kinds of identities a policy takes in, each with the first of them.
#[must_use]
pub fn identity_kinds(policy: &Policy) -> Vec<Named> {
    let (users, workloads) = (&policy.users, &policy.workloads);
    let is_person =
        |user: &Principal| !matches!(user, Principal::Token(UserToken::None | UserToken::AgentUsers));
    let lists = [&users.include_users, &users.include_groups, &users.include_roles];
    let people: Vec<_> =
        lists.into_iter().filter_map(|list| first(list, Subject::Users, is_person)).collect();
    let guests = users.include_guests.as_ref();
    let guests = guests.filter(|guests| guests.types.find(|kind| *kind != GuestType::None).is_some());
    let guests =
        guests.and_then(|guests| Some(Named { kind: Subject::Users, span: guests.key?, unsure: false }));
    let sure = people.iter().copied().find(|named| !named.unsure).or(guests);
    let person = sure.or(people.first().copied());
    let is_one = |id: &String| id != "None";
    let principals = first(&workloads.include_service_principals, Subject::ServicePrincipals, is_one);
    let agents = first(&workloads.include_agents, Subject::Agents, is_one);
    [person, principals, agents].into_iter().flatten().collect()
}

fn first<T>(list: &List<T>, kind: Subject, counts: impl Fn(&T) -> bool) -> Option<Named> {
    if let Some(known) = list.find(counts) {
        return Some(Named { kind, span: known.span, unsure: false });
    }
    let unknown = list.items.iter().find(|item| match &item.value {
        Given::Known(_) => false,
        Given::Unresolved(what) => what.why != Why::Nobody,
    });
    unknown.map(|item| Named { kind, span: item.span, unsure: true })
}
