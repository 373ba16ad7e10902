//! Authentication contexts that have to be met, and cannot be.

use crate::access::analysis::{Analysis, Circumstances};
use crate::access::people::{self, Class};
use crate::access::sign_in::Target;
use crate::policy::directory::{StepUp, StepUpOf};
use crate::rule::prelude::*;
use crate::rules::together::{self, RECOVERY, SCOPES};

pub(super) static RULE: &dyn Rule = &ActivationDeadlock;

struct ActivationDeadlock;

impl Rule for ActivationDeadlock {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("activation-deadlock"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let step_ups = &access.set.directory.step_ups;
        if step_ups.is_empty() {
            return;
        }
        let Some(mut analysis) = access.together() else { return };
        let mut contexts: Vec<&str> = Vec::new();
        for step_up in step_ups {
            if contexts.contains(&step_up.context.value.as_str()) {
                continue;
            }
            contexts.push(&step_up.context.value);
            findings.extend(self.unreachable(access, &mut analysis, step_up));
            findings.extend(self.too_late(access, step_up));
        }
    }
}

/// Who has to meet a context: people before they hold a role, or everybody who can change policies.
fn who(step_up: &StepUp, analysis: &Analysis<'_>) -> Vec<Circumstances> {
    match step_up.of {
        StepUpOf::RoleActivation(_) => vec![people::circumstances(&Class::Eligible, analysis)],
        StepUpOf::ProtectedAction(_) => people::managers(analysis),
    }
}

impl ActivationDeadlock {
    fn unreachable(
        &self,
        access: &Access<'_>,
        analysis: &mut Analysis<'_>,
        step_up: &StepUp,
    ) -> Option<Finding> {
        let context = step_up.context.value.to_lowercase();
        let target = Target::Context(context);
        for scope in SCOPES {
            let there: Vec<_> = who(step_up, analysis).iter().map(|one| analysis.to(one, &target)).collect();
            let Some(policies) = together::shut(analysis, &there, scope) else { continue };
            return self.explained(access, analysis, step_up, &policies);
        }
        None
    }

    fn explained(
        &self,
        access: &Access<'_>,
        analysis: &Analysis<'_>,
        step_up: &StepUp,
        policies: &[usize],
    ) -> Option<Finding> {
        let context = &step_up.context.value;
        let (message, note) = match &step_up.of {
            StepUpOf::RoleActivation(_) => (
                format!("nobody can meet authentication context `{context}`, so roles stay inactive"),
                "activating a role asks for this authentication context, and the policies on it refuse everybody who \
                 does not hold a role yet",
            ),
            StepUpOf::ProtectedAction(_) => (
                format!("nobody can meet authentication context `{context}` of a protected action"),
                "a protected action asks for this authentication context, and the policies on it refuse every \
                 administrator",
            ),
        };
        let found = together::blame(self.meta(), access, analysis, policies, Level::Error, &message)?;
        Some(
            found
                .related(step_up.context.span, "asked for here")
                .note(note)
                .help("let the policies on this context be met by people with a passkey on any device")
                .recovery(RECOVERY),
        )
    }

    /// A context for activation whose policies bind only those who hold a role already.
    fn too_late(&self, access: &Access<'_>, step_up: &StepUp) -> Option<Finding> {
        let StepUpOf::RoleActivation(_) = step_up.of else { return None };
        let on_context: Vec<_> = access
            .about_people()
            .filter(|policy| {
                let mut contexts = policy.applications.auth_contexts.known();
                contexts.any(|context| context.value.eq_ignore_ascii_case(&step_up.context.value))
            })
            .collect();
        let by_role = |policy: &&&Policy| {
            let users = &policy.users;
            !users.include_roles.is_empty()
                && users.include_users.is_empty()
                && users.include_groups.is_empty()
                && users.include_guests.is_none()
        };
        if on_context.is_empty() || !on_context.iter().all(|policy| by_role(&policy)) {
            return None;
        }
        let policy = *on_context.first()?;
        let place = policy.users.include_roles.key.unwrap_or(policy.head);
        let message = "policy asks for a step-up at activation only from people who hold a role already";
        Some(
            finding(
                self.meta(),
                policy,
                Level::Warn,
                message,
                Label::new(place, "nobody holds it before activation"),
            )
            .related(step_up.context.span, "asked for here")
            .place("conditions.users.includeRoles")
            .note(
                "who is eligible for a role does not hold it, so activation goes through without the step-up",
            )
            .help("take in the people who may activate, or all users, instead of roles"),
        )
    }
}
