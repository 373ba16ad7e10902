//! In which sign-ins the demands of a policy can be met.
//!
//! Sources: Microsoft Entra documentation, "Grant controls", "Conditions" (which platforms and clients support a
//! control), "Authentication and Conditional Access for B2B users", "Authentication strengths" (registration of
//! security information), "Token protection", "App protection policy on Windows".

use super::applies::conditions;
use super::expr::{Expr, Question};
use super::grant::{Demand, Need, demand};
use super::sign_in::{Kinds, PersonKind};
use super::{Assume, is_enforced, strength};
use crate::policy::words::{Control, GuestType, Platform, UserAction};
use crate::policy::{Policy, PolicySet, Strength, Truth};
use crate::source::At;

const PHONES: &[Platform] = &[Platform::Ios, Platform::Android];
const MANAGEABLE: &[Platform] =
    &[Platform::Windows, Platform::MacOs, Platform::Linux, Platform::Ios, Platform::Android];
const WINDOWS: &[Platform] = &[Platform::Windows];

/// When what a policy demands can be met; a session control that refuses counts.
#[must_use]
pub(super) fn met<'p>(policy: &'p Policy, set: &'p PolicySet, assume: Assume) -> Expr<'p> {
    let grant = match demand(policy, assume) {
        Demand::Nothing => Expr::YES,
        Demand::Block(_) => Expr::NO,
        Demand::Ways(ways) => {
            Expr::any(ways.iter().map(|way| Expr::all(way.iter().map(|need| meets(need.value, policy, set)))))
        }
    };
    grant.and(session_lets_in(policy))
}

/// When what a policy demands is met, were every control possible everywhere. Nothing for a policy with session
/// controls, which does more than that.
pub(super) fn met_at_its_word<'p>(
    policy: &'p Policy,
    set: &'p PolicySet,
    assume: Assume,
) -> Option<Expr<'p>> {
    if !policy.session.is_empty() {
        return None;
    }
    let word = |need: Need<'p>| match need {
        Need::Control(Control::CompliantDevice) => ask(Question::Compliant),
        Need::Control(Control::DomainJoinedDevice) => ask(Question::HybridJoined),
        Need::Control(control) => ask(Question::Can(control)),
        Need::Strength(strength) => ask(Question::HasMethods(strength)),
        Need::Terms => ask(Question::CanAcceptTerms),
        Need::Custom => ask(Question::CanPassCustom),
        Need::Unknown => Expr::UNKNOWN,
    };
    let need = |need: Need<'p>| Expr::any([word(need), at_registration(need, policy, set)]);
    match demand(policy, assume) {
        Demand::Nothing => None,
        Demand::Block(_) => Some(Expr::NO),
        Demand::Ways(ways) => {
            Some(Expr::any(ways.iter().map(|way| Expr::all(way.iter().map(|at| need(at.value))))))
        }
    }
}

/// What a policy demands, with when each part can be met; of several ways in, the parts of all.
#[must_use]
pub(super) fn needs<'p>(
    policy: &'p Policy,
    demand: &Demand<'p>,
    set: &'p PolicySet,
) -> Vec<(At<Need<'p>>, Expr<'p>)> {
    let Demand::Ways(ways) = demand else { return Vec::new() };
    ways.iter().flatten().map(|need| (*need, meets(need.value, policy, set))).collect()
}

/// Token protection: native clients on Windows alone.
fn session_lets_in<'p>(policy: &Policy) -> Expr<'p> {
    let protection = &policy.session.token_protection;
    let fits = Expr::Ask(Question::OnPlatform(WINDOWS)).and(Expr::Ask(Question::ModernClient));
    match protection.get() {
        Some(on) if *on.value => fits,
        Some(_) => Expr::YES,
        None if protection.is_absent() => Expr::YES,
        None => Expr::any([fits, Expr::UNKNOWN]),
    }
}

