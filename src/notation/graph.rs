//! A policy as Microsoft Graph has it, in any spelling of its members.
//!
//! Source: Microsoft Graph reference, resource type `conditionalAccessPolicy` and the types of its members.

use super::reader::{Reader, Written, member, opaque, text_value};
use crate::policy::words::{ClientApp, MembershipKind};
use crate::policy::{
    App, Applications, Conditions, Fact, Filter, Given, Grant, Guests, List, Location, Pair, Policy,
    Principal, ReadOnly, Session, SignInFrequency, Strength, Unresolved, Users, Why, Workloads, ids,
};
use crate::source::{At, Span};
use crate::syntax::{Map, Member, Node, Value};

/// Whether an object is a policy: conditions about users or apps beside anything else of a policy, or, where
/// the conditions are missing, a state beside grant controls.
pub(super) fn is_policy(map: &Map<'_>) -> bool {
    let has = |name| member(map, name).is_some();
    let stated = member(map, "state").is_some_and(|state| state.as_text().is_some());
    let about = member(map, "conditions").and_then(Node::as_map).is_some_and(|conditions| {
        ["users", "applications", "clientApplications", "agents"].into_iter().any(|name| {
            member(conditions, name).is_some_and(|node| matches!(node.value, Value::Map(_) | Value::Text(_)))
        })
    });
    let does = ["grantControls", "sessionControls"].into_iter().any(has);
    let lost = member(map, "conditions").is_none_or(|conditions| conditions.as_text().is_some());
    if about { does || stated || has("displayName") } else { does && stated && lost }
}

const POLICY: &[&str] = &[
    "id",
    "templateId",
    "displayName",
    "name",
    "description",
    "state",
    "conditions",
    "grantControls",
    "sessionControls",
    "createdDateTime",
    "modifiedDateTime",
    "deletedDateTime",
    "partialEnablementStrategy",
];

/// What of that only the service writes.
const READ_ONLY: &[&str] = &[
    "id",
    "templateId",
    "createdDateTime",
    "modifiedDateTime",
    "deletedDateTime",
    "partialEnablementStrategy",
];

/// Reads a policy. `name` names it where it does not name itself.
pub(super) fn policy(whole: Span, map: &Map<'_>, name: Option<&At<String>>, reader: &mut Reader) -> Policy {
    let mut head = None;
    let mut id = Fact::Absent;
    let mut display_name = Fact::Absent;
    let mut state = Fact::Absent;
    let mut template_id = Fact::Absent;
    let mut created = Fact::Absent;
    let mut modified = Fact::Absent;
    let mut parts = Parts::default();
    let mut grant = Grant::default();
    let mut session = Session::default();
    let (members, mut unknown) = known_and_unknown(map, POLICY, reader);
    for (known, member) in members {
        let value = &member.value;
        if READ_ONLY.contains(&known) {
            reader.read_only.push(ReadOnly { key: member.key.span, value: value.span });
        }
        match known {
            "id" => id = reader.text_fact(value),
            "displayName" => {
                display_name = reader.text_fact(value);
                head = Some(value.span);
            }
            "name" if display_name.is_absent() => {
                display_name = reader.text_fact(value);
                head = head.or(Some(value.span));
            }
            "state" => state = reader.word_fact(value),
            "templateId" => template_id = reader.text_fact(value),
            "createdDateTime" => created = reader.text_fact(value),
            "modifiedDateTime" => modified = reader.text_fact(value),
            "conditions" => {
                head = head.or(Some(member.key.span));
                parts.read(member, reader);
            }
            "grantControls" => grant = read_grant(member, reader),
            "sessionControls" => session = read_session(member, reader),
            _ => {}
        }
    }
    unknown.retain(|key| looks_like_controls(&key.value));
    grant.unknown.extend(unknown);
    if display_name.is_absent()
        && let Some(name) = name
    {
        display_name = Fact::known(name.value.clone(), name.span);
        head = Some(name.span);
    }
    let head = head.unwrap_or(Span { end: whole.start.saturating_add(1).min(whole.end), ..whole });
    let Parts { users, workloads, applications, conditions } = parts;
    Policy {
        whole,
        head,
        spelling: reader.spelling,
        respelled: std::mem::take(&mut reader.respelled),
        read_only: std::mem::take(&mut reader.read_only),
        is_generated: false,
        id,
        display_name,
        state,
        template_id,
        created,
        modified,
        users,
        workloads,
        applications,
        conditions,
        grant,
        session,
    }
}

