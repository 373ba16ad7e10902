//! A stream of JSON cut into its records, without holding more than one of them.
//!
//! It takes a list, pages with the records under `value` or `records`, answers of Log Analytics with the records as
//! rows of `tables`, objects one after the other, and JSON lines. A record that is damaged costs that record, where
//! the damage shows at the end of its line.

use std::io::{self, BufRead};
use std::sync::Arc;

use jiter::JsonValue;

use super::body::{Body, MARK};

/// The longest record, in bytes.
pub(super) const LONGEST: usize = 16 << 20;

/// Where the reader stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Nothing.
    Nothing,
    /// A list of records.
    List,
    /// A list of records in a page.
    PageList,
    /// The rest of a page.
    PageRest,
    /// The list of tables in a page.
    Tables,
    /// The rows of a table.
    Rows,
    /// The rest of a table.
    TableRest,
}

/// Cuts a stream.
pub(super) struct Json<R> {
    reader: R,
    inside: Inside,
    /// What the columns of the table are called.
    header: Arc<[String]>,
    /// Lines read so far.
    line: usize,
    done: bool,
}

/// What reading a value came to.
enum Cut {
    Value(Vec<u8>),
    /// A list that is read item by item, by its name, and the text up to its first item.
    List(&'static str, Vec<u8>),
    Broken(&'static str),
}

/// The members of a page that list what is read item by item.
const PAGE: &[&str] = &["value", "records", "tables"];
/// Those of a table.
const TABLE: &[&str] = &["rows"];

impl<R: BufRead> Json<R> {
    pub(super) fn new(reader: R, line: usize) -> Self {
        Self { reader, inside: Inside::Nothing, header: Arc::default(), line, done: false }
    }

    /// The next record with its line.
    pub(super) fn next(&mut self) -> io::Result<Option<(usize, Body)>> {
        while !self.done {
            let Some(byte) = self.peek()? else {
                self.done = true;
                let open = self.inside != Inside::Nothing;
                return Ok(
                    open.then(|| (self.line + 1, Body::Broken("the file ends in the middle".to_owned())))
                );
            };
            if byte.is_ascii_whitespace() || byte == b',' || MARK.contains(&byte) {
                self.skip(byte);
                continue;
            }
            match (self.inside, byte) {
                (Inside::Nothing, b'[') => self.enter(byte, Inside::List),
                (Inside::List, b']') => self.enter(byte, Inside::Nothing),
                (Inside::PageList | Inside::Tables, b']') => self.enter(byte, Inside::PageRest),
                (Inside::PageRest, b'}') => self.enter(byte, Inside::Nothing),
                (Inside::Rows, b']') => self.enter(byte, Inside::TableRest),
                (Inside::TableRest, b'}') => self.enter(byte, Inside::Tables),
                (inside, b'"' | b'{' | b'[') => {
                    let line = self.line + 1;
                    if let Some(body) = self.item(inside)? {
                        return Ok(Some((line, body)));
                    }
                }
                (Inside::PageRest | Inside::TableRest, _) => self.skip(byte),
                _ => {
                    let line = self.line + 1;
                    self.rest_of_line(byte)?;
                    return Ok(Some((line, Body::Broken("it is not an object".to_owned()))));
                }
            }
        }
        Ok(None)
    }

    /// Reads what begins here; nothing where that is no record.
    fn item(&mut self, inside: Inside) -> io::Result<Option<Body>> {
        let lists = match inside {
            Inside::Nothing => PAGE,
            Inside::Tables => TABLE,
            _ => &[],
        };
        let text = match self.value(lists)? {
            Cut::Value(text) => text,
            Cut::Broken(why) => return Ok(Some(Body::Broken(why.to_owned()))),
            Cut::List("tables", _) => {
                self.inside = Inside::Tables;
                return Ok(None);
            }
            Cut::List("rows", before) => {
                self.inside = Inside::Rows;
                self.header = columns(before);
                let told = !self.header.is_empty();
                return Ok((!told).then(|| Body::Broken("no columns stand before the rows".to_owned())));
            }
            Cut::List(..) => {
                self.inside = Inside::PageList;
                return Ok(None);
            }
        };
        Ok(match inside {
            Inside::PageRest | Inside::TableRest | Inside::Tables => None,
            Inside::Rows if self.header.is_empty() => None,
            Inside::Rows => Some(Body::Cells { header: self.header.clone(), cells: text }),
            Inside::Nothing | Inside::List | Inside::PageList => Some(Body::Json(text)),
        })
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    fn skip(&mut self, byte: u8) {
        self.line += usize::from(byte == b'\n');
        self.reader.consume(1);
    }

    fn enter(&mut self, byte: u8, inside: Inside) {
        self.skip(byte);
        self.inside = inside;
    }

    /// Passes over the byte that is damage and the rest of its line. What closes a list or begins a record ends the
    /// damage too.
    fn rest_of_line(&mut self, damage: u8) -> io::Result<()> {
        self.skip(damage);
        while let Some(byte) = self.peek()? {
            if matches!(byte, b'\n' | b'{' | b']') {
                break;
            }
            self.skip(byte);
        }
        Ok(())
    }

    /// Reads one value. A member of it that is one of these lists ends the reading.
    fn value(&mut self, lists: &[&'static str]) -> io::Result<Cut> {
        let mut text = Vec::new();
        // Of a record that is too long, nothing is kept, and its end is looked for all the same: what is inside it
        // must not be taken for records.
        let mut too_long = false;
        let mut depth = 0_usize;
        let mut in_text = false;
        let mut escaped = false;
        let mut key: Option<(usize, usize)> = None;
        let mut opened = 0;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                self.done = true;
                return Ok(Cut::Broken("the file ends in the middle"));
            }
            let mut used = 0;
            let mut cut = None;
            let base = text.len();
            for &byte in buffer {
                used += 1;
                if in_text {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => {
                            in_text = false;
                            if depth == 1 {
                                key = Some((opened, base + used - 1));
                            } else if depth == 0 {
                                cut = Some(None);
                                break;
                            }
                        }
                        b'\n' => {
                            self.line += 1;
                            cut = Some(Some(Cut::Broken("a text is not closed on its line")));
                            break;
                        }
                        _ => {}
                    }
                    continue;
                }
                match byte {
                    b'"' => {
                        in_text = true;
                        opened = base + used;
                    }
                    b'\n' => self.line += 1,
                    b'[' if !lists.is_empty() && depth == 1 => {
                        let held = buffer.get(..used).unwrap_or_default();
                        let name: Option<Vec<u8>> = key.map(|(from, to)| {
                            text.iter()
                                .chain(held)
                                .skip(from)
                                .take(to.saturating_sub(from))
                                .copied()
                                .collect()
                        });
                        let known = |list: &&&str| {
                            name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(list.as_bytes()))
                        };
                        if let Some(list) = lists.iter().find(known) {
                            cut = Some(Some(Cut::List(list, Vec::new())));
                            break;
                        }
                        depth += 1;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            cut = Some(None);
                            break;
                        }
                    }
                    _ => {}
                }
            }
            text.extend_from_slice(buffer.get(..used).unwrap_or_default());
            self.reader.consume(used);
            match cut {
                Some(Some(Cut::List(list, _))) => return Ok(Cut::List(list, text)),
                Some(Some(cut)) => return Ok(cut),
                Some(None) if too_long => return Ok(Cut::Broken("it is too long for a record")),
                Some(None) => return Ok(Cut::Value(text)),
                None if text.len() > LONGEST => {
                    too_long = true;
                    text = Vec::new();
                }
                None => {}
            }
        }
    }
}

/// What the columns of a table are called, by the text before its first row; nothing where that does not tell.
fn columns(mut before: Vec<u8>) -> Arc<[String]> {
    before.extend(b"]}");
    let table = JsonValue::parse(&before, false).unwrap_or(JsonValue::Null);
    let Some(JsonValue::Array(columns)) = member(&table, &["columns"]) else { return Arc::default() };
    let name = |column| match member(column, &["name", "ColumnName"]) {
        Some(JsonValue::Str(name)) => name.clone().into_owned(),
        _ => String::new(),
    };
    columns.iter().map(name).collect()
}

/// A member by one of its names.
fn member<'v>(value: &'v JsonValue<'v>, names: &[&str]) -> Option<&'v JsonValue<'v>> {
    let JsonValue::Object(members) = value else { return None };
    let named = |name: &str| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    members.iter().find(|(name, _)| named(name)).map(|(_, value)| value)
}

/// Whether a line is one whole object.
pub(super) fn is_whole(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if !line.starts_with(b"{") {
        return false;
    }
    let mut json = Json::new(line, 0);
    match json.value(&[]) {
        Ok(Cut::Value(_)) => json.reader.is_empty(),
        _ => false,
    }
}
