//! An emergency access group that the wrong people, or a rule, can change.

use crate::access::Kind;
use crate::policy::directory::Group;
use crate::rule::prelude::*;
use crate::rules::emergency;

pub(super) static RULE: &dyn Rule = &UnprotectedEmergencyGroup;

struct UnprotectedEmergencyGroup;

impl Rule for UnprotectedEmergencyGroup {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unprotected-emergency-group"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let groups = access.emergency.principals.iter().filter(|principal| principal.kind == Kind::Group);
        for principal in groups {
            let told = access.set.directory.groups.get(&principal.text.to_lowercase());
            let Some((level, message, note)) = told.and_then(fault) else { continue };
            let found = emergency::finding(self.meta(), access, principal, level, message, "left out here");
            findings.extend(found.map(|found| {
                emergency::noted(found, access, note.to_owned()).help(
                    "use a group with assigned members that is assignable to roles, or put it into a restricted management \
                     administrative unit",
                )
            }));
        }
    }
}

/// What files tell against a group.
fn fault(group: &Group) -> Option<(Level, &'static str, &'static str)> {
    if group.dynamic == Some(true) {
        let message = "a membership rule decides who has emergency access";
        let note = "whoever can change the rule, or an attribute it reads, takes emergency access away or gives it to \
                    others";
        return Some((Level::Warn, message, note));
    }
    let open = group.assignable == Some(false) && group.restricted == Some(false);
    let message = "any administrator of groups can change the emergency access group";
    let note = "whoever removes a member locks it out, and whoever adds one takes it out of every policy";
    open.then_some((Level::Note, message, note))
}
