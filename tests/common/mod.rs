//! What several test files need.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

pub(crate) mod examples;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use calint::discover::ConfigChoice;
use calint::engine::{self, Options, Outcome, Trial};
use serde_json::Value;
use tempfile::TempDir;

/// The folder of the project.
pub(crate) fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Options that read nothing yet and use no configuration.
pub(crate) fn options() -> Options {
    Options {
        paths: Vec::new(),
        stdin: None,
        config: ConfigChoice::None,
        only: Vec::new(),
        skip: Vec::new(),
        profiles: Vec::new(),
        include_disabled: false,
        context: false,
        today: "2026-01-31".parse().unwrap(),
        trial: Trial::default(),
    }
}

/// Checks one text under a name that tells its format.
pub(crate) fn check_text(name: &str, text: &str) -> Outcome {
    let stdin = Some((name.to_owned(), text.as_bytes().to_vec()));
    engine::run(&Options { stdin, ..options() }).expect("no configuration is read")
}

/// The rules of all findings, in order.
pub(crate) fn rules(outcome: &Outcome) -> Vec<&str> {
    outcome.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// `rule: level` of all findings, in order.
pub(crate) fn verdicts(outcome: &Outcome) -> Vec<String> {
    outcome.findings.iter().map(|finding| format!("{}: {}", finding.rule, finding.level)).collect()
}

/// Puts the members of an object into another, those of objects in it likewise; what is no object is replaced.
pub(crate) fn merge(into: &mut Value, part: Value) {
    match (into, part) {
        (Value::Object(into), Value::Object(part)) => {
            for (key, value) in part {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, part) => *into = part,
    }
}

/// An object with the members of another.
pub(crate) fn merged(mut into: Value, part: Value) -> Value {
    merge(&mut into, part);
    into
}

/// What a program does that is given a text on standard input.
pub(crate) fn fed(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// A folder with some files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The built program with an environment that does not depend on the machine.
pub(crate) fn calint(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_calint"));
    command.current_dir(folder);
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "CI", "GITHUB_ACTIONS"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command
}

/// Standard output, standard error and exit code of a run.
pub(crate) fn ran(output: Output) -> (String, String, Option<i32>) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}
