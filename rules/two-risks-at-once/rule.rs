//! A policy that asks for a risky user and a risky sign-in at once.

use crate::access::{self, Demand, Standing, standing};
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
            let (Some(user), Some(sign_in)) = risks(policy, access) else { continue };
            // A remediation does not go with a sign-in risk, which says enough.
            if access::remediation(policy).is_some() {
                continue;
            }
            let message = "policy applies only where user and sign-in are risky at once";
            let of_each = of_each_risk(access);
            let (level, note, help) = if of_each.is_some() {
                (
                    Level::Note,
                    "either risk alone is left to these other policies",
                    "leave it, if it is meant to add to them; else make two policies of it",
                )
            } else {
                (
                    Level::Warn,
                    "a risky sign-in of a user without risk passes this policy, and so does a risky user's sign-in \
                     without risk",
                    "make two policies of it, one for the user risk and one for the sign-in risk",
                )
            };
            let label = Label::new(sign_in, "only together with a user risk");
            let found = finding(self.meta(), policy, level, message, label)
                .label(user, "only together with a sign-in risk")
                .place("conditions")
                .note(note)
                .help(help);
            let others = of_each.into_iter().flatten();
            findings.push(others.fold(found, |found, (other, place)| {
                found.related(place, format!("`{}` asks about this one alone", other.title()))
            }));
        }
    }
}

/// Where a policy asks for a user risk, and for a sign-in risk.
fn risks(policy: &Policy, access: &Access<'_>) -> (Option<Span>, Option<Span>) {
    let conditions = &policy.conditions;
    let narrowing = access::narrowing(policy, access.set).conditions;
    let narrows = |list: &List<Risk>| {
        let named = list.known().any(|level| *level.value != Risk::None);
        list.key.filter(|key| named && narrowing.contains(key))
    };
    (narrows(&conditions.user_risk), narrows(&conditions.sign_in_risk))
}

/// An enforced policy over all users for the user risk alone, and one for the sign-in risk, each with the place of it.
fn of_each_risk<'p>(access: &Access<'p>) -> Option<[(&'p Policy, Span); 2]> {
    let wide = access.about_people().filter(|policy| {
        standing(policy) == Standing::Enforced
            && access::everyone(policy).is_some()
            && !matches!(access::demand(policy, access.assume), Demand::Nothing)
    });
    let (mut of_user, mut of_sign_in) = (None, None);
    for policy in wide {
        match risks(policy, access) {
            (Some(user), None) => of_user = of_user.or(Some((policy, user))),
            (None, Some(sign_in)) => of_sign_in = of_sign_in.or(Some((policy, sign_in))),
            _ => {}
        }
    }
    Some([of_user?, of_sign_in?])
}
