//! What checklists ask of the policies of a tenant: which sign-ins enforced policies are expected not to let in.
//!
//! Sources: Microsoft Entra documentation, "Conditional Access policy templates", "Block legacy authentication",
//! "Block authentication flows", "Configure and enable risk policies", "Protect security info registration"; CISA,
//! "SCuBA secure configuration baseline for Microsoft Entra ID".

use super::analysis::{Analysis, Circumstances};
use super::emergency::Kind;
use super::people::{self, Class};
use super::sign_in::{Client, DevicePlatform, Identity, Methods, PersonKind, SignIn, Target};
use super::solver::{Region, Solve};
use super::space::{Property, SOMEONE_ELSE};
use super::{Access, Demand, Need, demand, strength, targets};
use crate::policy::ids::{apps, roles, strengths};
use crate::policy::words::{ClientApp, Control, FrequencyInterval, Risk, TransferMethod, UserAction};
use crate::policy::{App, Given, List, Policy, Principal, Truth};
use crate::source::At;

/// Which sign-ins are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Members with one factor.
    SignInWithoutMfa,
    /// Administrators with one factor.
    AdministratorWithoutMfa,
    /// Administrators with methods that can be phished.
    AdministratorPhished,
    /// Guests and external users with one factor.
    GuestWithoutMfa,
    /// Legacy clients.
    LegacyClient,
    /// Sessions that began with device code flow.
    DeviceCode,
    /// Sign-ins at risk that are treated like any other.
    RiskySignIn,
    /// People at high risk who do not remedy it.
    RiskyUser,
    /// Registering security information with one factor.
    Registration,
    /// Registering or joining a device with one factor.
    DeviceRegistration,
    /// Platforms that Conditional Access does not recognise.
    UnknownPlatform,
}

/// What it says of a gap that it shows in some circumstances only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is open to everybody.
    Open,
    /// It is, unless a location is what leaves it open: that somebody decided.
    OpenUnlessPlace,
    /// Somebody decided it.
    Decided,
    /// It is none where a location is what leaves it open.
    NoneIfPlace,
}

/// Circumstances that are searched, what was found before left out.
pub(super) struct Degree {
    pub(super) circumstances: Circumstances,
    pub(super) weight: Weight,
}

/// A question in terms of one tenant.
pub(super) struct Asked {
    /// From the gravest on.
    pub(super) degrees: Vec<Degree>,
    /// What holds of every sign-in asked about.
    pub(super) inside: Vec<Region>,
    /// The people who are asked about as such.
    pub(super) everybody: Vec<Class>,
    /// Administrators, where they are not asked about by themselves.
    pub(super) administrators: Vec<Class>,
    /// What is asked for.
    pub(super) targets: Vec<Target>,
    /// What is brought by whom a policy has to refuse, or ask for more, so that it counts as an answer; nothing where
    /// only those who are let in count.
    pub(super) unasked: Option<Circumstances>,
}

impl Question {
    /// Every question.
    pub const ALL: [Self; 11] = [
        Self::SignInWithoutMfa,
        Self::AdministratorWithoutMfa,
        Self::AdministratorPhished,
        Self::GuestWithoutMfa,
        Self::LegacyClient,
        Self::DeviceCode,
        Self::RiskySignIn,
        Self::RiskyUser,
        Self::Registration,
        Self::DeviceRegistration,
        Self::UnknownPlatform,
    ];

    pub(super) fn is_of_administrators(self) -> bool {
        matches!(self, Self::AdministratorWithoutMfa | Self::AdministratorPhished)
    }

    fn asks_guests(self) -> bool {
        !matches!(
            self,
            Self::SignInWithoutMfa | Self::RiskyUser | Self::Registration | Self::DeviceRegistration
        ) && !self.is_of_administrators()
    }

    fn asks_members(self) -> bool {
        self != Self::GuestWithoutMfa
    }

    /// Whether role holders are asked about, by themselves or among all members.
    fn asks_administrators(self) -> bool {
        !matches!(self, Self::SignInWithoutMfa | Self::GuestWithoutMfa)
    }

    /// The one target, where it is not about apps.
    fn action(self) -> Option<UserAction> {
        match self {
            Self::Registration => Some(UserAction::RegisterSecurityInfo),
            Self::DeviceRegistration => Some(UserAction::RegisterDevice),
            _ => None,
        }
    }

    /// Whether what administrators alone get away with is something that somebody decided: Microsoft's own policy for
    /// the registration of security information used to leave out Global Administrators.
    pub(super) fn spares_administrators(self) -> bool {
        self == Self::Registration
    }