/// Whether a member of a policy that is not known may hold its controls.
fn looks_like_controls(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("grant") || key.starts_with("session")
}

fn is_null(node: &Node<'_>) -> bool {
    matches!(node.value, Value::Null)
}

/// What the object `conditions` holds.
#[derive(Default)]
struct Parts {
    users: Users,
    workloads: Workloads,
    applications: Applications,
    conditions: Conditions,
}

const CONDITIONS: &[&str] = &[
    "applications",
    "users",
    "clientApplications",
    "clientAppTypes",
    "platforms",
    "locations",
    "devices",
    "deviceStates",
    "userRiskLevels",
    "signInRiskLevels",
    "servicePrincipalRiskLevels",
    "insiderRiskLevels",
    "agentIdRiskLevels",
    "agentSessionRiskLevels",
    "authenticationFlows",
    "authenticationFlowTransferMethods",
    "agents",
    "agentContext",
    "times",
    "clients",
    "signInRiskDetections",
    "purviewDataLossPreventionRules",
];

/// Conditions that are objects, of which an expression tells nothing.
const OBJECTS: &[&str] = &[
    "clientApplications",
    "platforms",
    "locations",
    "devices",
    "deviceStates",
    "authenticationFlows",
    "agents",
];

/// Users that are an expression: anybody may be taken in or left out.
fn open_users(member: &Member<'_>, open: &At<Unresolved>) -> Users {
    let list = || List { open: Some(Box::new(open.clone())), ..List::default() };
    Users { key: Some(member.key.span), include_users: list(), exclude_users: list(), ..Users::default() }
}

/// Applications that are an expression: any may be taken in or left out.
fn open_applications(member: &Member<'_>, open: &At<Unresolved>) -> Applications {
    let list = || List { open: Some(Box::new(open.clone())), ..List::default() };
    Applications { key: Some(member.key.span), include: list(), exclude: list(), ..Applications::default() }
}

impl Parts {
    fn read(&mut self, member: &Member<'_>, reader: &mut Reader) {
        self.conditions.key = Some(member.key.span);
        if let Some(open) = opaque(&member.value) {
            reader.object(&member.value);
            self.conditions.unknown.push(member.key.as_ref().map(|key| key.to_string()));
            self.users = open_users(member, &open);
            self.applications = open_applications(member, &open);
        }
        let Some(map) = reader.object(&member.value) else { return };
        let (members, unknown) = known_and_unknown(map, CONDITIONS, reader);
        self.conditions.unknown.extend(unknown);
        for (known, member) in members {
            if is_null(&member.value) {
                continue;
            }
            let conditions = &mut self.conditions;
            match known {
                "applications" => self.applications = read_applications(member, reader),
                "users" => self.users = read_users(member, reader),
                known if OBJECTS.contains(&known) && opaque(&member.value).is_some() => {
                    reader.object(&member.value);
                    conditions.unknown.push(member.key.as_ref().map(|key| key.to_string()));
                }
                "clientApplications" => read_workloads(member, reader, &mut self.workloads),
                "agents" => read_agents(member, reader, &mut self.workloads),
                "clientAppTypes" => conditions.client_app_types = reader.words::<ClientApp>(member),
                "platforms" => {
                    conditions.platforms =
                        read_pair(member, reader, PLATFORMS, |reader, member| reader.words(member));
                }
                "locations" => {
                    conditions.locations = read_pair(member, reader, LOCATIONS, |reader, member| {
                        let names = reader.spelling.names;
                        reader.list(member, false, |reader, written, span| match written {
                            Written::Text(text) => {
                                let location = ids::location(text, names);
                                if let Given::Known(Location::Token(token)) = &location {
                                    let word = ids::spelled(ids::LOCATION_TOKENS, token);
                                    reader.spelled(text, word, span);
                                }
                                location
                            }
                            Written::Reference(name) => Given::Known(Location::Name(name.to_owned())),
                        })
                    });
                }
                "devices" => read_devices(member, reader, conditions),
                "deviceStates" => {
                    conditions.device_states =
                        read_pair(member, reader, DEVICE_STATES, |reader, member| reader.texts(member));
                }
                "userRiskLevels" => conditions.user_risk = reader.words(member),
                "signInRiskLevels" => conditions.sign_in_risk = reader.words(member),
                "servicePrincipalRiskLevels" => conditions.service_principal_risk = reader.words(member),
                "insiderRiskLevels" => conditions.insider_risk = reader.words(member),
                "agentIdRiskLevels" => conditions.agent_risk = reader.words(member),
                "authenticationFlows" => read_flows(member, reader, conditions),
                "authenticationFlowTransferMethods" => conditions.transfer_methods = reader.words(member),
                _ if is_configured(&member.value) => {
                    conditions.unknown.push(member.key.as_ref().map(|key| key.to_string()));
                }
                _ => {}
            }
        }
    }
}

