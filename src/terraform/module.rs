//! One module: the files of one folder, read together.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body, Structure};

use super::evaluate::{Place, Scope};
use super::json::Declarations;
use super::{Owned, member, node, object, text, unresolved};
use crate::source::{At, FileId, Span};
use crate::syntax::hcl::Part;
use crate::syntax::{Map, Member, Value};

/// How many values one module may expand to.
pub(super) const MAX_VALUES: usize = 2_000_000;
/// How many instances one resource may expand to.
const MAX_INSTANCES: usize = 1_000;

/// The files a module can read, by paths relative to its folder.
pub trait Files {
    /// The text of a file.
    fn read(&self, path: &str) -> Option<String>;
    /// The paths of the files below a folder that match a glob, in order.
    fn glob(&self, folder: &str, pattern: &str) -> Option<Vec<String>>;
    /// The folder, as paths of the module are written.
    fn folder(&self) -> String;
}

/// One file of a module.
#[derive(Debug)]
pub struct Text<'a> {
    /// Its number.
    pub file: FileId,
    /// Its text.
    pub text: &'a str,
    /// Its blocks.
    pub parts: &'a [Part],
    /// Its value, where it is written in JSON.
    pub json: Option<&'a Owned>,
}

/// A resource as far as known, one an instance.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its type.
    pub kind: String,
    /// Its address, such as `azuread_group.admins`.
    pub address: String,
    /// The name in its block's header.
    pub head: Span,
    /// The whole block.
    pub whole: Span,
    /// Its arguments and blocks.
    pub body: Owned,
}

type Given<'a> = (&'a Expression, Place<'a>);

/// A declared variable.
pub(super) struct Variable<'a> {
    /// Its default.
    pub(super) default: Option<Given<'a>>,
    /// Its type.
    pub(super) kind: Option<Given<'a>>,
}

/// A module and what it declares.
pub struct Module<'a> {
    pub(super) files: &'a dyn Files,
    /// Declared variables.
    pub(super) variables: BTreeMap<&'a str, Variable<'a>>,
    /// Values given to variables: by the caller, or by `.tfvars` files.
    pub(super) values: BTreeMap<String, Owned>,
    pub(super) locals: BTreeMap<&'a str, Given<'a>>,
    /// Outputs of called modules that could be evaluated.
    pub(super) outputs: BTreeMap<String, Owned>,
    pub(super) json: Declarations<'a>,
    resources: Vec<(&'a Block, Place<'a>)>,
    calls: Vec<(&'a Block, Place<'a>)>,
    own_outputs: Vec<(&'a Block, Place<'a>)>,
    /// Locals and defaults that were evaluated already.
    pub(super) known: RefCell<BTreeMap<String, Owned>>,
    /// Places where a limit cut something off.
    cut: RefCell<Vec<Span>>,
    pub(super) depth: Cell<usize>,
    pub(super) budget: Cell<usize>,
}

/// A call of another module.
#[derive(Debug)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// Where the module is, as written.
    pub source: String,
    /// The arguments.
    pub arguments: BTreeMap<String, Owned>,
    /// The file that calls it.
    pub file: FileId,
}

