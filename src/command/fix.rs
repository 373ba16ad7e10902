//! `calint --fix` and `calint --diff`.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use similar::TextDiff;

use super::{Exit, Failure, check, terminal};
use crate::cli::CheckArgs;
use crate::discover::in_words;
use crate::engine::Options;
use crate::fix::{self, Fixed, FixedFile};
use crate::load::MAX_BYTES;
use crate::report::{self, Style};
use crate::source::{decode, encode};

/// Carries out what can be fixed and reports the rest; with `--diff`, shows it and changes nothing.
pub(super) fn run(args: &CheckArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    check::start_threads(args.jobs)?;
    let (options, style) = (&check::options(args)?, check::style(args));
    if options.stdin.as_ref().is_some_and(|(_, bytes)| bytes.len() as u64 > MAX_BYTES) {
        let limit = MAX_BYTES / 1024 / 1024;
        return Err(Failure::Told(format!("standard input is larger than {limit} MiB, so it was not fixed")));
    }
    let fixed = match fix::run(options) {
        Ok(fixed) => fixed,
        Err(failure) => return check::refuse(&failure, style),
    };
    for (rule, file) in &fixed.refused {
        terminal::complain(&format!(
            "this is a bug: fixing `{rule}` in `{file}` would change what the policies do, so it was left out"
        ));
    }
    let bugs = !fixed.refused.is_empty();
    let exit =
        if args.diff { diff(args, fixed, style, out)? } else { write(args, options, fixed, style, out)? };
    Ok(if bugs { Exit::Failed } else { exit })
}

fn diff(args: &CheckArgs, fixed: Fixed, style: Style, out: &mut dyn Write) -> Result<Exit, Failure> {
    let unread: Vec<_> = fixed.outcome.findings.iter().filter(|finding| finding.unread).cloned().collect();
    report::problems(&unread, &fixed.outcome.sources, style, &mut io::stderr())?;
    let on_terminal = io::stdout().is_terminal();
    for file in &fixed.files {
        let diff = TextDiff::from_lines(&file.before, &file.after);
        let shown = diff.unified_diff().header(&file.shown, &file.shown).to_string();
        let shown = if on_terminal { visible(&shown) } else { shown };
        out.write_all(shown.as_bytes())?;
    }
    Ok(match check::exit(args, &fixed.outcome) {
        Exit::Failed => Exit::Failed,
        _ if fixed.files.is_empty() => Exit::Clean,
        _ => Exit::Findings,
    })
}

/// A text in which no control character of a file reaches the terminal.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            '\r' => {}
            letter if letter.is_control() => shown.extend(letter.escape_default()),
            letter => shown.push(letter),
        }
    }
    shown
}

fn write(
    args: &CheckArgs,
    options: &Options,
    fixed: Fixed,
    style: Style,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let mut failures = Vec::new();
    for file in fixed.files.iter() {
        if let Some(path) = &file.path
            && let Err(reason) = replace(path, file)
        {
            failures.push(format!("cannot fix `{}`: {reason}", file.shown));
        }
    }
    let exit = match &options.stdin {
        None => check::report(args, fixed.outcome, style, out)?,
        Some((_, bytes)) => {
            let own = fixed.files.iter().find(|file| file.path.is_none());
            out.write_all(&on_stdin(bytes, own))?;
            check::report(args, fixed.outcome, style, &mut io::stderr())?
        }
    };
    failures.iter().for_each(|failure| terminal::complain(failure));
    Ok(if failures.is_empty() { exit } else { Exit::Failed })
}

/// What came on standard input, with its fixes, in its encoding.
fn on_stdin(bytes: &[u8], file: Option<&FixedFile>) -> Vec<u8> {
    match (file, decode(bytes.to_vec())) {
        (Some(file), Ok((_, encoding))) => encode(&file.after, encoding),
        _ => bytes.to_vec(),
    }
}

/// Puts a text in place of the one it was made from, at once and with the same permissions, in the same encoding.
fn replace(path: &Path, file: &FixedFile) -> Result<(), String> {
    let told = |error: io::Error| in_words(&error);
    let path = fs::canonicalize(path).map_err(told)?;
    let bytes = fs::read(&path).map_err(told)?;
    let encoding = match decode(bytes.clone()) {
        Ok((text, encoding)) if text == file.before && encode(&text, encoding) == bytes => encoding,
        // Another path that leads to the same file was first.
        Ok((text, _)) if text == file.after => return Ok(()),
        _ => return Err("it changed while it was checked".to_owned()),
    };
    let folder = path.parent().ok_or("it is in no folder")?;
    let mut new = tempfile::Builder::new().prefix(".calint-").tempfile_in(folder).map_err(told)?;
    new.write_all(&encode(&file.after, encoding)).map_err(told)?;
    let permissions = fs::metadata(&path).map_err(told)?.permissions();
    new.as_file().set_permissions(permissions).map_err(told)?;
    new.as_file().sync_all().map_err(told)?;
    new.persist(&path).map_err(|error| in_words(&error.error))?;
    Ok(())
}
