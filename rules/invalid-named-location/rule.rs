//! Named locations that the service does not take, or that no sign-in comes from.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::access::{self, Unreachable};
use crate::policy::NamedLocation;
use crate::rule::prelude::*;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &InvalidNamedLocation;

/// Source: Microsoft Entra documentation, "Network": masks longer than this alone are allowed.
const WIDEST: u8 = 8;
/// Source: Microsoft Entra documentation, "Network".
const MOST_RANGES: usize = 2000;
/// Source: Microsoft Entra documentation, "Network".
const MOST_LOCATIONS: usize = 195;
/// The most places one finding points at.
const SHOWN: usize = 8;

struct InvalidNamedLocation;

impl Rule for InvalidNamedLocation {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("invalid-named-location"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for location in &access.set.named_locations {
            findings.extend(self.ranges(location));
            findings.extend(self.many_ranges(location));
        }
        findings.extend(self.many_locations(&access.set.named_locations));
    }
}

/// What is wrong with a range, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    TooWide,
    Borderline,
    NoRange,
    Unreachable(Unreachable),
}

const FAULTS: [Fault; 5] = [
    Fault::TooWide,
    Fault::Borderline,
    Fault::NoRange,
    Fault::Unreachable(Unreachable::NotPublic),
    Fault::Unreachable(Unreachable::Example),
];

fn fault(range: &str) -> Option<Fault> {
    let Ok(net) = range.trim().parse::<IpNet>() else { return Some(Fault::NoRange) };
    match net.prefix_len() {
        length if length < WIDEST => Some(Fault::TooWide),
        // Private ranges of this size are pointless whether or not they are taken.
        _ if let Some(why) = access::unreachable_range(&net) => Some(Fault::Unreachable(why)),
        WIDEST => Some(Fault::Borderline),
        _ => None,
    }
}

/// Message, label, note and help of a fault.
fn words(fault: Fault) -> [&'static str; 4] {
    match fault {
        Fault::TooWide | Fault::Borderline => [
            "range is wider than a named location can hold",
            "masks longer than /8 are allowed",
            "Microsoft Entra refuses the location, and a policy that names it cannot be deployed",
            "split the range into smaller ones, or, if every network is meant, use `All` in the policy",
        ],
        Fault::NoRange => [
            "text is no IP range",
            "expected an address, a slash and a length",
            "Microsoft Graph takes ranges in CIDR notation, such as 198.51.100.0/24",
            "write the range in CIDR notation; a single address has the length 32, or 128 in IPv6",
        ],
        Fault::Unreachable(Unreachable::NotPublic) => [
            "no sign-in comes from this IP range",
            "private, shared, local or reserved addresses",
            "Microsoft Entra sees the public address through which a network reaches the internet",
            "write the public addresses of the network",
        ],
        Fault::Unreachable(Unreachable::Example) => [
            "no sign-in comes from this IP range",
            "addresses for examples in documents",
            "the range stands for a real one that was not filled in, so nobody is in this location",
            "write the public addresses of the network",
        ],
    }
}

impl InvalidNamedLocation {
    fn ranges(&self, location: &NamedLocation) -> Vec<Finding> {
        let faults: Vec<_> = location
            .ip_ranges
            .known()
            .filter_map(|range| Some(At::new(fault(range.value)?, range.span)))
            .collect();
        let of = |wanted: Fault| {
            let mut places = faults.iter().filter(|fault| fault.value == wanted);
            let first = places.next()?;
            let level = if wanted == Fault::TooWide { Level::Error } else { Level::Warn };
            let [message, label, note, help] = words(wanted);
            let found = Finding::new(self.meta().id.clone(), level, message, Label::new(first.span, label));
            let found = places.take(SHOWN).fold(found, |found, place| found.label(place.span, "here too"));
            Some(named(found, location).place("ipRanges").note(note).help(help))
        };
        FAULTS.into_iter().filter_map(of).collect()
    }

    fn many_ranges(&self, location: &NamedLocation) -> Option<Finding> {
        let past = location.ip_ranges.items.get(MOST_RANGES)?;
        let message = "named location has more than 2,000 IP ranges";
        let label = Label::new(past.span, "the first that is too many");
        let found = Finding::new(self.meta().id.clone(), Level::Error, message, label);
        Some(
            named(found, location)
                .place("ipRanges")
                .note("Microsoft Entra refuses a location with more")
                .help("join neighbouring ranges, or split the location and name each part in the policies"),
        )
    }

    fn many_locations(&self, locations: &[NamedLocation]) -> Option<Finding> {
        let mut ids = BTreeSet::new();
        let mut apart = locations.iter().filter(|location| match location.id.get() {
            Some(id) => ids.insert(id.value),
            None => true,
        });
        let past = apart.nth(MOST_LOCATIONS)?;
        let message = "tenant has more than 195 named locations";
        let label = Label::new(past.whole, "the first that is too many");
        Some(
            Finding::new(self.meta().id.clone(), Level::Warn, message, label)
                .certainty(Certainty::Likely)
                .place("namedLocations")
                .note("Microsoft Entra refuses more, if all these files are of one tenant")
                .help("join locations that policies always name together"),
        )
    }
}

/// The finding with the name of the location, which is all that tells it apart from others.
fn named(found: Finding, location: &NamedLocation) -> Finding {
    match location.display_name.span() {
        Some(name) => found.label(name, "of this named location"),
        None => found,
    }
}
