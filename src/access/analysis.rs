//! What all policies of a tenant do together.
//!
//! Every question is one search: is there a sign-in that lies in some circumstances and that nothing refuses? What
//! the files do not tell is searched both ways.

use std::collections::BTreeMap;
use std::ops::Range;

use super::applies::{Aspect, conditions};
use super::emergency::EmergencyPrincipal;
use super::grant::{Demand, demand};
use super::meets::{met, met_at_its_word};
use super::sign_in::{Capabilities, Identity, PersonKind, SignIn, Target};
use super::solver::{Answer, Dim, Query, Region, Sat, Solve, smallest_blame};
use super::space::{Extent, Property, Space, Wanted};
use super::{Access, Assume, is_enforced};
use crate::policy::{Directory, Policy, PolicySet, Truth};

/// Which policies count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Those that are enforced.
    Enforced,
    /// Those that are not enforced too, as if they were.
    OnceEnabled,
}

/// Circumstances: properties of a sign-in that have only some of their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Circumstances {
    within: BTreeMap<Dim, Vec<usize>>,
}

impl Circumstances {
    /// Lets a property have only some of its values; those that earlier calls left out stay out.
    #[must_use]
    pub fn with(mut self, dim: Option<Dim>, values: &[usize]) -> Self {
        if let Some(dim) = dim {
            let kept = match self.within.remove(&dim) {
                Some(before) => before.into_iter().filter(|value| values.contains(value)).collect(),
                None => values.to_vec(),
            };
            self.within.insert(dim, kept);
        }
        self
    }

    /// The same circumstances with a property free again, but for some values.
    #[must_use]
    pub fn instead(mut self, dim: Option<Dim>, values: &[usize]) -> Self {
        if let Some(dim) = dim {
            self.within.insert(dim, values.to_vec());
        }
        self
    }

    /// A search in these circumstances, wherever policies refuse.
    pub(super) fn query(&self) -> Query {
        let within = self.within.iter().map(|(dim, values)| (*dim, values.clone())).collect();
        Query { within, ..Query::default() }
    }

    /// The same circumstances, with those of others in place of theirs wherever the others tell.
    #[must_use]
    pub fn overlaid(mut self, others: &Self) -> Self {
        self.within.extend(others.within.iter().map(|(dim, values)| (*dim, values.clone())));
        self
    }

    /// The values that properties are held to.
    #[must_use]
    pub fn within(&self) -> &BTreeMap<Dim, Vec<usize>> {
        &self.within
    }

    /// The values a property is held to, where it is.
    #[must_use]
    pub fn values(&self, dim: Dim) -> Option<&[usize]> {
        self.within.get(&dim).map(Vec::as_slice)
    }

    /// The circumstances in some properties, and those in the others.
    #[must_use]
    pub fn split(&self, is_first: impl Fn(Dim) -> bool) -> (Self, Self) {
        let part = |first| {
            let own = self.within.iter().filter(|(dim, _)| is_first(**dim) == first);
            Self { within: own.map(|(dim, values)| (*dim, values.clone())).collect() }
        };
        (part(true), part(false))
    }

    /// Whether they lie in others: whatever the others narrow, they narrow at least as far.
    fn lie_in(&self, others: &Self) -> bool {
        let mut own = self.within.iter();
        others.within.iter().all(|(dim, values)| {
            own.find(|(it, _)| *it >= dim).is_some_and(|(it, left)| {
                it == dim && (left == values || left.iter().all(|v| values.contains(v)))
            })
        })
    }

    /// Whether every property has a value left.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.within.values().all(|values| !values.is_empty())
    }
}

/// What is known of a way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A sign-in that nothing refuses.
    Open(Vec<usize>),
    /// There is none: a smallest set of policies, by number, that refuse every one.
    Shut(Vec<usize>),
    /// It depends on what the files do not tell of these policies; the sign-in gets in if they do not refuse it.
    Depends(Vec<usize>, Vec<usize>),
    /// Not decided within the budget.
    Undecided,
}

