//! Two states of the policies of a tenant: which sign-ins a change stops, and which it lets in with less.
//!
//! Both states lie in one space of sign-ins, so every answer is one search: refused by one state and let in by the
//! other.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;

use super::analysis::{Analysis, Circumstances, MAX_POLICIES, Scope, Way};
use super::people::{self, Class};
use super::places::trusted_locations;
use super::sign_in::{Client, Methods, PersonKind, Target};
use super::space::{Property, Wanted};
use super::{Access, Aspect, Basis, Demand, Need, demand, matrix, targets};
use crate::policy::ids::ZERO_ID;
use crate::policy::words::{Control, UserAction};
use crate::policy::{
    Directory, Fact, Given, List, Location, LocationKind, LocationToken, NamedLocation, Policy, PolicySet,
    Truth,
};
use crate::source::At;

/// Two states of a tenant, made comparable.
#[derive(Clone, Debug, Default)]
pub struct States {
    /// Before the change.
    pub before: PolicySet,
    /// After it.
    pub after: PolicySet,
    /// The locations of both, and what is told of the tenant.
    shared: PolicySet,
    /// What was told of the tenant before the change.
    told: Directory,
    /// The ids of named locations that the earlier state has and that are gone or mean something else in the later one.
    moved: BTreeSet<String>,
}

/// What a location before the change is called where it is another one after.
const BEFORE: &str = " before the change";

impl States {
    /// Puts two states side by side. Where a named location is not the same in both, the earlier one gets a name of
    /// its own; one that is gone leaves one behind in which nobody is. A location that only the later state tells was
    /// there before: policies named it. What exports tell of the tenant is taken from the later state.
    #[must_use]
    pub fn new(mut before: PolicySet, mut after: PolicySet) -> Self {
        let later = |own: &NamedLocation| plain_id(own).and_then(|id| with_id(&after, id));
        let gone: Vec<_> =
            before.named_locations.iter().filter(|own| later(own).is_none()).cloned().collect();
        let differs =
            |own: &&NamedLocation| later(own).is_none_or(|other| addresses(own) != addresses(other));
        let differ = before.named_locations.iter().filter(differs).filter_map(plain_id);
        let differ: BTreeSet<_> = differ.map(str::to_owned).collect();
        let trusted = [&before, &after].map(|set| trusted_locations(set).map(str::to_owned).collect());
        let [was_trusted, is_trusted]: [BTreeSet<String>; 2] = trusted;
        let mut moved: BTreeSet<_> = was_trusted.symmetric_difference(&is_trusted).cloned().collect();
        moved.extend(differ.iter().cloned());
        if !moved.is_empty() {
            spell_out_trusted(&mut before, &was_trusted);
            spell_out_trusted(&mut after, &is_trusted);
            rename(&mut before, &differ);
        }
        let mut named_locations = after.named_locations.clone();
        let renamed = |own: &&NamedLocation| plain_id(own).is_none_or(|id| differ.contains(id));
        let earlier = before.named_locations.iter().filter(renamed).cloned();
        named_locations.extend(earlier.chain(gone.into_iter().map(emptied)));
        let shared = PolicySet { policies: Vec::new(), named_locations, directory: after.directory.clone() };
        let told = std::mem::replace(&mut before.directory, after.directory.clone());
        Self { before, after, shared, told, moved }
    }
}

/// The id of a named location, without what tells it from a later one.
fn plain_id(location: &NamedLocation) -> Option<&str> {
    location.id.get().map(|id| id.value.trim_end_matches(BEFORE))
}

fn with_id<'s>(set: &'s PolicySet, id: &str) -> Option<&'s NamedLocation> {
    set.named_locations.iter().find(|own| plain_id(own) == Some(id))
}

/// What a named location is made of, without its name and whether it is trusted.
fn addresses(location: &NamedLocation) -> serde_json::Value {
    without(location, &["id", "displayName", "isTrusted"])
}

