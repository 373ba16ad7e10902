//! What rules over several policies ask and say alike.

use crate::access::analysis::{Analysis, Circumstances, Scope, Way};
use crate::access::people::{self, Class};
use crate::access::sign_in::{Methods, PersonKind, Target};
use crate::access::solver::Answer;
use crate::access::{self, Demand, Need, Relief, Standing, matrix, standing, targets};
use crate::policy::words::{GuestType, UserAction};
use crate::rule::prelude::*;
use crate::rules::shared;
use crate::sign_in_error;

/// Both ways policies count, the enforced ones first.
pub(super) const SCOPES: [Scope; 2] = [Scope::Enforced, Scope::OnceEnabled];

/// Policies that leave no way in, under any of some circumstances: a set as small as one of them alone needs,
/// where that suffices for all.
pub(super) fn shut(
    analysis: &mut Analysis<'_>,
    circumstances: &[Circumstances],
    scope: Scope,
) -> Option<Vec<usize>> {
    let mut blamed: Vec<usize> = Vec::new();
    for one in circumstances {
        if !blamed.is_empty() && analysis.shut_by(one, &blamed) {
            continue;
        }
        let Way::Shut(policies) = analysis.way(one, scope) else { return None };
        blamed.extend(policies);
    }
    blamed.sort_unstable();
    blamed.dedup();
    Some(blamed)
}

/// Whether a policy can apply to no sign-in at all.
pub(super) fn never_applies(policy: &Policy, access: &Access<'_>) -> bool {
    let Some(mut analysis) = access.together() else { return false };
    analysis.number_of(policy).is_some_and(|number| analysis.never_applies(number).is_some())
}

/// The circumstances of a class at some targets.
pub(super) fn at(analysis: &Analysis<'_>, class: &Circumstances, wanted: &[Target]) -> Vec<Circumstances> {
    wanted.iter().map(|target| analysis.to(class, target)).collect()
}

/// Policies that keep every ordinary member out of everything that matters.
pub(super) fn everyone_out(analysis: &mut Analysis<'_>, scope: Scope) -> Option<Vec<usize>> {
    let member = people::circumstances(&Class::Member, analysis);
    let wanted = at(analysis, &member, &[targets::other_app(), targets::graph()]);
    shut(analysis, &wanted, scope)
}

/// Policies that keep everybody who can change Conditional Access from a target.
pub(super) fn managers_out(analysis: &mut Analysis<'_>, target: &Target, scope: Scope) -> Option<Vec<usize>> {
    let managers = people::managers(analysis);
    let there: Vec<_> = managers.iter().map(|one| analysis.to(one, target)).collect();
    shut(analysis, &there, scope)
}

/// The same where emergency access does not count; nothing where it is not known.
pub(super) fn other_managers_out(
    access: &Access<'_>,
    analysis: &mut Analysis<'_>,
    target: &Target,
    scope: Scope,
) -> Option<Vec<usize>> {
    if access.emergency.principals.is_empty() {
        return None;
    }
    let managers = people::managers_without_emergency(access, analysis);
    let there: Vec<_> = managers.iter().map(|one| analysis.to(one, target)).collect();
    shut(analysis, &there, scope)
}

/// Whether rules over single policies report a policy already, as gravely: it covers everybody and everything, and
/// leaves out nobody but emergency access.
pub(super) fn is_reported_alone(policies: &[usize], analysis: &Analysis<'_>, access: &Access<'_>) -> bool {
    let [one] = policies else { return false };
    analysis.policy(*one).is_some_and(|policy| {
        shared::covers_everything(policy, access).is_some()
            && access::exclusions(policy, &access.emergency).relief() != Relief::More
    })
}

/// Whether no sign-in meets what a policy demands wherever it applies; no where that is not analysed, so that
/// somebody reports it.
pub(super) fn nobody_meets(policy: &Policy, access: &Access<'_>) -> bool {
    let Some(mut analysis) = access.together() else { return false };
    let number = analysis.number_of(policy);
    number.is_some_and(|number| is_unsatisfiable(number, &mut analysis, access))
}

