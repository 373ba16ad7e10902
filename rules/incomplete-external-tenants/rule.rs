//! External users whose kinds and home tenants do not fit together.

use crate::policy::Guests;
use crate::policy::words::{GuestType, MembershipKind};
use crate::rule::prelude::*;
use crate::rules::any_state;

pub(super) static RULE: &dyn Rule = &IncompleteExternalTenants;

struct IncompleteExternalTenants;

impl Rule for IncompleteExternalTenants {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("incomplete-external-tenants"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let users = &policy.users;
            for (guests, place) in [
                (&users.include_guests, "conditions.users.includeGuestsOrExternalUsers"),
                (&users.exclude_guests, "conditions.users.excludeGuestsOrExternalUsers"),
            ] {
                let Some(fault) = guests.as_ref().and_then(fault) else { continue };
                let label = Label::new(fault.span.unwrap_or(policy.head), fault.label);
                findings.push(
                    any_state::finding(self.meta(), policy, Level::Warn, fault.message, label)
                        .place(place)
                        .note("Microsoft Graph takes the kinds of external users and their home tenants only together")
                        .help(fault.help),
                );
            }
        }
    }
}

struct Fault {
    span: Option<Span>,
    label: &'static str,
    message: &'static str,
    help: &'static str,
}

fn fault(guests: &Guests) -> Option<Fault> {
    let kind = guests.membership.get();
    let no_kinds = guests.types.is_known() && guests.types.known().all(|kind| *kind.value == GuestType::None);
    if no_kinds && !(guests.tenants.is_empty() && kind.is_none()) {
        return Some(Fault {
            span: guests.key,
            label: "no kind of external user is named",
            message: "home tenants are named without a kind of external user",
            help: "name the kinds in `guestOrExternalUserTypes`, such as `b2bCollaborationGuest`, or remove the object",
        });
    }
    let kind = kind?;
    match (*kind.value, guests.tenants.items.first()) {
        (MembershipKind::Enumerated, None) if guests.tenants.open.is_none() => Some(Fault {
            span: Some(kind.span),
            label: "no tenant is listed",
            message: "external users of listed tenants are meant, and none is listed",
            help: "list the tenant ids in `members`, or write `all` for every tenant",
        }),
        (MembershipKind::All, Some(tenant)) => Some(Fault {
            span: Some(tenant.span),
            label: "a single tenant",
            message: "tenants are listed although external users of every tenant are meant",
            help: "write `enumerated` as the membership kind, or remove the list",
        }),
        _ => None,
    }
}
