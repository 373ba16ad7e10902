//! Every rule: one folder each, with its check, its documentation and its examples.

mod coverage;
mod shared;
mod together;

#[path = "activation-deadlock/rule.rs"]
mod activation_deadlock;
#[path = "admin-without-mfa/rule.rs"]
mod admin_without_mfa;
#[path = "admin-without-phishing-resistance/rule.rs"]
mod admin_without_phishing_resistance;
#[path = "app-protection-for-everyone/rule.rs"]
mod app_protection_for_everyone;
#[path = "block-all-but-some-apps/rule.rs"]
mod block_all_but_some_apps;
#[path = "block-every-platform/rule.rs"]
mod block_every_platform;
#[path = "block-everyone/rule.rs"]
mod block_everyone;
#[path = "compliant-device-for-everyone/rule.rs"]
mod compliant_device_for_everyone;
#[path = "device-code-flow/rule.rs"]
mod device_code_flow;
#[path = "duplicate-key/rule.rs"]
mod duplicate_key;
#[path = "emergency-access-blocked/rule.rs"]
mod emergency_access_blocked;
#[path = "exception-without-reason/rule.rs"]
mod exception_without_reason;
#[path = "exclusion-that-excludes-nobody/rule.rs"]
mod exclusion_that_excludes_nobody;
#[path = "expired-exception/rule.rs"]
mod expired_exception;
#[path = "guest-without-mfa/rule.rs"]
mod guest_without_mfa;
#[path = "hybrid-join-for-everyone/rule.rs"]
mod hybrid_join_for_everyone;
#[path = "incomplete-export/rule.rs"]
mod incomplete_export;
#[path = "legacy-authentication/rule.rs"]
mod legacy_authentication;
#[path = "missing-emergency-exclusion/rule.rs"]
mod missing_emergency_exclusion;
#[path = "never-applies/rule.rs"]
mod never_applies;
#[path = "no-admin-path/rule.rs"]
mod no_admin_path;
#[path = "registration-deadlock/rule.rs"]
mod registration_deadlock;
#[path = "risky-sign-in/rule.rs"]
mod risky_sign_in;
#[path = "risky-user/rule.rs"]
mod risky_user;
#[path = "shadowed-policy/rule.rs"]
mod shadowed_policy;
#[path = "sign-in-without-mfa/rule.rs"]
mod sign_in_without_mfa;
#[path = "split-lockout/rule.rs"]
mod split_lockout;
#[path = "syntax-error/rule.rs"]
mod syntax_error;
#[path = "undecided-analysis/rule.rs"]
mod undecided_analysis;
#[path = "unknown-member/rule.rs"]
mod unknown_member;
#[path = "unknown-platform/rule.rs"]
mod unknown_platform;
#[path = "unknown-value/rule.rs"]
mod unknown_value;
#[path = "unprotected-device-registration/rule.rs"]
mod unprotected_device_registration;
#[path = "unprotected-registration/rule.rs"]
mod unprotected_registration;
#[path = "unreadable-file/rule.rs"]
mod unreadable_file;
#[path = "unsatisfiable-controls/rule.rs"]
mod unsatisfiable_controls;
#[path = "unused-exception/rule.rs"]
mod unused_exception;

use crate::finding::RuleId;
use crate::rule::Rule;

pub use crate::rule::Profile;

/// Every built-in rule, in the order `calint rules` prints them.
pub static ALL: &[&dyn Rule] = &[
    block_everyone::RULE,
    block_every_platform::RULE,
    compliant_device_for_everyone::RULE,
    hybrid_join_for_everyone::RULE,
    app_protection_for_everyone::RULE,
    block_all_but_some_apps::RULE,
    no_admin_path::RULE,
    split_lockout::RULE,
    emergency_access_blocked::RULE,
    registration_deadlock::RULE,
    activation_deadlock::RULE,
    unsatisfiable_controls::RULE,
    missing_emergency_exclusion::RULE,
    exclusion_that_excludes_nobody::RULE,
    never_applies::RULE,
    shadowed_policy::RULE,
    sign_in_without_mfa::RULE,
    admin_without_mfa::RULE,
    admin_without_phishing_resistance::RULE,
    guest_without_mfa::RULE,
    legacy_authentication::RULE,
    device_code_flow::RULE,
    risky_sign_in::RULE,
    risky_user::RULE,
    unprotected_registration::RULE,
    unprotected_device_registration::RULE,
    unknown_platform::RULE,
    unreadable_file::RULE,
    syntax_error::RULE,
    duplicate_key::RULE,
    unknown_member::RULE,
    unknown_value::RULE,
    incomplete_export::RULE,
    undecided_analysis::RULE,
    unused_exception::RULE,
    expired_exception::RULE,
    exception_without_reason::RULE,
];

/// The rule of a name.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Rule> {
    ALL.iter().copied().find(|rule| rule.meta().id.as_str() == id)
}

/// The rule of a finding.
#[must_use]
pub fn of(id: &RuleId) -> Option<&'static dyn Rule> {
    find(id.as_str())
}
