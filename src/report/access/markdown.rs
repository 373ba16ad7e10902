//! For a comment on a pull request or a page of a wiki: GitHub Flavored Markdown.

use std::io::{self, Write};

use super::legend::{Legend, mark, word};
use super::{AccessReport, Group};
use crate::access::matrix::Reach;
use crate::report::markup::{code, message, text};

pub(super) fn write(report: &AccessReport, out: &mut dyn Write) -> io::Result<()> {
    let mut legend = Legend::default();
    writeln!(out, "## Who can still sign in to what\n")?;
    let plural = if report.policies == 1 { "policy" } else { "policies" };
    writeln!(out, "Under {} {plural} together.\n", report.policies)?;
    writeln!(out, "| people | target | access | because of |\n|---|---|---|---|")?;
    let mut before: Option<&Group> = None;
    for group in &report.answers {
        let same = before.is_some_and(|before| before.classes == group.classes);
        before = Some(group);
        let people = if same { "*the same*".to_owned() } else { text(&report.class_names(group).join(", ")) };
        let targets = if group.targets.len() == report.targets.len() {
            "everything".to_owned()
        } else {
            text(&report.target_names(group).join(", "))
        };
        let numbers: Vec<_> = group.policies.iter().map(|policy| legend.number(policy).to_string()).collect();
        writeln!(out, "| {people} | {targets} | {} | {} |", access(group), numbers.join(", "))?;
    }
    list(
        out,
        "Policies",
        legend.policies.iter().enumerate().map(|(at, policy)| {
            format!(
                "{}. {} ({})",
                at + 1,
                text(&policy.name),
                code(&format!("{}:{}", policy.path, policy.line))
            )
        }),
    )?;
    list(out, "Taken for granted", report.assumptions.iter().map(|it| format!("- {}", message(it))))?;
    list(out, "Not proved", report.limits.iter().map(|it| format!("- {}", message(it))))
}

/// A heading and its lines; nothing where there are none.
fn list(out: &mut dyn Write, heading: &str, lines: impl Iterator<Item = String>) -> io::Result<()> {
    for (at, line) in lines.enumerate() {
        if at == 0 {
            writeln!(out, "\n### {heading}\n")?;
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn access(group: &Group) -> String {
    let answer = match group.access {
        Reach::Always | Reach::Sometimes | Reach::LockedOut => group.text.as_str(),
        Reach::Depends | Reach::Undecided => word(group.access),
    };
    // A lone `~` opens no strikethrough, but two of them in one paragraph do.
    let mark = mark(group.access).replace('~', "\\~");
    let mut lines = vec![format!("{mark} {}", text(answer))];
    lines.extend(
        group.depends_on.iter().map(|fact| format!("depends on {}", message(fact).replace('|', "\\|"))),
    );
    if !group.error_codes.is_empty() {
        let codes: Vec<_> = group.error_codes.iter().map(|code| format!("`{code}`")).collect();
        let when = if group.access == Reach::LockedOut { "refused" } else { "otherwise refused" };
        lines.push(format!("{when} with {}", codes.join(", ")));
    }
    lines.join("<br>")
}
