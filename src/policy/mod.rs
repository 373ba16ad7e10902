//! The one model of a policy, whatever notation it was written in.
//!
//! Members follow the Microsoft Graph resource `conditionalAccessPolicy`; every value has its place.

pub mod directory;
mod fact;
pub mod ids;
mod spelling;
mod text;
pub mod words;

pub use directory::{Directory, InboundTrust};
pub use fact::{Fact, Given, List, Truth, Unresolved, Why};
pub use spelling::{Case, Format, Spelling, case_of, same_member};
pub use text::Text;

use serde::Serialize;

use crate::finding::About;
use crate::source::{At, Span};
use words::{
    ClientApp, ContinuousAccess, Control, CountryLookup, FilterMode, FrequencyInterval, FrequencyUnit,
    GuestType, InsiderRisk, MembershipKind, Operator, Platform, Risk, State, TransferMethod, UserAction,
};

/// Everything read for one tenant.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicySet {
    /// The policies, in the order of the files.
    pub policies: Vec<Policy>,
    /// The named locations.
    pub named_locations: Vec<NamedLocation>,
    /// What exports tell about the tenant.
    #[serde(skip)]
    pub directory: Directory,
}

/// One policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// The whole object.
    #[serde(skip)]
    pub whole: Span,
    /// The smallest place that shows which policy it is.
    #[serde(skip)]
    pub head: Span,
    /// How the file spells members.
    #[serde(skip)]
    pub spelling: Spelling,
    /// Words of the schema that the file spells otherwise.
    #[serde(skip)]
    pub respelled: Vec<Respelled>,
    /// Members that only the service writes.
    #[serde(skip)]
    pub read_only: Vec<ReadOnly>,
    /// A program made the file from another one, as a Terraform plan or state, so that an edit is lost.
    #[serde(skip)]
    pub is_generated: bool,
    /// Object id.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub id: Fact<String>,
    /// Display name; not unique.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub display_name: Fact<String>,
    /// State.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub state: Fact<State>,
    /// `templateId`: the template of Microsoft's it was made from.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub template_id: Fact<String>,
    /// `createdDateTime`, as the service writes it.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub created: Fact<String>,
    /// `modifiedDateTime`, as the service writes it; absent until the first change.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub modified: Fact<String>,
    /// Who.
    pub users: Users,
    /// Which service principals, where it is about those.
    #[serde(skip_serializing_if = "Workloads::is_empty")]
    pub workloads: Workloads,
    /// What is asked for.
    pub applications: Applications,
    /// Under which circumstances.
    pub conditions: Conditions,
    /// What is demanded.
    pub grant: Grant,
    /// What holds for the session.
    #[serde(skip_serializing_if = "Session::is_empty")]
    pub session: Session,
}

impl Policy {
    /// The policy as a finding names it.
    #[must_use]
    pub fn about(&self) -> About {
        let text = |fact: &Fact<String>| match fact {
            Fact::Absent => None,
            Fact::Written(At { value: Given::Known(text), .. }) => Some(text.clone()),
            Fact::Written(At { value: Given::Unresolved(what), .. }) => Some(what.text.clone()),
        };
        About { name: text(&self.display_name), id: text(&self.id), whole: self.whole }
    }

    /// The display name, else the id, for a message.
    #[must_use]
    pub fn title(&self) -> &str {
        let name = self.display_name.get().or(self.id.get());
        name.map_or("a policy without a name", |at| at.value.as_str())
    }

    /// Whether the policy is about service principals or agents instead of people.
    #[must_use]
    pub fn targets_workloads(&self) -> bool {
        !self.workloads.is_empty()
    }
}

/// A word of the schema in another spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Respelled {
    /// The place of the text that holds it; several words behind commas share one.
    pub span: Span,
    /// The word as written.
    pub written: String,
    /// The word as the schema has it.
    pub word: &'static str,
}

