//! The Terraform files of a tenant, module by module.
//!
//! The files of one folder are one module. A local module that another one calls is read with the arguments of
//! each call; files it needs and that were not asked for are read as well, but what they hold by themselves is
//! not reported.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use rayon::prelude::*;
use walkdir::WalkDir;

use crate::discover::{self, Input};
use crate::finding::{Finding, Label, Level, input};
use crate::load;
use crate::notation::Harvest;
use crate::notation::terraform::{self, Block, is_wanted};
use crate::policy::Format;
use crate::source::{FileId, Sources, Span};
use crate::syntax::hcl::{self, Part};
use crate::syntax::{Node, Tree, json, owned};
use crate::terraform::{Call, Files, Module, Resource, Text, is_local};

/// A Terraform file.
#[derive(Debug)]
pub struct TerraformFile {
    /// Its number.
    pub file: FileId,
    /// Where it is.
    pub path: PathBuf,
    /// It was asked for, so what it holds is reported.
    pub asked: bool,
}

/// A file, parsed.
struct Parsed<'t> {
    file: FileId,
    text: &'t str,
    parts: Vec<Part>,
    json: Option<Node<'static>>,
    findings: Vec<Finding>,
}

impl Parsed<'_> {
    fn as_text(&self) -> Text<'_> {
        Text { file: self.file, text: self.text, parts: &self.parts, json: self.json.as_ref() }
    }
}

fn parse<'t>(file: &TerraformFile, sources: &'t Sources) -> Parsed<'t> {
    let text = sources.get(file.file).map_or("", |source| source.text());
    let mut parsed = Parsed { file: file.file, text, parts: Vec::new(), json: None, findings: Vec::new() };
    if is_json(file) {
        let Tree { roots, findings, .. } = json::read(text, file.file);
        parsed.json = roots.first().map(owned);
        parsed.findings = findings;
    } else {
        (parsed.parts, parsed.findings) = hcl::read(text, file.file);
    }
    parsed
}

fn is_json(file: &TerraformFile) -> bool {
    discover::format_of(&file.path) == Some(Format::Json)
}

/// How many calls one module may lead to in all.
const MAX_CALLS_IN_ALL: usize = 2_000;
/// How deep modules may call each other.
const MAX_CALLS: usize = 8;

/// What modules hold.
#[derive(Debug, Default)]
pub struct Modules {
    /// Their policies and named locations, and what is wrong in the texts.
    pub harvest: Harvest,
    /// Files of called modules that could not be read at all.
    pub unreadable: Vec<Finding>,
}

/// Reads what the modules of some files hold. Files the modules need are added to the sources.
#[must_use]
pub fn read(files: Vec<TerraformFile>, sources: &mut Sources) -> Modules {
    let mut folders = Folders::new();
    for file in files {
        folders.entry(folder_of(&file.path)).or_default().push(file);
    }
    let Needed { called, unreadable } = add_needed(&mut folders, sources);
    let reader = Reader { folders: &folders, sources };
    let roots: Vec<_> = folders
        .iter()
        .filter(|(folder, files)| !called.contains(*folder) && files.iter().any(|file| file.asked))
        .collect();
    let harvests: Vec<Harvest> = roots
        .par_iter()
        .map(|(folder, files)| {
            let asked: BTreeSet<_> = files.iter().filter(|file| file.asked).map(|file| file.file).collect();
            let mut harvest = Harvest::default();
            let mut calls = Calls { stack: Vec::new(), left: MAX_CALLS_IN_ALL };
            reader.module(folder, BTreeMap::new(), &mut calls, &|file| asked.contains(&file), &mut harvest);
            harvest
        })
        .collect();
    let harvest = harvests.into_iter().fold(Harvest::default(), |mut whole, part| {
        whole.policies.extend(part.policies);
        whole.named_locations.extend(part.named_locations);
        whole.findings.extend(part.findings);
        whole
    });
    Modules { harvest, unreadable }
}

/// Files by folder.
type Folders = BTreeMap<PathBuf, Vec<TerraformFile>>;

