//! Named locations as Microsoft Graph has them.
//!
//! Source: Microsoft Graph reference, resource types `ipNamedLocation`, `countryNamedLocation` and the others
//! derived from `namedLocation`.

use super::reader::{Reader, member, text_value};
use crate::policy::{Fact, Given, List, LocationKind, NamedLocation, Unresolved, Why, ids, same_member};
use crate::source::{At, Span};
use crate::syntax::{Map, Member, Node, Value};

/// Members that only a named location has, and the kind they tell.
const MARKS: &[(&str, LocationKind)] = &[
    ("ipRanges", LocationKind::Ip),
    ("ipv4Ranges", LocationKind::Ip),
    ("ipv6Ranges", LocationKind::Ip),
    ("countriesAndRegions", LocationKind::Country),
    ("compliantNetworkType", LocationKind::CompliantNetwork),
    ("privateLinkResourcePolicyIds", LocationKind::Other),
    ("serviceTags", LocationKind::Other),
];

fn kind(map: &Map<'_>) -> Option<LocationKind> {
    MARKS.iter().find(|(mark, _)| member(map, mark).is_some()).map(|(_, kind)| *kind)
}

/// Whether an object is a named location.
pub(super) fn is_location(map: &Map<'_>) -> bool {
    kind(map).is_some() && (member(map, "displayName").is_some() || member(map, "id").is_some())
}

/// Reads a named location. Members that no kind has are left alone: tools add many, and none changes what
/// the location covers.
pub(super) fn read(whole: Span, map: &Map<'_>, reader: &mut Reader) -> NamedLocation {
    let mut location = NamedLocation {
        whole,
        id: Fact::Absent,
        display_name: Fact::Absent,
        is_trusted: Fact::Absent,
        ip_ranges: List::default(),
        countries: List::default(),
        include_unknown_countries: Fact::Absent,
        country_lookup: Fact::Absent,
        kind: kind(map).unwrap_or(LocationKind::Other),
    };
    for member in &map.members {
        let is = |name| same_member(&member.key.value, name);
        if is("id") {
            location.id = reader.text_fact(&member.value);
            if let Fact::Written(At { value: Given::Known(id), .. }) = &mut location.id {
                id.make_ascii_lowercase();
            }
        } else if is("displayName") {
            location.display_name = reader.text_fact(&member.value);
        } else if is("isTrusted") {
            location.is_trusted = reader.bool_fact(&member.value);
        } else if is("countriesAndRegions") {
            location.countries = reader.texts(member);
        } else if is("includeUnknownCountriesAndRegions") {
            location.include_unknown_countries = reader.bool_fact(&member.value);
        } else if is("countryLookupMethod") {
            location.country_lookup = reader.word_fact(&member.value);
        } else if is("ipRanges") || is("ipv4Ranges") || is("ipv6Ranges") {
            let more = ranges(member);
            location.ip_ranges.key = location.ip_ranges.key.or(more.key);
            location.ip_ranges.items.extend(more.items);
            location.ip_ranges.open = location.ip_ranges.open.take().or(more.open);
        }
    }
    location
}

/// The ranges, each an object with `cidrAddress` or, in some exports, the text itself.
fn ranges(member: &Member<'_>) -> List<String> {
    let mut list = List { key: Some(member.key.span), ..List::default() };
    match &member.value.value {
        Value::Null => {}
        Value::List(items) => list.items.extend(items.iter().map(|item| At::new(range(item), item.span))),
        Value::Map(_) => list.items.push(At::new(range(&member.value), member.value.span)),
        _ => {
            let text = member.value.as_text().unwrap_or(member.value.kind()).to_owned();
            list.open = Some(Box::new(At::new(Unresolved { text, why: Why::WrongType }, member.value.span)));
        }
    }
    list
}

fn range(item: &Node<'_>) -> Given<String> {
    let text = match &item.value {
        Value::Text(text) => Some(&**text),
        Value::Map(map) => member(map, "cidrAddress").and_then(Node::as_text),
        _ => None,
    };
    match text {
        Some(text) if ids::is_placeholder(text) => text_value(text),
        Some(text) => Given::Known(text.to_owned()),
        None => Given::Unresolved(Unresolved { text: item.kind().to_owned(), why: Why::WrongType }),
    }
}
