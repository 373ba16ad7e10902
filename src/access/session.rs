//! What session controls need of the policy they stand in.
//!
//! Sources: Microsoft Entra documentation, "Session controls" (which apps and conditions a control works with) and
//! "Token protection" (resources, clients and platforms); Microsoft Graph reference, resource type
//! `conditionalAccessSessionControls`.

use crate::policy::ids::apps;
use crate::policy::words::{ClientApp, Platform};
use crate::policy::{App, AppToken, List, Policy, Truth};
use crate::source::{At, Span};

/// The apps a policy takes in, by whether they honour a session control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Honouring {
    /// Some honour it, or may.
    pub some: bool,
    /// Those that do not.
    pub others: Vec<Span>,
}

/// The apps of a policy, by whether they act on restrictions that the app enforces: Exchange Online and SharePoint
/// Online do, alone or within Office 365 or all apps.
#[must_use]
pub fn restricting_apps(policy: &Policy) -> Honouring {
    honouring(policy, |app| match app {
        App::Token(AppToken::All | AppToken::Office365) => Truth::Yes,
        App::Token(_) => Truth::No,
        App::Id(id) => Truth::from([apps::EXCHANGE, apps::SHAREPOINT].contains(&id.as_str())),
        App::Name(_) => Truth::Unknown,
    })
}

fn honouring(policy: &Policy, honours: impl Fn(&App) -> Truth) -> Honouring {
    let include = &policy.applications.include;
    let mut found = Honouring { some: !include.is_known(), others: Vec::new() };
    for app in include.known().filter(|app| *app.value != App::Token(AppToken::None)) {
        match honours(app.value) {
            Truth::No => found.others.push(app.span),
            Truth::Yes | Truth::Unknown => found.some = true,
        }
    }
    found
}

/// What of a policy's scope cannot meet token protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unprotected {
    /// Clients other than native apps.
    Clients,
    /// Platforms on which no client has it.
    Platforms,
    /// Apple's platforms, on which it is a preview.
    Preview,
    /// Apps that do not support it.
    Apps,
}

/// Where a policy takes in sign-ins that cannot meet token protection. What is not known is left out.
#[must_use]
pub fn beyond_token_protection(policy: &Policy) -> Vec<At<Unprotected>> {
    let conditions = &policy.conditions;
    let nowhere = conditions.key.unwrap_or(policy.head);
    let told = conditions.unknown.is_empty();
    let mut found = Vec::new();
    let clients = &conditions.client_app_types;
    let others = clients.find(|client| *client != ClientApp::Modern).map(|client| client.span);
    let unset = (clients.is_empty() && told).then_some(clients.key.unwrap_or(nowhere));
    found.extend(others.or(unset).map(|span| At::new(Unprotected::Clients, span)));
    match &conditions.platforms {
        Some(pair) if !pair.include.is_empty() => found.extend(platforms(&pair.include, &pair.exclude)),
        // A device filter may leave only computers with Windows.
        _ if told && conditions.device_filter.is_none() => {
            let span = conditions.platforms.as_ref().map_or(nowhere, |pair| pair.key);
            found.push(At::new(Unprotected::Platforms, span));
        }
        _ => {}
    }
    let apps = honouring(policy, |app| match app {
        App::Token(_) => Truth::No,
        App::Id(id) => Truth::from(apps::WITH_TOKEN_PROTECTION.contains(&id.as_str())),
        App::Name(_) => Truth::Unknown,
    });
    found.extend(apps.others.first().map(|span| At::new(Unprotected::Apps, *span)));
    found
}

/// The worst of the platforms that are taken in.
fn platforms(include: &List<Platform>, exclude: &List<Platform>) -> Option<At<Unprotected>> {
    let taken = |wanted: &[Platform]| {
        include.find(|platform| wanted.contains(platform) && exclude.contains(platform) == Truth::No)
    };
    let never = taken(&[Platform::All, Platform::Android, Platform::Linux]);
    never
        .map(|at| At::new(Unprotected::Platforms, at.span))
        .or_else(|| taken(&[Platform::Ios, Platform::MacOs]).map(|at| At::new(Unprotected::Preview, at.span)))
}
