//! What a change takes away, through the built program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

const EMERGENCY: &str = "5b0f3a52-6c1e-4f0e-8b1d-2f4f6a7c9d10";
const OFFICE: &str = "7c9a1e44-3b52-4d0c-9a6f-2f1b8c0d5e31";

fn policy(name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut policy = json!({
        "displayName": name, "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeGroups": [EMERGENCY]},
            "applications": {"includeApplications": ["All"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    });
    change(&mut policy);
    policy
}

fn grant(control: &'static str) -> impl FnOnce(&mut Value) {
    move |policy| policy["grantControls"]["builtInControls"] = json!([control])
}

fn office(range: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.ipNamedLocation", "id": OFFICE, "displayName": "Office", "isTrusted": true,
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": range}],
    })
}

fn outside_the_office(policy: &mut Value) {
    policy["conditions"]["locations"] = json!({"includeLocations": ["All"], "excludeLocations": [OFFICE]});
    policy["grantControls"]["builtInControls"] = json!(["block"]);
}

const DECLARED: &str = "emergency-access: {groups: [5b0f3a52-6c1e-4f0e-8b1d-2f4f6a7c9d10]}\n";

/// Two folders, each with one file of objects.
fn states(before: &[Value], after: &[Value]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, objects) in [("before", before), ("after", after)] {
        let inside = folder.path().join(name);
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("policies.json"), json!(objects).to_string()).unwrap();
        fs::write(inside.join("calint.yaml"), DECLARED).unwrap();
    }
    folder
}

fn diff(folder: &Path, arguments: &[&str]) -> (Value, Option<i32>) {
    let output =
        common::calint(folder).arg("diff").args(arguments).args(["--format", "json"]).output().unwrap();
    let (out, err, code) = common::ran(output);
    (serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}")), code)
}

fn compare(before: &[Value], after: &[Value]) -> (Value, Option<i32>) {
    let folder = states(before, after);
    diff(folder.path(), &["before", "after"])
}

/// `rule: level` of all findings.
fn found(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings.iter().map(|it| format!("{}: {}", text(&it["rule"]), text(&it["level"]))).collect()
}

#[test]
fn nothing_is_said_where_nothing_changes() {
    let same = [policy("A", |_| {}), office("131.107.20.0/24")];
    let (report, code) = compare(&same, &same);
    assert_eq!(found(&report), Vec::<String>::new());
    assert_eq!(code, Some(0));
}

#[test]
fn other_spellings_are_no_change() {
    let rewritten = policy("A", |policy| {
        policy["conditions"]["clientAppTypes"] = json!(["all"]);
        policy["grantControls"]["operator"] = json!("AND");
    });
    let (report, code) = compare(&[policy("A", |_| {})], &[rewritten]);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)));
}

#[test]
fn findings_of_the_earlier_state_are_not_new() {
    let block = || policy("A", grant("block"));
    let (report, code) = compare(&[block()], &[block(), policy("B", |_| {})]);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)));
}

#[test]
fn findings_on_files_are_the_same_in_another_folder() {
    // No address is in this range.
    let states = [policy("A", |_| {}), office("2001:db8::/32")];
    let (report, code) = compare(&states, &states);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)));
}

#[test]
fn a_block_of_everyone_locks_out_those_who_could_undo_it() {
    let (report, code) = compare(&[policy("A", |_| {})], &[policy("A", grant("block"))]);
    let findings = found(&report);
    assert!(findings.contains(&"lost-access: error".to_owned()), "{findings:?}");
    assert!(findings.contains(&"block-everyone: error".to_owned()), "the lint of the result: {findings:?}");
    assert_eq!(code, Some(1));
}

#[test]
fn what_leaves_report_only_is_judged_as_enforced() {
    let tried = policy("A", |policy| {
        grant("block")(policy);
        policy["state"] = json!("enabledForReportingButNotEnforced");
    });
    let (report, _) = compare(&[tried], &[policy("A", grant("block"))]);
    let findings = found(&report);
    assert!(findings.contains(&"block-everyone: error".to_owned()), "graver than before: {findings:?}");
    assert!(findings.contains(&"lost-access: error".to_owned()), "{findings:?}");
}