impl Respelled {
    /// Whether it is a word of an earlier schema and not the same one in another case.
    #[must_use]
    pub fn is_former(&self) -> bool {
        !self.written.eq_ignore_ascii_case(self.word)
    }
}

/// A member that only the service writes. Source: Microsoft Graph reference, resource type
/// `conditionalAccessPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOnly {
    /// The key.
    pub key: Span,
    /// The value.
    pub value: Span,
}

/// A user or group in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Principal {
    /// A word of the schema.
    #[serde(serialize_with = "ids::user_token")]
    Token(UserToken),
    /// An object id, in lower case.
    Id(String),
    /// A name, in a notation that uses names.
    Name(String),
}

/// The words a user list may hold beside ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserToken {
    /// Everybody with an account in the tenant, guests included.
    All,
    /// Nobody.
    None,
    /// Every guest and external user.
    Guests,
    /// Every agent user account.
    AgentUsers,
}

/// The users of a policy.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Users {
    /// The key of the object, where it is written.
    #[serde(skip)]
    pub key: Option<Span>,
    /// `includeUsers`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub include_users: List<Principal>,
    /// `excludeUsers`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub exclude_users: List<Principal>,
    /// `includeGroups`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub include_groups: List<Principal>,
    /// `excludeGroups`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub exclude_groups: List<Principal>,
    /// `includeRoles`: role template ids.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub include_roles: List<Principal>,
    /// `excludeRoles`: role template ids.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub exclude_roles: List<Principal>,
    /// `includeGuestsOrExternalUsers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_guests: Option<Guests>,
    /// `excludeGuestsOrExternalUsers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude_guests: Option<Guests>,
}

/// External users by kind and home tenant.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guests {
    /// The key of the object.
    #[serde(skip)]
    pub key: Option<Span>,
    /// The kinds.
    pub types: List<GuestType>,
    /// `externalTenants.membershipKind`: every home tenant, or those listed.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub membership: Fact<MembershipKind>,
    /// The home tenants; an empty list is every tenant.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub tenants: List<String>,
}

/// Service principals and agents of a policy.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Workloads {
    /// `includeServicePrincipals`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub include_service_principals: List<String>,
    /// `excludeServicePrincipals`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub exclude_service_principals: List<String>,
    /// `includeAgentIdServicePrincipals` and `agents.includeAgentUsers`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub include_agents: List<String>,
    /// `excludeAgentIdServicePrincipals` and `agents.excludeAgentUsers`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub exclude_agents: List<String>,
    /// `servicePrincipalFilter` or `agentIdServicePrincipalFilter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
}

impl Workloads {
    /// Whether the policy names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nobody = |list: &List<String>| {
            list.open.is_none()
                && list.items.iter().all(|item| matches!(&item.value, Given::Known(id) if id == "None"))
        };
        nobody(&self.include_service_principals) && nobody(&self.include_agents) && self.filter.is_none()
    }
}

/// An app in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum App {
    /// A word of the schema.
    #[serde(serialize_with = "ids::app_token")]
    Token(AppToken),
    /// An application (client) id, in lower case.
    Id(String),
    /// A name, in a notation that uses names.
    Name(String),
}

/// The words an app list may hold beside ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppToken {
    /// Every resource.
    All,
    /// No resource.
    None,
    /// The Office 365 suite.
    Office365,
    /// Microsoft's admin portals.
    AdminPortals,
    /// Every agent resource.
    AgentResources,
}

/// What is asked for.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Applications {
    /// The key of the object, where it is written.
    #[serde(skip)]
    pub key: Option<Span>,
    /// `includeApplications`.
    #[serde(rename = "includeApplications", skip_serializing_if = "List::is_empty")]
    pub include: List<App>,
    /// `excludeApplications`.
    #[serde(rename = "excludeApplications", skip_serializing_if = "List::is_empty")]
    pub exclude: List<App>,
    /// `includeUserActions`.
    #[serde(rename = "includeUserActions", skip_serializing_if = "List::is_empty")]
    pub user_actions: List<UserAction>,
    /// `includeAuthenticationContextClassReferences`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub auth_contexts: List<String>,
    /// `applicationFilter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// `globalSecureAccess` or `networkAccess`, deprecated.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub traffic_profiles: List<String>,
}

