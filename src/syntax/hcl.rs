//! Terraform text to parsed blocks.
//!
//! Where a text does not parse as a whole, its top-level blocks are read one by one, so that one mistake costs
//! one block.

use hcl_edit::structure::Body;

use crate::finding::{Finding, Label, Level, input};
use crate::source::{At, FileId, Span};

/// Blocks of one text, parsed. Places in `body` count from `offset`.
#[derive(Debug)]
pub struct Part {
    /// The blocks and attributes.
    pub body: Body,
    /// Where they start in the text.
    pub offset: usize,
}

/// Comments for this program in a Terraform text. A `#` behind an odd number of quotes stands in a text.
#[must_use]
pub fn directives(text: &str, file: FileId) -> Vec<At<String>> {
    super::directives(text, file, |hash| {
        let before = text.get(..hash.start as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.matches('"').count() % 2 == 1
    })
}

/// Reads a Terraform text.
#[must_use]
pub fn read(text: &str, file: FileId) -> (Vec<Part>, Vec<Finding>) {
    match hcl_edit::parser::parse_body(text) {
        Ok(body) => (vec![Part { body, offset: 0 }], Vec::new()),
        Err(_) => read_blocks(text, file),
    }
}

fn read_blocks(text: &str, file: FileId) -> (Vec<Part>, Vec<Finding>) {
    let (mut parts, mut findings) = (Vec::new(), Vec::new());
    for (offset, block) in blocks(text) {
        match hcl_edit::parser::parse_body(block) {
            Ok(body) => parts.push(Part { body, offset }),
            Err(error) => {
                let at = offset + error.location().offset().min(block.len());
                findings.push(syntax_error(error.message(), Span::new(file, at, at)));
            }
        }
    }
    (parts, findings)
}

fn syntax_error(reason: &str, span: Span) -> Finding {
    let reason = reason.lines().next().unwrap_or_default().trim_end_matches('.');
    // What could stand here instead is a list of every sign there is.
    let reason = reason.split_once("; expected `").map_or(reason, |(fault, _)| fault);
    let label = if reason.is_empty() { "reading stopped here" } else { reason };
    Finding::new(
        input::SYNTAX_ERROR,
        Level::Error,
        "block is not well-formed Terraform",
        Label::new(span, label),
    )
    .note("a policy in a block that cannot be read is not checked; the other blocks of the file are")
    .help("correct this place; `terraform validate` stops there too")
    .unread()
}

/// The words that start a block at the top of a Terraform file.
const STARTS: [&str; 12] = [
    "resource ",
    "data ",
    "variable ",
    "locals ",
    "locals{",
    "module ",
    "output ",
    "provider ",
    "terraform ",
    "import ",
    "moved ",
    "removed ",
];

/// The text cut before every line that starts a block, outside comments and texts over several lines.
fn blocks(text: &str) -> Vec<(usize, &str)> {
    let mut cuts = vec![0];
    let mut inside = Inside::Nothing;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && inside == Inside::Nothing && STARTS.iter().any(|start| line.starts_with(start)) {
            cuts.push(at);
        }
        inside = inside.after(line);
        at += line.len();
    }
    cuts.push(text.len());
    cuts.windows(2)
        .filter_map(|pair| {
            let [start, end] = pair else { return None };
            Some((*start, text.get(*start..*end)?))
        })
        .filter(|(_, block)| !block.trim().is_empty())
        .collect()
}

/// What a line may begin inside of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Inside {
    Nothing,
    Comment,
    /// A text up to a line that holds this word alone.
    Heredoc(String),
}

impl Inside {
    fn after(self, line: &str) -> Self {
        match self {
            Self::Comment if line.contains("*/") => Self::Nothing,
            Self::Heredoc(word) if line.trim() == word => Self::Nothing,
            Self::Nothing => Self::opened(line),
            open => open,
        }
    }

    fn opened(line: &str) -> Self {
        let code = line.split(['#']).next().unwrap_or_default();
        if code.rfind("/*").is_some_and(|open| !code.get(open..).unwrap_or_default().contains("*/")) {
            return Self::Comment;
        }
        let word = code.split_once("<<").map(|(_, rest)| rest.trim_start_matches('-').trim());
        match word {
            Some(word)
                if !word.is_empty()
                    && word.chars().all(|letter| letter.is_alphanumeric() || letter == '_') =>
            {
                Self::Heredoc(word.to_owned())
            }
            _ => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_block_costs_one_block() {
        let text = "locals {\n  a = 1\n}\nresource \"x\" \"bad\" {\n  a = = 2\n}\nresource \"x\" \"good\" {\n  a = 3\n}\n";
        let (parts, findings) = read(text, FileId(0));
        assert_eq!(parts.len(), 2);
        assert_eq!(findings.len(), 1);
        assert!(findings.iter().all(|finding| finding.unread));
        assert!(parts.iter().all(|part| part.body.blocks().count() == 1));
    }

    #[test]
    fn deep_nesting_does_not_overflow() {
        let deep = format!("a = {}1{}\n", "[".repeat(10_000), "]".repeat(10_000));
        let (parts, findings) = read(&deep, FileId(0));
        assert!(parts.is_empty());
        assert_eq!(findings.len(), 1);
    }
}
