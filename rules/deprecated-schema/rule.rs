//! Members and values of an earlier schema.

use crate::policy::words::{ClientApp, ContinuousAccess, Platform};
use crate::rule::prelude::*;
use crate::rules::never_applies::is_about_windows_phone;
use crate::rules::{any_state, together};

pub(super) static RULE: &dyn Rule = &DeprecatedSchema;

struct DeprecatedSchema;

impl Rule for DeprecatedSchema {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("deprecated-schema"),
            family: Family::Hygiene,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let mut labels = deprecated(policy, access).into_iter();
            let Some(first) = labels.next() else { continue };
            let message = "policy uses what Microsoft Graph has deprecated";
            let mut found = any_state::finding(self.meta(), policy, Level::Note, message, first)
                .note("what is deprecated may be refused or ignored, and newer exports no longer show it")
                .help("write what has taken its place")
                .place("schema");
            found.labels = labels.collect();
            findings.push(found);
        }
    }
}

/// What of a policy is deprecated, each with what has taken its place. Source: Microsoft Graph reference, resource
/// types `conditionalAccessConditionSet`, `conditionalAccessApplications` and
/// `continuousAccessEvaluationSessionControl` (v1.0 and beta).
fn deprecated(policy: &Policy, access: &Access<'_>) -> Vec<Label> {
    let conditions = &policy.conditions;
    let mut labels = Vec::new();
    let mut add = |span: Option<Span>, what: &str| labels.extend(span.map(|span| Label::new(span, what)));
    let traffic = &policy.applications.traffic_profiles;
    add(
        traffic.key.filter(|_| !traffic.is_empty()),
        "now apps of Global Secure Access in `includeApplications`",
    );
    add(conditions.device_states.as_ref().map(|states| states.key), "now a rule in `deviceFilter`");
    let eas = conditions.client_app_types.find(|kind| *kind == ClientApp::ActiveSyncSupported);
    add(eas.map(|at| at.span), "now `exchangeActiveSync`");
    // Microsoft's template that blocks unknown platforms leaves Windows Phone out; that does no harm.
    let platforms = conditions.platforms.as_ref();
    let phone = platforms.and_then(|pair| pair.include.find(|platform| *platform == Platform::WindowsPhone));
    // A policy about nothing else applies to no sign-in, which says more.
    let reported = || is_about_windows_phone(policy) && together::never_applies(policy, access);
    add(phone.map(|at| at.span).filter(|_| !reported()), "a platform that no longer exists");
    let mode = policy.session.continuous_access.get();
    let strict = mode.filter(|mode| *mode.value == ContinuousAccess::StrictEnforcement);
    add(strict.map(|at| at.span), "now `strictLocation`");
    for word in policy.respelled.iter().filter(|word| word.is_former()) {
        labels.push(Label::new(word.span, format!("now `{}`", word.word)));
    }
    labels
}
