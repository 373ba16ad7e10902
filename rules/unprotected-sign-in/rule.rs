//! Sign-ins for which a password is enough.

use crate::access::analysis::{Analysis, Scope, Way};
use crate::access::matrix;
use crate::access::people::{self, Class};
use crate::access::sign_in::{Methods, Target};
use crate::access::{self, Demand, Facts, Standing, targets};
use crate::policy::{Policy, Truth};
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &UnprotectedSignIn;

struct UnprotectedSignIn;

impl Rule for UnprotectedSignIn {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unprotected-sign-in"),
            family: Family::Coverage,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn is_on(&self) -> bool {
        false
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        let mut found: Vec<Gap> = Vec::new();
        for class in people::classes(access, &mut analysis) {
            if !is_asked(&class) {
                continue;
            }
            let there = people::circumstances(&class, &analysis);
            let bare = matrix::with_methods(&analysis, &matrix::unmanaged(&analysis, &there), Methods::None);
            let mut open = Vec::new();
            let mut witness = None;
            for target in targets::resources() {
                let to = analysis.to(&bare, &target);
                if let Way::Open(point) = analysis.way(&to, Scope::Enforced) {
                    if witness.is_none() {
                        witness = Some(analysis.ordinary(&to, Scope::Enforced, point));
                    }
                    open.push(target);
                }
            }
            let Some(witness) = witness else { continue };
            match found.iter_mut().find(|gap| gap.targets == open) {
                Some(gap) => gap.classes.push(class.quoted(&access.set.directory)),
                None => found.push(Gap {
                    classes: vec![class.quoted(&access.set.directory)],
                    targets: open,
                    witness,
                }),
            }
        }
        findings.extend(found.iter().filter_map(|gap| self.finding(access, &analysis, gap)));
    }
}

/// People and targets between which a password is enough.
struct Gap {
    classes: Vec<String>,
    targets: Vec<Target>,
    witness: Vec<usize>,
}

/// People of whom a second factor is expected.
fn is_asked(class: &Class) -> bool {
    matches!(
        class,
        Class::Holder(_) | Class::Member | Class::InGroup(_) | Class::Named(_) | Class::External(_)
    )
}

/// How many classes a message names.
const NAMED: usize = 3;

impl UnprotectedSignIn {
    fn finding(&self, access: &Access<'_>, analysis: &Analysis<'_>, gap: &Gap) -> Option<Finding> {
        let (policy, label) = nearest(access, analysis, &gap.witness)?;
        let who = match gap.classes.get(..NAMED) {
            Some(first) if gap.classes.len() > NAMED => {
                format!("{} and {} more", first.join(", "), gap.classes.len() - NAMED)
            }
            _ => gap.classes.join(", "),
        };
        let whole = gap.targets.len() == targets::resources().len();
        let what = if whole {
            "every app".to_owned()
        } else {
            gap.targets.iter().map(targets::name).collect::<Vec<_>>().join(", ")
        };
        let (sign_in, _) = analysis.sign_in(&gap.witness);
        let mut found = Finding::new(
            self.meta().id.clone(),
            Level::Warn,
            "a password is enough for some sign-ins",
            Label::new(policy.head, label),
        );
        found.policy = Some(policy.about());
        Some(
            found
                .place("conditions")
                .note(format!("{who}: {what}, {}", matrix::described(&sign_in, access)))
                .help(
                    "widen a policy that asks for multifactor authentication, or add one for these sign-ins",
                ),
        )
    }
}

/// The enforced policy that comes nearest to asking for more than a password: the one with the fewest conditions that
/// leave the sign-in out.
fn nearest<'a>(
    access: &Access<'a>,
    analysis: &Analysis<'_>,
    witness: &[usize],
) -> Option<(&'a Policy, String)> {
    let (sign_in, capabilities) = analysis.sign_in(witness);
    let facts =
        Facts { sign_in: &sign_in, capabilities: &capabilities, set: access.set, assume: access.assume };
    let asking = access.about_people().filter(|policy| {
        access::standing(policy) == Standing::Enforced
            && matches!(access::demand(policy, access.assume), Demand::Ways(_))
    });
    let judged = asking.map(|policy| {
        let unmatched: Vec<_> = access::applies(policy, facts)
            .aspects
            .into_iter()
            .filter(|(_, truth)| *truth != Truth::Yes)
            .map(|(aspect, _)| aspect.words())
            .collect();
        (policy, unmatched)
    });
    match judged.min_by_key(|(_, unmatched)| unmatched.len()) {
        Some((policy, unmatched)) if unmatched.is_empty() => {
            Some((policy, "this policy is met without a second factor".to_owned()))
        }
        Some((policy, unmatched)) => {
            Some((policy, format!("this policy does not apply, because of {}", unmatched.join(", "))))
        }
        None => {
            let first = access.set.policies.first()?;
            Some((first, "no enforced policy asks for anything".to_owned()))
        }
    }
}
