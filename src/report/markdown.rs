//! For a comment on a pull request: GitHub Flavored Markdown.

use std::io::{self, Write};

use super::markup::{code, message, text};
use super::{Report, Style, closing, found, policy_name};
use crate::engine::Outcome;
use crate::engine::change::Changes;
use crate::finding::{Finding, Label};
use crate::source::Sources;

pub(super) struct Markdown;

/// How many characters a comment may have, with some left of the 65,536 that GitHub takes.
const MOST: usize = 60_000;
/// What is kept back for the last lines.
const LAST: usize = 2_000;
/// How much of it may go into the names of policies that a change touches.
const CHANGES: usize = 20_000;
/// How many places of a finding are listed.
const PLACES: usize = 10;
/// How much of a name or a path is shown, in characters. A display name has 256 at most.
const NAME: usize = 256;

impl Report for Markdown {
    fn write(&self, outcome: &Outcome, _: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::default();
        let counts = found(outcome).join(", ");
        page.add(&format!("## calint: {}\n", if counts.is_empty() { "no findings" } else { &counts }), MOST);
        if let Some(changes) = &outcome.changes {
            list_changes(changes, &mut page);
        }
        let mut findings: Vec<_> = outcome.findings.iter().collect();
        findings.sort_by_key(|finding| finding.level);
        let total = findings.len();
        let shown = findings.into_iter().take_while(|finding| {
            let (head, more) = (head(finding, outcome), details(finding, &outcome.sources));
            let note =
                finding.note.as_deref().map(|note| format!("\n{}\n", message(note))).unwrap_or_default();
            let shorter = [format!("{head}{note}{more}"), format!("{head}{note}"), head];
            shorter.iter().any(|text| page.add(text, MOST - LAST))
        });
        let left = total - shown.count();
        if left > 0 {
            page.add(&format!("\nand {left} more\n"), MOST);
        }
        page.add(&format!("\n<sub>{}</sub>\n", message(&shortened(&closing(outcome)))), MOST);
        out.write_all(page.text.as_bytes())
    }
}

/// A text that does not grow beyond a limit.
#[derive(Default)]
struct Page {
    text: String,
    length: usize,
}

impl Page {
    /// Adds a piece if the page then has at most so many characters.
    fn add(&mut self, piece: &str, most: usize) -> bool {
        let length = self.length + piece.chars().count();
        let fits = length <= most;
        if fits {
            self.text.push_str(piece);
            self.length = length;
        }
        fits
    }
}

/// Names the policies that a change touches.
fn list_changes(changes: &Changes, page: &mut Page) {
    let lists = [("added", &changes.added), ("removed", &changes.removed), ("changed", &changes.changed)];
    for (what, names) in lists.iter().filter(|(_, names)| !names.is_empty()) {
        page.add(&format!("\n**Policies {what}**\n\n"), CHANGES + NAME);
        let shown =
            names.iter().take_while(|name| page.add(&format!("- {}\n", text(&shortened(name))), CHANGES));
        let left = names.len() - shown.count();
        if left > 0 {
            page.add(&format!("- and {left} more\n"), CHANGES + NAME);
        }
    }
    if lists.iter().all(|(_, names)| names.is_empty()) {
        page.add("\nNo policy changed.\n", CHANGES);
    }
}

/// What is wrong, and where.
fn head(finding: &Finding, outcome: &Outcome) -> String {
    let place = finding.primary.span;
    let (start, _) = outcome.sources.range(place);
    let policy = policy_name(finding).map(|name| format!("{}: ", text(&shortened(name)))).unwrap_or_default();
    let repeats = match finding.repeats() {
        0 => String::new(),
        1 => " and 1 more place".to_owned(),
        many => format!(" and {many} more places"),
    };
    format!(
        "\n**{}** {policy}{}<br>{}{repeats}, rule {}\n",
        finding.level,
        message(&finding.message),
        code(&format!("{}:{}", shortened(outcome.sources.path(place.file)), start.line)),
        code(finding.rule.as_str()),
    )
}

/// What to do, and every place that makes it true, folded away.
fn details(finding: &Finding, sources: &Sources) -> String {
    let parts = [("help", &finding.help), ("recovery", &finding.recovery)];
    let mut text: String = parts
        .iter()
        .filter_map(|(what, part)| Some(format!("**{what}:** {}\n\n", message(part.as_deref()?))))
        .collect();
    let said = |label: &&Label| !label.message.is_empty();
    let places: Vec<_> = finding.all_labels().chain(&finding.related).filter(said).collect();
    for label in places.iter().take(PLACES) {
        let (start, _) = sources.range(label.span);
        let place = code(&format!("{}:{}", shortened(sources.path(label.span.file)), start.line));
        text.push_str(&format!("- {place} {}\n", message(&shortened(&label.message))));
    }
    if places.len() > PLACES {
        text.push_str(&format!("- and {} more\n", places.len() - PLACES));
    }
    match text.as_str() {
        "" => text,
        _ => format!(
            "\n<details><summary>What to do, and where it is written</summary>\n\n{text}\n</details>\n"
        ),
    }
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
