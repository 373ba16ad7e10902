//! Text to one spanned tree, whatever the format.

pub mod hcl;
pub mod json;
pub mod own;
pub mod powershell;
mod strict_json;
pub mod yaml;

use std::borrow::Cow;

use crate::finding::{Finding, Level, input};
use crate::source::{At, FileId, Span};

/// The deepest nesting read, in levels. Real policies have fewer than ten.
pub const MAX_DEPTH: usize = 128;

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node<'t> {
    /// The place: the whole value, quotes and brackets included.
    pub span: Span,
    /// The value.
    pub value: Value<'t>,
}

/// A value as written.
#[derive(Clone, Debug)]
pub enum Value<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(Cow<'t, str>),
    /// An expression the reader does not evaluate, as written.
    Unresolved(Cow<'t, str>),
    /// A value that another part of the files makes, by its name there; the same name is the same value.
    Reference(Cow<'t, str>),
    /// A text.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Node<'t>>),
    /// An object.
    Map(Map<'t>),
}

/// The members of an object, in order; of a key that stands twice, both.
#[derive(Clone, Debug, Default)]
pub struct Map<'t> {
    /// The members.
    pub members: Vec<Member<'t>>,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Member<'t> {
    /// The key and its place, quotes included.
    pub key: At<Cow<'t, str>>,
    /// The value.
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    /// The object, where it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map<'t>> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What kind of value it is, in words for a message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Unresolved(_) => "an expression",
            Value::Reference(_) => "a reference",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
        }
    }
}

impl<'t> Map<'t> {
    /// The value of a key, compared exactly.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.members.iter().find(|member| member.key.value == key).map(|member| &member.value)
    }
}

/// A copy of a value with every place in it moved to `span`, the place of use.
#[must_use]
pub fn moved<'t>(node: &Node<'t>, span: Span) -> Node<'t> {
    let value = match &node.value {
        Value::List(items) => Value::List(items.iter().map(|item| moved(item, span)).collect()),
        Value::Map(map) => {
            let members = map.members.iter().map(|member| Member {
                key: At::new(member.key.value.clone(), span),
                value: moved(&member.value, span),
            });
            Value::Map(Map { members: members.collect() })
        }
        other => other.clone(),
    };
    Node { span, value }
}

/// A copy of a value that does not borrow from its text.
#[must_use]
pub fn owned(node: &Node<'_>) -> Node<'static> {
    let own = |text: &Cow<'_, str>| Cow::Owned(text.to_string());
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Bool(bool) => Value::Bool(*bool),
        Value::Number(number) => Value::Number(own(number)),
        Value::Text(text) => Value::Text(own(text)),
        Value::Unresolved(text) => Value::Unresolved(own(text)),
        Value::Reference(text) => Value::Reference(own(text)),
        Value::List(items) => Value::List(items.iter().map(owned).collect()),
        Value::Map(map) => Value::Map(Map {
            members: map
                .members
                .iter()
                .map(|member| Member {
                    key: At::new(own(&member.key.value), member.key.span),
                    value: owned(&member.value),
                })
                .collect(),
        }),
    };
    Node { span: node.span, value }
}

/// How many values a copy of a value costs; sixteen bytes of text count as one.
#[must_use]
pub fn weight(node: &Node<'_>) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Map(map) => {
            1 + map
                .members
                .iter()
                .map(|member| member.key.value.len() / 16 + weight(&member.value))
                .sum::<usize>()
        }
        Value::Text(text) | Value::Number(text) | Value::Unresolved(text) | Value::Reference(text) => {
            1 + text.len() / 16
        }
        Value::Null | Value::Bool(_) => 1,
    }
}

/// The roots of one text (several for YAML documents) and what reading them found.
#[derive(Debug, Default)]
pub struct Tree<'t> {
    /// One root a document.
    pub roots: Vec<Node<'t>>,
    /// Comments that start with `# calint:`, with the text behind the colon.
    pub directives: Vec<At<String>>,
    /// What was wrong or was tolerated.
    pub findings: Vec<Finding>,
}

const DIRECTIVE: &str = "calint:";

/// Comments of the form `# calint: …`, with what follows the colon. `is_text` says whether a `#` stands inside a
/// value.
fn directives(text: &str, file: FileId, is_text: impl Fn(Span) -> bool) -> Vec<At<String>> {
    text.match_indices(DIRECTIVE)
        .filter_map(|(at, _)| {
            let before = text.get(..at)?;
            let hash = before.trim_end_matches([' ', '\t']);
            let start = hash.strip_suffix('#').or_else(|| hash.strip_suffix("//"))?;
            if !(start.is_empty() || start.ends_with([' ', '\t', '\n'])) {
                return None;
            }
            let rest = text.get(at + DIRECTIVE.len()..)?.lines().next().unwrap_or_default();
            let span = Span::new(file, start.len(), at + DIRECTIVE.len() + rest.trim_end().len());
            let hash = Span { end: span.start + 1, ..span };
            (!is_text(hash)).then(|| At::new(rest.trim().to_owned(), span))
        })
        .collect()
}

/// Reports every key that stands twice in one object, anywhere below a node.
fn duplicate_keys(node: &Node<'_>, findings: &mut Vec<Finding>) {
    match &node.value {
        Value::List(items) => {
            for item in items {
                duplicate_keys(item, findings);
            }
        }
        Value::Map(map) => {
            duplicates_in(map, findings);
            for member in &map.members {
                duplicate_keys(&member.value, findings);
            }
        }
        _ => {}
    }
}

/// Up to this many keys, comparing each with each is faster than sorting.
const FEW: usize = 24;

fn duplicates_in(map: &Map<'_>, findings: &mut Vec<Finding>) {
    let keys = || map.members.iter().map(|member| &member.key);
    if map.members.len() <= FEW {
        let repeated =
            keys().enumerate().any(|(at, key)| keys().take(at).any(|earlier| earlier.value == key.value));
        if !repeated {
            return;
        }
    }
    let mut sorted: Vec<_> = keys().collect();
    sorted.sort_by(|a, b| a.value.cmp(&b.value).then(a.span.cmp(&b.span)));
    for pair in sorted.windows(2) {
        let [first, second] = pair else { continue };
        if first.value == second.value {
            let label =
                crate::finding::Label::new(second.span, "most programs take this one, and so do the rules");
            findings.push(
                Finding::new(
                    input::DUPLICATE_KEY,
                    Level::Error,
                    format!("key `{}` is written twice in one object", first.value),
                    label,
                )
                .label(first.span, "first written here")
                .note(
                    "programs differ in which of the two they take, so nobody can say what this policy does",
                )
                .help(format!("keep one `{}`", first.value))
                .place(first.value.to_string()),
            );
        }
    }
}
