//! An entry in a role list that is no built-in role.

use crate::policy::{Principal, ids};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &RoleThatNeverMatches;

struct RoleThatNeverMatches;

impl Rule for RoleThatNeverMatches {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("role-that-never-matches"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let users = &policy.users;
            for (list, place) in [
                (&users.include_roles, "conditions.users.includeRoles"),
                (&users.exclude_roles, "conditions.users.excludeRoles"),
            ] {
                let places: Vec<_> = list
                    .known()
                    .filter_map(|role| match role.value {
                        Principal::Token(_) => Some(At::new("a word, where ids belong", role.span)),
                        Principal::Id(id) if ids::roles::name(id).is_none() => {
                            Some(At::new("not the template id of a known role", role.span))
                        }
                        Principal::Id(_) | Principal::Name(_) => None,
                    })
                    .collect();
                let message = "what is listed is no built-in role that is known here";
                let found = any_state::finding_at(self.meta(), policy, Level::Warn, message, &places);
                findings.extend(found.map(|found| {
                    found
                        .certainty(Certainty::Likely)
                        .place(place)
                        .note(
                            "policies know built-in roles by their template id; Microsoft Graph may refuse another \
                             id, and a custom role matches nobody",
                        )
                        .help(
                            "write the template id from the list of built-in roles, not the object id in the tenant; for a \
                             custom role, use a group that holds it",
                        )
                }));
            }
        }
    }
}
