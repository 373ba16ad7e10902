//! From the members of a record to the facts that policies ask for.
//!
//! Sources: Microsoft Graph reference, resource types `signIn`, `deviceDetail`, `networkLocationDetail` and
//! `authenticationContext`; Microsoft Entra documentation, "Sign-in log columns" and "Conditions" (which clients
//! count as legacy).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiter::JsonValue;

use super::members::{Members, Slot};
use super::{Log, Read, Record, results};
use crate::access::sign_in::{
    Beside, Client, Device, DevicePlatform, Identity, Kinds, Memberships, Person, PersonKind, Place, SignIn,
    Target,
};
use crate::policy::Truth;
use crate::policy::ids::{apps, is_guid, strengths};
use crate::policy::words::{Control, GuestType, Platform, Risk, TransferMethod, UserAction, Word};

/// Reads a record. Graph writes members that are empty or false, `is_json` permitting; the others leave them out.
pub(super) fn read(value: &JsonValue<'_>, is_json: bool) -> Read {
    let JsonValue::Object(object) = value else { return Read::Broken("it is not an object".to_owned()) };
    let outer = Members::of(object);
    let Some(properties) = outer.tree(Slot::Properties) else {
        let columns = outer.has(Slot::ResultType) || outer.has(Slot::PolicyColumn);
        return with(&outer, None, is_json && !columns);
    };
    match properties.as_ref() {
        JsonValue::Object(inner) => with(&Members::of(inner), Some(&outer), false),
        _ => Read::Broken("`properties` is not an object".to_owned()),
    }
}

/// What one record tells.
struct Told<'r> {
    members: &'r Members<'r>,
    /// The envelope of diagnostic settings.
    envelope: Option<&'r Members<'r>>,
    /// What is empty is told to be nothing.
    explicit: bool,
}

fn with(members: &Members<'_>, envelope: Option<&Members<'_>>, explicit: bool) -> Read {
    let told = Told { members, envelope, explicit };
    // Of sign-ins at AD FS, Conditional Access decides nothing.
    let named = |slot| told.outer(slot).map(str::to_ascii_lowercase);
    let at_adfs = |name: &str| name.contains("adfs");
    let other = named(Slot::Category).is_some_and(|name| !name.contains("signin") || at_adfs(&name));
    if other || named(Slot::Table).is_some_and(|name| at_adfs(&name)) {
        return Read::Other;
    }
    let code = told.code();
    if members.has(Slot::PolicyId) && code.is_none() && !members.has(Slot::Status) {
        return Read::Other;
    }
    // What is inside a damaged record may look like one, such as its status.
    let named =
        [Slot::UserId, Slot::PrincipalId, Slot::UserName, Slot::UserDisplay, Slot::AppId, Slot::AppName];
    if !named.iter().any(|slot| members.text(*slot).is_some()) {
        return Read::Broken("it tells neither who signed in nor to which app".to_owned());
    }
    let Some(identity) = told.identity() else {
        return Read::Broken("it does not tell which service principal signed in".to_owned());
    };
    let target = told.target();
    let device = told.device();
    let policies = members.tree(Slot::Policies).or_else(|| members.tree(Slot::PolicyColumn));
    let name = match &identity {
        Identity::Person(_) => [Slot::UserName, Slot::UserDisplay, Slot::UserId],
        _ => [Slot::PrincipalName, Slot::AppName, Slot::PrincipalId],
    };
    let text = |slots: &[Slot]| slots.iter().find_map(|slot| members.text(*slot)).map(str::to_owned);
    let log = told.log();
    let system = told.device_member(Slot::System).as_deref().and_then(platform);
    Read::Record(Box::new(Record {
        id: text(&[Slot::Id]),
        time: text(&[Slot::Time]).or_else(|| told.outer(Slot::Time).map(str::to_owned)),
        name: text(&name),
        app: text(&[Slot::AppName, Slot::AppId]),
        code,
        log,
        interactive: members.truth(Slot::Interactive).or(log.map(|log| log == Log::Interactive)),
        elsewhere: told.is_elsewhere(),
        met: told.met(&device, &target),
        results: policies.map(|list| results::read(&list)).unwrap_or_default(),
        sign_in: SignIn {
            identity,
            target,
            beside: told.beside(),
            client: members.text(Slot::Client).and_then(|text| client(text, system)),
            platform: system,
            device: Some(device),
            place: told.place(),
            sign_in_risk: members.text(Slot::Risk).and_then(risk),
            flow: told.flow(),
            ..SignIn::default()
        },
    }))
}

