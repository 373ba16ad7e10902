//! A suppression that gives no reason; reported when exceptions are applied.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &ExceptionWithoutReason;

struct ExceptionWithoutReason;

impl Rule for ExceptionWithoutReason {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::EXCEPTION_WITHOUT_REASON,
            family: Family::Exception,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