/// The same location without addresses.
fn emptied(location: NamedLocation) -> NamedLocation {
    NamedLocation {
        kind: LocationKind::Ip,
        ip_ranges: List::default(),
        countries: List::default(),
        include_unknown_countries: Fact::default(),
        ..location
    }
}

/// Puts the trusted locations of a state in the place of `AllTrusted`; addresses that are trusted elsewhere keep an id
/// of their own.
fn spell_out_trusted(set: &mut PolicySet, trusted: &BTreeSet<String>) {
    for list in location_lists(set) {
        let items = std::mem::take(&mut list.items);
        for item in items {
            match &item.value {
                Given::Known(Location::Token(LocationToken::AllTrusted)) => {
                    let ids = trusted.iter().map(String::as_str).chain([ZERO_ID]);
                    list.items
                        .extend(ids.map(|id| At::new(Given::Known(Location::Id(id.to_owned())), item.span)));
                }
                _ => list.items.push(item),
            }
        }
    }
}

fn rename(set: &mut PolicySet, differ: &BTreeSet<String>) {
    for list in location_lists(set) {
        for item in &mut list.items {
            if let Given::Known(Location::Id(id) | Location::Name(id)) = &mut item.value
                && differ.contains(id)
            {
                id.push_str(BEFORE);
            }
        }
    }
    for location in &mut set.named_locations {
        if let Fact::Written(At { value: Given::Known(id), .. }) = &mut location.id
            && differ.contains(id)
        {
            id.push_str(BEFORE);
            if let Fact::Written(At { value: Given::Known(name), .. }) = &mut location.display_name {
                name.push_str(BEFORE);
            }
        }
    }
}

fn location_lists(set: &mut PolicySet) -> impl Iterator<Item = &mut List<Location>> {
    set.policies
        .iter_mut()
        .filter_map(|policy| policy.conditions.locations.as_mut())
        .flat_map(|pair| [&mut pair.include, &mut pair.exclude])
}

/// One policy in both states; one that is new or gone has one side.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// Before the change.
    pub before: Option<&'a Policy>,
    /// After it.
    pub after: Option<&'a Policy>,
}

impl Pair<'_> {
    /// Whether the two sides differ in more than where they stand and when they were written.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        let read = |policy: Option<&Policy>| policy.map(content);
        read(self.before) != read(self.after)
    }
}

/// What a policy says, without its identity and dates.
fn content(policy: &Policy) -> serde_json::Value {
    without(policy, &["id", "displayName", "created", "modified", "templateId"])
}

fn without(object: &impl serde::Serialize, keys: &[&str]) -> serde_json::Value {
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(map) = value.as_object_mut() {
        map.retain(|key, _| !keys.contains(&key.as_str()));
    }
    value
}

/// A change from one state to another.
pub struct Change<'a> {
    /// Before the change.
    pub before: Access<'a>,
    /// After it.
    pub after: Access<'a>,
    /// Every policy, those of the later state first.
    pub pairs: Vec<Pair<'a>>,
    /// What was told of the tenant before the change.
    pub told: &'a Directory,
    /// The locations of both states, without policies.
    shared: Access<'a>,
    moved: &'a BTreeSet<String>,
    effects: OnceCell<Vec<Effect<'a>>>,
    gave_up: Cell<bool>,
}

/// What a change did to a named location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It has other addresses or countries, or is trusted where it was not, or the other way round.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Gone,
}

/// What becomes of sign-ins that are different after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Becomes {
    /// There was a way in, and there is none any more.
    LockedOut,
    /// Some sign-ins that got in are refused, others still get in.
    Refused,
    /// Sign-ins that were blocked get in.
    Unblocked,
    /// Sign-ins with a password alone were refused, and get in.
    WithoutMethod,
    /// Sign-ins with methods that can be phished were refused, and get in.
    WithPhishableMethod,
    /// Sign-ins without a managed device were refused, and get in.
    WithoutDevice,
}

