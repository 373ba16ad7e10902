//! New people who have to register a method and cannot.

use crate::access::analysis::{Analysis, Circumstances, Scope, Way};
use crate::access::matrix;
use crate::access::people::{self, Class};
use crate::access::sign_in::{Methods, Target};
use crate::access::targets;
use crate::policy::words::{GuestType, UserAction};
use crate::rule::prelude::*;
use crate::rules::together::{self, SCOPES};

pub(super) static RULE: &dyn Rule = &RegistrationDeadlock;

struct RegistrationDeadlock;

impl Rule for RegistrationDeadlock {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("registration-deadlock"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for scope in SCOPES {
            let found = self.deadlock(access, &mut analysis, scope);
            if found.is_some() {
                findings.extend(found);
                return;
            }
        }
        for scope in SCOPES {
            let found = self.of_guests(access, &mut analysis, scope);
            if found.is_some() {
                findings.extend(found);
                return;
            }
        }
    }
}

/// The apps and Microsoft Graph, where every one is refused to whoever has no method and not to whoever has one; the
/// policies that refuse it.
fn demands(analysis: &mut Analysis<'_>, class: &Circumstances, scope: Scope) -> Option<Vec<usize>> {
    let everything = [targets::other_app(), targets::graph()];
    let registered = together::at(analysis, class, &everything);
    let new = matrix::with_methods(analysis, class, Methods::None);
    let without = together::at(analysis, &new, &everything);
    let gets_in = registered.iter().any(|there| analysis.way(there, scope).is_open());
    together::shut(analysis, &without, scope).filter(|_| gets_in)
}

/// The policies that refuse, and those that ask for what is refused, each once.
fn both(mut refusing: Vec<usize>, demands: &[usize]) -> Vec<usize> {
    let others: Vec<_> = demands.iter().filter(|number| !refusing.contains(number)).copied().collect();
    refusing.extend(others);
    refusing
}

impl RegistrationDeadlock {
    fn deadlock(&self, access: &Access<'_>, analysis: &mut Analysis<'_>, scope: Scope) -> Option<Finding> {
        let member = people::circumstances(&Class::Member, analysis);
        let demands = demands(analysis, &member, scope)?;
        let new = matrix::with_methods(analysis, &member, Methods::None);
        let registration = Target::Action(UserAction::RegisterSecurityInfo);
        let there = analysis.to(&new, &registration);
        match analysis.way(&there, scope) {
            Way::Shut(policies) => {
                let pass = matrix::with_methods(analysis, &member, Methods::AccessPass);
                let pass = analysis.to(&pass, &registration);
                let by_pass = analysis.way(&pass, scope).is_open();
                self.no_registration(access, analysis, policies, &demands, by_pass)
            }
            Way::Open(_) => self.somewhere(access, analysis, &there, scope),
            Way::Depends(..) | Way::Undecided => None,
        }
    }

    fn no_registration(
        &self,
        access: &Access<'_>,
        analysis: &Analysis<'_>,
        refusing: Vec<usize>,
        demands: &[usize],
        by_pass: bool,
    ) -> Option<Finding> {
        let (level, message) = if by_pass {
            (Level::Note, "people without a method can register one only with a Temporary Access Pass")
        } else {
            (Level::Error, "people without a method can neither sign in nor register one")
        };
        let policies = both(refusing, demands);
        let found = together::blame(self.meta(), access, analysis, &policies, level, message)?;
        let note = "every app asks for a method that new people, and people who lost theirs, do not have, and \
                    registering one is refused to them";
        Some(if by_pass {
            found.note(format!("{note} without a pass; guests cannot have one")).help(
                "issue a Temporary Access Pass to new people, or let a trusted location register without it",
            )
        } else {
            found.note(note).help(
                "let the registration be reached: from a trusted location, or with a strength that accepts a Temporary \
                 Access Pass",
            )
        })
    }

    /// Registration that is open from some networks alone.
    fn somewhere(
        &self,
        access: &Access<'_>,
        analysis: &mut Analysis<'_>,
        there: &Circumstances,
        scope: Scope,
    ) -> Option<Finding> {
        let outside = matrix::outside_locations(analysis, there);
        let Way::Shut(policies) = analysis.way(&outside, scope) else { return None };
        let named = policies.iter().filter_map(|number| analysis.policy(*number)).any(|policy| {
            policy.applications.user_actions.contains(&UserAction::RegisterSecurityInfo)
                == crate::policy::Truth::Yes
        });
        if !named {
            return None;
        }
        let message = "people without a method can register one from some networks only";
        let found = together::blame(self.meta(), access, analysis, &policies, Level::Note, message)?;
        Some(
            found
                .note("who starts, or loses a method, away from these networks cannot sign in")
                .help("keep a way for them, such as a Temporary Access Pass on a strength that accepts it"),
        )
    }

    /// Guests, who cannot be given a pass. Where multifactor authentication of their home tenant is accepted, they
    /// register nothing here.
    fn of_guests(&self, access: &Access<'_>, analysis: &mut Analysis<'_>, scope: Scope) -> Option<Finding> {
        let trust = access.set.directory.trust;
        if trust.is_some_and(|trust| trust.mfa) {
            return None;
        }
        let guest = people::circumstances(&Class::External(GuestType::CollaborationGuest), analysis);
        let demands = demands(analysis, &guest, scope)?;
        let new = matrix::with_methods(analysis, &guest, Methods::None);
        let there = analysis.to(&new, &Target::Action(UserAction::RegisterSecurityInfo));
        let Way::Shut(refusing) = analysis.way(&there, scope) else { return None };
        let policies = both(refusing, &demands);
        let message = "guests without a method can neither sign in nor register one";
        let found = together::blame(self.meta(), access, analysis, &policies, Level::Warn, message)?;
        let found = found
            .note(
                "apps ask guests for a method, registering one is refused to them, and guests cannot have a Temporary \
                 Access Pass; only multifactor authentication of a trusted home tenant lets them in",
            )
            .help("leave guests out of the policy on the registration of security information");
        Some(if trust.is_none() { found.certainty(Certainty::Unverified) } else { found })
    }
}
