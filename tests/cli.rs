//! The program as its users meet it: arguments, exit codes, configuration, exceptions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use common::{calint, fed, folder, ran};
use serde_json::Value;

const GROUP: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";

fn policy(name: &str, excluded: &str, control: &str) -> String {
    format!(
        r#"{{
  "displayName": "{name}",
  "state": "enabled",
  "conditions": {{
    "users": {{ "includeUsers": ["All"], "excludeGroups": [{excluded}] }},
    "applications": {{ "includeApplications": ["All"] }}
  }},
  "grantControls": {{ "operator": "OR", "builtInControls": ["{control}"] }}
}}
"#
    )
}

fn blocking(name: &str) -> String {
    policy(name, "", "block")
}

fn fine(name: &str) -> String {
    policy(name, &format!("\"{GROUP}\""), "mfa")
}

fn run(folder: &Path, args: &[&str]) -> (String, String, Option<i32>) {
    ran(calint(folder).args(args).output().unwrap())
}

fn json(folder: &Path, args: &[&str]) -> (Value, Option<i32>) {
    let (out, _, code) = run(folder, &[args, &["--format", "json"]].concat());
    (serde_json::from_str(&out).expect("a JSON report"), code)
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

#[test]
fn exit_codes_are_the_same_in_every_format() {
    let clean = folder(&[("a.json", &fine("A"))]);
    let found = folder(&[("a.json", &blocking("A"))]);
    let broken = folder(&[("a.json", &blocking("A")), ("b.json", "{ \"conditions\": { \"includeUsers\": ")]);
    for format in ["pretty", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        for (folder, expected) in [(&clean, 0), (&found, 1), (&broken, 2)] {
            let (_, _, code) = run(folder.path(), &["--format", format]);
            assert_eq!(code, Some(expected), "{format}");
        }
    }
}

#[test]
fn the_gate_is_not_the_report() {
    let found = folder(&[("a.json", &blocking("A"))]);
    let notes = folder(&[("a.json", &blocking("A").replace("\"enabled\"", "\"disabled\""))]);
    assert_eq!(run(found.path(), &["--fail-on", "never"]).2, Some(0));
    assert_eq!(run(notes.path(), &["--fail-on", "note"]).2, Some(0), "disabled policies are not judged");
    assert_eq!(run(notes.path(), &["--include-disabled"]).2, Some(1), "unless asked for");
}

#[test]
fn nothing_to_check_is_a_failure() {
    let empty = folder(&[("package.json", "{\"name\": \"x\"}")]);
    let (_, err, code) = run(empty.path(), &[]);
    assert_eq!(code, Some(2));
    assert!(err.contains("no policies found"), "{err}");
    let (out, _, code) = run(empty.path(), &["missing.json"]);
    assert_eq!(code, Some(2));
    assert!(out.contains("no such file or folder") && out.contains("missing.json"), "{out}");
}

#[test]
fn standard_input_is_read() {
    let folder = folder(&[]);
    let mut command = calint(folder.path());
    command.args(["-", "--stdin-filename", "policies/a.yaml", "--format", "concise"]);
    let (out, _, code) = ran(fed(&mut command, blocking("A").as_bytes()));
    assert_eq!(code, Some(1));
    assert!(out.starts_with("policies/a.yaml:8:"), "{out}");
}

#[test]
fn rules_can_be_chosen() {
    let folder = folder(&[("a.json", &blocking("A"))]);
    assert_eq!(rules(&json(folder.path(), &["--only", "block-everyone"]).0), ["block-everyone"]);
    let (report, _) = json(folder.path(), &["--skip", "block-everyone"]);
    assert_eq!(rules(&report), ["missing-emergency-exclusion"]);
    let (_, err, code) = run(folder.path(), &["--only", "block-everyon"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("did you mean `block-everyone`?"), "{err}");
}

#[test]
fn several_reports_come_from_one_run() {
    let folder = folder(&[("a.json", &blocking("A"))]);
    let args = ["-q", "--format", "concise", "--output", "json=out.json", "--output", "sarif=out.sarif"];
    let (out, _, code) = run(folder.path(), &args);
    assert_eq!(code, Some(1));
    assert_eq!(out.lines().count(), 2);
    let read = |name| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.path().join(name)).unwrap()).unwrap()
    };
    assert_eq!(read("out.json")["version"], 1);
    assert_eq!(read("out.sarif")["version"], "2.1.0");
}

