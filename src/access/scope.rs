//! Whom and what a policy covers, and what narrows it.
//!
//! Sources: Microsoft Entra documentation, "Building a Conditional Access policy" (assignments combine with
//! AND, values of a list with OR, exclusion wins), "Users, groups, agents and workload identities", "Target
//! resources", "Conditions", "Network".

use super::addresses::is_vacant;
use super::devices::DeviceFilter;
use super::emergency::{Emergency, Kind};
use super::places::named_location;
use crate::policy::words::{ClientApp, FilterMode, Platform, Risk, TransferMethod, Word};
use crate::policy::{
    App, AppToken, Filter, Given, List, Location, LocationToken, Policy, PolicySet, Principal, Truth,
    UserToken, Why, ids,
};
use crate::source::{At, Span};

/// Whether a policy can apply at all: it names an app, user action or authentication context, and does not leave
/// everybody out. What is not known may be one.
pub(super) fn can_apply(policy: &Policy) -> bool {
    let all = |principal: &Principal| *principal == Principal::Token(UserToken::All);
    let users = &policy.users;
    let leaves_out_all =
        [&users.exclude_users, &users.exclude_groups].into_iter().any(|list| list.find(all).is_some());
    targets_something(policy) && !leaves_out_all
}

fn targets_something(policy: &Policy) -> bool {
    let applications = &policy.applications;
    let apps = &applications.include;
    let names_app = apps.items.iter().any(|app| app.value != Given::Known(App::Token(AppToken::None)));
    names_app
        || apps.open.is_some()
        || !applications.user_actions.is_empty()
        || !applications.auth_contexts.is_empty()
        || !applications.traffic_profiles.is_empty()
        || applications.filter.is_some()
}

/// Where a policy leaves out apps, by list or by filter. An entry that is not known counts: it is written.
#[must_use]
pub fn app_exclusions(policy: &Policy) -> Vec<Span> {
    let applications = &policy.applications;
    let is_app = |entry: &Given<App>| match entry {
        Given::Known(app) => *app != App::Token(AppToken::None),
        Given::Unresolved(what) => what.why != Why::Nobody,
    };
    let listed = applications.exclude.items.iter().filter(|item| is_app(&item.value)).map(|item| item.span);
    let open = applications.exclude.open.iter().map(|open| open.span);
    let excludes =
        |filter: &&Filter| filter.mode.get().is_some_and(|mode| *mode.value == FilterMode::Exclude);
    listed.chain(open).chain(applications.filter.iter().filter(excludes).map(|filter| filter.key)).collect()
}

/// Which circumstances a policy asks for.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// Conditions that leave some sign-ins of the covered people out.
    pub conditions: Vec<Span>,
    /// Conditions of which the files do not tell whether they do.
    pub unknown: Vec<Span>,
}

impl Narrowing {
    /// Whether the policy applies to every sign-in of the people and apps it covers.
    #[must_use]
    pub fn is_none(&self) -> Truth {
        if !self.conditions.is_empty() {
            Truth::No
        } else if self.unknown.is_empty() {
            Truth::Yes
        } else {
            Truth::Unknown
        }
    }
}

/// Whether one condition leaves sign-ins out: yes, no, or not known.
type Narrows = Option<(Span, Truth)>;