#[test]
fn emergency_access_that_a_block_reaches_is_an_error() {
    let covered = policy("A", |policy| {
        outside_the_office(policy);
        policy["conditions"]["users"]["excludeGroups"] = json!([]);
    });
    let office = || office("131.107.20.0/24");
    let (report, _) = compare(&[policy("A", outside_the_office), office()], &[covered, office()]);
    let findings = found(&report);
    assert!(findings.contains(&"newly-refused-sign-in: error".to_owned()), "{findings:?}");
    assert!(findings.contains(&"removed-emergency-exclusion: warn".to_owned()), "{findings:?}");
}

#[test]
fn a_demand_that_moves_to_another_policy_is_not_lost() {
    let half = |name: &str, platform: &str| {
        let platforms = match platform {
            "windows" => json!({"includePlatforms": ["windows"]}),
            _ => json!({"includePlatforms": ["all"], "excludePlatforms": ["windows"]}),
        };
        policy(name, |policy| policy["conditions"]["platforms"] = platforms)
    };
    let both = [half("Windows", "windows"), half("The rest", "others")];
    let (report, _) = compare(&[policy("A", |_| {})], &both);
    assert_eq!(found(&report), Vec::<String>::new());
    let (report, _) = compare(&[policy("A", |_| {})], &both[..1]);
    assert_eq!(found(&report), ["lost-protection: warn"]);
}

#[test]
fn a_device_that_is_no_longer_asked_for_has_a_witness() {
    let device = policy("A", |policy| {
        policy["grantControls"] = json!({"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]});
    });
    let (report, _) = compare(&[device], &[policy("A", |_| {})]);
    assert_eq!(found(&report), ["lost-protection: warn"]);
    let finding = &report["findings"][0];
    assert_eq!(finding["message"], "sign-ins without a managed device get in after this change");
    assert!(finding["note"].as_str().unwrap().contains("with a device nobody manages"), "{finding}");
}

#[test]
fn what_was_blocked_and_is_asked_for_mfa_now_is_let_in() {
    let (report, _) = compare(
        &[policy("A", outside_the_office), office("131.107.20.0/24")],
        &[
            policy("A", |policy| {
                outside_the_office(policy);
                policy["grantControls"]["builtInControls"] = json!(["mfa"]);
            }),
            office("131.107.20.0/24"),
        ],
    );
    assert_eq!(found(&report), ["lost-protection: warn"]);
    assert_eq!(report["findings"][0]["message"], "sign-ins that were blocked get in after this change");
}

#[test]
fn a_location_that_means_other_addresses_changes_what_a_policy_does() {
    let block = || policy("A", outside_the_office);
    let (report, _) = compare(
        &[block(), office("131.107.20.0/24"), policy("B", |_| {})],
        &[block(), office("131.107.20.0/25"), policy("B", |policy| policy["state"] = json!("disabled"))],
    );
    let findings = found(&report);
    assert!(findings.contains(&"lost-protection: warn".to_owned()), "{findings:?}");
    let (report, _) = compare(
        &[block(), office("131.107.20.0/24")],
        &[policy("A again", outside_the_office), office("131.107.20.0/25")],
    );
    assert!(found(&report).contains(&"newly-refused-sign-in: note".to_owned()), "{report}");
}

/// The finding of a rule, which has to be the only one of it.
fn only<'r>(report: &'r Value, rule: &str) -> &'r Value {
    let findings = report["findings"].as_array().unwrap();
    let of_rule: Vec<_> = findings.iter().filter(|finding| finding["rule"] == rule).collect();
    assert_eq!(of_rule.len(), 1, "{report}");
    of_rule[0]
}

fn note(finding: &Value) -> &str {
    finding["note"].as_str().unwrap()
}

#[test]
fn a_location_that_is_deleted_leaves_nobody_out() {
    let block = || policy("A", outside_the_office);
    let (report, _) = compare(&[block(), office("131.107.20.0/24")], &[block()]);
    // It may have moved to files that are not read, so nothing that rests on it is an error.
    assert_eq!(
        found(&report),
        ["lost-access: warn", "widened-policy: warn", "deleted-location-in-use: warn"],
        "nobody who was blocked gets in"
    );
    let lost = only(&report, "lost-access");
    assert_eq!(lost["certainty"], "likely");
    assert!(note(lost).contains("from `Office before the change`"), "{lost}");
    let related = lost["related"].as_array().unwrap();
    assert!(related.iter().any(|place| place["message"] == "this named location is gone"), "{lost}");
}

