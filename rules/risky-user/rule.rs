//! People at high risk who get in as they are.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::Coverage;

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("risky-user"),
        family: Family::Coverage,
        level: Level::Warn,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::RiskyUser,
    message: "some people at high user risk get in as they are",
    unsure: "could not confirm that people at high user risk are stopped",
    how: " at high user risk, without remedying it",
    missing: "no enabled policy is about user risk",
    whom: "all users but guests",
    met: "does not remedy the risk",
    help: |spelling| {
        let risks = spelling.assignment("userRiskLevels", "[\"high\"]");
        let operator = spelling.assignment("operator", "\"AND\"");
        let controls = spelling.assignment("builtInControls", "[\"mfa\", \"passwordChange\"]");
        let anew = spelling.assignment("frequencyInterval", "\"everyTime\"");
        format!(
            "`{risks}`, `{operator}`, `{controls}` and `{anew}` (the service accepts that for all apps and without \
             other conditions alone), or with a block in place of these controls"
        )
    },
};
