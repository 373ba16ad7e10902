//! JSON that keeps to the grammar, read fast. Everything else is left to the tolerant reader.

use std::borrow::Cow;

use jiter::{Jiter, Peek};

use super::{MAX_DEPTH, Map, Member, Node, Value};
use crate::source::{At, FileId, Span};

/// The value of a text; nothing where the text breaks the grammar or nests too deep.
pub(super) fn read(text: &str, file: FileId) -> Option<Node<'_>> {
    let mut reader = Reader { json: Jiter::new(text.as_bytes()), text, file };
    let first = reader.json.peek().ok()?;
    let root = reader.value(first, 0)?;
    reader.json.finish().ok()?;
    Some(root)
}

struct Reader<'t> {
    json: Jiter<'t>,
    text: &'t str,
    file: FileId,
}

impl<'t> Reader<'t> {
    fn value(&mut self, first: Peek, depth: usize) -> Option<Node<'t>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let start = self.json.current_index();
        let value = match first {
            Peek::Null => self.json.known_null().ok().map(|()| Value::Null)?,
            Peek::True | Peek::False => Value::Bool(self.json.known_bool(first).ok()?),
            Peek::String => Value::Text(self.string(start)?),
            Peek::Array => Value::List(self.items(depth)?),
            Peek::Object => Value::Map(self.members(depth)?),
            number if number.is_num() => {
                self.json.known_number_bytes(number).ok()?;
                Value::Number(Cow::Borrowed(self.text.get(start..self.json.current_index())?))
            }
            _ => return None,
        };
        Some(Node { span: Span::new(self.file, start, self.json.current_index()), value })
    }

    /// A text; borrowed where nothing in it is escaped.
    fn string(&mut self, start: usize) -> Option<Cow<'t, str>> {
        let decoded = self.json.known_str().ok()?;
        let length = decoded.len();
        let raw = self.text.get(start + 1..)?;
        // What is as long as its source has no escape in it.
        match raw.get(..length).filter(|raw| *raw == decoded && !raw.contains('\\')) {
            Some(raw) => Some(Cow::Borrowed(raw)),
            None => Some(Cow::Owned(decoded.to_owned())),
        }
    }

    fn items(&mut self, depth: usize) -> Option<Vec<Node<'t>>> {
        let mut items = Vec::new();
        let mut next = self.json.known_array().ok()?;
        while let Some(first) = next {
            items.push(self.value(first, depth + 1)?);
            next = self.json.array_step().ok()?;
        }
        Some(items)
    }

    fn members(&mut self, depth: usize) -> Option<Map<'t>> {
        let mut map = Map::default();
        let mut before = self.json.current_index() + 1;
        let mut more = self.json.known_object().ok()?.is_some();
        while more {
            let key = self.key(before)?;
            let first = self.json.peek().ok()?;
            map.members.push(Member { key, value: self.value(first, depth + 1)? });
            before = self.json.current_index();
            more = self.json.next_key().ok()?.is_some();
        }
        Some(map)
    }

    /// A key and its place: the first text behind `before`.
    fn key(&self, before: usize) -> Option<At<Cow<'t, str>>> {
        let start = before + self.text.get(before..)?.find('"')?;
        let length = closing_quote(self.text.get(start + 1..)?)?;
        let end = start + length + 2;
        let raw = self.text.get(start + 1..end - 1)?;
        let key = if raw.contains('\\') {
            Cow::Owned(serde_json::from_str(self.text.get(start..end)?).ok()?)
        } else {
            Cow::Borrowed(raw)
        };
        Some(At::new(key, Span::new(self.file, start, end)))
    }
}

/// The place of the quote that closes a text.
fn closing_quote(raw: &str) -> Option<usize> {
    let mut escaped = false;
    raw.bytes().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    })
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;

    /// A tree as text, places included.
    fn shown(node: &Node<'_>) -> String {
        format!("{node:?}").replace("Borrowed", "").replace("Owned", "")
    }

    #[test]
    fn agrees_with_the_tolerant_reader() {
        for text in [
            "{}",
            " [1, -2.5e3, true, false, null, \"\", {\"a\": [[]]}] ",
            "{\"k\\u00e9y\": \"tab\\tand \\\"quote\\\"\", \"ä\" : \"ö\", \"b\": {\"c\": [\"x,y\"]}}",
            "{\"a\":\"\\ud83d\\ude00\",\r\n\"b\"\t:1}",
        ] {
            let strict = read(text, FileId(3)).expect(text);
            let tolerant = json::tolerant(text, FileId(3));
            assert!(tolerant.findings.is_empty(), "{text}");
            assert_eq!(shown(&strict), shown(&tolerant.roots[0]), "{text}");
        }
    }

    #[test]
    fn leaves_what_is_not_strict_alone() {
        for text in ["", "{", "[1,]", "// x\n1", "{'a': 1}", "{\"a\": \"\n\"}", "1 2", "NaN"] {
            assert!(read(text, FileId(0)).is_none(), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
        assert!(read(&deep, FileId(0)).is_none());
    }
}
