//! Terraform documents in JSON: plans, states and raw state files.
//!
//! Source: Terraform documentation, "JSON Output Format". What is known only after apply stays unresolved; where
//! the configuration says which resource it comes from, it is that resource's, by name. The `*_sensitive`
//! copies of values are not read.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Harvest;
use super::terraform::{Block, is_wanted, read};
use crate::policy::Format;
use crate::policy::directory::Group;
use crate::source::At;
use crate::syntax::{Map, Member, Node, Value};

/// What an unknown value is shown as.
const AFTER_APPLY: &str = "(known after apply)";

/// Takes in what a Terraform document holds; says whether it is one.
pub(super) fn take(root: &Node<'_>, harvest: &mut Harvest) -> bool {
    let Some(map) = root.as_map() else { return false };
    let versioned = map.get("format_version").is_some();
    if versioned {
        emptied_groups(map).into_iter().for_each(|group| group.put_after(harvest));
    }
    if versioned && let Some(planned) = map.get("planned_values").and_then(Node::as_map) {
        let changes = Changes::of(map);
        each_resource(planned, &mut |resource| planned_resource(resource, &changes, harvest));
        true
    } else if versioned && map.get("resource_changes").is_some() {
        let changes = Changes::of(map);
        for change in items(map.get("resource_changes")) {
            changed_resource(change, &changes, harvest);
        }
        true
    } else if versioned && let Some(values) = map.get("values").and_then(Node::as_map) {
        each_resource(values, &mut |resource| {
            if let Some(values) = resource.get("values") {
                take_resource(resource, values, harvest);
            }
        });
        true
    } else if map.get("terraform_version").is_some() && map.get("lineage").is_some() {
        for resource in items(map.get("resources")).filter_map(Node::as_map) {
            raw_state_resource(resource, harvest);
        }
        true
    } else {
        false
    }
}

/// Takes in what a plan says of its resources before it is applied; says whether it is one.
pub(super) fn take_before(root: &Node<'_>, harvest: &mut Harvest) -> bool {
    let Some(map) = root.as_map() else { return false };
    if map.get("format_version").is_none() || map.get("resource_changes").is_none() {
        return false;
    }
    for resource in items(map.get("resource_changes")).filter_map(Node::as_map) {
        let change = resource.get("change").and_then(Node::as_map);
        if let Some(before) =
            change.and_then(|change| change.get("before")).filter(|it| it.as_map().is_some())
        {
            take_resource(resource, before, harvest);
        }
    }
    emptied_groups(map).into_iter().for_each(|group| group.put_before(harvest));
    true
}

/// A group that a plan deletes or leaves without members. Of others a plan does not tell who is in them: members come
/// from elsewhere too.
struct EmptiedGroup {
    id: String,
    name: Option<String>,
    /// Who was in it, where that is told.
    members: Option<BTreeSet<String>>,
    deleted: bool,
}

impl EmptiedGroup {
    fn put_before(self, harvest: &mut Harvest) {
        let group = Group { name: self.name, members: self.members, ..Group::default() };
        harvest.directory.groups.insert(self.id, group);
    }

    fn put_after(self, harvest: &mut Harvest) {
        let members = Some(BTreeSet::new());
        let group = Group { name: self.name, members, deleted: self.deleted, ..Group::default() };
        harvest.directory.groups.insert(self.id, group);
    }
}

/// The groups that a plan deletes or empties. Source: documentation of the provider `hashicorp/azuread`, `azuread_group`
/// and `azuread_group_member`.
fn emptied_groups(plan: &Map<'_>) -> Vec<EmptiedGroup> {
    let managed = |resource: &&Map<'_>| resource.get("mode").and_then(Node::as_text) != Some("data");
    let resources: Vec<_> =
        items(plan.get("resource_changes")).filter_map(Node::as_map).filter(managed).collect();
    let of = |kinds: &'static [&'static str]| {
        let resources = resources.iter().filter(move |resource| kinds.contains(&text(resource, "type")));
        resources.filter_map(|resource| resource.get("change")?.as_map())
    };
    let is = |change: &Map<'_>, action: &str| {
        items(change.get("actions")).any(|own| own.as_text() == Some(action))
    };
    let members = |map: &Map<'_>| match &map.get("members")?.value {
        Value::List(ids) => {
            ids.iter().map(|id| Some(id.as_text()?.to_lowercase())).collect::<Option<BTreeSet<_>>>()
        }
        _ => None,
    };
    let mut found = Vec::new();
    for change in of(&["azuread_group", "azuread_group_without_members"]) {
        let Some(before) = side(change, "before") else { continue };
        // Newer versions write `/groups/<object id>` for `id`.
        let id = match text(before, "object_id") {
            "" => text(before, "id").rsplit('/').next().unwrap_or_default(),
            id => id,
        };
        let id = id.to_lowercase();
        let was = members(before);
        let sides = |which: &'static str| {
            let sides = of(&["azuread_group_member"]).filter_map(move |member| side(member, which));
            sides.filter(|side| text(side, "group_object_id").eq_ignore_ascii_case(&id))
        };
        let stay = sides("after").next().is_some();
        let gone: BTreeSet<_> =
            sides("before").map(|side| text(side, "member_object_id").to_lowercase()).collect();
        let left = side(change, "after").and_then(members);
        let had = was.as_ref().is_some_and(|was| !was.is_empty());
        let emptied = had && !stay && left.is_some_and(|left| left.is_subset(&gone));
        let deleted = is(change, "delete");
        if !id.is_empty() && (deleted || emptied) {
            let name = before.get("display_name").and_then(Node::as_text).map(str::to_owned);
            found.push(EmptiedGroup { id, name, members: was, deleted });
        }
    }
    found
}

