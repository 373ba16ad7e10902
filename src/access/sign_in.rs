//! A sign-in, as far as it is known.
//!
//! Every fact is either given or not; what is not given makes answers depend on it. Source: Microsoft Graph
//! reference, `conditionalAccessRoot: evaluate`, with what an offline tool has to be told added.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::filter::Attributes;
use crate::policy::words::{GuestType, InsiderRisk, Platform, Risk, TransferMethod, UserAction};
use crate::policy::{InboundTrust, Truth};

/// A sign-in. `None` is a fact that is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SignIn {
    /// Who asks.
    pub identity: Identity,
    /// What for.
    pub target: Target,
    /// What is asked for beside that.
    pub beside: Beside,
    /// The kind of client.
    pub client: Option<Client>,
    /// The platform.
    pub platform: Option<DevicePlatform>,
    /// The device.
    pub device: Option<Device>,
    /// Where from.
    pub place: Place,
    /// User risk.
    pub user_risk: Option<Risk>,
    /// Sign-in risk.
    pub sign_in_risk: Option<Risk>,
    /// Risk of the service principal.
    pub service_principal_risk: Option<Risk>,
    /// Risk of the agent.
    pub agent_risk: Option<Risk>,
    /// Insider risk; `Some(None)` is no risk.
    pub insider_risk: Option<Option<InsiderRisk>>,
    /// How the session was moved between devices.
    pub flow: Option<TransferMethod>,
    /// Names and placeholders are told apart: one that is not listed is neither this person nor a group, role or
    /// location of theirs. Sign-ins that are made up for an analysis are like that; recorded ones are not.
    pub closed: bool,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A person, or an agent that has a user account.
    Person(Person),
    /// A service principal of this tenant, by object id.
    ServicePrincipal(String),
    /// A service principal, by object id, of which it is not told whether its app is one of this tenant alone.
    Workload(String),
    /// A managed identity, or a service principal of another tenant's app, by object id: no policy covers it. Source:
    /// Microsoft Entra documentation, "Conditional Access for workload identities".
    Uncovered(String),
    /// An agent identity, by object id.
    Agent(String),
}

impl Default for Identity {
    fn default() -> Self {
        Self::Person(Person::default())
    }
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Person {
    /// Object id, in lower case.
    pub id: Option<String>,
    /// Member, or which kind of guest.
    pub kind: Option<PersonKind>,
    /// The kinds it can be, where which of them is not given; `None` is any.
    pub possible: Option<Kinds>,
    /// Groups, nested ones included.
    pub groups: Memberships,
    /// Active directory roles, by template id.
    pub roles: Memberships,
    /// The home tenant of a guest.
    pub home_tenant: Option<String>,
}

/// What kind of account a person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonKind {
    /// A member of the tenant.
    Member,
    /// A guest or external user.
    External(GuestType),
    /// An agent's user account.
    AgentUser,
}

impl PersonKind {
    /// Every kind, each a bit of [`Kinds`].
    pub const ALL: [Self; 8] = [
        Self::Member,
        Self::AgentUser,
        Self::External(GuestType::InternalGuest),
        Self::External(GuestType::CollaborationGuest),
        Self::External(GuestType::CollaborationMember),
        Self::External(GuestType::DirectConnect),
        Self::External(GuestType::Other),
        Self::External(GuestType::ServiceProvider),
    ];

    /// Whether the account belongs to another organization. An internal guest has an account and devices of this
    /// tenant.
    #[must_use]
    pub fn is_foreign(self) -> bool {
        matches!(self, Self::External(kind) if kind != GuestType::InternalGuest)
    }
}

/// Some kinds of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kinds(u8);

impl Kinds {
    /// Those that fit.
    #[must_use]
    pub fn which(fits: impl Fn(PersonKind) -> bool) -> Self {
        let bits = PersonKind::ALL.iter().enumerate().filter(|(_, kind)| fits(**kind));
        Self(bits.fold(0, |bits, (at, _)| bits | 1 << at))
    }

    /// Exactly one.
    #[must_use]
    pub fn only(kind: PersonKind) -> Self {
        Self::which(|other| other == kind)
    }

    /// Accounts of another organization.
    #[must_use]
    pub fn foreign() -> Self {
        Self::which(PersonKind::is_foreign)
    }

    /// Whether one that is among `possible` is among these.
    #[must_use]
    pub fn hold_of(self, possible: Self) -> Truth {
        if possible.0 & self.0 == 0 {
            Truth::No
        } else if possible.0 & !self.0 == 0 {
            Truth::Yes
        } else {
            Truth::Unknown
        }
    }

    /// Whether a kind is among them.
    #[must_use]
    pub fn contains(self, kind: PersonKind) -> bool {
        PersonKind::ALL.iter().position(|known| *known == kind).is_some_and(|at| self.0 & (1 << at) != 0)
    }
}

/// What somebody belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Memberships {
    /// Known memberships, in lower case.
    pub known: BTreeSet<String>,
    /// What they certainly do not belong to, in lower case.
    pub outside: BTreeSet<String>,
    /// There are no others.
    pub complete: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Resources, by application id in lower case. A policy that covers one covers the sign-in.
    Apps(Vec<String>),
    /// Nothing but basic scopes, such as `openid` and `User.Read`, for these apps. Source: Microsoft Entra
    /// documentation, "Enforcement of policies with resource exclusions".
    BasicScopes(Vec<String>),
    /// A user action.
    Action(UserAction),
    /// An authentication context.
    Context(String),
    /// Something that is not told.
    Untold,
}

impl Default for Target {
    fn default() -> Self {
        Self::Apps(Vec::new())
    }
}

