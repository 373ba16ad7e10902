//! A policy that refuses the account of directory synchronization.

use crate::access::people::{self, Class};
use crate::access::{self, Relief, Standing, targets};
use crate::policy::ids::roles;
use crate::policy::{Principal, Truth};
use crate::rule::prelude::*;
use crate::rules::together;
use crate::sign_in_error;

pub(super) static RULE: &dyn Rule = &DirectorySyncInScope;

struct DirectorySyncInScope;

impl Rule for DirectorySyncInScope {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("directory-sync-in-scope"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let told = people::has_synchronisation(&access.set.directory);
        let spared = if told == Truth::Unknown { left_out_elsewhere(access) } else { None };
        let Some(mut analysis) = access.together() else { return };
        let account = people::circumstances(&Class::Synchronisation, &analysis);
        let account = analysis.to(&account, &targets::other_app());
        if !analysis.exists(&account) {
            return;
        }
        for number in 0..analysis.policies() {
            let Some(policy) = analysis.policy(number) else { continue };
            let named = policy.users.include_roles.find(is_synchronisation).map(|at| at.span);
            let evidence = match (named, told, &spared) {
                (Some(place), Truth::Yes | Truth::Unknown, _) => Evidence::Named(place),
                (None, Truth::Yes, _) => Evidence::Held,
                (None, Truth::Unknown, Some(elsewhere)) => Evidence::LeftOut(elsewhere),
                _ => continue,
            };
            // Whoever else is left out may be that account.
            let others = access::exclusions(policy, &access.emergency);
            let spares_others = others.relief() == Relief::More || others.is_unsure();
            if !spares_others && analysis.shut_by(&account, &[number]) {
                findings.push(self.finding(policy, access, &evidence));
            }
        }
    }
}

/// Why an account of directory synchronization is thought to be in use.
enum Evidence<'p> {
    /// The policy takes in its role.
    Named(Span),
    /// A file tells that an account holds the role.
    Held,
    /// Another policy leaves out its role.
    LeftOut(&'p (Span, String)),
}

fn is_synchronisation(role: &Principal) -> bool {
    matches!(role, Principal::Id(id) if roles::SYNCHRONISATION.contains(&id.as_str()))
}

/// Where another enforced policy leaves out such a role, and which policy.
fn left_out_elsewhere(access: &Access<'_>) -> Option<(Span, String)> {
    let mut enforced = access.about_people().filter(|policy| access::standing(policy) == Standing::Enforced);
    enforced.find_map(|policy| {
        let role = policy.users.exclude_roles.find(is_synchronisation)?;
        Some((role.span, policy.title().to_owned()))
    })
}

impl DirectorySyncInScope {
    fn finding(&self, policy: &Policy, access: &Access<'_>, evidence: &Evidence<'_>) -> Finding {
        let level = if matches!(evidence, Evidence::LeftOut(_)) { Level::Note } else { Level::Warn };
        let message = "policy refuses the account of directory synchronization";
        let (place, label) = together::refusal(policy, access);
        let mut found = finding(self.meta(), policy, level, message, Label::new(place, label));
        let reason = match evidence {
            Evidence::Named(role) => {
                found = found.label(*role, "its role is taken in");
                "the account of this role answers no prompt and shows no device"
            }
            Evidence::Held => "an account holds the role, answers no prompt and shows no device",
            Evidence::LeftOut((role, title)) => {
                found = found.related(*role, format!("`{title}` leaves its role out"));
                "another policy leaves out the role of an account that answers no prompt and shows no device"
            }
        };
        if let (None, Some(everyone)) = (found.labels.first(), access::everyone(policy)) {
            found = found.label(everyone, "it is among all users");
        }
        let code = sign_in_error::of(&access::demand(policy, access.assume));
        let roles: Vec<_> = roles::SYNCHRONISATION.iter().map(|role| format!("\"{role}\"")).collect();
        let exclude = policy.spelling.assignment("excludeRoles", &format!("[{}]", roles.join(", ")));
        let help = match evidence {
            Evidence::Named(_) => {
                let included = policy.spelling.member("includeRoles");
                format!(
                    "take the role out of `{included}`, or let the account in from the network it works in"
                )
            }
            Evidence::Held | Evidence::LeftOut(_) => {
                format!("exclude the roles of directory synchronization: `{exclude}`")
            }
        };
        found
            .certainty(Certainty::Likely)
            .place("conditions.users.excludeRoles")
            .codes(code.as_slice())
            .note(format!(
                "{reason}: once it is refused, changes and password hashes from the domain no longer arrive; \
                 Microsoft Entra Connect that signs in as an application is not affected"
            ))
            .help(help)
    }
}
