//! A location that only a phone with Microsoft Authenticator can prove, where that keeps people out.

use crate::access::{self, Demand, Need};
use crate::policy::NamedLocation;
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &GpsLocation;

struct GpsLocation;

impl Rule for GpsLocation {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("gps-location"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let places = access::by_position(policy, access.set);
            if let Some(place) = places.first() {
                findings.extend(self.finding(policy, access, *place));
            }
        }
    }
}

impl GpsLocation {
    fn finding(
        &self,
        policy: &Policy,
        access: &Access<'_>,
        (place, location): (Span, &NamedLocation),
    ) -> Option<Finding> {
        let label = Label::new(place, "the position of a phone decides");
        let (message, because, help) = if let Some(strength) = passwordless(policy, access) {
            (
                "policy asks for a position and for a method that does not work with it",
                (strength, "met by passwordless methods alone"),
                "let countries be found by address, or let the policy be met with Microsoft Authenticator and a password",
            )
        } else {
            (
                "policy over all apps asks everybody for the position of a phone",
                (access::every_app(policy)?, "to all apps"),
                "let countries be found by address, and keep positions to the few apps that need them",
            )
        };
        let lookup = location.country_lookup.span().unwrap_or(location.whole);
        let blocked = matches!(access::demand(policy, access.assume), Demand::Block(_));
        let codes: &[ErrorCode] = if blocked { &[shared::BLOCKED] } else { &[] };
        Some(
            finding(self.meta(), policy, Level::Warn, message, label)
                .label(because.0, because.1)
                .related(lookup, "looked up by position here")
                .place("conditions.locations")
                .codes(codes)
                .note(
                    "people are asked to share their position in Microsoft Authenticator, every day and in report-only too; \
                     who has no such phone, signs in without a password, or uses a phone that fails its checks does not get in",
                )
                .help(help),
        )
    }
}

/// A strength in a policy that nothing but methods without a password meets.
fn passwordless(policy: &Policy, access: &Access<'_>) -> Option<Span> {
    let Demand::Ways(ways) = access::demand(policy, access.assume) else { return None };
    let [way] = ways.as_slice() else { return None };
    way.iter().find_map(|need| match need.value {
        Need::Strength(strength) => access::is_passwordless(strength, access.set).then_some(need.span),
        _ => None,
    })
}
