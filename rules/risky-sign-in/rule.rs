//! Risky sign-ins that are treated like any other.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::{Coverage, asking_for};

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("risky-sign-in"),
        family: Family::Coverage,
        level: Level::Warn,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::RiskySignIn,
    message: "some risky sign-ins get in like any other",
    unsure: "could not confirm that risky sign-ins are blocked or asked again",
    how: " without being asked anew",
    missing: "no enabled policy is about sign-in risk",
    whom: "all users",
    met: "is met without a second factor",
    help: |spelling| {
        let risks = spelling.assignment("signInRiskLevels", "[\"high\", \"medium\"]");
        format!("`{risks}` and {}", asking_for(spelling, "mfa"))
    },
};
