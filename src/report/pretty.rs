//! For people: the text with every place marked. The only file that knows miette.

use std::fmt;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    Severity, SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use textwrap::{Options, WordSplitter};

use super::{Report, Style, close, policy_name, printable};
use crate::engine::Outcome;
use crate::finding::{Finding, Label, Level};
use crate::rule_set::RuleSet;
use crate::source::{FileId, Sources};

pub(super) struct Pretty;

impl Report for Pretty {
    fn write(&self, outcome: &Outcome, style: Style, out: &mut dyn Write) -> io::Result<()> {
        for finding in &outcome.findings {
            one(finding, &outcome.rules, &outcome.sources, style, out)?;
        }
        close(outcome, style, out)
    }
}

/// Writes one finding.
pub(super) fn one(
    finding: &Finding,
    rules: &RuleSet,
    sources: &Sources,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let handler = handler(style);
    let labels: Vec<&Label> = finding.all_labels().collect();
    let mut text = String::new();
    let (first, rest) = if is_wide(&labels, sources) { labels.split_at(1) } else { (&*labels, &[][..]) };
    let shown = View::new(finding, first, sources, Some(Head::of(finding, rules)));
    handler.render_report(&mut text, &shown).map_err(io::Error::other)?;
    for label in rest {
        let mut snippet = String::new();
        let view = View::new(finding, &[*label], sources, None);
        handler.render_report(&mut snippet, &view).map_err(io::Error::other)?;
        text.push_str(&without_header(&snippet));
    }
    if !shown.has_snippet() {
        text.push_str(&indented("in", sources.path(finding.primary.span.file), style));
    }
    let related = by_file(&finding.related);
    let left_out = if finding.repeats() > 0 { related.len().saturating_sub(REPEATS) } else { 0 };
    for (file, labels) in related.iter().take(related.len() - left_out) {
        let view = View::new(finding, labels, sources, None);
        if view.has_snippet() {
            let mut snippet = String::new();
            handler.render_report(&mut snippet, &view).map_err(io::Error::other)?;
            text.push_str(&without_header(&snippet));
        } else {
            text.push_str(&indented("in", sources.path(*file), style));
        }
    }
    match left_out {
        0 => {}
        1 => text.push_str(&indented("also", "in 1 more file", style)),
        many => text.push_str(&indented("also", &format!("in {many} more files"), style)),
    }
    if let Some(name) = policy_name(finding) {
        text.push_str(&indented("policy", &printable(name), style));
    }
    for (name, part) in [("note", &finding.note), ("help", &finding.help), ("recovery", &finding.recovery)] {
        if let Some(part) = part {
            text.push_str(&indented(name, part, style));
        }
    }
    writeln!(out, "{}", text.trim_start_matches('\n'))
}

/// The widest line shown whole, in bytes. Of a wider one, as in JSON without line breaks, each label gets the
/// piece around it.
const WIDE: usize = 240;
/// How much of a wide line is shown before and behind a label, in bytes.
const AROUND: usize = 40;

/// Of files in which the same was found again, how many are shown.
const REPEATS: usize = 3;

fn is_wide(labels: &[&Label], sources: &Sources) -> bool {
    labels.iter().any(|label| {
        let text = sources.get(label.span.file).map_or("", |source| source.text());
        let start = (label.span.start as usize).min(text.len());
        let before =
            text.get(..start).unwrap_or_default().bytes().rev().take(WIDE).position(|byte| byte == b'\n');
        let after = text.get(start..).unwrap_or_default().bytes().take(WIDE).position(|byte| byte == b'\n');
        let to_start = before.unwrap_or(WIDE.min(start));
        let to_end = after.unwrap_or(WIDE.min(text.len() - start));
        to_start + to_end >= WIDE
    })
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme = GraphicalTheme {
        characters: if style.ascii { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() },
        styles: if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(style.links)
        .with_urls(style.links)
        .with_primary_span_start()
        .with_context_lines(CONTEXT)
        .with_break_words(false)
        .with_word_splitter(WordSplitter::NoHyphenation)
}

/// A paragraph behind a name, wrapped and aligned.
fn indented(name: &str, text: &str, style: Style) -> String {
    let head = if style.color { format!("  \u{1b}[36m{name}:\u{1b}[0m ") } else { format!("  {name}: ") };
    let indent = " ".repeat(name.len() + 4);
    let width = style.width.saturating_sub(indent.len()).max(20);
    let options = Options::new(width).break_words(false).word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options);
    format!("{head}{}\n", lines.join(&format!("\n{indent}")))
}

/// The labels of each file, files in the order of their first label.
fn by_file(labels: &[Label]) -> Vec<(FileId, Vec<&Label>)> {
    let mut files: Vec<(FileId, Vec<&Label>)> = Vec::new();
    for label in labels {
        match files.iter_mut().find(|(file, _)| *file == label.span.file) {
            Some((_, known)) => known.push(label),
            None => files.push((label.span.file, vec![label])),
        }
    }
    files
}

/// The snippet of a rendered report, without its message.
fn without_header(rendered: &str) -> String {
    let lines = rendered.lines().skip_while(|line| !(line.contains('╭') || line.contains(",-[")));
    lines.map(|line| format!("{line}\n")).collect()
}

/// What stands above a finding: its rule, and a link to more about it.
struct Head<'f> {
    rule: &'f str,
    url: Option<&'f str>,
}

