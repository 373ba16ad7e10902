//! Policies as Microsoft365DSC writes them: blocks of `AADConditionalAccessPolicy` with flat members and names in
//! place of ids. Source: Microsoft365DSC documentation, resource `AADConditionalAccessPolicy`.

use super::flat;
use crate::policy::same_member;
use crate::source::{At, Span};
use crate::syntax::{Map, Member, Node, Value};

/// The type of the resource.
pub const RESOURCE: &str = "AADConditionalAccessPolicy";

/// Members that say how to connect, not what the policy is.
const CONNECTION: [&str; 10] = [
    "Credential",
    "ApplicationId",
    "TenantId",
    "ApplicationSecret",
    "CertificateThumbprint",
    "ManagedIdentity",
    "AccessTokens",
    "Ensure",
    "DependsOn",
    "PsDscRunAsCredential",
];

/// Members with another name than in Microsoft Graph, and where they belong.
const RENAMED: &[(&str, &[&str])] = &[
    ("GrantControlOperator", &["grantControls", "operator"]),
    ("AuthenticationStrength", &["grantControls", "authenticationStrength"]),
    ("ApplicationsFilterMode", &["conditions", "applications", "applicationFilter", "mode"]),
    ("ApplicationsFilter", &["conditions", "applications", "applicationFilter", "rule"]),
    ("DeviceFilterMode", &["conditions", "devices", "deviceFilter", "mode"]),
    ("DeviceFilterRule", &["conditions", "devices", "deviceFilter", "rule"]),
    ("TransferMethods", &["conditions", "authenticationFlows", "transferMethods"]),
    (
        "AuthenticationContexts",
        &["conditions", "applications", "includeAuthenticationContextClassReferences"],
    ),
    (
        "IncludeGuestOrExternalUserTypes",
        &["conditions", "users", "includeGuestsOrExternalUsers", "guestOrExternalUserTypes"],
    ),
    (
        "IncludeExternalTenantsMembers",
        &["conditions", "users", "includeGuestsOrExternalUsers", "externalTenants", "members"],
    ),
    (
        "IncludeExternalTenantsMembershipKind",
        &["conditions", "users", "includeGuestsOrExternalUsers", "externalTenants", "membershipKind"],
    ),
    (
        "ExcludeGuestOrExternalUserTypes",
        &["conditions", "users", "excludeGuestsOrExternalUsers", "guestOrExternalUserTypes"],
    ),
    (
        "ExcludeExternalTenantsMembers",
        &["conditions", "users", "excludeGuestsOrExternalUsers", "externalTenants", "members"],
    ),
    (
        "ExcludeExternalTenantsMembershipKind",
        &["conditions", "users", "excludeGuestsOrExternalUsers", "externalTenants", "membershipKind"],
    ),
    ("IncludeServicePrincipals", &["conditions", "clientApplications", "includeServicePrincipals"]),
    ("ExcludeServicePrincipals", &["conditions", "clientApplications", "excludeServicePrincipals"]),
    (
        "ApplicationEnforcedRestrictionsIsEnabled",
        &["sessionControls", "applicationEnforcedRestrictions", "isEnabled"],
    ),
    ("CloudAppSecurityIsEnabled", &["sessionControls", "cloudAppSecurity", "isEnabled"]),
    ("CloudAppSecurityType", &["sessionControls", "cloudAppSecurity", "cloudAppSecurityType"]),
    ("SignInFrequencyIsEnabled", &["sessionControls", "signInFrequency", "isEnabled"]),
    ("SignInFrequencyType", &["sessionControls", "signInFrequency", "type"]),
    ("SignInFrequencyValue", &["sessionControls", "signInFrequency", "value"]),
    ("SignInFrequencyInterval", &["sessionControls", "signInFrequency", "frequencyInterval"]),
    ("PersistentBrowserIsEnabled", &["sessionControls", "persistentBrowser", "isEnabled"]),
    ("PersistentBrowserMode", &["sessionControls", "persistentBrowser", "mode"]),
    ("DisableResilienceDefaultsIsEnabled", &["sessionControls", "disableResilienceDefaults"]),
    ("SecureSignInSessionIsEnabled", &["sessionControls", "secureSignInSession", "isEnabled"]),
];

/// Whether the block asks for the policy to be deleted.
pub(super) fn is_absent(block: &Map<'_>) -> bool {
    let ensure = block.members.iter().find(|member| same_member(&member.key.value, "ensure"));
    ensure.and_then(|member| member.value.as_text()).is_some_and(|text| text.eq_ignore_ascii_case("absent"))
}

/// The policy with its members where Microsoft Graph has them.
pub(super) fn nested<'t>(block: &Map<'t>) -> Map<'t> {
    let mut policy = Map::default();
    for member in &block.members {
        let key = &*member.key.value;
        if CONNECTION.iter().any(|known| known.eq_ignore_ascii_case(key)) {
            continue;
        }
        let renamed = RENAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        match renamed.map(|(_, path)| *path).or_else(|| flat::place(key)) {
            Some(path) => put(&mut policy, path, member.clone()),
            None => policy.members.push(member.clone()),
        }
    }
    if let Some(platforms) = platforms(&mut policy) {
        platforms.members.push(all_platforms(platforms));
    }
    policy
}

/// Puts a value at a path; the key as written stays where the last step is that key in another case.
fn put<'t>(map: &mut Map<'t>, path: &[&'static str], member: Member<'t>) {
    let [step, rest @ ..] = path else { return };
    if rest.is_empty() {
        let own = same_member(&member.key.value, step);
        let key = if own { member.key } else { At::new((*step).into(), member.key.span) };
        map.members.push(Member { key, value: member.value });
        return;
    }
    let at = map.members.iter().position(|member| same_member(&member.key.value, step));
    let at = at.unwrap_or_else(|| {
        let span = member.key.span;
        let value = Node { span, value: Value::Map(Map::default()) };
        map.members.push(Member { key: At::new((*step).into(), span), value });
        map.members.len() - 1
    });
    if let Some(Value::Map(inner)) = map.members.get_mut(at).map(|member| &mut member.value.value) {
        put(inner, rest, member);
    }
}

/// The platforms, where only exclusions are given: the resource then includes all.
fn platforms<'m, 't>(policy: &'m mut Map<'t>) -> Option<&'m mut Map<'t>> {
    let find = |map: &'m mut Map<'t>, key: &str| {
        let member = map.members.iter_mut().find(|member| same_member(&member.key.value, key))?;
        match &mut member.value.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    };
    let platforms = find(find(policy, "conditions")?, "platforms")?;
    let given = |name: &str| platforms.members.iter().any(|member| same_member(&member.key.value, name));
    (given("excludePlatforms") && !given("includePlatforms")).then_some(platforms)
}

fn all_platforms<'t>(platforms: &Map<'t>) -> Member<'t> {
    let span =
        platforms.members.first().map_or(Span::start_of(crate::source::FileId(0)), |member| member.key.span);
    Member {
        key: At::new("includePlatforms".into(), span),
        value: Node { span, value: Value::Text("all".into()) },
    }
}
