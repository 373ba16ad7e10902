//! A policy that blocks every service principal, or every agent, from everything.

use crate::access::{self, Demand};
use crate::policy::{Given, List, Principal, Truth, Unresolved, UserToken};
use crate::rule::prelude::*;
use crate::rules::shared;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &BlockEveryWorkload;

struct BlockEveryWorkload;

impl Rule for BlockEveryWorkload {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("block-every-workload"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let Demand::Block(block) = access::demand(policy, access.assume) else { continue };
            let narrowing = access::narrowing(policy, access.set);
            let spared = !access::app_exclusions(policy).is_empty() || policy.workloads.filter.is_some();
            let Some(apps) = access::every_app(policy) else { continue };
            if spared || narrowing.is_none() == Truth::No {
                continue;
            }
            let mut found = match covered(policy) {
                Some(Covered::Principals(place)) => self.principals(policy, block, place),
                Some(Covered::Agents(place)) => self.agents(policy, block, place),
                Some(Covered::Deployer(place)) => self.deployer(policy, block, place),
                None => continue,
            };
            for unknown in &narrowing.unknown {
                found = found.label(*unknown, "may narrow it; its effect is not known");
            }
            if !narrowing.unknown.is_empty() {
                found = shared::unverified(found.certainty(Certainty::Unverified));
            }
            findings
                .push(found.label(apps, "from all apps").codes(&[shared::BLOCKED]).place("grantControls"));
        }
    }
}

/// Whom a policy takes in, all of a kind.
enum Covered {
    /// Service principals of the tenant.
    Principals(Span),
    /// Agents, or their user accounts.
    Agents(Span),
    /// The application that deploys the policy.
    Deployer(Span),
}

/// What Terraform configurations call the identity that Terraform itself runs as. Source: documentation of the providers
/// azuread and azurerm, data sources `azuread_client_config` and `azurerm_client_config`.
const OWN_IDENTITY: [&str; 2] = ["data.azuread_client_config.", "data.azurerm_client_config."];

fn covered(policy: &Policy) -> Option<Covered> {
    let workloads = &policy.workloads;
    let all =
        |list: &List<String>, word: &str| list.find(|item| item.eq_ignore_ascii_case(word)).map(|at| at.span);
    let agent_users = |user: &Principal| *user == Principal::Token(UserToken::AgentUsers);
    if let Some(place) = all(&workloads.include_service_principals, "ServicePrincipalsInMyTenant") {
        return Some(Covered::Principals(place));
    }
    let is_own = |item: &&At<Given<String>>| match &item.value {
        Given::Known(text) | Given::Unresolved(Unresolved { text, .. }) => {
            OWN_IDENTITY.iter().any(|own| text.contains(own))
        }
    };
    if let Some(own) = workloads.include_service_principals.items.iter().find(is_own) {
        return Some(Covered::Deployer(own.span));
    }
    if !workloads.exclude_agents.is_empty() {
        return None;
    }
    let place = all(&workloads.include_agents, "All")
        .or_else(|| policy.users.include_users.find(agent_users).map(|at| at.span))?;
    Some(Covered::Agents(place))
}

impl BlockEveryWorkload {
    fn principals(&self, policy: &Policy, block: Span, place: Span) -> Finding {
        let excluded = &policy.workloads.exclude_service_principals;
        let is_written = |item: &Given<String>| !matches!(item, Given::Known(text) if text.trim().is_empty());
        let spared = excluded.open.is_some() || excluded.items.iter().any(|item| is_written(&item.value));
        let (level, who) = if spared {
            (Level::Warn, "every service principal of this tenant but those excluded")
        } else {
            (Level::Error, "every service principal of this tenant, deployment pipelines included,")
        };
        let message = "policy blocks every service principal from everything";
        let mut found = finding(self.meta(), policy, level, message, Label::new(block, "access is blocked"))
            .label(place, "every service principal of this tenant");
        if let Some(key) = excluded.key.filter(|_| spared) {
            found = found.label(key, "only these get tokens");
        }
        found
            .note(format!(
                "{who} is refused tokens with {}, so what runs unattended stops, and no pipeline can undo it; managed \
                 identities and apps of other tenants are not covered",
                shared::BLOCKED
            ))
            .help(
                "add a condition, such as `locations` that leave out where your workloads run, or \
                 `servicePrincipalRiskLevels`; or name the service principals to block",
            )
            .recovery(PEOPLE)
    }

    fn agents(&self, policy: &Policy, block: Span, place: Span) -> Finding {
        let message = "policy blocks every agent from everything";
        finding(self.meta(), policy, Level::Note, message, Label::new(block, "access is blocked"))
            .label(place, "every agent")
            .note("agents that people of this tenant built or use stop working, those that are not risky too")
            .help("add the condition `agentIdRiskLevels`, or exclude the agents that are in use; leave it so if it is meant")
    }

    fn deployer(&self, policy: &Policy, block: Span, place: Span) -> Finding {
        let message = "policy blocks the application that deploys it";
        finding(self.meta(), policy, Level::Warn, message, Label::new(block, "access is blocked"))
            .label(place, "whoever Terraform runs as")
            .certainty(Certainty::Unverified)
            .note("the next run gets no token, so the pipeline cannot take the policy back")
            .help("name the service principals to block by their object ids, and leave the pipeline out")
            .recovery(PEOPLE)
    }
}

/// Who is left to undo it.
const PEOPLE: &str =
    "a person who can change policies can undo this: policies on workloads do not touch people";
