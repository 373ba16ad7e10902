//! Rules that an organization writes itself: what they say of policies in every notation, how they are excused, and
//! what becomes of rule files that are wrong.

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

use calint::house;
use calint::source::FileId;
use common::{calint, folder, ran};
use serde_json::Value;

const GROUP: &str = "2c5f7a10-94be-4d36-8a1f-5b0e6d7c9f21";
const OTHER: &str = "9d0b3e64-1f52-4c8a-b7e3-60a4c2f81d95";

/// Where the rules of most tests are.
const RULES: &str = ".calint/rules/own.yaml";

/// A rule about the names and one about the exclusions of policies.
const TWO: &str = r"
- id: name-without-number
  message: policy name does not start with its number
  help: start the name with `CA` and three digits
  level: warn
  require: {display-name: {matches: '^CA\d{3} '}}
  good: [{displayName: CA001 Everyone}]
  bad: [{displayName: Everyone}]

- id: break-glass-not-excluded
  message: policy for everyone does not exclude the break glass group
  help: exclude the group
  note: the runbook rests on this group
  level: error
  url: https://wiki.contoso.com/break-glass
  where: {state: enabled, include-users: {contains: All}}
  require: {exclude-groups: {contains: [2c5f7a10-94be-4d36-8a1f-5b0e6d7c9f21, Break glass]}}
  good:
    - {state: disabled, conditions: {users: {includeUsers: [All]}}}
    - state: enabled
      conditions: {users: {includeUsers: [All], excludeGroups: [2c5f7a10-94be-4d36-8a1f-5b0e6d7c9f21]}}
  bad:
    - {state: enabled, conditions: {users: {includeUsers: [All]}}}
";

fn run(folder: &Path, args: &[&str]) -> (String, String, Option<i32>) {
    ran(calint(folder).args(args).output().unwrap())
}

/// The findings of the house rules in a folder. Nothing else is said.
fn findings(folder: &Path, args: &[&str]) -> Vec<Value> {
    let (out, err, _) = run(folder, &[args, &["--format", "json"]].concat());
    assert_eq!(err, "");
    let report: Value = serde_json::from_str(&out).unwrap();
    let all = report["findings"].as_array().unwrap().clone();
    all.into_iter().filter(|finding| finding["category"] == "house").collect()
}

/// `rule level certainty path:line` of each.
fn short(findings: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .iter()
        .map(|finding| {
            let place = &finding["location"];
            let words = ["rule", "level", "certainty"].map(|key| text(&finding[key]));
            format!("{} {}:{}", words.join(" "), text(&place["path"]), place["start"]["line"])
        })
        .collect()
}

/// A policy in JSON for everyone, with what else it has.
fn policy(name: &str, more: &str) -> String {
    format!(
        r#"{{
  "displayName": "{name}",
  "state": "enabled",
  "conditions": {{
    "users": {{ "includeUsers": ["All"]{more} }},
    "applications": {{ "includeApplications": ["All"] }}
  }},
  "grantControls": {{ "operator": "OR", "builtInControls": ["mfa"] }}
}}
"#
    )
}

/// One rule with some conditions, whose examples are not run here.
fn rule(conditions: &str) -> String {
    format!(
        "- id: own\n  message: policy is not as agreed\n  help: make it so\n  level: warn\n{conditions}\n  good: [{{id: x}}]\n  bad: [{{id: x}}]\n"
    )
}

/// What a rule with some conditions makes of a policy: `none`, `found` or `undecided`.
fn verdict(conditions: &str, policy: &str) -> &'static str {
    let folder = folder(&[(RULES, &rule(conditions)), ("policy.yaml", policy)]);
    let found = findings(folder.path(), &["--only", "own"]);
    match found.as_slice() {
        [] => "none",
        [one] if one["certainty"] == "certain" => "found",
        [one] if one["certainty"] == "unverified" && one["level"] == "note" => "undecided",
        other => panic!("{conditions}: {other:?}"),
    }
}

const TERRAFORM: &str = r#"
variable "spare" { type = string }

resource "azuread_conditional_access_policy" "one" {
  display_name = "Everyone: MFA"
  state        = "enabled"
  conditions {
    client_app_types = ["all"]
    applications { included_applications = ["All"] }
    users {
      included_users  = ["All"]
      excluded_groups = ["9d0b3e64-1f52-4c8a-b7e3-60a4c2f81d95"]
    }
  }
  grant_controls {
    operator          = "OR"
    built_in_controls = ["mfa"]
  }
}

