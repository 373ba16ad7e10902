//! The lists of rules are current, and the catalogue of what can go wrong is complete.
//!
//! `rules/catalogue.tsv` is kept by hand: what can go wrong, by number, with the rules that find it or the reason why
//! none does. `CALINT_UPDATE=1 cargo test --test catalogue` writes `rules/CATALOGUE.md` from it, and the index in
//! `rules/README.md` from the folders of the rules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use calint::report::listing;
use calint::rule::Family;
use calint::rule_set::RuleSet;
use calint::rules::{self, ALL};

/// The numbers of what can lock people out.
const LOCKOUTS: [RangeInclusive<u32>; 11] = [
    1..=5,
    10..=15,
    100..=111,
    200..=212,
    300..=307,
    400..=413,
    500..=509,
    601..=604,
    701..=704,
    801..=806,
    901..=915,
];

/// The numbers of combinations that are refused, or have no effect.
const INVALID: RangeInclusive<u32> = 1..=46;

/// What stands for "no rule" in the table.
const NO_RULE: &str = "-";

struct Row {
    number: String,
    gist: String,
    rules: Vec<String>,
    reason: String,
}

/// The catalogue in its sections, each with its title.
fn sections() -> Vec<(String, Vec<Row>)> {
    let text = fs::read_to_string(common::project().join("rules/catalogue.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("number\tgist\trules\treason"));
    let mut sections: Vec<(String, Vec<Row>)> = Vec::new();
    for line in lines {
        if let Some(title) = line.strip_prefix("# ") {
            sections.push((title.to_owned(), Vec::new()));
            continue;
        }
        let cells: Vec<_> = line.split('\t').collect();
        let [number, gist, rules, reason] = cells[..] else { panic!("four cells: {line}") };
        for cell in &cells {
            assert_eq!(*cell, cell.trim(), "{number}: no space around a cell");
            assert!(!cell.contains('|'), "{number}: a cell is one in Markdown too");
        }
        let rules = if rules == NO_RULE {
            Vec::new()
        } else {
            rules.split(',').map(|rule| rule.trim().to_owned()).collect()
        };
        let row = Row { number: number.to_owned(), gist: gist.to_owned(), rules, reason: reason.to_owned() };
        sections.last_mut().expect("a section starts with its title").1.push(row);
    }
    sections
}

fn rows() -> Vec<Row> {
    sections().into_iter().flat_map(|(_, rows)| rows).collect()
}

fn link(rule: &str) -> String {
    format!("[`{rule}`]({rule}/README.md)")
}

/// The catalogue as a document.
fn catalogue() -> String {
    let mut text = "<!-- Written from catalogue.tsv by `CALINT_UPDATE=1 cargo test --test catalogue`. -->

# What can go wrong, and which rule finds it

Every cause of a lockout that is known from the documentation of Conditional Access and from practice, and
every combination that Microsoft Graph refuses or that has no effect. Where no rule looks for it, the reason
is given. The numbers stay the same when rules come and go.
"
    .to_owned();
    for (title, rows) in sections() {
        writeln!(text, "\n## {title}\n\n| number | what can go wrong | found by |\n|---|---|---|").unwrap();
        for Row { number, gist, rules, reason } in rows {
            let found = if rules.is_empty() {
                format!("no rule: {reason}")
            } else {
                rules.iter().map(|rule| link(rule)).collect::<Vec<_>>().join(", ")
            };
            writeln!(text, "| {number} | {gist} | {found} |").unwrap();
        }
    }
    text
}

/// The document of all rules, with the index in its place.
fn index(document: &str) -> String {
    let [start, end] = ["<!-- index -->", "<!-- end of index -->"];
    let (before, rest) = document.split_once(start).expect("a place for the index");
    let (_, after) = rest.split_once(end).expect("an end of the index");
    let tables = listing::markdown(&RuleSet::default(), |meta| format!("{}/README.md", meta.id));
    format!("{before}{start}\n{tables}{end}{after}")
}

fn is_current(name: &str, expected: &str) {
    let path = common::project().join(name);
    if std::env::var_os("CALINT_UPDATE").is_some() {
        fs::write(path, expected).unwrap();
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(found == expected, "{name} is not up to date at {differs:?}; CALINT_UPDATE=1 rewrites it");
}

#[test]
fn the_index_of_rules_is_current() {
    let name = "rules/README.md";
    let document = fs::read_to_string(common::project().join(name)).unwrap();
    let expected = index(&document);
    for rule in ALL {
        assert!(expected.contains(&link(rule.meta().id.as_str())), "{} is in the index", rule.meta().id);
    }
    is_current(name, &expected);
}

#[test]
fn the_catalogue_is_current() {
    is_current("rules/CATALOGUE.md", &catalogue());
}

#[test]
fn every_number_stands_once_and_in_order() {
    let lockouts = LOCKOUTS.into_iter().flatten().map(|number| format!("L-{number:03}"));
    let expected: Vec<_> = lockouts.chain(INVALID.map(|number| format!("V{number:02}"))).collect();
    let found: Vec<_> = rows().into_iter().map(|row| row.number).collect();
    assert_eq!(found, expected);
}

#[test]
fn rules_exist_and_each_is_named() {
    let rows = rows();
    let named: BTreeSet<_> = rows.iter().flat_map(|row| &row.rules).map(String::as_str).collect();
    for name in &named {
        assert!(rules::find(name).is_some(), "`{name}` is no rule");
    }
    for rule in ALL {
        let meta = rule.meta();
        if matches!(meta.family, Family::Lockout | Family::Validity) {
            assert!(named.contains(meta.id.as_str()), "`{}` stands at no number", meta.id);
        }
    }
}

#[test]
fn a_reason_stands_where_no_rule_does() {
    for Row { number, gist, rules, reason } in rows() {
        assert_eq!(rules.is_empty(), !reason.is_empty(), "{number}: either rules or a reason");
        assert!(!gist.is_empty() && gist.chars().count() <= 110 && !gist.ends_with('.'), "{number}: {gist}");
        assert!(!reason.ends_with('.'), "{number}: {reason}");
    }
}

/// The targets of the links of a document, without those to other places and to headings.
fn linked(document: &str) -> Vec<&str> {
    document
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents: Vec<_> = [
        "README.md",
        "CONTRIBUTING.md",
        "policies-examples/README.md",
        "rules/README.md",
        "rules/CATALOGUE.md",
    ]
    .map(str::to_owned)
    .to_vec();
    documents.extend(ALL.iter().map(|rule| format!("rules/{}/README.md", rule.meta().id)));
    for name in documents {
        let path = common::project().join(&name);
        let document = fs::read_to_string(&path).unwrap();
        for target in linked(&document) {
            assert!(path.parent().unwrap_or(Path::new("")).join(target).exists(), "{name} links to {target}");
        }
    }
}
