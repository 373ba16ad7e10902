//! What every notation needs to read values: known members, lists, words, and what is odd about them.

use std::borrow::Cow;

use crate::finding::{Finding, Label, Level, input, nearest};
use crate::policy::words::{HIDDEN, Word};
use crate::policy::{
    Case, Fact, Format, Given, List, ReadOnly, Respelled, Spelling, Unresolved, Why, case_of, ids,
    same_member,
};
use crate::source::{At, Span};
use crate::syntax::{Map, Member, Node, Value};

/// Members that tools write beside a policy's own and that say nothing about it.
const TOOL_MEMBERS: [&str; 10] = [
    "LocationInfo",
    "AuthContextInfo",
    "GUID",
    "tenantFilter",
    "present",
    "oldNames",
    "Tracking_Data",
    "AdditionalProperties",
    "scenarios",
    "timeouts",
];

/// What stands at a place in a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Written<'w> {
    /// A text.
    Text(&'w str),
    /// The name of a value that other files make.
    Reference(&'w str),
}

impl Written<'_> {
    fn unresolved<T>(self) -> Given<T> {
        let (Self::Text(text) | Self::Reference(text)) = self;
        Given::Unresolved(Unresolved { text: text.to_owned(), why: Why::Expression })
    }
}

/// Reads the values of one policy or named location.
#[derive(Debug)]
pub(super) struct Reader {
    /// How the object is spelled, as far as read.
    pub(super) spelling: Spelling,
    /// Words written otherwise than the schema has them.
    pub(super) respelled: Vec<Respelled>,
    /// Members that only the service writes.
    pub(super) read_only: Vec<ReadOnly>,
    case: Option<Case>,
    findings: Vec<Finding>,
    unknown_keys: Vec<At<String>>,
    hidden: Vec<Span>,
    truncated: Vec<Span>,
}

impl Reader {
    pub(super) fn new(format: Format, names: bool) -> Self {
        Self {
            spelling: Spelling { format, names, ..Spelling::default() },
            respelled: Vec::new(),
            read_only: Vec::new(),
            case: None,
            findings: Vec::new(),
            unknown_keys: Vec::new(),
            hidden: Vec::new(),
            truncated: Vec::new(),
        }
    }

