//! A disabled policy kept for an emergency that would lock everyone out.

use crate::access::{self, Demand, Relief, Standing};
use crate::rule::prelude::*;
use crate::rules::{shared, together};
use crate::sign_in_error;

pub(super) static RULE: &dyn Rule = &EmergencyPolicyThatLocksOut;

struct EmergencyPolicyThatLocksOut;

/// Words in the name of a policy that is kept to be enabled in an emergency. Source: Microsoft Entra documentation,
/// "Create a resilient access control management strategy" (contingency policies and their names).
const WORDS: [&str; 5] = ["emergency", "contingency", "disruption", "lockdown", "incident"];

impl Rule for EmergencyPolicyThatLocksOut {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("emergency-policy-that-locks-out"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in &access.set.policies {
            // Where disabled policies are judged like the others, the rules on lockouts report them.
            let is_one = access::standing(policy) == Standing::Disabled && is_for_emergencies(policy);
            if !is_one || access.judges(policy) {
                continue;
            }
            let demand = access::demand(policy, access.assume);
            let blocks =
                matches!(demand, Demand::Block(_)) && shared::covers_everything(policy, access).is_some();
            let locks_out = blocks || shared::only_way_for_everyone(policy, access).is_some();
            let left_out = access::exclusions(policy, &access.emergency);
            if !locks_out || left_out.relief() != Relief::Nobody {
                continue;
            }
            let (place, label) = together::refusal(policy, access);
            let code = sign_in_error::of(&demand);
            let message = "emergency policy locks out everyone who could undo it";
            let found = finding(self.meta(), policy, Level::Error, message, Label::new(place, label))
                .place("conditions.users")
                .codes(code.as_slice())
                .note("a policy that is enabled in a hurry cannot be tried first, and nobody is excluded from this one")
                .help(format!("{}, before the policy is needed", shared::exclude(policy, &access.emergency)));
            findings.push(if left_out.is_unsure() { found.certainty(Certainty::Unverified) } else { found });
        }
    }
}

fn is_for_emergencies(policy: &Policy) -> bool {
    let name = policy.display_name.get().map(|name| name.value.to_lowercase());
    name.is_some_and(|name| WORDS.iter().any(|word| name.contains(word)))
}
