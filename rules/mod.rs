//! Every rule: one folder each, with its check, its documentation and its examples.

mod shared;

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
#[path = "duplicate-key/rule.rs"]
mod duplicate_key;
#[path = "exception-without-reason/rule.rs"]
mod exception_without_reason;
#[path = "exclusion-that-excludes-nobody/rule.rs"]
mod exclusion_that_excludes_nobody;
#[path = "expired-exception/rule.rs"]
mod expired_exception;
#[path = "hybrid-join-for-everyone/rule.rs"]
mod hybrid_join_for_everyone;
#[path = "incomplete-export/rule.rs"]
mod incomplete_export;
#[path = "missing-emergency-exclusion/rule.rs"]
mod missing_emergency_exclusion;
#[path = "syntax-error/rule.rs"]
mod syntax_error;
#[path = "unknown-member/rule.rs"]
mod unknown_member;
#[path = "unknown-value/rule.rs"]
mod unknown_value;
#[path = "unreadable-file/rule.rs"]
mod unreadable_file;
#[path = "unused-exception/rule.rs"]
mod unused_exception;

use crate::finding::RuleId;
use crate::rule::Rule;

/// Every built-in rule, in the order `calint rules` prints them.
pub static ALL: &[&dyn Rule] = &[
    block_everyone::RULE,
    block_every_platform::RULE,
    compliant_device_for_everyone::RULE,
    hybrid_join_for_everyone::RULE,
    app_protection_for_everyone::RULE,
    block_all_but_some_apps::RULE,
    missing_emergency_exclusion::RULE,
    exclusion_that_excludes_nobody::RULE,
    unreadable_file::RULE,
    syntax_error::RULE,
    duplicate_key::RULE,
    unknown_member::RULE,
    unknown_value::RULE,
    incomplete_export::RULE,
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
