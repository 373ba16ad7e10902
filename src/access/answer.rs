//! What one sign-in answers to the questions of policies.
//!
//! Sources: Microsoft Entra documentation, "Target resources" (bundles of apps, registration of security
//! information, sign-ins for basic scopes), "Conditions", "Network", "Authentication strengths", "Authentication
//! and Conditional Access for B2B users".

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;

use super::expr::{Name, Question};
use super::filter::{Comparison, FilterRule};
use super::places::{is_by_position, named_location, trusted_locations};
use super::sign_in::{
    Beside, Capabilities, Client, Device, DevicePlatform, Identity, Memberships, Person, SignIn, Target,
    UNMAPPED,
};
use super::{Assume, BaselineScopes, strength};
use crate::policy::ids::{ZERO_ID, apps, is_guid, strengths};
use crate::policy::words::{ClientApp, Control, FilterMode, Platform, TransferMethod, UserAction, Word};
use crate::policy::{
    App, AppToken, Given, List, LocationKind, NamedLocation, Pair, Policy, PolicySet, Strength, Truth, Why,
};

/// A sign-in with everything that answers questions about it.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The sign-in.
    pub sign_in: &'a SignIn,
    /// What the person can bring.
    pub capabilities: &'a Capabilities,
    /// The named locations of the tenant, and what else its files tell.
    pub set: &'a PolicySet,
    /// What is taken for granted.
    pub assume: Assume,
}

fn given<T>(fact: Option<T>, holds: impl Fn(T) -> bool) -> Truth {
    fact.map_or(Truth::Unknown, |fact| holds(fact).into())
}

fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    truths.fold(Truth::No, Truth::or)
}

/// Membership in a list, not a threshold.
fn exact<T: PartialEq + Copy>(list: &List<T>, value: Option<T>) -> Truth {
    value.map_or(Truth::Unknown, |value| list.contains(&value))
}