#[test]
fn emergency_access_that_a_deleted_location_spared_is_no_error() {
    let covered = || {
        policy("A", |policy| {
            outside_the_office(policy);
            policy["conditions"]["users"]["excludeGroups"] = json!([]);
        })
    };
    // Another network is left, so that nobody is locked out.
    let other = || {
        let mut other = office("131.107.30.0/24");
        other["id"] = json!("0d3c8f16-95a4-4b7e-a2c1-6e8f4d7b9052");
        other
    };
    let with_both = || {
        let mut policy = covered();
        policy["conditions"]["locations"]["excludeLocations"] = json!([OFFICE, other()["id"]]);
        policy
    };
    let (report, _) = compare(&[with_both(), office("131.107.20.0/24"), other()], &[with_both(), other()]);
    let findings = report["findings"].as_array().unwrap();
    let emergency: Vec<_> =
        findings.iter().filter(|it| note(it).starts_with("emergency access group")).collect();
    let [refused] = emergency.as_slice() else { panic!("{report}") };
    assert_eq!(refused["rule"], "newly-refused-sign-in");
    assert_eq!((&refused["level"], &refused["certainty"]), (&json!("warn"), &json!("likely")));
}

#[test]
fn a_location_that_files_tell_only_now_was_there_before() {
    let block = || policy("A", outside_the_office);
    let (report, code) = compare(&[block()], &[block(), office("131.107.20.0/24")]);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)));
}

#[test]
fn a_location_with_another_name_is_no_change() {
    let block = || policy("A", outside_the_office);
    let mut renamed = office("131.107.20.0/24");
    renamed["displayName"] = json!("Headquarters");
    let folder = states(&[block(), office("131.107.20.0/24")], &[block(), renamed]);
    let output = common::calint(folder.path())
        .args(["diff", "before", "after", "--format", "markdown"])
        .output()
        .unwrap();
    let (out, _, code) = common::ran(output);
    assert!(out.contains("No policy changed."), "{out}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_location_that_changes_is_marked_as_what_did_it() {
    let block = || policy("A", outside_the_office);
    let (report, _) = compare(&[block(), office("131.107.20.0/24")], &[block(), office("131.107.0.0/16")]);
    assert_eq!(found(&report), ["lost-protection: warn"]);
    let lost = only(&report, "lost-protection");
    assert_eq!(lost["labels"][0]["message"], "a named location it uses changed");
    assert_eq!(lost["related"][0]["message"], "this named location changed");
}

#[test]
fn what_is_refused_by_chance_only_is_told_too() {
    let base = policy("A", |_| {});
    let narrowed = |change: fn(&mut Value)| {
        policy("B", |policy| {
            grant("block")(policy);
            change(policy);
        })
    };
    let cases: [(Value, &str); 3] = [
        (narrowed(|it| it["conditions"]["userRiskLevels"] = json!(["high"])), "at high user risk"),
        (
            narrowed(|it| {
                it["conditions"]["authenticationFlows"] = json!({"transferMethods": "deviceCodeFlow"})
            }),
            "by device code",
        ),
        (narrowed(|it| it["conditions"]["clientAppTypes"] = json!(["other"])), "with a legacy client"),
    ];
    for (policy, witness) in cases {
        // The demand for MFA refuses legacy clients already.
        let before: &[Value] = if witness.contains("legacy") { &[] } else { std::slice::from_ref(&base) };
        let after = [before, &[policy]].concat();
        let (report, code) = compare(before, &after);
        assert_eq!((found(&report), code), (vec!["newly-refused-sign-in: note".to_owned()], Some(0)));
        let refused = only(&report, "newly-refused-sign-in");
        assert!(note(refused).contains(witness), "{refused}");
        assert!(!note(refused).contains("emergency"), "{refused}");
    }
}

#[test]
fn a_weaker_method_that_gets_in_is_told() {
    let strength = |id: &'static str| {
        policy("A", |policy| {
            policy["grantControls"] = json!({"operator": "OR", "authenticationStrength": {"id": id}})
        })
    };
    let strong = || strength("00000000-0000-0000-0000-000000000004");
    let (report, _) = compare(&[strong()], &[policy("A", |_| {})]);
    assert_eq!(found(&report), ["lost-protection: warn"]);
    let message = &report["findings"][0]["message"];
    assert_eq!(message, "sign-ins with methods that can be phished get in after this change");
    let (report, _) = compare(&[strong()], &[]);
    assert_eq!(found(&report), ["lost-protection: warn"], "a password alone says it all");
    assert_eq!(report["findings"][0]["message"], "sign-ins with a password alone get in after this change");
    let (report, _) = compare(&[strength("00000000-0000-0000-0000-000000000002")], &[policy("A", |_| {})]);
    assert_eq!(found(&report), Vec::<String>::new());
}