    /// Whether a policy is one of the kind that is asked for, the more so the smaller the number: it refuses the
    /// sign-ins asked about, or would if its scope were wider.
    #[must_use]
    pub fn concern(self, policy: &Policy, access: &Access<'_>) -> Option<u32> {
        let conditions = &policy.conditions;
        let by_risk = is_about(&conditions.sign_in_risk) || is_about(&conditions.user_risk);
        let by_flow = conditions.transfer_methods.known().any(|flow| *flow.value != TransferMethod::None);
        let is_of_risk = matches!(self, Self::RiskySignIn | Self::RiskyUser);
        let applications = &policy.applications;
        let about_apps = !applications.include.is_empty() || applications.filter.is_some();
        if (by_risk && !is_of_risk)
            || (by_flow && self != Self::DeviceCode)
            || is_about(&conditions.insider_risk)
            || (self.action().is_none() && !about_apps)
        {
            return None;
        }
        let demand = demand(policy, access.assume);
        let ways = match &demand {
            Demand::Ways(ways) => ways.as_slice(),
            Demand::Block(_) => &[],
            Demand::Nothing => return None,
        };
        let by_method = |way: &Vec<At<Need<'_>>>| way.iter().any(|need| about_methods(need.value));
        let asks = ways.iter().any(by_method);
        let when = |fits: bool, weight: u32| fits.then_some(weight);
        // One of which that is not known is further off.
        let perhaps = |fits: Truth| when(fits != Truth::No, u32::from(fits == Truth::Unknown));
        match self {
            // One that can be met in another way too is further off.
            Self::SignInWithoutMfa | Self::AdministratorWithoutMfa | Self::GuestWithoutMfa => {
                when(asks, u32::from(!ways.iter().all(by_method)))
            }
            Self::AdministratorPhished => {
                let strengths = ways.iter().flatten().filter_map(|need| match need.value {
                    Need::Strength(strength) => Some(strength),
                    _ => None,
                });
                let phished = strengths
                    .filter(|strength| strength.id.get().is_none_or(|id| id.value != strengths::MFA))
                    .map(|strength| strength::met_by(strength, access.set, Methods::Phishable));
                phished.map(|phished| u32::from(phished == Truth::Yes)).min()
            }
            Self::LegacyClient => {
                let clients = &conditions.client_app_types;
                let all = clients.is_empty() || clients.contains(&ClientApp::All) == Truth::Yes;
                let legacy = [ClientApp::ActiveSync, ClientApp::ActiveSyncSupported, ClientApp::Other];
                let some = legacy.iter().map(|client| clients.contains(client)).fold(Truth::No, Truth::or);
                if all { when(asks, 4) } else { perhaps(some) }
            }
            Self::DeviceCode => perhaps(conditions.transfer_methods.contains(&TransferMethod::DeviceCode)),
            Self::RiskySignIn => when(is_about(&conditions.sign_in_risk), 0),
            Self::RiskyUser => when(is_about(&conditions.user_risk), 0),
            Self::Registration | Self::DeviceRegistration => {
                perhaps(self.action().map_or(Truth::No, |action| applications.user_actions.contains(&action)))
            }
            Self::UnknownPlatform => {
                let but_known = conditions.platforms.as_ref().is_some_and(|pair| !pair.exclude.is_empty());
                when(but_known && matches!(demand, Demand::Block(_)), 0)
            }
        }
    }

    /// Whether what members of a group get away with is asked about by another question.
    pub(super) fn leaves_to_members(self) -> bool {
        matches!(self, Self::AdministratorWithoutMfa | Self::GuestWithoutMfa)
    }

    /// Whether a policy that lets in whoever brings what it asks for is an answer nevertheless: it asks because of the
    /// risk, or anew every time.
    pub(super) fn is_answered_by(self, policy: &Policy, access: &Access<'_>) -> bool {
        let every_time = policy.session.sign_in_frequency.as_ref().is_some_and(|frequency| {
            frequency.interval.get().is_some_and(|interval| {
                matches!(*interval.value, FrequencyInterval::EveryTime | FrequencyInterval::EveryTimeStrict)
            })
        });
        let asks = matches!(demand(policy, access.assume), Demand::Ways(_));
        self == Self::RiskySignIn && asks && (is_about(&policy.conditions.sign_in_risk) || every_time)
    }

