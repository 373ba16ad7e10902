//! A block outside locations that may lack addresses of the people they are meant for.

use crate::access::{self, Demand, Unlisted};
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &AllowedLocationWithGaps;

struct AllowedLocationWithGaps;

impl Rule for AllowedLocationWithGaps {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("allowed-location-with-gaps"),
            family: Family::Lockout,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn is_on(&self) -> bool {
        false
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Demand::Block(block) = access::demand(policy, access.assume) else { continue };
            let gaps = access::unlisted(policy, access.set);
            let Some(((first, _), rest)) = gaps.split_first() else { continue };
            let message = "policy blocks whoever comes from an address that its locations lack";
            let mut found = finding(
                self.meta(),
                policy,
                Level::Note,
                message,
                Label::new(first.span, label(first.value)),
            );
            for (at, _) in rest {
                found = found.label(at.span, label(at.value));
            }
            for (_, known) in &gaps {
                found = found.related(known.whole, "defined here");
            }
            findings.push(
                found
                    .label(block, "access is blocked")
                    .place("conditions.locations.excludeLocations")
                    .codes(&[shared::BLOCKED])
                    .note(note(first.value))
                    .help(help(first.value)),
            );
        }
    }
}

fn label(gap: Unlisted) -> &'static str {
    match gap {
        Unlisted::Ipv6 => "lists addresses of IPv4 alone",
        Unlisted::UnknownCountry => "leaves out addresses of no known country",
    }
}

fn note(gap: Unlisted) -> &'static str {
    match gap {
        Unlisted::Ipv6 => "from the same network, who reaches Microsoft Entra over IPv6 is refused",
        Unlisted::UnknownCountry => {
            "the table of countries does not hold every address, such as new and satellite networks, and who comes from one \
             is refused"
        }
    }
}

fn help(gap: Unlisted) -> &'static str {
    match gap {
        Unlisted::Ipv6 => "add the IPv6 ranges of the network to the location, where it has any",
        Unlisted::UnknownCountry => {
            "set `includeUnknownCountriesAndRegions` to true, where it weighs more to be let in than to be kept out"
        }
    }
}
