//! Every rule: one folder each, with its check, its documentation and its examples.

mod any_state;
mod change;
mod coverage;
mod emergency;
mod hygiene;
mod shared;
mod together;

#[path = "activation-deadlock/rule.rs"]
mod activation_deadlock;
#[path = "admin-without-mfa/rule.rs"]
mod admin_without_mfa;
#[path = "admin-without-phishing-resistance/rule.rs"]
mod admin_without_phishing_resistance;
#[path = "allowed-location-with-gaps/rule.rs"]
mod allowed_location_with_gaps;
#[path = "app-protection-for-everyone/rule.rs"]
mod app_protection_for_everyone;
#[path = "app-that-cannot-be-targeted/rule.rs"]
mod app_that_cannot_be_targeted;
#[path = "block-all-but-some-apps/rule.rs"]
mod block_all_but_some_apps;
#[path = "block-every-platform/rule.rs"]
mod block_every_platform;
#[path = "block-every-workload/rule.rs"]
mod block_every_workload;
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
#[path = "custom-control/rule.rs"]
mod custom_control;
#[path = "deleted-location-in-use/rule.rs"]
mod deleted_location_in_use;
#[path = "demand-guests-cannot-meet/rule.rs"]
mod demand_guests_cannot_meet;
#[path = "demanding-strength-for-everyone/rule.rs"]
mod demanding_strength_for_everyone;
#[path = "deprecated-schema/rule.rs"]
mod deprecated_schema;
#[path = "device-code-flow/rule.rs"]
mod device_code_flow;
#[path = "directory-sync-in-scope/rule.rs"]
mod directory_sync_in_scope;
#[path = "duplicate-key/rule.rs"]
mod duplicate_key;
#[path = "duplicate-policy-name/rule.rs"]
mod duplicate_policy_name;
#[path = "emergency-access-blocked/rule.rs"]
mod emergency_access_blocked;
#[path = "emergency-access-by-role/rule.rs"]
mod emergency_access_by_role;
#[path = "emergency-policy-that-locks-out/rule.rs"]
mod emergency_policy_that_locks_out;
#[path = "emptied-exclusion-group/rule.rs"]
mod emptied_exclusion_group;
#[path = "empty-assignment/rule.rs"]
mod empty_assignment;
#[path = "enrollment-deadlock/rule.rs"]
mod enrollment_deadlock;
#[path = "every-device-control-at-once/rule.rs"]
mod every_device_control_at_once;
#[path = "exception-without-reason/rule.rs"]
mod exception_without_reason;
#[path = "excluded-and-included/rule.rs"]
mod excluded_and_included;
#[path = "exclusion-that-excludes-nobody/rule.rs"]
mod exclusion_that_excludes_nobody;
#[path = "expired-exception/rule.rs"]
mod expired_exception;
#[path = "gps-location/rule.rs"]
mod gps_location;
#[path = "guest-without-mfa/rule.rs"]
mod guest_without_mfa;
#[path = "hybrid-join-for-everyone/rule.rs"]
mod hybrid_join_for_everyone;
#[path = "impossible-device-registration/rule.rs"]
mod impossible_device_registration;
#[path = "incompatible-grant-controls/rule.rs"]
mod incompatible_grant_controls;
#[path = "incomplete-export/rule.rs"]
mod incomplete_export;
#[path = "incomplete-external-tenants/rule.rs"]
mod incomplete_external_tenants;
#[path = "incomplete-remediation/rule.rs"]
mod incomplete_remediation;
#[path = "invalid-device-condition/rule.rs"]
mod invalid_device_condition;
#[path = "invalid-named-location/rule.rs"]
mod invalid_named_location;
#[path = "invalid-sign-in-frequency/rule.rs"]
mod invalid_sign_in_frequency;
#[path = "invalid-workload-policy/rule.rs"]
mod invalid_workload_policy;
#[path = "legacy-authentication/rule.rs"]
mod legacy_authentication;
#[path = "lone-emergency-access/rule.rs"]
mod lone_emergency_access;
#[path = "lost-access/rule.rs"]
mod lost_access;
#[path = "lost-protection/rule.rs"]
mod lost_protection;
#[path = "managed-policy-without-exclusion/rule.rs"]
mod managed_policy_without_exclusion;
#[path = "misplaced-activesync/rule.rs"]
mod misplaced_activesync;
#[path = "missing-controls/rule.rs"]
mod missing_controls;
#[path = "missing-emergency-exclusion/rule.rs"]
mod missing_emergency_exclusion;
#[path = "misspelled-case/rule.rs"]
mod misspelled_case;
#[path = "mixed-targets/rule.rs"]
mod mixed_targets;
#[path = "name-for-id/rule.rs"]
mod name_for_id;
#[path = "never-applies/rule.rs"]
mod never_applies;
#[path = "never-evaluated-in-report-only/rule.rs"]
mod never_evaluated_in_report_only;
#[path = "newly-refused-sign-in/rule.rs"]
mod newly_refused_sign_in;
#[path = "no-admin-path/rule.rs"]
mod no_admin_path;
#[path = "placeholder-id/rule.rs"]
mod placeholder_id;
#[path = "platform-without-a-way-in/rule.rs"]
mod platform_without_a_way_in;
#[path = "read-only-member/rule.rs"]
mod read_only_member;
#[path = "redundant-inclusion/rule.rs"]
mod redundant_inclusion;
#[path = "registration-deadlock/rule.rs"]
mod registration_deadlock;
#[path = "removed-emergency-exclusion/rule.rs"]
mod removed_emergency_exclusion;
#[path = "repeated-entry/rule.rs"]
mod repeated_entry;
#[path = "report-only-prompts/rule.rs"]
mod report_only_prompts;
#[path = "resilience-switched-off/rule.rs"]
mod resilience_switched_off;
#[path = "retired-control/rule.rs"]
mod retired_control;
#[path = "risk-block-without-remediation/rule.rs"]
mod risk_block_without_remediation;
#[path = "risky-sign-in/rule.rs"]
mod risky_sign_in;
#[path = "risky-user/rule.rs"]
mod risky_user;
#[path = "role-that-never-matches/rule.rs"]
mod role_that_never_matches;
#[path = "session-control-without-effect/rule.rs"]
mod session_control_without_effect;
#[path = "shadowed-policy/rule.rs"]
mod shadowed_policy;
#[path = "sign-in-every-time/rule.rs"]
mod sign_in_every_time;
#[path = "sign-in-without-mfa/rule.rs"]
mod sign_in_without_mfa;
#[path = "split-lockout/rule.rs"]
mod split_lockout;
#[path = "stale-report-only/rule.rs"]
mod stale_report_only;
#[path = "strict-location-enforcement/rule.rs"]
mod strict_location_enforcement;
#[path = "syntax-error/rule.rs"]
mod syntax_error;
#[path = "too-many-policies/rule.rs"]
mod too_many_policies;
#[path = "two-risks-at-once/rule.rs"]
mod two_risks_at_once;
#[path = "unattended-accounts-in-scope/rule.rs"]
mod unattended_accounts_in_scope;
#[path = "unconventional-name/rule.rs"]
mod unconventional_name;
#[path = "undecided-analysis/rule.rs"]
mod undecided_analysis;
#[path = "unfit-emergency-account/rule.rs"]
mod unfit_emergency_account;
#[path = "unknown-member/rule.rs"]
mod unknown_member;
#[path = "unknown-platform/rule.rs"]
mod unknown_platform;
#[path = "unknown-value/rule.rs"]
mod unknown_value;
#[path = "unprotected-device-registration/rule.rs"]
mod unprotected_device_registration;
#[path = "unprotected-emergency-group/rule.rs"]
mod unprotected_emergency_group;
#[path = "unprotected-registration/rule.rs"]
mod unprotected_registration;
#[path = "unreadable-file/rule.rs"]
mod unreadable_file;
#[path = "unregistered-devices-spared/rule.rs"]
mod unregistered_devices_spared;
#[path = "unsatisfiable-controls/rule.rs"]
mod unsatisfiable_controls;
#[path = "unscoped-token-protection/rule.rs"]
mod unscoped_token_protection;
#[path = "unsorted-list/rule.rs"]
mod unsorted_list;
#[path = "unsupported-condition/rule.rs"]
mod unsupported_condition;
#[path = "unsupported-platform/rule.rs"]
mod unsupported_platform;
#[path = "unused-exception/rule.rs"]
mod unused_exception;
#[path = "weak-alternative/rule.rs"]
mod weak_alternative;
#[path = "widened-policy/rule.rs"]
mod widened_policy;

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
    enrollment_deadlock::RULE,
    activation_deadlock::RULE,
    unsatisfiable_controls::RULE,
    every_device_control_at_once::RULE,
    demanding_strength_for_everyone::RULE,
    demand_guests_cannot_meet::RULE,
    directory_sync_in_scope::RULE,
    block_every_workload::RULE,
    risk_block_without_remediation::RULE,
    emergency_policy_that_locks_out::RULE,
    custom_control::RULE,
    report_only_prompts::RULE,
    unattended_accounts_in_scope::RULE,
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
    unscoped_token_protection::RULE,
    strict_location_enforcement::RULE,
    resilience_switched_off::RULE,
    never_applies::RULE,
    constant_device_filter::RULE,
    incompatible_grant_controls::RULE,
    incomplete_remediation::RULE,
    invalid_sign_in_frequency::RULE,
    missing_controls::RULE,
    session_control_without_effect::RULE,
    empty_assignment::RULE,
    mixed_targets::RULE,
    invalid_workload_policy::RULE,
    impossible_device_registration::RULE,
    unsupported_platform::RULE,
    invalid_device_condition::RULE,
    unsupported_condition::RULE,
    incomplete_external_tenants::RULE,
    name_for_id::RULE,
    role_that_never_matches::RULE,
    app_that_cannot_be_targeted::RULE,
    redundant_inclusion::RULE,
    excluded_and_included::RULE,
    misplaced_activesync::RULE,
    never_evaluated_in_report_only::RULE,
    invalid_named_location::RULE,
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
    unregistered_devices_spared::RULE,
    retired_control::RULE,
    placeholder_id::RULE,
    duplicate_policy_name::RULE,
    too_many_policies::RULE,
    stale_report_only::RULE,
    unconventional_name::RULE,
    deprecated_schema::RULE,
    repeated_entry::RULE,
    misspelled_case::RULE,
    unsorted_list::RULE,
    read_only_member::RULE,
    two_risks_at_once::RULE,
    weak_alternative::RULE,
    sign_in_every_time::RULE,
    lost_access::RULE,
    newly_refused_sign_in::RULE,
    lost_protection::RULE,
    removed_emergency_exclusion::RULE,
    widened_policy::RULE,
    deleted_location_in_use::RULE,
    emptied_exclusion_group::RULE,
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