/// Sign-ins that are different after a change, for one reason.
#[derive(Debug)]
pub struct Effect<'a> {
    /// What becomes of them.
    pub becomes: Becomes,
    /// Whose they are and what they are for.
    pub parts: Vec<Part>,
    /// The policies that refuse one of them: after the change, or, where it lets them in, before it.
    pub policies: Vec<&'a Policy>,
    /// One of them, in words.
    pub witness: String,
    /// It would not come about if the named locations that are gone had only moved to files that are not read.
    pub by_deletion: bool,
}

/// Sign-ins of some people to some targets.
#[derive(Debug)]
pub struct Part {
    /// Whose they are.
    pub classes: Vec<Class>,
    /// What they are for.
    pub targets: Vec<Target>,
}

/// What a changed policy covers that it did not cover.
#[derive(Debug)]
pub struct Widened<'a> {
    /// The policy before.
    pub before: &'a Policy,
    /// The policy after.
    pub after: &'a Policy,
    /// The conditions that left the sign-in out.
    pub aspects: Vec<Aspect>,
    /// Whose sign-in the witness is, where it is one of a class.
    pub class: Option<Class>,
    /// A sign-in it now covers, in words.
    pub witness: String,
}

/// What is searched for.
struct Sought<'q> {
    becomes: Becomes,
    refused_by: &'q [usize],
    let_in_by: &'q [usize],
}

/// What one search found, before what is alike is put together.
struct Found {
    class: Class,
    target: Target,
    policies: Vec<usize>,
    there: Circumstances,
    point: Vec<usize>,
}

/// A class with its targets.
type Row = (Class, Vec<Target>);

impl<'a> Change<'a> {
    /// A change. Who has emergency access is told by the configuration, else by the earlier state, which the change
    /// cannot have touched.
    #[must_use]
    pub fn new(states: &'a States, mut before: Access<'a>, mut after: Access<'a>) -> Self {
        if after.emergency.basis != Basis::Declared && before.emergency.basis != Basis::Unknown {
            after.emergency = before.emergency.clone();
        } else {
            before.emergency = after.emergency.clone();
        }
        let pairs = pairs(before.set, after.set);
        let shared = Access::new(&states.shared, Vec::new(), after.assume, false);
        let (told, moved) = (&states.told, &states.moved);
        Self {
            before,
            after,
            pairs,
            told,
            shared,
            moved,
            effects: OnceCell::new(),
            gave_up: Cell::new(false),
        }
    }

