//! The file that describes one sign-in for `calint what-if`.
//!
//! Its shape is the request body of Microsoft Graph's `conditionalAccess/evaluate`, in JSON or YAML, with what
//! an offline tool has to be told added under the same objects. What is left out is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::sign_in::{
    Beside, Capabilities, Client, Device, DevicePlatform, Identity, Memberships, Person, PersonKind, Place,
    SignIn, Target, UNMAPPED,
};
use crate::policy::InboundTrust as Trust;
use crate::policy::words::{GuestType, InsiderRisk, Platform, UserAction, Word};

/// `servicePrincipalType` of a managed identity.
const MANAGED: &str = "ManagedIdentity";

/// A scenario as written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Scenario {
    sign_in_identity: SignInIdentity,
    sign_in_context: SignInContext,
    #[serde(default)]
    sign_in_conditions: SignInConditions,
    satisfied_controls: Option<Vec<String>>,
    #[serde(default)]
    inbound_trust: InboundTrust,
    #[serde(rename = "appliedPoliciesOnly")]
    _applied_policies_only: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignInIdentity {
    #[serde(rename = "@odata.type")]
    _odata_type: Option<String>,
    user_id: Option<String>,
    service_principal_id: Option<String>,
    service_principal_type: Option<String>,
    agent_id: Option<String>,
    user_type: Option<String>,
    external_user_type: Option<String>,
    external_tenant_id: Option<String>,
    home_tenant_id: Option<String>,
    group_ids: Option<Vec<String>>,
    role_template_ids: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignInContext {
    #[serde(rename = "@odata.type")]
    _odata_type: Option<String>,
    include_applications: Option<Vec<String>>,
    user_action: Option<String>,
    authentication_context_value: Option<String>,
    #[serde(default)]
    basic_scopes_only: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignInConditions {
    #[serde(rename = "@odata.type")]
    _odata_type: Option<String>,
    device_platform: Option<String>,
    client_app_type: Option<String>,
    sign_in_risk_level: Option<String>,
    user_risk_level: Option<String>,
    service_principal_risk_level: Option<String>,
    agent_id_risk_level: Option<String>,
    insider_risk_level: Option<String>,
    country: Option<String>,
    ip_address: Option<IpAddr>,
    authentication_flow: Option<AuthenticationFlow>,
    device_info: Option<serde_json::Map<String, Value>>,
    named_location_ids: Option<Vec<String>>,
    trusted_location: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuthenticationFlow {
    transfer_method: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct InboundTrust {
    mfa: bool,
    compliant_device: bool,
    hybrid_device: bool,
}

/// Reads a scenario.
///
/// # Errors
/// What is wrong with it, in words for its author.
pub fn parse(text: &str) -> Result<(SignIn, Capabilities), String> {
    let scenario: Scenario = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let conditions = &scenario.sign_in_conditions;
    let sign_in = SignIn {
        identity: scenario.sign_in_identity.read()?,
        target: scenario.sign_in_context.read()?,
        beside: Beside::default(),
        client: word(conditions.client_app_type.as_deref(), "clientAppType", CLIENTS)?,
        platform: platform(conditions.device_platform.as_deref())?,
        device: conditions.device_info.as_ref().map(device),
        place: conditions.place(),
        user_risk: level(conditions.user_risk_level.as_deref(), "userRiskLevel")?,
        sign_in_risk: level(conditions.sign_in_risk_level.as_deref(), "signInRiskLevel")?,
        service_principal_risk: level(
            conditions.service_principal_risk_level.as_deref(),
            "servicePrincipalRiskLevel",
        )?,
        agent_risk: level(conditions.agent_id_risk_level.as_deref(), "agentIdRiskLevel")?,
        insider_risk: insider(conditions.insider_risk_level.as_deref())?,
        flow: match &conditions.authentication_flow {
            None => None,
            Some(flow) => level(Some(&flow.transfer_method), "transferMethod")?,
        },
        closed: false,
    };
    let InboundTrust { mfa, compliant_device, hybrid_device } = scenario.inbound_trust;
    let controls = scenario.satisfied_controls;
    let capabilities = Capabilities {
        controls: controls.map(|names| names.iter().map(|name| name.to_lowercase()).collect()),
        more: false,
        methods: None,
        trust: Trust { mfa, compliant_device, hybrid_device },
    };
    Ok((sign_in, capabilities))
}

/// A sign-in as a scenario, which [`parse`] reads back to the same answers.
#[must_use]
pub fn write(sign_in: &SignIn, capabilities: &Capabilities) -> Value {
    let identity = match &sign_in.identity {
        Identity::ServicePrincipal(id) | Identity::Workload(id) => json!({ "servicePrincipalId": id }),
        Identity::Uncovered(id) => json!({ "servicePrincipalId": id, "servicePrincipalType": MANAGED }),
        Identity::Agent(id) => json!({ "agentId": id }),
        Identity::Person(person) => json!({
            "userId": person.id,
            "userType": person.kind.map(|kind| match kind {
                PersonKind::Member => "member",
                PersonKind::AgentUser => "agentUser",
                PersonKind::External(kind) => kind.as_str(),
            }),
            "groupIds": person.groups.known,
            "roleTemplateIds": person.roles.known,
            "homeTenantId": person.home_tenant.as_ref().filter(|_| person.kind.is_some_and(PersonKind::is_foreign)),
        }),
    };
    let context = match &sign_in.target {
        Target::Apps(ids) => json!({ "includeApplications": ids }),
        Target::BasicScopes(ids) => json!({ "includeApplications": ids, "basicScopesOnly": true }),
        Target::Action(action) => {
            let name = ACTIONS.iter().find(|(known, _)| known == action).map(|(_, name)| *name);
            json!({ "userAction": name.unwrap_or(action.as_str()) })
        }
        Target::Context(context) => json!({ "authenticationContextValue": context }),
        Target::Untold => json!({}),
    };
    let client = sign_in.client.and_then(|client| CLIENTS.iter().find(|(known, _)| *known == client));
    let platform = sign_in.platform.map(|platform| match platform {
        DevicePlatform::Known(platform) => platform.as_str(),
        DevicePlatform::Unrecognised => "unknown",
    });
    let conditions = json!({
        "clientAppType": client.map(|(_, name)| *name),
        "devicePlatform": platform,
        "deviceInfo": sign_in.device.as_ref().map(|device| &device.attributes),
        "ipAddress": sign_in.place.address,
        "country": sign_in.place.country,
        "namedLocationIds": sign_in.place.named,
        "signInRiskLevel": sign_in.sign_in_risk.map(Word::as_str),
        "userRiskLevel": sign_in.user_risk.map(Word::as_str),
        "servicePrincipalRiskLevel": sign_in.service_principal_risk.map(Word::as_str),
        "agentIdRiskLevel": sign_in.agent_risk.map(Word::as_str),
        "insiderRiskLevel": sign_in.insider_risk.map(|risk| risk.map_or("none", Word::as_str)),
        "authenticationFlow": sign_in.flow.map(|flow| json!({ "transferMethod": flow.as_str() })),
    });
    let mut scenario = json!({
        "signInIdentity": identity,
        "signInContext": context,
        "signInConditions": conditions,
        "inboundTrust": {
            "mfa": capabilities.trust.mfa,
            "compliantDevice": capabilities.trust.compliant_device,
            "hybridDevice": capabilities.trust.hybrid_device,
        },
    });
    leave_out_nulls(&mut scenario);
    scenario
}

fn leave_out_nulls(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
        members.values_mut().for_each(leave_out_nulls);
    }
}

impl SignInIdentity {
    fn read(&self) -> Result<Identity, String> {
        let given = [&self.user_id, &self.service_principal_id, &self.agent_id];
        if given.iter().filter(|id| id.is_some()).count() > 1 {
            return Err("signInIdentity names more than one identity".to_owned());
        }
        if let Some(id) = &self.service_principal_id {
            let managed =
                self.service_principal_type.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(MANAGED));
            let identity = if managed { Identity::Uncovered } else { Identity::ServicePrincipal };
            return Ok(identity(id.to_lowercase()));
        }
        if let Some(id) = &self.agent_id {
            return Ok(Identity::Agent(id.to_lowercase()));
        }
        Ok(Identity::Person(Person {
            id: self.user_id.as_ref().map(|id| id.to_lowercase()),
            kind: self.kind()?,
            possible: None,
            groups: memberships(self.group_ids.as_deref()),
            roles: memberships(self.role_template_ids.as_deref()),
            home_tenant: self.home_tenant_id.clone().or(self.external_tenant_id.clone()),
        }))
    }

    fn kind(&self) -> Result<Option<PersonKind>, String> {
        let text = self.user_type.as_deref().or(self.external_user_type.as_deref());
        Ok(match text {
            None => None,
            Some("member") => Some(PersonKind::Member),
            Some("agentUser") => Some(PersonKind::AgentUser),
            Some(text) => level::<GuestType>(Some(text), "userType")?.map(PersonKind::External),
        })
    }
}

/// What is listed is all there is; a list that is left out is not known.
fn memberships(ids: Option<&[String]>) -> Memberships {
    Memberships {
        known: ids.unwrap_or_default().iter().map(|id| id.to_lowercase()).collect(),
        outside: BTreeSet::new(),
        complete: ids.is_some(),
    }
}

/// The user actions as the service names them here, which is not how policies do.
const ACTIONS: &[(UserAction, &str)] = &[
    (UserAction::RegisterSecurityInfo, "registerSecurityInformation"),
    (UserAction::RegisterDevice, "registerOrJoinDevices"),
];

impl SignInContext {
    fn read(&self) -> Result<Target, String> {
        match (&self.include_applications, &self.user_action, &self.authentication_context_value) {
            (Some(apps), None, None) => {
                let ids = apps.iter().map(|id| id.to_lowercase()).collect();
                Ok(if self.basic_scopes_only { Target::BasicScopes(ids) } else { Target::Apps(ids) })
            }
            (None, Some(action), None) => {
                let known = ACTIONS.iter().find(|(_, name)| name.eq_ignore_ascii_case(action));
                let action = known.map(|(action, _)| *action).or_else(|| UserAction::parse(action));
                action.map(Target::Action).ok_or_else(|| unknown("userAction", &names(ACTIONS)))
            }
            (None, None, Some(context)) => Ok(Target::Context(context.clone())),
            _ => Err("signInContext needs one of `includeApplications`, `userAction`, \
                      `authenticationContextValue`"
                .to_owned()),
        }
    }
}

impl SignInConditions {
    fn place(&self) -> Place {
        let named = self.named_location_ids.as_ref();
        Place {
            by_address: false,
            address: self.ip_address,
            country: self.country.as_ref().map(|country| match country.as_str() {
                UNMAPPED => country.clone(),
                country => country.to_uppercase(),
            }),
            named: named.map(|ids| ids.iter().map(|id| id.to_lowercase()).collect::<BTreeSet<_>>()),
            trusted: self.trusted_location,
        }
    }
}

const CLIENTS: &[(Client, &str)] = &[
    (Client::Browser, "browser"),
    (Client::Modern, "mobileAppsAndDesktopClients"),
    (Client::ActiveSync, "exchangeActiveSync"),
    (Client::ActiveSyncSupported, "easSupported"),
    (Client::Other, "other"),
];

fn names<T>(table: &[(T, &str)]) -> String {
    table.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

fn unknown(member: &str, known: &str) -> String {
    format!("`{member}` has a value that is not known; known: {known}")
}

fn word<T: Copy>(text: Option<&str>, member: &str, table: &[(T, &str)]) -> Result<Option<T>, String> {
    let Some(text) = text else { return Ok(None) };
    let found = table.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
    found.map(|(value, _)| Some(*value)).ok_or_else(|| unknown(member, &names(table)))
}

fn level<T: Word>(text: Option<&str>, member: &str) -> Result<Option<T>, String> {
    word(text, member, T::ALL)
}

fn insider(text: Option<&str>) -> Result<Option<Option<InsiderRisk>>, String> {
    match text {
        Some("none") => Ok(Some(None)),
        text => Ok(level::<InsiderRisk>(text, "insiderRiskLevel")?.map(Some)),
    }
}

fn platform(text: Option<&str>) -> Result<Option<DevicePlatform>, String> {
    match text {
        None | Some("all") => Ok(None),
        Some("unknown") => Ok(Some(DevicePlatform::Unrecognised)),
        text => Ok(level::<Platform>(text, "devicePlatform")?.map(DevicePlatform::Known)),
    }
}

/// The attributes of a device; one that is null is one the device does not have. An object without any is a
/// device that is not registered.
fn device(info: &serde_json::Map<String, Value>) -> Device {
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Null => Vec::new(),
            Value::String(text) => vec![text.clone()],
            Value::Bool(true) => vec!["True".to_owned()],
            Value::Bool(false) => vec!["False".to_owned()],
            Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
            other => vec![other.to_string()],
        }
    };
    let renamed = |name: &str| match name {
        "ownership" => "deviceownership".to_owned(),
        name => name.to_lowercase(),
    };
    let attributes = info.iter().map(|(name, value)| (renamed(name), texts(value)));
    let attributes: BTreeMap<_, _> = attributes.filter(|(name, _)| !name.contains('@')).collect();
    Device { complete: attributes.values().all(Vec::is_empty), attributes }
}
