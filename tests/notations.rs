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
use calint::policy::words::Word as _;
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

/// Names and texts of the files of a folder.
type Files<'f> = &'f [(&'f str, &'f str)];

fn folder(files: Files<'_>) -> TempDir {
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

fn check(files: Files<'_>) -> Outcome {
    engine::run(&options(folder(files).path())).expect("the configuration is good")
}

/// The policies of a folder as the rules see them.
fn read(files: Files<'_>) -> PolicySet {
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
            Given::Known(Principal::Id(id)) => id.chars().take(1).collect(),
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
fn assert_no_policy(files: Files<'_>) {
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

    #[test]
    fn a_group_is_the_same_in_every_file_of_a_module() {
        let bg = "[azuread_group.bg.object_id]";
        let (one, two) = (block("one", bg), block("two", bg));
        for (config, certainty) in [
            ("", Certainty::Likely),
            ("emergency-access: {groups: [azuread_group.bg]}", Certainty::Certain),
            ("emergency-access: {groups: [azuread_group.bg.object_id]}", Certainty::Certain),
        ] {
            let outcome = check(&[("calint.yaml", config), ("one.tf", &one), ("two.tf", &two)]);
            assert_eq!(levels(&outcome, "block-everyone"), [(Level::Error, certainty); 2], "{config}");
            assert!(of(&outcome, "missing-emergency-exclusion").is_empty(), "{config}");
        }
        let three = block("three", "[]");
        let outcome = check(&[("one.tf", &one), ("two.tf", &two), ("three.tf", &three)]);
        assert_eq!(levels(&outcome, "missing-emergency-exclusion"), [(Level::Warn, Certainty::Certain)]);
        let config = "emergency-access: {groups: [azuread_group.bg]}";
        let outcome = check(&[("calint.yaml", config), ("one.tf", &one), ("three.tf", &three)]);
        assert_eq!(levels(&outcome, "missing-emergency-exclusion"), [DECIDED]);
        let other = block("other", "[azuread_group.vip.object_id]");
        let outcome = check(&[("calint.yaml", config), ("other.tf", &other)]);
        assert_eq!(levels(&outcome, "block-everyone"), [(Level::Warn, Certainty::Certain)]);
    }

    #[test]
    fn an_unknown_exclusion_is_undecided_at_its_place() {
        for (users, place) in [
            ("excluded_groups = var.unknown", "var.unknown"),
            ("excluded_users = [var.unknown]", "var.unknown"),
            ("excluded_roles = [local.undeclared]", "local.undeclared"),
            ("excluded_groups = var.flag ? ['a'] : []", "var.flag ? ['a'] : []"),
            ("excluded_groups = concat([], var.unknown)", "concat([], var.unknown)"),
            ("excluded_groups = data.azuread_groups.bg.object_ids", "data.azuread_groups.bg.object_ids"),
            ("excluded_users = [\"${var.unknown}\"]", "\"${var.unknown}\""),
            ("excluded_groups = jsondecode(file(\"absent.json\"))", "jsondecode(file(\"absent.json\"))"),
        ] {
            let outcome = check(&[("main.tf", &block_with("p", users, ""))]);
            assert_eq!(levels(&outcome, "block-everyone"), [UNDECIDED], "{users}");
            assert!(of(&outcome, "missing-emergency-exclusion").is_empty(), "{users}");
            let places = places(&outcome, of(&outcome, "block-everyone")[0]);
            assert!(places.contains(&long(place).as_str()), "{users}: {places:?}");
        }
    }

    #[test]
    fn what_is_unknown_makes_no_error() {
        let known = block("p", "[]");
        for (argument, unknown) in [
            ("\"enabled\"", "var.state"),
            ("included_users = [\"All\"]", "included_users = var.users"),
            ("included_users = [\"All\"]", "included_users = [local.who]"),
            ("included_applications = [\"All\"]", "included_applications = var.apps"),
            ("built_in_controls = [\"block\"]", "built_in_controls = var.controls"),
            ("client_app_types = [\"all\"]", "client_app_types = var.clients"),
            ("client_app_types = [\"all\"]", "user_risk_levels = var.risk"),
            ("client_app_types = [\"all\"]", "dynamic \"locations\" {\nfor_each = var.some\ncontent {}\n}"),
            ("client_app_types = [\"all\"]", "platforms {\nincluded_platforms = var.platforms\n}"),
            ("client_app_types = [\"all\"]", "locations {\nincluded_locations = [var.place]\n}"),
        ] {
            let text = known.replace(argument, unknown);
            assert_ne!(text, known, "{argument}");
            let outcome = check(&[("main.tf", &text)]);
            assert_eq!((outcome.policies, outcome.unreadable), (1, 0), "{unknown}");
            let verdicts = common::verdicts(&outcome);
            assert!(
                outcome.findings.iter().all(|finding| finding.level > Level::Error),
                "{unknown}: {verdicts:?}"
            );
        }
    }

    #[test]
    fn the_last_file_gives_a_variable_its_value() {
        const NO_DEFAULT: &str = "variable \"g\" {}";
        const DEFAULT: &str = "variable \"g\" {\ndefault = ['a']\n}";
        let policy = block("p", "var.g");
        let cases: &[(&str, Files<'_>, &str)] = &[
            (NO_DEFAULT, &[], "?var.g"),
            (DEFAULT, &[], "a"),
            (DEFAULT, &[("terraform.tfvars", "g = ['b']")], "b"),
            (DEFAULT, &[("x.auto.tfvars", "g = ['b']")], "b"),
            (DEFAULT, &[("terraform.tfvars", "g = ['b']"), ("a.auto.tfvars", "g = ['c']")], "c"),
            (DEFAULT, &[("b.auto.tfvars", "g = ['b']"), ("a.auto.tfvars", "g = ['c']")], "b"),
            (DEFAULT, &[("terraform.tfvars", "g = []")], ""),
            (DEFAULT, &[("terraform.tfvars", "other = ['b']")], "a"),
            (NO_DEFAULT, &[("production.tfvars", "g = ['b']")], "b"),
            (NO_DEFAULT, &[("production.tfvars", "g = ['b']"), ("test.tfvars", "g = ['c']")], "?var.g"),
            (NO_DEFAULT, &[("terraform.tfvars", "g = ['a']"), ("test.tfvars", "g = ['c']")], "a"),
            (DEFAULT, &[("deeper/terraform.tfvars", "g = ['b']")], "a"),
        ];
        for (declaration, values, expected) in cases {
            let mut files = vec![("main.tf", policy.as_str()), ("variables.tf", declaration)];
            files.extend(*values);
            let set = read(&files);
            assert_eq!(
                entries(&set.policies[0].users.exclude_groups),
                *expected,
                "{declaration}: {values:?}"
            );
        }
    }

    #[test]
    fn for_each_and_count_make_instances() {
        const FILES: Files<'_> = &[
            ("p/one.json", "{\"name\": \"One\", \"groups\": ['a']}"),
            ("p/two.json", "{\"name\": \"Two\", \"groups\": []}"),
            ("all.yaml", "x: {name: Ex}\ny: {name: Why}\n"),
        ];
        for (meta, name, expected) in [
            ("for_each = { x = \"One\", y = \"Two\" }", "each.value", "One Two"),
            ("for_each = toset([\"b\", \"a\", \"b\"])", "each.key", "a b"),
            ("for_each = toset([\"b\"])", "\"P-${each.value}\"", "P-b"),
            ("for_each = { x = { name = \"X\" } }", "each.value.name", "X"),
            ("for_each = { for p in [\"One\", \"Two\"] : p => p if p != \"One\" }", "each.key", "Two"),
            (
                "for_each = { for f in fileset(path.module, \"p/*.json\") : f => jsondecode(file(f)) }",
                "each.value.name",
                "One Two",
            ),
            ("for_each = yamldecode(file(\"all.yaml\"))", "each.value.name", "Ex Why"),
            ("for_each = {}", "each.key", ""),
            ("for_each = toset([])", "each.key", ""),
            ("for_each = var.unknown", "each.value.name", "each.value.name"),
            ("for_each = toset([var.unknown])", "each.key", "each.key"),
            ("count = 2", "\"P${count.index}\"", "P0 P1"),
            ("count = 0", "\"P\"", ""),
            ("count = true ? 1 : 0", "\"P\"", "P"),
            ("count = false ? 1 : 0", "\"P\"", ""),
            ("count = length([\"x\", \"y\"])", "[\"X\", \"Y\"][count.index]", "X Y"),
            ("count = var.unknown ? 1 : 0", "\"P\"", "P"),
        ] {
            let text =
                block("p", "[]").replace("display_name = \"p\"", &format!("{meta}\ndisplay_name = {name}"));
            let mut files = vec![("main.tf", text.as_str())];
            files.extend(FILES);
            let set = read(&files);
            let mut found: Vec<_> = set.policies.iter().filter_map(|policy| policy.about().name).collect();
            found.sort();
            assert_eq!(found.join(" "), expected, "{meta}");
        }
    }

    #[test]
    fn instances_that_say_the_same_are_reported_once() {
        let text = block("p", "[]").replace("state", "for_each = toset([\"x\", \"y\"])\nstate");
        let outcome = check(&[("main.tf", &text)]);
        assert_eq!(outcome.policies, 2);
        assert_eq!(levels(&outcome, "block-everyone"), [DECIDED]);
    }

    #[test]
    fn dynamic_blocks_are_written_out_where_they_are_known() {
        for (header, list, expected) in [
            ("for_each = [1]", "[\"android\"]", "android"),
            ("for_each = []", "[\"android\"]", "none"),
            ("for_each = true ? [\"iOS\"] : []", "[platforms.value]", "iOS"),
            ("for_each = false ? [\"iOS\"] : []", "[platforms.value]", "none"),
            ("for_each = [\"linux\"]\niterator = it", "[it.value]", "linux"),
            (
                "for_each = { windows = [\"macOS\"] }",
                "concat([platforms.key], platforms.value)",
                "windows macOS",
            ),
            ("for_each = var.unknown", "[\"android\"]", "unknown"),
            ("for_each = var.unknown ? [1] : []", "[\"android\"]", "unknown"),
            ("for_each = [1]", "var.unknown", "?var.unknown"),
        ] {
            let dynamic = format!(
                "dynamic \"platforms\" {{\n{header}\ncontent {{\nincluded_platforms = {list}\n}}\n}}"
            );
            let set = read(&[("main.tf", &block_with("p", "", &dynamic))]);
            let conditions = &set.policies[0].conditions;
            let found = match &conditions.platforms {
                Some(pair) => {
                    let known = pair.include.known().map(|at| at.value.as_str().to_owned());
                    let unknown = pair.include.unresolved().map(|at| format!("?{}", at.value.text));
                    known.chain(unknown).collect::<Vec<_>>().join(" ")
                }
                None if conditions.unknown.is_empty() => "none".to_owned(),
                None => "unknown".to_owned(),
            };
            assert_eq!(found, expected, "{header}");
        }
    }

    #[test]
    fn an_unknown_dynamic_block_leaves_the_verdict_open() {
        let dynamic =
            "dynamic \"platforms\" {\nfor_each = var.some\ncontent {\nincluded_platforms = [\"linux\"]\n}\n}";
        let outcome = check(&[("main.tf", &block_with("p", "", dynamic))]);
        assert_eq!(levels(&outcome, "block-everyone"), [(Level::Note, Certainty::Unverified)]);
        let known = dynamic.replace("var.some", "[1]");
        let outcome = check(&[("main.tf", &block_with("p", "", &known))]);
        assert!(of(&outcome, "block-everyone").is_empty());
    }

    /// A module with one policy, whose exclusion is an argument.
    fn module() -> String {
        format!("variable \"groups\" {{\ndefault = ['c']\n}}\n{}", block("inner", "var.groups"))
    }

    /// The policies of a folder with the entries of their exclusion lists.
    fn exclusions(files: Files<'_>) -> Vec<String> {
        let set = read(files);
        let lists = set.policies.iter().map(|policy| &policy.users.exclude_groups);
        let mut found: Vec<_> = names(&set)
            .into_iter()
            .zip(lists)
            .map(|(name, list)| format!("{name}: {}", entries(list)))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn local_modules_are_read_with_their_arguments() {
        let module = module();
        for (calls, expected) in [
            ("module \"ca\" {\nsource = \"./ca\"\n}", vec!["inner: c"]),
            ("module \"ca\" {\nsource = \"./ca\"\ngroups = ['a']\n}", vec!["inner: a"]),
            ("module \"ca\" {\nsource = \"./ca\"\ngroups = var.unknown\n}", vec!["inner: ?var.unknown"]),
            (
                "module \"ca\" {\nsource = \"./ca\"\ngroups = [azuread_group.bg.object_id]\n}",
                vec!["inner: azuread_group.bg"],
            ),
            (
                "module \"x\" {\nsource = \"./ca\"\ngroups = ['a']\n}\n\
                 module \"y\" {\nsource = \"./ca\"\ngroups = ['b']\n}",
                vec!["inner: a", "inner: b"],
            ),
            (
                "locals {\ng = ['a']\n}\nmodule \"ca\" {\nsource = \"./ca\"\ngroups = concat(local.g, ['b'])\n}",
                vec!["inner: a b"],
            ),
        ] {
            assert_eq!(exclusions(&[("main.tf", calls), ("ca/main.tf", &module)]), expected, "{calls}");
        }
        assert_eq!(exclusions(&[("ca/main.tf", &module)]), ["inner: c"], "a module nobody calls");
        let call = "module \"ca\" {\nsource = \"./ca\"\n}";
        let files = [("main.tf", call), ("terraform.tfvars", "groups = ['a']"), ("ca/main.tf", &module)];
        assert_eq!(exclusions(&files), ["inner: c"], "values of the caller are not those of the module");
    }

    #[test]
    fn outputs_of_local_modules_are_known_to_the_caller() {
        const CALL: &str = "module \"groups\" {\nsource = \"./groups\"\n}\n";
        for (output, used, expected) in [
            ("['a', 'b']", "module.groups.bg", "p: a b"),
            ("{ list = ['a'] }", "module.groups.bg.list", "p: a"),
            ("azuread_group.bg.object_id", "[module.groups.bg]", "p: module.groups.azuread_group.bg"),
            ("var.unknown", "module.groups.bg", "p: ?var.unknown"),
            ("['a']", "module.groups.absent", "p: ?module.groups.absent"),
            ("['a']", "[module.elsewhere.bg]", "p: module.elsewhere.bg"),
        ] {
            let outputs = format!("output \"bg\" {{\nvalue = {output}\n}}\n");
            let main = format!("{CALL}{}", block("p", used));
            let found = exclusions(&[("main.tf", &main), ("groups/main.tf", &outputs)]);
            assert_eq!(found, [expected], "{output}: {used}");
        }
    }

    #[test]
    fn a_module_beside_the_folder_is_read_for_its_caller() {
        let call = "module \"ca\" {\nsource = \"../modules/ca\"\ngroups = ['a']\n}";
        let folder = folder(&[("live/main.tf", call), ("modules/ca/main.tf", &module())]);
        let mut outcome = Outcome::default();
        let tenants = engine::read(&options(&folder.path().join("live")), &mut outcome).unwrap();
        let [tenant] = tenants.as_slice() else { panic!("one tenant") };
        assert_eq!(entries(&tenant.set.policies[0].users.exclude_groups), "a");
    }

    #[test]
    fn a_called_module_that_cannot_be_read_is_reported_though_not_asked_for() {
        let call = "module \"ca\" {\nsource = \"../modules/ca\"\ngroups = ['a']\n}";
        let module = long(&module());
        let broken = format!("{module}resource \"x\" \"bad\" {{\n  a = = 1\n}}\n");
        let mut not_text = module.into_bytes();
        not_text.extend([0xff, 0xfe, b'\n']);
        for (bytes, rule) in [(broken.into_bytes(), "[syntax-error]"), (not_text, "[unreadable-file]")] {
            let folder = folder(&[("live/main.tf", call), ("modules/ca/main.tf", "")]);
            fs::write(folder.path().join("modules/ca/main.tf"), bytes).unwrap();
            let live = folder.path().join("live");
            let (out, _, code) =
                ran(calint(&live).args(["--no-config", "--format", "concise"]).output().unwrap());
            assert_eq!((out.matches(rule).count(), code), (1, Some(2)), "{out}");
            assert!(out.contains("\n1 file, "), "{out}");
        }
    }

    #[test]
    fn no_file_outside_the_repository_is_read() {
        let excluded = "jsondecode(file(\"${path.module}/../../ids.json\"))";
        for (repository, expected) in [("", "p: a"), ("inside", "p: ?")] {
            let folder = folder(&[("ids.json", "['a']"), ("inside/live/main.tf", &block("p", excluded))]);
            fs::create_dir(folder.path().join(repository).join(".git")).unwrap();
            let mut outcome = Outcome::default();
            let tenants = engine::read(&options(&folder.path().join("inside")), &mut outcome).unwrap();
            let found = format!("p: {}", entries(&tenants[0].set.policies[0].users.exclude_groups));
            assert!(found.starts_with(expected), "{found}");
        }
    }

    #[test]
    fn the_other_files_of_a_module_are_known_but_not_reported() {
        let folder = folder(&[
            ("one.tf", &block("one", "local.groups")),
            ("two.tf", &block("two", "[]")),
            ("locals.tf", "locals {\ngroups = ['a']\n}"),
        ]);
        let mut outcome = Outcome::default();
        let tenants = engine::read(&options(&folder.path().join("one.tf")), &mut outcome).unwrap();
        assert_eq!(names(&tenants[0].set), ["one"]);
        assert_eq!(entries(&tenants[0].set.policies[0].users.exclude_groups), "a");
    }

    #[test]
    fn one_bad_block_does_not_stop_the_file() {
        let text =
            format!("{}resource \"x\" \"bad\" {{\n  a = = 1\n}}\n{}", block("p", "[]"), block("q", "[]"));
        let folder = folder(&[("main.tf", &text)]);
        let output = calint(folder.path()).args(["--no-config", "--format", "concise"]).output().unwrap();
        let (out, _, code) = ran(output);
        assert_eq!(code, Some(2));
        let counted = |what: &str| out.lines().filter(|line| line.contains(what)).count();
        assert_eq!((counted("[syntax-error]"), counted("[block-everyone]")), (1, 2), "{out}");
        let bad = 1 + text.lines().position(|line| line.contains("= =")).unwrap();
        assert!(out.contains(&format!("main.tf:{bad}:")), "{out}");
    }

    #[test]
    fn what_is_commented_out_is_no_policy() {
        let policy = block("p", "[]");
        let each_line =
            |mark: &str| policy.lines().map(|line| format!("{mark} {line}\n")).collect::<String>();
        for text in [
            each_line("#"),
            each_line("//"),
            format!("/*{policy}*/\nlocals {{}}\n"),
            format!("locals {{\n  text = <<-EOT\n{policy}\nEOT\n}}\n"),
        ] {
            assert_no_policy(&[("main.tf", &text)]);
        }
        for text in [each_line("#"), each_line("//")] {
            let outcome = check(&[("main.tf", &format!("{text}\nlocals {{\n  a = = 1\n}}\n"))]);
            assert_eq!((outcome.policies, outcome.unreadable), (0, 1));
        }
    }

    #[test]
    fn what_has_no_end_is_given_up() {
        let doubled: String =
            (1..40).map(|n| format!("l{n} = concat(local.l{0}, local.l{0})\n", n - 1)).collect();
        let quoted: String = (0..5_000).map(|n| format!("\"{n}\",")).collect();
        let nested = format!("{}1{}", "[".repeat(300), "]".repeat(300));
        let chain: String = (1..500).map(|n| format!("c{n} = local.c{}\n", n - 1)).collect();
        for (declarations, excluded) in [
            ("locals {\na = local.b\nb = local.a\n}".to_owned(), "local.a"),
            ("locals {\na = [local.a]\n}".to_owned(), "flatten(local.a)"),
            ("locals {\na = { x = local.a }\n}".to_owned(), "local.a.x.x.x"),
            ("variable \"a\" {\ndefault = var.a\n}".to_owned(), "var.a"),
            (format!("locals {{\nl0 = ['a', 'b']\n{doubled}}}"), "local.l39"),
            (format!("locals {{\nc0 = ['a']\n{chain}}}"), "local.c499"),
            (format!("locals {{\nn = {nested}\n}}"), "local.n"),
            (
                format!("locals {{\nmany = [{quoted}]\n}}"),
                "flatten([for a in local.many : [for b in local.many : b]])",
            ),
        ] {
            let outcome = check(&[("main.tf", &block("p", excluded)), ("locals.tf", &declarations)]);
            assert_eq!(outcome.policies, 1, "{excluded}");
            assert!(of(&outcome, "missing-emergency-exclusion").is_empty(), "{excluded}");
        }
        let many = block("p", "[]").replace("state", &format!("for_each = toset([{quoted}])\nstate"));
        assert!(check(&[("main.tf", &many)]).policies > 0);
        let count = block("p", "[]").replace("state", "count = 1000000000\nstate");
        assert!(check(&[("main.tf", &count)]).policies > 0);
    }

    #[test]
    fn modules_that_call_each_other_are_given_up() {
        let outcome = check(&[
            ("main.tf", "module \"a\" {\nsource = \"./a\"\n}"),
            ("a/main.tf", "module \"b\" {\nsource = \"../b\"\n}"),
            ("b/main.tf", &format!("module \"a\" {{\nsource = \"../a\"\n}}\n{}", block("p", "[]"))),
        ]);
        assert_eq!(levels(&outcome, "block-everyone"), [DECIDED]);
    }

    #[test]
    fn modules_in_json() {
        let policy = |excluded: Value, meta: Value| {
            let mut body = json!({
                "//": "a comment",
                "display_name": "${local.name}",
                "state": "enabled",
                "conditions": [{
                    "client_app_types": ["all"],
                    "applications": {"included_applications": ["All"]},
                    "users": [{"included_users": ["All"], "excluded_groups": excluded}],
                }],
                "grant_controls": {"operator": "OR", "built_in_controls": ["block"]},
            });
            body.as_object_mut().unwrap().extend(meta.as_object().unwrap().clone());
            json!({
                "variable": {"defaulted": {"default": [B]}, "unknown": {}},
                "locals": {"name": "P", "groups": [A, B]},
                "resource": {"azuread_conditional_access_policy": {"p": body}},
            })
            .to_string()
        };
        for (excluded, expected) in [
            (json!([A]), "a"),
            (json!("${local.groups}"), "a b"),
            (json!(["${local.groups[1]}"]), "b"),
            (json!("${concat(local.groups, var.defaulted)}"), "a b b"),
            (json!("${local.elsewhere}"), "c"),
            (json!(["${azuread_group.bg.object_id}"]), "azuread_group.bg"),
            (json!("${var.unknown}"), "?var.unknown"),
            (json!([]), ""),
        ] {
            let elsewhere = "locals {\nelsewhere = ['c']\n}";
            let text = policy(excluded.clone(), json!({}));
            let found = exclusions(&[("main.tf.json", &text), ("locals.tf", elsewhere)]);
            assert_eq!(found, [format!("P: {expected}")], "{excluded}");
        }
        for (meta, count) in [
            (json!({"count": 2}), 2),
            (json!({"count": "${true ? 0 : 1}"}), 0),
            (json!({"for_each": "${toset([\"x\", \"y\", \"z\"])}"}), 3),
            (json!({"for_each": {"x": 1}}), 1),
            (json!({"for_each": "${var.unknown}"}), 1),
        ] {
            let text = policy(json!([]), meta.clone());
            assert_eq!(read(&[("main.tf.json", &text)]).policies.len(), count, "{meta}");
        }
    }

    #[test]
    fn requests_to_graph_hold_policies() {
        let body = "{ displayName = \"P\", state = \"enabled\", conditions = { users = { includeUsers = [\"All\"] }, \
                    applications = { includeApplications = [\"All\"] } }, grantControls = { operator = \"OR\", \
                    builtInControls = [\"block\"] } }";
        let encoded = format!("jsonencode({body})");
        for (kind, url, body, count) in [
            ("msgraph_resource", "identity/conditionalAccess/policies", body, 1),
            ("msgraph_resource", "/identity/conditionalAccess/policies", body, 1),
            ("msgraph_resource", "identity/conditionalAccess/policies", encoded.as_str(), 1),
            ("msgraph_resource", "identity/conditionalAccess/policies", "jsondecode(file(\"p.json\"))", 1),
            ("msgraph_update_resource", "identity/conditionalAccess/policies/0a1b", body, 1),
            ("msgraph_resource", "identity/conditionalAccess/namedLocations", body, 0),
            ("msgraph_resource", "groups", body, 0),
            ("msgraph_resource_action", "identity/conditionalAccess/policies", body, 0),
        ] {
            let text = format!("resource \"{kind}\" \"p\" {{\nurl = \"{url}\"\nbody = {body}\n}}\n");
            let outcome =
                check(&[("main.tf", &text), ("p.json.txt", ""), ("p.json", &graph("P").to_string())]);
            let of_terraform = outcome.read.iter().filter(|(path, _)| path.ends_with(".tf"));
            assert_eq!(of_terraform.map(|(_, count)| count).sum::<usize>(), count, "{kind} {url}");
        }
    }

    #[test]
    fn a_provider_leaves_policies_without_a_state_in_report_only() {
        let policy = |state: &str| {
            format!(
                "resource \"microsoft365wp_conditional_access_policy\" \"p\" {{\n\
                 display_name = \"P\"\n{state}\nconditions = {{\nusers = {{ include_users = [\"All\"], \
                 exclude_guests_or_external_users = {{ guest_or_external_user_types = \"internalGuest\", \
                 external_tenants = {{ membership_kind = \"enumerated\", enumerated = {{ members = ['a'] }} }} }} }}\n\
                 applications = {{ include_applications = [\"All\"] }}\n}}\n\
                 grant_controls = {{ operator = \"OR\", built_in_controls = [\"block\"] }}\n}}\n"
            )
        };
        let outcome = check(&[("main.tf", &policy(""))]);
        assert_eq!(levels(&outcome, "block-everyone"), [(Level::Warn, Certainty::Certain)]);
        assert!(of(&outcome, "block-everyone")[0].message.ends_with(", once enabled"));
        let text = policy("state = \"enabled\"");
        assert_eq!(levels(&check(&[("main.tf", &text)]), "block-everyone"), [DECIDED]);
        let set = read(&[("main.tf", &text)]);
        let guests = set.policies[0].users.exclude_guests.as_ref().unwrap();
        assert_eq!(guests.tenants.find(|tenant| tenant == A).map(|at| at.value.as_str()), Some(A));
    }
}

mod terraform_json {
    use super::*;

    const KIND: &str = "azuread_conditional_access_policy";

    /// A policy as a plan or a state holds it: every block a list of one object.
    fn values(name: &str, excluded: &Value) -> Value {
        json!({
            "id": "/identity/conditionalAccess/policies/0a1b", "object_id": "0a1b",
            "display_name": name, "state": "enabled", "timeouts": null,
            "conditions": [{
                "client_app_types": ["all"], "devices": [], "platforms": [], "locations": [],
                "applications": [{"included_applications": ["All"], "filter": []}],
                "users": [{"included_users": ["All"], "excluded_groups": excluded,
                    "excluded_guests_or_external_users": []}],
            }],
            "grant_controls": [{"operator": "OR", "built_in_controls": ["block"]}],
            "session_controls": [],
        })
    }

    fn resource(address: &str, values: &Value) -> Value {
        json!({
            "address": address, "mode": "managed", "type": KIND, "name": "p", "schema_version": 1,
            "values": values, "sensitive_values": {"conditions": [{"users": [{"excluded_groups": []}]}]},
        })
    }

    fn change(address: &str, actions: &[&str], after: &Value, unknown: &Value) -> Value {
        json!({
            "address": address, "mode": "managed", "type": KIND, "name": "p",
            "change": {
                "actions": actions, "before": values("before", &json!([])), "after": after,
                "after_unknown": unknown, "before_sensitive": {"conditions": [{"users": [{}]}]},
                "after_sensitive": {"conditions": [{"users": [{}]}]},
            },
        })
    }

    fn plan(resources: &[Value], changes: &[Value], configuration: &Value) -> String {
        let plan = json!({
            "format_version": "1.2", "terraform_version": "1.9.5",
            "planned_values": {"root_module": {"resources": resources}},
            "resource_changes": changes,
            "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [
                resource("azuread_conditional_access_policy.old", &values("prior", &json!([]))),
            ]}}},
            "configuration": configuration,
        });
        serde_json::to_string_pretty(&plan).unwrap()
    }

    /// The configuration of a policy whose exclusion refers to something.
    fn configuration(references: &[&str]) -> Value {
        json!({"root_module": {"resources": [{
            "address": "azuread_conditional_access_policy.p", "mode": "managed", "type": KIND, "name": "p",
            "expressions": {
                "display_name": {"constant_value": "p"},
                "conditions": [{"users": [{"excluded_groups": {"references": references}}]}],
            },
        }]}})
    }

    /// A plan that creates one policy, of whose exclusion `known` is known and `unknown` is not.
    fn creation(address: &str, known: &Value, unknown: &Value, references: &[&str]) -> String {
        let mut after = values("p", known);
        if known.is_null() {
            after["conditions"][0]["users"][0].as_object_mut().unwrap().remove("excluded_groups");
        }
        let after_unknown = json!({"id": true, "object_id": true,
            "conditions": [{"applications": [{}], "users": [{"excluded_groups": unknown}]}]});
        let change = change(address, &["create"], &after, &after_unknown);
        plan(&[resource(address, &after)], &[change], &configuration(references))
    }

    #[test]
    fn unknown_values_of_a_plan_are_never_absent() {
        const ADDRESS: &str = "azuread_conditional_access_policy.p";
        const BG: [&str; 2] = ["azuread_group.bg.object_id", "azuread_group.bg"];
        const TWO: [&str; 4] =
            ["azuread_group.bg.object_id", "azuread_group.bg", "azuread_group.vip.id", "azuread_group.vip"];
        const LATER: &str = "?(known after apply)";
        for (address, known, unknown, references, expected) in [
            (ADDRESS, json!([A]), json!([false]), BG.as_slice(), "a".to_owned()),
            (ADDRESS, json!([A]), json!({}), &BG, "a".to_owned()),
            (ADDRESS, json!([]), json!([]), &[], String::new()),
            (ADDRESS, json!(null), json!(true), &BG, "azuread_group.bg".to_owned()),
            (ADDRESS, json!([null]), json!([true]), &BG, "azuread_group.bg".to_owned()),
            (ADDRESS, json!([]), json!([true]), &BG, "azuread_group.bg".to_owned()),
            (
                ADDRESS,
                json!([null, null]),
                json!([true, true]),
                &TWO,
                "azuread_group.bg azuread_group.vip".to_owned(),
            ),
            (ADDRESS, json!([A, null]), json!([false, true]), &BG, format!("{LATER} a")),
            (ADDRESS, json!(null), json!(true), &["var.groups"], LATER.to_owned()),
            (ADDRESS, json!(null), json!(true), &["module.groups.bg", "module.groups"], LATER.to_owned()),
            (ADDRESS, json!(null), json!(true), &[], LATER.to_owned()),
            (
                "azuread_conditional_access_policy.p[\"x\"]",
                json!(null),
                json!(true),
                &BG,
                "azuread_group.bg".to_owned(),
            ),
            (
                "module.ca.azuread_conditional_access_policy.p",
                json!(null),
                json!(true),
                &BG,
                LATER.to_owned(),
            ),
        ] {
            let set = read(&[("plan.json", &creation(address, &known, &unknown, references))]);
            let found = entries(&set.policies[0].users.exclude_groups);
            assert_eq!(found, expected, "{address}: {known}, {unknown}, {references:?}");
        }
    }

    #[test]
    fn an_unknown_exclusion_of_a_plan_excludes_somebody_or_is_undecided() {
        let address = "azuread_conditional_access_policy.p";
        let by_reference =
            creation(address, &json!(null), &json!(true), &["azuread_group.bg.id", "azuread_group.bg"]);
        let outcome = check(&[("plan.json", &by_reference)]);
        assert_eq!(levels(&outcome, "block-everyone"), [(Level::Warn, Certainty::Certain)]);
        assert!(of(&outcome, "missing-emergency-exclusion").is_empty());
        let config = ("calint.yaml", "emergency-access: {groups: [azuread_group.bg]}");
        let outcome = check(&[config, ("plan.json", &by_reference)]);
        assert_eq!(levels(&outcome, "block-everyone"), [DECIDED]);
        assert!(of(&outcome, "missing-emergency-exclusion").is_empty());
        let undecided = creation(address, &json!(null), &json!(true), &["var.groups"]);
        let outcome = check(&[("plan.json", &undecided)]);
        assert_eq!(levels(&outcome, "block-everyone"), [UNDECIDED]);
        assert!(of(&outcome, "missing-emergency-exclusion").is_empty());
    }

    #[test]
    fn unknown_members_of_a_plan_make_no_error() {
        let address = "azuread_conditional_access_policy.p";
        for (pointer, known, unknown) in [
            ("/state", json!(null), json!({"state": true})),
            (
                "/conditions/0/users/0/included_users",
                json!(null),
                json!({"conditions": [{"users": [{"included_users": true}]}]}),
            ),
            ("/conditions/0/users", json!(null), json!({"conditions": [{"users": true}]})),
            ("/conditions/0/locations", json!(null), json!({"conditions": [{"locations": true}]})),
            (
                "/conditions/0/platforms",
                json!([{"excluded_platforms": null}]),
                json!({"conditions": [{"platforms": [{"included_platforms": true}]}]}),
            ),
            (
                "/grant_controls/0/built_in_controls",
                json!(null),
                json!({"grant_controls": [{"built_in_controls": true}]}),
            ),
        ] {
            let mut after = values("p", &json!([]));
            *after.pointer_mut(pointer).unwrap() = known;
            let change = change(address, &["create"], &after, &unknown);
            let outcome = check(&[("plan.json", &plan(&[resource(address, &after)], &[change], &json!({})))]);
            assert_eq!(outcome.policies, 1, "{pointer}");
            let verdicts = common::verdicts(&outcome);
            let error = outcome.findings.iter().any(|finding| finding.level == Level::Error);
            assert!(!error, "{pointer}: {verdicts:?}");
        }
    }

    #[test]
    fn a_plan_holds_what_will_be() {
        let none = json!({});
        let address = "azuread_conditional_access_policy.p";
        let after = values("after", &json!([A]));
        let planned = [resource(address, &after)];
        let only_changes = |changes: Value| {
            json!({"format_version": "1.2", "terraform_version": "1.9.5", "resource_changes": changes})
                .to_string()
        };
        for (text, expected) in [
            (plan(&planned, &[change(address, &["create"], &after, &none)], &none), vec!["after"]),
            (plan(&planned, &[change(address, &["update"], &after, &none)], &none), vec!["after"]),
            (plan(&planned, &[change(address, &["delete", "create"], &after, &none)], &none), vec!["after"]),
            (plan(&[], &[change(address, &["delete"], &json!(null), &none)], &none), vec![]),
            (only_changes(json!([change(address, &["create"], &after, &none)])), vec!["after"]),
            (only_changes(json!([change(address, &["no-op"], &after, &none)])), vec!["after"]),
            (only_changes(json!([change(address, &["delete"], &json!(null), &json!(false))])), vec![]),
        ] {
            assert_eq!(names(&read(&[("plan.json", &text)])), expected, "{text}");
        }
    }

    #[test]
    fn resources_of_every_module_are_read() {
        let resource = |name: &str| resource(&format!("module.x.{KIND}.{name}"), &values(name, &json!([])));
        let modules = json!({"root_module": {
            "resources": [resource("one")],
            "child_modules": [
                {"address": "module.x", "resources": [resource("two")],
                    "child_modules": [{"address": "module.x.module.y", "resources": [resource("three")]}]},
                {"address": "module.z", "resources": [resource("four")]},
            ],
        }});
        for document in [
            json!({"format_version": "1.2", "terraform_version": "1.9.5", "planned_values": modules}),
            json!({"format_version": "1.0", "terraform_version": "1.9.5", "values": modules}),
        ] {
            let set = read(&[("document.json", &document.to_string())]);
            assert_eq!(names(&set), ["one", "two", "three", "four"]);
        }
    }

    #[test]
    fn states_hold_policies_and_their_copies_are_none() {
        let instance = json!({
            "schema_version": 1, "attributes": values("raw", &json!([A])), "private": "e30=",
            "sensitive_attributes": [{"conditions": [{"users": [{}]}], "grant_controls": []}],
        });
        let raw = |mode: &str, kind: &str| {
            json!({
                "version": 4, "terraform_version": "1.9.5", "serial": 7, "lineage": "5b0f3a52", "outputs": {},
                "resources": [{"mode": mode, "type": kind, "name": "p", "provider": "azuread",
                    "instances": [instance, {"index_key": "x", "attributes": values("indexed", &json!([]))}]}],
            })
            .to_string()
        };
        assert_eq!(names(&read(&[("state.json", &raw("managed", KIND))])), ["raw", "indexed"]);
        assert!(read(&[("state.json", &raw("data", KIND))]).policies.is_empty());
        assert!(read(&[("state.json", &raw("managed", "azuread_group"))]).policies.is_empty());
        let shown = json!({"format_version": "1.0", "terraform_version": "1.9.5", "values": {"root_module": {
            "resources": [resource("azuread_conditional_access_policy.p", &values("shown", &json!([A])))]}}});
        let set = read(&[("state.json", &shown.to_string())]);
        assert_eq!(names(&set), ["shown"]);
        assert_eq!(entries(&set.policies[0].users.exclude_groups), "a");
    }

    #[test]
    fn the_program_prints_the_model_of_a_plan() {
        let address = "azuread_conditional_access_policy.p";
        let text =
            creation(address, &json!(null), &json!(true), &["azuread_group.bg.id", "azuread_group.bg"]);
        let folder = folder(&[("plan.json", &text)]);
        let output = calint(folder.path()).args(["model", "plan.json", "--format", "json"]).output().unwrap();
        let (out, err, code) = ran(output);
        assert_eq!(code, Some(0), "{err}");
        let model: Value = serde_json::from_str(&out).unwrap();
        let policy = &model["policies"][0];
        assert_eq!(policy["displayName"], "p");
        assert_eq!(policy["users"]["excludeGroups"], json!(["azuread_group.bg"]));
        assert_eq!(policy["grant"]["controls"], json!(["block"]));
    }
}

