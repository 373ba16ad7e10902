//! For programs.

use std::io::{self, Write};

use super::AccessReport;

pub(super) fn write(report: &AccessReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}
