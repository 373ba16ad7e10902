//! For reading in a terminal: people, then for each answer the targets it holds for.

use std::io::{self, Write};

use super::legend::{Legend, mark};
use super::{AccessReport, Group};
use crate::access::matrix::Reach;

pub(super) fn write(report: &AccessReport, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let wrapped = |text: &str, first: &str, rest: &str| {
        let options = textwrap::Options::new(width)
            .initial_indent(first)
            .subsequent_indent(rest)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(text, options)
    };
    let mut legend = Legend::default();
    let mut before: Option<&Group> = None;
    for group in &report.answers {
        if before.is_none_or(|before| before.classes != group.classes) {
            if before.is_some() {
                writeln!(out)?;
            }
            let classes = super::listed(&report.class_names(group), SHOWN);
            writeln!(out, "{}", wrapped(&classes, "", "  "))?;
        }
        before = Some(group);
        let targets = if group.targets.len() == report.targets.len() {
            "everything".to_owned()
        } else {
            report.target_names(group).join(", ")
        };
        writeln!(out, "{}", wrapped(&format!("{} {}", mark(group.access), group.text), "  ", "    "))?;
        writeln!(out, "{}", wrapped(&targets, "      ", "      "))?;
        if !group.policies.is_empty() {
            let numbers: Vec<_> =
                group.policies.iter().map(|policy| format!("[{}]", legend.number(policy))).collect();
            writeln!(out, "{}", wrapped(&numbers.join(" "), "      because of ", "        "))?;
        }
        for fact in &group.depends_on {
            writeln!(out, "{}", wrapped(fact, "      depends on ", "        "))?;
        }
        if !group.error_codes.is_empty() {
            let codes: Vec<_> = group.error_codes.iter().map(ToString::to_string).collect();
            let when = if group.access == Reach::LockedOut { "refused" } else { "otherwise refused" };
            writeln!(out, "      {when} with {}", codes.join(", "))?;
        }
    }
    writeln!(out)?;
    for (number, policy) in legend.policies.iter().enumerate() {
        let place = format!("{} ({}:{})", policy.name, policy.path, policy.line);
        writeln!(out, "{}", wrapped(&place, &format!("[{}] ", number + 1), "    "))?;
    }
    if !legend.policies.is_empty() {
        writeln!(out)?;
    }
    for (head, lines) in [("assumed:", &report.assumptions), ("not proved:", &report.limits)] {
        for line in lines {
            writeln!(out, "{}", wrapped(line, &format!("{head} "), "  "))?;
        }
    }
    Ok(())
}

/// How many classes a heading names.
const SHOWN: usize = 6;