    /// The policies that differ.
    pub fn changed(&self) -> impl Iterator<Item = &Pair<'a>> {
        self.pairs.iter().filter(|pair| pair.is_changed())
    }

    fn analysis(&self) -> Analysis<'a> {
        let mut wanted = people::wanted(&self.after);
        let Wanted { accounts, groups, roles, targets } = people::wanted(&self.before);
        wanted.accounts.extend(accounts);
        wanted.groups.extend(groups);
        wanted.roles.extend(roles);
        wanted.targets.extend(
            targets.into_iter().filter(|target| !wanted.targets.contains(target)).collect::<Vec<_>>(),
        );
        Analysis::of(self.shared.set, &[&self.before, &self.after], &wanted)
    }

    /// Whether there are few enough policies to judge them together.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.before.judged().count().max(self.after.judged().count()) <= MAX_POLICIES
    }

    /// Whether all that becomes of sign-ins was found within the budget.
    pub fn is_decided(&self) -> bool {
        self.effects();
        !self.gave_up.get()
    }

    /// What becomes of sign-ins under the enforced policies, gravest first. Nothing where no policy differs, or where
    /// there are too many.
    pub fn effects(&self) -> &[Effect<'a>] {
        self.effects.get_or_init(|| self.search())
    }

    /// The named locations that are gone, each with its id.
    pub fn deleted_locations(&self) -> impl Iterator<Item = (&'a NamedLocation, &'a str)> {
        let told = self.before.set.named_locations.iter().filter_map(|own| Some((own, plain_id(own)?)));
        told.filter(|(_, id)| with_id(self.after.set, id).is_none())
    }

    /// The named locations by which a policy does something else without saying anything else, as they are after the
    /// change or, where they are gone, as they were.
    #[must_use]
    pub fn moved_locations(&self, policy: &Policy) -> Vec<(&'a NamedLocation, Move)> {
        let sides = [Some(policy), self.other(policy)];
        let lists = sides.into_iter().flatten().filter_map(|policy| policy.conditions.locations.as_ref());
        let items = lists.flat_map(|pair| pair.include.known().chain(pair.exclude.known()));
        let named = items.filter_map(|item| match item.value {
            Location::Id(id) | Location::Name(id) => Some(id.trim_end_matches(BEFORE)),
            Location::Token(_) => None,
        });
        let named: BTreeSet<_> = named.filter(|id| self.moved.contains(*id)).collect();
        let moved = |id: &&str| match (with_id(self.before.set, id), with_id(self.after.set, id)) {
            (Some(_), Some(after)) => Some((after, Move::Changed)),
            (None, Some(after)) => Some((after, Move::Added)),
            (Some(before), None) => Some((before, Move::Gone)),
            (None, None) => None,
        };
        named.iter().filter_map(moved).collect()
    }

    /// Whether a policy of either state is one that the change adds, removes or changes.
    #[must_use]
    pub fn touches(&self, policy: &Policy) -> bool {
        let is_it = |own: Option<&Policy>| own.is_some_and(|own| std::ptr::eq(own, policy));
        self.changed().any(|pair| is_it(pair.before) || is_it(pair.after))
    }

    /// The other side of a policy.
    #[must_use]
    pub fn other(&self, policy: &Policy) -> Option<&'a Policy> {
        let is_it = |own: Option<&Policy>| own.is_some_and(|own| std::ptr::eq(own, policy));
        self.pairs.iter().find_map(|pair| match (is_it(pair.before), is_it(pair.after)) {
            (true, _) => pair.after,
            (_, true) => pair.before,
            _ => None,
        })
    }

    fn search(&self) -> Vec<Effect<'a>> {
        if self.changed().next().is_none() || !self.is_small() {
            return Vec::new();
        }
        let mut analysis = self.analysis();
        let split = self.before.judged().count();
        let all = analysis.policies();
        analysis.count_only(0..split);
        let before = Counted::of(&analysis, self);
        analysis.count_only(split..all);
        let after = Counted::of(&analysis, self);
        let mut search = Search { change: self, analysis, split, before, after };
        let mut effects = search.stopped();
        effects.extend(search.let_in());
        effects.sort_by_key(|effect| effect.becomes);
        self.gave_up.set(search.analysis.is_undecided());
        effects
    }

    /// The policies that cover sign-ins they did not cover.
    #[must_use]
    pub fn widened(&self) -> Vec<Widened<'a>> {
        let changed: Vec<_> = self.changed().copied().collect();
        if changed.is_empty() || !self.is_small() {
            return Vec::new();
        }
        let mut analysis = self.analysis();
        let mut found = Vec::new();
        let classes = people::classes(&self.after, &mut analysis);
        for pair in changed {
            let (Some(before), Some(after)) = (pair.before, pair.after) else { continue };
            let numbers = (analysis.number_of(before), analysis.number_of(after));
            let (Some(old), Some(new)) = numbers else { continue };
            let Some((point, aspects)) = analysis.beyond(new, old) else { continue };
            let (sign_in, _) = analysis.sign_in(&point);
            let witness = matrix::described(&sign_in, &self.shared);
            // Who could activate a role is like any other member until then.
            let mut classes = classes.iter().filter(|class| **class != Class::Eligible);
            let class = classes.find(|class| people::is_of(class, &point, &analysis)).cloned();
            found.push(Widened { before, after, aspects, class, witness });
        }
        found
    }
}

