//! What a baseline hides, through the built program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A policy without an exclusion, so that `missing-emergency-exclusion` has something to say.
fn policy(name: &str, state: &str, control: &str) -> Value {
    json!({
        "displayName": name, "state": state,
        "conditions": {
            "users": {"includeUsers": ["All"]},
            "applications": {"includeApplications": ["All"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": [control]},
    })
}

fn write(folder: &Path, name: &str, policy: &Value) {
    let path = folder.join("policies").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, policy.to_string()).unwrap();
}

/// A folder with one blocking policy, and its baseline.
fn adopted() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "one.json", &policy("CA001 Block", "enabled", "block"));
    let (out, err, code) = run(folder.path(), &["policies", "--write-baseline", "base.json"]);
    assert_eq!((err.as_str(), code), ("", Some(0)), "{out}");
    let count = entries(folder.path()).len();
    assert!(count > 0);
    assert_eq!(out, format!("wrote {count} finding{} to base.json\n", if count == 1 { "" } else { "s" }));
    folder
}

fn entries(folder: &Path) -> Vec<Value> {
    let file: Value = serde_json::from_str(&fs::read_to_string(folder.join("base.json")).unwrap()).unwrap();
    assert_eq!(file["version"], 1);
    file["findings"].as_array().unwrap().clone()
}

fn change(folder: &Path, edit: impl FnOnce(&mut Value)) {
    let mut file: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("base.json")).unwrap()).unwrap();
    edit(&mut file);
    fs::write(folder.join("base.json"), file.to_string()).unwrap();
}

fn run(folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    common::ran(common::calint(folder).args(arguments).output().unwrap())
}

/// The report with the baseline, what is said on standard error, and the exit code.
fn checked(folder: &Path, arguments: &[&str]) -> (Value, String, Option<i32>) {
    let mut all = arguments.to_vec();
    all.extend(["--baseline", "base.json", "--format", "json"]);
    let (out, err, code) = run(folder, &all);
    (serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}")), err, code)
}

fn found(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["policy"]["name"].as_str().unwrap_or("")))
        .collect()
}

#[test]
fn what_was_there_before_is_hidden_and_counted() {
    let folder = adopted();
    let count = entries(folder.path()).len();
    let (report, err, code) = checked(folder.path(), &["policies"]);
    assert_eq!((found(&report).len(), err.as_str(), code), (0, "", Some(0)));
    assert_eq!(report["summary"]["baselined"], count);
    let (out, _, _) = run(folder.path(), &["policies", "--baseline", "base.json"]);
    assert!(out.contains(&format!("{count} in the baseline")), "{out}");
}

#[test]
fn the_file_is_sorted_and_the_same_each_time() {
    let folder = adopted();
    let first = fs::read(folder.path().join("base.json")).unwrap();
    let marks: Vec<_> = entries(folder.path())
        .iter()
        .map(|entry| entry["fingerprint"].as_str().unwrap().to_owned())
        .collect();
    assert!(marks.is_sorted());
    run(folder.path(), &["policies", "--write-baseline", "base.json"]);
    assert_eq!(fs::read(folder.path().join("base.json")).unwrap(), first);
}

#[test]
fn a_finding_moved_to_another_line_or_file_is_still_hidden() {
    let folder = adopted();
    let moved = format!("\n\n\n{}", policy("CA001 Block", "enabled", "block"));
    fs::remove_file(folder.path().join("policies/one.json")).unwrap();
    fs::write(folder.path().join("policies/two.json"), moved).unwrap();
    let (report, err, code) = checked(folder.path(), &["policies"]);
    assert_eq!((found(&report).len(), err.as_str(), code), (0, "", Some(0)));
}

#[test]
fn a_new_finding_is_not_hidden_by_a_fixed_one_of_its_rule() {
    let folder = adopted();
    let fixed = policy("CA001 Block", "disabled", "block");
    write(folder.path(), "one.json", &fixed);
    write(folder.path(), "two.json", &policy("CA002 Block", "enabled", "block"));
    let (report, err, code) = checked(folder.path(), &["policies"]);
    let found = found(&report);
    assert!(found.contains(&("block-everyone", "CA002 Block")), "{found:?}");
    assert!(err.contains("of the baseline"), "{err}");
    assert_eq!(code, Some(1));
}

