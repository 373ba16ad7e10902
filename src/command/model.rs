//! `calint model`.

use std::io::{self, Write};

use super::{Exit, Failure, terminal};
use crate::cli::{Color, ModelArgs, ModelFormat};
use crate::discover::ConfigChoice;
use crate::engine::{self, Options, Outcome, Trial};
use crate::report;

/// Prints the policies of a file as the rules see them.
pub(super) fn run(args: &ModelArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let options = Options {
        paths: vec![args.file.clone()],
        stdin: None,
        config: ConfigChoice::None,
        only: Vec::new(),
        skip: Vec::new(),
        profiles: Vec::new(),
        include_disabled: true,
        context: false,
        today: engine::today(),
        trial: Trial::default(),
    };
    let mut outcome = Outcome::default();
    let tenants = engine::read(&options, &mut outcome).unwrap_or_default();
    let sets: Vec<_> = tenants.iter().map(|tenant| &tenant.set).collect();
    let unread: Vec<_> =
        tenants.iter().flat_map(engine::Tenant::unread).chain(&outcome.findings).cloned().collect();
    report::problems(&unread, &outcome.sources, terminal::style(Color::Auto), &mut io::stderr())?;
    let Some(set) = sets.first().filter(|_| outcome.policies > 0) else {
        return Err(Failure::Told(format!("no policies found in `{}`", args.file.display())));
    };
    let text = match args.format {
        ModelFormat::Yaml => serde_yaml::to_string(set).map_err(|error| Failure::Print(error.to_string()))?,
        ModelFormat::Json => {
            serde_json::to_string_pretty(set).map_err(|error| Failure::Print(error.to_string()))? + "\n"
        }
    };
    out.write_all(text.as_bytes())?;
    Ok(if outcome.unreadable > 0 { Exit::Failed } else { Exit::Clean })
}
