//! The errors people see when a sign-in fails, and what stands behind them.
//!
//! Sources: Microsoft Entra documentation, "Troubleshooting sign-in problems with Conditional Access" and
//! "Microsoft Entra authentication and authorization error codes".

use std::fmt;

use serde::Serialize;

use crate::access::{Demand, Need};
use crate::finding::ErrorCode;
use crate::policy::words::Control;

/// An error at sign-in.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SignInError {
    /// Its code.
    pub code: ErrorCode,
    /// Its name.
    pub name: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// What causes it.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, name, meaning, cause, remedy } = self;
        write!(f, "{code}  {name}\n\n{meaning}\n\nCaused by:  {cause}\nWhat to do: {remedy}")
    }
}

/// The code of a block of device code flow or authentication transfer.
pub const FLOW_BLOCKED: ErrorCode = ErrorCode(530_036);
/// The code of token protection.
pub const TOKEN_PROTECTION: ErrorCode = ErrorCode(530_084);

/// The code people see whom a policy refuses.
#[must_use]
pub fn of(demand: &Demand<'_>) -> Option<ErrorCode> {
    Some(match demand {
        Demand::Block(_) => ErrorCode(53003),
        Demand::Nothing => TOKEN_PROTECTION,
        Demand::Ways(ways) => match ways.first()?.first()?.value {
            Need::Control(Control::CompliantDevice) => ErrorCode(53000),
            Need::Control(Control::DomainJoinedDevice) => ErrorCode(53001),
            Need::Control(Control::ApprovedApplication) => ErrorCode(53002),
            Need::Control(Control::CompliantApplication) => ErrorCode(53009),
            Need::Control(Control::Mfa) => ErrorCode(50076),
            _ => ErrorCode(53003),
        },
    })
}

/// The error of a code, written as `AADSTS53003` or `53003`.
#[must_use]
pub fn find(text: &str) -> Option<&'static SignInError> {
    let digits = text
        .get(..6)
        .filter(|start| start.eq_ignore_ascii_case("AADSTS"))
        .map_or(text, |_| text.get(6..).unwrap_or_default());
    let code: u32 = digits.parse().ok()?;
    ALL.iter().find(|error| error.code.0 == code)
}

const fn error(
    code: u32,
    name: &'static str,
    meaning: &'static str,
    cause: &'static str,
    remedy: &'static str,
) -> SignInError {
    SignInError { code: ErrorCode(code), name, meaning, cause, remedy }
}

