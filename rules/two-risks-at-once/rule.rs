//! A policy that asks for a risky user and a risky sign-in at once.

use crate::access;
use crate::policy::List;
use crate::policy::words::Risk;
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &TwoRisksAtOnce;

struct TwoRisksAtOnce;

impl Rule for TwoRisksAtOnce {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("two-risks-at-once"),
            family: Family::Coverage,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.about_people() {
            let conditions = &policy.conditions;
            let narrowing = access::narrowing(policy, access.set).conditions;
            let narrows = |list: &List<Risk>| {
                let named = list.known().any(|level| *level.value != Risk::None);
                list.key.filter(|key| named && narrowing.contains(key))
            };
            let both = (narrows(&conditions.user_risk), narrows(&conditions.sign_in_risk));
            let (Some(user), Some(sign_in)) = both else { continue };
            // A remediation does not go with a sign-in risk, which says enough.
            if access::remediation(policy).is_some() {
                continue;
            }
            let message = "policy applies only where user and sign-in are risky at once";
            findings.push(
                finding(self.meta(), policy, Level::Warn, message, Label::new(sign_in, "only together with a user risk"))
                    .label(user, "only together with a sign-in risk")
                    .place("conditions")
                    .note(
                        "a risky sign-in of a user without risk passes this policy, and so does a risky user's sign-in \
                         without risk",
                    )
                    .help("make two policies of it, one for the user risk and one for the sign-in risk"),
            );
        }
    }
}