impl Facts<'_> {
    /// Whether a fact holds.
    #[must_use]
    pub fn answer(&self, question: &Question<'_>) -> Truth {
        let sign_in = self.sign_in;
        match question {
            Question::Person => matches!(sign_in.identity, Identity::Person(_)).into(),
            Question::User(name) => self.person(|person| self.user(*name, person)),
            Question::Group(name) => self.person(|person| self.member(*name, &person.groups)),
            Question::Role(name) => self.person(|person| self.member(*name, &person.roles)),
            Question::Kind(kinds) => self.person(|person| match (person.kind, person.possible) {
                (None, Some(possible)) => kinds.hold_of(possible),
                (kind, _) => given(kind, |kind| kinds.contains(kind)),
            }),
            Question::HomeTenant(tenant) => self.person(|person| {
                given(person.home_tenant.as_deref(), |own| own.eq_ignore_ascii_case(tenant))
            }),
            Question::AnyServicePrincipal => match sign_in.identity {
                Identity::ServicePrincipal(_) => Truth::Yes,
                Identity::Workload(_) => Truth::Unknown,
                _ => Truth::No,
            },
            Question::ServicePrincipal(id) => match &sign_in.identity {
                Identity::ServicePrincipal(own) | Identity::Workload(own) => {
                    own.eq_ignore_ascii_case(id).into()
                }
                _ => Truth::No,
            },
            Question::AnyAgent => matches!(sign_in.identity, Identity::Agent(_)).into(),
            Question::Agent(id) => match &sign_in.identity {
                Identity::Agent(own) => own.eq_ignore_ascii_case(id).into(),
                Identity::Person(person) => given(person.id.as_ref(), |own| own.eq_ignore_ascii_case(id)),
                Identity::ServicePrincipal(_) | Identity::Workload(_) | Identity::Uncovered(_) => Truth::No,
            },
            Question::Target(policy) => self.targets(policy),
            Question::Enrollment => is_enrollment(&sign_in.target),
            Question::Registration => match &sign_in.target {
                Target::Untold => Truth::Unknown,
                target => (*target == Target::Action(UserAction::RegisterSecurityInfo)).into(),
            },
            Question::Client(list) => client(list, sign_in.client),
            Question::LegacyClient => given(sign_in.client, Client::is_legacy),
            Question::SupportedActiveSync => {
                given(sign_in.client, |client| client == Client::ActiveSyncSupported)
            }
            Question::ModernClient => given(sign_in.client, |client| client == Client::Modern),
            Question::Platform(pair) => platform(pair, sign_in.platform),
            Question::OnPlatform(platforms) => given(sign_in.platform, |platform| match platform {
                DevicePlatform::Known(platform) => platforms.contains(&platform),
                DevicePlatform::Unrecognised => false,
            }),
            Question::Device(comparison) => self.device(comparison),
            Question::Compliant => self.device_is("iscompliant", "true"),
            Question::HybridJoined => self.device_is("trusttype", "ServerAD"),
            Question::Location(id) => self.location(id),
            Question::Trusted => self.trusted(),
            Question::UserRisk(list) => exact(list, sign_in.user_risk),
            Question::SignInRisk(list) => exact(list, sign_in.sign_in_risk),
            Question::ServicePrincipalRisk(list) => exact(list, sign_in.service_principal_risk),
            Question::AgentRisk(list) => exact(list, sign_in.agent_risk),
            Question::InsiderRisk(list) => match sign_in.insider_risk {
                Some(None) => Truth::No,
                Some(level) => exact(list, level),
                None => Truth::Unknown,
            },
            Question::Flow(list) => exact(list, sign_in.flow),
            Question::DeviceCode => given(sign_in.flow, |flow| flow == TransferMethod::DeviceCode),
            Question::TrustedMfa => self.capabilities.trust.mfa.into(),
            Question::TrustedCompliance => self.capabilities.trust.compliant_device.into(),
            Question::TrustedHybrid => self.capabilities.trust.hybrid_device.into(),
            Question::Can(control) => self.can(*control),
            Question::HasMethods(strength) => self.has_methods(strength),
            Question::HasNoMethod => self.has_no_method(),
            Question::CanAcceptTerms => self.said_to("termsOfUse"),
            Question::CanPassCustom => self.said_to("customAuthenticationFactors"),
        }
    }

    /// Whether a policy covers what is asked for, or something asked for beside it.
    fn targets(&self, policy: &Policy) -> Truth {
        let Beside { targets, more } = &self.sign_in.beside;
        let applications = &policy.applications;
        let about_others = !applications.user_actions.is_empty() || !applications.auth_contexts.is_empty();
        let others = if *more && about_others { Truth::Unknown } else { Truth::No };
        let all = std::iter::once(&self.sign_in.target).chain(targets);
        any(all.map(|asked| target(policy, asked, self.assume))).or(others)
    }

    fn person(&self, ask: impl Fn(&Person) -> Truth) -> Truth {
        match &self.sign_in.identity {
            Identity::Person(person) => ask(person),
            _ => Truth::No,
        }
    }

    /// A name is whoever has it; whether another id is meant is not known.
    fn named(&self, name: Name<'_>, own: Option<&str>) -> Truth {
        match own {
            Some(own) if own.eq_ignore_ascii_case(name.text) => Truth::Yes,
            Some(_) if name.is_id || self.sign_in.closed => Truth::No,
            _ => Truth::Unknown,
        }
    }

    fn user(&self, name: Name<'_>, person: &Person) -> Truth {
        self.named(name, person.id.as_deref())
    }

    fn member(&self, name: Name<'_>, memberships: &Memberships) -> Truth {
        let told_apart = name.is_id || self.sign_in.closed || memberships.known.is_empty();
        if memberships.known.contains(&name.text.to_lowercase()) {
            Truth::Yes
        } else if (memberships.complete && told_apart)
            || (name.is_id && memberships.outside.contains(&name.text.to_lowercase()))
        {
            Truth::No
        } else {
            Truth::Unknown
        }
    }

    /// The device as the service sees it. Most legacy clients and a sign-in by device code show none, and that of
    /// another organization counts where devices of the home tenant are accepted.
    fn shown_device(&self) -> Option<Cow<'_, Device>> {
        let sign_in = self.sign_in;
        let trust = self.capabilities.trust;
        let foreign = matches!(&sign_in.identity, Identity::Person(Person { kind: Some(kind), .. }) if kind.is_foreign());
        let hidden = sign_in.client.is_some_and(|client| !client.shows_device())
            || sign_in.flow == Some(TransferMethod::DeviceCode)
            || (foreign && !trust.compliant_device && !trust.hybrid_device);
        if hidden {
            Some(Cow::Owned(Device { complete: true, ..Device::default() }))
        } else {
            sign_in.device.as_ref().map(Cow::Borrowed)
        }
    }

    fn device(&self, comparison: &Comparison) -> Truth {
        let Some(device) = self.shown_device() else { return Truth::Unknown };
        if !device.complete && !device.attributes.contains_key(&comparison.attribute) {
            return Truth::Unknown;
        }
        FilterRule::Compare(comparison.clone()).matches(&device.attributes).into()
    }

    fn device_is(&self, attribute: &str, value: &str) -> Truth {
        let told = self.shown_device().and_then(|device| device.is(attribute, value));
        told.map_or(Truth::Unknown, Truth::from)
    }

    /// Every trusted IP location counts, and the trusted IPs of the old MFA settings, which no file shows.
    fn trusted(&self) -> Truth {
        if let Some(trusted) = self.sign_in.place.trusted {
            return trusted.into();
        }
        // Of a recorded sign-in, the named locations say nothing about that old list.
        let old_list = match self.location(ZERO_ID) {
            Truth::No if !self.sign_in.closed => Truth::Unknown,
            told => told,
        };
        any(trusted_locations(self.set).map(|id| self.location(id))).or(old_list)
    }

    /// The address and the country decide, where the location tells its extent; else what is said of the sign-in.
    fn location(&self, id: &str) -> Truth {
        let told = named_location(self.set, id).map_or(Truth::Unknown, |location| self.inside(location));
        if told != Truth::Unknown {
            return told;
        }
        match &self.sign_in.place.named {
            Some(named) if named.contains(&id.to_lowercase()) => Truth::Yes,
            Some(_) if is_guid(id) || self.sign_in.closed => Truth::No,
            None if self.sign_in.closed => Truth::No,
            _ => Truth::Unknown,
        }
    }

    /// Whether the address lies in a location, as far as the location tells.
    fn inside(&self, location: &NamedLocation) -> Truth {
        let place = &self.sign_in.place;
        match location.kind {
            LocationKind::Ip => {
                place.address.map_or(Truth::Unknown, |address| in_ranges(&location.ip_ranges, address))
            }
            LocationKind::Country if place.by_address && is_by_position(location) => Truth::Unknown,
            LocationKind::Country => match place.country.as_deref() {
                None => Truth::Unknown,
                Some(UNMAPPED) => match location.include_unknown_countries.get() {
                    Some(at) => (*at.value).into(),
                    None if location.include_unknown_countries.is_absent() => Truth::No,
                    None => Truth::Unknown,
                },
                Some(country) => {
                    let hits =
                        location.countries.known().any(|known| known.value.eq_ignore_ascii_case(country));
                    if hits {
                        Truth::Yes
                    } else if location.countries.is_known() {
                        Truth::No
                    } else {
                        Truth::Unknown
                    }
                }
            },
            LocationKind::CompliantNetwork | LocationKind::Other => Truth::Unknown,
        }
    }

    /// Whether the person is said to be able to.
    fn said_to(&self, name: &str) -> Truth {
        let controls = self.capabilities.controls.as_ref();
        controls.map_or(Truth::Yes, |controls| match controls.contains(&name.to_lowercase()) {
            false if self.capabilities.more => Truth::Unknown,
            told => told.into(),
        })
    }

    fn can(&self, control: Control) -> Truth {
        match (control, self.capabilities.methods) {
            (Control::Mfa, Some(methods)) => (!methods.is_one_factor()).into(),
            (Control::Mfa, None) => {
                let strengths = strengths::BUILT_IN.into_iter().map(|id| self.said_to(id));
                any(strengths.chain([self.said_to(Control::Mfa.as_str())]))
            }
            (control, _) => self.said_to(control.as_str()),
        }
    }

    fn has_methods(&self, strength: &Strength) -> Truth {
        if let Some(methods) = self.capabilities.methods {
            return strength::met_by(strength, self.set, methods);
        }
        match strength.id.get() {
            Some(id) => any(strengths::implying(id.value)
                .map(|stronger| self.said_to(stronger))
                .chain([self.said_to(id.value)])),
            None => self.capabilities.controls.as_ref().map_or(Truth::Yes, |_| Truth::Unknown),
        }
    }

    fn has_no_method(&self) -> Truth {
        match self.capabilities.methods {
            Some(methods) => methods.is_one_factor().into(),
            None => self.can(Control::Mfa).negated(),
        }
    }
}

