//! An authentication strength for everybody that leaves new people no way to begin.

use crate::access::sign_in::PersonKind;
use crate::access::solver::Answer;
use crate::access::{self, Relief, people};
use crate::rule::prelude::*;
use crate::rules::{shared, together};
use crate::sign_in_error;

pub(super) static RULE: &dyn Rule = &DemandingStrengthForEveryone;

struct DemandingStrengthForEveryone;

impl Rule for DemandingStrengthForEveryone {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("demanding-strength-for-everyone"),
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
            if !together::leaves_no_pass(number, &mut analysis, access)
                || together::is_unsatisfiable(number, &mut analysis, access)
            {
                continue;
            }
            let external = people::of_kinds(&analysis, PersonKind::is_foreign);
            let guests = analysis.may_apply(number, &external)
                && matches!(analysis.can_be_met(number, &external), Answer::Never(_));
            findings.extend(self.finding(policy, access, guests));
        }
    }
}

impl DemandingStrengthForEveryone {
    fn finding(&self, policy: &Policy, access: &Access<'_>, guests: bool) -> Option<Finding> {
        let place = policy.grant.strength.as_ref()?.span;
        let everyone = shared::covers_everything(policy, access)?;
        let left_out = access::exclusions(policy, &access.emergency);
        let level = if left_out.relief() == Relief::More { Level::Note } else { Level::Warn };
        let message = "policy asks everyone for a strength that no Temporary Access Pass meets";
        let code = sign_in_error::of(&access::demand(policy, access.assume));
        let too = if guests {
            "; guests meet it only where multifactor authentication of their home tenant is trusted"
        } else {
            ""
        };
        let found = finding(self.meta(), policy, level, message, Label::new(place, "the only way in"))
            .label(everyone.users, "for all users")
            .label(everyone.apps, "registration of security information included")
            .place("grantControls.authenticationStrength")
            .codes(code.as_slice())
            .note(format!(
                "who does not hold such a method yet is refused every app, and who is given a pass to register one \
                 is refused the registration{too}"
            ))
            .help(
                "add a policy on `urn:user:registersecurityinfo` with a strength that accepts a Temporary Access Pass, \
                 or stage this one by group",
            );
        Some(found)
    }
}
