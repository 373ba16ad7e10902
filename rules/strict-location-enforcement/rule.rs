//! Strict enforcement of locations, beside policies that are about networks.

use crate::access;
use crate::policy::words::ContinuousAccess;
use crate::policy::{Given, Location, LocationKind, LocationToken};
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &StrictLocationEnforcement;

struct StrictLocationEnforcement;

impl Rule for StrictLocationEnforcement {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("strict-location-enforcement"),
            family: Family::Lockout,
            level: Level::Note,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some((title, span)) = by_address(access) else { return };
        for policy in access.about_people() {
            let mode = policy.session.continuous_access.get();
            let Some(strict) = mode.filter(|mode| *mode.value != ContinuousAccess::Disabled) else {
                continue;
            };
            let message = "people whom an app sees at another address are refused";
            let label = Label::new(strict.span, "locations are enforced strictly");
            findings.push(
                finding(self.meta(), policy, Level::Note, message, label)
                    .related(span, format!("`{title}` depends on the network"))
                    .certainty(Certainty::Likely)
                    .place("sessionControls.continuousAccessEvaluation")
                    .codes(&[shared::BLOCKED])
                    .note(
                        "whoever reaches an app by another address than Microsoft Entra, through a split tunnel, a proxy \
                         or IPv6, loses access at once",
                    )
                    .help("list every address people come from in the named locations, also those that only the apps see"),
            );
        }
    }
}

/// A policy that depends on addresses, or may. Countries are not enforced strictly.
fn by_address<'a>(access: &Access<'a>) -> Option<(&'a str, Span)> {
    access.about_people().find_map(|policy| {
        let pair = policy.conditions.locations.as_ref()?;
        let mut places = pair.include.items.iter().chain(&pair.exclude.items);
        let narrows = access::conditions(policy, access.set).contains(&pair.key);
        (narrows && places.any(|place| is_by_address(&place.value, access)))
            .then(|| (policy.title(), pair.key))
    })
}

fn is_by_address(place: &Given<Location>, access: &Access<'_>) -> bool {
    match place {
        Given::Known(Location::Token(token)) => *token == LocationToken::AllTrusted,
        Given::Known(Location::Id(name) | Location::Name(name)) => {
            let named = &access.set.named_locations;
            let known = named.iter().find(|known| known.id.get().is_some_and(|id| id.value == name));
            known.is_none_or(|known| known.kind == LocationKind::Ip)
        }
        Given::Unresolved(_) => true,
    }
}
