//! Every rule is registered, named well and documented, and its examples do what they say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;

use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::rule::Rule;
use calint::rules::ALL;

const HEADINGS: [&str; 5] =
    ["## Why it matters", "## Bad", "## Good", "## When to allow it", "## References"];

/// A policy without any finding, for examples that are configurations.
const HEALTHY: &str = r#"{
  "displayName": "Example", "state": "enabled",
  "conditions": {
    "users": { "includeUsers": ["All"], "excludeGroups": ["5b0f3a52-6c1e-4f0e-8b1d-2f4f6a7c9d10"] },
    "applications": { "includeApplications": ["All"] }
  },
  "grantControls": { "operator": "OR", "builtInControls": ["mfa"] }
}"#;

struct Example {
    format: String,
    bad: bool,
    config: bool,
    text: String,
}

fn examples(docs: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut lines = docs.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let words: Vec<_> = info.split_whitespace().collect();
        let text: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        if words.contains(&"bad") || words.contains(&"good") {
            found.push(Example {
                format: words[0].to_owned(),
                bad: words.contains(&"bad"),
                config: words.contains(&"config"),
                text: text.join("\n"),
            });
        }
    }
    found
}

/// The configuration that a rule needs, which its documentation fences as `yaml config`.
fn needed(docs: &str) -> Option<&str> {
    docs.split_once("```yaml config\n")?.1.split("```").next()
}

/// A rule that is off by default is asked for.
fn run(example: &Example, rule: &dyn Rule) -> Outcome {
    let only = if rule.is_on() { Vec::new() } else { vec![rule.meta().id.as_str().to_owned()] };
    if let Some(config) = needed(rule.meta().docs) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("calint.yaml"), config).unwrap();
        fs::write(folder.path().join(format!("example.{}", example.format)), &example.text).unwrap();
        let paths = vec![folder.path().to_path_buf()];
        let options = Options { paths, config: ConfigChoice::Nearest, ..common::options() };
        return engine::run(&options).unwrap_or_else(|failure| panic!("{:?}", failure.problems));
    }
    if !example.config {
        let stdin = Some((format!("example.{}", example.format), example.text.as_bytes().to_vec()));
        let options = Options { stdin, only, ..common::options() };
        return engine::run(&options).unwrap_or_else(|_| panic!("no configuration is read"));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calint.yaml"), &example.text).unwrap();
    fs::write(folder.path().join("example.json"), HEALTHY).unwrap();
    let options = Options {
        paths: vec![folder.path().to_path_buf()],
        config: ConfigChoice::Nearest,
        ..common::options()
    };
    match engine::run(&options) {
        Ok(outcome) => outcome,
        Err(failure) => panic!("configuration is refused: {:?}", failure.problems),
    }
}

#[test]
fn the_list_and_the_folders_agree() {
    let folders: BTreeSet<_> = fs::read_dir(common::project().join("rules"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('_'))
        .collect();
    let listed: BTreeSet<_> = ALL.iter().map(|rule| rule.meta().id.as_str().to_owned()).collect();
    assert_eq!(folders, listed);
    assert_eq!(listed.len(), ALL.len(), "a rule is listed twice");
}

#[test]
fn names_read_after_allow() {
    for rule in ALL {
        let id = rule.meta().id.as_str();
        assert!(id.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{id}");
        for verb in ["disallow-", "ban-", "check-", "require-"] {
            assert!(!id.starts_with(verb), "{id}: name the bad thing, not its cure");
        }
    }
}

#[test]
fn documentation_is_complete() {
    for rule in ALL {
        let meta = rule.meta();
        let id = meta.id.as_str();
        assert_eq!(meta.docs.lines().next(), Some(format!("# {id}").as_str()), "{id}");
        let places: Vec<_> = HEADINGS.iter().map(|heading| meta.docs.find(heading)).collect();
        assert!(places.iter().all(Option::is_some), "{id}: headings are {HEADINGS:?}");
        assert!(places.is_sorted(), "{id}: the order of headings is {HEADINGS:?}");
        let summary = meta.summary();
        assert!(summary.ends_with('.') && !summary.starts_with('#'), "{id}: summary is one sentence");
        assert!(summary.chars().count() <= 110, "{id}: summary fits a line");
        assert_eq!(meta.docs.split("\n\n").nth(1).map(|part| part.lines().count()), Some(1), "{id}");
        assert!(meta.url().is_some_and(|url| url.starts_with("https://")), "{id}: a reference is a link");
    }
}

#[test]
fn examples_do_what_they_say() {
    for rule in ALL {
        let id = rule.meta().id.as_str();
        let examples = examples(rule.meta().docs);
        for wanted in [true, false] {
            let formats: BTreeSet<_> = examples
                .iter()
                .filter(|example| example.bad == wanted)
                .map(|example| &example.format)
                .collect();
            assert!(!formats.is_empty(), "{id}: has bad and good examples");
        }
        for example in &examples {
            let outcome = run(example, *rule);
            let found = common::rules(&outcome).into_iter().filter(|found| *found == id).count();
            let all = common::verdicts(&outcome);
            assert_eq!(found, usize::from(example.bad), "{id}: found {all:?} in\n{}", example.text);
        }
    }
}
