//! One line a finding.

use std::io::{self, Write};

use super::{Report, Style, close, headline};
use crate::engine::Outcome;

pub(super) struct Concise;

impl Report for Concise {
    fn write(&self, outcome: &Outcome, style: Style, out: &mut dyn Write) -> io::Result<()> {
        for finding in &outcome.findings {
            let (start, _) = outcome.sources.range(finding.primary.span);
            writeln!(
                out,
                "{}:{}:{}: {}: {} [{}]",
                outcome.sources.path(finding.primary.span.file),
                start.line,
                start.column,
                finding.level,
                headline(finding),
                finding.rule
            )?;
        }
        close(outcome, style, out)
    }
}
