//! What the rules of the coverage profile ask and say alike.

use crate::access::gaps::{self, Cause, Doubt, Gap, Lack};
use crate::access::sign_in::{Identity, Person, PersonKind, SignIn, Target};
use crate::access::{
    self, Access, Aspect, Basis, Demand, Question, Standing, analysis::Analysis, matrix, targets,
};
use crate::policy::words::Word;
use crate::policy::{App, Given, List, Policy, Principal, Spelling, UserToken};
use crate::rule::Profile;
use crate::rule::prelude::*;
use crate::rules::shared;
use crate::rules::shared::{NAMED, listed};

/// A rule that asks one question of all policies together, and how it words the answer.
pub(super) struct Coverage {
    pub(super) meta: Meta,
    pub(super) question: Question,
    pub(super) message: &'static str,
    /// The message where the files leave the answer open.
    pub(super) unsure: &'static str,
    /// Whose sign-ins these are, continued: how they get in.
    pub(super) how: &'static str,
    /// The label where no enabled policy is of the kind.
    pub(super) missing: &'static str,
    /// Whom a policy of the kind is for.
    pub(super) whom: &'static str,
    /// The label of a control that is met and is not what is asked for.
    pub(super) met: &'static str,
    /// What to write, in the words of a file.
    pub(super) help: fn(Spelling) -> String,
}

/// How to let the files tell.
const DECIDABLE: &str =
    "write ids and values where a placeholder, a name or an expression stands, so that this can be decided";

impl Rule for Coverage {
    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn profile(&self) -> Option<Profile> {
        Some(Profile::Coverage)
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        let found = gaps::gaps(access, &mut analysis, self.question);
        let last = found.gaps.len();
        for (number, gap) in found.gaps.iter().enumerate() {
            let finding = match &gap.cause {
                Some(cause) => self.by(access, &analysis, gap, cause),
                None => self.by_none(access, gap),
            };
            let Some(mut finding) = finding else { continue };
            let mut note = self.note(access, &analysis, gap);
            if found.unfinished && number + 1 == last {
                note.push_str("; there are more gaps than are listed");
            }
            if gap.decided || gap.unresolved {
                finding.level = finding.level.max(Level::Note);
            }
            if gap.unresolved {
                finding = finding.certainty(Certainty::Unverified);
                self.unsure.clone_into(&mut finding.message);
                finding.help = finding.help.map(|help| format!("{DECIDABLE}; {help}"));
            }
            findings.push(finding.note(note));
        }
        findings.extend(found.doubt.and_then(|doubt| self.doubted(access, &analysis, &doubt)));
    }
}

impl Coverage {
    /// A gap that a policy of the kind leaves.
    fn by(&self, access: &Access<'_>, analysis: &Analysis<'_>, gap: &Gap, cause: &Cause) -> Option<Finding> {
        let policy = analysis.policy(cause.policy)?;
        let (sign_in, _) = analysis.sign_in(&gap.witness);
        let mut places: Vec<_> = cause
            .lacks
            .iter()
            .map(|lack| self.place(*lack, policy, access, analysis, gap, &sign_in))
            .collect();
        places.reverse();
        let (place, label) = places.pop()?;
        let mut finding =
            Finding::new(self.meta.id.clone(), self.meta.level, self.message, Label::new(place, label));
        for (place, label) in places.into_iter().rev() {
            finding = finding.label(place, label);
        }
        finding.policy = Some(policy.about());
        let path: Vec<_> = cause.lacks.iter().map(|lack| member(*lack)).collect();
        let help = if cause.lacks == [Lack::State] {
            enabling(policy)
        } else {
            let decided = if gap.decided { "unless that is meant, " } else { "" };
            let emergency = access.emergency.basis == Basis::Unknown
                && gap.decided
                && cause.lacks.contains(&Lack::Aspect(Aspect::Users));
            let emergency = if emergency {
                "; emergency access stays left out and is no gap, once it is named under `emergency-access` in \
                 calint.yaml"
            } else {
                ""
            };
            format!(
                "{decided}{}, or add an enforced policy for these sign-ins, with {}{emergency}",
                mending(&cause.lacks),
                (self.help)(policy.spelling)
            )
        };
        Some(finding.place(path.join(",")).help(help))
    }

