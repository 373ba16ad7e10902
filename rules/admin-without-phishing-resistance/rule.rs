//! Administrators who get in with methods that can be phished.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::Coverage;

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("admin-without-phishing-resistance"),
        family: Family::Coverage,
        level: Level::Warn,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::AdministratorPhished,
    message: "some administrators get in with methods that can be phished",
    unsure: "could not confirm that administrators need methods that resist phishing",
    how: " with a method that can be phished",
    missing: "no enabled policy generally asks for a method that resists phishing",
    whom: "administrators",
    met: "is met by methods that can be phished",
    help: |spelling| {
        let strength = spelling.member("authenticationStrength");
        format!(
            "an `{strength}` of `00000000-0000-0000-0000-000000000004`, phishing-resistant MFA, once each of them has registered a passkey or a certificate"
        )
    },
};
