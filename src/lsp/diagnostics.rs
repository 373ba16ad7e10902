//! Findings as editors list them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Message,
    Uri,
};

use super::place::{Encoding, first_line};
use super::workspace::{Run, Workspace};
use crate::finding::{Finding, Label, Level};
use crate::rule_set::RuleSet;
use crate::source::{FileId, Sources};

/// What is found, by file. The same in several runs is listed once.
pub(super) fn by_file(workspace: &Workspace, encoding: Encoding) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let mut listed: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    let mut list = |path: &Path, diagnostic: Diagnostic| {
        let own = listed.entry(path.to_path_buf()).or_default();
        if !own.contains(&diagnostic) {
            own.push(diagnostic);
        }
    };
    for run in workspace.runs() {
        for finding in &run.outcome.findings {
            for place in places(finding) {
                if let Some(path) = run.path(place.span.file) {
                    list(path, of(run, finding, place, encoding, workspace));
                }
            }
        }
        for (problem, path) in &run.problems {
            let rules = RuleSet::default();
            let uri = |_| workspace.uri(path);
            let view = View { sources: &run.problem_sources, rules: &rules, encoding, uri: &uri };
            list(path, view.diagnostic(problem, &problem.primary));
        }
    }
    listed
}

/// The places a finding is listed at: its first one, and those where the same was found again.
pub(super) fn places(finding: &Finding) -> impl Iterator<Item = &Label> {
    let again = finding.related.iter().take(finding.repeats());
    std::iter::once(&finding.primary).chain(again)
}

/// A finding of a run as editors list it.
pub(super) fn of(
    run: &Run,
    finding: &Finding,
    place: &Label,
    encoding: Encoding,
    workspace: &Workspace,
) -> Diagnostic {
    let uri = |file: FileId| run.path(file).and_then(|path| workspace.uri(path));
    View { sources: &run.outcome.sources, rules: &run.outcome.rules, encoding, uri: &uri }
        .diagnostic(finding, place)
}

struct View<'r> {
    sources: &'r Sources,
    rules: &'r RuleSet,
    encoding: Encoding,
    uri: &'r dyn Fn(FileId) -> Option<Uri>,
}

impl View<'_> {
    fn diagnostic(&self, finding: &Finding, place: &Label) -> Diagnostic {
        let url = self.rules.of(&finding.rule).and_then(|rule| rule.meta().url());
        // Each place of many where the same was found leads to the first, which leads to all of them.
        let also = if *place == finding.primary { &finding.related[..] } else { &[] };
        let elsewhere = finding.all_labels().chain(also);
        let related =
            elsewhere.filter(|label| label.span != place.span).filter_map(|label| self.related(label));
        let related: Vec<_> = related.collect();
        Diagnostic {
            range: self.encoding.range(self.sources, first_line(self.sources, place.span)),
            severity: Some(severity(finding.level)),
            code: Some(Code::String(finding.rule.to_string())),
            code_description: url.and_then(|url| Some(CodeDescription { href: url.parse().ok()? })),
            source: Some(env!("CARGO_PKG_NAME").to_owned()),
            message: Message::String(finding.message.clone()),
            related_information: (!related.is_empty()).then_some(related),
            tags: None,
            data: None,
        }
    }

    fn related(&self, label: &Label) -> Option<DiagnosticRelatedInformation> {
        let range = self.encoding.range(self.sources, first_line(self.sources, label.span));
        let location = Location { uri: (self.uri)(label.span.file)?, range };
        Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
    }
}

fn severity(level: Level) -> DiagnosticSeverity {
    match level {
        Level::Error => DiagnosticSeverity::Error,
        Level::Warn => DiagnosticSeverity::Warning,
        Level::Note | Level::Off => DiagnosticSeverity::Information,
    }
}
