//! Devices that have to be compliant before they can be enrolled.

use crate::access::analysis::{Analysis, Circumstances, Scope, Way};
use crate::access::people::{self, Class};
use crate::access::space::Property;
use crate::access::{matrix, targets};
use crate::policy::ids::apps;
use crate::rule::prelude::*;
use crate::rules::together::{self, SCOPES};

pub(super) static RULE: &dyn Rule = &EnrollmentDeadlock;

struct EnrollmentDeadlock;

impl Rule for EnrollmentDeadlock {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("enrollment-deadlock"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for scope in SCOPES {
            let found = deadlocks(&mut analysis, scope);
            for (policies, platforms) in &found {
                findings.extend(self.finding(access, &analysis, policies, platforms));
            }
            if !found.is_empty() {
                return;
            }
        }
    }
}

/// Policies that let only compliant devices enroll, with the platforms of which that is true.
fn deadlocks(analysis: &mut Analysis<'_>, scope: Scope) -> Vec<(Vec<usize>, Vec<&'static str>)> {
    let member = people::circumstances(&Class::Member, analysis);
    let enrolling = analysis.to(&member, &targets::enrollment());
    let mut found: Vec<(Vec<usize>, Vec<&str>)> = Vec::new();
    for (platform, name) in matrix::recognised() {
        let there = matrix::on_platform(analysis, &enrolling, platform);
        let [new, compliant] = [false, true].map(|compliant| with_device(analysis, &there, compliant));
        let Way::Shut(policies) = analysis.way(&new, scope) else { continue };
        if !analysis.way(&compliant, scope).is_open() {
            continue;
        }
        match found.iter_mut().find(|(known, _)| *known == policies) {
            Some((_, names)) => names.push(name),
            None => found.push((policies, vec![name])),
        }
    }
    found
}

impl EnrollmentDeadlock {
    fn finding(
        &self,
        access: &Access<'_>,
        analysis: &Analysis<'_>,
        policies: &[usize],
        platforms: &[&str],
    ) -> Option<Finding> {
        let message = "a device has to be compliant before it can be enrolled";
        let found = together::blame(self.meta(), access, analysis, policies, Level::Warn, message)?;
        let found = found
            .note(format!(
                "a new device on {} becomes compliant by enrolling with Intune, which is refused to it; the exemption of \
                 enrollment is documented for the control `compliantDevice` alone",
                platforms.join(", ")
            ))
            .help(format!(
                "exclude Microsoft Intune Enrollment, `{}`, and Microsoft Intune, `{}`, or ask for `compliantDevice` \
                 instead of a block",
                apps::INTUNE_ENROLLMENT,
                apps::INTUNE
            ));
        Some(found)
    }
}

/// Devices that are compliant, or that are not.
fn with_device(analysis: &Analysis<'_>, there: &Circumstances, compliant: bool) -> Circumstances {
    let values = analysis.space.values(&Property::Device, |sign_in, _| {
        let device = sign_in.device.as_ref();
        device.is_some_and(|device| device.is("iscompliant", "true") == Some(true)) == compliant
    });
    there.clone().with(analysis.dim(&Property::Device), &values)
}