#[test]
fn the_nearest_configuration_holds_and_each_is_a_tenant() {
    let config = format!("emergency-access: {{groups: [\"{GROUP}\"]}}\n");
    let folder = folder(&[
        (".git/HEAD", ""),
        ("one/calint.yaml", &config),
        ("one/policies/a.json", &policy("One", &format!("\"{GROUP}\""), "compliantDevice")),
        ("two/a.json", &policy("Two", &format!("\"{GROUP}\""), "compliantDevice")),
    ]);
    let (report, _) = json(folder.path(), &["."]);
    let levels: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["policy"]["name"].as_str().unwrap(), finding["message"].as_str().unwrap()))
        .collect();
    assert_eq!(levels.len(), 2);
    let notes: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|it| it["note"].to_string()).collect();
    assert!(notes[0].contains("the emergency access accounts excepted"), "{notes:?}");
    assert!(notes[1].contains("these exclusions excepted"), "{notes:?}");
    let (report, _) = json(folder.path(), &["--no-config", "one"]);
    assert!(report["findings"][0]["note"].to_string().contains("these exclusions excepted"));
}

#[test]
fn configuration_mistakes_are_pointed_at() {
    let folder = folder(&[("a.json", &fine("A")), ("calint.yaml", "emergency-acces:\n  groups: []\n")]);
    let (out, err, code) = run(folder.path(), &[]);
    assert_eq!((out.as_str(), code), ("", Some(2)));
    assert!(err.contains("unknown key `emergency-acces`"), "{err}");
    assert!(err.contains("calint.yaml:1:1"), "{err}");
    assert!(err.contains("did you mean `emergency-access`?"), "{err}");
    for (text, message) in [
        ("rules: {block-everyone: fatal}", "unknown level `fatal`"),
        ("rules: {block-everybody: off}", "unknown rule `block-everybody`"),
        ("exceptions: [{rule: block-everyone, reason: A}]", "exception has no `policy`"),
        ("exceptions: [{rule: block-everyone, policy: A, reason: x, until: soon}]", "`soon` is not a date"),
        ("emergency-access: []", "configuration has a list where an object belongs"),
        ("a: [", "not well-formed YAML"),
    ] {
        fs::write(folder.path().join("calint.yaml"), text).unwrap();
        let (_, err, code) = run(folder.path(), &[]);
        assert_eq!(code, Some(2), "{text}");
        assert!(err.contains(message), "{text}: {err}");
    }
}

