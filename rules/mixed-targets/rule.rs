//! Kinds of target resources, or of identities, that one policy cannot be about together.

use crate::access::{self, Named, Subject};
use crate::rule::prelude::*;
use crate::rules::any_state;

pub(super) static RULE: &dyn Rule = &MixedTargets;

struct MixedTargets;

impl Rule for MixedTargets {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("mixed-targets"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let targets = access::target_kinds(policy);
            let refusal = "a policy is about apps, user actions or authentication contexts; Microsoft Graph refuses a mixture";
            findings.extend(self.finding(policy, &targets, "conditions.applications", refusal));
            let identities = access::identity_kinds(policy);
            let refusal =
                "a policy is about people, service principals or agents; a mixture of them is refused";
            findings.extend(self.finding(policy, &identities, "conditions.users", refusal));
        }
    }
}

impl MixedTargets {
    fn finding(
        &self,
        policy: &Policy,
        kinds: &[Named],
        place: &'static str,
        refusal: &str,
    ) -> Option<Finding> {
        let [.., before, last] = kinds else { return None };
        let unsure = kinds.iter().any(|kind| kind.unsure);
        // Whether agents go together with others is not documented.
        let documented = kinds.iter().filter(|kind| kind.kind != Subject::Agents).count() > 1;
        let level = if documented { Level::Error } else { Level::Warn };
        let message = format!("policy is about {} and {} at once", before.kind.words(), last.kind.words());
        let label = Label::new(last.span, format!("{} too", last.kind.words()));
        let mut found = any_state::finding(self.meta(), policy, level, &message, label);
        for other in kinds.iter().rev().skip(1) {
            found = found.label(other.span, other.kind.words());
        }
        found = found.place(place).note(refusal).help("write a policy of its own for each kind");
        Some(if unsure { found.certainty(Certainty::Unverified) } else { found })
    }
}