    /// Everything odd, one finding a cause.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        if let Some((first, rest)) = self.hidden.split_first() {
            let mut finding = Finding::new(
                input::INCOMPLETE_EXPORT,
                Level::Warn,
                format!("export hides a value behind `{HIDDEN}`"),
                Label::new(*first, "the real value is not shown"),
            )
            .note("Microsoft Graph shows this word for values newer than its first version, unless asked for them")
            .help("export again with the request header `Prefer: include-unknown-enum-members`")
            .place(HIDDEN);
            finding.labels = rest.iter().map(|span| Label::new(*span, "here too")).collect();
            self.findings.push(finding);
        }
        if let Some((first, rest)) = self.truncated.split_first() {
            let mut finding = Finding::new(
                input::INCOMPLETE_EXPORT,
                Level::Warn,
                "export was cut off at a nesting depth",
                Label::new(*first, "the content is lost"),
            )
            .note("PowerShell replaced what was nested deeper by the name of its type")
            .help("export again with `ConvertTo-Json -Depth 20`")
            .place("depth");
            finding.labels = rest.iter().map(|span| Label::new(*span, "here too")).collect();
            self.findings.push(finding);
        }
        self.findings
    }

    /// The members of an object that are in `known`, by their name there; of one that stands twice the last.
    /// Others are findings, except annotations and what tools add.
    pub(super) fn members<'n, 't>(
        &mut self,
        map: &'n Map<'t>,
        known: &'static [&'static str],
    ) -> Vec<(&'static str, &'n Member<'t>)> {
        let mut found = Vec::with_capacity(map.members.len());
        for member in &map.members {
            let key = &*member.key.value;
            // Most keys are written as the schema has them, so the costly comparison comes last.
            let exact = known.iter().find(|name| **name == key);
            if exact.is_none() && is_annotation(key) {
                if is_metadata(key) {
                    self.read_only.push(ReadOnly { key: member.key.span, value: member.value.span });
                }
                continue;
            }
            match exact.or_else(|| known.iter().find(|name| same_member(key, name))) {
                Some(name) => {
                    self.vote(key);
                    found.retain(|(earlier, _)| earlier != name);
                    found.push((*name, member));
                }
                None => {
                    self.unknown_member(member, known);
                    self.unknown_keys.push(member.key.as_ref().map(|key| key.to_string()));
                }
            }
        }
        found
    }

    /// The unknown members met since the last time this was asked.
    pub(super) fn take_unknown(&mut self) -> Vec<At<String>> {
        std::mem::take(&mut self.unknown_keys)
    }

    /// The first key that tells decides the case; `included_…` refines snake case.
    fn vote(&mut self, key: &str) {
        let case = case_of(key);
        match (self.case, case) {
            (None, Some(_)) | (Some(Case::Snake), Some(Case::SnakePast)) => self.case = case,
            _ => {}
        }
        self.spelling.case = self.case.unwrap_or_default();
    }

    fn unknown_member(&mut self, member: &Member<'_>, known: &[&str]) {
        let key = &*member.key.value;
        let case = case_of(key).unwrap_or(self.spelling.case);
        let spelling = Spelling { case, ..self.spelling };
        let spelled: Vec<_> = known.iter().map(|name| spelling.member(name)).collect();
        let near = nearest(key, spelled.iter().map(String::as_str));
        let message = format!("member `{key}` is unknown");
        let label = Label::new(member.key.span, "its effect is not known");
        let finding = match near {
            Some(near) => Finding::new(input::UNKNOWN_MEMBER, Level::Warn, message, label)
                .note("what it says is not part of the policy as it was checked")
                .help(format!("did you mean `{near}`?")),
            None => Finding::new(input::UNKNOWN_MEMBER, Level::Note, message, label)
                .note("what it says is not part of the policy as it was checked"),
        };
        self.findings.push(finding.place(key.to_owned()));
    }

    /// A list, whatever it was written as: a list, one value, a comma-separated text where `flags`, or an
    /// object of PowerShell's that was cut off.
    pub(super) fn list<T>(
        &mut self,
        member: &Member<'_>,
        flags: bool,
        mut read: impl FnMut(&mut Self, Written<'_>, Span) -> Given<T>,
    ) -> List<T> {
        let key = Some(member.key.span);
        let mut list = List { key, ..List::default() };
        self.add_to(&mut list, &member.value, flags, &mut read);
        list
    }

    fn add_to<T>(
        &mut self,
        list: &mut List<T>,
        node: &Node<'_>,
        flags: bool,
        read: &mut impl FnMut(&mut Self, Written<'_>, Span) -> Given<T>,
    ) {
        match &node.value {
            Value::Null => {}
            Value::List(items) => {
                for item in items {
                    match &item.value {
                        Value::List(_) => {
                            self.wrong_type(item, "one value");
                            list.open = Some(Box::new(unresolved(item.kind(), Why::WrongType, item.span)));
                        }
                        Value::Reference(name) => {
                            list.items
                                .push(At::new(read(self, Written::Reference(name), item.span), item.span));
                        }
                        _ => self.add_to(list, item, flags, read),
                    }
                }
            }
            Value::Text(text) if is_truncated(text) => {
                self.truncated.push(node.span);
                list.open = Some(Box::new(unresolved(text, Why::HiddenByExport, node.span)));
            }
            Value::Text(text) if flags && text.contains(',') => {
                for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                    list.items.push(At::new(read(self, Written::Text(part), node.span), node.span));
                }
            }
            Value::Text(text) if flags && text.is_empty() => {}
            Value::Text(text) | Value::Number(text) => {
                list.items.push(At::new(read(self, Written::Text(text), node.span), node.span));
            }
            Value::Unresolved(text) | Value::Reference(text) => {
                list.open = Some(Box::new(unresolved(text, Why::Expression, node.span)));
            }
            Value::Bool(_) | Value::Map(_) => {
                self.wrong_type(node, "a list of texts");
                list.open = Some(Box::new(unresolved(node.kind(), Why::WrongType, node.span)));
            }
        }
    }

    /// A list of words of a vocabulary.
    pub(super) fn words<T: Word>(&mut self, member: &Member<'_>) -> List<T> {
        self.list(member, true, |reader, written, span| match written {
            Written::Text(text) => reader.word(text, span),
            Written::Reference(_) => written.unresolved(),
        })
    }

    /// A list of texts taken as they are.
    pub(super) fn texts(&mut self, member: &Member<'_>) -> List<String> {
        self.list(member, false, |_, written, _| match written {
            Written::Text(text) => text_value(text),
            Written::Reference(name) => Given::Known(name.to_owned()),
        })
    }

    /// A list of object ids and of words that stand for all or none. Names are kept where the notation asks for
    /// them.
    pub(super) fn ids(&mut self, member: &Member<'_>) -> List<String> {
        let names = self.spelling.names;
        self.list(member, false, |_, written, _| match written {
            Written::Text(text) if names => text_value(text),
            Written::Text(text) => ids::id(text),
            Written::Reference(name) => Given::Known(name.to_owned()),
        })
    }

    /// One word of a vocabulary.
    pub(super) fn word<T: Word>(&mut self, text: &str, span: Span) -> Given<T> {
        if let Some(word) = T::parse(text).or_else(|| former(text)) {
            self.spelled(text, word.as_str(), span);
            return Given::Known(word);
        }
        let why = if text.eq_ignore_ascii_case(HIDDEN) {
            self.hidden.push(span);
            Why::HiddenByExport
        } else if ids::is_placeholder(text) {
            Why::Placeholder
        } else {
            self.unknown_word::<T>(text, span);
            Why::UnknownWord
        };
        Given::Unresolved(Unresolved { text: text.to_owned(), why })
    }

    /// Remembers a word that is written otherwise than the schema has it.
    pub(super) fn spelled(&mut self, written: &str, word: &'static str, span: Span) {
        if written != word {
            self.respelled.push(Respelled { span, written: written.to_owned(), word });
        }
    }

    fn unknown_word<T: Word>(&mut self, text: &str, span: Span) {
        let known = || T::ALL.iter().map(|(_, name)| *name);
        let help = match nearest(text, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known values are {}", listed(known())),
        };
        self.findings.push(
            Finding::new(
                input::UNKNOWN_VALUE,
                Level::Warn,
                format!("`{text}` is not {} this program knows", T::WHAT),
                Label::new(span, "its effect is not known"),
            )
            .certainty(crate::finding::Certainty::Likely)
            .note("whatever depends on this value is left undecided")
            .help(help)
            .place(text.to_owned()),
        );
    }

    /// One word where a member holds one.
    pub(super) fn word_fact<T: Word>(&mut self, node: &Node<'_>) -> Fact<T> {
        match self.text_of(node, "a text") {
            None => Fact::Absent,
            Some(Given::Unresolved(what)) => Fact::Written(At::new(Given::Unresolved(what), node.span)),
            Some(Given::Known(text)) => Fact::Written(At::new(self.word(&text, node.span), node.span)),
        }
    }

    /// One text where a member holds one.
    pub(super) fn text_fact(&mut self, node: &Node<'_>) -> Fact<String> {
        match self.text_of(node, "a text") {
            None => Fact::Absent,
            Some(Given::Known(text)) => Fact::known(text.into_owned(), node.span),
            Some(Given::Unresolved(what)) => Fact::Written(At::new(Given::Unresolved(what), node.span)),
        }
    }

    /// The rule of a filter. One into which something else is put before use is not known.
    pub(super) fn rule_fact(&mut self, node: &Node<'_>) -> Fact<String> {
        let is_marked = |value: &str| value.starts_with('<') && value.ends_with('>');
        match self.text_fact(node) {
            Fact::Written(At { value: Given::Known(text), span })
                if ids::is_placeholder(&text) || text.split('"').any(is_marked) =>
            {
                Fact::Written(unresolved(&text, Why::Placeholder, span).map(Given::Unresolved))
            }
            fact => fact,
        }
    }

    /// A yes or no where a member holds one.
    pub(super) fn bool_fact(&mut self, node: &Node<'_>) -> Fact<bool> {
        match &node.value {
            Value::Null => Fact::Absent,
            Value::Bool(bool) => Fact::known(*bool, node.span),
            Value::Text(text) if text.eq_ignore_ascii_case("true") => Fact::known(true, node.span),
            Value::Text(text) if text.eq_ignore_ascii_case("false") => Fact::known(false, node.span),
            Value::Text(text) | Value::Unresolved(text) | Value::Reference(text) => {
                Fact::Written(unresolved(text, Why::Expression, node.span).map(Given::Unresolved))
            }
            _ => {
                self.wrong_type(node, "true or false");
                Fact::Written(unresolved(node.kind(), Why::WrongType, node.span).map(Given::Unresolved))
            }
        }
    }

    fn text_of<'n>(&mut self, node: &'n Node<'_>, expected: &str) -> Option<Given<Cow<'n, str>>> {
        match &node.value {
            Value::Null => None,
            Value::Text(text) | Value::Number(text) => Some(Given::Known(Cow::Borrowed(&**text))),
            Value::Unresolved(text) | Value::Reference(text) => {
                Some(Given::Unresolved(Unresolved { text: text.to_string(), why: Why::Expression }))
            }
            // A plan says of a text known later which resources it comes from, as a list.
            Value::List(items) if !items.is_empty() && items.iter().all(is_reference) => {
                Some(Given::Unresolved(Unresolved {
                    text: "known after apply".to_owned(),
                    why: Why::Expression,
                }))
            }
            _ => {
                self.wrong_type(node, expected);
                Some(Given::Unresolved(Unresolved { text: node.kind().to_owned(), why: Why::WrongType }))
            }
        }
    }

    /// The object of a member. A list of one object, as exports of block syntax have it, counts as the object.
    pub(super) fn object<'n, 't>(&mut self, node: &'n Node<'t>) -> Option<&'n Map<'t>> {
        match &node.value {
            Value::Map(map) => Some(map),
            Value::List(items) => match items.as_slice() {
                [] => None,
                [one] => self.object(one),
                _ => {
                    self.wrong_type(node, "one object");
                    None
                }
            },
            Value::Null => None,
            Value::Text(text) if is_truncated(text) => {
                self.truncated.push(node.span);
                None
            }
            Value::Text(text) if text.is_empty() || text.eq_ignore_ascii_case("none") => None,
            Value::Unresolved(_) | Value::Reference(_) => None,
            _ => {
                self.wrong_type(node, "an object");
                None
            }
        }
    }

    fn wrong_type(&mut self, node: &Node<'_>, expected: &str) {
        self.findings.push(
            Finding::new(
                input::UNKNOWN_VALUE,
                Level::Warn,
                format!("{} stands where the schema has {expected}", node.kind()),
                Label::new(node.span, format!("expected {expected}")),
            )
            .note("the value was not used, and what depends on it is left undecided")
            .help(format!("write {expected} here"))
            .place(expected.to_owned()),
        );
    }
}