impl<'f> Head<'f> {
    fn of(finding: &'f Finding, rules: &'f RuleSet) -> Self {
        let url = rules.of(&finding.rule).and_then(|rule| rule.meta().url());
        Self { rule: finding.rule.as_str(), url }
    }
}

/// A finding, or evidence for one, as miette shows it.
struct View<'f> {
    finding: &'f Finding,
    head: Option<Head<'f>>,
    window: Window<'f>,
    labels: Vec<LabeledSpan>,
}

impl<'f> View<'f> {
    fn new(finding: &'f Finding, labels: &[&Label], sources: &'f Sources, head: Option<Head<'f>>) -> Self {
        let file = labels.first().map_or(finding.primary.span.file, |label| label.span.file);
        let labels: Vec<_> = labels.iter().filter(|label| label.span.file == file).collect();
        let plain: Vec<&Label> = labels.iter().map(|label| **label).collect();
        let window = match labels.as_slice() {
            [only] if is_wide(&plain, sources) => Window::piece(only, sources, file),
            _ => Window::around(&labels, sources, file),
        };
        let labels = if window.text.is_empty() {
            Vec::new()
        } else {
            labels.iter().enumerate().map(|(at, label)| window.label(label, at == 0)).collect()
        };
        Self { finding, head, window, labels }
    }

    fn has_snippet(&self) -> bool {
        !self.labels.is_empty()
    }
}

/// The lines of a text that some labels need, so that a large file costs no more than a small one.
struct Window<'s> {
    path: &'s str,
    text: &'s str,
    /// Where it starts in the whole text.
    base: usize,
    /// Lines before it.
    lines: usize,
    /// Characters of its first line before it.
    columns: usize,
}

impl<'s> Window<'s> {
    fn around(labels: &[&&Label], sources: &'s Sources, file: FileId) -> Self {
        let text = sources.get(file).map_or("", |source| source.text());
        let first = labels.iter().map(|label| label.span.start).min().unwrap_or_default();
        let last = labels.iter().map(|label| label.span.end).max().unwrap_or_default();
        let span = |start, end| crate::source::Span { file, start, end };
        let (start, end) = sources.range(span(first, last));
        let before = text.get(..start.byte).unwrap_or_default();
        let base = before.rmatch_indices('\n').nth(CONTEXT).map_or(0, |(at, _)| at + 1);
        let after = text.get(end.byte..).unwrap_or_default();
        let until = after.match_indices('\n').nth(CONTEXT).map_or(text.len(), |(at, _)| end.byte + at + 1);
        let lines = before.get(base..).unwrap_or_default().matches('\n').count();
        Self {
            path: sources.path(file),
            text: text.get(base..until).unwrap_or_default(),
            base,
            lines: start.line.saturating_sub(1 + lines),
            columns: 0,
        }
    }

    /// The piece of a wide line around a label.
    fn piece(label: &Label, sources: &'s Sources, file: FileId) -> Self {
        let text = sources.get(file).map_or("", |source| source.text());
        let (start, _) = sources.range(label.span);
        let line = text.get(..start.byte).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let mut base = start.byte.saturating_sub(AROUND).max(line);
        while !text.is_char_boundary(base) {
            base += 1;
        }
        let rest = text.get(start.byte..).unwrap_or_default();
        let line_end = rest.find('\n').unwrap_or(rest.len());
        let length = (label.span.end.saturating_sub(label.span.start) as usize).min(WIDE) + AROUND;
        let mut until = start.byte + length.min(line_end);
        while !text.is_char_boundary(until) {
            until += 1;
        }
        Self {
            path: sources.path(file),
            text: text.get(base..until).unwrap_or_default(),
            base,
            lines: start.line.saturating_sub(1),
            columns: text.get(line..base).unwrap_or_default().chars().count(),
        }
    }

    /// A label cut to its first line: a place of several lines would push the text aside.
    fn label(&self, label: &Label, primary: bool) -> LabeledSpan {
        let inside = |offset: u32| (offset as usize).saturating_sub(self.base).min(self.text.len());
        let (start, end) = (inside(label.span.start), inside(label.span.end));
        let piece = self.text.get(start..end).unwrap_or_default();
        let length = piece.find(['\n', '\r']).unwrap_or(piece.len());
        let message = (!label.message.is_empty()).then(|| label.message.clone());
        if primary {
            LabeledSpan::new_primary_with_span(message, (start, length))
        } else {
            LabeledSpan::new_with_span(message, (start, length))
        }
    }
}

/// Lines shown around a label.
const CONTEXT: usize = 1;

impl SourceCode for Window<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.read_span(span, context_lines_before, context_lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.to_owned(),
            found.data(),
            *found.span(),
            found.line() + self.lines,
            found.column() + if found.line() == 0 { self.columns } else { 0 },
            found.line_count(),
        )))
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.finding.message))
    }
}

impl std::error::Error for View<'_> {}

impl Diagnostic for View<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.head.as_ref()?.rule))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.finding.level {
            Level::Error => Severity::Error,
            Level::Warn => Severity::Warning,
            Level::Note | Level::Off => Severity::Advice,
        })
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.head.as_ref()?.url?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.has_snippet().then_some(&self.window as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.has_snippet().then(|| Box::new(self.labels.iter().cloned()) as Box<_>)
    }
}