impl<'a> Module<'a> {
    /// A module from its files. `values` are the arguments of a call; without one, `.tfvars` texts among the
    /// files give values.
    #[must_use]
    pub fn new(texts: &[Text<'a>], files: &'a dyn Files, values: BTreeMap<String, Owned>) -> Self {
        let mut module = Self {
            files,
            variables: BTreeMap::new(),
            values,
            locals: BTreeMap::new(),
            outputs: BTreeMap::new(),
            json: Declarations::default(),
            resources: Vec::new(),
            calls: Vec::new(),
            own_outputs: Vec::new(),
            known: RefCell::new(BTreeMap::new()),
            cut: RefCell::new(Vec::new()),
            depth: Cell::new(0),
            budget: Cell::new(MAX_VALUES),
        };
        for file in texts {
            if let Some(json) = file.json {
                module.json.add(json);
            }
            for part in file.parts {
                let text = file.text.get(part.offset..).unwrap_or_default();
                module.declare(&part.body, Place { file: file.file, text, offset: part.offset });
            }
        }
        module
    }

    /// Gives variables the values of a `.tfvars` text; a value given already stays.
    pub fn give(&mut self, text: &Text<'a>) {
        for member in text.json.and_then(|json| json.as_map()).into_iter().flat_map(|map| &map.members) {
            self.values.entry(member.key.value.to_string()).or_insert_with(|| member.value.clone());
        }
        for part in text.parts {
            let place = Place {
                file: text.file,
                text: text.text.get(part.offset..).unwrap_or_default(),
                offset: part.offset,
            };
            for attribute in part.body.attributes() {
                let value = self.value(&attribute.value, &Scope::default(), place);
                self.values.entry(attribute.key.as_str().to_owned()).or_insert(value);
            }
        }
    }

    /// Takes in a text of values that may or may not be used: what it gives and nothing else gives is not known.
    pub fn may_give(&mut self, text: &Text<'a>) {
        let json = text.json.and_then(|json| json.as_map()).into_iter().flat_map(|map| &map.members);
        let keys = json.map(|member| (member.key.value.to_string(), member.key.span));
        let attributes = text.parts.iter().flat_map(|part| part.body.attributes());
        let own = attributes.map(|attribute| (attribute.key.as_str().to_owned(), Span::start_of(text.file)));
        for (name, span) in keys.chain(own) {
            let value = unresolved(&format!("var.{name}"), span);
            self.values.entry(name).or_insert(value);
        }
    }

    fn declare(&mut self, body: &'a Body, place: Place<'a>) {
        for block in body.blocks() {
            let label = || block.labels.first().map(|label| label.as_str());
            match (block.ident.as_str(), label()) {
                ("variable", Some(name)) => {
                    let given = |key: &str| block.body.get_attribute(key).map(|it| (&it.value, place));
                    self.variables.insert(name, Variable { default: given("default"), kind: given("type") });
                }
                ("locals", _) => {
                    for attribute in block.body.attributes() {
                        self.locals.insert(attribute.key.as_str(), (&attribute.value, place));
                    }
                }
                ("resource", Some(_)) => self.resources.push((block, place)),
                ("module", Some(_)) => self.calls.push((block, place)),
                ("output", Some(_)) => self.own_outputs.push((block, place)),
                _ => {}
            }
        }
    }

    /// Places where a limit on instances or values cut something off.
    #[must_use]
    pub fn cut(&self) -> Vec<Span> {
        self.cut.borrow().clone()
    }

    /// Remembers that a limit cut something off.
    pub(super) fn cut_at(&self, span: Span) {
        let mut cut = self.cut.borrow_mut();
        if !cut.contains(&span) && cut.len() < MAX_INSTANCES {
            cut.push(span);
        }
    }

    /// The calls of local modules, with their arguments.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        let mut calls: Vec<_> =
            self.calls.iter().flat_map(|(block, place)| self.call(block, *place)).collect();
        calls.extend(self.json.calls(self));
        calls
    }

    /// One call, or one for each instance of a repeated one.
    fn call(&self, block: &Block, place: Place<'_>) -> Vec<Call> {
        let source = block.body.get_attribute("source").and_then(|source| source.value.as_str());
        let Some(source) = source.filter(|source| is_local(source)) else {
            return Vec::new();
        };
        let name = block.labels.first().map(|label| label.as_str()).unwrap_or_default();
        let whole = place.of(block.span());
        let repeats = self.repeats(
            |key| {
                let attribute = block.body.get_attribute(key)?;
                Some(self.value(&attribute.value, &Scope::default(), place))
            },
            whole,
        );
        let one = repeats.into_iter().map(|repeat| {
            let (suffix, scope) = repeat.suffix_and_scope(whole);
            let own = |key: &str| !CALL_META.contains(&key);
            let arguments = block.body.attributes().filter(|attribute| own(attribute.key.as_str()));
            Call {
                name: format!("{name}{suffix}"),
                source: source.to_owned(),
                arguments: arguments
                    .map(|it| (it.key.as_str().to_owned(), self.value(&it.value, &scope, place)))
                    .collect(),
                file: place.file,
            }
        });
        one.collect()
    }

