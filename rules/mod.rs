//! Every rule: one folder each, with its check, its documentation and its examples.

mod emergency;
mod shared;
mod together;

#[path = "activation-deadlock/rule.rs"]
mod activation_deadlock;
#[path = "allowed-location-with-gaps/rule.rs"]
mod allowed_location_with_gaps;
#[path = "app-protection-for-everyone/rule.rs"]
mod app_protection_for_everyone;
#[path = "block-all-but-some-apps/rule.rs"]
mod block_all_but_some_apps;
#[path = "block-every-platform/rule.rs"]
mod block_every_platform;
#[path = "block-everyone/rule.rs"]
mod block_everyone;
#[path = "block-of-unregistered-devices/rule.rs"]
mod block_of_unregistered_devices;
#[path = "block-outside-empty-location/rule.rs"]
mod block_outside_empty_location;
#[path = "compliant-device-for-everyone/rule.rs"]
mod compliant_device_for_everyone;
#[path = "compliant-network-before-enrollment/rule.rs"]
mod compliant_network_before_enrollment;
#[path = "constant-device-filter/rule.rs"]
mod constant_device_filter;
#[path = "duplicate-key/rule.rs"]
mod duplicate_key;
#[path = "emergency-access-blocked/rule.rs"]
mod emergency_access_blocked;
#[path = "emergency-access-by-role/rule.rs"]
mod emergency_access_by_role;
#[path = "exception-without-reason/rule.rs"]
mod exception_without_reason;
#[path = "exclusion-that-excludes-nobody/rule.rs"]
mod exclusion_that_excludes_nobody;
#[path = "expired-exception/rule.rs"]
mod expired_exception;
#[path = "gps-location/rule.rs"]
mod gps_location;
#[path = "hybrid-join-for-everyone/rule.rs"]
mod hybrid_join_for_everyone;
#[path = "incomplete-export/rule.rs"]
mod incomplete_export;
#[path = "lone-emergency-access/rule.rs"]
mod lone_emergency_access;
#[path = "managed-policy-without-exclusion/rule.rs"]
mod managed_policy_without_exclusion;
#[path = "missing-emergency-exclusion/rule.rs"]
mod missing_emergency_exclusion;
#[path = "never-applies/rule.rs"]
mod never_applies;
#[path = "no-admin-path/rule.rs"]
mod no_admin_path;
#[path = "platform-without-a-way-in/rule.rs"]
mod platform_without_a_way_in;
#[path = "registration-deadlock/rule.rs"]
mod registration_deadlock;
#[path = "retired-control/rule.rs"]
mod retired_control;
#[path = "shadowed-policy/rule.rs"]
mod shadowed_policy;
#[path = "split-lockout/rule.rs"]
mod split_lockout;
#[path = "syntax-error/rule.rs"]
mod syntax_error;
#[path = "undecided-analysis/rule.rs"]
mod undecided_analysis;
#[path = "unfit-emergency-account/rule.rs"]
mod unfit_emergency_account;
#[path = "unknown-member/rule.rs"]
mod unknown_member;
#[path = "unknown-value/rule.rs"]
mod unknown_value;
#[path = "unprotected-emergency-group/rule.rs"]
mod unprotected_emergency_group;
#[path = "unprotected-sign-in/rule.rs"]
mod unprotected_sign_in;
#[path = "unreadable-file/rule.rs"]
mod unreadable_file;
#[path = "unregistered-devices-spared/rule.rs"]
mod unregistered_devices_spared;
#[path = "unsatisfiable-controls/rule.rs"]
mod unsatisfiable_controls;
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
    no_admin_path::RULE,
    split_lockout::RULE,
    emergency_access_blocked::RULE,
    registration_deadlock::RULE,
    activation_deadlock::RULE,
    unsatisfiable_controls::RULE,
    missing_emergency_exclusion::RULE,
    exclusion_that_excludes_nobody::RULE,
    lone_emergency_access::RULE,
    unfit_emergency_account::RULE,
    unprotected_emergency_group::RULE,
    emergency_access_by_role::RULE,
    managed_policy_without_exclusion::RULE,
    platform_without_a_way_in::RULE,
    block_of_unregistered_devices::RULE,
    compliant_network_before_enrollment::RULE,
    block_outside_empty_location::RULE,
    allowed_location_with_gaps::RULE,
    gps_location::RULE,
    never_applies::RULE,
    constant_device_filter::RULE,
    shadowed_policy::RULE,
    unprotected_sign_in::RULE,
    unregistered_devices_spared::RULE,
    retired_control::RULE,
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
