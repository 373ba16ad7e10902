//! Devices that can be registered with one factor.

use crate::access::Question;
use crate::rule::prelude::*;
use crate::rules::coverage::{Coverage, asking_for};

pub(super) static RULE: &dyn Rule = &Coverage {
    meta: Meta {
        id: RuleId::built_in("unprotected-device-registration"),
        family: Family::Coverage,
        level: Level::Note,
        docs: Cow::Borrowed(include_str!("README.md")),
    },
    question: Question::DeviceRegistration,
    message: "devices can be registered or joined with a password alone",
    unsure: "could not confirm that registering devices is protected",
    how: " with a single factor, unless the device settings of the tenant ask for more",
    missing: "no enabled policy is about registering devices",
    whom: "all users",
    met: "is enough, without a second factor",
    help: |spelling| {
        let action = spelling.assignment("includeUserActions", "[\"urn:user:registerdevice\"]");
        format!("`{action}` and {}", asking_for(spelling, "mfa"))
    },
};
