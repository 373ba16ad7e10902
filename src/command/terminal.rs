//! What is known of the terminal.

use std::env;
use std::io::{self, IsTerminal, Write};

use crate::cli::Color;
use crate::report::Style;

/// The widest a report gets, in columns.
const WIDEST: usize = 110;
/// The width where there is no terminal.
const USUAL: usize = 80;

/// How to write to standard output.
pub(super) fn style(color: Color) -> Style {
    let terminal = io::stdout().is_terminal();
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        Color::Auto if set("FORCE_COLOR") || set("CLICOLOR_FORCE") => true,
        Color::Auto => terminal && !dumb,
    };
    let width = width();
    let links = color && terminal && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
    Style { color, links, width, ascii: dumb, ..Style::default() }
}

/// The columns of standard output.
pub(super) fn width() -> usize {
    let size = terminal_size::terminal_size().filter(|_| io::stdout().is_terminal());
    size.map_or(USUAL, |(width, _)| usize::from(width.0).clamp(40, WIDEST))
}

/// Says on standard error why the job was not done. There is nobody to tell where that fails too.
pub(super) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "calint: {message}");
}