    /// A gap that no policy of the kind comes near.
    fn by_none(&self, access: &Access<'_>, gap: &Gap) -> Option<Finding> {
        let first = access.judged().chain(&access.set.policies).next()?;
        let level = if self.may_lack_licence(access) { Level::Note } else { self.meta.level };
        let place = Label::new(first.head, self.missing);
        let mut finding = Finding::new(self.meta.id.clone(), level, self.message, place);
        if let Some(disabled) = self.disabled(access) {
            let place = disabled.state.span().unwrap_or(disabled.head);
            finding = finding.related(place, format!("`{}` is of this kind, but disabled", disabled.title()));
        }
        let decided = if gap.decided { "unless that is meant, " } else { "" };
        Some(finding.help(format!(
            "{decided}add an enforced policy for {}, over {}, with {}; {}",
            self.whom,
            targets_in_words(gap),
            (self.help)(first.spelling),
            shared::exclude(first, &access.emergency)
        )))
    }

    /// A disabled policy of the kind, the widest there is.
    fn disabled<'p>(&self, access: &Access<'p>) -> Option<&'p Policy> {
        let all = access.set.policies.iter();
        let disabled = all
            .filter(|policy| access::standing(policy) == Standing::Disabled && !policy.targets_workloads());
        let of_kind = disabled.filter_map(|policy| Some((self.question.concern(policy, access)?, policy)));
        let scope =
            |policy: &Policy| (access::everyone(policy).is_none(), access::every_app(policy).is_none());
        of_kind.min_by_key(|(weight, policy)| (*weight, scope(policy))).map(|(_, policy)| policy)
    }

    /// Risk is told in tenants with a licence for Microsoft Entra ID P2 alone; one whose policies never ask for it may
    /// have none.
    fn may_lack_licence(&self, access: &Access<'_>) -> bool {
        let asks = |policy: &Policy| {
            !policy.conditions.sign_in_risk.is_empty() || !policy.conditions.user_risk.is_empty()
        };
        matches!(self.question, Question::RiskySignIn | Question::RiskyUser)
            && !access.set.policies.iter().any(asks)
    }

    fn doubted(&self, access: &Access<'_>, analysis: &Analysis<'_>, doubt: &Doubt) -> Option<Finding> {
        let mut policies = doubt.policies.iter().filter_map(|number| analysis.policy(*number));
        let first = policies.next()?;
        let label = Label::new(first.head, "what this one does is not known in full");
        let mut finding = Finding::new(self.meta.id.clone(), Level::Note, self.unsure, label)
            .certainty(Certainty::Unverified)
            .place("conditions");
        for other in policies.take(NAMED) {
            let text = format!("`{}` is not known in full either", other.title());
            finding = finding.related(other.head, text);
        }
        finding.policy = Some(first.about());
        let (sign_in, _) = analysis.sign_in(&doubt.witness);
        Some(
            finding
                .note(format!(
                    "unless what is not known here refuses it, one gets in{}, {}",
                    self.how,
                    matrix::described(&sign_in, access)
                ))
                .help(DECIDABLE),
        )
    }

    fn note(&self, access: &Access<'_>, analysis: &Analysis<'_>, gap: &Gap) -> String {
        let (sign_in, _) = analysis.sign_in(&gap.witness);
        let at_risk = match sign_in.sign_in_risk {
            Some(risk) if self.question == Question::RiskySignIn => {
                format!(" at {} sign-in risk", risk.as_str())
            }
            _ => String::new(),
        };
        format!(
            "open to {}: {}{at_risk}{}, {}",
            listed(&gap.who),
            targets_in_words(gap),
            self.how,
            matrix::described(&sign_in, access)
        )
    }

    /// Where a policy leaves a sign-in out, and how.
    fn place(
        &self,
        lack: Lack,
        policy: &Policy,
        access: &Access<'_>,
        analysis: &Analysis<'_>,
        gap: &Gap,
        sign_in: &SignIn,
    ) -> (Span, String) {
        let (place, label) = match lack {
            Lack::State => {
                let label = if access::standing(policy) == Standing::Disabled {
                    "disabled, so it has no effect"
                } else {
                    "in report-only, so it has no effect yet"
                };
                (policy.state.get().map(|state| state.span), label)
            }
            Lack::Controls => (met_by(policy, access, analysis, gap), self.met),
            Lack::Aspect(Aspect::Users) => match left_out(policy, sign_in) {
                Some(place) => (Some(place), "leaves them out"),
                None if gap.unresolved => (taken_in(policy), "may not take them in"),
                None => (taken_in(policy), "does not take them in"),
            },
            Lack::Aspect(aspect @ Aspect::Application) => match app_left_out(policy, &sign_in.target) {
                Some(place) => (Some(place), "leaves this out"),
                None => (shared::place_of(policy, aspect), "does not take this in"),
            },
            Lack::Aspect(aspect) => (shared::place_of(policy, aspect), leaves_out(aspect)),
        };
        (place.unwrap_or(policy.head), label.to_owned())
    }
}

