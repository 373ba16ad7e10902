//! Objects of the directory as Microsoft Graph exports them: users, groups, roles, strengths, trust and what asks
//! for an authentication context.
//!
//! They are known by `@odata.type` or, without it, by members that only they have. Sources: Microsoft Graph
//! reference, the resource types named in [`TYPES`].

use std::collections::BTreeSet;

use super::Harvest;
use super::reader::{Reader, member};
use crate::finding::{Finding, Label, Level, input};
use crate::policy::directory::{Coverage, InboundTrust, RoleAssignment, RoleCoverage, StepUp, StepUpOf};
use crate::policy::{Format, ids, same_member};
use crate::source::{At, Span};
use crate::syntax::{Map, Node, Value};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    User,
    Group,
    DirectoryRole,
    /// A role assignment: active, eligible, or as the list around it says.
    Assignment(Option<bool>),
    Strength,
    ServicePrincipal,
    Trust,
    ContextRule,
    Action,
    MigrationTable,
}

/// Resource types, without `#microsoft.graph.`.
const TYPES: &[(&str, Kind)] = &[
    ("user", Kind::User),
    ("group", Kind::Group),
    ("directoryRole", Kind::DirectoryRole),
    ("unifiedRoleAssignment", Kind::Assignment(None)),
    ("unifiedRoleAssignmentSchedule", Kind::Assignment(Some(true))),
    ("unifiedRoleAssignmentScheduleInstance", Kind::Assignment(Some(true))),
    ("unifiedRoleEligibilitySchedule", Kind::Assignment(Some(false))),
    ("unifiedRoleEligibilityScheduleInstance", Kind::Assignment(Some(false))),
    ("authenticationStrengthPolicy", Kind::Strength),
    ("servicePrincipal", Kind::ServicePrincipal),
    ("crossTenantAccessPolicyConfigurationDefault", Kind::Trust),
    ("crossTenantAccessPolicyConfigurationPartner", Kind::Trust),
    ("unifiedRoleManagementPolicyAuthenticationContextRule", Kind::ContextRule),
    ("unifiedRbacResourceAction", Kind::Action),
];

/// Members of objects that name a user and have an id of their own, such as sign-ins and devices.
const NOT_A_USER: &[&str] = &["userId", "managedDeviceId", "deviceId"];

/// The settings of `inboundTrust`.
const TRUST: [&str; 3] =
    ["isMfaAccepted", "isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted"];

/// The rule that holds what an activation asks for.
const ACTIVATION_RULE: &str = "AuthenticationContext_EndUser_Assignment";

/// As many members as `$expand=members` returns at most, without saying that there are more.
///
/// Source: Microsoft Graph, "Customize responses with query parameters", `expand`.
const EXPANDED: usize = 20;

/// What the objects around an object say about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around<'a> {
    list: Option<Of>,
    role: Option<&'a str>,
    of_groups: bool,
}

/// What a list is of, by its `@odata.context`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Active,
    Eligible,
    ActivatedRoles,
    /// Roles of something else than the directory, or requests for roles.
    Other,
}

impl<'a> Around<'a> {
    /// What holds for the objects inside an object.
    pub(super) fn inside(self, map: &'a Map<'_>) -> Self {
        let mut inside = self;
        for own in &map.members {
            let key = &*own.key.value;
            let Some(text) = own.value.as_text() else { continue };
            if key == "@odata.context" {
                inside.list = of(text).or(self.list);
            } else if same_member(key, "roleDefinitionId") {
                inside.role = Some(text);
            } else if same_member(key, "scopeType") {
                inside.of_groups = text.eq_ignore_ascii_case("Group");
            }
        }
        inside
    }
}

fn of(context: &str) -> Option<Of> {
    let (_, resource) = context.rsplit_once('#').unwrap_or(("", context));
    if resource.contains("ScheduleRequests")
        || resource.contains("roleManagement/") && !resource.contains("roleManagement/directory")
    {
        Some(Of::Other)
    } else if resource.contains("roleEligibility") {
        Some(Of::Eligible)
    } else if resource.contains("roleAssignment") {
        Some(Of::Active)
    } else if resource.starts_with("directoryRoles") {
        Some(Of::ActivatedRoles)
    } else {
        None
    }
}

