//! Controls and conditions that service principals do not have, and exclusions from nothing.

use crate::access::{self, Subject};
use crate::policy::words::{Control, FilterMode, TransferMethod};
use crate::policy::{Given, List};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &InvalidWorkloadPolicy;

struct InvalidWorkloadPolicy;

impl Rule for InvalidWorkloadPolicy {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("invalid-workload-policy"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            // A policy about both is a fault of its own.
            if access::identity_kinds(policy).first().is_some_and(|first| first.kind == Subject::Users)
                && !policy.workloads.include_service_principals.is_empty()
            {
                continue;
            }
            let workloads = &policy.workloads;
            let included = &workloads.include_service_principals;
            let listed = included.find(|id| id != "None").map(|first| first.span);
            match listed.or_else(|| taken_in_by_filter(policy)) {
                Some(place) => {
                    let found = self.of_people(policy);
                    findings.extend(found.map(|found| found.label(place, "about service principals")));
                }
                None if included.is_known() && workloads.filter.is_none() => {
                    findings.extend(self.exclusion_alone(policy));
                }
                None => {}
            }
        }
    }
}

/// The filter that takes in service principals where no list does. Where agents are listed, it may be one of agents.
fn taken_in_by_filter(policy: &Policy) -> Option<Span> {
    let workloads = &policy.workloads;
    let filter = workloads.filter.as_ref()?;
    let includes = filter.mode.get().is_some_and(|mode| *mode.value == FilterMode::Include);
    let lists = [&workloads.include_service_principals, &workloads.include_agents, &workloads.exclude_agents];
    (includes && lists.iter().all(|list| list.is_empty())).then_some(filter.key)
}

impl InvalidWorkloadPolicy {
    fn of_people(&self, policy: &Policy) -> Option<Finding> {
        let places = of_people(policy);
        let message = "policy on service principals has what only people have";
        let found = any_state::finding_at(self.meta(), policy, Level::Error, message, &places)?;
        Some(
            found
                .place("conditions.clientApplications")
                .note(
                    "service principals can be blocked, by location, by their risk or at an authentication context; \
                     Microsoft Entra has nothing else for them",
                )
                .help("keep `block`, locations and `servicePrincipalRiskLevels`, and put the rest into a policy on users"),
        )
    }

    fn exclusion_alone(&self, policy: &Policy) -> Option<Finding> {
        let excluded = policy.workloads.exclude_service_principals.known().find(|id| id.value != "None")?;
        let message = "service principals are left out of a policy that takes none in";
        let include =
            policy.spelling.assignment("includeServicePrincipals", "[\"ServicePrincipalsInMyTenant\"]");
        Some(
            any_state::finding(self.meta(), policy, Level::Warn, message, Label::new(excluded.span, "left out of nothing"))
                .place("conditions.clientApplications")
                .note("an exclusion needs an inclusion beside it; without one the policy is refused, or is about users alone")
                .help(format!("take in all of them with `{include}`, or remove the exclusion")),
        )
    }
}

fn of_people(policy: &Policy) -> Vec<At<&'static str>> {
    let conditions = &policy.conditions;
    let mut places: Vec<At<&'static str>> = access::controls_written(policy)
        .into_iter()
        .filter(|control| control.value != Some(Control::Block))
        .map(|control| At::new("only `block` is available", control.span))
        .collect();
    let keys = [
        access::clients_left_out(policy),
        conditions.platforms.as_ref().map(|pair| pair.key),
        conditions
            .device_filter
            .as_ref()
            .filter(|filter| filter.mode.get().is_some())
            .map(|filter| filter.key),
        conditions.device_states.as_ref().map(|pair| pair.key),
        written(&conditions.user_risk),
        written(&conditions.sign_in_risk),
        written(&conditions.insider_risk),
        written(&conditions.transfer_methods)
            .filter(|_| conditions.transfer_methods.find(|method| *method != TransferMethod::None).is_some()),
    ];
    places.extend(keys.into_iter().flatten().map(|key| At::new("a condition for people", key)));
    places
}

/// The key of a list that certainly holds something.
fn written<T>(list: &List<T>) -> Option<Span> {
    list.key.filter(|_| list.items.iter().any(|item| matches!(item.value, Given::Known(_))))
}
