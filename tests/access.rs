//! `calint access` as its users meet it: the formats, what they leave to be read, and that a sign-in that is said
//! to get in does. `INSTA_UPDATE=always cargo test` rewrites the snapshots; review them as behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{calint, project, ran};
use serde_json::{Value, json};
use tempfile::TempDir;

const EMERGENCY: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";
const OFFICE: &str = "c1f0a6f1-2a63-4a58-8f0a-0c7d5a1f2b33";
const FORMATS: [&str; 4] = ["table", "json", "markdown", "html"];

/// A tenant with one policy of each sort, by name: one that blocks outside the office, one that asks for MFA.
fn tenant(block: &str, mfa: &str, office: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let users = json!({ "includeUsers": ["All"], "excludeGroups": [EMERGENCY] });
    let policy = |name: &str, locations: Value, control: &str| {
        json!({
            "displayName": name, "state": "enabled",
            "conditions": {
                "users": users, "applications": { "includeApplications": ["All"] }, "locations": locations,
            },
            "grantControls": { "operator": "OR", "builtInControls": [control] },
        })
    };
    let elsewhere = json!({ "includeLocations": ["All"], "excludeLocations": [OFFICE] });
    let files = [
        ("block.json", policy(block, elsewhere, "block")),
        ("mfa.json", policy(mfa, Value::Null, "mfa")),
        (
            "office.json",
            json!({
                "@odata.type": "#microsoft.graph.ipNamedLocation", "id": OFFICE, "displayName": office,
                "isTrusted": true,
                "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24" }],
            }),
        ),
    ];
    fs::create_dir(folder.path().join("policies")).unwrap();
    for (name, content) in files {
        let text = serde_json::to_string_pretty(&content).unwrap();
        fs::write(folder.path().join("policies").join(name), text).unwrap();
    }
    let config = format!("emergency-access:\n  groups: [{EMERGENCY}]\n");
    fs::write(folder.path().join("calint.yaml"), config).unwrap();
    folder
}

fn small() -> TempDir {
    tenant("CA001 Block outside the office", "CA002 Multifactor authentication", "Head office")
}

fn access(folder: &Path, path: &str, format: &str) -> String {
    let args = ["access", path, "--format", format];
    let (out, err, code) = ran(calint(folder).args(args).output().unwrap());
    assert_eq!((err.as_str(), code), ("", Some(0)));
    out
}

/// The folders of `policies-examples`, from the project's root.
fn examples() -> Vec<String> {
    let mut found: Vec<_> = fs::read_dir(project().join("policies-examples"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| format!("policies-examples/{}", entry.file_name().to_string_lossy()))
        .filter(|folder| !folder.ends_with("pull-request"))
        .collect();
    found.extend(["base", "change"].map(|state| format!("policies-examples/pull-request/{state}")));
    found.sort();
    assert!(found.len() > 3);
    found
}

/// The report of an example; one of them has files that cannot be read.
fn example(path: &str) -> Value {
    let args = ["access", path, "--format", "json"];
    let (out, err, code) = ran(calint(&project()).args(args).output().unwrap());
    assert_eq!(code, Some(if path.ends_with("broken") { 2 } else { 0 }), "{path}: {err}");
    serde_json::from_str(&out).unwrap()
}

fn numbers(list: &Value) -> Vec<usize> {
    list.as_array().unwrap().iter().map(|number| usize::try_from(number.as_u64().unwrap()).unwrap()).collect()
}

#[test]
fn table() {
    insta::assert_snapshot!(access(small().path(), "policies", "table"));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(access(small().path(), "policies", "markdown"));
}

#[test]
fn a_table_that_is_piped_is_80_columns_wide() {
    for path in examples() {
        let args = ["access", path.as_str()];
        let output = calint(&project()).args(args).env("COLUMNS", "200").output().unwrap();
        let (out, _, _) = ran(output);
        let widths = out.lines().map(|line| line.chars().count());
        assert!((60..=80).contains(&widths.max().unwrap()), "{path}: {out}");
        assert!(out.lines().all(|line| line == line.trim_end()), "{path}: {out}");
    }
}

#[test]
fn each_pair_is_in_exactly_one_answer() {
    for path in examples() {
        let report = example(&path);
        assert_eq!(report["version"], 1, "{path}");
        let count = |list: &str| report[list].as_array().unwrap().len();
        let mut seen: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for answer in report["answers"].as_array().unwrap() {
            for class in numbers(&answer["classes"]) {
                for target in numbers(&answer["targets"]) {
                    *seen.entry((class, target)).or_default() += 1;
                }
            }
            for policy in answer["policies"].as_array().unwrap() {
                assert!(project().join(policy["path"].as_str().unwrap()).is_file(), "{path}: {policy}");
                assert!(policy["line"].as_u64().unwrap() > 0);
            }
            let gets_in = ["always", "sometimes"].contains(&answer["access"].as_str().unwrap());
            assert_eq!(gets_in, answer.get("witness").is_some(), "{path}: {answer}");
        }
        assert_eq!(seen.len(), count("classes") * count("targets"), "{path}");
        assert!(seen.values().all(|times| *times == 1), "{path}");
    }
}

#[test]
fn sign_ins_that_are_said_to_get_in_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sign-in.json");
    for path in examples() {
        for answer in example(&path)["answers"].as_array().unwrap() {
            let Some(witness) = answer.get("witness") else { continue };
            fs::write(&file, witness.to_string()).unwrap();
            let what_if = ["what-if", file.to_str().unwrap(), path.as_str(), "--format", "json"];
            let (out, err, _) = ran(calint(&project()).args(what_if).output().unwrap());
            let explained: Value = serde_json::from_str(&out).expect(&err);
            assert_eq!(explained["verdict"], "allowed", "{path}: {answer}");
        }
    }
}

