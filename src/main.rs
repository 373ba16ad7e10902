//! The program: parse, run, and end with an exit code.

use clap::Parser;

fn main() -> calint::command::Exit {
    calint::command::run(calint::cli::Cli::parse())
}
