//! `calint explain`.

use std::io::Write;

use super::{Exit, Failure, house_rules};
use crate::cli::ExplainArgs;
use crate::house;
use crate::rules;
use crate::sign_in_error;

/// Prints the documentation of a rule or of an error code.
pub(super) fn run(args: &ExplainArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let subject = args.subject.trim();
    if let Some(rule) = rules::find(subject) {
        out.write_all(rule.meta().docs.as_bytes())?;
        return Ok(Exit::Clean);
    }
    if let Some(error) = sign_in_error::find(subject) {
        writeln!(out, "{error}")?;
        return Ok(Exit::Clean);
    }
    let rules = house::with_built_in(&house_rules(&[])?.rules);
    if let Some(rule) = rules.find(subject) {
        out.write_all(rule.meta().docs.as_bytes())?;
        return Ok(Exit::Clean);
    }
    let hint = if subject.to_ascii_uppercase().starts_with("AADSTS") {
        let codes: Vec<_> = sign_in_error::ALL.iter().map(|error| error.code.0.to_string()).collect();
        format!("known codes: {}", codes.join(", "))
    } else {
        rules.hint(subject)
    };
    Err(Failure::Told(format!("nothing is known of `{subject}`; {hint}")))
}
