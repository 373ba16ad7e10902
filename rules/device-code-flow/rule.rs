//! Device code flow that is not blocked.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::{Coverage, asking_for};

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("device-code-flow"),
        family: Family::Coverage,
        level: Level::Warn,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::DeviceCode,
    message: "some sign-ins by device code flow get in",
    unsure: "could not confirm that device code flow is blocked",
    how: " with a code that was entered on another device",
    missing: "no enabled policy is about device code flow",
    whom: "all users",
    met: "is met in device code flow",
    help: |spelling| {
        let flow = spelling.assignment("transferMethods", "\"deviceCodeFlow\"");
        format!("`{flow}` and {}", asking_for(spelling, "block"))
    },
};
