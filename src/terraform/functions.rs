//! The functions of the Terraform language that are evaluated. What a function makes of a value that is not
//! known is not known; lists keep what is known of them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::FuncCall;

use super::evaluate::{Missing, Place, Scope};
use super::module::{Module, entries};
use super::{Owned, at, is_known, node, object, text};
use crate::source::{FileId, Span};
use crate::syntax::{Map, Member, Value, json, owned, yaml};

/// The longest text a function makes, in bytes; what would be longer is not known.
pub(super) const MAX_TEXT: usize = 64 * 1024;

/// The value of a call; nothing where the function or an argument is not known.
pub(super) fn call(
    module: &Module<'_>,
    call: &FuncCall,
    scope: &Scope<'_>,
    place: Place<'_>,
    span: Span,
) -> Result<Option<Owned>, Missing> {
    if call.name.is_namespaced() || call.args.expand_final() {
        return Ok(None);
    }
    let name = call.name.name.as_str();
    if name == "try" || name == "can" {
        return Ok(attempt(module, call, scope, place, span, name == "can"));
    }
    let args = call.args.iter().map(|arg| module.evaluate(arg, scope, place));
    let args: Vec<Owned> = args.collect::<Result<_, _>>()?;
    Ok(apply(module, name, &args, span).map(|value| at(value, span)))
}

/// The first argument that can be evaluated; one that is not known might be it.
fn attempt(
    module: &Module<'_>,
    call: &FuncCall,
    scope: &Scope<'_>,
    place: Place<'_>,
    span: Span,
    only_ask: bool,
) -> Option<Owned> {
    for arg in call.args.iter() {
        match module.evaluate(arg, scope, place) {
            Err(Missing) => {}
            Ok(value) if matches!(value.value, Value::Unresolved(_)) => return None,
            Ok(_) if only_ask => return Some(node(Value::Bool(true), span)),
            Ok(value) => return Some(at(value, span)),
        }
    }
    only_ask.then(|| node(Value::Bool(false), span))
}

fn apply(module: &Module<'_>, name: &str, args: &[Owned], span: Span) -> Option<Owned> {
    let bool = |value: bool| Some(node(Value::Bool(value), span));
    let list = |items: Vec<Owned>| Some(node(Value::List(items), span));
    match (name, args) {
        (
            "toset" | "tolist" | "tomap" | "tostring" | "tonumber" | "tobool" | "nonsensitive" | "sensitive",
            [one],
        ) => {
            if name != "toset" {
                return Some(one.clone());
            }
            let mut items = distinct(items(one)?);
            items.sort_by_key(as_text);
            list(items)
        }
        ("one", [one]) => match items(one)?.as_slice() {
            [] => Some(node(Value::Null, span)),
            [only] => Some(only.clone()),
            _ => None,
        },
        ("concat" | "setunion", lists) => list(lists.iter().flat_map(parts).collect()),
        ("flatten", [one]) => list(flatten(one)),
        ("distinct", [one]) => list(distinct(items(one)?)),
        ("reverse", [one]) => list(items(one)?.into_iter().rev().collect()),
        ("compact", [one]) => list(items(one)?.into_iter().filter(|item| !is_blank(item)).collect()),
        ("coalesce", values) => coalesce(values, is_blank),
        ("coalescelist", values) => {
            coalesce(values, |value| items(value).is_some_and(|items| items.is_empty()))
        }
        ("length", [one]) => {
            let count = match &one.value {
                Value::Map(Map { members }) => members.len(),
                Value::Text(text) => text.chars().count(),
                _ => known_items(one)?.len(),
            };
            Some(node(Value::Number(Cow::Owned(count.to_string())), span))
        }
        ("contains", [collection, value]) => {
            let items = items(collection)?;
            if items.iter().any(|item| same(item, value)) {
                bool(true)
            } else if is_known(value) && items.iter().all(is_known) {
                bool(false)
            } else {
                None
            }
        }
        ("keys", [one]) => {
            members(one)?;
            list(entries(one)?.into_iter().map(|(key, _)| text(key, span)).collect())
        }
        ("values", [one]) => {
            members(one)?;
            list(entries(one)?.into_iter().map(|(_, value)| value).collect())
        }
        ("merge", maps) => merge(maps, span),
        ("lookup", [map, key, rest @ ..]) => {
            let key = as_text(key)?;
            let found = members(map)?.iter().find(|member| member.key.value == key);
            found.map(|member| member.value.clone()).or_else(|| rest.first().cloned())
        }
        ("element", [one, index]) => {
            let items = known_items(one)?;
            let index: usize = as_text(index)?.parse().ok()?;
            items.get(index.checked_rem(items.len())?).cloned()
        }
        ("zipmap", [keys, values]) => {
            let pairs = known_items(keys)?.into_iter().zip(items(values)?);
            let members = pairs.map(|(key, value)| Some(super::member(&as_text(&key)?, value)));
            Some(object(members.collect::<Option<_>>()?, span))
        }
        ("jsonencode" | "yamlencode", [one]) => Some(one.clone()),
        ("jsondecode", [one]) => decode(one, span, json::read),
        ("yamldecode", [one]) => decode(one, span, yaml::read),
        ("file", [path]) => Some(text(module.files.read(&as_text(path)?)?, span)),
        ("fileexists", [path]) => bool(module.files.read(&as_text(path)?).is_some()),
        ("fileset", [folder, pattern]) => {
            let found = module.files.glob(&as_text(folder)?, &as_text(pattern)?)?;
            list(found.into_iter().map(|path| text(path, span)).collect())
        }
        _ => on_texts(name, args).map(|value| text(value, span)).or_else(|| split(name, args, span)),
    }
}

