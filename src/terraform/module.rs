//! One module: the files of one folder, read together.

use std::borrow::Cow;
use std::cell::Cell;
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
pub(super) const MAX_VALUES: usize = 200_000;
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

/// A module and what it declares.
pub struct Module<'a> {
    pub(super) files: &'a dyn Files,
    /// Declared variables and their defaults.
    pub(super) variables: BTreeMap<&'a str, Option<Given<'a>>>,
    /// Values given to variables: by the caller, or by `.tfvars` files.
    pub(super) values: BTreeMap<String, Owned>,
    pub(super) locals: BTreeMap<&'a str, Given<'a>>,
    /// Outputs of called modules that could be evaluated.
    pub(super) outputs: BTreeMap<String, Owned>,
    pub(super) json: Declarations<'a>,
    resources: Vec<(&'a Block, Place<'a>)>,
    calls: Vec<(&'a Block, Place<'a>)>,
    own_outputs: Vec<(&'a Block, Place<'a>)>,
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

    fn declare(&mut self, body: &'a Body, place: Place<'a>) {
        for block in body.blocks() {
            let label = || block.labels.first().map(|label| label.as_str());
            match (block.ident.as_str(), label()) {
                ("variable", Some(name)) => {
                    let default = block.body.get_attribute("default").map(|default| (&default.value, place));
                    self.variables.insert(name, default);
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

    /// The calls of local modules, with their arguments.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        let call = |(block, place): &(&'a Block, Place<'a>)| {
            let source = block.body.get_attribute("source")?.value.as_str()?;
            let local = source.starts_with("./") || source.starts_with("../");
            let arguments =
                block.body.attributes().filter(|attribute| !CALL_META.contains(&attribute.key.as_str())).map(
                    |attribute| {
                        (
                            attribute.key.as_str().to_owned(),
                            self.value(&attribute.value, &Scope::default(), *place),
                        )
                    },
                );
            let repeated = ["for_each", "count"].iter().any(|meta| block.body.has_attribute(meta));
            (local && !repeated).then(|| Call {
                name: block.labels.first().map(|label| label.as_str().to_owned()).unwrap_or_default(),
                source: source.to_owned(),
                arguments: arguments.collect(),
                file: place.file,
            })
        };
        self.calls.iter().filter_map(call).collect()
    }

    /// Takes in the outputs of a called module.
    pub fn take_outputs(&mut self, call: &str, outputs: Owned) {
        self.outputs.insert(call.to_owned(), outputs);
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
        for repeat in repeats_of(meta("for_each"), meta("count")) {
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
const CALL_META: [&str; 6] = ["source", "version", "providers", "depends_on", "for_each", "count"];

/// One instance of a resource.
pub(super) enum Repeat {
    /// The only one, as far as known.
    Once,
    /// One of `for_each`.
    Each(String, Owned),
    /// One of `count`.
    Count(usize),
}

/// The instances that `for_each` or `count` make, where they are known; else one.
pub(super) fn repeats_of(for_each: Option<Owned>, count: Option<Owned>) -> Vec<Repeat> {
    if let Some(collection) = for_each {
        return entries(&collection).map_or(vec![Repeat::Once], |entries| {
            entries.into_iter().take(MAX_INSTANCES).map(|(key, value)| Repeat::Each(key, value)).collect()
        });
    }
    match count.map(|count| count.value) {
        Some(Value::Number(number)) => match number.parse::<usize>() {
            Ok(count) => (0..count.min(MAX_INSTANCES)).map(Repeat::Count).collect(),
            Err(_) => vec![Repeat::Once],
        },
        _ => vec![Repeat::Once],
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
