//! Modules in the JSON form of the language, `.tf.json`. Source: Terraform documentation, "JSON Configuration
//! Syntax".

use std::collections::BTreeMap;

use hcl_edit::expr::Expression;

use super::evaluate::{Place, Scope};
use super::module::{CALL_META, Call, Module, RESOURCE_META, Repeat, Resource, is_local};
use super::{Owned, at, node, object};
use crate::source::Span;
use crate::syntax::{Map, Member, Value};

/// A resource of a module in JSON.
pub(super) struct JsonResource<'a> {
    kind: &'a str,
    name: &'a str,
    head: Span,
    body: &'a Owned,
}

/// What a module in JSON declares.
#[derive(Default)]
pub(super) struct Declarations<'a> {
    pub(super) defaults: BTreeMap<&'a str, &'a Owned>,
    pub(super) locals: BTreeMap<&'a str, &'a Owned>,
    pub(super) resources: Vec<JsonResource<'a>>,
    calls: Vec<(&'a str, Span, &'a Map<'static>)>,
}

impl<'a> Declarations<'a> {
    pub(super) fn add(&mut self, root: &'a Owned) {
        for block in objects(root) {
            for member in &block.members {
                match &*member.key.value {
                    "variable" => self.add_variables(&member.value),
                    "locals" => {
                        let locals = objects(&member.value).into_iter().flat_map(|map| &map.members);
                        self.locals.extend(locals.map(|local| (&*local.key.value, &local.value)));
                    }
                    "resource" => self.add_resources(&member.value),
                    "module" => {
                        let calls = objects(&member.value).into_iter().flat_map(|map| &map.members);
                        let calls = calls
                            .flat_map(|call| objects(&call.value).into_iter().map(move |body| (call, body)));
                        self.calls.extend(calls.map(|(call, body)| (&*call.key.value, call.key.span, body)));
                    }
                    _ => {}
                }
            }
        }
    }

    /// The calls of local modules, one for each instance.
    pub(super) fn calls(&self, module: &Module<'_>) -> Vec<Call> {
        self.calls.iter().flat_map(|(name, span, body)| json_call(name, *span, body, module)).collect()
    }

    fn add_variables(&mut self, value: &'a Owned) {
        for variable in objects(value).into_iter().flat_map(|map| &map.members) {
            let default = objects(&variable.value).into_iter().find_map(|body| body.get("default"));
            self.defaults.extend(default.map(|default| (&*variable.key.value, default)));
        }
    }

    fn add_resources(&mut self, value: &'a Owned) {
        for kind in objects(value).into_iter().flat_map(|map| &map.members) {
            for name in objects(&kind.value).into_iter().flat_map(|map| &map.members) {
                self.resources.push(JsonResource {
                    kind: &kind.key.value,
                    name: &name.key.value,
                    head: name.key.span,
                    body: &name.value,
                });
            }
        }
    }
}

fn json_call(name: &str, span: Span, body: &Map<'static>, module: &Module<'_>) -> Vec<Call> {
    let Some(source) = body.get("source").and_then(|source| source.as_text()) else { return Vec::new() };
    if !is_local(source) {
        return Vec::new();
    }
    let meta = |key: &str| body.get(key).map(|value| module.interpolated(value, &Scope::default()));
    let one = |repeat: Repeat| {
        let (suffix, scope) = repeat.suffix_and_scope(span);
        let own = body.members.iter().filter(|member| !CALL_META.contains(&&*member.key.value));
        let arguments =
            own.map(|it| (it.key.value.to_string(), module.interpolated(&it.value, &scope))).collect();
        Call { name: format!("{name}{suffix}"), source: source.to_owned(), arguments, file: span.file }
    };
    module.repeats(meta, span).into_iter().map(one).collect()
}

/// An object, or the objects of a list: the language takes both for blocks.
fn objects(value: &Owned) -> Vec<&Map<'static>> {
    match &value.value {
        Value::Map(map) => vec![map],
        Value::List(items) => items.iter().filter_map(|item| item.as_map()).collect(),
        _ => Vec::new(),
    }
}

impl JsonResource<'_> {
    /// Whether it is of a wanted type.
    pub(super) fn is(&self, wanted: &impl Fn(&str) -> bool) -> bool {
        wanted(self.kind)
    }

    /// Its instances.
    pub(super) fn instances(&self, module: &Module<'_>, found: &mut Vec<Resource>) {
        for body in objects(self.body) {
            let meta = |key: &str| body.get(key).map(|value| module.interpolated(value, &Scope::default()));
            for repeat in module.repeats(meta, self.head) {
                let (suffix, scope) = repeat.suffix_and_scope(self.head);
                found.push(Resource {
                    kind: self.kind.to_owned(),
                    address: format!("{}.{}{suffix}", self.kind, self.name),
                    head: self.head,
                    whole: self.body.span,
                    body: object(self.members(body, module, &scope), self.body.span),
                });
            }
        }
    }

    fn members(&self, body: &Map<'static>, module: &Module<'_>, scope: &Scope<'_>) -> Vec<Member<'static>> {
        let own = body.members.iter().filter(|member| !RESOURCE_META.contains(&&*member.key.value));
        own.map(|member| Member { key: member.key.clone(), value: module.interpolated(&member.value, scope) })
            .collect()
    }
}

impl Module<'_> {
    /// A value with the expressions in its texts evaluated.
    pub(super) fn interpolated(&self, value: &Owned, scope: &Scope<'_>) -> Owned {
        let inner = match &value.value {
            Value::Text(text) if text.contains("${") => return self.template_text(text, value.span, scope),
            Value::List(items) => {
                Value::List(items.iter().map(|item| self.interpolated(item, scope)).collect())
            }
            Value::Map(map) => Value::Map(Map {
                members: map
                    .members
                    .iter()
                    .map(|member| Member {
                        key: member.key.clone(),
                        value: self.interpolated(&member.value, scope),
                    })
                    .collect(),
            }),
            other => other.clone(),
        };
        node(inner, value.span)
    }

    fn template_text(&self, text: &str, span: Span, scope: &Scope<'_>) -> Owned {
        let quoted = format!("\"{}\"", text.replace('\n', "\\n"));
        let expression: Result<Expression, _> = hcl_edit::parser::parse_expr(&quoted);
        match expression {
            Ok(expression) => {
                let place = Place { file: span.file, text: &quoted, offset: 0 };
                at(self.value(&expression, scope, place), span)
            }
            Err(_) => super::unresolved(text, span),
        }
    }
}

impl Repeat {
    /// What the address of an instance ends with, and what its expressions see.
    pub(super) fn suffix_and_scope(self, span: Span) -> (String, Scope<'static>) {
        match self {
            Self::Once => (String::new(), Scope::default()),
            Self::Each(key, value) => {
                let suffix = format!("[\"{key}\"]");
                let key = super::text(key, value.span);
                let each = object(vec![super::member("key", key), super::member("value", value)], span);
                (suffix, Scope::default().with("each", each))
            }
            Self::Count(index) => {
                let number = node(Value::Number(index.to_string().into()), span);
                let count = object(vec![super::member("index", number)], span);
                (format!("[{index}]"), Scope::default().with("count", count))
            }
        }
    }
}
