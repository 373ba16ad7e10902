//! `calint rules`.

use std::io::Write;

use super::{Exit, Failure, house_rules};
use crate::cli::RulesArgs;
use crate::house;
use crate::report::listing;

/// Lists the rules; those of the current folder last.
pub(super) fn run(args: &RulesArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let rules = house::with_built_in(&house_rules(&[])?.rules);
    listing::write(&rules, args.format, out)?;
    Ok(Exit::Clean)
}
