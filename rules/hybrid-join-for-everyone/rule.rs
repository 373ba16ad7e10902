//! A policy that leaves everyone one way in, a hybrid joined device.

use crate::access::Managed;
use crate::rule::prelude::*;
use crate::rules::shared::{DeviceWording, check_only_way};

pub(super) static RULE: &dyn Rule = &HybridJoinForEveryone;

struct HybridJoinForEveryone;

const WORDING: DeviceWording = DeviceWording {
    managed: &[Managed::HybridDevice],
    message: "policy lets every user in only with a hybrid joined device",
    label: "a hybrid joined device is the only way in",
    note: "whoever uses a phone, a Mac, Linux or a Windows device that is not hybrid joined",
    way_out: "only Windows computers joined to an on-premises domain can ever pass",
    spared: "an administrator on a hybrid joined Windows device",
    levels: [Level::Error, Level::Warn, Level::Warn],
};

impl Rule for HybridJoinForEveryone {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("hybrid-join-for-everyone"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        check_only_way(self.meta(), &WORDING, access, findings);
    }
}
