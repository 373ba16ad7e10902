//! What several lockout rules say and weigh alike.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use crate::access::{
    self, Aspect, Demand, DeviceFilter, Emergency, Exclusions, Kind, Managed, OnlyWay, Relief,
};
use crate::policy::words::{ClientApp, Platform};
use crate::policy::{Principal, Truth, Why, ids::roles};
use crate::rule::prelude::*;
use crate::rules::together;

pub(super) const BLOCKED: ErrorCode = ErrorCode(53003);
const NOT_COMPLIANT: ErrorCode = ErrorCode(53000);
const NOT_HYBRID: ErrorCode = ErrorCode(53001);
const NOT_APPROVED: ErrorCode = ErrorCode(53002);
const NOT_PROTECTED: ErrorCode = ErrorCode(53009);

/// A policy over all users and all apps that no condition narrows for certain.
pub(super) struct Everyone {
    pub(super) users: Span,
    pub(super) apps: Span,
    /// Users, apps and conditions of which the files do not tell whether they narrow it.
    pub(super) unknown: Vec<Span>,
}

/// Whether a policy covers everything; app exclusions are the caller's question.
pub(super) fn covers_everything(policy: &Policy, access: &Access<'_>) -> Option<Everyone> {
    covers_everything_but(policy, access, None)
}

/// The same where one condition is taken for one that narrows nothing.
fn covers_everything_but(policy: &Policy, access: &Access<'_>, condition: Option<Span>) -> Option<Everyone> {
    let mut narrowing = access::narrowing(policy, access.set);
    narrowing.conditions.retain(|narrows| Some(*narrows) != condition);
    let mut unknown = narrowing.unknown.clone();
    let mut place = |known: Option<Span>, open: Option<Span>| {
        unknown.extend(open.filter(|_| known.is_none()));
        known.or(open)
    };
    let users =
        place(access::everyone(policy), policy.users.include_users.open.as_ref().map(|open| open.span))?;
    let apps =
        place(access::every_app(policy), policy.applications.include.open.as_ref().map(|open| open.span))?;
    (narrowing.is_none() != Truth::No).then_some(Everyone { users, apps, unknown })
}

/// Whether a policy blocks all users from all apps with nothing narrowing it and no app left out.
pub(super) fn blocks_everything(policy: &Policy, access: &Access<'_>) -> Option<(Everyone, Span)> {
    let Demand::Block(block) = access::demand(policy, access.assume) else { return None };
    if !access::app_exclusions(policy).is_empty() {
        return None;
    }
    Some((covers_everything(policy, access)?, block))
}

/// Whether a policy blocks all users from all apps on every platform that is recognised, each by its name.
pub(super) fn blocks_recognised_platforms(
    policy: &Policy,
    access: &Access<'_>,
) -> Option<(Everyone, Span, Span)> {
    let Demand::Block(block) = access::demand(policy, access.assume) else { return None };
    let platforms = access::every_recognised_platform(policy)?;
    if access::platforms_written(policy).is_some() || !access::app_exclusions(policy).is_empty() {
        return None;
    }
    Some((covers_everything_but(policy, access, Some(platforms))?, block, platforms))
}

/// The finding of a block of everyone from everything.
pub(super) fn block_finding(
    meta: &Meta,
    policy: &Policy,
    access: &Access<'_>,
    message: &str,
    everyone: &Everyone,
    block: Span,
    narrower: &str,
) -> Finding {
    let left_out = access::exclusions(policy, &access.emergency);
    let level = match left_out.relief() {
        Relief::Nobody | Relief::OnlyEmergency => Level::Error,
        Relief::More => Level::Warn,
    };
    let who = match left_out.relief() {
        Relief::Nobody => "everyone, administrators included, is",
        Relief::OnlyEmergency => "everyone but the emergency access accounts is",
        Relief::More => "everyone outside these exclusions is",
    };
    let message = match left_out.relief() {
        Relief::More => message.replace("every user", "every user outside its exclusions"),
        Relief::Nobody | Relief::OnlyEmergency => message.to_owned(),
    };
    let finding = finding(meta, policy, level, &message, Label::new(block, "access is blocked"))
        .place("grantControls.builtInControls")
        .codes(&[BLOCKED])
        .note(format!("{who} refused every sign-in with {BLOCKED}"))
        .help(format!(
            "{narrower}{}; or leave it in report-only: {}",
            and_exclude(policy, access, &left_out),
            report_only(policy)
        ));
    finish(finding, policy, access, everyone, &left_out, "only these get in")
}

