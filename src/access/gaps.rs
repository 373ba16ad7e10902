//! Sign-ins that enforced policies let in although a checklist expects otherwise, one for each thing that would have to
//! change.
//!
//! A search finds one such sign-in. The policy that comes nearest to answering it, and what of that policy leaves it
//! out, is the cause; whatever the policy would answer without that is set aside, and the search goes on. It ends when
//! nothing is left, so that all causes together explain every gap.

use std::collections::BTreeSet;

use super::analysis::{Analysis, Circumstances, Judged};
use super::applies::Aspect;
use super::coverage::{Asked, Question, Weight, target_values};
use super::people::{self, Class};
use super::sign_in::{Identity, PersonKind, SignIn, Target};
use super::solver::{Answer, Query, Region, Solve};
use super::space::{Property, SOMEONE_ELSE};
use super::{Access, every_app, everyone, is_enforced, targets};
use crate::policy::{Principal, Truth};

/// Why a policy does not answer a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// It is not enforced.
    State,
    /// It does not apply, because of this.
    Aspect(Aspect),
    /// It applies, and what it asks for is brought.
    Controls,
}

impl Lack {
    /// How far it is from what is asked for: a policy about a risk or a flow is rarely meant for all sign-ins.
    fn distance(self) -> u32 {
        match self {
            Self::State => 1,
            Self::Controls
            | Self::Aspect(
                Aspect::Users
                | Aspect::Application
                | Aspect::ClientApps
                | Aspect::DevicePlatform
                | Aspect::Devices
                | Aspect::Location,
            ) => 2,
            Self::Aspect(_) => 6,
        }
    }
}

/// A policy that comes nearest to answering a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// By number.
    pub policy: usize,
    /// Why it does not.
    pub lacks: Vec<Lack>,
}

/// Sign-ins that get in for one reason.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The reason; nothing where no policy is of the kind that is asked for.
    pub cause: Option<Cause>,
    /// One of them, the most ordinary.
    pub witness: Vec<usize>,
    /// Whose they are.
    pub who: Vec<String>,
    /// What for.
    pub what: Vec<Target>,
    /// That is everything that is asked about.
    pub everything: bool,
    /// Somebody decided it: only people, apps or networks that a policy names, or only those with a managed device or
    /// the like.
    pub decided: bool,
    /// Of all whose sign-ins they are the files do not tell who they are or whether a policy takes them in, or of the
    /// networks where these are.
    pub unresolved: bool,
    /// They are sign-ins of people whom no policy names.
    generally: bool,
}

impl Gap {
    /// Whether somebody who closes another gap closes this one too, or sees it then: once policies are enforced, what
    /// else they lack shows.
    fn is_part_of(&self, other: &Self) -> bool {
        if (self.generally && !other.generally) || (other.decided && !self.decided) {
            return false;
        }
        match (&self.cause, &other.cause) {
            (Some(own), Some(others)) => {
                let by_state = [own, others].iter().all(|cause| cause.lacks.contains(&Lack::State));
                let same = own.policy == others.policy && (own.lacks == others.lacks || by_state);
                same || (by_state && self.decided && !other.decided)
            }
            (None, None) => true,
            _ => false,
        }
    }
}

/// Sign-ins that get in if policies do not do what the files leave open.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// The policies, by number.
    pub policies: Vec<usize>,
    /// One of them.
    pub witness: Vec<usize>,
}

/// The answer to a question.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The gaps, the gravest first.
    pub gaps: Vec<Gap>,
    /// What could not be confirmed.
    pub doubt: Option<Doubt>,
    /// The search ended before all gaps were found.
    pub unfinished: bool,
}

/// How many causes one question looks at.
const MOST: usize = 64;
/// How many groups somebody is taken to be in.
const MEMBERSHIPS: usize = 2;