/// What narrows a policy. Conditions that match everything (all platforms, all locations, every client type)
/// count as not written.
#[must_use]
pub fn narrowing(policy: &Policy, set: &PolicySet) -> Narrowing {
    let conditions = &policy.conditions;
    let found = [
        client_apps(&conditions.client_app_types),
        conditions.platforms.as_ref().map(|pair| (pair.key, platforms(&pair.include, &pair.exclude))),
        conditions.locations.as_ref().map(|pair| (pair.key, locations(&pair.include, &pair.exclude, set))),
        conditions.device_filter.as_ref().map(|filter| (filter.key, filters(filter))),
        conditions.device_states.as_ref().map(|states| (states.key, Truth::Yes)),
        risk(&conditions.user_risk),
        risk(&conditions.sign_in_risk),
        risk(&conditions.service_principal_risk),
        risk(&conditions.agent_risk),
        listed(
            &conditions.insider_risk,
            if conditions.insider_risk.open.is_some() { Truth::Unknown } else { Truth::Yes },
        ),
        flows(&conditions.transfer_methods),
    ];
    let mut narrowing = Narrowing::default();
    for (span, truth) in found.into_iter().flatten() {
        match truth {
            Truth::Yes => narrowing.conditions.push(span),
            Truth::Unknown => narrowing.unknown.push(span),
            Truth::No => {}
        }
    }
    narrowing.unknown.extend(conditions.unknown.iter().map(|condition| condition.span));
    let filter = policy.applications.filter.iter().filter(|filter| filter.mode.get().is_none());
    narrowing.unknown.extend(filter.map(|filter| filter.key));
    narrowing
}

/// The conditions of a policy that leave some sign-in out for certain, be it one of a legacy client.
#[must_use]
pub fn conditions(policy: &Policy, set: &PolicySet) -> Vec<Span> {
    let narrowing = narrowing(policy, set).conditions;
    narrowing.into_iter().chain(all_but_legacy(policy)).collect()
}

/// Where a platform condition is written out, whether or not it narrows.
#[must_use]
pub fn platforms_written(policy: &Policy) -> Option<Span> {
    let pair = policy.conditions.platforms.as_ref()?;
    pair.include.find(|platform| *platform == Platform::All).map(|at| at.span)
}

/// The platform condition that takes in every platform Conditional Access recognises, one by one, and leaves none out:
/// only sign-ins from platforms that are not recognised are outside.
#[must_use]
pub fn every_recognised_platform(policy: &Policy) -> Option<Span> {
    let pair = policy.conditions.platforms.as_ref()?;
    let recognised = [Platform::Android, Platform::Ios, Platform::Windows, Platform::MacOs, Platform::Linux];
    let stays = |platform: &Platform| {
        pair.include.contains(platform) == Truth::Yes && pair.exclude.contains(platform) == Truth::No
    };
    recognised.iter().all(stays).then_some(pair.key)
}

fn listed<T>(list: &List<T>, truth: Truth) -> Narrows {
    let key = list.key?;
    (!list.is_empty()).then_some((key, truth))
}

/// Not configured, `all`, or browsers and modern apps together: what is left then is legacy clients, which reach
/// neither an admin center nor Microsoft Graph, so nobody can work or undo anything with them.
fn client_apps(list: &List<ClientApp>) -> Narrows {
    let modern = list.contains(&ClientApp::Browser).and(list.contains(&ClientApp::Modern));
    let truth = match list.contains(&ClientApp::All).or(modern) {
        Truth::Yes => Truth::No,
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown,
    };
    listed(list, truth)
}

/// Where the condition on client apps leaves any of them out, legacy ones too.
#[must_use]
pub fn clients_left_out(policy: &Policy) -> Option<Span> {
    let list = &policy.conditions.client_app_types;
    let every = [ClientApp::Browser, ClientApp::Modern, ClientApp::ActiveSync, ClientApp::Other];
    let every = every.iter().map(|kind| list.contains(kind)).fold(Truth::Yes, Truth::and);
    let some = !list.is_empty() && list.contains(&ClientApp::All).or(every) == Truth::No;
    list.key.filter(|_| some)
}

/// Where a policy leaves out nothing but legacy clients.
#[must_use]
pub fn all_but_legacy(policy: &Policy) -> Option<Span> {
    let list = &policy.conditions.client_app_types;
    let narrows = client_apps(list).is_some_and(|(_, truth)| truth != Truth::No);
    let legacy = [ClientApp::All, ClientApp::Other].iter().any(|kind| list.contains(kind) != Truth::No);
    if list.is_empty() || narrows || legacy { None } else { list.key }
}

