//! What rules say of policies that Microsoft Graph does not take.

use crate::rule::prelude::*;

/// A finding that holds in every state of the policy, because it fails before it is in force.
pub(super) fn refused(meta: &Meta, policy: &Policy, level: Level, message: &str, primary: Label) -> Finding {
    let mut finding = Finding::new(meta.id.clone(), level, message, primary);
    finding.policy = Some(policy.about());
    finding
}

pub(super) const REFUSED: &str = "Microsoft Graph refuses such a policy, so the deployment fails";
