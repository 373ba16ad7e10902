//! What a rule is.

use std::borrow::Cow;

use crate::access::change::Change;
use crate::access::{Access, Standing, standing};
use crate::finding::{Finding, Label, Level, RuleId};
use crate::policy::Policy;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// People cannot sign in.
    Lockout,
    /// The service refuses a policy, or it has no effect.
    Validity,
    /// Sign-ins that no policy protects.
    Coverage,
    /// A policy works, and will give trouble to whoever keeps it.
    Hygiene,
    /// A change takes access or protection away.
    Change,
    /// A file cannot be read as meant.
    Input,
    /// An exception in the configuration or in a comment.
    Exception,
    /// What an organization asks of its policies, in rules of its own.
    House,
}

impl Family {
    /// All of them, in the order they are listed in.
    pub const ALL: [Self; 8] = [
        Self::Lockout,
        Self::Validity,
        Self::Coverage,
        Self::Hygiene,
        Self::Change,
        Self::Input,
        Self::Exception,
        Self::House,
    ];

    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Lockout => "Lockout",
            Self::Validity => "Validity",
            Self::Coverage => "Coverage",
            Self::Hygiene => "Hygiene",
            Self::Change => "Change",
            Self::Input => "Input",
            Self::Exception => "Exception",
            Self::House => "House rules",
        }
    }

    /// What its rules find, as a sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Lockout => "People cannot sign in, or cannot undo it.",
            Self::Validity => "Microsoft Graph refuses a policy, or it has no effect.",
            Self::Coverage => "Sign-ins that no policy protects.",
            Self::Hygiene => "A policy works, and will give trouble to whoever keeps it.",
            Self::Change => "A change takes access or protection away; `calint diff` reports these.",
            Self::Input => "Files that cannot be read as meant, so that something was not checked.",
            Self::House => "What an organization asks of its policies, in rules of its own.",
            Self::Exception => {
                "Exceptions in the configuration or in a comment that do not do what they say."
            }
        }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lockout => "lockout",
            Self::Validity => "validity",
            Self::Coverage => "coverage",
            Self::Hygiene => "hygiene",
            Self::Change => "change",
            Self::Input => "input",
            Self::Exception => "exception",
            Self::House => "house",
        }
    }
}

/// Rules that are off unless they are asked for, by a name for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// What checklists expect of every tenant, such as CISA's and Microsoft's own templates.
    Coverage,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Coverage];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coverage => "coverage",
        }
    }

    /// The profile of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == word)
    }
}

/// What is known of a rule without running it.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Its name, and the name of its folder. Read after "allow", it names the bad thing.
    pub id: RuleId,
    /// What it is about.
    pub family: Family,
    /// The highest level it reports on its own.
    pub level: Level,
    /// Its documentation: title, one-line summary, sections, examples.
    pub docs: Cow<'static, str>,
}

impl Meta {
    /// The first paragraph of the documentation.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.docs.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default()
    }

    /// The first link of the documentation's references.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        let (_, references) = self.docs.split_once("\n## References\n")?;
        references.split_whitespace().find_map(|word| {
            let at = word.find("https://")?;
            Some(word.get(at..)?.trim_end_matches([')', '>', '.']))
        })
    }
}

/// One check.
pub trait Rule: Send + Sync {
    /// What is known of it without running it.
    fn meta(&self) -> &Meta;

    /// The profile that turns it on, where it is off without one.
    fn profile(&self) -> Option<Profile> {
        None
    }

    /// Whether it runs without being asked for.
    fn is_on(&self) -> bool {
        self.profile().is_none()
    }

    /// Whether its findings can offer a change that the program makes itself.
    fn fixes(&self) -> bool {
        false
    }

    /// Reports what is wrong with a tenant. Rules of the input and exception families report while reading,
    /// and have nothing to do here.
    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let _ = (access, findings);
    }

    /// Reports what is wrong with a change from one state of a tenant to another. Rules of the change family alone
    /// have something to do here.
    fn check_change(&self, change: &Change<'_>, findings: &mut Vec<Finding>) {
        let _ = (change, findings);
    }
}

/// A finding about a policy. What would come about only once the policy is enabled says so and is one level
/// lower.
#[must_use]
pub fn finding(meta: &Meta, policy: &Policy, level: Level, message: &str, primary: Label) -> Finding {
    let once_enabled = standing(policy) != Standing::Enforced;
    let (level, message) = if once_enabled {
        (level.lowered(), format!("{message}, once enabled"))
    } else {
        (level, message.to_owned())
    };
    let mut finding = Finding::new(meta.id.clone(), level, message, primary);
    finding.policy = Some(policy.about());
    finding.once_enabled = once_enabled;
    finding
}

/// What rules import.
pub mod prelude {
    pub use std::borrow::Cow;

    pub use super::{Family, Meta, Rule, finding};
    pub use crate::access::Access;
    pub use crate::access::change::Change;
    pub use crate::finding::{Certainty, ErrorCode, Finding, Label, Level, RuleId, input};
    pub use crate::policy::Policy;
    pub use crate::source::Span;
}
