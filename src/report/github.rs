//! Workflow commands of GitHub Actions, which show as annotations. Source: GitHub documentation, "Workflow
//! commands for GitHub Actions".

use std::io::{self, Write};

use super::{Report, Style, close, headline};
use crate::engine::Outcome;
use crate::finding::Level;

pub(super) struct Github;

impl Report for Github {
    fn write(&self, outcome: &Outcome, style: Style, out: &mut dyn Write) -> io::Result<()> {
        for finding in &outcome.findings {
            let command = match finding.level {
                Level::Error => "error",
                Level::Warn => "warning",
                Level::Note | Level::Off => "notice",
            };
            let span = finding.primary.span;
            let (start, end) = outcome.sources.range(span);
            let mut text = headline(finding);
            for more in [&finding.note, &finding.help].into_iter().flatten() {
                text.push('\n');
                text.push_str(more);
            }
            let (path, revision) = outcome.sources.place(span.file);
            let title = property(finding.rule.as_str());
            // An annotation on a line of the earlier state would stand on another one of the later state.
            if revision.is_some() {
                let place = format!("{}:{}", outcome.sources.path(span.file), start.line);
                writeln!(out, "::{command} title={title}::{}", data(&format!("{text}\n{place}")))?;
                continue;
            }
            let columns = if start.line == end.line {
                format!(",col={},endColumn={}", start.column, end.column)
            } else {
                format!(",col={}", start.column)
            };
            writeln!(
                out,
                "::{command} file={},line={}{columns},title={title}::{}",
                property(path),
                start.line,
                data(&text)
            )?;
        }
        close(outcome, style, out)
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
