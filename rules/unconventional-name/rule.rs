//! A policy whose name does not follow the convention of its team.

use crate::rule::prelude::*;
use crate::rules::any_state;

pub(super) static RULE: &dyn Rule = &UnconventionalName;

struct UnconventionalName;

impl Rule for UnconventionalName {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unconventional-name"),
            family: Family::Hygiene,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(pattern) = access.settings.naming else { return };
        for policy in access.judged() {
            let Some(name) = policy.display_name.get().filter(|name| !pattern.is_match(name.value)) else {
                continue;
            };
            let message = "name of the policy does not match the pattern";
            findings.push(
                any_state::finding(
                    self.meta(),
                    policy,
                    Level::Warn,
                    message,
                    Label::new(name.span, "this name"),
                )
                .help(format!(
                    "name it so that it matches `{pattern}`, the pattern under `naming` in calint.yaml"
                ))
                .place("displayName"),
            );
        }
    }
}
