//! An exception past its date; reported when exceptions are applied.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &ExpiredException;

struct ExpiredException;

impl Rule for ExpiredException {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::EXPIRED_EXCEPTION,
            family: Family::Exception,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