#[test]
fn a_finding_that_says_something_else_at_the_same_place_is_new() {
    let folder = adopted();
    change(folder.path(), |file| file["findings"][0]["message"] = json!("something else"));
    let (report, _, code) = checked(folder.path(), &["policies"]);
    assert_eq!((found(&report).len(), code), (1, Some(1)));
}

#[test]
fn a_finding_that_became_graver_is_shown_and_a_milder_one_is_not() {
    let folder = adopted();
    let at = entries(folder.path()).iter().position(|entry| entry["level"] == "error").unwrap();
    change(folder.path(), |file| file["findings"][at]["level"] = json!("warn"));
    let (report, err, code) = checked(folder.path(), &["policies"]);
    assert_eq!((found(&report).len(), err.as_str(), code), (1, "", Some(1)), "it is not gone either");
    assert_eq!(report["findings"][0]["level"], "error");

    let folder = adopted();
    fs::write(folder.path().join("calint.yaml"), "rules: {block-everyone: note}\n").unwrap();
    let (report, _, _) = checked(folder.path(), &["policies", "--fail-on", "note"]);
    assert_eq!(found(&report), []);
}

#[test]
fn what_is_gone_is_said_where_the_run_looked_everywhere() {
    let folder = adopted();
    let count = entries(folder.path()).len();
    let new: Vec<_> = (0..3)
        .map(|at| {
            json!({"fingerprint": format!("{at}"), "rule": "x", "policy": null, "level": "warn", "message": "m",
                "path": "policies/old.json"})
        })
        .collect();
    change(folder.path(), |file| file["findings"].as_array_mut().unwrap().extend(new));
    let (_, err, code) = checked(folder.path(), &["policies"]);
    assert_eq!(err, "calint: 3 findings of the baseline are gone; write it again with --write-baseline\n");
    assert_eq!(code, Some(0), "fixing things is no failure");
    for partial in
        [&["policies/one.json"][..], &["policies", "--skip", "split-lockout"], &["policies", "--quiet"]]
    {
        let (report, err, _) = checked(folder.path(), partial);
        assert_eq!(err, "", "{partial:?}");
        assert_eq!(report["summary"]["baselined"], count);
    }
}

#[test]
fn what_lies_in_other_folders_is_not_gone() {
    for repository in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        if repository {
            fs::create_dir(root.join(".git")).unwrap();
        }
        fs::write(root.join("calint.yaml"), "").unwrap();
        write(root, "a/one.json", &policy("CA001 Block", "enabled", "block"));
        write(root, "b/two.json", &policy("CA002 Hybrid", "enabled", "domainJoinedDevice"));
        let (_, _, code) = run(root, &["policies", "--write-baseline", "base.json"]);
        assert_eq!(code, Some(0));
        let (_, err, _) = checked(root, &["policies/a"]);
        assert_eq!(err, "", "what is in `b` was not looked for");
        write(root, "a/one.json", &policy("CA001 Block", "disabled", "block"));
        for paths in [&["policies/a"][..], &["policies"], &["."], &[]] {
            let (_, err, _) = checked(root, paths);
            assert!(
                err.contains("of the baseline are gone") || err.contains("of the baseline is gone"),
                "{err}"
            );
        }
        let (_, err, _) = checked(root, &["policies/b"]);
        assert_eq!(err, "");
    }
}

#[test]
fn a_policy_of_one_tenant_is_not_one_of_the_same_name_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    let block = policy("CA001 Block", "enabled", "block");
    let fine = policy("CA001 Block", "disabled", "block");
    for tenant in ["contoso", "fabrikam"] {
        fs::create_dir(root.join(tenant)).unwrap();
        fs::write(root.join(tenant).join("calint.yaml"), "").unwrap();
    }
    let write = |tenant: &str, policy: &Value| {
        fs::write(root.join(tenant).join("one.json"), policy.to_string()).unwrap();
    };
    write("contoso", &fine);
    write("fabrikam", &block);
    run(root, &["--write-baseline", "base.json"]);
    write("contoso", &block);
    write("fabrikam", &fine);
    let (report, _, code) = checked(root, &[]);
    assert!(found(&report).contains(&("block-everyone", "CA001 Block")), "{report}");
    assert_eq!(code, Some(1));
    // From wherever it is run.
    write("contoso", &fine);
    write("fabrikam", &block);
    let (out, err, code) =
        run(&root.join("fabrikam"), &["--baseline", "../base.json", "--format", "concise"]);
    assert_eq!((err.as_str(), code), ("", Some(0)), "{out}");
}

