//! Classes of people, of whom it is asked whether they still get in.
//!
//! Not every combination of groups is listed: people read a short list. Sources: Microsoft Entra documentation,
//! "Manage emergency access accounts", "Microsoft Entra built-in roles" (who can change Conditional Access),
//! "Authentication and Conditional Access for B2B users".

use std::collections::BTreeSet;

use super::analysis::{Analysis, Circumstances};
use super::emergency::{EmergencyPrincipal, Kind};
use super::sign_in::{Client, Identity, Methods, PersonKind, SignIn, Target};
use super::solver::Solve;
use super::space::{Account, Property, Wanted};
use super::{Access, targets};
use crate::policy::ids::roles;
use crate::policy::words::{GuestType, UserAction};
use crate::policy::{Directory, Principal, Truth};

/// A class of people, or of other identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// An emergency access account, or a member of an emergency access group, who has a passkey and nothing else.
    Emergency(EmergencyPrincipal),
    /// A person who holds one role, actively, and belongs to no group that policies name.
    Holder(String),
    /// A person who could activate a role and has not.
    Eligible,
    /// A member whom policies do not name, in no group and with no role that they name.
    Member,
    /// A member of one group.
    InGroup(String),
    /// A person policies name.
    Named(String),
    /// A guest or external user.
    External(GuestType),
    /// The account of directory synchronisation, which answers no prompt.
    Synchronisation,
    /// A service principal of the tenant.
    ServicePrincipal,
}

/// What kinds of account there are beside members.
pub const EXTERNAL: [GuestType; 6] = [
    GuestType::CollaborationGuest,
    GuestType::CollaborationMember,
    GuestType::DirectConnect,
    GuestType::Other,
    GuestType::ServiceProvider,
    GuestType::InternalGuest,
];

impl Class {
    /// A name that is the same in every run; of groups and accounts, the one that exports tell.
    #[must_use]
    pub fn name(&self, directory: &Directory) -> String {
        self.named(directory, str::to_owned)
    }

    /// The name as findings write it, with what comes from files in backticks.
    #[must_use]
    pub fn quoted(&self, directory: &Directory) -> String {
        self.named(directory, |text| format!("`{text}`"))
    }

    fn named(&self, directory: &Directory, write: impl Fn(&str) -> String) -> String {
        let group = |id: &str| {
            let told = directory.groups.get(id).and_then(|group| group.name.as_deref());
            write(told.unwrap_or(id))
        };
        let user = |id: &str| {
            let told = directory.users.get(id).and_then(|user| user.name.as_deref());
            write(told.unwrap_or(id))
        };
        match self {
            Self::Emergency(principal) => match principal.kind {
                Kind::User => format!("emergency access account {}", user(&principal.text)),
                Kind::Group => format!("emergency access group {}", group(&principal.text)),
            },
            Self::Holder(role) => format!("active {}", roles::name(role).unwrap_or(role)),
            Self::Eligible => "administrator before activation".to_owned(),
            Self::Member => "any other member".to_owned(),
            Self::InGroup(id) => format!("member of group {}", group(id)),
            Self::Named(id) => format!("account {}", user(id)),
            Self::External(kind) => external(*kind).to_owned(),
            Self::Synchronisation => "directory synchronisation account".to_owned(),
            Self::ServicePrincipal => "service principal".to_owned(),
        }
    }

    /// Whether people of the class sign in by themselves.
    #[must_use]
    pub fn is_person(&self) -> bool {
        !matches!(self, Self::ServicePrincipal)
    }
}

fn external(kind: GuestType) -> &'static str {
    match kind {
        GuestType::None => "guest",
        GuestType::InternalGuest => "internal guest",
        GuestType::CollaborationGuest => "B2B guest",
        GuestType::CollaborationMember => "B2B member",
        GuestType::DirectConnect => "B2B direct connect user",
        GuestType::Other => "other external user",
        GuestType::ServiceProvider => "service provider user",
    }
}

/// What the space has to hold so that classes can be asked about.
#[must_use]
pub fn wanted(access: &Access<'_>) -> Wanted {
    let mut wanted = Wanted { targets: targets::all(access), ..Wanted::default() };
    wanted.roles.extend(roles::MANAGING.iter().chain(&roles::SYNCHRONISATION).map(|id| (*id).to_owned()));
    wanted.accounts.insert(Account::OtherServicePrincipal);
    for principal in &access.emergency.principals {
        if principal.kind == Kind::Group {
            wanted.groups.insert(principal.text.to_lowercase());
        }
    }
    for class in emergency(access) {
        if let Class::Emergency(principal) = class
            && principal.kind == Kind::User
        {
            wanted.accounts.insert(Account::User(principal.text.to_lowercase()));
        }
    }
    let holders = roles::MANAGING.iter().filter_map(|role| access.set.directory.holders(role, true));
    wanted.accounts.extend(holders.flatten().map(Account::User));
    wanted
}

