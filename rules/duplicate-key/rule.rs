//! A key that stands twice in one object; reported while reading.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &DuplicateKey;

struct DuplicateKey;

impl Rule for DuplicateKey {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::DUPLICATE_KEY,
            family: Family::Input,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
