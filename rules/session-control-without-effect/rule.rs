//! A session control in a policy in which it cannot do anything.

use crate::access::{self, Demand};
use crate::policy::words::ContinuousAccess;
use crate::rule::prelude::*;
use crate::rules::any_state::{self, REFUSED};

pub(super) static RULE: &dyn Rule = &SessionControlWithoutEffect;

struct SessionControlWithoutEffect;

impl Rule for SessionControlWithoutEffect {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("session-control-without-effect"),
            family: Family::Validity,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            if let Demand::Block(block) = access::demand(policy, access.assume) {
                findings.extend(self.beside_block(policy, block));
                continue;
            }
            findings.extend(self.restrictions(policy));
            findings.extend(self.persistent_browser(policy));
            findings.extend(self.evaluation(policy, access));
        }
    }
}

/// The session controls that come after access is granted, so not at all where it is refused.
const AFTER_ACCESS: [&str; 4] = [
    "applicationEnforcedRestrictions",
    "cloudAppSecurity",
    "persistentBrowser",
    "globalSecureAccessFilteringProfile",
];

impl SessionControlWithoutEffect {
    fn beside_block(&self, policy: &Policy, block: Span) -> Option<Finding> {
        let session = &policy.session;
        let known = AFTER_ACCESS.iter().find_map(|name| session.other_for_certain(name));
        let frequency = session.sign_in_frequency.as_ref();
        let frequency = frequency.filter(|frequency| frequency.enabled.unresolved().is_none());
        let span = known.or(frequency.map(|frequency| frequency.key))?;
        let message = "session control stands beside a block";
        Some(
            finding(self.meta(), policy, Level::Note, message, Label::new(span, "never comes into play"))
                .label(block, "nobody gets in")
                .place(PLACE)
                .note("session controls begin where access is granted, and this policy grants none")
                .help("remove the session control, or put it into a policy that lets people in"),
        )
    }

    fn restrictions(&self, policy: &Policy) -> Option<Finding> {
        let control = policy.session.other_for_certain("applicationEnforcedRestrictions")?;
        let apps = access::restricting_apps(policy);
        let help = "name `Office365`, or Exchange Online and SharePoint Online";
        if let Some(all) = access::every_app(policy) {
            let message = "restrictions by the app reach Exchange and SharePoint alone";
            let label = Label::new(control, "other apps do nothing with it");
            return Some(
                finding(self.meta(), policy, Level::Note, message, label)
                    .label(all, "for all apps")
                    .place(PLACE)
                    .note("a person on an unmanaged device has the limits in these two and in no other app")
                    .help(format!("{help}, and see to the other apps in another policy")),
            );
        }
        let (first, rest) = apps.others.split_first()?;
        let message = "restrictions by the app are set for an app that has none";
        let label = Label::new(*first, "does not enforce any");
        let found = if apps.some {
            finding(self.meta(), policy, Level::Warn, message, label)
                .note("people have the limits in Exchange Online and SharePoint Online alone")
        } else {
            any_state::finding(self.meta(), policy, Level::Error, message, label)
                .note(format!("{REFUSED} with 1032, `InvalidControls`"))
        };
        let found = rest.iter().fold(found, |found, app| found.label(*app, "nor does this one"));
        Some(found.label(control, "set here").place(PLACE).help(help))
    }

    fn persistent_browser(&self, policy: &Policy) -> Option<Finding> {
        let control = policy.session.other_for_certain("persistentBrowser")?;
        let include = &policy.applications.include;
        let applications = &policy.applications;
        let named = include.known().map(|app| app.span).next();
        let other = applications.user_actions.key.or(applications.auth_contexts.key);
        let known =
            access::every_app(policy).is_none() && include.is_known() && applications.filter.is_none();
        let span = named.or(other).filter(|_| known)?;
        let message = "persistent browser session is set for some apps only";
        Some(
            finding(
                self.meta(),
                policy,
                Level::Warn,
                message,
                Label::new(control, "works for all apps alone"),
            )
            .label(span, "not all apps")
            .place(PLACE)
            .note("a browser has one session for all apps, so whether it is kept is not up to one of them")
            .help(format!(
                "take in all apps: `{}`; or set a sign-in frequency, which some apps can have",
                policy.spelling.assignment("includeApplications", "[\"All\"]")
            )),
        )
    }

    fn evaluation(&self, policy: &Policy, access: &Access<'_>) -> Option<Finding> {
        let mode = policy.session.continuous_access.get();
        let disabled = mode.filter(|mode| *mode.value == ContinuousAccess::Disabled)?;
        let include = &policy.applications.include;
        let some_apps = access::every_app(policy).is_none() && include.is_known();
        let apps = include.known().map(|app| app.span).next().filter(|_| some_apps);
        let condition = access::conditions(policy, access.set).into_iter().next();
        let (span, label) = match (apps, condition) {
            (Some(apps), _) => (apps, "not all apps"),
            (None, Some(condition)) => (condition, "under a condition"),
            (None, None) => return None,
        };
        let message = "continuous access evaluation stays on despite this policy";
        let primary = Label::new(disabled.span, "works for all apps without conditions alone");
        Some(
            finding(self.meta(), policy, Level::Warn, message, primary)
                .label(span, label)
                .place(PLACE)
                .note("the service leaves it on for the people of this policy")
                .help(
                    "take in all apps and remove every condition, or leave continuous access evaluation on",
                ),
        )
    }
}

const PLACE: &str = "sessionControls";
