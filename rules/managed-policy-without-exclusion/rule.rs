//! A Microsoft-managed policy that will turn itself on and covers emergency access.

use crate::access;
use crate::policy::words::State;
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &ManagedPolicyWithoutExclusion;

struct ManagedPolicyWithoutExclusion;

impl Rule for ManagedPolicyWithoutExclusion {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("managed-policy-without-exclusion"),
            family: Family::Lockout,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            findings.extend(self.finding(policy, access));
        }
    }
}

/// How the names of such policies begin. Nobody can rename them.
const PREFIX: &str = "Microsoft-managed:";

impl ManagedPolicyWithoutExclusion {
    fn finding(&self, policy: &Policy, access: &Access<'_>) -> Option<Finding> {
        let name = policy.display_name.get()?;
        let state = policy.state.get().filter(|state| *state.value == State::ReportOnly)?;
        let is_managed =
            name.value.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
        if !is_managed || shared::is_harmless(policy, access) {
            return None;
        }
        let who = shared::covers_emergency(policy, access)?;
        let exclusions = access::exclusions(policy, &access.emergency);
        let spared =
            if access.emergency.principals.is_empty() { &exclusions.people } else { &exclusions.emergency };
        if !spared.is_empty() || !exclusions.unknown.is_empty() {
            return None;
        }
        let message = "managed policy will be turned on, and does not exclude emergency access";
        let mut found = Finding::new(
            self.meta().id.clone(),
            Level::Note,
            message,
            Label::new(state.span, "stays so for 45 days or longer"),
        )
        .label(who, "emergency access is covered")
        .place("state")
        .note(
            "Microsoft turns a policy of its own on by itself where it is left in report-only; a notice comes 28 days \
             before",
        )
        .help(format!(
            "{}; to opt out, set `{}` to `disabled`",
            shared::exclude(policy, &access.emergency),
            policy.spelling.member("state")
        ));
        found.policy = Some(policy.about());
        Some(found)
    }
}
