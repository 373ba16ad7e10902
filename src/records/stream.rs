//! Exports as a stream of records, each with its place: JSON in every wrapping, JSON lines, CSV, and each of them
//! compressed by gzip.
//!
//! What is held at a time is one record, whatever the size of the file.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::MultiGzDecoder;

use super::body::{Body, MARK};
use super::json::{Json, LONGEST, is_whole};
use super::{Place, members};

/// How much is looked at to tell the format.
const PEEK: usize = 1 << 20;
const BUFFER: usize = 1 << 18;

/// A record as written.
#[derive(Debug)]
pub struct Piece {
    /// Where it stands.
    pub place: Place,
    /// Its text.
    pub body: Body,
}

type Bytes = Box<dyn Read + Send>;
type Text = BufReader<io::Chain<Cursor<Vec<u8>>, Rest>>;

/// What is left of a file, after the error in which looking at its start ended.
struct Rest {
    error: Option<io::Error>,
    bytes: Bytes,
}

impl Read for Rest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.bytes.read(buffer),
        }
    }
}

/// The text of rows. A quote that is not closed would swallow the rows behind it, to the end of any file.
struct Rows {
    text: Text,
    /// The number of quotes is odd.
    in_quotes: bool,
    /// Nothing is left.
    ended: bool,
    /// How much was read since the row began.
    read: usize,
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.text.read(buffer)?;
        let quotes = buffer.iter().take(count).filter(|byte| **byte == b'"').count();
        self.in_quotes ^= quotes % 2 == 1;
        self.ended = count == 0;
        self.read += count;
        if self.read > LONGEST {
            return Err(io::Error::other("it is too long for a record; a quote may not be closed"));
        }
        Ok(count)
    }
}

/// The records of one file.
pub struct Stream {
    file: Arc<str>,
    number: usize,
    /// The line of the record before.
    line: usize,
    kind: Kind,
}

enum Kind {
    Json(Json<Text>),
    Lines { text: Text, line: usize, page: Option<Json<Cursor<Vec<u8>>>> },
    Csv { reader: csv::Reader<Rows>, header: Arc<[String]> },
    Unread(String),
    Done,
}

impl Stream {
    /// Opens an export. Its first bytes tell the format, the encoding and whether it is compressed.
    #[must_use]
    pub fn open(file: Arc<str>, bytes: Bytes) -> Self {
        let kind = open(bytes).unwrap_or_else(|error| Kind::Unread(error.to_string()));
        Self { file, number: 0, line: 1, kind }
    }

    /// Stands for an export that cannot be opened.
    #[must_use]
    pub fn unread(file: Arc<str>, why: String) -> Self {
        Self { file, number: 0, line: 1, kind: Kind::Unread(why) }
    }

    /// The next record; nothing at the end.
    pub fn read(&mut self) -> Option<Piece> {
        let told = match &mut self.kind {
            Kind::Json(json) => json.next(),
            Kind::Lines { text, line, page } => lines(text, line, page),
            Kind::Csv { reader, header } => Ok(row(reader, header)),
            Kind::Unread(why) => Err(io::Error::other(std::mem::take(why))),
            Kind::Done => Ok(None),
        };
        let (line, body) = match told {
            Ok(told) => told?,
            Err(error) => {
                self.kind = Kind::Done;
                (self.line, Body::Broken(error.to_string()))
            }
        };
        self.number += 1;
        self.line = line;
        Some(Piece { place: Place { file: self.file.clone(), line, number: self.number }, body })
    }
}

