//! What comes of the locations that a policy names.
//!
//! Sources: Microsoft Entra documentation, "Network" and "Enable compliant network check with Conditional Access".

use super::addresses::{is_ipv4_alone, is_vacant};
use crate::policy::words::CountryLookup;
use crate::policy::{
    Location, LocationKind, LocationToken, NamedLocation, Pair, Policy, PolicySet, Truth, ids,
};
use crate::source::{At, Span};

/// The named location of an id or name.
pub(super) fn named_location<'s>(set: &'s PolicySet, id: &str) -> Option<&'s NamedLocation> {
    set.named_locations
        .iter()
        .find(|known| known.id.get().is_some_and(|own| own.value.eq_ignore_ascii_case(id)))
}

/// The ids of the trusted named locations.
pub(super) fn trusted_locations(set: &PolicySet) -> impl Iterator<Item = &str> {
    let trusted = set.named_locations.iter().filter(|it| it.is_trusted.get().is_some_and(|it| *it.value));
    trusted.filter_map(|location| location.id.get().map(|id| id.value.as_str()))
}

/// Why a location that a policy leaves out spares nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vacancy {
    /// It lists no address and no country.
    Empty,
    /// It lists addresses of private networks alone.
    Private,
    /// It stands for the trusted locations, and nobody is in a trusted one of those that are told. The trusted IPs of
    /// the old MFA settings may hold somebody, which no file shows.
    NoneTrusted,
    /// Named locations are told, and it is not among them.
    Untold,
}

/// The locations that a policy over every network leaves out, where all of them spare nobody, as far as the files
/// tell; none otherwise. Source: Microsoft Entra documentation, "Network".
#[must_use]
pub fn vacancies<'s>(policy: &Policy, set: &'s PolicySet) -> Vec<(At<Vacancy>, Option<&'s NamedLocation>)> {
    let Some(pair) = outside(policy).filter(|pair| pair.exclude.is_known()) else { return Vec::new() };
    let found: Option<Vec<_>> = pair.exclude.known().map(|at| vacancy(at, set)).collect();
    found.unwrap_or_default()
}

fn vacancy<'s>(
    location: At<&Location>,
    set: &'s PolicySet,
) -> Option<(At<Vacancy>, Option<&'s NamedLocation>)> {
    let (vacancy, known) = match location.value {
        Location::Token(LocationToken::All) => return None,
        Location::Token(LocationToken::AllTrusted) => {
            (none_is_trusted(set).then_some(Vacancy::NoneTrusted)?, None)
        }
        // Exports show neither the old trusted IPs nor, always, the compliant network.
        Location::Id(id) if [ids::ZERO_ID, ids::COMPLIANT_NETWORK].contains(&id.as_str()) => return None,
        Location::Id(id) | Location::Name(id) => match named_location(set, id) {
            Some(known) if known.is_empty() == Truth::Yes => (Vacancy::Empty, Some(known)),
            Some(known) => ((is_vacant(known) == Truth::Yes).then_some(Vacancy::Private)?, Some(known)),
            None => ((ids::is_guid(id) && are_exported(set)).then_some(Vacancy::Untold)?, None),
        },
    };
    Some((At::new(vacancy, location.span), known))
}

/// Where a policy over every network leaves out the compliant network and no other place. Source: Microsoft Entra
/// documentation, "Enable compliant network check with Conditional Access".
#[must_use]
pub fn compliant_network_alone(policy: &Policy, set: &PolicySet) -> Option<Span> {
    let exclude = &outside(policy)?.exclude;
    let is_compliant = |location: &Location| match location {
        Location::Token(_) => false,
        Location::Id(id) | Location::Name(id) => match named_location(set, id) {
            Some(known) => known.kind == LocationKind::CompliantNetwork,
            None => id == ids::COMPLIANT_NETWORK,
        },
    };
    let alone = exclude.is_known() && exclude.known().all(|at| is_compliant(at.value));
    exclude.known().next().filter(|_| alone).map(|at| at.span)
}

/// Whose addresses a location may lack although they are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// Who comes over IPv6: it lists addresses of IPv4 alone.
    Ipv6,
    /// Who comes from an address of no known country.
    UnknownCountry,
}

/// The locations that a policy over every network leaves out, with what they lack; none where one lacks nothing, or
/// does not tell.
#[must_use]
pub fn unlisted<'s>(policy: &Policy, set: &'s PolicySet) -> Vec<(At<Unlisted>, &'s NamedLocation)> {
    let Some(pair) = outside(policy).filter(|pair| pair.exclude.is_known()) else { return Vec::new() };
    let lacking = |at: At<&Location>| {
        let (Location::Id(id) | Location::Name(id)) = at.value else { return None };
        let known = named_location(set, id)?;
        let whose = match known.kind {
            LocationKind::Ip if is_ipv4_alone(known) => Unlisted::Ipv6,
            LocationKind::Country if spares_unknown_countries(known) == Truth::No => Unlisted::UnknownCountry,
            _ => return None,
        };
        Some((At::new(whose, at.span), known))
    };
    let found: Option<Vec<_>> = pair.exclude.known().map(lacking).collect();
    found.unwrap_or_default()
}

fn spares_unknown_countries(location: &NamedLocation) -> Truth {
    match location.include_unknown_countries.get() {
        Some(at) => Truth::from(*at.value),
        None if location.include_unknown_countries.is_absent() => Truth::No,
        None => Truth::Unknown,
    }
}

/// Whether the position of a phone decides, and not the address.
pub(super) fn is_by_position(location: &NamedLocation) -> bool {
    location.country_lookup.get().is_some_and(|lookup| *lookup.value == CountryLookup::Gps)
}

/// The named locations of a policy in which the position of a phone decides, with where the policy names them.
#[must_use]
pub fn by_position<'s>(policy: &Policy, set: &'s PolicySet) -> Vec<(Span, &'s NamedLocation)> {
    let lists = policy.conditions.locations.iter().flat_map(|pair| [&pair.include, &pair.exclude]);
    let named = lists.flat_map(|list| list.known()).filter_map(|at| match at.value {
        Location::Id(id) | Location::Name(id) => Some((at.span, named_location(set, id)?)),
        Location::Token(_) => None,
    });
    named.filter(|(_, known)| is_by_position(known)).collect()
}

/// The locations of a policy that takes in every network.
fn outside(policy: &Policy) -> Option<&Pair<Location>> {
    let pair = policy.conditions.locations.as_ref()?;
    let every = pair.include.find(|location| *location == Location::Token(LocationToken::All));
    every.map(|_| pair)
}

/// Whether named locations are told, and nobody is in a trusted one.
fn none_is_trusted(set: &PolicySet) -> bool {
    let untrusted = |location: &NamedLocation| match location.is_trusted.get() {
        Some(trusted) => !*trusted.value || is_vacant(location) == Truth::Yes,
        None => location.is_trusted.is_absent(),
    };
    !set.named_locations.is_empty() && set.named_locations.iter().all(untrusted)
}

/// Whether named locations are told by an export, with the ids they have in the tenant.
fn are_exported(set: &PolicySet) -> bool {
    let has_id = |location: &NamedLocation| location.id.get().is_some_and(|id| ids::is_guid(id.value));
    !set.named_locations.is_empty() && set.named_locations.iter().all(has_id)
}
