//! What a house rule asks of one field, and whether a policy is so: yes, no, or not known.

use regex::Regex;

use super::field::{Field, Unknown, View};
use crate::policy::{Policy, Spelling, Truth, Why};
use crate::source::{At, Span};

/// What is asked of a field. All tests have to hold.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) field: &'static Field,
    pub(super) tests: Vec<Test>,
}

/// One verb with what it is compared with.
#[derive(Debug)]
pub(super) enum Test {
    /// The value is one of these.
    OneOf(Vec<String>),
    /// The list holds these and no others.
    Exactly(Vec<String>),
    /// The list holds at least one of these.
    Contains(Vec<String>),
    /// The list holds each of these.
    ContainsAll(Vec<String>),
    /// The value, or one of the list, matches.
    Matches(Regex),
    /// Nothing is there.
    Empty(bool),
}

/// What became of a condition.
#[derive(Debug)]
pub(super) struct Judgement<'c> {
    pub(super) field: &'static Field,
    pub(super) truth: Truth,
    /// The value that makes it so, else where the field is written, if it is.
    pub(super) place: Option<Span>,
    /// Why it does not hold, where it does not.
    pub(super) failed: Option<&'c Test>,
    /// What it rests on where it is not known.
    pub(super) doubts: Vec<At<Doubt>>,
}

/// Why something is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// What is written is not a value that can be used.
    Written(Why),
    /// It is a name where the rule has an id, or the other way round.
    OtherForm,
}

impl Condition {
    /// Whether a policy is so.
    pub(super) fn judge<'c>(&'c self, policy: &Policy) -> Judgement<'c> {
        let view = self.field.of(policy);
        let mut judgement =
            Judgement { field: self.field, truth: Truth::Yes, place: None, failed: None, doubts: Vec::new() };
        for test in &self.tests {
            let (truth, place, doubts) = test.judge(self.field, &view);
            judgement.truth = judgement.truth.and(truth);
            judgement.doubts.extend(doubts);
            match truth {
                Truth::No => judgement.failed = judgement.failed.or(Some(test)),
                Truth::Yes => judgement.place = judgement.place.or(place),
                Truth::Unknown => {}
            }
        }
        // A value that one test fits says nothing of another that fails.
        if judgement.failed.is_some() {
            judgement.place = None;
        }
        judgement.place = judgement.place.or(view.written);
        judgement
    }
}

/// Whether it holds; the value that makes it so; and what it rests on where it is not known.
type Tested = (Truth, Option<Span>, Vec<At<Doubt>>);

impl Test {
    fn judge(&self, field: &Field, view: &View<'_>) -> Tested {
        match self {
            Self::OneOf(wanted) | Self::Contains(wanted) => contains(field, view, wanted),
            Self::ContainsAll(wanted) => contains_all(field, view, wanted),
            Self::Exactly(wanted) => exactly(field, view, wanted),
            Self::Matches(pattern) => matches(view, pattern),
            Self::Empty(wanted) => {
                let (truth, place, doubts) = empty(view);
                (if *wanted { truth } else { truth.negated() }, place, doubts)
            }
        }
    }

    /// What is the matter with a field that fails it, in words that continue the text.
    pub(super) fn failure(&self, field: &Field, written: bool, spelling: Spelling) -> String {
        let member = spelling.member(field.member());
        if !written && !matches!(self, Self::Empty(true)) {
            return format!("`{member}` is missing");
        }
        match self {
            Self::OneOf(wanted) => match quoted(wanted) {
                Some(list) if wanted.len() == 1 => format!("is not {list}"),
                Some(list) => format!("is none of {list}"),
                None => "is not one of the values asked for".to_owned(),
            },
            Self::Exactly(wanted) => match quoted(wanted) {
                Some(list) => format!("is not exactly {list}"),
                None => "is not exactly the list asked for".to_owned(),
            },
            Self::Contains(wanted) => match quoted(wanted) {
                Some(list) if wanted.len() == 1 => format!("does not contain {list}"),
                Some(list) => format!("contains none of {list}"),
                None => "contains none of the values asked for".to_owned(),
            },
            Self::ContainsAll(wanted) => match quoted(wanted) {
                Some(list) if wanted.len() == 1 => format!("does not contain {list}"),
                Some(list) => format!("does not contain all of {list}"),
                None => "does not contain all values asked for".to_owned(),
            },
            Self::Matches(pattern) => match quoted(&[pattern.as_str().to_owned()]) {
                Some(pattern) => format!("does not match {pattern}"),
                None => "does not match the pattern".to_owned(),
            },
            Self::Empty(true) => format!("`{member}` is not empty"),
            Self::Empty(false) => format!("`{member}` is empty"),
        }
    }
}