resource "azuread_conditional_access_policy" "two" {
  display_name = "CA002 Everyone: MFA"
  state        = "enabled"
  conditions {
    client_app_types = ["all"]
    applications { included_applications = ["All"] }
    users {
      included_users  = ["All"]
      excluded_groups = [var.spare]
    }
  }
  grant_controls {
    operator          = "OR"
    built_in_controls = ["mfa"]
  }
}
"#;

const DSC: &str = r#"
Configuration Tenant {
    Node localhost {
        AADConditionalAccessPolicy "one" {
            DisplayName          = "Everyone: MFA"
            State                = "enabled"
            IncludeApplications  = @("All")
            IncludeUsers         = @("All")
            ExcludeGroups        = @("Other group")
            BuiltInControls      = @("mfa")
            GrantControlOperator = "OR"
        }
        AADConditionalAccessPolicy "two" {
            DisplayName          = "CA002 Everyone: MFA"
            State                = "enabled"
            IncludeApplications  = @("All")
            IncludeUsers         = @("All")
            ExcludeGroups        = @("break glass")
            BuiltInControls      = @("mfa")
            GrantControlOperator = "OR"
        }
    }
}
"#;

#[test]
fn one_rule_is_for_every_notation() {
    let json = policy("Everyone: MFA", &format!(",\n      \"excludeGroups\": [\"{OTHER}\"]"));
    let yaml = "displayName: 'Everyone: MFA'\nstate: enabled\nconditions:\n  users:\n    includeUsers: [All]\n    \
                exclude_groups: []\n  applications: {includeApplications: [All]}\ngrantControls: {operator: OR, \
                builtInControls: [mfa]}\n";
    let folder = folder(&[
        (RULES, TWO),
        ("a.json", &json),
        ("b.yaml", yaml),
        ("c/main.tf", TERRAFORM),
        ("d.ps1", DSC),
        ("e.json", &policy("CA005 Fine", &format!(", \"excludeGroups\": [\"{}\"]", GROUP.to_uppercase()))),
    ]);
    let found = findings(folder.path(), &[]);
    assert_eq!(
        short(&found),
        [
            "break-glass-not-excluded error certain a.json:6",
            "name-without-number warn certain a.json:2",
            "break-glass-not-excluded error certain b.yaml:6",
            "name-without-number warn certain b.yaml:1",
            "break-glass-not-excluded error certain c/main.tf:12",
            "name-without-number warn certain c/main.tf:5",
            "break-glass-not-excluded note unverified c/main.tf:29",
            "break-glass-not-excluded error certain d.ps1:9",
            "name-without-number warn certain d.ps1:5",
        ]
    );
    let labels: Vec<_> =
        found.iter().map(|finding| finding["labels"][0]["message"].as_str().unwrap()).collect();
    assert_eq!(labels[0], format!("contains none of `{GROUP}`, `Break glass`"));
    assert_eq!(labels[1], r"does not match `^CA\d{3} `");
    assert_eq!(labels[2], labels[0], "an empty list is written");
    assert_eq!(labels[6], "known only once this is evaluated");
    let first = &found[0];
    assert_eq!(first["message"], "policy for everyone does not exclude the break glass group");
    assert_eq!(first["help"], "exclude the group");
    assert_eq!(first["note"], "the runbook rests on this group");
    assert_eq!(first["url"], "https://wiki.contoso.com/break-glass");
    assert_eq!(first["policy"]["name"], "Everyone: MFA");
    assert_eq!(found[1]["url"], Value::Null);
}

/// A policy whose values decide the verbs below.
const POLICY: &str = r"
displayName: CA100 Administrators
state: enabled
conditions:
  users: {includeRoles: [62e90394-69f5-4237-9190-012177145e10], excludeUsers: ['']}
  applications: {includeApplications: [All]}
  clientAppTypes: [browser, mobileAppsAndDesktopClients]
  locations: {includeLocations: [All], excludeLocations: [AllTrusted]}