/// An explicit list never covers platforms that are not recognised; only `all` does. Leaving out Windows Phone
/// leaves out nothing.
fn platforms(include: &List<Platform>, exclude: &List<Platform>) -> Truth {
    let excluded = match exclude.find(|platform| *platform != Platform::WindowsPhone) {
        Some(_) => Truth::Yes,
        None if exclude.is_known() => Truth::No,
        None => Truth::Unknown,
    };
    let all = if include.is_empty() { Truth::Yes } else { include.contains(&Platform::All) };
    match all {
        Truth::Yes => excluded,
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown.or(excluded),
    }
}

/// `All` with nothing left out is every network; leaving out a location in which no address lies leaves out
/// nothing.
fn locations(include: &List<Location>, exclude: &List<Location>, set: &PolicySet) -> Truth {
    let all =
        if include.is_empty() { Truth::Yes } else { include.contains(&Location::Token(LocationToken::All)) };
    let excluded = exclude
        .items
        .iter()
        .map(|item| excluded_location(&item.value, set))
        .chain(exclude.open.iter().map(|_| Truth::Unknown))
        .fold(Truth::No, Truth::or);
    match all {
        Truth::Yes => excluded,
        Truth::No => Truth::Yes,
        Truth::Unknown => Truth::Unknown.or(excluded),
    }
}

fn excluded_location(location: &Given<Location>, set: &PolicySet) -> Truth {
    match location {
        Given::Known(Location::Id(id) | Location::Name(id)) => match named_location(set, id) {
            Some(known) => is_vacant(known).negated(),
            None => Truth::Yes,
        },
        Given::Known(Location::Token(_)) => Truth::Yes,
        Given::Unresolved(what) if what.why == Why::Nobody => Truth::No,
        Given::Unresolved(_) => Truth::Unknown,
    }
}

/// The locations a policy leaves out although no address lies in them.
#[must_use]
pub fn empty_locations(policy: &Policy, set: &PolicySet) -> Vec<Span> {
    let exclude = policy.conditions.locations.iter().flat_map(|pair| &pair.exclude.items);
    exclude.filter(|item| excluded_location(&item.value, set) == Truth::No).map(|item| item.span).collect()
}

/// A risk list that names every level, "none" included, matches every sign-in.
fn risk(list: &List<Risk>) -> Narrows {
    let every = Risk::ALL
        .iter()
        .filter(|(level, _)| *level != Risk::Hidden)
        .fold(Truth::Yes, |so_far, (level, _)| so_far.and(list.contains(level)));
    let some_known = list.known().next().is_some();
    listed(
        list,
        match every {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            // Of levels that are named, at least one is left out unless the rest of the list names it.
            Truth::Unknown if some_known && list.open.is_none() => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
        },
    )
}

/// A filter whose mode or rule is not known may match everything; one that takes in every device does.
fn filters(filter: &Filter) -> Truth {
    if filter.mode.get().is_none() || filter.rule.get().is_none() {
        return Truth::Unknown;
    }
    let every = DeviceFilter::of(filter).is_some_and(|filter| filter.takes_in_all() == Some(true));
    Truth::from(!every)
}

/// The flow "none" alone asks for no flow.
fn flows(list: &List<TransferMethod>) -> Narrows {
    let none = list.known().all(|method| *method.value == TransferMethod::None);
    listed(
        list,
        match (none, list.is_known()) {
            (false, _) => Truth::Yes,
            (true, true) => Truth::No,
            (true, false) => Truth::Unknown,
        },
    )
}

/// Who is left out of a policy.
#[derive(Clone, Debug, Default)]
pub struct Exclusions {
    /// Emergency access accounts and groups.
    pub emergency: Vec<Span>,
    /// Other users, groups and administrative roles.
    pub people: Vec<Span>,
    /// Those of the people who stand there by a name, of which the id is not known.
    pub named: Vec<Span>,
    /// Guests, external users and synchronisation accounts: nobody who could change a policy.
    pub bystanders: Vec<Span>,
    /// Entries that stand for nobody: empty, or left over from a template.
    pub nobody: Vec<At<String>>,
    /// Entries of which the files do not tell whom they stand for.
    pub unknown: Vec<At<(String, Why)>>,
}

