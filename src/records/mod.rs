//! Recorded sign-ins, however the service or a portal exports them.
//!
//! One [`Record`] is a sign-in as the evaluator takes it, with what a policy replay needs beside it. A fact that a
//! record does not tell stays unknown; an absent member is never read as "no". Sources: Microsoft Graph reference,
//! resource types `signIn` (v1.0 and beta) and `appliedConditionalAccessPolicy`; Azure Monitor reference, tables
//! `SigninLogs`, `AADNonInteractiveUserSignInLogs`, `AADServicePrincipalSignInLogs` and
//! `AADManagedIdentitySignInLogs`.

mod body;
mod facts;
mod json;
mod members;
mod results;
mod stream;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiter::JsonValue;

use crate::access::sign_in::SignIn;
use crate::policy::Truth;
pub use body::Body;
pub use results::{Conditions, ServiceResult, Verdict};
pub use stream::{Piece, Stream};

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it is shown.
    pub file: Arc<str>,
    /// The line it starts in, counted from 1.
    pub line: usize,
    /// Its number in the file, counted from 1.
    pub number: usize,
}

/// A recorded sign-in.
#[derive(Clone, Debug)]
pub struct Record {
    /// The id the service gave it.
    pub id: Option<String>,
    /// When, as written.
    pub time: Option<String>,
    /// A name for who signed in.
    pub name: Option<String>,
    /// A name for the app.
    pub app: Option<String>,
    /// How it ended: the error code, 0 for success; `None` where that is not told.
    pub code: Option<u32>,
    /// Which of the logs it comes from.
    pub log: Option<Log>,
    /// Whether somebody was there to answer a prompt.
    pub interactive: Option<bool>,
    /// Whether the resource is another tenant's, whose policies decide.
    pub elsewhere: Truth,
    /// The facts that policies ask for.
    pub sign_in: SignIn,
    /// The controls that it shows to be met, by their name in a policy in lower case; strengths by id.
    pub met: BTreeSet<String>,
    /// What the service recorded of each policy.
    pub results: Vec<ServiceResult>,
}

/// The logs of sign-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// People who were there.
    Interactive,
    /// Apps on behalf of people.
    NonInteractive,
    /// Service principals.
    ServicePrincipal,
    /// Managed identities.
    ManagedIdentity,
}

impl Log {
    /// Every log.
    pub const ALL: [Self; 4] =
        [Self::Interactive, Self::NonInteractive, Self::ServicePrincipal, Self::ManagedIdentity];

    /// What it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive sign-ins",
            Self::NonInteractive => "non-interactive sign-ins",
            Self::ServicePrincipal => "service principals",
            Self::ManagedIdentity => "managed identities",
        }
    }
}

/// What became of a piece.
#[derive(Debug)]
pub enum Read {
    /// A sign-in.
    Record(Box<Record>),
    /// A record of another kind, such as of the audit log.
    Other,
    /// It cannot be read.
    Broken(String),
}

/// Reads one piece of a stream.
#[must_use]
pub fn read(piece: &Piece) -> Read {
    match &piece.body {
        Body::Broken(why) => Read::Broken(why.clone()),
        Body::Row { header, row } => {
            let members = header.iter().zip(row.iter());
            let members = members.filter(|(_, cell)| !cell.is_empty());
            let row = members.map(|(name, cell)| (name.as_str().into(), JsonValue::Str(cell.into())));
            facts::read(&JsonValue::Object(Arc::new(row.collect())), false)
        }
        Body::Cells { header, cells } => match JsonValue::parse(cells, false) {
            Ok(JsonValue::Array(cells)) if cells.len() == header.len() => {
                let row = header.iter().zip(cells.iter());
                let row = row.map(|(name, cell)| (name.as_str().into(), cell.clone()));
                facts::read(&JsonValue::Object(Arc::new(row.collect())), false)
            }
            Ok(JsonValue::Array(cells)) => Read::Broken(wrong_length(cells.len(), header.len())),
            Ok(_) => Read::Broken("it is not a list of cells".to_owned()),
            Err(error) => Read::Broken(error.to_string()),
        },
        Body::Json(text) => match JsonValue::parse(text, false) {
            Ok(JsonValue::Str(text)) => match JsonValue::parse(text.as_bytes(), false) {
                Ok(value) => facts::read(&value, true),
                Err(error) => Read::Broken(error.to_string()),
            },
            Ok(value) => facts::read(&value, true),
            Err(error) => Read::Broken(error.to_string()),
        },
    }
}

/// Why a row cannot be read that does not fit its header.
fn wrong_length(row: usize, header: usize) -> String {
    let columns = if row == 1 { "column" } else { "columns" };
    format!("it has {row} {columns} where the header has {header}")
}
