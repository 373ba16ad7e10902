//! A change that refuses sign-ins that got in.

use crate::access::Basis;
use crate::access::change::Becomes;
use crate::rule::prelude::*;
use crate::rules::change;

pub(super) static RULE: &dyn Rule = &NewlyRefusedSignIn;

struct NewlyRefusedSignIn;

impl Rule for NewlyRefusedSignIn {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("newly-refused-sign-in"),
            family: Family::Change,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        for effect in change::effects(change, &[Becomes::Refused]) {
            let emergency = change::touches_emergency(effect);
            let (level, message) = if emergency {
                let declared = change.after.emergency.basis == Basis::Declared;
                let level = if declared && !effect.by_deletion { Level::Error } else { Level::Warn };
                (level, "this change refuses sign-ins of emergency access that got in")
            } else {
                (Level::Note, "this change refuses sign-ins that got in")
            };
            let Some(found) = change::refused(self.meta(), change, effect, level, message) else { continue };
            let certainty = if effect.by_deletion { Certainty::Likely } else { found.certainty };
            let found = found.certainty(certainty);
            findings.push(if emergency {
                change::for_emergency(found.help("exclude emergency access from the policy"), change)
            } else {
                found.help(
                    "tell the people concerned, or start in report-only and read what it would have refused",
                )
            });
        }
    }
}