    /// The instances that `for_each` or `count` make; a limit that cuts some off is remembered.
    pub(super) fn repeats(&self, meta: impl Fn(&str) -> Option<Owned>, span: Span) -> Vec<Repeat> {
        let (repeats, cut) = repeats_of(meta("for_each"), meta("count"));
        if cut {
            self.cut_at(span);
        }
        repeats
    }

    /// Takes in the outputs of a called module.
    pub fn take_outputs(&mut self, call: &str, outputs: &Owned) {
        self.outputs.insert(call.to_owned(), within(call, outputs));
    }

    /// The module's own outputs as one object.
    #[must_use]
    pub fn own_outputs(&self) -> Owned {
        let members = self.own_outputs.iter().filter_map(|(block, place)| {
            let name = block.labels.first()?.as_str();
            let value = block.body.get_attribute("value")?;
            Some(member(name, self.value(&value.value, &Scope::default(), *place)))
        });
        object(members.collect(), Span::start_of(FileId(0)))
    }

    /// The resources of the wanted types, one an instance.
    #[must_use]
    pub fn resources(&self, wanted: impl Fn(&str) -> bool) -> Vec<Resource> {
        let mut found = Vec::new();
        for (block, place) in &self.resources {
            if let [kind, name] = block.labels.as_slice()
                && wanted(kind.as_str())
            {
                self.instances(block, *place, kind.as_str(), name.as_str(), &mut found);
            }
        }
        for resource in self.json.resources.iter().filter(|resource| resource.is(&wanted)) {
            resource.instances(self, &mut found);
        }
        found
    }

    fn instances(&self, block: &Block, place: Place<'_>, kind: &str, name: &str, found: &mut Vec<Resource>) {
        let head = block.labels.get(1).and_then(|label| label.span()).map(|span| place.span(span));
        let whole = place.of(block.span());
        let meta = |key: &str| {
            let attribute = block.body.get_attribute(key)?;
            Some(self.value(&attribute.value, &Scope::default(), place))
        };
        for repeat in self.repeats(meta, head.unwrap_or(whole)) {
            let (suffix, scope) = repeat.suffix_and_scope(whole);
            found.push(Resource {
                kind: kind.to_owned(),
                address: format!("{kind}.{name}{suffix}"),
                head: head.unwrap_or(whole),
                whole,
                body: self.body(&block.body, &scope, place, whole),
            });
        }
    }

    /// Arguments and nested blocks as one object; a block that stands several times is a list.
    pub(super) fn body(&self, body: &Body, scope: &Scope<'_>, place: Place<'_>, span: Span) -> Owned {
        let mut members: Vec<Member<'static>> = Vec::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    if RESOURCE_META.contains(&attribute.key.as_str()) {
                        continue;
                    }
                    let key = At::new(
                        Cow::Owned(attribute.key.as_str().to_owned()),
                        attribute.key.span().map_or(span, |span| place.span(span)),
                    );
                    members.push(Member { key, value: self.value(&attribute.value, scope, place) });
                }
                Structure::Block(block) if block.ident.as_str() == "dynamic" => {
                    self.dynamic(block, scope, place, &mut members);
                }
                Structure::Block(block) if RESOURCE_META.contains(&block.ident.as_str()) => {}
                Structure::Block(block) => {
                    let key_span = block.ident.span().map_or(span, |span| place.span(span));
                    let value = self.body(&block.body, scope, place, place.of(block.span()));
                    add_block(&mut members, block.ident.as_str(), key_span, value);
                }
            }
        }
        object(members, span)
    }

    fn dynamic(
        &self,
        block: &Block,
        scope: &Scope<'_>,
        place: Place<'_>,
        members: &mut Vec<Member<'static>>,
    ) {
        let Some(name) = block.labels.first() else { return };
        let key_span = name.span().map_or(place.of(block.span()), |span| place.span(span));
        let content = block.body.get_blocks("content").next();
        let (Some(each), Some(content)) = (block.body.get_attribute("for_each"), content) else { return };
        let collection = self.value(&each.value, scope, place);
        let Some(entries) = entries(&collection) else {
            let value = unresolved(place.slice(each.value.span()), key_span);
            add_block(members, name.as_str(), key_span, value);
            return;
        };
        let iterator = block.body.get_attribute("iterator").and_then(|it| it.value.as_variable());
        let iterator = iterator.map_or(name.as_str(), |ident| ident.as_str());
        for (key, value) in entries.into_iter().take(MAX_INSTANCES) {
            let each = object(vec![member("key", text(key, value.span)), member("value", value)], key_span);
            let scope = scope.clone().with(iterator, each);
            let value = self.body(&content.body, &scope, place, place.of(content.span()));
            add_block(members, name.as_str(), key_span, value);
        }
    }
}

