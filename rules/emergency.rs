//! What rules about the emergency access accounts themselves ask and say alike.

use crate::access::{Basis, EmergencyPrincipal, Kind};
use crate::rule::prelude::*;

/// A finding about an emergency access account or group, at a policy that leaves it out. It holds whatever becomes of
/// that policy, and weighs less where it is only presumed who has emergency access.
pub(super) fn finding(
    meta: &Meta,
    access: &Access<'_>,
    principal: &EmergencyPrincipal,
    level: Level,
    message: impl Into<String>,
    label: &str,
) -> Option<Finding> {
    let (policy, place) = access.judged().find_map(|policy| Some((policy, left_out(policy, principal)?)))?;
    let taken = access.emergency.basis != Basis::Declared;
    let level = if taken { level.lowered() } else { level };
    let mut found = Finding::new(meta.id.clone(), level, message, Label::new(place, label))
        .certainty(if taken { Certainty::Likely } else { Certainty::Certain })
        .place("conditions.users");
    found.policy = Some(policy.about());
    if !taken {
        found = found.related(principal.span, format!("{} declared here", principal.kind.as_str()));
    }
    Some(found)
}

/// The same with a note, to which it is added who is presumed to have emergency access.
pub(super) fn noted(found: Finding, access: &Access<'_>, note: String) -> Finding {
    match access.emergency.presumption() {
        Some(presumption) => found.note(format!("{note}; {presumption}")),
        None => found.note(note),
    }
}

/// Where a policy leaves out an emergency access account or group.
fn left_out(policy: &Policy, principal: &EmergencyPrincipal) -> Option<Span> {
    let list = match principal.kind {
        Kind::User => &policy.users.exclude_users,
        Kind::Group => &policy.users.exclude_groups,
    };
    list.items.iter().find(|item| principal.is(&item.value)).map(|item| item.span)
}

/// An emergency access account, by object id, and what makes it one.
pub(super) struct Account<'a> {
    pub(super) id: String,
    pub(super) through: &'a EmergencyPrincipal,
}

/// The emergency access accounts that files tell: those named by id, and the members of groups. The second value is
/// whether these are all.
pub(super) fn accounts<'a>(access: &'a Access<'_>) -> (Vec<Account<'a>>, bool) {
    let mut found: Vec<Account<'a>> = Vec::new();
    let mut all = true;
    for through in &access.emergency.principals {
        let ids = match through.kind {
            Kind::User if crate::policy::ids::is_guid(&through.text) => [through.text.to_lowercase()].into(),
            Kind::User => {
                all = false;
                continue;
            }
            Kind::Group => match access.set.directory.people_in(&through.text) {
                Some(people) => people,
                None => {
                    all = false;
                    continue;
                }
            },
        };
        for id in ids {
            if !found.iter().any(|known| known.id == id) {
                found.push(Account { id, through });
            }
        }
    }
    (found, all)
}
