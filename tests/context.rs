//! Files that tell about the tenant: under `context` in `calint.yaml`, and beside the policies.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;

use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::policy::PolicySet;
use common::{calint, options, ran};
use serde_json::Value;
use tempfile::TempDir;

const GROUP: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";
const ANNA: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d01";
const BEN: &str = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d02";

fn policy(control: &str) -> String {
    format!(
        r#"{{ "displayName": "P", "state": "enabled",
  "conditions": {{
    "users": {{ "includeUsers": ["All"], "excludeGroups": ["{GROUP}"] }},
    "applications": {{ "includeApplications": ["All"] }}
  }},
  "grantControls": {{ "operator": "OR", "builtInControls": ["{control}"] }} }}"#
    )
}

fn group(members: &str) -> String {
    format!(r#"{{ "value": [{{ "id": "{GROUP}", "securityEnabled": true, "members": [{members}] }}] }}"#)
}

fn location() -> String {
    format!(
        r#"{{ "id": "{BEN}", "displayName": "Office", "ipRanges": [{{ "cidrAddress": "131.107.20.0/24" }}] }}"#
    )
}

/// A repository `policies` with one policy and a configuration, and the other files beside or in it.
fn tenant(config: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let policy = policy("mfa");
    let own = [("policies/.git/HEAD", ""), ("policies/calint.yaml", config), ("policies/mfa.json", &*policy)];
    for (name, text) in own.iter().chain(files) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn run(tenant: &TempDir, args: &[&str]) -> (String, String, Option<i32>) {
    ran(calint(&tenant.path().join("policies")).args(args).output().unwrap())
}

/// `rule: level` of all findings, and the exit code.
fn findings(tenant: &TempDir) -> (Vec<String>, Option<i32>) {
    let (out, _, code) = run(tenant, &["--format", "json"]);
    let report: Value = serde_json::from_str(&out).expect("a JSON report");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |finding: &Value| format!("{}: {}", text(&finding["rule"]), text(&finding["level"]));
    (report["findings"].as_array().unwrap().iter().map(told).collect(), code)
}

fn read(tenant: &TempDir) -> PolicySet {
    let paths = vec![tenant.path().join("policies")];
    let mut outcome = Outcome::default();
    let options = Options { paths, config: ConfigChoice::Nearest, ..options() };
    let tenants = engine::read(&options, &mut outcome).expect("the configuration is fine");
    tenants.into_iter().next().expect("one tenant").set
}

fn people(set: &PolicySet) -> Option<Vec<String>> {
    set.directory.people_in(GROUP).map(|people| people.into_iter().collect())
}

#[test]
fn patterns_lead_out_of_the_repository() {
    let members = group(&format!("\"{ANNA}\""));
    for pattern in [
        "../tenant/*.json",
        "../tenant/groups.json",
        "../tenant",
        "../**/groups.json",
        "../tena?t/{groups,x}.json",
    ] {
        let tenant = tenant(&format!("context: [\"{pattern}\"]"), &[("tenant/groups.json", &members)]);
        assert_eq!(people(&read(&tenant)), Some(vec![ANNA.to_owned()]), "{pattern}");
        let (found, code) = findings(&tenant);
        assert_eq!((found, code), (Vec::new(), Some(0)), "{pattern}");
    }
}

#[test]
fn without_an_export_nothing_is_known() {
    let set = read(&tenant("", &[]));
    assert_eq!(people(&set), None);
    assert_eq!(set.directory.holders(ANNA, true), None);
}

#[test]
fn files_beside_the_policies_count_without_configuration() {
    let members = group(&format!("\"{ANNA}\""));
    let tenant = tenant("", &[("policies/groups/g.json", &members)]);
    assert_eq!(people(&read(&tenant)), Some(vec![ANNA.to_owned()]));
    let (out, _, code) = run(&tenant, &["--show-files"]);
    assert!(out.contains("read     groups/g.json: 0 policies"), "{out}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_pattern_that_leads_to_nothing_is_an_error_at_its_line() {
    for pattern in ["../tenant/*.json", "../none.json", "none/*.json", "*/../x.json", "{a.json"] {
        let tenant = tenant(&format!("context:\n  - \"{pattern}\"\n"), &[]);
        let (found, code) = findings(&tenant);
        assert_eq!((found, code), (vec!["unreadable-file: error".to_owned()], Some(2)), "{pattern}");
        let (out, _, _) = run(&tenant, &["--format", "concise"]);
        assert!(out.starts_with("calint.yaml:2:5"), "{out}");
        assert!(out.contains(pattern), "{out}");
    }
}

#[test]
fn what_cannot_be_read_ends_with_exit_code_2() {
    for (name, text) in [("groups.json", "{ \"value\": [ "), ("groups.json", ""), ("empty.yaml", "a: [")] {
        let file = format!("tenant/{name}");
        let tenant = tenant("context: [\"../tenant/*\"]", &[(&file, text)]);
        let (found, code) = findings(&tenant);
        assert_eq!((found.len(), code), (1, Some(2)), "{name} {text} {found:?}");
    }
}

#[test]
fn what_is_cut_off_tells_no_members() {
    let whole = group(&format!("\"{ANNA}\", \"{BEN}\""));
    let cut = whole.split_at(whole.find(BEN).unwrap()).0;
    let set = read(&tenant("context: [\"../tenant/*\"]", &[("tenant/groups.json", cut)]));
    assert_eq!(people(&set), None);
}

#[test]
fn a_file_that_tells_nothing_is_a_note() {
    let blocking = policy("block");
    let tenant = tenant(
        "context: [\"../tenant/*.json\"]",
        &[
            ("tenant/groups.json", &group("")),
            ("tenant/package.json", "{ \"name\": \"x\" }"),
            ("tenant/policy.json", &blocking),
        ],
    );
    let (found, code) = findings(&tenant);
    assert_eq!((found, code), (vec!["unreadable-file: note".to_owned()], Some(0)));
    let (out, _, _) = run(&tenant, &[]);
    for file in ["../tenant/package.json", "../tenant/policy.json"] {
        assert!(out.contains(file), "{out}");
    }
    assert!(!out.contains("groups.json"), "{out}");
}

#[test]
fn policies_in_the_context_are_not_checked() {
    let both = format!("[{}, {}]", policy("block"), location());
    let tenant = tenant("context: [\"../tenant/*.json\"]", &[("tenant/all.json", &both)]);
    assert_eq!(findings(&tenant), (Vec::new(), Some(0)));
    let set = read(&tenant);
    assert_eq!((set.policies.len(), set.named_locations.len()), (1, 1));
}

#[test]
fn what_is_checked_anyway_stays_checked() {
    let blocking = policy("block");
    let tenant_ = tenant("context: [\"*.json\"]", &[("policies/block.json", &blocking)]);
    assert_eq!(read(&tenant_).policies.len(), 2);
    let (found, code) = findings(&tenant_);
    assert!(found.contains(&"block-everyone: error".to_owned()), "{found:?}");
    assert_eq!(code, Some(1));
    // Passed over in a folder, but asked for here.
    let tenant_ = tenant("context: [\"*.json\"]", &[("policies/groups.json", "{ \"value\": [ ")]);
    assert_eq!(findings(&tenant_).1, Some(2));
    let tenant_ = tenant("context: [\"g.json\"]", &[("policies/g.json", "{ \"name\": 1 }")]);
    assert_eq!(findings(&tenant_), (vec!["unreadable-file: note".to_owned()], Some(0)));
    // What `paths` leaves out may still be context.
    let config = "context: [\"tenant/*\"]\npaths:\n  exclude: [tenant/]";
    let members = group(&format!("\"{ANNA}\""));
    let both = format!("[{members}, {blocking}]");
    let tenant_ = tenant(config, &[("policies/tenant/all.json", &both)]);
    let set = read(&tenant_);
    assert_eq!((set.policies.len(), people(&set)), (1, Some(vec![ANNA.to_owned()])));
}

#[test]
fn later_files_count_and_files_add_up() {
    let tenant = tenant(
        "context: [\"../a.json\", \"../b.json\"]",
        &[
            ("a.json", &group(&format!("\"{ANNA}\""))),
            ("b.json", &group(&format!("\"{BEN}\""))),
            (
                "policies/user.json",
                &format!(r#"{{ "id": "{BEN}", "userPrincipalName": "ben@contoso.com" }}"#),
            ),
        ],
    );
    let set = read(&tenant);
    assert_eq!(people(&set), Some(vec![BEN.to_owned()]));
    assert_eq!(set.directory.users[BEN].name.as_deref(), Some("ben@contoso.com"));
}

#[test]
fn files_and_folders_named_on_the_command_line_get_the_context() {
    let tenant = tenant("context: [\"../tenant/*\"]", &[("tenant/groups.json", &group(""))]);
    let (out, _, code) = run(&tenant, &["mfa.json", "--show-files"]);
    assert!(out.contains("read     ../tenant/groups.json: 0 policies"), "{out}");
    assert_eq!(code, Some(0));
    let (out, _, _) = run(&tenant, &["mfa.json", "--show-files", "--no-config"]);
    assert!(!out.contains("groups.json"), "{out}");
}

#[test]
fn the_configuration_takes_a_list_of_texts() {
    for config in ["context: true", "context: [[a]]", "contexts: [a]"] {
        let (_, err, code) = run(&tenant(config, &[]), &[]);
        assert_eq!(code, Some(2), "{config}");
        assert!(err.contains("calint.yaml"), "{err}");
    }
}

#[test]
fn the_model_of_a_file_does_not_show_it() {
    let both = format!("[{}, {}]", policy("mfa"), group(""));
    let tenant = tenant("context: [\"../none\"]", &[("policies/both.json", &both)]);
    let (with, _, code) = run(&tenant, &["model", "both.json"]);
    let (without, _, _) = run(&tenant, &["model", "mfa.json"]);
    assert_eq!((with, code), (without, Some(0)));
}

#[test]
fn another_spelling_of_a_checked_file_is_that_file() {
    let tenant = tenant("context: [\"../policies/mfa.json\"]", &[]);
    assert_eq!(read(&tenant).policies.len(), 1);
    assert_eq!(findings(&tenant), (Vec::new(), Some(0)));
}

/// Anna is the only Global Administrator; Ben is the only one the block leaves out.
#[test]
fn role_holders_and_members_decide_whether_an_administrator_gets_in() {
    let members = group(&format!(r#"{{ "id": "{BEN}" }}"#));
    let assigned = |principal: &str| {
        format!(
            r##"{{ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/roleAssignments",
  "value": [{{ "id": "a", "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "principalId": "{principal}",
    "directoryScopeId": "/" }}] }}"##
        )
    };
    let block = policy("block");
    for (principal, locked_out) in [(ANNA, true), (BEN, false)] {
        let roles = assigned(principal);
        let files = [
            ("policies/mfa.json", &*block),
            ("policies/group.json", &*members),
            ("policies/roles.json", &*roles),
        ];
        let (found, _) = findings(&tenant("", &files));
        let told = found.contains(&"no-admin-path: error".to_owned());
        assert_eq!(told, locked_out, "{principal}: {found:?}");
    }
    // Without the exports, a member of the group may be an administrator.
    let (found, _) = findings(&tenant("", &[("policies/mfa.json", &*block)]));
    assert!(!found.contains(&"no-admin-path: error".to_owned()), "{found:?}");
}

#[test]
fn answers_name_what_exports_name_and_ask_only_about_who_there_is() {
    let empty = format!(
        r#"{{ "value": [{{ "id": "{GROUP}", "displayName": "Rescue team", "securityEnabled": true, "members": [] }}] }}"#
    );
    let named = empty.replace(r#""members": []"#, r#""description": null"#);
    let asked = |group: &str| {
        let tenant = tenant("", &[("policies/group.json", group)]);
        let (out, _, code) = run(&tenant, &["access", "--format", "json"]);
        assert_eq!(code, Some(0));
        let report: Value = serde_json::from_str(&out).unwrap();
        let classes = report["classes"].as_array().unwrap();
        classes.iter().any(|class| class.as_str().unwrap().contains("Rescue team"))
    };
    assert!(asked(&named), "the group has a name");
    assert!(!asked(&empty), "nobody is in it");
}

#[test]
fn trust_settings_let_guests_in() {
    let trust = r##"{ "@odata.type": "#microsoft.graph.crossTenantAccessPolicyConfigurationDefault",
      "inboundTrust": { "isMfaAccepted": true, "isCompliantDeviceAccepted": false,
        "isHybridAzureADJoinedDeviceAccepted": false } }"##;
    let reach = |files: &[(&str, &str)]| {
        let (out, _, _) = run(&tenant("", files), &["access", "--format", "json"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        let classes = report["classes"].as_array().unwrap();
        let class = classes.iter().position(|class| class == "B2B direct connect user").unwrap();
        let answers = report["answers"].as_array().unwrap();
        let own = answers.iter().find(|answer| {
            let has = |list: &str, number: usize| answer[list].as_array().unwrap().contains(&number.into());
            has("classes", class) && has("targets", 0)
        });
        own.unwrap()["access"].as_str().unwrap().to_owned()
    };
    assert_eq!(reach(&[]), "lockedOut");
    assert_eq!(reach(&[("policies/trust.json", trust)]), "always");
}
