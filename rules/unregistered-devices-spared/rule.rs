//! A device filter that leaves out every device that is not registered.

use crate::access::{self, Demand, DeviceFilter};
use crate::policy::words::FilterMode;
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &UnregisteredDevicesSpared;

struct UnregisteredDevicesSpared;

impl Rule for UnregisteredDevicesSpared {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unregistered-devices-spared"),
            family: Family::Coverage,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Some(filter) = &policy.conditions.device_filter else { continue };
            let Some(read) = DeviceFilter::of(filter) else { continue };
            // An include that takes in registered devices says what it does.
            let by_mistake = read.mode == FilterMode::Exclude && !read.takes_in_unregistered();
            if !by_mistake || read.takes_in_all().is_some() || demands_nothing(policy, access) {
                continue;
            }
            let message = "device filter spares every device that is not registered";
            let label = "true of a device without attributes, which is left out";
            let place = filter.rule.span().unwrap_or(filter.key);
            findings.push(
                finding(self.meta(), policy, Level::Warn, message, Label::new(place, label))
                    .place("conditions.devices.deviceFilter")
                    .note(
                        "a device that is not registered has no attributes, so `-ne` and the like hold for it: whoever signs \
                         in from one is not asked for anything here",
                    )
                    .help(
                        "if unknown devices are meant to be covered, leave out devices by `-eq` and the like; if registered \
                         ones alone are meant, take them in with the mode `include`",
                    ),
            );
        }
    }
}

/// Whether nothing is lost to those who are spared.
fn demands_nothing(policy: &Policy, access: &Access<'_>) -> bool {
    matches!(access::demand(policy, access.assume), Demand::Nothing) && policy.session.is_empty()
}
