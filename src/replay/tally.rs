//! What many judged sign-ins come to. Records are taken in their order, so that the result is the same however
//! many threads judged them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::Arc;

use super::judge::{Comparison, Effects, Ending, Judged, Outcome};
use crate::access::sign_in::Identity;
use crate::finding::ErrorCode;
use crate::policy::Truth;
use crate::records::{Log, Place, Record, Verdict};

/// A record that stands for others.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its id.
    pub id: Option<String>,
    /// When.
    pub time: Option<String>,
    /// Who.
    pub user: Option<String>,
    /// For which app.
    pub app: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// Sign-ins that share something.
#[derive(Clone, Debug)]
pub struct Group {
    /// How many.
    pub sign_ins: u64,
    /// The people, by number.
    pub people: HashSet<u32>,
    /// The number of the first of them.
    at: u64,
    /// The first of them.
    pub example: Example,
}

/// A difference between this program and the service.
#[derive(Clone, Debug)]
pub struct Difference {
    /// How often.
    pub count: u64,
    /// The first record.
    pub example: Example,
}

/// What one policy does to some sign-ins, and why.
pub type Because = (usize, Ending, Arc<str>, Option<ErrorCode>);

/// What many sign-ins come to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Records of every kind.
    pub records: u64,
    /// Records that cannot be read, with the reason.
    pub broken: u64,
    /// The first of them.
    pub broken_examples: Vec<(Place, String)>,
    /// Records of other logs.
    pub other: u64,
    /// Records seen before.
    pub repeated: u64,
    /// Sign-ins to another tenant's resources.
    pub elsewhere: u64,
    /// Sign-ins that were not successful.
    pub unsuccessful: u64,
    /// Sign-ins whose end is not told.
    pub untold: u64,
    /// The logs that records come from.
    pub logs: BTreeSet<Log>,
    /// Successful sign-ins by what becomes of them.
    pub endings: BTreeMap<Ending, (u64, HashSet<u32>)>,
    /// Results compared with the service: the same, undecided.
    pub same: u64,
    /// Results on which the record tells too little.
    pub undecided: u64,
    /// Results that differ, by policy.
    pub differences: BTreeMap<(usize, Verdict, String), Difference>,
    /// By what policies do, and app.
    shared: HashMap<(usize, Arc<str>), (Arc<Effects>, Group)>,
    seen: HashSet<u64>,
    people: HashMap<u64, u32>,
    apps: HashSet<Arc<str>>,
}

/// How many broken records are named.
const NAMED: usize = 20;

impl Tally {
    /// Takes a record in.
    pub fn add(&mut self, judged: Judged) {
        self.records += 1;
        let Judged { place, outcome } = judged;
        let (record, effects, compared) = match outcome {
            Outcome::Broken(why) => {
                self.broken += 1;
                if self.broken_examples.len() < NAMED {
                    self.broken_examples.push((place, why));
                }
                return;
            }
            Outcome::Other => {
                self.other += 1;
                return;
            }
            Outcome::SignIn { record, effects, compared } => (record, effects, compared),
        };
        self.logs.extend(record.log);
        // An attempt that was interrupted and then went through is no repetition.
        let success = record.code == Some(0);
        if record.id.as_ref().is_some_and(|id| !self.seen.insert(hash(&(id, success)))) {
            self.repeated += 1;
            return;
        }
        for (policy, verdict, comparison) in compared {
            match comparison {
                Comparison::Same => self.same += 1,
                Comparison::Undecided => self.undecided += 1,
                Comparison::Differs(how) => {
                    let new = || Difference { count: 0, example: example(&record, &place) };
                    self.differences.entry((policy, verdict, how)).or_insert_with(new).count += 1;
                }
            }
        }
        if record.elsewhere == Truth::Yes {
            self.elsewhere += 1;
            return;
        }
        match record.code {
            Some(0) => {}
            Some(_) => {
                self.unsuccessful += 1;
                return;
            }
            None => {
                self.untold += 1;
                return;
            }
        }
        let person = match &record.sign_in.identity {
            Identity::Person(person) => {
                let told = person.id.clone().or_else(|| record.name.as_ref().map(|name| name.to_lowercase()));
                told.map(|told| self.person(&told))
            }
            _ => None,
        };
        let Some(effects) = effects else { return };
        let ending = effects.list.iter().map(|effect| effect.ending).min().unwrap_or(Ending::Unchanged);
        let (sign_ins, people) = self.endings.entry(ending).or_default();
        *sign_ins += 1;
        people.extend(person);
        if effects.list.is_empty() {
            return;
        }
        let app = self.app(record.app.as_deref().unwrap_or("an app that is not told"));
        let at = self.records;
        let new = || Group { sign_ins: 0, people: HashSet::new(), at, example: example(&record, &place) };
        let (_, group) = self.shared.entry((effects.number, app)).or_insert_with(|| (effects, new()));
        group.sign_ins += 1;
        group.people.extend(person);
    }

    /// The sign-ins that are stopped or may be, by policy, ending and reason, and then by app.
    #[must_use]
    pub fn groups(&self) -> BTreeMap<Because, BTreeMap<Arc<str>, Group>> {
        let mut groups: BTreeMap<Because, BTreeMap<Arc<str>, Group>> = BTreeMap::new();
        let mut shared: Vec<_> = self.shared.iter().collect();
        shared.sort_by_key(|(_, (_, group))| group.at);
        for ((_, app), (effects, group)) in shared {
            for effect in &effects.list {
                let because = (effect.policy, effect.ending, effect.why.clone(), effect.code);
                let by_app = groups.entry(because).or_default();
                match by_app.get_mut(app) {
                    Some(own) => {
                        own.sign_ins += group.sign_ins;
                        own.people.extend(&group.people);
                    }
                    None => {
                        by_app.insert(app.clone(), group.clone());
                    }
                }
            }
        }
        groups
    }

    fn person(&mut self, id: &str) -> u32 {
        let next = u32::try_from(self.people.len()).unwrap_or(u32::MAX);
        *self.people.entry(hash(&id)).or_insert(next)
    }

    fn app(&mut self, name: &str) -> Arc<str> {
        if let Some(held) = self.apps.get(name) {
            return held.clone();
        }
        let held: Arc<str> = name.into();
        self.apps.insert(held.clone());
        held
    }

    /// How many successful sign-ins end so, of how many people.
    #[must_use]
    pub fn count(&self, ending: Ending) -> (u64, usize) {
        self.endings.get(&ending).map_or((0, 0), |(sign_ins, people)| (*sign_ins, people.len()))
    }

    /// Successful sign-ins.
    #[must_use]
    pub fn successful(&self) -> u64 {
        self.endings.values().map(|(sign_ins, _)| sign_ins).sum()
    }
}

fn example(record: &Record, place: &Place) -> Example {
    Example {
        id: record.id.clone(),
        time: record.time.clone(),
        user: record.name.clone(),
        app: record.app.clone(),
        place: place.clone(),
    }
}

/// The same in every run.
fn hash(value: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}