#[test]
fn who_is_locked_out_for_want_of_trust_is_told_apart_from_those_who_are_in_any_case() {
    let sync = |state: &str| {
        policy("Sync", |policy| {
            policy["state"] = json!(state);
            policy["conditions"]["users"] = json!({"includeRoles": ["d29b2b05-8046-44ba-8758-1e26182fcf32"]});
            policy["conditions"]["platforms"] = json!({"includePlatforms": ["iOS"]});
        })
    };
    let tried = || policy("A", |policy| policy["state"] = json!("disabled"));
    let (report, code) = compare(&[tried(), sync("enabled")], &[policy("A", |_| {}), sync("enabled")]);
    let findings = report["findings"].as_array().unwrap();
    let lost: Vec<_> = findings.iter().filter(|it| it["rule"] == "lost-access").collect();
    let [account, foreign] = lost.as_slice() else { panic!("{report}") };
    assert_eq!((&account["certainty"], &account["level"]), (&json!("certain"), &json!("warn")));
    assert_eq!((&foreign["certainty"], &foreign["level"]), (&json!("unverified"), &json!("note")));
    assert!(note(account).starts_with("directory synchronisation account: "), "{account}");
    assert!(note(foreign).starts_with("B2B direct connect user: "), "{foreign}");
    let refused = only(&report, "newly-refused-sign-in");
    assert!(note(refused).contains("with a legacy client"), "{refused}");
    assert_eq!(code, Some(1));
    for other in [&[][..], &[sync("disabled")]] {
        let state = |own: Value| [&[own], other].concat();
        let (report, code) = compare(&state(tried()), &state(policy("A", |_| {})));
        let foreign = only(&report, "lost-access");
        assert!(
            note(foreign).starts_with("B2B direct connect user: "),
            "nothing shows an account: {foreign}"
        );
        assert_eq!(code, Some(0), "{report}");
    }
}

#[test]
fn emergency_access_has_a_finding_of_its_own() {
    let covered = policy("B", |policy| {
        grant("block")(policy);
        policy["conditions"]["platforms"] = json!({"includePlatforms": ["linux"]});
        policy["conditions"]["users"]["excludeGroups"] = json!([]);
    });
    let (report, _) = compare(&[policy("A", |_| {})], &[policy("A", |_| {}), covered]);
    let findings = report["findings"].as_array().unwrap();
    let refused: Vec<_> = findings.iter().filter(|it| it["rule"] == "newly-refused-sign-in").collect();
    let [emergency, others] = refused.as_slice() else { panic!("{report}") };
    assert_eq!((&emergency["level"], &others["level"]), (&json!("error"), &json!("note")));
    assert!(note(emergency).starts_with("emergency access group"), "{emergency}");
    assert!(note(others).starts_with("members and administrators"), "{others}");
}

#[test]
fn emergency_access_that_is_presumed_is_said_to_be() {
    let linux = |policy: &mut Value| {
        grant("block")(policy);
        policy["conditions"]["platforms"] = json!({"includePlatforms": ["linux"]});
    };
    let covered = policy("B", |policy| {
        linux(policy);
        policy["conditions"]["users"]["excludeGroups"] = json!([]);
    });
    let folder = states(&[policy("A", |_| {}), policy("B", linux)], &[policy("A", |_| {}), covered]);
    for state in ["before", "after"] {
        fs::remove_file(folder.path().join(state).join("calint.yaml")).unwrap();
    }
    let (report, _) = diff(folder.path(), &["before", "after"]);
    let refused = only(&report, "newly-refused-sign-in");
    assert_eq!((&refused["level"], &refused["certainty"]), (&json!("warn"), &json!("likely")));
    assert!(note(refused).contains("is taken for emergency access"), "{refused}");
}

#[test]
fn who_is_covered_now_is_named() {
    let group = "0b9d6c1e-4a27-4d0f-9a53-7c1e5f2b8d64";
    let before =
        policy("A", |policy| policy["conditions"]["users"]["excludeGroups"] = json!([EMERGENCY, group]));
    let (report, _) = compare(&[before], &[policy("A", |_| {})]);
    let widened = only(&report, "widened-policy");
    assert!(
        note(widened).starts_with(&format!("wider in `users`: member of group `{group}`, ")),
        "{widened}"
    );
}

