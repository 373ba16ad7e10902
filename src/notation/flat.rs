//! Policies of tenant management tools that write the members of a policy without nesting, and by name.
//!
//! The members are put where Microsoft Graph has them; every place stays.

use super::reader::member;
use crate::policy::same_member;
use crate::source::At;
use crate::syntax::{Map, Member, Node, Value};

/// Where flat members belong.
const PLACES: &[&[&str]] = &[
    &["conditions", "users", "includeUsers"],
    &["conditions", "users", "excludeUsers"],
    &["conditions", "users", "includeGroups"],
    &["conditions", "users", "excludeGroups"],
    &["conditions", "users", "includeRoles"],
    &["conditions", "users", "excludeRoles"],
    &["conditions", "users", "includeGuestsOrExternalUsers"],
    &["conditions", "users", "excludeGuestsOrExternalUsers"],
    &["conditions", "applications", "includeApplications"],
    &["conditions", "applications", "excludeApplications"],
    &["conditions", "applications", "includeUserActions"],
    &["conditions", "applications", "includeAuthenticationContextClassReferences"],
    &["conditions", "applications", "applicationFilter"],
    &["conditions", "locations", "includeLocations"],
    &["conditions", "locations", "excludeLocations"],
    &["conditions", "platforms", "includePlatforms"],
    &["conditions", "platforms", "excludePlatforms"],
    &["conditions", "devices", "includeDevices"],
    &["conditions", "devices", "excludeDevices"],
    &["conditions", "devices", "deviceFilter"],
    &["conditions", "clientAppTypes"],
    &["conditions", "userRiskLevels"],
    &["conditions", "signInRiskLevels"],
    &["conditions", "servicePrincipalRiskLevels"],
    &["conditions", "insiderRiskLevels"],
    &["conditions", "agentIdRiskLevels"],
    &["conditions", "authenticationFlows"],
    &["grantControls", "builtInControls"],
    &["grantControls", "operator"],
    &["grantControls", "termsOfUse"],
    &["grantControls", "authenticationStrength"],
    &["grantControls", "customAuthenticationFactors"],
];

/// Where a flat member belongs in Microsoft Graph, itself included.
pub(super) fn place(key: &str) -> Option<&'static [&'static str]> {
    PLACES.iter().find(|path| path.last().is_some_and(|name| same_member(key, name))).copied()
}

/// Whether an object is a policy without nesting.
pub(super) fn is_policy(map: &Map<'_>) -> bool {
    let has = |name| member(map, name).is_some();
    has("displayName")
        && (has("state") || has("present"))
        && (has("includeApplications") || has("includeUserActions"))
        && ["includeUsers", "includeGroups", "includeRoles"].into_iter().any(has)
}

/// Whether the tool is told to delete the policy.
pub(super) fn is_deleted(map: &Map<'_>) -> bool {
    member(map, "present").is_some_and(|node| matches!(node.value, Value::Bool(false)))
}

/// Whether the tool that wrote a policy fills its lists with names, by the members only it writes.
pub(super) fn uses_names(map: &Map<'_>) -> bool {
    ["present", "LocationInfo"].into_iter().any(|name| member(map, name).is_some())
}

/// The policy with its members where Microsoft Graph has them.
pub(super) fn nested<'t>(map: &Map<'t>) -> Map<'t> {
    let mut top = Map::default();
    let mut conditions = Map::default();
    for own in &map.members {
        match place(&own.key.value).unwrap_or_default() {
            ["conditions", _] => conditions.members.push(own.clone()),
            ["conditions", object, _] => put(&mut conditions, object, own.clone()),
            [object, _] => put(&mut top, object, own.clone()),
            _ => top.members.push(own.clone()),
        }
    }
    for member in conditions.members {
        put(&mut top, "conditions", member);
    }
    top
}

/// Puts a member into the object under a key. An object made for it has the place of its first member.
fn put<'t>(map: &mut Map<'t>, object: &'static str, own: Member<'t>) {
    for member in &mut map.members {
        if let Value::Map(inner) = &mut member.value.value
            && same_member(&member.key.value, object)
        {
            inner.members.push(own);
            return;
        }
    }
    let span = own.key.span;
    let value = Node { span, value: Value::Map(Map { members: vec![own] }) };
    map.members.push(Member { key: At::new(object.into(), span), value });
}
