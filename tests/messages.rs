//! The wording of findings, over every finding that the examples of the rules bring up.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome};
use calint::finding::{Certainty, Finding, Level};
use calint::rule::{Family, Meta};
use calint::rules::{self, ALL};
use common::examples::Example;

/// A finding, and the text that brought it up.
struct Found {
    finding: Finding,
    format: String,
    text: String,
}

impl Found {
    /// Every part people read, with its name.
    fn parts(&self) -> Vec<(&'static str, &str)> {
        let finding = &self.finding;
        let labels = finding.all_labels().chain(&finding.related).map(|label| ("label", &label.message));
        let more = [("note", &finding.note), ("help", &finding.help), ("recovery", &finding.recovery)];
        let more = more.into_iter().filter_map(|(name, part)| Some((name, part.as_ref()?)));
        std::iter::once(("message", &finding.message))
            .chain(labels.filter(|(_, text)| !text.is_empty()))
            .chain(more)
            .map(|(name, text)| (name, text.as_str()))
            .collect()
    }

    /// The message without what is added for policies that are not enforced.
    fn title(&self) -> &str {
        self.finding.message.strip_suffix(ONCE_ENABLED).unwrap_or(&self.finding.message)
    }

    fn rule(&self) -> &'static Meta {
        rules::of(&self.finding.rule).unwrap_or_else(|| panic!("{} is a rule", self.finding.rule)).meta()
    }
}

const ONCE_ENABLED: &str = ", once enabled";

/// An example as it stands, with its policies in report-only, and with a placeholder for emergency access: what is
/// said then has to be worded as well.
fn variants(example: Example) -> [Example; 3] {
    let with = |text: String| Example { text, ..example.clone() };
    let not_yet = example
        .text
        .replace("\"enabled\"", "\"enabledForReportingButNotEnforced\"")
        .replace(": enabled\n", ": enabledForReportingButNotEnforced\n");
    let open = example.text.replace("b365ab35-6630-4654-ae08-fe871f9cf1a7", "<emergency access>");
    [with(not_yet), with(open), example]
}

/// Texts beside the examples, for what none of them brings up: damaged files, and policies that leave questions open.
fn more() -> Vec<Example> {
    let policy = |users: &str, grant: &str| {
        format!(
            r#"{{"displayName": "A", "state": "enabled", "conditions": {{"users": {users},
                "applications": {{"includeApplications": ["All"]}}}}, "grantControls": {grant}}}"#
        )
    };
    let group = "b365ab35-6630-4654-ae08-fe871f9cf1a7";
    let everyone = r#"{"includeUsers": ["All"]}"#;
    let strength =
        r#"{"operator": "OR", "authenticationStrength": {"id": "5f0d7a1c-93b2-4c8e-a6b4-2d1e0c9f8a77"}}"#;
    let mfa = r#"{"operator": "OR", "builtInControls": ["mfa"]}"#;
    let texts = [
        ("json", format!("{}{}", "[".repeat(200), "]".repeat(200))),
        ("yaml", format!("{}{}", "[".repeat(200), "]".repeat(200))),
        ("json", format!("// a comment\n{}", policy(everyone, mfa))),
        ("json", policy(everyone, mfa).replace("\"A\"", "\"A\u{1}\"")),
        ("json", policy(everyone, mfa).replace("\"A\"", "A")),
        ("json", policy(everyone, mfa).replace("\"A\"", "\"A")),
        ("json", policy(everyone, mfa).replace('}', "")),
        ("json", policy(everyone, mfa).replace("\"displayName\":", "\"displayName\"")),
        ("json", format!("{} x", policy(everyone, mfa))),
        ("yaml", "displayName: A\n  state: enabled\nconditions: [\n".to_owned()),
        ("yaml", "displayName: \"A\nstate: enabled\nconditions: {}\n".to_owned()),
        ("tf", "resource \"azuread_conditional_access_policy\" \"a\" {\n  display_name = \n".to_owned()),
        ("ps1", "AADConditionalAccessPolicy 'A' {\n  DisplayName = 'A'\n".to_owned()),
        ("json", String::new()),
        (
            "json",
            policy(
                &format!(r#"{{"includeUsers": ["All"], "excludeGroup": ["{group}"], "nobodyKnows": 1}}"#),
                mfa,
            ),
        ),
        (
            "json",
            policy(
                everyone,
                r#"{"operator": "XOR", "builtInControls": [{"a": 1}, "mfa", 3], "termsOfUse": true}"#,
            ),
        ),
        ("json", policy("[1, 2]", "\"mfa\"")),
        ("json", policy(everyone, strength)),
        ("json", policy(everyone, r#"{"operator": "OR", "builtInControls": ["somethingNew"]}"#)),
        (
            "json",
            policy(
                r#"{"includeUsers": ["${users}"], "excludeGroups": ["${group}"]}"#,
                r#"{"operator": "OR", "builtInControls": ["block"]}"#,
            ),
        ),
        (
            "json",
            policy(
                r#"{"includeUsers": ["All"]}"#,
                r#"{"operator": "OR", "builtInControls": ["compliantDevice", "somethingNew"]}"#,
            ),
        ),
    ];
    texts
        .map(|(format, text)| Example {
            format: format.to_owned(),
            bad: true,
            config: false,
            base: None,
            needs: None,
            text,
        })
        .to_vec()
}

/// What is found in folders with a configuration: those to try the program on, and one that leaves open whether
/// emergency access is excluded.
fn folders() -> Vec<Outcome> {
    let open = tempfile::tempdir().unwrap();
    let config = "emergency-access:\n  groups: [b365ab35-6630-4654-ae08-fe871f9cf1a7]\n";
    let policy = r#"{"displayName": "A", "state": "enabled", "conditions": {
        "users": {"includeUsers": ["All"], "excludeGroups": ["<group>"]},
        "applications": {"includeApplications": ["All"]}, "signInRiskLevels": ["high"]},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]}}"#;
    for (name, text) in [("calint.yaml", config), ("a.json", policy)] {
        fs::write(open.path().join(name), text).unwrap();
    }
    let shown = fs::read_dir(common::project().join("policies-examples")).unwrap();
    let shown = shown.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let run = |path| {
        let (paths, config) = (vec![path], ConfigChoice::Nearest);
        engine::run(&Options { paths, config, include_disabled: true, ..common::options() }).unwrap()
    };
    shown.chain([open.path().to_path_buf()]).map(run).collect()
}

