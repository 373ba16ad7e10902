//! Files that are named by themselves, as a hook does: the rest of the tenant counts, and is not reported on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

const BROWSERS: &str = r#"{"displayName": "Browsers", "state": "enabled", "conditions": {
    "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
    "clientAppTypes": ["browser"]}, "grantControls": {"operator": "OR", "builtInControls": ["block"]}}"#;
const APPS: &str = r#"{"displayName": "Apps", "state": "enabled", "conditions": {
    "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
    "clientAppTypes": ["mobileAppsAndDesktopClients"]},
    "grantControls": {"operator": "OR", "builtInControls": ["block"]}}"#;
const HARMLESS: &str = r#"{"displayName": "Harmless", "state": "enabled", "conditions": {
    "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}"#;

/// Two policies that lock everybody out together, and one that has no part in it.
fn tenant() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("policies")).unwrap();
    fs::write(root.join("calint.yaml"), "rules: {missing-emergency-exclusion: off, shadowed-policy: off}\n")
        .unwrap();
    for (name, text) in [("browsers", BROWSERS), ("apps", APPS), ("harmless", HARMLESS)] {
        fs::write(root.join(format!("policies/{name}.json")), text).unwrap();
    }
    folder
}

fn check(root: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let output = common::calint(root).args(arguments).args(["--format", "concise"]).output().unwrap();
    let (out, err, code) = common::ran(output);
    (out + &err, code)
}

#[test]
fn a_file_is_judged_with_the_rest_of_its_tenant() {
    let folder = tenant();
    for file in ["policies/browsers.json", "policies/apps.json"] {
        let (out, code) = check(folder.path(), &[file]);
        assert!(out.contains("[no-admin-path]") || out.contains("[split-lockout]"), "{out}");
        assert!(out.ends_with("1 file, 1 policy, 1 error\n"), "{out}");
        assert_eq!(code, Some(1));
    }
}

#[test]
fn a_file_that_takes_no_part_in_a_finding_is_clean() {
    let folder = tenant();
    let (out, code) = check(folder.path(), &["policies/harmless.json"]);
    assert_eq!((out.as_str(), code), ("1 file, 1 policy, no findings\n", Some(0)));
}

#[test]
fn a_file_can_be_judged_by_itself() {
    let folder = tenant();
    let (out, code) = check(folder.path(), &["policies/apps.json", "--no-context"]);
    assert_eq!((out.as_str(), code), ("1 file, 1 policy, no findings\n", Some(0)));
}

#[test]
fn without_configuration_and_repository_a_file_stands_alone() {
    let folder = tenant();
    fs::remove_file(folder.path().join("calint.yaml")).unwrap();
    let alone = ["policies/apps.json", "--skip", "missing-emergency-exclusion"];
    let (out, code) = check(folder.path(), &alone);
    assert_eq!((out.as_str(), code), ("1 file, 1 policy, no findings\n", Some(0)));
    fs::create_dir(folder.path().join(".git")).unwrap();
    let (out, code) = check(folder.path(), &alone);
    assert!(out.contains("1 error"), "{out}");
    assert_eq!(code, Some(1));
}

#[test]
fn a_broken_file_of_the_tenant_is_told() {
    let folder = tenant();
    fs::write(folder.path().join("policies/broken.json"), r#"{"conditions": {"users": {"includeUsers": ["#)
        .unwrap();
    let (out, code) = check(folder.path(), &["policies/harmless.json"]);
    assert!(out.contains("policies/broken.json"), "{out}");
    assert_eq!(code, Some(2));
}

#[test]
fn a_path_that_leads_out_of_a_repository_is_not_part_of_it() {
    let folder = tenant();
    let root = folder.path();
    fs::remove_file(root.join("calint.yaml")).unwrap();
    let inside = root.join("repository");
    fs::create_dir_all(inside.join(".git")).unwrap();
    fs::write(inside.join("calint.yaml"), "rules: {no-such-rule: off}\n").unwrap();
    let (out, code) = check(&inside, &["../policies/apps.json", "--skip", "missing-emergency-exclusion"]);
    assert_eq!((out.as_str(), code), ("1 file, 1 policy, no findings\n", Some(0)));
}