    /// The question in terms of a tenant.
    pub(super) fn asked<S: Solve>(self, access: &Access<'_>, analysis: &Analysis<'_, S>) -> Asked {
        let targets = self.targets(access, analysis);
        let roles = if self.asks_administrators() { self.roles(access, analysis) } else { Vec::new() };
        let base = self.base(access, analysis, &targets, &roles);
        let inside = self.inside(analysis, &roles);
        let holders: Vec<_> = roles.into_iter().map(Class::Holder).collect();
        let (everybody, administrators) = if self.is_of_administrators() {
            (holders, Vec::new())
        } else {
            let members = self.asks_members().then_some(Class::Member);
            let guests = people::EXTERNAL.into_iter().filter(|_| self.asks_guests());
            (members.into_iter().chain(guests.map(Class::External)).collect(), holders)
        };
        Asked {
            degrees: self.degrees(&base, analysis),
            inside,
            everybody,
            administrators,
            targets,
            unasked: (self == Self::RiskySignIn).then(|| brought(analysis, Methods::OneFactor, false, false)),
        }
    }

    /// The apps asked about, or the one action.
    fn targets<S: Solve>(self, access: &Access<'_>, analysis: &Analysis<'_, S>) -> Vec<Target> {
        if let Some(action) = self.action() {
            return vec![Target::Action(action)];
        }
        let mut all = targets::all(access);
        all.retain(|target| match target {
            Target::Apps(ids) => !ids.iter().any(|id| id == apps::AGENT || is_spared(id, access)),
            _ => false,
        });
        all.retain(|target| !target_values(analysis, target).is_empty());
        all
    }

    /// The roles whose holders are asked about. To leave a role out of a policy makes it one of them.
    fn roles<S: Solve>(self, access: &Access<'_>, analysis: &Analysis<'_, S>) -> Vec<String> {
        let left_out = |role: &&String| {
            let excludes = |policy: &Policy| {
                let excluded = &policy.users.exclude_roles;
                let known = excluded.known().filter_map(|excluded| match excluded.value {
                    Principal::Id(id) | Principal::Name(id) => Some(id),
                    Principal::Token(_) => None,
                });
                let unresolved = excluded.unresolved().map(|what| &what.value.text);
                known.chain(unresolved).any(|text| text.eq_ignore_ascii_case(role))
            };
            self != Self::AdministratorPhished && access.judged().any(excludes)
        };
        let named = analysis.space.properties().filter_map(|property| match property {
            Property::Role(role) if !people::is_synchronisation(role) => Some(role),
            _ => None,
        });
        let mut found: Vec<String> = roles::ADMINISTRATORS.map(str::to_owned).to_vec();
        found.extend(
            named.filter(left_out).filter(|role| !roles::ADMINISTRATORS.contains(&role.as_str())).cloned(),
        );
        let nobody = |role: &String| {
            access.set.directory.holders(role, true).is_some_and(|holders| holders.is_empty())
        };
        found.retain(|role| !nobody(role));
        found
    }

    /// What holds of every sign-in asked about, but for what people bring and where they are.
    fn base<S: Solve>(
        self,
        access: &Access<'_>,
        analysis: &Analysis<'_, S>,
        wanted: &[Target],
        roles: &[String],
    ) -> Circumstances {
        let emergency = people::everybody_with_emergency_access(access);
        let is_emergency = |kind: Kind, text: &str| people::is_one_of(&emergency, kind, text);
        let ordinary = people::circumstances(&Class::Member, analysis);
        let properties: Vec<_> = analysis.space.properties().cloned().collect();
        properties.iter().fold(ordinary, |found, property| {
            let fits =
                |fits: &dyn Fn(&SignIn) -> bool| analysis.space.values(property, |sign_in, _| fits(sign_in));
            let yes_or_no = |free: bool| if free { vec![0, 1] } else { vec![0] };
            let values = match property {
                Property::Group(group) => yes_or_no(!is_emergency(Kind::Group, group)),
                Property::Role(role) if self.is_of_administrators() => yes_or_no(roles.contains(role)),
                Property::Role(role) => {
                    yes_or_no(self.asks_administrators() && !people::is_synchronisation(role))
                }
                // An account that policies name is asked about as that of a member.
                Property::Account => fits(&|sign_in| match &sign_in.identity {
                    Identity::Person(person) if !self.asks_members() => {
                        person.id.as_deref() == Some(SOMEONE_ELSE)
                    }
                    Identity::Person(person) => {
                        !person.id.as_deref().is_some_and(|id| is_emergency(Kind::User, id))
                    }
                    Identity::ServicePrincipal(_)
                    | Identity::Workload(_)
                    | Identity::Uncovered(_)
                    | Identity::Agent(_) => false,
                }),
                Property::Kind => fits(&|sign_in| match &sign_in.identity {
                    Identity::Person(person) => match person.kind {
                        Some(PersonKind::Member) => self.asks_members(),
                        Some(PersonKind::External(_)) => self.asks_guests(),
                        Some(PersonKind::AgentUser) | None => false,
                    },
                    _ => false,
                }),
                Property::HomeTenant => fits(&|_| true),
                Property::Target => {
                    let mut values: Vec<_> =
                        wanted.iter().flat_map(|target| target_values(analysis, target)).collect();
                    values.sort_unstable();
                    values
                }
                Property::Client if self == Self::LegacyClient => {
                    fits(&|sign_in| sign_in.client.is_some_and(Client::is_legacy))
                }
                Property::Flow if self == Self::DeviceCode => {
                    fits(&|sign_in| sign_in.flow == Some(TransferMethod::DeviceCode))
                }
                Property::Platform if self == Self::UnknownPlatform => {
                    fits(&|sign_in| sign_in.platform == Some(DevicePlatform::Unrecognised))
                }
                Property::UserRisk if self == Self::RiskyUser => {
                    fits(&|sign_in| sign_in.user_risk == Some(Risk::High))
                }
                _ => return found,
            };
            found.instead(analysis.dim(property), &values)
        })
    }

