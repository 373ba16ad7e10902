//! Members that only the service writes.

use std::collections::BTreeMap;

use crate::edit::Part;
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::rules::hygiene::page;
use crate::source::FileId;

pub(super) static RULE: &dyn Rule = &ReadOnlyMember;

struct ReadOnlyMember;

impl Rule for ReadOnlyMember {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("read-only-member"),
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
        let mut policies: BTreeMap<FileId, usize> = BTreeMap::new();
        for policy in &access.set.policies {
            *policies.entry(policy.whole.file).or_default() += 1;
        }
        let is_only = |policy: &Policy| policies.get(&policy.whole.file) == Some(&1);
        let written = access.judged().filter(|policy| !policy.is_generated);
        findings.extend(written.filter_map(|policy| self.finding(policy, access, is_only(policy))));
    }
}

impl ReadOnlyMember {
    fn finding(&self, policy: &Policy, access: &Access<'_>, is_only: bool) -> Option<Finding> {
        let mut labels =
            policy.read_only.iter().map(|member| Label::new(member.key, "only the service writes it"));
        let message = "policy has members that only the service writes";
        let mut found = any_state::finding(self.meta(), policy, Level::Note, message, labels.next()?);
        found.labels = labels.collect();
        let found = found
            .note("Microsoft Graph sets these itself; in a request that creates or changes a policy they have no place")
            .help("delete them from a file that is sent to Microsoft Graph")
            .place("");
        let members = policy.read_only.iter().filter(|member| member.key.end <= member.value.start);
        let gone = members.map(|member| Span { end: member.value.end, ..member.key }).collect();
        let page = page(policy, access).filter(|_| is_only && is_alone(policy, access));
        let edits = page.map(|page| page.without(Part::Member, gone)).unwrap_or_default();
        Some(found.fix("delete the members that only the service writes", edits))
    }
}

/// Whether the file holds nothing around the policy.
fn is_alone(policy: &Policy, access: &Access<'_>) -> bool {
    let whole = policy.whole;
    let Some(source) = access.settings.texts.and_then(|texts| texts.get(whole.file)) else { return false };
    let text = source.text();
    let around = [text.get(..whole.start as usize), text.get(whole.end as usize..)];
    let says_nothing = |line: &str| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line.starts_with("//") || line == "---" || line == "..."
    };
    around.iter().all(|part| part.is_some_and(|part| part.lines().all(says_nothing)))
}