fn on_texts(name: &str, args: &[Owned]) -> Option<String> {
    match (name, args) {
        ("lower", [one]) => Some(as_text(one)?.to_lowercase()),
        ("upper", [one]) => Some(as_text(one)?.to_uppercase()),
        ("trimspace", [one]) => Some(as_text(one)?.trim().to_owned()),
        ("trimsuffix", [one, end]) => {
            let (one, end) = (as_text(one)?, as_text(end)?);
            Some(one.strip_suffix(end.as_str()).unwrap_or(&one).to_owned())
        }
        ("trimprefix", [one, start]) => {
            let (one, start) = (as_text(one)?, as_text(start)?);
            Some(one.strip_prefix(start.as_str()).unwrap_or(&one).to_owned())
        }
        ("replace", [one, from, to]) => {
            let from = as_text(from)?;
            let pattern = from.len() > 1 && from.starts_with('/') && from.ends_with('/');
            let (one, to) = (as_text(one)?, as_text(to)?);
            let length = one.len() + one.matches(from.as_str()).count() * to.len();
            (!pattern && length <= MAX_TEXT).then(|| one.replace(&from, &to))
        }
        ("join", [separator, list]) => {
            let parts: Vec<_> = known_items(list)?.iter().map(as_text).collect::<Option<_>>()?;
            let separator = as_text(separator)?;
            let length: usize = parts.iter().map(|part| part.len() + separator.len()).sum();
            (length <= MAX_TEXT).then(|| parts.join(&separator))
        }
        ("basename", [path]) => Some(as_text(path)?.rsplit('/').next().unwrap_or_default().to_owned()),
        ("format", [pattern, rest @ ..]) => format_text(&as_text(pattern)?, rest),
        _ => None,
    }
}

fn split(name: &str, args: &[Owned], span: Span) -> Option<Owned> {
    let ("split", [separator, one]) = (name, args) else { return None };
    let (separator, one) = (as_text(separator)?, as_text(one)?);
    Some(node(Value::List(one.split(separator.as_str()).map(|part| text(part, span)).collect()), span))
}

