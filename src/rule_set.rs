//! The rules of a run: those built in, and those of its tenants.

use std::fmt;
use std::sync::Arc;

use crate::finding::{RuleId, nearest};
use crate::rule::Rule;
use crate::rules;

/// The built-in rules in their order, then others by id.
#[derive(Clone, Default)]
pub struct RuleSet {
    own: Vec<Arc<dyn Rule>>,
}

impl RuleSet {
    /// Takes a rule in, unless there is one of its id.
    pub fn add(&mut self, rule: Arc<dyn Rule>) {
        if self.find(rule.meta().id.as_str()).is_none() {
            let at = self.own.partition_point(|known| known.meta().id < rule.meta().id);
            self.own.insert(at, rule);
        }
    }

    /// Takes in the rules of another set that are not built in.
    pub fn add_all(&mut self, other: &Self) {
        for rule in &other.own {
            self.add(Arc::clone(rule));
        }
    }

    /// Every rule, in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Rule> {
        let own = self.own.iter().map(|rule| &**rule as &dyn Rule);
        rules::ALL.iter().map(|rule| *rule as &dyn Rule).chain(own)
    }

    /// The rule of a name.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&dyn Rule> {
        self.iter().find(|rule| rule.meta().id.as_str() == id)
    }

    /// The rule of a finding.
    #[must_use]
    pub fn of(&self, id: &RuleId) -> Option<&dyn Rule> {
        self.find(id.as_str())
    }

    /// The place of a rule in the order.
    #[must_use]
    pub fn position(&self, id: &RuleId) -> Option<usize> {
        self.iter().position(|rule| rule.meta().id == *id)
    }

    /// What to say to someone who names a rule that does not exist.
    #[must_use]
    pub fn hint(&self, word: &str) -> String {
        match nearest(word, self.iter().map(|rule| rule.meta().id.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`calint rules` lists the rules".to_owned(),
        }
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|rule| rule.meta().id.as_str())).finish()
    }
}