mod other_tools {
    use super::*;

    /// How far a block of everyone is decided in a text; nothing where no policy blocks everyone.
    fn verdict(file: &str, text: &str) -> Option<(Level, Certainty)> {
        let outcome = check(&[(file, text)]);
        assert_eq!((outcome.policies, outcome.unreadable), (1, 0), "{text}");
        assert!(of(&outcome, "unknown-member").is_empty(), "{text}: {:?}", common::verdicts(&outcome));
        levels(&outcome, "block-everyone").first().copied()
    }

    const ONCE_ENABLED: (Level, Certainty) = (Level::Warn, Certainty::Certain);
    /// More people than emergency access are left out.
    const SOME_LEFT_OUT: (Level, Certainty) = (Level::Warn, Certainty::Certain);

    #[test]
    fn wrappers_around_a_policy() {
        let plain = graph("P");
        for (text, name, expected) in [
            (plain.clone(), "P", DECIDED),
            (json!([plain]), "P", DECIDED),
            (json!({"value": [plain], "@odata.context": "x"}), "P", DECIDED),
            (json!({"value": plain}), "P", DECIDED),
            (json!({"PolicyConfig": plain, "Version": 2}), "P", DECIDED),
            (json!({"export": {"policies": {"p": plain}}}), "P", DECIDED),
            // A row of a table of templates, with the policy in a text.
            (
                json!({"PartitionKey": "CATemplate", "RowKey": "1", "GUID": "1", "JSON": plain.to_string()}),
                "P",
                DECIDED,
            ),
            // A template of Microsoft's: no state, and its name beside the details.
            (
                json!({"id": "1", "name": "Template", "scenarios": "zeroTrust", "details": {
                    "conditions": plain["conditions"], "grantControls": plain["grantControls"]}}),
                "Template",
                ONCE_ENABLED,
            ),
        ] {
            let text = text.to_string();
            assert_eq!(verdict("p.json", &text), Some(expected), "{text}");
            assert_eq!(names(&read(&[("p.json", &text)])), [name], "{text}");
        }
    }

