//! `calint lsp`.

use std::io::{self, IsTerminal};

use lsp_server::Connection;

use super::{Exit, Failure, terminal};
use crate::baseline::Baseline;
use crate::cli::LspArgs;
use crate::lsp::{self, Settings};

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
    served.map_err(|trouble| Failure::Told(trouble.to_string()))?;
    threads.join()?;
    Ok(Exit::Clean)
}
