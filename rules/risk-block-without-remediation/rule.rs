//! A block of people at a user risk that comes up often, instead of a way to clear it.

use crate::access::{self, Demand};
use crate::policy::Principal;
use crate::policy::ids::roles;
use crate::policy::words::Risk;
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &RiskBlockWithoutRemediation;

struct RiskBlockWithoutRemediation;

impl Rule for RiskBlockWithoutRemediation {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("risk-block-without-remediation"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Demand::Block(block) = access::demand(policy, access.assume) else { continue };
            let conditions = &policy.conditions;
            let risk = conditions.user_risk.find(|risk| matches!(risk, Risk::Low | Risk::Medium));
            let (Some(risk), Some(who)) = (risk, administrators(policy)) else { continue };
            // Both risks at once are rare, and another network or device may change that of the sign-in.
            if !conditions.sign_in_risk.is_empty() {
                continue;
            }
            findings.push(self.finding(policy, block, risk.span, who));
        }
    }
}

/// Where a policy takes in the people who could clear a risk: all users, or a role that changes policies.
fn administrators(policy: &Policy) -> Option<Span> {
    let managing =
        |role: &Principal| matches!(role, Principal::Id(id) if roles::MANAGING.contains(&id.as_str()));
    access::everyone(policy).or_else(|| policy.users.include_roles.find(managing).map(|at| at.span))
}

impl RiskBlockWithoutRemediation {
    fn finding(&self, policy: &Policy, block: Span, risk: Span, who: Span) -> Finding {
        let message = "policy blocks people at low or medium user risk instead of letting them clear it";
        finding(self.meta(), policy, Level::Warn, message, Label::new(block, "access is blocked"))
            .label(risk, "below high, so often without reason")
            .label(who, "administrators among them")
            .place("conditions.userRiskLevels")
            .codes(&[shared::BLOCKED])
            .note(
                "a user risk stays until the password is reset or an administrator dismisses it, and no sign-in gets as \
                 far as clearing it; one wrong detection on each administrator leaves nobody covered here to dismiss it",
            )
            .help("ask for `mfa` and `passwordChange`, or for `riskRemediation`, and keep the block for high risk")
    }
}