/// Takes in an object of the directory. Objects of other kinds are left alone.
pub(super) fn take(whole: Span, map: &Map<'_>, around: Around<'_>, harvest: &mut Harvest) {
    let Some(kind) = kind(map) else { return };
    let taken = match kind {
        Kind::User => user(map, harvest),
        Kind::Group => group(map, harvest),
        Kind::DirectoryRole => directory_role(whole, map, around, harvest),
        Kind::Assignment(active) => assignment(whole, map, active, around, harvest),
        Kind::Strength => strength(map, harvest),
        Kind::ServicePrincipal => service_principal(map, harvest),
        Kind::Trust => trust(map, harvest),
        Kind::ContextRule => context_rule(map, around, harvest),
        Kind::Action => action(map, harvest),
        Kind::MigrationTable => migration_table(map, harvest),
    };
    harvest.facts += usize::from(taken.is_some());
}

/// Says of a list that was just read what it is complete about, and whether pages are missing. `before` is how
/// many role assignments were known before it.
pub(super) fn close(map: &Map<'_>, before: usize, around: Around<'_>, harvest: &mut Harvest) {
    let Some(Node { value: Value::List(items), .. }) = member(map, "value") else { return };
    let coverage = &mut harvest.directory.coverage;
    if items.is_empty() && member(map, "@odata.context").is_some() {
        match around.list {
            Some(Of::Active) => coverage.active.add(Coverage::All),
            Some(Of::Eligible) => coverage.eligible.add(Coverage::All),
            _ => return,
        }
        harvest.facts += 1;
    }
    let more = harvest.directory.roles.iter().flatten().skip(before);
    let Some(link) = map.members.iter().find(|own| own.key.value == "@odata.nextLink") else { return };
    if matches!(link.value.value, Value::Null) {
        return;
    }
    let mut found = false;
    for given in more {
        found = true;
        cover(coverage, given.active, Coverage::Part);
    }
    if found {
        let label = Label::new(link.key.span, "more pages follow");
        let message = "export of role assignments holds only its first page";
        harvest.findings.push(
            Finding::new(input::INCOMPLETE_EXPORT, Level::Note, message, label)
                .note("who holds which role is left undecided")
                .help("follow `@odata.nextLink` when exporting, until no page has one")
                .place("@odata.nextLink"),
        );
    }
}

/// How many role assignments are known.
pub(super) fn assignments(harvest: &Harvest) -> usize {
    harvest.directory.roles.as_ref().map_or(0, Vec::len)
}

fn kind(map: &Map<'_>) -> Option<Kind> {
    if let Some(name) = member(map, "@odata.type").and_then(Node::as_text) {
        let name = name.trim_start_matches('#');
        let name = name.strip_prefix("microsoft.graph.").unwrap_or(name);
        return TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind);
    }
    let has = |name| member(map, name).is_some();
    let is_map = |name| member(map, name).is_some_and(|node| node.as_map().is_some());
    if has("roleDefinitionId") {
        let given = has("principalId") && !has("action");
        // Only schedules and their instances say how somebody is a member, and only active ones of which type.
        let active = has("memberType").then(|| has("assignmentType"));
        return given.then_some(Kind::Assignment(active));
    }
    if has("roleTemplateId") {
        return has("members").then_some(Kind::DirectoryRole);
    }
    if has("id") {
        if has("allowedCombinations") {
            return Some(Kind::Strength);
        }
        if has("claimValue") && has("isEnabled") {
            return Some(Kind::ContextRule);
        }
        if has("servicePrincipalType") || has("appId") && has("servicePrincipalNames") {
            return Some(Kind::ServicePrincipal);
        }
        if ["groupTypes", "securityEnabled", "mailEnabled"].into_iter().any(has) {
            return Some(Kind::Group);
        }
        if has("userPrincipalName") && !NOT_A_USER.iter().copied().any(has) {
            return Some(Kind::User);
        }
    }
    if is_map("inboundTrust") {
        return Some(Kind::Trust);
    }
    if has("name") && (has("authenticationContextId") || has("isAuthenticationContextSettable")) {
        return Some(Kind::Action);
    }
    is_migration_table(map).then_some(Kind::MigrationTable)
}

fn user(map: &Map<'_>, harvest: &mut Harvest) -> Option<()> {
    let user = harvest.directory.users.entry(guid(map, "id")?).or_default();
    let name = text(map, "displayName").or_else(|| text(map, "userPrincipalName"));
    user.name = name.map(str::to_owned).or(user.name.take());
    user.user_type = text(map, "userType").map(str::to_owned).or(user.user_type.take());
    let principal_name = text(map, "userPrincipalName").map(str::to_ascii_lowercase);
    user.principal_name = principal_name.or(user.principal_name.take());
    user.synchronised = bool(map, "onPremisesSyncEnabled").or(user.synchronised);
    user.enabled = bool(map, "accountEnabled").or(user.enabled);
    Some(())
}

