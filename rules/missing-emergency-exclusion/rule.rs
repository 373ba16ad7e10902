//! A policy that can refuse the emergency access accounts.

use crate::access::{self, Basis, Demand, EmergencyPrincipal, Exclusions, Kind, Relief, Standing};
use crate::policy::{Principal, Truth};
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &MissingEmergencyExclusion;

struct MissingEmergencyExclusion;

impl Rule for MissingEmergencyExclusion {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("missing-emergency-exclusion"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let before = findings.len();
        let mut covering = Vec::new();
        for policy in access.about_people() {
            let Some(who) = shared::covers_emergency(policy, access) else { continue };
            covering.push((policy, who));
            if let Some(refusal) = refusal(policy, access) {
                findings.extend(self.refused(policy, access, who, &refusal));
            }
        }
        if access.emergency.basis == Basis::Unknown && findings.len() == before {
            findings.extend(self.nobody_in_common(access, &covering));
        }
        findings.extend(self.only_one_without(access, &covering));
    }
}

/// What of a policy refuses a person who has a passkey or certificate and nothing else.
struct Refusal {
    span: Span,
    label: &'static str,
    certain: bool,
    codes: Vec<ErrorCode>,
}

fn refusal(policy: &Policy, access: &Access<'_>) -> Option<Refusal> {
    let certain = match access::meets_unaided(policy, access.set, access.assume) {
        Truth::Yes => {
            let session = access::session_refusal(policy)?;
            return Some(Refusal {
                span: session.span,
                label: session.value,
                certain: true,
                codes: Vec::new(),
            });
        }
        Truth::No => true,
        Truth::Unknown => false,
    };
    match access::demand(policy, access.assume) {
        Demand::Nothing => None,
        Demand::Block(span) => {
            Some(Refusal { span, label: "access is blocked", certain, codes: vec![shared::BLOCKED] })
        }
        Demand::Ways(ways) => {
            let needs = || ways.iter().flatten();
            let unmet = needs().find(|need| access::unaided(need.value, access.set) != Truth::Yes);
            let span = unmet.or_else(|| needs().next())?.span;
            let label = if certain {
                "a passkey or certificate alone does not meet this"
            } else {
                "not known whether a passkey or certificate meets this"
            };
            Some(Refusal { span, label, certain, codes: Vec::new() })
        }
    }
}

impl MissingEmergencyExclusion {
    fn refused(&self, policy: &Policy, access: &Access<'_>, who: Span, refusal: &Refusal) -> Option<Finding> {
        let exclusions = access::exclusions(policy, &access.emergency);
        let missing = missing_principals(policy, access);
        let by_name = access.emergency.basis == Basis::Declared && !exclusions.named.is_empty();
        let confirmed = exclusions.unknown.is_empty() && !by_name;
        match access.emergency.basis {
            // `emergency-access-by-role` reports an exemption by role alone.
            _ if shared::exempt_administrators(policy).is_some() => return None,
            Basis::Declared if missing.is_empty() => return None,
            Basis::Declared => {}
            Basis::Taken { .. } if !exclusions.emergency.is_empty() || !confirmed => return None,
            Basis::Taken { .. } => {}
            Basis::Unknown => {
                let names_somebody = exclusions.relief() != Relief::Nobody || !exclusions.nobody.is_empty();
                if names_somebody || !confirmed {
                    return None;
                }
            }
        }
        let level = self.level(policy, access, refusal, confirmed);
        let place = shared::missing(policy).unwrap_or(policy.head);
        let exclude = shared::exclude(policy, &access.emergency);
        let (message, help) = match (confirmed, refusal.certain) {
            (true, true) => ("policy can lock out emergency access", exclude),
            (true, false) => (
                "policy may lock out emergency access",
                format!(
                    "{exclude}; or write a control whose effect is known, and name an export of your authentication \
                     strengths under `context` in calint.yaml"
                ),
            ),
            (false, _) => (
                "could not confirm that emergency access is excluded from this policy",
                format!("write ids where a placeholder, a name or an expression stands, or {exclude}"),
            ),
        };
        let label = if confirmed { "emergency access is not excluded" } else { "no entry is known to be it" };
        let mut finding = finding(self.meta(), policy, level, message, Label::new(place, label))
            .label(refusal.span, refusal.label)
            .label(who, "emergency access is covered")
            .place("conditions.users")
            .codes(&refusal.codes)
            .help(help)
            .recovery(
                "with no emergency access left, another administrator who still gets in has to change the policy, \
                 else Microsoft support",
            );
        for unknown in &exclusions.unknown {
            finding = finding.label(unknown.span, shared::unsure(unknown.value.1));
        }
        for named in exclusions.named.iter().filter(|_| by_name) {
            finding = finding.label(*named, "stands here by a name, which may be it");
        }
        for principal in missing.iter().filter(|_| access.emergency.basis == Basis::Declared) {
            finding = finding.related(principal.span, format!("{} declared here", principal.kind.as_str()));
        }
        let finding = finding.note(consequence(access, &missing));
        Some(match (refusal.certain && confirmed, access.emergency.basis) {
            (false, _) => finding.certainty(Certainty::Unverified),
            (true, Basis::Taken { .. }) => finding.certainty(Certainty::Likely),
            (true, _) => finding,
        })
    }

    fn level(&self, policy: &Policy, access: &Access<'_>, refusal: &Refusal, confirmed: bool) -> Level {
        let everywhere = access::every_app(policy).is_some()
            && access::narrowing(policy, access.set).is_none() == Truth::Yes;
        if shared::is_harmless(policy, access) || !refusal.certain || !confirmed {
            Level::Note
        } else if access.emergency.basis == Basis::Declared && everywhere {
            Level::Error
        } else {
            Level::Warn
        }
    }

