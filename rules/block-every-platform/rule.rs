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
            let all = platforms_written(policy).and_then(|platforms| {
                let (everyone, block) = shared::blocks_everything(policy, access)?;
                Some((everyone, block, platforms))
            });
            let each = || shared::blocks_recognised_platforms(policy, access);
            let each_named = all.is_none();
            let Some((everyone, block, platforms)) = all.or_else(each) else { continue };
            let exclude = policy
                .spelling
                .assignment("excludePlatforms", r#"["android", "iOS", "windows", "macOS", "linux"]"#);
            let (message, label, narrower) = if each_named {
                (
                    "policy blocks every user from every app on every recognised platform",
                    "every platform that people have",
                    "take the platforms in use out of the list".to_owned(),
                )
            } else {
                (
                    "policy blocks every user from every app on every platform",
                    "on every platform, which narrows nothing",
                    format!(
                        "leave out the platforms in use, `{exclude}`, so that only platforms that are not recognised \
                         are blocked"
                    ),
                )
            };
            findings.push(
                shared::block_finding(self.meta(), policy, access, message, &everyone, block, &narrower)
                    .label(platforms, label),
            );
        }
    }
}
