//! A change that leaves people no way in.

use crate::access::Basis;
use crate::access::change::Becomes;
use crate::rule::prelude::*;
use crate::rules::change;
use crate::rules::together::RECOVERY;

pub(super) static RULE: &dyn Rule = &LostAccess;

struct LostAccess;

impl Rule for LostAccess {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("lost-access"),
            family: Family::Change,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        for effect in change::effects(change, &[Becomes::LockedOut]) {
            let emergency = change::touches_emergency(effect);
            let declared = emergency && change.after.emergency.basis == Basis::Declared;
            let managers = change::touches_managers(effect);
            let level =
                if (managers || declared) && !effect.by_deletion { Level::Error } else { Level::Warn };
            let message = if change::is_workload(effect) {
                "service principals that got in have no way in after this change"
            } else {
                "people who got in have no way in after this change"
            };
            let Some(found) = change::refused(self.meta(), change, effect, level, message) else { continue };
            let help = "narrow the change, or leave the policy in report-only until they can meet it";
            let certainty = if effect.by_deletion { Certainty::Likely } else { found.certainty };
            let found = found.help(help).certainty(certainty);
            findings.push(if managers || declared {
                found.recovery(RECOVERY)
            } else if emergency {
                change::for_emergency(found, change)
            } else if change::rests_on_trust(effect, change) {
                untold_trust(found)
            } else {
                found
            });
        }
    }
}

/// The finding where people would still get in if their home tenant were trusted.
fn untold_trust(mut found: Finding) -> Finding {
    found.note = found.note.map(|note| {
        format!("{note}; unless the cross-tenant access settings, which no file tells, accept what their home tenant vouches for")
    });
    "people who got in may have no way in after this change".clone_into(&mut found.message);
    found.help = Some(
        "export the cross-tenant access settings and name the file under `context` in calint.yaml".to_owned(),
    );
    found.level = Level::Note;
    found.certainty(Certainty::Unverified)
}
