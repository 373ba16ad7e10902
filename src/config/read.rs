//! The configuration from its tree.

use jiff::civil::Date;

use super::{Config, Exception};
use crate::access::{ApprovedApp, Assume, BaselineScopes, Declared, Kind};
use crate::finding::{Finding, Label, Level, RuleId, nearest};
use crate::rules::{self, Profile};
use crate::source::{At, Span};
use crate::syntax::{Member, Node, Value};

/// The keys of the file.
pub(super) const TOP: &[&str] =
    &["emergency-access", "assume", "profiles", "rules", "exceptions", "paths", "context"];
/// The keys of `emergency-access`.
pub(super) const EMERGENCY: &[&str] = &["users", "groups"];
/// The keys of `assume`.
pub(super) const ASSUME: &[&str] = &["approved-app", "baseline-scopes"];
/// The keys of an exception.
pub(super) const EXCEPTION: &[&str] = &["rule", "policy", "reason", "until"];
/// The keys of `paths`.
pub(super) const PATHS: &[&str] = &["include", "exclude"];

/// Fills a configuration and returns what could not be used.
pub(super) fn document(roots: &[Node<'_>], config: &mut Config) -> Vec<Finding> {
    let mut reader = Reader { problems: Vec::new() };
    match roots {
        [] => {}
        [root] => reader.top(root, config),
        [_, second, ..] => {
            reader.problem(second.span, "configuration has more than one document", "not read", None)
        }
    }
    reader.problems
}

struct Reader {
    problems: Vec<Finding>,
}

impl Reader {
    fn problem(&mut self, span: Span, message: &str, label: &str, help: Option<String>) {
        let rule = RuleId::built_in("configuration");
        let mut finding = Finding::new(rule, Level::Error, message, Label::new(span, label));
        finding.help = help;
        self.problems.push(finding);
    }

    fn wrong(&mut self, node: &Node<'_>, expected: &str) {
        let message = format!("configuration has {} where {expected} belongs", node.kind());
        self.problem(node.span, &message, &format!("expected {expected}"), None);
    }

    fn unknown(&mut self, span: Span, what: &str, word: &str, known: &[&str]) {
        let help = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        self.problem(span, &format!("unknown {what} `{word}`"), "not known", Some(help));
    }

    /// The members of an object whose keys are known; others are problems.
    fn members<'n, 't>(&mut self, node: &'n Node<'t>, known: &[&str]) -> Vec<&'n Member<'t>> {
        let map = match &node.value {
            Value::Map(map) => map,
            Value::Null => return Vec::new(),
            _ => {
                self.wrong(node, "an object");
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for member in &map.members {
            if known.contains(&&*member.key.value) {
                found.push(member);
            } else {
                self.unknown(member.key.span, "key", &member.key.value, known);
            }
        }
        found
    }

    fn top(&mut self, root: &Node<'_>, config: &mut Config) {
        for member in self.members(root, TOP) {
            match &*member.key.value {
                "emergency-access" => self.emergency(&member.value, &mut config.emergency),
                "assume" => self.assume(&member.value, &mut config.assume),
                "profiles" => self.profiles(&member.value, config),
                "rules" => self.levels(&member.value, config),
                "context" => config.context = self.texts(&member.value),
                "exceptions" => self.exceptions(&member.value, &mut config.exceptions),
                _ => self.paths(&member.value, config),
            }
        }
    }

    fn emergency(&mut self, node: &Node<'_>, declared: &mut Vec<Declared>) {
        for member in self.members(node, EMERGENCY) {
            let kind = if member.key.value == "users" { Kind::User } else { Kind::Group };
            for text in self.texts(&member.value) {
                declared.push(Declared { kind, text });
            }
        }
    }

    fn assume(&mut self, node: &Node<'_>, assume: &mut Assume) {
        for member in self.members(node, ASSUME) {
            let Some(word) = self.text(&member.value) else { continue };
            match (&*member.key.value, word.value.as_str()) {
                ("approved-app", "retired") => assume.approved_app = ApprovedApp::Retired,
                ("approved-app", "honoured") => assume.approved_app = ApprovedApp::Honoured,
                ("approved-app", other) => self.unknown(word.span, "value", other, &["retired", "honoured"]),
                (_, "enforced") => assume.baseline_scopes = BaselineScopes::Enforced,
                (_, "legacy") => assume.baseline_scopes = BaselineScopes::Legacy,
                (_, other) => self.unknown(word.span, "value", other, &["enforced", "legacy"]),
            }
        }
    }

    fn profiles(&mut self, node: &Node<'_>, config: &mut Config) {
        let known = Profile::ALL.map(Profile::as_str);
        for word in self.texts(node) {
            match Profile::parse(&word.value) {
                Some(profile) => config.profiles.push(profile),
                None => self.unknown(word.span, "profile", &word.value, &known),
            }
        }
    }

    fn levels(&mut self, node: &Node<'_>, config: &mut Config) {
        let known: Vec<_> = rules::ALL.iter().map(|rule| rule.meta().id.as_str()).collect();
        let Value::Map(map) = &node.value else {
            if !matches!(node.value, Value::Null) {
                self.wrong(node, "an object");
            }
            return;
        };
        for member in &map.members {
            if !known.contains(&&*member.key.value) {
                self.unknown(member.key.span, "rule", &member.key.value, &known);
                continue;
            }
            let off = matches!(member.value.value, Value::Bool(false));
            let word = if off { None } else { self.text(&member.value) };
            match word.as_ref().map(|word| Level::parse(&word.value)) {
                Some(Some(level)) => {
                    config.levels.insert(member.key.value.to_string(), level);
                }
                None if off => {
                    config.levels.insert(member.key.value.to_string(), Level::Off);
                }
                Some(None) => {
                    let word = word.map(|word| word.value).unwrap_or_default();
                    self.unknown(member.value.span, "level", &word, &["error", "warn", "note", "off"]);
                }
                None => {}
            }
        }
    }

    fn exceptions(&mut self, node: &Node<'_>, exceptions: &mut Vec<Exception>) {
        let Value::List(items) = &node.value else {
            if !matches!(node.value, Value::Null) {
                self.wrong(node, "a list");
            }
            return;
        };
        for item in items {
            if let Some(exception) = self.exception(item) {
                exceptions.push(exception);
            }
        }
    }

    fn exception(&mut self, item: &Node<'_>) -> Option<Exception> {
        let (mut rule, mut policy, mut reason, mut until) = (None, None, None, None);
        for member in self.members(item, EXCEPTION) {
            match &*member.key.value {
                "until" => until = self.date(&member.value),
                "rule" => rule = self.text(&member.value),
                "policy" => policy = self.text(&member.value),
                _ => reason = self.text(&member.value),
            }
        }
        let place = rule.as_ref().map_or(item.span, |rule| rule.span);
        let known: Vec<_> = rules::ALL.iter().map(|rule| rule.meta().id.as_str()).collect();
        if let Some(rule) = rule.as_ref().filter(|rule| !known.contains(&rule.value.as_str())) {
            self.unknown(rule.span, "rule", &rule.value, &known);
        }
        let given = [("rule", rule.is_some()), ("policy", policy.is_some()), ("reason", reason.is_some())];
        for (key, _) in given.iter().filter(|(_, given)| !given) {
            let help = match *key {
                "reason" => "write `reason:` with why this is acceptable",
                "policy" => "write `policy:` with the display name or id of the policy",
                _ => "write `rule:` with the rule that is excused",
            };
            let message = format!("exception has no `{key}`");
            self.problem(place, &message, "in this exception", Some(help.to_owned()));
        }
        Some(Exception { rule: rule?, policy: policy?, reason: reason?.value, until, whole: place })
    }

    fn date(&mut self, node: &Node<'_>) -> Option<At<Date>> {
        let text = self.text(node)?;
        match text.value.parse::<Date>() {
            Ok(date) => Some(At::new(date, text.span)),
            Err(_) => {
                let message = format!("`{}` is not a date", text.value);
                self.problem(
                    text.span,
                    &message,
                    "expected a date",
                    Some("write it as 2027-01-31".to_owned()),
                );
                None
            }
        }
    }

    fn paths(&mut self, node: &Node<'_>, config: &mut Config) {
        for member in self.members(node, PATHS) {
            let list = self.texts(&member.value).into_iter().map(|text| text.value).collect();
            if member.key.value == "include" { config.include = list } else { config.exclude = list }
        }
    }

    fn text(&mut self, node: &Node<'_>) -> Option<At<String>> {
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

    fn texts(&mut self, node: &Node<'_>) -> Vec<At<String>> {
        match &node.value {
            Value::Null => Vec::new(),
            Value::List(items) => items.iter().filter_map(|item| self.text(item)).collect(),
            _ => {
                self.wrong(node, "a list");
                Vec::new()
            }
        }
    }
}
