//! A block outside the compliant network that new devices cannot get past.

use crate::access::{self, Demand};
use crate::policy::ids::apps;
use crate::policy::{App, Truth};
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &CompliantNetworkBeforeEnrollment;

struct CompliantNetworkBeforeEnrollment;

impl Rule for CompliantNetworkBeforeEnrollment {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("compliant-network-before-enrollment"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let Demand::Block(block) = access::demand(policy, access.assume) else { continue };
            let Some(apps) = access::every_app(policy) else { continue };
            let Some(network) = access::compliant_network_alone(policy, access.set) else { continue };
            if access::everyone(policy).is_none() || spares_enrollment(policy) {
                continue;
            }
            findings.push(self.finding(policy, access, block, apps, network));
        }
    }
}

/// Whether both apps that enroll a device are left out, or may be.
fn spares_enrollment(policy: &Policy) -> bool {
    let excluded = |id: &str| policy.applications.exclude.contains(&App::Id(id.to_owned())) != Truth::No;
    policy.applications.filter.is_some() || excluded(apps::INTUNE) && excluded(apps::INTUNE_ENROLLMENT)
}

impl CompliantNetworkBeforeEnrollment {
    fn finding(
        &self,
        policy: &Policy,
        access: &Access<'_>,
        block: Span,
        apps: Span,
        network: Span,
    ) -> Finding {
        // Who asks for compliant devices or protected apps enrolls them with Intune.
        let enrolls = access
            .about_people()
            .any(|other| access::only_way(other, access.assume).is_some_and(|way| way.managed != HYBRID));
        let level = if enrolls { Level::Warn } else { Level::Note };
        let exclude = policy.spelling.member("excludeApplications");
        let message = "policy blocks whoever is outside the compliant network from enrolling a device";
        finding(self.meta(), policy, level, message, Label::new(block, "access is blocked"))
            .label(network, "spared is who comes through Global Secure Access")
            .label(apps, "to all apps, enrollment included")
            .place("conditions.applications.excludeApplications")
            .codes(&[shared::BLOCKED])
            .note(format!(
                "a new device has no client for the compliant network yet, and enrolling it to get one is refused with {}; the \
                 same befalls everyone once the signaling of Global Secure Access is switched off",
                shared::BLOCKED
            ))
            .help(format!(
                "exclude Microsoft Intune and Microsoft Intune Enrollment: add `{}` and `{}` to `{exclude}`",
                apps::INTUNE,
                apps::INTUNE_ENROLLMENT
            ))
            .recovery("sign in with an account that is excluded and change the policy")
    }
}

const HYBRID: access::Managed = access::Managed::HybridDevice;