/// The members of an object that are known, and the keys of those that are not and say something.
fn known_and_unknown<'n, 't>(
    map: &'n Map<'t>,
    known: &'static [&'static str],
    reader: &mut Reader,
) -> (Vec<(&'static str, &'n Member<'t>)>, Vec<At<String>>) {
    reader.take_unknown();
    let members = reader.members(map, known);
    let written = |key: &At<String>| {
        let own = map.members.iter().find(|member| member.key.span == key.span);
        own.is_some_and(|member| is_configured(&member.value))
    };
    (members, reader.take_unknown().into_iter().filter(written).collect())
}

/// Whether a value says anything: an object or list of nothing but nulls does not.
fn is_configured(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null => false,
        Value::List(items) => items.iter().any(is_configured),
        Value::Map(map) => map
            .members
            .iter()
            .any(|member| !member.key.value.contains("@odata.") && is_configured(&member.value)),
        Value::Text(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Unresolved(_) | Value::Reference(_) => true,
    }
}

const USERS: &[&str] = &[
    "includeUsers",
    "excludeUsers",
    "includeGroups",
    "excludeGroups",
    "includeRoles",
    "excludeRoles",
    "includeGuestsOrExternalUsers",
    "excludeGuestsOrExternalUsers",
    "includeUserNames",
    "excludeUserNames",
    "includeGroupNames",
    "excludeGroupNames",
];

fn read_users(member: &Member<'_>, reader: &mut Reader) -> Users {
    if let Some(open) = opaque(&member.value) {
        reader.object(&member.value);
        return open_users(member, &open);
    }
    let mut users = Users { key: Some(member.key.span), ..Users::default() };
    let Some(map) = reader.object(&member.value) else { return users };
    for (known, member) in reader.members(map, USERS) {
        match known {
            "includeGuestsOrExternalUsers" => users.include_guests = read_guests(member, reader),
            "excludeGuestsOrExternalUsers" => users.exclude_guests = read_guests(member, reader),
            _ => {
                let names = reader.spelling.names || known.ends_with("Names");
                let roles = known.ends_with("Roles");
                let read = reader.list(member, false, |reader, written, span| match written {
                    Written::Text(text) => {
                        let principal = if roles { role(text, names) } else { ids::principal(text, names) };
                        if let Given::Known(Principal::Token(token)) = &principal {
                            reader.spelled(text, ids::spelled(ids::USER_TOKENS, token), span);
                        }
                        principal
                    }
                    Written::Reference(name) => Given::Known(Principal::Name(name.to_owned())),
                });
                if let Some(list) = users_list(&mut users, known) {
                    join(list, read);
                }
            }
        }
    }
    users
}

fn users_list<'u>(users: &'u mut Users, known: &str) -> Option<&'u mut List<Principal>> {
    Some(match known {
        "includeUsers" | "includeUserNames" => &mut users.include_users,
        "excludeUsers" | "excludeUserNames" => &mut users.exclude_users,
        "includeGroups" | "includeGroupNames" => &mut users.include_groups,
        "excludeGroups" | "excludeGroupNames" => &mut users.exclude_groups,
        "includeRoles" => &mut users.include_roles,
        "excludeRoles" => &mut users.exclude_roles,
        _ => return None,
    })
}