/// Asks a question of a tenant.
pub fn gaps<S: Solve>(access: &Access<'_>, analysis: &mut Analysis<'_, S>, question: Question) -> Found {
    let asked = question.asked(access, analysis);
    let concerned = concerned(access, analysis, question);
    let possible = answers(access, analysis, question, &asked, false);
    let (unresolved, untold_roles) = (unresolved(access), untold_roles(access));
    let mut search = Search {
        access,
        analysis,
        question,
        asked,
        concerned,
        unresolved,
        untold_roles,
        set_aside: Vec::new(),
    };
    let mut found = Found::default();
    let refusing: Vec<usize> = possible.iter().map(|(_, region)| *region).collect();
    for at in 0..search.asked.degrees.len() {
        match search.degree(at, &refusing, &mut found) {
            Outcome::Done => {}
            Outcome::Doubted(weight, query, regions) => {
                let matters = matches!(weight, Weight::Open | Weight::OpenUnlessPlace);
                if matters && found.doubt.is_none() {
                    found.doubt = search.doubt(query, regions, &possible);
                }
            }
            Outcome::Stopped => break,
        }
    }
    found.gaps = leading(found.gaps);
    if found.doubt.is_some() {
        found.gaps.retain(|gap| !gap.unresolved);
    }
    found
}

/// The gaps that are no part of others.
fn leading(all: Vec<Gap>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for gap in all {
        if !gaps.iter().any(|other| gap.is_part_of(other)) {
            gaps.retain(|other| !other.is_part_of(&gap));
            gaps.push(gap);
        }
    }
    let causes: Vec<_> = gaps.iter().filter_map(|gap| gap.cause.clone()).collect();
    gaps.retain(|gap| gap.cause.as_ref().is_none_or(|cause| !is_made_of(cause, &causes)));
    gaps
}

/// Whether a policy lacks no more than what it lacks elsewhere, part by part: who changes those changes this too.
fn is_made_of(cause: &Cause, all: &[Cause]) -> bool {
    let parts = all.iter().filter(|other| {
        other.policy == cause.policy
            && other.lacks.len() < cause.lacks.len()
            && other.lacks.iter().all(|lack| cause.lacks.contains(lack))
    });
    let parts: Vec<_> = parts.flat_map(|part| &part.lacks).collect();
    cause.lacks.iter().all(|lack| parts.contains(&lack))
}

/// The users, groups and roles of which the files do not tell who they are, and the locations of which they do not tell
/// where they are.
fn unresolved(access: &Access<'_>) -> BTreeSet<String> {
    let places = access.judged().filter_map(|policy| policy.conditions.locations.as_ref());
    let places = places.flat_map(|pair| [&pair.include, &pair.exclude]).flat_map(|list| list.unresolved());
    let people = access.judged().flat_map(|policy| {
        let users = &policy.users;
        [
            &users.include_users,
            &users.exclude_users,
            &users.include_groups,
            &users.exclude_groups,
            &users.include_roles,
            &users.exclude_roles,
        ]
    });
    let people = people.flat_map(|list| list.unresolved());
    people.chain(places).map(|what| what.value.text.to_lowercase()).collect()
}

/// The roles that policies take in and of which the files do not tell which they are, as properties: each may be any
/// role, or several.
fn untold_roles(access: &Access<'_>) -> Vec<Property> {
    let lists = access.judged().map(|policy| &policy.users.include_roles);
    let untold = lists.flat_map(|list| {
        let named = list.known().filter_map(|role| match role.value {
            Principal::Name(text) => Some(text),
            Principal::Id(_) | Principal::Token(_) => None,
        });
        named.chain(list.unresolved().map(|what| &what.value.text))
    });
    untold.map(|text| Property::Role(text.to_lowercase())).collect()
}

/// The policies of the kind that is asked for, with how much they are.
fn concerned<S: Solve>(
    access: &Access<'_>,
    analysis: &Analysis<'_, S>,
    question: Question,
) -> Vec<(usize, u32)> {
    let all = analysis.judged().iter().enumerate();
    all.filter(|(_, judged)| !judged.policy.targets_workloads())
        .filter_map(|(number, judged)| Some((number, question.concern(judged.policy, access)?)))
        .collect()
}

/// Where policies answer as expected: they refuse, or they ask those who bring what `unasked` says for more. Certainly,
/// or possibly; each policy with the number of its region.
fn answers<S: Solve>(
    access: &Access<'_>,
    analysis: &mut Analysis<'_, S>,
    question: Question,
    asked: &Asked,
    certainly: bool,
) -> Vec<(usize, usize)> {
    let mut found = analysis.refusals(certainly);
    let Some(unasked) = &asked.unasked else { return found };
    let counted: Vec<_> = found.iter().map(|(number, _)| *number).collect();
    for number in counted {
        let Some(judged) = analysis.judged().get(number) else { continue };
        if question.is_answered_by(judged.policy, access) {
            let (applied, met) = if certainly {
                (&judged.applied.certain, &judged.met.possible)
            } else {
                (&judged.applied.possible, &judged.met.certain)
            };
            let region = Region::all([applied.clone(), met.within(unasked.within()).outside()]);
            found.push((number, analysis.add(&region)));
        }
    }
    found
}

