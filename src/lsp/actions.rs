//! What an editor offers to do about a finding: carry out its fix, or excuse it.

use std::fs;
use std::path::Path;

use gen_lsp_types::{
    CodeAction, CodeActionKind, CreateFile, DocumentChange, Edit as DocumentEdit,
    OptionalVersionedTextDocumentIdentifier, Range, TextDocumentEdit, TextDocumentIdentifier, TextEdit, Uri,
    WorkspaceEdit,
};

use super::diagnostics;
use super::place::{Encoding, first_line};
use super::workspace::{Run, Workspace};
use crate::config;
use crate::excuse;
use crate::finding::{Edit, Finding, RuleId};
use crate::fix;
use crate::policy::Policy;
use crate::source::{FileId, Source, Span, decode};

/// The kind of the action that carries out every fix of a file.
pub(super) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.calint");

/// What the editor understands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Abilities {
    pub(super) encoding: Encoding,
    /// Edits may name the version of the text they are of.
    pub(super) versions: bool,
    /// Edits may create a file.
    pub(super) create: bool,
}

/// The actions for a part of an open file; of some kinds, where the editor says which.
pub(super) fn of(
    workspace: &Workspace,
    path: &Path,
    range: Range,
    only: Option<&[CodeActionKind]>,
    abilities: Abilities,
) -> Vec<CodeAction> {
    let mut actions = Vec::new();
    let kinds = only.unwrap_or(&[CodeActionKind::QuickFix]);
    if kinds.iter().any(|asked| covers(asked, &CodeActionKind::QuickFix)) {
        for_findings(workspace, path, range, abilities, &mut actions);
    }
    if kinds.iter().any(|asked| covers(asked, &FIX_ALL)) {
        actions.extend(fix_all(workspace, path, abilities));
    }
    actions
}

/// Whether a kind that is asked for is another one or stands for it.
fn covers(asked: &CodeActionKind, kind: &CodeActionKind) -> bool {
    let (asked, kind) = (asked.to_string(), kind.to_string());
    asked.is_empty() || kind == asked || kind.starts_with(&format!("{asked}."))
}

fn for_findings(
    workspace: &Workspace,
    path: &Path,
    range: Range,
    abilities: Abilities,
    actions: &mut Vec<CodeAction>,
) {
    let encoding = abilities.encoding;
    let mut add = |action: CodeAction| {
        if !actions.iter().any(|known| known.title == action.title && known.edit == action.edit) {
            actions.push(action);
        }
    };
    // Where nothing is checked, as in `calint.yaml`, no comment counts and nothing is fixed.
    let readings = workspace.readings(path).filter(|(run, file)| run.outcome.checked.contains_key(file));
    for (run, file) in readings {
        let Some(source) = run.outcome.sources.get(file) else { continue };
        for finding in &run.outcome.findings {
            let here = diagnostics::places(finding).filter(|place| place.span.file == file).find(|place| {
                let own = encoding.range(&run.outcome.sources, first_line(&run.outcome.sources, place.span));
                own.start <= range.end && range.start <= own.end
            });
            let Some(here) = here else { continue };
            let diagnostic = diagnostics::of(run, finding, here, encoding, workspace);
            let page = Page { workspace, path, source, abilities };
            let excusable = excuse::is_excusable(finding, &run.outcome.rules);
            let comment = excusable.then(|| page.comment(finding, here.span)).flatten();
            // Policy and fix are those of the first place, which may be in another file.
            let is_first = *here == finding.primary;
            let policy = policy_of(finding, run).filter(|_| excusable && is_first);
            let entry = policy.and_then(|policy| page.entry(&finding.rule, policy));
            let fix = is_first.then(|| page.fix(finding)).flatten();
            for action in [fix, comment, entry].into_iter().flatten() {
                add(CodeAction { diagnostics: Some(vec![diagnostic.clone()]), ..action });
            }
        }
    }
}

