//! A custom control of another company.

use crate::access::{self, Demand, Need};
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &CustomControl;

struct CustomControl;

impl Rule for CustomControl {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("custom-control"),
            family: Family::Hygiene,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Demand::Ways(ways) = access::demand(policy, access.assume) else { continue };
            let Some(control) = ways.iter().flatten().find(|need| matches!(need.value, Need::Custom)) else {
                continue;
            };
            let another = ways.iter().any(|way| !way.iter().any(|need| matches!(need.value, Need::Custom)));
            let note = if another {
                "another way in is left when that company's service fails; a custom control does not count as \
                 multifactor authentication, and Microsoft replaces it with external authentication methods"
            } else {
                "when that company's service fails, everybody this policy covers is refused; a custom control does not \
                 count as multifactor authentication, and Microsoft replaces it with external authentication methods"
            };
            let message = "policy rests on a custom control of another company";
            findings.push(
                finding(
                    self.meta(),
                    policy,
                    Level::Note,
                    message,
                    Label::new(control.span, "a custom control"),
                )
                .place("grantControls.customAuthenticationFactors")
                .note(note)
                .help("register the company as an external authentication method, and ask for `mfa` instead"),
            );
        }
    }
}
