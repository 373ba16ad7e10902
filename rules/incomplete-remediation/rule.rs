//! A change of password or a remediation of risk without what has to stand beside it.

use crate::access::{self, Demand, Need};
use crate::policy::words::{Control, FrequencyInterval, Operator, Word};
use crate::policy::{Fact, Given};
use crate::rule::prelude::*;
use crate::rules::any_state::{self, REFUSED};
use crate::rules::incompatible_grant_controls::beside_password_change;

pub(super) static RULE: &dyn Rule = &IncompleteRemediation;

struct IncompleteRemediation;

impl Rule for IncompleteRemediation {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("incomplete-remediation"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged().filter(|policy| !policy.targets_workloads()) {
            let Some(control) = access::remediation(policy) else { continue };
            // What excludes each other is a fault of its own.
            if matches!(access::demand(policy, access.assume), Demand::Block(_)) {
                continue;
            }
            let remediation = Remediation { policy, control: control.value, span: control.span };
            findings.extend(remediation.finding(self.meta(), access));
        }
    }
}

/// Something that is missing or does not belong there.
struct Lack {
    level: Level,
    message: &'static str,
    label: Label,
    help: String,
}

struct Remediation<'p> {
    policy: &'p Policy,
    control: Control,
    span: Span,
}

impl Remediation<'_> {
    fn finding(&self, meta: &Meta, access: &Access<'_>) -> Option<Finding> {
        // Where other controls are in its place, that is a fault of its own, and says what belongs there.
        let controls = access::controls(self.policy);
        let replaced = !beside_password_change(self.policy, &controls).is_empty();
        let method = if replaced { None } else { self.method() };
        let mut lacks: Vec<Lack> = [method, self.risk(), self.apps()].into_iter().flatten().collect();
        lacks.extend(self.conditions(access));
        if !replaced {
            lacks.extend(self.alternative());
            lacks.extend(self.frequency());
        }
        let level = lacks.iter().map(|lack| lack.level).min()?;
        let control = self.control.as_str();
        let mut help: Vec<_> = lacks.iter().map(|lack| lack.help.clone()).collect();
        help.dedup();
        let help = help.join("; ");
        let mut lacks = lacks.into_iter();
        let first = lacks.next()?;
        let more: Vec<_> = lacks.map(|lack| lack.label).collect();
        let what = if more.is_empty() { first.message } else { "lacks several things that it needs" };
        let at_control = first.label.span == self.span;
        let mut finding =
            any_state::finding(meta, self.policy, level, &format!("`{control}` {what}"), first.label)
                .place("grantControls.builtInControls")
                .help(help);
        if !at_control {
            finding = finding.label(self.span, "asked for here");
        }
        finding.labels.extend(more.into_iter().filter(|label| label.span != self.span));
        Some(match level {
            Level::Error => finding.note(format!("{REFUSED} with 1032, `InvalidPasswordResetControl`")),
            _ => finding.certainty(Certainty::Likely).note(
                "such policies exist from before Microsoft Graph asked for it, and a new one may be refused",
            ),
        })
    }

    /// What is documented of both controls is enforced for sure only for the older one.
    fn level(&self) -> Level {
        if self.control == Control::PasswordChange { Level::Error } else { Level::Warn }
    }

    fn lack(&self, message: &'static str, span: Span, label: &str, help: String) -> Lack {
        Lack { level: self.level(), message, label: Label::new(span, label), help }
    }

    fn method(&self) -> Option<Lack> {
        let change = self.control == Control::PasswordChange;
        let proves = |need: &Need<'_>| match need {
            Need::Strength(_) | Need::Unknown => true,
            Need::Control(Control::Mfa) => change,
            _ => false,
        };
        if access::controls(self.policy).iter().any(|need| proves(&need.value)) {
            return None;
        }
        let (label, help) = if change {
            ("nobody proves who changes the password", "add `mfa` or an authentication strength")
        } else {
            ("goes with an authentication strength", "add an authentication strength, in place of `mfa`")
        };
        let help = format!("{help}, with `{}`", self.policy.spelling.assignment("operator", "\"AND\""));
        Some(self.lack("lacks multifactor authentication beside it", self.span, label, help))
    }

    fn risk(&self) -> Option<Lack> {
        let conditions = &self.policy.conditions;
        if !conditions.user_risk.is_empty() || !conditions.unknown.is_empty() {
            return None;
        }
        let span = conditions.user_risk.key.or(conditions.key).unwrap_or(self.policy.head);
        let help = format!("add `{}`", self.policy.spelling.assignment("userRiskLevels", "[\"high\"]"));
        Some(self.lack("lacks a user risk", span, "no user risk is asked for", help))
    }

    fn apps(&self) -> Option<Lack> {
        let applications = &self.policy.applications;
        let spelling = self.policy.spelling;
        let all = format!("take in all apps: `{}`", spelling.assignment("includeApplications", "[\"All\"]"));
        let message = "covers some apps only";
        if access::every_app(self.policy).is_none() {
            let named = applications.include.known().map(|app| app.span).next();
            let other = || applications.user_actions.key.or(applications.auth_contexts.key);
            let known = applications.include.is_known() && applications.filter.is_none();
            let span = named.or_else(other).filter(|_| known)?;
            return Some(self.lack(message, span, "not all apps", all));
        }
        let known = |span: &Span| {
            let listed = &applications.exclude.items;
            let item = listed.iter().find(|item| item.span == *span);
            item.is_none_or(|item| matches!(item.value, Given::Known(_)))
                && applications.exclude.open.as_ref().is_none_or(|open| open.span != *span)
        };
        let span = access::app_exclusions(self.policy).into_iter().find(known)?;
        Some(self.lack(message, span, "leaves apps out", "leave out no app".to_owned()))
    }

    fn conditions(&self, access: &Access<'_>) -> Vec<Lack> {
        let own = self.policy.conditions.user_risk.key;
        let mut others = access::conditions(self.policy, access.set);
        others.retain(|span| Some(*span) != own);
        let lack = |span: &Span| {
            let help = "remove every condition but the user risk".to_owned();
            self.lack("has a condition besides the user risk", *span, "a condition besides user risk", help)
        };
        others.iter().map(lack).collect()
    }

    fn alternative(&self) -> Option<Lack> {
        let operator = self.policy.grant.operator.get().filter(|at| *at.value == Operator::Or)?;
        if access::controls(self.policy).len() < 2 {
            return None;
        }
        let help = format!("write `{}`", self.policy.spelling.assignment("operator", "\"AND\""));
        let lack = self.lack("is only one of several ways in", operator.span, "one of them is enough", help);
        Some(Lack { level: Level::Warn, ..lack })
    }

    /// The newer control asks people to sign in again by itself.
    fn frequency(&self) -> Option<Lack> {
        let session = &self.policy.session;
        if self.control != Control::PasswordChange || !session.unsettled.is_empty() {
            return None;
        }
        let help = "set the sign-in frequency to `everyTime`".to_owned();
        let message = "lacks a sign-in every time";
        let Some(frequency) = &session.sign_in_frequency else {
            let span = session.key.unwrap_or(self.span);
            let lack = self.lack(message, span, "no sign-in frequency is set", help);
            return Some(Lack { level: Level::Note, ..lack });
        };
        let decided = frequency.enabled.unresolved().is_none()
            && frequency.interval.unresolved().is_none()
            && matches!(&frequency.value, Fact::Written(at) if matches!(at.value, Given::Known(_)));
        let timed =
            frequency.interval.get().is_none_or(|interval| *interval.value == FrequencyInterval::TimeBased);
        let lack = self.lack(message, frequency.key, "only after a time", help);
        (decided && timed).then_some(Lack { level: Level::Warn, ..lack })
    }
}
