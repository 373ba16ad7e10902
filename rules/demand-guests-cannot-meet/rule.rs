//! Controls that guests of a tenant cannot meet.

use crate::access::people::{self, Class};
use crate::access::sign_in::{DevicePlatform, PersonKind};
use crate::access::solver::Answer;
use crate::access::{self, Demand, Relief, matrix};
use crate::policy::ids::apps;
use crate::policy::words::{GuestType, Platform};
use crate::policy::{Principal, Truth, UserToken};
use crate::rule::prelude::*;
use crate::rules::{shared, together};
use crate::sign_in_error;

pub(super) static RULE: &dyn Rule = &DemandGuestsCannotMeet;

struct DemandGuestsCannotMeet;

impl Rule for DemandGuestsCannotMeet {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("demand-guests-cannot-meet"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        let external = people::of_kinds(&analysis, PersonKind::is_foreign);
        let member = people::of_kinds(&analysis, |kind| kind == PersonKind::Member);
        for number in 0..analysis.policies() {
            let Some(policy) = analysis.policy(number) else { continue };
            if !is_suspect(policy, access) {
                continue;
            }
            // What keeps everybody out, or everybody without a managed device, is reported by other rules.
            if !matches!(analysis.can_be_met(number, &external), Answer::Never(_))
                || shared::only_way_for_everyone(policy, access).is_some()
                || together::is_unsatisfiable(number, &mut analysis, access)
                || together::leaves_no_pass(number, &mut analysis, access)
            {
                continue;
            }
            let about_guests = !analysis.may_apply(number, &member);
            // What guests do not come for is seldom missed.
            if about_guests || access::resource(policy, apps::SHAREPOINT) == Truth::Yes {
                let kinds = together::external_kinds(number, &mut analysis);
                let on_computers = [Platform::Windows, Platform::MacOs].into_iter().any(|platform| {
                    let there = matrix::on_platform(&analysis, &external, DevicePlatform::Known(platform));
                    analysis.may_apply(number, &there)
                });
                let reach = Reach { about_guests, phones_alone: !about_guests && !on_computers };
                findings.extend(self.finding(policy, access, &kinds, reach));
            }
        }
    }
}

/// Whether it is worth a search: the policy takes guests in, and one of the kinds it seems to cover cannot meet it.
fn is_suspect(policy: &Policy, access: &Access<'_>) -> bool {
    let users = &policy.users;
    let named = users.include_guests.is_some()
        || users.include_users.contains(&Principal::Token(UserToken::Guests)) == Truth::Yes;
    let covered = named || access::everyone(policy).is_some();
    // Guests come with other clients than legacy ones.
    if policy.targets_workloads()
        || !covered
        || shared::is_about_legacy_clients(policy)
        || !matches!(access::demand(policy, access.assume), Demand::Ways(_))
    {
        return false;
    }
    let all = named || users.exclude_guests.is_some();
    let mut kinds = people::EXTERNAL.into_iter().filter(|kind| all || *kind == GuestType::CollaborationGuest);
    let trust = access.set.directory.trust.unwrap_or_default();
    kinds.any(|kind| access::judge_guest(policy, access, kind, trust).met == Truth::No)
}

/// Whom and what of guests a policy reaches.
#[derive(Clone, Copy)]
struct Reach {
    /// It covers no member of the tenant.
    about_guests: bool,
    /// It leaves computers alone, on which guests still get in.
    phones_alone: bool,
}

impl DemandGuestsCannotMeet {
    fn finding<'p>(
        &self,
        policy: &'p Policy,
        access: &'p Access<'_>,
        kinds: &[GuestType],
        Reach { about_guests, phones_alone }: Reach,
    ) -> Option<Finding> {
        let kind = *kinds.first()?;
        let told = access.set.directory.trust;
        let unmet = access::judge_guest(policy, access, kind, told.unwrap_or_default()).unmet;
        let need = unmet.first()?;
        let helped = access::judge_guest(policy, access, kind, access::FULL_TRUST).met != Truth::No;
        let settings: Vec<_> = unmet.iter().filter_map(|need| access::accepted_by(need.value)).collect();
        let depends = helped && told.is_none();
        let at_risk = !policy.conditions.user_risk.is_empty();
        let message = if depends { UNTOLD } else { CERTAIN };
        let level = match (about_guests, depends || at_risk) {
            (true, false) => Level::Error,
            (true, true) | (false, false) => Level::Warn,
            (false, true) => Level::Note,
        };
        // A group that is left out may be one of guests.
        let left_out = access::exclusions(policy, &access.emergency);
        let spares_some = left_out.relief() == Relief::More || left_out.is_unsure();
        let level = if spares_some || phones_alone { level.lowered() } else { level };
        let label = format!("guests cannot bring `{}`", access::name(need.value));
        let mut found = finding(self.meta(), policy, level, message, Label::new(need.span, label));
        let users = &policy.users;
        if let Some(all) = access::everyone(policy) {
            found = found.label(all, "guests are among all users");
        } else if let Some(guests) = users.include_guests.as_ref().and_then(|guests| guests.key) {
            found = found.label(guests, "guests are taken in");
        }
        if let Some(guests) = users.exclude_guests.as_ref().and_then(|guests| guests.key) {
            found = found.label(guests, "leaves out other kinds of guests, or tenants");
        }
        if let Some(risk) = policy.conditions.user_risk.key.filter(|_| at_risk) {
            found = found.label(risk, "once a guest is at risk at home");
        }
        let directory = &access.set.directory;
        let who: Vec<_> = kinds.iter().map(|kind| Class::External(*kind).name(directory)).collect();
        let who = who.join(", ");
        let excluded = policy.spelling.member("excludeGuestsOrExternalUsers");
        let instead = if about_guests {
            "ask them for `mfa` instead".to_owned()
        } else {
            format!(
                "leave external users out with `{excluded}`, and ask them for `mfa` in a policy of their own"
            )
        };
        let (note, help) = match (helped, settings.first()) {
            (true, Some(setting)) => (
                format!(
                    "what external users bring from home counts only where `{setting}` is on in the cross-tenant access \
                     settings, {}: {who}",
                    if told.is_some() { "and it is off" } else { "which no file tells" }
                ),
                format!(
                    "{instead}; or turn `{setting}` on for the tenants you trust, and name an export of the \
                     settings under `context` in calint.yaml"
                ),
            ),
            _ => (
                format!("no setting lets external users meet this here, so each of these is refused: {who}"),
                instead,
            ),
        };
        let code = sign_in_error::of(&access::demand(policy, access.assume));
        found = found.place("grantControls").codes(code.as_slice()).note(note).help(help);
        Some(if depends { found.certainty(Certainty::Unverified) } else { found })
    }
}

const CERTAIN: &str = "guests can never meet these controls, so the policy blocks them";
const UNTOLD: &str = "guests may not meet these controls, unless their home tenant is trusted";
