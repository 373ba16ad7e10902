//! YAML text to [`Node`]s, one a document.
//!
//! An alias is expanded where it is used and every value in it has the place of use; `<<` merges. The
//! expansion is limited, so that a text cannot grow without bound.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::json::{EMPTY_HELP, too_deep};
use super::{
    DIRECTIVE, MAX_DEPTH, Map, Member, Node, Tree, Value, directives, duplicate_keys, moved, weight,
};
use crate::finding::{Finding, Label, Level, input};
use crate::source::{At, FileId, Span};

/// How many values all aliases of one text may add; sixteen bytes of text count as one.
pub const MAX_ALIASED: usize = 100_000;
/// How many values one text may hold, anchored ones counted once more for each anchor around them.
pub const MAX_VALUES: usize = 1_000_000;

/// Reads a YAML text. Documents before the first syntax error are kept.
#[must_use]
pub fn read(text: &str, file: FileId) -> Tree<'_> {
    let mut tree = Tree::default();
    if text.trim().is_empty() {
        let message = "file is empty, so it holds no policy";
        tree.findings.push(Finding::unreadable(file, message).help(EMPTY_HELP));
        return tree;
    }
    let mut builder = Builder::new(text, file);
    if let Err(finding) = builder.run(text) {
        tree.findings.push(*finding);
    }
    for root in &builder.roots {
        duplicate_keys(root, &mut tree.findings);
    }
    tree.roots = builder.roots.into_iter().map(merged).collect();
    tree.directives = directives(text, file, |hash| {
        let after = builder.scalars.partition_point(|scalar| scalar.start <= hash.start);
        after.checked_sub(1).and_then(|at| builder.scalars.get(at)).is_some_and(|scalar| scalar.covers(hash))
    });
    tree
}

/// A node under construction.
enum Open<'t> {
    List { span: Span, anchor: usize, items: Vec<Node<'t>> },
    Map { span: Span, anchor: usize, map: Map<'t>, key: Option<At<Cow<'t, str>>> },
}

struct Builder<'t> {
    file: FileId,
    offsets: Option<Vec<usize>>,
    length: usize,
    open: Vec<Open<'t>>,
    anchors: HashMap<usize, (Node<'t>, usize)>,
    aliased: usize,
    values: usize,
    roots: Vec<Node<'t>>,
    scalars: Vec<Span>,
    keep_scalars: bool,
}

type Stop = Box<Finding>;

impl<'t> Builder<'t> {
    fn new(text: &str, file: FileId) -> Self {
        Self {
            file,
            offsets: (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect()),
            length: text.len(),
            open: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            values: 0,
            roots: Vec::new(),
            scalars: Vec::new(),
            keep_scalars: text.contains(DIRECTIVE),
        }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.offsets {
            None => character.min(self.length),
            Some(offsets) => offsets.get(character).copied().unwrap_or(self.length),
        }
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        Span::new(self.file, self.byte(span.start.index()), self.byte(span.end.index()))
    }

