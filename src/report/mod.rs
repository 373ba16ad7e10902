//! One file a format.

pub mod access;
mod concise;
mod github;
mod gitlab;
pub mod hover;
mod json;
mod junit;
pub mod listing;
mod markdown;
mod markup;
mod pretty;
pub mod replay;
mod sarif;

use std::io::{self, Write};

use clap::ValueEnum;

use crate::engine::Outcome;
use crate::finding::{Finding, Level};
use crate::rule_set::RuleSet;
use crate::source::Sources;

/// A format of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people: the text, with every place marked
    #[default]
    Pretty,
    /// One line a finding
    Concise,
    /// For programs; the shape is versioned
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Code Quality of GitLab
    Gitlab,
    /// JUnit XML, for the test reports of CI systems
    Junit,
    /// Markdown, for a comment on a pull request
    Markdown,
}

impl ReportFormat {
    /// Whether people read it, so that a run with nothing to say prints nothing.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Pretty | Self::Concise)
    }
}

/// How a report for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Colours are used.
    pub color: bool,
    /// The terminal understands hyperlinks.
    pub links: bool,
    /// The width, in columns.
    pub width: usize,
    /// Drawn with ASCII alone.
    pub ascii: bool,
    /// Findings only, no closing line.
    pub quiet: bool,
    /// Findings counted by rule at the end.
    pub statistics: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, links: false, width: 80, ascii: false, quiet: false, statistics: false }
    }
}

/// Writes a report.
pub trait Report {
    /// Writes all findings of a run.
    ///
    /// # Errors
    /// What the writer returns.
    fn write(&self, outcome: &Outcome, style: Style, out: &mut dyn Write) -> io::Result<()>;
}

/// The report of a format.
#[must_use]
pub fn of(format: ReportFormat) -> &'static dyn Report {
    match format {
        ReportFormat::Pretty => &pretty::Pretty,
        ReportFormat::Concise => &concise::Concise,
        ReportFormat::Json => &json::Json,
        ReportFormat::Sarif => &sarif::Sarif,
        ReportFormat::Github => &github::Github,
        ReportFormat::Gitlab => &gitlab::Gitlab,
        ReportFormat::Junit => &junit::Junit,
        ReportFormat::Markdown => &markdown::Markdown,
    }
}

/// Writes findings that are not the outcome of a run, such as problems of the configuration, for people.
///
/// # Errors
/// What the writer returns.
pub fn problems(
    findings: &[Finding],
    sources: &Sources,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rules = RuleSet::default();
    findings.iter().try_for_each(|finding| pretty::one(finding, &rules, sources, style, out))
}

/// How many findings of a level there are.
fn count(outcome: &Outcome, level: Level) -> usize {
    outcome.findings.iter().filter(|finding| finding.level == level).count()
}

fn plural(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    }
}

/// How many findings there are of each level that has some.
fn found(outcome: &Outcome) -> Vec<String> {
    [(Level::Error, "error"), (Level::Warn, "warning"), (Level::Note, "note")]
        .map(|(level, word)| (count(outcome, level), word))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| plural(count, word))
        .collect()
}

/// The closing line: what was read and what was found.
fn closing(outcome: &Outcome) -> String {
    let policies = match outcome.policies {
        1 => "1 policy".to_owned(),
        many => format!("{many} policies"),
    };
    let mut parts = vec![plural(outcome.files, "file"), policies];
    if let Some(changes) = &outcome.changes {
        parts.push(changes.in_words());
    }
    parts.extend(found(outcome));
    if outcome.findings.is_empty() {
        parts.push("no findings".to_owned());
    }
    let fixable = outcome.findings.iter().filter(|finding| finding.fix.is_some()).count();
    match outcome.fixed {
        Some(fixed) => parts.push(format!("{fixed} fixed")),
        None if fixable > 0 => parts.push(format!("{fixable} fixable with `--fix`")),
        None => {}
    }
    if outcome.suppressed > 0 {
        parts.push(format!("{} excused", outcome.suppressed));
    }
    if outcome.baselined > 0 {
        parts.push(format!("{} in the baseline", outcome.baselined));
    }
    if outcome.unreadable > 0 {
        parts.push(format!("{} not read in full", plural(outcome.unreadable, "file")));
    }
    parts.join(", ")
}

/// What `--statistics` adds: findings by rule, most first.
fn statistics(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let mut counts = std::collections::BTreeMap::new();
    for finding in &outcome.findings {
        *counts.entry(finding.rule.as_str()).or_insert(0_usize) += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts.into_iter().try_for_each(|(rule, count)| writeln!(out, "{count:>6}  {rule}"))
}

/// The closing of a report for people.
fn close(outcome: &Outcome, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style.statistics {
        statistics(outcome, out)?;
    }
    if style.quiet { Ok(()) } else { writeln!(out, "{}", closing(outcome)) }
}

/// The policy a finding is about, its message and its primary label, for formats with one line a finding.
fn headline(finding: &Finding) -> String {
    let mut message = match finding.primary.message.as_str() {
        "" => finding.message.clone(),
        label => format!("{}: {label}", finding.message),
    };
    match finding.repeats() {
        0 => {}
        1 => message.push_str(" (and 1 more place)"),
        many => message.push_str(&format!(" (and {many} more places)")),
    }
    match policy_name(finding) {
        Some(name) => printable(&format!("`{name}`: {message}")),
        None => printable(&message),
    }
}

/// The name of the policy a finding is about, where it has one.
fn policy_name(finding: &Finding) -> Option<&str> {
    let policy = finding.policy.as_ref()?;
    policy.name.as_deref().or(policy.id.as_deref())
}

/// A text of a file as it may be printed: control characters become visible, so that no file can write to a
/// terminal or forge a line.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            let escaped = letter.is_control() && letter != '\n';
            let raw = (!escaped).then_some(letter);
            let shown = escaped.then(|| letter.escape_default());
            raw.into_iter().chain(shown.into_iter().flatten())
        })
        .collect::<String>()
        .replace('\n', "\\n")
}
