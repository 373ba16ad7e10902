//! A member the schema does not have; reported while reading.

use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &UnknownMember;

struct UnknownMember;

impl Rule for UnknownMember {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: input::UNKNOWN_MEMBER,
            family: Family::Input,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }
}
