//! Two policies of one name.

use std::collections::{BTreeMap, BTreeSet};

use crate::rule::prelude::*;
use crate::rules::any_state;

pub(super) static RULE: &dyn Rule = &DuplicatePolicyName;

struct DuplicatePolicyName;

impl Rule for DuplicatePolicyName {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("duplicate-policy-name"),
            family: Family::Hygiene,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let mut named: BTreeMap<String, Vec<&Policy>> = BTreeMap::new();
        for policy in &access.set.policies {
            if let Some(name) = policy.display_name.get() {
                named.entry(name.value.trim().to_lowercase()).or_default().push(policy);
            }
        }
        for mut policies in named.into_values() {
            // One id is one policy, which the files hold twice.
            let mut ids = BTreeSet::new();
            policies.retain(|policy| policy.id.get().is_none_or(|id| ids.insert(id.value.to_lowercase())));
            let Some(at) = policies.iter().rposition(|policy| access.judges(policy)) else { continue };
            let policy = policies.remove(at);
            let Some((first, rest)) = policies.split_first() else { continue };
            let message = "two policies have the same name";
            let message = if rest.is_empty() { message } else { "several policies have the same name" };
            let mut found = any_state::finding(self.meta(), policy, Level::Note, message, Label::new(policy.head, "named again"))
                .related(first.head, "named here first")
                .note(
                    "sign-in logs show the name, so people cannot tell which policy refused them; tools that find \
                     policies by name take one of them, or stop",
                )
                .help("give each policy a name of its own; of several tenants, give each folder a calint.yaml")
                .place("displayName");
            for other in rest {
                found = found.related(other.head, "named so too");
            }
            findings.push(found);
        }
    }
}
