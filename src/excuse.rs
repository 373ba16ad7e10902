//! Edits that excuse a finding: a comment above its place, or an entry under `exceptions` in `calint.yaml`.
//!
//! Both leave the reason open. Until somebody writes it they excuse nothing, and `exception-without-reason` says so
//! at the place where it belongs.

use std::path::Path;

use crate::config::{Config, Exception};
use crate::discover;
use crate::edit;
use crate::finding::{Edit, Finding, RuleId};
use crate::load;
use crate::policy::Format;
use crate::rule::Family;
use crate::rule_set::RuleSet;
use crate::source::{FileId, Source, Span};
use crate::syntax::{Value, yaml};

/// Whether anything can excuse a finding.
#[must_use]
pub fn is_excusable(finding: &Finding, rules: &RuleSet) -> bool {
    let family = rules.of(&finding.rule).map(|rule| rule.meta().family);
    !finding.unread && family.is_some_and(|family| family != Family::Exception)
}

/// A comment on a line of its own above a place where a rule found something, where the format has comments and the
/// text takes one there. Where one waits for its reason there is no second.
#[must_use]
pub fn by_comment(rule: &RuleId, place: Span, source: &Source, path: &Path) -> Option<Edit> {
    let format = discover::format_of(path).filter(|format| matches!(format, Format::Yaml | Format::Hcl))?;
    let text = source.text();
    let start = text.get(..place.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next().unwrap_or_default();
    let indent: String = line.chars().take_while(|letter| matches!(letter, ' ' | '\t')).collect();
    let comment = format!("{indent}# calint: allow({rule}) {}", line_end(text));
    if text.get(..start)?.lines().next_back().is_some_and(|above| above.trim() == comment.trim()) {
        return None;
    }
    let edit = Edit { span: Span::new(place.file, start, start), replacement: comment };
    let directives = |text: String| {
        let (path, shown) = (path.to_path_buf(), source.path().to_owned());
        let input = discover::Input { path, shown, named: true, context: false, format: Some(format) };
        load::from_bytes(&input, text.into_bytes(), place.file).directives.len()
    };
    let is_read = directives(edit::applied(text, [&edit])) == directives(text.to_owned()) + 1;
    is_read.then_some(edit)
}

/// An entry of a configuration, given its text, for what a rule finds on a policy, given its name or id; where there is
/// none yet.
#[must_use]
pub fn by_entry(rule: &RuleId, policy: &str, config: &str) -> Option<Edit> {
    let end = line_end(config);
    let entry = |indent: &str| {
        let policy = serde_json::to_string(policy).unwrap_or_default();
        format!("{indent}- rule: {rule}{end}{indent}  policy: {policy}{end}{indent}  reason: \"\"{end}")
    };
    let (start, stop, replacement) = match place(config)? {
        Place::End => {
            let gap = match config.trim_end() {
                "" => "",
                _ if config.ends_with('\n') => end,
                _ => &format!("{end}{end}"),
            };
            (config.len(), config.len(), format!("{gap}exceptions:{end}{}", entry("  ")))
        }
        Place::Before { line, indent } => (line, line, entry(indent)),
        Place::Behind { colon, value } => {
            (colon, value, format!("{end}{}", entry("  ").trim_end_matches(['\r', '\n'])))
        }
    };
    let edit = Edit { span: Span::new(FileId(0), start, stop), replacement };
    let exceptions = |text: &str| Some(Config::parse(text, FileId(0), Path::new("")).ok()?.exceptions);
    let before = exceptions(config)?;
    let after = exceptions(&edit::applied(config, [&edit]))?;
    let is_own = |it: &&Exception| it.rule.value == rule.as_str() && it.policy.value == policy;
    let own = |list: &[Exception]| list.iter().filter(is_own).count();
    (after.len() == before.len() + 1 && own(&before) == 0 && own(&after) == 1).then_some(edit)
}

/// Where in a configuration an exception goes.
enum Place<'t> {
    /// To its end, under a key of its own.
    End,
    /// Before the first exception, and before a comment on it.
    Before { line: usize, indent: &'t str },
    /// In place of what stands for an empty list.
    Behind { colon: usize, value: usize },
}

fn place(config: &str) -> Option<Place<'_>> {
    let tree = yaml::read(config, FileId(0));
    let Some(root) = tree.roots.first() else { return Some(Place::End) };
    let Some(top) = root.as_map() else {
        return matches!(root.value, Value::Null).then_some(Place::End);
    };
    let Some(member) = top.members.iter().find(|member| member.key.value == "exceptions") else {
        return Some(Place::End);
    };
    match &member.value.value {
        Value::List(items) if !items.is_empty() => {
            let before = config.get(..items.first()?.span.start as usize)?;
            let line = before.rfind('\n').map_or(0, |at| at + 1);
            let indent = before.get(line..)?.split_once('-')?.0;
            let key = member.key.span.end as usize;
            let line = key + config.get(key..)?.find('\n')? + 1;
            indent.trim().is_empty().then_some(Place::Before { line, indent })
        }
        Value::List(_) | Value::Null => {
            let key = member.key.span.end as usize;
            let colon = key + config.get(key..)?.find(':')? + 1;
            let value = (member.value.span.end as usize).max(colon);
            // A comment on the key would be lost, or end up behind the reason.
            let line = config.get(colon..)?.lines().next().unwrap_or_default();
            (!line.contains('#')).then_some(Place::Behind { colon, value })
        }
        _ => None,
    }
}

