//! Files under `context` in `calint.yaml`: read for what they tell about the tenant. Policies in them are left
//! alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Outcome, Tenant};
use crate::discover::{self, Input, Skipped};
use crate::finding::{Finding, Label, Level, input};
use crate::load::{self, Loaded};
use crate::source::{At, Span};

/// The files a configuration asks for.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// Each with the pattern that leads to it, by what makes it one file.
    files: BTreeMap<PathBuf, (Input, At<String>)>,
    /// Those that are checked as well.
    checked: Vec<(Input, At<String>)>,
}

impl Context {
    /// Follows the patterns. One that leads to nothing is a finding.
    pub(super) fn find(tenant: &mut Tenant, outcome: &mut Outcome) -> Self {
        let mut context = Self::default();
        for pattern in &tenant.config.context {
            let found = match discover::context(&tenant.config.folder, &pattern.value) {
                Ok(found) if found.is_empty() => Err("it matches no file".to_owned()),
                found => found,
            };
            match found {
                Ok(found) => {
                    for input in found {
                        let identity = discover::identity(&input.path);
                        context.files.entry(identity).or_insert_with(|| (input, pattern.clone()));
                    }
                }
                Err(reason) => {
                    outcome.unreadable += 1;
                    tenant.findings.push(unusable(pattern, &reason));
                }
            }
        }
        context
    }

    /// Sets aside what is checked as well; that it is asked for here means that it has to be readable.
    pub(super) fn share(&mut self, inputs: &mut [Input]) {
        if self.files.is_empty() {
            return;
        }
        for input in inputs {
            if let Some(file) = self.files.remove(&discover::identity(&input.path)) {
                input.named = true;
                self.checked.push((Input { shown: input.shown.clone(), ..file.0 }, file.1));
            }
        }
    }

    /// Reads the files.
    pub(super) fn read(self, tenant: &mut Tenant, outcome: &mut Outcome) {
        let mut idle: BTreeMap<Span, (String, Vec<String>)> = BTreeMap::new();
        let mut tells_nothing = |shown: String, pattern: At<String>| {
            idle.entry(pattern.span).or_insert((pattern.value, Vec::new())).1.push(shown);
        };
        for (file, pattern) in self.checked {
            if outcome.skipped.iter().any(|skipped| skipped.shown == file.shown) {
                tells_nothing(file.shown, pattern);
            }
        }
        let mut files: Vec<_> = self.files.into_values().collect();
        files.sort_by(|(a, one), (b, other)| (one.span, &a.shown).cmp(&(other.span, &b.shown)));
        for (file, pattern) in files {
            let Loaded { source, harvest, findings, .. } = load::file(&file, outcome.sources.next_id());
            outcome.sources.add(source);
            let unread: Vec<_> = findings.into_iter().filter(|finding| finding.unread).collect();
            if unread.is_empty() && harvest.named_locations.is_empty() && harvest.facts == 0 {
                tells_nothing(file.shown.clone(), pattern);
                let reason = "holds nothing that is known about a tenant".to_owned();
                outcome.skipped.push(Skipped { shown: file.shown, reason });
                continue;
            }
            outcome.unreadable += usize::from(!unread.is_empty());
            outcome.files += 1;
            outcome.read.push((file.shown, 0));
            tenant.findings.extend(unread);
            if harvest.policies.is_empty() {
                tenant.findings.extend(harvest.findings);
            }
            tenant.set.named_locations.extend(harvest.named_locations);
            tenant.set.directory.merge(harvest.directory);
        }
        tenant
            .findings
            .extend(idle.into_iter().map(|(span, (pattern, files))| useless(span, &pattern, &files)));
    }
}

fn unusable(pattern: &At<String>, reason: &str) -> Finding {
    let message = format!("pattern `{}` under `context` cannot be used: {reason}", pattern.value);
    let label = Label::new(pattern.span, "leads to nothing");
    Finding::new(input::UNREADABLE_FILE, Level::Error, message, label)
        .note("what these files tell about the tenant is not known")
        .help("correct the pattern or take it out; it is relative to the folder of `calint.yaml`")
        .unread()
}

/// How many files a finding names.
const NAMED: usize = 5;

fn useless(span: Span, pattern: &str, files: &[String]) -> Finding {
    let count = files.len();
    let (what, hold) = if count == 1 { ("file", "holds") } else { ("files", "hold") };
    let message = format!("{count} {what} of `{pattern}` {hold} nothing that is known about a tenant");
    let mut named: Vec<_> = files.iter().take(NAMED).map(|file| format!("`{file}`")).collect();
    if count > NAMED {
        named.push(format!("{} more", count - NAMED));
    }
    Finding::new(input::UNREADABLE_FILE, Level::Note, message, Label::new(span, "leads to them"))
        .note(format!("passed over: {}", named.join(", ")))
        .help(
            "name exports of users, groups, role assignments, authentication strengths, named locations or \
             cross-tenant access settings",
        )
}