/// How much the exclusions of a policy relieve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relief {
    /// Nobody who could change a policy is left out.
    Nobody,
    /// Only emergency access is left out.
    OnlyEmergency,
    /// More people are left out.
    More,
}

impl Exclusions {
    /// How much they relieve, taking what is not known for nobody.
    #[must_use]
    pub fn relief(&self) -> Relief {
        if !self.people.is_empty() {
            Relief::More
        } else if self.emergency.is_empty() {
            Relief::Nobody
        } else {
            Relief::OnlyEmergency
        }
    }

    /// Whether an entry that is not known could relieve more than [`Exclusions::relief`] says.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        !self.unknown.is_empty() && self.relief() != Relief::More
    }
}

/// Who is left out of a policy.
#[must_use]
pub fn exclusions(policy: &Policy, emergency: &Emergency) -> Exclusions {
    let users = &policy.users;
    let mut found = Exclusions::default();
    for item in &users.exclude_roles.items {
        let custom = matches!(&item.value, Given::Known(Principal::Id(id)) if ids::roles::name(id).is_none());
        if custom {
            let text = "a role that is not built in".to_owned();
            found.unknown.push(At::new((text, Why::UnknownWord), item.span));
        } else {
            sort_in(&item.value, item.span, emergency, &mut found);
        }
    }
    for (kind, list) in [(Kind::User, &users.exclude_users), (Kind::Group, &users.exclude_groups)] {
        for item in &list.items {
            sort_in_list(&item.value, item.span, kind, emergency, &mut found);
        }
    }
    for list in [&users.exclude_users, &users.exclude_groups, &users.exclude_roles] {
        if let Some(open) = &list.open {
            if emergency.principals.iter().any(|principal| principal.is_written(&open.value.text)) {
                found.emergency.push(open.span);
                continue;
            }
            found.unknown.push(At::new((open.value.text.clone(), open.value.why), open.span));
        }
    }
    if let Some(guests) = &users.exclude_guests {
        found.bystanders.extend(guests.key);
    }
    found
}

/// A declared account counts under users and a declared group under groups; elsewhere its id matches nobody.
fn sort_in_list(
    item: &Given<Principal>,
    span: Span,
    kind: Kind,
    emergency: &Emergency,
    found: &mut Exclusions,
) {
    let is_one = |wanted: bool| {
        let mut principals = emergency.principals.iter();
        principals.any(|principal| (principal.kind == kind) == wanted && principal.is(item))
    };
    if is_one(false) && !is_one(true) {
        found.nobody.push(At::new("an emergency access id in the wrong list".to_owned(), span));
    } else {
        sort_in(item, span, emergency, found);
    }
}

fn sort_in(item: &Given<Principal>, span: Span, emergency: &Emergency, found: &mut Exclusions) {
    if emergency.is_one(item) {
        found.emergency.push(span);
        return;
    }
    match item {
        Given::Known(Principal::Token(UserToken::None | UserToken::Guests | UserToken::AgentUsers)) => {
            found.bystanders.push(span);
        }
        Given::Known(Principal::Id(id)) if ids::roles::SYNCHRONISATION.contains(&id.as_str()) => {
            found.bystanders.push(span);
        }
        Given::Known(Principal::Name(_)) => {
            found.people.push(span);
            found.named.push(span);
        }
        Given::Known(_) => found.people.push(span),
        Given::Unresolved(what) if what.why == Why::Nobody => {
            found.nobody.push(At::new(what.text.clone(), span));
        }
        Given::Unresolved(what) => found.unknown.push(At::new((what.text.clone(), what.why), span)),
    }
}
