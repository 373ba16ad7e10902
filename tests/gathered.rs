//! One placeholder in many policies is one finding, and excusing one policy does not hide the others.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::finding::Level;
use common::{calint, folder, ran};
use serde_json::Value;

const RULE: &str = "exclusion-that-excludes-nobody";

fn policy(name: &str, state: &str, groups: &str) -> String {
    format!(
        "displayName: {name}
state: {state}
conditions:
  users:
    includeUsers: [All]
    excludeGroups: [{groups}]
  applications: {{includeApplications: [All]}}
grantControls: {{operator: OR, builtInControls: [mfa]}}
"
    )
}

fn check(files: &[(&str, &str)]) -> Outcome {
    let folder = folder(files);
    let paths = vec![folder.path().to_path_buf()];
    let options = Options { paths, config: ConfigChoice::Nearest, ..common::options() };
    engine::run(&options).unwrap_or_else(|failure| panic!("{:?}", failure.problems))
}

/// What was found: the policy it is about, its level, and what is said at the places of others.
fn found(outcome: &Outcome) -> Vec<(&str, Level, Vec<&str>)> {
    outcome
        .findings
        .iter()
        .filter(|finding| finding.rule.as_str() == RULE)
        .map(|finding| {
            let related = finding.related.iter().map(|label| label.message.as_str()).collect();
            let policy = finding.policy.as_ref().and_then(|policy| policy.name.as_deref()).unwrap();
            (policy, finding.level, related)
        })
        .collect()
}

fn exception(policy: &str) -> String {
    format!("  - {{rule: {RULE}, policy: {policy}, reason: the pipeline fills it in}}\n")
}

#[test]
fn one_text_in_several_policies_is_one_finding() {
    let (a, b) = (policy("A", "enabled", "<leavers>"), policy("B", "enabled", "<leavers>"));
    let outcome = check(&[("a.yaml", &a), ("b.yaml", &b)]);
    assert_eq!(found(&outcome), [("A", Level::Warn, vec!["`B`: here too"])]);
}

#[test]
fn two_texts_are_two_findings() {
    let a = policy("A", "enabled", "<leavers>, <guests>");
    let (b, c) = (policy("B", "enabled", "<guests>"), policy("C", "enabled", "<others>"));
    let outcome = check(&[("a.yaml", &a), ("b.yaml", &b), ("c.yaml", &c)]);
    let expected =
        [("A", Level::Warn, vec![]), ("A", Level::Warn, vec!["`B`: here too"]), ("C", Level::Warn, vec![])];
    assert_eq!(found(&outcome), expected);
}

#[test]
fn a_text_that_stands_twice_in_one_policy_is_marked_twice() {
    let a = policy("A", "enabled", "<leavers>, <leavers>");
    let outcome = check(&[("a.yaml", &a)]);
    assert_eq!(found(&outcome), [("A", Level::Warn, vec![])]);
    let own = outcome.findings.iter().find(|finding| finding.rule.as_str() == RULE).unwrap();
    assert_eq!(own.all_labels().count(), 2);
}

#[test]
fn the_gravest_comes_first() {
    let a = policy("A", "enabledForReportingButNotEnforced", "<leavers>");
    let b = policy("B", "enabled", "<leavers>");
    let outcome = check(&[("a.yaml", &a), ("b.yaml", &b)]);
    assert_eq!(found(&outcome), [("B", Level::Warn, vec!["`A`: here too"])]);
}

#[test]
fn excusing_one_policy_leaves_the_others() {
    let [a, b, c] = ["A", "B", "C"].map(|name| policy(name, "enabled", "<leavers>"));
    let policies = [("a.yaml", &*a), ("b.yaml", &*b), ("c.yaml", &*c)];
    let with = |excused: &[&str]| {
        let list: String = excused.iter().map(|name| exception(name)).collect();
        let config = format!("exceptions:\n{list}");
        check(&[&policies[..], &[("calint.yaml", &config)]].concat())
    };
    let outcome = with(&["A"]);
    assert_eq!(found(&outcome), [("B", Level::Warn, vec!["`C`: here too"])]);
    assert_eq!(outcome.suppressed, 1);
    let outcome = with(&["B"]);
    assert_eq!(found(&outcome), [("A", Level::Warn, vec!["`C`: here too"])]);
    let outcome = with(&["A", "B", "C"]);
    assert_eq!(found(&outcome), []);
    assert_eq!(outcome.suppressed, 3);
    assert!(!common::rules(&outcome).contains(&"unused-exception"), "each of them excuses something");
}

