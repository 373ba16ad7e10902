//! What an editor has open, and what was found in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{TextDocumentContentChangeEvent as Change, Uri};

use super::place::{self, Encoding};
use crate::baseline::Baseline;
use crate::config;
use crate::discover::{self, ConfigChoice, absolute};
use crate::engine::{self, ConfigFailure, Options, Outcome, Trial};
use crate::finding::{Finding, Level};
use crate::history::History;
use crate::rule::Profile;
use crate::source::{FileId, Source, Sources};

/// What the command line says.
#[derive(Debug, Default)]
pub struct Settings {
    /// Profiles whose rules run too.
    pub profiles: Vec<Profile>,
    /// Findings that are not shown.
    pub baseline: Option<Baseline>,
}

/// A text as it stands in the editor.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: String,
}

/// What is checked in one run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// Folders of the workspace that belong to one tenant.
    Folders(BTreeSet<PathBuf>),
    /// A file in none of them, with the rest of its tenant.
    File(PathBuf),
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The last run that came to its end. Where the configuration cannot be used now, it is an earlier one.
    pub(super) outcome: Outcome,
    /// Where the texts are in which something was found.
    paths: BTreeMap<FileId, PathBuf>,
    /// What is wrong with the configuration, where no later run was possible, each with its file.
    pub(super) problems: Vec<(Finding, PathBuf)>,
    /// The texts of the problems.
    pub(super) problem_sources: Sources,
    /// What was found that has no file, such as a folder that is not there.
    elsewhere: BTreeSet<(Level, String)>,
}

impl Run {
    fn new(outcome: Outcome) -> Self {
        let labels = outcome.findings.iter().flat_map(|it| it.all_labels().chain(&it.related));
        let files: BTreeSet<_> = labels.map(|label| label.span.file).collect();
        let path = |file: &FileId| match outcome.checked.get(file) {
            Some(path) => path.as_deref().map(absolute),
            None => on_disk(&outcome.sources, *file),
        };
        let paths: BTreeMap<_, _> = files.iter().filter_map(|file| Some((*file, path(file)?))).collect();
        let elsewhere = outcome.findings.iter().filter(|it| !paths.contains_key(&it.primary.span.file));
        let elsewhere = elsewhere.map(|finding| in_a_line(finding, &outcome.sources)).collect();
        Self { paths, elsewhere, outcome, ..Self::default() }
    }

    fn fail(&mut self, failure: ConfigFailure) {
        let ConfigFailure { problems, sources } = failure;
        self.problems.clear();
        self.elsewhere.clear();
        for finding in problems {
            match on_disk(&sources, finding.primary.span.file) {
                Some(path) => self.problems.push((finding, path)),
                None => self.elsewhere.extend([in_a_line(&finding, &sources)]),
            }
        }
        self.problem_sources = sources;
    }

    /// Where a text is.
    pub(super) fn path(&self, file: FileId) -> Option<&Path> {
        self.paths.get(&file).map(PathBuf::as_path)
    }
}

/// A finding without a place in a file.
fn in_a_line(finding: &Finding, sources: &Sources) -> (Level, String) {
    let path = sources.path(finding.primary.span.file);
    (finding.level, format!("{path}: {} [{}]", finding.message, finding.rule))
}

/// Where a text is that is shown under its path.
fn on_disk(sources: &Sources, file: FileId) -> Option<PathBuf> {
    Some(absolute(Path::new(sources.path(file)))).filter(|path| path.is_file())
}

/// Folders and open documents, with what was found.
#[derive(Debug)]
pub(super) struct Workspace {
    settings: Settings,
    folders: Vec<PathBuf>,
    documents: BTreeMap<PathBuf, Document>,
    runs: BTreeMap<Target, Run>,
    is_current: bool,
    /// What is known of the history while nothing changes on disk.
    history: Arc<History>,
}

impl Workspace {
    pub(super) fn new(settings: Settings, folders: Vec<PathBuf>) -> Self {
        Self {
            settings,
            folders,
            documents: BTreeMap::new(),
            runs: BTreeMap::new(),
            is_current: false,
            history: Arc::default(),
        }
    }

    /// Says that something has changed that findings rest on.
    fn outdate(&mut self) {
        self.is_current = false;
    }

    /// Says that something has changed on disk.
    pub(super) fn outdate_disk(&mut self) {
        self.history = Arc::default();
        self.outdate();
    }

    pub(super) fn is_current(&self) -> bool {
        self.is_current
    }

    pub(super) fn change_folders(&mut self, removed: &[PathBuf], added: Vec<PathBuf>) {
        self.folders.retain(|folder| !removed.contains(folder));
        self.folders.extend(added);
        self.outdate();
    }

    pub(super) fn open(&mut self, path: PathBuf, document: Document) {
        self.outdate_for(&path);
        self.documents.insert(path, document);
    }

