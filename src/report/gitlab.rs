//! A Code Quality report for merge requests of GitLab. Source: GitLab documentation, "Code Quality", section "Code
//! Quality report format".

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, Style, headline};
use crate::engine::Outcome;
use crate::finding::{Finding, Level};
use crate::fingerprint;

pub(super) struct Gitlab;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

impl Report for Gitlab {
    fn write(&self, outcome: &Outcome, _: Style, out: &mut dyn Write) -> io::Result<()> {
        let marks = fingerprint::of(&outcome.findings, &outcome.sources);
        let issues: Vec<_> =
            outcome.findings.iter().zip(marks).map(|(finding, mark)| issue(finding, mark, outcome)).collect();
        serde_json::to_writer_pretty(&mut *out, &issues)?;
        writeln!(out)
    }
}

fn issue<'a>(finding: &'a Finding, fingerprint: String, outcome: &'a Outcome) -> Issue<'a> {
    let place = finding.primary.span;
    let (start, end) = outcome.sources.range(place);
    Issue {
        description: headline(finding),
        check_name: finding.rule.as_str(),
        fingerprint,
        severity: match finding.level {
            Level::Error => "critical",
            Level::Warn => "major",
            Level::Note | Level::Off => "info",
        },
        location: Location {
            path: outcome.sources.place(place.file).0,
            lines: Lines { begin: start.line, end: end.line },
        },
    }
}