    /// No emergency access is known, and no user or group is left out of every policy that can refuse one.
    fn nobody_in_common(&self, access: &Access<'_>, covering: &[(&Policy, Span)]) -> Option<Finding> {
        let refusing: Vec<_> = covering
            .iter()
            .filter(|(policy, _)| {
                access::everyone(policy).is_some()
                    && !shared::is_harmless(policy, access)
                    && refusal(policy, access).is_some_and(|refusal| refusal.certain)
            })
            .map(|(policy, _)| (*policy, access::exclusions(policy, &access.emergency)))
            .collect();
        let [(first, left_out), rest @ ..] = refusing.as_slice() else { return None };
        let all_known = refusing.iter().all(|(_, exclusions)| is_confirmed(exclusions));
        if rest.is_empty() || !all_known || first_common(&refusing).is_some() {
            return None;
        }
        let span = *left_out.people.first()?;
        let message = "no exclusion is common to the policies that can refuse emergency access";
        let label = Label::new(span, "excluded here, but not everywhere");
        let mut finding = finding(self.meta(), first, Level::Warn, message, label)
            .place("conditions.users")
            .certainty(Certainty::Likely)
            .note("each of these policies leaves somebody out, but nobody is left out of all of them")
            .help(format!(
                "exclude one group with your emergency access accounts from all of them: {}",
                shared::exclude(first, &access.emergency)
            ));
        for (policy, exclusions) in rest.iter().take(RELATED) {
            if let Some(span) = exclusions.people.first() {
                finding = finding.related(*span, format!("`{}` excludes others", policy.title()));
            }
        }
        Some(finding)
    }

    /// Every other policy leaves emergency access out; this one does not, and it can be met.
    fn only_one_without(&self, access: &Access<'_>, covering: &[(&Policy, Span)]) -> Option<Finding> {
        let enforced = covering.iter().filter(|(policy, _)| {
            access::standing(policy) == Standing::Enforced && access::everyone(policy).is_some()
        });
        let (with, without): (Vec<_>, Vec<_>) = enforced.partition(|(policy, _)| {
            let exclusions = access::exclusions(policy, &access.emergency);
            !exclusions.emergency.is_empty() || !exclusions.unknown.is_empty()
        });
        let [(policy, who)] = without.as_slice() else { return None };
        if with.is_empty() || access.emergency.principals.is_empty() || refusal(policy, access).is_some() {
            return None;
        }
        let place = shared::missing(policy).unwrap_or(policy.head);
        let message = "emergency access is excluded from every policy but this one";
        Some(
            finding(self.meta(), policy, Level::Note, message, Label::new(place, "not excluded here"))
                .label(*who, "emergency access is covered")
                .place("conditions.users")
                .note("a passkey or certificate meets this policy, so nobody is locked out as it stands")
                .help(format!(
                    "leave it so if it is meant, or {}",
                    shared::exclude(policy, &access.emergency)
                )),
        )
    }
}

/// How many other policies a finding over many points at.
const RELATED: usize = 3;

fn is_confirmed(exclusions: &Exclusions) -> bool {
    exclusions.unknown.is_empty() && exclusions.relief() == Relief::More
}

/// A user or group that every policy leaves out.
fn first_common(policies: &[(&Policy, Exclusions)]) -> Option<Principal> {
    let left_out = |policy: &Policy| -> Vec<Principal> {
        let users = &policy.users;
        let lists = users.exclude_users.known().chain(users.exclude_groups.known());
        lists.chain(users.exclude_roles.known()).map(|at| at.value.clone()).collect()
    };
    let mut policies = policies.iter();
    let common = left_out(policies.next()?.0);
    let rest: Vec<_> = policies.map(|(policy, _)| left_out(policy)).collect();
    common.into_iter().find(|principal| rest.iter().all(|others| others.contains(principal)))
}

/// The emergency principals a policy does not leave out. A group that is left out stands for the accounts,
/// and all accounts together for the group.
fn missing_principals<'a>(policy: &Policy, access: &'a Access<'_>) -> Vec<&'a EmergencyPrincipal> {
    let users = &policy.users;
    let left_out = |principal: &EmergencyPrincipal| {
        let list = match principal.kind {
            Kind::User => &users.exclude_users,
            Kind::Group => &users.exclude_groups,
        };
        let open = list.open.as_ref().is_some_and(|open| principal.is_written(&open.value.text));
        open || list.items.iter().any(|item| principal.is(&item.value))
    };
    let of = |kind| access.emergency.principals.iter().filter(move |principal| principal.kind == kind);
    let group_left_out = of(Kind::Group).any(left_out);
    let every_user_left_out = of(Kind::User).next().is_some() && of(Kind::User).all(left_out);
    access
        .emergency
        .principals
        .iter()
        .filter(|principal| !left_out(principal))
        .filter(|principal| match principal.kind {
            Kind::User => !group_left_out,
            Kind::Group => !every_user_left_out,
        })
        .collect()
}

fn consequence(access: &Access<'_>, missing: &[&EmergencyPrincipal]) -> String {
    let who = match missing.split_first() {
        Some((first, [])) => format!("emergency access {} `{}`", first.kind.as_str(), first.text),
        Some((first, more)) => {
            format!("emergency access {} `{}` and {} more", first.kind.as_str(), first.text, more.len())
        }
        None => "whoever is meant to undo a mistake".to_owned(),
    };
    let fact = format!("{who} is refused whenever this policy applies");
    match (access.emergency.presumption(), access.emergency.basis) {
        (Some(presumption), _) => format!("{fact}; {presumption}"),
        (None, Basis::Unknown) => format!(
            "{fact}; name the emergency access accounts under `emergency-access` in calint.yaml for a more \
             exact answer"
        ),
        (None, _) => fact,
    }
}
