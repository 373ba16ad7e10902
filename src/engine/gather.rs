//! Findings that have one cause are reported as one, such as those on a placeholder that stands in many policies.
//!
//! This comes after exceptions, so that excusing one policy leaves the others reported.

use std::collections::BTreeMap;

use crate::finding::{Finding, Label, RuleId};
use crate::source::Span;

/// Makes one finding of those with the same rule and cause: the gravest stays, of several the one whose place comes
/// first, and the places of the others are added to it. Causes that one policy alone has are one finding on the
/// policy.
pub(super) fn gather(findings: Vec<Finding>) -> Vec<Finding> {
    let mut gathered = Vec::new();
    let mut causes: BTreeMap<(RuleId, String), Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        match &finding.cause {
            None => gathered.push(finding),
            Some(cause) => {
                causes.entry((finding.rule.clone(), cause.clone())).or_default().push(finding);
            }
        }
    }
    let (single, shared): (Vec<_>, Vec<_>) = causes.into_values().partition(|alike| alike.len() == 1);
    gathered.extend(shared.into_iter().filter_map(one));
    let mut by_policy: BTreeMap<(RuleId, Span), Vec<Finding>> = BTreeMap::new();
    for finding in single.into_iter().flatten() {
        let whole = finding.policy.as_ref().map_or(finding.primary.span, |policy| policy.whole);
        by_policy.entry((finding.rule.clone(), whole)).or_default().push(finding);
    }
    gathered.extend(by_policy.into_values().filter_map(of_policy));
    gathered
}

/// One finding of those on one policy, whatever their causes.
fn of_policy(mut findings: Vec<Finding>) -> Option<Finding> {
    findings.sort_by_key(|finding| (finding.level, finding.primary.span));
    let alone = findings.len() == 1;
    let mut findings = findings.into_iter();
    let mut first = findings.next()?;
    if !alone {
        first.cause = None;
    }
    first.labels.extend(findings.flat_map(|other| std::iter::once(other.primary).chain(other.labels)));
    Some(first)
}

fn one(mut alike: Vec<Finding>) -> Option<Finding> {
    alike.sort_by_key(|finding| (finding.level, finding.primary.span));
    let mut alike = alike.into_iter();
    let mut first = alike.next()?;
    let own: Vec<_> = first.all_labels().map(|label| label.span).collect();
    let mut others: Vec<_> = alike
        .filter(|other| !own.contains(&other.primary.span))
        .map(|other| {
            let name = other.policy.and_then(|policy| policy.name.or(policy.id));
            let message = name.map_or("here too".to_owned(), |name| format!("`{name}`: here too"));
            Label::new(other.primary.span, message)
        })
        .collect();
    others.sort_by_key(|label| label.span);
    others.dedup_by_key(|label| label.span);
    first.related.append(&mut others);
    Some(first)
}
