//! A grant control that the service no longer honours.

use crate::access::{self, Demand};
use crate::policy::Truth;
use crate::policy::words::{Control, Operator};
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &RetiredControl;

struct RetiredControl;

impl Rule for RetiredControl {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("retired-control"),
            family: Family::Coverage,
            level: Level::Warn,
            docs: include_str!("README.md"),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Some(retired) = access::retired(policy, access.assume) else { continue };
            let Some((level, message, note)) = effect(policy, access) else { continue };
            let label = "the service acts as if this were not written";
            findings.push(
                finding(self.meta(), policy, level, message, Label::new(retired, label))
                    .place("grantControls.builtInControls")
                    .note(note)
                    .help(
                        "ask for `compliantApplication` instead; where the service still honours the control, write \
                         `approved-app: honoured` under `assume` in calint.yaml",
                    ),
            );
        }
    }
}

/// What becomes of a policy without the control; nothing where it stays what it is meant to be.
fn effect(policy: &Policy, access: &Access<'_>) -> Option<(Level, &'static str, &'static str)> {
    match access::demand(policy, access.assume) {
        Demand::Block(_) => None,
        Demand::Nothing => Some((
            Level::Warn,
            "policy asks for nothing any more, because its grant control was retired",
            "whoever the policy covers gets in without what it was written for",
        )),
        Demand::Ways(_) => match policy.grant.operator.get().map(|operator| *operator.value) {
            Some(Operator::And) => Some((
                Level::Warn,
                "policy asks for less than it says, because a grant control was retired",
                "the other controls are still asked for, and any app is let in that meets them",
            )),
            // An app protection policy is what the retired control was to be replaced by. Where everybody needs a managed
            // device for everything, the rule that reports it says of the control that it is retired.
            Some(Operator::Or)
                if policy.grant.controls.contains(&Control::CompliantApplication) == Truth::No
                    && !shared::is_managed_for_everyone(policy, access) =>
            {
                Some((
                    Level::Note,
                    "policy leaves fewer ways in than it says, because a grant control was retired",
                    "whoever got in with an approved app alone is refused, unless they meet another control",
                ))
            }
            Some(Operator::Or) | None => None,
        },
    }
}
