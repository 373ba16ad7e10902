//! A list of ids that is not in order.

use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::rules::hygiene::{Entry, Listed, lists, page};

pub(super) static RULE: &dyn Rule = &UnsortedList;

struct UnsortedList;

impl Rule for UnsortedList {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unsorted-list"),
            family: Family::Hygiene,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn is_on(&self) -> bool {
        false
    }

    fn fixes(&self) -> bool {
        true
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let with_ids = lists(policy).into_iter().filter(|list| list.has_ids);
            findings.extend(with_ids.filter_map(|list| self.finding(policy, &list, access)));
        }
    }
}

impl UnsortedList {
    fn finding(&self, policy: &Policy, list: &Listed<'_>, access: &Access<'_>) -> Option<Finding> {
        let text = |at: &usize| list.entries.get(*at).map(|entry| entry.text.to_ascii_lowercase());
        let mut order: Vec<usize> = (0..list.entries.len()).collect();
        order.sort_by_key(text);
        let misplaced = order.iter().enumerate().find(|(at, from)| text(at) != text(from))?.0;
        let place = list.entries.get(misplaced)?;
        let message = "list of ids is not in order";
        let label = Label::new(place.span, "belongs further down");
        let found = any_state::finding(self.meta(), policy, Level::Note, message, label)
            .note("in order, a changed list shows what was added and what was taken out")
            .help("sort the entries by their text")
            .place(list.place);
        let edits = page(policy, access).zip(list.key).map(|(page, key)| {
            let written = |entry: &Entry<'_>| page.is_literal(entry.span, entry.text);
            let spans: Vec<_> = list.entries.iter().map(|entry| entry.span).collect();
            if list.entries.iter().all(written) { page.in_order(key, &spans, &order) } else { Vec::new() }
        });
        Some(found.fix("sort the entries", edits.unwrap_or_default()))
    }
}
