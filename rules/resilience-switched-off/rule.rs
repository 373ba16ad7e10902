//! Resilience defaults switched off in a broad policy.

use crate::access;
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &ResilienceSwitchedOff;

struct ResilienceSwitchedOff;

impl Rule for ResilienceSwitchedOff {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("resilience-switched-off"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let off = policy.session.disable_resilience_defaults.get().filter(|off| *off.value);
            let (Some(off), Some(apps)) = (off, access::every_app(policy)) else { continue };
            // It does not go with a sign-in every time, which is a fault of its own.
            if policy.session.sign_in_frequency.as_ref().is_some_and(|every| every.every_time().is_some()) {
                continue;
            }
            let users = &policy.users;
            let by_membership =
                || [&users.include_groups, &users.include_roles].into_iter().find(|list| !list.is_empty());
            let (level, span, who, note) = match (access::everyone(policy), by_membership()) {
                (Some(everyone), _) => (
                    Level::Warn,
                    everyone,
                    "for all users",
                    "while Microsoft Entra has an outage, everybody loses access to every app when the session ends",
                ),
                (None, Some(list)) => (
                    Level::Note,
                    list.key.unwrap_or(policy.head),
                    "membership cannot be looked up in an outage",
                    "while Microsoft Entra has an outage, people outside the group or role lose access too",
                ),
                (None, None) => continue,
            };
            let message = "resilience in an outage is switched off for all apps";
            let label = Label::new(off.span, "sessions are not extended");
            findings.push(
                finding(self.meta(), policy, level, message, label)
                    .label(span, who)
                    .label(apps, "to all apps")
                    .place("sessionControls.disableResilienceDefaults")
                    .note(note)
                    .help("leave the defaults on, or switch them off for single apps that need it"),
            );
        }
    }
}
