//! Findings that hold whatever the state of a policy.

use crate::rule::prelude::*;
use crate::source::At;

/// What comes of a policy that Microsoft Graph does not take.
pub(super) const REFUSED: &str = "Microsoft Graph refuses such a policy, so the deployment fails";

/// A finding about what a policy says: the service refuses it, or a part of it has no effect, whether or not it is
/// enabled.
pub(super) fn finding(meta: &Meta, policy: &Policy, level: Level, message: &str, primary: Label) -> Finding {
    let mut finding = Finding::new(meta.id.clone(), level, message, primary);
    finding.policy = Some(policy.about());
    finding
}

/// The finding of a cause that stands in several places, each with its label; none where there is no place.
pub(super) fn finding_at(
    meta: &Meta,
    policy: &Policy,
    level: Level,
    message: &str,
    places: &[At<&str>],
) -> Option<Finding> {
    let (first, rest) = places.split_first()?;
    let found = finding(meta, policy, level, message, Label::new(first.span, first.value));
    Some(rest.iter().fold(found, |found, place| found.label(place.span, place.value)))
}