/// Who has emergency access: of a group whose members are known, those.
#[must_use]
pub fn emergency(access: &Access<'_>) -> Vec<Class> {
    let mut found: Vec<EmergencyPrincipal> = Vec::new();
    for principal in &access.emergency.principals {
        let members = match principal.kind {
            Kind::Group => access.set.directory.people_in(&principal.text),
            Kind::User => None,
        };
        match members {
            Some(members) => found.extend(members.into_iter().map(|text| EmergencyPrincipal {
                kind: Kind::User,
                text,
                span: principal.span,
            })),
            None => found.push(principal.clone()),
        }
    }
    let mut classes: Vec<Class> = Vec::new();
    for principal in found {
        let known = classes.iter().any(|class| {
            matches!(class, Class::Emergency(known) if known.kind == principal.kind && known.is_written(&principal.text))
        });
        if !known {
            classes.push(Class::Emergency(principal));
        }
    }
    classes
}

/// The classes of a tenant, those that must get in first. Classes of which the files tell that nobody belongs to
/// them are left out.
#[must_use]
pub fn classes<S: Solve>(access: &Access<'_>, analysis: &mut Analysis<'_, S>) -> Vec<Class> {
    let mut found = emergency(access);
    found.extend(roles::MANAGING.iter().map(|role| Class::Holder((*role).to_owned())));
    found.extend([Class::Eligible, Class::Member]);
    found.extend(analysis.space.properties().filter_map(|property| match property {
        Property::Role(role) if !roles::MANAGING.contains(&role.as_str()) && !is_synchronisation(role) => {
            Some(Class::Holder(role.clone()))
        }
        _ => None,
    }));
    found.extend(named(access, analysis));
    found.extend(EXTERNAL.map(Class::External));
    found.extend([Class::Synchronisation, Class::ServicePrincipal]);
    found.retain(|class| {
        let circumstances = circumstances(class, analysis);
        analysis.exists(&circumstances)
    });
    found
}

/// The members of each group and the accounts that policies name, but for emergency access.
#[must_use]
pub fn named<S: Solve>(access: &Access<'_>, analysis: &Analysis<'_, S>) -> Vec<Class> {
    let emergency = everybody_with_emergency_access(access);
    let groups = analysis.space.properties().filter_map(|property| match property {
        Property::Group(group) if !is_one_of(&emergency, Kind::Group, group) => {
            Some(Class::InGroup(group.clone()))
        }
        _ => None,
    });
    let accounts = analysis.space.accounts().filter_map(|account| match account {
        Account::User(user) if !is_one_of(&emergency, Kind::User, user) => Some(Class::Named(user.clone())),
        _ => None,
    });
    groups.chain(accounts).collect()
}

/// Emergency access as it is declared or taken, and the members of its groups that files tell.
pub(super) fn everybody_with_emergency_access(access: &Access<'_>) -> Vec<EmergencyPrincipal> {
    let expanded = emergency(access).into_iter().filter_map(|class| match class {
        Class::Emergency(principal) => Some(principal),
        _ => None,
    });
    access.emergency.principals.iter().cloned().chain(expanded).collect()
}

/// Whether a user or group, as a policy writes it, is one of some with emergency access.
pub(super) fn is_one_of(emergency: &[EmergencyPrincipal], kind: Kind, text: &str) -> bool {
    emergency.iter().any(|principal| principal.kind == kind && principal.is_written(text))
}

pub(super) fn is_synchronisation(role: &str) -> bool {
    roles::SYNCHRONISATION.contains(&role)
}

/// Whether an account holds a role of directory synchronization, as far as files tell.
#[must_use]
pub fn has_synchronisation(directory: &Directory) -> Truth {
    let holders = roles::SYNCHRONISATION.iter().map(|role| directory.holders(role, true));
    holders
        .map(|held| held.map_or(Truth::Unknown, |people| Truth::from(!people.is_empty())))
        .fold(Truth::No, Truth::or)
}

/// Whether anything shows that an account of directory synchronization is in use: the files tell it, or a policy names
/// its role. Newer installations sign in as an application, which is nobody of these.
#[must_use]
pub fn shows_synchronisation(access: &Access<'_>) -> bool {
    let is_its_role = |role: &Principal| matches!(role, Principal::Id(id) if is_synchronisation(id));
    let mut policies = access.about_people();
    match has_synchronisation(&access.set.directory) {
        Truth::Unknown => policies.any(|policy| {
            let lists = [&policy.users.include_roles, &policy.users.exclude_roles];
            lists.iter().any(|roles| roles.find(is_its_role).is_some())
        }),
        told => told == Truth::Yes,
    }
}

