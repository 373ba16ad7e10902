//! Who must always get in.
//!
//! Emergency access accounts are declared in the configuration. Where none is, the users and groups that
//! (nearly) every policy leaves out are taken for them, and findings that rest on this say so. Source:
//! Microsoft Entra documentation, "Manage emergency access accounts in Microsoft Entra ID".

use std::collections::BTreeMap;

use super::assignments::everyone;
use super::{Standing, standing};
use crate::policy::{Given, Policy, PolicySet, Principal};
use crate::source::{At, Span};

/// User or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
}

impl Kind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "account",
            Self::Group => "group",
        }
    }
}

/// An entry of `emergency-access` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// User or group.
    pub kind: Kind,
    /// The id, name or placeholder, as policies write it.
    pub text: At<String>,
}

/// An emergency access account or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyPrincipal {
    /// User or group.
    pub kind: Kind,
    /// Its id or name, as written.
    pub text: String,
    /// Where the configuration declares it, or a policy that leaves it out.
    pub span: Span,
}

impl EmergencyPrincipal {
    /// Whether an entry of a user or group list is this one. A placeholder is the one declared with its text.
    #[must_use]
    pub fn is(&self, entry: &Given<Principal>) -> bool {
        text(entry).is_some_and(|text| self.is_written(text))
    }

    /// Whether a text stands for this one. Of a reference to a Terraform resource, the attribute may be left out.
    #[must_use]
    pub fn is_written(&self, text: &str) -> bool {
        let bare = |text: &str| {
            let cut = text.strip_suffix(".object_id").or_else(|| text.strip_suffix(".id"));
            cut.unwrap_or(text).to_ascii_lowercase()
        };
        bare(text) == bare(&self.text)
    }
}

/// How it is known who has emergency access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The configuration says so.
    Declared,
    /// They are left out of `left_out` of `of` policies.
    Taken {
        /// Policies that leave them out.
        left_out: usize,
        /// Policies that cover all users or roles.
        of: usize,
    },
    /// It is not known.
    Unknown,
}

/// Who has emergency access.
#[derive(Clone, Debug)]
pub struct Emergency {
    /// Accounts and groups.
    pub principals: Vec<EmergencyPrincipal>,
    /// How that is known.
    pub basis: Basis,
}

impl Emergency {
    pub(super) fn of(set: &PolicySet, declared: Vec<Declared>) -> Self {
        if declared.is_empty() {
            return Self::taken(set);
        }
        let principals = declared
            .into_iter()
            .map(|entry| EmergencyPrincipal {
                kind: entry.kind,
                text: entry.text.value,
                span: entry.text.span,
            })
            .collect();
        Self { principals, basis: Basis::Declared }
    }

    /// Users and groups that (nearly) every enforced policy over all users or roles leaves out: all of two or more, or
    /// all but a fifth of four or more. Where none is enforced, the others count.
    fn taken(set: &PolicySet) -> Self {
        let broad =
            |wanted| set.policies.iter().filter(move |policy| is_broad(policy) && standing(policy) == wanted);
        let enforced: Vec<_> = broad(Standing::Enforced).collect();
        let broad: Vec<_> =
            if enforced.is_empty() { broad(Standing::OnceEnabled).collect() } else { enforced };
        let of = broad.len();
        let may_miss = if of < 4 { 0 } else { (of / 5).max(1) };
        let mut counts: BTreeMap<(Kind, String), (usize, Span)> = BTreeMap::new();
        for policy in &broad {
            for (kind, at) in left_out(policy) {
                counts.entry((kind, at.value)).or_insert((0, at.span)).0 += 1;
            }
        }
        let taken: Vec<_> =
            counts.into_iter().filter(|(_, (count, _))| of >= 2 && *count + may_miss >= of).collect();
        let Some(left_out) = taken.iter().map(|(_, (count, _))| *count).min() else {
            return Self { principals: Vec::new(), basis: Basis::Unknown };
        };
        let principals = taken
            .into_iter()
            .map(|((kind, text), (_, span))| EmergencyPrincipal { kind, text, span })
            .collect();
        Self { principals, basis: Basis::Taken { left_out, of } }
    }

    /// Whether an entry of an exclusion list is one of them.
    #[must_use]
    pub fn is_one(&self, entry: &Given<Principal>) -> bool {
        self.principals.iter().any(|principal| principal.is(entry))
    }

    /// What a finding that rests on a presumption says about it.
    #[must_use]
    pub fn presumption(&self) -> Option<String> {
        let Basis::Taken { left_out, of } = self.basis else { return None };
        let first = self.principals.first()?;
        let more = match self.principals.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!(
            "{} `{}`{more} is taken for emergency access, because {left_out} of {of} policies over all users or \
             roles leave it out; name yours under `emergency-access` in calint.yaml",
            first.kind.as_str(),
            first.text
        ))
    }
}

fn text(entry: &Given<Principal>) -> Option<&str> {
    match entry {
        Given::Known(Principal::Id(text) | Principal::Name(text)) => Some(text),
        Given::Known(Principal::Token(_)) => None,
        Given::Unresolved(what) => Some(&what.text),
    }
}

/// Whether a policy covers all users or roles.
fn is_broad(policy: &Policy) -> bool {
    !policy.targets_workloads() && (everyone(policy).is_some() || !policy.users.include_roles.is_empty())
}

/// The users and groups a policy leaves out, each once.
fn left_out(policy: &Policy) -> Vec<(Kind, At<String>)> {
    let mut found: Vec<(Kind, At<String>)> = Vec::new();
    for (kind, list) in
        [(Kind::User, &policy.users.exclude_users), (Kind::Group, &policy.users.exclude_groups)]
    {
        for item in list.known() {
            if let Principal::Id(text) | Principal::Name(text) = item.value
                && !found.iter().any(|(known, at)| *known == kind && at.value == *text)
            {
                found.push((kind, At::new(text.clone(), item.span)));
            }
        }
    }
    found
}
