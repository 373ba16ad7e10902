//! Reads files that are written for this program: every key is known, and whatever else stands there is a problem.

use super::{Member, Node, Value};
use crate::finding::{Finding, Label, Level, RuleId, nearest};
use crate::source::{At, Span};

/// Takes values out of a tree and keeps what could not be used.
#[derive(Debug)]
pub struct Reader {
    /// The name that problems are reported under.
    name: &'static str,
    /// What is read, in words.
    what: &'static str,
    /// What could not be used, each with its place.
    pub problems: Vec<Finding>,
}

impl Reader {
    /// A reader of one kind of text, by the name that problems are reported under and what it is in words.
    #[must_use]
    pub fn new(name: &'static str, what: &'static str) -> Self {
        Self { name, what, problems: Vec::new() }
    }

    /// Notes a problem.
    pub fn problem(&mut self, span: Span, message: &str, label: &str, help: Option<String>) {
        let rule = RuleId::built_in(self.name);
        let mut finding = Finding::new(rule, Level::Error, message, Label::new(span, label));
        finding.help = help;
        self.problems.push(finding);
    }

    /// A value of another kind than the one that belongs there.
    pub fn wrong(&mut self, node: &Node<'_>, expected: &str) {
        let message = format!("{} has {} where {expected} belongs", self.what, node.kind());
        self.problem(node.span, &message, &format!("expected {expected}"), None);
    }

    /// A word that is none of those known.
    pub fn unknown(&mut self, span: Span, what: &str, word: &str, known: &[&str]) {
        let help = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        self.problem(span, &format!("unknown {what} `{word}`"), "not known", Some(help));
    }

    /// The members of an object whose keys are known; others are problems.
    pub fn members<'n, 't>(&mut self, node: &'n Node<'t>, known: &[&str]) -> Vec<&'n Member<'t>> {
        let mut found = Vec::new();
        for member in self.object(node) {
            if known.contains(&&*member.key.value) {
                found.push(member);
            } else {
                self.unknown(member.key.span, "key", &member.key.value, known);
            }
        }
        found
    }

    /// The members of an object, whatever their keys.
    pub fn object<'n, 't>(&mut self, node: &'n Node<'t>) -> &'n [Member<'t>] {
        match &node.value {
            Value::Map(map) => &map.members,
            Value::Null => &[],
            _ => {
                self.wrong(node, "an object");
                &[]
            }
        }
    }

    /// The values of a list.
    pub fn list<'n, 't>(&mut self, node: &'n Node<'t>) -> &'n [Node<'t>] {
        match &node.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => {
                self.wrong(node, "a list");
                &[]
            }
        }
    }

    /// A text that is not empty. A number is taken as written.
    pub fn text(&mut self, node: &Node<'_>) -> Option<At<String>> {
        match &node.value {
            Value::Text(text) | Value::Number(text) if !text.trim().is_empty() => {
                Some(At::new(text.to_string(), node.span))
            }
            _ => {
                self.wrong(node, "a text");
                None
            }
        }
    }

    /// A list of texts that are not empty.
    pub fn texts(&mut self, node: &Node<'_>) -> Vec<At<String>> {
        self.list(node).iter().filter_map(|item| self.text(item)).collect()
    }
}