/// The name or id that stands for the policy of a finding and for no other one of its tenant. A block that makes
/// several policies has one finding for all of them, which no name stands for.
fn policy_of<'f>(finding: &'f Finding, run: &Run) -> Option<&'f str> {
    let about = finding.policy.as_ref()?;
    let is_own = |policy: &Policy| policy.whole == about.whole;
    let set = run.outcome.policy_sets().iter().find(|set| set.policies.iter().any(is_own))?;
    let (own, others): (Vec<_>, Vec<_>) = set.policies.iter().partition(|policy| is_own(policy));
    let others: Vec<_> = others.into_iter().map(Policy::about).collect();
    let is_taken = |text: &str| {
        let known = others.iter().flat_map(|other| [&other.name, &other.id]).flatten();
        known.into_iter().any(|other| other.eq_ignore_ascii_case(text))
    };
    let mut names = [&about.name, &about.id].into_iter().flatten().map(String::as_str);
    names.find(|text| own.len() == 1 && !text.trim().is_empty() && !is_taken(text))
}

/// An open file that is acted on.
struct Page<'w> {
    workspace: &'w Workspace,
    path: &'w Path,
    source: &'w Source,
    abilities: Abilities,
}

impl Page<'_> {
    /// Carries out what a finding offers, where that leaves the policies as they are.
    fn fix(&self, finding: &Finding) -> Option<CodeAction> {
        let fix = finding.fix.as_ref().filter(|_| !finding.unread)?;
        let is_here = |edit: &Edit| edit.span.file == finding.primary.span.file;
        let is_safe = fix.edits.iter().all(is_here) && self.is_harmless(&fix.edits);
        let edit = is_safe.then(|| self.edit(&fix.edits)).flatten()?;
        let action = quick_fix(fix.title.clone(), edit);
        Some(CodeAction { is_preferred: Some(true), ..action })
    }

    fn comment(&self, finding: &Finding, place: Span) -> Option<CodeAction> {
        let edit = excuse::by_comment(&finding.rule, place, self.source, self.path)?;
        let edits = [edit];
        let edit = self.is_harmless(&edits).then(|| self.edit(&edits)).flatten()?;
        Some(quick_fix(format!("Excuse `{}` with a comment, then write the reason", finding.rule), edit))
    }

    fn entry(&self, rule: &RuleId, policy: &str) -> Option<CodeAction> {
        let title = format!("Excuse `{rule}` in {}, then write the reason", config::FILE_NAME);
        let folder = self.path.parent()?;
        let Some(path) = config::nearest(folder) else {
            // Not outside the repository of the file: nobody looks for a configuration there.
            let outermost = self.workspace.folder_of(self.path)?;
            let inside = config::up_to_repository(folder).take_while(|it| it.starts_with(outermost));
            let path = inside.last()?.join(config::FILE_NAME);
            let edit = excuse::by_entry(rule, policy, "")?;
            return Some(quick_fix(title, self.new_file(&path, edit.replacement)?));
        };
        let text = match self.workspace.document(&path) {
            Some(document) => document.text.clone(),
            None => decode(fs::read(&path).ok()?).ok()?.0,
        };
        let edit = excuse::by_entry(rule, policy, &text)?;
        Some(quick_fix(title, edit_of(self.workspace, &path, &text, &[edit], self.abilities)?))
    }

    fn is_harmless(&self, edits: &[Edit]) -> bool {
        let options = self.workspace.options(vec![self.path.to_path_buf()]);
        fix::is_harmless(options, self.path, self.source.text(), edits)
    }

    fn edit(&self, edits: &[Edit]) -> Option<WorkspaceEdit> {
        edit_of(self.workspace, self.path, self.source.text(), edits, self.abilities)
    }

    /// A file that is not there yet.
    fn new_file(&self, path: &Path, text: String) -> Option<WorkspaceEdit> {
        if !self.abilities.create {
            return None;
        }
        let uri = self.workspace.uri(path)?;
        let create =
            DocumentChange::CreateFile(CreateFile { uri: uri.clone(), options: None, annotation_id: None });
        let edit = TextEdit { range: Range::default(), new_text: text };
        Some(changes(vec![create, change_of(uri, None, vec![edit])]))
    }
}

