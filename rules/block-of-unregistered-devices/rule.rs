//! A block of every device that is not registered, by which no new one can be brought in.

use crate::access::{self, Demand, DeviceFilter, Relief};
use crate::policy::ids::apps;
use crate::policy::{App, Truth};
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &BlockOfUnregisteredDevices;

struct BlockOfUnregisteredDevices;

impl Rule for BlockOfUnregisteredDevices {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("block-of-unregistered-devices"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            findings.extend(self.finding(policy, access));
        }
    }
}

impl BlockOfUnregisteredDevices {
    fn finding(&self, policy: &Policy, access: &Access<'_>) -> Option<Finding> {
        let Demand::Block(block) = access::demand(policy, access.assume) else { return None };
        let (users, apps) = (access::everyone(policy)?, access::every_app(policy)?);
        let filter = policy.conditions.device_filter.as_ref()?;
        let read = DeviceFilter::of(filter)?;
        let narrowing = access::narrowing(policy, access.set);
        let by_filter_alone = narrowing.conditions.as_slice() == [filter.key] && narrowing.unknown.is_empty();
        if !by_filter_alone || !read.takes_in_unregistered() || lets_in_new_devices(policy, &read) {
            return None;
        }
        let exclusions = access::exclusions(policy, &access.emergency);
        let level = match exclusions.relief() {
            Relief::Nobody if exclusions.unknown.is_empty() => Level::Warn,
            _ => Level::Note,
        };
        let message = "policy blocks every device that is not registered yet";
        Some(
            finding(self.meta(), policy, level, message, Label::new(block, "access is blocked"))
                .label(filter.key, "a device that is not registered has no attributes to compare")
                .label(users, "for all users")
                .label(apps, "to all apps")
                .place("conditions.devices.deviceFilter")
                .codes(&[shared::BLOCKED])
                .note(format!(
                    "{}, so a new or rebuilt computer is refused with {} before it can be registered, and private windows \
                     and unsupported browsers are refused for good",
                    reason(&read),
                    shared::BLOCKED
                ))
                .help(format!(
                    "exclude Microsoft Intune Enrollment, `{}`, keep another way to set up devices, or ask for \
                     `compliantDevice`, which spares enrollment{}",
                    apps::INTUNE_ENROLLMENT,
                    shared::and_exclude(policy, access, &exclusions)
                ))
                .recovery(
                    "sign in with an account that is excluded, or from a device the filter spares, and change the policy",
                ),
        )
    }
}

/// Whether enrollment is spared, or the filter is about compliance, which enrollment brings.
fn lets_in_new_devices(policy: &Policy, filter: &DeviceFilter) -> bool {
    let excluded = |id: &str| policy.applications.exclude.contains(&App::Id(id.to_owned())) != Truth::No;
    let reads = |attribute: &str| filter.rule.comparisons().iter().any(|it| it.attribute == attribute);
    excluded(apps::INTUNE_ENROLLMENT) || policy.applications.filter.is_some() || reads("iscompliant")
}

/// Why a device does not have what the filter reads.
fn reason(filter: &DeviceFilter) -> &'static str {
    let own = |attribute: &str| attribute.starts_with("extensionattribute");
    if filter.rule.comparisons().iter().any(|comparison| own(&comparison.attribute)) {
        "extension attributes count only once a device is managed, compliant or hybrid joined"
    } else {
        "attributes count only once a device is registered"
    }
}
