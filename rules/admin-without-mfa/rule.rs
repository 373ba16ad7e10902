//! Administrators who get in without multifactor authentication.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::{Coverage, asking_for_mfa};

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("admin-without-mfa"),
        family: Family::Coverage,
        level: Level::Warn,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::AdministratorWithoutMfa,
    message: "some administrators get in without multifactor authentication",
    unsure: "could not confirm that administrators are asked for a second factor",
    how: " with a single factor",
    missing: "no enabled policy generally asks for multifactor authentication",
    whom: "administrators",
    met: "is enough, without a second factor",
    help: asking_for_mfa,
};
