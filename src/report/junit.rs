//! JUnit XML, in which CI systems show tests: a suite a file, a case a finding. There is no standard; this keeps to
//! what the schema of Apache Ant's JUnit task and the readers of CI systems share.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Report, Style, count, headline};
use crate::engine::Outcome;
use crate::finding::{Finding, Level};

pub(super) struct Junit;

impl Report for Junit {
    fn write(&self, outcome: &Outcome, _: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut suites: BTreeMap<&str, Vec<&Finding>> =
            outcome.read.iter().map(|(path, _)| (path.as_str(), Vec::new())).collect();
        for finding in &outcome.findings {
            suites.entry(outcome.sources.path(finding.primary.span.file)).or_default().push(finding);
        }
        let tests: usize = suites.values().map(|findings| findings.len().max(1)).sum();
        let failures = count(outcome, Level::Error) + count(outcome, Level::Warn);
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.create_element("testsuites")
            .with_attribute(("name", env!("CARGO_PKG_NAME")))
            .with_attributes(counts(tests, failures).iter().map(pair))
            .write_inner_content(|xml| {
                suites.iter().try_for_each(|(path, findings)| suite(path, findings, outcome, xml))
            })?;
        out.write_all(&xml.into_inner())?;
        writeln!(out)
    }
}

type Xml = Writer<Vec<u8>>;

fn counts(tests: usize, failures: usize) -> [(&'static str, String); 4] {
    let zero = || "0".to_owned();
    [
        ("tests", tests.to_string()),
        ("failures", failures.to_string()),
        ("errors", zero()),
        ("skipped", zero()),
    ]
}

fn pair<'a>((name, value): &'a (&'static str, String)) -> (&'a str, &'a str) {
    (name, value)
}

fn suite(path: &str, findings: &[&Finding], outcome: &Outcome, xml: &mut Xml) -> io::Result<()> {
    let failures = findings.iter().filter(|finding| is_failure(finding)).count();
    let path = allowed(path);
    xml.create_element("testsuite")
        .with_attribute(("name", path.as_str()))
        .with_attributes(counts(findings.len().max(1), failures).iter().map(pair))
        .write_inner_content(|xml| {
            if findings.is_empty() {
                let passed = [("name", "no findings"), ("classname", &path), ("file", &path)];
                xml.create_element("testcase").with_attributes(passed).write_empty()?;
            }
            findings.iter().try_for_each(|finding| case(&path, finding, outcome, xml))
        })?;
    Ok(())
}

fn is_failure(finding: &Finding) -> bool {
    finding.level <= Level::Warn
}

fn case(path: &str, finding: &Finding, outcome: &Outcome, xml: &mut Xml) -> io::Result<()> {
    let (start, _) = outcome.sources.range(finding.primary.span);
    let (name, line) = (allowed(&headline(finding)), start.line.to_string());
    let mut text = format!("{path}:{}:{}: {} [{}]", start.line, start.column, finding.level, finding.rule);
    for (what, part) in [("note", &finding.note), ("help", &finding.help), ("recovery", &finding.recovery)] {
        if let Some(part) = part {
            text.push_str(&format!("\n{what}: {}", allowed(part)));
        }
    }
    xml.create_element("testcase")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("classname", finding.rule.as_str()))
        .with_attribute(("file", allowed(outcome.sources.place(finding.primary.span.file).0).as_str()))
        .with_attribute(("line", line.as_str()))
        .write_inner_content(|xml| {
            let inside = if is_failure(finding) {
                xml.create_element("failure")
                    .with_attribute(("message", name.as_str()))
                    .with_attribute(("type", finding.level.as_str()))
            } else {
                xml.create_element("system-out")
            };
            inside.write_text_content(BytesText::new(&text))?;
            Ok(())
        })?;
    Ok(())
}

/// A text with a mark in place of each character that XML 1.0 does not allow, not even escaped.
fn allowed(text: &str) -> String {
    let is_allowed = |letter: char| {
        matches!(letter, '\t' | '\n' | '\r') || !(letter < ' ' || matches!(letter, '\u{fffe}' | '\u{ffff}'))
    };
    text.chars().map(|letter| if is_allowed(letter) { letter } else { '\u{fffd}' }).collect()
}
