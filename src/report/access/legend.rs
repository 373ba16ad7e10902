//! What the formats for people share: the numbers of policies, and a mark and a word for each kind of answer.

use super::{AccessReport, PolicyPlace};
use crate::access::matrix::Reach;

/// The policies that answers name, numbered from 1 in the order they first appear.
#[derive(Default)]
pub(super) struct Legend<'r> {
    pub(super) policies: Vec<&'r PolicyPlace>,
}

impl<'r> Legend<'r> {
    /// All policies of a report.
    pub(super) fn of(report: &'r AccessReport) -> Self {
        let mut legend = Self::default();
        for policy in report.answers.iter().flat_map(|group| &group.policies) {
            legend.number(policy);
        }
        legend
    }

    pub(super) fn number(&mut self, policy: &'r PolicyPlace) -> usize {
        let known = self.policies.iter().position(|known| *known == policy);
        known.map_or_else(
            || {
                self.policies.push(policy);
                self.policies.len()
            },
            |at| at + 1,
        )
    }
}

/// A mark that needs no colour.
pub(super) fn mark(reach: Reach) -> &'static str {
    match reach {
        Reach::Always => "✓",
        Reach::Sometimes => "~",
        Reach::LockedOut => "✗",
        Reach::Depends | Reach::Undecided => "?",
    }
}

/// One or two words that stand beside the mark.
pub(super) fn word(reach: Reach) -> &'static str {
    match reach {
        Reach::Always => "always",
        Reach::Sometimes => "limited",
        Reach::LockedOut => "locked out",
        Reach::Depends => "depends",
        Reach::Undecided => "undecided",
    }
}

/// What the mark and the word stand for.
pub(super) fn meaning(reach: Reach) -> &'static str {
    match reach {
        Reach::Always => "from any network and on any device, perhaps after a prompt",
        Reach::Sometimes => "under the circumstances named",
        Reach::LockedOut => "no sign-in gets in",
        Reach::Depends => "on what the files do not tell",
        Reach::Undecided => "not within the budget",
    }
}
