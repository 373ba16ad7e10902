//! One run through every format, as snapshots. `INSTA_UPDATE=always cargo test` rewrites them; review them as
//! behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{calint, ran};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
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

const FINE: &str = "displayName: CA003 Guest inviters
state: enabled
conditions:
  users: {includeRoles: [95e79109-95c0-4d8e-aee3-d01accf2d47b], excludeGroups: [7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90]}
  applications: {includeApplications: [All]}
grantControls: {operator: OR, builtInControls: [mfa]}
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

#[test]
fn sarif_carries_what_can_be_fixed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json"), POLICY.replace("\"enabled\"", "\"Enabled\"")).unwrap();
    let (out, _, _) =
        ran(calint(folder.path()).args(["--format", "sarif", "--only", "misspelled-case"]).output().unwrap());
    let sarif: Value = serde_json::from_str(&out).unwrap();
    let fixes = &sarif["runs"][0]["results"][0]["fixes"];
    let change = &fixes[0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "a.json");
    let replacement = &change["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "enabled");
    let region = &replacement["deletedRegion"];
    let place = ["startLine", "startColumn", "endLine", "endColumn"].map(|key| region[key].as_u64().unwrap());
    assert_eq!(place, [3, 13, 3, 20], "without the quotes");
    assert!(fixes[0]["description"]["text"].as_str().is_some_and(|text| !text.is_empty()));
}

#[test]
fn gitlab() {
    let report = report(&["--format", "gitlab"]);
    let issues: Vec<Value> = serde_json::from_str(&report).unwrap();
    let marks: BTreeSet<_> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(marks.len(), issues.len(), "GitLab drops issues with the fingerprint of another");
    for issue in &issues {
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical"].contains(&severity), "{severity}");
        assert!(issue["location"]["lines"]["begin"].as_u64() <= issue["location"]["lines"]["end"].as_u64());
    }
    insta::assert_snapshot!(report);
}

#[test]
fn junit() {
    let report = report(&["--format", "junit"]);
    let cases = cases(&report);
    assert_eq!(cases.iter().filter(|case| case.failed).count() + 1, cases.len(), "one note");
    insta::assert_snapshot!(report);
}

#[test]
fn junit_has_a_passing_case_for_a_file_without_findings() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fine.yaml"), FINE).unwrap();
    let (out, err, code) = ran(calint(folder.path()).args(["--format", "junit"]).output().unwrap());
    assert_eq!((err.as_str(), code), ("", Some(0)), "{out}");
    let cases = cases(&out);
    assert_eq!(cases.len(), 1);
    assert_eq!((cases[0].name.as_str(), cases[0].failed), ("no findings", false));
}

#[test]
fn junit_is_xml_whatever_a_policy_is_called() {
    let name = "a\u{1}b\u{ffff}]]> <failure/> & \"x\" 'y'\u{7}";
    let (out, _) = named(name, "junit");
    let cases = cases(&out);
    assert!(cases.iter().any(|case| case.failed && case.name.contains("<failure/> & \"x\" 'y'")), "{out}");
    let forbidden = |letter: char| (letter < ' ' && letter != '\n') || letter == '\u{ffff}';
    assert_eq!(out.find(forbidden), None);
}

#[test]
fn markdown() {
    insta::assert_snapshot!(report(&["--format", "markdown"]));
}

#[test]
fn markdown_of_a_change_names_the_policies_first() {
    let folder = folder();
    let before = folder.path().join("before");
    fs::create_dir(&before).unwrap();
    fs::write(before.join("old.yaml"), FINE).unwrap();
    fs::write(before.join("c.yaml"), REPORT_ONLY.replace("domainJoinedDevice", "mfa")).unwrap();
    let arguments = ["diff", "before", "policies", "--format", "markdown"];
    let (out, err, code) = ran(calint(folder.path()).args(arguments).output().unwrap());
    assert_eq!((err.as_str(), code), ("", Some(1)));
    insta::assert_snapshot!(out);
}

