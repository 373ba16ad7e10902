//! A policy that refuses every account nobody attends to, with none left out.

use crate::access::analysis::{Analysis, Circumstances};
use crate::access::people::{self, Class};
use crate::access::space::Property;
use crate::access::{self, Relief, targets};
use crate::policy::ids::roles;
use crate::policy::words::TransferMethod;
use crate::rule::prelude::*;
use crate::rules::together;
use crate::sign_in_error;

pub(super) static RULE: &dyn Rule = &UnattendedAccountsInScope;

struct UnattendedAccountsInScope;

impl Rule for UnattendedAccountsInScope {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unattended-accounts-in-scope"),
            family: Family::Lockout,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn is_on(&self) -> bool {
        false
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        let by_itself = unattended(&analysis);
        if !analysis.exists(&by_itself) {
            return;
        }
        let by_code = by_device_code(&analysis, &by_itself);
        for number in 0..analysis.policies() {
            let Some(policy) = analysis.policy(number) else { continue };
            let Some(everyone) = access::everyone(policy) else { continue };
            let left_out = access::exclusions(policy, &access.emergency);
            if policy.targets_workloads() || left_out.relief() == Relief::More || left_out.is_unsure() {
                continue;
            }
            let who = if analysis.shut_by(&by_itself, &[number]) {
                "service accounts, meeting rooms, phones and other shared devices that sign in by themselves"
            } else if analysis.shut_by(&by_code, &[number]) {
                "meeting rooms, phones and command lines on servers that sign in with a device code"
            } else {
                continue;
            };
            let (place, label) = together::refusal(policy, access);
            let code = sign_in_error::of(&access::demand(policy, access.assume));
            let message = "policy refuses every account that nobody attends to";
            findings.push(
                finding(self.meta(), policy, Level::Note, message, Label::new(place, label))
                    .label(everyone, "with no group of such accounts left out")
                    .place("conditions.users")
                    .codes(code.as_slice())
                    .note(format!("{who} are refused from every network"))
                    .help("exclude a group of these accounts, and cover it by a policy that lets it in from where it stands"),
            );
        }
    }
}

/// The circumstances of an account in no group and with no role that answers no prompt and has no managed device.
fn unattended(analysis: &Analysis<'_>) -> Circumstances {
    let account = people::circumstances(&Class::Synchronisation, analysis);
    let without = roles::SYNCHRONISATION.iter().fold(account, |so_far, role| {
        so_far.instead(analysis.dim(&Property::Role((*role).to_owned())), &[0])
    });
    analysis.to(&without, &targets::other_app())
}

fn by_device_code(analysis: &Analysis<'_>, there: &Circumstances) -> Circumstances {
    let codes =
        analysis.space.values(&Property::Flow, |sign_in, _| sign_in.flow == Some(TransferMethod::DeviceCode));
    there.clone().instead(analysis.dim(&Property::Flow), &codes)
}
