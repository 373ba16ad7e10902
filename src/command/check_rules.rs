//! `calint check-rules`.

use std::io::Write;

use super::{Exit, Failure, house_rules, terminal};
use crate::cli::{CheckRulesArgs, Color};
use crate::report;

/// Runs the examples of house rules.
pub(super) fn run(args: &CheckRulesArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let house = house_rules(&args.paths)?;
    if house.rules.is_empty() {
        return Err(Failure::Told("no house rules found".to_owned()));
    }
    let style = terminal::style(Color::Auto);
    let (mut examples, mut failed) = (0, 0);
    for rule in &house.rules {
        let failures = rule.failures();
        report::problems(&failures, &house.sources, style, out)?;
        examples += rule.examples();
        failed += usize::from(!failures.is_empty());
    }
    let rules = house.rules.len();
    let what = if rules == 1 { "rule" } else { "rules" };
    let end = match failed {
        0 => "all as they say".to_owned(),
        1 => "1 rule is not as its examples say".to_owned(),
        many => format!("{many} rules are not as their examples say"),
    };
    writeln!(out, "{rules} {what}, {examples} examples, {end}")?;
    Ok(if failed == 0 { Exit::Clean } else { Exit::Findings })
}