impl Way {
    /// Whether there certainly is one.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// A policy as regions of the space, by number.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) policy: &'a Policy,
    /// Where it possibly applies.
    applies: usize,
    /// Where it applies.
    pub(super) applied: Extent,
    /// What it asks about, with where each possibly holds.
    pub(super) aspects: Vec<(Aspect, Region)>,
    /// Where its demands are met.
    pub(super) met: Extent,
    /// Where it certainly, and where it possibly, refuses, were its controls taken at their word; nothing where it
    /// does more than grant.
    word: Option<[usize; 2]>,
    /// Where it certainly, and where it possibly, refuses.
    refuses: [usize; 2],
    /// The same as regions.
    refused: Extent,
}

/// The policies of a tenant, together.
pub struct Analysis<'a, S = Sat> {
    /// All sign-ins that differ.
    pub space: Space<'a>,
    /// Who must always get in.
    pub emergency: Vec<EmergencyPrincipal>,
    sat: S,
    assume: Assume,
    judged: Vec<Judged<'a>>,
    always: Vec<Region>,
    known: BTreeMap<Key, Way>,
    numbered: BTreeMap<Region, usize>,
    never: BTreeMap<usize, Option<Vec<Aspect>>>,
    focus: Vec<(Circumstances, Remainder)>,
    counting: Range<usize>,
    undecided: bool,
}

/// A remainder with a number in place of each region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    scope: Scope,
    open: BTreeMap<Dim, Vec<usize>>,
    always: Vec<usize>,
    refuses: Vec<(usize, usize, usize)>,
}

/// What is left of a search once the circumstances are put in. Searches with the same remainder have the same
/// answer, but for the circumstances.
#[derive(Clone, Debug)]
struct Remainder {
    scope: Scope,
    /// The properties that are still open.
    open: BTreeMap<Dim, Vec<usize>>,
    always: Vec<Region>,
    /// The policies that may refuse, with where they certainly and where they possibly do.
    refuses: Vec<(usize, Region, Region)>,
}

const CERTAINLY: usize = 0;
const POSSIBLY: usize = 1;

/// How many values of a property are tried in search of a more ordinary sign-in.
const TRIED: usize = 8;

/// The most policies that are judged together. A tenant can hold 195; a folder with more is not one tenant.
pub const MAX_POLICIES: usize = 400;

impl<'a, S> Analysis<'a, S> {
    /// What exports tell about the tenant.
    #[must_use]
    pub fn directory(&self) -> &'a Directory {
        self.space.directory()
    }
}

impl<'a, S: Solve> Analysis<'a, S> {
    /// Reads the judged policies of a tenant into one space.
    #[must_use]
    pub fn new(access: &Access<'a>, wanted: &Wanted) -> Self {
        Self::of(access.set, &[access], wanted)
    }

