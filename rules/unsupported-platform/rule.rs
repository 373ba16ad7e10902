//! A control for client apps on platforms that do not have it.

use crate::access;
use crate::policy::Truth;
use crate::policy::words::{Platform, Word as _};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &UnsupportedPlatform;

struct UnsupportedPlatform;

impl Rule for UnsupportedPlatform {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unsupported-platform"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        findings.extend(access.judged().filter_map(|policy| self.finding(policy)));
    }
}

/// Platforms that cannot be chosen beside a control for client apps. Source: Microsoft Entra documentation,
/// "Conditions".
const UNSUPPORTED: [Platform; 2] = [Platform::MacOs, Platform::Linux];

/// Whether this rule reports a policy.
pub(super) fn is_reported(policy: &Policy) -> bool {
    UnsupportedPlatform.finding(policy).is_some()
}

impl UnsupportedPlatform {
    fn finding(&self, policy: &Policy) -> Option<Finding> {
        let control = access::app_control_needed(policy)?;
        let pair = policy.conditions.platforms.as_ref()?;
        let included = &pair.include;
        // Where nothing else is listed nobody can meet the control, which is more than a refusal and reported so.
        included.find(|platform| !UNSUPPORTED.contains(platform) && *platform != Platform::WindowsPhone)?;
        let stays = |platform: &Platform| pair.exclude.contains(platform) == Truth::No;
        let listed: Vec<_> = included
            .known()
            .filter(|platform| UNSUPPORTED.contains(platform.value) && stays(platform.value))
            .collect();
        let places: Vec<_> =
            listed.iter().map(|platform| At::new("does not have this control", platform.span)).collect();
        let names: Vec<_> = listed.iter().map(|platform| format!("`{}`", platform.value.as_str())).collect();
        let control_name = control.value.as_str();
        let message = format!("`{control_name}` is needed on a platform that does not have it");
        let found = any_state::finding_at(self.meta(), policy, Level::Error, &message, &places)?;
        Some(
            found
                .label(control.span, "no way around it")
                .place("conditions.platforms")
                .note(
                    "Microsoft Entra does not take macOS or Linux beside this control where it is the only one, or all \
                     are needed; people on them could not sign in",
                )
                .help(format!(
                    "take {} out of `{}`, or let `compliantDevice` be enough with the operator `OR`",
                    names.join(" and "),
                    policy.spelling.member("includePlatforms")
                )),
        )
    }
}
