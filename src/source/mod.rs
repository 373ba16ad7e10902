//! Every text read in a run, and the places in it.
//!
//! A [`Span`] names its file, so a finding can point into two files. Offsets count bytes of the decoded
//! text (UTF-8, without byte order mark), whatever the encoding on disk.

mod decode;

pub use decode::{DecodeError, Encoding, decode, encode};

use std::sync::OnceLock;

/// The number of a text in [`Sources`], in the order the run took them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A piece of one text: bytes `start..end`. Ordered by file, then position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text it lies in.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// A span over `start..end`; offsets past `u32::MAX` are cut, which no readable file reaches.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clip = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: clip(start), end: clip(end.max(start)) }
    }

    /// The start of a file, for what has no better place.
    #[must_use]
    pub fn start_of(file: FileId) -> Self {
        Self { file, start: 0, end: 0 }
    }

    /// Whether `other` lies inside this span.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A value and the place it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> At<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At { value: change(self.value), span: self.span }
    }

    /// The same place with a view of the value.
    pub fn as_ref(&self) -> At<&T> {
        At { value: &self.value, span: self.span }
    }
}

/// A line and column, both counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// The byte offset in the decoded text.
    pub byte: usize,
}

/// One text and the path it is shown under.
#[derive(Debug)]
pub struct Source {
    path: String,
    revision: Option<String>,
    text: String,
    line_starts: OnceLock<Vec<usize>>,
}

impl Source {
    /// A text under the path a report shows: relative to the working directory where possible, with `/`.
    #[must_use]
    pub fn new(path: String, text: String) -> Self {
        Self { path, revision: None, text, line_starts: OnceLock::new() }
    }

    /// The path as reports show it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where the file lies in the working tree, or lay in the revision, and that revision.
    #[must_use]
    pub fn place(&self) -> (&str, Option<&str>) {
        let behind = |revision: &str| self.path.strip_prefix(revision)?.strip_prefix(':');
        let revision = self.revision.as_deref();
        (revision.and_then(behind).unwrap_or(&self.path), revision)
    }

    /// The decoded text; empty where it could not be read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        })
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let mut byte = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= byte);
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count()) + 1;
        Position { line: line.max(1), column, byte }
    }

    /// The text of a span; empty where the span lies outside.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// All texts of a run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes a text in and gives its number.
    pub fn add(&mut self, source: Source) -> FileId {
        let id = self.next_id();
        self.files.push(source);
        id
    }

    /// The number the next text will get.
    #[must_use]
    pub fn next_id(&self) -> FileId {
        FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX))
    }

    /// Shows the texts before a number under other paths.
    pub fn rename(&mut self, end: FileId, name: impl Fn(&str) -> String) {
        for source in self.files.iter_mut().take(end.0 as usize) {
            source.path = name(&source.path);
        }
    }

    /// Says of the texts before a number that they are those of a git revision.
    pub fn set_revision(&mut self, end: FileId, revision: &str) {
        for source in self.files.iter_mut().take(end.0 as usize) {
            source.path = format!("{revision}:{}", source.path);
            source.revision = Some(revision.to_owned());
        }
    }

    /// The text with a number.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// The path of a text as reports show it.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.get(file).map_or("", Source::path)
    }

    /// Where a file lies in the working tree, or lay in a revision, and that revision.
    #[must_use]
    pub fn place(&self, file: FileId) -> (&str, Option<&str>) {
        self.get(file).map_or(("", None), Source::place)
    }

    /// The first and the last position of a span.
    #[must_use]
    pub fn range(&self, span: Span) -> (Position, Position) {
        match self.get(span.file) {
            Some(source) => (source.position(span.start), source.position(span.end)),
            None => {
                let start = Position { line: 1, column: 1, byte: 0 };
                (start, start)
            }
        }
    }

    /// The text of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).map_or("", |source| source.slice(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("a.json".into(), "{\n  \"ä\": 1\n}".into());
        let at = |offset| {
            let place = source.position(offset);
            (place.line, place.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(4), (2, 3));
        assert_eq!(at(7), (2, 5), "the umlaut is one column and two bytes");
        assert_eq!(at(999), (3, 2), "past the end is the end");
    }
}
