//! The examples of a house rule, run as policies.

use super::{HouseRule, NAME};
use crate::access::{Access, Assume};
use crate::finding::{Certainty, Finding, Label, Level, RuleId};
use crate::notation;
use crate::policy::{Format, PolicySet};
use crate::rule::Rule;
use crate::source::Span;
use crate::syntax::Node;

impl HouseRule {
    /// How many examples it has.
    #[must_use]
    pub fn examples(&self) -> usize {
        self.good.len() + self.bad.len()
    }

    /// What is wrong with its examples: each bad one has to bring up exactly one finding, each good one none.
    #[must_use]
    pub fn failures(&self) -> Vec<Finding> {
        let mut failures = Vec::new();
        for (examples, bad) in [(&self.good, false), (&self.bad, true)] {
            for example in examples {
                self.try_out(example, bad, &mut failures);
            }
        }
        failures
    }

    fn try_out(&self, example: &Node<'static>, bad: bool, failures: &mut Vec<Finding>) {
        let Some(map) = example.as_map() else { return };
        let (policy, odd) = notation::partial(map, example.span, Format::Yaml);
        failures.extend(odd);
        let place = policy.head;
        let set = PolicySet { policies: vec![policy], ..PolicySet::default() };
        let mut found = Vec::new();
        self.check(&Access::new(&set, Vec::new(), Assume::default(), true), &mut found);
        let undecided = found.iter().find(|finding| finding.certainty == Certainty::Unverified);
        let id = self.id().value;
        if let Some(finding) = undecided {
            let message = format!("`{id}` does not decide this example");
            let mut failure = failure(place, message, "in this example");
            failure.labels.extend(finding.all_labels().cloned());
            failures.push(failure.help("write every value the rule looks at"));
        } else if bad && found.is_empty() {
            let message = format!("`{id}` does not find this bad example");
            let help = "the example has to be one that `where` selects, and to break `require` or `forbid`";
            failures.push(failure(place, message, "in this example").help(help));
        } else if let (false, Some(finding)) = (bad, found.first()) {
            let message = format!("`{id}` finds this good example");
            let mut failure = failure(place, message, "in this example");
            failure.labels.extend(finding.all_labels().cloned());
            failures.push(failure.help("correct the example, or the conditions of the rule"));
        }
    }
}

fn failure(place: Span, message: String, label: &str) -> Finding {
    Finding::new(RuleId::built_in(NAME), Level::Error, message, Label::new(place, label))
}
