//! One file a subcommand.

mod access;
mod check;
mod check_rules;
mod diff;
mod explain;
mod fix;
mod init;
mod lsp;
mod model;
mod replay;
mod rules;
mod terminal;
mod what_if;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{ExitCode, Termination};

use clap::CommandFactory;

use crate::cli::{CheckArgs, Cli, Color, Command, SchemaArgs};
use crate::config::schema;
use crate::discover::ConfigChoice;
use crate::engine::{self, HouseRules, Options, Outcome, Tenant, Trial};
use crate::house;
use crate::report;

/// How the program ended. The numbers are a promise: see the README, "Exit codes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The job was done and nothing was found.
    Clean,
    /// The job was done and something was found.
    Findings,
    /// The job could not be done: usage, configuration, unreadable input, nothing to check.
    Failed,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
        })
    }
}

/// Why a command could not do its job, in words for the user.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Said to the user as it is.
    #[error("{0}")]
    Told(String),
    /// Writing failed. A reader that closed its end is not a failure.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
    /// Turning the model into text failed.
    #[error("cannot print the model: {0}")]
    Print(String),
}

/// Runs a command.
#[must_use]
pub fn run(cli: Cli) -> Exit {
    let mut out = io::BufWriter::new(io::stdout());
    let done = match cli.command {
        None => check_or_fix(&cli.check, &mut out),
        Some(Command::Check(args)) => check_or_fix(&args, &mut out),
        Some(Command::Diff(args)) => diff::run(&args, &mut out),
        Some(Command::Access(args)) => access::run(&args, &mut out),
        Some(Command::WhatIf(args)) => what_if::run(&args, &mut out),
        Some(Command::Replay(args)) => replay::run(&args, &mut out),
        Some(Command::Explain(args)) => explain::run(&args, &mut out),
        Some(Command::Rules(args)) => rules::run(&args, &mut out),
        Some(Command::CheckRules(args)) => check_rules::run(&args, &mut out),
        Some(Command::Model(args)) => model::run(&args, &mut out),
        Some(Command::Init) => init::run(&mut out),
        Some(Command::Lsp(args)) => lsp::run(&args),
        Some(Command::Schema(args)) => print_schema(&args, &mut out),
        Some(Command::Completions(args)) => {
            clap_complete::generate(args.shell, &mut Cli::command(), "calint", &mut out);
            Ok(Exit::Clean)
        }
    };
    let done = done.and_then(|exit| {
        out.flush()?;
        Ok(exit)
    });
    match done {
        Ok(exit) => exit,
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Clean,
        Err(failure) => {
            terminal::complain(&failure.to_string());
            Exit::Failed
        }
    }
}

fn check_or_fix(args: &CheckArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.fix || args.diff { fix::run(args, out) } else { check::run(args, out) }
}

fn print_schema(args: &SchemaArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let schema = if args.house_rules { house::schema::json() } else { schema::json() };
    let schema = schema.map_err(|error| Failure::Print(error.to_string()))?;
    out.write_all(schema.as_bytes())?;
    Ok(Exit::Clean)
}

/// The house rules of some paths; without paths, of the current folder. What is wrong with them is reported on
/// standard error.
fn house_rules(paths: &[PathBuf]) -> Result<HouseRules, Failure> {
    engine::house_rules(paths).or_else(|failure| {
        let style = terminal::style(Color::Auto);
        report::problems(&failure.problems, &failure.sources, style, &mut io::stderr())?;
        Err(Failure::Told("the house rules cannot be used".to_owned()))
    })
}

/// Reads the one tenant of some paths; without paths, of the current folder. Files that could not be read are
/// reported on standard error.
fn one_tenant(paths: &[PathBuf], no_config: bool, outcome: &mut Outcome) -> Result<Tenant, Failure> {
    let options = Options {
        paths: if paths.is_empty() { vec![".".into()] } else { paths.to_vec() },
        stdin: None,
        config: if no_config { ConfigChoice::None } else { ConfigChoice::Nearest },
        only: Vec::new(),
        skip: Vec::new(),
        profiles: Vec::new(),
        include_disabled: false,
        context: false,
        today: engine::today(),
        trial: Trial::default(),
    };
    let style = terminal::style(Color::Auto);
    let tenants = match engine::read(&options, outcome) {
        Ok(tenants) => tenants,
        Err(failure) => {
            report::problems(&failure.problems, &failure.sources, style, &mut io::stderr())?;
            return Err(Failure::Told("the configuration cannot be used".to_owned()));
        }
    };
    let unread: Vec<_> = tenants.iter().flat_map(Tenant::unread).chain(&outcome.findings).cloned().collect();
    report::problems(&unread, &outcome.sources, style, &mut io::stderr())?;
    let mut tenants = tenants.into_iter();
    match (tenants.next(), tenants.next()) {
        (Some(tenant), None) if !tenant.set.policies.is_empty() => Ok(tenant),
        (Some(_), Some(_)) => Err(Failure::Told("the paths hold more than one tenant; name one".to_owned())),
        _ => Err(Failure::Told("no policies found".to_owned())),
    }
}
