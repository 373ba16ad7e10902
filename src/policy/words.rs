//! The closed vocabularies of the schema, in canonical spelling.
//!
//! Source: Microsoft Graph reference, resource types `conditionalAccessPolicy`, `conditionalAccessConditionSet`,
//! `conditionalAccessGrantControls`, `conditionalAccessSessionControls` (v1.0 and beta).

use serde::{Serialize, Serializer};

/// A word of a closed vocabulary.
pub trait Word: Copy + PartialEq + 'static {
    /// Every word with its canonical spelling.
    const ALL: &'static [(Self, &'static str)];
    /// What the vocabulary lists, for messages: "a grant control".
    const WHAT: &'static str;

    /// The word of a text, in any case: `All` and `all` are one.
    #[must_use]
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(word, _)| *word)
    }

    /// The canonical spelling.
    #[must_use]
    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(word, _)| *word == self).map_or("", |(_, name)| name)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl Word for $name {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $text)),+];
            const WHAT: &'static str = $what;
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// Whether the service acts on a policy.
    State, "a policy state" {
        /// Enforced.
        Enabled = "enabled",
        /// Evaluated and logged only.
        ReportOnly = "enabledForReportingButNotEnforced",
        /// Ignored.
        Disabled = "disabled",
    }
}

words! {
    /// The kind of client a sign-in comes from.
    ClientApp, "a client app type" {
        /// Every kind, legacy ones included.
        All = "all",
        /// Web browsers.
        Browser = "browser",
        /// Apps with modern authentication.
        Modern = "mobileAppsAndDesktopClients",
        /// Exchange ActiveSync.
        ActiveSync = "exchangeActiveSync",
        /// Exchange ActiveSync from supported platforms.
        ActiveSyncSupported = "easSupported",
        /// Legacy protocols with basic authentication.
        Other = "other",
    }
}

words! {
    /// A device platform.
    Platform, "a device platform" {
        /// Every platform, unrecognised ones included.
        All = "all",
        /// Android.
        Android = "android",
        /// iOS and iPadOS.
        Ios = "iOS",
        /// Windows.
        Windows = "windows",
        /// Windows Phone, which no longer exists.
        WindowsPhone = "windowsPhone",
        /// macOS.
        MacOs = "macOS",
        /// Linux.
        Linux = "linux",
    }
}

words! {
    /// A level of user, sign-in, service principal or agent risk. Lists match by membership, not as thresholds.
    Risk, "a risk level" {
        /// No risk detected.
        None = "none",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
        /// Not shown for want of a licence.
        Hidden = "hidden",
    }
}

words! {
    /// A level of insider risk.
    InsiderRisk, "an insider risk level" {
        /// Minor.
        Minor = "minor",
        /// Moderate.
        Moderate = "moderate",
        /// Elevated.
        Elevated = "elevated",
    }
}

words! {
    /// A way of moving a sign-in to another device.
    TransferMethod, "an authentication flow" {
        /// None.
        None = "none",
        /// Device code flow.
        DeviceCode = "deviceCodeFlow",
        /// Authentication transfer.
        Transfer = "authenticationTransfer",
    }
}

words! {
    /// What a person does, where it is not opening an app.
    UserAction, "a user action" {
        /// Register security information.
        RegisterSecurityInfo = "urn:user:registersecurityinfo",
        /// Register or join a device.
        RegisterDevice = "urn:user:registerdevice",
        /// Recover an account.
        AccountRecovery = "urn:user:accountrecovery",
    }
}

words! {
    /// A kind of guest or external user.
    GuestType, "a guest or external user type" {
        /// No kind.
        None = "none",
        /// Local credentials, marked guest.
        InternalGuest = "internalGuest",
        /// External account invited as guest.
        CollaborationGuest = "b2bCollaborationGuest",
        /// External account with member rights.
        CollaborationMember = "b2bCollaborationMember",
        /// Shared-channel user without an account here.
        DirectConnect = "b2bDirectConnectUser",
        /// External, none of the others.
        Other = "otherExternalUser",
        /// User of a partner with delegated rights.
        ServiceProvider = "serviceProvider",
    }
}

words! {
    /// How the grant controls of one policy combine.
    Operator, "a grant operator" {
        /// All are needed.
        And = "AND",
        /// One is enough.
        Or = "OR",
    }
}

words! {
    /// A built-in grant control.
    Control, "a grant control" {
        /// Refuse.
        Block = "block",
        /// Multifactor authentication.
        Mfa = "mfa",
        /// A device marked compliant.
        CompliantDevice = "compliantDevice",
        /// A hybrid joined device.
        DomainJoinedDevice = "domainJoinedDevice",
        /// An approved client app, retired in 2026.
        ApprovedApplication = "approvedApplication",
        /// An app under an app protection policy.
        CompliantApplication = "compliantApplication",
        /// A password change.
        PasswordChange = "passwordChange",
        /// Remediation of the risk.
        RiskRemediation = "riskRemediation",
        /// A verified ID, for account recovery.
        VerifiedId = "verifiedID",
    }
}

words! {
    /// Whether a filter takes in or leaves out what its rule matches.
    FilterMode, "a filter mode" {
        /// Takes in.
        Include = "include",
        /// Leaves out.
        Exclude = "exclude",
    }
}

words! {
    /// What continuous access evaluation does in a session.
    ContinuousAccess, "a continuous access evaluation mode" {
        /// Off.
        Disabled = "disabled",
        /// Strict location, old name.
        StrictEnforcement = "strictEnforcement",
        /// Strict location.
        StrictLocation = "strictLocation",
    }
}

words! {
    /// When people sign in again.
    FrequencyInterval, "a sign-in frequency interval" {
        /// After a time.
        TimeBased = "timeBased",
        /// Every time.
        EveryTime = "everyTime",
        /// Every time, without the tolerance of some minutes.
        EveryTimeStrict = "everyTimeStrict",
    }
}

words! {
    /// What a sign-in frequency counts.
    FrequencyUnit, "a unit of sign-in frequency" {
        /// Hours.
        Hours = "hours",
        /// Days.
        Days = "days",
    }
}

words! {
    /// How the country of a sign-in is found.
    CountryLookup, "a country lookup method" {
        /// By its address.
        Address = "clientIpAddress",
        /// By the position of a phone with Microsoft Authenticator.
        Gps = "authenticatorAppGps",
    }
}

words! {
    /// Which home tenants of external users are meant.
    MembershipKind, "a kind of external tenants" {
        /// Every tenant.
        All = "all",
        /// Those that are listed.
        Enumerated = "enumerated",
    }
}

/// The value an export shows for whatever its reader was not told about.
pub const HIDDEN: &str = "unknownFutureValue";
