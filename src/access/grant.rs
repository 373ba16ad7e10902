//! What a policy demands, and who can meet it.
//!
//! Sources: Microsoft Entra documentation, "Grant controls" (all kinds of controls combine under one operator;
//! a block wins), "Session controls", "Authentication strengths", "Manage emergency access accounts".

use super::sign_in::Methods;
use super::{ApprovedApp, Assume, strength};
use crate::policy::words::{ContinuousAccess, Control, Operator};
use crate::policy::{Given, List, Policy, PolicySet, Strength, Truth};
use crate::source::{At, Span};

/// One thing a sign-in has to bring.
#[derive(Clone, Copy, Debug)]
pub enum Need<'p> {
    /// A built-in control other than a block.
    Control(Control),
    /// An authentication strength.
    Strength(&'p Strength),
    /// Accepted terms of use.
    Terms,
    /// A custom control of a third party.
    Custom,
    /// Something the files do not tell.
    Unknown,
}

/// What a policy demands of a sign-in it applies to.
#[derive(Clone, Debug)]
pub enum Demand<'p> {
    /// Nothing.
    Nothing,
    /// It refuses.
    Block(Span),
    /// One of several ways in; of each way, everything.
    Ways(Vec<Vec<At<Need<'p>>>>),
}

/// What a policy demands. Every kind of control counts under the one operator.
#[must_use]
pub fn demand<'p>(policy: &'p Policy, assume: Assume) -> Demand<'p> {
    let grant = &policy.grant;
    if let Some(block) = grant.controls.find(|control| *control == Control::Block) {
        return Demand::Block(block.span);
    }
    let retired = |control: &Control| {
        *control == Control::ApprovedApplication && assume.approved_app == ApprovedApp::Retired
    };
    let mut needs: Vec<At<Need<'p>>> = Vec::new();
    for item in &grant.controls.items {
        match &item.value {
            Given::Known(control) if retired(control) => {}
            Given::Known(control) => needs.push(At::new(Need::Control(*control), item.span)),
            Given::Unresolved(_) => needs.push(At::new(Need::Unknown, item.span)),
        }
    }
    needs.extend(grant.controls.open.iter().map(|open| At::new(Need::Unknown, open.span)));
    needs.extend(grant.strength.iter().map(|strength| At::new(Need::Strength(strength), strength.span)));
    add_each(&mut needs, &grant.terms_of_use, Need::Terms);
    add_each(&mut needs, &grant.custom_factors, Need::Custom);
    match (needs.len(), grant.operator.get().map(|at| *at.value)) {
        (0, _) => Demand::Nothing,
        (1, _) | (_, Some(Operator::And)) => Demand::Ways(vec![needs]),
        (_, Some(Operator::Or)) => Demand::Ways(needs.into_iter().map(|need| vec![need]).collect()),
        (_, None) => {
            let unknown = needs.iter().map(|need| At::new(Need::Unknown, need.span)).collect();
            Demand::Ways(vec![unknown])
        }
    }
}

/// The controls of a policy that the service no longer honours.
#[must_use]
pub fn retired(policy: &Policy, assume: Assume) -> Option<Span> {
    let control = policy.grant.controls.find(|control| *control == Control::ApprovedApplication)?;
    (assume.approved_app == ApprovedApp::Retired).then_some(control.span)
}

fn add_each<'p>(needs: &mut Vec<At<Need<'p>>>, list: &List<String>, need: Need<'p>) {
    let items = list.items.iter().map(|item| item.span);
    needs.extend(items.chain(list.open.iter().map(|open| open.span)).map(|span| At::new(need, span)));
}

/// A control that only a managed device or a managed app meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Managed {
    /// `compliantDevice`.
    CompliantDevice,
    /// `compliantApplication`.
    ProtectedApp,
    /// `approvedApplication`, where it is still honoured.
    ApprovedApp,
    /// `domainJoinedDevice`.
    HybridDevice,
}

/// The managed device or app that is needed.
#[must_use]
pub fn managed(need: Need<'_>) -> Option<Managed> {
    match need {
        Need::Control(Control::CompliantDevice) => Some(Managed::CompliantDevice),
        Need::Control(Control::CompliantApplication) => Some(Managed::ProtectedApp),
        Need::Control(Control::ApprovedApplication) => Some(Managed::ApprovedApp),
        Need::Control(Control::DomainJoinedDevice) => Some(Managed::HybridDevice),
        _ => None,
    }
}

/// A policy that lets nobody in without a managed device or app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlyWay {
    /// What decides: of several ways in the easiest, of several demands at once the hardest.
    pub managed: Managed,
    /// Its place.
    pub span: Span,
    /// The other ways or demands of the kind, which do not help.
    pub others: Vec<Span>,
    /// Another way in may exist, behind a value that is not known.
    pub unsure: bool,
}

/// Whether a managed device or app is the only way a policy leaves.
#[must_use]
pub fn only_way(policy: &Policy, assume: Assume) -> Option<OnlyWay> {
    let Demand::Ways(ways) = demand(policy, assume) else { return None };
    let mut found: Vec<At<Managed>> = Vec::new();
    let mut unsure = false;
    for way in &ways {
        let managed: Vec<_> =
            way.iter().filter_map(|need| Some(At::new(managed(need.value)?, need.span))).collect();
        match managed.as_slice() {
            [] if way.iter().any(|need| matches!(need.value, Need::Unknown)) => unsure = true,
            [] => return None,
            some => found.extend(some),
        }
    }
    let decides = if ways.len() > 1 {
        found.iter().min_by_key(|need| need.value).copied()
    } else {
        found.iter().max_by_key(|need| need.value).copied()
    }?;
    let others = found.iter().map(|need| need.span).filter(|span| *span != decides.span).collect();
    Some(OnlyWay { managed: decides.value, span: decides.span, others, unsure })
}

/// Whether a person with nothing but a passkey or a certificate meets the grant controls of a policy, on any
/// device, platform and network.
#[must_use]
pub fn meets_unaided(policy: &Policy, set: &PolicySet, assume: Assume) -> Truth {
    match demand(policy, assume) {
        Demand::Nothing => Truth::Yes,
        Demand::Block(_) => Truth::No,
        Demand::Ways(ways) => ways
            .iter()
            .map(|way| way.iter().map(|need| unaided(need.value, set)).fold(Truth::Yes, Truth::and))
            .fold(Truth::No, Truth::or),
    }
}

/// Whether a passkey or certificate alone brings what is needed.
#[must_use]
pub fn unaided(need: Need<'_>, set: &PolicySet) -> Truth {
    match need {
        Need::Control(Control::Mfa) => Truth::Yes,
        Need::Strength(strength) => strength::met_by(strength, set, Methods::Passkey),
        Need::Unknown => Truth::Unknown,
        Need::Control(_) | Need::Terms | Need::Custom => Truth::No,
    }
}

/// The session control of a policy that refuses some clients, devices or networks outright, and why.
#[must_use]
pub fn session_refusal(policy: &Policy) -> Option<At<&'static str>> {
    let session = &policy.session;
    if let Some(on) = session.token_protection.get().filter(|on| *on.value) {
        return Some(At::new("only clients with token protection get in", on.span));
    }
    if let Some(on) = session.disable_resilience_defaults.get().filter(|on| *on.value) {
        return Some(At::new("during an outage of Microsoft Entra, access is refused", on.span));
    }
    let strict = session.continuous_access.get().filter(|mode| *mode.value != ContinuousAccess::Disabled)?;
    Some(At::new("a network that resources see differently is refused", strict.span))
}
