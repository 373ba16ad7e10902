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
        let cases: &[(&str, &[(&str, &str)], &str)] = &[
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
        const FILES: &[(&str, &str)] = &[
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
    fn exclusions(files: &[(&str, &str)]) -> Vec<String> {
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
            ("azuread_group.bg.object_id", "[module.groups.bg]", "p: azuread_group.bg"),
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
