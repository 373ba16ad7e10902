//! `calint lsp`.

use std::io::{self, IsTerminal};

use lsp_server::Connection;

use super::{Exit, Failure, terminal};
use crate::baseline::Baseline;
use crate::cli::LspArgs;
use crate::lsp::{self, Settings, Trouble};

/// Serves an editor over standard input and output.
pub(super) fn run(args: &LspArgs) -> Result<Exit, Failure> {
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose().map_err(Failure::Told)?;
    let settings = Settings { profiles: args.profile.clone(), baseline };
    if io::stdin().is_terminal() {
        terminal::complain(
            "this talks to an editor over standard input and output; the README says how to set one up",
        );
    }
    let (connection, threads) = Connection::stdio();
    let served = lsp::serve(&connection, settings);
    // The threads end once nobody can send to them.
    drop(connection);
    match served {
        Ok(()) => threads.join()?,
        // The end of the input, unless the thread that reads it has come upon something that is no message.
        Err(Trouble::Gone) => {
            threads.join().map_err(|error| Failure::Told(unread(&error)))?;
            return Err(Failure::Told(Trouble::Gone.to_string()));
        }
        Err(trouble) => return Err(Failure::Told(trouble.to_string())),
    }
    Ok(Exit::Clean)
}

/// How much is shown of what is no message, in characters.
const SHOWN: usize = 200;

fn unread(error: &io::Error) -> String {
    let error: String = error.to_string().chars().take(SHOWN).collect();
    format!("what the editor sent cannot be read: {error}")
}
