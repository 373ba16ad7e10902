//! House rules: what an organization asks of its policies, written in YAML over the model.
//!
//! A rule selects policies by their fields and says what has to be so, or must not be. Whatever needs more than the
//! fields of one policy is a rule in Rust.

mod condition;
mod example;
mod field;
mod read;
pub mod schema;

pub use read::read;

use std::sync::Arc;

use crate::access::Access;
use crate::finding::{Certainty, Finding, Label, Level};
use crate::policy::{Policy, Truth, Why};
use crate::rule::{Meta, Rule};
use crate::rule_set::RuleSet;
use crate::source::{At, Span};
use crate::syntax::Node;
use condition::{Condition, Doubt, Judgement};

/// What problems of a rule file are reported as.
pub const NAME: &str = "house-rules";

/// One rule of a file.
#[derive(Debug)]
pub struct HouseRule {
    meta: Meta,
    /// Where its id stands.
    id: Span,
    message: String,
    help: String,
    note: Option<String>,
    selects: Vec<Condition>,
    requires: Vec<Condition>,
    forbids: Vec<Condition>,
    good: Vec<Node<'static>>,
    bad: Vec<Node<'static>>,
}

impl HouseRule {
    /// Its name and where it is written.
    #[must_use]
    pub fn id(&self) -> At<&str> {
        At::new(self.meta.id.as_str(), self.id)
    }

    /// Whether it says itself in which state a policy has to be, so that disabled ones are not left out.
    fn selects_by_state(&self) -> bool {
        self.selects.iter().any(|condition| condition.field.name == "state")
    }

    fn finding(&self, policy: &Policy) -> Option<Finding> {
        let selected: Vec<_> = self.selects.iter().map(|condition| condition.judge(policy)).collect();
        let required: Vec<_> = self.requires.iter().map(|condition| condition.judge(policy)).collect();
        let forbidden: Vec<_> = self.forbids.iter().map(|condition| condition.judge(policy)).collect();
        let lacking = all(&required).negated();
        let present = if forbidden.is_empty() { Truth::No } else { all(&forbidden) };
        match all(&selected).and(lacking.or(present)) {
            Truth::No => None,
            Truth::Yes if lacking == Truth::Yes => Some(self.lacking(policy, &required)),
            Truth::Yes => Some(self.present(policy, &forbidden)),
            Truth::Unknown => Some(self.undecided(policy, &[selected, required, forbidden])),
        }
    }

    fn lacking(&self, policy: &Policy, required: &[Judgement<'_>]) -> Finding {
        let failed = required.iter().filter(|judgement| judgement.truth == Truth::No);
        self.violated(policy, failed, |judgement| match judgement.failed {
            Some(test) => test.failure(judgement.field, judgement.place.is_some(), policy.spelling),
            None => String::new(),
        })
    }

    fn present(&self, policy: &Policy, forbidden: &[Judgement<'_>]) -> Finding {
        self.violated(policy, forbidden.iter(), |judgement| match judgement.place {
            Some(_) => "not allowed by this rule".to_owned(),
            None => format!("`{}` is missing", policy.spelling.member(judgement.field.member())),
        })
    }

    /// A finding that marks where each of some conditions is decided; the name of the policy where nothing is
    /// written.
    fn violated<'j, 'c: 'j>(
        &self,
        policy: &Policy,
        judgements: impl Iterator<Item = &'j Judgement<'c>>,
        label: impl Fn(&Judgement<'c>) -> String,
    ) -> Finding {
        let mut labels =
            judgements.map(|it| (it.field.place(), Label::new(it.place.unwrap_or(policy.head), label(it))));
        let first = labels.next();
        let (place, primary) =
            first.unwrap_or_else(|| (String::new(), Label::new(policy.head, "this policy")));
        let mut finding = self.about(policy, self.meta.level, self.message.clone(), primary).place(place);
        finding.labels.extend(labels.map(|(_, label)| label));
        finding.note.clone_from(&self.note);
        finding.help(self.help.clone())
    }

    /// A note that says what could not be decided.
    fn undecided(&self, policy: &Policy, groups: &[Vec<Judgement<'_>>]) -> Finding {
        let open = groups.iter().flatten().filter(|judgement| judgement.truth == Truth::Unknown);
        let mut place = String::new();
        let mut doubts: Vec<At<Doubt>> = Vec::new();
        for judgement in open {
            if doubts.is_empty() {
                place = judgement.field.place();
            }
            for doubt in &judgement.doubts {
                if doubts.iter().all(|known| known.span != doubt.span) {
                    doubts.push(*doubt);
                }
            }
        }
        let mut labels = doubts.iter().map(|doubt| Label::new(doubt.span, doubt.value.label()));
        let primary = labels.next().unwrap_or_else(|| Label::new(policy.head, "not known"));
        let way = doubts.first().map_or(Doubt::Written(Why::Expression), |doubt| doubt.value).way_out();
        let message = format!("could not decide: {}", self.message);
        let mut finding = self
            .about(policy, Level::Note, message, primary)
            .certainty(Certainty::Unverified)
            .place(place)
            .note("whether the policy breaks this rule depends on what the files do not tell")
            .help(format!("{way}; where it breaks the rule, {}", self.help));
        finding.labels.extend(labels);
        finding
    }

    /// The state of the policy changes neither level nor message: the rule says itself which states it is about.
    fn about(&self, policy: &Policy, level: Level, message: String, primary: Label) -> Finding {
        let mut finding = Finding::new(self.meta.id.clone(), level, message, primary);
        finding.policy = Some(policy.about());
        finding
    }
}

impl Rule for HouseRule {
    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        if self.selects_by_state() {
            findings.extend(access.set.policies.iter().filter_map(|policy| self.finding(policy)));
        } else {
            findings.extend(access.judged().filter_map(|policy| self.finding(policy)));
        }
    }
}

impl Doubt {
    /// What to say at the place.
    fn label(self) -> &'static str {
        match self {
            Self::Written(Why::Placeholder) => "a placeholder, and not known for what",
            Self::Written(Why::Expression) => "known only once this is evaluated",
            Self::Written(Why::HiddenByExport) => "hidden by the export",
            Self::Written(Why::UnknownWord) => "a word that is not known",
            Self::Written(Why::NameForId) => "a name, and not known of which id",
            Self::Written(Why::WrongType | Why::Nobody) => "not a value that belongs here",
            Self::OtherForm => "a name where the rule has an id, or an id where a name",
        }
    }

    /// How to make it known.
    fn way_out(self) -> &'static str {
        match self {
            Self::Written(Why::Placeholder) => {
                "write the value, or name the placeholder itself in the rule where it stands for what is meant"
            }
            Self::Written(Why::Expression) => {
                "give the value in the files, check the output of `terraform show -json`, or name the expression \
                 itself in the rule"
            }
            Self::Written(Why::HiddenByExport) => "export the policy again in full",
            Self::Written(Why::NameForId) => "write the id",
            Self::Written(Why::UnknownWord | Why::WrongType | Why::Nobody) => "correct the value",
            Self::OtherForm => "name it in the rule both by its id and by its name",
        }
    }
}

/// Whether all conditions hold.
fn all(judgements: &[Judgement<'_>]) -> Truth {
    judgements.iter().fold(Truth::Yes, |truth, judgement| truth.and(judgement.truth))
}

/// The built-in rules and some house rules.
#[must_use]
pub fn with_built_in(house: &[Arc<HouseRule>]) -> RuleSet {
    let mut rules = RuleSet::default();
    for rule in house {
        rules.add(Arc::clone(rule) as Arc<dyn Rule>);
    }
    rules
}
