//! What a run reports: one [`Finding`] a fault, with every place that makes it true.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::source::{FileId, Span};

/// How much a finding matters. `Off` comes last so that levels order by weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// People are locked out, or the file cannot be used.
    Error,
    /// It fails under circumstances, or rests on something not fully known.
    Warn,
    /// Worth knowing.
    Note,
    /// Not reported.
    Off,
}

impl Level {
    /// The word users write and read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Note => "note",
            Self::Off => "off",
        }
    }

    /// The level of a word users write.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Error, Self::Warn, Self::Note, Self::Off].into_iter().find(|level| level.as_str() == word)
    }

    /// One level lower; a note stays a note.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Error => Self::Warn,
            Self::Warn | Self::Note => Self::Note,
            Self::Off => Self::Off,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// It follows from the files and from documented behaviour.
    Certain,
    /// It rests on a presumption that the finding names.
    Likely,
    /// It rests on something the files do not settle; never an error.
    Unverified,
}

/// The name of a rule. Not `&'static str`, so that rules need not be known at compile time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RuleId(Cow<'static, str>);

impl RuleId {
    /// A built-in rule's name.
    #[must_use]
    pub const fn built_in(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// The name of a rule that is read from a file.
    #[must_use]
    pub fn owned(id: String) -> Self {
        Self(Cow::Owned(id))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rules that reading the input reports, before there is a policy to check.
pub mod input {
    use super::RuleId;

    /// A file could not be read.
    pub const UNREADABLE_FILE: RuleId = RuleId::built_in("unreadable-file");
    /// A text breaks the grammar of its format.
    pub const SYNTAX_ERROR: RuleId = RuleId::built_in("syntax-error");
    /// A key stands twice in one object.
    pub const DUPLICATE_KEY: RuleId = RuleId::built_in("duplicate-key");
    /// A member the schema does not have.
    pub const UNKNOWN_MEMBER: RuleId = RuleId::built_in("unknown-member");
    /// A value the schema does not have.
    pub const UNKNOWN_VALUE: RuleId = RuleId::built_in("unknown-value");
    /// An export that holds less than the tenant.
    pub const INCOMPLETE_EXPORT: RuleId = RuleId::built_in("incomplete-export");
    /// An exception that excuses nothing.
    pub const UNUSED_EXCEPTION: RuleId = RuleId::built_in("unused-exception");
    /// An exception past its date.
    pub const EXPIRED_EXCEPTION: RuleId = RuleId::built_in("expired-exception");
    /// A suppression that gives no reason.
    pub const EXCEPTION_WITHOUT_REASON: RuleId = RuleId::built_in("exception-without-reason");
}

/// A place and what it contributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words that continue the text at the place.
    pub message: String,
}

impl Label {
    /// A label.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

/// A change that removes the cause of a finding and leaves alone whom the policy covers and what it demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an instruction.
    pub title: String,
    /// The edits, which belong together.
    pub edits: Vec<Edit>,
}

/// Another text in place of a piece of one. Ordered by place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The piece.
    pub span: Span,
    /// What takes its place.
    pub replacement: String,
}

/// The policy a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct About {
    /// Its display name, where the file gives one.
    pub name: Option<String>,
    /// Its object id, where the file gives one.
    pub id: Option<String>,
    /// The whole policy, for suppressions.
    #[serde(skip)]
    pub whole: Span,
}