/// What came of a search of some circumstances.
enum Outcome {
    /// Nothing is left.
    Done,
    /// Nothing is certainly left in circumstances of this weight: the query, and the regions that leave nothing.
    Doubted(Weight, Query, Vec<usize>),
    /// No more is searched.
    Stopped,
}

/// A class whose sign-ins get in.
struct Open {
    class: Class,
    /// One of them.
    point: Vec<usize>,
    /// The files do not tell who they are, or whether a policy takes them in.
    unresolved: bool,
}

/// Whose sign-ins they are.
struct People {
    who: Vec<String>,
    /// They are people whom no policy names.
    generally: bool,
    /// Of all of them the files do not tell who they are.
    unresolved: bool,
}

struct Search<'s, 'p, 'a, S> {
    access: &'s Access<'p>,
    analysis: &'s mut Analysis<'a, S>,
    question: Question,
    asked: Asked,
    concerned: Vec<(usize, u32)>,
    unresolved: BTreeSet<String>,
    untold_roles: Vec<Property>,
    /// Where policies would answer but for a cause that is found already.
    set_aside: Vec<usize>,
}

impl<S: Solve> Search<'_, '_, '_, S> {
    /// Finds the causes in the circumstances of one degree.
    fn degree(&mut self, at: usize, refusing: &[usize], found: &mut Found) -> Outcome {
        let Some(degree) = self.asked.degrees.get(at) else { return Outcome::Done };
        let (circumstances, weight) = (degree.circumstances.clone(), degree.weight);
        let inside: Vec<_> =
            self.asked.inside.clone().iter().map(|region| self.analysis.add(region)).collect();
        loop {
            let outside = refusing.iter().chain(&self.set_aside).copied().collect();
            let query = Query { inside: inside.clone(), outside, ..circumstances.query() };
            let point = match self.analysis.solve(&query) {
                Answer::Point(point) => point,
                Answer::Never(regions) => return Outcome::Doubted(weight, query, regions),
                Answer::Undecided => {
                    found.unfinished = true;
                    return Outcome::Stopped;
                }
            };
            if self.set_aside.len() == MOST {
                found.unfinished = true;
                return Outcome::Stopped;
            }
            let witness = self.analysis.most_ordinary(&query, point);
            let cause = self.nearest(&witness, weight);
            let region = cause.as_ref().map_or(Region::Whole(true), |cause| self.without(cause));
            let mut within = query;
            within.inside.push(self.analysis.add(&region));
            let gap = self.gap(cause, &witness, &circumstances, weight, &within);
            let generally = gap.as_ref().is_some_and(|gap| gap.generally);
            // What people whom policies name get away with says nothing about the others.
            let named = self.named_people();
            let region =
                if !generally && named.contains(&witness) { Region::all([region, named]) } else { region };
            self.set_aside.push(self.analysis.add(&region));
            found.gaps.extend(gap);
        }
    }

    /// Whether what a policy asks for is brought, as far as the question goes.
    fn met(&self, judged: &Judged<'_>) -> Region {
        match &self.asked.unasked {
            Some(unasked) => judged.met.certain.within(unasked.within()),
            None => judged.met.certain.clone(),
        }
    }

    fn lacks(&self, judged: &Judged<'_>, point: &[usize]) -> Vec<Lack> {
        let state = (is_enforced(judged.policy) == Truth::No).then_some(Lack::State);
        let aspects = judged.aspects.iter().filter(|(_, region)| !region.contains(point));
        let controls = self.met(judged).contains(point).then_some(Lack::Controls);
        state.into_iter().chain(aspects.map(|(aspect, _)| Lack::Aspect(*aspect))).chain(controls).collect()
    }

    /// The policy that comes nearest to answering a sign-in. Of two, the one that answers it from other networks, where
    /// the sign-in gets in from named ones alone; else the one with the wider scope.
    fn nearest(&self, point: &[usize], weight: Weight) -> Option<Cause> {
        let judged = self.analysis.judged();
        let by_place = matches!(weight, Weight::OpenUnlessPlace | Weight::NoneIfPlace);
        let all = self.concerned.iter().filter_map(|(number, weight)| {
            let judged = judged.get(*number)?;
            let lacks = self.lacks(judged, point);
            let distance: u32 = lacks.iter().map(|lack| lack.distance()).sum();
            let elsewhere = by_place && lacks == [Lack::Aspect(Aspect::Location)];
            let narrow = self.narrowness(judged);
            (!lacks.is_empty()).then_some(((weight + distance, !elsewhere, narrow, *number), lacks))
        });
        let ((_, _, _, policy), lacks) = all.min()?;
        Some(Cause { policy, lacks })
    }

    /// In how many ways the scope of a policy is narrowed.
    fn narrowness(&self, judged: &Judged<'_>) -> usize {
        let policy = judged.policy;
        let of_roles = self.question.is_of_administrators() && !policy.users.include_roles.is_empty();
        let some_people = everyone(policy).is_none() && !of_roles;
        let some_apps = every_app(policy).is_none();
        let conditions = judged.aspects.iter().filter(|(aspect, region)| {
            !matches!(aspect, Aspect::Users | Aspect::Application) && *region != Region::Whole(true)
        });
        usize::from(some_people) + usize::from(some_apps) + conditions.count()
    }

    /// Where people are in a group, have an account or come from a tenant that policies name.
    fn named_people(&self) -> Region {
        let space = &self.analysis.space;
        let all = space.properties().enumerate().filter_map(|(dim, property)| match property {
            Property::Group(_) => Some(Region::Among(dim, vec![1])),
            Property::Account | Property::HomeTenant => Some(Region::Among(dim, vec![0]).outside()),
            _ => None,
        });
        Region::any(all)
    }

    /// Where a policy would answer but for what it lacks.
    fn without(&self, cause: &Cause) -> Region {
        let Some(judged) = self.analysis.judged().get(cause.policy) else { return Region::Whole(true) };
        let kept = judged.aspects.iter().filter(|(aspect, _)| !cause.lacks.contains(&Lack::Aspect(*aspect)));
        let kept = Region::all(kept.map(|(_, region)| region.clone()));
        if cause.lacks.contains(&Lack::Controls) {
            kept
        } else {
            Region::all([kept, self.met(judged).outside()])
        }
    }

    /// The gap of a cause: whose and what for. Nothing where it is none.
    fn gap(
        &mut self,
        cause: Option<Cause>,
        witness: &[usize],
        there: &Circumstances,
        weight: Weight,
        query: &Query,
    ) -> Option<Gap> {
        let by_place =
            cause.as_ref().is_some_and(|cause| cause.lacks.contains(&Lack::Aspect(Aspect::Location)));
        if by_place && weight == Weight::NoneIfPlace {
            return None;
        }
        let People { who, generally, unresolved } =
            self.who(cause.as_ref(), witness, there, weight, query)?;
        let property = Property::Target;
        let mut what = self.asked.targets.clone();
        what.retain(|target| {
            let values = target_values(self.analysis, target);
            let narrowed = there.clone().with(self.analysis.dim(&property), &values);
            self.is_open(&narrowed, query)
        });
        let unresolved = unresolved || (by_place && self.is_untold_place(there, query));
        let everything = what.len() == self.asked.targets.len();
        let named_alone = !what.iter().any(is_general);
        let decided = !generally
            || named_alone
            || weight == Weight::Decided
            || (weight == Weight::OpenUnlessPlace && by_place);
        Some(Gap { cause, witness: witness.to_vec(), who, what, everything, decided, unresolved, generally })
    }

    fn is_open(&mut self, there: &Circumstances, query: &Query) -> bool {
        self.open_point(there, query).is_some()
    }

    fn open_point(&mut self, there: &Circumstances, query: &Query) -> Option<Vec<usize>> {
        self.analysis.find(&Query { within: there.query().within, ..query.clone() })
    }

    /// Whether nobody gets in but from locations of which the files do not tell where they are.
    fn is_untold_place(&mut self, there: &Circumstances, query: &Query) -> bool {
        let properties = self.analysis.space.properties();
        let untold = properties.filter(|property| match property {
            Property::Inside(id) => self.unresolved.contains(id),
            _ => false,
        });
        let outside =
            untold.fold(there.clone(), |so_far, property| so_far.with(self.analysis.dim(property), &[0]));
        !self.is_open(&outside, query)
    }

    /// Whether a member who is in the same groups gets in likewise.
    fn is_open_to_members(&mut self, witness: &[usize]) -> bool {
        let there = people::circumstances(&Class::Member, self.analysis);
        let properties: Vec<_> = self.analysis.space.properties().collect();
        let (member, _) = there.split(|dim| {
            matches!(properties.get(dim), Some(Property::Kind | Property::Role(_) | Property::HomeTenant))
        });
        let all = witness.iter().enumerate();
        let point =
            all.fold(Circumstances::default(), |so_far, (dim, value)| so_far.with(Some(dim), &[*value]));
        let refusals = self.analysis.refusals(false);
        let outside = refusals.into_iter().map(|(_, region)| region).collect();
        let query = Query { outside, ..point.overlaid(&member).query() };
        matches!(self.analysis.solve(&query), Answer::Point(_))
    }

    /// Whose sign-ins they are; nothing where that is too fine a point: what people whom policies name do with a managed
    /// device, or at a risk that is asked about in passing, or who are in more groups at once than are looked at.
    fn who(
        &mut self,
        cause: Option<&Cause>,
        witness: &[usize],
        there: &Circumstances,
        weight: Weight,
        query: &Query,
    ) -> Option<People> {
        let everybody = self.asked.everybody.clone();
        let mut open = self.open_to(&everybody, there, query);
        self.leave_open(&mut open, there, query);
        if open.iter().any(|open| !open.unresolved) {
            return Some(self.people(&open, true));
        }
        let administrators = self.asked.administrators.clone();
        open.extend(self.open_to(&administrators, there, query));
        self.leave_open(&mut open, there, query);
        let told = open.iter().any(|open| !open.unresolved);
        let generally = told && !self.question.spares_administrators();
        if weight == Weight::Decided {
            return (!open.is_empty()).then(|| self.people(&open, generally));
        }
        let mut named = people::named(self.access, self.analysis);
        named.retain(|class| self.may_be_left_out(class, cause, there));
        let mut named = self.open_to(&named, there, query);
        if self.question.leaves_to_members() {
            named.retain(|open| !self.is_open_to_members(&open.point));
        }
        open.extend(named);
        let partners = self.partners(there, query);
        if !open.is_empty() || !partners.is_empty() {
            let mut found = self.people(&open, generally);
            found.unresolved &= partners.is_empty();
            found.who.extend(partners);
            return Some(found);
        }
        if self.question.leaves_to_members() && self.is_open_to_members(witness) {
            return None;
        }
        let (sign_in, _) = self.analysis.sign_in(witness);
        self.several(&sign_in)
    }

    /// The guests of tenants that policies name.
    fn partners(&mut self, there: &Circumstances, query: &Query) -> Vec<String> {
        let is_foreign = |class: &&Class| matches!(class, Class::External(kind) if PersonKind::External(*kind).is_foreign());
        let kinds: Vec<_> = self.asked.everybody.iter().filter(is_foreign).cloned().collect();
        let Some(dim) = self.analysis.dim(&Property::HomeTenant) else { return Vec::new() };
        let tenants = self.analysis.space.values(&Property::HomeTenant, |_, _| true);
        let mut found = Vec::new();
        for class in kinds {
            let ordinary = self.question.who(&class, there, self.analysis);
            // The first is every tenant that no policy names.
            let mut left: Vec<_> = tenants.iter().skip(1).copied().collect();
            let mut theirs = Vec::new();
            while let Some(point) = self.open_point(&ordinary.clone().instead(Some(dim), &left), query) {
                let Identity::Person(person) = self.analysis.sign_in(&point).0.identity else { break };
                theirs.extend(person.home_tenant);
                left.retain(|tenant| point.get(dim) != Some(tenant));
            }
            theirs.sort_unstable();
            let name = self.question.name(&class, self.access);
            found.extend(theirs.into_iter().map(|tenant| format!("{name} of {tenant}")));
        }
        found
    }

    /// Whether a policy may leave people of a class out, where it is whom it covers that it lacks.
    fn may_be_left_out(&self, class: &Class, cause: Option<&Cause>, there: &Circumstances) -> bool {
        let by_users = cause.filter(|cause| cause.lacks.contains(&Lack::Aspect(Aspect::Users)));
        let judged = by_users.and_then(|cause| self.analysis.judged().get(cause.policy));
        let Some((_, covered)) =
            judged.and_then(|judged| judged.aspects.iter().find(|(aspect, _)| *aspect == Aspect::Users))
        else {
            return true;
        };
        let own = self.question.who(class, there, self.analysis);
        covered.within(own.within()) != Region::Whole(true)
    }

    fn people(&self, open: &[Open], generally: bool) -> People {
        People {
            who: open.iter().map(|open| self.question.name(&open.class, self.access)).collect(),
            generally,
            unresolved: open.iter().all(|open| open.unresolved),
        }
    }

    /// Marks the holders of a role who do not get in if it is one that the files leave open.
    fn leave_open(&mut self, open: &mut [Open], there: &Circumstances, query: &Query) {
        let dims: Vec<_> = self.untold_roles.iter().map(|role| self.analysis.dim(role)).collect();
        if dims.is_empty() {
            return;
        }
        for one in open.iter_mut().filter(|one| matches!(one.class, Class::Holder(_))) {
            let own = self.question.who(&one.class, there, self.analysis);
            let holding = dims.iter().fold(own, |so_far, dim| so_far.instead(*dim, &[1]));
            one.unresolved |= !self.is_open(&holding, query);
        }
    }

    /// The classes whose sign-ins get in.
    fn open_to(&mut self, classes: &[Class], there: &Circumstances, query: &Query) -> Vec<Open> {
        let mut open = Vec::new();
        for class in classes {
            let circumstances = self.question.who(class, there, self.analysis);
            if circumstances.is_possible()
                && let Some(point) = self.open_point(&circumstances, query)
            {
                open.push(Open { class: class.clone(), point, unresolved: self.is_unresolved(class) });
            }
        }
        open
    }

    fn is_unresolved(&self, class: &Class) -> bool {
        match class {
            Class::InGroup(text) | Class::Named(text) | Class::Holder(text) => {
                self.unresolved.contains(&text.to_lowercase())
            }
            _ => false,
        }
    }

    /// Somebody who belongs to several classes at once, or comes from a tenant that a policy names.
    fn several(&self, sign_in: &SignIn) -> Option<People> {
        let Identity::Person(person) = &sign_in.identity else { return None };
        let account = person.id.iter().filter(|id| *id != SOMEONE_ELSE).cloned().map(Class::Named);
        let kind = person.kind.and_then(|kind| match kind {
            PersonKind::External(kind) => Some(Class::External(kind)),
            PersonKind::Member | PersonKind::AgentUser => None,
        });
        let roles = person.roles.known.iter().cloned().map(Class::Holder);
        let groups = person.groups.known.iter().cloned().map(Class::InGroup);
        let named: Vec<_> = account.chain(groups).collect();
        if named.len() > MEMBERSHIPS {
            return None;
        }
        let all: Vec<_> = kind.into_iter().chain(roles).chain(named).collect();
        let unresolved = all.iter().any(|class| self.is_unresolved(class));
        let names: Vec<_> = all.iter().map(|class| class.quoted(&self.access.set.directory)).collect();
        let home = match (&person.home_tenant, person.kind) {
            (Some(tenant), Some(PersonKind::External(_))) => format!(" of {tenant}"),
            _ => String::new(),
        };
        let who = vec![format!("{}{home}", names.join(" and "))];
        Some(People { who, generally: false, unresolved })
    }

    /// What is left if policies do not do what the files leave open.
    fn doubt(&mut self, query: Query, regions: Vec<usize>, possible: &[(usize, usize)]) -> Option<Doubt> {
        let certain = answers(self.access, self.analysis, self.question, &self.asked, true);
        let outside =
            certain.iter().map(|(_, region)| *region).chain(self.set_aside.iter().copied()).collect();
        let surely = Query { outside, ..query.clone() };
        let Answer::Point(point) = self.analysis.solve(&surely) else { return None };
        let witness = self.analysis.most_ordinary(&surely, point);
        let may_refuse = |number: &usize| {
            let enforced = self.analysis.policy(*number).map_or(Truth::No, is_enforced);
            enforced.and(self.analysis.refuses(*number, &witness)) == Truth::Unknown
        };
        let mut policies: Vec<_> = possible.iter().map(|(number, _)| *number).filter(may_refuse).collect();
        if policies.is_empty() {
            let blamed = self.analysis.blame(&query, regions);
            let blamed = possible.iter().filter(|(_, region)| blamed.contains(region));
            policies.extend(blamed.map(|(number, _)| *number));
        }
        policies.dedup();
        Some(Doubt { policies, witness })
    }
}

/// Whether a target is one that every tenant is asked about, not an app that a policy names.
fn is_general(target: &Target) -> bool {
    !matches!(target, Target::Apps(_)) || targets::resources().contains(target)
}