/// A rule over attributes.
#[derive(Clone, Debug, Serialize)]
pub struct Filter {
    /// The key of the object.
    #[serde(skip)]
    pub key: Span,
    /// Takes in or leaves out.
    pub mode: Fact<FilterMode>,
    /// The rule.
    pub rule: Fact<String>,
}

/// A list that takes in and one that leaves out.
#[derive(Clone, Debug, Serialize)]
#[serde(bound = "T: Serialize")]
pub struct Pair<T> {
    /// The key of the object that holds the two.
    #[serde(skip)]
    pub key: Span,
    /// What is taken in.
    pub include: List<T>,
    /// What is left out.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub exclude: List<T>,
}

/// A place in a location list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Location {
    /// A word of the schema.
    #[serde(serialize_with = "ids::location_token")]
    Token(LocationToken),
    /// A named location's id, in lower case.
    Id(String),
    /// A name, in a notation that uses names.
    Name(String),
}

/// The words a location list may hold beside ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LocationToken {
    /// Every network.
    All,
    /// Every trusted one.
    AllTrusted,
}

/// The circumstances a policy asks for. What is absent matches everything.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conditions {
    /// The key of the object, where it is written.
    #[serde(skip)]
    pub key: Option<Span>,
    /// `clientAppTypes`; an empty list is every kind.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub client_app_types: List<ClientApp>,
    /// `platforms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platforms: Option<Pair<Platform>>,
    /// `locations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locations: Option<Pair<Location>>,
    /// `devices.deviceFilter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_filter: Option<Filter>,
    /// The deprecated device states, wherever the schema had them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_states: Option<Pair<String>>,
    /// `userRiskLevels`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub user_risk: List<Risk>,
    /// `signInRiskLevels`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub sign_in_risk: List<Risk>,
    /// `servicePrincipalRiskLevels`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub service_principal_risk: List<Risk>,
    /// `insiderRiskLevels`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub insider_risk: List<InsiderRisk>,
    /// `agentIdRiskLevels`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub agent_risk: List<Risk>,
    /// `authenticationFlows.transferMethods`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub transfer_methods: List<TransferMethod>,
    /// Configured conditions whose effect is not known, by the key as written.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "ids::values")]
    pub unknown: Vec<At<String>>,
}

/// What is demanded.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The key of the object, where it is written.
    #[serde(skip)]
    pub key: Option<Span>,
    /// How the controls combine.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub operator: Fact<Operator>,
    /// `builtInControls`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub controls: List<Control>,
    /// `authenticationStrength`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// `customAuthenticationFactors`.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub custom_factors: List<String>,
    /// `termsOfUse`: agreement ids, each a control of its own.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub terms_of_use: List<String>,
    /// Members whose effect is not known, by the key as written. Each may be a control.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "ids::values")]
    pub unknown: Vec<At<String>>,
}

/// An authentication strength a policy demands.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Strength {
    /// The place that names it.
    #[serde(skip)]
    pub span: Span,
    /// Its id, in lower case.
    pub id: Fact<String>,
    /// The method combinations it accepts, where the file inlines them.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub combinations: List<String>,
}

/// What holds for a session, as far as it can refuse access; the rest is kept by name.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The key of the object, where it is written.
    #[serde(skip)]
    pub key: Option<Span>,
    /// `secureSignInSession.isEnabled`: token protection.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub token_protection: Fact<bool>,
    /// `continuousAccessEvaluation.mode`.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub continuous_access: Fact<ContinuousAccess>,
    /// `disableResilienceDefaults`.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub disable_resilience_defaults: Fact<bool>,
    /// `signInFrequency`, where it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_frequency: Option<SignInFrequency>,
    /// The other session controls that are on, by their name in Microsoft Graph; members whose effect is not known
    /// by the key as written.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "ids::values")]
    pub others: Vec<At<String>>,
    /// Those of the others of which the file does not tell whether they are on.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "ids::values")]
    pub unsettled: Vec<At<String>>,
}

