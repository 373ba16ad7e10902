//! `calint [check]`.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Exit, Failure, terminal};
use crate::baseline::Baseline;
use crate::cli::CheckArgs;
use crate::discover::{ConfigChoice, in_words};
use crate::engine::{self, ConfigFailure, Options, Outcome, Trial};
use crate::report::{self, Style};

/// Checks policies and writes the reports.
pub(super) fn run(args: &CheckArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    start_threads(args.jobs)?;
    finish(args, engine::run(&options(args)?), out)
}

/// How reports for people look.
pub(super) fn style(args: &CheckArgs) -> Style {
    let mut style = terminal::style(args.color);
    style.quiet = args.quiet;
    style.statistics = args.statistics || args.verbose;
    style
}

/// Starts as many threads as the arguments ask for.
pub(super) fn start_threads(jobs: Option<usize>) -> Result<(), Failure> {
    if let Some(jobs) = jobs {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.max(1)).build_global();
        pool.map_err(|error| Failure::Told(format!("cannot start {jobs} threads: {error}")))?;
    }
    Ok(())
}

/// Writes the reports of a run.
pub(super) fn finish(
    args: &CheckArgs,
    done: Result<Outcome, ConfigFailure>,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let style = style(args);
    match done {
        Ok(outcome) => report(args, outcome, style, out),
        Err(failure) => refuse(&failure, style),
    }
}

/// Says what is wrong with the configuration.
pub(super) fn refuse(failure: &ConfigFailure, style: Style) -> Result<Exit, Failure> {
    let style = Style { links: false, ..style };
    report::problems(&failure.problems, &failure.sources, style, &mut io::stderr())?;
    Ok(Exit::Failed)
}

/// Writes the reports of a run.
pub(super) fn report(
    args: &CheckArgs,
    mut outcome: Outcome,
    style: Style,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    if let Some(file) = &args.write_baseline {
        return write_baseline(args, file, &outcome, style, out);
    }
    if let Some(file) = &args.baseline {
        hide(args, &Baseline::read(file).map_err(Failure::Told)?, &mut outcome);
    }
    let nothing = is_empty(&outcome) && outcome.findings.is_empty();
    if !(nothing && args.format.is_for_people()) {
        report::of(args.format).write(&outcome, style, out)?;
    }
    if args.show_files || args.verbose {
        if args.format.is_for_people() {
            show_files(&outcome, out)?;
        } else {
            show_files(&outcome, &mut io::stderr())?;
        }
    }
    for output in &args.output {
        write_file(&output.file, &outcome, report::of(output.format), style)?;
    }
    let exit = exit(args, &outcome);
    // The process ends; freeing every policy one by one would take longer than reading some of them.
    std::mem::forget(outcome);
    Ok(exit)
}

/// Takes out what a baseline has. What it has and the run does not is said to be gone where the run looked everywhere:
/// at all files, with all rules, and not only for what is new.
fn hide(args: &CheckArgs, baseline: &Baseline, outcome: &mut Outcome) {
    let here = [PathBuf::from(".")];
    let folders = if args.paths.is_empty() { here.as_slice() } else { args.paths.as_slice() };
    let gone = baseline.hide(outcome, folders);
    let everywhere = outcome.changes.is_none()
        && outcome.unreadable == 0
        && args.only.is_empty()
        && args.skip.is_empty()
        && args.paths.iter().all(|path| path.is_dir());
    if gone > 0 && everywhere && !args.quiet {
        let what = if gone == 1 { "finding of the baseline is" } else { "findings of the baseline are" };
        terminal::complain(&format!("{gone} {what} gone; write it again with --write-baseline"));
    }
}

/// Writes what was found to a baseline. Files that could not be read are reported all the same.
fn write_baseline(
    args: &CheckArgs,
    file: &Path,
    outcome: &Outcome,
    style: Style,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let unread: Vec<_> = outcome.findings.iter().filter(|finding| finding.unread).cloned().collect();
    report::problems(&unread, &outcome.sources, Style { links: false, ..style }, &mut io::stderr())?;
    if exit(args, outcome) == Exit::Failed && outcome.unreadable == 0 {
        return Ok(Exit::Failed);
    }
    let baseline = Baseline::of(outcome);
    baseline.write(file).map_err(Failure::Told)?;
    if !style.quiet {
        let count = baseline.count();
        let what = if count == 1 { "finding" } else { "findings" };
        writeln!(out, "wrote {count} {what} to {}", file.display())?;
    }
    Ok(if outcome.unreadable == 0 { Exit::Clean } else { Exit::Failed })
}

/// Whether there was nothing to check: no policy, and none that a change took away.
fn is_empty(outcome: &Outcome) -> bool {
    outcome.policies == 0 && outcome.changes.as_ref().is_none_or(|changes| changes.removed.is_empty())
}

pub(super) fn options(args: &CheckArgs) -> Result<Options, Failure> {
    let (stdin, paths): (Vec<_>, Vec<_>) =
        args.paths.iter().cloned().partition(|path| path == Path::new("-"));
    let stdin = match stdin.first() {
        None => None,
        Some(_) => {
            let mut bytes = Vec::new();
            let limit = crate::load::MAX_BYTES + 1;
            io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
            Some((args.stdin_filename.clone(), bytes))
        }
    };
    let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { paths };
    let config = match (&args.config, args.no_config) {
        (Some(file), _) => ConfigChoice::File(file.clone()),
        (None, true) => ConfigChoice::None,
        (None, false) => ConfigChoice::Nearest,
    };
    Ok(Options {
        paths,
        stdin,
        config,
        only: args.only.clone(),
        skip: args.skip.clone(),
        profiles: args.profile.clone(),
        include_disabled: args.include_disabled,
        context: !args.no_context,
        today: engine::today(),
        trial: Trial::default(),
    })
}

fn show_files(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    for (path, policies) in &outcome.read {
        let what = if *policies == 1 { "policy" } else { "policies" };
        writeln!(out, "read     {path}: {policies} {what}")?;
    }
    for skipped in &outcome.skipped {
        writeln!(out, "left out {}: {}", skipped.shown, skipped.reason)?;
    }
    Ok(())
}

fn write_file(
    file: &Path,
    outcome: &Outcome,
    report: &dyn report::Report,
    style: Style,
) -> Result<(), Failure> {
    let plain = Style { quiet: style.quiet, statistics: style.statistics, ..Style::default() };
    let mut bytes = Vec::new();
    report.write(outcome, plain, &mut bytes)?;
    fs::write(file, bytes)
        .map_err(|error| Failure::Told(format!("cannot write `{}`: {}", file.display(), in_words(&error))))
}

/// How a run ended.
pub(super) fn exit(args: &CheckArgs, outcome: &Outcome) -> Exit {
    if outcome.unreadable > 0 {
        return Exit::Failed;
    }
    if is_empty(outcome) && !args.allow_no_policies {
        let left_out = outcome.skipped.len();
        let hint = if left_out > 0 { "; --show-files says why files were left out" } else { "" };
        terminal::complain(&format!("no policies found{hint}"));
        return Exit::Failed;
    }
    let found = outcome.findings.iter().any(|finding| args.fail_on.includes(finding.level));
    if found { Exit::Findings } else { Exit::Clean }
}
