//! Whether a sign-in gets in, and what every policy has to say to it.
//!
//! Sources: Microsoft Entra documentation, "Building a Conditional Access policy" (every policy that applies has
//! to be satisfied, a block wins), "Grant controls", "Conditions", "Authentication strengths", "Authentication
//! and Conditional Access for B2B users", "Token protection".

use std::collections::BTreeSet;

use super::applies::{Applies, applies, shown_device};
use super::grant::{Demand, Need, demand};
use super::sign_in::{Client, DevicePlatform, Identity, PersonKind, SignIn, Target};
use super::{Assume, Standing, standing};
use crate::policy::ids::{apps, strengths};
use crate::policy::words::{Control, GuestType, Platform, TransferMethod, Word};
use crate::policy::{Policy, PolicySet, Strength, Truth};
use crate::source::At;

/// What a person can bring.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    /// The controls the person can meet, by their name in a policy; strengths by id. `None` is everything that
    /// the device, the client and the kind of account allow.
    pub controls: Option<BTreeSet<String>>,
    /// What of a guest's home tenant is accepted here; nothing, unless it is told.
    pub trust: Trust,
}

/// What cross-tenant access settings accept from a guest's home tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Multifactor authentication.
    pub mfa: bool,
    /// Compliant devices.
    pub compliant_device: bool,
    /// Hybrid joined devices.
    pub hybrid_device: bool,
}

/// The end of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It gets in.
    Allowed,
    /// It is refused.
    Blocked,
    /// It depends on facts that are not given.
    Depends,
}

/// What one policy says to a sign-in.
#[derive(Clone, Debug)]
pub struct Judgement<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// How far it is enforced.
    pub standing: Standing,
    /// Whether it applies.
    pub applies: Applies,
    /// What it demands.
    pub demand: Demand<'p>,
    /// Whether what it demands can be met here; a session control that refuses counts.
    pub met: Truth,
}

impl Judgement<'_> {
    /// Whether it refuses the sign-in, as far as it is enforced.
    #[must_use]
    pub fn refuses(&self) -> Truth {
        let unmet = match self.met {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
        };
        self.applies.truth().and(unmet)
    }
}

/// What all policies say to a sign-in.
#[derive(Clone, Debug)]
pub struct Decision<'p> {
    /// The end.
    pub verdict: Verdict,
    /// Every policy that is not disabled, in the order of the files.
    pub judgements: Vec<Judgement<'p>>,
}

/// Decides a sign-in.
#[must_use]
pub fn decide<'p>(
    sign_in: &SignIn,
    set: &'p PolicySet,
    capabilities: &Capabilities,
    assume: Assume,
) -> Decision<'p> {
    let judgements: Vec<_> = set
        .policies
        .iter()
        .filter(|policy| standing(policy) != Standing::Disabled)
        .map(|policy| judge(policy, sign_in, set, capabilities, assume))
        .collect();
    let refused = judgements
        .iter()
        .map(|judgement| is_enforced(judgement.policy).and(judgement.refuses()))
        .fold(Truth::No, Truth::or);
    let verdict = match refused {
        Truth::Yes => Verdict::Blocked,
        Truth::No => Verdict::Allowed,
        Truth::Unknown => Verdict::Depends,
    };
    Decision { verdict, judgements }
}

/// Whether a policy is enforced; of a state that is not known, that is not known.
#[must_use]
pub(super) fn is_enforced(policy: &Policy) -> Truth {
    match (policy.state.unresolved(), standing(policy)) {
        (Some(_), _) => Truth::Unknown,
        (None, Standing::Enforced) => Truth::Yes,
        (None, _) => Truth::No,
    }
}

fn judge<'p>(
    policy: &'p Policy,
    sign_in: &SignIn,
    set: &PolicySet,
    capabilities: &Capabilities,
    assume: Assume,
) -> Judgement<'p> {
    let demand = demand(policy, assume);
    let met = match &demand {
        Demand::Nothing => Truth::Yes,
        Demand::Block(_) => Truth::No,
        Demand::Ways(ways) => ways
            .iter()
            .map(|way| {
                way.iter().map(|need| meets(need.value, sign_in, capabilities)).fold(Truth::Yes, Truth::and)
            })
            .fold(Truth::No, Truth::or),
    };
    Judgement {
        policy,
        standing: standing(policy),
        applies: applies(policy, sign_in, set),
        demand,
        met: met.and(session_lets_in(policy, sign_in)),
    }
}

