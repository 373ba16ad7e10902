//! Controls that no sign-in can meet.

use crate::access::analysis::{Analysis, Circumstances};
use crate::access::sign_in::Target;
use crate::access::{self, Demand, Need, Standing, people};
use crate::policy::words::{Platform, UserAction};
use crate::policy::{Strength, Truth};
use crate::rule::prelude::*;
use crate::rules::{shared, together};

pub(super) static RULE: &dyn Rule = &UnsatisfiableControls;

struct UnsatisfiableControls;

impl Rule for UnsatisfiableControls {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unsatisfiable-controls"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for number in 0..analysis.policies() {
            let Some(policy) = analysis.policy(number) else { continue };
            // A rule of its own reports what registering a device cannot be asked for.
            if policy.applications.user_actions.contains(&UserAction::RegisterDevice) == Truth::Yes {
                continue;
            }
            if together::is_unsatisfiable(number, &mut analysis, access) {
                let found = self.finding(policy, access);
                let at_home = analysis.at_home();
                let guests_only = !analysis.may_apply(number, &at_home);
                let untold = guests_only && access.set.directory.trust.is_none();
                findings.push(if untold && may_be_trusted(policy, number, &mut analysis, access) {
                    untold_trust(found)
                } else {
                    found
                });
            }
        }
        self.disjoint_strengths(access, &mut analysis, findings);
    }
}

/// A policy over sign-ins that are chosen because they meet nothing: legacy clients, sessions moved between devices,
/// platforms that are not recognised, devices that a filter singles out.
fn stands_for_a_block(policy: &Policy, access: &Access<'_>) -> bool {
    let platforms = [Platform::Windows, Platform::MacOs, Platform::Ios, Platform::Android];
    let filter = policy.conditions.device_filter.as_ref().map(|filter| filter.key);
    let narrowing = access::narrowing(policy, access.set);
    let singled_out = |key| narrowing.conditions.contains(&key) || narrowing.unknown.contains(&key);
    shared::is_beside(policy, &platforms) || filter.is_some_and(singled_out)
}

impl UnsatisfiableControls {
    fn finding(&self, policy: &Policy, access: &Access<'_>) -> Finding {
        let (place, label) = together::refusal(policy, access);
        let (level, message) = if stands_for_a_block(policy, access) {
            (Level::Note, "controls that these sign-ins can never meet, so the policy blocks them")
        } else {
            (Level::Error, "no sign-in can meet these controls, so the policy blocks whomever it applies to")
        };
        let code = crate::sign_in_error::of(&access::demand(policy, access.assume));
        let mut found = finding(self.meta(), policy, level, message, Label::new(place, label));
        for condition in access::narrowing(policy, access.set).conditions {
            found = found.label(condition, "under this condition");
        }
        found
            .place("grantControls")
            .codes(code.as_slice())
            .note("on every platform, client and device the policy covers, one of the controls is out of reach")
            .help("ask for controls that one device can meet, or combine them with `OR`; write `block` if that is meant")
    }

    /// Two strengths that the same sign-in has to meet and that no one method meets.
    fn disjoint_strengths(
        &self,
        access: &Access<'_>,
        analysis: &mut Analysis<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let asked: Vec<(usize, &Policy, &Strength)> = (0..analysis.policies())
            .filter_map(|number| {
                let policy = analysis.policy(number)?;
                let strength = only_strength(policy, access)?;
                (access::standing(policy) == Standing::Enforced).then_some((number, policy, strength))
            })
            .collect();
        let registration = UserAction::RegisterSecurityInfo;
        let names_it =
            |policy: &Policy| policy.applications.user_actions.contains(&registration) == Truth::Yes;
        for (at, (first, before, one)) in asked.iter().enumerate() {
            for (second, policy, other) in asked.iter().skip(at + 1) {
                let apart = access::have_no_method_in_common(one, other, access.set);
                // Where security information is registered, a strength for that stands in for one for all apps.
                let there = if names_it(before) == names_it(policy) {
                    Circumstances::default()
                } else {
                    analysis.away_from(&Target::Action(registration))
                };
                if !apart
                    || !analysis.meet(*first, *second, &there)
                    || !meet_in_a_class(access, analysis, *first, *second)
                {
                    continue;
                }
                let message = "two authentication strengths apply together, and no method meets both";
                let label = Label::new(other.span, "this strength");
                let title = before.title();
                findings.push(
                    finding(self.meta(), policy, Level::Warn, message, label)
                        .related(one.span, format!("`{title}` asks for the other"))
                        .place("grantControls.authenticationStrength")
                        .note("people need a method of each; who has only one of them is locked out where both apply")
                        .help("let one combination be accepted by both strengths, or keep the policies apart"),
                );
            }
        }
    }
}

/// Whether trust in their home tenant lets guests meet what a policy demands.
fn may_be_trusted(policy: &Policy, number: usize, analysis: &mut Analysis<'_>, access: &Access<'_>) -> bool {
    let kinds = together::external_kinds(number, analysis);
    let helps = |kind| access::judge_guest(policy, access, kind, access::FULL_TRUST).met != Truth::No;
    kinds.is_empty() || kinds.into_iter().any(helps)
}

/// The finding where guests could meet the controls if their home tenant were trusted.
fn untold_trust(mut found: Finding) -> Finding {
    found.note = Some(
        "guests meet these controls only where the cross-tenant access settings accept the devices of their home \
         tenant, which no file tells"
            .to_owned(),
    );
    found.help = Some(
        "export the cross-tenant access settings and name the file under `context` in calint.yaml".to_owned(),
    );
    found.certainty(Certainty::Unverified)
}

/// Whether one class of people meets both policies. Two groups, each with a policy of its own, need not have a member
/// in common.
fn meet_in_a_class(access: &Access<'_>, analysis: &mut Analysis<'_>, one: usize, other: usize) -> bool {
    people::classes(access, analysis).iter().any(|class| {
        let there = people::circumstances(class, analysis);
        analysis.meet(one, other, &there)
    })
}

/// The strength of a policy that leaves no other way in.
fn only_strength<'p>(policy: &'p Policy, access: &Access<'_>) -> Option<&'p Strength> {
    let Demand::Ways(ways) = access::demand(policy, access.assume) else { return None };
    let [way] = ways.as_slice() else { return None };
    way.iter().find_map(|need| match need.value {
        Need::Strength(strength) => Some(strength),
        _ => None,
    })
}