impl<'r> Told<'r> {
    /// A text of the envelope, else of the record itself.
    fn outer(&self, slot: Slot) -> Option<&'r str> {
        self.envelope.unwrap_or(self.members).text(slot)
    }

    /// The error code: 0 for success.
    fn code(&self) -> Option<u32> {
        if let Some(status) = self.members.tree(Slot::Status)
            && let JsonValue::Object(status) = status.as_ref()
            && let Some(code) = Members::of(status).number(Slot::ErrorCode)
        {
            return Some(code);
        }
        let envelope = self.envelope.and_then(|envelope| envelope.number(Slot::ResultType));
        let columns = [Slot::ErrorCode, Slot::ResultType].into_iter();
        let told = columns.filter_map(|slot| self.members.number(slot)).next().or(envelope);
        let success = |text: &str| text.eq_ignore_ascii_case("success").then_some(0);
        told.or_else(|| self.members.text(Slot::Status).and_then(success))
    }

    /// Which log it comes from: the category of the envelope or row, the table, the kinds of event.
    fn log(&self) -> Option<Log> {
        let named = [self.outer(Slot::Category), self.members.text(Slot::Table)];
        let events = self.members.tree(Slot::Events);
        let events = events.as_ref().map(|list| texts(list)).unwrap_or_default();
        let named = named.into_iter().flatten().map(str::to_owned).chain(events);
        let found = named.filter_map(|name| {
            let name = name.to_ascii_lowercase();
            if name.contains("managedidentity") {
                Some(Log::ManagedIdentity)
            } else if name.contains("serviceprincipal") {
                Some(Log::ServicePrincipal)
            } else if name.contains("noninteractiveuser") {
                Some(Log::NonInteractive)
            } else if name.contains("signinlogs") || name.contains("interactiveuser") {
                Some(Log::Interactive)
            } else {
                None
            }
        });
        let interactive = self.members.truth(Slot::Interactive);
        match (found.max(), interactive) {
            // The tables of older exports hold both kinds.
            (Some(Log::Interactive) | None, Some(false)) if !self.is_workload() => Some(Log::NonInteractive),
            (None, Some(true)) => Some(Log::Interactive),
            (None, _) if self.is_workload() => Some(Log::ServicePrincipal),
            (found, _) => found,
        }
    }

    fn is_workload(&self) -> bool {
        self.members.text(Slot::PrincipalId).is_some() && self.members.text(Slot::UserId).is_none()
    }

    /// Who signed in; nothing for a service principal without an id.
    fn identity(&self) -> Option<Identity> {
        let log = self.log();
        if self.is_workload() || matches!(log, Some(Log::ServicePrincipal | Log::ManagedIdentity)) {
            let id = self.members.text(Slot::PrincipalId).map(str::to_lowercase);
            return if log == Some(Log::ManagedIdentity) || self.is_foreign_app() {
                Some(Identity::Uncovered(id.unwrap_or_default()))
            } else if self.is_agent() {
                id.map(Identity::Agent)
            } else {
                id.map(Identity::Workload)
            };
        }
        let unknown = Memberships::default;
        Some(Identity::Person(Person {
            id: self.members.text(Slot::UserId).map(str::to_lowercase),
            kind: self.kind(),
            possible: Some(self.kinds()),
            groups: unknown(),
            roles: unknown(),
            home_tenant: self.members.text(Slot::HomeTenant).map(str::to_owned),
        }))
    }

    /// The tenant whose log it is.
    fn own_tenant(&self) -> Option<&'r str> {
        let envelope = self.envelope.and_then(|envelope| envelope.text(Slot::TenantId));
        self.members.text(Slot::OwnTenant).or(envelope)
    }

    /// Whether a service principal is certainly one of Microsoft's or of another tenant's app.
    fn is_foreign_app(&self) -> bool {
        let named = [self.outer(Slot::Category), self.members.text(Slot::Table)];
        let of_microsoft = |name: &str| name.to_ascii_lowercase().contains("microsoftserviceprincipal");
        let owner = self.members.text(Slot::AppOwner).zip(self.own_tenant());
        named.into_iter().flatten().any(of_microsoft)
            || owner.is_some_and(|(owner, own)| !owner.eq_ignore_ascii_case(own))
    }

    /// Whether the resource is of another tenant than the one whose log it is. Where the log does not tell its tenant,
    /// an account of another tenant than the resource's may have come here or gone there, unless it is a guest here.
    fn is_elsewhere(&self) -> Truth {
        let Some(resource) = self.members.text(Slot::ResourceTenant) else { return Truth::No };
        let is_other = |tenant: &str| !tenant.eq_ignore_ascii_case(resource);
        match (self.own_tenant().map(is_other), self.members.text(Slot::HomeTenant).map(is_other)) {
            (Some(other), _) => other.into(),
            (None, Some(true)) if self.is_guest() != Some(true) => Truth::Unknown,
            _ => Truth::No,
        }
    }

    fn is_guest(&self) -> Option<bool> {
        match self.members.text(Slot::UserType)?.to_ascii_lowercase().as_str() {
            "guest" | "1" => Some(true),
            "member" | "0" => Some(false),
            _ => None,
        }
    }

    /// Whether an agent signed in with its user account. Only such sign-ins are marked.
    fn is_agent(&self) -> bool {
        let agent = self.members.tree(Slot::Agent);
        agent.is_some_and(|agent| match agent.as_ref() {
            JsonValue::Object(agent) => Members::of(agent)
                .text(Slot::AgentType)
                .is_some_and(|kind| !kind.eq_ignore_ascii_case("notAgentic")),
            _ => false,
        })
    }

    /// The kinds of account it can be.
    fn kinds(&self) -> Kinds {
        let (agent, guest) = (self.is_agent(), self.is_guest());
        Kinds::which(|kind| match kind {
            PersonKind::AgentUser => agent,
            PersonKind::Member | PersonKind::External(GuestType::CollaborationMember) => guest != Some(true),
            PersonKind::External(GuestType::InternalGuest | GuestType::CollaborationGuest) => {
                guest != Some(false)
            }
            PersonKind::External(_) => true,
        })
    }

    fn kind(&self) -> Option<PersonKind> {
        if self.is_agent() {
            return None;
        }
        let guest = self.is_guest()?;
        let tenants = self.members.text(Slot::HomeTenant).zip(self.members.text(Slot::ResourceTenant));
        let at_home = tenants.map(|(home, resource)| home.eq_ignore_ascii_case(resource));
        let cross = self.members.text(Slot::Cross).map(str::to_ascii_lowercase);
        let external = |kind| Some(PersonKind::External(kind));
        match (cross.as_deref(), guest, at_home) {
            (Some("none"), _, Some(false)) => None,
            (Some("none"), false, _) | (None, false, Some(true)) => Some(PersonKind::Member),
            (Some("none"), true, _) | (None, true, Some(true)) => external(GuestType::InternalGuest),
            (Some("b2bcollaboration"), true, _) => external(GuestType::CollaborationGuest),
            (Some("b2bcollaboration"), false, _) => external(GuestType::CollaborationMember),
            (Some("b2bdirectconnect"), ..) => external(GuestType::DirectConnect),
            (Some("serviceprovider"), ..) => external(GuestType::ServiceProvider),
            _ => None,
        }
    }

    /// The audiences are what policies are judged by; without them, the resource is, unless it is Microsoft Graph,
    /// in whose place the service puts other apps.
    fn target(&self) -> Target {
        if let Some(action) = self.actions().into_iter().find(|target| matches!(target, Target::Action(_))) {
            return action;
        }
        let audiences = self.members.tree(Slot::Audiences);
        let audiences = audiences.as_ref().map(|list| texts(list)).unwrap_or_default();
        if !audiences.is_empty() {
            return Target::Apps(audiences.iter().map(|id| id.to_lowercase()).collect());
        }
        let told = [Slot::ResourceIdentity, Slot::ResourceId].into_iter();
        let told = told.filter_map(|slot| self.members.text(slot)).find(|id| is_guid(id));
        match told.map(str::to_lowercase) {
            Some(id) if id != apps::GRAPH => Target::Apps(vec![id]),
            _ => Target::Untold,
        }
    }

    /// User actions and authentication contexts that are asked for now.
    fn actions(&self) -> Vec<Target> {
        let list = self.members.tree(Slot::Contexts);
        let asked = |members: &Members<'_>| {
            members.text(Slot::Detail).is_none_or(|detail| detail.eq_ignore_ascii_case("required"))
        };
        let read = |members: &Members<'_>| {
            let id = members.text(Slot::Id)?.to_ascii_lowercase();
            Some(UserAction::parse(&id).map_or(Target::Context(id), Target::Action))
        };
        list.as_deref()
            .map(|list| {
                let items = objects(list);
                let items = items.iter().map(|item| Members::of(item));
                items.filter(asked).filter_map(|members| read(&members)).collect()
            })
            .unwrap_or_default()
    }

    fn beside(&self) -> Beside {
        let Some(list) = self.members.tree(Slot::Contexts) else {
            return Beside { targets: Vec::new(), more: true };
        };
        let earlier = |members: &Members<'_>| {
            members.text(Slot::Detail).is_some_and(|detail| {
                !["required", "notApplicable"].iter().any(|known| known.eq_ignore_ascii_case(detail))
            })
        };
        Beside {
            targets: self.actions().into_iter().filter(|it| matches!(it, Target::Context(_))).collect(),
            more: objects(&list).iter().any(|item| earlier(&Members::of(item))),
        }
    }

    /// A text about the device, from its object or from a column; empty where it is told to be.
    fn device_member(&self, slot: Slot) -> Option<String> {
        let text = |members: &Members<'_>| match members.get(slot)? {
            JsonValue::Str(text) => Some(text.trim().to_owned()),
            _ => None,
        };
        match self.members.tree(Slot::Device) {
            Some(detail) => match detail.as_ref() {
                JsonValue::Object(detail) => text(&Members::of(detail)),
                _ => None,
            },
            None => text(self.members),
        }
    }

    fn device(&self) -> Device {
        let mut attributes = BTreeMap::new();
        let compliant = match self.members.tree(Slot::Device) {
            Some(detail) => match detail.as_ref() {
                JsonValue::Object(detail) => Members::of(detail).truth(Slot::Compliant),
                _ => None,
            },
            None => self.members.truth(Slot::Compliant),
        };
        if let Some(compliant) = compliant {
            let text = if compliant { "True" } else { "False" };
            attributes.insert("iscompliant".to_owned(), vec![text.to_owned()]);
        }
        match self.device_member(Slot::Trust).as_deref() {
            Some("") if self.explicit => {
                attributes.insert("trusttype".to_owned(), Vec::new());
            }
            Some(text) => {
                if let Some(name) = trust_type(text) {
                    attributes.insert("trusttype".to_owned(), vec![name.to_owned()]);
                }
            }
            None => {}
        }
        for (slot, name) in [(Slot::DeviceId, "deviceid"), (Slot::DeviceName, "displayname")] {
            // The display name of a device is a member of its object alone.
            let told = slot == Slot::DeviceId || self.members.has(Slot::Device);
            if let Some(text) = self.device_member(slot).filter(|text| told && !text.is_empty()) {
                attributes.insert(name.to_owned(), vec![text]);
            }
        }
        Device { attributes, complete: false }
    }

    fn place(&self) -> Place {
        let address = self.members.text(Slot::Address);
        let address =
            address.or_else(|| self.envelope.and_then(|envelope| envelope.text(Slot::CallerAddress)));
        let details = [Slot::Location, Slot::LocationDetails].into_iter();
        let country =
            details.filter_map(|slot| self.members.tree(slot)).find_map(|detail| match detail.as_ref() {
                JsonValue::Object(detail) => Members::of(detail).text(Slot::Country).map(str::to_owned),
                _ => None,
            });
        // A column with the country alone, or with `city, state, country`.
        let column = self.members.text(Slot::Location);
        let column = column.and_then(|text| text.rsplit(',').next()).map(|text| text.trim().to_owned());
        let is_country =
            |text: &String| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        Place {
            address: address.and_then(|text| text.parse().ok()),
            country: country.or(column).filter(is_country).map(|country| country.to_ascii_uppercase()),
            by_address: true,
            named: None,
            trusted: self.trusted(),
        }
    }

    /// Whether one of the networks is trusted; where none is listed, that is not told.
    fn trusted(&self) -> Option<bool> {
        let list = self.members.tree(Slot::Network)?;
        let kinds: Vec<_> = objects(&list)
            .iter()
            .filter_map(|item| Members::of(item).text(Slot::NetworkType).map(str::to_ascii_lowercase))
            .collect();
        if kinds.iter().any(|kind| ["trustednamedlocation", "trusted"].contains(&kind.as_str())) {
            return Some(true);
        }
        let known = ["intranet", "extranet", "namednetwork"];
        (!kinds.is_empty() && kinds.iter().all(|kind| known.contains(&kind.as_str()))).then_some(false)
    }

    /// The transfer stays with the session; the protocol is that of this sign-in.
    fn flow(&self) -> Option<TransferMethod> {
        let transfer = self.members.text(Slot::Flow).and_then(|text| match text {
            text if text.eq_ignore_ascii_case("accountTransfer") => Some(TransferMethod::Transfer),
            text => TransferMethod::parse(text),
        });
        let protocol = self.members.text(Slot::Protocol);
        let by_code = protocol.is_some_and(|text| text.eq_ignore_ascii_case("deviceCode"));
        let by_transfer = protocol.is_some_and(|text| text.eq_ignore_ascii_case("authenticationTransfer"));
        match transfer {
            Some(method) if method != TransferMethod::None => Some(method),
            _ if by_code => Some(TransferMethod::DeviceCode),
            _ if by_transfer => Some(TransferMethod::Transfer),
            told => told,
        }
    }

    /// The controls that are shown to be met.
    fn met(&self, device: &Device, target: &Target) -> BTreeSet<String> {
        let mut met = BTreeSet::new();
        let name = |control: Control| control.as_str().to_lowercase();
        let spared = *target == Target::Apps(vec![apps::INTUNE_ENROLLMENT.to_owned()]);
        if spared || device.is("iscompliant", "true") == Some(true) {
            met.insert(name(Control::CompliantDevice));
        }
        if device.is("trusttype", "ServerAD") == Some(true) {
            met.insert(name(Control::DomainJoinedDevice));
        }
        let strength = self.strength();
        if strength.is_some() || self.mfa() {
            met.insert(name(Control::Mfa));
            met.insert(strengths::MFA.to_owned());
        }
        met.extend(strength.map(str::to_owned));
        met
    }

    /// Whether multifactor authentication took place, or a claim of it was in the token.
    fn mfa(&self) -> bool {
        let status = self.members.tree(Slot::Status);
        let detail = status.as_ref().and_then(|status| match status.as_ref() {
            JsonValue::Object(status) => Members::of(status).text(Slot::MfaResult).map(str::to_owned),
            _ => None,
        });
        let detail = detail.or_else(|| self.members.text(Slot::MfaResult).map(str::to_owned));
        let skipped = detail.as_deref().is_some_and(|text| text.to_ascii_lowercase().contains("skipped"));
        let required = self.members.text(Slot::Requirement);
        let required =
            required.is_some_and(|text| text.eq_ignore_ascii_case("multiFactorAuthentication")) && !skipped;
        let by_status = detail.as_deref().is_some_and(says_mfa);
        required || by_status || self.steps(|step| step.text(Slot::StepResult).is_some_and(says_mfa))
    }

    /// The strongest built-in strength that a method of a successful step has.
    fn strength(&self) -> Option<&'static str> {
        let uses = |methods: &[&str]| {
            self.steps(|step| {
                let method = step.text(Slot::Method).map(str::to_ascii_lowercase).unwrap_or_default();
                step.truth(Slot::Succeeded) == Some(true) && methods.iter().any(|own| method.starts_with(own))
            })
        };
        if uses(&["fido2", "passkey", "windows hello for business"]) {
            Some(strengths::PHISHING_RESISTANT)
        } else if uses(&["passwordless phone sign-in"]) {
            Some(strengths::PASSWORDLESS)
        } else {
            None
        }
    }

    fn steps(&self, fits: impl Fn(&Members<'_>) -> bool) -> bool {
        let list = self.members.tree(Slot::Details);
        list.is_some_and(|list| objects(&list).iter().any(|item| fits(&Members::of(item))))
    }
}

