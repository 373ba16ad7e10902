//! An exception that excuses nothing; reported when exceptions are applied.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &UnusedException;

struct UnusedException;

impl Rule for UnusedException {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::UNUSED_EXCEPTION,
            family: Family::Exception,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