    #[test]
    fn a_policy_in_a_text_has_the_place_of_the_text() {
        let text = json!({"RowKey": "1", "JSON": graph("P").to_string()}).to_string();
        let outcome = check(&[("p.json", &text)]);
        let places = places(&outcome, of(&outcome, "block-everyone")[0]);
        assert!(
            places.iter().all(|place| place.starts_with("\"{\\\"") && place.ends_with("}\"")),
            "{places:?}"
        );
    }

    #[test]
    fn tools_that_write_names_mean_somebody() {
        for (text, expected) in [
            // Without nesting.
            (
                json!([{"displayName": "P", "state": "enabled", "includeUsers": ["All"], "excludeGroups": ["Emergency"],
                    "includeApplications": ["All"], "builtInControls": ["block"], "operator": "OR", "present": true,
                    "oldNames": ["Old"]}]),
                Some(SOME_LEFT_OUT),
            ),
            (
                json!({"displayName": "P", "state": "enabled", "includeUsers": ["All"], "includeApplications": ["All"],
                    "includePlatforms": ["All"], "includeLocations": ["All"], "clientAppTypes": ["all"],
                    "grantControls": {"builtInControls": ["block"], "operator": "AND"}, "present": true}),
                None,
            ),
            (
                json!({"displayName": "P", "state": "enabled", "includeUsers": ["All"], "includeApplications": ["All"],
                    "includeLocations": ["All"], "excludeLocations": ["Office"], "builtInControls": ["block"],
                    "operator": "OR", "present": true}),
                None,
            ),
            // Nested.
            (
                json!({"displayName": "P", "state": "enabled", "present": true,
                    "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": ["emergency1@contoso.com"]},
                        "applications": {"includeApplications": ["All"]}},
                    "grantControls": {"builtInControls": ["block"], "operator": "OR"}}),
                Some(SOME_LEFT_OUT),
            ),
            (
                json!({"displayName": "P", "state": "enabled", "LocationInfo": [], "AuthContextInfo": [], "GUID": "1",
                    "conditions": {"users": {"includeUsers": ["All"], "excludeGroups": ["Emergency"]},
                        "applications": {"includeApplications": ["All"]}},
                    "grantControls": {"builtInControls": ["block"], "operator": "OR"}}),
                Some(SOME_LEFT_OUT),
            ),
            (
                json!({"displayName": "P", "state": "enabled",
                    "conditions": {"users": {"includeUsers": ["All"], "excludeGroupNames": ["Emergency"]},
                        "applications": {"includeApplications": ["All"]}},
                    "grantControls": {"builtInControls": ["block"], "operator": "OR"}}),
                Some(SOME_LEFT_OUT),
            ),
            // Where ids belong, a name may match nobody.
            (
                json!({"displayName": "P", "state": "enabled",
                    "conditions": {"users": {"includeUsers": ["All"], "excludeGroups": ["Emergency"]},
                        "applications": {"includeApplications": ["All"]}},
                    "grantControls": {"builtInControls": ["block"], "operator": "OR"}}),
                Some(UNDECIDED),
            ),
        ] {
            let text = text.to_string();
            assert_eq!(verdict("p.json", &text), expected, "{text}");
            let names = expected != Some(UNDECIDED);
            let nobody = of(&check(&[("p.json", &text)]), "exclusion-that-excludes-nobody").len();
            assert_eq!(nobody, usize::from(!names), "{text}");
        }
    }

    #[test]
    fn included_groups_may_have_names() {
        let mut policy = graph("P");
        policy["conditions"]["users"] = json!({"includeGroupNames": ["Sales"], "includeGroups": [A], "includeUserNames": "ann@contoso.com"});
        let set = read(&[("p.json", &policy.to_string())]);
        assert_eq!(entries(&set.policies[0].users.include_groups), "Sales a");
        assert_eq!(entries(&set.policies[0].users.include_users), "ann@contoso.com");
    }

    #[test]
    fn members_in_every_case() {
        for (file, text) in [
            (
                "p.json",
                r#"{"DisplayName": "P", "State": "enabled", "AdditionalProperties": {"@odata.context": "x"},
                    "Conditions": {"Users": {"IncludeUsers": ["All"], "ExcludeGroups": null},
                        "Platforms": {"IncludePlatforms": null, "ExcludePlatforms": null, "AdditionalProperties": {}},
                        "Locations": {"IncludeLocations": null, "ExcludeLocations": null},
                        "Devices": {"DeviceFilter": {"Mode": null, "Rule": null}},
                        "Applications": {"IncludeApplications": ["All"], "ApplicationFilter": {"Mode": null}}},
                    "GrantControls": {"Operator": "OR", "BuiltInControls": ["block"],
                        "AuthenticationStrength": {"Id": null, "AllowedCombinations": null}},
                    "SessionControls": {"SignInFrequency": {"IsEnabled": null}}}"#,
            ),
            (
                "p.yaml",
                "display_name: P\nstate: enabled\nconditions:\n  users: {include_users: [All]}\n  \
                 applications: {include_applications: [All]}\ngrant_controls: {built_in_controls: [block]}\n",
            ),
            (
                "p.yaml",
                "displayName: P\nstate: Enabled\nconditions:\n  users: {includeUsers: All}\n  \
                 applications: {includeApplications: all}\ngrantControls: {operator: or, builtInControls: BLOCK}\n",
            ),
        ] {
            assert_eq!(verdict(file, text), Some(DECIDED), "{text}");
        }
    }

    #[test]
    fn a_map_by_name_names_its_policies() {
        let text = "policies:\n  block_all: &p\n    state: enabled\n    conditions:\n      users: {include_users: [All]}\n      \
                    applications: {include_applications: [All]}\n    grant_controls: {built_in_controls: [block]}\n  \
                    again: {<<: *p}\n";
        let set = read(&[("p.yaml", text)]);
        assert_eq!(names(&set), ["block_all", "again"]);
        let outcome = check(&[("p.yaml", text)]);
        assert_eq!(levels(&outcome, "block-everyone"), [DECIDED, DECIDED]);
    }

    #[test]
    fn one_value_stands_for_a_list_and_a_list_for_an_object() {
        for users in [
            json!({"includeUsers": "All"}),
            json!([{"includeUsers": ["All"]}]),
            json!([{"includeUsers": "All", "excludeGroups": []}]),
            json!({"includeUsers": ["All"], "includeGuestsOrExternalUsers": "none"}),
            json!({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": null}}),
        ] {
            let mut policy = graph("P");
            policy["conditions"]["users"] = users;
            assert_eq!(verdict("p.json", &policy.to_string()), Some(DECIDED), "{policy}");
        }
        let mut policy = graph("P");
        policy["conditions"]["users"]["excludeGroups"] = json!({"id": A});
        let outcome = check(&[("p.json", &policy.to_string())]);
        assert_eq!(levels(&outcome, "block-everyone"), [UNDECIDED]);
        assert_eq!(of(&outcome, "unknown-value").len(), 1);
    }

    #[test]
    fn an_export_cut_off_at_a_depth_decides_nothing() {
        for (pointer, text) in [
            ("/conditions/users/includeUsers", "System.Object[]"),
            ("/conditions/users", "@{IncludeUsers=System.Object[]; ExcludeUsers=System.Object[]}"),
            ("/conditions/applications", "System.Collections.Hashtable"),
            ("/grantControls/builtInControls", "System.Object[]"),
            (
                "/grantControls",
                "Microsoft.Graph.PowerShell.Models.MicrosoftGraphConditionalAccessGrantControls",
            ),
        ] {
            let mut policy = graph("P");
            *policy.pointer_mut(pointer).unwrap() = json!(text);
            let outcome = check(&[("p.json", &policy.to_string())]);
            assert_eq!(outcome.policies, 1, "{pointer}");
            assert_eq!(
                levels(&outcome, "incomplete-export"),
                [(Level::Warn, Certainty::Certain)],
                "{pointer}"
            );
            let undecided = |found: &(Level, Certainty)| *found == (Level::Note, Certainty::Unverified);
            assert!(levels(&outcome, "block-everyone").iter().all(undecided), "{pointer}");
        }
        let mut policy = graph("P");
        policy["conditions"]["users"]["excludeGroups"] = json!("System.Object[]");
        let outcome = check(&[("p.json", &policy.to_string())]);
        assert_eq!(levels(&outcome, "block-everyone"), [UNDECIDED]);
        assert!(of(&outcome, "missing-emergency-exclusion").is_empty());
    }

    #[test]
    fn placeholders_may_stand_for_nobody() {
        for text in [
            "<break-glass-group>",
            "{{ breakGlass }}",
            "{{breakGlass}}@contoso.com",
            "%BREAKGLASS%",
            "${BREAK_GLASS}",
            "[Emergency access group]",
            "REPLACE-WITH-GROUP-ID",
            "replace_me",
            "your-group-id",
            "YOUR_GROUP_ID",
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "placeholder",
            "TODO",
        ] {
            let mut policy = graph("P");
            policy["conditions"]["users"]["excludeGroups"] = json!([text]);
            for (file, text) in
                [("p.json", policy.to_string()), ("p.yaml", serde_yaml::to_string(&policy).unwrap())]
            {
                let outcome = check(&[(file, &text)]);
                assert_eq!(levels(&outcome, "block-everyone"), [UNDECIDED], "{text}");
                assert_eq!(levels(&outcome, "exclusion-that-excludes-nobody"), [UNDECIDED], "{text}");
            }
        }
    }

    #[test]
    fn a_list_with_known_and_unknown_entries_keeps_both() {
        let mut policy = graph("P");
        policy["conditions"]["users"] = json!({"includeUsers": ["All"], "excludeGroups": [A, "<more>", ""]});
        policy["conditions"]["applications"] = json!({"includeApplications": ["all", "Office365"]});
        let set = read(&[("p.json", &policy.to_string())]);
        let policy = &set.policies[0];
        assert_eq!(entries(&policy.users.exclude_groups), "? ?<more> a");
        assert!(policy.users.include_users.find(|user| *user == Principal::Token(UserToken::All)).is_some());
        assert!(policy.applications.include.find(|app| *app == App::Token(AppToken::Office365)).is_some());
    }

    #[test]
    fn files_around_policies_hold_none() {
        for (file, text) in [
            (
                "schema.json",
                r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {
                    "displayName": {"type": "string"}, "state": {"enum": ["enabled", "disabled"]},
                    "conditions": {"type": "object", "properties": {"users": {"type": "object"},
                        "applications": {"type": "object"}}},
                    "grantControls": {"type": "object", "properties": {"builtInControls": {"type": "array"}}}}}"#,
            ),
            (
                "group.json",
                r#"{"@odata.context": "https://graph.microsoft.com/beta/$metadata#groups/$entity",
                    "id": "aaaaaaaa-0000-4000-8000-000000000001", "displayName": "CA exclusion",
                    "securityEnabled": true, "groupTypes": []}"#,
            ),
            (
                "groups.json",
                r#"{"value": [{"id": "1", "displayName": "x", "membershipRule": "user.state -eq \"x\""}]}"#,
            ),
            (
                "MigrationTable.json",
                r#"{"TenantId": "1", "Objects": [{"DisplayName": "x", "Id": "2", "Type": "Group"}]}"#,
            ),
            (
                "strength.json",
                r#"{"id": "1", "displayName": "x", "policyType": "custom", "allowedCombinations": ["fido2"]}"#,
            ),
            ("intune.json", r#"{"displayName": "x", "state": "enabled", "conditions": [{"users": 1}]}"#),
            ("workflow.yaml", "on: push\njobs:\n  x:\n    if: conditions\n    steps: [{run: calint}]\n"),
            ("package.json", r#"{"name": "x", "version": "1.0.0"}"#),
        ] {
            assert_no_policy(&[(file, text)]);
        }
    }
}

mod desired_state {
    use super::*;

    /// A configuration with one policy that blocks everyone, and more assignments.
    fn configuration(assignments: &str) -> String {
        format!(
            r#"
Configuration Tenant
{{
    param ([PSCredential] $Credential)
    Import-DscResource -ModuleName Microsoft365DSC
    Node localhost
    {{
        AADGroup 'Emergency' {{ DisplayName = "Emergency"; Ensure = "Present" }}
        AADConditionalAccessPolicy 'Policy'
        {{
            DisplayName          = "P"
            State                = "enabled"
            IncludeUsers         = @("All")
            IncludeApplications  = @("All")
            GrantControlOperator = "OR"
            BuiltInControls      = @("block")
            Credential           = $Credential
            DependsOn            = "[AADGroup]Emergency"
            {assignments}
        }}
    }}
}}
"#
        )
    }

    #[test]
    fn assignments_are_known_undecided_or_absent() {
        const SOME: Option<(Level, Certainty)> = Some((Level::Warn, Certainty::Certain));
        for (assignments, expected) in [
            ("", Some(DECIDED)),
            ("Ensure = 'Present'", Some(DECIDED)),
            ("ExcludeGroups = @()", Some(DECIDED)),
            ("ExcludeGroups = $null", Some(DECIDED)),
            ("ExcludeGroups = @(\"\")", Some(DECIDED)),
            ("ExcludeGroups = @(\"Emergency\")", SOME),
            ("ExcludeGroups = \"Emergency\"", SOME),
            ("ExcludeGroups = @('Emergency', 'Others')", SOME),
            ("ExcludeUsers = @(\"emergency1@contoso.com\")", SOME),
            ("ExcludeRoles = @('Global Administrator')", SOME),
            ("ExcludeRoles = @('Directory Synchronization Accounts')", Some(DECIDED)),
            ("ExcludeGroups = $emergency", Some(UNDECIDED)),
            ("ExcludeGroups = @($emergency)", Some(UNDECIDED)),
            ("ExcludeGroups = @(\"$emergency\")", Some(UNDECIDED)),
            ("ExcludeUsers = @(\"emergency1@$($domain)\")", Some(UNDECIDED)),
            ("ExcludeUsers = $ConfigurationData.NonNodeData.Emergency", Some(UNDECIDED)),
            ("# ExcludeGroups = @('Emergency')", Some(DECIDED)),
            ("<# ExcludeGroups = @('Emergency') #>", Some(DECIDED)),
            ("excludegroups = @('Emergency')", SOME),
            ("IncludeLocations = @('All'); ExcludeLocations = @('Office')", None),
            ("ClientAppTypes = @('exchangeActiveSync', 'other')", None),
            ("DeviceFilterMode = 'exclude'; DeviceFilterRule = 'device.isCompliant -eq True'", None),
        ] {
            let outcome = check(&[("tenant.ps1", &configuration(assignments))]);
            assert_eq!((outcome.policies, outcome.unreadable), (1, 0), "{assignments}");
            assert!(of(&outcome, "unknown-member").is_empty(), "{assignments}");
            assert_eq!(levels(&outcome, "block-everyone").first().copied(), expected, "{assignments}");
        }
    }

    #[test]
    fn platforms_that_are_only_excluded_leave_all_others() {
        for (assignments, everywhere) in [
            ("ExcludePlatforms = @('windowsPhone')", true),
            ("ExcludePlatforms = @('android')", false),
            ("IncludePlatforms = @('all'); ExcludePlatforms = @()", true),
            ("IncludePlatforms = @('android')", false),
        ] {
            let outcome = check(&[("tenant.ps1", &configuration(assignments))]);
            assert_eq!(of(&outcome, "block-every-platform").len(), usize::from(everywhere), "{assignments}");
        }
    }

    #[test]
    fn a_policy_to_be_deleted_is_none() {
        for ensure in ["Ensure = 'Absent'", "Ensure = \"absent\"", "ensure = 'Absent'"] {
            assert_no_policy(&[("tenant.ps1", &configuration(ensure))]);
        }
    }

    #[test]
    fn texts_in_every_kind_of_quotes() {
        for (written, name) in [
            ("'It''s \"quoted\" $here'", "It's \"quoted\" $here"),
            ("\"Say `\"no`\" to `$this\"", "Say \"no\" to $this"),
            ("\"Say \"\"no\"\"\"", "Say \"no\""),
            ("\"a `` tick\"", "a ` tick"),
            ("'{ } # ( @'", "{ } # ( @"),
        ] {
            let text = configuration("").replace("\"P\"", written);
            assert_eq!(names(&read(&[("tenant.ps1", &text)])), [name], "{written}");
        }
    }

    #[test]
    fn every_block_is_read_and_nothing_else() {
        let one = configuration("");
        let two = one.replace("\"P\"", "\"Q\"").replace("'Policy'", "\"Another policy\"");
        let commented = format!("<#{}#>", one.replace("\"P\"", "\"R\""));
        let outside = "$text = 'AADConditionalAccessPolicy x { DisplayName = \"S\" }'\n";
        let set = read(&[("tenant.ps1", &format!("{one}{two}{commented}{outside}"))]);
        assert_eq!(names(&set), ["P", "Q"]);
        assert_no_policy(&[(
            "script.ps1",
            "Get-MgIdentityConditionalAccessPolicy | ConvertTo-Json -Depth 9\n",
        )]);
    }

    #[test]
    fn findings_speak_the_words_of_the_file() {
        let outcome = check(&[("tenant.ps1", &configuration(""))]);
        let help = of(&outcome, "block-everyone")[0].help.clone().unwrap_or_default();
        assert!(help.contains("ExcludeGroups = @("), "{help}");
    }
}

/// Notations at their edges.
mod edges {
    use super::*;

    const OFFICE: &str = "159d9520-1c82-4b1c-ab67-af8589fbc69a";

    /// The block leaves out a location in which no address lies, so it blocks everyone.
    fn empty_location(location: &str, reference: &str) -> Vec<(Level, Certainty)> {
        let locations =
            format!("locations {{\nincluded_locations = [\"All\"]\nexcluded_locations = [{reference}]\n}}");
        let main = format!("{location}\n{}", block_with("p", "", &locations));
        levels(&check(&[("main.tf", &main)]), "block-everyone")
    }

    #[test]
    fn location_by_reference() {
        let location =
            "resource \"azuread_named_location\" \"l\" {\ndisplay_name = \"L\"\nip {\nip_ranges = []\n}\n}";
        assert_eq!(empty_location(location, "azuread_named_location.l.object_id"), [DECIDED]);
    }

    #[test]
    fn ranges_of_microsoft365() {
        let kind = "microsoft365_graph_beta_identity_and_access_named_location";
        let location = format!(
            "resource \"{kind}\" \"l\" {{\ndisplay_name = \"L\"\nipv4_ranges = []\nipv6_ranges = []\n}}"
        );
        let main = format!("{location}\n{}", block("p", "[]"));
        assert_eq!(read(&[("main.tf", &main)]).named_locations.len(), 1);
    }

    #[test]
    fn location_of_a_state() {
        let state = json!({"version": 4, "terraform_version": "1.9.5", "lineage": "x", "resources": [
            {"mode": "managed", "type": "azuread_named_location", "name": "l", "instances": [{"attributes": {
                "id": format!("/identity/conditionalAccess/namedLocations/{OFFICE}"), "object_id": OFFICE,
                "display_name": "L", "ip": [{"ip_ranges": [], "trusted": true}], "country": []}}]},
            {"mode": "managed", "type": "azuread_conditional_access_policy", "name": "p", "instances": [{"attributes": {
                "display_name": "P", "state": "enabled", "conditions": [{"client_app_types": ["all"],
                    "applications": [{"included_applications": ["All"]}], "users": [{"included_users": ["All"]}],
                    "locations": [{"included_locations": ["All"], "excluded_locations": [OFFICE]}]}],
                "grant_controls": [{"operator": "OR", "built_in_controls": ["block"]}]}}]}]});
        assert_eq!(levels(&check(&[("state.json", &state.to_string())]), "block-everyone"), [DECIDED]);
    }

    #[test]
    fn outputs_of_two_modules_are_two_groups() {
        let call = |name: &str| format!("module \"{name}\" {{\nsource = \"./group\"\n}}\n");
        let main = format!(
            "{}{}{}{}",
            call("vip"),
            call("bg"),
            block("one", "[module.bg.id]"),
            block("two", "[module.vip.id]")
        );
        let output = "output \"id\" {\nvalue = azuread_group.this.object_id\n}\n";
        let set = read(&[("main.tf", &main), ("group/main.tf", output)]);
        let [one, two] = set.policies.as_slice() else { panic!() };
        assert_ne!(entries(&one.users.exclude_groups), entries(&two.users.exclude_groups));
    }

    #[test]
    fn modules_called_repeatedly() {
        for meta in ["for_each = toset([\"x\", \"y\"])", "count = 2", "count = var.some"] {
            let call = format!("module \"ca\" {{\nsource = \"./ca\"\n{meta}\n}}");
            let outcome = check(&[("main.tf", &call), ("ca/main.tf", &block("p", "[]"))]);
            assert!(outcome.policies >= 1, "{meta}");
        }
    }

    #[test]
    fn block_comments_beside_a_bad_block() {
        let text = format!("locals {{\n  a = = 1\n}}\n/*{}{}*/\n", block("p", "[]"), block("q", "[]"));
        let outcome = check(&[("main.tf", &text)]);
        assert_eq!((outcome.policies, of(&outcome, "syntax-error").len()), (0, 1));
    }

    #[test]
    fn values_in_json() {
        let declaration = "variable \"g\" {\ndefault = []\n}\n";
        for file in ["terraform.tfvars.json", "x.auto.tfvars.json"] {
            let set = read(&[
                ("main.tf", &format!("{declaration}{}", block("p", "var.g"))),
                (file, "{\"g\": ['a']}"),
            ]);
            assert_eq!(entries(&set.policies[0].users.exclude_groups), "a", "{file}");
        }
    }

    #[test]
    fn body_as_json_text() {
        let text = "resource \"msgraph_resource\" \"p\" {\nurl = \"identity/conditionalAccess/policies\"\nbody = file(\"p.txt\")\n}";
        let outcome = check(&[("main.tf", text), ("p.txt", &graph("P").to_string())]);
        assert_eq!(outcome.policies, 1);
    }

    #[test]
    fn policy_to_be_deleted() {
        let text = json!([{"displayName": "P", "state": "enabled", "includeUsers": ["All"],
            "includeApplications": ["All"], "builtInControls": ["block"], "operator": "OR", "present": false}]);
        assert_no_policy(&[("p.json", &text.to_string())]);
    }

    #[test]
    fn nested_list_is_not_nobody() {
        let mut policy = graph("P");
        policy["conditions"]["users"]["excludeGroups"] = json!([[A]]);
        let outcome = check(&[("p.json", &policy.to_string())]);
        assert_eq!(levels(&outcome, "block-everyone"), [UNDECIDED]);
    }

    #[test]
    fn here_strings() {
        let block = |name: &str| {
            format!(
                "AADConditionalAccessPolicy 'x'\n{{\nDisplayName = {name}\nState = 'enabled'\nIncludeUsers = @('All')\n\
             IncludeApplications = @('All')\nGrantControlOperator = 'OR'\nBuiltInControls = @('block')\n}}\n"
            )
        };
        let text = format!("{}{}", block("@\"\nSay \"no\" }\n\"@"), block("@'\nIt's\n'@"));
        assert_eq!(names(&read(&[("p.ps1", &text)])), ["Say \"no\" }", "It's"]);
    }

    #[test]
    fn operators_and_bare_arrays() {
        for (written, expected) in [("'x', 'y'", "x y"), ("@() + $more", "?@() + $more")] {
            let text = format!(
                "AADConditionalAccessPolicy 'x'\n{{\nDisplayName = 'P'\nState = 'enabled'\nIncludeUsers = @('All')\n\
                 ExcludeGroups = {written}\nIncludeApplications = @('All')\nGrantControlOperator = 'OR'\n\
                 BuiltInControls = @('block')\n}}\n"
            );
            let set = read(&[("p.ps1", &text)]);
            assert_eq!(entries(&set.policies[0].users.exclude_groups), expected, "{written}");
        }
    }

    #[test]
    fn url_with_an_expression() {
        let text = "resource \"msgraph_update_resource\" \"p\" {\nurl = \"identity/conditionalAccess/policies/${var.id}\"\nbody = jsondecode(file(\"p.txt\"))\n}";
        let outcome = check(&[("main.tf", text), ("p.txt", &graph("P").to_string())]);
        assert_eq!(outcome.policies, 1);
    }

    #[test]
    fn optional_attributes_have_defaults() {
        let declaration =
            "variable \"p\" {\ntype = object({ groups = optional(list(string), ['a']) })\ndefault = {}\n}\n";
        let set = read(&[("main.tf", &format!("{declaration}{}", block("p", "try(var.p.groups, [])")))]);
        assert_ne!(entries(&set.policies[0].users.exclude_groups), "");
    }

    #[test]
    fn more_instances_than_are_read() {
        let text = block("p", "[]").replace("state", "count = 1500\nstate");
        let outcome = check(&[("main.tf", &text)]);
        assert!(outcome.policies == 1500 || outcome.unreadable == 1);
    }

    #[test]
    fn calls_in_json() {
        let inner = format!("variable \"groups\" {{\ndefault = ['a']\n}}\n{}", block("p", "var.groups"));
        let set = read(&[
            ("main.tf.json", "{\"module\": {\"ca\": {\"source\": \"./ca\", \"groups\": []}}}"),
            ("ca/main.tf", &inner),
        ]);
        assert_eq!(entries(&set.policies[0].users.exclude_groups), "");
    }

    #[test]
    fn order_of_keys() {
        let set = read(&[("main.tf", &block("p", "[values({ y = 'b', x = 'a' })[0]]"))]);
        assert_eq!(entries(&set.policies[0].users.exclude_groups), "a");
    }
}

#[test]
fn condition_that_cannot_be_read_is_not_absent() {
    let mut wrong = Vec::new();
    for (pointer, value) in [
        ("/conditions/locations", json!("@{IncludeLocations=System.Object[]}")),
        ("/conditions/platforms", json!("System.Object[]")),
        ("/conditions/platforms", json!(["android"])),
        ("/conditions/platforms", json!("android")),
        ("/conditions/devices", json!("@{DeviceFilter=}")),
        ("/conditions/devices", json!({"deviceFilter": "@{Mode=include; Rule=x}"})),
        ("/conditions/authenticationFlows", json!("@{TransferMethods=deviceCodeFlow}")),
        ("/conditions/clientApplications", json!("@{IncludeServicePrincipals=System.Object[]}")),
        ("/conditions/applications/applicationFilter", json!("@{Mode=exclude; Rule=x}")),
        ("/conditions/userRiskLevels", json!([["high"]])),
        ("/conditions/signInRiskLevels", json!({"x": "high"})),
        ("/conditions/users", json!([{"includeUsers": ["All"]}, {"excludeGroups": [A]}])),
    ] {
        let mut policy = graph("P");
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        policy.pointer_mut(parent).unwrap()[member] = value.clone();
        let outcome = check(&[("p.json", &policy.to_string())]);
        let found = outcome
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Error)
            .map(|finding| finding.rule.as_str().to_owned())
            .collect::<Vec<_>>();
        if !found.is_empty() {
            wrong.push(format!("{pointer} = {value}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn dsc_strength_name() {
    let text = "AADConditionalAccessPolicy 'x'\n{\nDisplayName = 'P'\nState = 'enabled'\nIncludeUsers = @('All')\n\
                IncludeApplications = @('All')\nGrantControlOperator = 'OR'\nAuthenticationStrength = 'Phishing-resistant MFA'\n}\n";
    assert_eq!(
        common::rules(&check(&[("p.ps1", text)])),
        ["demanding-strength-for-everyone"],
        "the name stands for an id"
    );
}