/// The wording of a demand for a managed device or app.
pub(super) struct DeviceWording {
    /// What the rule is about, each a control of its own.
    pub(super) managed: &'static [Managed],
    pub(super) message: &'static str,
    pub(super) label: &'static str,
    pub(super) note: &'static str,
    pub(super) way_out: &'static str,
    /// Who can still sign in and undo it.
    pub(super) spared: &'static str,
    /// Levels by [`Relief`]: nobody, only emergency access, more.
    pub(super) levels: [Level; 3],
}

/// Reports every policy that leaves all users one way into all apps, a managed device or app of one kind.
pub(super) fn check_only_way(
    meta: &Meta,
    wording: &DeviceWording,
    access: &Access<'_>,
    findings: &mut Vec<Finding>,
) {
    for policy in access.about_people() {
        let Some((everyone, way)) = only_way_for_everyone(policy, access) else { continue };
        // What nobody can meet is reported as a block of everybody.
        if wording.managed.contains(&way.managed) && !together::nobody_meets(policy, access) {
            findings.push(only_way_finding(meta, wording, policy, access, &everyone, &way));
        }
    }
}

/// Whether a policy leaves all users one way into all apps, a managed device or app; a rule of its own reports each
/// kind.
pub(super) fn only_way_for_everyone(policy: &Policy, access: &Access<'_>) -> Option<(Everyone, OnlyWay)> {
    let way = access::only_way(policy, access.assume)?;
    if !access::app_exclusions(policy).is_empty() {
        return None;
    }
    Some((covers_everything(policy, access)?, way))
}

fn only_way_finding(
    meta: &Meta,
    wording: &DeviceWording,
    policy: &Policy,
    access: &Access<'_>,
    everyone: &Everyone,
    way: &OnlyWay,
) -> Finding {
    let left_out = access::exclusions(policy, &access.emergency);
    let [nobody, only_emergency, more] = wording.levels;
    let level = match left_out.relief() {
        Relief::Nobody => nobody,
        Relief::OnlyEmergency => only_emergency,
        Relief::More => more,
    };
    let who = match left_out.relief() {
        Relief::Nobody => "administrators included",
        Relief::OnlyEmergency => "the emergency access accounts excepted",
        Relief::More => "these exclusions excepted",
    };
    let code = code(way.managed);
    let ways = alternatives(way);
    let one_of_several = ways.len() > 1;
    let message = match wording.message.split_once(way.managed.words()) {
        Some((before, after)) if one_of_several => format!("{before}{}{after}", joined(&ways, "or")),
        _ => wording.message.to_owned(),
    };
    let (note, way_out, spared) = if one_of_several {
        (
            "whoever has none of these",
            "changing this policy needs one of them",
            "an administrator who has one",
        )
    } else {
        (wording.note, wording.way_out, wording.spared)
    };
    let label = if one_of_several { "one way in" } else { wording.label };
    let mut finding = finding(meta, policy, level, &message, Label::new(way.span, label));
    for other in &way.others {
        let label = if way.together { "needed too" } else { "another way in" };
        finding = finding.label(other.span, label);
    }
    finding = finding
        .place("grantControls.builtInControls")
        .codes(&[code])
        .note(format!("{note}, {who}, is refused with {code}; {way_out}"))
        .help(format!(
            "let `mfa` be another way in with the operator `OR`, or stage it by group{}",
            and_exclude(policy, access, &left_out)
        ));
    if let Some(retired) = access::retired(policy, access.assume) {
        finding = finding.label(retired, "retired, counts as not written");
    }
    if way.unsure {
        finding = finding.certainty(Certainty::Unverified);
    }
    if left_out.relief() == Relief::Nobody {
        finding.recovery = Some(format!(
            "{spared} can {}; if there is none, {APPLICATION} can, else Microsoft support has to",
            undo(policy)
        ));
    }
    finish(finding, policy, access, everyone, &left_out, "these are not asked for it")
}