#[test]
fn nothing_a_policy_is_called_becomes_markup() {
    let name = "</details><script>alert(1)</script> @octocat #12 GH-12 [x](https://contoso.com) ![y](z) **b** `c` \
                www.contoso.com a@contoso.com\n\n# heading\n- item";
    let (out, folder) = named(name, "markdown");
    let (diff, _, _) = ran(calint(folder.path())
        .args(["diff", "empty", "policies", "--no-config", "--format", "markdown"])
        .output()
        .unwrap());
    assert!(diff.contains("**Policies added**"), "{diff}");
    for page in [out, diff] {
        // Code shows everything as it is.
        let shown: Vec<_> = page.lines().map(without_code).collect();
        let shown = shown.join("\n");
        for markup in ["<script", "@octocat", "#12", "GH-12", "](", "https://", "**b**", "www.", "@contoso"] {
            assert!(!shown.contains(markup), "`{markup}` in {shown}");
        }
        assert!(!shown.contains("\n# ") && !shown.contains("\n- item"), "{shown}");
        assert_eq!(shown.matches("<details>").count(), shown.matches("</details>").count(), "{shown}");
    }
}

#[test]
fn a_comment_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let policies: Vec<_> = (0..400).map(|at| policy(&format!("CA{at:03} {}", "<&>".repeat(100)))).collect();
    fs::write(folder.path().join("all.json"), serde_json::to_string(&policies).unwrap()).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for arguments in [&["all.json"][..], &["diff", "empty", "all.json"]] {
        let output = calint(folder.path()).args(arguments).args(["--format", "markdown"]).output().unwrap();
        let (out, _, _) = ran(output);
        assert!(out.chars().count() <= 60_000, "{}", out.chars().count());
        let findings =
            out.lines().filter(|line| line.starts_with("**error**") || line.starts_with("**warn**"));
        assert!(findings.count() > 10);
        assert!(out.lines().any(|line| line.starts_with("and ") && line.ends_with(" more")), "{arguments:?}");
    }
}

#[test]
fn an_unknown_format_names_the_known_ones() {
    let folder = folder();
    let (_, err, code) = ran(calint(folder.path()).args(["--output", "xml=report.xml"]).output().unwrap());
    assert_eq!(code, Some(2));
    let known = "known: pretty, concise, json, sarif, github, gitlab, junit, markdown";
    assert!(err.split_whitespace().collect::<Vec<_>>().join(" ").contains(known), "{err}");
}

fn policy(name: &str) -> Value {
    let mut policy: Value = serde_json::from_str(POLICY).unwrap();
    policy["displayName"] = Value::from(name);
    policy
}

/// The report on a policy with a name, and the folder it is in.
fn named(name: &str, format: &str) -> (String, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for inside in ["policies", "empty"] {
        fs::create_dir(folder.path().join(inside)).unwrap();
    }
    fs::write(folder.path().join("policies/p.json"), policy(name).to_string()).unwrap();
    let (out, _, _) = ran(calint(folder.path()).args(["policies", "--format", format]).output().unwrap());
    (out, folder)
}

/// A line without what has no meaning: letters behind a backslash, and what stands between backticks.
fn without_code(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['`', '\\']) {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('\\') {
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
            rest = &rest[end..];
            continue;
        }
        let fence = rest.len() - rest.trim_start_matches('`').len();
        let (open, inside) = rest.split_at(fence);
        rest = inside.split_once(open).unwrap_or_else(|| panic!("code that does not end: {line}")).1;
    }
    shown + rest
}

struct Case {
    name: String,
    failed: bool,
}

/// The cases of a JUnit report, read back as XML. The counts of the suites have to be right.
fn cases(xml: &str) -> Vec<Case> {
    let mut reader = Reader::from_str(xml);
    let mut cases: Vec<Case> = Vec::new();
    let mut promised = Vec::new();
    loop {
        let (element, empty) = match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            _ => continue,
        };
        let attribute = |name: &str| {
            let found = element.attributes().map(Result::unwrap).find(|own| own.key.as_ref() == name);
            found.map(|own| unescape(&own.value).unwrap().into_owned()).unwrap()
        };
        match element.name().as_ref() {
            "testsuites" => promised.push((attribute("tests"), attribute("failures"))),
            "testcase" => cases.push(Case { name: attribute("name"), failed: false }),
            "failure" => {
                assert!(!empty && !attribute("message").is_empty());
                cases.last_mut().unwrap().failed = true;
            }
            _ => {}
        }
    }
    let failed = cases.iter().filter(|case| case.failed).count();
    assert_eq!(promised, [(cases.len().to_string(), failed.to_string())]);
    cases
}
