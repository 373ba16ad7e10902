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

/// The method combinations an emergency access account can use alone, on any device and network.
pub const UNAIDED: [&str; 2] = ["fido2", "x509CertificateMultiFactor"];