/// Every distinct finding on the executed examples, rules that are off by default included.
static FOUND: LazyLock<Vec<Found>> = LazyLock::new(|| {
    let off: Vec<_> = ALL.iter().filter(|rule| !rule.is_on()).map(|rule| rule.meta().id.as_str()).collect();
    let documented = ALL.iter().flat_map(|rule| Example::all(&rule.meta().docs));
    let examples = documented.chain(more()).flat_map(variants);
    let runs = examples.flat_map(|example| [example.run(&[]), example.run(&off)]);
    let mut found = BTreeMap::new();
    for outcome in runs.chain(folders()) {
        let built_in = |finding: &Finding| rules::of(&finding.rule).is_some();
        for finding in outcome.findings.into_iter().filter(built_in) {
            let source = outcome.sources.get(finding.primary.span.file).unwrap();
            let format = source.path().rsplit('.').next().unwrap_or_default().to_owned();
            let one = Found { finding, format, text: source.text().to_owned() };
            let parts: Vec<_> = one.parts().into_iter().map(|(_, text)| text.to_owned()).collect();
            found
                .entry((one.finding.rule.clone(), one.finding.level, one.format.clone(), parts))
                .or_insert(one);
        }
    }
    assert!(found.len() > 100, "the examples bring findings up");
    found.into_values().collect()
});

/// Fails with everything that does not hold of some finding, so that one run shows what there is to mend.
fn check(judge: impl Fn(&Found, &mut dyn FnMut(bool, &str))) {
    let mut wrong = BTreeSet::new();
    for found in &*FOUND {
        judge(found, &mut |holds, why| {
            if !holds {
                let Finding { rule, level, certainty, message, .. } = &found.finding;
                wrong.insert(format!("{rule}, {level}, {certainty:?}: {message}\n    {why}"));
            }
        });
    }
    let list: Vec<_> = wrong.iter().map(String::as_str).collect();
    assert!(list.is_empty(), "{} faults\n{}", list.len(), list.join("\n"));
}

/// The pieces of a text that stand outside backticks, and those inside.
fn pieces(text: &str) -> (Vec<&str>, Vec<&str>) {
    (text.split('`').step_by(2).collect(), text.split('`').skip(1).step_by(2).collect())
}