/// The kinds of managed devices and apps of which one is enough, the easiest first.
fn alternatives(way: &OnlyWay) -> Vec<&'static str> {
    let others = way.others.iter().filter(|_| !way.together).map(|other| other.value);
    let kinds: BTreeSet<_> = others.chain([way.managed]).collect();
    kinds.into_iter().map(Managed::words).collect()
}

/// Words as a list, with another word before the last.
pub(super) fn joined<S: Borrow<str>>(words: &[S], before_last: &str) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("{} {before_last} {}", rest.join(", "), last.borrow())
        }
        _ => words.concat(),
    }
}

fn code(managed: Managed) -> ErrorCode {
    match managed {
        Managed::CompliantDevice => NOT_COMPLIANT,
        Managed::HybridDevice => NOT_HYBRID,
        Managed::ProtectedApp => NOT_PROTECTED,
        Managed::ApprovedApp => NOT_APPROVED,
    }
}

/// What every finding on a policy over everything ends with: who is left out, what is not sure, how to get
/// back in.
pub(super) fn finish(
    finding: Finding,
    policy: &Policy,
    access: &Access<'_>,
    everyone: &Everyone,
    left_out: &Exclusions,
    spared: &str,
) -> Finding {
    let mut finding = finding;
    for (span, label) in [(everyone.users, "for all users"), (everyone.apps, "to all apps")] {
        if !everyone.unknown.contains(&span) {
            finding = finding.label(span, label);
        }
    }
    finding = label_exclusions(finding, policy, left_out, spared);
    if let Some(clients) = access::all_but_legacy(policy) {
        finding = finding.label(clients, "leaves out only legacy clients, which reach no admin tool");
    }
    for unknown in &everyone.unknown {
        let label = if *unknown == everyone.users || *unknown == everyone.apps {
            "not known whether this is all of them"
        } else {
            "may narrow it; its effect is not known"
        };
        finding = finding.label(*unknown, label);
    }
    if let Some(filter) = &policy.conditions.device_filter
        && DeviceFilter::of(filter).is_some_and(|filter| filter.takes_in_all() == Some(true))
    {
        finding = finding.label(filter.key, "leaves out nothing: every device passes this filter");
    }
    for empty in access::empty_locations(policy, access.set) {
        finding = finding.label(empty, "leaves out nothing: no address lies in this location");
    }
    if !everyone.unknown.is_empty() {
        finding.level = finding.level.max(Level::Note);
    }
    let unsure = finding.certainty == Certainty::Unverified;
    if unsure || !everyone.unknown.is_empty() || left_out.is_unsure() {
        finding = unverified(finding.certainty(Certainty::Unverified));
    } else if left_out.relief() == Relief::OnlyEmergency
        && let Some(presumption) = access.emergency.presumption()
    {
        finding = finding.certainty(Certainty::Likely);
        finding.note = Some(match finding.note.take() {
            Some(note) => format!("{note}; {presumption}"),
            None => presumption,
        });
    }
    if finding.recovery.is_none() {
        finding.recovery = Some(recovery(policy, left_out.relief()));
    }
    finding
}

/// The same finding, saying that it rests on what the files do not tell, and how to make them tell.
pub(super) fn unverified(mut finding: Finding) -> Finding {
    for (certain, open) in [("policy blocks", "policy may block"), ("policy lets", "policy may let")] {
        if let Some(rest) = finding.message.strip_prefix(certain) {
            finding.message = format!("{open}{rest}");
        }
    }
    finding.note = finding.note.map(|note| format!("unless what is not known here changes it, {note}"));
    finding.help = finding.help.map(|help| {
        format!(
            "write ids and known values where a placeholder, a name or an expression stands, so that this can be \
             decided; {help}"
        )
    });
    finding
}

