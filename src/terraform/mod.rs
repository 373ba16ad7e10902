//! What a reader can know of a Terraform module without running it.
//!
//! Literals, locals, variables with defaults or given values, conditionals, `for_each` and `count` over known
//! collections, files of the module, and a set of functions are evaluated. Everything else stays unresolved,
//! as written, with its place; a value of another resource stays a reference, which is the same value wherever
//! it is written. Source: Terraform language documentation.

mod evaluate;
mod functions;
mod json;
mod module;

pub use module::{Call, Files, Module, Resource, Text, is_local};

use std::borrow::Cow;

use crate::source::{At, Span};
use crate::syntax::{Map, Member, Node, Value};

/// An evaluated value.
type Owned = Node<'static>;

fn node(value: Value<'static>, span: Span) -> Owned {
    Node { span, value }
}

fn text(text: impl Into<String>, span: Span) -> Owned {
    node(Value::Text(Cow::Owned(text.into())), span)
}

fn unresolved(raw: &str, span: Span) -> Owned {
    let raw = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    node(Value::Unresolved(Cow::Owned(raw)), span)
}

fn member(key: &str, value: Owned) -> Member<'static> {
    Member { key: At::new(Cow::Owned(key.to_owned()), value.span), value }
}

fn object(members: Vec<Member<'static>>, span: Span) -> Owned {
    node(Value::Map(Map { members }), span)
}

/// Whether every part of a value is known; a reference is a known name of an unknown value.
fn is_known(node: &Owned) -> bool {
    match &node.value {
        Value::Unresolved(_) | Value::Reference(_) => false,
        Value::List(items) => items.iter().all(is_known),
        Value::Map(map) => map.members.iter().all(|member| is_known(&member.value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => true,
    }
}

/// A value with every place in it moved to the place of use.
fn at(node: Owned, span: Span) -> Owned {
    crate::syntax::moved(&node, span)
}
