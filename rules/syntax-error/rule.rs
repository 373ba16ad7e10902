//! A text that breaks the grammar of its format; reported while reading.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &SyntaxError;

struct SyntaxError;

impl Rule for SyntaxError {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::SYNTAX_ERROR,
            family: Family::Input,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
