//! Words and ids with a fixed meaning, and how a text in an id list is taken.
//!
//! Source: Microsoft Graph reference, resource types `conditionalAccessUsers`, `conditionalAccessApplications`
//! and `conditionalAccessLocations`.

pub mod apps;
pub mod roles;
pub mod strengths;

use serde::{Serialize, Serializer};

use super::{App, AppToken, Given, Location, LocationToken, Principal, Unresolved, UserToken, Why};
use crate::source::At;

/// The words of user lists.
pub const USER_TOKENS: &[(UserToken, &str)] = &[
    (UserToken::All, "All"),
    (UserToken::None, "None"),
    (UserToken::Guests, "GuestsOrExternalUsers"),
    (UserToken::AgentUsers, "AllAgentIdUsers"),
];

/// The words of app lists.
pub const APP_TOKENS: &[(AppToken, &str)] = &[
    (AppToken::All, "All"),
    (AppToken::None, "None"),
    (AppToken::Office365, "Office365"),
    (AppToken::AdminPortals, "MicrosoftAdminPortals"),
    (AppToken::AgentResources, "AllAgentIdResources"),
];

/// The words of location lists.
pub const LOCATION_TOKENS: &[(LocationToken, &str)] =
    &[(LocationToken::All, "All"), (LocationToken::AllTrusted, "AllTrusted")];

/// The id no object has. In a location list it stands for the trusted IPs of the old MFA settings.
pub const ZERO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// In a location list, all compliant networks of Global Secure Access, as exports of several tenants have it.
pub const COMPLIANT_NETWORK: &str = "3d46dbda-8382-466a-856d-eb00cbc6b910";

/// The text that Microsoft's policy templates carry where an administrator's id belongs.
pub const TEMPLATE_TEXT: &str = "Current administrator will be excluded";

fn token<T: Copy>(table: &[(T, &str)], text: &str) -> Option<T> {
    table.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(token, _)| *token)
}

/// The canonical spelling of a token.
#[must_use]
pub fn spelled<T: PartialEq>(table: &[(T, &'static str)], token: &T) -> &'static str {
    table.iter().find(|(known, _)| known == token).map_or("", |(_, name)| *name)
}

/// Whether a text has the shape of a GUID.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a text is a stand-in that something replaces before use: `<x>`, `{{x}}`, `%x%`, `${X}`,
/// `REPLACE-WITH-…`, `xxxxxxxx-xxxx-…`.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let wrapped = |open: &str, close: &str| text.starts_with(open) && text.ends_with(close) && text.len() > 2;
    wrapped("<", ">")
        || wrapped("%", "%")
        || wrapped("[", "]")
        || text.contains("{{")
        || text.contains("${")
        || ["replace", "your-", "your_", "xxxxxxxx-xxxx", "placeholder", "todo"]
            .iter()
            .any(|mark| text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
}

/// What a text stands for in a user, group or role list.
#[must_use]
pub fn principal(text: &str, names: bool) -> Given<Principal> {
    if let Some(token) = token(USER_TOKENS, text) {
        return Given::Known(Principal::Token(token));
    }
    if text == ZERO_ID {
        return nobody(text);
    }
    reference(text, names, Principal::Id, Principal::Name)
}

/// What a text stands for in an app list.
#[must_use]
pub fn app(text: &str, names: bool) -> Given<App> {
    match token(APP_TOKENS, text) {
        Some(token) => Given::Known(App::Token(token)),
        None => reference(text, names, App::Id, App::Name),
    }
}

/// What a text stands for in a location list.
#[must_use]
pub fn location(text: &str, names: bool) -> Given<Location> {
    match token(LOCATION_TOKENS, text) {
        Some(token) => Given::Known(Location::Token(token)),
        None => reference(text, names, Location::Id, Location::Name),
    }
}

/// The words of lists of service principals and agents.
const WORKLOAD_TOKENS: [&str; 3] = ["All", "None", "ServicePrincipalsInMyTenant"];

/// What a text stands for in a list of ids of one kind: service principals, agents, tenants, terms of use.
#[must_use]
pub fn id(text: &str) -> Given<String> {
    match WORKLOAD_TOKENS.iter().find(|token| token.eq_ignore_ascii_case(text)) {
        Some(token) => Given::Known((*token).to_owned()),
        None => reference(text, false, std::convert::identity, std::convert::identity),
    }
}

/// What a text stands for in a list of authentication contexts: `c1` to `c99`, or one of the names that were
/// there before. Source: Microsoft Entra documentation, "Target resources".
#[must_use]
pub fn auth_context(text: &str, names: bool) -> Given<String> {
    let lower = text.to_ascii_lowercase();
    let number = lower.strip_prefix('c').filter(|digits| !digits.starts_with(['0', '+']));
    let is_one = number.and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|number| number < 100);
    if names || is_one || lower.starts_with("urn:microsoft:req") {
        return Given::Known(text.to_owned());
    }
    match reference(text, false, std::convert::identity, std::convert::identity) {
        Given::Known(text) => Given::Unresolved(Unresolved { text, why: Why::NameForId }),
        unresolved => unresolved,
    }
}

fn reference<T>(text: &str, names: bool, id: fn(String) -> T, name: fn(String) -> T) -> Given<T> {
    if is_guid(text) {
        Given::Known(id(text.to_ascii_lowercase()))
    } else if text.trim().is_empty() || text == TEMPLATE_TEXT {
        nobody(text)
    } else if is_placeholder(text) {
        Given::Unresolved(Unresolved { text: text.to_owned(), why: Why::Placeholder })
    } else if names {
        Given::Known(name(text.to_owned()))
    } else {
        Given::Unresolved(Unresolved { text: text.to_owned(), why: Why::NameForId })
    }
}

fn nobody<T>(text: &str) -> Given<T> {
    Given::Unresolved(Unresolved { text: text.to_owned(), why: Why::Nobody })
}

impl Principal {
    /// Its word, id or name.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Token(token) => spelled(USER_TOKENS, token),
            Self::Id(text) | Self::Name(text) => text,
        }
    }
}

