//! A policy that blocks all users from all apps but a list.

use crate::access::{self, BaselineScopes, Demand, Relief};
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &BlockAllButSomeApps;

struct BlockAllButSomeApps;

impl Rule for BlockAllButSomeApps {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("block-all-but-some-apps"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Demand::Block(block) = access::demand(policy, access.assume) else { continue };
            let left_out = access::app_exclusions(policy);
            let Some(first) = left_out.first() else { continue };
            let Some(everyone) = shared::covers_everything(policy, access) else { continue };
            findings.push(self.finding(policy, access, block, *first, &everyone));
        }
    }
}

impl BlockAllButSomeApps {
    fn finding(
        &self,
        policy: &Policy,
        access: &Access<'_>,
        block: Span,
        spared: Span,
        everyone: &shared::Everyone,
    ) -> Finding {
        let exclusions = access::exclusions(policy, &access.emergency);
        let level = match exclusions.relief() {
            Relief::Nobody => Level::Error,
            Relief::OnlyEmergency | Relief::More => Level::Warn,
        };
        let scopes = match access.assume.baseline_scopes {
            BaselineScopes::Enforced => "even sign-ins to the apps left out that read the user's profile",
            BaselineScopes::Legacy => {
                "every sign-in to the apps left out that reads more than the user's profile"
            }
        };
        let message = "policy blocks every user from all apps but some, and breaks those too";
        let finding = finding(self.meta(), policy, level, message, Label::new(block, "access is blocked"))
            .label(spared, "leaving apps out does not spare what they call")
            .place("conditions.applications.excludeApplications")
            .codes(&[shared::BLOCKED])
            .note(format!(
                "Microsoft Graph and other foundations cannot be left out, so the admin centers, the command line \
                 and {scopes} are refused with {}",
                shared::BLOCKED
            ))
            .help(format!(
                "block named apps or named groups instead, or require assignment on the apps{}",
                shared::and_exclude(policy, access, &exclusions)
            ));
        shared::finish(finding, policy, access, everyone, &exclusions, "only these get in")
    }
}
