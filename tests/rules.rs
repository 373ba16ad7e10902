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

use calint::engine::Outcome;
use calint::finding::Level;
use calint::rule::{Family, Rule};
use calint::rules::ALL;
use common::examples::Example;

const HEADINGS: [&str; 5] =
    ["## Why it matters", "## Bad", "## Good", "## When to allow it", "## References"];

/// A rule that is off by default is asked for.
fn run(example: &Example, rule: &dyn Rule) -> Outcome {
    let asked = [rule.meta().id.as_str()];
    example.run(if rule.is_on() { &[] } else { &asked })
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
        let examples = Example::all(&rule.meta().docs);
        for example in &examples {
            let outcome = run(example, *rule);
            let found = common::rules(&outcome).into_iter().filter(|found| *found == id).count();
            let all = common::verdicts(&outcome);
            assert_eq!(found, usize::from(example.bad), "{id}: found {all:?} in\n{}", example.text);
            if !example.bad {
                assert!(outcome.files > 0 && outcome.unreadable == 0, "{id}: read\n{}", example.text);
                let errors = outcome.findings.iter().filter(|finding| finding.level == Level::Error).count();
                assert_eq!(errors, 0, "{id}: found {all:?} in a good example\n{}", example.text);
            } else if rule.meta().family != Family::Input {
                assert!(outcome.files > 0 && outcome.unreadable == 0, "{id}: read\n{}", example.text);
            }
        }
    }
}

/// Bad and good examples each come in two notations, so that a rule is tried on more than one way to write a policy.
/// A configuration has one notation, YAML, so a rule whose examples are configurations is spared.
#[test]
fn examples_come_in_two_notations() {
    for rule in ALL {
        let id = rule.meta().id.as_str();
        let examples = Example::all(&rule.meta().docs);
        let wanted = if examples.iter().all(|example| example.config) { 1 } else { 2 };
        for bad in [true, false] {
            let formats: BTreeSet<_> =
                examples.iter().filter(|example| example.bad == bad).map(|example| &example.format).collect();
            let kind = if bad { "bad" } else { "good" };
            assert!(formats.len() >= wanted, "{id}: {kind} examples are in {formats:?} only");
        }
    }
}
