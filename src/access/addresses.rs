//! The addresses that named locations tell apart.
//!
//! Source: Microsoft Entra documentation, "Network": what counts is the public address that the service sees.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::IpNet;

use crate::policy::{LocationKind, NamedLocation, Truth};

/// Addresses that nobody comes from: private, shared, loopback, link-local and reserved ones.
const NOT_PUBLIC: [&str; 12] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/3",
    "::/3",
    "4000::/2",
    "8000::/1",
];

/// Addresses that documents use for examples. Sources: RFC 5737, RFC 3849, RFC 9637.
const EXAMPLES: [&str; 5] =
    ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"];

/// Why no sign-in comes from a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// Its addresses are private, shared, local or reserved.
    NotPublic,
    /// Its addresses are for examples in documents.
    Example,
}

/// Why no sign-in comes from any address of a range, where that is so.
#[must_use]
pub fn unreachable_range(range: &IpNet) -> Option<Unreachable> {
    static NETS: LazyLock<[Vec<IpNet>; 2]> = LazyLock::new(|| [parsed(&NOT_PUBLIC), parsed(&EXAMPLES)]);
    let [not_public, examples] = &*NETS;
    let lies_in = |nets: &[IpNet]| nets.iter().any(|net| net.contains(range));
    if lies_in(not_public) {
        Some(Unreachable::NotPublic)
    } else if lies_in(examples) {
        Some(Unreachable::Example)
    } else {
        None
    }
}

fn parsed(nets: &[&str]) -> Vec<IpNet> {
    nets.iter().filter_map(|net| net.parse().ok()).collect()
}

/// Whether a location tells its whole extent.
pub(super) fn are_told(location: &NamedLocation) -> bool {
    location.ip_ranges.is_known()
        && location.ip_ranges.known().all(|range| range.value.parse::<IpNet>().is_ok())
}

/// Whether nobody's address lies in a location: it lists none, or addresses of private networks alone, where the
/// service sees the public address behind which they are.
pub(super) fn is_vacant(location: &NamedLocation) -> Truth {
    let listed_none = location.is_empty();
    if location.kind != LocationKind::Ip || listed_none == Truth::Yes || !are_told(location) {
        return listed_none;
    }
    let barred: Vec<IpNet> = NOT_PUBLIC.iter().filter_map(|net| net.parse().ok()).collect();
    let mut ranges = location.ip_ranges.known().filter_map(|range| range.value.parse::<IpNet>().ok());
    ranges.all(|range| barred.iter().any(|barred| barred.contains(&range))).into()
}

/// Whether a location lists addresses of IPv4 and none of IPv6, as far as it tells.
pub(super) fn is_ipv4_alone(location: &NamedLocation) -> bool {
    let mut ranges = location.ip_ranges.known().filter_map(|range| range.value.parse::<IpNet>().ok());
    are_told(location) && !location.ip_ranges.is_empty() && ranges.all(|range| matches!(range, IpNet::V4(_)))
}

/// A range as two numbers, of one family.
type Span = (u128, u128);

fn span(net: &IpNet) -> (bool, Span) {
    match net {
        IpNet::V4(net) => (false, (u32::from(net.network()).into(), u32::from(net.broadcast()).into())),
        IpNet::V6(net) => (true, (net.network().into(), net.broadcast().into())),
    }
}

/// The ranges of one family, in order and apart.
fn merged(nets: &[IpNet], v6: bool) -> Vec<Span> {
    let mut spans: Vec<Span> =
        nets.iter().map(span).filter(|(is_v6, _)| *is_v6 == v6).map(|(_, it)| it).collect();
    spans.sort_unstable();
    let mut apart: Vec<Span> = Vec::new();
    for (start, end) in spans {
        match apart.last_mut() {
            Some(last) if start <= last.1.saturating_add(1) => last.1 = last.1.max(end),
            _ => apart.push((start, end)),
        }
    }
    apart
}

fn holds(spans: &[Span], address: u128) -> bool {
    let at = spans.partition_point(|(start, _)| *start <= address);
    at.checked_sub(1).and_then(|at| spans.get(at)).is_some_and(|(_, end)| address <= *end)
}

/// Public addresses, one for each set of locations that an address can lie in. The first lies in none, where
/// there is such an address.
pub(super) fn cells<'l>(locations: impl Iterator<Item = &'l NamedLocation>) -> Vec<IpAddr> {
    let locations: Vec<Vec<IpNet>> = locations
        .map(|location| location.ip_ranges.known().filter_map(|range| range.value.parse().ok()).collect())
        .collect();
    let not_public = parsed(&NOT_PUBLIC);
    let mut cells: BTreeMap<Vec<bool>, IpAddr> = BTreeMap::new();
    for v6 in [false, true] {
        let barred = merged(&not_public, v6);
        let spans: Vec<_> = locations.iter().map(|nets| merged(nets, v6)).collect();
        let top = if v6 { u128::MAX } else { u32::MAX.into() };
        let ends = spans.iter().flatten().chain(&barred);
        let borders = ends.flat_map(|(start, end)| [Some(*start), end.checked_add(1)]).flatten();
        let mut borders: Vec<u128> = borders.filter(|border| *border <= top).collect();
        borders.sort_unstable();
        borders.dedup();
        for border in borders.into_iter().filter(|border| !holds(&barred, *border)) {
            let inside = spans.iter().map(|spans| holds(spans, border)).collect();
            cells.entry(inside).or_insert_with(|| address(border, v6));
        }
    }
    cells.into_values().collect()
}

fn address(number: u128, v6: bool) -> IpAddr {
    if v6 {
        Ipv6Addr::from(number).into()
    } else {
        Ipv4Addr::from(u32::try_from(number).unwrap_or_default()).into()
    }
}
