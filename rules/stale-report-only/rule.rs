//! A policy that stays in report-only.

use jiff::civil::Date;
use jiff::tz::Offset;

use crate::edit::Page;
use crate::policy::words::{State, Word};
use crate::policy::{Fact, Format};
use crate::rule::prelude::*;
use crate::rules::any_state;

pub(super) static RULE: &dyn Rule = &StaleReportOnly;

struct StaleReportOnly;

impl Rule for StaleReportOnly {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("stale-report-only"),
            family: Family::Hygiene,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let (Some(limit), Some(today)) = (access.settings.report_only_days, access.settings.today) else {
            return;
        };
        for policy in access.judged() {
            let Some(state) = policy.state.get().filter(|state| *state.value == State::ReportOnly) else {
                continue;
            };
            let Some((since, source)) = since(policy, access) else { continue };
            let days = since.until(today).map_or(0, |span| span.get_days());
            if i64::from(days) <= i64::from(limit) {
                continue;
            }
            let message = format!("policy has been in report-only for {days} days or more");
            let label = Label::new(state.span, format!("since {since} at the latest"));
            let mut found = any_state::finding(self.meta(), policy, Level::Warn, &message, label)
                .note(format!("it shows what would happen and stops nobody; {source}"))
                .help(format!("set `{}` to `enabled`, or delete the policy", policy.spelling.member("state")))
                .place("state");
            if let Some((_, place, _)) = dated(policy) {
                found = found.label(place, "the last change");
            }
            findings.push(found);
        }
    }
}

/// A day since when the policy is as it is, and what tells it.
fn since(policy: &Policy, access: &Access<'_>) -> Option<(Date, &'static str)> {
    if let Some((date, _, source)) = dated(policy) {
        return Some((date, source));
    }
    // A state that is written elsewhere, as in a variable, can change while the file does not.
    let state = policy.state.span()?;
    let source = access.settings.texts?.get(state.file)?;
    let page = Page::new(state.file, source.text(), policy.spelling.format);
    let here = policy.spelling.format != Format::Hcl || page.is_literal(state, State::ReportOnly.as_str());
    let date = (access.settings.last_change?)(state.file).filter(|_| here && !policy.is_generated)?;
    Some((date, "the day is that of the last commit to the file"))
}

/// The last change that the policy itself tells.
fn dated(policy: &Policy) -> Option<(Date, Span, &'static str)> {
    let of = |fact: &Fact<String>| fact.get().and_then(|at| Some((day(at.value)?, at.span)));
    let modified = of(&policy.modified).map(|(date, span)| (date, span, "the day is `modifiedDateTime`"));
    let unchanged = policy.modified.is_absent();
    modified.or_else(|| {
        of(&policy.created)
            .filter(|_| unchanged)
            .map(|(date, span)| (date, span, "the day is `createdDateTime`"))
    })
}

/// The day of a time as Microsoft Graph or an old PowerShell writes it.
fn day(text: &str) -> Option<Date> {
    if let Some(milliseconds) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        let stamp = jiff::Timestamp::from_millisecond(milliseconds.parse().ok()?).ok()?;
        return Some(Offset::UTC.to_datetime(stamp).date());
    }
    text.get(..10)?.parse().ok()
}
