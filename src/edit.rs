//! Edits of a text that leave everything else in it as it stands.
//!
//! Only what is written out at its place is edited: no alias, no expression, no text inside another text, and
//! nothing that has a comment of its own, which would lose its meaning. Where an edit is not safe there is none.

use crate::finding::Edit;
use crate::policy::Format;
use crate::source::{FileId, Span};

/// A text that can be edited.
#[derive(Clone, Copy, Debug)]
pub struct Page<'t> {
    file: FileId,
    text: &'t str,
    format: Format,
}

/// What is taken out of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Items of a list.
    Item,
    /// Members of an object, from key to value.
    Member,
}

/// What stands between a part and the next thing that is neither space nor comment.
struct Gap {
    /// Where that thing starts.
    next: usize,
    /// There is a comment.
    comment: bool,
    /// There is a line end.
    line_end: bool,
}

impl<'t> Page<'t> {
    /// The text of a file.
    #[must_use]
    pub fn new(file: FileId, text: &'t str, format: Format) -> Self {
        Self { file, text, format }
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn delete(&self, start: usize, end: usize) -> Edit {
        Edit { span: Span::new(self.file, start, end), replacement: String::new() }
    }

    /// The words at a place, without quotes, where they are written out there.
    fn words(&self, span: Span) -> Option<(Span, &'t str)> {
        let (start, end) = (span.start as usize, span.end as usize);
        let written = if span.file == self.file { self.text.get(start..end)? } else { return None };
        let inner = ['"', '\''].iter().find_map(|quote| written.strip_prefix(*quote)?.strip_suffix(*quote));
        let (span, words) = match inner {
            Some(inner) => (Span::new(self.file, start + 1, end - 1), inner),
            None if self.format == Format::Yaml => (span, written),
            None => return None,
        };
        let plain =
            !words.contains(['"', '\'', '\\', '\n', '$', '%', '*', '&', '!', '{', '}', '[', ']', '#']);
        (plain && !words.trim().is_empty()).then_some((span, words))
    }

    /// Whether a place holds a value written out, in whatever case.
    #[must_use]
    pub fn is_literal(&self, span: Span, value: &str) -> bool {
        self.words(span).is_some_and(|(_, words)| words.eq_ignore_ascii_case(value))
    }

    /// Other words in place of those at a place, which may hold several behind commas.
    #[must_use]
    pub fn respell(&self, span: Span, words: &[(&str, &str)]) -> Option<Edit> {
        let (span, written) = self.words(span)?;
        let mut missing: Vec<_> = words.to_vec();
        let parts: Vec<String> = written
            .split(',')
            .map(|part| {
                let own = part.trim();
                let word = words.iter().find(|(from, _)| *from == own);
                missing.retain(|(from, _)| *from != own);
                word.map_or_else(|| part.to_owned(), |(_, to)| part.replacen(own, to, 1))
            })
            .collect();
        let replacement = parts.join(",");
        (missing.is_empty() && replacement != written).then_some(Edit { span, replacement })
    }

    /// Takes parts out. Those that cannot be taken out safely stay.
    #[must_use]
    pub fn without(&self, part: Part, mut gone: Vec<Span>) -> Vec<Edit> {
        gone.retain(|span| span.file == self.file && span.start < span.end);
        gone.sort();
        gone.dedup();
        let mut edits = Vec::new();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for span in gone {
            let (start, end) = (span.start as usize, span.end as usize);
            if let Some(line) = self.block_line(part, start, end) {
                edits.push(line);
                continue;
            }
            match runs.last_mut() {
                Some((_, last)) if self.follows(*last, start) => *last = end,
                _ => runs.push((start, end)),
            }
        }
        edits.extend(runs.into_iter().filter_map(|(start, end)| self.run(start, end)));
        edits
    }

    /// The line of a part that YAML writes without brackets, where it holds nothing else.
    fn block_line(&self, part: Part, start: usize, end: usize) -> Option<Edit> {
        let line = self.line_start(start);
        let before = self.slice(line, start);
        let alone = match part {
            Part::Item => before
                .trim_start()
                .strip_prefix('-')
                .is_some_and(|rest| rest.starts_with([' ', '\t']) && rest.trim().is_empty()),
            Part::Member => before.trim().is_empty(),
        };
        let inside = self.slice(start, end);
        if self.format != Format::Yaml || !alone || inside.contains('\n') || self.is_under_comment(line) {
            return None;
        }
        Some(self.delete(line, self.line_end(end)?))
    }

    /// Whether a part follows another with nothing but a comma between.
    fn follows(&self, end: usize, start: usize) -> bool {
        self.slice(end, start).trim() == ","
    }

    /// Takes out parts that follow each other between brackets, with the comma that is one too many then.
    fn run(&self, start: usize, end: usize) -> Option<Edit> {
        let after = self.gap(end)?;
        let line = self.line_start(start);
        match self.at(after.next)? {
            ',' => {
                let comma = after.next + 1;
                let on_own_lines = self.slice(line, start).trim().is_empty() && !after.line_end;
                if let Some(next_line) = self.line_end(comma).filter(|_| on_own_lines && !after.comment) {
                    return (!self.is_under_comment(line)).then(|| self.delete(line, next_line));
                }
                let behind = self.gap(comma)?;
                let before = self.before(start);
                if after.comment || behind.comment {
                    None
                } else if let Some(from) = self.comma_before(start)
                    && (behind.line_end || self.closes(behind.next))
                {
                    Some(self.delete(from, after.next))
                } else {
                    before.filter(|at| self.opens(*at)).map(|_| self.delete(start, behind.next))
                }
            }
            _ if self.closes(after.next) => {
                let comma = self.comma_before(start)?;
                (!self.is_commented(end)).then(|| self.delete(comma, end))
            }
            _ => None,
        }
    }

    /// Whether a place is one behind which a part starts.
    fn opens(&self, at: usize) -> bool {
        matches!(self.at(at), Some('[' | '{' | '(' | ','))
    }

    /// Whether a comment follows on the same line.
    fn is_commented(&self, end: usize) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        let mark = rest.trim_start_matches([' ', '\t', ',', ']', '}', ')']);
        self.comment(mark).is_some()
    }

