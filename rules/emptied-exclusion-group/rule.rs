//! A change that leaves nobody in a group that policies leave out.

use crate::policy::Principal;
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &EmptiedExclusionGroup;

struct EmptiedExclusionGroup;

impl Rule for EmptiedExclusionGroup {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("emptied-exclusion-group"),
            family: Family::Change,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        for policy in change.after.about_people() {
            for item in policy.users.exclude_groups.known() {
                let (Principal::Id(group) | Principal::Name(group)) = item.value else { continue };
                let had_members = change.told.people_in(group).is_some_and(|people| !people.is_empty());
                let people = change.after.set.directory.people_in(group);
                if had_members && people.is_some_and(|people| people.is_empty()) {
                    let place = Label::new(item.span, "nobody is in this group any more");
                    let message = "this change empties a group that the policy excludes";
                    findings.push(
                        finding(self.meta(), policy, Level::Warn, message, place)
                            .place(format!("conditions.users.excludeGroups/{group}"))
                            .note("whoever was in the group is covered by the policy after the change")
                            .help("keep the members, or exclude another group"),
                    );
                }
            }
        }
    }
}
