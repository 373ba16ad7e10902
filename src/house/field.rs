//! The fields of a policy that house rules speak of: their values, with places, and what of them is not known.
//!
//! Fields have the names of Microsoft Graph and the values of the model, so a rule does not depend on how a file is
//! written.

use crate::policy::words::{
    ClientApp, ContinuousAccess, Control, FilterMode, FrequencyInterval, FrequencyUnit, GuestType,
    InsiderRisk, Operator, Platform, Risk, State, TransferMethod, UserAction, Word,
};
use crate::policy::{
    App, Fact, Filter, Given, Guests, List, Location, Pair, Policy, Principal, Session, SignInFrequency, Why,
    ids, same_member,
};
use crate::source::{At, Span};

/// A field of a policy.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name in Microsoft Graph, behind that of an object where it would not be clear alone.
    pub(super) name: &'static str,
    within: Within,
    /// Whether it holds one value; else a list.
    pub(super) single: bool,
    /// What its values are.
    pub(super) values: Values,
    read: Read,
}

/// Takes what a policy has in a field.
type Read = fn(&Policy) -> View<'_>;

/// What the values of a field are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Values {
    /// Texts, compared as they are.
    Texts,
    /// Words of a vocabulary.
    Words(fn() -> Vec<&'static str>),
    /// Ids, for which names may stand; beside them words such as `All`.
    Ids,
    /// Ids of role templates. Their names are known.
    Roles,
    /// Ids of authentication strengths. The names of the built-in ones are known.
    Strengths,
    /// Authentication contexts: `c1` to `c99`.
    Contexts,
}

/// What a policy has in a field.
#[derive(Debug, Default)]
pub(super) struct View<'p> {
    /// Where it is written: the value, or the key of the list.
    pub(super) written: Option<Span>,
    /// The known values.
    pub(super) values: Vec<At<&'p str>>,
    /// What is written and not known. What is known to stand for nobody is left out.
    pub(super) unknown: Vec<At<Unknown<'p>>>,
}

/// Something written that is not known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unknown<'p> {
    /// The text as written.
    pub(super) text: &'p str,
    /// Why it is not known.
    pub(super) why: Why,
}

impl Field {
    /// The field of a name, in kebab or camel case.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        let plain = name.replace('-', "");
        FIELDS.iter().find(|field| field.name.eq_ignore_ascii_case(&plain))
    }

    /// The name as rules write it.
    pub(super) fn kebab(&self) -> String {
        kebab(self.name)
    }

    /// The member of the schema that holds it.
    pub(super) fn member(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// Where it lies in the schema.
    pub(super) fn place(&self) -> String {
        match self.within.place() {
            "" => self.name.to_owned(),
            object => format!("{object}.{}", self.name),
        }
    }

    /// What a policy has in it.
    pub(super) fn of<'p>(&self, policy: &'p Policy) -> View<'p> {
        let mut view = (self.read)(policy);
        view.unknown.extend(self.within.unknown(policy));
        view
    }
}

impl Values {
    /// The words of the vocabulary, where there is one.
    pub(super) fn words(self) -> Vec<&'static str> {
        match self {
            Self::Words(words) => words(),
            _ => Vec::new(),
        }
    }

    /// A value as the model has it: the id of a known name, a word in its canonical spelling.
    pub(super) fn normal(self, text: &str) -> Option<String> {
        let known = match self {
            Self::Words(words) => words()
                .into_iter()
                .find(|word| word.eq_ignore_ascii_case(text) || short(word).eq_ignore_ascii_case(text))?,
            Self::Roles => {
                let named = ids::roles::ROLES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
                named.map_or(text, |(id, _)| *id)
            }
            Self::Strengths => ids::strengths::by_name(text).unwrap_or(text),
            Self::Texts | Self::Ids | Self::Contexts => text,
        };
        Some(known.to_owned())
    }

    /// Whether two values are one.
    pub(super) fn same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Texts => one == other,
            _ => one.eq_ignore_ascii_case(other),
        }
    }

    /// Whether a value may be another, because one is an id and the other a name.
    pub(super) fn may_be(self, one: &str, other: &str) -> bool {
        let is_id = match self {
            Self::Texts | Self::Words(_) => return false,
            Self::Contexts => |text: &str| {
                let digits = text.strip_prefix(['c', 'C']).unwrap_or_default();
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            },
            Self::Ids | Self::Roles | Self::Strengths => ids::is_guid,
        };
        !ids::is_token(one) && !ids::is_token(other) && is_id(one) != is_id(other)
    }
}