fn says_mfa(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["mfa requirement satisfied", "mfa completed", "mfa successfully completed"]
        .iter()
        .any(|start| text.starts_with(start))
}

type Object<'v> = [(Cow<'v, str>, JsonValue<'v>)];

/// The objects of a list.
fn objects<'l>(list: &'l JsonValue<'l>) -> Vec<&'l Object<'l>> {
    let JsonValue::Array(items) = list else { return Vec::new() };
    let object = |item: &'l JsonValue<'l>| match item {
        JsonValue::Object(object) => Some(object.as_slice()),
        _ => None,
    };
    items.iter().filter_map(object).collect()
}

/// The texts of a list; of objects, the id of the app.
fn texts(list: &JsonValue<'_>) -> Vec<String> {
    let JsonValue::Array(items) = list else { return Vec::new() };
    let text = |item: &JsonValue<'_>| match item {
        JsonValue::Str(text) => Some(text.trim().to_owned()),
        JsonValue::Object(object) => Members::of(object).text(Slot::AppId).map(str::to_owned),
        _ => None,
    };
    items.iter().filter_map(text).filter(|text| !text.is_empty()).collect()
}

/// The client of a record. Mail on a phone is Exchange ActiveSync from a supported platform.
fn client(text: &str, system: Option<DevicePlatform>) -> Option<Client> {
    let text = text.to_ascii_lowercase();
    Some(match text.as_str() {
        "browser" => Client::Browser,
        "mobile apps and desktop clients" => Client::Modern,
        "exchange activesync" => match system {
            Some(DevicePlatform::Known(Platform::Ios | Platform::Android)) => Client::ActiveSyncSupported,
            _ => Client::ActiveSync,
        },
        _ if text.starts_with("other clients") || LEGACY.contains(&text.as_str()) => Client::Other,
        _ => return None,
    })
}