/// Adds a list to another, which happens where a file has both ids and names.
fn join<T>(list: &mut List<T>, more: List<T>) {
    list.key = list.key.take().or(more.key);
    list.items.extend(more.items);
    list.open = list.open.take().or(more.open);
}

fn role(text: &str, names: bool) -> Given<Principal> {
    let named = ids::roles::ROLES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
    match (names, named) {
        (true, Some((id, _))) => Given::Known(Principal::Id((*id).to_owned())),
        _ => ids::principal(text, names),
    }
}

const GUESTS: &[&str] = &["guestOrExternalUserTypes", "externalTenants"];
const TENANTS: &[&str] = &["membershipKind", "members", "enumerated", "all"];

fn read_guests(member: &Member<'_>, reader: &mut Reader) -> Option<Guests> {
    let mut guests = Guests { key: Some(member.key.span), ..Guests::default() };
    if let Some(open) = opaque(&member.value) {
        reader.object(&member.value);
        guests.types.open = Some(Box::new(open));
        return Some(guests);
    }
    let map = reader.object(&member.value)?;
    for (known, member) in reader.members(map, GUESTS) {
        match known {
            "guestOrExternalUserTypes" => guests.types = reader.words(member),
            "externalTenants" => read_tenants(member, reader, &mut guests),
            _ => {}
        }
    }
    let lists_tenants = !guests.tenants.is_empty()
        || guests.membership.get().is_some_and(|kind| *kind.value == MembershipKind::Enumerated);
    (!guests.types.is_empty() || lists_tenants).then_some(guests)
}

fn read_tenants(member: &Member<'_>, reader: &mut Reader, guests: &mut Guests) {
    let Some(map) = reader.object(&member.value) else { return };
    for (known, member) in reader.members(map, TENANTS) {
        match known {
            "membershipKind" => guests.membership = reader.word_fact(&member.value),
            "members" => guests.tenants = reader.ids(member),
            "enumerated" => read_tenants(member, reader, guests),
            _ => {}
        }
    }
}

const WORKLOADS: &[&str] = &[
    "includeServicePrincipals",
    "excludeServicePrincipals",
    "servicePrincipalFilter",
    "filter",
    "includeAgentIdServicePrincipals",
    "excludeAgentIdServicePrincipals",
    "agentIdServicePrincipalFilter",
];

fn read_workloads(member: &Member<'_>, reader: &mut Reader, workloads: &mut Workloads) {
    let Some(map) = reader.object(&member.value) else { return };
    for (known, member) in reader.members(map, WORKLOADS) {
        match known {
            "includeServicePrincipals" => workloads.include_service_principals = reader.ids(member),
            "excludeServicePrincipals" => workloads.exclude_service_principals = reader.ids(member),
            "includeAgentIdServicePrincipals" => join(&mut workloads.include_agents, reader.ids(member)),
            "excludeAgentIdServicePrincipals" => join(&mut workloads.exclude_agents, reader.ids(member)),
            _ => workloads.filter = read_filter(member, reader).or(workloads.filter.take()),
        }
    }
}

const AGENTS: &[&str] = &["includeAgentUsers", "excludeAgentUsers", "agentFilter"];

fn read_agents(member: &Member<'_>, reader: &mut Reader, workloads: &mut Workloads) {
    let Some(map) = reader.object(&member.value) else { return };
    for (known, member) in reader.members(map, AGENTS) {
        match known {
            "includeAgentUsers" => join(&mut workloads.include_agents, reader.ids(member)),
            "excludeAgentUsers" => join(&mut workloads.exclude_agents, reader.ids(member)),
            _ => workloads.filter = read_filter(member, reader).or(workloads.filter.take()),
        }
    }
}

