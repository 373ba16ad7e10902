//! The report for programs. Its shape is a promise: a change that breaks a reader gets a new `version`.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, Style, count};
use crate::engine::Outcome;
use crate::finding::{About, Certainty, ErrorCode, Finding, Fix, Label, Level, RuleId};
use crate::fingerprint;
use crate::rule::Family;
use crate::source::{Position, Sources, Span};

pub(super) struct Json;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    tool: Tool,
    summary: Summary,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    policies: usize,
    error: usize,
    warn: usize,
    note: usize,
    suppressed: usize,
    baselined: usize,
    unreadable: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    rule: &'a RuleId,
    level: Level,
    category: Option<Family>,
    certainty: Certainty,
    message: &'a str,
    policy: Option<&'a About>,
    location: Location<'a>,
    labels: Vec<Place<'a>>,
    related: Vec<Place<'a>>,
    help: Option<&'a str>,
    note: Option<&'a str>,
    recovery: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Change<'a>>,
    error_codes: &'a [ErrorCode],
    url: Option<&'a str>,
    fingerprint: String,
}

#[derive(Serialize)]
struct Place<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Change<'a> {
    title: &'a str,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    location: Location<'a>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a str>,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
    byte: usize,
}

impl From<Position> for Point {
    fn from(position: Position) -> Self {
        Self { line: position.line, column: position.column, byte: position.byte }
    }
}

impl Report for Json {
    fn write(&self, outcome: &Outcome, _: Style, out: &mut dyn Write) -> io::Result<()> {
        let entries = outcome.findings.iter().zip(fingerprint::of(&outcome.findings, &outcome.sources));
        let document = Document {
            version: 1,
            tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
            summary: Summary {
                files: outcome.files,
                policies: outcome.policies,
                error: count(outcome, Level::Error),
                warn: count(outcome, Level::Warn),
                note: count(outcome, Level::Note),
                suppressed: outcome.suppressed,
                baselined: outcome.baselined,
                unreadable: outcome.unreadable,
            },
            findings: entries.map(|(finding, mark)| entry(finding, mark, outcome)).collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }
}

fn entry<'a>(finding: &'a Finding, fingerprint: String, outcome: &'a Outcome) -> Entry<'a> {
    let (sources, rule) = (&outcome.sources, outcome.rules.of(&finding.rule));
    let place = |label: &'a Label| Place { message: &label.message, location: location(label.span, sources) };
    Entry {
        rule: &finding.rule,
        level: finding.level,
        category: rule.map(|rule| rule.meta().family),
        certainty: finding.certainty,
        message: &finding.message,
        policy: finding.policy.as_ref(),
        location: location(finding.primary.span, sources),
        labels: finding.all_labels().filter(|label| !label.message.is_empty()).map(place).collect(),
        related: finding.related.iter().map(place).collect(),
        help: finding.help.as_deref(),
        note: finding.note.as_deref(),
        recovery: finding.recovery.as_deref(),
        fix: finding.fix.as_ref().map(|fix| change(fix, sources)),
        error_codes: &finding.error_codes,
        url: rule.and_then(|rule| rule.meta().url()),
        fingerprint,
    }
}

fn change<'a>(fix: &'a Fix, sources: &'a Sources) -> Change<'a> {
    let edits = fix.edits.iter();
    let edits = edits
        .map(|edit| Replacement { location: location(edit.span, sources), replacement: &edit.replacement });
    Change { title: &fix.title, edits: edits.collect() }
}

fn location(span: Span, sources: &Sources) -> Location<'_> {
    let (start, end) = sources.range(span);
    let (path, revision) = sources.place(span.file);
    Location { path, revision, start: start.into(), end: end.into() }
}