#[test]
fn markdown_shows_names_as_they_are() {
    let block = "- a|b `c` <script>alert(1)</script> [d](https://example.com) *e* _f_ ~~g~~ $h$ @i #1 www.example.com";
    let folder = tenant(block, "1. \"one\"\n\n# & two", "here | [there]");
    let shown = access(folder.path(), "policies", "markdown");
    let name = "\\- a&#124;b \\`c\\` &lt;script&gt;alert(1)&lt;/script&gt; \\[d\\](https\\://example.com) \\*e\\* \\_f\\_ \
                \\~\\~g\\~\\~ \\$h\\$ @<!-- -->i #<!-- -->1 www\\.example.com (`policies/block.json:";
    assert!(shown.lines().any(|line| line.contains(name)), "{shown}");
    assert!(
        shown.lines().any(|line| line.contains(". 1\\. \"one\" # &amp; two (`policies/mfa.json:")),
        "{shown}"
    );
    assert!(shown.contains("only from here &#124; \\[there\\]"), "{shown}");
    for row in shown.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(row.matches('|').count(), 5, "{row}");
    }
}

#[test]
fn html_shows_names_as_they_are() {
    let folder = tenant("<script>alert(1)</script>", "\"MFA\" & 'more' &amp;", "</style><img src=x>");
    let page = access(folder.path(), "policies", "html");
    for shown in [
        "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>",
        "<bdi>&quot;MFA&quot; &amp; &#39;more&#39; &amp;amp;</bdi>",
        "only from &lt;/style&gt;&lt;img src=x&gt;",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    for never in ["<script", "<img", "http://", "https://", "@import", "url("] {
        assert!(!page.contains(never), "{never}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn html_is_balanced_and_ids_are_unique() {
    let page = access(&project(), "policies-examples/healthy-tenant", "html");
    for element in ["article", "section", "table", "tr", "td", "th", "button", "details", "dl", "span", "div"]
    {
        let opened =
            page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
    let ids: Vec<_> =
        page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
    let targets = page.split("popovertarget=\"").skip(1).filter_map(|rest| rest.split('"').next());
    for id in targets.chain(ids.iter().map(String::as_str)) {
        assert_eq!(ids.iter().filter(|known| *known == id).count(), 1, "{id}");
    }
}

#[test]
fn reports_are_the_same_bytes_each_time_and_without_colour() {
    for format in FORMATS {
        let args = ["access", "policies-examples/healthy-tenant", "--format", format];
        let output = |name: &str| calint(&project()).args(args).env(name, "1").output().unwrap().stdout;
        let plain = output("NO_COLOR");
        assert_eq!(plain, output("FORCE_COLOR"), "{format}");
        assert_eq!(plain, output("CLICOLOR_FORCE"), "{format}");
        assert!(!plain.contains(&0x1b), "{format}");
    }
}

#[test]
fn exit_codes() {
    let code = |folder: &Path, path: &str, format: &str| {
        ran(calint(folder).args(["access", path, "--format", format]).output().unwrap())
    };
    let empty = tempfile::tempdir().unwrap();
    for format in FORMATS {
        assert_eq!(code(small().path(), "policies", format).2, Some(0));
        let (out, err, exit) = code(&project(), "policies-examples/broken", format);
        assert_eq!(exit, Some(2), "{err}");
        assert!(out.contains("files could not be read, and policies in them would count"), "{out}");
        let (out, err, exit) = code(empty.path(), ".", format);
        assert_eq!((out.as_str(), exit), ("", Some(2)));
        assert_eq!(err, "calint: no policies found\n");
    }
    let (_, err, exit) = code(small().path(), "policies", "picture");
    assert_eq!(exit, Some(2));
    assert!(err.contains("[possible values: table, json, markdown, html]"), "{err}");
}