    /// What is brought and from where, from the gravest on.
    fn degrees<S: Solve>(self, base: &Circumstances, analysis: &Analysis<'_, S>) -> Vec<Degree> {
        let bringing =
            |methods, managed, remedy| base.clone().overlaid(&brought(analysis, methods, managed, remedy));
        let away = |there: Circumstances| away_from_networks(analysis, there);
        let degree = |circumstances, weight| Degree { circumstances, weight };
        let by_methods = |methods, remedy| {
            let (bare, managed) = (bringing(methods, false, remedy), bringing(methods, true, remedy));
            vec![
                degree(away(bare.clone()), Weight::Open),
                degree(bare, Weight::OpenUnlessPlace),
                degree(away(managed.clone()), Weight::Decided),
                degree(managed, Weight::Decided),
            ]
        };
        let anyhow = |there: Circumstances| {
            vec![degree(away(there.clone()), Weight::Open), degree(there, Weight::OpenUnlessPlace)]
        };
        match self {
            Self::SignInWithoutMfa | Self::AdministratorWithoutMfa | Self::GuestWithoutMfa => {
                by_methods(Methods::OneFactor, false)
            }
            Self::AdministratorPhished => by_methods(Methods::Phishable, true),
            Self::Registration | Self::DeviceRegistration => {
                let bare = bringing(Methods::OneFactor, false, false);
                vec![degree(away(bare.clone()), Weight::Open), degree(bare, Weight::NoneIfPlace)]
            }
            // The mail app of a compliant phone is no way in for who knows a password.
            Self::LegacyClient => anyhow(bringing(Methods::Every, false, true)),
            Self::DeviceCode | Self::UnknownPlatform => anyhow(bringing(Methods::Every, true, true)),
            Self::RiskyUser => anyhow(bringing(Methods::Every, true, false)),
            Self::RiskySignIn => {
                let there = bringing(Methods::Every, true, true);
                let at = |risk: Risk| {
                    let property = Property::SignInRisk;
                    let values =
                        analysis.space.values(&property, |sign_in, _| sign_in.sign_in_risk == Some(risk));
                    there.clone().instead(analysis.dim(&property), &values)
                };
                let mut degrees = anyhow(at(Risk::High));
                // CISA asks for high risk alone, Microsoft's template for medium risk too.
                degrees.push(degree(away(at(Risk::Medium)), Weight::Decided));
                degrees
            }
        }
    }

    fn inside<S: Solve>(self, analysis: &Analysis<'_, S>, roles: &[String]) -> Vec<Region> {
        if self == Self::LegacyClient {
            let other = analysis
                .space
                .region_of(&Property::Client, |sign_in, _| sign_in.client == Some(Client::Other));
            let mail = Target::Apps(vec![apps::EXCHANGE.to_owned()]);
            let mail = analysis.space.region_of(&Property::Target, |sign_in, _| sign_in.target == mail);
            return vec![Region::any([other, mail])];
        }
        if !self.is_of_administrators() {
            return Vec::new();
        }
        // Whoever holds a role that no policy names is like a member who holds none.
        let held = roles.iter().map(|role| match analysis.dim(&Property::Role(role.clone())) {
            Some(dim) => Region::Among(dim, vec![1]),
            None => Region::Whole(true),
        });
        vec![Region::any(held)]
    }