fn target(policy: &Policy, target: &Target, assume: Assume) -> Truth {
    let applications = &policy.applications;
    match target {
        Target::Apps(ids) => any(ids.iter().map(|id| resource(policy, id))),
        Target::BasicScopes(ids) => basic_scopes(policy, ids, assume),
        Target::Action(action) => {
            let named = applications.user_actions.contains(action);
            // Policies on all resources reach the registration of security information too.
            let reached = if *action == UserAction::RegisterSecurityInfo {
                resource(policy, apps::SECURITY_INFO)
            } else {
                Truth::No
            };
            named.or(reached)
        }
        Target::Context(context) => {
            let named =
                applications.auth_contexts.known().any(|known| known.value.eq_ignore_ascii_case(context));
            if named {
                Truth::Yes
            } else if applications.auth_contexts.is_known() {
                Truth::No
            } else {
                Truth::Unknown
            }
        }
        Target::Untold => anything(policy),
    }
}

/// Something that is not told is covered by a policy on all resources that leaves out none, and by no policy on
/// nothing.
fn anything(policy: &Policy) -> Truth {
    let applications = &policy.applications;
    let nothing = applications.include.is_empty()
        && applications.filter.is_none()
        && applications.traffic_profiles.is_empty()
        && applications.user_actions.is_empty()
        && applications.auth_contexts.is_empty();
    let all = app_list(&applications.include, ANY_APP) == Truth::Yes;
    if nothing {
        Truth::No
    } else if all && applications.filter.is_none() && super::scope::app_exclusions(policy).is_empty() {
        Truth::Yes
    } else {
        Truth::Unknown
    }
}