/// Every error this program speaks of, ordered by code.
pub static ALL: &[SignInError] = &[
    error(
        50005,
        "DevicePolicyError",
        "The device runs a platform that a policy does not accept.",
        "a condition or control that the platform cannot meet, such as a hybrid joined device on macOS",
        "sign in from a platform the policy accepts, or limit the policy to the platforms that can meet it",
    ),
    error(
        50072,
        "UserStrongAuthEnrollmentRequiredInterrupt",
        "The person has to register a method for multifactor authentication first.",
        "`mfa` or an authentication strength, for somebody without a registered method",
        "let the person register; make sure that no policy on `urn:user:registersecurityinfo` prevents it",
    ),
    error(
        50074,
        "UserStrongAuthClientAuthNRequired",
        "Multifactor authentication is needed and was not completed.",
        "`mfa` or an authentication strength",
        "complete it; clients with legacy authentication never can",
    ),
    error(
        50076,
        "UserStrongAuthClientAuthNRequiredInterrupt",
        "Multifactor authentication is needed because of a policy or a new location.",
        "`mfa` or an authentication strength",
        "complete it; clients with legacy authentication never can",
    ),
    error(
        50079,
        "UserStrongAuthEnrollmentRequired",
        "The person has to register a method for multifactor authentication first.",
        "`mfa` or an authentication strength, for somebody without a registered method",
        "let the person register; make sure that no policy on `urn:user:registersecurityinfo` prevents it",
    ),
    error(
        50097,
        "DeviceAuthenticationRequired",
        "The device has to identify itself and has not.",
        "a device control or a device filter, in a browser or mode that sends no device identity",
        "use a supported browser outside private mode, or register the device",
    ),
    error(
        50105,
        "EntitlementGrantsNotFound",
        "The person is not assigned to the app. This is not Conditional Access.",
        "`assignment required` on the app",
        "assign the person or a group to the app",
    ),
    error(
        50158,
        "ExternalSecurityChallenge",
        "A challenge outside Microsoft Entra was not passed.",
        "a custom control, terms of use, or multifactor authentication in a guest's home tenant",
        "complete the challenge; look at the custom control or the cross-tenant access settings",
    ),
    error(
        53000,
        "DeviceNotCompliant",
        "A policy asks for a compliant device and this one is not.",
        "`compliantDevice`",
        "enroll the device with Intune and fix what makes it not compliant; unsupported browsers and private mode \
         count as not compliant",
    ),
    error(
        53001,
        "DeviceNotDomainJoined",
        "A policy asks for a hybrid joined device and this one is not.",
        "`domainJoinedDevice`",
        "use a Windows device joined to the on-premises domain and to Microsoft Entra; nothing else can pass",
    ),
    error(
        53002,
        "ApplicationUsedIsNotAnApprovedApp",
        "A policy asks for an approved client app and this one is not.",
        "`approvedApplication`, which is retired",
        "use an approved app, and move the policy to `compliantApplication`",
    ),
    error(
        53003,
        "BlockedByConditionalAccess",
        "A policy refused the sign-in.",
        "`block`, or a location that continuous access evaluation refuses",
        "find the policy in the sign-in log under Conditional Access; exclude the person, or narrow the block. If no \
         administrator gets in, an application with `Policy.ReadWrite.ConditionalAccess` can change the policy, else \
         Microsoft support",
    ),
    error(
        53004,
        "ProofUpBlockedDueToRisk",
        "The person has to register a method first, and must not because the sign-in is risky.",
        "`mfa` together with a user or sign-in risk, for somebody without a registered method",
        "register from a place and device the person uses, or have an administrator dismiss the risk or issue a \
         Temporary Access Pass",
    ),
    error(
        53009,
        "ApplicationMustHaveProtectionPolicy",
        "A policy asks for an app under an Intune app protection policy and this one is not.",
        "`compliantApplication`",
        "use an app with an app protection policy on iOS or Android, or Microsoft Edge on Windows; macOS and Linux \
         cannot pass",
    ),
    error(
        65001,
        "DelegationDoesNotExist",
        "Nobody has consented to the app. This is not Conditional Access.",
        "missing user or administrator consent",
        "consent to the permissions of the app",
    ),
    error(
        530032,
        "BlockedByConditionalAccessOnSecurityPolicy",
        "A security policy of the tenant refused the sign-in.",
        "a risk policy or a tenant-wide policy",
        "look at the risk of the user and of the sign-in in Microsoft Entra ID Protection",
    ),
    error(
        530036,
        "AuthenticationFlowBlocked",
        "The session was started in a way that a policy refuses.",
        "a block of device code flow or authentication transfer, which follows the session to later sign-ins",
        "sign out and sign in on the device itself; exclude the accounts of meeting rooms and servers from the block",
    ),
    error(
        530084,
        "TokenProtectionViolation",
        "The token of the session is not bound to the device.",
        "`secureSignInSession`, token protection",
        "use a supported app on a registered Windows device, or limit the policy to those",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_ordered_and_found_in_both_forms() {
        assert!(ALL.is_sorted_by(|a, b| a.code < b.code));
        assert_eq!(find("AADSTS53003").map(|error| error.name), Some("BlockedByConditionalAccess"));
        assert_eq!(find("aadsts53003").map(|error| error.code.0), find("53003").map(|error| error.code.0));
        assert!(find("AADSTS1").is_none());
        assert!(find("block-everyone").is_none());
    }
}
