//! A file that could not be read; reported while reading.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &UnreadableFile;

struct UnreadableFile;

impl Rule for UnreadableFile {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::UNREADABLE_FILE,
            family: Family::Input,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
