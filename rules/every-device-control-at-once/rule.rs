//! Device controls that are asked for together, and that few devices meet together.

use crate::access::analysis::Analysis;
use crate::access::solver::Answer;
use crate::access::{self, Demand, matrix, targets};
use crate::rule::prelude::*;
use crate::rules::{shared, together};
use crate::sign_in_error;

pub(super) static RULE: &dyn Rule = &EveryDeviceControlAtOnce;

struct EveryDeviceControlAtOnce;

impl Rule for EveryDeviceControlAtOnce {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("every-device-control-at-once"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for number in 0..analysis.policies() {
            let Some(policy) = analysis.policy(number) else { continue };
            let needs = device_controls(policy, access);
            // What leaves everybody one way in, or nobody any, is reported by other rules.
            if needs.len() < 2
                || shared::only_way_for_everyone(policy, access).is_some()
                || together::is_unsatisfiable(number, &mut analysis, access)
            {
                continue;
            }
            let (inside, outside) = platforms(number, &mut analysis);
            if !inside.is_empty() && !outside.is_empty() {
                findings.extend(self.finding(policy, access, &needs, &inside, &outside));
            }
        }
    }
}

/// The managed devices and apps that a policy asks for all at once.
pub(super) fn device_controls(policy: &Policy, access: &Access<'_>) -> Vec<Span> {
    match access::demand(policy, access.assume) {
        Demand::Ways(ways) if ways.len() == 1 => {
            let needs = ways.iter().flatten();
            needs.filter(|need| access::managed(need.value).is_some()).map(|need| need.span).collect()
        }
        _ => Vec::new(),
    }
}

/// The platforms a policy covers: those on which somebody can meet it, and those on which nobody can. Enrolling a device is
/// spared some demands.
fn platforms(number: usize, analysis: &mut Analysis<'_>) -> (Vec<&'static str>, Vec<&'static str>) {
    let anybody = analysis.away_from(&targets::enrollment());
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for (platform, name) in matrix::recognised() {
        let there = matrix::on_platform(analysis, &anybody, platform);
        if !analysis.may_apply(number, &there) {
            continue;
        }
        match analysis.can_be_met(number, &there) {
            Answer::Point(_) => inside.push(name),
            Answer::Never(_) => outside.push(name),
            Answer::Undecided => {}
        }
    }
    (inside, outside)
}

impl EveryDeviceControlAtOnce {
    fn finding(
        &self,
        policy: &Policy,
        access: &Access<'_>,
        needs: &[Span],
        inside: &[&str],
        outside: &[&str],
    ) -> Option<Finding> {
        let (first, rest) = needs.split_first()?;
        let message = "policy asks for several device controls at once, which few devices meet";
        let mut found = finding(self.meta(), policy, Level::Warn, message, Label::new(*first, "asked for"));
        for other in rest {
            found = found.label(*other, "and asked for on the same device");
        }
        if let Some(operator) = policy.grant.operator.span() {
            found = found.label(operator, "all of them, not one of them");
        }
        let (inside, outside) = (inside.join(", "), outside.join(", "));
        let code = sign_in_error::of(&access::demand(policy, access.assume));
        Some(
            found
                .place("grantControls.operator")
                .codes(code.as_slice())
                .note(format!(
                    "people on {outside} are refused, whatever device they have; on {inside} a device has to meet \
                     all of these"
                ))
                .help(format!(
                    "write `{}` where one of them is enough, or limit the policy to {inside}",
                    policy.spelling.assignment("operator", "\"OR\"")
                )),
        )
    }
}
