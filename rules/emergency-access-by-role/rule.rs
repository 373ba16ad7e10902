//! Emergency access that rests on the exclusion of a role.

use crate::access::analysis::Analysis;
use crate::access::people::{self, Class};
use crate::access::{self, Basis, Exclusions, targets};
use crate::policy::Truth;
use crate::rule::prelude::*;
use crate::rules::{shared, together};

pub(super) static RULE: &dyn Rule = &EmergencyAccessByRole;

struct EmergencyAccessByRole;

impl Rule for EmergencyAccessByRole {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("emergency-access-by-role"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for number in 0..analysis.policies() {
            let Some(policy) = analysis.policy(number) else { continue };
            let Some(role) = role_alone(policy, access) else { continue };
            if access::meets_unaided(policy, access.set, access.assume) == Truth::No
                && keeps_from_administration(&mut analysis, number)
            {
                findings.push(self.finding(policy, access, role));
            }
        }
    }
}

/// Where a policy over all users leaves out Global Administrators, and nobody else who could be emergency access.
fn role_alone(policy: &Policy, access: &Access<'_>) -> Option<Span> {
    access::everyone(policy)?;
    let role = shared::exempt_administrators(policy)?;
    let exclusions = access::exclusions(policy, &access.emergency);
    let Exclusions { emergency, people, unknown, .. } = &exclusions;
    let is_role = |span: &Span| policy.users.exclude_roles.items.iter().any(|item| item.span == *span);
    // Where it is not known who has emergency access, whoever else is left out may have it.
    let maybe = access.emergency.basis == Basis::Unknown && !people.iter().all(is_role);
    (emergency.is_empty() && unknown.is_empty() && !maybe).then_some(role)
}

/// Whether a policy applies to an ordinary sign-in, to what policies are changed with, of a person who is eligible for a
/// role and does not hold it.
fn keeps_from_administration(analysis: &mut Analysis<'_>, number: usize) -> bool {
    let eligible = people::circumstances(&Class::Eligible, analysis);
    let wanted = together::at(analysis, &eligible, &[targets::portal(), targets::graph()]);
    wanted.iter().any(|there| analysis.may_apply(number, there))
}

impl EmergencyAccessByRole {
    fn finding(&self, policy: &Policy, access: &Access<'_>, role: Span) -> Finding {
        let (place, label) = together::refusal(policy, access);
        let code = crate::sign_in_error::of(&access::demand(policy, access.assume));
        let message = "policy spares administrators only while their role is active";
        finding(self.meta(), policy, Level::Warn, message, Label::new(role, "counts only once it is activated"))
            .label(place, label)
            .place("conditions.users.excludeRoles")
            .codes(code.as_slice())
            .note(
                "whoever is eligible for Global Administrator does not hold it before activation, and is kept from signing \
                 in to activate it; whoever holds it is spared, emergency or not",
            )
            .help(format!(
                "{}, in place of the role",
                shared::exclude(policy, &access.emergency)
            ))
            .recovery("sign in with an account that holds Global Administrator without activation and change the policy")
    }
}
