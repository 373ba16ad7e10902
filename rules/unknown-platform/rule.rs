//! Platforms that are not recognised and get in.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::{Coverage, asking_for};

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("unknown-platform"),
        family: Family::Coverage,
        level: Level::Note,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::UnknownPlatform,
    message: "some sign-ins from unknown platforms get in",
    unsure: "could not confirm that unknown platforms are blocked",
    how: "",
    missing: "no enabled policy blocks all platforms but the known ones",
    whom: "all users",
    met: "is met on an unknown platform",
    help: |spelling| {
        let all = spelling.assignment("includePlatforms", "[\"all\"]");
        let known = "[\"android\", \"iOS\", \"windows\", \"macOS\", \"linux\"]";
        let known = spelling.assignment("excludePlatforms", known);
        format!("`{all}`, `{known}` and {}", asking_for(spelling, "block"))
    },
};
