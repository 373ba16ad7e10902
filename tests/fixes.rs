//! `calint --fix` and `calint --diff`, through the built program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{calint, fed, folder, ran};
use serde_json::Value;

const A: &str = "b365ab35-6630-4654-ae08-fe871f9cf1a7";
const B: &str = "0a7f7f57-2f1c-4a43-9d1c-8f2b6a5f3c11";
const C: &str = "5b0f3a52-6c1e-4f0e-8b1d-2f4f6a7c9d10";

fn run(folder: &Path, args: &[&str]) -> (String, String, Option<i32>) {
    ran(calint(folder).args(args).output().unwrap())
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A text of one policy with `users` as the members of the users, in JSON.
fn json(users: &str) -> String {
    format!(
        r#"{{
  "displayName": "MFA",
  "state": "enabled",
  "conditions": {{
    "users": {{ {users} }},
    "applications": {{ "includeApplications": ["All"] }}
  }},
  "grantControls": {{ "operator": "OR", "builtInControls": ["mfa"] }}
}}
"#
    )
}

/// The same, with a finding that nothing fixes.
fn blocking(users: &str) -> String {
    json(users).replace("[\"mfa\"]", "[\"block\"]")
}

/// The text that `--fix` makes of a file.
fn fixed(name: &str, text: &str) -> String {
    let folder = folder(&[(name, text)]);
    run(folder.path(), &["--fix"]);
    read(folder.path(), name)
}