#[test]
fn service_principals_have_no_browser() {
    let block = json!({
        "displayName": "W", "state": "enabled",
        "conditions": {
            "clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]},
            "applications": {"includeApplications": ["All"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    });
    let (report, _) = compare(&[policy("A", |_| {})], &[policy("A", |_| {}), block]);
    let lost = only(&report, "lost-access");
    assert_eq!(lost["message"], "service principals that got in have no way in after this change");
    assert_eq!(note(lost), "service principal: every app; for example from anywhere else");
}

#[test]
fn policies_of_one_name_are_told_apart_by_what_they_say() {
    let narrow = || {
        policy("A", |policy| {
            grant("compliantDevice")(policy);
            policy["conditions"]["platforms"] = json!({"includePlatforms": ["iOS"]});
        })
    };
    let (report, code) = compare(&[policy("A", |_| {}), narrow()], &[narrow(), policy("A", |_| {})]);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)));
}

#[test]
fn what_is_too_much_to_compare_is_said_even_if_the_base_is_too() {
    let many = |control: &'static str| -> Vec<Value> {
        (0..401).map(|at| policy(&format!("P{at}"), grant(if at == 400 { control } else { "mfa" }))).collect()
    };
    let folder = states(&many("mfa"), &many("block"));
    let (report, _) = diff(folder.path(), &["before", "after", "--only", "undecided-analysis"]);
    let message = only(&report, "undecided-analysis")["message"].as_str().unwrap();
    assert_eq!(message, "more than 400 policies, so what the change does to sign-ins was not analysed");
    let folder = states(&many("mfa"), &many("mfa"));
    let (report, _) = diff(folder.path(), &["before", "after", "--only", "undecided-analysis"]);
    assert_eq!(found(&report), Vec::<String>::new(), "where nothing changed there is nothing to compare");
}

#[test]
fn placeholders_are_not_taken_for_a_change() {
    let with =
        |text: &str| policy("A", |policy| policy["conditions"]["users"]["excludeUsers"] = json!([text]));
    let (report, _) = compare(&[with("<admins>")], &[with("<admins>")]);
    assert_eq!(found(&report), Vec::<String>::new());
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Test", "-c", "user.email=test@contoso.com"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A repository with one policy committed in `policies/`.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("policies")).unwrap();
    fs::write(root.join("calint.yaml"), DECLARED).unwrap();
    fs::write(root.join("policies/a.json"), policy("A", |_| {}).to_string()).unwrap();
    git(root, &["init", "-q", "-b", "main"]);
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "One policy"]);
    folder
}

#[test]
fn the_base_may_be_a_git_revision() {
    let folder = repository();
    let root = folder.path();
    fs::write(root.join("policies/a.json"), policy("A", grant("block")).to_string()).unwrap();
    for place in [root.to_path_buf(), root.join("policies")] {
        let paths: &[&str] = if place == root { &["main", "policies"] } else { &["main"] };
        let (report, code) = diff(&place, paths);
        assert_eq!(code, Some(1));
        assert!(found(&report).contains(&"lost-access: error".to_owned()), "{report}");
        let findings = report["findings"].as_array().unwrap();
        let lost = findings.iter().find(|finding| finding["rule"] == "lost-access").unwrap();
        let related = &lost["related"][0]["location"];
        assert_eq!(related["revision"], "main");
        assert!(
            root.join("policies").join(related["path"].as_str().unwrap()).ends_with("a.json"),
            "{related}"
        );
        assert_eq!(lost["location"].get("revision"), None);
    }
}

#[test]
fn a_hash_is_shown_in_short() {
    let folder = repository();
    let root = folder.path();
    let output = Command::new("git").current_dir(root).args(["rev-parse", "HEAD"]).output().unwrap();
    let hash = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    fs::remove_file(root.join("policies/a.json")).unwrap();
    let output = common::calint(root).args(["diff", &hash, "--format", "concise"]).output().unwrap();
    let (out, _, _) = common::ran(output);
    assert!(out.contains(&format!("{}:policies/a.json", &hash[..12])), "{out}");
    assert!(!out.contains(&hash), "{out}");
}

#[test]
fn a_policy_that_is_gone_is_shown_where_it_was() {
    let folder = repository();
    let root = folder.path();
    fs::write(
        root.join("policies/b.json"),
        policy("B", |policy| {
            policy["conditions"]["clientAppTypes"] = json!(["browser"]);
        })
        .to_string(),
    )
    .unwrap();
    fs::remove_file(root.join("policies/a.json")).unwrap();
    let (report, _) = diff(root, &["HEAD"]);
    assert_eq!(found(&report), ["lost-protection: warn"]);
    let location = &report["findings"][0]["location"];
    assert_eq!((&location["path"], &location["revision"]), (&json!("policies/a.json"), &json!("HEAD")));
}

