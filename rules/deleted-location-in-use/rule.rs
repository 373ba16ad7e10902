//! A change that deletes a named location that policies use.

use crate::policy::{Location, NamedLocation};
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &DeletedLocationInUse;

struct DeletedLocationInUse;

impl Rule for DeletedLocationInUse {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("deleted-location-in-use"),
            family: Family::Change,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        for (location, own) in change.deleted_locations() {
            for policy in change.after.judged() {
                let Some(pair) = &policy.conditions.locations else { continue };
                for (list, label) in [(&pair.exclude, "excludes it"), (&pair.include, "covers it")] {
                    let named = |item: &Location| matches!(item, Location::Id(id) | Location::Name(id) if id.eq_ignore_ascii_case(own));
                    if let Some(item) = list.find(named) {
                        let place = Label::new(item.span, label);
                        findings.push(self.finding(policy, location, place, label == "excludes it"));
                    }
                }
            }
        }
    }
}

impl DeletedLocationInUse {
    fn finding(&self, policy: &Policy, location: &NamedLocation, place: Label, excluded: bool) -> Finding {
        let message = "this change deletes a named location that the policy uses";
        let effect = if excluded {
            "sign-ins from there are no longer spared once the location is gone"
        } else {
            "the policy no longer covers sign-ins from there once the location is gone"
        };
        finding(self.meta(), policy, Level::Warn, message, place)
            .related(location.whole, "the named location before this change")
            .place("conditions.locations")
            .note(effect)
            .help("keep the named location, or take it out of the policy first")
    }
}
