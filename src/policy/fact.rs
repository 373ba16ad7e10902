//! Facts with three values: known, absent, unresolved.
//!
//! A reader of these types cannot take an unknown for an absence: whoever asks for a value has to say what
//! an unresolved one means.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::source::{At, Span};

/// Three-valued truth (Kleene).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// The files do not settle it.
    Unknown,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// Why a value is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// A placeholder that something replaces before use: `<break-glass>`, `{{group}}`, `%NAME%`.
    Placeholder,
    /// An expression that is not evaluated here.
    Expression,
    /// A word that is not in the tables this program has.
    UnknownWord,
    /// The sentinel `unknownFutureValue`, behind which an export hid the real value.
    HiddenByExport,
    /// A name or user principal name where the schema has an object id.
    NameForId,
    /// A text known to stand for nobody: empty, or left over from a template.
    Nobody,
    /// A value of the wrong type.
    WrongType,
}

/// A value that is not known, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The text as written.
    pub text: String,
    /// Why it is not known.
    pub why: Why,
}

impl Serialize for Unresolved {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("unresolved", &self.text)?;
        map.serialize_entry("why", &self.why)?;
        map.end()
    }
}

/// A written value: known or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Given<T> {
    /// The value.
    Known(T),
    /// Something was written, but not a value this program can use.
    Unresolved(Unresolved),
}

/// A fact of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fact<T> {
    /// Nothing is written; `null` and empty shells count as nothing.
    #[default]
    Absent,
    /// Something is written.
    Written(At<Given<T>>),
}

impl<T> Fact<T> {
    /// A known value at a place.
    pub fn known(value: T, span: Span) -> Self {
        Self::Written(At::new(Given::Known(value), span))
    }

    /// The value and its place, where it is known.
    pub fn get(&self) -> Option<At<&T>> {
        match self {
            Self::Written(At { value: Given::Known(value), span }) => Some(At::new(value, *span)),
            _ => None,
        }
    }

    /// Whether nothing is written. An unresolved value is something.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// What is written and not known.
    pub fn unresolved(&self) -> Option<At<&Unresolved>> {
        match self {
            Self::Written(At { value: Given::Unresolved(what), span }) => Some(At::new(what, *span)),
            _ => None,
        }
    }

    /// The place, where something is written.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Absent => None,
            Self::Written(at) => Some(at.span),
        }
    }
}

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Written(at) => at.value.serialize(serializer),
        }
    }
}

/// A list of values. A missing list, `null` and `[]` are the same (Microsoft Graph writes any of them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T> {
    /// The place of the key that holds the list, where it is written.
    pub key: Option<Span>,
    /// The values in order.
    pub items: Vec<At<Given<T>>>,
    /// The list itself is an expression, so it may hold more than `items`.
    pub open: Option<Box<At<Unresolved>>>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { key: None, items: Vec::new(), open: None }
    }
}

impl<T> List<T> {
    /// Whether nothing is listed. A list that is an expression is not empty.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.open.is_none()
    }

    /// The known values with their places.
    pub fn known(&self) -> impl Iterator<Item = At<&T>> {
        self.items.iter().filter_map(|item| match &item.value {
            Given::Known(value) => Some(At::new(value, item.span)),
            Given::Unresolved(_) => None,
        })
    }

    /// What is listed and not known; an open list counts as one.
    pub fn unresolved(&self) -> impl Iterator<Item = At<&Unresolved>> {
        let items = self.items.iter().filter_map(|item| match &item.value {
            Given::Known(_) => None,
            Given::Unresolved(what) => Some(At::new(what, item.span)),
        });
        items.chain(self.open.iter().map(|open| At::as_ref(open)))
    }

    /// Whether every value is known.
    pub fn is_known(&self) -> bool {
        self.unresolved().next().is_none()
    }

    /// The first known value that fits.
    pub fn find(&self, fits: impl Fn(&T) -> bool) -> Option<At<&T>> {
        self.known().find(|item| fits(item.value))
    }
}

impl<T: PartialEq> List<T> {
    /// Whether a value is listed.
    pub fn contains(&self, value: &T) -> Truth {
        match self.find(|item| item == value) {
            Some(_) => Truth::Yes,
            None if self.is_known() => Truth::No,
            None => Truth::Unknown,
        }
    }
}

/// A value of a list, or what stands for the values that are not known.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'l, T> {
    Item(&'l Given<T>),
    Open(&'l Unresolved),
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let items = self.items.iter().map(|item| Entry::Item(&item.value));
        serializer.collect_seq(items.chain(self.open.iter().map(|open| Entry::Open(&open.value))))
    }
}