const APPLICATIONS: &[&str] = &[
    "includeApplications",
    "excludeApplications",
    "includeApplicationNames",
    "excludeApplicationNames",
    "includeUserActions",
    "includeAuthenticationContextClassReferences",
    "applicationFilter",
    "filter",
    "globalSecureAccess",
    "networkAccess",
];
const TRAFFIC: &[&str] = &["includeTrafficProfiles"];

fn read_applications(member: &Member<'_>, reader: &mut Reader) -> Applications {
    if let Some(open) = opaque(&member.value) {
        reader.object(&member.value);
        return open_applications(member, &open);
    }
    let mut applications = Applications { key: Some(member.key.span), ..Applications::default() };
    let Some(map) = reader.object(&member.value) else { return applications };
    for (known, member) in reader.members(map, APPLICATIONS) {
        match known {
            "includeApplications"
            | "includeApplicationNames"
            | "excludeApplications"
            | "excludeApplicationNames" => {
                let names = reader.spelling.names || known.ends_with("Names");
                let read = reader.list(member, false, |reader, written, span| match written {
                    Written::Text(text) => {
                        let app = ids::app(text, names);
                        if let Given::Known(App::Token(token)) = &app {
                            reader.spelled(text, ids::spelled(ids::APP_TOKENS, token), span);
                        }
                        app
                    }
                    Written::Reference(name) => Given::Known(App::Name(name.to_owned())),
                });
                let list = if known.starts_with("include") {
                    &mut applications.include
                } else {
                    &mut applications.exclude
                };
                join(list, read);
            }
            "includeUserActions" => applications.user_actions = reader.words(member),
            "includeAuthenticationContextClassReferences" => {
                let names = reader.spelling.names;
                applications.auth_contexts = reader.list(member, false, |_, written, _| match written {
                    Written::Text(text) => ids::auth_context(text, names),
                    Written::Reference(name) => Given::Known(name.to_owned()),
                });
            }
            "applicationFilter" | "filter" => {
                applications.filter = read_filter(member, reader).or(applications.filter.take());
            }
            _ => {
                let profiles = &mut applications.traffic_profiles;
                profiles.open = opaque(&member.value).map(Box::new).or(profiles.open.take());
                let Some(map) = reader.object(&member.value) else { continue };
                for (_, member) in reader.members(map, TRAFFIC) {
                    applications.traffic_profiles = reader.texts(member);
                }
            }
        }
    }
    applications
}

const FILTER: &[&str] = &["mode", "rule"];

/// A filter; a shell without mode and rule is none.
fn read_filter(member: &Member<'_>, reader: &mut Reader) -> Option<Filter> {
    let mut filter = Filter { key: member.key.span, mode: Fact::Absent, rule: Fact::Absent };
    if let Some(open) = opaque(&member.value) {
        reader.object(&member.value);
        filter.mode = Fact::Written(open.map(Given::Unresolved));
        return Some(filter);
    }
    let map = reader.object(&member.value)?;
    for (known, member) in reader.members(map, FILTER) {
        match known {
            "mode" => filter.mode = reader.word_fact(&member.value),
            "rule" => filter.rule = reader.rule_fact(&member.value),
            _ => {}
        }
    }
    (!(filter.mode.is_absent() && filter.rule.is_absent())).then_some(filter)
}

const PLATFORMS: &[&str] = &["includePlatforms", "excludePlatforms"];
const LOCATIONS: &[&str] = &["includeLocations", "excludeLocations"];
const DEVICE_STATES: &[&str] = &["includeStates", "excludeStates"];