    fn run(&mut self, text: &'t str) -> Result<(), Stop> {
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let at = self.byte(error.marker().index());
                Box::new(syntax_error(error.info(), Span::new(self.file, at, at)))
            })?;
            let span = self.span(span);
            self.take(event, span)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event<'t>, span: Span) -> Result<(), Stop> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.keep_scalars {
                    self.scalars.push(span);
                }
                let node = Node { span, value: scalar(text, style, tag.as_deref()) };
                self.finish(node, anchor)?;
            }
            Event::Alias(anchor) => {
                let (node, size) = self
                    .anchors
                    .get(&anchor)
                    .map(|(node, size)| (moved(node, span), *size))
                    .unwrap_or((Node { span, value: Value::Null }, 1));
                self.aliased = self.aliased.saturating_add(size);
                if self.aliased > MAX_ALIASED {
                    return Err(Box::new(too_many_aliases(span)));
                }
                self.finish(node, 0)?;
            }
            Event::SequenceStart(anchor, _) => {
                self.push(Open::List { span, anchor, items: Vec::new() }, span)?;
            }
            Event::MappingStart(anchor, _) => {
                self.push(Open::Map { span, anchor, map: Map::default(), key: None }, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { span: start, anchor, items }) => {
                    self.finish(Node { span: enclosing(start, span), value: Value::List(items) }, anchor)?;
                }
                Some(Open::Map { span: start, anchor, map, .. }) => {
                    self.finish(Node { span: enclosing(start, span), value: Value::Map(map) }, anchor)?;
                }
                None => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, open: Open<'t>, span: Span) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Box::new(too_deep(span)));
        }
        self.open.push(open);
        Ok(())
    }

    fn finish(&mut self, node: Node<'t>, anchor: usize) -> Result<(), Stop> {
        self.values += 1;
        if anchor > 0 {
            let size = weight(&node);
            self.values = self.values.saturating_add(size);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        if self.values > MAX_VALUES {
            return Err(Box::new(too_many_values(node.span)));
        }
        match self.open.last_mut() {
            None => self.roots.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { map, key, .. }) => match key.take() {
                None => *key = Some(as_key(node)),
                Some(key) => map.members.push(Member { key, value: node }),
            },
        }
        Ok(())
    }
}

fn enclosing(start: Span, end: Span) -> Span {
    Span { end: end.end.max(start.end), ..start }
}

fn as_key(node: Node<'_>) -> At<Cow<'_, str>> {
    let text = match node.value {
        Value::Text(text) | Value::Number(text) => text,
        Value::Bool(bool) => Cow::Owned(bool.to_string()),
        _ => Cow::Borrowed(""),
    };
    At::new(text, node.span)
}

/// The node with its merge keys carried out: what the object itself writes wins.
fn merged(node: Node<'_>) -> Node<'_> {
    let value = match node.value {
        Value::List(items) => Value::List(items.into_iter().map(merged).collect()),
        Value::Map(map) => Value::Map(merged_map(map)),
        other => other,
    };
    Node { span: node.span, value }
}

fn merged_map(map: Map<'_>) -> Map<'_> {
    if !map.members.iter().any(|member| member.key.value == "<<") {
        let members = map.members.into_iter();
        let members = members.map(|member| Member { key: member.key, value: merged(member.value) });
        return Map { members: members.collect() };
    }
    let (merges, members): (Vec<_>, Vec<_>) =
        map.members.into_iter().partition(|member| member.key.value == "<<");
    let mut members: Vec<_> =
        members.into_iter().map(|member| Member { key: member.key, value: merged(member.value) }).collect();
    let sources = merges.into_iter().flat_map(|merge| match merge.value.value {
        Value::List(items) => items,
        value => vec![Node { span: merge.value.span, value }],
    });
    let mut own: HashSet<Cow<'_, str>> = members.iter().map(|member| member.key.value.clone()).collect();
    for source in sources {
        if let Value::Map(source) = merged(source).value {
            for member in source.members {
                if own.insert(member.key.value.clone()) {
                    members.push(member);
                }
            }
        }
    }
    Map { members }
}

/// The value of a scalar by the YAML 1.2 core schema; a tag of an application's own leaves it unresolved.
fn scalar<'t>(text: Cow<'t, str>, style: ScalarStyle, tag: Option<&Tag>) -> Value<'t> {
    if let Some(tag) = tag {
        return match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
            (true, "str") => Value::Text(text),
            (true, _) => plain(text),
            (false, _) => Value::Unresolved(Cow::Owned(format!("{tag} {text}"))),
        };
    }
    if style == ScalarStyle::Plain { plain(text) } else { Value::Text(text) }
}

fn plain(text: Cow<'_, str>) -> Value<'_> {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number
            if number.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
                && number.parse::<f64>().is_ok() =>
        {
            Value::Number(text)
        }
        _ => Value::Text(text),
    }
}

