//! House rules from the text of a file.

use regex::{Regex, RegexBuilder};

use super::condition::{Condition, Test};
use super::field::{FIELDS, Field, Values, kebab};
use super::{HouseRule, NAME};
use crate::finding::{Finding, Level, RuleId, nearest};
use crate::rule::{Family, Meta};
use crate::rules;
use crate::source::{At, FileId, Span};
use crate::syntax::own::Reader;
use crate::syntax::{Node, Value, owned, yaml};

/// The keys of a rule.
pub(super) const RULE: &[&str] =
    &["id", "message", "help", "note", "level", "url", "where", "require", "forbid", "good", "bad"];
/// The keys no rule is without, and what to write for each.
const NEEDED: &[(&str, &str)] = &[
    ("id", "write `id:` with a name that, read after \"allow\", names what is wrong"),
    ("message", "write `message:` with what is wrong, in one line"),
    ("help", "write `help:` with what to do about it"),
    ("level", "write `level:` with error, warn or note"),
    ("good", "write `good:` with a list of at least one policy that the rule has nothing to say of"),
    ("bad", "write `bad:` with a list of at least one policy that breaks the rule"),
];
/// The verbs of a condition.
const VERBS: &[&str] = &["equals", "one-of", "contains", "contains-all", "matches", "empty"];

/// The longest pattern, in bytes, and the most memory that a compiled one may take.
pub(super) const MAX_PATTERN: usize = 1000;
const MAX_COMPILED: usize = 1 << 20;

/// Reads the rules of a text; `shown` is its path as reports show it. What cannot be used is among the problems,
/// each with its place, and the rule it is in is left out.
#[must_use]
pub fn read(text: &str, file: FileId, shown: &str) -> (Vec<HouseRule>, Vec<Finding>) {
    if text.trim().is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut tree = yaml::read(text, file);
    if !tree.findings.is_empty() {
        for finding in &mut tree.findings {
            finding.note = Some("no rule of this file is used".to_owned());
        }
        return (Vec::new(), tree.findings);
    }
    let mut reader = RuleReader { text, shown, reader: Reader::new(NAME, "rule file") };
    let mut found = Vec::new();
    match tree.roots.as_slice() {
        [] => {}
        [root] => {
            for item in reader.reader.list(root) {
                found.extend(reader.rule(item));
            }
        }
        [_, second, ..] => {
            let message = "rule file has more than one document";
            reader.problem(second.span, message, "not read", Some("write all rules as one list"));
        }
    }
    let mut problems = reader.reader.problems;
    problems.sort_by_key(|problem| problem.primary.span);
    (found, problems)
}

struct RuleReader<'t> {
    text: &'t str,
    shown: &'t str,
    reader: Reader,
}

/// The parts of a rule as they are met.
#[derive(Default)]
struct Parts<'n, 't> {
    id: Option<At<String>>,
    message: Option<String>,
    help: Option<String>,
    note: Option<String>,
    level: Option<Level>,
    url: Option<String>,
    selects: Vec<Condition>,
    requires: Vec<Condition>,
    forbids: Vec<Condition>,
    good: &'n [Node<'t>],
    bad: &'n [Node<'t>],
}

