//! A device filter that the service does not take.

use crate::access::filter::MAX_RULE;
use crate::rule::prelude::*;
use crate::rules::any_state;

pub(super) static RULE: &dyn Rule = &InvalidDeviceCondition;

struct InvalidDeviceCondition;

impl Rule for InvalidDeviceCondition {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("invalid-device-condition"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            findings.extend(self.beside_states(policy));
            findings.extend(self.too_long(policy));
            findings.extend(self.half(policy));
        }
    }
}

impl InvalidDeviceCondition {
    fn beside_states(&self, policy: &Policy) -> Option<Finding> {
        let conditions = &policy.conditions;
        let filter = conditions.device_filter.as_ref()?;
        let states = conditions.device_states.as_ref()?;
        filter.mode.get()?;
        let message = "device filter stands beside device states";
        Some(
            any_state::finding(self.meta(), policy, Level::Error, message, Label::new(states.key, "the deprecated condition"))
                .label(filter.key, "its successor")
                .place("conditions.devices")
                .note("Microsoft Graph takes one of the two and refuses both together")
                .help(
                    "keep the filter, and say the states in its rule: `device.isCompliant -eq True` for `Compliant`, \
                     `device.trustType -eq \"ServerAD\"` for `DomainJoined`",
                ),
        )
    }

    fn half(&self, policy: &Policy) -> Option<Finding> {
        let filter = policy.conditions.device_filter.as_ref()?;
        let (message, help) = match (filter.mode.is_absent(), filter.rule.is_absent()) {
            (false, true) => ("device filter has no rule", "write the rule, or remove the filter"),
            (true, false) => ("device filter has no mode", "write the mode, `include` or `exclude`"),
            _ => return None,
        };
        let label = Label::new(filter.key, "half a filter");
        Some(
            any_state::finding(self.meta(), policy, Level::Warn, message, label)
                .place("conditions.devices.deviceFilter")
                .note("Microsoft Graph documents both as required; what half of them does is left undecided")
                .help(help),
        )
    }

    fn too_long(&self, policy: &Policy) -> Option<Finding> {
        let rule = policy.conditions.device_filter.as_ref()?.rule.get()?;
        let length = rule.value.chars().count();
        if length <= MAX_RULE {
            return None;
        }
        let message = "rule of the device filter is longer than 3,072 characters";
        Some(
            any_state::finding(
                self.meta(),
                policy,
                Level::Error,
                message,
                Label::new(rule.span, format!("{length} characters")),
            )
            .place("conditions.devices.deviceFilter.rule")
            .note("Microsoft Entra refuses a longer rule, and the policy with it")
            .help("mark the devices with an extension attribute and ask for that, instead of listing them"),
        )
    }
}
