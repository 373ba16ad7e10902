//! A policy that blocks all users from all apps on "all platforms", which narrows nothing.

use crate::access::platforms_written;
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &BlockEveryPlatform;

struct BlockEveryPlatform;

impl Rule for BlockEveryPlatform {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("block-every-platform"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Some(platforms) = platforms_written(policy) else { continue };
            let Some((everyone, block)) = shared::blocks_everything(policy, access) else { continue };
            let message = "policy blocks every user from every app on every platform";
            let narrower = format!(
                "leave out the platforms in use, `{}`, so that only platforms that are not recognised are blocked",
                policy
                    .spelling
                    .assignment("excludePlatforms", r#"["android", "iOS", "windows", "macOS", "linux"]"#)
            );
            findings.push(
                shared::block_finding(self.meta(), policy, access, message, &everyone, block, &narrower)
                    .label(platforms, "on every platform, which narrows nothing"),
            );
        }
    }
}
