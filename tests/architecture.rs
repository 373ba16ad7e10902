//! Data goes one way: which module may import which.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

/// Each module with everything it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("finding", &["source"]),
    ("edit", &["source", "finding", "policy"]),
    ("history", &[]),
    ("syntax", &["source", "finding"]),
    ("terraform", &["source", "syntax"]),
    ("policy", &["source", "finding"]),
    ("notation", &["source", "finding", "syntax", "policy"]),
    ("access", &["source", "policy"]),
    ("rule", &["source", "finding", "policy", "access"]),
    ("rules", &["source", "finding", "policy", "access", "rule", "sign_in_error", "edit"]),
    ("rule_set", &["finding", "rule", "rules"]),
    ("house", &["source", "finding", "syntax", "policy", "notation", "access", "rule", "rules", "rule_set"]),
    ("config", &["source", "finding", "syntax", "access", "rule", "rules", "rule_set"]),
    ("fingerprint", &["source", "finding"]),
    ("revision", &["discover", "load"]),
    ("suppress", &["source", "finding", "config", "rule_set"]),
    ("discover", &["config", "policy"]),
    ("load", &["source", "finding", "syntax", "policy", "notation", "discover"]),
    (
        "engine",
        &[
            "source",
            "finding",
            "fingerprint",
            "syntax",
            "policy",
            "access",
            "rule",
            "rules",
            "rule_set",
            "config",
            "suppress",
            "discover",
            "load",
            "notation",
            "modules",
            "house",
            "history",
        ],
    ),
    ("fix", &["source", "finding", "syntax", "policy", "discover", "load", "engine", "edit"]),
    ("modules", &["source", "finding", "syntax", "policy", "notation", "terraform", "discover", "load"]),
    (
        "report",
        &[
            "source",
            "finding",
            "fingerprint",
            "policy",
            "access",
            "scenario",
            "records",
            "replay",
            "sign_in_error",
            "rule",
            "rule_set",
            "engine",
        ],
    ),
    (
        "excuse",
        &["source", "finding", "syntax", "policy", "config", "rule", "rule_set", "discover", "load", "edit"],
    ),
    (
        "lsp",
        &[
            "source", "finding", "policy", "rule", "rule_set", "config", "discover", "engine", "edit",
            "excuse", "fix", "baseline", "history", "report",
        ],
    ),
    ("baseline", &["discover", "finding", "fingerprint", "engine"]),
    ("scenario", &["policy", "access"]),
    ("records", &["policy", "access"]),
    ("replay", &["source", "finding", "policy", "access", "records", "sign_in_error"]),
    ("sign_in_error", &["finding", "policy", "access"]),
    ("cli", &["finding", "rule", "report"]),
    (
        "command",
        &[
            "baseline",
            "finding",
            "rules",
            "config",
            "discover",
            "load",
            "engine",
            "house",
            "fix",
            "lsp",
            "rule",
            "report",
            "revision",
            "sign_in_error",
            "cli",
            "access",
            "policy",
            "scenario",
            "records",
            "replay",
            "source",
        ],
    ),
];

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The module a file belongs to: the first folder or file below `src`, or `rules`.
fn module(file: &Path) -> String {
    let relative = file.strip_prefix(common::project()).unwrap();
    let mut parts = relative.components().map(|part| part.as_os_str().to_str().unwrap());
    match parts.next() {
        Some("rules") => "rules".to_owned(),
        _ => parts.next().expect("a file below src").trim_end_matches(".rs").to_owned(),
    }
}

#[test]
fn modules_import_only_what_they_may() {
    let mut files = Vec::new();
    files_below(&common::project().join("src"), &mut files);
    files_below(&common::project().join("rules"), &mut files);
    assert!(files.len() > 40, "the files were found");
    for file in files {
        let own = module(&file);
        if ["lib", "main"].contains(&own.as_str()) {
            continue;
        }
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(name, _)| *name == own)
            .unwrap_or_else(|| panic!("module `{own}` is missing in the table"));
        let text = fs::read_to_string(&file).unwrap();
        for (_, rest) in text.match_indices("crate::").map(|(at, word)| text.split_at(at + word.len())) {
            let imported = rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next();
            let imported = imported.unwrap_or_default();
            assert!(
                imported == own || allowed.contains(&imported),
                "{} imports `{imported}`, which `{own}` may not",
                file.display()
            );
        }
    }
}

#[test]
fn only_one_file_knows_miette() {
    let mut files = Vec::new();
    files_below(&common::project().join("src"), &mut files);
    files_below(&common::project().join("rules"), &mut files);
    let knowing: Vec<_> = files
        .into_iter()
        .filter(|file| fs::read_to_string(file).unwrap().contains("miette::"))
        .map(|file| file.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(knowing, ["pretty.rs"]);
}