fn folder_of(path: &Path) -> PathBuf {
    normal(&discover::absolute(path)).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// A path without `.` and `..`, by its text alone.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

/// The folders of the local modules a file calls.
fn called_folders(folder: &Path, file: &TerraformFile, sources: &Sources) -> Vec<PathBuf> {
    let text = sources.get(file.file).map_or("", |source| source.text());
    if !text.contains("module") || !text.contains("source") {
        return Vec::new();
    }
    let at = |source: &str| normal(&folder.join(source));
    if is_json(file) {
        let parsed = parse(file, sources);
        let module =
            Module::new(&[parsed.as_text()], &Disk { folder: folder.to_path_buf() }, BTreeMap::new()).calls();
        return module.iter().map(|call| at(&call.source)).collect();
    }
    let (parts, _) = hcl::read(text, file.file);
    let blocks = parts.iter().flat_map(|part| part.body.blocks());
    blocks
        .filter(|block| block.ident.as_str() == "module")
        .filter_map(|block| block.body.get_attribute("source")?.value.as_str())
        .filter(|source| is_local(source))
        .map(at)
        .collect()
}

/// What was added to the files that were asked for.
struct Needed {
    /// The folders that are called.
    called: BTreeSet<PathBuf>,
    /// Files in them that could not be read.
    unreadable: Vec<Finding>,
}

/// Reads the other files of the modules, and the modules they call.
fn add_needed(folders: &mut Folders, sources: &mut Sources) -> Needed {
    let mut called = BTreeSet::new();
    let mut unreadable: BTreeMap<PathBuf, Vec<Finding>> = BTreeMap::new();
    let mut waiting: Vec<(PathBuf, usize)> = folders.keys().map(|folder| (folder.clone(), 0)).collect();
    let mut complete = BTreeSet::new();
    while let Some((folder, depth)) = waiting.pop() {
        if depth > MAX_CALLS || !complete.insert(folder.clone()) {
            continue;
        }
        let files = folders.entry(folder.clone()).or_default();
        unreadable.insert(folder.clone(), add_folder(&folder, files, sources));
        for callee in files.iter().flat_map(|file| called_folders(&folder, file, sources)) {
            waiting.push((callee.clone(), depth + 1));
            called.insert(callee);
        }
    }
    unreadable.retain(|folder, _| called.contains(folder));
    Needed { called, unreadable: unreadable.into_values().flatten().collect() }
}

/// Adds the files of a folder that were not asked for; returns what kept some from being read.
fn add_folder(folder: &Path, files: &mut Vec<TerraformFile>, sources: &mut Sources) -> Vec<Finding> {
    let mut unreadable = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return unreadable };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| discover::is_terraform(path));
    paths.sort();
    let known: BTreeSet<_> =
        files.iter().filter_map(|file| file.path.file_name().map(ToOwned::to_owned)).collect();
    for path in paths {
        if path.file_name().is_some_and(|name| known.contains(name)) {
            continue;
        }
        let format = discover::format_of(&path);
        let input = Input { shown: discover::shown(&path), path, named: false, context: false, format };
        let mut loaded = load::file(&input, sources.next_id());
        unreadable.append(&mut loaded.findings);
        let file = sources.add(loaded.source);
        files.push(TerraformFile { file, path: input.path, asked: false });
    }
    unreadable
}

/// The calls that lead to a module, and how many more may be followed.
struct Calls {
    stack: Vec<PathBuf>,
    left: usize,
}

/// The modules and their texts.
struct Reader<'t> {
    folders: &'t Folders,
    sources: &'t Sources,
}

