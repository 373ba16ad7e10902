//! JSON text to [`Node`].
//!
//! Read strictly first. What strictness refuses but a reader can do without guessing (comments, trailing
//! commas) is accepted and noted; a missing comma is an error, yet the rest of the text is still read.

use std::borrow::Cow;

use jsonc_parser::ast;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{MAX_DEPTH, Map, Member, Node, Tree, Value, duplicate_keys, strict_json};
use crate::finding::{Finding, Label, Level, input};
use crate::source::{At, FileId, Span};

/// Reads a JSON text. Where it cannot be read there is no root and at least one finding.
#[must_use]
pub fn read(text: &str, file: FileId) -> Tree<'_> {
    let mut tree = Tree::default();
    if text.trim().is_empty() {
        let message = "file is empty, so it holds no policy";
        tree.findings.push(Finding::unreadable(file, message).help(EMPTY_HELP));
        return tree;
    }
    if let Some(root) = strict_json::read(text, file) {
        duplicate_keys(&root, &mut tree.findings);
        tree.roots.push(root);
        return tree;
    }
    tolerant(text, file)
}

/// Reads a text that may break the grammar.
pub(super) fn tolerant(text: &str, file: FileId) -> Tree<'_> {
    let mut tree = Tree::default();
    let mut options = strict();
    loop {
        match parse_to_ast(text, &CollectOptions::default(), &options) {
            Ok(parsed) => {
                if let Some(root) = parsed.value {
                    match convert(root, file, 0) {
                        Ok(root) => {
                            control_characters(&root, text, &mut tree.findings);
                            duplicate_keys(&root, &mut tree.findings);
                            tree.roots.push(root);
                        }
                        Err(span) => tree.findings.push(too_deep(span)),
                    }
                }
                return tree;
            }
            Err(error) => {
                let span = Span::new(file, error.range().start, error.range().end);
                let (tolerable, finding) = judge(&error, span, text, &mut options);
                tree.findings.push(finding);
                if !tolerable {
                    return tree;
                }
            }
        }
    }
}

/// Notes the first raw control character inside a text, which the grammar forbids.
fn control_characters(node: &Node<'_>, text: &str, findings: &mut Vec<Finding>) {
    let mut found = None;
    find_control(node, text, &mut found);
    if let Some(span) = found {
        findings.push(
            Finding::new(
                input::SYNTAX_ERROR,
                Level::Note,
                "control character stands inside a text",
                Label::new(span, "in this text"),
            )
            .note("this was read as meant, but Microsoft Graph and most other JSON readers refuse it")
            .help("escape it, a line end as `\\n`"),
        );
    }
}

fn find_control(node: &Node<'_>, text: &str, found: &mut Option<Span>) {
    match &node.value {
        _ if found.is_some() => {}
        Value::Text(_) => {
            let raw = text.get(node.span.start as usize..node.span.end as usize).unwrap_or_default();
            if raw.bytes().any(|byte| byte < b' ') {
                *found = Some(node.span);
            }
        }
        Value::List(items) => items.iter().for_each(|item| find_control(item, text, found)),
        Value::Map(map) => map.members.iter().for_each(|member| find_control(&member.value, text, found)),
        _ => {}
    }
}

pub(super) const EMPTY_HELP: &str = "write the policy into it, or delete it";

/// A value nested deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(span: Span) -> Finding {
    let message = format!("nesting is deeper than {MAX_DEPTH} levels, so the file was not read");
    Finding::new(input::SYNTAX_ERROR, Level::Error, message, Label::new(span, "too deep here"))
        .help("a policy needs fewer than ten levels; check what wrote this file")
        .unread()
}

fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// What an error means: whether reading can go on with wider options, and the finding either way.
fn judge(error: &ParseError, span: Span, text: &str, options: &mut ParseOptions) -> (bool, Finding) {
    let note = |message: &str, label: &str| {
        Finding::new(input::SYNTAX_ERROR, Level::Note, message, Label::new(span, label))
            .note("this was read as meant, but Microsoft Graph and most other JSON readers refuse it")
    };
    match error.kind() {
        ParseErrorKind::CommentsNotAllowed if !options.allow_comments => {
            options.allow_comments = true;
            (true, note("comments are not part of JSON", "a comment").help("keep notes outside the file"))
        }
        ParseErrorKind::TrailingCommasNotAllowed if !options.allow_trailing_commas => {
            options.allow_trailing_commas = true;
            let finding =
                note("trailing comma is not part of JSON", "nothing follows").help("delete the comma");
            (true, finding)
        }
        ParseErrorKind::ExpectedComma if !options.allow_missing_commas => {
            options.allow_missing_commas = true;
            let finding = broken(error, span, text).help("put a comma between the two");
            (
                true,
                finding
                    .note("the rest was read as meant, but Microsoft Graph and other JSON readers refuse it"),
            )
        }
        _ => (false, broken(error, span, text)),
    }
}

