//! An entry that stands twice in one list.

use std::collections::BTreeMap;

use crate::edit::Part;
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::rules::hygiene::{Entry, Listed, lists, page};

pub(super) static RULE: &dyn Rule = &RepeatedEntry;

struct RepeatedEntry;

impl Rule for RepeatedEntry {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("repeated-entry"),
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
        for policy in access.judged() {
            findings.extend(lists(policy).iter().filter_map(|list| self.finding(policy, list, access)));
        }
    }
}

impl RepeatedEntry {
    fn finding(&self, policy: &Policy, list: &Listed<'_>, access: &Access<'_>) -> Option<Finding> {
        let mut firsts: BTreeMap<&str, &Entry<'_>> = BTreeMap::new();
        let mut copies = list.entries.iter().filter_map(|entry| {
            let first = *firsts.entry(entry.text).or_insert(entry);
            (!std::ptr::eq(first, entry)).then_some((first, entry))
        });
        let (first, copy) = copies.next()?;
        let rest: Vec<_> = copies.collect();
        let message = "list has the same value more than once";
        let mut found = any_state::finding(
            self.meta(),
            policy,
            Level::Note,
            message,
            Label::new(copy.span, "listed again"),
        )
        .label(first.span, "listed here first")
        .note("a copy changes nothing, and often stands where another id was meant")
        .help("delete the copy, or write the id that was meant")
        .place(list.place);
        for (_, copy) in &rest {
            found = found.label(copy.span, "listed again");
        }
        let page = page(policy, access);
        let gone = std::iter::once((first, copy)).chain(rest).filter(|(first, copy)| {
            let written = |span| page.is_some_and(|page| page.is_literal(span, copy.text));
            first.span != copy.span && written(first.span) && written(copy.span)
        });
        let gone: Vec<_> = gone.map(|(_, copy)| copy.span).collect();
        let edits = page.map(|page| page.without(Part::Item, gone)).unwrap_or_default();
        Some(found.fix("delete the later copies", edits))
    }
}
