//! A change that lets sign-ins in with less than was asked of them.

use crate::access::change::Becomes;
use crate::rule::prelude::*;
use crate::rules::change;

pub(super) static RULE: &dyn Rule = &LostProtection;

struct LostProtection;

impl Rule for LostProtection {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("lost-protection"),
            family: Family::Change,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        let kinds = [
            Becomes::Unblocked,
            Becomes::WithoutMethod,
            Becomes::WithPhishableMethod,
            Becomes::WithoutDevice,
        ];
        for effect in change::effects(change, &kinds) {
            let message = match effect.becomes {
                Becomes::WithoutMethod => "sign-ins with a password alone get in after this change",
                Becomes::WithPhishableMethod => {
                    "sign-ins with methods that can be phished get in after this change"
                }
                Becomes::WithoutDevice => "sign-ins without a managed device get in after this change",
                _ => "sign-ins that were blocked get in after this change",
            };
            let found = change::let_in(self.meta(), change, effect, Level::Warn, message);
            findings.extend(found.map(|found| {
                found.help(
                    "keep the demand for these sign-ins, or say in the review why they no longer need it",
                )
            }));
        }
    }
}