/// How the lines of a text end.
fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: RuleId = RuleId::built_in("block-everyone");
    const POLICY: &str = "A: \"b\"";

    #[test]
    fn an_entry_joins_the_others() {
        let entry = "- rule: block-everyone\n    policy: \"A: \\\"b\\\"\"\n    reason: \"\"\n";
        let other = "- {rule: x, policy: y, reason: z}";
        for (before, after) in [
            ("", format!("exceptions:\n  {entry}")),
            ("# only a comment\n", format!("# only a comment\n\nexceptions:\n  {entry}")),
            ("rules: {x: off}\n", format!("rules: {{x: off}}\n\nexceptions:\n  {entry}")),
            ("rules: {x: off}", format!("rules: {{x: off}}\n\nexceptions:\n  {entry}")),
            ("exceptions: []\n# next\nrules: {}\n", format!("exceptions:\n  {entry}# next\nrules: {{}}\n")),
            ("exceptions: []\nrules: {}\n", format!("exceptions:\n  {entry}rules: {{}}\n")),
            ("exceptions:\n  # none\nrules: {}\n", format!("exceptions:\n  {entry}  # none\nrules: {{}}\n")),
            (
                &format!("exceptions:\n  {other}\nrules: {{}}\n"),
                format!("exceptions:\n  {entry}  {other}\nrules: {{}}\n"),
            ),
            (
                &format!("exceptions:\n# why\n{other}\n"),
                format!("exceptions:\n{}# why\n{other}\n", entry.replace("\n  ", "\n")),
            ),
        ] {
            let edit = by_entry(&RULE, POLICY, before).map(|edit| edit::applied(before, [&edit]));
            assert_eq!(edit, Some(after), "{before}");
        }
        for unusable in [
            "{rules: {}}",
            "exceptions: [{rule: x, policy: y, reason: z}]",
            "exceptions: # none",
            "exceptions:\n- {rule: block-everyone, policy: 'A: \"b\"'}\n",
            "exceptions: [] # none\n",
            "- a",
            "exceptions: 1",
        ] {
            assert_eq!(by_entry(&RULE, POLICY, unusable), None, "{unusable}");
        }
    }

    #[test]
    fn a_comment_stands_above_the_place() {
        let commented = |name: &str, text: &str, at: &str| {
            let source = Source::new(name.to_owned(), text.to_owned());
            let at = text.find(at).unwrap();
            let edit = by_comment(&RULE, Span::new(FileId(0), at, at + 1), &source, Path::new(name))?;
            Some(edit::applied(text, [&edit]))
        };
        let after_yaml = "a:\n  # calint: allow(block-everyone) \n  b: 1\n";
        assert_eq!(commented("a.yaml", "a:\n  b: 1\n", "1").as_deref(), Some(after_yaml));
        let after = "a {\r\n  # calint: allow(block-everyone) \r\n  b = 1\r\n}\r\n";
        assert_eq!(commented("a.tf", "a {\r\n  b = 1\r\n}\r\n", "b").as_deref(), Some(after));
        assert_eq!(commented("a.json", "{\n  \"b\": 1\n}\n", "1"), None, "JSON has no comments");
        assert_eq!(commented("a.yaml", after_yaml, "1"), None, "it waits for its reason");
        assert_eq!(commented("a.yaml", "a: |\n  b: 1\n", "b"), None, "inside a text it is none");
    }
}