/// An include and an exclude list; a shell without either is none.
fn read_pair<T>(
    member: &Member<'_>,
    reader: &mut Reader,
    known: &'static [&'static str],
    read: impl Fn(&mut Reader, &Member<'_>) -> List<T>,
) -> Option<Pair<T>> {
    let map = reader.object(&member.value)?;
    let mut pair = Pair { key: member.key.span, include: List::default(), exclude: List::default() };
    for (known, member) in reader.members(map, known) {
        let list = read(reader, member);
        if known.starts_with("include") { pair.include = list } else { pair.exclude = list }
    }
    (!(pair.include.is_empty() && pair.exclude.is_empty())).then_some(pair)
}

const DEVICES: &[&str] = &[
    "deviceFilter",
    "filter",
    "includeDevices",
    "excludeDevices",
    "includeDeviceStates",
    "excludeDeviceStates",
];

fn read_devices(member: &Member<'_>, reader: &mut Reader, conditions: &mut Conditions) {
    let key = member.key.span;
    let Some(map) = reader.object(&member.value) else { return };
    let mut states = Pair { key, include: List::default(), exclude: List::default() };
    for (known, member) in reader.members(map, DEVICES) {
        match known {
            "deviceFilter" | "filter" => {
                conditions.device_filter = read_filter(member, reader).or(conditions.device_filter.take());
            }
            _ => {
                let list =
                    if known.starts_with("include") { &mut states.include } else { &mut states.exclude };
                join(list, reader.texts(member));
            }
        }
    }
    if !(states.include.is_empty() && states.exclude.is_empty()) {
        conditions.device_states = Some(states);
    }
}

const FLOWS: &[&str] = &["transferMethods", "protocolFlows"];

fn read_flows(member: &Member<'_>, reader: &mut Reader, conditions: &mut Conditions) {
    let Some(map) = reader.object(&member.value) else { return };
    for (known, member) in reader.members(map, FLOWS) {
        match known {
            "transferMethods" => conditions.transfer_methods = reader.words(member),
            _ if is_configured(&member.value) => {
                conditions.unknown.push(member.key.as_ref().map(|key| key.to_string()));
            }
            _ => {}
        }
    }
}

const GRANT: &[&str] = &[
    "operator",
    "builtInControls",
    "authenticationStrength",
    "authenticationStrengthPolicyId",
    "customAuthenticationFactors",
    "termsOfUse",
];

fn read_grant(member: &Member<'_>, reader: &mut Reader) -> Grant {
    let mut grant = Grant { key: Some(member.key.span), ..Grant::default() };
    grant.controls.open = opaque(&member.value).map(Box::new);
    let Some(map) = reader.object(&member.value) else { return grant };
    let (members, unknown) = known_and_unknown(map, GRANT, reader);
    grant.unknown = unknown;
    for (known, member) in members {
        match known {
            "operator" => grant.operator = reader.word_fact(&member.value),
            "builtInControls" => grant.controls = reader.words(member),
            "authenticationStrength" => {
                grant.strength = read_strength(member, reader).or(grant.strength.take());
            }
            "authenticationStrengthPolicyId" => {
                grant.strength = strength_by_path(&member.value, reader).or(grant.strength.take());
            }
            "customAuthenticationFactors" => grant.custom_factors = each(reader.texts(member)),
            "termsOfUse" => grant.terms_of_use = each(reader.ids(member)),
            _ => {}
        }
    }
    grant
}

/// The controls of a list; an empty text, which desired-state configurations write for none, is none.
fn each(mut list: List<String>) -> List<String> {
    list.items.retain(|item| match &item.value {
        Given::Known(text) => !text.is_empty(),
        Given::Unresolved(what) => !what.text.is_empty(),
    });
    list
}

const STRENGTH: &[&str] = &[
    "id",
    "displayName",
    "description",
    "policyType",
    "requirementsSatisfied",
    "allowedCombinations",
    "combinationConfigurations",
    "createdDateTime",
    "modifiedDateTime",
];