/// The words of a text, without what stands in backticks.
fn words(text: &str) -> Vec<&str> {
    let is_letter = |letter: char| letter.is_alphanumeric() || "_-'.@".contains(letter);
    let (outside, _) = pieces(text);
    outside
        .into_iter()
        .flat_map(|piece| piece.split(move |letter| !is_letter(letter)))
        .map(|word| word.trim_matches(['.', '-', '\'']))
        .filter(|word| !word.is_empty())
        .collect()
}

fn begins_small(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_lowercase() || first == '`' || first.is_ascii_digit())
        || ["Microsoft ", "PowerShell ", "B2B "].iter().any(|name| text.starts_with(name))
}

const NOT_SAID: [&str; 8] = ["please", "simply", "just", "illegal", "bad", "oops", "sorry", "obviously"];

#[test]
fn every_part_is_one_plain_line() {
    check(|found, holds| {
        for (part, text) in found.parts() {
            holds(begins_small(text), &format!("{part} starts with a capital: {text}"));
            holds(!text.ends_with(['.', '!', ' ']), &format!("{part} ends like a sentence: {text}"));
            holds(
                !text.contains(['\n', '\t']) && !text.contains("  "),
                &format!("{part} is one line: {text}"),
            );
            holds(
                text.matches('`').count() % 2 == 0,
                &format!("{part} has a backtick without its twin: {text}"),
            );
            for word in words(text) {
                let said = NOT_SAID.contains(&word.to_lowercase().as_str());
                holds(!said, &format!("{part} says {word}: {text}"));
            }
        }
    });
}

#[test]
fn messages_are_short_and_state_a_fact() {
    check(|found, holds| {
        let title = found.title();
        holds(title.chars().count() <= 80, "message is longer than 80 characters");
        for word in words(title) {
            let advice = ["should", "must", "try"].contains(&word);
            holds(!advice, &format!("message says {word}: advice belongs in the help"));
        }
        holds(!title.split([' ', '`', '"']).any(is_guid), "message has an id, where a name says more");
    });
}

fn is_guid(word: &str) -> bool {
    word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && word.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-')
}

#[test]
fn labels_continue_the_text() {
    check(|found, holds| {
        for label in found.finding.all_labels().chain(&found.finding.related) {
            let words = label.message.split_whitespace().count();
            holds(words <= 11, &format!("label has {words} words: {}", label.message));
        }
    });
}

/// Names that look like members and are none.
const NAMES: [&str; 7] = ["ActiveSync", "macOS", "iOS", "PowerShell", "OneDrive", "SharePoint", "GitHub"];

#[test]
fn members_and_values_stand_in_backticks() {
    check(|found, holds| {
        for (part, text) in found.parts() {
            for word in words(text) {
                let pairs = word.chars().zip(word.chars().skip(1));
                let camel = pairs.into_iter().any(|(one, next)| one.is_lowercase() && next.is_uppercase());
                let is_code = camel || word.contains(['_', '@']);
                holds(
                    !is_code || NAMES.contains(&word),
                    &format!("{part}: {word} is without backticks: {text}"),
                );
            }
            for piece in pieces(text).0 {
                let sign = piece.chars().find(|letter| "{}[]<>=\"$".contains(*letter));
                holds(sign.is_none(), &format!("{part}: {sign:?} is without backticks: {text}"));
            }
        }
    });
}

const OF_THE_PROGRAM: [&str; 11] =
    ["None", "Some", "Vec", "Option", "Ok", "Err", "Unresolved", "usize", "str", "bool", "enum"];

#[test]
fn nothing_is_said_in_words_of_the_program() {
    check(|found, holds| {
        for (part, text) in found.parts() {
            for word in words(text) {
                holds(!OF_THE_PROGRAM.contains(&word), &format!("{part} says {word}: {text}"));
            }
        }
    });
}