fn quick_fix(title: String, edit: WorkspaceEdit) -> CodeAction {
    CodeAction { title, kind: Some(CodeActionKind::QuickFix), edit: Some(edit), ..CodeAction::default() }
}

/// Every fix of an open file.
fn fix_all(workspace: &Workspace, path: &Path, abilities: Abilities) -> Option<CodeAction> {
    let text = &workspace.document(path)?.text;
    let fixed = fix::run(&workspace.options(vec![path.to_path_buf()])).ok()?;
    let file =
        fixed.files.into_iter().find(|file| file.path.as_deref() == Some(path) && file.before == *text)?;
    let edit = edit_of(workspace, path, text, &[difference(&file.before, &file.after)], abilities)?;
    Some(CodeAction {
        title: "Fix all that calint can fix in this file".to_owned(),
        kind: Some(FIX_ALL),
        edit: Some(edit),
        ..CodeAction::default()
    })
}

/// The one edit that leads from a text to another: what stands between the parts that both begin and end with.
fn difference(before: &str, after: &str) -> Edit {
    let same = |(one, other): &(char, char)| one == other;
    let width = |(letter, _): (char, char)| letter.len_utf8();
    let start: usize = before.chars().zip(after.chars()).take_while(same).map(width).sum();
    let rest = |text: &str| text.get(start..).unwrap_or_default().to_owned();
    let (old, new) = (rest(before), rest(after));
    let end: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(width).sum();
    let replacement = new.get(..new.len() - end).unwrap_or_default().to_owned();
    Edit { span: Span::new(FileId(0), start, before.len() - end), replacement }
}

/// Edits of one text, as editors take them.
fn edit_of(
    workspace: &Workspace,
    path: &Path,
    text: &str,
    edits: &[Edit],
    abilities: Abilities,
) -> Option<WorkspaceEdit> {
    let source = Source::new(String::new(), text.to_owned());
    let at = |offset| abilities.encoding.position(&source, offset);
    let edits = edits.iter().map(|edit| TextEdit {
        range: Range { start: at(edit.span.start), end: at(edit.span.end) },
        new_text: edit.replacement.clone(),
    });
    let (uri, edits) = (workspace.uri(path)?, edits.collect());
    if !abilities.versions {
        return Some(WorkspaceEdit { changes: Some([(uri, edits)].into()), ..WorkspaceEdit::default() });
    }
    let version = workspace.document(path).map(|document| document.version);
    Some(changes(vec![change_of(uri, version, edits)]))
}

fn changes(changes: Vec<DocumentChange>) -> WorkspaceEdit {
    WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
}

fn change_of(uri: Uri, version: Option<i32>, edits: Vec<TextEdit>) -> DocumentChange {
    DocumentChange::TextDocumentEdit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            version,
            text_document_identifier: TextDocumentIdentifier { uri },
        },
        edits: edits.into_iter().map(DocumentEdit::TextEdit).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit;

    #[test]
    fn one_edit_leads_from_a_text_to_another() {
        for (before, after, replaced) in [
            ("abc", "axc", "b"),
            ("aab", "ab", "a"),
            ("ab", "aab", ""),
            ("ä1", "ö1", "ä"),
            ("", "a", ""),
            ("a", "a", ""),
        ] {
            let edit = difference(before, after);
            assert_eq!(edit::applied(before, [&edit]), after);
            assert_eq!(
                before.get(edit.span.start as usize..edit.span.end as usize),
                Some(replaced),
                "{before}"
            );
        }
    }

    #[test]
    fn a_kind_stands_for_those_below_it() {
        assert!(covers(&CodeActionKind::Source, &FIX_ALL));
        assert!(covers(&CodeActionKind::SourceFixAll, &FIX_ALL));
        assert!(covers(&FIX_ALL, &FIX_ALL));
        assert!(!covers(&CodeActionKind::QuickFix, &FIX_ALL));
        assert!(!covers(&CodeActionKind::new("source.fixAll.calinter"), &FIX_ALL));
    }
}
