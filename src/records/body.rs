//! One record as written.

use std::sync::Arc;

/// A byte order mark, which stands within a file where several were put together.
pub(super) const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// The text of a record.
#[derive(Debug)]
pub enum Body {
    /// JSON.
    Json(Vec<u8>),
    /// A row of a table as a JSON list.
    Cells {
        /// The names of the columns.
        header: Arc<[String]>,
        /// The list.
        cells: Vec<u8>,
    },
    /// A row of CSV.
    Row {
        /// The names of the columns.
        header: Arc<[String]>,
        /// The cells.
        row: csv::StringRecord,
    },
    /// Nothing that can be read, and why.
    Broken(String),
}

impl Body {
    /// How many bytes it takes, about.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Json(text) | Self::Cells { cells: text, .. } => text.len(),
            Self::Row { row, .. } => row.as_slice().len(),
            Self::Broken(why) => why.len(),
        }
    }
}
