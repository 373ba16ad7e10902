//! A block outside a location in which nobody is.

use crate::access::{self, Demand, Vacancy};
use crate::policy::NamedLocation;
use crate::rule::prelude::*;
use crate::rules::shared;
use crate::source::At;

pub(super) static RULE: &dyn Rule = &BlockOutsideEmptyLocation;

struct BlockOutsideEmptyLocation;

impl Rule for BlockOutsideEmptyLocation {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("block-outside-empty-location"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let Demand::Block(block) = access::demand(policy, access.assume) else { continue };
            // A block of everybody from everything has a rule of its own.
            if shared::covers_everything(policy, access).is_some() {
                continue;
            }
            let vacancies = access::vacancies(policy, access.set);
            findings.extend(self.finding(policy, block, &vacancies));
        }
    }
}

impl BlockOutsideEmptyLocation {
    fn finding(
        &self,
        policy: &Policy,
        block: Span,
        vacancies: &[(At<Vacancy>, Option<&NamedLocation>)],
    ) -> Option<Finding> {
        let (first, rest) = vacancies.split_first()?;
        let doubtful = |vacancy: &Vacancy| matches!(vacancy, Vacancy::NoneTrusted | Vacancy::Untold);
        let doubt = vacancies.iter().map(|(at, _)| at.value).find(doubtful);
        let message = match doubt {
            None => "policy blocks from every network: nobody is in the location it spares",
            Some(_) => "policy may block from every network: nobody may be in the location it spares",
        };
        let mut found = finding(
            self.meta(),
            policy,
            Level::Warn,
            message,
            Label::new(first.0.span, label(first.0.value)),
        );
        for (at, _) in rest {
            found = found.label(at.span, label(at.value));
        }
        for (_, known) in vacancies {
            if let Some(known) = known {
                found = found.related(known.whole, "defined here");
            }
        }
        let found = found
            .label(block, "access is blocked")
            .place("conditions.locations.excludeLocations")
            .codes(&[shared::BLOCKED])
            .note(format!(
                "whoever the policy covers is refused with {} wherever they are; the service sees the public address, not the \
                 one inside a network",
                shared::BLOCKED
            ))
            .help(help(doubt))
            .recovery("sign in with an account that is excluded and change the policy or the location");
        Some(if doubt.is_some() { found.certainty(Certainty::Unverified) } else { found })
    }
}

fn label(vacancy: Vacancy) -> &'static str {
    match vacancy {
        Vacancy::Empty => "lists no address and no country",
        Vacancy::Private => "lists addresses of private networks alone",
        Vacancy::NoneTrusted => "nobody is in a trusted location, as far as is told",
        Vacancy::Untold => "not among the named locations here",
    }
}

fn help(doubt: Option<Vacancy>) -> &'static str {
    match doubt {
        None => "put the public addresses of the network into the location, such as `203.0.113.0/24`",
        Some(Vacancy::NoneTrusted) => {
            "mark the location that is meant as trusted, or name it in place of `AllTrusted`; if the trusted IPs of the old \
             MFA settings are meant, move them to a named location"
        }
        Some(_) => "check the id, and export the location with the others",
    }
}
