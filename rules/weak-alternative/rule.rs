//! Terms of use that are enough in place of a proof.

use crate::access::{self, Demand, Need};
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &WeakAlternative;

struct WeakAlternative;

impl Rule for WeakAlternative {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("weak-alternative"),
            family: Family::Coverage,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        findings.extend(access.about_people().filter_map(|policy| self.finding(policy, access)));
    }
}

impl WeakAlternative {
    fn finding(&self, policy: &Policy, access: &Access<'_>) -> Option<Finding> {
        let Demand::Ways(ways) = access::demand(policy, access.assume) else { return None };
        if ways.len() < 2 {
            return None;
        }
        let needs = || ways.iter().flatten();
        let terms =
            needs().find(|need| matches!(need.value, Need::Terms) && access::is_certain(policy, need))?;
        let proof = needs().find(|need| matches!(need.value, Need::Control(_) | Need::Strength(_)))?;
        let name = access::name(proof.value);
        let message = "accepting terms of use is enough to get past the other controls";
        let found = finding(self.meta(), policy, Level::Note, message, Label::new(terms.span, "one way in"))
            .label(proof.span, "another, which nobody has to take")
            .place("grantControls.operator")
            .note(format!("whoever knows the password and accepts the terms is not asked for `{name}`"))
            .help(format!(
                "write `{}`, or ask for the terms of use in a policy of their own",
                policy.spelling.assignment("operator", "\"AND\"")
            ));
        let operator = policy.grant.operator.span();
        Some(operator.into_iter().fold(found, |found, span| found.label(span, "one of them is enough")))
    }
}
