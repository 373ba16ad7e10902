//! An entry that a policy takes in and leaves out again.

use crate::policy::words::Platform;
use crate::policy::{App, AppToken, List, Location, LocationToken, Principal, Truth, UserToken};
use crate::rule::prelude::*;
use crate::rules::{any_state, together};

pub(super) static RULE: &dyn Rule = &ExcludedAndIncluded;

struct ExcludedAndIncluded;

impl Rule for ExcludedAndIncluded {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("excluded-and-included"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let found = twice(policy);
            let Some(((included, excluded), rest)) = found.split_first() else { continue };
            if together::never_applies(policy, access) {
                continue;
            }
            let message = "the same is included and excluded, and the exclusion wins";
            let label = Label::new(*included, "included");
            let mut finding = any_state::finding(self.meta(), policy, Level::Warn, message, label)
                .label(*excluded, "and excluded")
                .place("conditions")
                .note("whoever or whatever stands in both lists is left out")
                .help("remove it from the list it does not belong to");
            for (included, excluded) in rest {
                finding = finding.label(*included, "included too").label(*excluded, "and excluded");
            }
            findings.push(finding);
        }
    }
}

/// Every entry that stands in a list and in its counterpart, with both places.
fn twice(policy: &Policy) -> Vec<(Span, Span)> {
    let (users, applications, workloads) = (&policy.users, &policy.applications, &policy.workloads);
    let everyone = Principal::Token(UserToken::All);
    let mut found = both(&users.include_users, &users.exclude_users, &everyone);
    found.extend(both(&users.include_groups, &users.exclude_groups, &everyone));
    found.extend(both(&users.include_roles, &users.exclude_roles, &everyone));
    found.extend(both(&applications.include, &applications.exclude, &App::Token(AppToken::All)));
    let all = "ServicePrincipalsInMyTenant".to_owned();
    let principals = &workloads.exclude_service_principals;
    found.extend(both(&workloads.include_service_principals, principals, &all));
    if let Some(pair) = &policy.conditions.platforms {
        found.extend(both(&pair.include, &pair.exclude, &Platform::All));
    }
    if let Some(pair) = &policy.conditions.locations {
        found.extend(both(&pair.include, &pair.exclude, &Location::Token(LocationToken::All)));
    }
    found
}

/// Where all are taken in, what else is listed has no effect anyway.
fn both<T: PartialEq>(include: &List<T>, exclude: &List<T>, all: &T) -> Vec<(Span, Span)> {
    if include.contains(all) == Truth::Yes {
        return Vec::new();
    }
    let pair = |one: crate::source::At<&T>| {
        let other = exclude.find(|other| other == one.value)?;
        Some((one.span, other.span))
    };
    include.known().filter_map(pair).collect()
}
