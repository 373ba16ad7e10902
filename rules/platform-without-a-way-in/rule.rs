//! A policy that asks for a device or app control where the platform can never meet it.

use crate::access::analysis::{Analysis, Circumstances};
use crate::access::matrix::{self, PLATFORMS};
use crate::access::sign_in::{Client, DevicePlatform};
use crate::access::solver::Answer;
use crate::access::space::Property;
use crate::access::{self, Managed, targets};
use crate::policy::words::Platform;
use crate::rule::prelude::*;
use crate::rules::every_device_control_at_once::device_controls;
use crate::rules::{shared, together, unsupported_platform};

pub(super) static RULE: &dyn Rule = &PlatformWithoutAWayIn;

struct PlatformWithoutAWayIn;

impl Rule for PlatformWithoutAWayIn {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("platform-without-a-way-in"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for number in 0..analysis.policies() {
            let Some(policy) = analysis.policy(number) else { continue };
            let Some(way) = access::only_way(policy, access.assume).filter(|way| !way.unsure) else {
                continue;
            };
            // A rule of its own reports that everybody needs a managed device or app for everything.
            if shared::only_way_for_everyone(policy, access).is_some() {
                continue;
            }
            // So do rules on token protection, on several device controls at once, and on platforms that no app control
            // supports.
            if access::session_refusal(policy).is_some()
                || device_controls(policy, access).len() > 1
                || unsupported_platform::is_reported(policy)
            {
                continue;
            }
            let places = places(&mut analysis, number, policy);
            findings.extend(self.finding(policy, access, way.managed, &places));
        }
    }
}

/// Where a policy applies, and whether what it demands can be met there.
struct Place {
    platform: DevicePlatform,
    client: Client,
    in_reach: bool,
}

fn places(analysis: &mut Analysis<'_>, number: usize, policy: &Policy) -> Vec<Place> {
    // Enrolling a device is spared some demands.
    let anywhere = if access::every_app(policy).is_some() {
        analysis.away_from(&targets::enrollment())
    } else {
        Circumstances::default()
    };
    let mut found = Vec::new();
    for (platform, _) in PLATFORMS {
        let there = matrix::on_platform(analysis, &anywhere, platform);
        for client in [Client::Browser, Client::Modern] {
            let values =
                analysis.space.values(&Property::Client, |sign_in, _| sign_in.client == Some(client));
            let there = there.clone().with(analysis.dim(&Property::Client), &values);
            if analysis.may_apply(number, &there) {
                let in_reach = !matches!(analysis.can_be_met(number, &there), Answer::Never(_));
                found.push(Place { platform, client, in_reach });
            }
        }
    }
    found
}

impl PlatformWithoutAWayIn {
    fn finding(
        &self,
        policy: &Policy,
        access: &Access<'_>,
        managed: Managed,
        places: &[Place],
    ) -> Option<Finding> {
        let out: Vec<_> = places.iter().filter(|place| !place.in_reach).collect();
        let recognised = out.iter().any(|place| place.platform != DevicePlatform::Unrecognised);
        // Where nothing is in reach, `unsatisfiable-controls` reports it. That platforms which are not recognised are
        // left outside is what people mean.
        if out.len() == places.len() || !recognised {
            return None;
        }
        let named = named(policy, &out);
        let level = match managed {
            Managed::HybridDevice | Managed::CompliantDevice if named.is_none() => Level::Note,
            _ => Level::Warn,
        };
        let (place, label) = together::refusal(policy, access);
        let code = crate::sign_in_error::of(&access::demand(policy, access.assume));
        let message = match named {
            Some(_) => "policy names a platform on which its controls can never be met",
            None => "policy covers platforms on which its controls can never be met",
        };
        let mut found = finding(self.meta(), policy, level, message, Label::new(place, label));
        if let Some(span) = named {
            found = found.label(span, "out of reach here");
        } else if let Some(pair) = &policy.conditions.platforms {
            found = found.label(pair.key, "takes in platforms that have no way in");
        }
        Some(
            found
                .place("grantControls")
                .codes(code.as_slice())
                .note(format!("whoever is covered is refused {}", listed(places)))
                .help(format!(
                    "take in only platforms that can meet them{}, or let another control be a way in with the operator `OR`",
                    clients(&out)
                )),
        )
    }
}

/// Where a policy names a platform that is out of reach.
fn named(policy: &Policy, out: &[&Place]) -> Option<Span> {
    let pair = policy.conditions.platforms.as_ref()?;
    let is_out = |platform: &Platform| out.iter().any(|it| it.platform == DevicePlatform::Known(*platform));
    pair.include.find(is_out).map(|at| at.span)
}

/// How to narrow the clients, where a browser gets in and an app does not.
fn clients(out: &[&Place]) -> &'static str {
    let app_alone = |place: &&&Place| {
        place.client == Client::Modern
            && !out.iter().any(|other| other.platform == place.platform && other.client == Client::Browser)
    };
    if out.iter().any(|place| app_alone(&place)) { ", and on Windows only browsers" } else { "" }
}

/// The places that are out of reach, in words.
fn listed(places: &[Place]) -> String {
    let mut words: Vec<String> = Vec::new();
    for (platform, name) in PLATFORMS {
        let here: Vec<_> = places.iter().filter(|place| place.platform == platform).collect();
        let out: Vec<_> = here.iter().filter(|place| !place.in_reach).collect();
        match out.as_slice() {
            [] => {}
            [one] if here.len() > 1 => {
                let client = if one.client == Client::Modern { "in apps" } else { "in browsers" };
                words.push(format!("{client} on {name}"));
            }
            _ => words.push(format!("on {name}")),
        }
    }
    shared::joined(&words, "and")
}