/// What one sign-in asks for beside its target, such as an app that asks for an authentication context too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Beside {
    /// User actions and authentication contexts.
    pub targets: Vec<Target>,
    /// There may be others.
    pub more: bool,
}

/// A kind of client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// A web browser.
    Browser,
    /// An app with modern authentication.
    Modern,
    /// Exchange ActiveSync.
    ActiveSync,
    /// Exchange ActiveSync from a supported platform.
    ActiveSyncSupported,
    /// A legacy protocol.
    Other,
}

impl Client {
    /// Whether it is a legacy client, which can answer no prompt.
    #[must_use]
    pub fn is_legacy(self) -> bool {
        !matches!(self, Self::Browser | Self::Modern)
    }

    /// Whether the service can see the device behind it. Of the legacy clients that is so for Exchange ActiveSync from
    /// a supported platform.
    #[must_use]
    pub fn shows_device(self) -> bool {
        matches!(self, Self::Browser | Self::Modern | Self::ActiveSyncSupported)
    }
}

/// The platform of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DevicePlatform {
    /// One that Conditional Access recognises.
    Known(Platform),
    /// One that it does not.
    Unrecognised,
}

/// A device as Conditional Access sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Device {
    /// What is known of it; an attribute without a value is one it does not have.
    pub attributes: Attributes,
    /// It has no other attributes. A device that is not registered has none and is complete.
    pub complete: bool,
}

impl Device {
    /// The value of an attribute: `Some(None)` where the device certainly does not have it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        match self.attributes.get(name) {
            Some(values) => Some(values.first().map(String::as_str)),
            None if self.complete => Some(None),
            None => None,
        }
    }

    /// Whether a yes-or-no attribute holds.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> Option<bool> {
        self.get(name).map(|own| own.is_some_and(|own| own.eq_ignore_ascii_case(value)))
    }
}

/// The country of an address that no table maps to one.
pub const UNMAPPED: &str = "unmapped";

/// Where a sign-in comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The public address.
    pub address: Option<IpAddr>,
    /// The country, two letters in upper case, or [`UNMAPPED`].
    pub country: Option<String>,
    /// The country is that of the address, and says nothing about the position of a phone.
    pub by_address: bool,
    /// The named locations it lies in, all of them, where that is told.
    pub named: Option<BTreeSet<String>>,
    /// Whether it is trusted.
    pub trusted: Option<bool>,
}

/// What a person can bring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities {
    /// The controls the person can meet, by their name in a policy; strengths by id. `None` is everything that
    /// the device, the client and the kind of account allow.
    pub controls: Option<BTreeSet<String>>,
    /// There may be other controls than those: of what a log shows to be met, not of what a person is said to meet.
    pub more: bool,
    /// The authentication methods the person has; `None` leaves that to `controls`.
    pub methods: Option<Methods>,
    /// What of a guest's home tenant is accepted here; nothing, unless it is told.
    pub trust: InboundTrust,
}

/// The authentication methods of a person, beside a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Methods {
    /// None: a new person, or one who lost them.
    None,
    /// Whatever counts as one factor: a password, a code by text message instead of one, a certificate or a sign-in
    /// elsewhere that is not multifactor.
    OneFactor,
    /// A Temporary Access Pass that an administrator issued.
    AccessPass,
    /// What people register by themselves: Authenticator, codes, text message, voice.
    Registered,
    /// Everything that a forged sign-in page can get hold of: all but passkeys, Windows Hello for Business and
    /// certificates. A Temporary Access Pass, which helps to register one of these, is not among them.
    Phishable,
    /// A passkey or a certificate.
    Passkey,
    /// All there are.
    Every,
}

impl Methods {
    /// Every value, fewest first.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::OneFactor,
        Self::AccessPass,
        Self::Registered,
        Self::Phishable,
        Self::Passkey,
        Self::Every,
    ];

    /// Whether there is none for multifactor authentication among them.
    #[must_use]
    pub fn is_one_factor(self) -> bool {
        matches!(self, Self::None | Self::OneFactor)
    }

    /// The method combinations they make, as authentication strengths write them; `None` is all. Source:
    /// Microsoft Entra documentation, "Authentication strengths".
    #[must_use]
    pub fn combinations(self) -> Option<&'static [&'static str]> {
        match self {
            Self::None => Some(&["password"]),
            Self::OneFactor => Some(&[
                "password",
                "sms",
                "qrCodePin",
                "x509CertificateSingleFactor",
                "federatedSingleFactor",
            ]),
            Self::AccessPass => {
                Some(&["password", "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"])
            }
            Self::Registered => Some(&[
                "password",
                "password,microsoftAuthenticatorPush",
                "password,softwareOath",
                "password,sms",
                "password,voice",
            ]),
            Self::Phishable => Some(&[
                "password",
                "password,microsoftAuthenticatorPush",
                "password,softwareOath",
                "password,hardwareOath",
                "password,x509CertificateSingleFactor",
                "password,x509CertificateMultiFactor",
                "password,sms",
                "password,voice",
                "deviceBasedPush",
                "sms",
                "qrCodePin",
                "x509CertificateSingleFactor",
                "federatedSingleFactor",
                "federatedMultiFactor",
                "microsoftAuthenticatorPush,federatedSingleFactor",
                "softwareOath,federatedSingleFactor",
                "hardwareOath,federatedSingleFactor",
                "sms,federatedSingleFactor",
                "voice,federatedSingleFactor",
            ]),
            Self::Passkey => Some(&["password", "fido2", "x509CertificateMultiFactor"]),
            Self::Every => None,
        }
    }
}
