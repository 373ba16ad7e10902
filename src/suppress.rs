//! Which findings are excused: exceptions in the configuration, comments in the files.
//!
//! An exception that excuses nothing, one that is past its date, and a comment without a reason are findings
//! themselves. A file that was not read in full cannot be excused.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;

use crate::config::Exception;
use crate::finding::{Finding, Label, Level, input};
use crate::rule_set::RuleSet;
use crate::source::{At, FileId, Sources, Span};

/// The rules of a run.
pub struct Known<'r> {
    /// All that there are.
    pub rules: &'r RuleSet,
    /// Whether one of them ran.
    pub ran: &'r dyn Fn(&str) -> bool,
}

/// Takes the excused findings out. Returns how many there were; what is wrong with the exceptions is added.
/// Nothing is said of comments on rules that did not run.
pub fn apply(
    findings: &mut Vec<Finding>,
    exceptions: &[&Exception],
    directives: &[At<String>],
    known: &Known<'_>,
    sources: &Sources,
    today: Date,
) -> usize {
    let before = findings.len();
    let mut complaints = Vec::new();
    for exception in exceptions {
        excuse_by_exception(findings, exception, today, &mut complaints);
    }
    let lines = Lines::of(findings, directives, sources);
    let mut commented = BTreeSet::new();
    for directive in directives {
        excuse_by_comment(findings, &lines, directive, known, sources, &mut commented, &mut complaints);
    }
    let mut at = 0..;
    findings.retain(|_| at.next().is_none_or(|at| !commented.contains(&at)));
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
    let Some(reason) = &exception.reason else {
        let message = format!("exception for `{policy}` gives no reason");
        let label = Label::new(exception.whole, "has no effect");
        complaints.push(
            Finding::new(input::EXCEPTION_WITHOUT_REASON, Level::Warn, message, label)
                .help("write `reason:` with why this is acceptable")
                .place(format!("{}/{policy}", exception.rule.value)),
        );
        return;
    };
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
            .note(format!("reason given: {reason}"))
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
            .note(format!("reason given: {reason}"))
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

/// The findings by the lines on which they have a place, or on which the policy they are about starts; of files
/// with comments for this program.
struct Lines {
    by_line: HashMap<(FileId, usize), Vec<usize>>,
}

impl Lines {
    fn of(findings: &[Finding], directives: &[At<String>], sources: &Sources) -> Self {
        let files: BTreeSet<_> = directives.iter().map(|directive| directive.span.file).collect();
        let mut by_line: HashMap<(FileId, usize), Vec<usize>> = HashMap::new();
        for (at, finding) in findings.iter().enumerate() {
            let labels = finding.all_labels().map(|label| label.span);
            let whole = finding.policy.iter().map(|policy| policy.whole);
            let spans = labels.chain(whole).filter(|span| files.contains(&span.file));
            let lines: BTreeSet<_> = spans.map(|span| (span.file, sources.range(span).0.line)).collect();
            for line in lines {
                by_line.entry(line).or_default().push(at);
            }
        }
        Self { by_line }
    }
}

fn excuse_by_comment(
    findings: &[Finding],
    lines: &Lines,
    directive: &At<String>,
    known: &Known<'_>,
    sources: &Sources,
    commented: &mut BTreeSet<usize>,
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
        if known.rules.find(rule).is_none() {
            let message = format!("comment excuses a rule that does not exist: `{rule}`");
            let help = known.rules.hint(rule);
            complaints.push(complain(input::UNUSED_EXCEPTION, message, "excuses nothing", help));
            continue;
        }
        if !(known.ran)(rule) {
            continue;
        }
        let here = lines.by_line.get(&(directive.span.file, line)).map_or(&[][..], Vec::as_slice);
        let is_excused = |at: &&usize| {
            let finding = findings.get(**at);
            finding.is_some_and(|finding| !finding.unread && finding.rule.as_str() == rule)
        };
        let excused: Vec<usize> = here.iter().filter(is_excused).copied().collect();
        commented.extend(&excused);
        if excused.is_empty() {
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
    let before = text.get(..span.start as usize).unwrap_or_default();
    let own = before.rsplit('\n').next().unwrap_or_default();
    if !own.trim().is_empty() {
        return start.line;
    }
    let after = text.get(span.end as usize..).unwrap_or_default();
    let is_content = |line: &str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && !line.starts_with("//") && line != "---"
    };
    let next = after.split('\n').enumerate().skip(1).find(|(_, line)| is_content(line));
    next.map_or(start.line, |(at, _)| start.line + at)
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