fn group(map: &Map<'_>, harvest: &mut Harvest) -> Option<()> {
    let group = harvest.directory.groups.entry(guid(map, "id")?).or_default();
    group.name = text(map, "displayName").map(str::to_owned).or(group.name.take());
    group.assignable = bool(map, "isAssignableToRole").or(group.assignable);
    group.restricted = bool(map, "isManagementRestricted").or(group.restricted);
    group.dynamic = dynamic(map).or(group.dynamic);
    if let Members::All(members) = members(map) {
        group.members.get_or_insert_default().extend(members);
    }
    Some(())
}

/// Whether a membership rule decides who is in a group.
fn dynamic(map: &Map<'_>) -> Option<bool> {
    let Value::List(types) = &member(map, "groupTypes")?.value else { return None };
    let types: Option<Vec<_>> = types.iter().map(Node::as_text).collect();
    Some(types?.iter().any(|kind| kind.eq_ignore_ascii_case("DynamicMembership")))
}

fn service_principal(map: &Map<'_>, harvest: &mut Harvest) -> Option<()> {
    let principal = harvest.directory.service_principals.entry(guid(map, "id")?).or_default();
    principal.name = text(map, "displayName").map(str::to_owned).or(principal.name.take());
    principal.app_id = guid(map, "appId").or(principal.app_id.take());
    Some(())
}

/// A role that somebody has activated or holds, with its members.
fn directory_role(whole: Span, map: &Map<'_>, around: Around<'_>, harvest: &mut Harvest) -> Option<()> {
    let directory = &mut harvest.directory;
    let members = members(map);
    if members == Members::NotTold {
        return None;
    }
    let (Some(role), Members::All(members)) = (guid(map, "roleTemplateId"), members) else {
        directory.coverage.active.add(Coverage::Part);
        return Some(());
    };
    directory.roles.get_or_insert_default().extend(members.into_iter().map(|principal| RoleAssignment {
        role: role.clone(),
        principal,
        tenant_wide: true,
        active: true,
        ends: None,
        at: whole,
    }));
    // The collection has every role with an active member.
    directory.coverage.active.add(match around.list {
        Some(Of::ActivatedRoles) => Coverage::All,
        _ => Coverage::Roles(BTreeSet::from([role])),
    });
    Some(())
}

fn assignment(
    whole: Span,
    map: &Map<'_>,
    active: Option<bool>,
    around: Around<'_>,
    harvest: &mut Harvest,
) -> Option<()> {
    // Azure names a role by its path, entitlement management by a scope of its own.
    let of_azure = text(map, "roleDefinitionId").is_some_and(|role| role.contains('/'));
    let of_app = text(map, "appScopeId").is_some() && text(map, "directoryScopeId").is_none();
    let role = member(map, "roleDefinitionId")?;
    let is_template = role.as_text().is_some_and(|role| role.starts_with('['));
    if of_azure || of_app || is_template || around.list == Some(Of::Other) {
        return None;
    }
    let active = active.unwrap_or(around.list != Some(Of::Eligible));
    let scope = match member(map, "directoryScopeId") {
        None => Some(true),
        Some(_) => text(map, "directoryScopeId").map(|scope| scope == "/"),
    };
    let known = (guid(map, "roleDefinitionId"), guid(map, "principalId"), scope);
    let directory = &mut harvest.directory;
    if let (Some(role), Some(principal), Some(tenant_wide)) = known {
        let given = RoleAssignment { role, principal, tenant_wide, active, ends: ends(map), at: whole };
        directory.roles.get_or_insert_default().push(given);
        cover(&mut directory.coverage, active, Coverage::All);
    } else {
        cover(&mut directory.coverage, active, Coverage::Part);
    }
    Some(())
}

/// Whether an assignment ends by itself. Instances have an end, schedules the kind of their expiration, and only those
/// say how an assignment came about.
fn ends(map: &Map<'_>) -> Option<bool> {
    if text(map, "assignmentType")?.eq_ignore_ascii_case("Activated") {
        return Some(true);
    }
    let schedule = member(map, "scheduleInfo").and_then(Node::as_map);
    let expiration = schedule.and_then(|info| member(info, "expiration")).and_then(Node::as_map);
    match expiration.and_then(|expiration| text(expiration, "type")) {
        Some(kind) => Some(!kind.eq_ignore_ascii_case("noExpiration")),
        // What is written and is not null is an end, or stands for one that is not known.
        None => match map.members.iter().find(|own| same_member(&own.key.value, "endDateTime")) {
            Some(own) if matches!(own.value.value, Value::Null) => Some(false),
            Some(_) => text(map, "endDateTime").map(|_| true),
            None => None,
        },
    }
}

