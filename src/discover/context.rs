//! The files that a pattern under `context` in `calint.yaml` leads to.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

use super::{Input, PACKAGES, absolute, format_of, in_words, shown};
use crate::config::FILE_NAME;

/// The files a pattern matches, in the order of their names. The part before the first wildcard is a path like any
/// other, so it may lead out of the folder, and out of the repository. A folder stands for the files in it.
///
/// # Errors
/// Why the pattern cannot be used, or what cannot be looked at.
pub fn context(folder: &Path, pattern: &str) -> Result<Vec<Input>, String> {
    let (base, wildcards) = split(pattern);
    let base = absolute(folder).join(base);
    match wildcards {
        None if base.is_dir() => walk(&base, "*"),
        None if base.exists() => Ok(vec![input(base)]),
        None => Ok(Vec::new()),
        Some(wildcards) => walk(&base, &wildcards),
    }
}

/// A path by which two spellings of it are the same.
#[must_use]
pub fn identity(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| absolute(path))
}

fn input(path: PathBuf) -> Input {
    Input { shown: shown(&path), named: true, context: false, format: format_of(&path), path }
}

/// The part of a pattern before its first wildcard, and the rest.
fn split(pattern: &str) -> (PathBuf, Option<String>) {
    let is_wild = |part: &str| part.contains(['*', '?', '[', '{']);
    let parts: Vec<_> = pattern.split('/').collect();
    let Some(first) = parts.iter().position(|part| is_wild(part)) else {
        return (PathBuf::from(pattern), None);
    };
    let (base, rest) = parts.split_at(first);
    let base = base.join("/");
    // A leading slash alone is the root of the file system.
    let base = if first == 1 && base.is_empty() { "/".to_owned() } else { base };
    (PathBuf::from(base), Some(rest.join("/")))
}

fn matcher(wildcards: &str) -> Result<GlobMatcher, String> {
    if Path::new(wildcards).components().any(|part| part == Component::ParentDir) {
        return Err("`..` has to stand before the first wildcard".to_owned());
    }
    let glob = GlobBuilder::new(wildcards).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}

/// The files below a folder that fit. What is hidden, and what is no file of a format that is read, is left out.
fn walk(base: &Path, wildcards: &str) -> Result<Vec<Input>, String> {
    let fits = matcher(wildcards)?;
    let depth = if wildcards.contains("**") { usize::MAX } else { wildcards.split('/').count() };
    let mut found = Vec::new();
    let mut taken = HashSet::new();
    if !base.is_dir() {
        return Ok(found);
    }
    let is_seen = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || PACKAGES.contains(&&*name))
    };
    let entries = WalkDir::new(base).follow_links(true).max_depth(depth).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(is_seen) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => {
                let path = error.path().map(shown).unwrap_or_default();
                let why = error.io_error().map_or_else(|| "it cannot be read".to_owned(), in_words);
                return Err(format!("`{path}`: {why}"));
            }
        };
        let path = entry.path();
        let fits = path.strip_prefix(base).is_ok_and(|inner| fits.is_match(inner));
        let is_read = format_of(path).is_some() && entry.file_name() != FILE_NAME;
        if fits && is_read && entry.file_type().is_file() && taken.insert(identity(path)) {
            found.push(input(path.to_path_buf()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_ends_where_the_wildcards_begin() {
        let split = |pattern| {
            let (base, rest) = split(pattern);
            (base.to_string_lossy().into_owned(), rest)
        };
        let wild = |base: &str, rest: &str| (base.to_owned(), Some(rest.to_owned()));
        assert_eq!(split("../tenant/*.json"), wild("../tenant", "*.json"));
        assert_eq!(split("*/a/**/b.json"), wild("", "*/a/**/b.json"));
        assert_eq!(split("/*.json"), wild("/", "*.json"));
        assert_eq!(split("/srv/t{1,2}/a.json"), wild("/srv", "t{1,2}/a.json"));
        assert_eq!(split("../groups.json"), ("../groups.json".to_owned(), None));
    }

    #[test]
    fn patterns_that_cannot_be_used_are_errors() {
        assert!(context(Path::new("/"), "*/../a.json").is_err());
        let folder = tempfile::tempdir().unwrap();
        assert!(context(folder.path(), "{a.json").is_err());
        assert!(context(folder.path(), "none/*.json").unwrap().is_empty());
    }
}