fn read_strength(member: &Member<'_>, reader: &mut Reader) -> Option<Strength> {
    if let Value::Text(text) = &member.value.value
        && !text.is_empty()
        && !text.eq_ignore_ascii_case("none")
    {
        return strength_by_path(&member.value, reader);
    }
    if matches!(member.value.value, Value::Unresolved(_) | Value::Reference(_)) {
        return strength_by_path(&member.value, reader);
    }
    let map = reader.object(&member.value)?;
    let mut strength = Strength { span: member.key.span, id: Fact::Absent, combinations: List::default() };
    for (known, member) in reader.members(map, STRENGTH) {
        match known {
            "id" => {
                strength.id = lower_id(reader.text_fact(&member.value));
                strength.span = member.value.span;
            }
            "allowedCombinations" => strength.combinations = reader.texts(member),
            _ => {}
        }
    }
    if strength.id.is_absent() && strength.combinations.is_empty() {
        if !is_configured(&member.value) {
            return None;
        }
        let what = Unresolved { text: "a strength without id".to_owned(), why: Why::NameForId };
        strength.id = Fact::Written(At::new(Given::Unresolved(what), member.key.span));
    }
    Some(strength)
}

/// A strength named by its id or by the resource path that ends in it.
fn strength_by_path(node: &Node<'_>, reader: &mut Reader) -> Option<Strength> {
    let id = match reader.text_fact(node) {
        Fact::Absent => return None,
        // States and plans of Terraform write an empty text for what is not set.
        Fact::Written(At { value: Given::Known(path), .. }) if path.is_empty() => return None,
        Fact::Written(At { value: Given::Known(name), span })
            if reader.spelling.names && ids::strengths::by_name(&name).is_some() =>
        {
            let id = ids::strengths::by_name(&name).unwrap_or_default().to_owned();
            Fact::known(id, span)
        }
        Fact::Written(At { value: Given::Known(path), span }) => {
            let last = path.rsplit('/').next().unwrap_or_default().to_owned();
            lower_id(Fact::known(last, span))
        }
        unresolved => unresolved,
    };
    Some(Strength { span: node.span, id, combinations: List::default() })
}

/// An id as ids are compared; a name or a placeholder where one belongs is unresolved.
fn lower_id(id: Fact<String>) -> Fact<String> {
    match id {
        Fact::Written(At { value: Given::Known(text), span }) => {
            let value = match text_value(&text) {
                Given::Known(text) if !ids::is_guid(&text) => {
                    Given::Unresolved(Unresolved { text, why: Why::NameForId })
                }
                value => value,
            };
            Fact::Written(At::new(value, span))
        }
        other => other,
    }
}

const SESSION: &[&str] = &[
    "applicationEnforcedRestrictions",
    "cloudAppSecurity",
    "signInFrequency",
    "persistentBrowser",
    "continuousAccessEvaluation",
    "disableResilienceDefaults",
    "secureSignInSession",
    "globalSecureAccessFilteringProfile",
    "networkAccessSecurity",
    "blockSensitiveActions",
    "applicationEnforcedRestrictionsEnabled",
    "cloudAppSecurityPolicy",
    "persistentBrowserMode",
    "signInFrequencyPeriod",
    "signInFrequencyInterval",
    "signInFrequencyAuthenticationType",
];
const ENABLED: &[&str] = &[
    "isEnabled",
    "mode",
    "type",
    "value",
    "frequencyInterval",
    "authenticationType",
    "cloudAppSecurityType",
    "secureAppSessionMode",
    "profileId",
    "policyId",
    "includeSensitiveActions",
];