#[test]
fn a_comment_excuses_its_own_policy() {
    let a = policy("A", "enabled", "<leavers>");
    let b =
        format!("# calint: allow({RULE}) the pipeline fills it in\n{}", policy("B", "enabled", "<leavers>"));
    let outcome = check(&[("a.yaml", &a), ("b.yaml", &b)]);
    assert_eq!(found(&outcome), [("A", Level::Warn, vec![])]);
    assert_eq!(outcome.suppressed, 1);
}

#[test]
fn tenants_are_told_apart() {
    let (a, b) = (policy("A", "enabled", "<leavers>"), policy("B", "enabled", "<leavers>"));
    let outcome = check(&[
        ("one/calint.yaml", "rules: {}\n"),
        ("one/a.yaml", &a),
        ("two/calint.yaml", "rules: {}\n"),
        ("two/b.yaml", &b),
    ]);
    assert_eq!(found(&outcome), [("A", Level::Warn, vec![]), ("B", Level::Warn, vec![])]);
}

#[test]
fn instances_of_one_block_are_one_place() {
    let text = r#"
resource "azuread_conditional_access_policy" "mfa" {
  for_each     = toset(["A", "B"])
  display_name = each.key
  state        = "enabled"
  conditions {
    client_app_types = ["all"]
    applications { included_applications = ["All"] }
    users {
      included_users  = ["All"]
      excluded_groups = ["<leavers>"]
    }
  }
  grant_controls {
    operator          = "OR"
    built_in_controls = ["mfa"]
  }
}
"#;
    assert_eq!(found(&check(&[("main.tf", text)])), [("A", Level::Warn, vec![])]);
}

#[test]
fn reports_say_how_often() {
    let texts: Vec<_> = (1..=6).map(|at| policy(&format!("P{at}"), "enabled", "<leavers>")).collect();
    let names: Vec<_> = (1..=6).map(|at| format!("p{at}.yaml")).collect();
    let files: Vec<_> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    let folder = folder(&files);
    let report = |format| {
        let args = ["--only", RULE, "--format", format];
        ran(calint(folder.path()).args(args).output().unwrap()).0
    };
    assert!(report("concise").contains("stand for nobody (and 5 more places) ["), "{}", report("concise"));
    assert!(report("github").contains("stand for nobody (and 5 more places)"));
    let pretty = report("pretty");
    assert!(pretty.contains("`P4`: here too") && !pretty.contains("`P5`"), "{pretty}");
    assert!(pretty.contains("  also: in 2 more files\n"), "{pretty}");
    let json: Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    assert_eq!(json["findings"][0]["related"].as_array().unwrap().len(), 5);
}

#[test]
fn a_finding_keeps_its_name_when_the_first_policy_is_excused() {
    let (a, b) = (policy("A", "enabled", "<leavers>"), policy("B", "enabled", "<leavers>"));
    let config = format!("exceptions:\n{}", exception("A"));
    let fingerprint = |files: &[(&str, &str)]| {
        let folder = folder(files);
        let args = ["--only", RULE, "--format", "json"];
        let report: Value =
            serde_json::from_str(&ran(calint(folder.path()).args(args).output().unwrap()).0).unwrap();
        report["findings"][0]["fingerprint"].clone()
    };
    let whole = fingerprint(&[("a.yaml", &a), ("b.yaml", &b)]);
    assert!(whole.is_string());
    assert_eq!(whole, fingerprint(&[("a.yaml", &a), ("b.yaml", &b), ("calint.yaml", &config)]));
}
