//! An exclusion that stands for nobody.

use std::collections::BTreeMap;

use crate::access::{self, Exclusions};
use crate::policy::{Truth, Why};
use crate::rule::prelude::*;
use crate::rules::shared;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &ExclusionThatExcludesNobody;

struct ExclusionThatExcludesNobody;

impl Rule for ExclusionThatExcludesNobody {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("exclusion-that-excludes-nobody"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let exclusions = access::exclusions(policy, &access.emergency);
            findings.extend(self.nobody(policy, access, &exclusions));
            findings.extend(self.perhaps_nobody(policy, &exclusions));
        }
    }
}

impl ExclusionThatExcludesNobody {
    fn nobody(&self, policy: &Policy, access: &Access<'_>, exclusions: &Exclusions) -> Option<Finding> {
        let (first, rest) = exclusions.nobody.split_first()?;
        let label = |entry: &At<String>| match entry.value.trim() {
            "" => "an empty text",
            text if text == crate::policy::ids::ZERO_ID => "an id that no object has",
            "an emergency access id in the wrong list" => "an account among groups, or a group among users",
            _ => "the text of a template, not an id",
        };
        let harmless = access::meets_unaided(policy, access.set, access.assume) == Truth::Yes
            && access::session_refusal(policy).is_none();
        let level = if harmless { Level::Warn } else { Level::Error };
        let message = "exclusion excludes nobody";
        let finding = finding(self.meta(), policy, level, message, Label::new(first.span, label(first)))
            .place("conditions.users")
            .note("Microsoft Graph refuses the policy, or a tool drops the entry and the policy covers whoever was meant")
            .help(format!("write the object id of whoever was meant, or {}", shared::exclude(policy, &access.emergency)));
        Some(rest.iter().fold(finding, |finding, entry| finding.label(entry.span, label(entry))))
    }

    /// One finding a text: it stands for the same in every policy, so it is made decidable in one go.
    fn perhaps_nobody(&self, policy: &Policy, exclusions: &Exclusions) -> Vec<Finding> {
        let suspect = |why| matches!(why, Why::Placeholder | Why::NameForId);
        let mut by_text: BTreeMap<&str, Vec<&At<(String, Why)>>> = BTreeMap::new();
        for entry in exclusions.unknown.iter().filter(|entry| suspect(entry.value.1)) {
            by_text.entry(entry.value.0.trim()).or_default().push(entry);
        }
        by_text.into_iter().filter_map(|(text, entries)| self.of_text(policy, text, &entries)).collect()
    }

    fn of_text(&self, policy: &Policy, text: &str, entries: &[&At<(String, Why)>]) -> Option<Finding> {
        let (first, rest) = entries.split_first()?;
        let message = "exclusion may exclude nobody";
        let label = |entry: &At<(String, Why)>| shared::unsure(entry.value.1);
        let primary = Label::new(first.span, label(first));
        let finding = finding(self.meta(), policy, Level::Warn, message, primary)
            .certainty(Certainty::Unverified)
            .place("conditions.users")
            .cause(text)
            .note(
                "Microsoft Graph takes object ids here and nothing else; what replaces this text was not seen",
            )
            .help(
                "write the object id of whoever was meant; a text that stands for emergency access can be named \
                 under `emergency-access` in calint.yaml",
            );
        Some(rest.iter().fold(finding, |finding, entry| finding.label(entry.span, label(entry))))
    }
}
