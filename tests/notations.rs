//! What each notation says: modules of Terraform and what is known of their expressions, plans and states,
//! desired-state configurations, the shapes of other tools, and files that hold no policy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::path::Path;

use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::finding::{Certainty, Finding, Level};
use calint::policy::{App, AppToken, Given, List, Policy, PolicySet, Principal, UserToken};
use common::{calint, ran};
use serde_json::{Value, json};
use tempfile::TempDir;

const A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const B: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const C: &str = "cccccccc-0000-4000-8000-000000000003";

/// Ids in double quotes, as the fixtures here write them for short.
const SHORT: [(&str, &str); 3] = [("'a'", A), ("'b'", B), ("'c'", C)];

/// A text with its ids written out.
fn long(text: &str) -> String {
    SHORT.iter().fold(text.to_owned(), |text, (short, id)| text.replace(short, &format!("\"{id}\"")))
}

/// A text with its ids written for short.
fn short(text: &str) -> String {
    SHORT.iter().fold(text.to_owned(), |text, (short, id)| text.replace(&format!("\"{id}\""), short))
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, long(text)).unwrap();
    }
    folder
}

fn options(path: &Path) -> Options {
    Options { paths: vec![path.to_path_buf()], config: ConfigChoice::Nearest, ..common::options() }
}

fn check(files: &[(&str, &str)]) -> Outcome {
    engine::run(&options(folder(files).path())).expect("the configuration is good")
}

/// The policies of a folder as the rules see them.
fn read(files: &[(&str, &str)]) -> PolicySet {
    let mut outcome = Outcome::default();
    let tenants = engine::read(&options(folder(files).path()), &mut outcome);
    let mut tenants = tenants.expect("the configuration is good");
    assert!(tenants.len() <= 1, "one folder is one tenant");
    tenants.pop().map(|tenant| tenant.set).unwrap_or_default()
}

fn names(set: &PolicySet) -> Vec<&str> {
    set.policies.iter().map(Policy::title).collect()
}

/// The entries of a list, sorted: ids by their letter, names as they are, and what is not known behind a `?`.
fn entries(list: &List<Principal>) -> String {
    let mut entries: Vec<String> = list
        .items
        .iter()
        .map(|item| match &item.value {
            Given::Known(Principal::Id(id)) => id[..1].to_owned(),
            Given::Known(Principal::Name(name)) => name.clone(),
            Given::Known(Principal::Token(token)) => format!("{token:?}"),
            Given::Unresolved(what) => format!("?{}", short(&what.text)),
        })
        .chain(list.open.iter().map(|open| format!("?{}", short(&open.value.text))))
        .collect();
    entries.sort();
    entries.join(" ")
}

/// A policy that blocks all users but some groups from all apps.
fn block(name: &str, excluded: &str) -> String {
    block_with(name, &format!("excluded_groups = {excluded}"), "")
}

/// The same with more arguments for its users and its conditions.
fn block_with(name: &str, users: &str, conditions: &str) -> String {
    format!(
        r#"
resource "azuread_conditional_access_policy" "{name}" {{
  display_name = "{name}"
  state        = "enabled"
  conditions {{
    client_app_types = ["all"]
    applications {{
      included_applications = ["All"]
    }}
    users {{
      included_users = ["All"]
      {users}
    }}
    {conditions}
  }}
  grant_controls {{
    operator          = "OR"
    built_in_controls = ["block"]
  }}
}}
"#
    )
}

/// A policy in Microsoft Graph's JSON that blocks all users from all apps.
fn graph(name: &str) -> Value {
    json!({
        "displayName": name,
        "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    })
}

fn of<'o>(outcome: &'o Outcome, rule: &str) -> Vec<&'o Finding> {
    outcome.findings.iter().filter(|finding| finding.rule.as_str() == rule).collect()
}

fn levels(outcome: &Outcome, rule: &str) -> Vec<(Level, Certainty)> {
    of(outcome, rule).iter().map(|finding| (finding.level, finding.certainty)).collect()
}

