//! A run over two states of the same policies: what a change takes away, and what the later state gets wrong that the
//! earlier one did not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{
    ConfigFailure, Options, Outcome, Tenant, check, is_same, order, read, take_in_harvest, unknown_rules,
};
use crate::access::Access;
use crate::access::change::{Change, States};
use crate::config::Config;
use crate::discover::{self, Input};
use crate::finding::{Finding, Level};
use crate::fingerprint;
use crate::load;
use crate::policy::{Format, Policy};

/// The earlier state.
#[derive(Clone, Debug)]
pub enum Base {
    /// Files and folders.
    Files {
        /// Where they are.
        paths: Vec<PathBuf>,
        /// The folder they lie in, and the one the later state lies in: what is at the same place in both is compared.
        roots: (PathBuf, PathBuf),
        /// The revision they are of, where they are not in the working tree.
        revision: Option<String>,
    },
    /// What Terraform plans say of the policies before they are applied.
    Plans,
}

/// Which policies a change touches, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What the later state is compared with, as the user named it.
    pub base: String,
    /// New policies.
    pub added: Vec<String>,
    /// Policies that are gone.
    pub removed: Vec<String>,
    /// Policies that say something else.
    pub changed: Vec<String>,
}

impl Changes {
    /// How many policies differ, and from what.
    #[must_use]
    pub fn in_words(&self) -> String {
        let counts = [(&self.added, "added"), (&self.removed, "removed"), (&self.changed, "changed")];
        let told: Vec<_> = counts
            .iter()
            .filter(|(names, _)| !names.is_empty())
            .map(|(names, what)| format!("{} {what}", names.len()))
            .collect();
        let told = if told.is_empty() { "no policy changed".to_owned() } else { told.join(" and ") };
        format!("{told} since `{}`", self.base)
    }
}

/// Runs the rules over both states, and the rules on changes over the two. Findings that the earlier state has as
/// grave are left out.
///
/// # Errors
/// When a configuration cannot be used.
pub fn diff(options: &Options, base: &Base, name: &str) -> Result<Outcome, ConfigFailure> {
    let mut outcome = Outcome::default();
    let earlier = read_base(options, base, &mut outcome)?;
    let earlier_files = outcome.sources.next_id();
    let Outcome { sources, findings, unreadable, .. } = outcome;
    let mut outcome = Outcome { sources, findings, unreadable, ..Outcome::default() };
    let options = &Options { context: false, ..options.clone() };
    let later = read(options, &mut outcome)?;
    let unknown = unknown_rules(options, &mut outcome);
    if !unknown.is_empty() {
        return Err(ConfigFailure::new(unknown, &mut outcome));
    }
    let mut changes = Changes { base: name.to_owned(), ..Changes::default() };
    let root = match base {
        Base::Files { roots: (_, later), .. } => later.as_path(),
        Base::Plans => Path::new(""),
    };
    for (before, after) in paired(earlier, later, root) {
        compare(before, after, options, &mut outcome, &mut changes);
    }
    match base {
        Base::Files { revision: Some(revision), .. } => outcome.sources.set_revision(earlier_files, revision),
        Base::Files { roots: (earlier, later), .. } => {
            outcome.sources.rename(earlier_files, |path| moved(path, later, earlier));
        }
        Base::Plans => {}
    }
    let rules = &outcome.rules;
    outcome.findings.sort_by_cached_key(|finding| order(finding, rules));
    outcome.findings.dedup_by(|later, earlier| is_same(later, earlier));
    outcome.changes = Some(changes);
    Ok(outcome)
}

/// A tenant, and the folder of its configuration below the folder that all lie in; the one that has none has no place.
type Placed = (Option<PathBuf>, Tenant);

fn placed(tenants: Vec<Tenant>, root: &Path) -> Vec<Placed> {
    let place = |tenant: &Tenant| {
        let folder = discover::absolute(&tenant.config.folder);
        let inside = folder.strip_prefix(root).map(Path::to_path_buf).unwrap_or_default();
        tenant.config.written.then_some(inside)
    };
    tenants.into_iter().map(|tenant| (place(&tenant), tenant)).collect()
}

/// The path of what lies at the same place below another folder.
fn moved(path: &str, from: &Path, to: &Path) -> String {
    match discover::absolute(Path::new(path)).strip_prefix(from) {
        Ok(inside) => discover::shown(&to.join(inside)),
        Err(_) => path.to_owned(),
    }
}