/// A name in lower case with hyphens.
pub(super) fn kebab(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
    }
    text
}

/// The short form of a word that is long.
fn short(word: &str) -> &str {
    if word == State::ReportOnly.as_str() { REPORT_ONLY } else { word }
}

/// How rules may write the state of a policy in report-only.
pub(super) const REPORT_ONLY: &str = "report-only";

fn words<T: Word>() -> Vec<&'static str> {
    T::ALL.iter().map(|(_, name)| *name).collect()
}

/// The session controls, by their names in Microsoft Graph.
const SESSION_CONTROLS: &[&str] = &[
    "applicationEnforcedRestrictions",
    "blockSensitiveActions",
    "cloudAppSecurity",
    CONTINUOUS_ACCESS,
    RESILIENCE,
    "globalSecureAccessFilteringProfile",
    "networkAccessSecurity",
    "persistentBrowser",
    TOKEN_PROTECTION,
    FREQUENCY,
];
const CONTINUOUS_ACCESS: &str = "continuousAccessEvaluation";
const RESILIENCE: &str = "disableResilienceDefaults";
const TOKEN_PROTECTION: &str = "secureSignInSession";
const FREQUENCY: &str = "signInFrequency";

const fn one(name: &'static str, within: Within, values: Values, read: Read) -> Field {
    Field { name, within, single: true, values, read }
}

const fn many(name: &'static str, within: Within, values: Values, read: Read) -> Field {
    Field { name, within, single: false, values, read }
}

