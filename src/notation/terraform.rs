//! Policies and named locations as Terraform resources.
//!
//! Sources: documentation of the providers hashicorp/azuread, deploymenttheory/microsoft365,
//! terraprovider/microsoft365wp and microsoft/msgraph.

use std::borrow::Cow;

use super::reader::{Reader, member};
use super::{Harvest, graph, location};
use crate::policy::words::State;
use crate::policy::{Fact, Format, List, LocationKind, NamedLocation, Policy, ids};
use crate::source::{At, Span};
use crate::syntax::{Map, Node, Value, json, moved};

/// A resource as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Block<'r> {
    /// Its type.
    pub kind: &'r str,
    /// Its address, which names it everywhere.
    pub address: &'r str,
    /// The place of its name.
    pub head: Span,
    /// Its whole place.
    pub whole: Span,
    /// Its arguments and blocks.
    pub body: &'r Node<'r>,
}

const POLICY: [&str; 3] = [
    "azuread_conditional_access_policy",
    "microsoft365_graph_beta_identity_and_access_conditional_access_policy",
    WP_POLICY,
];
/// Where `state` is left out, this resource is report-only.
const WP_POLICY: &str = "microsoft365wp_conditional_access_policy";
const GRAPH: [&str; 2] = ["msgraph_resource", "msgraph_update_resource"];
const AZUREAD_LOCATION: &str = "azuread_named_location";

/// Whether a type of resource can hold a policy or a named location.
#[must_use]
pub fn is_wanted(kind: &str) -> bool {
    POLICY.contains(&kind) || GRAPH.contains(&kind) || kind == AZUREAD_LOCATION || is_graph_location(kind)
}

fn is_graph_location(kind: &str) -> bool {
    kind.starts_with("microsoft365") && kind.ends_with("named_location")
}

/// Takes in what a resource holds.
pub fn read(block: Block<'_>, format: Format, harvest: &mut Harvest) {
    let Some(body) = block.body.as_map() else { return };
    if POLICY.contains(&block.kind) {
        take_policy(block, body, format, harvest);
    } else if block.kind == AZUREAD_LOCATION {
        let mut reader = Reader::new(format, false);
        harvest.named_locations.push(azuread_location(block, body, &mut reader));
        harvest.findings.extend(reader.finish());
    } else if is_graph_location(block.kind) && location::is_location(body) {
        let mut reader = Reader::new(format, false);
        let mut found = location::read(block.whole, body, &mut reader);
        found.id = own_id(block, body);
        harvest.named_locations.push(found);
        harvest.findings.extend(reader.finish());
    } else if GRAPH.contains(&block.kind)
        && posts_policy(body)
        && let Some(body) = member(body, "body")
    {
        match &body.value {
            Value::Map(map) => take_policy(block, map, format, harvest),
            Value::Text(text) => take_text(block, text, body.span, format, harvest),
            _ => {}
        }
    }
}

fn take_policy(block: Block<'_>, body: &Map<'_>, format: Format, harvest: &mut Harvest) {
    let mut reader = Reader::new(format, false);
    let body = without_provider_members(body);
    let name = At::new(block.address.to_owned(), block.head);
    let mut policy: Policy = graph::policy(block.whole, &body, Some(&name), &mut reader);
    if policy.state.is_absent() && block.kind == WP_POLICY {
        policy.state = Fact::known(State::ReportOnly, block.head);
    }
    harvest.take(policy, reader);
}

/// A policy that is a text in JSON; its values have the place of the text.
fn take_text(block: Block<'_>, text: &str, span: Span, format: Format, harvest: &mut Harvest) {
    let tree = json::read(text, span.file);
    if let Some(Value::Map(map)) = tree.roots.first().map(|root| moved(root, span).value) {
        take_policy(block, &map, format, harvest);
    }
}

/// What providers add to a policy and to its parts.
const PROVIDER_MEMBERS: [&str; 3] = ["object_id", "timeouts", "hard_delete"];

fn without_provider_members<'t>(body: &Map<'t>) -> Map<'t> {
    let kept = |key: &Cow<'_, str>| !PROVIDER_MEMBERS.contains(&&**key);
    Map { members: body.members.iter().filter(|member| kept(&member.key.value)).cloned().collect() }
}

/// Whether a request to Microsoft Graph is about a policy. Source: documentation of microsoft/msgraph.
fn posts_policy(body: &Map<'_>) -> bool {
    let url = match member(body, "url").map(|node| &node.value) {
        Some(Value::Text(text) | Value::Unresolved(text)) => text.to_ascii_lowercase(),
        _ => return false,
    };
    let url = url.trim_matches('/');
    let (start, last) = url.rsplit_once('/').unwrap_or(("", url));
    let collection = "conditionalaccess/policies";
    url.ends_with(collection) || (start.ends_with(collection) && !last.is_empty())
}

/// The id policies name a location by: its object id where a state or plan knows it, else the address.
fn own_id(block: Block<'_>, body: &Map<'_>) -> Fact<String> {
    let known = ["object_id", "id"].into_iter().filter_map(|key| body.get(key)?.as_text());
    let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let id = known.map(last).find(|id| ids::is_guid(id));
    Fact::known(id.unwrap_or_else(|| block.address.to_owned()), block.head)
}

fn azuread_location(block: Block<'_>, body: &Map<'_>, reader: &mut Reader) -> NamedLocation {
    let ip = member(body, "ip").and_then(|node| reader.object(node));
    let country = member(body, "country").and_then(|node| reader.object(node));
    let list = |reader: &mut Reader, map: Option<&Map<'_>>, name: &str| {
        let member = map.and_then(|map| map.members.iter().find(|member| member.key.value == name));
        member.map_or_else(List::default, |member| reader.texts(member))
    };
    let fact = |reader: &mut Reader, map: Option<&Map<'_>>, name: &str| {
        map.and_then(|map| map.get(name)).map_or(Fact::Absent, |node| reader.bool_fact(node))
    };
    NamedLocation {
        whole: block.whole,
        id: own_id(block, body),
        display_name: body.get("display_name").map_or(Fact::Absent, |node| reader.text_fact(node)),
        is_trusted: fact(reader, ip, "trusted"),
        ip_ranges: list(reader, ip, "ip_ranges"),
        countries: list(reader, country, "countries_and_regions"),
        include_unknown_countries: fact(reader, country, "include_unknown_countries_and_regions"),
        country_lookup: country
            .and_then(|country| country.get("country_lookup_method"))
            .map_or(Fact::Absent, |node| reader.word_fact(node)),
        kind: match (ip, country) {
            (Some(_), _) => LocationKind::Ip,
            (None, Some(_)) => LocationKind::Country,
            (None, None) => LocationKind::Other,
        },
    }
}
