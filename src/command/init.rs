//! `calint init`.

use std::fs::OpenOptions;
use std::io::{self, Write};

use super::{Exit, Failure};
use crate::config::FILE_NAME;
use crate::discover::in_words;

/// The file to start from: everything in it is a comment.
const TEMPLATE: &str = include_str!("init.yaml");

/// Writes a configuration to start from; an existing one is left alone.
pub(super) fn run(out: &mut dyn Write) -> Result<Exit, Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(FILE_NAME);
    let mut file = file.map_err(|error| {
        Failure::Told(match error.kind() {
            io::ErrorKind::AlreadyExists => format!("{FILE_NAME} exists already and was left as it is"),
            _ => format!("cannot write {FILE_NAME}: {}", in_words(&error)),
        })
    })?;
    file.write_all(TEMPLATE.as_bytes())?;
    writeln!(out, "wrote {FILE_NAME}; name your emergency access accounts in it first")?;
    Ok(Exit::Clean)
}
