//! Which findings are excused: exceptions in the configuration, comments in the files.
//!
//! An exception that excuses nothing, one that is past its date, and a comment without a reason are findings
//! themselves. A file that was not read in full cannot be excused.

use jiff::civil::Date;

use crate::config::Exception;
use crate::finding::{Finding, Label, Level, input, nearest};
use crate::rules;
use crate::source::{At, Sources, Span};

/// Takes the excused findings out. Returns how many there were; what is wrong with the exceptions is added.
/// Nothing is said of comments on rules that did not run.
pub fn apply(
    findings: &mut Vec<Finding>,
    exceptions: &[&Exception],
    directives: &[At<String>],
    ran: &dyn Fn(&str) -> bool,
    sources: &Sources,
    today: Date,
) -> usize {
    let before = findings.len();
    let mut complaints = Vec::new();
    for exception in exceptions {
        excuse_by_exception(findings, exception, today, &mut complaints);
    }
    for directive in directives {
        excuse_by_comment(findings, directive, ran, sources, &mut complaints);
    }
    let excused = before - findings.len();
    findings.append(&mut complaints);
    excused
}

fn excuse_by_exception(
    findings: &mut Vec<Finding>,
    exception: &Exception,
    today: Date,
    complaints: &mut Vec<Finding>,
) {
    let fits = |finding: &Finding| {
        !finding.unread
            && finding.rule.as_str() == exception.rule.value
            && finding.policy.as_ref().is_some_and(|policy| exception.is_about(policy))
    };
    let policy = &exception.policy.value;
    if let Some(until) = exception.until.filter(|until| until.value < today) {
        let message = format!("exception for `{policy}` ended on {}", until.value);
        complaints.push(
            Finding::new(
                input::EXPIRED_EXCEPTION,
                Level::Warn,
                message,
                Label::new(until.span, "this day is past"),
            )
            .label(exception.whole, "the rule it excused")
            .note(format!("reason given: {}", exception.reason))
            .help("fix the policy and delete the exception, or decide on a new date")
            .place(format!("{}/{policy}", exception.rule.value)),
        );
        return;
    }
    let count = findings.len();
    findings.retain(|finding| !fits(finding));
    if findings.len() == count {
        let message = format!("exception for `{policy}` excuses nothing");
        complaints.push(
            Finding::new(
                input::UNUSED_EXCEPTION,
                Level::Warn,
                message,
                Label::new(exception.policy.span, "no finding of the rule on this policy"),
            )
            .label(exception.rule.span, "the rule")
            .note(format!("reason given: {}", exception.reason))
            .help("delete the exception, or correct the policy's name or the rule")
            .place(format!("{}/{policy}", exception.rule.value)),
        );
    }
}

/// What a comment `# calint: allow(rule, …) reason` says.
struct Allowance<'d> {
    rules: Vec<&'d str>,
    reason: &'d str,
}

fn parse(text: &str) -> Option<Allowance<'_>> {
    let rest = text.strip_prefix("allow")?.trim_start().strip_prefix('(')?;
    let (rules, reason) = rest.split_once(')')?;
    let rules = rules.split(',').map(str::trim).filter(|rule| !rule.is_empty()).collect();
    Some(Allowance { rules, reason: reason.trim_start_matches([':', ' ', '-']).trim() })
}

fn excuse_by_comment(
    findings: &mut Vec<Finding>,
    directive: &At<String>,
    ran: &dyn Fn(&str) -> bool,
    sources: &Sources,
    complaints: &mut Vec<Finding>,
) {
    let complain = |rule, message: String, label: &str, help: String| {
        Finding::new(rule, Level::Warn, message, Label::new(directive.span, label)).help(help)
    };
    let form = "write `# calint: allow(<rule>) <reason>`".to_owned();
    let Some(allowance) = parse(&directive.value).filter(|allowance| !allowance.rules.is_empty()) else {
        let message = "comment for calint is not understood".to_owned();
        complaints.push(complain(input::UNUSED_EXCEPTION, message, "excuses nothing", form));
        return;
    };
    if allowance.reason.is_empty() {
        let message = "comment excuses a finding without a reason".to_owned();
        complaints.push(complain(input::EXCEPTION_WITHOUT_REASON, message, "has no effect", form));
        return;
    }
    let line = covered_line(directive.span, sources);
    for rule in allowance.rules {
        if rules::find(rule).is_none() {
            let known = rules::ALL.iter().map(|rule| rule.meta().id.as_str());
            let help = nearest(rule, known).map(|near| format!("did you mean `{near}`?"));
            let message = format!("comment excuses a rule that does not exist: `{rule}`");
            let help = help.unwrap_or_else(|| "`calint rules` lists the rules".to_owned());
            complaints.push(complain(input::UNUSED_EXCEPTION, message, "excuses nothing", help));
            continue;
        }
        if !ran(rule) {
            continue;
        }
        let count = findings.len();
        findings.retain(|finding| {
            finding.unread
                || finding.rule.as_str() != rule
                || !touches(finding, directive.span, line, sources)
        });
        if findings.len() == count {
            let message = format!("comment excuses `{rule}`, which is not found here");
            complaints.push(
                complain(
                    input::UNUSED_EXCEPTION,
                    message,
                    "excuses nothing",
                    "delete the comment".to_owned(),
                )
                .place(rule.to_owned()),
            );
        }
    }
}

/// The line a comment speaks of: its own where something stands before it, else the next line with content.
fn covered_line(span: Span, sources: &Sources) -> usize {
    let (start, _) = sources.range(span);
    let text = sources.get(span.file).map_or("", |source| source.text());
    let own =
        text.get(..span.start as usize).and_then(|before| before.lines().next_back()).unwrap_or_default();
    if !own.trim().is_empty() && start.column > 1 {
        return start.line;
    }
    let after = text.lines().enumerate().skip(start.line);
    let next = after
        .map(|(at, line)| (at + 1, line.trim()))
        .find(|(_, line)| !line.is_empty() && !line.starts_with('#') && *line != "---");
    next.map_or(start.line, |(line, _)| line)
}

/// Whether a finding has a place on a line, or is about the policy that starts there.
fn touches(finding: &Finding, comment: Span, line: usize, sources: &Sources) -> bool {
    let on_line = |span: Span| span.file == comment.file && sources.range(span).0.line == line;
    finding.all_labels().any(|label| on_line(label.span))
        || finding.policy.as_ref().is_some_and(|policy| on_line(policy.whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_name_rules_and_a_reason() {
        let allowance = parse("allow(block-everyone, syntax-error): tested on a copy").unwrap();
        assert_eq!(allowance.rules, ["block-everyone", "syntax-error"]);
        assert_eq!(allowance.reason, "tested on a copy");
        assert_eq!(parse("allow(x)").unwrap().reason, "");
        assert!(parse("deny(x)").is_none());
    }
}
