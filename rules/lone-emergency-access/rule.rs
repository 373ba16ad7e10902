//! Fewer than two emergency access accounts.

use crate::rule::prelude::*;
use crate::rules::emergency;

pub(super) static RULE: &dyn Rule = &LoneEmergencyAccess;

struct LoneEmergencyAccess;

impl Rule for LoneEmergencyAccess {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("lone-emergency-access"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let (accounts, all) = emergency::accounts(access);
        let (true, Some(principal)) = (all, access.emergency.principals.first()) else { return };
        let (message, label, note) = match accounts.as_slice() {
            [] => (
                "nobody has emergency access, because the group is empty",
                "a group without members excludes nobody",
                "every policy that leaves this group out covers everybody, and nobody can undo a mistake in it",
            ),
            [_] => (
                "there is only one emergency access account",
                "stands for one account alone",
                "where this account is locked, deleted or out of reach, nobody is left who can undo a mistake",
            ),
            _ => return,
        };
        let principal = accounts.first().map_or(principal, |account| account.through);
        let found = emergency::finding(self.meta(), access, principal, Level::Warn, message, label);
        findings.extend(found.map(|found| {
            emergency::noted(found, access, note.to_owned()).help(
                "keep two or more cloud-only accounts with permanent Global Administrator for emergencies, and leave all \
                 of them out",
            )
        }));
    }
}
