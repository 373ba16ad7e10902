//! A change after which a policy covers emergency access that it left out.

use crate::access;
use crate::policy::{List, Principal};
use crate::rule::prelude::*;
use crate::rules::{change, shared};

pub(super) static RULE: &dyn Rule = &RemovedEmergencyExclusion;

struct RemovedEmergencyExclusion;

impl Rule for RemovedEmergencyExclusion {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("removed-emergency-exclusion"),
            family: Family::Change,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        for pair in &change.pairs {
            let (Some(before), Some(after)) = (pair.before, pair.after) else { continue };
            if after.targets_workloads() || !covers_somebody(after) {
                continue;
            }
            let principals = &change.after.emergency.principals;
            let left_out = |policy: &Policy, principal: &access::EmergencyPrincipal| {
                let lists = [&policy.users.exclude_users, &policy.users.exclude_groups];
                lists.iter().any(|list| is_listed(list, principal))
            };
            let lost: Vec<_> =
                principals.iter().filter(|it| left_out(before, it) && !left_out(after, it)).collect();
            // An exclusion that is not known may still be theirs.
            let open = [&after.users.exclude_users, &after.users.exclude_groups];
            if lost.is_empty() || open.iter().any(|list| !list.is_known()) {
                continue;
            }
            findings.push(self.finding(change, before, after, &lost));
        }
    }
}

fn is_listed(list: &List<Principal>, principal: &access::EmergencyPrincipal) -> bool {
    let open = list.open.iter().any(|open| principal.is_written(&open.value.text));
    open || list.items.iter().any(|item| principal.is(&item.value))
}

/// Whether a policy covers more than people it names one by one.
fn covers_somebody(policy: &Policy) -> bool {
    access::everyone(policy).is_some()
        || !policy.users.include_roles.is_empty()
        || !policy.users.include_groups.is_empty()
}

impl RemovedEmergencyExclusion {
    fn finding(
        &self,
        change: &Change<'_>,
        before: &Policy,
        after: &Policy,
        lost: &[&access::EmergencyPrincipal],
    ) -> Finding {
        let emergency = &change.after.emergency;
        let names: Vec<_> = lost.iter().map(|it| format!("{} `{}`", it.kind.as_str(), it.text)).collect();
        let place = shared::missing(after).or(after.users.exclude_groups.key).unwrap_or(after.head);
        let message = "this change no longer excludes emergency access";
        let mut found = finding(self.meta(), after, Level::Warn, message, Label::new(place, "missing here"))
            .place("conditions.users")
            .note(format!("{} is covered by this policy after the change", names.join(", ")))
            .help(shared::exclude(after, emergency));
        if let Some(span) = before.users.exclude_groups.key.or(before.users.exclude_users.key) {
            found = found.related(span, "excluded here before this change");
        }
        change::for_emergency(found, change)
    }
}
