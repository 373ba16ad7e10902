//! Members who get in without multifactor authentication.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::{Coverage, asking_for_mfa};

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("sign-in-without-mfa"),
        family: Family::Coverage,
        level: Level::Warn,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::SignInWithoutMfa,
    message: "some people get in without multifactor authentication",
    unsure: "could not confirm that everybody is asked for multifactor authentication",
    how: " with a single factor",
    missing: "no enabled policy generally asks for multifactor authentication",
    whom: "all users",
    met: "is enough, without a second factor",
    help: asking_for_mfa,
};
