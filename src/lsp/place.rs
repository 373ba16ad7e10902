//! Places as editors name them.

use std::path::{Path, PathBuf};

use gen_lsp_types::{Position, PositionEncodingKind, Range, Uri};

use crate::source::{Source, Sources, Span};

/// In what a column is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
}

impl Encoding {
    /// What an editor offers first of what is known here. Every editor knows UTF-16.
    pub(super) fn of(offered: &[PositionEncodingKind]) -> Self {
        let known = offered.iter().find_map(|kind| match kind {
            PositionEncodingKind::UTF8 => Some(Self::Utf8),
            PositionEncodingKind::UTF16 => Some(Self::Utf16),
            _ => None,
        });
        known.unwrap_or(Self::Utf16)
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
        }
    }

    /// The place of a byte offset; an offset past the end is the end.
    pub(super) fn position(self, source: &Source, offset: u32) -> Position {
        let place = source.position(offset);
        let character = match self {
            Self::Utf8 => place.bytes_before,
            Self::Utf16 => place.units_before,
        };
        Position { line: number(place.line.saturating_sub(1)), character: number(character) }
    }

    /// The range of a span.
    pub(super) fn range(self, sources: &Sources, span: Span) -> Range {
        let at =
            |offset| sources.get(span.file).map_or_else(Position::default, |it| self.position(it, offset));
        Range { start: at(span.start), end: at(span.end) }
    }

    /// The byte offset of a place; a place past the end of a line or of the text is that end.
    pub(super) fn offset(self, text: &str, position: Position) -> usize {
        let mut start = 0;
        for _ in 0..position.line {
            match text.get(start..).and_then(|rest| rest.find('\n')) {
                Some(end) => start += end + 1,
                None => return text.len(),
            }
        }
        let mut left = position.character as usize;
        let rest = text.get(start..).unwrap_or_default();
        for (at, letter) in rest.char_indices() {
            let width = self.width(letter);
            if letter == '\n' || rest.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) || left < width {
                return start + at;
            }
            left -= width;
        }
        text.len()
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The first line of a span: one of several lines would underline all of a policy.
pub(super) fn first_line(sources: &Sources, span: Span) -> Span {
    let text = sources.slice(span);
    let length = text.find(['\n', '\r']).unwrap_or(text.len());
    Span::new(span.file, span.start as usize, span.start as usize + length)
}

/// The path of a file on disk.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    if uri.scheme() == "file" { uri.to_file_path().ok() } else { None }
}

/// The address of a path from the root.
pub(super) fn uri(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_there_and_back() {
        let text = "a\r\n\"ä𝄞\": 1\n";
        let source = Source::new(String::new(), text.to_owned());
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (offset, _) in text.char_indices().filter(|(_, letter)| *letter != '\n') {
                let position = encoding.position(&source, offset as u32);
                assert_eq!(encoding.offset(text, position), offset, "{encoding:?} {position:?}");
            }
        }
        let colon = text.find(':').unwrap() as u32;
        assert_eq!(Encoding::Utf8.position(&source, colon), Position { line: 1, character: 8 });
        assert_eq!(Encoding::Utf16.position(&source, colon), Position { line: 1, character: 5 });
        assert_eq!(Encoding::Utf16.offset(text, Position { line: 0, character: 99 }), 1);
        assert_eq!(Encoding::Utf16.offset(text, Position { line: 99, character: 0 }), text.len());
        let inside = Encoding::Utf16.offset(text, Position { line: 1, character: 3 });
        assert!(text.is_char_boundary(inside), "half a letter is none");
    }
}
