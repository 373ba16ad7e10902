//! What rules over a change say alike.

use crate::access::change::{Becomes, Effect, Move, Part};
use crate::access::people::Class;
use crate::access::sign_in::PersonKind;
use crate::access::{Demand, Standing, demand, standing, targets};
use crate::policy::ids::roles::MANAGING;
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::rules::shared::listed;
use crate::rules::together;

/// How many groups of people a message tells apart.
const PARTS: usize = 3;

/// Whose sign-ins an effect is about, to what, and one of them.
pub(super) fn described(effect: &Effect<'_>, change: &Change<'_>) -> String {
    let parts: Vec<_> = effect.parts.iter().map(|part| in_words(part, change)).collect();
    let parts = match parts.get(..PARTS) {
        Some(first) if parts.len() > PARTS => format!("{}; and others", first.join("; ")),
        _ => parts.join("; "),
    };
    format!("{parts}; {}", effect.witness)
}

fn in_words(part: &Part, change: &Change<'_>) -> String {
    let directory = &change.after.set.directory;
    let is_plain = |class: &&Class| match class {
        Class::Member | Class::Eligible => true,
        Class::Holder(role) => MANAGING.contains(&role.as_str()),
        _ => false,
    };
    // Nobody reads a list of all roles: members and everybody who can change Conditional Access are all of them.
    let mut rest: Vec<_> = part.classes.iter().collect();
    let mut who = Vec::new();
    if rest.iter().filter(|class| is_plain(class)).count() > MANAGING.len() && rest.contains(&&Class::Member)
    {
        rest.retain(|class| !is_plain(class));
        who.push("members and administrators".to_owned());
    }
    who.extend(rest.iter().map(|class| class.quoted(directory)));
    let what: Vec<_> = part.targets.iter().map(targets::name).collect();
    let every = targets::resources().iter().all(|target| part.targets.contains(target));
    let what = if every { "every app".to_owned() } else { listed(&what) };
    format!("{}: {what}", listed(&who))
}

fn classes<'e>(effect: &'e Effect<'_>) -> impl Iterator<Item = &'e Class> {
    effect.parts.iter().flat_map(|part| &part.classes)
}

/// Whether an effect touches a role that can change Conditional Access.
pub(super) fn touches_managers(effect: &Effect<'_>) -> bool {
    classes(effect).any(|class| matches!(class, Class::Holder(role) if MANAGING.contains(&role.as_str())))
}

/// Whether an effect is about nobody but service principals.
pub(super) fn is_workload(effect: &Effect<'_>) -> bool {
    classes(effect).all(|class| *class == Class::ServicePrincipal)
}

/// Whether an effect would not come about if the home tenants of guests were trusted.
pub(super) fn rests_on_trust(effect: &Effect<'_>, change: &Change<'_>) -> bool {
    let foreign =
        |class: &Class| matches!(class, Class::External(kind) if PersonKind::External(*kind).is_foreign());
    let blocks = |policy: &&Policy| matches!(demand(policy, change.after.assume), Demand::Block(_));
    change.after.set.directory.trust.is_none()
        && classes(effect).all(foreign)
        && !effect.policies.iter().any(blocks)
}

/// Whether an effect touches emergency access.
pub(super) fn touches_emergency(effect: &Effect<'_>) -> bool {
    classes(effect).any(|class| matches!(class, Class::Emergency(_)))
}

/// The policies of an effect, those that the change wrote first.
fn guilty<'a>(effect: &Effect<'a>, change: &Change<'_>) -> Vec<&'a Policy> {
    let (mut first, rest): (Vec<_>, Vec<_>) =
        effect.policies.iter().copied().partition(|policy| change.touches(policy));
    first.extend(rest);
    first
}

/// A finding on sign-ins that are refused after a change: the first policy the change wrote is marked, the others are
/// named with their places.
pub(super) fn refused(
    meta: &Meta,
    change: &Change<'_>,
    effect: &Effect<'_>,
    level: Level,
    message: &str,
) -> Option<Finding> {
    let policies = guilty(effect, change);
    let (first, rest) = policies.split_first()?;
    let (place, label) = together::refusal(first, &change.after);
    let mut found = finding(meta, first, level, message, Label::new(place, label));
    found = match change.other(first) {
        None => found.label(first.head, "new with this change"),
        Some(before) if standing(before) != Standing::Enforced => {
            let span = first.state.span().unwrap_or(first.head);
            found.label(span, "not enforced before this change")
        }
        Some(before) => found.related(before.head, "the policy before this change"),
    };
    found = with_moved_locations(found, first, change);
    let mut codes = Vec::new();
    for policy in &policies {
        codes.extend(crate::sign_in_error::of(&demand(policy, change.after.assume)));
    }
    codes.sort_unstable();
    codes.dedup();
    for policy in rest {
        let (place, label) = together::refusal(policy, &change.after);
        found = found.related(place, format!("`{}`: {label}", policy.title()));
    }
    Some(found.place("change").codes(&codes).note(described(effect, change)))
}

/// A finding on sign-ins that a change lets in: the policy after the change is marked, or what is left of it in the
/// earlier state.
pub(super) fn let_in(
    meta: &Meta,
    change: &Change<'_>,
    effect: &Effect<'_>,
    level: Level,
    message: &str,
) -> Option<Finding> {
    let policies = guilty(effect, change);
    let first = *policies.first()?;
    let (was, asked) = together::refusal(first, &change.before);
    let mut found = match change.other(first) {
        Some(after) if standing(after) != Standing::Enforced => {
            let span = after.state.span().unwrap_or(after.head);
            any_state::finding(meta, after, level, message, Label::new(span, "no longer enforced"))
        }
        Some(after) if change.moved_locations(after).is_empty() => {
            any_state::finding(meta, after, level, message, Label::new(after.head, "changed here"))
        }
        Some(after) => any_state::finding(
            meta,
            after,
            level,
            message,
            Label::new(after.head, "a named location it uses changed"),
        ),
        None => {
            any_state::finding(meta, first, level, message, Label::new(first.head, "this policy is gone"))
        }
    };
    found = with_moved_locations(found, first, change);
    found = found.related(was, format!("`{}` before this change: {asked}", first.title()));
    for policy in policies.iter().skip(1) {
        let (place, label) = together::refusal(policy, &change.before);
        found = found.related(place, format!("`{}` before this change: {label}", policy.title()));
    }
    Some(found.place("change").note(described(effect, change)))
}

/// The finding with the named locations by which a policy does something else.
pub(super) fn with_moved_locations(found: Finding, policy: &Policy, change: &Change<'_>) -> Finding {
    let moved = change.moved_locations(policy);
    moved.iter().fold(found, |found, (location, how)| {
        let label = match how {
            Move::Changed => "this named location changed",
            Move::Added => "this named location is new",
            Move::Gone => "this named location is gone",
        };
        found.related(location.whole, label)
    })
}

/// The finding where it rests on who has emergency access.
pub(super) fn for_emergency(mut found: Finding, change: &Change<'_>) -> Finding {
    match change.after.emergency.presumption() {
        Some(presumption) => {
            found.note = found.note.map(|note| format!("{note}; {presumption}"));
            found.certainty(Certainty::Likely)
        }
        None => found,
    }
}

/// The effects of some kinds.
pub(super) fn effects<'c, 'a>(
    change: &'c Change<'a>,
    kinds: &[Becomes],
) -> impl Iterator<Item = &'c Effect<'a>> {
    change.effects().iter().filter(move |effect| kinds.contains(&effect.becomes))
}