/// The circumstances of an ordinary sign-in of a class: a client with modern authentication, no risk, a session that
/// was not moved; everything people can choose is open.
#[must_use]
pub fn circumstances<S: Solve>(class: &Class, analysis: &Analysis<'_, S>) -> Circumstances {
    let mut found = Circumstances::default();
    let properties: Vec<_> = analysis.space.properties().cloned().collect();
    for property in &properties {
        let dim = analysis.space.dim(property);
        let values = match property {
            Property::Group(group) => memberships(class, group, analysis),
            Property::Role(role) => holds(class, role, analysis),
            Property::Account => analysis.space.values(property, |sign_in, _| is_account(class, sign_in)),
            Property::Kind => {
                let kind = match class {
                    Class::External(kind) => PersonKind::External(*kind),
                    _ => PersonKind::Member,
                };
                analysis.space.values(property, |sign_in, _| is_kind(sign_in, kind))
            }
            Property::Methods => {
                let methods = match class {
                    Class::Emergency(_) => Methods::Passkey,
                    Class::Synchronisation => Methods::None,
                    _ => Methods::Every,
                };
                analysis.space.values(property, |_, capabilities| capabilities.methods == Some(methods))
            }
            Property::Can(_) => vec![usize::from(!is_bare(class))],
            Property::Device if is_bare(class) => vec![0],
            Property::Client => {
                analysis.space.values(property, |sign_in, _| !sign_in.client.is_some_and(Client::is_legacy))
            }
            Property::HomeTenant
            | Property::UserRisk
            | Property::SignInRisk
            | Property::ServicePrincipalRisk
            | Property::AgentRisk
            | Property::InsiderRisk
            | Property::Flow => vec![0],
            _ => continue,
        };
        found = found.with(dim, &values);
    }
    found
}

/// Whether the sign-in of a point is one of somebody of a class, whatever else is true of it.
pub(super) fn is_of<S: Solve>(class: &Class, point: &[usize], analysis: &Analysis<'_, S>) -> bool {
    let circumstances = circumstances(class, analysis);
    analysis.space.properties().filter(|property| property.is_of_people()).all(|property| {
        let Some(dim) = analysis.space.dim(property) else { return true };
        let values = circumstances.values(dim);
        values.is_none_or(|values| point.get(dim).is_some_and(|value| values.contains(value)))
    })
}

/// Whether somebody has no managed device and nothing but methods to sign in with.
fn is_bare(class: &Class) -> bool {
    matches!(class, Class::Emergency(_) | Class::Synchronisation)
}

/// The account of a class, where it is one that policies or exports name.
fn account(class: &Class) -> Option<&str> {
    match class {
        Class::Emergency(principal) if principal.kind == Kind::User => Some(&principal.text),
        Class::Named(user) => Some(user),
        _ => None,
    }
}

/// Whether somebody of a class is in a group: no, yes, or, of an emergency access account and an emergency access
/// group whose members are not known, maybe.
fn memberships<S>(class: &Class, group: &str, analysis: &Analysis<'_, S>) -> Vec<usize> {
    if let (Some(id), Some(people)) = (account(class), analysis.directory().people_in(group)) {
        return vec![usize::from(people.contains(&id.to_lowercase()))];
    }
    let emergency = &analysis.emergency;
    match class {
        Class::InGroup(own) => vec![usize::from(own == group || is_part_of(own, group, analysis))],
        Class::Emergency(principal) if principal.kind == Kind::Group => {
            vec![usize::from(principal.is_written(group))]
        }
        Class::Emergency(_) if emergency.iter().any(|it| it.kind == Kind::Group && it.is_written(group)) => {
            vec![0, 1]
        }
        _ => vec![0],
    }
}

/// Whether everybody in a group is in another one too.
fn is_part_of<S>(group: &str, other: &str, analysis: &Analysis<'_, S>) -> bool {
    let directory = analysis.directory();
    match (directory.people_in(group), directory.people_in(other)) {
        (Some(people), Some(others)) => people.is_subset(&others),
        _ => false,
    }
}

/// Whether somebody of a class holds a role: no, yes, or, of an emergency access group whose members are not known where
/// the holders are, maybe.
fn holds<S>(class: &Class, role: &str, analysis: &Analysis<'_, S>) -> Vec<usize> {
    let directory = analysis.directory();
    let holders = directory.holders(role, true);
    if let (Some(id), Some(people)) = (account(class), &holders) {
        return vec![usize::from(people.contains(&id.to_lowercase()))];
    }
    let yes = match class {
        Class::Holder(own) => own == role,
        Class::InGroup(own) => {
            matches!((directory.people_in(own), &holders), (Some(people), Some(all)) if people.is_subset(all))
        }
        Class::Emergency(_) if role == roles::GLOBAL_ADMINISTRATOR && holders.is_some() => return vec![0, 1],
        Class::Emergency(_) => role == roles::GLOBAL_ADMINISTRATOR,
        Class::Synchronisation => is_synchronisation(role) && may_be_synchronisation(role, directory),
        _ => false,
    };
    vec![usize::from(yes)]
}

