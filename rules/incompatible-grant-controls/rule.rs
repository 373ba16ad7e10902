//! Grant controls that exclude each other.

use crate::access::{self, Need};
use crate::policy::words::Control;
use crate::rule::prelude::*;
use crate::rules::any_state::{self, REFUSED};
use crate::source::At;

pub(super) static RULE: &dyn Rule = &IncompatibleGrantControls;

struct IncompatibleGrantControls;

impl Rule for IncompatibleGrantControls {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("incompatible-grant-controls"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let mut controls = access::controls(policy);
            controls.retain(|need| is_there(policy, need));
            if let Some(block) = find(&controls, Control::Block) {
                findings.extend(self.beside_block(policy, block, &controls));
            } else {
                findings.extend(self.two_proofs(policy, &controls));
                findings.extend(self.beside_remediation(policy, &controls));
            }
        }
    }
}

/// Whether a control counts. A strength that is an expression does, with the finding unverified.
fn is_there(policy: &Policy, need: &At<Need<'_>>) -> bool {
    access::is_certain(policy, need) || matches!(need.value, Need::Strength(_))
}

/// Controls that a change of password cannot stand beside: all but multifactor authentication.
pub(super) fn beside_password_change<'p>(policy: &Policy, controls: &[At<Need<'p>>]) -> Vec<At<Need<'p>>> {
    let own = |need: &At<Need<'_>>| matches!(need.value, Need::Control(Control::PasswordChange));
    if !controls.iter().any(own) {
        return Vec::new();
    }
    let is_other = |need: &&At<Need<'_>>| is_there(policy, need) && !own(need) && !is_method(need);
    controls.iter().filter(is_other).copied().collect()
}

fn find(controls: &[At<Need<'_>>], wanted: Control) -> Option<Span> {
    let is_it = |need: &&At<Need<'_>>| matches!(need.value, Need::Control(control) if control == wanted);
    controls.iter().find(is_it).map(|need| need.span)
}

fn strength<'c, 'p>(controls: &'c [At<Need<'p>>]) -> Option<&'c At<Need<'p>>> {
    controls.iter().find(|need| matches!(need.value, Need::Strength(_)))
}

fn is_method(need: &At<Need<'_>>) -> bool {
    matches!(need.value, Need::Strength(_) | Need::Control(Control::Mfa))
}

impl IncompatibleGrantControls {
    fn beside_block(&self, policy: &Policy, block: Span, controls: &[At<Need<'_>>]) -> Option<Finding> {
        let is_block = |need: &At<Need<'_>>| matches!(need.value, Need::Control(Control::Block));
        let others: Vec<_> = controls.iter().filter(|need| !is_block(need)).collect();
        let message = "`block` stands beside other grant controls";
        let finding = self.finding(policy, message, Label::new(block, "refuses everybody"), &others)?;
        Some(finding.help("keep `block` alone, or remove it and let the others decide"))
    }

    fn two_proofs(&self, policy: &Policy, controls: &[At<Need<'_>>]) -> Option<Finding> {
        let mfa = find(controls, Control::Mfa)?;
        let strength = strength(controls)?;
        let message = "`mfa` stands beside an authentication strength";
        let finding = self.finding(policy, message, Label::new(mfa, "asks for any method"), &[strength])?;
        Some(finding.help("keep the strength and remove `mfa`; a strength is multifactor authentication with chosen methods"))
    }

    /// Remediation of a risk goes with multifactor authentication and with nothing else.
    fn beside_remediation(&self, policy: &Policy, controls: &[At<Need<'_>>]) -> Option<Finding> {
        let change = find(controls, Control::PasswordChange)?;
        if let Some(remediation) = find(controls, Control::RiskRemediation) {
            let message = "`passwordChange` stands beside `riskRemediation`";
            let label = Label::new(remediation, "includes a change of the password where one is needed");
            return Some(
                any_state::finding(self.meta(), policy, Level::Warn, message, label)
                    .label(change, "is the older of the two")
                    .place(PLACE)
                    .note("the two are used in separate policies, and Microsoft Graph may refuse this one")
                    .help("keep one of the two"),
            );
        }
        let others = beside_password_change(policy, controls);
        let others: Vec<_> = others.iter().collect();
        let message = "`passwordChange` stands beside controls other than `mfa`";
        let label = Label::new(change, "goes with multifactor authentication alone");
        let finding = self.finding(policy, message, label, &others)?;
        Some(
            finding.help(
                "keep `mfa` and `passwordChange` here, and ask for the others in a policy of their own",
            ),
        )
    }

    fn finding(
        &self,
        policy: &Policy,
        message: &str,
        primary: Label,
        others: &[&At<Need<'_>>],
    ) -> Option<Finding> {
        others.first()?;
        let mut finding =
            any_state::finding(self.meta(), policy, Level::Error, message, primary).place(PLACE);
        for other in others {
            finding = finding.label(other.span, "cannot stand beside it");
        }
        if others.iter().any(|other| !access::is_certain(policy, other)) {
            let note = format!("{REFUSED}, unless the expression comes out as `null`");
            return Some(finding.certainty(Certainty::Unverified).note(note));
        }
        Some(finding.note(REFUSED))
    }
}

const PLACE: &str = "grantControls";
