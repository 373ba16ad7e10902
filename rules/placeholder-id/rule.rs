//! A placeholder where an id, or another value, belongs.

use crate::policy::Why;
use crate::policy::ids::{self, ZERO_ID};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::rules::hygiene::{Entry, Listed, lists, single_values};

pub(super) static RULE: &dyn Rule = &PlaceholderId;

struct PlaceholderId;

impl Rule for PlaceholderId {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("placeholder-id"),
            family: Family::Hygiene,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        findings.extend(access.judged().filter_map(|policy| self.finding(policy, access)));
    }
}

impl PlaceholderId {
    fn finding(&self, policy: &Policy, access: &Access<'_>) -> Option<Finding> {
        let declared = |entry: &Entry<'_>| {
            access
                .emergency
                .principals
                .iter()
                .any(|principal| principal.text.eq_ignore_ascii_case(entry.text))
        };
        let mut lists = lists(policy);
        lists.extend(single_values(policy));
        let mut places = lists.iter().flat_map(|list| {
            let entries = list.entries.iter().filter(|entry| !declared(entry));
            entries.filter_map(move |entry| Some((list, Label::new(entry.span, reason(list, entry)?))))
        });
        let (list, first) = places.next()?;
        let (message, help) = if list.has_ids {
            ("a placeholder where an id belongs may stand for nothing", "write the id that belongs there")
        } else {
            (
                "a placeholder where a value belongs may stand for nothing",
                "write the value that belongs there",
            )
        };
        let mut found = any_state::finding(self.meta(), policy, Level::Note, message, first)
            .certainty(Certainty::Unverified)
            .note("unless something replaces it before the policy is deployed, Microsoft Graph refuses the policy, or it matches nothing")
            .help(help)
            .place(list.place);
        found.labels = places.map(|(_, label)| label).collect();
        Some(found)
    }
}

/// Why an entry stands for nothing. What excludes nobody is told by a rule of its own.
fn reason(list: &Listed<'_>, entry: &Entry<'_>) -> Option<&'static str> {
    let is_exclusion = ["excludeUsers", "excludeGroups", "excludeRoles"].contains(&list.member());
    match entry.why {
        Some(Why::Placeholder) if !is_exclusion => Some("a placeholder"),
        Some(Why::Nobody) if !is_exclusion => Some(match entry.text.trim() {
            "" => "an empty text",
            ZERO_ID => "an id that no object has",
            _ => "the text of a template",
        }),
        None if is_made_up(entry.text) => Some("an id that looks made up"),
        _ => None,
    }
}

/// Whether a text is an id that nobody draws at random: each of its groups is one digit over and over, or it counts
/// up from one. The id of zeros has a meaning in some lists.
fn is_made_up(text: &str) -> bool {
    let one_digit = |group: &str| group.chars().all(|digit| group.starts_with(digit));
    ids::is_guid(text)
        && text != ZERO_ID
        && (text.split('-').all(one_digit) || text.starts_with("12345678-1234-"))
}