/// The value of a text that stands for itself.
pub(super) fn text_value(text: &str) -> Given<String> {
    if ids::is_placeholder(text) {
        Given::Unresolved(Unresolved { text: text.to_owned(), why: Why::Placeholder })
    } else {
        Given::Known(if ids::is_guid(text) { text.to_ascii_lowercase() } else { text.to_owned() })
    }
}

/// Words of earlier versions of the schema.
fn former<T: Word>(text: &str) -> Option<T> {
    match text.to_ascii_lowercase().as_str() {
        "modern" => T::parse("mobileAppsAndDesktopClients"),
        "easunsupported" => T::parse("exchangeActiveSync"),
        _ => None,
    }
}

fn unresolved(text: &str, why: Why, span: Span) -> At<Unresolved> {
    At::new(Unresolved { text: text.to_owned(), why }, span)
}

fn is_reference(node: &Node<'_>) -> bool {
    matches!(node.value, Value::Reference(_))
}

/// What `ConvertTo-Json` writes for what lies deeper than its limit.
fn is_truncated(text: &str) -> bool {
    text.starts_with("System.")
        || text.starts_with("@{")
        || text.starts_with("Microsoft.Graph.PowerShell.Models.")
}

fn is_annotation(key: &str) -> bool {
    key.contains("@odata.")
        || key.starts_with("#microsoft.graph.")
        || key.starts_with('$')
        || key.starts_with('_')
        || key.starts_with("//")
        || TOOL_MEMBERS.iter().any(|tool| tool.eq_ignore_ascii_case(key))
}