grantControls: {operator: OR, authenticationStrength: {id: 00000000-0000-0000-0000-000000000004}}
sessionControls:
  signInFrequency: {isEnabled: true, type: hours, value: 4}
  persistentBrowser: {isEnabled: true, mode: never}
";

#[test]
fn verbs_compare_what_they_say() {
    for (condition, holds) in [
        ("state: enabled", true),
        ("state: Enabled", true),
        ("state: {equals: disabled}", false),
        ("state: [report-only, enabled]", true),
        ("state: {one-of: [report-only, disabled]}", false),
        ("state: report-only", false),
        ("displayName: CA100 Administrators", true),
        ("display-name: ca100 administrators", false),
        ("display-name: {matches: '(?i)^ca1'}", true),
        ("display-name: {matches: Admin, empty: false}", true),
        ("display-name: {matches: Guests}", false),
        ("display-name: {empty: true}", false),
        ("template-id: {empty: true}", true),
        ("client-app-types: {contains: Browser}", true),
        ("client-app-types: {contains: [other, exchangeActiveSync]}", false),
        ("client-app-types: {contains-all: [browser, mobileAppsAndDesktopClients]}", true),
        ("client-app-types: {contains-all: [browser, other]}", false),
        ("client-app-types: {equals: [mobileAppsAndDesktopClients, browser]}", true),
        ("client-app-types: {equals: [browser]}", false),
        ("client-app-types: {equals: [browser, mobileAppsAndDesktopClients, other]}", false),
        ("include-roles: {contains: Global Administrator}", true),
        ("include-roles: {contains: User Administrator}", false),
        ("include-groups: {empty: true}", true),
        ("exclude-users: {empty: true}", true),
        ("include-applications: {matches: '^[Aa]ll$'}", true),
        ("include-locations: {contains: all}", true),
        ("exclude-locations: {equals: AllTrusted}", true),
        ("include-platforms: {empty: false}", false),
        ("authentication-strength: Phishing-resistant MFA", true),
        ("authentication-strength: 00000000-0000-0000-0000-000000000002", false),
        ("operator: and", false),
        ("built-in-controls: {empty: true}", true),
        ("session-controls: {contains-all: [signInFrequency, persistentBrowser]}", true),
        ("session-controls: {contains: secureSignInSession}", false),
        ("sign-in-frequency.value: 4", true),
        ("sign-in-frequency.value: {matches: '^([1-9]|1[0-2])$'}", true),
        ("signInFrequency.type: [days]", false),
        ("sign-in-frequency.frequency-interval: {empty: true}", true),
    ] {
        let (require, forbid) = if holds { ("none", "found") } else { ("found", "none") };
        assert_eq!(verdict(&format!("  require: {{{condition}}}"), POLICY), require, "{condition}");
        assert_eq!(verdict(&format!("  forbid: {{{condition}}}"), POLICY), forbid, "{condition}");
        let selected = format!("  where: {{{condition}}}\n  forbid: {{display-name: {{empty: false}}}}");
        assert_eq!(verdict(&selected, POLICY), forbid, "where {condition}");
    }
}

#[test]
fn conditions_hold_together() {
    let both = "{state: enabled, operator: AND}";
    assert_eq!(verdict(&format!("  require: {both}"), POLICY), "found", "one of them fails");
    assert_eq!(verdict(&format!("  forbid: {both}"), POLICY), "none", "only both are forbidden");
    let either = "  require: {state: enabled}\n  forbid: {operator: OR}";
    assert_eq!(verdict(either, POLICY), "found", "what is required holds, what is forbidden as well");
}

#[test]
fn findings_mark_what_decides() {
    let text = "displayName: A\nstate: enabled\nconditions:\n  users: {includeUsers: [All]}\n  applications: \
                {includeApplications: [All]}\n  clientAppTypes:\n    - browser\n    - other\n";
    for (conditions, place) in [
        ("  forbid: {client-app-types: {contains: other}}", "8:7"),
        ("  forbid: {client-app-types: {equals: [browser, other]}}", "6:3"),
        ("  require: {client-app-types: {contains: browser, contains-all: [all]}}", "6:3"),
        ("  require: {client-app-types: {empty: true}}", "6:3"),
        ("  require: {state: disabled}", "2:8"),
        ("  require: {exclude-users: {empty: false}}", "1:14"),
        ("  forbid: {operator: {empty: true}}", "1:14"),
    ] {
        let folder = folder(&[(RULES, &rule(conditions)), ("a.yaml", text)]);
        let found = findings(folder.path(), &["--only", "own"]);
        let start = &found[0]["location"]["start"];
        assert_eq!(format!("{}:{}", start["line"], start["column"]), place, "{conditions}");
    }
}