    pub(super) fn close(&mut self, path: &Path) {
        self.outdate_for(path);
        self.documents.remove(path);
    }

    pub(super) fn change(&mut self, path: &Path, version: i32, changes: Vec<Change>, encoding: Encoding) {
        self.outdate_for(path);
        let Some(document) = self.documents.get_mut(path) else { return };
        document.version = version;
        for change in changes {
            match change {
                Change::TextDocumentContentChangeWholeDocument(whole) => document.text = whole.text,
                Change::TextDocumentContentChangePartial(part) => {
                    let start = encoding.offset(&document.text, part.range.start);
                    let end = encoding.offset(&document.text, part.range.end).max(start);
                    document.text.replace_range(start..end, &part.text);
                }
            }
        }
    }

    fn outdate_for(&mut self, path: &Path) {
        if discover::format_of(path).is_some() {
            self.outdate();
        }
    }

    pub(super) fn document(&self, path: &Path) -> Option<&Document> {
        self.documents.get(path)
    }

    /// The address of a file, as the editor writes it where it has told.
    pub(super) fn uri(&self, path: &Path) -> Option<Uri> {
        self.documents.get(path).map(|document| document.uri.clone()).or_else(|| place::uri(path))
    }

    pub(super) fn runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.values()
    }

    /// What was found that has no file.
    pub(super) fn elsewhere(&self) -> BTreeSet<(Level, String)> {
        self.runs().flat_map(|run| run.elsewhere.iter().cloned()).collect()
    }

    /// The folder of the workspace that a file lies in, or the one the file is in itself.
    pub(super) fn folder_of<'p>(&'p self, path: &'p Path) -> Option<&'p Path> {
        let folders = self.folders.iter().map(PathBuf::as_path);
        folders.filter(|folder| path.starts_with(folder)).min().or_else(|| path.parent())
    }

    /// What is checked together: folders of one configuration, folders in each other, and each file in none of them
    /// with the rest of its tenant.
    fn targets(&self) -> BTreeSet<Target> {
        let mut tenants: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
        for folder in &self.folders {
            let outermost = || self.folder_of(folder).unwrap_or(folder).to_path_buf();
            let tenant = config::nearest(folder).unwrap_or_else(outermost);
            tenants.entry(tenant).or_default().insert(folder.clone());
        }
        let is_alone = |path: &&PathBuf| {
            discover::format_of(path).is_some()
                && path.file_name().is_some_and(|name| name != config::FILE_NAME)
                && !self.folders.iter().any(|folder| path.starts_with(folder))
                && path.is_file()
        };
        let files = self.documents.keys().filter(is_alone);
        tenants.into_values().map(Target::Folders).chain(files.cloned().map(Target::File)).collect()
    }

    /// Checks everything again, with the texts as they stand in the editor.
    pub(super) fn check(&mut self) {
        let targets = self.targets();
        self.runs.retain(|target, _| targets.contains(target));
        for target in targets {
            let paths = match &target {
                Target::Folders(folders) => folders.iter().cloned().collect(),
                Target::File(file) => vec![file.clone()],
            };
            let done = engine::run(&self.options(paths));
            match done {
                Ok(mut outcome) => {
                    if let Some(baseline) = &self.settings.baseline {
                        baseline.hide(&mut outcome, &[]);
                    }
                    self.runs.insert(target, Run::new(outcome));
                }
                Err(failure) => self.runs.entry(target).or_default().fail(failure),
            }
        }
        self.is_current = true;
    }

    /// What `calint PATH…` would do, with the texts as they stand in the editor.
    pub(super) fn options(&self, paths: Vec<PathBuf>) -> Options {
        let texts = self.documents.iter().map(|(path, document)| (path.clone(), document.text.clone()));
        Options {
            paths,
            stdin: None,
            config: ConfigChoice::Nearest,
            only: Vec::new(),
            skip: Vec::new(),
            profiles: self.settings.profiles.clone(),
            include_disabled: false,
            context: true,
            today: engine::today(),
            trial: Trial { texts: texts.collect(), only_fixes: false, history: Arc::clone(&self.history) },
        }
    }

    /// The runs that read an open file as it stands now, each with the number it has there.
    pub(super) fn readings<'w>(&'w self, path: &'w Path) -> impl Iterator<Item = (&'w Run, FileId)> {
        let text = self.documents.get(path).map(|document| document.text.as_str());
        self.runs.values().flat_map(move |run| {
            let files = run.paths.iter().filter(move |(_, own)| own.as_path() == path);
            let is_now = move |file: &FileId| run.outcome.sources.get(*file).map(Source::text) == text;
            files.map(|(file, _)| *file).filter(is_now).map(move |file| (run, file))
        })
    }
}