fn open(bytes: Bytes) -> io::Result<Kind> {
    let mut bytes = BufReader::new(bytes);
    let bytes: Bytes = if bytes.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(bytes))
    } else {
        Box::new(bytes)
    };
    let decoded =
        DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).bom_override(true).build(bytes);
    let mut bytes: Bytes = Box::new(decoded);
    let mut start = Vec::new();
    let error = bytes.by_ref().take(PEEK as u64).read_to_end(&mut start).err();
    let format = format(&start);
    let broken = error.is_some();
    if start.iter().take(64).any(|byte| *byte == 0) {
        return Ok(Kind::Unread("it is no text, or UTF-16 without the mark that says so".to_owned()));
    }
    let text = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(Rest { error, bytes }));
    Ok(match format {
        Format::Json => Kind::Json(Json::new(text, 0)),
        Format::Lines => Kind::Lines { text, line: 0, page: None },
        Format::Csv => {
            let rows = Rows { text, in_quotes: false, ended: false, read: 0 };
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(rows);
            let header = reader.headers().map_err(io::Error::other)?;
            if !header.iter().any(members::is_known) {
                return Ok(Kind::Unread(
                    "it is no JSON, and its first line names no column of a sign-in log".to_owned(),
                ));
            }
            let header = header.iter().map(str::to_owned).collect();
            Kind::Csv { reader, header }
        }
        // The first byte that is read tells the error.
        Format::Nothing if broken => Kind::Json(Json::new(text, 0)),
        Format::Nothing => Kind::Unread("the file is empty".to_owned()),
    })
}

enum Format {
    Json,
    Lines,
    Csv,
    Nothing,
}

/// JSON lines are told by a first or second line that is one whole object and not the last.
fn format(start: &[u8]) -> Format {
    let text = start.trim_ascii();
    match text.first() {
        None => return Format::Nothing,
        Some(b'[') => return Format::Json,
        Some(b'{' | b'"') => {}
        Some(_) => return Format::Csv,
    }
    if text.first() == Some(&b'"') && !text.starts_with(b"\"{") {
        return Format::Csv;
    }
    let mut lines = text.split(|byte| *byte == b'\n');
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let damaged = first.trim_ascii().len() > 2 && second.starts_with(b"{\"") && is_whole(second);
    if (is_whole(first) && !second.is_empty()) || damaged { Format::Lines } else { Format::Json }
}

type Next = io::Result<Option<(usize, Body)>>;

fn lines(text: &mut Text, line: &mut usize, page: &mut Option<Json<Cursor<Vec<u8>>>>) -> Next {
    loop {
        if let Some(records) = page {
            if let Some(found) = records.next()? {
                return Ok(Some(found));
            }
            *page = None;
        }
        let mut own = Vec::new();
        if text.by_ref().take(LONGEST as u64).read_until(b'\n', &mut own)? == 0 {
            return Ok(None);
        }
        *line += 1;
        if own.len() >= LONGEST && !own.ends_with(b"\n") {
            text.skip_until(b'\n')?;
            return Ok(Some((*line, Body::Broken("it is too long for a record".to_owned()))));
        }
        let own = own.strip_prefix(&MARK).unwrap_or(&own);
        let start = own.get(..own.len().min(256)).unwrap_or_default();
        let has = |name: &[u8]| start.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name));
        if own.trim_ascii().is_empty() {
            continue;
        }
        // The list of a page may stand after a link that is longer than what is looked at.
        if [b"\"records\"".as_slice(), b"\"value\"", b"\"tables\"", b"\"@odata."].into_iter().any(has) {
            *page = Some(Json::new(Cursor::new(own.to_vec()), *line - 1));
            continue;
        }
        return Ok(Some((*line, Body::Json(own.trim_ascii().to_vec()))));
    }
}

fn row(reader: &mut csv::Reader<Rows>, header: &Arc<[String]>) -> Option<(usize, Body)> {
    let mut row = csv::StringRecord::new();
    let line = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
    reader.get_mut().read = 0;
    match reader.read_record(&mut row) {
        Ok(false) => None,
        Ok(true) if reader.get_ref().ended && reader.get_ref().in_quotes => {
            Some((line, Body::Broken("a quote is not closed, here or before".to_owned())))
        }
        Ok(true) if row.len() != header.len() => {
            Some((line, Body::Broken(super::wrong_length(row.len(), header.len()))))
        }
        Ok(true) => Some((line, Body::Row { header: header.clone(), row })),
        Err(error) => Some((line, Body::Broken(error.to_string()))),
    }
}