    fn closes(&self, at: usize) -> bool {
        matches!(self.at(at), Some(']' | '}' | ')'))
    }

    /// The place of the last character before a place that is no space.
    fn before(&self, start: usize) -> Option<usize> {
        let before = self.slice(0, start).trim_end();
        before.char_indices().next_back().map(|(at, _)| at)
    }

    /// The comma before a part, where nothing else stands between and it is not the end of a comment.
    fn comma_before(&self, start: usize) -> Option<usize> {
        let at = self.before(start).filter(|at| self.at(*at) == Some(','))?;
        let line = self.slice(self.line_start(at), at);
        let own_line = !self.slice(at, start).contains('\n');
        (own_line || !["#", "//", "/*"].iter().any(|mark| line.contains(mark))).then_some(at)
    }

    fn line_start(&self, at: usize) -> usize {
        self.slice(0, at).rfind('\n').map_or(0, |end| end + 1)
    }

    /// The start of the next line, where nothing but space is left on this one.
    fn line_end(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        rest.get(..length)?.trim().is_empty().then_some(at + length)
    }

    /// Whether the line above holds nothing but a comment, which may be about what comes next.
    fn is_under_comment(&self, line: usize) -> bool {
        let above = self.slice(0, line).lines().next_back().unwrap_or_default().trim();
        let ends = |open: &str, close: &str| above.ends_with(close) && !above.contains(open);
        ["#", "*", "//", "/*", "<#"].iter().any(|mark| above.starts_with(mark))
            || ends("/*", "*/")
            || ends("<#", "#>")
    }

    /// Space and comments from a place on.
    fn gap(&self, from: usize) -> Option<Gap> {
        let mut gap = Gap { next: from, comment: false, line_end: false };
        loop {
            let rest = self.text.get(gap.next..)?;
            let space = rest.len() - rest.trim_start().len();
            gap.line_end |= self.slice(gap.next, gap.next + space).contains('\n');
            let rest = rest.trim_start();
            let Some(length) = self.comment(rest) else {
                gap.next += space;
                return Some(gap);
            };
            gap.comment = true;
            gap.next += space + length;
        }
    }

    /// The length of a comment that a text starts with.
    fn comment(&self, text: &str) -> Option<usize> {
        let (line, wrapped): (&[&str], Option<(&str, &str)>) = match self.format {
            Format::Json => (&["//"], Some(("/*", "*/"))),
            Format::Hcl => (&["#", "//"], Some(("/*", "*/"))),
            Format::Yaml => (&["#"], None),
            Format::PowerShell => (&["#"], Some(("<#", "#>"))),
        };
        if let Some((open, close)) = wrapped
            && let Some(inside) = text.strip_prefix(open)
        {
            return Some(inside.find(close).map_or(text.len(), |at| open.len() + at + close.len()));
        }
        let starts = line.iter().any(|mark| text.starts_with(mark));
        starts.then(|| text.find('\n').unwrap_or(text.len()))
    }