/// The most values a label names, and the most letters of all of them.
const NAMED: usize = 3;
const LETTERS: usize = 80;

/// Values as a label names them, where they are few and short.
fn quoted(values: &[String]) -> Option<String> {
    let letters: usize = values.iter().map(|value| value.chars().count()).sum();
    let words: usize = values.iter().map(|value| value.split_whitespace().count()).sum();
    let fits = values.len() <= NAMED && letters <= LETTERS && words <= NAMED;
    fits.then(|| values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", "))
}

/// What a written value that is not known may be.
fn doubt(unknown: &At<Unknown<'_>>) -> At<Doubt> {
    At::new(Doubt::Written(unknown.value.why), unknown.span)
}

/// Whether one of the values is among those wanted.
fn contains(field: &Field, view: &View<'_>, wanted: &[String]) -> Tested {
    let mut doubts = Vec::new();
    for value in &view.values {
        match is_among(field, value.value, wanted) {
            Truth::Yes => return (Truth::Yes, Some(value.span), Vec::new()),
            Truth::Unknown => doubts.push(At::new(Doubt::OtherForm, value.span)),
            Truth::No => {}
        }
    }
    for unknown in &view.unknown {
        // A rule may name the text that stands for a value.
        if wanted.iter().any(|wanted| wanted == unknown.value.text) {
            return (Truth::Yes, Some(unknown.span), Vec::new());
        }
        doubts.push(doubt(unknown));
    }
    (if doubts.is_empty() { Truth::No } else { Truth::Unknown }, None, doubts)
}

/// Whether a value is one of those wanted. An id and a name may be the same, unless the value could be compared
/// with one of its own kind.
fn is_among(field: &Field, value: &str, wanted: &[String]) -> Truth {
    let values = field.values;
    if wanted.iter().any(|wanted| values.same(value, wanted)) {
        return Truth::Yes;
    }
    let other = wanted.iter().any(|wanted| values.may_be(value, wanted));
    let own =
        wanted.iter().any(|wanted| !values.may_be(value, wanted) && !crate::policy::ids::is_token(wanted));
    if other && !own { Truth::Unknown } else { Truth::No }
}

fn contains_all(field: &Field, view: &View<'_>, wanted: &[String]) -> Tested {
    let mut all = (Truth::Yes, None, Vec::new());
    for wanted in wanted {
        let (truth, place, doubts) = contains(field, view, std::slice::from_ref(wanted));
        all.0 = all.0.and(truth);
        all.1 = all.1.or(place);
        all.2.extend(doubts);
    }
    all
}

fn exactly(field: &Field, view: &View<'_>, wanted: &[String]) -> Tested {
    let (mut truth, _, mut doubts) = contains_all(field, view, wanted);
    for value in &view.values {
        let is_among = is_among(field, value.value, wanted);
        truth = truth.and(is_among);
        if is_among == Truth::Unknown {
            doubts.push(At::new(Doubt::OtherForm, value.span));
        }
    }
    let named = |unknown: &&At<Unknown<'_>>| wanted.iter().any(|wanted| wanted == unknown.value.text);
    for unknown in view.unknown.iter().filter(|unknown| !named(unknown)) {
        truth = truth.and(Truth::Unknown);
        doubts.push(doubt(unknown));
    }
    (truth, None, doubts)
}

fn matches(view: &View<'_>, pattern: &Regex) -> Tested {
    let found = view.values.iter().find(|value| pattern.is_match(value.value));
    if let Some(found) = found {
        return (Truth::Yes, Some(found.span), Vec::new());
    }
    let doubts: Vec<_> = view.unknown.iter().map(doubt).collect();
    (if doubts.is_empty() { Truth::No } else { Truth::Unknown }, None, doubts)
}

fn empty(view: &View<'_>) -> Tested {
    match view.values.first() {
        Some(value) => (Truth::No, Some(value.span), Vec::new()),
        None if view.unknown.is_empty() => (Truth::Yes, view.written, Vec::new()),
        None => (Truth::Unknown, None, view.unknown.iter().map(doubt).collect()),
    }
}