fn syntax_error(info: &str, span: Span) -> Finding {
    if info.contains("recursion limit") {
        return too_deep(span);
    }
    let label = info.trim_end_matches('.').replace("illegal", "unexpected");
    let message = "text is not well-formed YAML";
    Finding::new(input::SYNTAX_ERROR, Level::Error, message, Label::new(span, label))
        .note("a policy in a file that cannot be read is not checked")
        .help("correct this place; the cause may stand before it, such as a wrong indent or an open bracket")
        .unread()
}

fn too_many_values(span: Span) -> Finding {
    let message = format!("text holds more than {MAX_VALUES} values, so the file was not read");
    Finding::new(input::SYNTAX_ERROR, Level::Error, message, Label::new(span, "the limit is reached here"))
        .help("split the file, or check what wrote it")
        .unread()
}

fn too_many_aliases(span: Span) -> Finding {
    let message = format!("aliases expand to more than {MAX_ALIASED} values, so the file was not read");
    Finding::new(input::SYNTAX_ERROR, Level::Error, message, Label::new(span, "the limit is reached here"))
        .help("write the values out, or check what wrote this file")
        .unread()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Node<'_> {
        let tree = read(text, FileId(0));
        assert!(tree.findings.is_empty(), "{:?}", tree.findings);
        tree.roots.into_iter().next().unwrap()
    }

    fn slice(text: &str, span: Span) -> &str {
        text.get(span.start as usize..span.end as usize).unwrap()
    }

    #[test]
    fn spans_are_bytes_even_behind_umlauts() {
        let text = "name: Zürich\nstate: enabled\n";
        let node = root(text);
        let state = node.as_map().unwrap().get("state").unwrap();
        assert_eq!(slice(text, state.span), "enabled");
    }

    #[test]
    fn aliases_have_the_place_of_use_and_merges_yield() {
        let text = "base: &b {x: [1], y: 2}\nuse: *b\nover: {<<: *b, y: 3}\n";
        let node = root(text);
        let map = node.as_map().unwrap();
        let used = map.get("use").unwrap().as_map().unwrap().get("x").unwrap();
        assert_eq!(slice(text, used.span), "*b");
        let over = map.get("over").unwrap().as_map().unwrap();
        assert!(matches!(&over.get("y").unwrap().value, Value::Number(three) if three == "3"));
        assert_eq!(slice(text, over.get("x").unwrap().span), "*b");
    }

    #[test]
    fn several_documents_and_scalars() {
        let tree = read("---\na: ~\nb: 'true'\nc: true\nd: !secret x\n---\n- 1\n", FileId(0));
        assert_eq!(tree.roots.len(), 2);
        let map = tree.roots[0].as_map().unwrap();
        assert!(matches!(map.get("a").unwrap().value, Value::Null));
        assert!(matches!(map.get("b").unwrap().value, Value::Text(_)));
        assert!(matches!(map.get("c").unwrap().value, Value::Bool(true)));
        assert!(matches!(&map.get("d").unwrap().value, Value::Unresolved(text) if text == "!secret x"));
    }

    #[test]
    fn alias_bombs_and_depth_are_stopped() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let uses = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{uses}]\n"));
        }
        let tree = read(&bomb, FileId(0));
        assert!(tree.findings.iter().any(|finding| finding.message.contains("aliases expand")));
        for deep in ["[".repeat(10_000), (0..10_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect()] {
            let tree = read(&deep, FileId(0));
            let messages: Vec<_> = tree.findings.iter().map(|finding| finding.message.as_str()).collect();
            assert_eq!(messages, ["nesting is deeper than 128 levels, so the file was not read"]);
        }
    }

    #[test]
    fn directives_are_comments_not_text() {
        let text = "# calint: allow(a) why\na: '# calint: allow(b) no'\nb: 1 # calint: allow(c) yes\n";
        let found: Vec<_> = read(text, FileId(0)).directives.into_iter().map(|found| found.value).collect();
        assert_eq!(found, ["allow(a) why", "allow(c) yes"]);
    }

    #[test]
    fn documents_before_an_error_are_kept() {
        let tree = read("a: 1\n---\nb: [\n", FileId(0));
        assert_eq!(tree.roots.len(), 1);
        assert!(tree.findings.iter().any(|finding| finding.unread));
    }
}