/// What of a policy to change so that it lacks nothing.
fn mending(lacks: &[Lack]) -> String {
    let aspect = lacks.iter().any(|lack| matches!(lack, Lack::Aspect(_)));
    let steps = [
        (lacks.contains(&Lack::State), "enable this policy"),
        (aspect, "take these sign-ins in here"),
        (lacks.contains(&Lack::Controls), "change the controls here"),
    ];
    let steps: Vec<_> = steps.into_iter().filter(|(lacking, _)| *lacking).map(|(_, step)| step).collect();
    steps.join(" and ")
}

/// How to put a policy in force.
fn enabling(policy: &Policy) -> String {
    let enabled = policy.spelling.assignment("state", "\"enabled\"");
    if access::standing(policy) == Standing::Disabled {
        let first = policy.spelling.assignment("state", "\"enabledForReportingButNotEnforced\"");
        return format!(
            "set `{first}` in this policy, and `{enabled}` once its report-only results look right"
        );
    }
    if policy.applications.user_actions.is_empty() {
        return format!("set `{enabled}` in this policy once its report-only results look right");
    }
    format!(
        "set `{enabled}` in this policy, for a few people at first: the service does not evaluate user actions in \
         report-only, so there are no results to look at"
    )
}

fn leaves_out(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::ClientApps => "does not take in every client",
        Aspect::DevicePlatform => "does not take in every platform",
        Aspect::Devices => "leaves some devices out",
        Aspect::Location => "leaves some networks out",
        Aspect::SignInRisk => "takes in these sign-in risks alone",
        Aspect::UserRisk => "takes in these user risks alone",
        Aspect::InsiderRisk => "takes in these insider risks alone",
        Aspect::AuthenticationFlow => "takes in these authentication flows alone",
        _ => "does not hold for every sign-in",
    }
}

/// The member of Microsoft Graph that something is missing in.
fn member(lack: Lack) -> &'static str {
    match lack {
        Lack::State => "state",
        Lack::Controls => "grantControls",
        Lack::Aspect(Aspect::Users) => "conditions.users",
        Lack::Aspect(Aspect::Application) => "conditions.applications",
        Lack::Aspect(Aspect::ClientApps) => "conditions.clientAppTypes",
        Lack::Aspect(Aspect::DevicePlatform) => "conditions.platforms",
        Lack::Aspect(Aspect::Devices) => "conditions.devices",
        Lack::Aspect(Aspect::Location) => "conditions.locations",
        Lack::Aspect(Aspect::SignInRisk) => "conditions.signInRiskLevels",
        Lack::Aspect(Aspect::UserRisk) => "conditions.userRiskLevels",
        Lack::Aspect(_) => "conditions",
    }
}

