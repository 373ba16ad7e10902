//! Exports as a stream of records, each with its place: JSON in every wrapping, JSON lines, CSV.
//!
//! What is held at a time is one record, whatever the size of the file.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use encoding_rs_io::DecodeReaderBytesBuilder;

use super::Place;
use super::json::{Json, LONGEST, is_whole};

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

/// The text of a record.
#[derive(Debug)]
pub enum Body {
    /// JSON.
    Json(Vec<u8>),
    /// A row of CSV, and what its columns are called.
    Row {
        /// The names of the columns.
        header: Arc<[String]>,
        /// The cells.
        row: csv::StringRecord,
    },
    /// Nothing that can be read, and why.
    Broken(String),
}

type Bytes = Box<dyn Read + Send>;
type Text = BufReader<io::Chain<Cursor<Vec<u8>>, Bytes>>;

/// The records of one file.
pub struct Stream {
    file: Arc<str>,
    number: usize,
    kind: Kind,
}

enum Kind {
    Json(Json<Text>),
    Lines { text: Text, line: usize, page: Option<Json<Cursor<Vec<u8>>>> },
    Csv { reader: csv::Reader<Text>, header: Arc<[String]> },
    Done,
}

impl Stream {
    /// Opens an export. Its first bytes tell the format, and a byte order mark the encoding.
    ///
    /// # Errors
    /// When reading fails.
    pub fn open(file: Arc<str>, bytes: Bytes) -> io::Result<Self> {
        let decoded = DecodeReaderBytesBuilder::new()
            .utf8_passthru(true)
            .strip_bom(true)
            .bom_override(true)
            .build(bytes);
        let mut bytes: Bytes = Box::new(decoded);
        let mut start = Vec::new();
        bytes.by_ref().take(PEEK as u64).read_to_end(&mut start)?;
        let kind = kind(&start);
        let text = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(bytes));
        let kind = match kind {
            Format::Json => Kind::Json(Json::new(text, 0)),
            Format::Lines => Kind::Lines { text, line: 0, page: None },
            Format::Csv => {
                let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
                let header = reader.headers().map_err(io::Error::other)?;
                let header = header.iter().map(str::to_owned).collect();
                Kind::Csv { reader, header }
            }
            Format::Nothing => Kind::Done,
        };
        Ok(Self { file, number: 0, kind })
    }

    /// The next record; nothing at the end.
    pub fn read(&mut self) -> Option<Piece> {
        let told = match &mut self.kind {
            Kind::Json(json) => json.next(),
            Kind::Lines { text, line, page } => lines(text, line, page),
            Kind::Csv { reader, header } => Ok(row(reader, header)),
            Kind::Done => Ok(None),
        };
        let (line, body) = match told {
            Ok(told) => told?,
            Err(error) => {
                self.kind = Kind::Done;
                (0, Body::Broken(error.to_string()))
            }
        };
        self.number += 1;
        Some(Piece { place: Place { file: self.file.clone(), line, number: self.number }, body })
    }
}

enum Format {
    Json,
    Lines,
    Csv,
    Nothing,
}

/// JSON lines are told by a first or second line that is one whole object and not the last.
fn kind(start: &[u8]) -> Format {
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
        let start = own.get(..own.len().min(256)).unwrap_or_default();
        let has = |name: &[u8]| start.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name));
        if own.trim_ascii().is_empty() {
            continue;
        }
        if has(b"\"records\"") || has(b"\"value\"") {
            *page = Some(Json::new(Cursor::new(own), *line - 1));
            continue;
        }
        return Ok(Some((*line, Body::Json(own.trim_ascii().to_vec()))));
    }
}

fn row(reader: &mut csv::Reader<Text>, header: &Arc<[String]>) -> Option<(usize, Body)> {
    let mut row = csv::StringRecord::new();
    let line = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
    match reader.read_record(&mut row) {
        Ok(false) => None,
        Ok(true) if row.len() != header.len() => {
            let why = format!("it has {} columns where the header has {}", row.len(), header.len());
            Some((line, Body::Broken(why)))
        }
        Ok(true) => Some((line, Body::Row { header: header.clone(), row })),
        Err(error) => Some((line, Body::Broken(error.to_string()))),
    }
}