/// The needs of a demand that cannot be met here; of several ways in, those of all.
#[must_use]
pub fn unmet<'p>(demand: &Demand<'p>, sign_in: &SignIn, capabilities: &Capabilities) -> Vec<At<Need<'p>>> {
    let Demand::Ways(ways) = demand else { return Vec::new() };
    let needs = ways.iter().flatten();
    needs.filter(|need| meets(need.value, sign_in, capabilities) != Truth::Yes).copied().collect()
}

/// Token protection: native clients on Windows alone.
fn session_lets_in(policy: &Policy, sign_in: &SignIn) -> Truth {
    let protection = &policy.session.token_protection;
    match protection.get() {
        None if protection.is_absent() => return Truth::Yes,
        Some(on) if !*on.value => return Truth::Yes,
        _ => {}
    }
    let platform = match sign_in.platform {
        None => Truth::Unknown,
        Some(platform) => Truth::from(platform == DevicePlatform::Known(Platform::Windows)),
    };
    let client = match sign_in.client {
        None => Truth::Unknown,
        Some(client) => Truth::from(client == Client::Modern),
    };
    let fits = platform.and(client);
    if protection.get().is_none() && fits != Truth::Yes { Truth::Unknown } else { fits }
}

/// The name of what is needed, as policies write it.
#[must_use]
pub fn name(need: Need<'_>) -> String {
    match need {
        Need::Control(control) => control.as_str().to_owned(),
        Need::Strength(strength) => match strength.id.get() {
            Some(id) => format!("authenticationStrength {}", id.value),
            None => "authenticationStrength".to_owned(),
        },
        Need::Terms => "termsOfUse".to_owned(),
        Need::Custom => "customAuthenticationFactors".to_owned(),
        Need::Unknown => "a control that is not known".to_owned(),
    }
}

/// Whether what is needed can be met in a sign-in.
fn meets(need: Need<'_>, sign_in: &SignIn, capabilities: &Capabilities) -> Truth {
    possible(need, sign_in, capabilities.trust).and(able(need, capabilities))
}

/// Whether the person is said to be able to.
fn able(need: Need<'_>, capabilities: &Capabilities) -> Truth {
    let Some(controls) = &capabilities.controls else { return Truth::Yes };
    let has = |name: &str| controls.contains(&name.to_lowercase());
    match need {
        Need::Control(Control::Mfa) => {
            (has(Control::Mfa.as_str()) || strengths::BUILT_IN.into_iter().any(has)).into()
        }
        Need::Control(control) => has(control.as_str()).into(),
        Need::Strength(strength) => match strength.id.get() {
            Some(id) => (has(id.value) || stronger(id.value).any(has)).into(),
            None => Truth::Unknown,
        },
        Need::Terms => has("termsOfUse").into(),
        Need::Custom => has("customAuthenticationFactors").into(),
        Need::Unknown => Truth::Unknown,
    }
}

/// Built-in strengths that imply a built-in strength.
fn stronger(id: &str) -> impl Iterator<Item = &'static str> {
    let at = strengths::BUILT_IN.iter().position(|known| *known == id);
    let implied = at.and_then(|at| strengths::BUILT_IN.get(at + 1..)).unwrap_or_default();
    implied.iter().copied()
}

/// Whether device, client, flow and kind of account allow it.
fn possible(need: Need<'_>, sign_in: &SignIn, trust: Trust) -> Truth {
    let Identity::Person(person) = &sign_in.identity else { return Truth::No };
    if sign_in.client.is_some_and(Client::is_legacy) {
        return Truth::No;
    }
    let guest = match person.kind {
        // An internal guest has an account and devices of this tenant.
        Some(PersonKind::External(kind)) if kind != GuestType::InternalGuest => Some(kind),
        _ => None,
    };
    match need {
        Need::Control(control) => control_possible(control, sign_in, guest, trust),
        Need::Strength(strength) => strength_possible(strength, sign_in, guest, trust),
        Need::Terms | Need::Custom => {
            let interactive = sign_in.flow != Some(TransferMethod::DeviceCode);
            (interactive && guest != Some(GuestType::DirectConnect)).into()
        }
        Need::Unknown => Truth::Unknown,
    }
}

