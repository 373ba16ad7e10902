//! Arguments to files, grouped by tenant, with a reason for each file left out.
//!
//! A folder is walked without hidden and ignored entries; the nearest `calint.yaml` at or above a file says
//! which tenant it belongs to.

mod context;

pub use context::{context, identity};

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::WalkDir;

use crate::config::{self, FILE_NAME};
use crate::policy::Format;

/// A file to read.
#[derive(Clone, Debug)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// The path as reports show it.
    pub shown: String,
    /// The user named it, so it is never passed over in silence.
    pub named: bool,
    /// It is read for what it does together with the files the user named, and not reported on.
    pub context: bool,
    /// The format its name tells; otherwise its text decides.
    pub format: Option<Format>,
}

/// A file or folder left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The path as reports show it.
    pub shown: String,
    /// Why.
    pub reason: String,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The path as reports show it.
    pub shown: String,
    /// What is in the way.
    pub message: String,
    /// It leads back to a folder above it, so nothing is missed.
    pub harmless: bool,
}

/// The files of one tenant.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The configuration that holds for them.
    pub config: Option<PathBuf>,
    /// The files, in order.
    pub inputs: Vec<Input>,
}

/// What the arguments lead to.
#[derive(Debug, Default)]
pub struct Discovery {
    /// One group a tenant, in the order of their first files.
    pub groups: Vec<Group>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// What could not be looked at.
    pub trouble: Vec<Trouble>,
}

/// Which configuration to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigChoice {
    /// The nearest above each file.
    Nearest,
    /// This one for all files.
    File(PathBuf),
    /// None.
    None,
}

/// Folders of installed packages, left out wherever they are.
const PACKAGES: [&str; 1] = ["node_modules"];

/// Walks the arguments. With `context`, the rest of the tenant of each file that is named by itself is found too: what
/// lies beside and below its configuration, or, without one, in its folder, where that is part of a repository.
#[must_use]
pub fn discover(paths: &[PathBuf], choice: &ConfigChoice, context: bool) -> Discovery {
    let mut walk = Walk::new(choice);
    for path in paths {
        walk.argument(path);
    }
    if context {
        walk.rest_of_tenants();
    }
    walk.found
}

/// The working directory, which does not change during a run.
fn current() -> &'static Path {
    static CURRENT: OnceLock<PathBuf> = OnceLock::new();
    CURRENT.get_or_init(|| std::env::current_dir().unwrap_or_default())
}

/// A path from the root of the file system, without steps back: what lies above it is above it.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for step in current().join(path).components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    whole
}

/// A path as reports show it: relative to the working directory where possible, with `/`.
#[must_use]
pub fn shown(path: &Path) -> String {
    let path = path.strip_prefix(current()).unwrap_or(path);
    let path = path.strip_prefix(".").unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

/// The format a name tells.
#[must_use]
pub fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "json" | "jsonc" => Some(Format::Json),
        "yaml" | "yml" => Some(Format::Yaml),
        "tf" | "tfvars" => Some(Format::Hcl),
        "ps1" => Some(Format::PowerShell),
        _ => None,
    }
}

/// Whether a name is that of a file of a Terraform module.
#[must_use]
pub fn is_terraform(path: &Path) -> bool {
    let json = ends_with(path, ".tf.json") || ends_with(path, ".tfvars.json");
    json || format_of(path) == Some(Format::Hcl)
}

/// Whether a name is that of a file of values for variables.
#[must_use]
pub fn is_terraform_values(path: &Path) -> bool {
    ends_with(path, ".tfvars") || ends_with(path, ".tfvars.json")
}

fn ends_with(path: &Path, ending: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().ends_with(ending))
}

/// An error of the operating system in words that do not depend on it.
#[must_use]
pub fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        kind => kind.to_string(),
    }
}

/// The root of the repository that holds a folder.
#[must_use]
pub fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// Where a path is in the repository that holds it.
#[must_use]
pub fn in_repository(path: &Path) -> Option<PathBuf> {
    let whole = absolute(path);
    let inside = whole.strip_prefix(repository(&whole)?).ok()?;
    Some(inside.to_path_buf())
}