#[test]
fn what_a_viewer_cannot_open_is_said_instead() {
    let folder = repository();
    let root = folder.path();
    fs::write(
        root.join("policies/a.json"),
        policy("A", |policy| policy["state"] = json!("disabled")).to_string(),
    )
    .unwrap();
    fs::write(root.join("policies/b.json"), policy("B", grant("block")).to_string()).unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "A block"]);
    fs::remove_file(root.join("policies/b.json")).unwrap();
    let run = |base: &str, format: &str| {
        let arguments = ["diff", base, "--format", format];
        let output =
            common::calint(root).args(arguments).args(["--only", "lost-protection"]).output().unwrap();
        common::ran(output).0
    };
    let sarif: Value = serde_json::from_str(&run("HEAD", "sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "policies/b.json");
    assert_eq!(place["region"]["endColumn"], 1, "its lines are those of another state");
    assert_eq!(result["relatedLocations"], json!([]));
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.contains("\n\nHEAD:policies/b.json:1: `B` before this change: access is blocked"), "{text}");
    let github = run("HEAD", "github");
    assert!(github.starts_with("::warning title=lost-protection::`B`: "), "{github}");
    assert!(github.contains("%0AHEAD:policies/b.json:1\n"), "{github}");
    let gitlab: Value = serde_json::from_str(&run("HEAD", "gitlab")).unwrap();
    assert_eq!(gitlab[0]["location"]["path"], "policies/b.json");
    let junit = run("HEAD", "junit");
    assert!(junit.contains("file=\"policies/b.json\""), "{junit}");
    // What stands in the working tree is marked there.
    let sarif: Value = serde_json::from_str(&run("HEAD~1", "sarif")).unwrap();
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 1);
}

#[test]
fn a_file_that_is_named_and_deleted_is_a_change() {
    let folder = repository();
    fs::remove_file(folder.path().join("policies/a.json")).unwrap();
    for path in ["policies/a.json", "policies"] {
        let (report, code) = diff(folder.path(), &["HEAD", path]);
        assert_eq!((found(&report), code), (vec!["lost-protection: warn".to_owned()], Some(1)), "{path}");
        fs::remove_dir(folder.path().join("policies")).ok();
    }
    let (_, code) = diff(folder.path(), &["HEAD", "no-such-file.json"]);
    assert_eq!(code, Some(2), "what neither has is a mistake");
}

#[test]
fn a_tenant_without_configuration_is_itself_wherever_its_files_are() {
    let folder = repository();
    let root = folder.path();
    for place in ["contoso", "loose"] {
        fs::create_dir(root.join(place)).unwrap();
        fs::write(root.join(place).join("a.json"), policy("A", |_| {}).to_string()).unwrap();
    }
    fs::remove_file(root.join("policies/a.json")).unwrap();
    fs::rename(root.join("calint.yaml"), root.join("contoso/calint.yaml")).unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "Two tenants"]);
    fs::create_dir(root.join("other")).unwrap();
    fs::rename(root.join("loose/a.json"), root.join("other/a.json")).unwrap();
    let (report, code) = diff(root, &["HEAD"]);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)));
}

#[test]
fn a_tenant_in_a_folder_of_another_name_is_the_same() {
    let folder = repository();
    let root = folder.path();
    fs::create_dir(root.join("contoso")).unwrap();
    for name in ["a.json", "calint.yaml"] {
        let from = if name == "a.json" { root.join("policies/a.json") } else { root.join(name) };
        fs::copy(from, root.join("contoso").join(name)).unwrap();
    }
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "Another tenant"]);
    fs::rename(root.join("contoso"), root.join("fabrikam")).unwrap();
    let (report, code) = diff(root, &["HEAD"]);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)));
}

#[test]
fn a_configuration_of_the_base_is_shown_where_it_is() {
    let folder = repository();
    let root = folder.path();
    fs::write(root.join("calint.yaml"), "rulez: {}\n").unwrap();
    git(root, &["commit", "-q", "-a", "-m", "A mistake"]);
    fs::write(root.join("calint.yaml"), DECLARED).unwrap();
    let output = common::calint(root).args(["diff", "HEAD"]).output().unwrap();
    let (_, err, code) = common::ran(output);
    assert_eq!(code, Some(2));
    assert!(err.contains("[HEAD:calint.yaml:1:1]"), "{err}");
}