/// The names of legacy protocols in the log.
const LEGACY: [&str; 14] = [
    "authenticated smtp",
    "authenticated smtp (smtp)",
    "autodiscover",
    "exchange online powershell",
    "exchange web services",
    "imap4",
    "imap4 (imap)",
    "mapi over http",
    "offline address book",
    "outlook anywhere (rpc over http)",
    "outlook service",
    "pop3 (pop)",
    "reporting web services",
    "universal outlook",
];

/// The platform of an operating system, whatever its version.
fn platform(text: &str) -> Option<DevicePlatform> {
    let text: String = text.split_whitespace().collect::<String>().to_ascii_lowercase();
    if text == "unknown" {
        return Some(DevicePlatform::Unrecognised);
    }
    let names = [
        ("windowsphone", Platform::WindowsPhone),
        ("windows", Platform::Windows),
        ("ipados", Platform::Ios),
        ("ios", Platform::Ios),
        ("macos", Platform::MacOs),
        ("android", Platform::Android),
        ("linux", Platform::Linux),
    ];
    names
        .iter()
        .find(|(name, _)| text.starts_with(name))
        .map(|(_, platform)| DevicePlatform::Known(*platform))
}

/// How a device is joined, as device filters write it.
fn trust_type(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let text =
        text.strip_prefix("microsoft entra ").or_else(|| text.strip_prefix("azure ad ")).unwrap_or(&text);
    match text {
        "joined" | "azuread" => Some("AzureAD"),
        "registered" | "workplace" => Some("Workplace"),
        "serverad" | "hybrid joined" | "hybrid azure ad joined" | "hybrid microsoft entra joined" => {
            Some("ServerAD")
        }
        _ => None,
    }
}

/// A risk that is hidden for want of a licence is not known.
fn risk(text: &str) -> Option<Risk> {
    let word = match text {
        "0" => Some(Risk::Low),
        "1" => Some(Risk::Medium),
        "2" => Some(Risk::High),
        "4" => Some(Risk::None),
        text => Risk::parse(text),
    };
    word.filter(|word| *word != Risk::Hidden)
}