/// The code Microsoft Entra shows to a person whose sign-in fails, such as `AADSTS53003`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub u32);

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AADSTS{}", self.0)
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One fault.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: RuleId,
    /// The level the rule gives it; configuration may change it.
    pub level: Level,
    /// How sure it is.
    pub certainty: Certainty,
    /// What is wrong: one line, lower case, no full stop.
    pub message: String,
    /// The policy it is about, where it is about one.
    pub policy: Option<About>,
    /// The policy is not enforced, so the fault comes about once it is.
    pub once_enabled: bool,
    /// The place to look at first.
    pub primary: Label,
    /// What else makes it true, each with its place.
    pub labels: Vec<Label>,
    /// Evidence elsewhere: another policy, another file, the configuration.
    pub related: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// What happens to whom.
    pub note: Option<String>,
    /// How to get back in when it has happened.
    pub recovery: Option<String>,
    /// The codes people see.
    pub error_codes: Vec<ErrorCode>,
    /// The place inside the policy in the schema's words, such as `conditions.users`; part of the fingerprint.
    pub place: Cow<'static, str>,
    /// What it has in common with findings of the same rule on other policies, such as the text of a placeholder.
    /// Those that are not excused are reported as one, and `related` then holds the places of the others.
    pub cause: Option<String>,
    /// The folder of the tenant's configuration in its repository; part of the fingerprint.
    pub tenant: String,
    /// The file could not be used in full, so the run did not do its job.
    pub unread: bool,
    /// A change that the program can make itself.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding with its message and primary place. Everything else is added by the methods below.
    pub fn new(rule: RuleId, level: Level, message: impl Into<String>, primary: Label) -> Self {
        Self {
            rule,
            level,
            certainty: Certainty::Certain,
            message: message.into(),
            policy: None,
            once_enabled: false,
            primary,
            labels: Vec::new(),
            related: Vec::new(),
            help: None,
            note: None,
            recovery: None,
            error_codes: Vec::new(),
            place: Cow::Borrowed(""),
            cause: None,
            tenant: String::new(),
            unread: false,
            fix: None,
        }
    }

    /// A file that could not be read at all.
    pub fn unreadable(file: FileId, message: impl Into<String>) -> Self {
        let mut finding =
            Self::new(input::UNREADABLE_FILE, Level::Error, message, Label::new(Span::start_of(file), ""));
        finding.unread = true;
        finding
    }

    /// Adds a place that makes the finding true.
    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label::new(span, message));
        self
    }

    /// Adds evidence from elsewhere.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label::new(span, message));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what happens to whom.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Says how to get back in.
    #[must_use]
    pub fn recovery(mut self, recovery: impl Into<String>) -> Self {
        self.recovery = Some(recovery.into());
        self
    }

    /// Names the codes people see.
    #[must_use]
    pub fn codes(mut self, codes: &[ErrorCode]) -> Self {
        self.error_codes.extend_from_slice(codes);
        self
    }

    /// Says how sure it is. Nothing unverified is an error.
    #[must_use]
    pub fn certainty(mut self, certainty: Certainty) -> Self {
        self.certainty = certainty;
        if certainty == Certainty::Unverified {
            self.level = self.level.max(Level::Warn);
        }
        self
    }

    /// Names the place in the policy.
    #[must_use]
    pub fn place(mut self, place: impl Into<Cow<'static, str>>) -> Self {
        self.place = place.into();
        self
    }

    /// Names what it has in common with findings of the same rule on other policies.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// In how many places of other policies the same was found.
    #[must_use]
    pub fn repeats(&self) -> usize {
        if self.cause.is_some() { self.related.len() } else { 0 }
    }

    /// Offers a change that the program can make itself; without edits there is none.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix = (!edits.is_empty()).then(|| Fix { title: title.into(), edits });
        self
    }

    /// Marks the file as not fully read.
    #[must_use]
    pub fn unread(mut self) -> Self {
        self.unread = true;
        self
    }

    /// Primary place and labels, in that order.
    pub fn all_labels(&self) -> impl Iterator<Item = &Label> {
        std::iter::once(&self.primary).chain(&self.labels)
    }
}

/// The nearest of some known words, where it is near enough for "did you mean".
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let longest = if lower.chars().count() < 4 { 1 } else { 2 };
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= longest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_words_are_near() {
        let known = ["excludeUsers", "excludeGroups"];
        assert_eq!(nearest("excludeUser", known), Some("excludeUsers"));
        assert_eq!(nearest("EXCLUDEUSERS", known), Some("excludeUsers"));
        assert_eq!(nearest("somethingElse", known), None);
    }

    #[test]
    fn unverified_is_never_an_error() {
        let place = Label::new(Span::start_of(FileId(0)), "");
        let finding = Finding::new(RuleId::built_in("x"), Level::Error, "m", place);
        assert_eq!(finding.certainty(Certainty::Unverified).level, Level::Warn);
    }
}
