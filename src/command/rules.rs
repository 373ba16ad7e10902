//! `calint rules`.

use std::io::Write;

use super::{Exit, Failure, house_rules};
use crate::house;

/// Lists the rules, one a line; those of the current folder last.
pub(super) fn run(out: &mut dyn Write) -> Result<Exit, Failure> {
    let rules = house::with_built_in(&house_rules(&[])?.rules);
    let longest = rules.iter().map(|rule| rule.meta().id.as_str().len()).max().unwrap_or_default();
    for rule in rules.iter() {
        let meta = rule.meta();
        writeln!(
            out,
            "{:longest$}  {:5}  {:9}  {}",
            meta.id.as_str(),
            meta.level.as_str(),
            meta.family.as_str(),
            meta.summary()
        )?;
    }
    Ok(Exit::Clean)
}
