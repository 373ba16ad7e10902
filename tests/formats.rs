//! One run through every format, as snapshots. `INSTA_UPDATE=always cargo test` rewrites them; review them as
//! behaviour.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::fs;

use common::{calint, ran};
use serde_json::Value;
use tempfile::TempDir;

const CONFIG: &str = "emergency-access:\n  groups: [7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90]\n";

const POLICY: &str = r#"{
  "displayName": "CA001 Block – everything",
  "state": "enabled",
  "conditions": {
    "users": { "includeUsers": ["All"], "excludeUser": [], "excludeGroups": [] },
    "applications": { "includeApplications": ["All"] }
  },
  "grantControls": { "operator": "OR", "builtInControls": ["block"] }
}
"#;

const REPORT_ONLY: &str = "displayName: CA002 Office devices
state: enabledForReportingButNotEnforced
conditions:
  users: {includeUsers: [All], excludeGroups: [7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90]}
  applications: {includeApplications: [All]}
grantControls: {operator: OR, builtInControls: [domainJoinedDevice]}
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in
        [("calint.yaml", CONFIG), ("policies/a b.json", POLICY), ("policies/c.yaml", REPORT_ONLY)]
    {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn report(args: &[&str]) -> String {
    let folder = folder();
    let (out, err, code) = ran(calint(folder.path()).args(args).output().unwrap());
    assert_eq!((err.as_str(), code), ("", Some(1)));
    out.replace(env!("CARGO_PKG_VERSION"), "[version]")
}

#[test]
fn pretty() {
    insta::assert_snapshot!(report(&[]));
}

#[test]
fn pretty_with_colour_says_the_same() {
    let colored = report(&["--color", "always"]);
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, report(&[]));
}

#[test]
fn no_line_is_wider_than_the_terminal_but_for_the_text_itself() {
    for line in report(&[]).lines().filter(|line| !line.contains('│') && !line.contains('·')) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn concise() {
    insta::assert_snapshot!(report(&["--format", "concise", "--statistics"]));
}

#[test]
fn json() {
    insta::assert_snapshot!(report(&["--format", "json"]));
}

#[test]
fn github() {
    insta::assert_snapshot!(report(&["--format", "github"]));
}

#[test]
fn sarif_is_complete() {
    let sarif: Value = serde_json::from_str(&report(&["--format", "sarif"])).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), calint::rules::ALL.len());
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let location = &result["locations"][0]["physicalLocation"];
        let uri = location["artifactLocation"]["uri"].as_str().unwrap();
        assert!(["policies/a%20b.json", "policies/c.yaml"].contains(&uri), "{uri}");
        assert!(location["region"]["startLine"].as_u64().unwrap() > 0);
        assert!(result["partialFingerprints"]["calint/v1"].as_str().unwrap().len() == 32);
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
}