/// The `.gitignore` files that count for the entries of a folder, nearest first: its own and those above it, up to
/// the root of the repository.
fn ignore_files(folder: &Path) -> Vec<Gitignore> {
    let files = config::up_to_repository(folder).map(|folder| folder.join(".gitignore"));
    files.filter(|file| file.is_file()).map(|file| Gitignore::new(file).0).collect()
}

struct Walk<'c> {
    choice: &'c ConfigChoice,
    found: Discovery,
    by_config: HashMap<Option<PathBuf>, usize>,
    configs: HashMap<PathBuf, Option<PathBuf>>,
    ignores: HashMap<PathBuf, Vec<Gitignore>>,
    taken: HashSet<PathBuf>,
    context: bool,
}

impl<'c> Walk<'c> {
    fn new(choice: &'c ConfigChoice) -> Self {
        Self {
            choice,
            found: Discovery::default(),
            by_config: HashMap::new(),
            configs: HashMap::new(),
            ignores: HashMap::new(),
            taken: HashSet::new(),
            context: false,
        }
    }

    /// The files that belong to the same tenants as those that were named.
    fn rest_of_tenants(&mut self) {
        let mut folders: Vec<PathBuf> = Vec::new();
        for group in &self.found.groups {
            for input in group.inputs.iter().filter(|input| input.named) {
                let own = input.path.parent().map(absolute).unwrap_or_default();
                let configured = group.config.as_ref().and_then(|config| config.parent()).map(absolute);
                let folder = match configured.filter(|folder| own.starts_with(folder)) {
                    Some(folder) => folder,
                    None if repository(&own).is_some() => own,
                    None => continue,
                };
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
            }
        }
        self.context = true;
        let skipped = self.found.skipped.len();
        for folder in folders {
            match folder.strip_prefix(current()) {
                Ok(inside) if inside.as_os_str().is_empty() => self.folder(Path::new(".")),
                Ok(inside) => self.folder(inside),
                Err(_) => self.folder(&folder),
            }
        }
        self.found.skipped.truncate(skipped);
    }

    fn argument(&mut self, path: &Path) {
        match std::fs::metadata(path) {
            Err(error) => self.trouble(path, in_words(&error), false),
            Ok(meta) if meta.is_dir() => self.folder(path),
            Ok(_) => self.take(path, true),
        }
    }

    fn trouble(&mut self, path: &Path, message: String, harmless: bool) {
        self.found.trouble.push(Trouble { shown: shown(path), message, harmless });
    }

    fn skip(&mut self, path: &Path, reason: &str) {
        self.found.skipped.push(Skipped { shown: shown(path), reason: reason.to_owned() });
    }

