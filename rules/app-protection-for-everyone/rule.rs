//! A policy that leaves everyone one way in, an app under an app protection policy.

use crate::access::Managed;
use crate::rule::prelude::*;
use crate::rules::shared::{DeviceWording, check_only_way};

pub(super) static RULE: &dyn Rule = &AppProtectionForEveryone;

struct AppProtectionForEveryone;

const WORDING: DeviceWording = DeviceWording {
    managed: &[Managed::ProtectedApp, Managed::ApprovedApp],
    message: "policy lets every user in only through a protected app",
    label: "a protected app is the only way in",
    note: "whoever uses a browser or a desktop app without an app protection policy",
    way_out: "macOS and Linux can never pass, Windows only with Microsoft Edge",
    spared: "an administrator with a protected app, such as Microsoft Edge on a phone,",
    levels: [Level::Error, Level::Warn, Level::Warn],
};

impl Rule for AppProtectionForEveryone {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("app-protection-for-everyone"),
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
