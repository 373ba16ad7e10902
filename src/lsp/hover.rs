//! What is shown where the pointer rests: the findings of the place, and whose id stands there.

use std::path::Path;

use gen_lsp_types::{Contents, Hover, MarkupContent, MarkupKind, Position};

use super::place::{Encoding, first_line};
use super::workspace::Workspace;
use crate::policy::{PolicySet, ids};
use crate::report;
use crate::source::{Sources, Span};

/// What there is to say of a place. A finding is explained at each place that makes it true.
pub(super) fn at(
    workspace: &Workspace,
    path: &Path,
    position: Position,
    encoding: Encoding,
) -> Option<Hover> {
    let text = &workspace.document(path)?.text;
    let offset = encoding.offset(text, position);
    let mut parts = Vec::new();
    let mut own: Option<(&Sources, Span)> = None;
    for (run, file) in workspace.readings(path) {
        let sources = &run.outcome.sources;
        for finding in &run.outcome.findings {
            let labels = finding.all_labels().chain(&finding.related);
            let spans = labels.map(|label| first_line(sources, label.span));
            let Some(span) = spans.filter(|span| span.file == file).find(|span| holds(*span, offset)) else {
                continue;
            };
            let part = report::hover::hover(finding, &run.outcome.rules);
            if !parts.contains(&part) {
                parts.push(part);
            }
            own = own.or(Some((sources, span)));
        }
    }
    if let Some(id) = id_at(text, offset) {
        let sets = workspace.runs().flat_map(|run| run.outcome.policy_sets());
        parts.extend(name(id, sets));
    }
    let range = own.map(|(sources, span)| encoding.range(sources, span));
    let value = parts.join("\n\n---\n\n");
    let contents = Contents::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value });
    (!parts.is_empty()).then_some(Hover { contents, range })
}

fn holds(span: Span, offset: usize) -> bool {
    (span.start as usize..=span.end as usize).contains(&offset)
}

/// The object id that a byte lies in.
fn id_at(text: &str, offset: usize) -> Option<&str> {
    let is_part = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
    let start = text.get(..offset)?.rfind(|letter| !is_part(letter)).map_or(0, |at| at + 1);
    let end = text.get(offset..)?.find(|letter| !is_part(letter)).map_or(text.len(), |at| offset + at);
    text.get(start..end).filter(|word| ids::is_guid(word))
}

/// Whom or what an id stands for, as far as it is known to everybody or told by the files.
fn name<'s>(id: &str, sets: impl Iterator<Item = &'s PolicySet>) -> Option<String> {
    let id = id.to_ascii_lowercase();
    let told = |what: &str, name: &str| Some(format!("{what} {}", report::hover::name(name)));
    if let Some(role) = ids::roles::name(&id) {
        return told("role", role);
    }
    if let Some(app) = ids::apps::name(&id) {
        return told("app", app);
    }
    if let Some(strength) = ids::strengths::name(&id) {
        return told("authentication strength", strength);
    }
    for PolicySet { directory, named_locations, .. } in sets {
        let user = directory.users.get(&id).and_then(|user| user.name.as_ref()).map(|name| ("user", name));
        let group =
            directory.groups.get(&id).and_then(|group| group.name.as_ref()).map(|name| ("group", name));
        let service = directory.service_principals.get(&id).and_then(|service| service.name.as_ref());
        let service = service.map(|name| ("service principal", name));
        let mut locations = named_locations.iter();
        let location = locations.find(|location| location.id.get().is_some_and(|own| *own.value == id));
        let location = location.and_then(|location| location.display_name.get());
        let location = location.map(|name| ("named location", name.value));
        if let Some((what, name)) = user.or(group).or(service).or(location) {
            return told(what, name);
        }
    }
    None
}