fn cover(coverage: &mut RoleCoverage, active: bool, with: Coverage) {
    if active { coverage.active.add(with) } else { coverage.eligible.add(with) }
}

fn strength(map: &Map<'_>, harvest: &mut Harvest) -> Option<()> {
    let id = guid(map, "id")?;
    let own = map.members.iter().find(|own| same_member(&own.key.value, "allowedCombinations"))?;
    let mut reader = Reader::new(Format::Json, false);
    harvest.directory.strengths.insert(id, reader.texts(own));
    Some(())
}

fn trust(map: &Map<'_>, harvest: &mut Harvest) -> Option<()> {
    let directory = &mut harvest.directory;
    let found = member(map, "inboundTrust");
    let settings = found.and_then(Node::as_map);
    let is_any = settings.is_some_and(|settings| TRUST.iter().any(|name| member(settings, name).is_some()));
    let known = settings.and_then(inbound);
    match member(map, "tenantId") {
        // Without settings of its own, a partner has those for all tenants.
        Some(_) if found.is_none() => {}
        Some(_) => {
            directory.partners.insert(guid(map, "tenantId")?, known);
        }
        None if is_any => directory.trust = known,
        None => return None,
    }
    Some(())
}

/// The settings, where all of them are known.
fn inbound(settings: &Map<'_>) -> Option<InboundTrust> {
    let [mfa, compliant_device, hybrid_device] = TRUST.map(|name| bool(settings, name));
    Some(InboundTrust { mfa: mfa?, compliant_device: compliant_device?, hybrid_device: hybrid_device? })
}

fn context_rule(map: &Map<'_>, around: Around<'_>, harvest: &mut Harvest) -> Option<()> {
    if around.of_groups || !text(map, "id")?.eq_ignore_ascii_case(ACTIVATION_RULE) {
        return None;
    }
    if let (Some(true), Some(context)) = (bool(map, "isEnabled"), context(map, "claimValue")) {
        let role = around.role.filter(|role| ids::is_guid(role)).map(str::to_ascii_lowercase);
        let of = StepUpOf::RoleActivation(role);
        harvest.directory.add_step_up(StepUp { context, of });
    }
    Some(())
}

fn action(map: &Map<'_>, harvest: &mut Harvest) -> Option<()> {
    let name = text(map, "name").filter(|name| name.contains('/'))?;
    if let Some(context) = context(map, "authenticationContextId") {
        harvest.directory.add_step_up(StepUp { context, of: StepUpOf::ProtectedAction(name.to_owned()) });
    }
    Some(())
}

/// The authentication context a member names.
fn context(map: &Map<'_>, name: &str) -> Option<At<String>> {
    let node = member(map, name)?;
    text(map, name).map(|context| At::new(context.to_ascii_lowercase(), node.span))
}

/// The table that IntuneManagement writes beside an export, to find groups by name in another tenant.
fn is_migration_table(map: &Map<'_>) -> bool {
    let Some(Node { value: Value::List(items), .. }) = member(map, "Objects") else { return false };
    !items.is_empty()
        && items.iter().all(|item| {
            item.as_map().is_some_and(|item| {
                ["Id", "Type", "DisplayName"].iter().all(|name| member(item, name).is_some())
            })
        })
}

fn migration_table(map: &Map<'_>, harvest: &mut Harvest) -> Option<()> {
    let Some(Node { value: Value::List(items), .. }) = member(map, "Objects") else { return None };
    for item in items.iter().filter_map(Node::as_map) {
        let is_group = text(item, "Type").is_some_and(|kind| kind.to_ascii_lowercase().ends_with("group"));
        if let Some(id) = guid(item, "Id").filter(|_| is_group) {
            let group = harvest.directory.groups.entry(id).or_default();
            group.name = text(item, "DisplayName").map(str::to_owned).or(group.name.take());
        }
    }
    Some(())
}

/// The users and groups in something.
#[derive(Debug, PartialEq, Eq)]
enum Members {
    /// Nothing is said about them.
    NotTold,
    /// Some are missing or not known.
    Some,
    /// These, by object id.
    All(BTreeSet<String>),
}