fn label_exclusions(mut finding: Finding, policy: &Policy, left_out: &Exclusions, spared: &str) -> Finding {
    for unknown in &left_out.unknown {
        finding = finding.label(unknown.span, unsure(unknown.value.1));
    }
    for nobody in &left_out.nobody {
        finding = finding.label(nobody.span, "excludes nobody");
    }
    match left_out.relief() {
        Relief::More | Relief::OnlyEmergency => {
            let places = left_out.people.iter().chain(&left_out.emergency);
            places.fold(finding, |finding, span| finding.label(*span, spared))
        }
        Relief::Nobody if left_out.unknown.is_empty() && left_out.nobody.is_empty() => {
            match (left_out.bystanders.first(), missing(policy)) {
                (Some(span), _) => finding.label(*span, "nobody here can change policies"),
                (None, Some(span)) => finding.label(span, "nobody is excluded"),
                (None, None) => finding,
            }
        }
        Relief::Nobody => finding,
    }
}

/// What to say at an exclusion of which the file does not tell whom it stands for.
pub(super) fn unsure(why: Why) -> &'static str {
    match why {
        Why::Placeholder => "a placeholder, which may stand for nobody",
        Why::NameForId => "a name where an id belongs, which may match nobody",
        _ => "not known whom this excludes",
    }
}

/// The place where an exclusion is missing: the empty list, else the object that should hold it.
pub(super) fn missing(policy: &Policy) -> Option<Span> {
    let users = &policy.users;
    let empty = [&users.exclude_groups, &users.exclude_users]
        .into_iter()
        .find_map(|list| if list.is_empty() { list.key } else { None });
    empty.or(users.key)
}

/// How to exclude emergency access too, where it is not excluded yet.
pub(super) fn and_exclude(policy: &Policy, access: &Access<'_>, left_out: &Exclusions) -> String {
    if left_out.emergency.is_empty() {
        format!(", and {}", exclude(policy, &access.emergency))
    } else {
        String::new()
    }
}

/// Where a policy takes in emergency access accounts: all users, the role they hold, or they themselves.
pub(super) fn covers_emergency(policy: &Policy, access: &Access<'_>) -> Option<Span> {
    let users = &policy.users;
    let administrators = Principal::Id(roles::GLOBAL_ADMINISTRATOR.to_owned());
    let themselves = || {
        let named = users.include_users.items.iter().chain(&users.include_groups.items);
        named.filter(|item| access.emergency.is_one(&item.value)).map(|item| item.span).next()
    };
    access::everyone(policy)
        .or_else(|| users.include_roles.find(|role| *role == administrators).map(|at| at.span))
        .or_else(themselves)
}

/// A block that an emergency access account on an ordinary workstation does not run into.
pub(super) fn is_harmless(policy: &Policy, access: &Access<'_>) -> bool {
    access::narrowing(policy, access.set).is_none() == Truth::No
        && is_beside(policy, &[Platform::Windows, Platform::MacOs])
}

/// Whether a policy leaves alone the sign-ins of modern clients on some platforms, as it is about legacy clients, device
/// code flow and authentication transfer, or platforms that are not recognised.
pub(super) fn is_beside(policy: &Policy, platforms: &[Platform]) -> bool {
    let conditions = &policy.conditions;
    let flows = !conditions.transfer_methods.is_empty();
    let left_out = conditions
        .platforms
        .as_ref()
        .is_some_and(|pair| platforms.iter().all(|platform| pair.exclude.contains(platform) == Truth::Yes));
    is_about_legacy_clients(policy) || flows || left_out
}

/// Whether a policy takes in legacy clients and no others.
pub(super) fn is_about_legacy_clients(policy: &Policy) -> bool {
    let clients = &policy.conditions.client_app_types;
    let modern = [ClientApp::All, ClientApp::Browser, ClientApp::Modern];
    !clients.is_empty() && modern.iter().all(|kind| clients.contains(kind) == Truth::No)
}

