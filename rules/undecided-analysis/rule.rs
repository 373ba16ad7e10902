//! An analysis that was not carried out, or not to its end.

use crate::access::analysis::MAX_POLICIES;
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &UndecidedAnalysis;

struct UndecidedAnalysis;

impl Rule for UndecidedAnalysis {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("undecided-analysis"),
            family: Family::Input,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(first) = access.judged().next() else { return };
        let (message, help) = match access.together() {
            None => (
                format!("more than {MAX_POLICIES} policies, so what they do together was not analysed"),
                "a tenant holds at most 195 policies: give the folder of each tenant a calint.yaml of its own",
            ),
            Some(analysis) if analysis.is_undecided() => (
                "what these policies do together was not decided within the budget".to_owned(),
                "check fewer policies at once, or simplify device filters",
            ),
            Some(_) => return,
        };
        let label = Label::new(first.head, "the first of them");
        findings.push(
            Finding::new(self.meta().id.clone(), Level::Note, message, label)
                .note("rules on single policies ran; lockouts by several policies, controls nobody can meet and policies that never \
                 apply were not looked for, or not to the end")
                .help(help),
        );
    }

    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        let first = change.changed().find_map(|pair| pair.after.or(pair.before));
        let Some(first) = first else { return };
        let (message, help) = if !change.is_small() {
            (
                format!(
                    "more than {MAX_POLICIES} policies, so what the change does to sign-ins was not analysed"
                ),
                "a tenant holds at most 195 policies: give the folder of each tenant a calint.yaml of its own",
            )
        } else if !change.is_decided() {
            (
                "what the change does to sign-ins was not decided within the budget".to_owned(),
                "change fewer policies at once, or simplify device filters",
            )
        } else {
            return;
        };
        let label = Label::new(first.head, "the first that the change touches");
        findings.push(
            Finding::new(self.meta().id.clone(), Level::Note, message, label)
                .place("change")
                .note("people who are locked out and demands that are lost were not looked for, or not to the end")
                .help(help),
        );
    }
}
