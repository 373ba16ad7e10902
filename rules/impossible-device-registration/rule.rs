//! Controls and conditions that registering a device cannot have.

use crate::access;
use crate::policy::words::{Control, UserAction};
use crate::policy::{Given, PolicySet, Truth};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &ImpossibleDeviceRegistration;

struct ImpossibleDeviceRegistration;

impl Rule for ImpossibleDeviceRegistration {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("impossible-device-registration"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let Some(action) = policy.applications.user_actions.find(|it| *it == UserAction::RegisterDevice)
            else {
                continue;
            };
            let found = self.not_available(policy).or_else(|| self.too_strong(policy, access.set));
            findings
                .extend(found.map(|found| found.label(action.span, "for registering or joining devices")));
        }
    }
}

impl ImpossibleDeviceRegistration {
    fn not_available(&self, policy: &Policy) -> Option<Finding> {
        let places = unavailable(policy);
        let message = "policy on registering devices has what is not available there";
        let found = any_state::finding_at(self.meta(), policy, Level::Error, message, &places)?;
        Some(
            found
                .place("conditions.applications.includeUserActions")
                .note(
                    "for this user action Microsoft Entra has multifactor authentication and authentication strengths \
                     alone, because everything else depends on a device that is registered",
                )
                .help(format!(
                    "ask for `mfa` or an authentication strength, with `{}` and no condition on devices",
                    policy.spelling.assignment("clientAppTypes", "[\"all\"]")
                )),
        )
    }

    fn too_strong(&self, policy: &Policy, set: &PolicySet) -> Option<Finding> {
        let strength = policy.grant.strength.as_ref()?;
        if access::met_off_windows(strength, set) != Truth::No {
            return None;
        }
        let message = "strength asks for a method of a device that is not registered yet";
        let label = Label::new(strength.span, "accepts Windows Hello for Business alone");
        Some(
            any_state::finding(self.meta(), policy, Level::Warn, message, label)
                .place("grantControls.authenticationStrength")
                .note("such a method is set up on a registered device, so no new device can be registered")
                .help("let the strength accept a method that does not depend on the device, such as a security key"),
        )
    }
}

fn unavailable(policy: &Policy) -> Vec<At<&'static str>> {
    let (grant, conditions) = (&policy.grant, &policy.conditions);
    let mut places = Vec::new();
    let mut add = |span: Option<Span>, label| {
        places.extend(span.map(|span| At::new(label, span)));
    };
    for control in grant.controls.known().filter(|control| *control.value != Control::Mfa) {
        add(Some(control.span), "not available here");
    }
    for list in [&grant.terms_of_use, &grant.custom_factors] {
        let written = list.items.iter().find(|item| matches!(item.value, Given::Known(_)));
        add(written.map(|item| item.span), "not available here");
    }
    add(access::clients_left_out(policy), "this condition is not available here");
    let filter = conditions.device_filter.as_ref().filter(|filter| filter.mode.get().is_some());
    add(filter.map(|filter| filter.key), "this condition is not available here");
    add(conditions.device_states.as_ref().map(|states| states.key), "this condition is not available here");
    places
}
