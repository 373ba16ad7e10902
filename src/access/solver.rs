//! Finds a point of a finite space that lies in some regions and outside others, or the regions that leave none.
//!
//! The search is that of a satisfiability solver: exact, the same on every machine, and steady on the worst
//! inputs. It is behind [`Solve`], so that a test can put plain enumeration in its stead.

use std::collections::{BTreeMap, VecDeque};

use batsat::{Callbacks, ClauseKind, Lit, Solver, SolverInterface, SolverOpts, lbool};

/// A dimension of the space, by number.
pub type Dim = usize;

/// A part of the space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// All of it, or none.
    Whole(bool),
    /// Where a dimension has one of these values, which are in order.
    Among(Dim, Vec<usize>),
    /// What lies outside.
    Outside(Box<Region>),
    /// What lies in all.
    All(Vec<Region>),
}

impl Region {
    /// What lies outside.
    #[must_use]
    pub fn outside(self) -> Self {
        match self {
            Self::Whole(all) => Self::Whole(!all),
            Self::Outside(inner) => *inner,
            other => Self::Outside(Box::new(other)),
        }
    }

    /// What lies in all.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Whole(true) => {}
                Self::Whole(false) => return part,
                Self::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        if kept.len() == 1 {
            kept.swap_remove(0)
        } else if kept.is_empty() {
            Self::Whole(true)
        } else {
            Self::All(kept)
        }
    }

    /// What lies in at least one.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::all(parts.into_iter().map(Self::outside)).outside()
    }

    /// The region where some dimensions have only some of their values: what is decided by that is left out.
    #[must_use]
    pub fn within(&self, within: &BTreeMap<Dim, Vec<usize>>) -> Self {
        match self {
            Self::Whole(all) => Self::Whole(*all),
            Self::Among(dim, values) => match within.get(dim) {
                None => self.clone(),
                Some(left) => {
                    let inside = left.iter().filter(|value| values.binary_search(value).is_ok()).count();
                    if inside == 0 || inside == left.len() { Self::Whole(inside > 0) } else { self.clone() }
                }
            },
            Self::Outside(inner) => inner.within(within).outside(),
            Self::All(parts) => {
                let mut kept = Vec::new();
                for part in parts {
                    match part.within(within) {
                        Self::Whole(true) => {}
                        Self::Whole(false) => return Self::Whole(false),
                        other => kept.push(other),
                    }
                }
                Self::all(kept)
            }
        }
    }

    /// Whether a point lies in it.
    #[must_use]
    pub fn contains(&self, point: &[usize]) -> bool {
        match self {
            Self::Whole(all) => *all,
            Self::Among(dim, values) => {
                point.get(*dim).is_some_and(|value| values.binary_search(value).is_ok())
            }
            Self::Outside(inner) => !inner.contains(point),
            Self::All(parts) => parts.iter().all(|part| part.contains(point)),
        }
    }
}

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Dimensions that have only some of their values.
    pub within: Vec<(Dim, Vec<usize>)>,
    /// Regions, by number, that hold the point.
    pub inside: Vec<usize>,
    /// Regions, by number, that do not.
    pub outside: Vec<usize>,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A point: the value of each dimension.
    Point(Vec<usize>),
    /// There is none. These of the regions it had to lie outside of suffice for that, in order.
    Never(Vec<usize>),
    /// The budget was used up before it was decided.
    Undecided,
}

/// A space with regions that can be searched.
pub trait Solve {
    /// A space of dimensions of these sizes, less what lies outside one of `always`.
    fn new(sizes: &[usize], always: &[Region]) -> Self;
    /// Adds a region and gives its number.
    fn add(&mut self, region: &Region) -> usize;
    /// Searches.
    fn solve(&mut self, query: &Query) -> Answer;
}

/// A search by satisfiability.
pub struct Sat {
    solver: Solver<Budget>,
    dims: Vec<Vec<Lit>>,
    regions: Vec<Lit>,
    known: BTreeMap<Region, Lit>,
    whole: Lit,
    found: VecDeque<Found>,
}

/// A point that an earlier search found, with the literals that hold there.
struct Found {
    point: Vec<usize>,
    holds: Vec<lbool>,
}

impl Found {
    fn is_in(&self, lit: Lit) -> bool {
        let holds = self.holds.get(lit.var().idx() as usize);
        holds.is_some_and(|holds| *holds == lbool::new(lit.sign()))
    }
}

/// How many points are kept.
const KEPT: usize = 32;

/// Conflicts one search may run into. Searches over 240 policies, random ones too, need fewer than twenty.
const CONFLICTS: u64 = 1_000;
/// Conflicts all searches of a space may run into together: a few seconds.
const ALL_CONFLICTS: u64 = 10_000;

/// What is used up. Counted in conflicts, not in time, so that the same input is decided on every machine.
#[derive(Default)]
struct Budget {
    now: u64,
    before: u64,
}

impl Callbacks for Budget {
    fn on_start(&mut self) {
        self.before += self.now;
        self.now = 0;
    }

    fn on_new_clause(&mut self, _clause: &[Lit], kind: ClauseKind) {
        self.now += u64::from(kind == ClauseKind::Learnt);
    }

    fn stop(&self) -> bool {
        self.now >= CONFLICTS || self.before + self.now >= ALL_CONFLICTS
    }
}

