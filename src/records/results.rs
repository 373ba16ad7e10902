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
    /// The conditions that did not hold, by name, where the record tells them.
    pub not_satisfied: Option<Vec<&'static str>>,
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

/// The conditions by the bit they have in a mask.
const CONDITIONS: [(u32, &str); 16] = [
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
        not_satisfied: members.get(Slot::NotSatisfied).and_then(conditions),
    })
}

/// Conditions, as names joined by commas or as a mask.
fn conditions(value: &JsonValue<'_>) -> Option<Vec<&'static str>> {
    let mask = |mask: u32| CONDITIONS.iter().filter(move |(bit, _)| mask & bit != 0);
    let named = |text: &str| {
        let names: Vec<_> = text.split(',').map(str::trim).collect();
        CONDITIONS
            .iter()
            .filter(|(_, name)| names.iter().any(|own| own.eq_ignore_ascii_case(name)))
            .map(|(_, name)| *name)
            .collect()
    };
    match value {
        JsonValue::Int(number) => Some(mask(u32::try_from(*number).ok()?).map(|(_, name)| *name).collect()),
        JsonValue::Str(text) => match text.trim().parse() {
            Ok(number) => Some(mask(number).map(|(_, name)| *name).collect()),
            Err(_) => Some(named(text)),
        },
        _ => None,
    }
}
