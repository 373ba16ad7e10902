//! The built-in authentication strengths.
//!
//! Source: Microsoft Entra documentation, "Authentication strengths", table of built-in strengths.

/// Multifactor authentication.
pub const MFA: &str = "00000000-0000-0000-0000-000000000002";
/// Passwordless MFA.
pub const PASSWORDLESS: &str = "00000000-0000-0000-0000-000000000003";
/// Phishing-resistant MFA.
pub const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";

/// The built-in strengths. Each accepts a passkey (FIDO2) and a multifactor certificate.
pub const BUILT_IN: [&str; 3] = [MFA, PASSWORDLESS, PHISHING_RESISTANT];

/// The built-in strengths that imply a built-in strength.
pub fn implying(id: &str) -> impl Iterator<Item = &'static str> {
    let at = BUILT_IN.iter().position(|known| *known == id);
    at.and_then(|at| BUILT_IN.get(at + 1..)).unwrap_or_default().iter().copied()
}

/// The method combinations of a built-in strength.
#[must_use]
pub fn combinations(id: &str) -> Option<&'static [&'static str]> {
    match id {
        MFA => Some(MFA_COMBINATIONS),
        PASSWORDLESS => {
            Some(&["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush"])
        }
        PHISHING_RESISTANT => Some(&["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]),
        _ => None,
    }
}

const MFA_COMBINATIONS: &[&str] = &[
    "windowsHelloForBusiness",
    "fido2",
    "x509CertificateMultiFactor",
    "deviceBasedPush",
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "password,microsoftAuthenticatorPush",
    "password,softwareOath",
    "password,hardwareOath",
    "password,x509CertificateSingleFactor",
    "password,x509CertificateMultiFactor",
    "password,sms",
    "password,voice",
    "federatedMultiFactor",
    "microsoftAuthenticatorPush,federatedSingleFactor",
    "softwareOath,federatedSingleFactor",
    "hardwareOath,federatedSingleFactor",
    "sms,federatedSingleFactor",
    "voice,federatedSingleFactor",
];

/// The built-in strengths by display name.
const NAMES: [(&str, &str); 3] = [
    ("Multifactor authentication", MFA),
    ("Passwordless MFA", PASSWORDLESS),
    ("Phishing-resistant MFA", PHISHING_RESISTANT),
];

/// The built-in strength of a display name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, id)| id)
}

/// The display name of a built-in strength.
#[must_use]
pub fn name(id: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|(_, known)| *known == id).map(|(name, _)| name)
}
