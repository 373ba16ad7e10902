//! Emergency access that several policies together keep out.

use crate::access::analysis::Way;
use crate::access::people;
use crate::access::{Basis, targets};
use crate::rule::prelude::*;
use crate::rules::together::{self, RECOVERY, SCOPES};

pub(super) static RULE: &dyn Rule = &EmergencyAccessBlocked;

struct EmergencyAccessBlocked;

impl Rule for EmergencyAccessBlocked {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("emergency-access-blocked"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for scope in SCOPES {
            let mut found: Vec<(Vec<usize>, Vec<String>)> = Vec::new();
            for class in people::emergency(access) {
                let there = people::circumstances(&class, &analysis);
                let there = analysis.to(&there, &targets::graph());
                let Way::Shut(policies) = analysis.way(&there, scope) else { continue };
                // `missing-emergency-exclusion` reports a policy that is alone to blame.
                if policies.len() < 2 {
                    continue;
                }
                let name = class.quoted(&access.set.directory);
                match found.iter_mut().find(|(known, _)| *known == policies) {
                    Some((_, names)) => names.push(name),
                    None => found.push((policies, vec![name])),
                }
            }
            let any = !found.is_empty();
            for (policies, names) in found {
                let message = "these policies together keep emergency access out";
                let found = together::blame(self.meta(), access, &analysis, &policies, Level::Error, message);
                findings.extend(found.map(|found| self.explained(found, access, &names)));
            }
            if any {
                return;
            }
        }
    }
}

impl EmergencyAccessBlocked {
    fn explained(&self, found: Finding, access: &Access<'_>, names: &[String]) -> Finding {
        let who = names.join(", ");
        let fact = format!(
            "{who}, with a passkey and no managed device, is refused Microsoft Graph on every platform and from \
             every network"
        );
        let note = match access.emergency.presumption() {
            Some(presumption) => format!("{fact}; {presumption}"),
            None => fact,
        };
        let found =
            found.note(note).help("exclude emergency access from each of these policies").recovery(RECOVERY);
        match access.emergency.basis {
            Basis::Taken { .. } => found.certainty(Certainty::Likely),
            Basis::Declared | Basis::Unknown => found,
        }
    }
}