fn members(map: &Map<'_>) -> Members {
    let has_next = |map: &Map<'_>| {
        map.members
            .iter()
            .any(|own| own.key.value.ends_with("@odata.nextLink") && !matches!(own.value.value, Value::Null))
    };
    let Some(node) = member(map, "members") else { return Members::NotTold };
    if has_next(map) {
        return Members::Some;
    }
    let items = match &node.value {
        Value::List(items) => items,
        Value::Map(list) if !has_next(list) => match member(list, "value") {
            Some(Node { value: Value::List(items), .. }) => items,
            _ => return Members::Some,
        },
        _ => return Members::Some,
    };
    if items.len() == EXPANDED {
        return Members::Some;
    }
    let mut members = BTreeSet::new();
    for item in items {
        let id = match &item.value {
            Value::Map(map) if is_thing(map) => continue,
            Value::Map(map) => guid(map, "id"),
            Value::Text(text) if ids::is_guid(text) => Some(text.to_ascii_lowercase()),
            _ => None,
        };
        let Some(id) = id else { return Members::Some };
        members.insert(id);
    }
    Members::All(members)
}

/// Whether a member is neither a person nor a group.
fn is_thing(map: &Map<'_>) -> bool {
    let text = member(map, "@odata.type").and_then(Node::as_text).unwrap_or_default();
    ["device", "servicePrincipal", "orgContact"]
        .iter()
        .any(|name| text.trim_start_matches('#').eq_ignore_ascii_case(&format!("microsoft.graph.{name}")))
}

/// A text that stands for itself.
fn text<'n>(map: &'n Map<'_>, name: &str) -> Option<&'n str> {
    let text = member(map, name)?.as_text()?;
    (!text.trim().is_empty() && !ids::is_placeholder(text)).then_some(text)
}

/// An id, as ids are compared.
fn guid(map: &Map<'_>, name: &str) -> Option<String> {
    text(map, name).filter(|text| ids::is_guid(text)).map(str::to_ascii_lowercase)
}

