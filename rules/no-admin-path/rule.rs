//! Nobody who can change Conditional Access gets in to do so.

use crate::access::targets;
use crate::rule::prelude::*;
use crate::rules::together::{self, RECOVERY, SCOPES};

pub(super) static RULE: &dyn Rule = &NoAdminPath;

struct NoAdminPath;

impl Rule for NoAdminPath {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("no-admin-path"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for scope in SCOPES {
            let Some(policies) = together::managers_out(&mut analysis, &targets::graph(), scope) else {
                continue;
            };
            let everyone = together::everyone_out(&mut analysis, scope);
            if together::is_reported_alone(&policies, &analysis, access)
                || everyone.is_some_and(|policies| policies.len() > 1)
            {
                return;
            }
            let message = "no administrator can reach Microsoft Graph to change Conditional Access";
            let found = together::blame(self.meta(), access, &analysis, &policies, Level::Error, message);
            findings.extend(found.map(|found| {
                found
                    .note(
                        "whoever holds Global Administrator, Conditional Access Administrator or Security \
                         Administrator is refused, in whatever groups, with any device and method, from any network",
                    )
                    .help("exclude an emergency access group from each of these policies, or narrow one of them")
                    .recovery(RECOVERY)
            }));
            return;
        }
        for scope in SCOPES {
            let Some(policies) = together::managers_out(&mut analysis, &targets::portal(), scope) else {
                continue;
            };
            let message = "no administrator can open the Microsoft Entra admin center";
            let found = together::blame(self.meta(), access, &analysis, &policies, Level::Warn, message);
            findings.extend(found.map(|found| {
                found
                    .note(
                        "whoever can change Conditional Access is refused the Azure portal; Microsoft Graph is open, \
                         so PowerShell and other tools on it still work",
                    )
                    .help("exclude administrators, or an emergency access group, from one of these policies")
                    .recovery("set one of these policies to `disabled` with Microsoft Graph PowerShell")
            }));
            return;
        }
    }
}
