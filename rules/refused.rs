//! What rules say of policies that Microsoft Graph does not take.

pub(super) use super::any_state::finding as refused;

pub(super) const REFUSED: &str = "Microsoft Graph refuses such a policy, so the deployment fails";