/// The texts at all places of a finding.
fn places<'o>(outcome: &'o Outcome, finding: &Finding) -> Vec<&'o str> {
    finding.all_labels().map(|label| outcome.sources.slice(label.span)).collect()
}

const UNDECIDED: (Level, Certainty) = (Level::Warn, Certainty::Unverified);
const DECIDED: (Level, Certainty) = (Level::Error, Certainty::Certain);

/// Nothing in these files is a policy, and that is no fault.
#[track_caller]
fn assert_no_policy(files: &[(&str, &str)]) {
    let outcome = check(files);
    assert_eq!((outcome.policies, outcome.unreadable), (0, 0), "{files:?}");
    assert!(outcome.findings.is_empty(), "{files:?}: {:?}", common::verdicts(&outcome));
}

mod terraform {
    use super::*;

    const DECLARATIONS: &str = r#"
locals {
  one     = 'a'
  groups  = ['a', 'b']
  chained = local.groups
  nested  = { list = ['a'], "two" = 'b', three = { four = ['c'] } }
  empty   = ""
  round   = local.about
  about   = local.round
}
variable "defaulted" {
  default = ['b']
}
variable "unknown" {
  type = list(string)
}
variable "flag" {
  type = bool
}
variable "on" {
  default = true
}
variable "named" {
  default = { x = 'a', y = 'b' }
}
"#;