/// Whether no sign-in meets what a policy demands wherever it applies.
pub(super) fn is_unsatisfiable(number: usize, analysis: &mut Analysis<'_>, access: &Access<'_>) -> bool {
    let Some(policy) = analysis.policy(number) else { return false };
    if policy.targets_workloads()
        || !matches!(access::demand(policy, access.assume), Demand::Ways(_))
        || analysis.never_applies(number).is_some()
    {
        return false;
    }
    let mut there = Circumstances::default();
    if access::every_app(policy).is_some() {
        // Enrolling a device is spared some demands; a policy that nothing else meets still blocks.
        there = analysis.away_from(&targets::enrollment());
    }
    matches!(analysis.can_be_met(number, &there), Answer::Never(_))
}

/// The kinds of external users that a policy covers by kind, not by a group they may be in.
pub(super) fn external_kinds(number: usize, analysis: &mut Analysis<'_>) -> Vec<GuestType> {
    let mut kinds = people::EXTERNAL.to_vec();
    kinds.retain(|kind| {
        let kind = PersonKind::External(*kind);
        let there = people::of_kinds(analysis, |other| other == kind && kind.is_foreign());
        analysis.may_apply(number, &there)
    });
    kinds
}

/// Whether a policy asks everybody for a strength in everything, registration included, that a Temporary Access Pass does
/// not meet.
pub(super) fn leaves_no_pass(number: usize, analysis: &mut Analysis<'_>, access: &Access<'_>) -> bool {
    let Some(policy) = analysis.policy(number) else { return false };
    let strength = policy.grant.strength.is_some();
    if !strength || policy.targets_workloads() || shared::covers_everything(policy, access).is_none() {
        return false;
    }
    let member = people::circumstances(&Class::Member, analysis);
    let pass = matrix::with_methods(analysis, &member, Methods::AccessPass);
    let there = analysis.to(&pass, &Target::Action(UserAction::RegisterSecurityInfo));
    analysis.exists(&there) && analysis.shut_by(&there, &[number])
}

/// A finding on several policies: the first is marked, or the first that is not enforced yet, and the others are
/// named with their places.
pub(super) fn blame(
    meta: &Meta,
    access: &Access<'_>,
    analysis: &Analysis<'_>,
    policies: &[usize],
    level: Level,
    message: &str,
) -> Option<Finding> {
    let policies: Vec<&Policy> = policies.iter().filter_map(|number| analysis.policy(*number)).collect();
    let not_yet = policies.iter().position(|policy| standing(policy) != Standing::Enforced);
    let first = *policies.get(not_yet.unwrap_or_default())?;
    let (place, label) = refusal(first, access);
    let mut found = finding(meta, first, level, message, Label::new(place, label));
    for condition in access::narrowing(first, access.set).conditions {
        if first.whole.covers(condition) {
            found = found.label(condition, "under this condition");
        }
    }
    let mut codes: Vec<_> = policies
        .iter()
        .filter_map(|policy| sign_in_error::of(&access::demand(policy, access.assume)))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    for policy in policies.iter().filter(|policy| !std::ptr::eq(**policy, first)) {
        let (place, label) = refusal(policy, access);
        found = found.related(place, format!("`{}`: {label}", policy.title()));
    }
    Some(found.place("grantControls").codes(&codes))
}

/// Where a policy refuses, and how.
pub(super) fn refusal(policy: &Policy, access: &Access<'_>) -> (Span, String) {
    match access::demand(policy, access.assume) {
        Demand::Block(span) => (span, "access is blocked".to_owned()),
        Demand::Nothing => {
            let session = access::session_refusal(policy);
            session.map_or((policy.head, "refused here".to_owned()), |at| (at.span, at.value.to_owned()))
        }
        Demand::Ways(ways) => {
            let needs: Vec<_> = ways.iter().flatten().collect();
            let named = |need: Need<'_>| match need {
                Need::Terms => "terms of use".to_owned(),
                Need::Custom => "a custom control".to_owned(),
                Need::Unknown => access::name(need),
                Need::Control(_) | Need::Strength(_) => format!("`{}`", access::name(need)),
            };
            let names: Vec<_> = needs.iter().map(|need| named(need.value)).collect();
            let joined = names.join(if ways.len() > 1 { " or " } else { " and " });
            (needs.first().map_or(policy.head, |need| need.span), format!("asks for {joined}"))
        }
    }
}

/// How to undo a lockout of everybody who could.
pub(super) const RECOVERY: &str = "an application with the permission `Policy.ReadWrite.ConditionalAccess`, such as a \
     deployment pipeline, can set one of these policies to `disabled`, else Microsoft support has to";