/// A sign-in for nothing but basic scopes counts as one to Windows Azure Active Directory where a policy on all
/// resources leaves out some; before that was enforced, it was let through.
fn basic_scopes(policy: &Policy, ids: &[String], assume: Assume) -> Truth {
    let applications = &policy.applications;
    let all = app_list(&applications.include, ANY_APP);
    let excludes = !super::scope::app_exclusions(policy).is_empty();
    let as_named = any(ids.iter().map(|id| resource(policy, id)));
    if all == Truth::No || !excludes {
        return as_named;
    }
    let of_all = match assume.baseline_scopes {
        BaselineScopes::Legacy => Truth::No,
        BaselineScopes::Enforced => resource(policy, apps::AZURE_AD),
    };
    if all == Truth::Yes { of_all } else { of_all.or(Truth::Unknown) }
}

/// An id that no app has.
const ANY_APP: &str = "";

/// Whether a policy covers a resource, whatever its conditions.
#[must_use]
pub fn resource(policy: &Policy, id: &str) -> Truth {
    let applications = &policy.applications;
    let filtered = |mode: FilterMode| match &applications.filter {
        Some(filter) => match filter.mode.get() {
            Some(own) if *own.value != mode => Truth::No,
            _ => Truth::Unknown,
        },
        None => Truth::No,
    };
    // Traffic profiles are deprecated; which apps they reach is not known.
    let traffic = if applications.traffic_profiles.is_empty() { Truth::No } else { Truth::Unknown };
    let include = app_list(&applications.include, id).or(filtered(FilterMode::Include)).or(traffic);
    let exclude = app_list(&applications.exclude, id).or(filtered(FilterMode::Exclude));
    include.and(exclude.negated())
}

