//! A change that leaves nobody in a group that policies leave out.

use crate::access::Basis;
use crate::policy::{Given, Principal};
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &EmptiedExclusionGroup;

struct EmptiedExclusionGroup;

impl Rule for EmptiedExclusionGroup {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("emptied-exclusion-group"),
            family: Family::Change,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        let emergency = &change.after.emergency;
        let directory = &change.after.set.directory;
        for policy in change.after.about_people() {
            for item in policy.users.exclude_groups.known() {
                let (Principal::Id(group) | Principal::Name(group)) = item.value else { continue };
                let deleted =
                    directory.groups.get(&group.to_ascii_lowercase()).is_some_and(|group| group.deleted);
                let had_members = match change.told.people_in(group) {
                    Some(people) => !people.is_empty(),
                    None => deleted,
                };
                let people = directory.people_in(group);
                if had_members && people.is_some_and(|people| people.is_empty()) {
                    let (label, message) = if deleted {
                        ("deleted by this change", "this change deletes a group that the policy excludes")
                    } else {
                        (
                            "nobody is in this group any more",
                            "this change empties a group that the policy excludes",
                        )
                    };
                    let place = Label::new(item.span, label);
                    let declared = emergency.basis == Basis::Declared
                        && emergency
                            .principals
                            .iter()
                            .any(|principal| principal.is(&Given::Known(item.value.clone())));
                    let level = if declared { Level::Error } else { Level::Warn };
                    findings.push(
                        finding(self.meta(), policy, level, message, place)
                            .place(format!("conditions.users.excludeGroups/{group}"))
                            .note("whoever was in the group is covered by the policy after the change")
                            .help("keep the members, or exclude another group"),
                    );
                }
            }
        }
    }
}