    /// Reads the judged policies of several states of a tenant into one space, one state after the other. What the
    /// states tell alike, locations and the directory, is in `set`.
    #[must_use]
    pub(super) fn of(set: &'a PolicySet, states: &[&Access<'a>], wanted: &Wanted) -> Self {
        let assume = states.first().map(|access| access.assume).unwrap_or_default();
        let exprs: Vec<_> = states
            .iter()
            .flat_map(|access| access.judged().map(|policy| (policy, access.set)))
            .map(|(policy, own)| {
                let aspects = conditions(policy);
                (policy, aspects, met(policy, own, assume), met_at_its_word(policy, own, assume))
            })
            .collect();
        let asked = exprs.iter().flat_map(|(_, aspects, met, word)| {
            aspects.iter().map(|(_, expr)| expr).chain([met]).chain(word)
        });
        let space = Space::new(set, assume, asked, wanted);
        let always = space.always();
        let mut sat = S::new(&space.sizes(), &always);
        let judged = exprs
            .iter()
            .map(|(policy, aspects, met, word)| {
                let aspects: Vec<_> =
                    aspects.iter().map(|(aspect, expr)| (*aspect, space.extent(expr))).collect();
                let applies = Extent {
                    certain: Region::all(aspects.iter().map(|(_, extent)| extent.certain.clone())),
                    possible: Region::all(aspects.iter().map(|(_, extent)| extent.possible.clone())),
                };
                let met = space.extent(met);
                let word = word.as_ref().map(|word| space.extent(word)).map(|word| {
                    [
                        sat.add(&Region::all([applies.certain.clone(), word.possible.outside()])),
                        sat.add(&Region::all([applies.possible.clone(), word.certain.outside()])),
                    ]
                });
                let certain = Region::all([applies.certain.clone(), met.possible.clone().outside()]);
                let possible = Region::all([applies.possible.clone(), met.certain.clone().outside()]);
                Judged {
                    policy,
                    applies: sat.add(&applies.possible),
                    applied: applies,
                    met,
                    aspects: aspects.into_iter().map(|(aspect, extent)| (aspect, extent.possible)).collect(),
                    word,
                    refuses: [sat.add(&certain), sat.add(&possible)],
                    refused: Extent { certain, possible },
                }
            })
            .collect();
        let emergency = states.iter().flat_map(|access| &access.emergency.principals).cloned().collect();
        let undecided = space.gave_up();
        let judged: Vec<_> = judged;
        Self {
            space,
            emergency,
            sat,
            assume,
            counting: 0..judged.len(),
            judged,
            always,
            known: BTreeMap::new(),
            numbered: BTreeMap::new(),
            never: BTreeMap::new(),
            focus: Vec::new(),
            undecided,
        }
    }

    /// Whether a policy refuses the sign-in a point stands for, as far as it is enforced.
    #[must_use]
    pub fn refuses(&self, policy: usize, point: &[usize]) -> Truth {
        let Some(judged) = self.judged.get(policy) else { return Truth::Unknown };
        match (judged.refused.certain.contains(point), judged.refused.possible.contains(point)) {
            (true, _) => Truth::Yes,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::No,
        }
    }

    /// Whether a search used up its budget.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.undecided
    }

    /// The policies, by number.
    #[must_use]
    pub fn policy(&self, number: usize) -> Option<&'a Policy> {
        self.judged.get(number).map(|judged| judged.policy)
    }

    /// The number of a policy.
    #[must_use]
    pub fn number_of(&self, policy: &Policy) -> Option<usize> {
        self.judged.iter().position(|judged| std::ptr::eq(judged.policy, policy))
    }

    /// How many policies are judged.
    #[must_use]
    pub fn policies(&self) -> usize {
        self.judged.len()
    }

    /// The sign-in a point stands for.
    #[must_use]
    pub fn sign_in(&self, point: &[usize]) -> (SignIn, Capabilities) {
        self.space.sign_in(point)
    }

    /// From here on only policies of these numbers count.
    pub(super) fn count_only(&mut self, policies: Range<usize>) {
        self.focus.clear();
        self.counting = policies;
    }

    /// The search for a sign-in in some circumstances that one of some policies certainly refuses and that none of
    /// others may refuse.
    pub(super) fn between(
        &mut self,
        circumstances: &Circumstances,
        refused_by: &[usize],
        let_in_by: &[usize],
    ) -> Query {
        let certain = refused_by.iter().filter_map(|number| self.judged.get(*number));
        let inside = Region::any(certain.map(|judged| judged.refused.certain.clone()).collect::<Vec<_>>());
        let inside = vec![self.sat.add(&inside)];
        Query { inside, outside: self.regions(let_in_by, POSSIBLY), ..circumstances.query() }
    }

    /// What a search finds.
    pub(super) fn find(&mut self, query: &Query) -> Option<Vec<usize>> {
        match self.solve(query) {
            Answer::Point(point) => Some(point),
            Answer::Never(_) | Answer::Undecided => None,
        }
    }

    /// A sign-in to which a policy certainly applies and another does not; what of the policy takes it in.
    pub(super) fn beyond(&mut self, policy: usize, other: usize) -> Option<(Vec<usize>, Vec<Aspect>)> {
        let inside = self.judged.get(policy)?.applied.certain.clone();
        let inside = vec![self.sat.add(&inside)];
        let outside = vec![self.judged.get(other)?.applies];
        let query = Query { inside, outside, ..Query::default() };
        let point = self.find(&query)?;
        let point = self.most_ordinary(&query, point);
        let left_out = self.judged.get(other)?.aspects.iter().filter(|(_, region)| !region.contains(&point));
        let aspects = left_out.map(|(aspect, _)| *aspect).collect();
        Some((point, aspects))
    }

    /// The policies that count: certainly, or possibly.
    #[must_use]
    pub fn counted(&self, scope: Scope, certainly: bool) -> Vec<usize> {
        let counts = |policy: &Policy| match (scope, is_enforced(policy)) {
            (Scope::OnceEnabled, _) | (_, Truth::Yes) => true,
            (Scope::Enforced, Truth::Unknown) => !certainly,
            (Scope::Enforced, Truth::No) => false,
        };
        let all = self.judged.iter().enumerate().filter(|(number, _)| self.counting.contains(number));
        all.filter(|(_, judged)| counts(judged.policy)).map(|(number, _)| number).collect()
    }

    fn regions(&self, policies: &[usize], which: usize) -> Vec<usize> {
        let judged = policies.iter().filter_map(|number| self.judged.get(*number));
        judged.filter_map(|judged| judged.refuses.get(which).copied()).collect()
    }

    /// Searches, and remembers where that came to no end.
    pub(super) fn solve(&mut self, query: &Query) -> Answer {
        let answer = self.sat.solve(query);
        self.undecided |= answer == Answer::Undecided;
        answer
    }

    /// Adds a region and gives its number.
    pub(super) fn add(&mut self, region: &Region) -> usize {
        self.sat.add(region)
    }

    /// The fewest of some regions that leave no point to a search that has to lie outside of them.
    pub(super) fn blame(&mut self, query: &Query, regions: Vec<usize>) -> Vec<usize> {
        smallest_blame(&mut self.sat, query, regions)
    }

    /// The policies as regions, by number.
    pub(super) fn judged(&self) -> &[Judged<'a>] {
        &self.judged
    }

    /// The numbers of where policies refuse: each policy with its region.
    pub(super) fn refusals(&self, certainly: bool) -> Vec<(usize, usize)> {
        let which = if certainly { CERTAINLY } else { POSSIBLY };
        let counted = self.counted(Scope::Enforced, certainly).into_iter();
        counted.filter_map(|number| Some((number, *self.judged.get(number)?.refuses.get(which)?))).collect()
    }

    /// What a search found, with the most ordinary sign-in: values that come first, property by property.
    pub(super) fn most_ordinary(&mut self, query: &Query, point: Vec<usize>) -> Vec<usize> {
        let mut query = query.clone();
        let mut best = point;
        for dim in 0..self.space.sizes().len() {
            let Some(value) = best.get(dim).copied() else { break };
            for candidate in 0..value.min(TRIED) {
                let allowed = |(own, values): &(Dim, Vec<usize>)| *own != dim || values.contains(&candidate);
                if !query.within.iter().all(allowed) {
                    continue;
                }
                query.within.push((dim, vec![candidate]));
                let answer = self.solve(&query);
                query.within.pop();
                if let Answer::Point(better) = answer {
                    best = better;
                    break;
                }
            }
            let value = best.get(dim).copied().unwrap_or_default();
            query.within.push((dim, vec![value]));
        }
        best
    }

    /// Whether there is a way in, in some circumstances.
    pub fn way(&mut self, circumstances: &Circumstances, scope: Scope) -> Way {
        let remainder = self.remainder(circumstances, scope);
        let key = self.key(&remainder);
        let way = match self.known.get(&key) {
            Some(way) => way.clone(),
            None => {
                let way = self.search(circumstances, &remainder);
                self.known.insert(key, way.clone());
                way
            }
        };
        let here = |point| self.moved(point, circumstances);
        match way {
            Way::Open(point) => Way::Open(here(point)),
            Way::Depends(on, point) => Way::Depends(on, here(point)),
            other => other,
        }
    }

    /// Tells that searches in circumstances that lie in these follow, up to the next call with as small a depth: they
    /// start from what is left of a search here, which the key tells apart from what is left elsewhere.
    pub(super) fn focus(&mut self, circumstances: &Circumstances, scope: Scope, depth: usize) -> Key {
        self.focus.truncate(depth);
        let left = self.remainder(circumstances, scope);
        let key = self.key(&left);
        self.focus.push((circumstances.clone(), left));
        key
    }

    fn key(&mut self, remainder: &Remainder) -> Key {
        let mut number = |region: &Region| match self.numbered.get(region) {
            Some(number) => *number,
            None => {
                let number = self.numbered.len();
                self.numbered.insert(region.clone(), number);
                number
            }
        };
        Key {
            scope: remainder.scope,
            open: remainder.open.clone(),
            always: remainder.always.iter().map(&mut number).collect(),
            refuses: remainder
                .refuses
                .iter()
                .map(|(policy, certain, possible)| (*policy, number(certain), number(possible)))
                .collect(),
        }
    }

    /// A sign-in in some circumstances that a policy may refuse, and the policy; `None` where nothing refuses any.
    pub fn refused(&mut self, circumstances: &Circumstances, scope: Scope) -> Option<(usize, Vec<usize>)> {
        let remainder = self.remainder(circumstances, scope);
        let base = circumstances.query();
        for (number, ..) in remainder.refuses {
            let inside = self.regions(&[number], POSSIBLY);
            let query = Query { inside, ..base.clone() };
            match self.solve(&query) {
                Answer::Point(point) => return Some((number, point)),
                Answer::Undecided => return None,
                Answer::Never(_) => {}
            }
        }
        None
    }

    fn remainder(&self, circumstances: &Circumstances, scope: Scope) -> Remainder {
        let within = &circumstances.within;
        let open = within
            .iter()
            .filter(|(_, values)| values.len() != 1)
            .map(|(dim, values)| (*dim, values.clone()))
            .collect();
        let start =
            self.focus.iter().rev().find(|(wider, left)| left.scope == scope && circumstances.lie_in(wider));
        let narrowed = |always: &[Region]| {
            let always = always.iter().map(|region| region.within(within));
            always.filter(|region| *region != Region::Whole(true)).collect()
        };
        if let Some((_, start)) = start {
            let refuses = start.refuses.iter().filter_map(|(number, certain, possible)| {
                let possible = possible.within(within);
                (possible != Region::Whole(false)).then(|| (*number, certain.within(within), possible))
            });
            return Remainder { scope, open, always: narrowed(&start.always), refuses: refuses.collect() };
        }
        let certain = self.counted(scope, true);
        let counted = self.counted(scope, false).into_iter();
        let refuses = counted.filter_map(|number| {
            let judged = self.judged.get(number)?;
            let possible = judged.refused.possible.within(within);
            let certainly = certain.contains(&number).then(|| judged.refused.certain.within(within));
            (possible != Region::Whole(false))
                .then(|| (number, certainly.unwrap_or(Region::Whole(false)), possible))
        });
        Remainder { scope, open, always: narrowed(&self.always), refuses: refuses.collect() }
    }

    /// A point with the values that some circumstances leave no choice of.
    pub(super) fn moved(&self, mut point: Vec<usize>, circumstances: &Circumstances) -> Vec<usize> {
        for (dim, values) in &circumstances.within {
            if let ([one], Some(value)) = (values.as_slice(), point.get_mut(*dim)) {
                *value = *one;
            }
        }
        point
    }

    fn search(&mut self, circumstances: &Circumstances, remainder: &Remainder) -> Way {
        let base = circumstances.query();
        let possibly: Vec<_> = remainder.refuses.iter().map(|(number, ..)| *number).collect();
        let query = Query { outside: self.regions(&possibly, POSSIBLY), ..base.clone() };
        let doubted = match self.solve(&query) {
            Answer::Point(point) => return Way::Open(point),
            Answer::Undecided => return Way::Undecided,
            Answer::Never(regions) => regions,
        };
        let certain = remainder.refuses.iter().filter(|(_, certain, _)| *certain != Region::Whole(false));
        let certain: Vec<_> = certain.map(|(number, ..)| *number).collect();
        let surely = Query { outside: self.regions(&certain, CERTAINLY), ..base.clone() };
        match self.solve(&surely) {
            Answer::Point(point) => {
                let blamed = smallest_blame(&mut self.sat, &query, doubted);
                Way::Depends(self.numbers(&blamed, POSSIBLY), point)
            }
            Answer::Undecided => Way::Undecided,
            Answer::Never(regions) => {
                let blamed = smallest_blame(&mut self.sat, &base, regions);
                Way::Shut(self.numbers(&blamed, CERTAINLY))
            }
        }
    }

    /// Whether some policies alone certainly refuse every sign-in in some circumstances.
    pub fn shut_by(&mut self, circumstances: &Circumstances, policies: &[usize]) -> bool {
        let query = Query { outside: self.regions(policies, CERTAINLY), ..circumstances.query() };
        matches!(self.solve(&query), Answer::Never(_))
    }

    /// The policies of some of their regions.
    fn numbers(&self, regions: &[usize], which: usize) -> Vec<usize> {
        let is_one = |judged: &Judged<'_>| judged.refuses.get(which).is_some_and(|it| regions.contains(it));
        self.judged.iter().enumerate().filter(|(_, it)| is_one(it)).map(|(number, _)| number).collect()
    }

    /// Whether a policy can apply to no sign-in at all; the conditions that rule it out, none where they do so only
    /// together.
    pub fn never_applies(&mut self, policy: usize) -> Option<Vec<Aspect>> {
        if let Some(known) = self.never.get(&policy) {
            return known.clone();
        }
        let found = self.search_never(policy);
        self.never.insert(policy, found.clone());
        found
    }

    fn search_never(&mut self, policy: usize) -> Option<Vec<Aspect>> {
        let judged = self.judged.get(policy)?;
        let whole = Query { inside: vec![judged.applies], ..Query::default() };
        let aspects = judged.aspects.clone();
        if !matches!(self.solve(&whole), Answer::Never(_)) {
            return None;
        }
        let mut guilty = Vec::new();
        for (aspect, region) in aspects {
            let region = self.sat.add(&region);
            if matches!(self.solve(&Query { inside: vec![region], ..Query::default() }), Answer::Never(_)) {
                guilty.push(aspect);
            }
        }
        Some(guilty)
    }

    /// Whether a policy may apply to a sign-in in some circumstances.
    pub fn may_apply(&mut self, policy: usize, circumstances: &Circumstances) -> bool {
        let Some(judged) = self.judged.get(policy) else { return true };
        let query = Query { inside: vec![judged.applies], ..circumstances.query() };
        !matches!(self.solve(&query), Answer::Never(_))
    }

    /// The circumstances of accounts that belong to this tenant.
    #[must_use]
    pub fn at_home(&self) -> Circumstances {
        let values = self.space.values(&Property::Kind, |sign_in, _| {
            matches!(&sign_in.identity, Identity::Person(person) if !person.kind.is_some_and(PersonKind::is_foreign))
        });
        Circumstances::default().with(self.space.dim(&Property::Kind), &values)
    }

    /// The other enforced policies that refuse, or ask for, everything a policy does wherever it applies; a smallest
    /// set of them. A block is covered by blocks alone: that a legacy client cannot meet a demand is no substitute
    /// for a block of legacy clients. Policies in `gone` do not count.
    pub fn covered_by(&mut self, policy: usize, gone: &[usize]) -> Option<Vec<usize>> {
        let own = self.judged.get(policy)?;
        let is_block = |policy: &Policy| matches!(demand(policy, self.assume), Demand::Block(_));
        let needs_block = is_block(own.policy);
        let inside = own.word?;
        let others: Vec<_> = self
            .counted(Scope::Enforced, true)
            .into_iter()
            .filter(|number| *number != policy && !gone.contains(number))
            .filter_map(|number| Some((number, self.judged.get(number)?)))
            .filter(|(_, other)| !needs_block || is_block(other.policy))
            .filter_map(|(number, other)| Some((number, *other.word?.first()?)))
            .collect();
        let base = Query { inside: vec![inside[POSSIBLY]], ..Query::default() };
        let query = Query { outside: others.iter().map(|(_, region)| *region).collect(), ..base.clone() };
        let Answer::Never(regions) = self.solve(&query) else { return None };
        let blamed = smallest_blame(&mut self.sat, &base, regions);
        let covering = others.iter().filter(|(_, region)| blamed.contains(region));
        Some(covering.map(|(number, _)| *number).collect())
    }

    /// Whether two policies may apply to the same sign-in, in some circumstances.
    pub fn meet(&mut self, one: usize, other: usize, circumstances: &Circumstances) -> bool {
        let inside = [one, other].iter().filter_map(|it| self.judged.get(*it)).map(|it| it.applies).collect();
        matches!(self.solve(&Query { inside, ..circumstances.query() }), Answer::Point(_))
    }

    /// A sign-in to which a policy may apply and whose demands it may meet, in some circumstances.
    pub fn can_be_met(&mut self, policy: usize, circumstances: &Circumstances) -> Answer {
        let Some(judged) = self.judged.get(policy) else { return Answer::Undecided };
        let query = Query {
            inside: vec![judged.applies],
            outside: vec![judged.refuses[CERTAINLY]],
            ..circumstances.query()
        };
        self.solve(&query)
    }

    /// The same way in with the most ordinary sign-in: values that come first, property by property.
    pub fn ordinary(&mut self, circumstances: &Circumstances, scope: Scope, point: Vec<usize>) -> Vec<usize> {
        let mut fixed = circumstances.clone();
        let mut best = point;
        for dim in 0..self.space.sizes().len() {
            let Some(value) = best.get(dim).copied() else { break };
            for candidate in 0..value.min(TRIED) {
                let tried = fixed.clone().with(Some(dim), &[candidate]);
                if tried.within.get(&dim).is_some_and(Vec::is_empty) {
                    continue;
                }
                if let Way::Open(better) = self.way(&tried, scope) {
                    best = better;
                    break;
                }
            }
            let value = best.get(dim).copied().unwrap_or_default();
            fixed = fixed.with(Some(dim), &[value]);
        }
        best
    }

    /// The circumstances with one target.
    #[must_use]
    pub fn to(&self, circumstances: &Circumstances, target: &Target) -> Circumstances {
        let values = self.space.values(&Property::Target, |sign_in, _| sign_in.target == *target);
        circumstances.clone().instead(self.space.dim(&Property::Target), &values)
    }

    /// Whether there is any sign-in in some circumstances, refused or not.
    pub fn exists(&mut self, circumstances: &Circumstances) -> bool {
        matches!(self.solve(&circumstances.query()), Answer::Point(_))
    }

    /// Every circumstance but one target.
    #[must_use]
    pub fn away_from(&self, target: &Target) -> Circumstances {
        let values = self.space.values(&Property::Target, |sign_in, _| sign_in.target != *target);
        Circumstances::default().with(self.space.dim(&Property::Target), &values)
    }

    /// The dimension of a property.
    #[must_use]
    pub fn dim(&self, property: &Property) -> Option<Dim> {
        self.space.dim(property)
    }
}
