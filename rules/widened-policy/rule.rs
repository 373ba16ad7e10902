//! A change after which a policy covers more sign-ins.

use crate::access::change::Widened;
use crate::access::{self, Aspect, Demand, Standing, standing};
use crate::rule::prelude::*;
use crate::rules::{change, shared, together};

pub(super) static RULE: &dyn Rule = &WidenedPolicy;

struct WidenedPolicy;

impl Rule for WidenedPolicy {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("widened-policy"),
            family: Family::Change,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        for widened in change.widened() {
            // Sign-ins that it refuses in force are reported by what becomes of them.
            let was_enforced = standing(widened.before) == Standing::Enforced;
            if standing(widened.after) == Standing::Enforced && !was_enforced {
                continue;
            }
            findings.push(self.finding(change, &widened));
        }
    }
}

impl WidenedPolicy {
    fn finding(&self, change: &Change<'_>, widened: &Widened<'_>) -> Finding {
        let Widened { before, after, aspects, class, witness } = widened;
        let blocks = matches!(access::demand(after, change.after.assume), Demand::Block(_));
        let (level, message) = if blocks {
            (Level::Warn, "policy blocks more sign-ins than before this change")
        } else {
            (Level::Note, "policy covers more sign-ins than before this change")
        };
        let (place, label) = together::refusal(after, &change.after);
        let mut found = finding(self.meta(), after, level, message, Label::new(place, label));
        for aspect in aspects {
            if let Some(span) = shared::place_of(after, *aspect) {
                found = found.label(span, "wider than before");
            }
            if let Some(span) = shared::place_of(before, *aspect) {
                found = found.related(span, "narrower before this change");
            }
        }
        let which: Vec<String> = aspects.iter().map(|aspect| format!("`{}`", aspect.as_str())).collect();
        let who = class.as_ref().filter(|_| aspects.contains(&Aspect::Users));
        let who = who.map(|class| class.quoted(&change.after.set.directory));
        let who = who.map(|who| format!("{who}, ")).unwrap_or_default();
        change::with_moved_locations(found, after, change)
            .place("change")
            .note(format!("wider in {}: {who}{witness}", which.join(", ")))
            .help("confirm that these sign-ins are meant, or start in report-only")
    }
}