/// The enforced policies of one state, by number.
struct Counted {
    /// All that may be enforced.
    possibly: Vec<usize>,
    /// Those that certainly are and that the change touched.
    changed: Vec<usize>,
    /// Those of the changed ones that block.
    blocks: Vec<usize>,
    /// All that may be enforced and block.
    all_blocks: Vec<usize>,
    /// Those of the changed ones that ask for a method, not blocking.
    methods: Vec<usize>,
    /// Those of the changed ones that ask for a managed device or app.
    devices: Vec<usize>,
}

impl Counted {
    fn of(analysis: &Analysis<'_>, change: &Change<'_>) -> Self {
        let touched = |number: &usize| analysis.policy(*number).is_some_and(|policy| change.touches(policy));
        let demands =
            |number: &usize| analysis.policy(*number).map(|policy| demand(policy, change.after.assume));
        let blocks = |number: &usize| matches!(demands(number), Some(Demand::Block(_)));
        let asks = |number: &usize, wanted: fn(Need<'_>) -> bool| match demands(number) {
            Some(Demand::Ways(ways)) => ways.iter().flatten().any(|need| wanted(need.value)),
            _ => false,
        };
        let possibly = analysis.counted(Scope::Enforced, false);
        let changed: Vec<_> = analysis.counted(Scope::Enforced, true).into_iter().filter(touched).collect();
        let those =
            |fits: &dyn Fn(&usize) -> bool| changed.iter().copied().filter(|number| fits(number)).collect();
        Self {
            blocks: those(&blocks),
            methods: those(&|number| asks(number, is_method)),
            devices: those(&|number| asks(number, is_device)),
            all_blocks: possibly.iter().copied().filter(|number| blocks(number)).collect(),
            changed,
            possibly,
        }
    }
}

fn is_method(need: Need<'_>) -> bool {
    matches!(need, Need::Control(Control::Mfa) | Need::Strength(_) | Need::Custom)
}

fn is_device(need: Need<'_>) -> bool {
    matches!(
        need,
        Need::Control(
            Control::CompliantDevice
                | Control::DomainJoinedDevice
                | Control::CompliantApplication
                | Control::ApprovedApplication
        )
    )
}

/// The search for what becomes of sign-ins.
struct Search<'s, 'a> {
    change: &'s Change<'a>,
    analysis: Analysis<'a>,
    split: usize,
    before: Counted,
    after: Counted,
}

