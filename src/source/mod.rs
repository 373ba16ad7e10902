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
    /// How much stands before it in its line, in bytes.
    pub bytes_before: usize,
    /// How much stands before it in its line, in units of UTF-16.
    pub units_before: usize,
}

impl Position {
    /// The start of a text.
    const START: Self = Self { line: 1, column: 1, byte: 0, bytes_before: 0, units_before: 0 };

    /// The position behind a piece of text that starts here.
    fn behind(self, piece: &str) -> Self {
        let (start, tail) = match piece.rsplit_once('\n') {
            Some((before, tail)) => {
                let line = self.line + before.matches('\n').count() + 1;
                (Self { line, ..Self::START }, tail)
            }
            None => (self, piece),
        };
        let characters = tail.chars().count();
        let pairs = tail.bytes().filter(|byte| *byte >= FOUR_BYTES).count();
        Self {
            line: start.line,
            column: start.column + characters,
            byte: self.byte + piece.len(),
            bytes_before: start.bytes_before + tail.len(),
            units_before: start.units_before + characters + pairs,
        }
    }
}

/// The first byte of a character that takes four bytes in UTF-8, and two units in UTF-16, is no less.
const FOUR_BYTES: u8 = 0xF0;

/// How far apart the positions are from which others are counted, in bytes.
const STEP: usize = 1024;

/// One text and the path it is shown under.
#[derive(Debug)]
pub struct Source {
    path: String,
    revision: Option<String>,
    text: String,
    marks: OnceLock<Vec<Position>>,
}

impl Source {
    /// A text under the path a report shows: relative to the working directory where possible, with `/`.
    #[must_use]
    pub fn new(path: String, text: String) -> Self {
        Self { path, revision: None, text, marks: OnceLock::new() }
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

    /// Positions a step apart, each at the start of a character.
    fn marks(&self) -> &[Position] {
        self.marks.get_or_init(|| {
            let ends = (STEP..=self.text.len()).step_by(STEP).map(|end| self.text.floor_char_boundary(end));
            let marks = ends.scan(Position::START, |mark, end| {
                *mark = mark.behind(self.text.get(mark.byte..end).unwrap_or_default());
                Some(*mark)
            });
            std::iter::once(Position::START).chain(marks).collect()
        })
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let byte = self.text.floor_char_boundary(offset as usize);
        let mark = self.marks().get(byte / STEP).copied().unwrap_or(Position::START);
        mark.behind(self.text.get(mark.byte..byte).unwrap_or_default())
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
            None => (Position::START, Position::START),
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

    #[test]
    fn positions_in_a_long_text_are_those_counted_from_its_start() {
        let text = "ab\r\nc𝄞ä\n".repeat(300) + &"x𝄞é".repeat(900) + "\n\nend";
        let source = Source::new(String::new(), text.clone());
        for (byte, _) in text.char_indices() {
            let before = text.get(..byte).unwrap();
            let line = before.rsplit('\n').next().unwrap();
            let expected = Position {
                line: before.matches('\n').count() + 1,
                column: line.chars().count() + 1,
                byte,
                bytes_before: line.len(),
                units_before: line.encode_utf16().count(),
            };
            assert_eq!(source.position(byte as u32), expected);
        }
    }
}
