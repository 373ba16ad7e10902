//! A value the schema does not have; reported while reading.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &UnknownValue;

struct UnknownValue;

impl Rule for UnknownValue {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::UNKNOWN_VALUE,
            family: Family::Input,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
