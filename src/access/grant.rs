//! What a policy demands, and who can meet it.
//!
//! Sources: Microsoft Entra documentation, "Grant controls" (all kinds of controls combine under one operator;
//! a block wins), "Session controls", "Authentication strengths", "Manage emergency access accounts".

use super::sign_in::Methods;
use super::{ApprovedApp, Assume, strength};
use crate::policy::words::{ContinuousAccess, Control, Operator};
use crate::policy::{Given, List, Policy, PolicySet, Strength, Truth, Why};
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

/// Every grant control of a policy, whatever its kind: blocks and controls that the service no longer honours too.
#[must_use]
pub fn controls(policy: &Policy) -> Vec<At<Need<'_>>> {
    let grant = &policy.grant;
    let mut needs: Vec<_> = grant
        .controls
        .items
        .iter()
        .map(|item| match &item.value {
            Given::Known(control) => At::new(Need::Control(*control), item.span),
            Given::Unresolved(_) => At::new(Need::Unknown, item.span),
        })
        .collect();
    needs.extend(grant.controls.open.iter().map(|open| At::new(Need::Unknown, open.span)));
    needs.extend(grant.unknown.iter().map(|member| At::new(Need::Unknown, member.span)));
    needs.extend(grant.strength.iter().map(|strength| At::new(Need::Strength(strength), strength.span)));
    add_each(&mut needs, &grant.terms_of_use, Need::Terms);
    add_each(&mut needs, &grant.custom_factors, Need::Custom);
    needs
}

/// Whether a control of a policy stands there for certain. A list or a strength that is an expression may turn out to
/// be nothing.
#[must_use]
pub fn is_certain(policy: &Policy, need: &At<Need<'_>>) -> bool {
    let listed = |list: &List<String>| list.items.iter().any(|item| item.span == need.span);
    match need.value {
        Need::Control(_) => true,
        Need::Strength(strength) => {
            strength.id.unresolved().is_none_or(|what| what.value.why != Why::Expression)
        }
        Need::Terms => listed(&policy.grant.terms_of_use),
        Need::Custom => listed(&policy.grant.custom_factors),
        Need::Unknown => false,
    }
}

/// What a policy demands. Every kind of control counts under the one operator.
#[must_use]
pub fn demand(policy: &Policy, assume: Assume) -> Demand<'_> {
    let mut needs = controls(policy);
    let block = needs.iter().find(|need| matches!(need.value, Need::Control(Control::Block)));
    if let Some(block) = block {
        return Demand::Block(block.span);
    }
    let ignored = |need: &At<Need<'_>>| {
        matches!(need.value, Need::Control(Control::ApprovedApplication))
            && assume.approved_app == ApprovedApp::Retired
    };
    needs.retain(|need| !ignored(need));
    match (needs.len(), policy.grant.operator.get().map(|at| *at.value)) {
        (0, _) => Demand::Nothing,
        (1, _) | (_, Some(Operator::And)) => Demand::Ways(vec![needs]),
        (_, Some(Operator::Or)) => Demand::Ways(needs.into_iter().map(|need| vec![need]).collect()),
        (_, None) => {
            let unknown = needs.iter().map(|need| At::new(Need::Unknown, need.span)).collect();
            Demand::Ways(vec![unknown])
        }
    }
}

/// The control with which a policy lets a risky user put the risk right and go on.
#[must_use]
pub fn remediation(policy: &Policy) -> Option<At<Control>> {
    let remedies = |control: &Control| matches!(control, Control::PasswordChange | Control::RiskRemediation);
    policy.grant.controls.find(remedies).map(|control| At::new(*control.value, control.span))
}

/// The controls of a policy that the service no longer honours.
#[must_use]
pub fn retired(policy: &Policy, assume: Assume) -> Option<Span> {
    let control = policy.grant.controls.find(|control| *control == Control::ApprovedApplication)?;
    (assume.approved_app == ApprovedApp::Retired).then_some(control.span)
}

/// Everything a policy demands, as written: built-in controls by name, of other kinds and of what is not known only
/// the place.
#[must_use]
pub fn controls_written(policy: &Policy) -> Vec<At<Option<Control>>> {
    let grant = &policy.grant;
    let built_in = grant.controls.items.iter().map(|item| match &item.value {
        Given::Known(control) => At::new(Some(*control), item.span),
        Given::Unresolved(_) => At::new(None, item.span),
    });
    let others = [&grant.terms_of_use, &grant.custom_factors];
    let others = others.into_iter().flat_map(|list| &list.items).map(|item| At::new(None, item.span));
    let strength = grant.strength.iter().map(|strength| At::new(None, strength.span));
    built_in.chain(strength).chain(others).collect()
}

/// The control for client apps that a policy cannot be met without, whether or not the service still honours it:
/// the only control, or one of several that are all needed.
#[must_use]
pub fn app_control_needed(policy: &Policy) -> Option<At<Control>> {
    let is_one =
        |control: &Control| matches!(control, Control::ApprovedApplication | Control::CompliantApplication);
    let control = policy.grant.controls.find(is_one)?;
    let all = policy.grant.operator.get().is_some_and(|operator| *operator.value == Operator::And);
    let open = [&policy.grant.terms_of_use, &policy.grant.custom_factors]
        .into_iter()
        .any(|list| list.open.is_some());
    let alone = controls_written(policy).len() == 1 && policy.grant.controls.open.is_none() && !open;
    (all || alone).then_some(control.map(|control| *control))
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

impl Managed {
    /// The words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::CompliantDevice => "a compliant device",
            Self::ProtectedApp => "a protected app",
            Self::ApprovedApp => "an approved app",
            Self::HybridDevice => "a hybrid joined device",
        }
    }
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
    /// The other ways in, or the other demands at once, that are a managed device or app too.
    pub others: Vec<At<Managed>>,
    /// The others are asked for together with it, not instead of it.
    pub together: bool,
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
    let together = ways.len() == 1;
    let decides = if together {
        found.iter().max_by_key(|need| need.value).copied()
    } else {
        found.iter().min_by_key(|need| need.value).copied()
    }?;
    found.retain(|need| need.span != decides.span);
    Some(OnlyWay { managed: decides.value, span: decides.span, others: found, together, unsure })
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
