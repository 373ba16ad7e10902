//! A policy that blocks all users from all apps.

use crate::access::platforms_written;
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &BlockEveryone;

struct BlockEveryone;

impl Rule for BlockEveryone {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("block-everyone"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            if platforms_written(policy).is_some() {
                continue;
            }
            let Some((everyone, block)) = shared::blocks_everything(policy, access) else { continue };
            let message = "policy blocks every user from every app";
            let narrower = "add a condition that narrows the block, such as client apps, locations or risk";
            findings.push(shared::block_finding(
                self.meta(),
                policy,
                access,
                message,
                &everyone,
                block,
                narrower,
            ));
        }
    }
}
