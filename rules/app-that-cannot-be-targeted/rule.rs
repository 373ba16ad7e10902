//! An app that a policy names and that Conditional Access does not judge by itself.

use crate::access::{self, Demand};
use crate::policy::ids::apps;
use crate::policy::{App, List};
use crate::rule::prelude::*;
use crate::rules::{any_state, shared};
use crate::source::At;

pub(super) static RULE: &dyn Rule = &AppThatCannotBeTargeted;

struct AppThatCannotBeTargeted;

impl Rule for AppThatCannotBeTargeted {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("app-that-cannot-be-targeted"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            if !is_told_of_a_block(policy, access) {
                findings.extend(self.umbrella(policy));
            }
            findings.extend(self.clients(policy));
        }
    }
}

impl AppThatCannotBeTargeted {
    fn umbrella(&self, policy: &Policy) -> Option<Finding> {
        let places = places(policy, |id| id == apps::GRAPH, "not covered by this", "not left out by this");
        let message = "Microsoft Graph is named, and cannot be judged by itself";
        let found = any_state::finding_at(self.meta(), policy, Level::Warn, message, &places)?;
        let reason = "it stands for many services, and sign-ins to it are judged by the policies on those and on all \
                      resources";
        Some(
            found
                .place("conditions.applications")
                .note(if takes_in_graph_alone(policy) {
                    format!("{reason}; this policy names nothing else, so it applies to no sign-in")
                } else {
                    reason.to_owned()
                })
                .help("name the services behind it, such as Exchange Online, or `All`"),
        )
    }

    fn clients(&self, policy: &Policy) -> Option<Finding> {
        let places =
            places(policy, apps::is_public_client, "a client, not a resource", "leaves out no resource");
        let message = "policy names a client, while sign-ins are judged by what the client asks for";
        let found = any_state::finding_at(self.meta(), policy, Level::Note, message, &places)?;
        Some(
            found
                .place("conditions.applications")
                .note("an app that runs on a device, such as a command line, is hardly ever what a token is for")
                .help(format!(
                    "name what the client signs in to, such as `{}` for the management of Azure",
                    apps::AZURE_MANAGEMENT
                )),
        )
    }
}

/// Whether Microsoft Graph is all that a policy takes in.
pub(super) fn takes_in_graph_alone(policy: &Policy) -> bool {
    let include = &policy.applications.include;
    let is_graph = |app: At<&App>| matches!(app.value, App::Id(id) if id == apps::GRAPH);
    !include.is_empty() && include.is_known() && include.known().all(is_graph)
}

/// A block of everything but some apps reports that none of them is spared, Microsoft Graph first.
fn is_told_of_a_block(policy: &Policy, access: &Access<'_>) -> bool {
    matches!(access::demand(policy, access.assume), Demand::Block(_))
        && shared::covers_everything(policy, access).is_some()
}

fn places(
    policy: &Policy,
    is_one: impl Fn(&str) -> bool + Copy,
    included: &'static str,
    excluded: &'static str,
) -> Vec<At<&'static str>> {
    let of = |list: &List<App>, label| {
        let named = list.known().filter(|app| matches!(app.value, App::Id(id) if is_one(id)));
        named.map(|app| At::new(label, app.span)).collect::<Vec<_>>()
    };
    let mut places = of(&policy.applications.include, included);
    places.extend(of(&policy.applications.exclude, excluded));
    places
}
