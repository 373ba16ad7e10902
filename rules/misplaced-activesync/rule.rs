//! Exchange ActiveSync in a policy that it does not fit.

use crate::access;
use crate::policy::ids::apps;
use crate::policy::words::ClientApp;
use crate::policy::{App, Principal, UserToken};
use crate::rule::prelude::*;
use crate::rules::any_state;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &MisplacedActivesync;

struct MisplacedActivesync;

impl Rule for MisplacedActivesync {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("misplaced-activesync"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let is_one =
                |client: &ClientApp| matches!(client, ClientApp::ActiveSync | ClientApp::ActiveSyncSupported);
            let Some(client) = policy.conditions.client_app_types.find(is_one) else { continue };
            let found = [self.reaches_everyone(policy), self.reaches_nothing(policy)];
            let labelled = |found: Finding| found.label(client.span, "the client app Exchange ActiveSync");
            findings.extend(found.into_iter().flatten().map(labelled));
        }
    }
}

impl MisplacedActivesync {
    fn reaches_everyone(&self, policy: &Policy) -> Option<Finding> {
        if access::everyone(policy).is_some() {
            return None;
        }
        let users = &policy.users;
        let word = users.include_users.find(|user| *user == Principal::Token(UserToken::Guests));
        let guests = users.include_guests.as_ref().filter(|guests| !guests.types.is_empty());
        let role = users.include_roles.known().next();
        let places: Vec<_> =
            [word.map(|at| at.span), guests.and_then(|guests| guests.key), role.map(|at| at.span)]
                .into_iter()
                .flatten()
                .map(|span| At::new("counts as all users here", span))
                .collect();
        let message = "over Exchange ActiveSync, the policy reaches every user";
        let found = any_state::finding_at(self.meta(), policy, Level::Warn, message, &places)?;
        Some(
            found
                .place("conditions.clientAppTypes")
                .note("for this protocol Microsoft Entra tells users and groups apart, but neither roles nor guests")
                .help("put the people into a group and include that, or leave this client app to a policy for all users"),
        )
    }

    fn reaches_nothing(&self, policy: &Policy) -> Option<Finding> {
        let included = &policy.applications.include;
        let only_others = included.is_known()
            && policy.applications.filter.is_none()
            && included.known().all(|app| matches!(app.value, App::Id(id) if id != apps::EXCHANGE));
        let first = included.known().next().filter(|_| only_others)?;
        let message = "policy names Exchange ActiveSync, and does not cover Exchange Online";
        let label = Label::new(first.span, "no app for this protocol");
        Some(
            any_state::finding(self.meta(), policy, Level::Warn, message, label)
                .place("conditions.clientAppTypes")
                .note("the protocol reaches Exchange Online alone, so the policy never applies to it")
                .help(format!("cover Exchange Online, `{}`, or take the client app out", apps::EXCHANGE)),
        )
    }
}
