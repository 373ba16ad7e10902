//! Values as the schema writes them.

use super::words::Word;
use super::{App, Location, Principal, ids};

/// A value that is one text in the schema.
pub trait Text {
    /// The text, in the schema's own spelling.
    fn text(&self) -> &str;
}

impl Text for String {
    fn text(&self) -> &str {
        self
    }
}

impl<T: Word> Text for T {
    fn text(&self) -> &str {
        self.as_str()
    }
}

impl Text for Principal {
    fn text(&self) -> &str {
        match self {
            Self::Token(token) => ids::spelled(ids::USER_TOKENS, token),
            Self::Id(text) | Self::Name(text) => text,
        }
    }
}

impl Text for App {
    fn text(&self) -> &str {
        match self {
            Self::Token(token) => ids::spelled(ids::APP_TOKENS, token),
            Self::Id(text) | Self::Name(text) => text,
        }
    }
}

impl Text for Location {
    fn text(&self) -> &str {
        match self {
            Self::Token(token) => ids::spelled(ids::LOCATION_TOKENS, token),
            Self::Id(text) | Self::Name(text) => text,
        }
    }
}
