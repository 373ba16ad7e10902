//! The Terraform files of a tenant, module by module.
//!
//! The files of one folder are one module. A local module that another one calls is read with the arguments of
//! each call; files it needs and that were not asked for are read as well, but what they hold by themselves is
//! not reported.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use crate::discover::{self, Input};
use crate::load::{self, Terraform};
use crate::notation::Harvest;
use crate::notation::terraform::{Block, is_wanted, read};
use crate::policy::Format;
use crate::source::{FileId, Sources};
use crate::terraform::{Call, Files, Module, Resource, Text};

/// A Terraform file.
#[derive(Debug)]
pub struct TerraformFile {
    /// Its number.
    pub file: FileId,
    /// Where it is.
    pub path: PathBuf,
    /// Its blocks, or its value where it is written in JSON.
    pub content: Terraform,
    /// It was asked for, so what it holds is reported.
    pub asked: bool,
}

/// How deep modules may call each other.
const MAX_CALLS: usize = 8;

/// Reads what the modules of some files hold. Files the modules need are added to the sources.
#[must_use]
pub fn harvest(mut files: Vec<TerraformFile>, sources: &mut Sources) -> Harvest {
    add_needed(&mut files, sources);
    let folders = by_folder(&files);
    let called: BTreeSet<PathBuf> = folders
        .iter()
        .flat_map(|(folder, files)| files.iter().flat_map(move |file| called_folders(folder, file)))
        .collect();
    let tree = Tree { folders: &folders, sources };
    let mut harvest = Harvest::default();
    for (folder, files) in &folders {
        if !called.contains(folder) && files.iter().any(|file| file.asked) {
            let asked: BTreeSet<_> = files.iter().filter(|file| file.asked).map(|file| file.file).collect();
            tree.module(folder, BTreeMap::new(), 0, &|file| asked.contains(&file), &mut harvest);
        }
    }
    harvest
}

type Folders<'f> = BTreeMap<PathBuf, Vec<&'f TerraformFile>>;

fn by_folder(files: &[TerraformFile]) -> Folders<'_> {
    let mut folders = Folders::new();
    for file in files {
        folders.entry(folder_of(&file.path)).or_default().push(file);
    }
    folders
}

fn folder_of(path: &Path) -> PathBuf {
    normal(&std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
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
fn called_folders(folder: &Path, file: &TerraformFile) -> Vec<PathBuf> {
    let blocks = file.content.parts.iter().flat_map(|part| part.body.blocks());
    blocks
        .filter(|block| block.ident.as_str() == "module")
        .filter_map(|block| block.body.get_attribute("source")?.value.as_str())
        .filter(|source| source.starts_with("./") || source.starts_with("../"))
        .map(|source| normal(&folder.join(source)))
        .collect()
}

/// Reads the other files of the modules, and the modules they call.
fn add_needed(files: &mut Vec<TerraformFile>, sources: &mut Sources) {
    let mut complete = BTreeSet::new();
    for _ in 0..=MAX_CALLS {
        let wanted: BTreeSet<PathBuf> = files
            .iter()
            .flat_map(|file| {
                let own = folder_of(&file.path);
                let mut folders = called_folders(&own, file);
                folders.push(own);
                folders
            })
            .filter(|folder| !complete.contains(folder))
            .collect();
        if wanted.is_empty() {
            return;
        }
        for folder in wanted {
            add_folder(&folder, files, sources);
            complete.insert(folder);
        }
    }
}

fn add_folder(folder: &Path, files: &mut Vec<TerraformFile>, sources: &mut Sources) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let known: BTreeSet<PathBuf> = files
        .iter()
        .map(|file| normal(&std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone())))
        .collect();
    for path in paths {
        if !discover::is_terraform(&path) || known.contains(&path) {
            continue;
        }
        let format = discover::format_of(&path);
        let input = Input { shown: discover::shown(&path), path, named: false, format };
        let loaded = load::file(&input, sources.next_id());
        let file = sources.add(loaded.source);
        let content = loaded.terraform.unwrap_or_default();
        files.push(TerraformFile { file, path: input.path, content, asked: false });
    }
}

/// The modules and their texts.
struct Tree<'t> {
    folders: &'t Folders<'t>,
    sources: &'t Sources,
}

impl Tree<'_> {
    /// Reads a module and the modules it calls; returns its outputs.
    fn module(
        &self,
        folder: &Path,
        arguments: BTreeMap<String, crate::syntax::Node<'static>>,
        depth: usize,
        is_asked: &dyn Fn(FileId) -> bool,
        harvest: &mut Harvest,
    ) -> Option<crate::syntax::Node<'static>> {
        let files = self.folders.get(folder)?;
        let is_values =
            |file: &&TerraformFile| file.path.extension().is_some_and(|ending| ending == "tfvars");
        let (values, own): (Vec<&TerraformFile>, Vec<&TerraformFile>) =
            files.iter().copied().partition(is_values);
        let texts: Vec<_> = own.iter().map(|file| self.text(file)).collect();
        let disk = Disk { folder: folder.to_path_buf() };
        let root = depth == 0;
        let mut module = Module::new(&texts, &disk, arguments);
        if root {
            for file in loaded_values(&values) {
                module.give(&self.text(file));
            }
        }
        if depth < MAX_CALLS {
            for Call { name, source, arguments, file } in module.calls() {
                if root && !is_asked(file) {
                    continue;
                }
                let called = normal(&folder.join(source));
                if let Some(outputs) = self.module(&called, arguments, depth + 1, &|_| true, harvest) {
                    module.take_outputs(&name, outputs);
                }
            }
        }
        for resource in module.resources(is_wanted) {
            if is_asked(resource.whole.file) {
                let file = files.iter().find(|file| file.file == resource.whole.file);
                take(&resource, file.is_some_and(|file| file.content.json.is_some()), harvest);
            }
        }
        Some(module.own_outputs())
    }

    fn text<'s>(&'s self, file: &'s TerraformFile) -> Text<'s> {
        let text = self.sources.get(file.file).map_or("", |source| source.text());
        Text { file: file.file, text, parts: &file.content.parts, json: file.content.json.as_ref() }
    }
}

fn take(resource: &Resource, is_json: bool, harvest: &mut Harvest) {
    let Resource { kind, address, head, whole, body } = resource;
    let format = if is_json { Format::Json } else { Format::Hcl };
    read(Block { kind, address, head: *head, whole: *whole, body }, format, harvest);
}

/// The files of values that Terraform takes by itself, the last of which wins; where there is one other file
/// and no such, that one.
fn loaded_values<'f>(files: &[&'f TerraformFile]) -> Vec<&'f TerraformFile> {
    let name = |file: &TerraformFile| file.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let is_own = |name: String| name == "terraform.tfvars" || name.ends_with(".auto.tfvars");
    let mut own: Vec<_> = files.iter().copied().filter(|file| name(file).is_some_and(is_own)).collect();
    own.sort_by_key(|file| (name(file) != Some("terraform.tfvars".to_owned()), name(file)));
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
    /// A path relative to the module; an absolute one is not followed.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        (!path.is_absolute()).then(|| normal(&self.folder.join(path)))
    }
}