impl Sat {
    fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var_default(), true)
    }

    /// A literal that follows from others, so that the search never has to choose it.
    fn derived(&mut self) -> Lit {
        Lit::new(self.solver.new_var(lbool::UNDEF, false), true)
    }

    fn clause(&mut self, mut lits: Vec<Lit>) {
        self.solver.add_clause_reuse(&mut lits);
    }

    /// Literals for the values of a dimension, exactly one of which holds.
    fn dimension(&mut self, size: usize) -> Vec<Lit> {
        match size {
            0 => Vec::new(),
            1 => vec![self.whole],
            2 => {
                let second = self.fresh();
                vec![!second, second]
            }
            _ => {
                let values: Vec<_> = (0..size).map(|_| self.fresh()).collect();
                self.clause(values.clone());
                // A ladder: `so_far` holds from the value that is taken on, so no later one can be.
                let mut before: Option<Lit> = None;
                for value in &values {
                    let so_far = self.derived();
                    self.clause(vec![!*value, so_far]);
                    if let Some(before) = before {
                        self.clause(vec![!before, so_far]);
                        self.clause(vec![!before, !*value]);
                    }
                    before = Some(so_far);
                }
                values
            }
        }
    }

    /// A literal that holds exactly in a region.
    fn literal(&mut self, region: &Region) -> Lit {
        if let Some(lit) = self.known.get(region) {
            return *lit;
        }
        let lit = match region {
            Region::Whole(true) => return self.whole,
            Region::Whole(false) => return !self.whole,
            Region::Outside(inner) => return !self.literal(inner),
            Region::Among(dim, values) => {
                let own = self.dims.get(*dim).map_or(&[][..], Vec::as_slice);
                let lits: Vec<_> = values.iter().filter_map(|value| own.get(*value).copied()).collect();
                self.one_of(lits)
            }
            Region::All(parts) => {
                let lits = parts.iter().map(|part| !self.literal(part)).collect();
                !self.one_of(lits)
            }
        };
        self.known.insert(region.clone(), lit);
        lit
    }

    /// A literal that holds exactly where one of some does.
    fn one_of(&mut self, lits: Vec<Lit>) -> Lit {
        match lits.as_slice() {
            [] => !self.whole,
            [one] => *one,
            _ => {
                let one = self.derived();
                for lit in &lits {
                    self.clause(vec![!*lit, one]);
                }
                let mut clause = lits;
                clause.push(!one);
                self.clause(clause);
                one
            }
        }
    }

    fn assumptions(&self, query: &Query) -> Vec<Lit> {
        let mut lits = Vec::new();
        for (dim, values) in &query.within {
            let own = self.dims.get(*dim).map_or(&[][..], Vec::as_slice);
            match values.as_slice() {
                [one] => lits.extend(own.get(*one)),
                _ => lits.extend(
                    own.iter().enumerate().filter(|(at, _)| !values.contains(at)).map(|(_, lit)| !*lit),
                ),
            }
        }
        let region = |number: &usize| self.regions.get(*number).copied();
        lits.extend(query.inside.iter().filter_map(region));
        lits.extend(query.outside.iter().filter_map(region).map(|lit| !lit));
        lits
    }

    fn point(&self) -> Vec<usize> {
        let holds = |lit: &Lit| self.solver.value_lit(*lit) == lbool::TRUE;
        self.dims.iter().map(|values| values.iter().position(holds).unwrap_or_default()).collect()
    }
}

impl Solve for Sat {
    fn new(sizes: &[usize], always: &[Region]) -> Self {
        let mut solver = Solver::new(SolverOpts::default(), Budget::default());
        let whole = Lit::new(solver.new_var_default(), true);
        solver.add_clause_reuse(&mut vec![whole]);
        let mut sat = Self {
            solver,
            dims: Vec::new(),
            regions: Vec::new(),
            known: BTreeMap::new(),
            whole,
            found: VecDeque::new(),
        };
        for size in sizes {
            let dim = sat.dimension(*size);
            sat.dims.push(dim);
        }
        for region in always {
            let lit = sat.literal(region);
            sat.clause(vec![lit]);
        }
        sat
    }

    fn add(&mut self, region: &Region) -> usize {
        let lit = self.literal(region);
        self.regions.push(lit);
        self.regions.len() - 1
    }

    fn solve(&mut self, query: &Query) -> Answer {
        let assumptions = self.assumptions(query);
        let fits = |found: &Found| assumptions.iter().all(|lit| found.is_in(*lit));
        if let Some(at) = self.found.iter().position(fits)
            && let Some(found) = self.found.remove(at)
        {
            let point = found.point.clone();
            self.found.push_front(found);
            return Answer::Point(point);
        }
        let result = self.solver.solve_limited(&assumptions);
        if result == lbool::TRUE {
            let point = self.point();
            let holds = self.solver.get_model().to_vec();
            self.found.truncate(KEPT - 1);
            self.found.push_front(Found { point: point.clone(), holds });
            Answer::Point(point)
        } else if result == lbool::FALSE {
            let core: Vec<Lit> = self.solver.unsat_core().to_vec();
            let blamed = |number: &usize| self.regions.get(*number).is_some_and(|lit| core.contains(lit));
            let mut regions: Vec<usize> = query.outside.iter().copied().filter(blamed).collect();
            regions.sort_unstable();
            regions.dedup();
            Answer::Never(regions)
        } else {
            Answer::Undecided
        }
    }
}

/// Shrinks the regions a search had to lie outside of to a smallest set that still leaves no point: without any
/// one of them there is one. Later regions are dropped first, so that the same set comes out every time.
pub fn smallest_blame(solver: &mut impl Solve, query: &Query, blamed: Vec<usize>) -> Vec<usize> {
    let mut kept = blamed;
    let mut at = kept.len();
    while at > 0 {
        at -= 1;
        let mut fewer = kept.clone();
        fewer.remove(at);
        let narrower = Query { outside: fewer.clone(), ..query.clone() };
        if let Answer::Never(core) = solver.solve(&narrower) {
            fewer.retain(|region| core.contains(region));
            kept = fewer;
            at = at.min(kept.len());
        }
    }
    kept
}