/// Whether a member is metadata of a response. `@odata.type` alone can tell what an object is.
fn is_metadata(key: &str) -> bool {
    (key.contains("@odata.") && key != "@odata.type") || key.starts_with("#microsoft.graph.")
}

/// Words as a sentence lists them.
fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// What stands where an object belongs and cannot be read as one: an expression, or a value of another type.
/// Whatever it means is not known. Empty texts and lists mean nothing.
pub(super) fn opaque(node: &Node<'_>) -> Option<At<Unresolved>> {
    let why = match &node.value {
        Value::Unresolved(_) | Value::Reference(_) => Why::Expression,
        Value::Text(text) if text.is_empty() || text.eq_ignore_ascii_case("none") => return None,
        Value::Text(text) if is_truncated(text) => Why::HiddenByExport,
        Value::Text(_) | Value::Number(_) | Value::Bool(_) => Why::WrongType,
        Value::List(items) => match items.as_slice() {
            [] => return None,
            [one] => return opaque(one),
            _ => Why::WrongType,
        },
        Value::Null | Value::Map(_) => return None,
    };
    let text = match &node.value {
        Value::Unresolved(text) | Value::Reference(text) | Value::Text(text) | Value::Number(text) => text,
        _ => node.kind(),
    };
    Some(unresolved(text, why, node.span))
}

/// The value of a member in any spelling, where it is not null.
pub(super) fn member<'n, 't>(map: &'n Map<'t>, name: &str) -> Option<&'n Node<'t>> {
    let exact = || map.members.iter().find(|member| member.key.value == name);
    let spelled = || map.members.iter().find(|member| same_member(&member.key.value, name));
    exact().or_else(spelled).map(|member| &member.value).filter(|node| !matches!(node.value, Value::Null))
}