/// Every field, in the order of the schema.
pub(super) static FIELDS: &[Field] = &[
    one("id", Within::Policy, Values::Ids, |policy| id(&policy.id)),
    one("displayName", Within::Policy, Values::Texts, |policy| text(&policy.display_name)),
    one("state", Within::Policy, Values::Words(words::<State>), state),
    one("templateId", Within::Policy, Values::Ids, |policy| id(&policy.template_id)),
    one("createdDateTime", Within::Policy, Values::Texts, |policy| text(&policy.created)),
    one("modifiedDateTime", Within::Policy, Values::Texts, |policy| text(&policy.modified)),
    many("includeUsers", Within::Users, Values::Ids, |policy| {
        list(&policy.users.include_users, Principal::text)
    }),
    many("excludeUsers", Within::Users, Values::Ids, |policy| {
        list(&policy.users.exclude_users, Principal::text)
    }),
    many("includeGroups", Within::Users, Values::Ids, |policy| {
        list(&policy.users.include_groups, Principal::text)
    }),
    many("excludeGroups", Within::Users, Values::Ids, |policy| {
        list(&policy.users.exclude_groups, Principal::text)
    }),
    many("includeRoles", Within::Users, Values::Roles, |policy| {
        list(&policy.users.include_roles, Principal::text)
    }),
    many("excludeRoles", Within::Users, Values::Roles, |policy| {
        list(&policy.users.exclude_roles, Principal::text)
    }),
    many("includeGuestsOrExternalUsers", Within::Users, Values::Words(words::<GuestType>), |policy| {
        guests(policy.users.include_guests.as_ref())
    }),
    many("excludeGuestsOrExternalUsers", Within::Users, Values::Words(words::<GuestType>), |policy| {
        guests(policy.users.exclude_guests.as_ref())
    }),
    many("includeServicePrincipals", Within::ClientApplications, Values::Ids, |policy| {
        list(&policy.workloads.include_service_principals, String::as_str)
    }),
    many("excludeServicePrincipals", Within::ClientApplications, Values::Ids, |policy| {
        list(&policy.workloads.exclude_service_principals, String::as_str)
    }),
    many("includeApplications", Within::Applications, Values::Ids, |policy| {
        list(&policy.applications.include, App::text)
    }),
    many("excludeApplications", Within::Applications, Values::Ids, |policy| {
        list(&policy.applications.exclude, App::text)
    }),
    many("includeUserActions", Within::Applications, Values::Words(words::<UserAction>), |policy| {
        list(&policy.applications.user_actions, spelled)
    }),
    many("includeAuthenticationContextClassReferences", Within::Applications, Values::Contexts, |policy| {
        list(&policy.applications.auth_contexts, String::as_str)
    }),
    one("applicationFilter.mode", Within::Applications, Values::Words(words::<FilterMode>), |policy| {
        mode(policy.applications.filter.as_ref())
    }),
    one("applicationFilter.rule", Within::Applications, Values::Texts, |policy| {
        rule(policy.applications.filter.as_ref())
    }),
    many("clientAppTypes", Within::Conditions, Values::Words(words::<ClientApp>), |policy| {
        list(&policy.conditions.client_app_types, spelled)
    }),
    many("includePlatforms", Within::Platforms, Values::Words(words::<Platform>), |policy| {
        included(policy.conditions.platforms.as_ref(), spelled)
    }),
    many("excludePlatforms", Within::Platforms, Values::Words(words::<Platform>), |policy| {
        excluded(policy.conditions.platforms.as_ref(), spelled)
    }),
    many("includeLocations", Within::Locations, Values::Ids, |policy| {
        included(policy.conditions.locations.as_ref(), Location::text)
    }),
    many("excludeLocations", Within::Locations, Values::Ids, |policy| {
        excluded(policy.conditions.locations.as_ref(), Location::text)
    }),
    one("deviceFilter.mode", Within::Devices, Values::Words(words::<FilterMode>), |policy| {
        mode(policy.conditions.device_filter.as_ref())
    }),
    one("deviceFilter.rule", Within::Devices, Values::Texts, |policy| {
        rule(policy.conditions.device_filter.as_ref())
    }),
    many("userRiskLevels", Within::Conditions, Values::Words(words::<Risk>), |policy| {
        list(&policy.conditions.user_risk, spelled)
    }),
    many("signInRiskLevels", Within::Conditions, Values::Words(words::<Risk>), |policy| {
        list(&policy.conditions.sign_in_risk, spelled)
    }),
    many("servicePrincipalRiskLevels", Within::Conditions, Values::Words(words::<Risk>), |policy| {
        list(&policy.conditions.service_principal_risk, spelled)
    }),
    many("insiderRiskLevels", Within::Conditions, Values::Words(words::<InsiderRisk>), |policy| {
        list(&policy.conditions.insider_risk, spelled)
    }),
    many("transferMethods", Within::Flows, Values::Words(words::<TransferMethod>), |policy| {
        list(&policy.conditions.transfer_methods, spelled)
    }),
    one("operator", Within::Grant, Values::Words(words::<Operator>), |policy| word(&policy.grant.operator)),
    many("builtInControls", Within::Grant, Values::Words(words::<Control>), |policy| {
        list(&policy.grant.controls, spelled)
    }),
    one("authenticationStrength", Within::Grant, Values::Strengths, strength),
    many("termsOfUse", Within::Grant, Values::Ids, |policy| list(&policy.grant.terms_of_use, String::as_str)),
    many("customAuthenticationFactors", Within::Grant, Values::Texts, |policy| {
        list(&policy.grant.custom_factors, String::as_str)
    }),
    many("sessionControls", Within::Policy, Values::Words(|| SESSION_CONTROLS.to_vec()), session),
    one("signInFrequency.value", Within::Session, Values::Texts, |policy| {
        frequency(policy, |frequency| text(&frequency.value))
    }),
    one("signInFrequency.type", Within::Session, Values::Words(words::<FrequencyUnit>), |policy| {
        frequency(policy, |frequency| word(&frequency.unit))
    }),
    one(
        "signInFrequency.frequencyInterval",
        Within::Session,
        Values::Words(words::<FrequencyInterval>),
        |policy| frequency(policy, |frequency| word(&frequency.interval)),
    ),
];

/// The object that holds a field.
#[derive(Clone, Copy, Debug)]
enum Within {
    Policy,
    Users,
    ClientApplications,
    Applications,
    Conditions,
    Platforms,
    Locations,
    Devices,
    Flows,
    Grant,
    Session,
}

