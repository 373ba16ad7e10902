//! Policies that lock everyone out together, though none does alone.

use crate::access::Demand;
use crate::access::analysis::{Analysis, Scope};
use crate::access::matrix;
use crate::access::people::{self, Class};
use crate::access::{self, targets};
use crate::rule::prelude::*;
use crate::rules::together::{self, RECOVERY, SCOPES};

pub(super) static RULE: &dyn Rule = &SplitLockout;

struct SplitLockout;

impl Rule for SplitLockout {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("split-lockout"),
            family: Family::Lockout,
            level: Level::Error,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        let Some(mut analysis) = access.together() else { return };
        for scope in SCOPES {
            let before = findings.len();
            match together::everyone_out(&mut analysis, scope) {
                Some(policies) if policies.len() > 1 => {
                    findings.extend(self.everyone(access, &mut analysis, &policies, scope));
                }
                // Where one policy keeps out whoever it does not leave out, the others may keep out those.
                Some(_) => {
                    if let Some(policies) = everybody_out(access, &mut analysis, scope) {
                        findings.extend(self.everyone(access, &mut analysis, &policies, scope));
                    }
                }
                None => self.platforms(access, &mut analysis, scope, findings),
            }
            if findings.len() > before {
                return;
            }
        }
    }
}

impl SplitLockout {
    fn everyone(
        &self,
        access: &Access<'_>,
        analysis: &mut Analysis<'_>,
        policies: &[usize],
        scope: Scope,
    ) -> Option<Finding> {
        let spared = together::managers_out(analysis, &targets::graph(), scope).is_none();
        let emergency_only = spared && !others_get_in(access, analysis, scope);
        let level = if spared && !emergency_only { Level::Warn } else { Level::Error };
        let who = match (spared, emergency_only) {
            (false, _) => "everyone, administrators included,",
            (true, true) => "everyone but the emergency access accounts",
            (true, false) => "everyone outside the excluded groups and accounts",
        };
        let message = "these policies together lock everyone out, though none does alone";
        let found = together::blame(self.meta(), access, analysis, policies, level, message)?;
        let recovery = if spared {
            "sign in with an account that is excluded and disable one of them"
        } else {
            RECOVERY
        };
        Some(
            found
                .note(format!(
                    "{who} is refused every app: each of these policies covers what the others leave open"
                ))
                .help("leave one way open: narrow one of these policies, or exclude who has to get in")
                .recovery(recovery),
        )
    }

    /// Platforms on which nothing can be signed in to, for want of a sign-in that every policy lets through.
    fn platforms(
        &self,
        access: &Access<'_>,
        analysis: &mut Analysis<'_>,
        scope: Scope,
        findings: &mut Vec<Finding>,
    ) {
        let member = people::circumstances(&Class::Member, analysis);
        let mut found: Vec<(Vec<usize>, Vec<&str>)> = Vec::new();
        for (platform, name) in matrix::PLATFORMS {
            let there = matrix::on_platform(analysis, &member, platform);
            let wanted = together::at(analysis, &there, &[targets::other_app(), targets::graph()]);
            let Some(policies) = together::shut(analysis, &wanted, scope) else { continue };
            let all_blocks = policies
                .iter()
                .filter_map(|number| analysis.policy(*number))
                .all(|policy| matches!(access::demand(policy, access.assume), Demand::Block(_)));
            // Several blocks that add up to a platform are as likely meant as not.
            if policies.len() < 2 || all_blocks {
                continue;
            }
            match found.iter_mut().find(|(known, _)| *known == policies) {
                Some((_, names)) => names.push(name),
                None => found.push((policies, vec![name])),
            }
        }
        for (policies, names) in found {
            let message = "these policies together leave no way in on some platforms";
            // Windows alone left is what a demand for a hybrid joined device from everyone leaves.
            let windows_alone = names.len() >= ALL_BUT_WINDOWS && !others_get_in(access, analysis, scope);
            let level = if windows_alone { Level::Error } else { Level::Warn };
            let found = together::blame(self.meta(), access, analysis, &policies, level, message);
            findings.extend(found.map(|found| {
                found
                    .note(format!(
                        "people on {} get in nowhere, though none of these policies alone keeps them out",
                        names.join(", ")
                    ))
                    .help("leave one way open for these platforms, or block them in one policy if that is meant")
            }));
        }
    }
}

/// How many platforms there are beside Windows: macOS, iOS, Android, Linux and those that are not recognised.
const ALL_BUT_WINDOWS: usize = 5;

/// Several policies that keep out ordinary members and everybody a policy names, emergency access alone excepted.
fn everybody_out(access: &Access<'_>, analysis: &mut Analysis<'_>, scope: Scope) -> Option<Vec<usize>> {
    let classes = people::classes(access, analysis);
    let asked = |class: &&Class| {
        matches!(class, Class::Member | Class::InGroup(_) | Class::Named(_) | Class::Holder(_))
    };
    let mut there = Vec::new();
    for class in classes.iter().filter(asked) {
        let circumstances = people::circumstances(class, analysis);
        there.extend(together::at(analysis, &circumstances, &[targets::other_app(), targets::graph()]));
    }
    together::shut(analysis, &there, scope).filter(|policies| policies.len() > 1)
}

/// Whether somebody who is neither emergency access nor an ordinary member gets in to Microsoft Graph.
fn others_get_in(access: &Access<'_>, analysis: &mut Analysis<'_>, scope: Scope) -> bool {
    let classes = people::classes(access, analysis);
    classes
        .iter()
        .filter(|class| matches!(class, Class::InGroup(_) | Class::Named(_) | Class::Holder(_)))
        .any(|class| {
            let there = matrix::unmanaged(analysis, &people::circumstances(class, analysis));
            let there = analysis.to(&there, &targets::graph());
            analysis.way(&there, scope).is_open()
        })
}