fn control_possible(control: Control, sign_in: &SignIn, guest: Option<GuestType>, trust: Trust) -> Truth {
    let device_code = sign_in.flow == Some(TransferMethod::DeviceCode);
    match control {
        Control::Block => Truth::No,
        Control::Mfa => (guest != Some(GuestType::DirectConnect) || trust.mfa).into(),
        Control::CompliantDevice if is_enrollment(&sign_in.target) => Truth::Yes,
        Control::CompliantDevice => {
            let allowed = !device_code && (guest.is_none() || trust.compliant_device);
            Truth::from(allowed && on(sign_in, &MANAGEABLE)).and(device_is(sign_in, "iscompliant", "true"))
        }
        Control::DomainJoinedDevice => {
            let allowed = !device_code && (guest.is_none() || trust.hybrid_device);
            Truth::from(allowed && on(sign_in, &[Platform::Windows])).and(device_is(
                sign_in,
                "trusttype",
                "ServerAD",
            ))
        }
        Control::ApprovedApplication => (!device_code && guest.is_none() && on(sign_in, &PHONES)).into(),
        Control::CompliantApplication => {
            let edge = on(sign_in, &[Platform::Windows]) && sign_in.client != Some(Client::Modern);
            (!device_code && guest.is_none() && (on(sign_in, &PHONES) || edge)).into()
        }
        Control::PasswordChange | Control::RiskRemediation => guest.is_none().into(),
        Control::VerifiedId => Truth::Unknown,
    }
}

const PHONES: [Platform; 2] = [Platform::Ios, Platform::Android];
const MANAGEABLE: [Platform; 5] =
    [Platform::Windows, Platform::MacOs, Platform::Linux, Platform::Ios, Platform::Android];

/// Whether a sign-in may come from one of some platforms.
fn on(sign_in: &SignIn, platforms: &[Platform]) -> bool {
    match sign_in.platform {
        None => true,
        Some(DevicePlatform::Unrecognised) => false,
        Some(DevicePlatform::Known(platform)) => platforms.contains(&platform),
    }
}

/// What the device says of itself; where it says nothing, it may be.
fn device_is(sign_in: &SignIn, attribute: &str, value: &str) -> Truth {
    let told = shown_device(sign_in).and_then(|device| device.is(attribute, value));
    told.map_or(Truth::Yes, Truth::from)
}

/// Enrolling a device with Intune is spared the demand for a compliant device. Source: "Require device
/// compliance".
fn is_enrollment(target: &Target) -> bool {
    matches!(target, Target::Apps(ids) if !ids.is_empty() && ids.iter().all(|id| id == apps::INTUNE_ENROLLMENT))
}

/// Methods a guest can use in this tenant where multifactor authentication of the home tenant is not accepted.
const GUEST_METHODS: [&str; 4] =
    ["password,sms", "password,voice", "password,microsoftAuthenticatorPush", "password,softwareOath"];

fn strength_possible(strength: &Strength, sign_in: &SignIn, guest: Option<GuestType>, trust: Trust) -> Truth {
    let methods: Option<Vec<&str>> = if strength.combinations.is_empty() {
        strength.id.get().and_then(|id| strengths::combinations(id.value)).map(<[&str]>::to_vec)
    } else {
        Some(strength.combinations.known().map(|at| at.value.as_str()).collect())
    };
    let unknown_rest = !strength.combinations.is_known();
    let Some(methods) = methods else {
        return if guest.is_some() && !trust.mfa { Truth::Unknown } else { Truth::Yes };
    };
    let usable = |method: &&str| match guest {
        Some(GuestType::DirectConnect) if !trust.mfa => false,
        Some(_) if !trust.mfa => GUEST_METHODS.iter().any(|known| known.eq_ignore_ascii_case(method)),
        _ => !method.eq_ignore_ascii_case("windowsHelloForBusiness") || on(sign_in, &[Platform::Windows]),
    };
    if methods.iter().any(usable) {
        Truth::Yes
    } else if unknown_rest {
        Truth::Unknown
    } else {
        Truth::No
    }
}
