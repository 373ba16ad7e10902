//! A policy that leaves everyone one way in, a compliant device.

use crate::access::Managed;
use crate::rule::prelude::*;
use crate::rules::shared::{DeviceWording, check_only_way};

pub(super) static RULE: &dyn Rule = &CompliantDeviceForEveryone;

struct CompliantDeviceForEveryone;

const WORDING: DeviceWording = DeviceWording {
    managed: &[Managed::CompliantDevice],
    message: "policy lets every user in only with a compliant device",
    label: "a compliant device is the only way in",
    note: "whoever has no compliant device",
    way_out: "enrolling a device with Intune stays possible, but changing this policy needs a device that is already compliant",
    spared: "an administrator on a compliant device",
    levels: [Level::Error, Level::Note, Level::Note],
};

impl Rule for CompliantDeviceForEveryone {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("compliant-device-for-everyone"),
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