impl<'a> Search<'_, 'a> {
    fn targets(&self) -> Vec<Target> {
        let mut found = targets::all(&self.change.after);
        for target in targets::all(&self.change.before) {
            if !found.contains(&target) {
                found.push(target);
            }
        }
        found.retain(|target| {
            targets::is_shown(target, &self.change.after) || targets::is_shown(target, &self.change.before)
        });
        found
    }

    /// A sign-in in some circumstances that one of some policies certainly refuses and that none of others may refuse.
    fn find(
        &mut self,
        there: &Circumstances,
        refused_by: &[usize],
        let_in_by: &[usize],
    ) -> Option<Vec<usize>> {
        let query = self.analysis.between(there, refused_by, let_in_by);
        self.analysis.find(&query)
    }

    /// Sign-ins that got in and do not any more.
    fn stopped(&mut self) -> Vec<Effect<'a>> {
        let (changed, let_in) = (self.after.changed.clone(), self.before.possibly.clone());
        if self.find(&Circumstances::default(), &changed, &let_in).is_none() {
            return Vec::new();
        }
        let mut lost = Vec::new();
        let mut refused = Vec::new();
        let states = [&self.change.before, &self.change.after];
        let is_synchronised = states.into_iter().any(people::shows_synchronisation);
        let mut classes = people::classes(&self.change.after, &mut self.analysis);
        classes.retain(|class| *class != Class::Synchronisation || is_synchronised);
        for class in classes {
            let ordinary = people::circumstances(&class, &self.analysis);
            // What an account does that is there for emergencies, or answers no prompt, is told beforehand.
            let settled = matches!(class, Class::Emergency(_) | Class::Synchronisation);
            let any = (!settled).then(|| self.bare(&ordinary, Becomes::Refused));
            for target in self.targets() {
                let there = self.analysis.to(&ordinary, &target);
                if let Some(point) = self.find(&there, &changed, &let_in) {
                    self.analysis.count_only(self.split..self.analysis.policies());
                    if let Way::Shut(policies) = self.analysis.way(&there, Scope::Enforced) {
                        lost.push(Found { class: class.clone(), target, policies, there, point });
                    } else {
                        let policies = self.guilty(&changed, &point);
                        refused.push(Found { class: class.clone(), target, policies, there, point });
                    }
                } else if let Some(any) = &any {
                    let there = self.analysis.to(any, &target);
                    let Some(point) = self.find(&there, &changed, &let_in) else { continue };
                    let policies = self.guilty(&changed, &point);
                    refused.push(Found { class: class.clone(), target, policies, there, point });
                }
            }
        }
        let query = Sought { becomes: Becomes::LockedOut, refused_by: &changed, let_in_by: &let_in };
        let mut effects = self.effects(lost, &query);
        effects.extend(self.effects(refused, &Sought { becomes: Becomes::Refused, ..query }));
        effects
    }

    /// Sign-ins that were refused and get in.
    fn let_in(&mut self) -> Vec<Effect<'a>> {
        let mut effects = Vec::new();
        let mut with_nothing: Vec<(Class, Target)> = Vec::new();
        let kinds = [
            Becomes::Unblocked,
            Becomes::WithoutMethod,
            Becomes::WithPhishableMethod,
            Becomes::WithoutDevice,
        ];
        for becomes in kinds {
            let refused_by = match becomes {
                Becomes::Unblocked => self.before.blocks.clone(),
                Becomes::WithoutMethod | Becomes::WithPhishableMethod => self.before.methods.clone(),
                _ => self.before.devices.clone(),
            };
            let mut let_in_by = self.after.possibly.clone();
            if becomes != Becomes::Unblocked {
                let_in_by.extend(&self.before.all_blocks);
            }
            let query = Sought { becomes, refused_by: &refused_by, let_in_by: &let_in_by };
            let anywhere = Circumstances::default();
            if refused_by.is_empty() || self.find(&anywhere, &refused_by, &let_in_by).is_none() {
                continue;
            }
            let mut found = Vec::new();
            for class in people::classes(&self.change.after, &mut self.analysis) {
                if !is_asked(&class, becomes) {
                    continue;
                }
                let circumstances = self.bare(&people::circumstances(&class, &self.analysis), becomes);
                for target in self.targets() {
                    // Where a password is enough, no other method is worth a word; and who has no method yet may
                    // register the first one with a password.
                    let cell = (class.clone(), target.clone());
                    let first = target == Target::Action(UserAction::RegisterSecurityInfo);
                    if becomes == Becomes::WithPhishableMethod && (first || with_nothing.contains(&cell)) {
                        continue;
                    }
                    let there = self.analysis.to(&circumstances, &target);
                    let Some(point) = self.let_in_with_less(&there, &query) else { continue };
                    let policies = self.guilty(&refused_by, &point);
                    if becomes == Becomes::WithoutMethod {
                        with_nothing.push(cell);
                    }
                    found.push(Found { class: class.clone(), target, policies, there, point });
                }
            }
            effects.extend(self.effects(found, &query));
        }
        effects
    }

    /// A sign-in that was refused for want of what is no longer asked for, and gets in.
    fn let_in_with_less(&mut self, there: &Circumstances, query: &Sought<'_>) -> Option<Vec<usize>> {
        if !matches!(query.becomes, Becomes::WithoutMethod | Becomes::WithPhishableMethod) {
            return self.find(there, query.refused_by, query.let_in_by);
        }
        // A sign-in may have been refused for its device as well; with every method it has to have got in.
        let dim = self.analysis.dim(&Property::Methods)?;
        let every =
            self.analysis.space.values(&Property::Methods, |_, it| it.methods == Some(Methods::Every));
        let every = *every.first()?;
        let compliant = self.analysis.space.values(&Property::Device, |sign_in, _| {
            sign_in.device.as_ref().is_some_and(|device| device.is("iscompliant", "true") == Some(true))
        });
        let managed = there.clone().instead(self.analysis.dim(&Property::Device), &compliant);
        [managed, there.clone()].iter().find_map(|there| {
            let point = self.find(there, query.refused_by, query.let_in_by)?;
            let mut able = point.clone();
            *able.get_mut(dim)? = every;
            let refused =
                self.before.possibly.iter().any(|it| self.analysis.refuses(*it, &able) != Truth::No);
            (!refused).then_some(point)
        })
    }

    /// The circumstances of a class with everything open that a person does not choose, and without what is no longer
    /// asked for.
    fn bare(&self, circumstances: &Circumstances, becomes: Becomes) -> Circumstances {
        let analysis = &self.analysis;
        let mut free = circumstances.clone();
        let in_any_way = matches!(becomes, Becomes::Unblocked | Becomes::Refused);
        let clients = analysis.space.values(&Property::Client, |sign_in, _| {
            in_any_way || !sign_in.client.is_some_and(Client::is_legacy)
        });
        free = free.instead(analysis.dim(&Property::Client), &clients);
        let chances = [
            Property::UserRisk,
            Property::SignInRisk,
            Property::InsiderRisk,
            Property::ServicePrincipalRisk,
            Property::AgentRisk,
        ];
        for property in chances.iter().chain(in_any_way.then_some(&Property::Flow)) {
            let values = analysis.space.values(property, |_, _| true);
            free = free.instead(analysis.dim(property), &values);
        }
        match becomes {
            Becomes::WithoutMethod => matrix::with_methods(analysis, &free, Methods::None),
            Becomes::WithPhishableMethod => matrix::with_methods(analysis, &free, Methods::Phishable),
            Becomes::WithoutDevice => matrix::unmanaged(analysis, &free),
            _ => free,
        }
    }

    fn guilty(&self, policies: &[usize], point: &[usize]) -> Vec<usize> {
        policies
            .iter()
            .copied()
            .filter(|number| self.analysis.refuses(*number, point) == Truth::Yes)
            .collect()
    }

    /// What sets some people apart whom the same policies refuse: emergency access, of which each refusal counts, and
    /// people whose home tenant may vouch for what locks them out here.
    fn apart(&self, one: &Found, becomes: Becomes) -> bool {
        let blocks = || one.policies.iter().any(|number| self.after.all_blocks.contains(number));
        match one.class {
            Class::Emergency(_) => becomes == Becomes::Refused,
            Class::External(kind) => {
                becomes == Becomes::LockedOut
                    && PersonKind::External(kind).is_foreign()
                    && self.change.after.set.directory.trust.is_none()
                    && !blocks()
            }
            _ => false,
        }
    }

    /// Puts together what the same policies do: for each class its targets, then the classes with the same targets.
    fn effects(&mut self, found: Vec<Found>, query: &Sought<'_>) -> Vec<Effect<'a>> {
        let mut rows: Vec<(Found, Vec<Row>)> = Vec::new();
        for one in found {
            let apart = self.apart(&one, query.becomes);
            let known = rows.iter_mut().find(|(first, _)| {
                first.policies == one.policies && self.apart(first, query.becomes) == apart
            });
            let Some((_, cells)) = known else {
                let cell = (one.class.clone(), vec![one.target.clone()]);
                rows.push((one, vec![cell]));
                continue;
            };
            match cells.iter_mut().find(|(class, _)| *class == one.class) {
                Some((_, targets)) => targets.push(one.target),
                None => cells.push((one.class, vec![one.target])),
            }
        }
        rows.into_iter().map(|(first, cells)| self.effect(first, cells, query)).collect()
    }

    /// Whether a location that is gone would make a difference: to people without any way in, one of the policies
    /// spares or covers it; to single sign-ins, all of them come from there.
    fn is_by_deletion(&mut self, there: &Circumstances, policies: &[&Policy], query: &Sought<'_>) -> bool {
        let change = self.change;
        match query.becomes {
            Becomes::LockedOut => policies
                .iter()
                .any(|policy| change.moved_locations(policy).iter().any(|(_, how)| *how == Move::Gone)),
            Becomes::Refused => {
                let gone: Vec<_> = change.deleted_locations().filter_map(|(own, _)| own.id.get()).collect();
                let elsewhere = gone.iter().fold(there.clone(), |so_far, id| {
                    let (property, values) = self.analysis.space.location(id.value, false);
                    so_far.with(self.analysis.dim(&property), &values)
                });
                !gone.is_empty() && self.find(&elsewhere, query.refused_by, query.let_in_by).is_none()
            }
            _ => false,
        }
    }

    fn effect(&mut self, first: Found, cells: Vec<Row>, query: &Sought<'_>) -> Effect<'a> {
        let mut parts: Vec<Part> = Vec::new();
        for (class, targets) in cells {
            match parts.iter_mut().find(|part| part.targets == targets) {
                Some(part) => part.classes.push(class),
                None => parts.push(Part { classes: vec![class], targets }),
            }
        }
        let search = self.analysis.between(&first.there, query.refused_by, query.let_in_by);
        let point = self.analysis.most_ordinary(&search, first.point);
        let (sign_in, _) = self.analysis.sign_in(&point);
        let policies: Vec<_> =
            first.policies.iter().filter_map(|number| self.analysis.policy(*number)).collect();
        Effect {
            becomes: query.becomes,
            parts,
            by_deletion: self.is_by_deletion(&first.there, &policies, query),
            policies,
            witness: matrix::described(&sign_in, &self.change.shared),
        }
    }
}

/// Whether less being asked of a class is worth a word. Emergency access accounts are meant to be asked for little.
fn is_asked(class: &Class, becomes: Becomes) -> bool {
    match class {
        Class::Emergency(_) => false,
        Class::Synchronisation | Class::ServicePrincipal => becomes == Becomes::Unblocked,
        _ => true,
    }
}

/// Whether two policies of two states are one.
type Same<'s> = dyn Fn(&Policy, &Policy) -> bool + 's;

/// The policies of both states, each with its other side: the one with its id, else with its name (of several, the one
/// with the same content), else with the same content.
fn pairs<'a>(before: &'a PolicySet, after: &'a PolicySet) -> Vec<Pair<'a>> {
    let mut left: Vec<&Policy> = before.policies.iter().collect();
    let mut found: Vec<Pair<'_>> =
        after.policies.iter().map(|policy| Pair { before: None, after: Some(policy) }).collect();
    let id = |policy: &Policy| policy.id.get().map(|id| id.value.to_lowercase());
    let name = |policy: &Policy| policy.display_name.get().map(|name| name.value.trim().to_lowercase());
    let is_namesake = |one: &Policy, other: &Policy| {
        let apart = id(one).is_some() && id(other).is_some() && id(one) != id(other);
        !apart && name(one).is_some() && name(one) == name(other)
    };
    let same: [&Same; 4] = [
        &|one, other| id(one).is_some() && id(one) == id(other),
        &|one, other| is_namesake(one, other) && content(one) == content(other),
        &is_namesake,
        &|one, other| content(one) == content(other),
    ];
    for is_same in same {
        for pair in found.iter_mut().filter(|pair| pair.before.is_none()) {
            let Some(after) = pair.after else { continue };
            if let Some(at) = left.iter().position(|policy| is_same(policy, after)) {
                pair.before = Some(left.remove(at));
            }
        }
    }
    found.extend(left.into_iter().map(|policy| Pair { before: Some(policy), after: None }));
    found
}
