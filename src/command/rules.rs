//! `calint rules`.

use std::io::Write;

use super::{Exit, Failure};
use crate::rules;

/// Lists the rules, one a line.
pub(super) fn run(out: &mut dyn Write) -> Result<Exit, Failure> {
    let longest = rules::ALL.iter().map(|rule| rule.meta().id.as_str().len()).max().unwrap_or_default();
    for rule in rules::ALL {
        let meta = rule.meta();
        let off = rule.profile().map(|profile| format!(" (off; profile {})", profile.as_str()));
        writeln!(
            out,
            "{:longest$}  {:5}  {:9}  {}{}",
            meta.id.as_str(),
            meta.level.as_str(),
            meta.family.as_str(),
            meta.summary(),
            off.unwrap_or_default()
        )?;
    }
    Ok(Exit::Clean)
}