#[test]
fn the_state_is_what_the_rule_says() {
    let named = "  require: {display-name: {matches: '^CA1'}}";
    let odd = POLICY.replace("CA100", "X100");
    assert_eq!(verdict(named, &odd.replace("enabled\n", "enabledForReportingButNotEnforced\n")), "found");
    let disabled = odd.replace("state: enabled", "state: disabled");
    assert_eq!(verdict(named, &disabled), "none", "disabled policies are left alone");
    let asked = format!("  where: {{state: disabled}}\n{named}");
    assert_eq!(verdict(&asked, &disabled), "found", "unless the rule asks for them");
    let stateless = odd.replace("state: enabled\n", "");
    let report_only = format!("  where: {{state: report-only}}\n{named}");
    assert_eq!(
        verdict(&report_only, &stateless),
        "found",
        "a policy without a state is taken for report-only"
    );
}

#[test]
fn levels_do_not_depend_on_the_state() {
    let text = policy("Everyone", "").replace("\"enabled\"", "\"enabledForReportingButNotEnforced\"");
    let folder = folder(&[(RULES, TWO), ("a.json", &text)]);
    let found = findings(folder.path(), &["--only", "name-without-number"]);
    assert_eq!(short(&found), ["name-without-number warn certain a.json:2"]);
    assert_eq!(found[0]["message"], "policy name does not start with its number");
}

#[test]
fn what_is_not_known_is_neither_kept_nor_broken() {
    let users = |users: &str| {
        POLICY.replace("{includeRoles: [62e90394-69f5-4237-9190-012177145e10], excludeUsers: ['']}", users)
    };
    let spare = format!("exclude-groups: {{contains: {GROUP}}}");
    let require = |condition: &str| format!("  require: {{{condition}}}");
    let forbid = |condition: &str| format!("  forbid: {{{condition}}}");
    for unknown in [
        "{includeUsers: [All], excludeGroups: ['<break glass>']}",
        "{includeUsers: [All], excludeGroups: [Break glass]}",
        "{includeUsers: [All], excludeGroups: !secret groups}",
        "!secret users",
    ] {
        let policy = users(unknown);
        for conditions in [require(&spare), forbid(&spare), require("exclude-groups: {empty: false}")] {
            assert_eq!(verdict(&conditions, &policy), "undecided", "{conditions} {unknown}");
        }
        let both = format!("  where: {{{spare}}}\n{}", require("state: disabled"));
        assert_eq!(verdict(&both, &policy), "undecided", "whether the rule is about it: {unknown}");
        let settled = format!("  where: {{{spare}}}\n{}", require("state: enabled"));
        assert_eq!(verdict(&settled, &policy), "none", "it is kept either way: {unknown}");
    }
    let policy = users(&format!("{{includeUsers: [All], excludeGroups: ['<other>', {GROUP}]}}"));
    assert_eq!(verdict(&require(&spare), &policy), "none", "what is known suffices");
    let policy = users("{includeUsers: [All], excludeGroups: ['<break glass>']}");
    let named = "exclude-groups: {contains: '<break glass>'}";
    assert_eq!(verdict(&require(named), &policy), "none", "the rule names the text that stands for it");
    let policy = users("{includeUsers: [All], excludeGroups: ['']}");
    assert_eq!(verdict(&require(&spare), &policy), "found", "an empty text is known to be nobody");
    for (part, unknown, condition) in [
        ("state: enabled", "state: on", "state: enabled"),
        ("displayName: CA100 Administrators", "displayName: '{{name}}'", "display-name: {matches: '^CA'}"),
        (
            "clientAppTypes: [browser, mobileAppsAndDesktopClients]",
            "clientAppTypes: [brwser]",
            "client-app-types: {contains: browser}",
        ),
        (
            "locations: {includeLocations: [All], excludeLocations: [AllTrusted]}",
            "locations: !x y",
            "exclude-locations: {contains: AllTrusted}",
        ),
        (
            "{operator: OR, authenticationStrength: {id: 00000000-0000-0000-0000-000000000004}}",
            "!x y",
            "authentication-strength: Passwordless MFA",
        ),
        (
            "{operator: OR, authenticationStrength: {id: 00000000-0000-0000-0000-000000000004}}",
            "!x y",
            "operator: OR",
        ),
        (
            "{operator: OR, authenticationStrength: {id: 00000000-0000-0000-0000-000000000004}}",
            "{operator: OR, authenticationStrength: {allowedCombinations: [fido2]}}",
            "authentication-strength: Passwordless MFA",
        ),
        ("value: 4", "value: !x y", "sign-in-frequency.value: 4"),
    ] {
        let policy = POLICY.replace(part, unknown);
        assert_ne!(policy, POLICY, "{part}");
        assert_eq!(verdict(&require(condition), &policy), "undecided", "{unknown}");
        assert_eq!(verdict(&forbid(condition), &policy), "undecided", "{unknown}");
    }
}