fn items<'n, 't>(node: Option<&'n Node<'t>>) -> impl Iterator<Item = &'n Node<'t>> {
    let list = match node.map(|node| &node.value) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    list.iter()
}

/// Every resource of a module and of the modules below it.
fn each_resource<'n, 't>(values: &'n Map<'t>, take: &mut impl FnMut(&'n Map<'t>)) {
    let root = values.get("root_module").and_then(Node::as_map);
    let mut modules: Vec<&Map<'t>> = root.into_iter().collect();
    while let Some(module) = modules.pop() {
        items(module.get("resources")).filter_map(Node::as_map).for_each(&mut *take);
        let children: Vec<_> = items(module.get("child_modules")).filter_map(Node::as_map).collect();
        modules.extend(children.into_iter().rev());
    }
}

/// What a change is about, before or after it.
fn side<'n, 't>(change: &'n Map<'t>, which: &str) -> Option<&'n Map<'t>> {
    change.get(which)?.as_map()
}

fn text<'n>(map: &'n Map<'_>, key: &str) -> &'n str {
    map.get(key).and_then(Node::as_text).unwrap_or_default()
}

fn take_resource(resource: &Map<'_>, body: &Node<'_>, harvest: &mut Harvest) {
    let kind = text(resource, "type");
    if !is_wanted(kind) || resource.get("mode").and_then(Node::as_text) == Some("data") {
        return;
    }
    let named = resource.get("address").or(resource.get("name"));
    let head = named.map_or(body.span, |node| node.span);
    let address = named.and_then(Node::as_text).unwrap_or_default();
    read(Block { kind, address, head, whole: body.span, body }, Format::Json, harvest);
}

fn raw_state_resource(resource: &Map<'_>, harvest: &mut Harvest) {
    for instance in items(resource.get("instances")).filter_map(Node::as_map) {
        if let Some(attributes) = instance.get("attributes") {
            take_resource(resource, attributes, harvest);
        }
    }
}

/// The changes of a plan and where its values come from.
struct Changes<'n, 't> {
    changes: Vec<&'n Map<'t>>,
    configured: Vec<&'n Map<'t>>,
}

impl<'n, 't> Changes<'n, 't> {
    fn of(plan: &'n Map<'t>) -> Self {
        let configuration = plan.get("configuration").and_then(Node::as_map);
        let root = configuration.and_then(|map| map.get("root_module")).and_then(Node::as_map);
        Self {
            changes: items(plan.get("resource_changes")).filter_map(Node::as_map).collect(),
            configured: items(root.and_then(|root| root.get("resources"))).filter_map(Node::as_map).collect(),
        }
    }

    fn unknown(&self, address: &str) -> Option<&'n Node<'t>> {
        let change = self.changes.iter().find(|change| text(change, "address") == address)?;
        change.get("change")?.as_map()?.get("after_unknown")
    }

    /// The expressions of a resource, whose address there has no index.
    fn expressions(&self, address: &str) -> Option<&'n Node<'t>> {
        let plain = address.split('[').next().unwrap_or_default();
        let resource = self.configured.iter().find(|resource| text(resource, "address") == plain)?;
        resource.get("expressions")
    }
}

fn planned_resource(resource: &Map<'_>, changes: &Changes<'_, '_>, harvest: &mut Harvest) {
    let address = text(resource, "address");
    if let Some(values) = resource.get("values") {
        let known = with_unknown(values, changes.unknown(address), changes.expressions(address));
        take_resource(resource, &known, harvest);
    }
}

