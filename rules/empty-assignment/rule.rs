//! A policy that does not say whom or what it is about.

use crate::access;
use crate::policy::Truth;
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &EmptyAssignment;

struct EmptyAssignment;

impl Rule for EmptyAssignment {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("empty-assignment"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            // A module that waits for its name waits for whom and what it is about too.
            if policy.display_name.unresolved().is_some() {
                continue;
            }
            let nothing = access::names_target(policy) == Truth::No;
            // Service principals that are left out of nothing are a fault of their own.
            let nobody =
                !access::names_somebody(policy) && policy.workloads.exclude_service_principals.is_empty();
            if nothing || nobody {
                findings.extend(self.finding(policy, nothing, nobody));
            }
        }
    }
}

impl EmptyAssignment {
    fn finding(&self, policy: &Policy, nothing: bool, nobody: bool) -> Option<Finding> {
        let (users, apps) = (&policy.users, &policy.applications);
        let elsewhere = policy.conditions.key.unwrap_or(policy.head);
        let users_at = users.include_users.key.or(users.key).unwrap_or(elsewhere);
        let apps_at = apps.include.key.or(apps.key).unwrap_or(elsewhere);
        let places = [(nobody, "nobody is named", users_at), (nothing, "nothing is named", apps_at)];
        let places = places.into_iter().filter(|(missing, ..)| *missing);
        let places: Vec<_> = places.map(|(_, label, span)| At::new(label, span)).collect();
        let (message, place) = match (nothing, nobody) {
            (true, true) => ("policy names neither users nor target resources", "conditions"),
            (true, false) => ("policy names no target resource", "conditions.applications"),
            (false, _) => ("policy names no users", "conditions.users"),
        };
        // A list that is written and empty was meant so; one that is missing may be left to a tool.
        let exported = !policy.created.is_absent();
        let refused = nothing && apps.include.key.is_some() && !exported;
        let level = if refused { Level::Error } else { Level::Warn };
        let note = if exported {
            "it applies to no sign-in, and cannot be created again like this"
        } else if nothing {
            "Microsoft Graph refuses it with error 1011"
        } else {
            "it applies to no sign-in; Microsoft Graph asks for a rule for users, be it `None`"
        };
        let members = [(nobody, "includeUsers"), (nothing, "includeApplications")];
        let members = members.into_iter().filter(|(missing, _)| *missing);
        let members: Vec<_> =
            members.map(|(_, name)| format!("`{}`", policy.spelling.member(name))).collect();
        let help = format!("fill in {}, or write `None` there until it is decided", members.join(" and "));
        let found = any_state::finding_at(self.meta(), policy, level, message, &places)?;
        Some(found.place(place).note(note).help(help))
    }
}
