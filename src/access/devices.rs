//! The devices that device filters tell apart.
//!
//! Source: Microsoft Entra documentation, "Filter for devices as a condition".

use std::collections::{BTreeMap, BTreeSet};

use super::filter::{Attributes, Comparison, FilterRule, Test, is_collection};
use crate::policy::Filter;
use crate::policy::words::FilterMode;

/// The values of one attribute: none where the device does not have it.
pub(super) type Attribute = Vec<String>;

/// Registration and management of a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    trust: Option<&'static str>,
    compliant: bool,
}

const fn state(trust: &'static str, compliant: bool) -> State {
    State { trust: Some(trust), compliant }
}

/// Every state, the device nobody manages first.
pub(super) const STATES: [State; 7] = [
    State { trust: None, compliant: false },
    state("Workplace", false),
    state("AzureAD", false),
    state("ServerAD", false),
    state("Workplace", true),
    state("AzureAD", true),
    state("ServerAD", true),
];

impl State {
    /// The attributes it shows; a device that is not registered shows none.
    pub(super) fn attributes(self) -> Attributes {
        let compliant = if self.compliant { "True" } else { "False" };
        let told = self.trust.map(|trust| [("trusttype", trust), ("iscompliant", compliant)]);
        told.into_iter().flatten().map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).collect()
    }
}

/// Whether an attribute belongs to the state of a device.
pub(super) fn is_state(attribute: &str) -> bool {
    ["trusttype", "iscompliant"].contains(&attribute)
}

/// A device filter of which rule and mode are known.
#[derive(Clone, Debug)]
pub struct DeviceFilter {
    /// Whether it takes in or leaves out what the rule matches.
    pub mode: FilterMode,
    /// The rule.
    pub rule: FilterRule,
}

/// The most devices that are tried to find whether a filter tells devices apart.
const MAX_DEVICES: usize = 2_048;

impl DeviceFilter {
    /// The filter as far as it can be read.
    #[must_use]
    pub fn of(filter: &Filter) -> Option<Self> {
        Some(Self { mode: *filter.mode.get()?.value, rule: FilterRule::parse(filter.rule.get()?.value)? })
    }

    fn takes_in(&self, device: &Attributes) -> bool {
        self.rule.matches(device) == (self.mode == FilterMode::Include)
    }

    /// Whether a device that is not registered, of which every attribute is absent, is taken in.
    #[must_use]
    pub fn takes_in_unregistered(&self) -> bool {
        self.takes_in(&Attributes::new())
    }

    /// Whether every device is taken in, or none; nothing where it tells devices apart, rests on something that is not
    /// documented, or has too many ways to try.
    #[must_use]
    pub fn takes_in_all(&self) -> Option<bool> {
        if self.rule.comparisons().iter().any(|comparison| comparison.oddity().is_some()) {
            return None;
        }
        let first = self.takes_in_unregistered();
        let mut comparisons: BTreeMap<&str, BTreeSet<&Comparison>> = BTreeMap::new();
        for comparison in self.rule.comparisons() {
            comparisons.entry(&comparison.attribute).or_default().insert(comparison);
        }
        comparisons.retain(|attribute, _| !is_state(attribute));
        let mut devices: Vec<Attributes> = STATES.iter().skip(1).map(|state| state.attributes()).collect();
        for (attribute, comparisons) in comparisons {
            let values = values(attribute, &comparisons)?;
            if devices.len().saturating_mul(values.len()) > MAX_DEVICES {
                return None;
            }
            let with = |value: &Attribute| {
                let own = (attribute.to_owned(), value.clone());
                move |device: &Attributes| device.clone().into_iter().chain([own.clone()]).collect()
            };
            devices = values.iter().flat_map(|value| devices.iter().map(with(value))).collect();
        }
        devices.iter().all(|device| self.takes_in(device) == first).then_some(first)
    }
}

/// Stands between parts that a comparison asks for; no comparison has it.
const APART: &str = "\u{1}";
/// The most values of one attribute that are tried.
const MAX_VALUES: usize = 1_024;

/// Values of an attribute, one for each way the comparisons can come out together, the attribute that is absent first.
/// Nothing where there are too many ways to try.
pub(super) fn values(attribute: &str, comparisons: &BTreeSet<&Comparison>) -> Option<Vec<Attribute>> {
    let words = |test: Test| {
        let of_test = comparisons.iter().filter(move |comparison| comparison.test == test);
        let words: BTreeSet<&str> = of_test.flat_map(|it| &it.values).map(String::as_str).collect();
        words.into_iter().filter(|word| *word != "null").collect::<Vec<_>>()
    };
    let (equal, starts, ends, contains) =
        (words(Test::Equals), words(Test::StartsWith), words(Test::EndsWith), words(Test::Contains));
    let combined = if is_collection(attribute) { equal.len() + contains.len() } else { contains.len() };
    let ways = u32::try_from(combined).ok().and_then(|combined| 2_usize.checked_pow(combined))?;
    let ways = ways.checked_mul(starts.len() + 1)?.checked_mul(ends.len() + 1)?;
    if ways > MAX_VALUES || equal.len() > MAX_VALUES {
        return None;
    }
    let mut candidates: Vec<Attribute> = vec![Vec::new(), vec!["another value".to_owned()]];
    candidates.extend(equal.iter().map(|word| vec![(*word).to_owned()]));
    if is_collection(attribute) {
        let elements: Vec<_> = equal.iter().chain(&contains).map(|word| (*word).to_owned()).collect();
        candidates.extend(subsets(&elements));
    } else {
        let none = [""];
        for start in none.iter().chain(&starts) {
            for end in none.iter().chain(&ends) {
                for middle in subsets(&contains) {
                    candidates.push(vec![[&[*start], middle.as_slice(), &[*end]].concat().join(APART)]);
                }
            }
        }
    }
    let mut seen = BTreeMap::new();
    for candidate in candidates {
        let device = Attributes::from([(attribute.to_owned(), candidate.clone())]);
        let outcome: Vec<bool> = comparisons
            .iter()
            .map(|comparison| FilterRule::Compare((*comparison).clone()).matches(&device))
            .collect();
        let order = seen.len();
        seen.entry((candidate.is_empty(), outcome)).or_insert((order, candidate));
    }
    let mut kept: Vec<_> = seen.into_values().collect();
    kept.sort_by_key(|(order, _)| *order);
    Some(kept.into_iter().map(|(_, candidate)| candidate).collect())
}

/// Every selection of some words.
fn subsets<T: Clone>(words: &[T]) -> Vec<Vec<T>> {
    let mut found = vec![Vec::new()];
    for word in words {
        let with: Vec<Vec<T>> = found
            .iter()
            .map(|chosen: &Vec<T>| chosen.iter().cloned().chain([word.clone()]).collect())
            .collect();
        found.extend(with);
    }
    found
}