#[test]
fn a_baseline_that_cannot_be_used_fails_the_run() {
    let folder = adopted();
    let arguments = ["policies", "--baseline", "base.json"];
    let cases = [
        ("{", "EOF"),
        (r#"{"version": 2, "findings": {"of": "another shape"}}"#, "its version is 2"),
        (r#"{"findings": []}"#, "version"),
        (r#"{"version": 1, "findings": [{"fingerprint": "a"}]}"#, "rule"),
        (
            r#"{"version": 1, "findings": [{"fingerprint": "a", "rule": "b", "level": "fatal", "message": "m"}]}"#,
            "`fatal` is not a level",
        ),
    ];
    for (text, reason) in cases {
        fs::write(folder.path().join("base.json"), text).unwrap();
        let (out, err, code) = run(folder.path(), &arguments);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{text}");
        assert!(err.contains("cannot use the baseline `base.json`") && err.contains(reason), "{err}");
    }
    fs::remove_file(folder.path().join("base.json")).unwrap();
    assert_eq!(run(folder.path(), &arguments).2, Some(2));
}

#[test]
fn a_file_that_cannot_be_read_is_never_hidden_and_never_written() {
    let folder = adopted();
    let known = entries(folder.path());
    let whole = policy("CA002 Cut off", "enabled", "mfa").to_string();
    fs::write(folder.path().join("policies/broken.json"), whole.trim_end_matches('}')).unwrap();
    let (out, err, code) = run(folder.path(), &["policies", "--write-baseline", "base.json"]);
    assert_eq!(code, Some(2));
    assert!(out.starts_with("wrote ") && err.contains("broken.json"), "{out}{err}");
    assert_eq!(entries(folder.path()), known);
    let (report, _, code) = checked(folder.path(), &["policies"]);
    assert_eq!((found(&report).len(), code), (1, Some(2)));
}

#[test]
fn a_run_without_policies_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_, err, code) = run(folder.path(), &["--write-baseline", "base.json"]);
    assert!(err.contains("no policies found"), "{err}");
    assert_eq!((code, folder.path().join("base.json").exists()), (Some(2), false));
}

#[test]
fn an_excused_finding_is_not_in_it() {
    let folder = adopted();
    let before = entries(folder.path()).len();
    let excused = "exceptions: [{rule: block-everyone, policy: CA001 Block, reason: a test tenant}]\n";
    fs::write(folder.path().join("calint.yaml"), excused).unwrap();
    run(folder.path(), &["policies", "--write-baseline", "base.json"]);
    let after = entries(folder.path());
    assert_eq!(after.len() + 1, before);
    assert!(after.iter().all(|entry| entry["rule"] != "block-everyone"));
}

#[test]
fn diff_takes_a_baseline_too() {
    let folder = adopted();
    fs::create_dir(folder.path().join("before")).unwrap();
    fs::write(folder.path().join("before/old.json"), policy("CA000 Old", "disabled", "mfa").to_string())
        .unwrap();
    let (report, _, code) = {
        let (out, err, code) = run(folder.path(), &["diff", "before", "policies", "--format", "json"]);
        (serde_json::from_str::<Value>(&out).unwrap(), err, code)
    };
    assert!(found(&report).contains(&("block-everyone", "CA001 Block")));
    assert_eq!(code, Some(1));
    let (report, err, _) = checked(folder.path(), &["diff", "before", "policies"]);
    assert!(!found(&report).contains(&("block-everyone", "CA001 Block")), "{report}");
    assert!(report["summary"]["baselined"].as_u64().unwrap() > 0);
    assert_eq!(err, "", "what is not new is no reason to write it again");
}
