//! Token protection in a policy that covers more than what can meet it.

use crate::access::{self, Unprotected};
use crate::rule::prelude::*;
use crate::sign_in_error::TOKEN_PROTECTION;

pub(super) static RULE: &dyn Rule = &UnscopedTokenProtection;

struct UnscopedTokenProtection;

impl Rule for UnscopedTokenProtection {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unscoped-token-protection"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Some(on) = policy.session.token_protection.get().filter(|on| *on.value) else { continue };
            let beyond = access::beyond_token_protection(policy);
            if beyond.is_empty() {
                continue;
            }
            let preview = beyond.iter().all(|at| at.value == Unprotected::Preview);
            let level = if preview { Level::Note } else { Level::Warn };
            let message = "token protection covers sign-ins that cannot meet it";
            let label = Label::new(on.span, "asked for here");
            let mut found = finding(self.meta(), policy, level, message, label);
            for part in &beyond {
                found = found.label(part.span, words(part.value).0);
            }
            let help: Vec<_> = beyond.iter().map(|part| words(part.value).1).collect();
            findings.push(
                found
                    .place("sessionControls.secureSignInSession")
                    .codes(&[TOKEN_PROTECTION])
                    .note(format!("who signs in from there is refused with {TOKEN_PROTECTION}"))
                    .help(help.join("; ")),
            );
        }
    }
}

/// What is the matter, and what to do.
fn words(part: Unprotected) -> (&'static str, &'static str) {
    match part {
        Unprotected::Clients => (
            "browsers and legacy clients have none",
            "limit the client apps to `mobileAppsAndDesktopClients`",
        ),
        Unprotected::Platforms => ("not every platform has it", "limit the platforms to `windows`"),
        Unprotected::Preview => {
            ("a preview, for managed devices alone", "make sure that every Apple device here is managed")
        }
        Unprotected::Apps => {
            ("not every app supports it", "name Exchange Online, SharePoint Online and Teams by their ids")
        }
    }
}