/// Reads the earlier state. Its texts have the paths of the later one until the two are compared.
fn read_base(options: &Options, base: &Base, outcome: &mut Outcome) -> Result<Vec<Placed>, ConfigFailure> {
    match base {
        Base::Files { paths, roots: (earlier, later), revision } => {
            let paths: Vec<_> = paths.iter().filter(|path| path.exists()).cloned().collect();
            let as_later = |path: &str| moved(path, earlier, later);
            let options = Options { paths, stdin: None, context: false, ..options.clone() };
            let mut tenants = read(&options, outcome);
            if let (Err(failure), Some(revision)) = (&mut tenants, revision) {
                let all = failure.sources.next_id();
                failure.sources.rename(all, as_later);
                failure.sources.set_revision(all, revision);
            }
            outcome.sources.rename(outcome.sources.next_id(), as_later);
            Ok(placed(tenants?, earlier))
        }
        Base::Plans => {
            let mut tenant = Tenant::default();
            for path in &options.paths {
                let shown = discover::shown(path);
                let format = Some(Format::Json);
                let input = Input { path: path.clone(), shown, named: true, context: false, format };
                if let Some((source, harvest)) = load::plan_before(&input, outcome.sources.next_id()) {
                    outcome.sources.add(source);
                    take_in_harvest(harvest, &mut tenant);
                }
            }
            Ok(vec![(None, tenant)])
        }
    }
}

/// The tenants of both states: those at the same place, and the one that is then left in both, whose folder has another
/// name.
fn paired(mut earlier: Vec<Placed>, later: Vec<Tenant>, root: &Path) -> Vec<(Tenant, Tenant)> {
    let mut found = Vec::new();
    let mut left = Vec::new();
    for (place, after) in placed(later, root) {
        match earlier.iter().position(|(own, _)| *own == place) {
            Some(at) => found.push((earlier.remove(at).1, after)),
            None => left.push(after),
        }
    }
    let both = left.len() == 1 && earlier.len() == 1;
    for after in left {
        let before = if both { earlier.pop().map(|(_, before)| before) } else { None };
        found.push((before.unwrap_or_default(), after));
    }
    let gone = earlier.into_iter().map(|(_, before)| {
        let after = Tenant { config: before.config.clone(), ..Tenant::default() };
        (before, after)
    });
    found.extend(gone);
    found
}

fn compare(
    before: Tenant,
    mut after: Tenant,
    options: &Options,
    outcome: &mut Outcome,
    changes: &mut Changes,
) {
    if after.config.emergency.is_empty() {
        after.config.emergency.clone_from(&before.config.emergency);
    }
    let states = States::new(before.set.clone(), after.set.clone());
    let view = |set| {
        let Config { emergency, assume, .. } = &after.config;
        Access::new(set, emergency.clone(), *assume, options.include_disabled)
    };
    let change = Change::new(&states, view(&states.before), view(&states.after));
    note(&change, changes);
    let mut found = Vec::new();
    for rule in after.rules.iter() {
        rule.check_change(&change, &mut found);
    }
    let before = Tenant { config: after.config.clone(), ..before };
    let known = judged(before, options, None, outcome);
    let later = judged(after, options, Some(found), outcome);
    outcome.findings.extend(known.iter().filter(|finding| finding.unread).cloned());
    let known = graver(&known, outcome);
    let marks = fingerprint::of(&later, &outcome.sources);
    let is_new = |(finding, mark): &(Finding, String)| {
        finding.unread || known.get(mark).is_none_or(|level| finding.level < *level)
    };
    let new = later.into_iter().zip(marks).filter(is_new).map(|(finding, _)| finding);
    outcome.findings.extend(new);
}

/// The findings of one state.
fn judged(
    tenant: Tenant,
    options: &Options,
    change: Option<Vec<Finding>>,
    outcome: &mut Outcome,
) -> Vec<Finding> {
    let earlier = std::mem::take(&mut outcome.findings);
    let suppressed = outcome.suppressed;
    let counts = change.is_some();
    check(tenant, options, change, outcome);
    if !counts {
        outcome.suppressed = suppressed;
    }
    std::mem::replace(&mut outcome.findings, earlier)
}

/// The level of each finding by its fingerprint.
fn graver(findings: &[Finding], outcome: &Outcome) -> BTreeMap<String, Level> {
    let marks = fingerprint::of(findings, &outcome.sources);
    marks.into_iter().zip(findings.iter().map(|finding| finding.level)).collect()
}

/// Notes which policies a change touches.
fn note(change: &Change<'_>, changes: &mut Changes) {
    let name = |policy: &Policy| policy.title().to_owned();
    for pair in &change.pairs {
        match (pair.before, pair.after) {
            (None, Some(after)) => changes.added.push(name(after)),
            (Some(before), None) => changes.removed.push(name(before)),
            (Some(_), Some(after)) if pair.is_changed() => changes.changed.push(name(after)),
            _ => {}
        }
    }
}
