//! The findings a repository starts out with, kept in a file so that only later ones are reported.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::discover::{self, in_words};
use crate::engine::Outcome;
use crate::finding::{Finding, Level};
use crate::fingerprint;

/// The version of the file that this program writes, and the newest it reads.
const VERSION: u64 = 1;

/// The findings of an earlier run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Baseline {
    version: u64,
    findings: Vec<Entry>,
}

/// What is kept of a finding. Its fingerprint and its message tell whether it is still the same one, and its path
/// whether a run had to find it again; rule and policy are there for whoever reads the file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry {
    fingerprint: String,
    rule: String,
    policy: Option<String>,
    #[serde(deserialize_with = "level")]
    level: Level,
    message: String,
    /// Where the file was: in the repository or, outside of one, from the working directory.
    #[serde(default)]
    path: String,
}

fn level<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Level, D::Error> {
    let word = String::deserialize(deserializer)?;
    Level::parse(&word).ok_or_else(|| serde::de::Error::custom(format!("`{word}` is not a level")))
}

/// Only the version, which decides whether the rest can be understood.
#[derive(Deserialize)]
struct Head {
    version: u64,
}

impl Baseline {
    /// The findings of a run. Files that could not be used are not among them: nothing says what is in those.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let marks = fingerprint::of(&outcome.findings, &outcome.sources);
        let known = outcome.findings.iter().zip(marks).filter(|(finding, _)| !finding.unread);
        let path = |finding: &Finding| outcome.sources.place(finding.primary.span.file).0;
        let mut findings: Vec<_> =
            known.map(|(finding, mark)| Entry::of(finding, mark, path(finding))).collect();
        findings.sort();
        Self { version: VERSION, findings }
    }

    /// How many findings it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        self.findings.len()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Why it cannot be used, for the user.
    pub fn read(file: &Path) -> Result<Self, String> {
        let failed = |reason: String| format!("cannot use the baseline `{}`: {reason}", file.display());
        let text = fs::read_to_string(file).map_err(|error| failed(in_words(&error)))?;
        let head: Head = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if head.version > VERSION {
            return Err(failed(format!(
                "its version is {}, and this calint knows {VERSION}; update calint",
                head.version
            )));
        }
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
    }

    /// Writes a file.
    ///
    /// # Errors
    /// Why it cannot be written, for the user.
    pub fn write(&self, file: &Path) -> Result<(), String> {
        let failed = |reason: String| format!("cannot write `{}`: {reason}", file.display());
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.to_string()))?;
        fs::write(file, text + "\n").map_err(|error| failed(in_words(&error)))
    }

    /// Takes out of a run the findings that were there before, unless they have become graver. Says how many of the
    /// earlier ones were not found again in some folders.
    pub fn hide(&self, outcome: &mut Outcome, folders: &[PathBuf]) -> usize {
        let marks = fingerprint::of(&outcome.findings, &outcome.sources);
        let mut gone: BTreeSet<_> = self.findings.iter().map(Entry::identity).collect();
        let known: BTreeMap<_, _> =
            self.findings.iter().map(|entry| (entry.identity(), entry.level)).collect();
        let mut hidden = Vec::new();
        for (finding, mark) in outcome.findings.iter().zip(&marks) {
            let identity = (mark.as_str(), finding.message.as_str());
            let level = known.get(&identity).filter(|_| !finding.unread);
            gone.remove(&identity);
            hidden.push(level.is_some_and(|level| finding.level >= *level));
        }
        let folders: Vec<_> = folders.iter().map(|folder| place(folder)).collect();
        let looked = |entry: &&Entry| folders.iter().any(|folder| Path::new(&entry.path).starts_with(folder));
        let gone =
            self.findings.iter().filter(looked).filter(|entry| gone.contains(&entry.identity())).count();
        let mut hidden = hidden.into_iter();
        let before = outcome.findings.len();
        outcome.findings.retain(|_| hidden.next() != Some(true));
        outcome.baselined += before - outcome.findings.len();
        gone
    }
}

/// A path in its repository or, outside of one, from the working directory.
fn place(path: &Path) -> PathBuf {
    discover::in_repository(path).unwrap_or_else(|| PathBuf::from(discover::shown(&discover::absolute(path))))
}

impl Entry {
    fn of(finding: &Finding, fingerprint: String, path: &str) -> Self {
        let policy = finding.policy.as_ref();
        Self {
            fingerprint,
            rule: finding.rule.as_str().to_owned(),
            policy: policy.and_then(|policy| policy.name.clone().or_else(|| policy.id.clone())),
            level: finding.level,
            message: finding.message.clone(),
            path: place(Path::new(path)).to_string_lossy().replace('\\', "/"),
        }
    }

    fn identity(&self) -> (&str, &str) {
        (&self.fingerprint, &self.message)
    }
}