    /// Puts the items of a list, which is under a key, into another order: at each place stands the item with the
    /// number given for it. Where comments stand in the list there are no edits.
    #[must_use]
    pub fn in_order(&self, key: Span, items: &[Span], order: &[usize]) -> Vec<Edit> {
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return Vec::new() };
        let free = |start: u32, end: u32| {
            let between = self.text.get(start as usize..end as usize);
            between.is_some_and(|text| !text.contains('#') && !text.contains("//") && !text.contains("/*"))
        };
        let separates = |start: u32, end: u32| {
            let between = self.text.get(start as usize..end as usize);
            between.is_some_and(|text| {
                text.chars().all(|letter| letter.is_whitespace() || ",-".contains(letter))
                    && text.contains([',', '-'])
            })
        };
        let in_rows =
            items.windows(2).all(|pair| matches!(pair, [one, two] if separates(one.end, two.start)));
        if items.iter().any(|item| item.file != self.file)
            || !(in_rows && free(key.end, first.start) && !self.is_commented(last.end as usize))
        {
            return Vec::new();
        }
        let text = |span: &Span| self.slice(span.start as usize, span.end as usize);
        let moves = items.iter().zip(order).filter_map(|(place, from)| {
            let item = text(items.get(*from)?);
            (item != text(place)).then(|| Edit { span: *place, replacement: item.to_owned() })
        });
        moves.collect()
    }
}