impl Within {
    fn place(self) -> &'static str {
        match self {
            Self::Policy => "",
            Self::Users => "conditions.users",
            Self::ClientApplications => "conditions.clientApplications",
            Self::Applications => "conditions.applications",
            Self::Conditions => "conditions",
            Self::Platforms => "conditions.platforms",
            Self::Locations => "conditions.locations",
            Self::Devices => "conditions.devices",
            Self::Flows => "conditions.authenticationFlows",
            Self::Grant => "grantControls",
            Self::Session => "sessionControls",
        }
    }

    /// What a policy has in place of the object, where it is not known: nothing in it is, then.
    fn unknown(self, policy: &Policy) -> Option<At<Unknown<'_>>> {
        match self {
            Self::Policy => None,
            Self::Users => whole(&policy.users.include_users),
            Self::Applications => whole(&policy.applications.include),
            Self::Grant => whole(&policy.grant.controls),
            Self::Session => unread_session(&policy.session),
            Self::ClientApplications
            | Self::Conditions
            | Self::Platforms
            | Self::Locations
            | Self::Devices
            | Self::Flows => {
                let own = self.place().rsplit('.').next().unwrap_or_default();
                let is_it = |key: &str| same_member(key, own) || same_member(key, "conditions");
                let key = policy.conditions.unknown.iter().find(|key| is_it(&key.value))?;
                Some(At::new(Unknown { text: &key.value, why: Why::Expression }, key.span))
            }
        }
    }
}

/// The expression in place of a whole object, of which one list is this. Such a list has no key of its own.
fn whole<T>(list: &List<T>) -> Option<At<Unknown<'_>>> {
    let open = list.open.as_ref().filter(|_| list.key.is_none())?;
    Some(At::new(Unknown { text: &open.value.text, why: open.value.why }, open.span))
}

/// What the model has in place of session controls that could not be read.
const UNREAD_SESSION: &str = "not known";

fn unread_session(session: &Session) -> Option<At<Unknown<'_>>> {
    let span = session.other(UNREAD_SESSION)?;
    Some(At::new(Unknown { text: UNREAD_SESSION, why: Why::Expression }, span))
}

fn given<'p, T>(at: &'p At<Given<T>>, text: impl Fn(&'p T) -> &'p str, view: &mut View<'p>) {
    match &at.value {
        Given::Known(value) => view.values.push(At::new(text(value), at.span)),
        Given::Unresolved(what) if what.why == Why::Nobody => {}
        Given::Unresolved(what) => {
            let unknown = Unknown { text: &what.text, why: what.why };
            view.unknown.push(At::new(unknown, at.span));
        }
    }
}

fn fact<'p, T>(fact: &'p Fact<T>, text: impl Fn(&'p T) -> &'p str) -> View<'p> {
    let mut view = View { written: fact.span(), ..View::default() };
    if let Fact::Written(at) = fact {
        given(at, text, &mut view);
    }
    view
}

/// A text. One that is filled in before use is not known.
fn text(of: &Fact<String>) -> View<'_> {
    let is_filled_in = |text: &str| text.contains("{{") || text.contains("${");
    settled(fact(of, String::as_str), is_filled_in)
}

/// An id. A text that stands for one is not known.
fn id(of: &Fact<String>) -> View<'_> {
    settled(fact(of, String::as_str), ids::is_placeholder)
}

/// A view without the values that stand for others.
fn settled<'p>(mut view: View<'p>, stands_for_another: impl Fn(&str) -> bool) -> View<'p> {
    let (unknown, values) = view.values.into_iter().partition(|value| stands_for_another(value.value));
    view.values = values;
    let unknown: Vec<At<&str>> = unknown;
    let placeholder = |value: At<&'p str>| value.map(|text| Unknown { text, why: Why::Placeholder });
    view.unknown.extend(unknown.into_iter().map(placeholder));
    view
}

fn word<T: Word>(of: &Fact<T>) -> View<'_> {
    fact(of, spelled)
}

fn spelled<T: Word>(word: &T) -> &str {
    word.as_str()
}

fn list<'p, T>(list: &'p List<T>, text: impl Fn(&'p T) -> &'p str) -> View<'p> {
    let mut view = View { written: list.key, ..View::default() };
    for item in &list.items {
        given(item, &text, &mut view);
    }
    if let Some(open) = &list.open {
        let unknown = Unknown { text: &open.value.text, why: open.value.why };
        view.unknown.push(At::new(unknown, open.span));
    }
    view
}

