//! A policy that neither demands anything nor does anything to a session.

use crate::access::{self, Need};
use crate::policy::words::Control;
use crate::policy::{Fact, Format};
use crate::rule::prelude::*;
use crate::rules::any_state::{self, REFUSED};

pub(super) static RULE: &dyn Rule = &MissingControls;

struct MissingControls;

impl Rule for MissingControls {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("missing-controls"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let without = |policy: &&Policy| access::controls(policy).is_empty() && has_no_session(policy);
        findings.extend(access.judged().filter(without).filter_map(|policy| self.finding(policy)));
        findings.extend(access.judged().filter_map(|policy| self.without_operator(policy)));
    }
}

/// Whether no session control is on, for certain.
fn has_no_session(policy: &Policy) -> bool {
    let session = &policy.session;
    let off = |switch: &Fact<bool>| switch.is_absent() || switch.get().is_some_and(|on| !*on.value);
    off(&session.token_protection)
        && off(&session.disable_resilience_defaults)
        && session.continuous_access.is_absent()
        && session.sign_in_frequency.is_none()
        && session.others.is_empty()
}

impl MissingControls {
    fn without_operator(&self, policy: &Policy) -> Option<Finding> {
        let mut controls = access::controls(policy);
        controls.retain(|need| access::is_certain(policy, need));
        let blocks = controls.iter().any(|need| matches!(need.value, Need::Control(Control::Block)));
        let [first, .., last] = controls.as_slice() else { return None };
        if blocks || !policy.grant.operator.is_absent() {
            return None;
        }
        let message = "policy has several grant controls and no operator";
        let label = Label::new(first.span, "this one");
        Some(
            any_state::finding(self.meta(), policy, Level::Warn, message, label)
                .label(last.span, "and this one, or either of them")
                .place("grantControls.operator")
                .note("whether all of them are needed or one is enough is not said, so what the policy does is left open")
                .help(format!("write `{}` or `\"AND\"`", policy.spelling.assignment("operator", "\"OR\""))),
        )
    }

    fn finding(&self, policy: &Policy) -> Option<Finding> {
        // A module that waits for its name waits for its controls too.
        if policy.display_name.unresolved().is_some() {
            return None;
        }
        let written = policy.grant.key.or(policy.session.key);
        let whole = written.is_some() && policy.spelling.format != Format::Hcl;
        let span = policy.grant.controls.key.or(written).unwrap_or(policy.head);
        let message = "policy has neither grant controls nor session controls";
        let help = "say what the policy demands, such as `mfa` or `block`, or remove it";
        let label = Label::new(span, "nothing is demanded");
        let finding = if whole {
            any_state::finding(self.meta(), policy, Level::Error, message, label).note(REFUSED)
        } else {
            any_state::finding(self.meta(), policy, Level::Warn, message, label)
                .certainty(Certainty::Likely)
                .note(format!("unless this is a part of a policy, it demands nothing; {REFUSED}"))
        };
        Some(finding.place("grantControls").help(help))
    }
}