    /// An expression in the place of a list of groups, and the entries of the list.
    const EXPRESSIONS: &[(&str, &str)] = &[
        ("['a']", "a"),
        ("[]", ""),
        ("null", ""),
        ("local.groups", "a b"),
        ("local.chained", "a b"),
        ("[local.one]", "a"),
        ("[local.groups[1]]", "b"),
        ("[local.groups.0]", "a"),
        ("local.nested.list", "a"),
        ("[local.nested[\"two\"]]", "b"),
        ("local.nested.three.four", "c"),
        ("[\"${local.one}\"]", "a"),
        ("[\"aaaaaaaa-${\"0000\"}-4000-8000-000000000001\"]", "a"),
        ("var.defaulted", "b"),
        ("values(var.named)", "a b"),
        ("[var.named.x]", "a"),
        // Conditions.
        ("var.on ? ['a'] : ['b']", "a"),
        ("!var.on ? ['a'] : ['b']", "b"),
        ("var.on == true ? ['a'] : ['b']", "a"),
        ("var.on && false ? ['a'] : ['b']", "b"),
        ("var.on || var.flag ? ['a'] : ['b']", "a"),
        ("var.flag && false ? ['a'] : ['b']", "b"),
        ("length(local.groups) > 1 ? ['a'] : ['b']", "a"),
        ("local.empty == \"\" ? ['a'] : ['b']", "a"),
        ("local.one != 'a' ? ['a'] : ['b']", "b"),
        ("contains(local.groups, 'c') ? ['a'] : ['b']", "b"),
        ("var.flag ? ['a'] : ['a']", "a"),
        ("var.flag ? ['a'] : ['b']", "?"),
        ("var.on && var.flag ? ['a'] : []", "?"),
        ("length(var.unknown) > 0 ? ['a'] : []", "?"),
        // Functions.
        ("concat(local.groups, ['c'])", "a b c"),
        ("concat(['a'], var.unknown)", "?var.unknown a"),
        ("setunion(['a'], ['a', 'b'])", "a a b"),
        ("toset(['b', 'a', 'b'])", "a b"),
        ("tolist(local.groups)", "a b"),
        ("distinct(['a', 'a'])", "a"),
        ("reverse(local.groups)", "a b"),
        ("flatten([['a'], [['b'], 'c']])", "a b c"),
        ("flatten([['a'], var.unknown])", "?var.unknown a"),
        ("compact(['a', \"\", null])", "a"),
        ("[coalesce(null, \"\", 'b', 'c')]", "b"),
        ("[coalesce(var.flag, 'b')]", "?coalesce(var.flag, 'b')"),
        ("coalescelist([], ['b'])", "b"),
        ("try(local.nested.absent, ['b'])", "b"),
        ("try(local.nested.list, ['b'])", "a"),
        ("try(var.unknown, ['a'])", "?"),
        ("can(local.nested.absent) ? ['a'] : ['b']", "b"),
        ("merge({ x = ['a'] }, { x = ['b'], y = [] }).x", "b"),
        ("merge({ x = ['a'] }, var.unknown).x", "?"),
        ("lookup({ x = ['a'] }, \"x\", ['b'])", "a"),
        ("lookup({ x = ['a'] }, \"z\", ['b'])", "b"),
        ("lookup(var.unknown, \"x\", ['b'])", "?"),
        ("[element(local.groups, 3)]", "b"),
        ("[one(['a'])]", "a"),
        ("[keys({ 'c' = 1 })[0]]", "c"),
        ("split(\",\", join(\",\", local.groups))", "a b"),
        ("[lower(upper('a'))]", "a"),
        ("[format(\"%s\", 'a')]", "a"),
        ("[trimprefix(replace(\"x/${local.one}\", \"x\", \"y\"), \"y/\")]", "a"),
        ("[for group in local.groups : group]", "a b"),
        ("[for group in local.groups : group if group != 'a']", "b"),
        ("[for name, group in var.named : group if name == \"y\"]", "b"),
        ("values({ for name, group in var.named : group => group })", "a b"),
        ("[for group in var.unknown : group]", "?"),
        // Files of the module.
        ("jsondecode(file(\"groups.json\"))", "a b"),
        ("jsondecode(file(\"${path.module}/groups.json\"))", "a b"),
        ("yamldecode(file(\"groups.yaml\")).emergency", "c"),
        ("jsondecode(file(\"absent.json\"))", "?"),
        ("[for f in fileset(path.module, \"groups/*.json\") : jsondecode(file(f)).id]", "a b"),
        ("jsondecode(jsonencode(['a']))", "a"),
        // Values of other resources.
        ("[azuread_group.bg.object_id]", "azuread_group.bg"),
        ("[azuread_group.bg.id]", "azuread_group.bg"),
        ("[azuread_group.bg[0].object_id]", "azuread_group.bg[0]"),
        ("[data.azuread_group.bg.object_id]", "data.azuread_group.bg"),
        ("[\"${azuread_group.bg.object_id}\"]", "azuread_group.bg"),
        ("azuread_group.bg[*].object_id", "?"),
        ("azuread_group.bg.members", "?"),
        ("data.azuread_groups.bg.object_ids", "?"),
        ("compact([azuread_group.bg.object_id, \"\"])", "azuread_group.bg"),
        ("[local.one, azuread_group.bg.object_id]", "a azuread_group.bg"),
        // What is not evaluated.
        ("var.unknown", "?"),
        ("['a', var.flag]", "?var.flag a"),
        ("var.undeclared", "?"),
        ("local.undeclared", "?"),
        ("[\"${var.flag}-x\"]", "?${var.flag}-x"),
        ("setproduct(['a'], ['b'])", "?"),
        ("provider::x::groups()", "?"),
    ];

    fn expressions_folder(expression: &str) -> Vec<(String, String)> {
        let own = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        vec![
            ("main.tf".to_owned(), block("p", expression)),
            own("variables.tf", DECLARATIONS),
            own("groups.json", "['a', 'b']"),
            own("groups.yaml", "emergency: ['c']\n"),
            own("groups/1.json", "{\"id\": 'a'}"),
            own("groups/2.json", "{\"id\": 'b'}"),
        ]
    }

    #[test]
    fn expressions_are_evaluated_as_far_as_they_are_known() {
        let mut wrong = Vec::new();
        for (expression, expected) in EXPRESSIONS {
            let files = expressions_folder(expression);
            let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let set = read(&files);
            let found = entries(&set.policies[0].users.exclude_groups);
            let expected = if *expected == "?" { format!("?{expression}") } else { (*expected).to_owned() };
            if found != expected {
                wrong.push(format!("{expression}\n  expected: {expected}\n  found:    {found}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