impl SignInFrequency {
    /// The control at a place, with nothing told yet.
    #[must_use]
    pub fn at(key: Span) -> Self {
        Self { key, enabled: Fact::Absent, interval: Fact::Absent, unit: Fact::Absent, value: Fact::Absent }
    }

    /// Where it asks for every time, for certain.
    #[must_use]
    pub fn every_time(&self) -> Option<Span> {
        let interval = self.interval.get().filter(|at| *at.value != FrequencyInterval::TimeBased)?;
        self.enabled.unresolved().is_none().then_some(interval.span)
    }
}

/// How often people sign in again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInFrequency {
    /// The key of the control.
    #[serde(skip)]
    pub key: Span,
    /// `isEnabled`, where it is written; never a known `false`.
    #[serde(skip)]
    pub enabled: Fact<bool>,
    /// `frequencyInterval`; absent means `timeBased`.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub interval: Fact<FrequencyInterval>,
    /// `type`: what `value` counts.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub unit: Fact<FrequencyUnit>,
    /// `value`, as written.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub value: Fact<String>,
}

impl Session {
    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.token_protection.is_absent()
            && self.continuous_access.is_absent()
            && self.disable_resilience_defaults.is_absent()
            && self.sign_in_frequency.is_none()
            && self.others.is_empty()
    }

    /// Where one of the other session controls is on, by its name in Microsoft Graph. Where the file does not tell,
    /// it counts.
    #[must_use]
    pub fn other(&self, name: &str) -> Option<Span> {
        self.others.iter().find(|other| other.value == name).map(|other| other.span)
    }

    /// The same, where it is on for certain.
    #[must_use]
    pub fn other_for_certain(&self, name: &str) -> Option<Span> {
        let unsettled = self.unsettled.iter().any(|other| other.value == name);
        self.other(name).filter(|_| !unsettled)
    }
}

/// A named location.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedLocation {
    /// The whole object.
    #[serde(skip)]
    pub whole: Span,
    /// Object id, in lower case.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub id: Fact<String>,
    /// Display name.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub display_name: Fact<String>,
    /// Whether it is trusted.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub is_trusted: Fact<bool>,
    /// Its IP ranges, as written.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub ip_ranges: List<String>,
    /// Its countries, ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "List::is_empty")]
    pub countries: List<String>,
    /// Whether addresses of no known country belong to it.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub include_unknown_countries: Fact<bool>,
    /// How the country is found; absent means by address.
    #[serde(skip_serializing_if = "Fact::is_absent")]
    pub country_lookup: Fact<CountryLookup>,
    /// What it is made of.
    pub kind: LocationKind,
}

/// What a named location is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LocationKind {
    /// IP ranges.
    Ip,
    /// Countries.
    Country,
    /// What comes through the tenant's own Global Secure Access.
    CompliantNetwork,
    /// Private link, service tags: not a set of addresses a file lists.
    Other,
}

impl NamedLocation {
    /// Whether no address can ever lie in it, as far as the file tells.
    #[must_use]
    pub fn is_empty(&self) -> Truth {
        let none = |list: &List<String>| match (list.is_known(), list.is_empty()) {
            (_, true) => Truth::Yes,
            (true, false) => Truth::No,
            (false, false) => Truth::Unknown,
        };
        match self.kind {
            LocationKind::Ip => none(&self.ip_ranges),
            LocationKind::Country => match self.include_unknown_countries.get() {
                Some(at) if *at.value => Truth::No,
                _ if self.include_unknown_countries.unresolved().is_some() => Truth::Unknown,
                _ => none(&self.countries),
            },
            LocationKind::CompliantNetwork | LocationKind::Other => Truth::Unknown,
        }
    }
}
