//! SARIF 2.1.0 for code scanning. Source: OASIS Standard "Static Analysis Results Interchange Format (SARIF)
//! Version 2.1.0"; URIs are relative, every result has a location.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Report, Style};
use crate::engine::Outcome;
use crate::finding::{Finding, Fix, Label, Level};
use crate::fingerprint;
use crate::rule::Rule;
use crate::source::{FileId, Sources, Span};

pub(super) struct Sarif;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Value; 1],
}

impl Report for Sarif {
    fn write(&self, outcome: &Outcome, _: Style, out: &mut dyn Write) -> io::Result<()> {
        let marks = fingerprint::of(&outcome.findings, &outcome.sources);
        let results: Vec<_> = outcome
            .findings
            .iter()
            .zip(marks)
            .map(|(finding, mark)| result(finding, &mark, outcome))
            .collect();
        let run = json!({
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": outcome.rules.iter().map(describe).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": outcome.unreadable == 0 }],
            "results": results,
        });
        let log =
            Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
        serde_json::to_writer_pretty(&mut *out, &log)?;
        writeln!(out)
    }
}

fn describe(rule: &dyn Rule) -> Value {
    let meta = rule.meta();
    let mut value = json!({
        "id": meta.id,
        "shortDescription": { "text": meta.summary() },
        "fullDescription": { "text": meta.summary() },
        "help": { "text": meta.docs, "markdown": meta.docs },
        "defaultConfiguration": { "level": level(meta.level) },
        "properties": { "tags": [meta.family.as_str()] },
    });
    if let (Some(url), Some(object)) = (meta.url(), value.as_object_mut()) {
        object.insert("helpUri".to_owned(), Value::from(url));
    }
    value
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Note => "note",
        Level::Off => "none",
    }
}

fn result(finding: &Finding, mark: &str, outcome: &Outcome) -> Value {
    let sources = &outcome.sources;
    let mut text = finding.message.clone();
    for more in [&finding.note, &finding.help, &finding.recovery].into_iter().flatten() {
        text.push_str("\n\n");
        text.push_str(more);
    }
    // What a viewer cannot open is said.
    let (now, then): (Vec<_>, Vec<_>) = finding
        .labels
        .iter()
        .chain(&finding.related)
        .partition(|label| sources.place(label.span.file).1.is_none());
    for label in then {
        let (start, _) = sources.range(label.span);
        text.push_str(&format!("\n\n{}:{}: {}", sources.path(label.span.file), start.line, label.message));
    }
    let related: Vec<_> =
        now.into_iter().zip(0_usize..).map(|(label, id)| related(label, id, sources)).collect();
    let index = outcome.rules.position(&finding.rule);
    let mut value = json!({
        "ruleId": finding.rule,
        "level": level(finding.level),
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical(finding.primary.span, sources) }],
        "relatedLocations": related,
        "partialFingerprints": { "calint/v1": mark },
        "properties": {
            "certainty": finding.certainty,
            "errorCodes": finding.error_codes,
            "policy": finding.policy.as_ref().and_then(|policy| policy.name.clone().or(policy.id.clone())),
        },
    });
    if let Some(object) = value.as_object_mut() {
        object.extend(index.map(|index| ("ruleIndex".to_owned(), Value::from(index))));
        object.extend(finding.fix.as_ref().map(|fix| ("fixes".to_owned(), json!([change(fix, sources)]))));
    }
    value
}

fn change(fix: &Fix, sources: &Sources) -> Value {
    let mut files: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(edit.span.file).or_default().push(json!({
            "deletedRegion": region(edit.span, sources),
            "insertedContent": { "text": edit.replacement },
        }));
    }
    let changes = files.into_iter().map(|(file, replacements)| {
        json!({ "artifactLocation": artifact(file, sources), "replacements": replacements })
    });
    json!({ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() })
}

fn related(label: &Label, id: usize, sources: &Sources) -> Value {
    json!({
        "id": id,
        "message": { "text": label.message },
        "physicalLocation": physical(label.span, sources),
    })
}

/// A place; of a file of an earlier state, whose lines are not those of the working tree, its beginning.
fn physical(span: Span, sources: &Sources) -> Value {
    let span = match sources.place(span.file) {
        (_, None) => span,
        (_, Some(_)) => Span::start_of(span.file),
    };
    json!({ "artifactLocation": artifact(span.file, sources), "region": region(span, sources) })
}

fn artifact(file: FileId, sources: &Sources) -> Value {
    json!({ "uri": uri(sources.place(file).0) })
}

fn region(span: Span, sources: &Sources) -> Value {
    let (start, end) = sources.range(span);
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
    })
}

/// A path as a URI reference: every byte that is not unreserved or `/` is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("policies/CA 01 – ä.json"), "policies/CA%2001%20%E2%80%93%20%C3%A4.json");
    }
}
