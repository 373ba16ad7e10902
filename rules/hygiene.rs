//! What rules on the upkeep of policies ask and say alike.

use crate::edit::Page;
use crate::policy::{Filter, Given, Guests, List, Text, Unresolved, Why, Workloads};
use crate::rule::prelude::*;
use crate::source::At;

/// The text of a policy's file, where an edit there lasts.
pub(super) fn page<'a>(policy: &Policy, access: &Access<'a>) -> Option<Page<'a>> {
    let file = policy.whole.file;
    let source = access.settings.texts?.get(file).filter(|_| !policy.is_generated)?;
    Some(Page::new(file, source.text(), policy.spelling.format))
}

/// A list of a policy, whatever it holds.
pub(super) struct Listed<'p> {
    /// Its path in the schema.
    pub(super) place: &'static str,
    /// It holds ids, so the order says nothing.
    pub(super) has_ids: bool,
    /// The key that holds it.
    pub(super) key: Option<Span>,
    /// Its entries.
    pub(super) entries: Vec<Entry<'p>>,
}

impl Listed<'_> {
    /// The member that holds it, in the schema's words.
    pub(super) fn member(&self) -> &'static str {
        self.place.rsplit('.').next().unwrap_or_default()
    }
}

/// An entry of a list.
pub(super) struct Entry<'p> {
    /// Its value in the schema's words; as written where it is not known.
    pub(super) text: &'p str,
    /// Why it is not known.
    pub(super) why: Option<Why>,
    /// Its place.
    pub(super) span: Span,
}

fn entry<T: Text>(item: &At<Given<T>>) -> Entry<'_> {
    match &item.value {
        Given::Known(value) => Entry { text: value.text(), why: None, span: item.span },
        Given::Unresolved(what) => Entry { text: &what.text, why: Some(what.why), span: item.span },
    }
}

/// What a policy gives alone, outside lists, and of which the value is not known.
pub(super) fn single_values(policy: &Policy) -> Vec<Listed<'_>> {
    let conditions = &policy.conditions;
    let strength = policy.grant.strength.as_ref().and_then(|strength| strength.id.unresolved());
    fn rule(filter: Option<&Filter>) -> Option<At<&Unresolved>> {
        filter?.rule.unresolved()
    }
    let found = [
        ("state", false, policy.state.unresolved()),
        ("grantControls.authenticationStrength.id", true, strength),
        ("conditions.devices.deviceFilter.rule", false, rule(conditions.device_filter.as_ref())),
        ("conditions.applications.applicationFilter.rule", false, rule(policy.applications.filter.as_ref())),
    ];
    let mut listed = Vec::new();
    for (place, has_ids, value) in found {
        listed.extend(value.map(|value| {
            let entry = Entry { text: &value.value.text, why: Some(value.value.why), span: value.span };
            Listed { place, has_ids, key: None, entries: vec![entry] }
        }));
    }
    listed
}

/// Every list of a policy that is not empty.
pub(super) fn lists(policy: &Policy) -> Vec<Listed<'_>> {
    let mut found = Lists { found: Vec::new() };
    let users = &policy.users;
    found.ids("conditions.users.includeUsers", &users.include_users);
    found.ids("conditions.users.excludeUsers", &users.exclude_users);
    found.ids("conditions.users.includeGroups", &users.include_groups);
    found.ids("conditions.users.excludeGroups", &users.exclude_groups);
    found.ids("conditions.users.includeRoles", &users.include_roles);
    found.ids("conditions.users.excludeRoles", &users.exclude_roles);
    found.guests(users.include_guests.as_ref());
    found.guests(users.exclude_guests.as_ref());
    found.workloads(&policy.workloads);
    let applications = &policy.applications;
    found.ids("conditions.applications.includeApplications", &applications.include);
    found.ids("conditions.applications.excludeApplications", &applications.exclude);
    found.words("conditions.applications.includeUserActions", &applications.user_actions);
    let contexts = "conditions.applications.includeAuthenticationContextClassReferences";
    found.words(contexts, &applications.auth_contexts);
    let conditions = &policy.conditions;
    found.words("conditions.clientAppTypes", &conditions.client_app_types);
    if let Some(platforms) = &conditions.platforms {
        found.words("conditions.platforms.includePlatforms", &platforms.include);
        found.words("conditions.platforms.excludePlatforms", &platforms.exclude);
    }
    if let Some(locations) = &conditions.locations {
        found.ids("conditions.locations.includeLocations", &locations.include);
        found.ids("conditions.locations.excludeLocations", &locations.exclude);
    }
    found.words("conditions.userRiskLevels", &conditions.user_risk);
    found.words("conditions.signInRiskLevels", &conditions.sign_in_risk);
    found.words("conditions.servicePrincipalRiskLevels", &conditions.service_principal_risk);
    found.words("conditions.insiderRiskLevels", &conditions.insider_risk);
    found.words("conditions.agentIdRiskLevels", &conditions.agent_risk);
    found.words("conditions.authenticationFlows.transferMethods", &conditions.transfer_methods);
    found.words("grantControls.builtInControls", &policy.grant.controls);
    found.words("grantControls.customAuthenticationFactors", &policy.grant.custom_factors);
    found.ids("grantControls.termsOfUse", &policy.grant.terms_of_use);
    found.found
}

struct Lists<'p> {
    found: Vec<Listed<'p>>,
}

impl<'p> Lists<'p> {
    fn ids<T: Text>(&mut self, place: &'static str, list: &'p List<T>) {
        self.take(place, true, list);
    }

    fn words<T: Text>(&mut self, place: &'static str, list: &'p List<T>) {
        self.take(place, false, list);
    }

    fn take<T: Text>(&mut self, place: &'static str, has_ids: bool, list: &'p List<T>) {
        if !list.items.is_empty() {
            self.found.push(Listed {
                place,
                has_ids,
                key: list.key,
                entries: list.items.iter().map(entry).collect(),
            });
        }
    }

    fn guests(&mut self, guests: Option<&'p Guests>) {
        if let Some(guests) = guests {
            self.words("conditions.users.guestOrExternalUserTypes", &guests.types);
            self.ids("conditions.users.externalTenants.members", &guests.tenants);
        }
    }

    fn workloads(&mut self, workloads: &'p Workloads) {
        let in_clients = [
            ("conditions.clientApplications.includeServicePrincipals", &workloads.include_service_principals),
            ("conditions.clientApplications.excludeServicePrincipals", &workloads.exclude_service_principals),
            ("conditions.clientApplications.includeAgentIdServicePrincipals", &workloads.include_agents),
            ("conditions.clientApplications.excludeAgentIdServicePrincipals", &workloads.exclude_agents),
        ];
        for (place, list) in in_clients {
            self.ids(place, list);
        }
    }
}