/// Whether the account of directory synchronisation may hold this one of its roles. Where the files tell that nobody holds
/// any of them, it holds them all, and is nobody.
fn may_be_synchronisation(role: &str, directory: &Directory) -> bool {
    let is_held = |role: &str| directory.holders(role, true).is_none_or(|people| !people.is_empty());
    is_held(role) || !roles::SYNCHRONISATION.iter().any(|role| is_held(role))
}

fn is_account(class: &Class, sign_in: &SignIn) -> bool {
    let named = |text: &str| {
        matches!(&sign_in.identity, Identity::Person(person)
            if person.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(text)))
    };
    match class {
        Class::Emergency(principal) if principal.kind == Kind::User => named(&principal.text),
        Class::Named(user) => named(user),
        Class::ServicePrincipal => {
            matches!(&sign_in.identity, Identity::ServicePrincipal(id) if id.contains(' '))
        }
        _ => named(super::space::SOMEONE_ELSE),
    }
}

fn is_kind(sign_in: &SignIn, kind: PersonKind) -> bool {
    matches!(&sign_in.identity, Identity::Person(person) if person.kind == Some(kind))
}

/// Everybody who can change Conditional Access: whoever holds a managing role, in whatever groups, from whatever
/// account. For each role, its circumstances.
#[must_use]
pub fn managers<S: Solve>(analysis: &Analysis<'_, S>) -> Vec<Circumstances> {
    let ordinary = circumstances(&Class::Member, analysis);
    let properties: BTreeSet<_> = analysis.space.properties().cloned().collect();
    let people = analysis
        .space
        .values(&Property::Account, |sign_in, _| matches!(sign_in.identity, Identity::Person(_)));
    let free = properties.iter().fold(ordinary, |circumstances, property| {
        let dim = analysis.space.dim(property);
        match property {
            Property::Group(_) | Property::Role(_) => circumstances.instead(dim, &[0, 1]),
            Property::Account => circumstances.instead(dim, &people),
            _ => circumstances,
        }
    });
    let role = |role: &&str| analysis.space.dim(&Property::Role((*role).to_owned()));
    roles::MANAGING.iter().map(|id| free.clone().instead(role(id), &[1])).collect()
}

/// The same without emergency access: in none of its groups, and with none of its accounts.
#[must_use]
pub fn managers_without_emergency<S: Solve>(
    access: &Access<'_>,
    analysis: &Analysis<'_, S>,
) -> Vec<Circumstances> {
    let principals = &access.emergency.principals;
    let is_emergency = |property: &&Property| matches!(property, Property::Group(group) if is_one_of(principals, Kind::Group, group));
    let groups: Vec<_> = analysis.space.properties().filter(is_emergency).collect();
    let accounts: Vec<_> =
        emergency(access).into_iter().filter_map(|class| account(&class).map(str::to_lowercase)).collect();
    let others = analysis.space.values(&Property::Account, |sign_in, _| {
        let Identity::Person(person) = &sign_in.identity else { return false };
        !person.id.as_ref().is_some_and(|id| accounts.contains(&id.to_lowercase()))
    });
    let without = |circumstances: Circumstances| {
        let left = circumstances.instead(analysis.space.dim(&Property::Account), &others);
        groups.iter().fold(left, |left, group| left.instead(analysis.space.dim(group), &[0]))
    };
    managers(analysis).into_iter().map(without).collect()
}

/// The circumstances of accounts of some kinds that no policy names, in no group and with no role. All else is open, but
/// that they enroll no device and register no method.
#[must_use]
pub fn of_kinds<S: Solve>(analysis: &Analysis<'_, S>, fits: impl Fn(PersonKind) -> bool) -> Circumstances {
    let aside = [targets::enrollment(), Target::Action(UserAction::RegisterSecurityInfo)];
    let mut found = Circumstances::default();
    let properties: Vec<_> = analysis.space.properties().cloned().collect();
    for property in &properties {
        let values = match property {
            Property::Group(_) | Property::Role(_) => vec![0],
            Property::Account => analysis.space.values(property, |sign_in, _| is_account(&Class::Member, sign_in)),
            Property::Kind => analysis.space.values(property, |sign_in, _| {
                matches!(&sign_in.identity, Identity::Person(person) if person.kind.is_some_and(&fits))
            }),
            Property::Target => analysis.space.values(property, |sign_in, _| !aside.contains(&sign_in.target)),
            _ => continue,
        };
        found = found.with(analysis.space.dim(property), &values);
    }
    found
}