/// Where a policy leaves out Global Administrators, as emergency access accounts are, by their role.
pub(super) fn exempt_administrators(policy: &Policy) -> Option<Span> {
    let administrators = Principal::Id(roles::GLOBAL_ADMINISTRATOR.to_owned());
    policy.users.exclude_roles.find(|role| *role == administrators).map(|at| at.span)
}

/// How to exclude emergency access, in the file's own words.
pub(super) fn exclude(policy: &Policy, emergency: &Emergency) -> String {
    let of = |kind| {
        let texts: Vec<_> = emergency
            .principals
            .iter()
            .filter(|principal| principal.kind == kind)
            .map(|principal| format!("\"{}\"", principal.text))
            .collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    };
    let (member, value) = match (of(Kind::Group), of(Kind::User)) {
        (Some(groups), _) => ("excludeGroups", groups),
        (None, Some(users)) => ("excludeUsers", users),
        (None, None) => ("excludeGroups", "\"<id of your emergency access group>\"".to_owned()),
    };
    format!("exclude emergency access: `{}`", policy.spelling.assignment(member, &format!("[{value}]")))
}

/// How to take a policy out of force, in the file's own words.
fn report_only(policy: &Policy) -> String {
    format!("`{}`", policy.spelling.assignment("state", "\"enabledForReportingButNotEnforced\""))
}

const APPLICATION: &str = "an application with the permission `Policy.ReadWrite.ConditionalAccess`";

fn undo(policy: &Policy) -> String {
    format!("set `{}` to `disabled`", policy.spelling.member("state"))
}

fn recovery(policy: &Policy, relief: Relief) -> String {
    let undo = undo(policy);
    match relief {
        Relief::Nobody => format!(
            "no person can sign in to undo this; {APPLICATION}, such as a deployment pipeline, can {undo}, else \
             Microsoft support has to"
        ),
        Relief::OnlyEmergency => format!("sign in with an emergency access account and {undo}"),
        Relief::More => format!(
            "an administrator among the excluded can {undo}; if there is none, {APPLICATION} can, else Microsoft \
             support has to"
        ),
    }
}

/// Where a policy says what an aspect of it is.
pub(super) fn place_of(policy: &Policy, aspect: Aspect) -> Option<Span> {
    let conditions = &policy.conditions;
    match aspect {
        Aspect::Users => policy.users.key,
        Aspect::Application | Aspect::UserActions | Aspect::AuthenticationContext => policy.applications.key,
        Aspect::ClientApps => conditions.client_app_types.key,
        Aspect::DevicePlatform => conditions.platforms.as_ref().map(|pair| pair.key),
        Aspect::Devices => {
            let states = conditions.device_states.as_ref().map(|pair| pair.key);
            conditions.device_filter.as_ref().map(|filter| filter.key).or(states)
        }
        Aspect::Location => conditions.locations.as_ref().map(|pair| pair.key),
        Aspect::SignInRisk => conditions.sign_in_risk.key,
        Aspect::UserRisk => conditions.user_risk.key,
        Aspect::InsiderRisk => conditions.insider_risk.key,
        Aspect::ServicePrincipalRisk => conditions.service_principal_risk.key,
        Aspect::AgentRisk => conditions.agent_risk.key,
        Aspect::AuthenticationFlow => conditions.transfer_methods.key,
        Aspect::Unknown => conditions.unknown.first().map(|condition| condition.span),
        Aspect::WorkloadIdentities => conditions.key,
    }
}

/// How many names a message lists.
pub(super) const NAMED: usize = 3;

/// The first of some names, and how many more there are.
pub(super) fn listed(names: &[String]) -> String {
    match names.get(..NAMED) {
        Some(first) if names.len() > NAMED => {
            format!("{} and {} more", first.join(", "), names.len() - NAMED)
        }
        _ => names.join(", "),
    }
}
