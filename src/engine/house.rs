//! The files with house rules: those that `house-rules` in `calint.yaml` names, else those of the nearest folder
//! `.calint/rules`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ConfigFailure, Outcome, config, config_for_stdin};
use crate::config::{Config, up_to_repository};
use crate::discover::{self, ConfigChoice, Group, in_words};
use crate::finding::{Finding, Label, Level, RuleId};
use crate::house::{self, HouseRule};
use crate::load::MAX_BYTES;
use crate::policy::Format;
use crate::source::{At, FileId, Source, Sources, Span};

/// Where house rules are looked for, beside `calint.yaml` and above it up to the root of the repository.
const FOLDER: &str = ".calint/rules";

/// The files that were read, so that tenants may share them.
#[derive(Debug, Default)]
pub(super) struct Library {
    files: BTreeMap<PathBuf, Vec<Arc<HouseRule>>>,
}

impl Library {
    /// The house rules of a configuration.
    ///
    /// # Errors
    /// Everything in the files that cannot be used, and files and folders that cannot be read.
    pub(super) fn of(
        &mut self,
        config: &Config,
        sources: &mut Sources,
    ) -> Result<Vec<Arc<HouseRule>>, Vec<Finding>> {
        let Some(named) = &config.house_rules else {
            let folder = discover::absolute(&config.folder);
            let mut folders = up_to_repository(&folder).map(|above| above.join(FOLDER));
            return match folders.find(|folder| folder.is_dir()) {
                None => Ok(Vec::new()),
                Some(folder) => self.read(&[folder], sources),
            };
        };
        let mut problems = Vec::new();
        let mut files = Vec::new();
        for path in named {
            match rule_files(&config.folder.join(&path.value)) {
                Ok(found) if !found.is_empty() => files.extend(found),
                Ok(_) => problems.push(useless(path, "it holds no file in YAML")),
                Err(reason) => problems.push(useless(path, &reason)),
            }
        }
        if problems.is_empty() { self.read(&files, sources) } else { Err(problems) }
    }

    /// The rules of some files and folders, by id.
    ///
    /// # Errors
    /// Everything in the files that cannot be used, and what cannot be read.
    pub(super) fn read(
        &mut self,
        paths: &[PathBuf],
        sources: &mut Sources,
    ) -> Result<Vec<Arc<HouseRule>>, Vec<Finding>> {
        let mut problems = Vec::new();
        let mut files = Vec::new();
        for path in paths {
            match rule_files(path) {
                Ok(found) => files.extend(found),
                Err(reason) => {
                    let file = sources.add(Source::new(discover::shown(path), String::new()));
                    problems.push(unreadable(file, &reason));
                }
            }
        }
        let mut rules: BTreeMap<String, Arc<HouseRule>> = BTreeMap::new();
        for file in &files {
            for rule in self.file(file, sources, &mut problems) {
                match rules.get(rule.id().value) {
                    Some(first) if Arc::ptr_eq(first, rule) => {}
                    Some(first) => problems.push(second(first, rule)),
                    None => {
                        rules.insert(rule.id().value.to_owned(), Arc::clone(rule));
                    }
                }
            }
        }
        if problems.is_empty() { Ok(rules.into_values().collect()) } else { Err(problems) }
    }

    fn file(&mut self, path: &Path, sources: &mut Sources, problems: &mut Vec<Finding>) -> &[Arc<HouseRule>] {
        self.files.entry(discover::identity(path)).or_insert_with(|| {
            let file = sources.next_id();
            let shown = discover::shown(path);
            let (text, rules) = match text_of(path) {
                Ok(text) => {
                    let (rules, found) = house::read(&text, file, &shown);
                    problems.extend(found);
                    (text, rules)
                }
                Err(reason) => {
                    problems.push(unreadable(file, &reason));
                    (String::new(), Vec::new())
                }
            };
            sources.add(Source::new(shown, text));
            rules.into_iter().map(Arc::new).collect()
        })
    }
}

/// House rules, with the texts they are written in.
#[derive(Debug, Default)]
pub struct HouseRules {
    /// The rules, by id.
    pub rules: Vec<Arc<HouseRule>>,
    /// The texts.
    pub sources: Sources,
}

/// The house rules of some files and folders; without any, those of the working directory.
///
/// # Errors
/// When the configuration or a rule file cannot be used.
pub fn house_rules(paths: &[PathBuf]) -> Result<HouseRules, ConfigFailure> {
    let mut outcome = Outcome::default();
    let mut library = Library::default();
    let rules = if paths.is_empty() {
        let group = Group { config: config_for_stdin(&ConfigChoice::Nearest), inputs: Vec::new() };
        library.of(&config(&group, &BTreeMap::new(), &mut outcome)?, &mut outcome.sources)
    } else {
        library.read(paths, &mut outcome.sources)
    };
    match rules {
        Ok(rules) => Ok(HouseRules { rules, sources: outcome.sources }),
        Err(problems) => Err(ConfigFailure::new(problems, &mut outcome)),
    }
}

fn problem(span: Span, message: String, label: &str) -> Finding {
    Finding::new(RuleId::built_in(house::NAME), Level::Error, message, Label::new(span, label))
}

fn unreadable(file: FileId, reason: &str) -> Finding {
    problem(Span::start_of(file), format!("house rules cannot be read: {reason}"), "")
}

/// A path of the configuration that leads to no rules.
fn useless(path: &At<String>, reason: &str) -> Finding {
    let message = format!("no house rules in `{}`: {reason}", path.value);
    problem(path.span, message, "leads to no rule")
        .help("correct the path or take it out; it is relative to the folder of `calint.yaml`")
}

/// A rule by the name of another.
fn second(first: &HouseRule, rule: &HouseRule) -> Finding {
    let id = rule.id();
    problem(id.span, format!("there are two rules `{}`", id.value), "the second")
        .related(first.id().span, "the first")
        .help("give one of them another name")
}

fn text_of(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| in_words(&error))?.len();
    if length > MAX_BYTES {
        return Err(format!("larger than {} MiB", MAX_BYTES / 1024 / 1024));
    }
    let bytes = std::fs::read(path).map_err(|error| in_words(&error))?;
    crate::source::decode(bytes).map(|(text, _)| text).map_err(|_| "not valid UTF-8".to_owned())
}

/// The rule files of a path: the file itself, or those of a folder that are YAML, by name.
///
/// # Errors
/// Why it cannot be read.
fn rule_files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: io::Error| in_words(&error);
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let is_hidden = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if discover::format_of(&file) == Some(Format::Yaml) && !is_hidden && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
