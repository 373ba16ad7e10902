//! A policy that applies to no sign-in.

use crate::access::{self, Aspect};
use crate::policy::words::Platform;
use crate::policy::{App, AppToken, Principal, Truth, UserToken};
use crate::rule::prelude::*;
use crate::rules::app_that_cannot_be_targeted::takes_in_graph_alone;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &NeverApplies;

struct NeverApplies;

impl Rule for NeverApplies {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("never-applies"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for number in 0..analysis.policies() {
            let Some(guilty) = analysis.never_applies(number) else { continue };
            let Some(policy) = analysis.policy(number) else { continue };
            if access::names_target(policy) == Truth::No || !access::names_somebody(policy) {
                continue;
            }
            if is_told_elsewhere(policy) {
                continue;
            }
            let (place, label) = reason(policy, guilty.first().copied());
            let message = "policy applies to no sign-in";
            findings.push(
                finding(self.meta(), policy, Level::Warn, message, Label::new(place, label))
                    .place("conditions")
                    .note("whatever it demands is demanded of nobody")
                    .help("take in whom and what it is meant for, or remove it; if it is kept for later, leave it `disabled`"),
            );
        }
    }
}

/// Whether a rule of its own reports why a policy applies to nothing: it names Microsoft Graph alone, or it leaves out
/// service principals and takes in none.
fn is_told_elsewhere(policy: &Policy) -> bool {
    let workloads = &policy.workloads;
    let out_of_nothing = workloads.include_service_principals.is_empty()
        && workloads.include_agents.is_empty()
        && workloads.filter.is_none()
        && !workloads.exclude_service_principals.is_empty();
    takes_in_graph_alone(policy) || out_of_nothing
}

/// Where it shows that nothing matches, and why.
fn reason(policy: &Policy, aspect: Option<Aspect>) -> (Span, &'static str) {
    let label = match aspect {
        Some(Aspect::Users) if takes_in_nobody(policy) => "nobody is taken in",
        Some(Aspect::Users) => "everybody taken in is left out again",
        Some(Aspect::WorkloadIdentities) => "no service principal or agent is left",
        Some(Aspect::Application | Aspect::UserActions | Aspect::AuthenticationContext) => {
            let mut apps = policy.applications.include.known();
            if apps.all(|app| *app.value == App::Token(AppToken::None)) {
                "no app, user action or authentication context is taken in"
            } else {
                match policy.applications.exclude.is_empty() {
                    true => "no app that a policy can cover is taken in",
                    false => "every app taken in is left out again",
                }
            }
        }
        Some(Aspect::ClientApps) => "no client matches",
        Some(Aspect::DevicePlatform) if is_about_windows_phone(policy) => "a platform that no longer exists",
        Some(Aspect::DevicePlatform) => "no platform is left",
        Some(Aspect::Devices) => "no device can match",
        Some(Aspect::Location) => "no address is left",
        Some(Aspect::SignInRisk) => "no sign-in has this risk",
        Some(Aspect::UserRisk) => "no user has this risk",
        Some(_) => "this is never so",
        None => "these conditions rule each other out",
    };
    let place = aspect.and_then(|aspect| shared::place_of(policy, aspect));
    (place.or(policy.conditions.key).unwrap_or(policy.head), label)
}

/// Whether the only platform a policy takes in is one that no longer exists.
pub(super) fn is_about_windows_phone(policy: &Policy) -> bool {
    policy.conditions.platforms.as_ref().is_some_and(|pair| {
        let mut named = pair.include.known();
        !pair.include.is_empty()
            && pair.include.is_known()
            && named.all(|platform| *platform.value == Platform::WindowsPhone)
    })
}

fn takes_in_nobody(policy: &Policy) -> bool {
    let users = &policy.users;
    users.include_users.known().all(|user| *user.value == Principal::Token(UserToken::None))
        && users.include_groups.is_empty()
        && users.include_roles.is_empty()
        && users.include_guests.as_ref().is_none_or(|guests| guests.types.is_empty())
}