/// Arguments of every resource, which say nothing about it.
pub(super) const RESOURCE_META: [&str; 7] =
    ["for_each", "count", "provider", "depends_on", "lifecycle", "timeouts", "provisioner"];
/// A value of a called module, in which references name the call they go through.
fn within(call: &str, value: &Owned) -> Owned {
    let inner = match &value.value {
        Value::Reference(name) => Value::Reference(Cow::Owned(format!("module.{call}.{name}"))),
        Value::List(items) => Value::List(items.iter().map(|item| within(call, item)).collect()),
        Value::Map(map) => {
            let own = |member: &Member<'static>| Member {
                key: member.key.clone(),
                value: within(call, &member.value),
            };
            Value::Map(Map { members: map.members.iter().map(own).collect() })
        }
        other => other.clone(),
    };
    node(inner, value.span)
}

/// Whether the source of a call is a folder beside the module.
#[must_use]
pub fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

/// Arguments of a call that say nothing to the module.
pub(super) const CALL_META: [&str; 6] = ["source", "version", "providers", "depends_on", "for_each", "count"];

/// One instance of a resource.
pub(super) enum Repeat {
    /// The only one, as far as known.
    Once,
    /// One of `for_each`.
    Each(String, Owned),
    /// One of `count`.
    Count(usize),
}

/// The instances that `for_each` or `count` make, where they are known; else one. The second value says whether
/// there are more than the limit.
fn repeats_of(for_each: Option<Owned>, count: Option<Owned>) -> (Vec<Repeat>, bool) {
    if let Some(entries) = for_each.as_ref().and_then(entries) {
        let cut = entries.len() > MAX_INSTANCES;
        let entries = entries.into_iter().take(MAX_INSTANCES);
        return (entries.map(|(key, value)| Repeat::Each(key, value)).collect(), cut);
    }
    let count = match (for_each, count.map(|count| count.value)) {
        (None, Some(Value::Number(number))) => number.parse::<usize>().ok(),
        _ => None,
    };
    match count {
        Some(count) => ((0..count.min(MAX_INSTANCES)).map(Repeat::Count).collect(), count > MAX_INSTANCES),
        None => (vec![Repeat::Once], false),
    }
}

fn add_block(members: &mut Vec<Member<'static>>, name: &str, key: Span, value: Owned) {
    match members.iter_mut().find(|member| member.key.value == name) {
        None => members.push(Member { key: At::new(Cow::Owned(name.to_owned()), key), value }),
        Some(member) => match &mut member.value.value {
            Value::List(items) => items.push(value),
            first => {
                let first = node(std::mem::replace(first, Value::Null), member.value.span);
                member.value.value = Value::List(vec![first, value]);
            }
        },
    }
}

/// The entries of a known map, list or set, in the order Terraform goes through them; nothing where the keys
/// are not known.
pub(super) fn entries(collection: &Owned) -> Option<Vec<(String, Owned)>> {
    match &collection.value {
        Value::Map(Map { members }) => {
            let sorted: BTreeMap<_, _> =
                members.iter().map(|member| (member.key.value.to_string(), member.value.clone())).collect();
            Some(sorted.into_iter().collect())
        }
        Value::List(items) => {
            let mut seen = BTreeSet::new();
            let mut entries = Vec::new();
            for (at, item) in items.iter().enumerate() {
                let key = match &item.value {
                    Value::Text(text) | Value::Number(text) => text.to_string(),
                    Value::Unresolved(_) => return None,
                    _ => at.to_string(),
                };
                if seen.insert(key.clone()) {
                    entries.push((key, item.clone()));
                }
            }
            Some(entries)
        }
        _ => None,
    }
}
