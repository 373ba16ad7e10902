//! Nobody who can change Conditional Access gets in to do so.

use crate::access::sign_in::Target;
use crate::access::targets;
use crate::rule::prelude::*;
use crate::rules::together::{self, RECOVERY, SCOPES};

pub(super) static RULE: &dyn Rule = &NoAdminPath;

struct NoAdminPath;

/// Who is kept from what, and how to say it.
struct Lockout {
    target: fn() -> Target,
    /// Emergency access is kept out too; otherwise it alone gets in.
    emergency_too: bool,
    level: Level,
    message: &'static str,
    note: &'static str,
    help: &'static str,
    recovery: &'static str,
}

/// The gravest first; one is reported.
const LOCKOUTS: [Lockout; 4] = [
    Lockout {
        target: targets::graph,
        emergency_too: true,
        level: Level::Error,
        message: "no administrator can reach Microsoft Graph to change Conditional Access",
        note: "whoever holds Global Administrator, Conditional Access Administrator or Security Administrator is \
               refused, in whatever groups, with any device and method, from any network",
        help: "exclude an emergency access group from each of these policies, or narrow one of them",
        recovery: RECOVERY,
    },
    Lockout {
        target: targets::graph,
        emergency_too: false,
        level: Level::Warn,
        message: "only emergency access can reach Microsoft Graph to change Conditional Access",
        note: "whoever else holds Global Administrator, Conditional Access Administrator or Security Administrator is \
               refused, with any device and method, from any network",
        help: "narrow one of these policies, or exclude the administrators who work with Conditional Access",
        recovery: "sign in with an emergency access account and set one of these policies to `disabled`",
    },
    Lockout {
        target: targets::portal,
        emergency_too: true,
        level: Level::Warn,
        message: "no administrator can open the Microsoft Entra admin center",
        note: "whoever can change Conditional Access is refused the Azure portal; Microsoft Graph is open, so \
               PowerShell and other tools on it still work",
        help: "exclude administrators, or an emergency access group, from one of these policies",
        recovery: "set one of these policies to `disabled` with Microsoft Graph PowerShell",
    },
    Lockout {
        target: targets::portal,
        emergency_too: false,
        level: Level::Warn,
        message: "only emergency access can open the Microsoft Entra admin center",
        note: "whoever else can change Conditional Access is refused the Azure portal; Microsoft Graph is open, so \
               PowerShell and other tools on it still work",
        help: "exclude the administrators who work in the admin centers from one of these policies",
        recovery: "set one of these policies to `disabled` with Microsoft Graph PowerShell, or with an emergency \
                   access account",
    },
];

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
        for lockout in LOCKOUTS {
            let target = (lockout.target)();
            for scope in SCOPES {
                let out = if lockout.emergency_too {
                    together::managers_out(&mut analysis, &target, scope)
                } else {
                    together::other_managers_out(access, &mut analysis, &target, scope)
                };
                let Some(policies) = out else { continue };
                let by_several = target == targets::graph()
                    && together::everyone_out(&mut analysis, scope).is_some_and(|them| them.len() > 1);
                if by_several || together::is_reported_alone(&policies, &analysis, access) {
                    return;
                }
                let (level, message) = (lockout.level, lockout.message);
                let found = together::blame(self.meta(), access, &analysis, &policies, level, message);
                findings.extend(found.map(|found| lockout.explained(found, access)));
                return;
            }
        }
    }
}

impl Lockout {
    fn explained(&self, found: Finding, access: &Access<'_>) -> Finding {
        let presumption = access.emergency.presumption().filter(|_| !self.emergency_too);
        let note = match &presumption {
            Some(presumption) => format!("{}; {presumption}", self.note),
            None => self.note.to_owned(),
        };
        let found = found.note(note).help(self.help).recovery(self.recovery);
        if presumption.is_some() { found.certainty(Certainty::Likely) } else { found }
    }
}
