//! The members of a record, by what they mean instead of how one export spells them.

use std::borrow::Cow;

use jiter::JsonValue;

macro_rules! members {
    ($($(#[$doc:meta])* $slot:ident = $($name:literal)|+),+ $(,)?) => {
        /// What a member tells.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Slot { $($(#[$doc])* $slot),+ }

        /// How many there are.
        const COUNT: usize = [$(Slot::$slot),+].len();

        impl Slot {
            /// The meaning of a name in lower case, without blanks, points and underscores.
            fn of(name: &str) -> Option<Self> {
                match name {
                    $($($name)|+ => Some(Self::$slot),)+
                    _ => None,
                }
            }
        }
    };
}

members! {
    Id = "id" | "requestid",
    Time = "createddatetime" | "createddatetimeutc" | "dateutc" | "timegenerated" | "timegeneratedutc" | "time",
    UserId = "userid",
    UserName = "userprincipalname" | "username",
    UserDisplay = "userdisplayname" | "user",
    AppId = "appid" | "applicationid",
    AppName = "appdisplayname" | "application",
    ResourceId = "resourceid",
    ResourceIdentity = "resourceidentity",
    Audiences = "conditionalaccessaudiences",
    Contexts = "authenticationcontextclassreferences",
    Client = "clientappused" | "clientapp",
    Device = "devicedetail",
    DeviceId = "deviceid",
    System = "operatingsystem",
    Compliant = "iscompliant" | "compliant",
    Trust = "trusttype" | "jointype",
    DeviceName = "displayname",
    Address = "ipaddress",
    Location = "location",
    LocationDetails = "locationdetails",
    Network = "networklocationdetails",
    Risk = "risklevelduringsignin",
    Flow = "originaltransfermethod",
    Protocol = "authenticationprotocol",
    UserType = "usertype",
    Agent = "agent",
    AgentType = "agenttype",
    Cross = "crosstenantaccesstype",
    HomeTenant = "hometenantid",
    ResourceTenant = "resourcetenantid",
    OwnTenant = "aadtenantid",
    PrincipalId = "serviceprincipalid",
    PrincipalName = "serviceprincipalname",
    Events = "signineventtypes",
    AppOwner = "appownertenantid",
    Category = "category",
    Table = "type",
    Interactive = "isinteractive",
    Status = "status",
    ResultType = "resulttype",
    ErrorCode = "signinerrorcode" | "errorcode",
    MfaResult = "multifactorauthenticationresult" | "additionaldetails",
    Requirement = "authenticationrequirement",
    Details = "authenticationdetails",
    Policies = "appliedconditionalaccesspolicies",
    PolicyColumn = "conditionalaccesspolicies",
    PolicyId = "policyid",
    Result = "result",
    Satisfied = "conditionssatisfied",
    NotSatisfied = "conditionsnotsatisfied",
    Country = "countryorregion",
    NetworkType = "networktype",
    Detail = "detail",
    Method = "authenticationmethod",
    StepResult = "authenticationstepresultdetail",
    Succeeded = "succeeded",
    TenantId = "tenantid",
    CallerAddress = "calleripaddress",
    Properties = "properties",
}

/// The longest name that means something.
const LONGEST: usize = 48;

/// The members of one object.
pub(super) struct Members<'v> {
    slots: [Option<&'v JsonValue<'v>>; COUNT],
}

impl<'v> Members<'v> {
    /// Those of an object. Of two members of one meaning, the first that is not empty counts.
    pub(super) fn of(object: &'v [(Cow<'v, str>, JsonValue<'v>)]) -> Self {
        let mut slots = [None; COUNT];
        for (name, value) in object {
            let Some(slot) = meaning(name) else { continue };
            if let Some(held) = slots.get_mut(slot as usize)
                && held.is_none_or(is_empty)
            {
                *held = Some(value);
            }
        }
        Self { slots }
    }

    /// The value of a member, null included.
    pub(super) fn get(&self, slot: Slot) -> Option<&'v JsonValue<'v>> {
        self.slots.get(slot as usize).copied().flatten()
    }

    /// Whether there is such a member.
    pub(super) fn has(&self, slot: Slot) -> bool {
        self.get(slot).is_some()
    }

    /// A text that is not empty.
    pub(super) fn text(&self, slot: Slot) -> Option<&'v str> {
        match self.get(slot)? {
            JsonValue::Str(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// A yes or no, also as a text.
    pub(super) fn truth(&self, slot: Slot) -> Option<bool> {
        match self.get(slot)? {
            JsonValue::Bool(told) => Some(*told),
            JsonValue::Str(text) => match text.trim() {
                text if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("yes") => Some(true),
                text if text.eq_ignore_ascii_case("false") || text.eq_ignore_ascii_case("no") => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A number, also as a text.
    pub(super) fn number(&self, slot: Slot) -> Option<u32> {
        match self.get(slot)? {
            JsonValue::Int(number) => u32::try_from(*number).ok(),
            JsonValue::Str(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// An object or list, also as a text that holds one.
    pub(super) fn tree(&self, slot: Slot) -> Option<Cow<'v, JsonValue<'v>>> {
        tree(self.get(slot)?)
    }
}

/// An object or list; some exports write it as a text.
pub(super) fn tree<'v>(value: &'v JsonValue<'v>) -> Option<Cow<'v, JsonValue<'v>>> {
    match value {
        JsonValue::Object(_) | JsonValue::Array(_) => Some(Cow::Borrowed(value)),
        JsonValue::Str(text) if text.trim_start().starts_with(['{', '[']) => {
            JsonValue::parse(text.as_bytes(), false).ok().map(Cow::Owned)
        }
        _ => None,
    }
}

fn is_empty(value: &JsonValue<'_>) -> bool {
    match value {
        JsonValue::Null => true,
        JsonValue::Str(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Whether a column of that name tells something.
pub(super) fn is_known(name: &str) -> bool {
    meaning(name).is_some()
}

/// The meaning of a name. Columns of dynamic type end in `_dynamic` or `_string` in some exports.
fn meaning(name: &str) -> Option<Slot> {
    let name = name.strip_suffix("_dynamic").or_else(|| name.strip_suffix("_string")).unwrap_or(name);
    let mut plain = [0_u8; LONGEST];
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        *plain.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    Slot::of(std::str::from_utf8(plain.get(..length)?).ok()?)
}