impl Reader<'_> {
    /// Reads a module and the modules it calls; returns its outputs.
    fn module(
        &self,
        folder: &Path,
        arguments: BTreeMap<String, Node<'static>>,
        calls: &mut Calls,
        is_asked: &dyn Fn(FileId) -> bool,
        harvest: &mut Harvest,
    ) -> Option<Node<'static>> {
        let files = self.folders.get(folder)?;
        let (values, own): (Vec<&TerraformFile>, Vec<&TerraformFile>) =
            files.iter().partition(|file| discover::is_terraform_values(&file.path));
        let parsed: Vec<_> = own.iter().map(|file| parse(file, self.sources)).collect();
        let texts: Vec<_> = parsed.iter().map(Parsed::as_text).collect();
        let loaded = loaded_values(&values);
        let others = values.iter().filter(|file| !loaded.iter().any(|own| own.file == file.file));
        let others: Vec<_> = others.map(|file| parse(file, self.sources)).collect();
        let values: Vec<_> = loaded.into_iter().map(|file| parse(file, self.sources)).collect();
        let disk = Disk { folder: folder.to_path_buf() };
        let root = calls.stack.is_empty();
        calls.stack.push(folder.to_path_buf());
        let mut module = Module::new(&texts, &disk, arguments);
        if root {
            for file in &values {
                module.give(&file.as_text());
            }
            for file in &others {
                module.may_give(&file.as_text());
            }
        }
        if calls.stack.len() <= MAX_CALLS {
            for Call { name, source, arguments, file } in module.calls() {
                if root && !is_asked(file) {
                    continue;
                }
                let called = normal(&folder.join(source));
                if calls.stack.contains(&called) {
                    continue;
                }
                if calls.left == 0 {
                    harvest.findings.push(too_large(Span::start_of(file)));
                    break;
                }
                calls.left -= 1;
                if let Some(outputs) = self.module(&called, arguments, calls, &|_| true, harvest) {
                    module.take_outputs(&name, &outputs);
                }
            }
        }
        for resource in module.resources(is_wanted) {
            if is_asked(resource.whole.file) {
                let file = files.iter().find(|file| file.file == resource.whole.file);
                take(&resource, file.is_some_and(is_json), harvest);
            }
        }
        for span in module.cut().into_iter().filter(|span| is_asked(span.file)) {
            harvest.findings.push(too_large(span));
        }
        calls.stack.pop();
        let outputs = module.own_outputs();
        for file in parsed.iter().chain(&values) {
            harvest.findings.extend(file.findings.iter().filter(|_| is_asked(file.file)).cloned());
        }
        Some(outputs)
    }
}

/// A limit that left instances or values unread.
fn too_large(span: Span) -> Finding {
    let message = "module makes more instances or values than are read, so the rest was not checked";
    Finding::new(input::UNREADABLE_FILE, Level::Error, message, Label::new(span, "a limit is reached here"))
        .help("check the output of `terraform show -json` for the plan instead")
        .unread()
}

fn take(resource: &Resource, is_json: bool, harvest: &mut Harvest) {
    let Resource { kind, address, head, whole, body } = resource;
    let format = if is_json { Format::Json } else { Format::Hcl };
    terraform::read(Block { kind, address, head: *head, whole: *whole, body }, format, harvest);
}

/// The files of values that Terraform takes by itself, the last of which wins; where there is one other file
/// and no such, that one.
fn loaded_values<'f>(files: &[&'f TerraformFile]) -> Vec<&'f TerraformFile> {
    let name = |file: &TerraformFile| file.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let is_own = |name: String| {
        let name = name.trim_end_matches(".json");
        name == "terraform.tfvars" || name.ends_with(".auto.tfvars")
    };
    let mut own: Vec<_> = files.iter().copied().filter(|file| name(file).is_some_and(is_own)).collect();
    let comes_first =
        |file: &TerraformFile| name(file).is_some_and(|name| name.starts_with("terraform.tfvars"));
    own.sort_by_key(|file| (!comes_first(file), name(file)));
    own.reverse();
    match (own.as_slice(), files) {
        ([], [only]) => vec![only],
        _ => own,
    }
}

/// The files around a module on disk.
struct Disk {
    folder: PathBuf,
}

impl Files for Disk {
    fn read(&self, path: &str) -> Option<String> {
        let path = self.inside(path)?;
        let length = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?.len();
        if length > load::MAX_BYTES {
            return None;
        }
        crate::source::decode(fs::read(path).ok()?).ok().map(|(text, _)| text)
    }

    fn glob(&self, folder: &str, pattern: &str) -> Option<Vec<String>> {
        let folder = self.inside(folder)?;
        let matcher = GlobBuilder::new(pattern).literal_separator(true).build().ok()?.compile_matcher();
        let mut found = Vec::new();
        for entry in WalkDir::new(&folder).max_depth(MAX_CALLS).sort_by_file_name() {
            let entry = entry.ok()?;
            let relative = entry.path().strip_prefix(&folder).ok()?;
            if entry.file_type().is_file() && matcher.is_match(relative) {
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
        Some(found)
    }

    fn folder(&self) -> String {
        ".".to_owned()
    }
}

impl Disk {
    /// A path relative to the module, where it stays inside the repository, or inside the module if there is
    /// no repository. Nothing else of the machine is read: reports show values, and whoever proposes a change
    /// must not be able to have them show other files.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let module = fs::canonicalize(&self.folder).ok()?;
        let path = fs::canonicalize(module.join(path)).ok()?;
        path.starts_with(discover::repository(&module).unwrap_or(&module)).then_some(path)
    }
}
