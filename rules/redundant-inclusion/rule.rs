//! Entries of a list that another entry makes pointless.

use crate::policy::words::{ClientApp, FilterMode, GuestType, Platform};
use crate::policy::{App, AppToken, List, Location, LocationToken, Principal, UserToken};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &RedundantInclusion;

struct RedundantInclusion;

impl Rule for RedundantInclusion {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("redundant-inclusion"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            for dimension in dimensions(policy) {
                findings.extend(self.beside_all(policy, &dimension));
                findings.extend(self.beside_none(policy, &dimension));
            }
            findings.extend(self.guests_twice(policy));
        }
    }
}

/// What a policy takes in of one kind.
struct Dimension {
    /// What it is, in the plural.
    what: &'static str,
    place: &'static str,
    all: Option<Span>,
    none: Option<Span>,
    /// What `all` holds already.
    others: Vec<Span>,
    /// What stands in the same list as `none`.
    neighbours: Vec<Span>,
}

impl RedundantInclusion {
    fn beside_all(&self, policy: &Policy, dimension: &Dimension) -> Option<Finding> {
        let all = dimension.all?;
        let places: Vec<_> =
            dimension.others.iter().map(|span| At::new("among them already", *span)).collect();
        let message = format!("policy takes in all {}, and some of them once more", dimension.what);
        let found = any_state::finding_at(self.meta(), policy, Level::Warn, &message, &places)?;
        Some(
            found
                .label(all, format!("all {}", dimension.what))
                .place(dimension.place)
                .note(
                    "what is listed adds up, so the entries beside it neither narrow the policy nor widen it",
                )
                .help(format!(
                    "remove the entries, or, if only they are meant, the word for all {}",
                    dimension.what
                )),
        )
    }

    fn beside_none(&self, policy: &Policy, dimension: &Dimension) -> Option<Finding> {
        let none = dimension.none.filter(|_| dimension.all.is_none())?;
        let first = dimension.neighbours.first()?;
        let message = format!("`None` stands beside {} that are taken in", dimension.what);
        Some(
            any_state::finding(
                self.meta(),
                policy,
                Level::Warn,
                &message,
                Label::new(none, "nothing is taken in"),
            )
            .label(*first, "something is")
            .place(dimension.place)
            .note("the word stands for an empty list; beside other entries it is refused, or has no effect")
            .help("remove `None`, or everything beside it"),
        )
    }

    /// The word for guests and the object that sorts them by kind, both for taking in.
    fn guests_twice(&self, policy: &Policy) -> Option<Finding> {
        let users = &policy.users;
        let guests = users.include_guests.as_ref().filter(|guests| !guests.types.is_empty())?.key?;
        let word = users.include_users.find(|user| *user == Principal::Token(UserToken::Guests))?;
        let message = "guests are taken in by a word and by kind";
        Some(
            any_state::finding(
                self.meta(),
                policy,
                Level::Warn,
                message,
                Label::new(word.span, "every guest"),
            )
            .label(guests, "guests by kind")
            .place("conditions.users.includeGuestsOrExternalUsers")
            .note("Microsoft Graph refuses the word beside the object, which came after it")
            .help("remove the word, and name every kind in the object if all guests are meant"),
        )
    }
}

fn dimensions(policy: &Policy) -> Vec<Dimension> {
    let (users, applications, conditions) = (&policy.users, &policy.applications, &policy.conditions);
    let mut people = of("users", "conditions.users", &users.include_users, |user| match user {
        Principal::Token(UserToken::All) => Entry::All,
        Principal::Token(UserToken::None) => Entry::None,
        // Agents are not among all users, and of guests without an account it is not sure.
        Principal::Token(UserToken::Guests | UserToken::AgentUsers) => Entry::Apart,
        Principal::Id(_) | Principal::Name(_) => Entry::One,
    });
    people.others.extend(
        [&users.include_groups, &users.include_roles]
            .into_iter()
            .flat_map(|list| list.known())
            .map(|one| one.span),
    );
    people.others.extend(
        users
            .include_guests
            .as_ref()
            .filter(|guests| {
                let with_account =
                    [GuestType::InternalGuest, GuestType::CollaborationGuest, GuestType::CollaborationMember];
                guests.types.is_known()
                    && !guests.types.is_empty()
                    && guests.types.known().all(|kind| with_account.contains(kind.value))
            })
            .and_then(|guests| guests.key),
    );
    let mut apps = of("apps", "conditions.applications", &applications.include, |app| match app {
        App::Token(AppToken::All) => Entry::All,
        App::Token(AppToken::None) => Entry::None,
        App::Token(_) | App::Id(_) | App::Name(_) => Entry::One,
    });
    let taking_in = applications
        .filter
        .iter()
        .filter(|filter| filter.mode.get().is_some_and(|mode| *mode.value == FilterMode::Include));
    apps.others.extend(taking_in.map(|filter| filter.key));
    let mut found = vec![people, apps];
    found.extend(conditions.platforms.as_ref().map(|pair| {
        of("platforms", "conditions.platforms", &pair.include, |platform| match platform {
            Platform::All => Entry::All,
            _ => Entry::One,
        })
    }));
    found.extend(conditions.locations.as_ref().map(|pair| {
        of("locations", "conditions.locations", &pair.include, |location| match location {
            Location::Token(LocationToken::All) => Entry::All,
            _ => Entry::One,
        })
    }));
    found.push(of("client apps", "conditions.clientAppTypes", &conditions.client_app_types, |client| {
        match client {
            ClientApp::All => Entry::All,
            _ => Entry::One,
        }
    }));
    found
}

/// What an entry of a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    All,
    None,
    One,
    /// Not among all.
    Apart,
}

fn of<T>(what: &'static str, place: &'static str, list: &List<T>, kind: impl Fn(&T) -> Entry) -> Dimension {
    let entries: Vec<_> = list.known().map(|entry| At::new(kind(entry.value), entry.span)).collect();
    let word = |wanted| entries.iter().find(|entry| entry.value == wanted).map(|entry| entry.span);
    let which = |fits: fn(Entry) -> bool| {
        entries.iter().filter(move |entry| fits(entry.value)).map(|entry| entry.span).collect()
    };
    Dimension {
        what,
        place,
        all: word(Entry::All),
        none: word(Entry::None),
        others: which(|entry| matches!(entry, Entry::None | Entry::One)),
        neighbours: which(|entry| matches!(entry, Entry::One | Entry::Apart)),
    }
}