impl RuleReader<'_> {
    fn problem(&mut self, span: Span, message: &str, label: &str, help: Option<&str>) {
        self.reader.problem(span, message, label, help.map(str::to_owned));
    }

    fn rule(&mut self, node: &Node<'_>) -> Option<HouseRule> {
        let before = self.reader.problems.len();
        let mut parts = Parts::default();
        let mut written = Vec::new();
        for member in self.reader.members(node, RULE) {
            let value = &member.value;
            let key = &*member.key.value;
            written.push(key.to_owned());
            match key {
                "id" => parts.id = self.reader.text(value),
                "message" => parts.message = self.line(value),
                "help" => parts.help = self.line(value),
                "note" => parts.note = self.line(value),
                "level" => parts.level = self.level(value),
                "url" => parts.url = self.url(value),
                "where" => parts.selects = self.conditions(value, member.key.span),
                "require" => parts.requires = self.conditions(value, member.key.span),
                "forbid" => parts.forbids = self.conditions(value, member.key.span),
                "good" => parts.good = self.examples(value, member.key.span),
                _ => parts.bad = self.examples(value, member.key.span),
            }
        }
        if node.as_map().is_some() {
            self.complete(node, &parts, &written);
        }
        if self.reader.problems.len() > before {
            return None;
        }
        self.build(node, parts)
    }

    /// Notes what a rule lacks.
    fn complete(&mut self, node: &Node<'_>, parts: &Parts<'_, '_>, written: &[String]) {
        let place = parts.id.as_ref().map_or(node.span, |id| id.span);
        let has = |key: &str| written.iter().any(|written| written == key);
        for (key, help) in NEEDED.iter().filter(|(key, _)| !has(key)) {
            self.problem(place, &format!("rule has no `{key}`"), "in this rule", Some(help));
        }
        if !has("require") && !has("forbid") {
            let help = "write `require:` with what has to be so, or `forbid:` with what must not be";
            self.problem(place, "rule neither requires nor forbids anything", "in this rule", Some(help));
        }
        let Some(id) = &parts.id else { return };
        if !is_kebab(&id.value) {
            let message = format!("`{}` is no name for a rule", id.value);
            let help = "write it in lower case with hyphens, such as `name-without-number`";
            self.problem(id.span, &message, "not in lower case with hyphens", Some(help));
        } else if rules::find(&id.value).is_some() || id.value == NAME {
            let message = format!("`{}` is the name of a rule of calint", id.value);
            let help = "choose another name, such as one that starts with that of your organization";
            self.problem(id.span, &message, "taken", Some(help));
        }
    }

    fn build(&self, node: &Node<'_>, parts: Parts<'_, '_>) -> Option<HouseRule> {
        let Parts { id, message, help, note, level, url, selects, requires, forbids, good, bad } = parts;
        let (id, message, help, level) = (id?, message?, help?, level?);
        let docs = self.documentation(node, &id.value, &message, &help, note.as_deref(), url.as_deref());
        let meta = Meta { id: RuleId::owned(id.value), family: Family::House, level, docs: docs.into() };
        Some(HouseRule {
            meta,
            id: id.span,
            message,
            help,
            note,
            selects,
            requires,
            forbids,
            good: good.iter().map(owned).collect(),
            bad: bad.iter().map(owned).collect(),
        })
    }

    /// A text as one line.
    fn line(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.reader.text(node)?;
        Some(text.value.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn level(&mut self, node: &Node<'_>) -> Option<Level> {
        let word = self.reader.text(node)?;
        let level = Level::parse(&word.value).filter(|level| *level != Level::Off);
        if level.is_none() {
            self.reader.unknown(word.span, "level", &word.value, &["error", "warn", "note"]);
        }
        level
    }

    fn url(&mut self, node: &Node<'_>) -> Option<String> {
        let url = self.reader.text(node)?;
        let is_link = url.value.starts_with("https://") && !url.value.contains(char::is_whitespace);
        if !is_link {
            self.problem(url.span, "url is not a link", "expected a link that starts with `https://`", None);
        }
        is_link.then_some(url.value)
    }

    fn examples<'n, 't>(&mut self, node: &'n Node<'t>, key: Span) -> &'n [Node<'t>] {
        let items = self.reader.list(node);
        if items.is_empty() && matches!(node.value, Value::Null | Value::List(_)) {
            let help = "write at least one policy, with the members that matter to the rule";
            self.problem(key, "rule has no example here", "a list without a policy", Some(help));
        }
        for item in items.iter().filter(|item| item.as_map().is_none()) {
            self.reader.wrong(item, "a policy");
        }
        items
    }

    fn conditions(&mut self, node: &Node<'_>, key: Span) -> Vec<Condition> {
        let members = self.reader.object(node);
        if members.is_empty() && matches!(node.value, Value::Null | Value::Map(_)) {
            let help = "name at least one field, or leave the key out";
            self.problem(key, "no field is named", "in this part of the rule", Some(help));
        }
        let mut found = Vec::new();
        for member in members {
            let word = &*member.key.value;
            match Field::named(word) {
                None => self.unknown_field(member.key.span, word),
                Some(field) => {
                    let tests = self.tests(field, &member.value, member.key.span);
                    found.push(Condition { field, tests });
                }
            }
        }
        found
    }

    fn unknown_field(&mut self, span: Span, word: &str) {
        let names: Vec<_> = FIELDS.iter().map(Field::kebab).collect();
        let inner = format!("{}.", kebab(word));
        let near = nearest(&kebab(word), names.iter().map(String::as_str));
        let near = near.or_else(|| names.iter().map(String::as_str).find(|name| name.starts_with(&inner)));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", names.join(", ")),
        };
        self.reader.problem(span, &format!("unknown field `{word}`"), "not known", Some(help));
    }

    /// What is asked of a field: verbs with their values or, of a field with one value, that value or those it may
    /// have.
    fn tests(&mut self, field: &Field, node: &Node<'_>, key: Span) -> Vec<Test> {
        match &node.value {
            Value::Map(map) if map.members.is_empty() => {
                self.problem(key, "nothing is asked of this field", "no verb", Some(&verbs(field)));
                Vec::new()
            }
            Value::Map(map) => {
                let asked = map.members.iter();
                asked
                    .filter_map(|member| {
                        self.test(field, &member.key.as_ref().map(|key| &**key), &member.value)
                    })
                    .collect()
            }
            Value::List(_) if field.single => self.values(field, node).map(Test::OneOf).into_iter().collect(),
            Value::Text(_) | Value::Number(_) if field.single => {
                self.value(field, node).map(|value| Test::OneOf(vec![value])).into_iter().collect()
            }
            _ => {
                let message = format!("rule does not say how `{}` is compared", field.kebab());
                self.problem(node.span, &message, "expected a verb", Some(&verbs(field)));
                Vec::new()
            }
        }
    }

    fn test(&mut self, field: &Field, verb: &At<&str>, node: &Node<'_>) -> Option<Test> {
        let known = verbs_of(field);
        if VERBS.contains(&verb.value) && !known.contains(&verb.value) {
            let kind = if field.single { "one value" } else { "a list" };
            let message = format!("`{}` is not for a field with {kind}", verb.value);
            self.problem(verb.span, &message, "not for this field", Some(&verbs(field)));
            return None;
        }
        match verb.value {
            "equals" if field.single => self.value(field, node).map(|value| Test::OneOf(vec![value])),
            "equals" => self.values(field, node).map(Test::Exactly),
            "one-of" => self.values(field, node).map(Test::OneOf),
            "contains" => self.values(field, node).map(Test::Contains),
            "contains-all" => self.values(field, node).map(Test::ContainsAll),
            "matches" => self.pattern(node).map(Test::Matches),
            "empty" => self.flag(node).map(Test::Empty),
            other => {
                self.reader.unknown(verb.span, "verb", other, &known);
                None
            }
        }
    }

    fn flag(&mut self, node: &Node<'_>) -> Option<bool> {
        let Value::Bool(flag) = node.value else {
            self.reader.wrong(node, "true or false");
            return None;
        };
        Some(flag)
    }

    /// One value, or a list of at least one.
    fn values(&mut self, field: &Field, node: &Node<'_>) -> Option<Vec<String>> {
        let Value::List(items) = &node.value else {
            return self.value(field, node).map(|value| vec![value]);
        };
        if items.is_empty() {
            let help = "name at least one value; `empty: true` asks for none";
            self.problem(node.span, "list of values is empty", "nothing to compare with", Some(help));
            return None;
        }
        items.iter().map(|item| self.value(field, item)).collect()
    }

    fn value(&mut self, field: &Field, node: &Node<'_>) -> Option<String> {
        let text = self.reader.text(node)?;
        let normal = field.values.normal(&text.value);
        if normal.is_none() {
            let mut known = field.values.words();
            if field.name == "state" {
                known.push(super::field::REPORT_ONLY);
            }
            self.reader.unknown(text.span, "value", &text.value, &known);
        }
        normal
    }

    fn pattern(&mut self, node: &Node<'_>) -> Option<Regex> {
        let text = self.reader.text(node)?;
        if text.value.len() > MAX_PATTERN {
            let message = format!("pattern is longer than {MAX_PATTERN} bytes");
            self.problem(text.span, &message, "too long", Some("split it into several rules"));
            return None;
        }
        if let Err(error) = regex_syntax::Parser::new().parse(&text.value) {
            let (at, reason) = fault(&error);
            let span = self.inside(text.span, &text.value, at);
            let help = "patterns are regular expressions without look-around and back-references; write \
                        them in single quotes";
            self.problem(span, "pattern is not well-formed", &reason, Some(help));
            return None;
        }
        match RegexBuilder::new(&text.value).size_limit(MAX_COMPILED).build() {
            Ok(pattern) => Some(pattern),
            Err(_) => {
                let help = "repeat less, or less often";
                self.problem(text.span, "pattern takes too much memory", "too large", Some(help));
                None
            }
        }
    }

    /// The place of a byte of a text; the whole where the file spells it in another way.
    fn inside(&self, whole: Span, value: &str, at: usize) -> Span {
        let written = self.text.get(whole.start as usize..whole.end as usize).unwrap_or_default();
        let Some(start) = written.find(value) else { return whole };
        let start = whole.start as usize + start + at;
        let letter = value.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span::new(whole.file, start, start + letter)
    }

    /// What `calint explain` prints.
    fn documentation(
        &self,
        node: &Node<'_>,
        id: &str,
        message: &str,
        help: &str,
        note: Option<&str>,
        url: Option<&str>,
    ) -> String {
        let mut docs = format!("# {id}\n\n{}\n\n", sentence(message));
        if let Some(note) = note {
            docs.push_str(&format!("{}\n\n", sentence(note)));
        }
        docs.push_str(&format!("To do: {help}\n\nA house rule, from `{}`:\n\n", self.shown));
        docs.push_str(&format!("```yaml\n{}```\n", self.source(node.span)));
        if let Some(url) = url {
            docs.push_str(&format!("\n## References\n\n- <{url}>\n"));
        }
        docs
    }

    /// The lines of a rule as written, moved to the margin.
    fn source(&self, span: Span) -> String {
        let (start, end) = (span.start as usize, span.end as usize);
        let before = self.text.get(..start).unwrap_or_default();
        let indent = before.rsplit('\n').next().unwrap_or_default().len();
        let mut text = String::new();
        for line in self.text.get(start..end).unwrap_or_default().trim_end().lines() {
            let margin = line.len() - line.trim_start_matches(' ').len();
            let from = if text.is_empty() { 0 } else { margin.min(indent) };
            text.push_str(line.get(from..).unwrap_or_default());
            text.push('\n');
        }
        text
    }
}

/// Where in a pattern a fault is, in bytes, and what it is.
fn fault(error: &regex_syntax::Error) -> (usize, String) {
    match error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span().start.offset, error.kind().to_string()),
        _ => (0, "cannot be read".to_owned()),
    }
}

/// The verbs for a field.
pub(super) fn verbs_of(field: &Field) -> Vec<&'static str> {
    let fits = |verb: &&'static str| match *verb {
        "one-of" => field.single,
        "contains" | "contains-all" => !field.single,
        "matches" => !matches!(field.values, Values::Words(_)),
        _ => true,
    };
    VERBS.iter().copied().filter(fits).collect()
}

fn verbs(field: &Field) -> String {
    format!("known for this field: {}", verbs_of(field).join(", "))
}

fn is_kebab(id: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    id.starts_with(|first: char| first.is_ascii_lowercase()) && id.split('-').all(is_part)
}

/// A line as a sentence.
fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    let first = letters.next().map(char::to_uppercase);
    let text: String = first.into_iter().flatten().chain(letters).collect();
    if text.ends_with(['.', '!', '?']) { text } else { text + "." }
}