fn app_list(list: &List<App>, id: &str) -> Truth {
    let hits = list.items.iter().map(|item| match &item.value {
        Given::Known(App::Token(token)) => match token {
            AppToken::All => Truth::Yes,
            AppToken::None => Truth::No,
            AppToken::Office365 => apps::in_office365(id),
            AppToken::AdminPortals => apps::in_admin_portals(id),
            AppToken::AgentResources => apps::is_agent(id),
        },
        // Microsoft Graph can be neither taken in nor left out by itself.
        Given::Known(App::Id(own)) if own == apps::GRAPH => Truth::No,
        Given::Known(App::Id(own)) if own == id => Truth::Yes,
        Given::Known(App::Id(own)) if own == apps::AZURE_MANAGEMENT => apps::in_azure_management(id),
        Given::Known(App::Id(_)) => Truth::No,
        Given::Known(App::Name(name)) if name.eq_ignore_ascii_case(id) => Truth::Yes,
        Given::Unresolved(what) if what.why == Why::Nobody => Truth::No,
        Given::Unresolved(what) if what.text.eq_ignore_ascii_case(id) => Truth::Yes,
        Given::Known(App::Name(_)) | Given::Unresolved(_) => Truth::Unknown,
    });
    any(hits.chain(list.open.iter().map(|_| Truth::Unknown)))
}

/// Enrolling a device with Intune is spared the demand for a compliant device. Source: "Require device
/// compliance".
fn is_enrollment(target: &Target) -> Truth {
    match target {
        Target::Untold => Truth::Unknown,
        Target::Apps(ids) => (!ids.is_empty() && ids.iter().all(|id| id == apps::INTUNE_ENROLLMENT)).into(),
        _ => Truth::No,
    }
}

fn client(list: &List<ClientApp>, client: Option<Client>) -> Truth {
    let Some(client) = client else { return Truth::Unknown };
    let one = |word: ClientApp| list.contains(&word);
    match client {
        Client::Browser => one(ClientApp::Browser),
        Client::Modern => one(ClientApp::Modern),
        Client::ActiveSync => one(ClientApp::ActiveSync),
        Client::ActiveSyncSupported => one(ClientApp::ActiveSync).or(one(ClientApp::ActiveSyncSupported)),
        Client::Other => one(ClientApp::Other),
    }
}

fn platform(pair: &Pair<Platform>, platform: Option<DevicePlatform>) -> Truth {
    let hits = |list: &List<Platform>| match platform {
        _ if list.contains(&Platform::All) == Truth::Yes => Truth::Yes,
        None if list.is_empty() => Truth::No,
        None => Truth::Unknown,
        Some(DevicePlatform::Unrecognised) => list.contains(&Platform::All),
        Some(DevicePlatform::Known(platform)) => list.contains(&platform).or(list.contains(&Platform::All)),
    };
    let include = if pair.include.is_empty() { Truth::Yes } else { hits(&pair.include) };
    include.and(hits(&pair.exclude).negated())
}

fn in_ranges(ranges: &List<String>, address: IpAddr) -> Truth {
    let hits = ranges.known().map(|range| match range.value.parse::<IpNet>() {
        Ok(net) => Truth::from(net.contains(&address)),
        Err(_) => Truth::Unknown,
    });
    any(hits).or(if ranges.is_known() { Truth::No } else { Truth::Unknown })
}