#[test]
fn an_id_and_a_name_may_be_the_same() {
    let dsc = |condition: &str| {
        let conditions = format!("  require: {{exclude-groups: {{contains: {condition}}}}}");
        let folder = folder(&[(RULES, &rule(&conditions)), ("d.ps1", DSC)]);
        let found = findings(folder.path(), &["--only", "own"]);
        found.iter().map(|finding| finding["certainty"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(dsc(GROUP), ["unverified", "unverified"], "the file has names only");
    assert_eq!(
        dsc(&format!("[{GROUP}, Break glass]")),
        ["certain"],
        "given both, names are compared with names"
    );
    assert_eq!(dsc("All"), ["certain", "certain"], "a word is no name");
}

#[test]
fn findings_are_configured_and_excused_like_others() {
    let yaml = "# calint: allow(name-without-number) named by the vendor\ndisplayName: Vendor\nstate: enabled\n\
                conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}\n\
                grantControls: {operator: OR, builtInControls: [mfa]}\n";
    let config = "rules: {break-glass-not-excluded: note}\nexceptions: [{rule: name-without-number, policy: Old, \
                  reason: renamed in spring}]\n";
    let folder = folder(&[
        (RULES, TWO),
        ("calint.yaml", config),
        ("a.json", &policy("Old", "")),
        ("b.yaml", yaml),
        ("c.json", &policy("New", "")),
    ]);
    assert_eq!(
        short(&findings(folder.path(), &[])),
        [
            "break-glass-not-excluded note certain a.json:2",
            "break-glass-not-excluded note certain b.yaml:2",
            "name-without-number warn certain c.json:2",
            "break-glass-not-excluded note certain c.json:2",
        ]
    );
    let only = findings(folder.path(), &["--only", "name-without-number"]);
    assert_eq!(short(&only), ["name-without-number warn certain c.json:2"]);
    let skipped = findings(folder.path(), &["--skip", "name-without-number", "c.json"]);
    assert_eq!(short(&skipped), ["break-glass-not-excluded note certain c.json:2"]);
    assert!(findings(folder.path(), &["--config", "calint.yaml", "--only", "block-everyone"]).is_empty());
    let (_, err, code) = run(folder.path(), &["--no-config", "--only", "name-without-number"]);
    assert!(err.contains("unknown rule `name-without-number`"), "without configuration, no rules: {err}");
    assert_eq!(code, Some(2));
    let (_, err, code) = run(folder.path(), &["--skip", "name-without-numbr"]);
    assert!(err.contains("did you mean `name-without-number`?"), "{err}");
    assert_eq!(code, Some(2));
    fs::write(folder.path().join("calint.yaml"), "rules: {name-without-numbr: off}").unwrap();
    let (_, err, code) = run(folder.path(), &[]);
    assert!(err.contains("calint.yaml:1:9") && err.contains("did you mean `name-without-number`?"), "{err}");
    assert_eq!(code, Some(2));
}

#[test]
fn the_exit_code_and_every_format_know_them() {
    let folder = folder(&[(RULES, TWO), ("a.json", &policy("Everyone", ""))]);
    for format in ["pretty", "concise", "json", "sarif", "github"] {
        let (out, _, code) = run(folder.path(), &["--only", "break-glass-not-excluded", "--format", format]);
        assert_eq!(code, Some(1), "{format}");
        assert!(out.contains("policy for everyone does not exclude the break glass group"), "{out}");
    }
    let (sarif, _, _) = run(folder.path(), &["--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let run_ = &sarif["runs"][0];
    let rules = run_["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), calint::rules::ALL.len() + 2);
    for result in run_["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let own = rules.iter().find(|rule| rule["id"] == "break-glass-not-excluded").unwrap();
    assert_eq!(own["helpUri"], "https://wiki.contoso.com/break-glass");
    assert_eq!(own["defaultConfiguration"]["level"], "error");
    assert_eq!(own["properties"]["tags"][0], "house");
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = folder(&[(RULES, TWO)]);
    let (out, _, code) = run(folder.path(), &["rules"]);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((lines.len(), code), (calint::rules::ALL.len() + 2, Some(0)));
    let words: Vec<_> = lines[lines.len() - 2].split_whitespace().collect();
    assert_eq!(words[..3], ["break-glass-not-excluded", "error", "house"]);
    let (out, _, code) = run(folder.path(), &["explain", "break-glass-not-excluded"]);
    assert_eq!(code, Some(0));
    for part in [
        "# break-glass-not-excluded\n\nPolicy for everyone does not exclude the break glass group.\n",
        "The runbook rests on this group.",
        "To do: exclude the group",
        "from `.calint/rules/own.yaml`",
        "\nwhere: {state: enabled, include-users: {contains: All}}\n",
        "\n  - state: enabled\n    conditions: {users",
        "https://wiki.contoso.com/break-glass",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (_, err, _) = run(folder.path(), &["explain", "name-without-numbers"]);
    assert!(err.contains("did you mean `name-without-number`?"), "{err}");
}

#[test]
fn the_nearest_folder_counts_unless_paths_are_named() {
    let own = rule("  require: {display-name: {matches: '^CA'}}");
    let two = own.replace("id: own", "id: other");
    let folder = folder(&[
        (".git/HEAD", ""),
        (RULES, &own),
        ("one/policies/a.json", &policy("One", "")),
        ("two/calint.yaml", "house-rules: [../shared, more.yml]\n"),
        ("two/more.yml", &two.replace("other", "another")),
        ("two/a.json", &policy("Two", "")),
        ("three/calint.yaml", "house-rules: []\n"),
        ("three/a.json", &policy("Three", "")),
        ("four/calint.yaml", "rules: {other: off}\n"),
        ("four/.calint/rules/x.yml", &two),
        ("four/a.json", &policy("Four", "")),
        ("shared/x.yaml", &two),
        ("shared/README.md", "no rule"),
        ("five/.calint/rules/empty.yaml", "# nothing yet\n"),
        ("five/.calint/rules/blank.yaml", ""),
        ("five/calint.yaml", ""),
        ("five/a.json", &policy("Five", "")),
    ]);
    let found = findings(folder.path(), &["."]);
    assert_eq!(
        short(&found),
        [
            "own warn certain one/policies/a.json:2",
            "another warn certain two/a.json:2",
            "other warn certain two/a.json:2",
        ]
    );
    let (out, _, _) = run(folder.path(), &[".", "--show-files", "--only", "own"]);
    assert!(out.contains("left out shared/x.yaml: holds no policy"), "examples are no policies: {out}");
    let (_, err, code) = run(&folder.path().join("two"), &["check-rules"]);
    assert_eq!(code, Some(1), "{err}");
    let (_, err, code) = run(&folder.path().join("three"), &["check-rules"]);
    assert_eq!((err.as_str(), code), ("calint: no house rules found\n", Some(2)));
}

#[test]
fn examples_are_run() {
    let folder = folder(&[(RULES, TWO)]);
    let (out, err, code) = run(folder.path(), &["check-rules"]);
    assert_eq!((out.as_str(), err.as_str(), code), ("2 rules, 5 examples, all as they say\n", "", Some(0)));
    let (out, _, code) = run(folder.path(), &["check-rules", RULES]);
    assert_eq!((out.as_str(), code), ("2 rules, 5 examples, all as they say\n", Some(0)));
    for (from, to, message) in [
        (
            "bad: [{displayName: Everyone}]",
            "bad: [{displayName: CA002 X}]",
            "`name-without-number` does not find this bad example",
        ),
        (
            "good: [{displayName: CA001 Everyone}]",
            "good: [{displayName: X}]",
            "`name-without-number` finds this good example",
        ),
        (
            "good: [{displayName: CA001 Everyone}]",
            "good: [{displayName: '{{x}}'}]",
            "`name-without-number` does not decide this example",
        ),
        ("bad:\n    - {state: enabled,", "bad:\n    - {stat: enabled,", "member `stat` is unknown"),
    ] {
        let text = TWO.replace(from, to);
        assert_ne!(text, TWO, "{from}");
        fs::write(folder.path().join(RULES), text).unwrap();
        let (out, err, code) = run(folder.path(), &["check-rules"]);
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains(message) && out.contains(".calint/rules/own.yaml:"), "{message}: {out}");
        assert!(out.ends_with("2 rules, 5 examples, 1 rule is not as its examples say\n"), "{out}");
    }
}

#[test]
fn broken_rule_files_are_pointed_at() {
    let folder = folder(&[("a.json", &policy("CA001 X", &format!(", \"excludeGroups\": [\"{GROUP}\"]")))]);
    fs::create_dir_all(folder.path().join(".calint/rules")).unwrap();
    for (from, to, message, place, help) in [
        (
            "require: {display-name",
            "require: {dispaly-name",
            "unknown field `dispaly-name`",
            "6:13",
            "did you mean `display-name`?",
        ),
        (
            "require: {display-name",
            "require: {device-filter",
            "unknown field `device-filter`",
            "6:13",
            "did you mean `device-filter.mode`?",
        ),
        (
            "require: {display-name",
            "require: {grants",
            "unknown field `grants`",
            "6:13",
            "known: id, display-name",
        ),
        ("matches:", "match:", "unknown verb `match`", "6:28", "did you mean `matches`?"),
        (
            "matches:",
            "contains:",
            "`contains` is not for a field with one value",
            "6:28",
            "equals, one-of, matches",
        ),
        (
            "{contains: All}",
            "All",
            "rule does not say how `include-users` is compared",
            "16:42",
            "contains, contains-all",
        ),
        (
            "{contains: All}",
            "{one-of: All}",
            "`one-of` is not for a field with a list",
            "16:43",
            "contains, contains-all",
        ),
        ("{contains: All}", "{contains: []}", "list of values is empty", "16:53", "empty: true"),
        (r"^CA\d{3} ", r"^CA(\d{3} ", "pattern is not well-formed", "6:41", "regular expressions"),
        (r"^CA\d{3} ", r"^CA\d{3}{1000}{1000}", "pattern takes too much memory", "6:37", "repeat less"),
        ("state: enabled, include", "state: on, include", "unknown value `on`", "16:18", "known: enabled"),
        (
            "state: enabled, include",
            "state: enabld, include",
            "unknown value `enabld`",
            "16:18",
            "did you mean `enabled`?",
        ),
        (
            "id: name-without-number",
            "id: Name_Without",
            "`Name_Without` is no name for a rule",
            "2:7",
            "lower case with hyphens",
        ),
        (
            "id: name-without-number",
            "id: block-everyone",
            "`block-everyone` is the name of a rule of calint",
            "2:7",
            "another name",
        ),
        (
            "id: name-without-number",
            "id: break-glass-not-excluded",
            "there are two rules `break-glass-not-excluded`",
            "10:7",
            "another name",
        ),
        ("level: warn", "level: off", "unknown level `off`", "5:10", "known: error, warn, note"),
        ("  level: warn\n", "", "rule has no `level`", "2:7", "write `level:`"),
        ("  good: [{displayName: CA001 Everyone}]\n", "", "rule has no `good`", "2:7", "write `good:`"),
        (
            "bad: [{displayName: Everyone}]",
            "bad: []",
            "rule has no example here",
            "8:3",
            "at least one policy",
        ),
        (
            "bad: [{displayName: Everyone}]",
            "bad: [x]",
            "rule file has a text where a policy belongs",
            "8:9",
            "",
        ),
        (
            "  require: {display-name: {matches: '^CA\\d{3} '}}\n",
            "",
            "rule neither requires nor forbids anything",
            "2:7",
            "`require:`",
        ),
        (
            "require: {display-name",
            "requires: {display-name",
            "unknown key `requires`",
            "6:3",
            "did you mean `require`?",
        ),
        ("https://wiki", "wiki", "url is not a link", "15:8", ""),
        ("help: exclude the group", "help: [x]", "rule file has a list where a text belongs", "12:9", ""),
        ("- id: name", "- id: a\n  id: name", "key `id` is written twice in one object", "3:3", ""),
        ("{matches", "{{matches", "text is not well-formed YAML", "", ""),
        (
            "- id: name-without-number",
            "---\n[]\n---\n- id: name-without-number",
            "rule file has more than one document",
            "5:1",
            "one list",
        ),
    ] {
        let text = TWO.replacen(from, to, 1);
        assert_ne!(text, TWO, "{from}");
        fs::write(folder.path().join(RULES), text).unwrap();
        for args in [&["check-rules"][..], &[], &["rules"], &["explain", "name-without-number"]] {
            let (out, err, code) = run(folder.path(), args);
            assert_eq!((out.as_str(), code), ("", Some(2)), "{to}: {err}");
            assert!(err.contains(message), "{message}: {err}");
            let place = format!(".calint/rules/own.yaml:{place}");
            assert!(err.contains(&place), "{place} of {message}: {err}");
            let flat = err.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(help), "{help}: {err}");
        }
    }
    fs::write(folder.path().join(RULES), [0xff, 0xfe, 0x00, 0xd8]).unwrap();
    let (_, err, code) = run(folder.path(), &[]);
    assert!(err.contains("house rules cannot be read: not valid UTF-8"), "{err}");
    assert_eq!(code, Some(2));
    fs::write(folder.path().join("calint.yaml"), "house-rules: [rulez]").unwrap();
    let (_, err, code) = run(folder.path(), &[]);
    assert!(err.contains("no house rules in `rulez`: no such file or folder"), "{err}");
    assert!(err.contains("calint.yaml:1:15"), "{err}");
    assert_eq!(code, Some(2));
    let (_, err, code) = run(folder.path(), &["check-rules", "nowhere.yaml"]);
    assert!(err.contains("house rules cannot be read: no such file or folder"), "{err}");
    assert_eq!(code, Some(2));
}

/// A text cut off at every place, and with something put in there or taken out.
fn damaged(text: &str) -> impl Iterator<Item = String> + '_ {
    let put = ["[", "", "}", ": ", "'", "\n- ", "&a *a ", "!x ", "\t", "é"];
    text.char_indices().zip(put.into_iter().cycle()).flat_map(|((at, letter), put)| {
        let (before, after) = text.split_at(at);
        let after = if put.is_empty() { after.trim_start_matches(letter) } else { after };
        [before.to_owned(), format!("{before}{put}{after}")]
    })
}

#[test]
fn no_damage_brings_the_reader_down() {
    let mut broken = 0;
    for text in damaged(TWO) {
        let (rules, problems) = house::read(&text, FileId(0), "own.yaml");
        for problem in &problems {
            for label in problem.all_labels() {
                assert!(label.span.end as usize <= text.len(), "{}: {text}", problem.message);
            }
        }
        for rule in &rules {
            let _ = rule.failures();
        }
        broken += usize::from(!problems.is_empty());
    }
    assert!(broken > 1000, "most damage is seen: {broken}");
}

#[test]
fn rules_in_the_readme_do_what_they_say() {
    let document = fs::read_to_string(common::project().join("README.md")).unwrap();
    let blocks = document.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let rules: Vec<_> = blocks.filter(|text| text.starts_with("# .calint/rules/")).collect();
    assert!(!rules.is_empty());
    for text in rules {
        let (rules, problems) = house::read(text, FileId(0), "README.md");
        assert!(problems.is_empty() && !rules.is_empty(), "{problems:?}");
        for rule in rules {
            assert!(rule.failures().is_empty(), "{text}");
        }
    }
}

#[test]
fn the_committed_schema_is_current() {
    let (schema, _, _) = run(&common::project(), &["schema", "--house-rules"]);
    let path = common::project().join("schema/calint-house-rules.schema.json");
    if std::env::var_os("CALINT_UPDATE").is_some() {
        fs::write(&path, &schema).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap() == schema, "CALINT_UPDATE=1 cargo test rewrites it");
}