    /// What holds of the people of a class, among those asked about in some circumstances.
    pub(super) fn who<S: Solve>(
        self,
        class: &Class,
        there: &Circumstances,
        analysis: &Analysis<'_, S>,
    ) -> Circumstances {
        let own = people::circumstances(class, analysis);
        let is_named = matches!(class, Class::InGroup(_) | Class::Named(_));
        let properties: Vec<_> = analysis.space.properties().collect();
        let (own, _) = own.split(|dim| match properties.get(dim) {
            Some(Property::Account | Property::Group(_) | Property::HomeTenant) => true,
            Some(Property::Kind) => !is_named || self.asks_members(),
            Some(Property::Role(_)) => !is_named || !self.is_of_administrators(),
            _ => false,
        });
        own.within().iter().fold(there.clone(), |found, (dim, values)| found.with(Some(*dim), values))
    }

    /// What people of a class are called, among those asked about.
    pub(super) fn name(self, class: &Class, access: &Access<'_>) -> String {
        let name = class.quoted(&access.set.directory);
        match class {
            Class::InGroup(_) if self.is_of_administrators() => format!("administrator who is a {name}"),
            Class::InGroup(_) if !self.asks_members() => format!("guest who is a {name}"),
            // In a list of its own there are no others.
            Class::Member => "any ordinary member".to_owned(),
            _ => name,
        }
    }
}

/// Whether a need concerns the methods that people sign in with.
fn about_methods(need: Need<'_>) -> bool {
    matches!(need, Need::Strength(_) | Need::Control(Control::Mfa | Control::RiskRemediation))
}

fn is_about<T>(list: &List<T>) -> bool {
    !list.is_empty()
}

/// The values of the target property that stand for a target.
pub(super) fn target_values<S: Solve>(analysis: &Analysis<'_, S>, target: &Target) -> Vec<usize> {
    analysis.space.values(&Property::Target, |sign_in, _| sign_in.target == *target)
}

/// Whether an app is not asked about: one that Microsoft advises to leave out, and enrolling a device, which the demand
/// for a compliant device spares, unless a policy names it.
fn is_spared(id: &str, access: &Access<'_>) -> bool {
    let excludes = |policy: &Policy| {
        let excluded = policy.applications.exclude.items.iter();
        excluded.into_iter().any(|app| matches!(&app.value, Given::Known(App::Id(own)) if own == id))
    };
    match id {
        apps::UNIVERSAL_STORE => true,
        apps::INTUNE_ENROLLMENT => !access.judged().any(excludes),
        _ => false,
    }
}

/// What people bring: methods; a managed device, a managed app or what a third party vouches for; and whether they can
/// remedy a risk. Terms of use anybody can accept.
fn brought<S: Solve>(
    analysis: &Analysis<'_, S>,
    methods: Methods,
    managed: bool,
    remedy: bool,
) -> Circumstances {
    let yes_or_no = |can: bool| if can { vec![0, 1] } else { vec![0] };
    let properties: Vec<_> = analysis.space.properties().cloned().collect();
    properties.iter().fold(Circumstances::default(), |found, property| {
        let values = match property {
            Property::Methods => {
                analysis.space.values(property, |_, capabilities| capabilities.methods == Some(methods))
            }
            Property::Device => analysis.space.values(property, |sign_in, _| {
                let bare = sign_in.device.as_ref().is_some_and(|device| device.attributes.is_empty());
                managed || bare
            }),
            Property::Can(name) => match name.as_str() {
                "termsofuse" => vec![0, 1],
                "passwordchange" | "riskremediation" => yes_or_no(remedy),
                _ => yes_or_no(managed),
            },
            _ => return found,
        };
        found.with(analysis.dim(property), &values)
    })
}

/// The circumstances outside of every named location but countries: whoever keeps other countries out has not decided
/// anything about the people at home.
fn away_from_networks<S: Solve>(analysis: &Analysis<'_, S>, there: Circumstances) -> Circumstances {
    analysis.space.locations().fold(there, |so_far, id| {
        let (property, values) = analysis.space.location(id, false);
        if property == Property::Country { so_far } else { so_far.with(analysis.dim(&property), &values) }
    })
}