fn bool(map: &Map<'_>, name: &str) -> Option<bool> {
    match &member(map, name)?.value {
        Value::Bool(bool) => Some(*bool),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Directory;
    use crate::source::FileId;
    use crate::syntax::{json, yaml};

    const ANNA: &str = "1d3f6a58-0c1e-4b53-9a77-5b2f1f0c9a01";
    const BEN: &str = "1d3f6a58-0c1e-4b53-9a77-5b2f1f0c9a02";
    const STAFF: &str = "1d3f6a58-0c1e-4b53-9a77-5b2f1f0c9a11";
    const NESTED: &str = "1d3f6a58-0c1e-4b53-9a77-5b2f1f0c9a12";
    const ADMIN: &str = "62e90394-69f5-4237-9190-012177145e10";

    fn harvest(text: &str) -> Harvest {
        super::super::read(&json::read(text, FileId(0)), Format::Json)
    }

    fn read(text: &str) -> Directory {
        harvest(text).directory
    }

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn people(directory: &Directory, group: &str) -> Option<usize> {
        directory.people_in(group).map(|people| people.len())
    }

    #[test]
    fn users_in_a_list_with_the_first_letter_of_members_large() {
        let directory = read(&format!(
            r#"[{{ "Id": "{}", "DisplayName": "Anna", "UserPrincipalName": "anna@contoso.com", "UserType": "Member" }},
                {{ "Id": "{BEN}", "DisplayName": null, "UserPrincipalName": "ben@contoso.com" }}]"#,
            ANNA.to_uppercase()
        ));
        let anna = &directory.users[ANNA];
        assert_eq!((anna.name.as_deref(), anna.user_type.as_deref()), (Some("Anna"), Some("Member")));
        let ben = &directory.users[BEN];
        assert_eq!((ben.name.as_deref(), ben.user_type.as_deref()), (Some("ben@contoso.com"), None));
    }

    #[test]
    fn what_names_a_user_is_not_that_user() {
        for text in [
            r#"{ "id": "ID", "userPrincipalName": "anna@contoso.com", "userId": "x", "appId": "y" }"#,
            r##"{ "id": "ID", "userPrincipalName": "anna@contoso.com", "@odata.type": "#microsoft.graph.cloudPC" }"##,
            r#"{ "id": "anna", "userPrincipalName": "anna@contoso.com" }"#,
            r#"{ "id": "<anna>", "userPrincipalName": "anna@contoso.com" }"#,
        ] {
            let harvest = harvest(&text.replace("ID", ANNA));
            assert_eq!((harvest.facts, harvest.directory), (0, Directory::default()), "{text}");
        }
    }

    #[test]
    fn a_group_with_members_as_ids_and_as_objects() {
        for members in [
            format!(r#"["{ANNA}", "{BEN}"]"#),
            format!(r#"[{{ "id": "{ANNA}" }}, {{ "Id": "{BEN}", "AdditionalProperties": {{}} }}]"#),
            format!(r#"{{ "value": [{{ "id": "{ANNA}" }}, "{BEN}"] }}"#),
            format!(
                r##"["{ANNA}", "{BEN}", {{ "@odata.type": "#microsoft.graph.device", "id": "{STAFF}" }}]"##
            ),
        ] {
            let text = format!(
                r#"{{ "id": "{STAFF}", "displayName": "Staff", "groupTypes": [], "members": {members} }}"#
            );
            let directory = read(&text);
            assert_eq!(directory.groups[STAFF].name.as_deref(), Some("Staff"));
            assert_eq!(directory.people_in(STAFF), Some(set(&[ANNA, BEN])), "{members}");
        }
    }

    #[test]
    fn members_that_are_not_told_are_unknown() {
        let twenty: Vec<_> =
            (0..20).map(|n| format!("\"1d3f6a58-0c1e-4b53-9a77-5b2f1f0c90{n:02}\"")).collect();
        for rest in [
            String::new(),
            r#", "members": null"#.to_owned(),
            r#", "members": "System.Object[]""#.to_owned(),
            r#", "members": ["anna@contoso.com"]"#.to_owned(),
            r#", "members": ["<break glass>"]"#.to_owned(),
            r#", "members": [7]"#.to_owned(),
            r#", "members": [], "members@odata.nextLink": "https://graph.microsoft.com/next""#.to_owned(),
            r#", "members": { "value": [], "@odata.nextLink": "https://graph.microsoft.com/next" }"#
                .to_owned(),
            format!(r#", "members": [{}]"#, twenty.join(",")),
        ] {
            let directory = read(&format!(r#"{{ "id": "{STAFF}", "securityEnabled": true{rest} }}"#));
            assert_eq!(directory.groups[STAFF].members, None, "{rest}");
        }
        let none = read(&format!(r#"{{ "id": "{STAFF}", "mailEnabled": false, "members": [] }}"#));
        assert_eq!(people(&none, STAFF), Some(0));
    }

    #[test]
    fn groups_inside_groups_count_where_they_are_described() {
        let staff = format!(
            r##"{{ "id": "{STAFF}", "securityEnabled": true, "members": [
                 {{ "@odata.type": "#microsoft.graph.user", "id": "{ANNA}", "displayName": "Anna" }},
                 {{ "@odata.type": "#microsoft.graph.group", "id": "{NESTED}" }} ] }}"##
        );
        let nested =
            format!(r#"{{ "id": "{NESTED}", "securityEnabled": true, "members": ["{BEN}", "{STAFF}"] }}"#);
        let one = read(&staff);
        assert_eq!(people(&one, STAFF), None, "who is in the inner group is not known");
        assert_eq!(one.users[ANNA].name.as_deref(), Some("Anna"));
        let both = read(&format!(r#"{{ "value": [{staff}, {nested}] }}"#));
        assert_eq!(both.people_in(STAFF), Some(set(&[ANNA, BEN])));
    }

    #[test]
    fn pages_of_one_group_in_one_file_add_up() {
        let page = |id| format!(r#"{{ "id": "{STAFF}", "securityEnabled": true, "members": ["{id}"] }}"#);
        let directory = read(&format!("[{}, {}]", page(ANNA), page(BEN)));
        assert_eq!(people(&directory, STAFF), Some(2));
    }

    #[test]
    fn a_directory_role_tells_about_itself() {
        let role = format!(
            r#"{{ "id": "{STAFF}", "roleTemplateId": "{ADMIN}", "members": [{{ "id": "{ANNA}" }}] }}"#
        );
        let one = read(&role);
        assert_eq!(one.holders(ADMIN, true), Some(set(&[ANNA])));
        assert_eq!(one.holders(ADMIN, false), None);
        assert_eq!(one.holders(STAFF, true), None, "another role");
        let list = read(&format!(
            r#"{{ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryRoles(members())",
                 "value": [{role}] }}"#
        ));
        assert_eq!(list.holders(STAFF, true), Some(set(&[])), "a role nobody has activated");
        let without = harvest(&format!(r#"{{ "id": "{STAFF}", "roleTemplateId": "{ADMIN}" }}"#));
        assert_eq!(without.directory.roles, None);
    }

    fn assignment(principal: &str, rest: &str) -> String {
        format!(r#"{{ "id": "x", "roleDefinitionId": "{ADMIN}", "principalId": "{principal}"{rest} }}"#)
    }

    #[test]
    fn role_assignments_and_their_scope() {
        let directory = read(&format!(
            r#"{{ "value": [{}, {}, {}] }}"#,
            assignment(ANNA, r#", "directoryScopeId": "/""#),
            assignment(BEN, r#", "directoryScopeId": "/administrativeUnits/1""#),
            assignment(STAFF, ""),
        ));
        assert_eq!(directory.holders(ADMIN, true), Some(set(&[ANNA, STAFF])));
        assert_eq!(directory.holders(ADMIN, false), None);
        assert_eq!(directory.holders(BEN, true), Some(set(&[])));
    }

    #[test]
    fn eligible_is_not_active_however_the_file_says_it() {
        let context = "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/roleEligibilityScheduleInstances";
        for text in [
            assignment(ANNA, r##", "@odata.type": "#microsoft.graph.unifiedRoleEligibilitySchedule""##),
            assignment(
                ANNA,
                r##", "@odata.type": "#microsoft.graph.unifiedRoleEligibilityScheduleInstance""##,
            ),
            assignment(ANNA, r#", "memberType": "Direct""#),
            format!(r#"{{ "@odata.context": "{context}", "value": [{}] }}"#, assignment(ANNA, "")),
        ] {
            let directory = read(&text);
            assert_eq!(directory.holders(ADMIN, false), Some(set(&[ANNA])), "{text}");
            assert_eq!(directory.holders(ADMIN, true), None, "{text}");
        }
        let active = read(&assignment(ANNA, r#", "memberType": "Direct", "assignmentType": "Activated""#));
        assert_eq!(active.holders(ADMIN, true), Some(set(&[ANNA])));
        let none = harvest(&format!(r#"{{ "@odata.context": "{context}", "value": [] }}"#));
        assert_eq!(none.directory.holders(ADMIN, false), Some(set(&[])));
        assert_eq!(none.facts, 1);
    }

    #[test]
    fn assignments_of_which_a_part_is_missing_are_unknown() {
        let next = harvest(&format!(
            r#"{{ "@odata.nextLink": "https://graph.microsoft.com/next", "value": [{}] }}"#,
            assignment(ANNA, "")
        ));
        assert_eq!(next.directory.roles, None);
        assert_eq!(next.findings.len(), 1);
        for text in [
            assignment("<admins>", ""),
            assignment(ANNA, r#", "directoryScopeId": "{{scope}}""#),
            format!("[{}, {}]", assignment(ANNA, ""), assignment("anna@contoso.com", "")),
        ] {
            let directory = read(&text);
            assert_eq!((directory.holders(ADMIN, true), directory.roles), (None, None), "{text}");
        }
    }

    #[test]
    fn assignments_of_other_systems_are_left_alone() {
        let context =
            "https://graph.microsoft.com/v1.0/$metadata#roleManagement/entitlementManagement/roleAssignments";
        for text in [
            format!(
                r#"{{ "roleDefinitionId": "/subscriptions/1/roleDefinitions/2", "principalId": "{ANNA}" }}"#
            ),
            format!(r#"{{ "roleDefinitionId": "[variables('role')]", "principalId": "{ANNA}" }}"#),
            assignment(ANNA, r#", "appScopeId": "/AccessPackageCatalog/1""#),
            assignment(ANNA, r#", "action": "adminAssign""#),
            format!(r#"{{ "@odata.context": "{context}", "value": [{}] }}"#, assignment(ANNA, "")),
        ] {
            let harvest = harvest(&text);
            assert_eq!((harvest.facts, harvest.directory), (0, Directory::default()), "{text}");
        }
    }

    #[test]
    fn strengths_with_their_combinations() {
        let directory = read(&format!(
            r#"{{ "id": "{STAFF}", "displayName": "Keys", "allowedCombinations": ["fido2", "<more>"] }}"#
        ));
        let list = &directory.strengths[STAFF];
        assert_eq!(list.known().map(|item| item.value.as_str()).collect::<Vec<_>>(), ["fido2"]);
        assert!(!list.is_known());
    }

    #[test]
    fn service_principals_by_either_mark() {
        for mark in [r#""servicePrincipalType": "Application""#, r#""servicePrincipalNames": []"#] {
            let directory = read(&format!(
                r#"{{ "id": "{STAFF}", "appId": "{}", "displayName": "Backup", {mark} }}"#,
                ANNA.to_uppercase()
            ));
            let principal = &directory.service_principals[STAFF];
            assert_eq!(principal.name.as_deref(), Some("Backup"));
            assert_eq!(principal.app_id.as_deref(), Some(ANNA));
        }
    }

    #[test]
    fn trust_for_all_tenants_and_for_one() {
        let settings = |mfa: &str| {
            format!(
                r#"{{ "isMfaAccepted": {mfa}, "isCompliantDeviceAccepted": false,
                     "isHybridAzureADJoinedDeviceAccepted": false }}"#
            )
        };
        let all = read(&format!(r#"{{ "isServiceDefault": false, "inboundTrust": {} }}"#, settings("true")));
        assert_eq!(all.trust, Some(InboundTrust { mfa: true, ..InboundTrust::default() }));
        let partner = |trust: &str| read(&format!(r#"{{ "tenantId": "{STAFF}", "inboundTrust": {trust} }}"#));
        assert_eq!(partner(&settings("false")).partners[STAFF], Some(InboundTrust::default()));
        assert_eq!(partner(&settings("\"<mfa>\"")).partners[STAFF], None, "unknown, not the default");
        let inherits = read(&format!(
            r##"{{ "@odata.type": "#microsoft.graph.crossTenantAccessPolicyConfigurationPartner",
                 "tenantId": "{STAFF}", "inboundTrust": null }}"##
        ));
        assert!(inherits.partners.is_empty());
    }

    #[test]
    fn an_activation_that_asks_for_an_authentication_context() {
        let rule = |enabled| {
            format!(
                r#"{{ "id": "AuthenticationContext_EndUser_Assignment", "isEnabled": {enabled}, "claimValue": "c1" }}"#
            )
        };
        let of = |directory: Directory| -> Vec<_> {
            directory.step_ups.into_iter().map(|step_up| (step_up.context.value, step_up.of)).collect()
        };
        let found =
            |role: Option<&str>| vec![("c1".to_owned(), StepUpOf::RoleActivation(role.map(str::to_owned)))];
        assert_eq!(of(read(&rule("true"))), found(None));
        assert_eq!(of(read(&rule("false"))), []);
        let policy = |scope, role| {
            format!(
                r#"{{ "scopeType": "{scope}", "roleDefinitionId": "{role}", "policyId": "p",
                     "policy": {{ "rules": [{0}], "effectiveRules": [{0}] }} }}"#,
                rule("true")
            )
        };
        assert_eq!(of(read(&policy("DirectoryRole", ADMIN))), found(Some(ADMIN)));
        assert_eq!(of(read(&policy("Group", "member"))), []);
    }

    #[test]
    fn protected_actions() {
        let name = "microsoft.directory/conditionalAccessPolicies/basic/update";
        let harvest = harvest(&format!(
            r#"[{{ "name": "{name}", "authenticationContextId": "c3", "isAuthenticationContextSettable": true }},
                {{ "name": "{name}/other", "authenticationContextId": null, "isAuthenticationContextSettable": true }}]"#
        ));
        assert_eq!(harvest.facts, 2);
        let [step_up] = &*harvest.directory.step_ups else { panic!("one action asks for a context") };
        assert_eq!(step_up.context.value, "c3");
        assert_eq!(step_up.of, StepUpOf::ProtectedAction(name.to_owned()));
    }

    #[test]
    fn a_migration_table_names_groups() {
        let directory = read(&format!(
            r#"{{ "TenantId": "{BEN}", "Objects": [
                 {{ "DisplayName": "Staff", "Id": "{STAFF}", "Type": "Group" }},
                 {{ "DisplayName": "Filter", "Id": "{NESTED}", "Type": "AssignmentFilter" }} ] }}"#
        ));
        assert_eq!(directory.groups.len(), 1);
        assert_eq!(directory.groups[STAFF].name.as_deref(), Some("Staff"));
        assert_eq!(directory.people_in(STAFF), None);
    }

    #[test]
    fn the_same_in_yaml() {
        let text = format!("- id: {STAFF}\n  groupTypes: []\n  members: [{ANNA}]\n");
        let harvest = super::super::read(&yaml::read(&text, FileId(0)), Format::Yaml);
        assert_eq!(harvest.directory.people_in(STAFF), Some(set(&[ANNA])));
    }

    #[test]
    fn nothing_inside_a_policy_is_a_fact_about_the_tenant() {
        let harvest = harvest(&format!(
            r#"{{ "displayName": "MFA", "state": "enabled",
                 "conditions": {{ "users": {{ "includeUsers": ["All"] }},
                                  "applications": {{ "includeApplications": ["All"] }} }},
                 "grantControls": {{ "operator": "OR", "authenticationStrength":
                   {{ "id": "{STAFF}", "allowedCombinations": ["fido2"] }} }} }}"#
        ));
        assert_eq!((harvest.policies.len(), harvest.facts), (1, 0));
        assert_eq!(harvest.directory, Directory::default());
    }
}
