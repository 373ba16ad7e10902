//! A policy that other policies make superfluous.

use crate::access::{Standing, standing};
use crate::rule::prelude::*;
use crate::rules::{shared, together};

pub(super) static RULE: &dyn Rule = &ShadowedPolicy;

struct ShadowedPolicy;

/// How many of the policies that cover another are named.
const NAMED: usize = 4;

impl Rule for ShadowedPolicy {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("shadowed-policy"),
            family: Family::Validity,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        // Beside a block of everything all others are superfluous, and that block is the mistake.
        let blocks_all = |policy: &Policy| shared::blocks_everything(policy, access).is_some();
        let mut gone: Vec<usize> = (0..analysis.policies())
            .filter(|number| analysis.policy(*number).is_some_and(blocks_all))
            .collect();
        // The later of two equal policies is the superfluous one.
        for number in (0..analysis.policies()).rev() {
            let Some(policy) = analysis.policy(number) else { continue };
            let other_kind = policy.targets_workloads() || gone.contains(&number);
            if standing(policy) != Standing::Enforced || other_kind {
                continue;
            }
            let Some(covering) = analysis.covered_by(number, &gone) else { continue };
            if covering.is_empty() {
                continue;
            }
            gone.push(number);
            let (place, label) = together::refusal(policy, access);
            let message = "policy changes nothing: other policies refuse, or ask for, all that it does";
            let mut found = finding(self.meta(), policy, Level::Note, message, Label::new(place, label))
                .place("grantControls")
                .note("every sign-in it applies to meets the same demand, or a stricter one, without it")
                .help("remove it, or find out what it was meant to cover: its scope may be narrower than intended");
            for other in covering.iter().take(NAMED).filter_map(|number| analysis.policy(*number)) {
                let (place, label) = together::refusal(other, access);
                found = found.related(place, format!("`{}`: {label}", other.title()));
            }
            findings.push(found);
        }
    }
}