fn ask(question: Question<'_>) -> Expr<'_> {
    Expr::Ask(question)
}

fn foreign<'p>() -> Expr<'p> {
    ask(Question::Kind(Kinds::foreign()))
}

fn direct_connect<'p>() -> Expr<'p> {
    ask(Question::Kind(Kinds::only(PersonKind::External(GuestType::DirectConnect))))
}

/// When what is needed can be met: device, client, flow and kind of account allow it, and the person can.
fn meets<'p>(need: Need<'p>, policy: &'p Policy, set: &'p PolicySet) -> Expr<'p> {
    let not_legacy = ask(Question::LegacyClient).negated().may();
    let client = match need {
        // Exchange ActiveSync on a phone answers no prompt, and tells whether the device is compliant.
        Need::Control(Control::CompliantDevice) => {
            let mail_on_a_phone = [Question::SupportedActiveSync, Question::OnPlatform(PHONES)].map(ask);
            Expr::any([not_legacy, Expr::all(mail_on_a_phone)])
        }
        _ => not_legacy,
    };
    let person = ask(Question::Person);
    let interactive = || Expr::any([ask(Question::DeviceCode), direct_connect()]).negated().may();
    let by_itself = match need {
        Need::Control(control) => control_possible(control).and(ask(Question::Can(control))),
        Need::Strength(strength) => strength_possible(strength, set).and(ask(Question::HasMethods(strength))),
        Need::Terms => interactive().and(ask(Question::CanAcceptTerms)),
        Need::Custom => interactive().and(ask(Question::CanPassCustom)),
        Need::Unknown => Expr::UNKNOWN,
    };
    Expr::all([person, client, Expr::any([by_itself, at_registration(need, policy, set)])])
}

/// Registering security information, reached through all resources: whoever has no method yet meets the demand
/// by registering one, and a strength demanded of the registration itself stands in for that of all resources.
fn at_registration<'p>(need: Need<'p>, policy: &'p Policy, set: &'p PolicySet) -> Expr<'p> {
    let named = policy.applications.user_actions.contains(&UserAction::RegisterSecurityInfo);
    let about_methods = matches!(need, Need::Strength(_) | Need::Control(Control::Mfa));
    if named != Truth::No || !about_methods {
        return Expr::NO;
    }
    let on_action = |other: &&Policy| {
        other.grant.strength.is_some()
            && other.applications.user_actions.contains(&UserAction::RegisterSecurityInfo) == Truth::Yes
            && is_enforced(other) == Truth::Yes
    };
    let instead = set.policies.iter().filter(on_action).filter(|_| matches!(need, Need::Strength(_)));
    let instead = instead.map(|other| Expr::all(conditions(other).into_iter().map(|(_, expr)| expr)));
    ask(Question::Registration).and(Expr::any(instead.chain([ask(Question::HasNoMethod)])))
}

fn control_possible<'p>(control: Control) -> Expr<'p> {
    let own = || foreign().negated().may();
    let no_device_code = || ask(Question::DeviceCode).negated().may();
    let on = |platforms| ask(Question::OnPlatform(platforms)).may();
    match control {
        Control::Block => Expr::NO,
        Control::Mfa => Expr::any([direct_connect().negated().may(), ask(Question::TrustedMfa)]),
        Control::CompliantDevice => Expr::any([
            ask(Question::Enrollment),
            Expr::all([
                no_device_code(),
                on(MANAGEABLE),
                Expr::any([own(), ask(Question::TrustedCompliance)]),
                ask(Question::Compliant).may(),
            ]),
        ]),
        Control::DomainJoinedDevice => Expr::all([
            no_device_code(),
            on(WINDOWS),
            Expr::any([own(), ask(Question::TrustedHybrid)]),
            ask(Question::HybridJoined).may(),
        ]),
        Control::ApprovedApplication => Expr::all([no_device_code(), own(), on(PHONES)]),
        Control::CompliantApplication => {
            // On Windows, Microsoft Edge on a computer that is not managed.
            let managed = Expr::any([ask(Question::Compliant), ask(Question::HybridJoined)]);
            let edge = Expr::all([
                on(WINDOWS),
                ask(Question::ModernClient).negated().may(),
                managed.negated().may(),
            ]);
            Expr::all([no_device_code(), own(), Expr::any([on(PHONES), edge])])
        }
        Control::PasswordChange | Control::RiskRemediation => own(),
        Control::VerifiedId => Expr::UNKNOWN,
    }
}

fn strength_possible<'p>(strength: &'p Strength, set: &'p PolicySet) -> Expr<'p> {
    let trusted = Expr::any([foreign().negated().may(), ask(Question::TrustedMfa)]);
    let by_others = strength::met_off_windows(strength, set);
    let at_home = Expr::any([Expr::Is(by_others), ask(Question::OnPlatform(WINDOWS)).may()]);
    let here = Expr::Is(strength::met_by_guests(strength, set));
    let guest = Expr::all([foreign(), direct_connect().negated().may(), here]);
    Expr::any([trusted.and(at_home), guest])
}