fn broken(error: &ParseError, span: Span, text: &str) -> Finding {
    let (message, label) = wording(error.kind());
    let label = if span.end as usize >= text.trim_end().len() { "the text ends here" } else { label };
    Finding::new(input::SYNTAX_ERROR, Level::Error, message, Label::new(span, label))
        .note("a policy in a file that cannot be read is not checked")
        .help("correct this place; the cause may stand before it, such as an open quote or bracket")
        .unread()
}

fn wording(kind: &ParseErrorKind) -> (Cow<'static, str>, &'static str) {
    use ParseErrorKind as Kind;
    let (message, label) = match kind {
        Kind::ExpectedComma => ("comma is missing", "expected `,` before this"),
        Kind::ExpectedColonAfterObjectKey => ("colon is missing after a key", "expected `:` after this"),
        Kind::ExpectedObjectValue => ("value is missing after a key", "expected a value"),
        Kind::ExpectedStringObjectProperty => ("key is not in double quotes", "expected a quoted key"),
        Kind::MultipleRootJsonValues => ("text goes on after the JSON value", "this is left over"),
        Kind::SingleQuotedStringsNotAllowed => ("text is in single quotes", "expected double quotes"),
        Kind::UnterminatedArray => ("list is not closed", "opened here"),
        Kind::UnterminatedObject => ("object is not closed", "opened here"),
        Kind::UnterminatedCommentBlock => ("comment is not closed", "opened here"),
        Kind::NestingDepthExceeded => return (too_deep_message().into(), "too deep here"),
        Kind::UnexpectedWord => ("word is not in quotes", "expected a value"),
        Kind::String(_) => ("text is not well formed", "this text"),
        other => {
            let message = other.to_string();
            let mut chars = message.chars();
            let lower = chars.next().map(|first| first.to_lowercase().chain(chars).collect::<String>());
            return (lower.unwrap_or(message).into(), "here");
        }
    };
    (Cow::Borrowed(message), label)
}

fn too_deep_message() -> String {
    format!("nesting is deeper than {MAX_DEPTH} levels, so the file was not read")
}

fn convert<'t>(value: ast::Value<'t>, file: FileId, depth: usize) -> Result<Node<'t>, Span> {
    let range = jsonc_parser::common::Ranged::range(&value);
    let span = Span::new(file, range.start, range.end);
    if depth > MAX_DEPTH {
        return Err(span);
    }
    let value = match value {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(bool) => Value::Bool(bool.value),
        ast::Value::NumberLit(number) => Value::Number(Cow::Borrowed(number.value)),
        ast::Value::StringLit(text) => Value::Text(text.value),
        ast::Value::Array(list) => {
            let items = list.elements.into_iter().map(|item| convert(item, file, depth + 1));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        ast::Value::Object(object) => {
            let members = object.properties.into_iter().map(|property| {
                let range = jsonc_parser::common::Ranged::range(&property.name);
                let key: Cow<'t, str> = match property.name {
                    ast::ObjectPropName::String(text) => text.value,
                    ast::ObjectPropName::Word(word) => Cow::Borrowed(word.value),
                };
                let key = At::new(key, Span::new(file, range.start, range.end));
                Ok(Member { key, value: convert(property.value, file, depth + 1)? })
            });
            Value::Map(Map { members: members.collect::<Result<_, Span>>()? })
        }
    };
    Ok(Node { span, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<(Level, String)> {
        read(text, FileId(0)).findings.into_iter().map(|finding| (finding.level, finding.message)).collect()
    }

    #[test]
    fn tolerates_and_notes() {
        let tree = read("{\"a\": [1, 2,], // why\n \"b\": null}", FileId(0));
        assert_eq!(tree.roots.len(), 1);
        let notes: Vec<_> = tree.findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(notes, ["trailing comma is not part of JSON", "comments are not part of JSON"]);
        assert!(tree.findings.iter().all(|finding| finding.level == Level::Note && !finding.unread));
    }

    #[test]
    fn missing_comma_is_an_error_but_the_rest_is_read() {
        let tree = read("{\"a\": 1 \"b\": 2}", FileId(0));
        assert_eq!(tree.roots.len(), 1);
        assert!(tree.findings.iter().any(|finding| finding.level == Level::Error && finding.unread));
    }

    #[test]
    fn broken_texts_have_a_place_and_no_root() {
        for text in ["", "   ", "{", "{\"a\":", "[1", "{'a': 1}", "{\"a\": 1} x", "nul"] {
            let tree = read(text, FileId(0));
            assert!(tree.roots.is_empty(), "{text}");
            assert!(tree.findings.iter().any(|finding| finding.unread), "{text}");
        }
    }

    #[test]
    fn depth_is_limited_without_overflow() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(findings(&deep), [(Level::Error, too_deep_message())]);
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(findings(&deep), [(Level::Error, too_deep_message())]);
    }

    #[test]
    fn duplicate_keys_are_found_anywhere() {
        assert_eq!(
            findings("{\"a\": [{\"b\": 1, \"b\": 2}]}"),
            [(Level::Error, "key `b` is written twice in one object".to_owned())]
        );
    }
}
