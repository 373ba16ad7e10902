//! Legacy clients that get in.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::{Coverage, asking_for};

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("legacy-authentication"),
        family: Family::Coverage,
        level: Level::Warn,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::LegacyClient,
    message: "some sign-ins with legacy authentication get in",
    unsure: "could not confirm that legacy authentication is blocked",
    how: " with a password alone",
    missing: "no enabled policy is about legacy clients",
    whom: "all users",
    met: "is met by a legacy client",
    help: |spelling| {
        let clients = spelling.assignment("clientAppTypes", "[\"exchangeActiveSync\", \"other\"]");
        format!("`{clients}` and {}", asking_for(spelling, "block"))
    },
};
