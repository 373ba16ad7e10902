//! What authentication strengths accept.
//!
//! Source: Microsoft Entra documentation, "Authentication strengths" and "Authentication strength for external
//! users".

use super::sign_in::Methods;
use crate::policy::ids::strengths;
use crate::policy::{PolicySet, Strength, Truth};

/// Methods a guest can use in this tenant where multifactor authentication of the home tenant is not accepted.
const GUEST_METHODS: [&str; 4] =
    ["password,sms", "password,voice", "password,microsoftAuthenticatorPush", "password,softwareOath"];

/// The combinations a strength accepts, as far as the files or the service tell.
struct Accepted<'s> {
    combinations: Vec<&'s str>,
    /// There may be more.
    more: bool,
}

fn accepted<'s>(strength: &'s Strength, set: &'s PolicySet) -> Accepted<'s> {
    let id = strength.id.get().map(|id| id.value.as_str());
    let exported = id.and_then(|id| set.directory.strengths.get(id));
    let listed = if strength.combinations.is_empty() { exported } else { Some(&strength.combinations) };
    if let Some(list) = listed {
        let combinations = list.known().map(|at| at.value.as_str()).collect();
        return Accepted { combinations, more: !list.is_known() };
    }
    match id.and_then(strengths::combinations) {
        Some(built_in) => Accepted { combinations: built_in.to_vec(), more: false },
        None => Accepted { combinations: Vec::new(), more: true },
    }
}

/// Whether one of the accepted combinations fits.
fn accepts(strength: &Strength, set: &PolicySet, fits: impl Fn(&str) -> bool) -> Truth {
    let accepted = accepted(strength, set);
    if accepted.combinations.iter().any(|combination| fits(combination)) {
        Truth::Yes
    } else if accepted.more {
        Truth::Unknown
    } else {
        Truth::No
    }
}

/// Whether somebody with these methods meets a strength. With all methods, a strength whose combinations are not
/// told is met.
pub(super) fn met_by(strength: &Strength, set: &PolicySet, methods: Methods) -> Truth {
    match methods.combinations() {
        Some(own) => accepts(strength, set, |combination| {
            own.iter().any(|method| method.eq_ignore_ascii_case(combination))
        }),
        None => possible(strength, set),
    }
}

/// Whether a strength accepts anything at all; one that is not told does.
fn possible(strength: &Strength, set: &PolicySet) -> Truth {
    match accepts(strength, set, |_| true) {
        Truth::Unknown => Truth::Yes,
        decided => decided,
    }
}

/// Whether a guest can meet a strength with methods of this tenant.
pub(super) fn met_by_guests(strength: &Strength, set: &PolicySet) -> Truth {
    accepts(strength, set, |combination| {
        GUEST_METHODS.iter().any(|known| known.eq_ignore_ascii_case(combination))
    })
}

/// Whether a strength accepts something other than Windows Hello for Business, which needs a Windows computer.
#[must_use]
pub fn met_off_windows(strength: &Strength, set: &PolicySet) -> Truth {
    match accepts(strength, set, |combination| !combination.eq_ignore_ascii_case("windowsHelloForBusiness")) {
        Truth::Unknown => Truth::Yes,
        decided => decided,
    }
}

/// Whether a strength certainly accepts passwordless methods alone.
#[must_use]
pub fn is_passwordless(strength: &Strength, set: &PolicySet) -> bool {
    let with_password = |combination: &str| {
        let combination = combination.to_ascii_lowercase();
        combination.contains("password") || combination.contains("federated")
    };
    accepts(strength, set, with_password) == Truth::No
}

/// Whether no combination meets two strengths, both of which tell what they accept.
#[must_use]
pub fn have_no_method_in_common(one: &Strength, other: &Strength, set: &PolicySet) -> bool {
    let (one, other) = (accepted(one, set), accepted(other, set));
    let told = !one.more && !other.more;
    told && !one
        .combinations
        .iter()
        .any(|combination| other.combinations.iter().any(|theirs| theirs.eq_ignore_ascii_case(combination)))
}
