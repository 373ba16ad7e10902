//! What a policy says, as an expression over facts of a sign-in.
//!
//! A policy is read once, into an [`Expr`]. One sign-in answers its questions, or all sign-ins at once do; both
//! follow the same expression, so there is one reading of a policy.

use std::sync::Arc;

use super::filter::Comparison;
use super::sign_in::Kinds;
use crate::policy::words::{ClientApp, Control, InsiderRisk, Platform, Risk, TransferMethod};
use crate::policy::{List, Pair, Policy, Strength, Truth};

/// A fact of a sign-in. Each concerns one property of it, so that its answer follows from that property alone.
#[derive(Clone, Debug)]
pub enum Question<'p> {
    /// A person asks, not a service principal or an agent identity.
    Person,
    /// The person is the one of this id, name or placeholder.
    User(Name<'p>),
    /// The person belongs to this group.
    Group(Name<'p>),
    /// The person holds this role, actively.
    Role(Name<'p>),
    /// The account is of one of these kinds.
    Kind(Kinds),
    /// The person comes from this tenant.
    HomeTenant(&'p str),
    /// A service principal asks.
    AnyServicePrincipal,
    /// The service principal of this object id asks.
    ServicePrincipal(&'p str),
    /// An agent identity asks.
    AnyAgent,
    /// The agent identity, or the agent's user account, of this object id asks.
    Agent(&'p str),
    /// What is asked for is covered by this policy.
    Target(&'p Policy),
    /// A device is being enrolled with Intune.
    Enrollment,
    /// Security information is being registered.
    Registration,
    /// The client is of a kind in this list.
    Client(&'p List<ClientApp>),
    /// The client is a legacy one.
    LegacyClient,
    /// The client is Exchange ActiveSync from a supported platform.
    SupportedActiveSync,
    /// The client is an app with modern authentication.
    ModernClient,
    /// The platform is taken in by this pair.
    Platform(&'p Pair<Platform>),
    /// The platform is one of these.
    OnPlatform(&'static [Platform]),
    /// The device passes a comparison of a device filter.
    Device(Arc<Comparison>),
    /// The device is compliant.
    Compliant,
    /// The device is joined to a domain and to the directory.
    HybridJoined,
    /// The address lies in this named location.
    Location(&'p str),
    /// The address is trusted.
    Trusted,
    /// User risk is in this list.
    UserRisk(&'p List<Risk>),
    /// Sign-in risk is in this list.
    SignInRisk(&'p List<Risk>),
    /// The risk of the service principal is in this list.
    ServicePrincipalRisk(&'p List<Risk>),
    /// The risk of the agent is in this list.
    AgentRisk(&'p List<Risk>),
    /// Insider risk is in this list.
    InsiderRisk(&'p List<InsiderRisk>),
    /// The session was moved between devices in a way of this list.
    Flow(&'p List<TransferMethod>),
    /// The session began with device code flow.
    DeviceCode,
    /// Multifactor authentication of the home tenant is accepted.
    TrustedMfa,
    /// Compliant devices of the home tenant are accepted.
    TrustedCompliance,
    /// Hybrid joined devices of the home tenant are accepted.
    TrustedHybrid,
    /// The person can meet a built-in control.
    Can(Control),
    /// The person has methods that meet a strength.
    HasMethods(&'p Strength),
    /// The person has no method for multifactor authentication yet.
    HasNoMethod,
    /// The person can accept terms of use.
    CanAcceptTerms,
    /// The person can pass a custom control.
    CanPassCustom,
}

/// Somebody in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name<'p> {
    /// The id, name or placeholder.
    pub text: &'p str,
    /// It is an object id: another id is another object.
    pub is_id: bool,
}

/// An expression over facts.
#[derive(Clone, Debug)]
pub enum Expr<'p> {
    /// Decided, whatever the sign-in; or never decided.
    Is(Truth),
    /// A fact.
    Ask(Question<'p>),
    /// It does not hold.
    Not(Box<Expr<'p>>),
    /// All hold.
    All(Vec<Expr<'p>>),
    /// One holds.
    Any(Vec<Expr<'p>>),
    /// It can hold: what a sign-in does not tell is up to the person.
    May(Box<Expr<'p>>),
}

impl<'p> Expr<'p> {
    /// Always.
    pub const YES: Self = Self::Is(Truth::Yes);
    /// Never.
    pub const NO: Self = Self::Is(Truth::No);
    /// Not told by the files.
    pub const UNKNOWN: Self = Self::Is(Truth::Unknown);

    /// All hold.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Is(Truth::Yes) => {}
                Self::Is(Truth::No) => return Self::NO,
                Self::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        if kept.len() == 1 {
            kept.swap_remove(0)
        } else if kept.is_empty() {
            Self::YES
        } else {
            Self::All(kept)
        }
    }

    /// One holds.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Is(Truth::No) => {}
                Self::Is(Truth::Yes) => return Self::YES,
                Self::Any(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        if kept.len() == 1 {
            kept.swap_remove(0)
        } else if kept.is_empty() {
            Self::NO
        } else {
            Self::Any(kept)
        }
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// It does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Is(truth) => Self::Is(truth.negated()),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// It can hold.
    #[must_use]
    pub fn may(self) -> Self {
        Self::May(Box::new(self))
    }

    /// Whether it holds where facts are answered so.
    pub fn truth(&self, answer: &impl Fn(&Question<'p>) -> Truth) -> Truth {
        match self {
            Self::Is(truth) => *truth,
            Self::Ask(question) => answer(question),
            Self::Not(inner) => inner.truth(answer).negated(),
            Self::All(parts) => parts.iter().fold(Truth::Yes, |so_far, part| match so_far {
                Truth::No => Truth::No,
                so_far => so_far.and(part.truth(answer)),
            }),
            Self::Any(parts) => parts.iter().fold(Truth::No, |so_far, part| match so_far {
                Truth::Yes => Truth::Yes,
                so_far => so_far.or(part.truth(answer)),
            }),
            Self::May(inner) => match inner.truth(answer) {
                Truth::Unknown => Truth::Yes,
                decided => decided,
            },
        }
    }

    /// Every fact it asks for.
    pub fn questions<'e>(&'e self, found: &mut Vec<&'e Question<'p>>) {
        match self {
            Self::Is(_) => {}
            Self::Ask(question) => found.push(question),
            Self::Not(inner) | Self::May(inner) => inner.questions(found),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.questions(found)),
        }
    }
}
