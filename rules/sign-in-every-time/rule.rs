//! Signing in every time, asked of everybody for the apps of daily work.

use crate::access::{self, Demand};
use crate::policy::{App, AppToken, Truth};
use crate::rule::prelude::*;

pub(super) static RULE: &dyn Rule = &SignInEveryTime;

struct SignInEveryTime;

impl Rule for SignInEveryTime {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("sign-in-every-time"),
            family: Family::Hygiene,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        findings.extend(access.about_people().filter_map(|policy| self.finding(policy, access)));
    }
}

impl SignInEveryTime {
    fn finding(&self, policy: &Policy, access: &Access<'_>) -> Option<Finding> {
        let every_time = policy.session.sign_in_frequency.as_ref()?.every_time()?;
        let everyone = access::everyone(policy)?;
        let suite = || policy.applications.include.find(|app| *app == App::Token(AppToken::Office365));
        let apps = access::every_app(policy).or_else(|| suite().map(|at| at.span))?;
        let unconditional = access::narrowing(policy, access.set).is_none() == Truth::Yes;
        // Both are faults of their own: a session control beside a block, and a remediation without a risk.
        let blocked = matches!(access::demand(policy, access.assume), Demand::Block(_));
        if !unconditional || blocked || access::remediation(policy).is_some() {
            return None;
        }
        let message = "everybody signs in every time, to the apps of daily work";
        Some(
            finding(self.meta(), policy, Level::Warn, message, Label::new(every_time, "every time"))
                .label(everyone, "for all users")
                .label(apps, "to these apps")
                .place("sessionControls.signInFrequency")
                .note(
                    "people are asked whenever an app renews its access and learn to approve anything; accounts that \
                     nobody sits at, such as meeting rooms and scripts, stop working",
                )
                .help("limit it to single apps or to a risk, or set hours or days"),
        )
    }
}