/// Members as Microsoft Graph spells them, and as `hashicorp/azuread` does.
const MEMBERS: [(&str, &str); 22] = [
    ("displayName", "display_name"),
    ("includeUsers", "included_users"),
    ("excludeUsers", "excluded_users"),
    ("includeGroups", "included_groups"),
    ("excludeGroups", "excluded_groups"),
    ("includeRoles", "included_roles"),
    ("excludeRoles", "excluded_roles"),
    ("includeApplications", "included_applications"),
    ("excludeApplications", "excluded_applications"),
    ("includeUserActions", "included_user_actions"),
    ("clientAppTypes", "client_app_types"),
    ("includePlatforms", "included_platforms"),
    ("excludePlatforms", "excluded_platforms"),
    ("includeLocations", "included_locations"),
    ("excludeLocations", "excluded_locations"),
    ("signInRiskLevels", "sign_in_risk_levels"),
    ("userRiskLevels", "user_risk_levels"),
    ("grantControls", "grant_controls"),
    ("builtInControls", "built_in_controls"),
    ("termsOfUse", "terms_of_use"),
    ("sessionControls", "session_controls"),
    ("signInFrequency", "sign_in_frequency"),
];

#[test]
fn members_are_spelled_as_their_file_spells_them() {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let in_terraform = FOUND.iter().filter(|found| found.format == "tf").count();
    assert!(in_terraform > 10, "{in_terraform} findings are in Terraform");
    check(|found, holds| {
        for (part, text) in found.parts() {
            let inside = pieces(text).1;
            let named: Vec<_> =
                inside.iter().flat_map(|code| code.split(|letter| !is_letter(letter))).collect();
            for (graph, terraform) in MEMBERS {
                // A policy in snake case is spelled as in Terraform, whatever the format.
                let snake = found.format == "tf" || found.text.contains("display_name");
                let other = if snake { graph } else { terraform };
                let foreign = named.contains(&other) && !found.text.contains(other);
                holds(!foreign, &format!("{part}: no {other} in a {} file: {text}", found.format));
            }
        }
    });
}

#[test]
fn what_is_not_sure_says_so() {
    check(|found, holds| {
        let (finding, title) = (&found.finding, found.title());
        let may = words(title).contains(&"may");
        match finding.certainty {
            Certainty::Certain => holds(!may, "a message that is certain says may"),
            Certainty::Likely => {}
            Certainty::Unverified => {
                let doubts = may || ["could not", "not known"].iter().any(|doubt| title.contains(doubt));
                holds(doubts, "a message that is not confirmed does not say so");
                holds(finding.level != Level::Error, "what is not confirmed is no error");
                let help = finding.help.as_deref().unwrap_or_default();
                let ways = ["write ", "name ", "named ", "add ", "export "];
                let says = ways.iter().any(|way| help.contains(way));
                holds(says, &format!("the help does not say how to make it decidable: {help}"));
            }
        }
    });
}

#[test]
fn what_is_not_in_force_says_so() {
    check(|found, holds| {
        let finding = &found.finding;
        let says = finding.message.ends_with(ONCE_ENABLED);
        holds(
            says == finding.once_enabled,
            "`once enabled` stands where a policy is not enforced, and only there",
        );
        holds(!found.title().contains("once enabled"), "`once enabled` stands once, at the end");
        holds(!finding.once_enabled || finding.level != Level::Error, "what is not in force is no error");
    });
    let once_enabled = FOUND.iter().filter(|found| found.finding.once_enabled).count();
    assert!(once_enabled > 20, "{once_enabled}");
}

#[test]
fn errors_and_warnings_say_what_to_do() {
    check(|found, holds| {
        let finding = &found.finding;
        holds(finding.level > Level::Warn || finding.help.is_some(), "the help is missing");
    });
}

#[test]
fn levels_stay_below_that_of_the_rule() {
    check(|found, holds| {
        let highest = found.rule().level;
        holds(found.finding.level >= highest, &format!("the rule says {highest} at most"));
    });
}

#[test]
fn lockouts_say_everything() {
    check(|found, holds| {
        let finding = &found.finding;
        if found.rule().family == Family::Lockout {
            holds(finding.help.is_some() && finding.note.is_some(), "help or note is missing");
            holds(finding.policy.is_some() && !finding.place.is_empty(), "policy or place is missing");
        }
    });
}

#[test]
fn labels_lie_inside_their_text() {
    for rule in ALL {
        for example in Example::all(&rule.meta().docs) {
            let outcome = example.run(&[]);
            for finding in &outcome.findings {
                for label in finding.all_labels().chain(&finding.related) {
                    let text = outcome.sources.get(label.span.file).map_or("", |source| source.text());
                    let place = text.get(label.span.start as usize..label.span.end as usize);
                    assert!(place.is_some(), "{}: {label:?}", finding.message);
                }
            }
        }
    }
}
