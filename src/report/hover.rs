//! For editors: one finding as Markdown, shown where the pointer rests.

use super::markup::{code, message, text};
use super::policy_name;
use crate::finding::Finding;
use crate::rule_set::RuleSet;
use crate::sign_in_error;

/// All that a finding says, and what its rule is about.
#[must_use]
pub fn hover(finding: &Finding, rules: &RuleSet) -> String {
    let rule = rules.of(&finding.rule).map(|rule| rule.meta());
    let mut parts = vec![format!("**{}** {}", finding.level, message(&finding.message))];
    if let Some(name) = policy_name(finding) {
        parts.push(format!("Policy: {}", text(name)));
    }
    parts.extend(finding.note.as_deref().map(message));
    for (what, part) in [("What to do", &finding.help), ("Way back in", &finding.recovery)] {
        parts.extend(part.as_deref().map(|part| format!("**{what}:** {}", message(part))));
    }
    for error in &finding.error_codes {
        if let Some(known) = sign_in_error::find(&error.to_string()) {
            parts.push(format!("**{error}:** {}", message(known.meaning)));
        }
    }
    let summary = rule.map(|rule| format!(": {}", message(rule.summary()))).unwrap_or_default();
    let link = rule.and_then(|rule| rule.url()).map(|url| format!(" [Documentation]({url})"));
    parts.push(format!("{}{summary}{}", code(finding.rule.as_str()), link.unwrap_or_default()));
    parts.join("\n\n")
}

/// A name as it is written in a file.
#[must_use]
pub fn name(name: &str) -> String {
    format!("**{}**", text(name))
}
