//! What a policy says to people of another organization.
//!
//! Source: Microsoft Entra documentation, "Authentication and Conditional Access for B2B users".

use super::answer::Facts;
use super::decide::{Judgement, judge};
use super::sign_in::{Capabilities, Identity, Person, PersonKind, SignIn, Target};
use super::{Access, grant::Need};
use crate::policy::ids::apps;
use crate::policy::words::{Control, GuestType};
use crate::policy::{InboundTrust, Policy};

/// Everything that can be accepted from a home tenant.
pub const FULL_TRUST: InboundTrust = InboundTrust { mfa: true, compliant_device: true, hybrid_device: true };

/// What a policy says to an external user of a kind whose home tenant is trusted so far, and who is free in everything
/// else.
#[must_use]
pub fn judge_guest<'p>(
    policy: &'p Policy,
    access: &'p Access<'_>,
    kind: GuestType,
    trust: InboundTrust,
) -> Judgement<'p> {
    let person = Person { kind: Some(PersonKind::External(kind)), ..Person::default() };
    let target = Target::Apps(vec![apps::OWN.to_owned()]);
    let sign_in = SignIn { identity: Identity::Person(person), target, ..SignIn::default() };
    let capabilities = Capabilities { trust, ..Capabilities::default() };
    let facts =
        Facts { sign_in: &sign_in, capabilities: &capabilities, set: access.set, assume: access.assume };
    judge(policy, access.set, facts)
}

/// The cross-tenant access setting by which an external user brings what is needed from the home tenant; nothing where
/// none helps. Source: Microsoft Graph reference, resource type `crossTenantAccessPolicyInboundTrust`.
#[must_use]
pub fn accepted_by(need: Need<'_>) -> Option<&'static str> {
    match need {
        Need::Control(Control::Mfa) | Need::Strength(_) => Some("isMfaAccepted"),
        Need::Control(Control::CompliantDevice) => Some("isCompliantDeviceAccepted"),
        Need::Control(Control::DomainJoinedDevice) => Some("isHybridAzureADJoinedDeviceAccepted"),
        Need::Control(_) | Need::Terms | Need::Custom | Need::Unknown => None,
    }
}
