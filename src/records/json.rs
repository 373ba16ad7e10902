//! A stream of JSON cut into its records, without holding more than one of them.
//!
//! It takes a list, pages with the records under `value` or `records`, objects one after the other, and JSON
//! lines. A record that is damaged costs that record, where the damage shows at the end of its line.

use std::io::{self, BufRead};

use super::stream::Body;

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
}

/// Cuts a stream.
pub(super) struct Json<R> {
    reader: R,
    inside: Inside,
    /// Lines read so far.
    line: usize,
    done: bool,
}

/// What reading a value came to.
enum Cut {
    Value(Vec<u8>),
    Page,
    Broken(&'static str),
}

impl<R: BufRead> Json<R> {
    pub(super) fn new(reader: R, line: usize) -> Self {
        Self { reader, inside: Inside::Nothing, line, done: false }
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
            if byte.is_ascii_whitespace() || byte == b',' {
                self.skip(byte);
                continue;
            }
            match (self.inside, byte) {
                (Inside::Nothing, b'[') => self.enter(byte, Inside::List),
                (Inside::List, b']') => self.enter(byte, Inside::Nothing),
                (Inside::PageList, b']') => self.enter(byte, Inside::PageRest),
                (Inside::PageRest, b'}') => self.enter(byte, Inside::Nothing),
                (Inside::PageRest, b'"' | b'{' | b'[') => match self.value(false)? {
                    Cut::Broken(why) => return Ok(Some((self.line + 1, Body::Broken(why.to_owned())))),
                    Cut::Value(_) | Cut::Page => {}
                },
                (Inside::PageRest, _) => self.skip(byte),
                (inside, b'"' | b'{' | b'[') => {
                    let line = self.line + 1;
                    match self.value(inside == Inside::Nothing)? {
                        Cut::Value(text) => return Ok(Some((line, Body::Json(text)))),
                        Cut::Broken(why) => return Ok(Some((line, Body::Broken(why.to_owned())))),
                        Cut::Page => self.inside = Inside::PageList,
                    }
                }
                _ => {
                    let line = self.line + 1;
                    self.rest_of_line()?;
                    return Ok(Some((line, Body::Broken("it is not an object".to_owned()))));
                }
            }
        }
        Ok(None)
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

    fn rest_of_line(&mut self) -> io::Result<()> {
        while let Some(byte) = self.peek()? {
            // What closes a list or separates records ends the damage too.
            if matches!(byte, b'\n' | b'{' | b']') {
                break;
            }
            self.skip(byte);
        }
        Ok(())
    }

    /// Reads one value. Where a page may stand, a member that lists records ends the reading.
    fn value(&mut self, may_be_page: bool) -> io::Result<Cut> {
        let mut text = Vec::new();
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
                    b'[' if may_be_page && depth == 1 => {
                        let held = buffer.get(..used).unwrap_or_default();
                        let name: Option<Vec<u8>> = key.map(|(from, to)| {
                            text.iter()
                                .chain(held)
                                .skip(from)
                                .take(to.saturating_sub(from))
                                .copied()
                                .collect()
                        });
                        let lists = ["value", "records"];
                        let is_list = |name: &Vec<u8>| {
                            lists.iter().any(|list| name.eq_ignore_ascii_case(list.as_bytes()))
                        };
                        if name.as_ref().is_some_and(is_list) {
                            cut = Some(Some(Cut::Page));
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
                Some(Some(cut)) => return Ok(cut),
                Some(None) => return Ok(Cut::Value(text)),
                None if text.len() > LONGEST => return Ok(Cut::Broken("it is too long for a record")),
                None => {}
            }
        }
    }
}

/// Whether a line is one whole object.
pub(super) fn is_whole(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if !line.starts_with(b"{") {
        return false;
    }
    let mut json = Json::new(line, 0);
    match json.value(false) {
        Ok(Cut::Value(_)) => json.reader.is_empty(),
        _ => false,
    }
}
