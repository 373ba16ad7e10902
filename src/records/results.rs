//! What the service recorded of each policy.
//!
//! Source: Microsoft Graph reference, resource types `appliedConditionalAccessPolicy` and enumeration
//! `conditionalAccessConditions`.

use jiter::JsonValue;

use super::members::{Members, Slot, tree};

/// What the service recorded of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceResult {
    /// The id of the policy, in lower case.
    pub id: Option<String>,
    /// Its display name.
    pub name: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// The conditions that held. Only those are told that were looked at: where the app or the users do not fit, no
    /// other is.
    pub satisfied: Conditions,
    /// The conditions that did not hold.
    pub not_satisfied: Conditions,
}

/// What came of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Enforced and met.
    Success,
    /// Enforced and not met.
    Failure,
    /// Enforced, and about other sign-ins.
    NotApplied,
    /// Switched off.
    NotEnabled,
    /// In report-only, and met.
    ReportOnlySuccess,
    /// In report-only, and not met.
    ReportOnlyFailure,
    /// In report-only, and about other sign-ins.
    ReportOnlyNotApplied,
    /// In report-only, and would have asked for something.
    ReportOnlyInterrupted,
}

impl Verdict {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Success, "success", "0"),
        (Self::Failure, "failure", "1"),
        (Self::NotApplied, "notApplied", "2"),
        (Self::NotEnabled, "notEnabled", "3"),
        (Self::ReportOnlySuccess, "reportOnlySuccess", "6"),
        (Self::ReportOnlyFailure, "reportOnlyFailure", "7"),
        (Self::ReportOnlyNotApplied, "reportOnlyNotApplied", "8"),
        (Self::ReportOnlyInterrupted, "reportOnlyInterrupted", "9"),
    ];

    /// As the service writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(verdict, ..)| *verdict == self).map_or("", |(_, name, _)| name)
    }

    fn parse(text: &str) -> Option<Self> {
        let found =
            Self::ALL.iter().find(|(_, name, number)| name.eq_ignore_ascii_case(text) || *number == text);
        found.map(|(verdict, ..)| *verdict)
    }

    /// Whether the policy was about the sign-in; `None` for one that was not looked at.
    #[must_use]
    pub fn applied(self) -> Option<bool> {
        match self {
            Self::NotEnabled => None,
            Self::NotApplied | Self::ReportOnlyNotApplied => Some(false),
            _ => Some(true),
        }
    }
}

/// Some conditions, each a bit as in the masks that diagnostic settings write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions(u32);

impl Conditions {
    const NAMES: [(u32, &'static str); 16] = [
        (1, "application"),
        (2, "users"),
        (4, "devicePlatform"),
        (8, "location"),
        (16, "clientType"),
        (32, "signInRisk"),
        (64, "userRisk"),
        (128, "time"),
        (256, "deviceState"),
        (512, "client"),
        (1024, "ipAddressSeenByAzureAD"),
        (2048, "ipAddressSeenByResourceProvider"),
        (8192, "servicePrincipals"),
        (16384, "servicePrincipalRisk"),
        (32768, "authenticationFlows"),
        (65536, "insiderRisk"),
    ];

    /// Those of these names.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let bit = |name: &str| Self::NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
        Self(names.into_iter().filter_map(bit).fold(0, |mask, (bit, _)| mask | bit))
    }

    /// Those that are among others too.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Their names, joined by commas; nothing where there is none.
    #[must_use]
    pub fn names(self) -> Option<String> {
        let names = Self::NAMES.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| *name);
        let names = names.collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then_some(names)
    }
}

/// The list of results. Security Defaults are no policy, and a result that is not known says nothing.
pub(super) fn read(list: &JsonValue<'_>) -> Vec<ServiceResult> {
    let JsonValue::Array(items) = list else { return Vec::new() };
    items.iter().filter_map(one).collect()
}

fn one(item: &JsonValue<'_>) -> Option<ServiceResult> {
    let item = tree(item)?;
    let JsonValue::Object(object) = item.as_ref() else { return None };
    let members = Members::of(object);
    let id = members.text(Slot::Id).map(str::to_lowercase);
    if id.as_deref() == Some("securitydefaults") {
        return None;
    }
    let verdict = match members.get(Slot::Result)? {
        JsonValue::Str(text) => Verdict::parse(text),
        JsonValue::Int(number) => Verdict::parse(&number.to_string()),
        _ => None,
    }?;
    Some(ServiceResult {
        id,
        name: members.text(Slot::DeviceName).map(str::to_owned),
        verdict,
        satisfied: conditions(members.get(Slot::Satisfied)),
        not_satisfied: conditions(members.get(Slot::NotSatisfied)),
    })
}

/// Conditions, as names joined by commas or as a mask; none where the record does not tell.
fn conditions(value: Option<&JsonValue<'_>>) -> Conditions {
    match value {
        Some(JsonValue::Int(number)) => Conditions(u32::try_from(*number).unwrap_or_default()),
        Some(JsonValue::Str(text)) => match text.trim().parse() {
            Ok(mask) => Conditions(mask),
            Err(_) => Conditions::named(text.split(',').map(str::trim)),
        },
        _ => Conditions::default(),
    }
}