fn included<'p, T>(pair: Option<&'p Pair<T>>, text: impl Fn(&'p T) -> &'p str) -> View<'p> {
    pair.map(|pair| list(&pair.include, text)).unwrap_or_default()
}

fn excluded<'p, T>(pair: Option<&'p Pair<T>>, text: impl Fn(&'p T) -> &'p str) -> View<'p> {
    pair.map(|pair| list(&pair.exclude, text)).unwrap_or_default()
}

fn guests(guests: Option<&Guests>) -> View<'_> {
    guests.map(|guests| list(&guests.types, spelled)).unwrap_or_default()
}

fn frequency(policy: &Policy, read: fn(&SignInFrequency) -> View<'_>) -> View<'_> {
    policy.session.sign_in_frequency.as_ref().map(read).unwrap_or_default()
}

/// The mode of a filter. A filter that could not be read has no mode that is known, and no rule.
fn mode(filter: Option<&Filter>) -> View<'_> {
    filter.map(|filter| word(&filter.mode)).unwrap_or_default()
}

fn rule(filter: Option<&Filter>) -> View<'_> {
    let Some(filter) = filter else { return View::default() };
    match filter.mode.unresolved() {
        Some(mode) if filter.rule.is_absent() => View {
            written: None,
            values: Vec::new(),
            unknown: vec![mode.map(|what| Unknown { text: &what.text, why: what.why })],
        },
        _ => text(&filter.rule),
    }
}

/// The state. One that is missing counts as report-only, as it does everywhere.
fn state(policy: &Policy) -> View<'_> {
    if policy.state.is_absent() {
        return View { values: vec![At::new(State::ReportOnly.as_str(), policy.head)], ..View::default() };
    }
    word(&policy.state)
}

/// The strength by its id. One that a file gives by its methods alone has none.
fn strength(policy: &Policy) -> View<'_> {
    let Some(strength) = &policy.grant.strength else {
        return View::default();
    };
    let mut view = id(&strength.id);
    if strength.id.is_absent() {
        let unknown = Unknown { text: "", why: Why::NameForId };
        view.unknown.push(At::new(unknown, strength.span));
    }
    view.written = Some(strength.span);
    view
}

/// The session controls that are on.
fn session(policy: &Policy) -> View<'_> {
    let session = &policy.session;
    let mut view = View { written: session.key, ..View::default() };
    for other in session.others.iter().filter(|other| other.value != UNREAD_SESSION) {
        view.values.push(At::new(&other.value, other.span));
    }
    if let Some(frequency) = &session.sign_in_frequency {
        view.values.push(At::new(FREQUENCY, frequency.key));
    }
    switches(session, &mut view);
    view.unknown.extend(unread_session(session));
    view
}

fn switches<'p>(session: &'p Session, view: &mut View<'p>) {
    let flags =
        [(&session.token_protection, TOKEN_PROTECTION), (&session.disable_resilience_defaults, RESILIENCE)];
    for (flag, name) in flags {
        if let Fact::Written(at) = flag {
            match &at.value {
                Given::Known(false) => {}
                _ => given(at, |_| name, view),
            }
        }
    }
    if let Fact::Written(at) = &session.continuous_access {
        match &at.value {
            Given::Known(ContinuousAccess::Disabled) => {}
            _ => given(at, |_| CONTINUOUS_ACCESS, view),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_in_both_cases() {
        for (at, field) in FIELDS.iter().enumerate() {
            for name in [field.name, &field.kebab()] {
                let found = FIELDS.iter().position(|other| std::ptr::eq(other, Field::named(name).unwrap()));
                assert_eq!(found, Some(at), "{name}");
            }
        }
    }

    #[test]
    fn an_id_may_be_what_a_name_stands_for() {
        let id = "7f1c4e52-30f9-4f0a-9d0e-1f4a6b2c8d90";
        assert!(Values::Ids.may_be(id, "Break glass") && Values::Ids.may_be("Break glass", id));
        assert!(!Values::Ids.may_be(id, "All") && !Values::Ids.may_be("Break glass", "Other"));
        assert!(
            Values::Contexts.may_be("c12", "azuread_authentication_context.x")
                && !Values::Contexts.may_be("c1", "c2")
        );
        assert!(!Values::Words(words::<Control>).may_be(id, "mfa"));
    }
}