impl App {
    /// Its word, id or name.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Token(token) => spelled(APP_TOKENS, token),
            Self::Id(text) | Self::Name(text) => text,
        }
    }
}

impl Location {
    /// Its word, id or name.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Token(token) => spelled(LOCATION_TOKENS, token),
            Self::Id(text) | Self::Name(text) => text,
        }
    }
}

/// Whether a text is a word of a user, app or location list.
#[must_use]
pub fn is_token(text: &str) -> bool {
    token(USER_TOKENS, text).is_some()
        || token(APP_TOKENS, text).is_some()
        || token(LOCATION_TOKENS, text).is_some()
}

pub(super) fn user_token<S: Serializer>(token: &UserToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(spelled(USER_TOKENS, token))
}

pub(super) fn app_token<S: Serializer>(token: &AppToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(spelled(APP_TOKENS, token))
}

pub(super) fn location_token<S: Serializer>(token: &LocationToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(spelled(LOCATION_TOKENS, token))
}

pub(super) fn values<T: Serialize, S: Serializer>(list: &[At<T>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(|at| &at.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_an_id_list() {
        let why = |text: &str| match principal(text, false) {
            Given::Known(principal) => format!("{principal:?}"),
            Given::Unresolved(what) => format!("{:?}", what.why),
        };
        assert_eq!(why("all"), "Token(All)");
        assert_eq!(
            why("8B1D7C1E-2F0A-4F0E-9A58-0A7A2F3E6C11"),
            "Id(\"8b1d7c1e-2f0a-4f0e-9a58-0a7a2f3e6c11\")"
        );
        for text in ["<break-glass>", "{{bg}}", "%BG%", "${BG}", "REPLACE-WITH-ID", "xxxxxxxx-xxxx-xxxx"] {
            assert_eq!(why(text), "Placeholder", "{text}");
        }
        for text in ["", " ", ZERO_ID, TEMPLATE_TEXT] {
            assert_eq!(why(text), "Nobody", "{text}");
        }
        assert_eq!(why("breakglass@contoso.com"), "NameForId");
        assert_eq!(principal("Admins", true), Given::Known(Principal::Name("Admins".into())));
    }
}
