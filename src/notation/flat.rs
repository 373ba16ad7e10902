//! Policies of tenant management tools that write the members of a policy without nesting, and by name.
//!
//! The members are put where Microsoft Graph has them; every place stays.

use super::reader::member;
use crate::policy::same_member;
use crate::source::At;
use crate::syntax::{Map, Member, Node, Value};

/// Where a flat member belongs: the object under `conditions`, or another object.
const PLACES: &[(&[&str], &[&str])] = &[
    (
        &["conditions", "users"],
        &[
            "includeUsers",
            "excludeUsers",
            "includeGroups",
            "excludeGroups",
            "includeRoles",
            "excludeRoles",
            "includeGuestsOrExternalUsers",
            "excludeGuestsOrExternalUsers",
        ],
    ),
    (
        &["conditions", "applications"],
        &[
            "includeApplications",
            "excludeApplications",
            "includeUserActions",
            "includeAuthenticationContextClassReferences",
            "applicationFilter",
        ],
    ),
    (&["conditions", "locations"], &["includeLocations", "excludeLocations"]),
    (&["conditions", "platforms"], &["includePlatforms", "excludePlatforms"]),
    (&["conditions", "devices"], &["includeDevices", "excludeDevices", "deviceFilter"]),
    (
        &["conditions"],
        &[
            "clientAppTypes",
            "userRiskLevels",
            "signInRiskLevels",
            "servicePrincipalRiskLevels",
            "insiderRiskLevels",
            "authenticationFlows",
        ],
    ),
    (
        &["grantControls"],
        &[
            "builtInControls",
            "operator",
            "termsOfUse",
            "authenticationStrength",
            "customAuthenticationFactors",
        ],
    ),
];

/// Whether an object is a policy without nesting.
pub(super) fn is_policy(map: &Map<'_>) -> bool {
    let has = |name| member(map, name).is_some();
    has("displayName")
        && (has("state") || has("present"))
        && (has("includeApplications") || has("includeUserActions"))
        && ["includeUsers", "includeGroups", "includeRoles"].into_iter().any(has)
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
        let key = &*own.key.value;
        let place = PLACES.iter().find(|(_, names)| names.iter().any(|name| same_member(key, name)));
        match place.map_or(&[][..], |(path, _)| path) {
            ["conditions"] => conditions.members.push(own.clone()),
            ["conditions", object] => put(&mut conditions, object, own.clone()),
            [object] => put(&mut top, object, own.clone()),
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
