//! `calint rules`.

use std::io::Write;

use super::{Exit, Failure};
use crate::cli::RulesArgs;
use crate::report::listing;

/// Lists the rules.
pub(super) fn run(args: &RulesArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    listing::write(args.format, out)?;
    Ok(Exit::Clean)
}
