//! Security information that can be registered with one factor.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::{Coverage, asking_for};

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("unprotected-registration"),
        family: Family::Coverage,
        level: Level::Warn,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::Registration,
    message: "security information can be registered with a password alone",
    unsure: "could not confirm that registering security information is protected",
    how: " with a single factor",
    missing: "no enabled policy is about registering security information",
    whom: "all users but guests",
    met: "is enough, without a second factor",
    help: |spelling| {
        let action = spelling.assignment("includeUserActions", "[\"urn:user:registersecurityinfo\"]");
        let places = spelling.assignment("excludeLocations", "[\"AllTrusted\"]");
        format!(
            "`{action}` and {} (new people then need a Temporary Access Pass, or a trusted network that `{places}` \
             leaves out)",
            asking_for(spelling, "mfa")
        )
    },
};