/// A text with edits carried out, which lie in it and do not overlap.
#[must_use]
pub fn applied<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> String {
    let mut edits: Vec<_> = edits.into_iter().collect();
    edits.sort();
    let mut whole = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        whole.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        whole.push_str(&edit.replacement);
        at = edit.span.end as usize;
    }
    whole.push_str(text.get(at..).unwrap_or_default());
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text without every `x`, quoted or not, or with those that cannot be taken out.
    fn without(format: Format, part: Part, text: &str, gone: &str) -> String {
        let spans =
            text.match_indices(gone).map(|(at, _)| Span::new(FileId(0), at, at + gone.len())).collect();
        let edits = Page::new(FileId(0), text, format).without(part, spans);
        applied(text, &edits)
    }

    #[test]
    fn items_between_brackets_go_with_their_comma() {
        for (before, after) in [
            (r#"["a", "x"]"#, r#"["a"]"#),
            (r#"["a","x","b","x"]"#, r#"["a","b"]"#),
            (r#"["a", "x", "x"]"#, r#"["a"]"#),
            (r#"["x", "x", "a"]"#, r#"["a"]"#),
            ("[\n  \"a\",\n  \"x\"\n]", "[\n  \"a\"\n]"),
            ("[\r\n  \"a\",\r\n  \"x\",\r\n  \"b\"\r\n]", "[\r\n  \"a\",\r\n  \"b\"\r\n]"),
            ("[\n  \"a\",\n  \"x\",\n  \"x\"\n]", "[\n  \"a\"\n]"),
            ("[\"a\", \"x\",\n \"b\"]", "[\"a\",\n \"b\"]"),
            ("[\"a\",\n \"x\", \"b\"]", "[\"a\",\n \"b\"]"),
        ] {
            for format in [Format::Json, Format::Hcl, Format::Yaml, Format::PowerShell] {
                assert_eq!(without(format, Part::Item, before, "\"x\""), after, "{format:?}");
            }
        }
        for (before, after) in [
            ("[\n  \"a\", # one\n  \"x\",\n]", "[\n  \"a\", # one\n]"),
            ("[\"a\", \"x\",]", "[\"a\",]"),
            ("[\n  \"a\",\n  \"x\",\n  # the last\n]", "[\n  \"a\",\n  # the last\n]"),
        ] {
            assert_eq!(without(Format::Hcl, Part::Item, before, "\"x\""), after);
        }
    }

    #[test]
    fn what_has_a_comment_stays() {
        for text in [
            "[\n  \"a\",\n  \"x\", # who\n]",
            "[\n  \"a\",\n  \"x\" # who\n]",
            "[\n  \"a\",\n  # who\n  \"x\",\n]",
            "[\n  \"a\",\n  /* who\n   * is it */\n  \"x\",\n  \"b\"\n]",
            "[\"a\", /* who */ \"x\"]",
            "[\"a\", \"x\" /* who */, \"b\"]",
            "[\n  \"a\", # one,\n  \"x\"\n]",
        ] {
            assert_eq!(without(Format::Hcl, Part::Item, text, "\"x\""), text);
        }
        for text in ["- a\n- x # who\n", "- a\n# who\n- x\n", "- a\n- &x x\n", "- a\n- !t x\n"] {
            assert_eq!(without(Format::Yaml, Part::Item, text, "x"), text);
        }
    }

    #[test]
    fn what_is_no_part_between_brackets_stays() {
        for text in
            ["a = \"x\"", "f(\"x\")", "[\"x\"]", "\"a\", \"x\"\n", "[\"a\" \"x\"]", "\"x\"", "{\"x\": 1}"]
        {
            assert_eq!(without(Format::Hcl, Part::Item, text, "\"x\""), text);
        }
    }

    #[test]
    fn lines_of_yaml_go_whole() {
        assert_eq!(without(Format::Yaml, Part::Item, "l:\n  - a\n  - x\n  - b\n", "x"), "l:\n  - a\n  - b\n");
        assert_eq!(without(Format::Yaml, Part::Item, "- a\r\n-   x\r\n- x", "x"), "- a\r\n");
        assert_eq!(without(Format::Yaml, Part::Member, "---\nx: 1\na: 2\n", "x: 1"), "---\na: 2\n");
        assert_eq!(without(Format::Yaml, Part::Member, "{x: 1, a: 2}\n", "x: 1"), "{a: 2}\n");
        assert_eq!(without(Format::Yaml, Part::Member, "- x: 1\n  a: 2\n", "x: 1"), "- x: 1\n  a: 2\n");
    }

    #[test]
    fn members_go_wherever_they_stand() {
        let text = "{\n  \"x\": 1,\n  \"a\": {\"x\": 1},\n  \"b\": [2],\n  \"x\": 1,\n  \"x\": 1\n}\n";
        let expected = "{\n  \"a\": {\"x\": 1},\n  \"b\": [2]\n}\n";
        assert_eq!(without(Format::Json, Part::Member, text, "\"x\": 1"), expected);
    }

    #[test]
    fn only_plain_words_are_words() {
        let is = |format, text: &str| {
            let span = Span::new(FileId(0), 0, text.len());
            Page::new(FileId(0), text, format).is_literal(span, "All")
        };
        for text in ["\"all\"", "'All'", "All"] {
            assert!(is(Format::Yaml, text), "{text}");
        }
        for text in ["All", "\"\\u0041ll\"", "\"${all}\"", "\"All", "local.all", "*all"] {
            assert!(!is(Format::Hcl, text), "{text}");
        }
    }

    #[test]
    fn words_behind_commas_keep_their_space() {
        let text = "\"Low, medium ,HIGH\"";
        let span = Span::new(FileId(0), 0, text.len());
        let page = Page::new(FileId(0), text, Format::Json);
        let edit = page.respell(span, &[("Low", "low"), ("HIGH", "high")]).unwrap();
        assert_eq!(applied(text, [&edit]), "\"low, medium ,high\"");
        assert!(page.respell(span, &[("none", "low")]).is_none());
    }

    #[test]
    fn items_change_places_where_no_comment_stands() {
        let sorted = |text: &str| {
            let spans: Vec<_> = ["b", "c", "a"]
                .map(|item| text.find(item).unwrap())
                .map(|at| Span::new(FileId(0), at, at + 1))
                .to_vec();
            let page = Page::new(FileId(0), text, Format::Yaml);
            applied(text, &page.in_order(Span::start_of(FileId(0)), &spans, &[2, 0, 1]))
        };
        assert_eq!(sorted("[b, c, a]"), "[a, b, c]");
        assert_eq!(sorted("- b\n- c\n- a\n"), "- a\n- b\n- c\n");
        for text in ["- b # 1\n- c\n- a\n", "- b\n- c\n- a # 1\n", "# 1\n- b\n- c\n- a\n", "[b, c, a] # 1\n"]
        {
            assert_eq!(sorted(text), text);
        }
    }
}