/// The control of a policy that a sign-in meets.
fn met_by(policy: &Policy, access: &Access<'_>, analysis: &Analysis<'_>, gap: &Gap) -> Option<Span> {
    let (sign_in, capabilities) = analysis.sign_in(&gap.witness);
    let decision = access::decide(&sign_in, access.set, &capabilities, access.assume);
    let judgement = decision.judgements.iter().find(|judgement| std::ptr::eq(judgement.policy, policy))?;
    let Demand::Ways(ways) = &judgement.demand else { return None };
    let unmet = |place: Span| judgement.unmet.iter().any(|need| need.span == place);
    let mut needs = ways.iter().flatten().map(|need| need.span);
    needs.find(|place| !unmet(*place)).or(policy.grant.key)
}

/// The exclusion of a policy that a person falls under.
fn left_out(policy: &Policy, sign_in: &SignIn) -> Option<Span> {
    let Identity::Person(person) = &sign_in.identity else { return None };
    let users = &policy.users;
    let is_guest = matches!(person.kind, Some(PersonKind::External(_)));
    let in_groups = |text: &str| person.groups.known.contains(&text.to_lowercase());
    let in_roles = |text: &str| person.roles.known.contains(&text.to_lowercase());
    let guests = users.exclude_guests.as_ref().filter(|_| is_guest).and_then(|guests| guests.key);
    entry(&users.exclude_groups, in_groups)
        .or_else(|| entry(&users.exclude_roles, in_roles))
        .or_else(|| entry(&users.exclude_users, |text| is_account(person, text)))
        .or(guests)
        .or_else(|| {
            let token = |principal: &Principal| *principal == Principal::Token(UserToken::Guests);
            users.exclude_users.find(token).filter(|_| is_guest).map(|at| at.span)
        })
}

/// Where a policy says whom it takes in.
fn taken_in(policy: &Policy) -> Option<Span> {
    let users = &policy.users;
    let lists = [&users.include_users, &users.include_groups, &users.include_roles];
    let written = lists.into_iter().filter(|list| !list.is_empty()).find_map(|list| list.key);
    let guests = users.include_guests.as_ref().and_then(|guests| guests.key);
    written.or(guests).or(users.key)
}

fn is_account(person: &Person, text: &str) -> bool {
    person.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(text))
}

/// The entry of a list whose text fits; of a list that is not known as a whole, the list.
fn entry(list: &List<Principal>, fits: impl Fn(&str) -> bool) -> Option<Span> {
    let mut items = list.items.iter();
    let item = items.find(|item| match &item.value {
        Given::Known(Principal::Id(text) | Principal::Name(text)) => fits(text),
        Given::Known(Principal::Token(_)) => false,
        Given::Unresolved(what) => fits(&what.text),
    });
    let open = list.open.iter().find(|open| fits(&open.value.text)).map(|open| open.span);
    item.map(|item| item.span).or(open)
}

/// The exclusion of a policy that an app falls under.
fn app_left_out(policy: &Policy, target: &Target) -> Option<Span> {
    let Target::Apps(ids) = target else { return None };
    let applications = &policy.applications;
    let by_id =
        applications.exclude.find(|app| matches!(app, App::Id(own) if ids.contains(own))).map(|at| at.span);
    let taken_in = access::every_app(policy).is_some();
    by_id.or(applications.exclude.key.filter(|_| taken_in && !applications.exclude.is_empty()))
}

/// What a gap lets people reach.
fn targets_in_words(gap: &Gap) -> String {
    let names: Vec<_> = gap.what.iter().map(targets::name).collect();
    if gap.everything && names.len() > 1 { "every app".to_owned() } else { listed(&names) }
}

/// The words for a grant control that is asked for.
pub(super) fn asking_for(spelling: Spelling, control: &str) -> String {
    format!("`{}`", spelling.assignment("builtInControls", &format!("[\"{control}\"]")))
}

/// The words for multifactor authentication that is asked for.
pub(super) fn asking_for_mfa(spelling: Spelling) -> String {
    asking_for(spelling, "mfa")
}