#[test]
fn a_shallow_clone_is_named_as_the_reason() {
    let folder = repository();
    let root = folder.path();
    git(root, &["commit", "-q", "--allow-empty", "-m", "Later"]);
    let clone = tempfile::tempdir().unwrap();
    let from = format!("file://{}", root.display());
    git(clone.path(), &["clone", "-q", "--depth=1", &from, "clone"]);
    let output = common::calint(&clone.path().join("clone")).args(["diff", "HEAD~1"]).output().unwrap();
    let (_, err, code) = common::ran(output);
    assert_eq!(code, Some(2));
    assert!(err.contains("the clone is shallow"), "{err}");
}

#[test]
fn the_base_may_be_where_a_branch_began() {
    let folder = repository();
    let root = folder.path();
    git(root, &["checkout", "-q", "-b", "topic"]);
    git(root, &["checkout", "-q", "main"]);
    fs::write(root.join("policies/later.json"), policy("Later", grant("block")).to_string()).unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "Not of the topic"]);
    git(root, &["checkout", "-q", "topic"]);
    let (report, _) = diff(root, &["main"]);
    assert_eq!(found(&report), ["lost-protection: warn"], "the tip has what the topic lacks");
    let (report, _) = diff(root, &["main", "--merge-base"]);
    assert_eq!(found(&report), Vec::<String>::new());
}

#[test]
fn a_base_that_is_nothing_is_said_so() {
    let folder = repository();
    let output = common::calint(folder.path()).args(["diff", "no-such-branch"]).output().unwrap();
    let (_, err, code) = common::ran(output);
    assert_eq!(code, Some(2));
    assert!(err.contains("`no-such-branch` is neither a folder nor a git revision"), "{err}");
}

#[test]
fn what_keeps_git_from_answering_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json"), policy("A", |_| {}).to_string()).unwrap();
    let run = |path: Option<&str>| {
        let mut calint = common::calint(folder.path());
        calint.args(["diff", "main", "a.json"]);
        if let Some(path) = path {
            calint.env("PATH", path);
        }
        let (_, err, code) = common::ran(calint.output().unwrap());
        assert_eq!(code, Some(2));
        err
    };
    let err = run(None);
    assert!(err.contains("git finds no repository at") && err.contains("fatal: "), "{err}");
    assert!(run(Some("/nowhere")).contains("git is not installed"));
}

#[test]
fn a_base_that_cannot_be_read_is_no_clean_run() {
    let folder = states(&[policy("A", |_| {})], &[policy("A", |_| {})]);
    fs::write(folder.path().join("before/broken.json"), "{\"conditions\": {\"users\": {\"includeUsers\": [")
        .unwrap();
    let (report, code) = diff(folder.path(), &["before", "after"]);
    assert_eq!(code, Some(2));
    assert!(found(&report).iter().any(|it| it.starts_with("syntax-error")), "{report}");
}

#[test]
fn both_sides_of_a_terraform_plan_are_compared() {
    let side = |control: &str| {
        json!({
            "display_name": "A", "state": "enabled",
            "conditions": [{
                "client_app_types": ["all"],
                "users": [{"included_users": ["All"], "excluded_groups": [EMERGENCY]}],
                "applications": [{"included_applications": ["All"]}],
            }],
            "grant_controls": [{"operator": "OR", "built_in_controls": [control]}],
        })
    };
    let plan = json!({
        "format_version": "1.2",
        "resource_changes": [{
            "address": "azuread_conditional_access_policy.a", "mode": "managed",
            "type": "azuread_conditional_access_policy", "name": "a",
            "change": {"actions": ["update"], "before": side("mfa"), "after": side("block"), "after_unknown": {}},
        }],
    });
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plan.json"), plan.to_string()).unwrap();
    let (report, code) = diff(folder.path(), &["plan.json"]);
    assert_eq!(code, Some(1));
    let findings = found(&report);
    assert!(findings.contains(&"lost-access: error".to_owned()), "{findings:?}");
}

