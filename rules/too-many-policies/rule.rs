//! A tenant that has no room for another policy.

use std::collections::BTreeSet;

use crate::access::analysis::MAX_POLICIES;
use crate::rule::prelude::*;

/// How many policies a tenant can have, whatever their state. Source: Microsoft Entra documentation, "Plan a
/// Conditional Access deployment".
const LIMIT: usize = 195;
/// From how many on it is time to make room.
const CLOSE: usize = 180;

pub(super) static RULE: &dyn Rule = &TooManyPolicies;

struct TooManyPolicies;

impl Rule for TooManyPolicies {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("too-many-policies"),
            family: Family::Hygiene,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let mut ids = BTreeSet::new();
        let policies: Vec<&Policy> = access
            .set
            .policies
            .iter()
            .filter(|policy| policy.id.get().is_none_or(|id| ids.insert(id.value.to_lowercase())))
            .collect();
        let count = policies.len();
        // Of more than this, another rule says that they are not one tenant's.
        if !(CLOSE..=MAX_POLICIES).contains(&count) {
            return;
        }
        let id = self.meta().id.clone();
        let (marked, label) =
            if count > LIMIT { (LIMIT, "one too many") } else { (count - 1, "the last of them") };
        let Some(policy) = policies.get(marked) else { return };
        let label = Label::new(policy.head, label);
        let found = if count > LIMIT {
            let message = format!("tenant has {count} policies, and the service takes {LIMIT}");
            Finding::new(id, Level::Warn, message, label)
                .certainty(Certainty::Likely)
                .note("the service refuses every policy past the limit, those in report-only and disabled ones included")
        } else {
            let message = format!("tenant has {count} policies of at most {LIMIT}");
            Finding::new(id, Level::Warn, message, label)
                .note("at the limit no policy can be added, not even one that ends a lockout or an attack")
        };
        findings.push(found.help(
            "merge policies that ask the same of different people, or delete disabled ones; of several tenants, give \
             each folder a calint.yaml",
        ));
    }
}
