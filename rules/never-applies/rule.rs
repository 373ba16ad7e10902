//! A policy that applies to no sign-in.

use crate::access::{self, Aspect};
use crate::policy::{App, AppToken, Principal, Truth, UserToken};
use crate::rule::prelude::*;

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

/// Where it shows that nothing matches, and why.
fn reason(policy: &Policy, aspect: Option<Aspect>) -> (Span, &'static str) {
    let conditions = &policy.conditions;
    let (users, apps) = (&policy.users, &policy.applications);
    let (place, label) = match aspect {
        Some(Aspect::Users) if takes_in_nobody(policy) => (users.key, "nobody is taken in"),
        Some(Aspect::Users) => (users.key, "everybody taken in is left out again"),
        Some(Aspect::WorkloadIdentities) => (conditions.key, "no service principal or agent is left"),
        Some(Aspect::Application | Aspect::UserActions | Aspect::AuthenticationContext) => {
            let nothing = apps.include.known().all(|app| *app.value == App::Token(AppToken::None));
            let label = if nothing {
                "no app, user action or authentication context is taken in"
            } else {
                "every app taken in is left out again"
            };
            (apps.key, label)
        }
        Some(Aspect::ClientApps) => (conditions.client_app_types.key, "no client matches"),
        Some(Aspect::DevicePlatform) => {
            (conditions.platforms.as_ref().map(|pair| pair.key), "no platform is left")
        }
        Some(Aspect::Devices) => {
            (conditions.device_filter.as_ref().map(|filter| filter.key), "no device can match")
        }
        Some(Aspect::Location) => (conditions.locations.as_ref().map(|pair| pair.key), "no address is left"),
        Some(Aspect::SignInRisk) => (conditions.sign_in_risk.key, "no sign-in has this risk"),
        Some(Aspect::UserRisk) => (conditions.user_risk.key, "no user has this risk"),
        Some(_) => (conditions.key, "this is never so"),
        None => (conditions.key, "these conditions rule each other out"),
    };
    (place.or(conditions.key).unwrap_or(policy.head), label)
}

fn takes_in_nobody(policy: &Policy) -> bool {
    let users = &policy.users;
    users.include_users.known().all(|user| *user.value == Principal::Token(UserToken::None))
        && users.include_groups.is_empty()
        && users.include_roles.is_empty()
        && users.include_guests.as_ref().is_none_or(|guests| guests.types.is_empty())
}