/// `format` with the verbs `%s` and `%d` alone.
fn format_text(pattern: &str, args: &[Owned]) -> Option<String> {
    let mut args = args.iter();
    let mut whole = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            whole.push(letter);
            continue;
        }
        match letters.next()? {
            '%' => whole.push('%'),
            's' | 'd' => whole.push_str(&as_text(args.next()?)?),
            _ => return None,
        }
        if whole.len() > MAX_TEXT {
            return None;
        }
    }
    Some(whole)
}

/// A text, number or boolean as text.
pub(super) fn as_text(value: &Owned) -> Option<String> {
    match &value.value {
        Value::Text(text) | Value::Number(text) => Some(text.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        _ => None,
    }
}

/// Whether two values are the same.
pub(super) fn same(one: &Owned, other: &Owned) -> bool {
    match (&one.value, &other.value) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.members.len() == other.members.len()
                && one.members.iter().all(|member| {
                    other.get(&member.key.value).is_some_and(|value| same(&member.value, value))
                })
        }
        (Value::Reference(one), Value::Reference(other)) => one == other,
        _ => matches!((as_text(one), as_text(other)), (Some(one), Some(other)) if one == other),
    }
}

/// The items of a list; of a list that is not known, one that stands for the rest.
fn parts(value: &Owned) -> Vec<Owned> {
    items(value).unwrap_or_else(|| vec![value.clone()])
}

fn items(value: &Owned) -> Option<Vec<Owned>> {
    match &value.value {
        Value::List(items) => Some(items.clone()),
        _ => None,
    }
}

fn known_items(value: &Owned) -> Option<Vec<Owned>> {
    items(value).filter(|items| !items.iter().any(|item| matches!(item.value, Value::Unresolved(_))))
}

fn members(value: &Owned) -> Option<&[Member<'static>]> {
    match &value.value {
        Value::Map(map) => Some(&map.members),
        _ => None,
    }
}

fn flatten(value: &Owned) -> Vec<Owned> {
    match &value.value {
        Value::List(items) => items.iter().flat_map(flatten).collect(),
        _ => vec![value.clone()],
    }
}

fn distinct(items: Vec<Owned>) -> Vec<Owned> {
    let mut texts = BTreeSet::new();
    let mut others: Vec<Owned> = Vec::new();
    let mut kept = Vec::new();
    for item in items {
        let is_new = match as_text(&item) {
            Some(text) => texts.insert(text),
            None if others.iter().any(|known| same(known, &item)) => false,
            None => {
                others.push(item.clone());
                true
            }
        };
        if is_new {
            kept.push(item);
        }
    }
    kept
}

fn is_blank(value: &Owned) -> bool {
    match &value.value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}

/// The first value that is something; nothing where one before it is not known.
fn coalesce(values: &[Owned], is_nothing: impl Fn(&Owned) -> bool) -> Option<Owned> {
    for value in values {
        if matches!(value.value, Value::Unresolved(_)) {
            return None;
        }
        if !is_nothing(value) {
            return Some(value.clone());
        }
    }
    None
}

fn merge(maps: &[Owned], span: Span) -> Option<Owned> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut merged: Vec<Member<'static>> = Vec::new();
    for own in maps.iter().map(members).collect::<Option<Vec<_>>>()?.into_iter().flatten() {
        let place = *places.entry(own.key.value.to_string()).or_insert(merged.len());
        match merged.get_mut(place) {
            Some(known) => *known = own.clone(),
            None => merged.push(own.clone()),
        }
    }
    Some(object(merged, span))
}

fn decode(
    value: &Owned,
    span: Span,
    read: impl for<'t> Fn(&'t str, FileId) -> crate::syntax::Tree<'t>,
) -> Option<Owned> {
    // Encoding left the value as it was, so there is nothing to take apart.
    if matches!(value.value, Value::Map(_) | Value::List(_)) {
        return Some(value.clone());
    }
    let text = as_text(value)?;
    let tree = read(&text, span.file);
    match tree.roots.as_slice() {
        [root] => Some(at(owned(root), span)),
        _ => None,
    }
}
