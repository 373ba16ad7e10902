//! The configuration from its tree.

use jiff::civil::Date;
use regex::RegexBuilder;

use super::{Config, Exception};
use crate::access::{ApprovedApp, Assume, BaselineScopes, Declared, Kind};
use crate::finding::{Finding, Level};
use crate::rule::Profile;
use crate::source::At;
use crate::syntax::own::Reader;
use crate::syntax::{Node, Value};

/// What its problems are reported as.
pub(super) const NAME: &str = "configuration";
/// The keys of the file.
pub(super) const TOP: &[&str] = &[
    "emergency-access",
    "assume",
    "profiles",
    "rules",
    "exceptions",
    "paths",
    "context",
    "house-rules",
    "naming",
    "report-only-days",
];
/// The keys of `emergency-access`.
pub(super) const EMERGENCY: &[&str] = &["users", "groups"];
/// The keys of `assume`.
pub(super) const ASSUME: &[&str] = &["approved-app", "baseline-scopes"];
/// The keys of an exception.
pub(super) const EXCEPTION: &[&str] = &["rule", "policy", "reason", "until"];
/// The keys of `paths`.
pub(super) const PATHS: &[&str] = &["include", "exclude"];
/// The keys of `naming`.
pub(super) const NAMING: &[&str] = &["pattern"];

/// How much memory a pattern may take, in bytes.
const PATTERN_BYTES: usize = 1024 * 1024;

/// Fills a configuration and returns what could not be used.
pub(super) fn document(roots: &[Node<'_>], config: &mut Config) -> Vec<Finding> {
    let mut reader = Reader::new(NAME, NAME);
    match roots {
        [] => {}
        [root] => reader.top(root, config),
        [_, second, ..] => {
            reader.problem(second.span, "configuration has more than one document", "not read", None)
        }
    }
    reader.problems
}

impl Reader {
    fn top(&mut self, root: &Node<'_>, config: &mut Config) {
        for member in self.members(root, TOP) {
            match &*member.key.value {
                "emergency-access" => self.emergency(&member.value, &mut config.emergency),
                "assume" => self.assume(&member.value, &mut config.assume),
                "profiles" => self.profiles(&member.value, config),
                "rules" => self.levels(&member.value, config),
                "context" => config.context = self.texts(&member.value),
                "house-rules" => config.house_rules = Some(self.texts(&member.value)),
                "naming" => self.naming(&member.value, config),
                "report-only-days" => config.report_only_days = self.days(&member.value),
                "exceptions" => self.exceptions(&member.value, config),
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
        for member in self.object(node) {
            config.named.push(member.key.as_ref().map(|key| key.to_string()));
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

    fn exceptions(&mut self, node: &Node<'_>, config: &mut Config) {
        for item in self.list(node) {
            if let Some(exception) = self.exception(item, &mut config.named) {
                config.exceptions.push(exception);
            }
        }
    }

    fn exception(&mut self, item: &Node<'_>, named: &mut Vec<At<String>>) -> Option<Exception> {
        let (mut rule, mut policy, mut reason, mut until) = (None, None, None, None);
        for member in self.members(item, EXCEPTION) {
            match &*member.key.value {
                "until" => until = self.date(&member.value),
                "rule" => rule = self.text(&member.value),
                "policy" => policy = self.text(&member.value),
                _ if is_blank(&member.value) => {}
                _ => reason = self.text(&member.value).map(|reason| reason.value),
            }
        }
        let place = rule.as_ref().map_or(item.span, |rule| rule.span);
        named.extend(rule.clone());
        for (key, _) in
            [("rule", rule.is_some()), ("policy", policy.is_some())].iter().filter(|(_, given)| !given)
        {
            let help = match *key {
                "policy" => "write `policy:` with the display name or id of the policy",
                _ => "write `rule:` with the rule that is excused",
            };
            let message = format!("exception has no `{key}`");
            self.problem(place, &message, "in this exception", Some(help.to_owned()));
        }
        Some(Exception { rule: rule?, policy: policy?, reason, until, whole: place })
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

    fn naming(&mut self, node: &Node<'_>, config: &mut Config) {
        for member in self.members(node, NAMING) {
            let Some(text) = self.text(&member.value) else { continue };
            match RegexBuilder::new(&text.value).size_limit(PATTERN_BYTES).build() {
                Ok(pattern) => config.naming = Some(pattern),
                Err(error) => {
                    let reason = error.to_string();
                    let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    let help =
                        "write a regular expression, such as '^CA\\d{3} ', in single quotes".to_owned();
                    self.problem(text.span, "pattern cannot be used", reason, Some(help));
                }
            }
        }
    }

    fn days(&mut self, node: &Node<'_>) -> Option<u32> {
        let text = self.text(node)?;
        let days = text.value.parse().ok().filter(|days| *days > 0);
        if days.is_none() {
            let message = format!("`{}` is not a number of days", text.value);
            self.problem(text.span, &message, "expected a number of days", Some("write it as 30".to_owned()));
        }
        days
    }

    fn paths(&mut self, node: &Node<'_>, config: &mut Config) {
        for member in self.members(node, PATHS) {
            let list = self.texts(&member.value).into_iter().map(|text| text.value).collect();
            if member.key.value == "include" { config.include = list } else { config.exclude = list }
        }
    }
}

/// Whether a key is there and nothing behind it.
fn is_blank(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}
