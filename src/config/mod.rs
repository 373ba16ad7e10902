//! `calint.yaml`: what a team says about its tenant and about the rules.
//!
//! Read with places, so that a problem, an unused exception or a declared account can be pointed at.

mod read;
pub mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use regex::Regex;

use crate::access::{Assume, Declared};
use crate::finding::{About, Finding, Level};
use crate::rule::Profile;
use crate::rule_set::RuleSet;
use crate::source::{At, FileId, Span};
use crate::syntax::own::Reader;
use crate::syntax::yaml;

/// The name of the file.
pub const FILE_NAME: &str = "calint.yaml";

/// A configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The folder that `paths` and `context` are relative to; the file's own.
    pub folder: PathBuf,
    /// There is a file.
    pub written: bool,
    /// Who must always get in.
    pub emergency: Vec<Declared>,
    /// What is taken for granted.
    pub assume: Assume,
    /// Profiles whose rules are on.
    pub profiles: Vec<Profile>,
    /// Levels by rule.
    pub levels: BTreeMap<String, Level>,
    /// Findings that are excused.
    pub exceptions: Vec<Exception>,
    /// Only files that match one of these are read; empty means all. Patterns as in `.gitignore`.
    pub include: Vec<String>,
    /// Files that match one of these are not read. Patterns as in `.gitignore`.
    pub exclude: Vec<String>,
    /// Patterns of files that tell about the tenant.
    pub context: Vec<At<String>>,
    /// Files and folders with rules of the tenant's own, where it says which.
    pub house_rules: Option<Vec<At<String>>>,
    /// Every rule it names.
    named: Vec<At<String>>,
    /// What the display name of every policy matches.
    pub naming: Option<Regex>,
    /// After how many days a policy in report-only is due for a decision.
    pub report_only_days: Option<u32>,
}

/// Findings of one rule on one policy, excused.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The rule.
    pub rule: At<String>,
    /// The policy, by display name or id.
    pub policy: At<String>,
    /// Why. Without a reason it excuses nothing.
    pub reason: Option<String>,
    /// The last day it holds.
    pub until: Option<At<Date>>,
    /// The whole entry.
    pub whole: Span,
}

impl Exception {
    /// Whether it excuses findings on a policy.
    #[must_use]
    pub fn is_about(&self, policy: &About) -> bool {
        let named = |text: &Option<String>| {
            text.as_ref().is_some_and(|text| text.eq_ignore_ascii_case(&self.policy.value))
        };
        named(&policy.name) || named(&policy.id)
    }
}

impl Config {
    /// The configuration of a folder that has none.
    #[must_use]
    pub fn of_folder(folder: PathBuf) -> Self {
        Self { folder, ..Self::default() }
    }

    /// Reads a configuration from its text. Whether the rules it names exist is asked later, as it says where
    /// some of them are.
    ///
    /// # Errors
    /// Everything in it that cannot be used, each with its place: unknown keys, wrong types.
    pub fn parse(text: &str, file: FileId, path: &Path) -> Result<Self, Vec<Finding>> {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut config = Self { written: true, ..Self::of_folder(folder) };
        if text.trim().is_empty() {
            return Ok(config);
        }
        let tree = yaml::read(text, file);
        if !tree.findings.is_empty() {
            return Err(tree.findings);
        }
        let problems = read::document(&tree.roots, &mut config);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// What it says of rules that do not exist.
    #[must_use]
    pub fn unknown_rules(&self, rules: &RuleSet) -> Vec<Finding> {
        let mut reader = Reader::new(read::NAME, read::NAME);
        for named in self.named.iter().filter(|named| rules.find(&named.value).is_none()) {
            let message = format!("unknown rule `{}`", named.value);
            reader.problem(named.span, &message, "not known", Some(rules.hint(&named.value)));
        }
        reader.problems
    }
}

/// The nearest configuration at or above a folder, up to the root of the repository it lies in.
#[must_use]
pub fn nearest(folder: &Path) -> Option<PathBuf> {
    up_to_repository(folder).map(|above| above.join(FILE_NAME)).find(|candidate| candidate.is_file())
}

/// A folder and those above it, nearest first, up to the root of the repository it lies in.
pub fn up_to_repository(folder: &Path) -> impl Iterator<Item = &Path> {
    let mut inside = true;
    folder.ancestors().take_while(move |above| {
        let taken = inside;
        inside = inside && !above.join(".git").exists();
        taken
    })
}
