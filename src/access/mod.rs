//! What policies do: the one place that knows how Conditional Access decides.
//!
//! Rules ask here; none of them reads the semantics a second time.

use std::cell::{OnceCell, RefCell, RefMut};

mod addresses;
pub mod analysis;
mod answer;
mod applies;
mod assignments;
pub mod change;
mod coverage;
mod decide;
mod devices;
mod emergency;
pub mod expr;
pub mod filter;
pub mod gaps;
mod grant;
mod guests;
pub mod matrix;
mod meets;
pub mod people;
mod places;
mod scope;
mod session;
mod settings;
pub mod sign_in;
pub mod solver;
pub mod space;
mod strength;
pub mod targets;

pub use addresses::{Unreachable, unreachable_range};
pub use answer::{Facts, resource};
pub use applies::Aspect;
pub use assignments::{
    Named, Subject, every_app, everyone, identity_kinds, names_somebody, names_target, target_kinds,
};
pub use coverage::Question;
pub use decide::{Applies, Decision, Judgement, Reading, Verdict, applies, decide, is_enforced, name};
pub use devices::DeviceFilter;
pub use emergency::{Basis, Declared, Emergency, EmergencyPrincipal, Kind};
pub use grant::{
    Demand, Managed, Need, OnlyWay, app_control_needed, controls, controls_written, demand, is_certain,
    managed, meets_unaided, only_way, remediation, retired, session_refusal, unaided,
};
pub use guests::{FULL_TRUST, accepted_by, judge_guest};
pub use places::{Unlisted, Vacancy, by_position, compliant_network_alone, unlisted, vacancies};
pub use scope::{
    Exclusions, Narrowing, Relief, all_but_legacy, app_exclusions, clients_left_out, conditions,
    empty_locations, every_recognised_platform, exclusions, narrowing, platforms_written,
};
pub use session::{Honouring, Unprotected, beyond_token_protection, restricting_apps};
pub use settings::Settings;
pub use strength::{have_no_method_in_common, is_passwordless, met_off_windows};

use analysis::{Analysis, MAX_POLICIES};

use crate::policy::words::State;
use crate::policy::{Policy, PolicySet};

/// What is taken for granted about the tenant beyond the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assume {
    /// Whether the service still honours the grant control `approvedApplication`.
    pub approved_app: ApprovedApp,
    /// Whether app exclusions spare sign-ins that ask only for basic scopes.
    pub baseline_scopes: BaselineScopes,
}

impl Assume {
    /// What it takes for granted, in words.
    #[must_use]
    pub fn words(self) -> Vec<String> {
        let approved = match self.approved_app {
            ApprovedApp::Retired => "the service ignores the grant control `approvedApplication`",
            ApprovedApp::Honoured => "the service honours the grant control `approvedApplication`",
        };
        let scopes = match self.baseline_scopes {
            BaselineScopes::Enforced => "sign-ins for basic scopes alone are judged like the others",
            BaselineScopes::Legacy => {
                "sign-ins for basic scopes alone are let through where apps are excluded"
            }
        };
        vec![approved.to_owned(), scopes.to_owned()]
    }
}

impl Default for Assume {
    fn default() -> Self {
        Self { approved_app: ApprovedApp::Retired, baseline_scopes: BaselineScopes::Enforced }
    }
}

/// The grant control `approvedApplication`. Source: Microsoft Entra documentation, "Migrate approved client app
/// to application protection policy".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovedApp {
    /// The service ignores it, as announced for March 2026.
    Retired,
    /// The service honours it.
    Honoured,
}

/// Sign-ins that ask only for basic scopes, in policies with app exclusions. Source: Microsoft Entra
/// documentation, "Enforcement of policies with resource exclusions".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaselineScopes {
    /// They are judged like the others, as rolled out from June 2026.
    Enforced,
    /// They are let through.
    Legacy,
}

/// How far the service acts on a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Enforced.
    Enforced,
    /// Not enforced, or its state is not given: what it would do once enabled.
    OnceEnabled,
    /// Switched off.
    Disabled,
}

/// The standing of a policy. A state that is absent or not known is judged as report-only.
#[must_use]
pub fn standing(policy: &Policy) -> Standing {
    match policy.state.get().map(|at| *at.value) {
        Some(State::Enabled) => Standing::Enforced,
        Some(State::ReportOnly) | None => Standing::OnceEnabled,
        Some(State::Disabled) => Standing::Disabled,
    }
}

/// The policies of one tenant with everything needed to judge them.
pub struct Access<'a> {
    /// Policies and named locations.
    pub set: &'a PolicySet,
    /// Who must always get in.
    pub emergency: Emergency,
    /// What is taken for granted.
    pub assume: Assume,
    /// What the run is told beside the policies.
    pub settings: Settings<'a>,
    include_disabled: bool,
    together: OnceCell<Option<RefCell<Analysis<'a>>>>,
}

impl<'a> Access<'a> {
    /// A view of a tenant. Disabled policies are judged, as if enabled, only where `include_disabled`.
    #[must_use]
    pub fn new(set: &'a PolicySet, declared: Vec<Declared>, assume: Assume, include_disabled: bool) -> Self {
        let emergency = Emergency::of(set, declared);
        let settings = Settings::default();
        Self { set, emergency, assume, settings, include_disabled, together: OnceCell::new() }
    }

    /// The same view, told more.
    #[must_use]
    pub fn with(self, settings: Settings<'a>) -> Self {
        Self { settings, ..self }
    }

    /// What the policies do together; nothing where there are more than one tenant can have. It is set up by the
    /// first who asks.
    pub fn together(&self) -> Option<RefMut<'_, Analysis<'a>>> {
        let analysis = self.together.get_or_init(|| {
            let few = self.judged().count() <= MAX_POLICIES;
            few.then(|| RefCell::new(Analysis::new(self, &people::wanted(self))))
        });
        analysis.as_ref()?.try_borrow_mut().ok()
    }

    /// The policies that are judged, whoever they are about.
    pub fn judged(&self) -> impl Iterator<Item = &'a Policy> {
        let include_disabled = self.include_disabled;
        self.set.policies.iter().filter(move |policy| is_judged(policy, include_disabled))
    }

    /// Whether a policy is among those that are judged.
    #[must_use]
    pub fn judges(&self, policy: &Policy) -> bool {
        is_judged(policy, self.include_disabled)
    }

    /// The policies that are judged, are about people and can apply to somebody.
    pub fn about_people(&self) -> impl Iterator<Item = &'a Policy> {
        self.judged().filter(|policy| !policy.targets_workloads() && scope::can_apply(policy))
    }
}

fn is_judged(policy: &Policy, include_disabled: bool) -> bool {
    include_disabled || standing(policy) != Standing::Disabled
}
