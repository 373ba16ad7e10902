//! Words of the schema in another case than the documentation has them.

use std::collections::BTreeMap;

use crate::policy::{Case, Format};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::rules::hygiene::page;

pub(super) static RULE: &dyn Rule = &MisspelledCase;

struct MisspelledCase;

impl Rule for MisspelledCase {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("misspelled-case"),
            family: Family::Hygiene,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn fixes(&self) -> bool {
        true
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        findings.extend(access.judged().filter_map(|policy| self.finding(policy, access)));
    }
}

impl MisspelledCase {
    fn finding(&self, policy: &Policy, access: &Access<'_>) -> Option<Finding> {
        // PowerShell writes words and members in a case of its own.
        if policy.spelling.format == Format::PowerShell || policy.spelling.case == Case::Pascal {
            return None;
        }
        let mut places: BTreeMap<Span, Vec<(&str, &str)>> = BTreeMap::new();
        for word in policy.respelled.iter().filter(|word| !word.is_former()) {
            places.entry(word.span).or_default().push((&word.written, word.word));
        }
        let page = page(policy, access);
        let edits = places.iter().filter_map(|(span, words)| page?.respell(*span, words)).collect();
        let mut labels = places.iter().map(|(span, words)| {
            let words: Vec<_> = words.iter().map(|(_, word)| format!("`{word}`")).collect();
            Label::new(*span, format!("the documentation has {}", words.join(" and ")))
        });
        let message = "value is not in the case that Microsoft Graph documents";
        let mut found = any_state::finding(self.meta(), policy, Level::Note, message, labels.next()?);
        found.labels = labels.collect();
        let found = found
            .note(
                "the service may take it and return its own spelling, which tools that compare the two show as a \
                 difference each time",
            )
            .help("write it as the documentation does")
            .place("spelling");
        Some(found.fix("write values in the case that Microsoft Graph documents", edits))
    }
}