#[test]
fn levels_are_configured_but_never_raise_what_is_not_enforced() {
    let folder = folder(&[
        ("a.json", &blocking("A")),
        ("b.json", &blocking("B").replace("\"enabled\"", "\"enabledForReportingButNotEnforced\"")),
    ]);
    let levels = |text: &str| {
        fs::write(folder.path().join("calint.yaml"), text).unwrap();
        let (report, _) = json(folder.path(), &["--only", "block-everyone"]);
        let findings = report["findings"].as_array().unwrap().clone();
        findings.iter().map(|finding| finding["level"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(levels("rules: {block-everyone: error}"), ["error", "warn"]);
    assert_eq!(levels("rules: {block-everyone: note}"), ["note", "note"]);
    assert_eq!(levels("rules: {block-everyone: off}"), Vec::<String>::new());
}

#[test]
fn exceptions_excuse_and_are_checked_themselves() {
    let folder = folder(&[("a.json", &blocking("A"))]);
    let exception = |rule: &str, policy: &str, until: &str| {
        let text =
            format!("exceptions:\n  - {{rule: {rule}, policy: {policy}, reason: known, until: {until}}}\n");
        fs::write(folder.path().join("calint.yaml"), text).unwrap();
        let (report, _) = json(folder.path(), &["--skip", "missing-emergency-exclusion"]);
        let suppressed = report["summary"]["suppressed"].as_u64().unwrap();
        (rules(&report).join(" "), suppressed)
    };
    assert_eq!(exception("block-everyone", "a", "2999-12-31"), (String::new(), 1));
    assert_eq!(
        exception("block-everyone", "a", "2000-12-31"),
        ("expired-exception block-everyone".to_owned(), 0)
    );
    assert_eq!(
        exception("block-everyone", "other", "2999-12-31"),
        ("unused-exception block-everyone".to_owned(), 0)
    );
    for reason in ["", ", reason: ", ", reason: ' '"] {
        let text = format!("exceptions: [{{rule: block-everyone, policy: A{reason}}}]");
        fs::write(folder.path().join("calint.yaml"), text).unwrap();
        let (report, _) = json(folder.path(), &["--skip", "missing-emergency-exclusion"]);
        assert_eq!(rules(&report).join(" "), "exception-without-reason block-everyone", "{reason}");
    }
}

#[test]
fn comments_excuse_in_yaml() {
    let yaml = |comment: &str| {
        format!(
            "{comment}\ndisplayName: A\nstate: enabled\nconditions:\n  users: {{includeUsers: [All]}}\n  \
             applications: {{includeApplications: [All]}}\ngrantControls: {{builtInControls: [block]}}\n"
        )
    };
    let folder = folder(&[]);
    let found = |comment: &str| {
        fs::write(folder.path().join("a.yaml"), yaml(comment)).unwrap();
        let (report, _) = json(folder.path(), &["--skip", "missing-emergency-exclusion"]);
        rules(&report).join(" ")
    };
    assert_eq!(found("# calint: allow(block-everyone) a test tenant without people"), "");
    assert_eq!(found("# calint: allow(block-everyone)"), "exception-without-reason block-everyone");
    assert_eq!(found("# calint: allow(block-every-platform) why"), "unused-exception block-everyone");
    assert_eq!(found("# calint: allow(block-everybody) why"), "unused-exception block-everyone");
}

#[test]
fn hidden_ignored_and_excluded_files_are_left_out_with_a_reason() {
    let folder = folder(&[
        (".gitignore", "build/\n"),
        ("a.json", &fine("A")),
        (".hidden/b.json", &blocking("B")),
        ("build/c.json", &blocking("C")),
        ("archive/d.json", &blocking("D")),
        ("calint.yaml", "paths: {exclude: [archive/]}\n"),
        ("package.json", "{}"),
    ]);
    let (out, _, code) = run(folder.path(), &["--show-files"]);
    assert_eq!(code, Some(0), "{out}");
    for line in [
        "read     a.json: 1 policy",
        "left out .hidden: hidden",
        "left out build: ignored by .gitignore",
        "left out archive/d.json: excluded by the configuration",
        "left out package.json: holds no policy",
    ] {
        assert!(out.contains(line), "{line} in\n{out}");
    }
}

#[test]
fn fingerprints_survive_moved_lines() {
    let folder = folder(&[("a.json", &blocking("A"))]);
    let marks = |report: &Value| -> Vec<String> {
        report["findings"].as_array().unwrap().iter().map(|it| it["fingerprint"].to_string()).collect()
    };
    let before = marks(&json(folder.path(), &[]).0);
    fs::write(folder.path().join("a.json"), format!("\n\n\n{}", blocking("A"))).unwrap();
    assert_eq!(before, marks(&json(folder.path(), &[]).0));
    assert_eq!(before.len(), 2);
    assert_ne!(before[0], before[1]);
}

#[test]
fn the_same_input_gives_the_same_bytes_at_any_thread_count() {
    let files: Vec<_> = (0..60).map(|at| (format!("{at:03}.json"), blocking(&format!("P{at}")))).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = folder(&files);
    let one = run(folder.path(), &["--jobs", "1", "--format", "json"]);
    for jobs in ["2", "7"] {
        assert_eq!(one, run(folder.path(), &["--jobs", jobs, "--format", "json"]));
    }
}

#[test]
fn helpers_explain() {
    let folder = folder(&[("a.json", &blocking("A"))]);
    for code in ["AADSTS53000", "AADSTS53001", "AADSTS53002", "AADSTS53003", "53004", "AADSTS530084"] {
        let (out, _, exit) = run(folder.path(), &["explain", code]);
        assert_eq!(exit, Some(0), "{code}");
        assert!(out.contains("Caused by:") && out.contains("What to do:"), "{out}");
    }
    assert!(run(folder.path(), &["explain", "block-everyone"]).0.starts_with("# block-everyone"));
    let (_, err, exit) = run(folder.path(), &["explain", "AADSTS1"]);
    assert_eq!(exit, Some(2));
    assert!(err.contains("known codes"), "{err}");
    let (out, _, _) = run(folder.path(), &["rules"]);
    assert_eq!(out.lines().count(), calint::rules::ALL.len());
    let (out, _, _) = run(folder.path(), &["model", "a.json"]);
    assert!(out.contains("displayName: A") && out.contains("- block"), "{out}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(run(folder.path(), &["completions", shell]).0.contains("calint"), "{shell}");
    }
}

#[test]
fn rules_are_listed_for_people_and_programs() {
    let folder = folder(&[]);
    let (text, _, _) = run(folder.path(), &["rules"]);
    let (markdown, _, _) = run(folder.path(), &["rules", "--format", "markdown"]);
    let (json, _, exit) = run(folder.path(), &["rules", "--format", "json"]);
    assert_eq!(exit, Some(0));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["version"], 1);
    let listed = json["rules"].as_array().unwrap();
    assert_eq!(listed.len(), calint::rules::ALL.len());
    for rule in listed {
        let [id, family, level, summary, url] =
            ["id", "family", "level", "summary", "url"].map(|name| rule[name].as_str().unwrap());
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(id)).unwrap();
        assert!([family, level, summary].iter().all(|part| line.contains(part)), "{line}");
        let on = if rule["onByDefault"].as_bool().unwrap() { "on" } else { "off" };
        let standing = rule["profile"].as_str().map_or(on.to_owned(), |profile| format!("profile {profile}"));
        let row = format!("| [`{id}`]({url}) | {level} | {standing} | {summary} |");
        assert_eq!(markdown.lines().filter(|line| *line == row).count(), 1, "{row}");
    }
    let off = listed.iter().find(|rule| rule["id"] == "sign-in-without-mfa").unwrap();
    assert_eq!(off["onByDefault"], false);
}

#[test]
fn every_rule_is_explained() {
    let folder = folder(&[]);
    for rule in calint::rules::ALL {
        let meta = rule.meta();
        let (text, _, exit) = run(folder.path(), &["explain", meta.id.as_str()]);
        assert_eq!((text.as_str(), exit), (&*meta.docs, Some(0)));
        let (out, _, _) = run(folder.path(), &["explain", meta.id.as_str(), "--format", "json"]);
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["rule"]["id"], meta.id.as_str());
        assert_eq!(value["documentation"], &*meta.docs);
    }
    let (out, _, _) = run(folder.path(), &["explain", "53003", "--format", "json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["error"]["code"], "AADSTS53003");
    assert!(value["error"]["remedy"].is_string());
}

#[test]
fn init_writes_a_configuration_once() {
    let folder = folder(&[("policies/a.json", &fine("A"))]);
    assert_eq!(run(folder.path(), &["init"]).2, Some(0));
    assert_eq!(run(folder.path(), &[]).2, Some(0), "the template is a good configuration");
    let (_, err, code) = run(folder.path(), &["init"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("exists already"), "{err}");
    let text = fs::read_to_string(folder.path().join("calint.yaml")).unwrap();
    let settings: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.starts_with(' ') || line.ends_with(':'))
        .collect();
    fs::write(folder.path().join("calint.yaml"), settings.join("\n")).unwrap();
    let (out, err, code) = run(folder.path(), &["--skip", "unused-exception,unconventional-name"]);
    assert_eq!(
        (err.as_str(), code),
        ("", Some(0)),
        "what it shows as comments is good too: {settings:?} {out}"
    );
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = folder(&[("a.json", &blocking("A"))]);
    let mut child =
        calint(folder.path()).args(["rules"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let (_, err, code) = ran(child.wait_with_output().unwrap());
    assert_eq!((err.as_str(), code), ("", Some(0)));
}

#[test]
fn the_committed_schema_is_current() {
    let (schema, _, _) = run(&common::project(), &["schema"]);
    let path = common::project().join("schema/calint.schema.json");
    if std::env::var_os("CALINT_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &schema).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap() == schema, "CALINT_UPDATE=1 cargo test rewrites it");
}
