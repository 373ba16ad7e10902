//! A grant control that the service no longer honours.

use crate::access::{self, Demand};
use crate::policy::words::Operator;
use crate::rule::prelude::*;
use crate::rules::{any_state, shared, together};

pub(super) static RULE: &dyn Rule = &RetiredControl;

struct RetiredControl;

impl Rule for RetiredControl {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("retired-control"),
            family: Family::Hygiene,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let Some(place) = access::retired(policy, access.assume) else { continue };
            // Rules on what is left as the only way in mark the control themselves.
            if shared::only_way_for_everyone(policy, access).is_some()
                && !together::nobody_meets(policy, access)
            {
                continue;
            }
            let found = match access::demand(policy, access.assume) {
                Demand::Nothing => {
                    let message = "policy asks for nothing but a control that is retired";
                    let label = Label::new(place, "the service ignores it");
                    finding(self.meta(), policy, Level::Warn, message, label)
                        .note("whom the policy covers gets in without an approved or protected app, on any device")
                        .help("write `compliantApplication` in its place, and give people an app protection policy")
                }
                Demand::Ways(_) if is_and(policy) => {
                    let message = "policy asks for less than it says, because a control is retired";
                    let label = Label::new(place, "the service ignores it");
                    finding(self.meta(), policy, Level::Warn, message, label)
                        .note("whoever meets the other controls gets in, through any app")
                        .help("write `compliantApplication` in its place, and give people an app protection policy")
                }
                Demand::Block(_) | Demand::Ways(_) => {
                    let label = Label::new(place, "the service ignores it");
                    any_state::finding(self.meta(), policy, Level::Note, "grant control is retired", label)
                        .note("only the other controls count")
                        .help("delete `approvedApplication`; if none of the others asks for a protected app, write `compliantApplication` in its place")
                }
            };
            findings.push(found.place("grantControls.builtInControls"));
        }
    }
}

fn is_and(policy: &Policy) -> bool {
    policy.grant.operator.get().is_some_and(|operator| *operator.value == Operator::And)
}
