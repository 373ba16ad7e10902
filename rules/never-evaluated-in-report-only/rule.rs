//! A user action in report-only.

use crate::policy::words::State;
use crate::rule::prelude::*;
use crate::rules::any_state;

pub(super) static RULE: &dyn Rule = &NeverEvaluatedInReportOnly;

struct NeverEvaluatedInReportOnly;

impl Rule for NeverEvaluatedInReportOnly {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("never-evaluated-in-report-only"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        findings.extend(access.judged().filter_map(|policy| self.finding(policy)));
    }
}

impl NeverEvaluatedInReportOnly {
    fn finding(&self, policy: &Policy) -> Option<Finding> {
        let state = policy.state.get().filter(|state| *state.value == State::ReportOnly)?;
        let action = policy.applications.user_actions.known().next()?;
        let message = "policy on a user action is not evaluated in report-only";
        Some(
            any_state::finding(
                self.meta(),
                policy,
                Level::Warn,
                message,
                Label::new(state.span, "reports nothing"),
            )
            .label(action.span, "a user action")
            .place("state")
            .note("the sign-in logs stay empty, which looks as if nobody were affected")
            .help(format!(
                "try it out on a group of testers with `{}` instead",
                policy.spelling.assignment("state", "\"enabled\"")
            )),
        )
    }
}
