//! A text that is no id where ids belong.

use crate::policy::{Given, List, Principal, Unresolved, Why};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &NameForId;

struct NameForId;

impl Rule for NameForId {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("name-for-id"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let places = names(policy);
            let message = "a name where an id belongs may match nobody";
            let found = any_state::finding_at(self.meta(), policy, Level::Warn, message, &places);
            findings.extend(found.map(|found| {
                found
                    .certainty(Certainty::Unverified)
                    .place("conditions")
                    .note(
                        "Microsoft Graph takes ids here and refuses names; what a tool puts in their place was not seen, so \
                         what the policy does for them is left open",
                    )
                    .help("write the id and keep the name in a comment, or let the tool that deploys the policy look it up")
            }));
        }
    }
}

/// Every name in a list of ids. Users, groups and roles that are left out are not looked at: whether an exclusion
/// excludes anybody is a question of its own.
fn names(policy: &Policy) -> Vec<At<&'static str>> {
    let (users, workloads, apps) = (&policy.users, &policy.workloads, &policy.applications);
    let mut found = Vec::new();
    add(&mut found, &users.include_users, "no object id of a user");
    add(&mut found, &users.include_groups, "no object id of a group");
    let words = users.include_groups.known().filter(|group| matches!(group.value, Principal::Token(_)));
    found.extend(words.map(|word| At::new("a word, where object ids of groups belong", word.span)));
    add(&mut found, &users.include_roles, "no template id of a role");
    for guests in [&users.include_guests, &users.exclude_guests].into_iter().flatten() {
        add(&mut found, &guests.tenants, "no tenant id");
    }
    for list in [
        &workloads.include_service_principals,
        &workloads.exclude_service_principals,
        &workloads.include_agents,
        &workloads.exclude_agents,
    ] {
        add(&mut found, list, "no object id of a service principal");
    }
    add(&mut found, &apps.include, "no application id");
    add(&mut found, &apps.exclude, "no application id");
    add(&mut found, &apps.auth_contexts, "no authentication context, `c1` to `c99`");
    if let Some(pair) = &policy.conditions.locations {
        add(&mut found, &pair.include, "no id of a named location");
        add(&mut found, &pair.exclude, "no id of a named location");
    }
    let strength = policy.grant.strength.as_ref().and_then(|strength| strength.id.unresolved());
    let strength = strength.filter(|id| is_name(id.value));
    found.extend(strength.map(|id| At::new("no id of an authentication strength", id.span)));
    add(&mut found, &policy.grant.terms_of_use, "no id of terms of use");
    found
}

fn is_name(what: &Unresolved) -> bool {
    what.why == Why::NameForId
}

fn add<T>(found: &mut Vec<At<&'static str>>, list: &List<T>, label: &'static str) {
    let named =
        list.items.iter().filter(|item| matches!(&item.value, Given::Unresolved(what) if is_name(what)));
    found.extend(named.map(|item| At::new(label, item.span)));
}