#[test]
fn fixes_are_written_and_the_rest_is_reported() {
    let folder = folder(&[("a.json", &blocking(r#""includeUsers": ["all"], "excludeGroups": []"#))]);
    let (out, err, code) = run(folder.path(), &["--format", "concise"]);
    assert!(out.ends_with("1 file, 1 policy, 1 error, 1 warning, 1 note, 1 fixable with `--fix`\n"), "{out}");
    assert_eq!((err.as_str(), code), ("", Some(1)));
    let (out, err, code) = run(folder.path(), &["--fix", "--format", "concise"]);
    assert!(out.contains("block-everyone") && !out.contains("misspelled-case"), "{out}");
    assert!(out.ends_with("1 file, 1 policy, 1 error, 1 warning, 1 fixed\n"), "{out}");
    assert_eq!((err.as_str(), code), ("", Some(1)));
    assert_eq!(read(folder.path(), "a.json"), blocking(r#""includeUsers": ["All"], "excludeGroups": []"#));
    let (out, _, _) = run(folder.path(), &["--fix", "--format", "concise"]);
    assert!(out.ends_with("1 error, 1 warning, 0 fixed\n"), "{out}");
}

#[test]
fn a_difference_changes_nothing() {
    let text = json(&format!(r#""includeUsers": ["all"], "excludeGroups": ["{A}"]"#));
    let folder = folder(&[("policies/a.json", &text), ("b.json", &text.replace("all", "All"))]);
    let (out, err, code) = run(folder.path(), &["--diff"]);
    let expected = format!(
        "--- policies/a.json\n+++ policies/a.json\n@@ -2,7 +2,7 @@\n   \"displayName\": \"MFA\",\n   \"state\": \
         \"enabled\",\n   \"conditions\": {{\n-    \"users\": {{ \"includeUsers\": [\"all\"], \"excludeGroups\": \
         [\"{A}\"] }},\n+    \"users\": {{ \"includeUsers\": [\"All\"], \"excludeGroups\": [\"{A}\"] }},\n     \
         \"applications\": {{ \"includeApplications\": [\"All\"] }}\n   }},\n   \"grantControls\": {{ \"operator\": \
         \"OR\", \"builtInControls\": [\"mfa\"] }}\n"
    );
    assert_eq!((out.as_str(), err.as_str(), code), (expected.as_str(), "", Some(1)));
    assert_eq!(read(folder.path(), "policies/a.json"), text);
    run(folder.path(), &["--fix"]);
    assert_eq!(run(folder.path(), &["--diff"]), (String::new(), String::new(), Some(0)));
}

#[test]
fn what_cannot_be_read_makes_the_code_2() {
    let text = json(&format!(r#""includeUsers": ["all"], "excludeGroups": ["{A}"]"#));
    let folder = folder(&[("a.json", &text), ("b.json", &text.replacen("\"enabled\",", "\"enabled\"", 1))]);
    let (out, err, code) = run(folder.path(), &["--diff"]);
    assert!(out.contains("a.json") && !out.contains("b.json"), "a text with a fault is left alone: {out}");
    assert!(err.contains("comma is missing"), "{err}");
    assert_eq!(code, Some(2));
    assert_eq!(run(folder.path(), &["--fix"]).2, Some(2));
    assert!(read(folder.path(), "b.json").contains("\"all\""));
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(run(empty.path(), &["--diff"]).2, Some(2), "no policies");
    assert_eq!(run(empty.path(), &["--diff", "--fix"]).2, Some(2), "one or the other");
}

#[test]
fn only_what_is_asked_for_is_fixed() {
    let text = json(&format!(r#""includeUsers": ["all"], "excludeGroups": ["{A}", "{B}", "{A}"]"#));
    let case = text.replace("\"all\"", "\"All\"");
    let copies = text.replace(&format!(", \"{A}\"]"), "]");
    let sorted = text.replace(&format!("\"{A}\", \"{B}\", \"{A}\""), &format!("\"{B}\", \"{A}\", \"{A}\""));
    let config = |text: &str| format!("rules:\n  {text}\n");
    let excused = "exceptions:\n  - {rule: misspelled-case, policy: MFA, reason: written so by a tool}\n";
    for (args, config, expected) in [
        (&["--only", "misspelled-case"][..], String::new(), &case),
        (&["--skip", "misspelled-case"], String::new(), &copies),
        (&["--only", "unsorted-list"], String::new(), &sorted),
        (&["--only", "block-everyone"], String::new(), &text),
        (&[], config("misspelled-case: off"), &copies),
        (&[], excused.to_owned(), &copies),
        (&[], config("repeated-entry: error"), &copies.replace("\"all\"", "\"All\"")),
        (&["--skip", "repeated-entry"], config("unsorted-list: note"), &sorted.replace("\"all\"", "\"All\"")),
    ] {
        let folder = folder(&[("a.json", &text), ("calint.yaml", &config)]);
        run(folder.path(), &[&["--fix"], args].concat());
        assert_eq!(&read(folder.path(), "a.json"), expected, "{args:?} {config}");
    }
}

#[test]
fn fixes_make_room_for_each_other() {
    let text = json(&format!(r#""includeUsers": ["All", "all"], "excludeGroups": ["{A}", "{B}", "{A}"]"#));
    let folder = folder(&[("a.json", &text)]);
    let (out, _, _) = run(
        folder.path(),
        &["--fix", "--format", "concise", "--only", "misspelled-case,repeated-entry,unsorted-list"],
    );
    assert!(out.ends_with("no findings, 3 fixed\n"), "{out}");
    let expected = json(&format!(r#""includeUsers": ["All"], "excludeGroups": ["{B}", "{A}"]"#));
    assert_eq!(read(folder.path(), "a.json"), expected);
}

#[test]
fn encoding_line_ends_and_permissions_stay() {
    let text = json(&format!("\"includeUsers\": [\"all\"], \"excludeGroups\": [\n  \"{A}\",\n  \"{A}\"\n]"))
        .replace('\n', "\r\n")
        .replace("MFA", "Zürich 🔑");
    let expected = text.replace("\"all\"", "\"All\"").replace(&format!(",\r\n  \"{A}\"\r\n]"), "\r\n]");
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    type Encode<'e> = &'e dyn Fn(&str) -> Vec<u8>;
    let encodings: [Encode<'_>; 4] = [
        &|text| text.as_bytes().to_vec(),
        &|text| ["\u{feff}".as_bytes(), text.as_bytes()].concat(),
        &|text| utf16(text, false),
        &|text| utf16(text, true),
    ];
    for encode in encodings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, encode(&text)).unwrap();
        run(folder.path(), &["--fix"]);
        assert_eq!(fs::read(&path).unwrap(), encode(&expected));
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["a.json"], "nothing is left behind");
    }
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("real/a.json", &json(r#""includeUsers": ["all"]"#))]);
    let real = folder.path().join("real/a.json");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink("real/a.json", &link).unwrap();
    run(folder.path(), &["--fix", "link.json"]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(read(folder.path(), "real/a.json").contains("\"All\"]"));
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn standard_input_comes_back_fixed() {
    let text = blocking(r#""includeUsers": ["all"]"#);
    for (name, args, text, expected) in [
        ("a.json", &["--fix"][..], text.clone(), text.replace("[\"all\"]", "[\"All\"]")),
        ("a.json", &["--fix", "--skip", "misspelled-case"], text.clone(), text.clone()),
        (
            "<stdin>",
            &["--fix"],
            format!("\u{feff}{text}"),
            format!("\u{feff}{}", text.replace("[\"all\"]", "[\"All\"]")),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = calint(folder.path());
        command.args(["-", "--stdin-filename", name, "--format", "concise"]).args(args);
        let (out, err, code) = ran(fed(&mut command, text.as_bytes()));
        assert_eq!(out, expected);
        assert!(err.starts_with(&format!("{name}:8:")) && err.contains("block-everyone"), "{err}");
        assert_eq!(code, Some(1));
    }
}

#[test]
fn programs_are_told_the_edits() {
    let folder = folder(&[("a.json", &blocking(r#""includeUsers": ["all", "All"]"#))]);
    let (out, _, _) = run(folder.path(), &["--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let fix = |rule: &str| {
        let finding = findings.iter().find(|finding| finding["rule"] == rule).unwrap();
        finding.get("fix").cloned()
    };
    let case = fix("misspelled-case").unwrap();
    assert_eq!(case["title"], "write values in the case that Microsoft Graph documents");
    let edit = &case["edits"][0];
    assert_eq!(edit["replacement"], "All");
    assert_eq!(edit["location"]["start"]["line"], 5);
    assert_eq!(edit["location"]["path"], "a.json");
    let copies = fix("repeated-entry").unwrap();
    assert_eq!(copies["edits"][0]["replacement"], "");
    assert_eq!(fix("block-everyone"), None, "a suggestion is no fix");
}

/// A policy in Terraform with a list of excluded groups and a list of client apps, and what stands beside it.
fn terraform(groups: &str, clients: &str, beside: &str) -> String {
    format!(
        r#"resource "azuread_conditional_access_policy" "mfa" {{
  display_name = "MFA"
  state        = "enabled"

  conditions {{
    client_app_types = {clients}
    applications {{
      included_applications = ["All"]
    }}
    users {{
      included_users  = ["All"]
      excluded_groups = {groups}
    }}
  }}

  grant_controls {{
    operator          = "OR"
    built_in_controls = ["mfa"]
  }}
}}
{beside}"#
    )
}

#[test]
fn lists_stay_well_formed_in_every_notation() {
    let groups = |text: &str| json(&format!("\"includeUsers\": [\"All\"], \"excludeGroups\": {text}"));
    for (before, after) in [
        (format!("[\"{A}\", \"{A}\"]"), format!("[\"{A}\"]")),
        (format!("[\n\"{A}\",\n\"{A}\",\n\"{B}\"]"), format!("[\n\"{A}\",\n\"{B}\"]")),
        (
            format!("[\n  \"{A}\", // one\n  \"{B}\", /* two */\n  \"{A}\",\n  \"{C}\"\n]"),
            format!("[\n  \"{A}\", // one\n  \"{B}\", /* two */\n  \"{C}\"\n]"),
        ),
    ] {
        let after = fixed("a.jsonc", &groups(&before)).replace(&groups(&after), "as expected");
        assert_eq!(after, "as expected", "{before}");
    }
    let yaml = |list: &str| {
        format!(
            "# MFA\ndisplayName: MFA\nstate: enabled\nconditions:\n  users:\n    includeUsers: [All]\n    \
             excludeGroups:{list}\n  applications: {{includeApplications: [All]}}\ngrantControls:\n  operator: OR\n  \
             builtInControls:\n  - mfa\n"
        )
    };
    for (before, after) in [
        (format!(" [{A}, {A}]"), format!(" [{A}]")),
        (format!("\n    - {A} # one\n    - '{A}'\n    - {B}"), format!("\n    - {A} # one\n    - {B}")),
        (format!("\n    - {A}\n    - {B}\n    -   \"{A}\""), format!("\n    - {A}\n    - {B}")),
    ] {
        assert_eq!(fixed("a.yaml", &yaml(&before)), yaml(&after));
    }
    for (before, after) in [
        (format!("[\"{A}\", \"{A}\"]"), format!("[\"{A}\"]")),
        (
            format!("[\n        \"{A}\", # one\n        \"{A}\",\n        var.x,\n      ]"),
            format!("[\n        \"{A}\", # one\n        var.x,\n      ]"),
        ),
    ] {
        let whole = |groups: &str| terraform(groups, "[\"ALL\"]", "").replace("[\"ALL\"]", "[\"all\"]");
        assert_eq!(fixed("main.tf", &terraform(&before, "[\"ALL\"]", "")), whole(&after));
    }
    let dsc = |groups: &str| {
        format!(
            "AADConditionalAccessPolicy x {{\n  DisplayName = \"A\"\n  State = \"enabled\"\n  IncludeUsers = \
             @(\"All\")\n  ExcludeGroups = {groups}\n  IncludeApplications = @(\"All\")\n  BuiltInControls = \
             @(\"Mfa\")\n}}\n"
        )
    };
    assert_eq!(fixed("a.ps1", &dsc("@(\"One\", \"Two\", \"One\")")), dsc("@(\"One\", \"Two\")"));
}

#[test]
fn where_an_edit_is_not_safe_there_is_none() {
    let in_text = serde_json::to_string(&json(r#""includeUsers": ["all", "All"]"#)).unwrap();
    let plan = format!(
        r#"{{"format_version": "1.2", "planned_values": {{"root_module": {{"resources": [{{
            "address": "azuread_conditional_access_policy.x", "mode": "managed",
            "type": "azuread_conditional_access_policy", "name": "x", "values": {{"display_name": "X",
            "state": "enabled", "conditions": [{{"client_app_types": ["ALL"],
            "applications": [{{"included_applications": ["All"]}}],
            "users": [{{"included_users": ["All"], "excluded_groups": ["{A}", "{A}"]}}]}}],
            "grant_controls": [{{"operator": "OR", "built_in_controls": ["mfa"]}}]}}}}]}}}}}}"#
    );
    let alias = format!(
        "everyone: &all all\ngroup: &group {A}\npolicy:\n  displayName: MFA\n  state: enabled\n  conditions:\n    \
         users:\n      includeUsers: [*all]\n      excludeGroups: [*group, *group]\n    applications: \
         {{includeApplications: [*all]}}\n  grantControls: {{operator: OR, builtInControls: [mfa]}}\n"
    );
    let locals = terraform(
        "local.groups",
        "[local.clients, var.client]",
        &format!(
            "locals {{\n  groups  = [\"{A}\", \"{A}\"]\n  clients = \"ALL\"\n}}\nvariable \"client\" {{\n  default = \
             \"Browser\"\n}}\n"
        ),
    );
    let concatenated = terraform(&format!("concat([\"{A}\"], [\"{A}\"])"), "[\"${\"ALL\"}\"]", "");
    let mixed = terraform(
        &format!("[local.group, \"{A}\"]"),
        "[\"all\"]",
        &format!("locals {{\n  group = \"{A}\"\n}}\n"),
    );
    let commented = format!(
        "displayName: MFA\nstate: enabled\nconditions:\n  users:\n    includeUsers: [All]\n    excludeGroups:\n    \
         - {A} # one\n    - {A} # two\n  applications: {{includeApplications: [All]}}\ngrantControls: {{operator: OR, \
         builtInControls: [mfa]}}\n"
    );
    for (name, text) in [
        ("text.json", format!("{{\"details\": {in_text}}}")),
        (
            "text.yaml",
            format!("details: '{}'\n", json(r#""includeUsers": ["all", "All"]"#).replace('\n', " ")),
        ),
        ("plan.json", plan),
        ("alias.yaml", alias),
        ("main.tf", locals),
        ("main.tf", concatenated),
        ("main.tf", mixed),
        ("comments.yaml", commented),
    ] {
        let folder = folder(&[(name, &text)]);
        let (out, err, _) =
            run(folder.path(), &["--only", "misspelled-case,repeated-entry", "--format", "concise"]);
        assert!(out.contains("note:") && !out.contains("fixable"), "{name}: {out}{err}");
        run(folder.path(), &["--fix"]);
        assert_eq!(read(folder.path(), name), text, "{name}");
    }
}

#[test]
fn what_several_instances_share_is_fixed_once() {
    let text = terraform(&format!("[\"{A}\", each.value, \"{A}\"]"), "[\"Browser\"]", "")
        .replacen("{\n", "{\n  for_each     = toset([\"x\", \"y\"])\n", 1)
        .replace("\"MFA\"", "\"MFA ${each.key}\"");
    let expected = text.replace("\"Browser\"", "\"browser\"").replace(&format!(", \"{A}\"]"), "]");
    assert_eq!(fixed("main.tf", &text), expected);
}

#[test]
fn a_called_module_is_fixed_where_it_is_written() {
    let module = terraform("var.groups", "[\"ALL\"]", "variable \"groups\" {\n  type = list(string)\n}\n");
    let caller = format!("module \"mfa\" {{\n  source = \"./mfa\"\n  groups = [\"{A}\", \"{A}\"]\n}}\n");
    let folder = folder(&[("main.tf", &caller), ("mfa/main.tf", &module)]);
    run(folder.path(), &["--fix"]);
    assert_eq!(read(folder.path(), "main.tf"), caller, "an argument is left alone");
    assert_eq!(read(folder.path(), "mfa/main.tf"), module.replace("[\"ALL\"]", "[\"all\"]"));
}

#[test]
fn members_of_the_service_go_from_a_file_of_one_policy() {
    let own = "\"id\": \"5f0d7a1c-93b2-4c8e-a6b4-2d1e0c9f8a77\",\n  \"templateId\": null,\n  ";
    let text = json(r#""includeUsers": ["All"]"#);
    let annotated =
        text.replace("[\"mfa\"] }", "[\"mfa\"], \"authenticationStrength@odata.context\": \"x\" }");
    let export = annotated
        .replacen("{\n  ", &format!("{{\n  {own}"), 1)
        .replacen("\n}\n", ",\n  \"createdDateTime\": \"2026-01-01T00:00:00Z\",\n  \"@odata.type\": \"t\",\n  \"modifiedDateTime\": null\n}\n", 1);
    let expected = text.replacen("\n}\n", ",\n  \"@odata.type\": \"t\"\n}\n", 1);
    let args = ["--fix", "--only", "read-only-member", "--format", "concise"];
    let alone = folder(&[("a.json", &export)]);
    let (out, err, code) = run(alone.path(), &args);
    assert_eq!((out.as_str(), err.as_str(), code), ("1 file, 1 policy, no findings, 1 fixed\n", "", Some(0)));
    assert_eq!(read(alone.path(), "a.json"), expected);
    let yaml = "---\n# MFA\nid: x\ndisplayName: MFA\ntemplateId: null\nstate: enabled\nconditions:\n  users: \
                {includeUsers: [All]}\n  applications: {includeApplications: [All]}\ngrantControls: {operator: OR, \
                builtInControls: [mfa]}\ncreatedDateTime: 2026-01-01\n";
    let expected = yaml
        .replace("id: x\n", "")
        .replace("templateId: null\n", "")
        .replace("createdDateTime: 2026-01-01\n", "");
    let alone = folder(&[("a.yaml", yaml)]);
    run(alone.path(), &args);
    // A comment above a member may be about it.
    assert_eq!(read(alone.path(), "a.yaml"), expected.replace("# MFA\n", "# MFA\nid: x\n"));
    for text in
        [format!("[{export}]"), format!("{{\"value\": [{export}]}}"), format!("{{\"MFA\": {export}}}")]
    {
        let folder = folder(&[("a.json", &text)]);
        let (out, _, _) = run(folder.path(), &args);
        assert!(
            out.contains("policy has members that only the service writes") && out.contains("0 fixed"),
            "{out}"
        );
        assert_eq!(read(folder.path(), "a.json"), text);
    }
    let untouched = folder(&[("a.json", &export)]);
    run(untouched.path(), &["--fix"]);
    assert_eq!(read(untouched.path(), "a.json"), export, "only on request");
}

// Generated policies.

/// A small generator of numbers that is the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A text in some case.
    fn cased(&mut self, text: &str) -> String {
        match self.below(4) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => text
                .chars()
                .map(|letter| if self.chance() { letter.to_ascii_uppercase() } else { letter })
                .collect(),
            _ => text.to_owned(),
        }
    }

    /// Some of some words, each in some case, some more than once.
    fn some(&mut self, words: &[&str]) -> Vec<String> {
        let count = 1 + self.below(words.len() + 2);
        (0..count)
            .map(|_| {
                let word = words[self.below(words.len())];
                self.cased(word)
            })
            .collect()
    }
}

/// A policy by its lists and words.
struct Generated {
    state: String,
    operator: String,
    /// Lists by their member in Microsoft Graph.
    lists: [Vec<String>; 5],
}

const LISTS: [(&str, &str, &[&str]); 5] = [
    ("includeUsers", "included_users", &["All", "GuestsOrExternalUsers"]),
    ("excludeGroups", "excluded_groups", &[A, B, C]),
    ("includeApplications", "included_applications", &["All", "Office365", "MicrosoftAdminPortals"]),
    ("clientAppTypes", "client_app_types", &["all", "browser", "mobileAppsAndDesktopClients"]),
    ("builtInControls", "built_in_controls", &["mfa", "compliantDevice", "domainJoinedDevice"]),
];

fn generated(random: &mut Random) -> Generated {
    Generated {
        state: random.cased("enabledForReportingButNotEnforced"),
        operator: random.cased("OR"),
        lists: LISTS.map(|(_, _, words)| random.some(words)),
    }
}

/// How a list is written.
struct Style {
    open: &'static str,
    close: &'static str,
    /// What a comment starts with, where there are any.
    comment: Option<&'static str>,
    trailing_comma: bool,
}

fn list(items: &[String], style: &Style, random: &mut Random) -> String {
    let quoted: Vec<_> = items.iter().map(|item| format!("\"{item}\"")).collect();
    if random.chance() {
        let separator = if random.chance() { ", " } else { "," };
        return format!("{}{}{}", style.open, quoted.join(separator), style.close);
    }
    let mut text = format!("{}\n", style.open);
    for (at, item) in quoted.iter().enumerate() {
        let comma = if at + 1 < quoted.len() || style.trailing_comma { "," } else { "" };
        let comment = style.comment.filter(|_| random.below(4) == 0).map(|mark| format!(" {mark} note"));
        writeln!(text, "      {item}{comma}{}", comment.unwrap_or_default()).unwrap();
    }
    text + "    " + style.close
}

fn as_json(policy: &Generated, comment: Option<&'static str>, random: &mut Random) -> String {
    let style = Style { open: "[", close: "]", comment, trailing_comma: false };
    let [users, groups, apps, clients, controls] =
        policy.lists.each_ref().map(|items| list(items, &style, random));
    format!(
        "{{\n  \"displayName\": \"MFA\",\n  \"state\": \"{}\",\n  \"conditions\": {{\n    \"clientAppTypes\": {clients},\n    \
         \"users\": {{\"includeUsers\": {users}, \"excludeGroups\": {groups}}},\n    \"applications\": \
         {{\"includeApplications\": {apps}}}\n  }},\n  \"grantControls\": {{\"builtInControls\": {controls}, \"operator\": \
         \"{}\"}}\n}}\n",
        policy.state, policy.operator
    )
}

fn as_yaml(policy: &Generated, random: &mut Random) -> String {
    let quotes = ["", "'", "\""];
    let [users, groups, apps, clients, controls] = policy.lists.each_ref().map(|items| {
        let items: Vec<_> = items
            .iter()
            .map(|item| {
                let quote = quotes[random.below(3)];
                format!("{quote}{item}{quote}")
            })
            .collect();
        if random.chance() {
            return format!(" [{}]", items.join(", "));
        }
        items.iter().fold(String::new(), |text, item| {
            let comment = if random.below(5) == 0 { " # note" } else { "" };
            text + "\n      - " + item + comment
        })
    });
    format!(
        "displayName: MFA\nstate: {}\nconditions:\n    clientAppTypes:{clients}\n    users:\n      includeUsers:{users}\n      \
         excludeGroups:{groups}\n    applications:\n      includeApplications:{apps}\ngrantControls:\n    operator: {}\n    \
         builtInControls:{controls}\n",
        policy.state, policy.operator
    )
}

fn as_terraform(policy: &Generated, random: &mut Random) -> String {
    let comment = ["#", "//"][random.below(2)];
    let style = Style { open: "[", close: "]", comment: Some(comment), trailing_comma: random.chance() };
    let [users, groups, apps, clients, controls] =
        policy.lists.each_ref().map(|items| list(items, &style, random));
    format!(
        "resource \"azuread_conditional_access_policy\" \"x\" {{\n  display_name = \"MFA\"\n  state = \"{}\"\n  conditions \
         {{\n    client_app_types = {clients}\n    users {{\n      included_users = {users}\n      excluded_groups = \
         {groups}\n    }}\n    applications {{\n      included_applications = {apps}\n    }}\n  }}\n  grant_controls {{\n    \
         operator = \"{}\"\n    built_in_controls = {controls}\n  }}\n}}\n",
        policy.state, policy.operator
    )
}

/// The model of a file, as a set of values, so that neither order nor copies count.
fn model(folder: &Path, name: &str) -> Value {
    let (out, err, code) = run(folder, &["model", "--format", "json", name]);
    assert_eq!(code, Some(0), "{name}: {err}");
    let mut model: Value = serde_json::from_str(&out).unwrap();
    as_sets(model.get_mut("policies").unwrap().get_mut(0).unwrap());
    model
}

fn as_sets(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.sort_by_key(Value::to_string);
            items.dedup();
        }
        Value::Object(members) => members.values_mut().for_each(as_sets),
        _ => {}
    }
}

const EACH: usize = 40;

#[test]
fn fixing_keeps_what_policies_do_and_is_done_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(7);
    let mut names = Vec::new();
    for number in 0..EACH {
        let policy = generated(&mut random);
        for (name, text) in [
            (format!("{number}/a.json"), as_json(&policy, None, &mut random)),
            (format!("{number}/b.jsonc"), as_json(&policy, Some("//"), &mut random)),
            (format!("{number}/c.yaml"), as_yaml(&policy, &mut random)),
            (format!("{number}/main.tf"), as_terraform(&policy, &mut random)),
        ] {
            let path = folder.path().join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            names.push(name);
        }
    }
    let before: Vec<_> =
        names.iter().map(|name| (read(folder.path(), name), model(folder.path(), name))).collect();
    let only = ["--only", "misspelled-case,repeated-entry", "--format", "concise"];
    let (out, err, _) = run(folder.path(), &[&["--fix"], &only[..]].concat());
    assert_eq!(err, "", "no fix is refused");
    let mut changed = 0;
    for (name, (text, model_before)) in names.iter().zip(&before) {
        assert_eq!(&model(folder.path(), name), model_before, "{name}: {text}");
        changed += usize::from(&read(folder.path(), name) != text);
        let is_clean = !out.lines().any(|line| line.starts_with(&format!("{name}:")));
        let has_comments = ["# note", "// note"].iter().any(|note| text.contains(note));
        assert!(is_clean || has_comments, "{name} is not fixed: {}", read(folder.path(), name));
    }
    assert!(changed > EACH * 3, "most of them had something to fix");
    let again = run(folder.path(), &[&["--diff"], &only[..2]].concat());
    assert_eq!(again, (String::new(), String::new(), Some(0)));
}
