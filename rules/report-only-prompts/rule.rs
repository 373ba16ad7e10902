//! A policy in report-only that still makes people's devices ask.

use crate::access::analysis::{Analysis, Circumstances};
use crate::access::sign_in::{DevicePlatform, PersonKind};
use crate::access::{self, Demand, Need, matrix, people};
use crate::policy::words::{Control, Platform, State, Word};
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &ReportOnlyPrompts;

struct ReportOnlyPrompts;

impl Rule for ReportOnlyPrompts {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("report-only-prompts"),
            family: Family::Hygiene,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        let person = people::of_kinds(&analysis, |kind| kind != PersonKind::AgentUser);
        for number in 0..analysis.policies() {
            let Some(policy) = analysis.policy(number) else { continue };
            let Some(state) = policy.state.get().filter(|state| *state.value == State::ReportOnly) else {
                continue;
            };
            let Some(control) = compliance(policy, access) else { continue };
            let platforms = prompting(number, &person, &mut analysis);
            if platforms.is_empty() {
                continue;
            }
            let quoted: Vec<_> = platforms.iter().map(|platform| format!("\"{platform}\"")).collect();
            let message = "report-only policy makes people choose a device certificate";
            let label = Label::new(control, "looked for on every sign-in");
            let mut found = Finding::new(self.meta().id.clone(), Level::Note, message, label)
                .label(state.span, "looks on, and still asks the device")
                .place("conditions.platforms")
                .note(format!(
                    "on {}, people are asked for a certificate again and again until their device is compliant, though \
                     the policy is not enforced",
                    platforms.join(", ")
                ))
                .help(format!(
                    "leave these platforms out while the policy is in report-only: `{}`",
                    policy.spelling.assignment("excludePlatforms", &format!("[{}]", quoted.join(", ")))
                ));
            found.policy = Some(policy.about());
            findings.push(found);
        }
    }
}

/// Where a policy asks for a compliant device.
fn compliance(policy: &Policy, access: &Access<'_>) -> Option<Span> {
    let Demand::Ways(ways) = access::demand(policy, access.assume) else { return None };
    let mut needs = ways.iter().flatten();
    needs.find(|need| matches!(need.value, Need::Control(Control::CompliantDevice))).map(|need| need.span)
}

/// The platforms on which a device that is looked for asks its owner, where a policy covers them beside Windows; one
/// that is about them alone has nothing else to try. Source: Microsoft Entra documentation, "Conditional Access
/// report-only mode".
fn prompting(number: usize, person: &Circumstances, analysis: &mut Analysis<'_>) -> Vec<&'static str> {
    let mut covers = |platform| {
        let there = matrix::on_platform(analysis, person, DevicePlatform::Known(platform));
        analysis.may_apply(number, &there)
    };
    if !covers(Platform::Windows) {
        return Vec::new();
    }
    let asking = [Platform::MacOs, Platform::Ios, Platform::Android];
    asking.into_iter().filter(|platform| covers(*platform)).map(Word::as_str).collect()
}
