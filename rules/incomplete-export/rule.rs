//! An export that holds less than the tenant; reported while reading.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &IncompleteExport;

struct IncompleteExport;

impl Rule for IncompleteExport {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::INCOMPLETE_EXPORT,
            family: Family::Input,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
