//! A sign-in frequency that contradicts itself.

use crate::access::{self, Demand};
use crate::policy::{Case, Fact, SignInFrequency};
use crate::rule::prelude::*;
use crate::rules::any_state::{self, REFUSED};

pub(super) static RULE: &dyn Rule = &InvalidSignInFrequency;

struct InvalidSignInFrequency;

impl Rule for InvalidSignInFrequency {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("invalid-sign-in-frequency"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let Some(frequency) = &policy.session.sign_in_frequency else { continue };
            if frequency.enabled.unresolved().is_some() || frequency.interval.unresolved().is_some() {
                continue;
            }
            if let Some(every_time) = frequency.every_time() {
                findings.extend(self.with_a_time(policy, frequency, every_time));
                findings.extend(self.with_others(policy, every_time));
                findings.extend(self.for_risky_users(policy, access, every_time));
            } else {
                findings.extend(self.without_a_time(policy, frequency));
            }
        }
    }
}

impl InvalidSignInFrequency {
    fn with_a_time(&self, policy: &Policy, frequency: &SignInFrequency, every_time: Span) -> Option<Finding> {
        // Some tools write 0 for a value that is not set.
        let value = frequency.value.get().filter(|value| value.value != "0").map(|value| value.span);
        let span = value.or_else(|| frequency.unit.get().map(|unit| unit.span))?;
        let message = "sign-in frequency is both every time and after a time";
        let label = Label::new(span, "a time, which every time does not have");
        Some(
            any_state::finding(self.meta(), policy, Level::Error, message, label)
                .label(every_time, "every time")
                .place(PLACE)
                .note(REFUSED)
                .help("remove the value and its unit, or ask for them in place of `everyTime`"),
        )
    }

    /// The Terraform provider azuread leaves out what Microsoft Graph would refuse.
    fn with_others(&self, policy: &Policy, every_time: Span) -> Option<Finding> {
        let session = &policy.session;
        let restrictions = session.other_for_certain("applicationEnforcedRestrictions");
        let resilience =
            || session.disable_resilience_defaults.get().filter(|on| *on.value).map(|on| on.span);
        let span = restrictions.or_else(resilience)?;
        let message = "session control does not go with a sign-in every time";
        let label = Label::new(span, "not possible beside it");
        let left_out = policy.spelling.case == Case::SnakePast;
        let finding = if left_out {
            finding(self.meta(), policy, Level::Warn, message, label)
                .note("the Terraform provider leaves the control out, so it has no effect")
        } else {
            any_state::finding(self.meta(), policy, Level::Error, message, label).note(REFUSED)
        };
        Some(
            finding
                .label(every_time, "every time")
                .place(PLACE)
                .help("put the other session control into a policy of its own"),
        )
    }

    fn for_risky_users(&self, policy: &Policy, access: &Access<'_>, every_time: Span) -> Option<Finding> {
        let risk = policy.conditions.user_risk.known().next().and(policy.conditions.user_risk.key)?;
        let blocked = matches!(access::demand(policy, access.assume), Demand::Block(_));
        if blocked || access::remediation(policy).is_some() || !policy.grant.controls.is_known() {
            return None;
        }
        let message = "sign-in every time at a user risk that nothing remediates";
        let label = Label::new(every_time, "every time");
        Some(
            any_state::finding(self.meta(), policy, Level::Note, message, label)
                .label(risk, "the risk stays until somebody dismisses it")
                .place(PLACE)
                .certainty(Certainty::Likely)
                .note("the portal has refused this without `passwordChange`, and people are asked again and again")
                .help("ask for `passwordChange` with `mfa`, or for `riskRemediation`"),
        )
    }

    fn without_a_time(&self, policy: &Policy, frequency: &SignInFrequency) -> Option<Finding> {
        let value = match &frequency.value {
            Fact::Absent => Some("no value is given"),
            Fact::Written(_) => {
                let number = frequency.value.get()?.value.parse::<f64>().ok()?;
                (number < 1.0 || number.fract() != 0.0).then_some("not a time")
            }
        };
        let unit = frequency.unit.is_absent().then_some("neither hours nor days are given");
        let label = value.or(unit)?;
        let span = frequency.value.span().unwrap_or(frequency.key);
        let message = "sign-in frequency lacks a time";
        Some(
            any_state::finding(self.meta(), policy, Level::Error, message, Label::new(span, label))
                .place(PLACE)
                .note(REFUSED)
                .help("give a whole number above 0 and its unit, `hours` or `days`, or ask for `everyTime`"),
        )
    }
}

const PLACE: &str = "sessionControls.signInFrequency";