/// A resource of a plan without planned values: what it is after the change. One that is deleted is none.
fn changed_resource(node: &Node<'_>, changes: &Changes<'_, '_>, harvest: &mut Harvest) {
    let Some(resource) = node.as_map() else { return };
    let Some(change) = resource.get("change").and_then(Node::as_map) else { return };
    let Some(after) = change.get("after").filter(|after| after.as_map().is_some()) else { return };
    let known =
        with_unknown(after, change.get("after_unknown"), changes.expressions(text(resource, "address")));
    take_resource(resource, &known, harvest);
}

/// Values with what is known only after apply put in: by the name of the resource it comes from, else
/// unresolved.
fn with_unknown<'t>(values: &Node<'t>, unknown: Option<&Node<'t>>, origin: Option<&Node<'t>>) -> Node<'t> {
    let Some(unknown) = unknown else { return values.clone() };
    let value = match (&values.value, &unknown.value) {
        (_, Value::Bool(true)) => return known_later(values, origin),
        (Value::Map(own), Value::Map(unknown)) => Value::Map(map_with_unknown(values, own, unknown, origin)),
        (Value::List(own), Value::List(unknown)) => {
            let length = own.len().max(unknown.len());
            let references = references(origin);
            Value::List(
                (0..length)
                    .map(|at| {
                        let missing = Node { span: values.span, value: Value::Null };
                        let own = own.get(at).unwrap_or(&missing);
                        let inner = nth(origin, at);
                        match (unknown.get(at).map(|node| &node.value), references.get(at)) {
                            (Some(Value::Bool(true)), Some(name)) if references.len() == length => {
                                Node { span: own.span, value: Value::Reference(Cow::Owned(name.clone())) }
                            }
                            _ => with_unknown(own, unknown.get(at), inner),
                        }
                    })
                    .collect(),
            )
        }
        _ => return values.clone(),
    };
    Node { span: values.span, value }
}

fn map_with_unknown<'t>(
    node: &Node<'t>,
    own: &Map<'t>,
    unknown: &Map<'t>,
    origin: Option<&Node<'t>>,
) -> Map<'t> {
    let from = |key: &str| origin.and_then(Node::as_map).and_then(|map| map.get(key));
    let mut members: Vec<Member<'t>> = own
        .members
        .iter()
        .map(|member| Member {
            key: member.key.clone(),
            value: with_unknown(&member.value, unknown.get(&member.key.value), from(&member.key.value)),
        })
        .collect();
    for member in &unknown.members {
        let absent = own.get(&member.key.value).is_none();
        if absent && holds_true(&member.value) {
            let missing = Node { span: node.span, value: Value::Null };
            let value = with_unknown(&missing, Some(&member.value), from(&member.key.value));
            members.push(Member { key: At::new(member.key.value.clone(), node.span), value });
        }
    }
    Map { members }
}

fn holds_true(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Bool(bool) => *bool,
        Value::List(items) => items.iter().any(holds_true),
        Value::Map(map) => map.members.iter().any(|member| holds_true(&member.value)),
        _ => false,
    }
}

/// Blocks stand as lists in values and in expressions alike; an attribute's expression is no list.
fn nth<'n, 't>(origin: Option<&'n Node<'t>>, at: usize) -> Option<&'n Node<'t>> {
    match &origin?.value {
        Value::List(items) => items.get(at),
        _ => None,
    }
}

/// A value known only after apply. Where all of it comes from named resources, it is a list of those.
fn known_later<'t>(values: &Node<'t>, origin: Option<&Node<'t>>) -> Node<'t> {
    let references = references(origin);
    let value = if references.is_empty() {
        Value::Unresolved(Cow::Borrowed(AFTER_APPLY))
    } else {
        let name = |name: String| Node { span: values.span, value: Value::Reference(Cow::Owned(name)) };
        Value::List(references.into_iter().map(name).collect())
    };
    Node { span: values.span, value }
}

/// The addresses of the resources an expression refers to, in order. Terraform lists each with its attribute
/// and without. A reference to a variable or a module leaves the rest unsaid.
fn references(origin: Option<&Node<'_>>) -> Vec<String> {
    let map = origin.and_then(Node::as_map);
    let names: Vec<_> = items(map.and_then(|map| map.get("references"))).filter_map(Node::as_text).collect();
    let opaque = ["var.", "local.", "module.", "each.", "count."];
    if names.iter().any(|name| opaque.iter().any(|start| name.starts_with(start))) {
        return Vec::new();
    }
    let is_address = |name: &&str| {
        let parts = name.split('.').count();
        parts == if name.starts_with("data.") { 3 } else { 2 }
    };
    let mut addresses: Vec<String> = Vec::new();
    for name in names.into_iter().filter(is_address) {
        if !addresses.iter().any(|known| known == name) {
            addresses.push(name.to_owned());
        }
    }
    addresses
}
