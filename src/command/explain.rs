//! `calint explain`.

use std::io::Write;

use serde_json::json;

use super::{Exit, Failure, house_rules};
use crate::cli::{ExplainArgs, ExplainFormat};
use crate::house;
use crate::report::listing;
use crate::rule::Rule;
use crate::rules;
use crate::sign_in_error;

/// Prints the documentation of a rule or of an error code.
pub(super) fn run(args: &ExplainArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let subject = args.subject.trim();
    if let Some(rule) = rules::find(subject) {
        return document(rule, args.format, out);
    }
    if let Some(error) = sign_in_error::find(subject) {
        match args.format {
            ExplainFormat::Markdown => writeln!(out, "{error}")?,
            ExplainFormat::Json => writeln!(out, "{:#}", json!({ "version": 1, "error": error }))?,
        }
        return Ok(Exit::Clean);
    }
    let rules = house::with_built_in(&house_rules(&[])?.rules);
    if let Some(rule) = rules.find(subject) {
        return document(rule, args.format, out);
    }
    let hint = if subject.to_ascii_uppercase().starts_with("AADSTS") {
        let codes: Vec<_> = sign_in_error::ALL.iter().map(|error| error.code.0.to_string()).collect();
        format!("known codes: {}", codes.join(", "))
    } else {
        rules.hint(subject)
    };
    Err(Failure::Told(format!("nothing is known of `{subject}`; {hint}")))
}

fn document(rule: &dyn Rule, format: ExplainFormat, out: &mut dyn Write) -> Result<Exit, Failure> {
    match format {
        ExplainFormat::Markdown => out.write_all(rule.meta().docs.as_bytes())?,
        ExplainFormat::Json => {
            let value = json!({
                "version": 1,
                "rule": listing::entry(rule),
                "documentation": rule.meta().docs,
            });
            writeln!(out, "{value:#}")?;
        }
    }
    Ok(Exit::Clean)
}