    fn folder(&mut self, root: &Path) {
        let mut entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.walk_error(root, &error);
                    continue;
                }
            };
            let is_dir = entry.file_type().is_dir();
            if entry.depth() > 0
                && let Some(reason) = self.reason(entry.path(), is_dir)
            {
                if is_dir {
                    entries.skip_current_dir();
                }
                if is_dir || format_of(entry.path()).is_some() {
                    self.skip(entry.path(), reason);
                }
                continue;
            }
            if entry.file_type().is_file() && format_of(entry.path()).is_some() {
                self.take(entry.path(), false);
            }
        }
    }

    fn walk_error(&mut self, root: &Path, error: &walkdir::Error) {
        let path = error.path().unwrap_or(root).to_path_buf();
        let missing = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
        if let Some(above) = error.loop_ancestor() {
            let above = shown(above);
            let above = if above.is_empty() { "." } else { &above };
            self.trouble(&path, format!("link leads back to `{above}`, so it was not followed"), true);
        } else if missing && (format_of(&path).is_none() || self.reason(&path, false).is_some()) {
            self.skip(&path, "a link that leads nowhere");
        } else {
            let message = error.io_error().map_or_else(|| "cannot be read".to_owned(), in_words);
            self.trouble(&path, message, false);
        }
    }

    /// Why an entry of a folder is left out.
    fn reason(&mut self, path: &Path, is_dir: bool) -> Option<&'static str> {
        let name = path.file_name()?.to_string_lossy();
        if name.starts_with('.') {
            Some("hidden")
        } else if is_dir && PACKAGES.contains(&&*name) {
            Some("installed packages")
        } else if self.is_ignored(path, is_dir) {
            Some("ignored by .gitignore")
        } else {
            None
        }
    }

    /// Whether the `.gitignore` files at and above an entry ignore it; the nearest that speaks decides.
    fn is_ignored(&mut self, path: &Path, is_dir: bool) -> bool {
        let Some(parent) = path.parent() else { return false };
        if !self.ignores.contains_key(parent) {
            let patterns = ignore_files(&absolute(parent));
            self.ignores.insert(parent.to_path_buf(), patterns);
        }
        let patterns = self.ignores.get(parent).map_or(&[][..], Vec::as_slice);
        if patterns.is_empty() {
            return false;
        }
        let path = absolute(path);
        let speaks = patterns.iter().map(|patterns| patterns.matched(&path, is_dir)).find(|it| !it.is_none());
        speaks.is_some_and(|found| found.is_ignore())
    }

    fn take(&mut self, path: &Path, named: bool) {
        if path.file_name().is_some_and(|name| name == FILE_NAME) {
            self.skip(path, "the configuration");
            return;
        }
        let config = self.config_of(path);
        if self.context && !self.by_config.contains_key(&config) {
            return;
        }
        let index = *self.by_config.entry(config.clone()).or_insert_with(|| {
            self.found.groups.push(Group { config, inputs: Vec::new() });
            self.found.groups.len() - 1
        });
        let input = Input {
            path: path.to_path_buf(),
            shown: shown(path),
            named,
            context: self.context,
            format: format_of(path),
        };
        if self.taken.insert(absolute(path))
            && let Some(group) = self.found.groups.get_mut(index)
        {
            group.inputs.push(input);
        }
    }

    fn config_of(&mut self, path: &Path) -> Option<PathBuf> {
        match self.choice {
            ConfigChoice::None => None,
            ConfigChoice::File(file) => Some(file.clone()),
            ConfigChoice::Nearest => {
                let folder = path.parent()?;
                if let Some(known) = self.configs.get(folder) {
                    return known.clone();
                }
                let config = config::nearest(&absolute(folder));
                self.configs.insert(folder.to_path_buf(), config.clone());
                config
            }
        }
    }
}

/// Which files of a tenant its configuration lets in.
#[derive(Debug)]
pub struct PathFilter {
    include: Option<Gitignore>,
    exclude: Gitignore,
}

impl PathFilter {
    /// The filter of a configuration's `paths`.
    ///
    /// # Errors
    /// A pattern that is not well formed, and why.
    pub fn new(folder: &Path, include: &[String], exclude: &[String]) -> Result<Self, String> {
        let folder = absolute(folder);
        let build = |patterns: &[String]| {
            let mut builder = GitignoreBuilder::new(&folder);
            for pattern in patterns {
                builder.add_line(None, pattern).map_err(|error| error.to_string())?;
            }
            builder.build().map_err(|error| error.to_string())
        };
        let include = if include.is_empty() { None } else { Some(build(include)?) };
        Ok(Self { include, exclude: build(exclude)? })
    }

    /// Why a file is left out, where it is.
    #[must_use]
    pub fn reason(&self, path: &Path) -> Option<&'static str> {
        let path = absolute(path);
        let inside = |list: &Gitignore| path.starts_with(list.path());
        if inside(&self.exclude) && self.exclude.matched_path_or_any_parents(&path, false).is_ignore() {
            return Some("excluded by the configuration");
        }
        let include = self.include.as_ref()?;
        let included = inside(include) && include.matched_path_or_any_parents(&path, false).is_ignore();
        (!included).then_some("not included by the configuration")
    }
}