#[test]
fn a_group_that_a_plan_deletes_or_empties_excludes_nobody() {
    let people = ["e2a7c4b9-50d1-4f38-8a6e-94b1c73f05d2", "0c5d8e17-6b24-4a93-b7f0-2d1e9a8c4635"];
    let group =
        |members: &[&str]| json!({"object_id": EMERGENCY, "display_name": "Emergency", "members": members});
    let member = |person: &str| json!({"group_object_id": EMERGENCY, "member_object_id": person});
    let resource = |kind: &str, name: &str, before: Value, after: Value| {
        let actions = match (before.is_null(), after.is_null(), before == after) {
            (false, true, _) => "delete",
            (_, _, true) => "no-op",
            _ => "update",
        };
        json!({
            "address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": [actions], "before": before, "after": after, "after_unknown": {}},
        })
    };
    let unchanged = json!({
        "display_name": "A", "state": "enabled",
        "conditions": [{
            "client_app_types": ["exchangeActiveSync", "other"],
            "users": [{"included_users": ["All"], "excluded_groups": [EMERGENCY]}],
            "applications": [{"included_applications": ["All"]}],
        }],
        "grant_controls": [{"operator": "OR", "built_in_controls": ["block"]}],
    });
    let told = |resources: Vec<Value>, config: &str| {
        let policy = ("azuread_conditional_access_policy", unchanged.clone());
        let mut all = vec![resource(policy.0, "a", policy.1.clone(), policy.1)];
        all.extend(resources);
        let folder = tempfile::tempdir().unwrap();
        let plan = json!({"format_version": "1.2", "resource_changes": all});
        fs::write(folder.path().join("plan.json"), plan.to_string()).unwrap();
        fs::write(folder.path().join("calint.yaml"), config).unwrap();
        let (report, _) = diff(folder.path(), &["plan.json", "--only", "emptied-exclusion-group"]);
        (found(&report), report["findings"][0]["message"].as_str().unwrap_or_default().to_owned())
    };
    let of_group = |before: Value, after: Value| resource("azuread_group", "g", before, after);
    let of_member =
        |name: &str, before: Value, after: Value| resource("azuread_group_member", name, before, after);
    let deleted = || of_group(group(&people), Value::Null);
    let (findings, message) = told(vec![deleted()], DECLARED);
    assert_eq!(findings, ["emptied-exclusion-group: error"]);
    assert_eq!(message, "this change deletes a group that the policy excludes");
    assert_eq!(told(vec![deleted()], "").0, ["emptied-exclusion-group: warn"], "an exclusion like another");
    let (findings, message) = told(vec![of_group(group(&people), group(&[]))], "");
    assert_eq!(findings, ["emptied-exclusion-group: warn"]);
    assert_eq!(message, "this change empties a group that the policy excludes");
    let same = || of_group(group(&people), group(&people));
    let gone = |at: usize| of_member(&format!("m{at}"), member(people[at]), Value::Null);
    assert_eq!(told(vec![same(), gone(0), gone(1)], "").0, ["emptied-exclusion-group: warn"]);
    let stays = of_member("m1", member(people[1]), member(people[1]));
    let fine = [
        vec![same(), gone(0)],
        vec![same(), gone(0), stays],
        vec![of_group(group(&people), group(&people[..1]))],
        vec![of_group(group(&[]), Value::Null)],
        vec![same()],
    ];
    for resources in fine {
        assert_eq!(told(resources.clone(), "").0, Vec::<String>::new(), "{resources:?}");
    }
}

#[test]
fn sarif_and_annotations_work_for_changes_too() {
    let folder = states(&[policy("A", |_| {})], &[policy("A", grant("block"))]);
    let output = common::calint(folder.path())
        .args(["diff", "before", "after", "--format", "github", "--output", "sarif=out.sarif"])
        .output()
        .unwrap();
    let (out, _, code) = common::ran(output);
    assert_eq!(code, Some(1));
    assert!(out.contains("::error file=after/policies.json"), "{out}");
    let sarif: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("out.sarif")).unwrap()).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "lost-access"), "{sarif}");
}

#[test]
fn exceptions_excuse_findings_on_changes_and_are_not_unused_without_a_change() {
    let folder = states(
        &[policy("A", |_| {})],
        &[policy("A", |policy| policy["conditions"]["clientAppTypes"] = json!(["browser"]))],
    );
    let excused = format!(
        "{DECLARED}exceptions: [{{rule: lost-protection, policy: A, reason: apps are covered elsewhere}}]\n"
    );
    fs::write(folder.path().join("after/calint.yaml"), excused).unwrap();
    let (report, code) = diff(folder.path(), &["before", "after"]);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)));
    let output = common::calint(folder.path()).args(["after", "--format", "concise"]).output().unwrap();
    let (out, _, code) = common::ran(output);
    assert_eq!(code, Some(0), "{out}");
}
