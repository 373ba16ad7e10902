//! What people sign in to, as far as it matters whether they still can.
//!
//! Source: Microsoft Entra documentation, "Target resources".

use std::collections::BTreeSet;

use super::Access;
use super::sign_in::Target;
use crate::policy::ids::{apps, is_guid};
use crate::policy::words::UserAction;
use crate::policy::{App, AppToken, Given, List, Policy, Truth, Why};

/// The targets that every tenant is asked about, most important first.
pub const FIXED: [&str; 7] = [
    apps::GRAPH,
    apps::AZURE_PORTAL,
    apps::OFFICE_PORTAL,
    apps::AZURE_MANAGEMENT,
    apps::EXCHANGE,
    apps::SHAREPOINT,
    apps::INTUNE_ENROLLMENT,
];

fn app(id: &str) -> Target {
    Target::Apps(vec![id.to_owned()])
}

/// Microsoft Graph, without which nobody changes a policy.
#[must_use]
pub fn graph() -> Target {
    app(apps::GRAPH)
}

/// The Azure portal, which is also the Microsoft Entra admin center.
#[must_use]
pub fn portal() -> Target {
    app(apps::AZURE_PORTAL)
}

/// Enrolling a device with Intune.
#[must_use]
pub fn enrollment() -> Target {
    app(apps::INTUNE_ENROLLMENT)
}

/// An app that no policy names and that belongs to no bundle.
#[must_use]
pub fn other_app() -> Target {
    app(apps::OWN)
}

/// The targets that are apps, the same in every tenant.
#[must_use]
pub fn resources() -> Vec<Target> {
    let fixed = FIXED.iter().filter(|id| **id != apps::INTUNE_ENROLLMENT).map(|id| app(id));
    fixed.chain([other_app()]).collect()
}

/// Every target of a tenant, each once.
#[must_use]
pub fn all(access: &Access<'_>) -> Vec<Target> {
    let mut found: Vec<Target> = FIXED.iter().map(|id| app(id)).collect();
    found.push(other_app());
    found.push(Target::Action(UserAction::RegisterSecurityInfo));
    found.push(Target::Action(UserAction::RegisterDevice));
    found.push(Target::Action(UserAction::AccountRecovery));
    found.push(app(apps::AGENT));
    let named: BTreeSet<_> = access.judged().flat_map(apps_of).filter(|id| !FIXED.contains(id)).collect();
    found.extend(named.into_iter().map(app));
    // What stands for a context that is not known is one nevertheless.
    let contexts: BTreeSet<_> = access
        .judged()
        .flat_map(|policy| contexts_of(&policy.applications.auth_contexts))
        .map(str::to_lowercase)
        .chain(access.set.directory.step_ups.iter().map(|step_up| step_up.context.value.to_lowercase()))
        .collect();
    found.extend(contexts.into_iter().map(Target::Context));
    found
}

fn contexts_of(list: &List<String>) -> impl Iterator<Item = &str> {
    let items = list.items.iter().filter_map(|item| match &item.value {
        Given::Known(context) => Some(context.as_str()),
        Given::Unresolved(what) if what.why == Why::Nobody => None,
        Given::Unresolved(what) => Some(what.text.as_str()),
    });
    items.chain(list.open.iter().map(|open| open.value.text.as_str()))
}

fn apps_of(policy: &Policy) -> impl Iterator<Item = &str> {
    let lists = [&policy.applications.include, &policy.applications.exclude];
    lists.into_iter().flat_map(|list| &list.items).filter_map(|item| match &item.value {
        Given::Known(App::Id(id)) => Some(id.as_str()),
        _ => None,
    })
}

/// Whether people are asked about a target that only some policies concern.
#[must_use]
pub fn is_shown(target: &Target, access: &Access<'_>) -> bool {
    match target {
        Target::Apps(ids) if ids.iter().any(|id| id == apps::AGENT) => access.judged().any(|policy| {
            policy.applications.include.contains(&App::Token(AppToken::AgentResources)) != Truth::No
        }),
        Target::Action(UserAction::AccountRecovery) => access.judged().any(|policy| {
            policy.applications.user_actions.contains(&UserAction::AccountRecovery) != Truth::No
        }),
        _ => true,
    }
}

/// What a target is called.
#[must_use]
pub fn name(target: &Target) -> String {
    match target {
        Target::Apps(ids) => match ids.as_slice() {
            [id] if id == apps::OWN => "any other app".to_owned(),
            [id] if id == apps::AGENT => "agents".to_owned(),
            [id] => match apps::name(id) {
                Some(name) => name.to_owned(),
                None if is_guid(id) => format!("app {id}"),
                None => id.clone(),
            },
            ids => ids.join(", "),
        },
        Target::BasicScopes(_) => "basic scopes alone".to_owned(),
        Target::Action(UserAction::RegisterSecurityInfo) => "registering security information".to_owned(),
        Target::Action(UserAction::RegisterDevice) => "registering or joining a device".to_owned(),
        Target::Action(UserAction::AccountRecovery) => "recovering an account".to_owned(),
        Target::Context(context) => format!("authentication context {context}"),
        Target::Untold => "something that is not told".to_owned(),
    }
}