fn read_session(member: &Member<'_>, reader: &mut Reader) -> Session {
    let mut session = Session { key: Some(member.key.span), ..Session::default() };
    if opaque(&member.value).is_some() {
        session.others.push(At::new("not known".to_owned(), member.value.span));
        session.unsettled.clone_from(&session.others);
    }
    let Some(map) = reader.object(&member.value) else { return session };
    let mut frequency = None;
    let (members, unknown) = known_and_unknown(map, SESSION, reader);
    session.others.extend(unknown.iter().cloned());
    session.unsettled.extend(unknown);
    for (known, member) in members {
        match known {
            "disableResilienceDefaults" => {
                session.disable_resilience_defaults = reader.bool_fact(&member.value);
            }
            "secureSignInSession" => {
                session.token_protection = inner(member, "isEnabled", reader, Reader::bool_fact);
            }
            "continuousAccessEvaluation" => {
                session.continuous_access = inner(member, "mode", reader, Reader::word_fact);
            }
            _ if !is_on(&member.value) => {}
            // Providers fill it in by themselves, and a frequency of 0 is one that is not set.
            "signInFrequencyAuthenticationType" => {}
            "signInFrequency" if matches!(&member.value.value, Value::Number(zero) if zero == "0") => {}
            "signInFrequency" | "signInFrequencyPeriod" | "signInFrequencyInterval" => {
                let frequency = frequency.get_or_insert_with(|| SignInFrequency::at(member.key.span));
                read_frequency(known, member, reader, frequency);
            }
            _ => {
                let name = GRAPH_NAMES.iter().find(|(own, _)| *own == known).map_or(known, |(_, name)| name);
                let control = At::new(name.to_owned(), member.key.span);
                if is_unsettled(&member.value) {
                    session.unsettled.push(control.clone());
                }
                session.others.push(control);
            }
        }
    }
    session.sign_in_frequency = frequency;
    session
}

/// Session controls of providers that write them without nesting, and their names in Microsoft Graph.
const GRAPH_NAMES: &[(&str, &str)] = &[
    ("applicationEnforcedRestrictionsEnabled", "applicationEnforcedRestrictions"),
    ("cloudAppSecurityPolicy", "cloudAppSecurity"),
    ("persistentBrowserMode", "persistentBrowser"),
];

/// A sign-in frequency, as one object or as members of their own.
fn read_frequency(known: &str, own: &Member<'_>, reader: &mut Reader, frequency: &mut SignInFrequency) {
    match known {
        "signInFrequencyPeriod" => frequency.unit = reader.word_fact(&own.value),
        "signInFrequencyInterval" => frequency.interval = reader.word_fact(&own.value),
        "signInFrequency" if matches!(own.value.value, Value::Number(_) | Value::Text(_)) => {
            frequency.key = own.key.span;
            frequency.value = reader.text_fact(&own.value);
        }
        "signInFrequency" => {
            frequency.key = own.key.span;
            if let Some(open) = opaque(&own.value) {
                frequency.value = Fact::Written(open.map(Given::Unresolved));
            }
            let Some(map) = reader.object(&own.value) else { return };
            for (known, member) in reader.members(map, ENABLED) {
                match known {
                    _ if !is_configured(&member.value) => {}
                    "isEnabled" => frequency.enabled = reader.bool_fact(&member.value),
                    "type" => frequency.unit = reader.word_fact(&member.value),
                    "value" => frequency.value = reader.text_fact(&member.value),
                    "frequencyInterval" => frequency.interval = reader.word_fact(&member.value),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn inner<T>(
    member: &Member<'_>,
    name: &str,
    reader: &mut Reader,
    read: fn(&mut Reader, &Node<'_>) -> Fact<T>,
) -> Fact<T> {
    let Some(map) = reader.object(&member.value) else { return Fact::Absent };
    let found = reader.members(map, ENABLED).into_iter().find(|(known, _)| *known == name);
    found.map_or(Fact::Absent, |(_, member)| read(reader, &member.value))
}

/// Whether an expression decides if a session control is in use.
fn is_unsettled(node: &Node<'_>) -> bool {
    let decides = node.as_map().and_then(|map| member(map, "isEnabled")).unwrap_or(node);
    opaque(node).is_some_and(|what| what.value.why == Why::Expression)
        || matches!(decides.value, Value::Unresolved(_) | Value::Reference(_))
}

/// Whether a session control is in use: written, and not switched off.
fn is_on(node: &Node<'_>) -> bool {
    let switched_off = node.as_map().and_then(|map| member(map, "isEnabled")).is_some_and(is_false);
    is_configured(node) && !switched_off && !is_false(node)
}

fn is_false(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Bool(bool) => !bool,
        Value::Text(text) => text.eq_ignore_ascii_case("false"),
        _ => false,
    }
}
