//! The wording of findings, over every finding that the examples of the rules bring up.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;

use calint::engine::{self, Options};
use calint::finding::Finding;
use calint::rules::{ALL, Profile};

/// Every distinct finding on the executed examples, by rule and message.
fn findings() -> Vec<Finding> {
    let mut found = BTreeMap::new();
    for rule in ALL {
        let docs = rule.meta().docs;
        for fence in docs.split("\n```").filter(|fence| fence.contains(" bad\n") || fence.contains(" good\n"))
        {
            let (info, text) = fence.split_once('\n').unwrap();
            if info.contains("config") {
                continue;
            }
            let format = info.split_whitespace().next().unwrap();
            let stdin = Some((format!("example.{format}"), text.as_bytes().to_vec()));
            let options = Options { stdin, profiles: Profile::ALL.to_vec(), ..common::options() };
            for finding in engine::run(&options).unwrap_or_else(|_| panic!("no configuration")).findings {
                found.insert((finding.rule.clone(), finding.message.clone()), finding);
            }
        }
    }
    assert!(found.len() > 20, "the examples bring findings up");
    found.into_values().collect()
}

fn begins_small(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_lowercase() || first == '`' || first.is_ascii_digit())
        || ["Microsoft ", "PowerShell "].iter().any(|name| text.starts_with(name))
}

#[test]
fn messages_are_one_short_line() {
    for finding in findings() {
        let message = &finding.message;
        assert!(begins_small(message), "{message}");
        assert!(!message.ends_with(['.', '!']) && !message.contains('\n'), "{message}");
        let title = message.trim_end_matches(", once enabled");
        assert!(title.chars().count() <= 80, "{message}");
        for word in ["should", "must", "try ", "please", "simply", "just ", "illegal", "oops"] {
            assert!(!message.contains(word), "{message}: says {word}");
        }
    }
}

#[test]
fn labels_continue_the_text() {
    for finding in findings() {
        for label in finding.all_labels().chain(&finding.related).filter(|label| !label.message.is_empty()) {
            let text = &label.message;
            assert!(begins_small(text), "{text}");
            assert!(!text.ends_with('.') && text.split_whitespace().count() <= 11, "{text}");
        }
    }
}

#[test]
fn notes_help_and_recovery_speak_plainly() {
    for finding in findings() {
        for text in [&finding.note, &finding.help, &finding.recovery].into_iter().flatten() {
            assert!(begins_small(text), "{text}");
            assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
            for word in ["None", "Vec", "Some(", "please", "simply", "oops"] {
                assert!(!text.contains(word), "{text}: says {word}");
            }
        }
    }
}

#[test]
fn lockouts_say_everything() {
    for finding in findings() {
        let rule = calint::rules::of(&finding.rule).unwrap_or_else(|| panic!("{} is a rule", finding.rule));
        if rule.meta().family == calint::rule::Family::Lockout {
            let message = &finding.message;
            assert!(finding.help.is_some() && finding.note.is_some(), "{message}");
            assert!(finding.policy.is_some() && !finding.place.is_empty(), "{message}");
        }
    }
}

#[test]
fn labels_lie_inside_their_text() {
    for rule in ALL {
        for fence in rule.meta().docs.split("\n```json bad\n").skip(1) {
            let text = fence.split("\n```").next().unwrap();
            let outcome = common::check_text("example.json", text);
            for finding in &outcome.findings {
                for label in finding.all_labels() {
                    assert!(label.span.end as usize <= text.len(), "{}", finding.message);
                }
            }
        }
    }
}
