//! A condition that is not part of the schema of Microsoft Graph.

use crate::policy::same_member;
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &UnsupportedCondition;

/// Conditions that tools know from the portal, and that the reference of Microsoft Graph does not have.
const UNSUPPORTED: [&str; 6] = [
    "times",
    "clients",
    "signInRiskDetections",
    "purviewDataLossPreventionRules",
    "agentSessionRiskLevels",
    "protocolFlows",
];

struct UnsupportedCondition;

impl Rule for UnsupportedCondition {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unsupported-condition"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let is_one = |key: &str| UNSUPPORTED.iter().any(|name| same_member(key, name));
            let written = policy.conditions.unknown.iter().filter(|key| is_one(&key.value));
            let places: Vec<_> = written.map(|key| At::new("not known what this does", key.span)).collect();
            let message = "condition is not part of Microsoft Graph's policies";
            let found = any_state::finding_at(self.meta(), policy, Level::Warn, message, &places);
            findings.extend(found.map(|found| {
                found
                    .certainty(Certainty::Likely)
                    .place("conditions")
                    .note(
                        "Microsoft Graph refuses or drops it; dropped, it no longer narrows the policy, which then applies \
                         at any time and in any case",
                    )
                    .help("remove it, and narrow the policy by a condition that is documented")
            }));
        }
    }
}
