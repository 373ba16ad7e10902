//! The report of `calint access`: who can still sign in to what. One file a format.

mod html;
mod json;
mod legend;
mod markdown;
mod table;

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::access::analysis::{Analysis, MAX_POLICIES, Scope};
use crate::access::matrix::{self, Answer, Matrix, Reach};
use crate::access::{Access, Basis, Facts, applies, demand, targets};
use crate::finding::ErrorCode;
use crate::policy::Truth;
use crate::scenario;
use crate::sign_in_error;
use crate::source::Sources;

/// The formats of `calint access`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AccessFormat {
    /// For reading in a terminal
    Table,
    /// For programs
    Json,
    /// For a pull request or a wiki
    Markdown,
    /// A page for a browser, in one file
    Html,
}

/// Who can still sign in to what, with everything the formats show.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessReport {
    /// Of the report's shape.
    pub version: u8,
    /// How many policies are counted.
    pub policies: usize,
    /// What is taken for granted.
    pub assumptions: Vec<String>,
    /// Why some of it cannot be proved.
    pub limits: Vec<String>,
    /// The classes of people, those that must get in first.
    pub classes: Vec<String>,
    /// The targets, most important first.
    pub targets: Vec<String>,
    /// The answers. Each pair of a class and a target is in exactly one.
    pub answers: Vec<Group>,
}

/// Classes and targets with one answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Of `classes`, by number from 0.
    pub classes: Vec<usize>,
    /// Of `targets`, by number from 0.
    pub targets: Vec<usize>,
    /// What becomes of the sign-ins.
    pub access: Reach,
    /// The answer in words.
    pub text: String,
    /// The policies that refuse, or that the answer depends on.
    pub policies: Vec<PolicyPlace>,
    /// What the answer depends on.
    pub depends_on: Vec<String>,
    /// The codes people see who do not get in.
    pub error_codes: Vec<ErrorCode>,
    /// A sign-in of the first class to the first target that gets in, as `calint what-if` takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<serde_json::Value>,
}

/// A policy and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyPlace {
    /// Its display name.
    pub name: String,
    /// Its file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// Asks about every class and target of a tenant.
///
/// # Errors
/// When there are more policies than one tenant can have.
pub fn report(
    access: &Access<'_>,
    scope: Scope,
    limits: Vec<String>,
    sources: &Sources,
) -> Result<AccessReport, String> {
    if access.judged().count() > MAX_POLICIES {
        return Err(format!(
            "more than {MAX_POLICIES} policies, but a tenant holds at most 195; name the folder of one tenant"
        ));
    }
    let mut analysis: Analysis<'_> = Analysis::new(access, &crate::access::people::wanted(access));
    let matrix = matrix::matrix(access, &mut analysis, scope);
    let answers = groups(&matrix)
        .into_iter()
        .map(|(classes, targets)| group(access, &mut analysis, &matrix, classes, targets, scope, sources))
        .collect();
    Ok(AccessReport {
        version: 1,
        policies: analysis.counted(scope, false).len(),
        assumptions: assumptions(access, scope),
        limits,
        classes: matrix.classes.iter().map(|class| class.name(&access.set.directory)).collect(),
        targets: matrix.targets.iter().map(targets::name).collect(),
        answers,
    })
}

fn assumptions(access: &Access<'_>, scope: Scope) -> Vec<String> {
    let mut found = access.assume.words();
    found.push(
        "people are asked for what they can bring: methods, devices and apps they could get hold of"
            .to_owned(),
    );
    found.push("ordinary people are in no group and hold no role that the policies name".to_owned());
    if access.set.directory.trust.is_none() {
        found.push(
            "nothing of a guest's home tenant is accepted here, as no file tells its cross-tenant settings: a B2B \
             direct connect user then meets no demand"
                .to_owned(),
        );
    }
    found.push("what stands behind `only` is needed, and not in every case enough by itself".to_owned());
    found.push("the directory synchronisation account answers no prompt".to_owned());
    match access.emergency.basis {
        Basis::Declared => {}
        Basis::Taken { .. } => found.extend(access.emergency.presumption()),
        Basis::Unknown => found.push("no emergency access is known; name it in calint.yaml".to_owned()),
    }
    if scope == Scope::OnceEnabled {
        found.push("policies in report-only count as enabled".to_owned());
    }
    found
}

/// Classes with the same answers throughout, and of those the targets with the same answer.
fn groups(matrix: &Matrix) -> Vec<(Vec<usize>, Vec<usize>)> {
    let row = |class: usize| -> Vec<&Answer> {
        matrix.cells.iter().filter(|cell| cell.class == class).map(|cell| &cell.answer).collect()
    };
    let mut rows: Vec<(Vec<usize>, Vec<&Answer>)> = Vec::new();
    for class in 0..matrix.classes.len() {
        let own = row(class);
        match rows.iter_mut().find(|(_, answers)| *answers == own) {
            Some((classes, _)) => classes.push(class),
            None => rows.push((vec![class], own)),
        }
    }
    let mut found = Vec::new();
    for (classes, answers) in rows {
        let mut targets: Vec<(&Answer, Vec<usize>)> = Vec::new();
        for (target, answer) in answers.iter().enumerate() {
            match targets.iter_mut().find(|(known, _)| known == answer) {
                Some((_, targets)) => targets.push(target),
                None => targets.push((answer, vec![target])),
            }
        }
        found.extend(targets.into_iter().map(|(_, targets)| (classes.clone(), targets)));
    }
    found
}

fn group(
    access: &Access<'_>,
    analysis: &mut Analysis<'_>,
    matrix: &Matrix,
    classes: Vec<usize>,
    targets: Vec<usize>,
    scope: Scope,
    sources: &Sources,
) -> Group {
    let cell = matrix
        .cells
        .iter()
        .find(|cell| classes.first() == Some(&cell.class) && targets.first() == Some(&cell.target));
    let (answer, point) = match cell {
        Some(cell) => (cell.answer.clone(), cell.witness.clone()),
        None => (Answer::undecided(), None),
    };
    let policies: Vec<_> = answer.policies.iter().filter_map(|number| analysis.policy(*number)).collect();
    let mut error_codes: Vec<_> = policies
        .iter()
        .filter(|_| !matches!(answer.reach, Reach::Always | Reach::Depends))
        .filter_map(|policy| sign_in_error::of(&demand(policy, access.assume)))
        .collect();
    error_codes.sort_unstable();
    error_codes.dedup();
    let mut depends_on = Vec::new();
    if let (Reach::Depends, Some(point)) = (answer.reach, &point) {
        let (sign_in, capabilities) = analysis.sign_in(point);
        let facts =
            Facts { sign_in: &sign_in, capabilities: &capabilities, set: access.set, assume: access.assume };
        for policy in &policies {
            let judged = applies(policy, facts);
            depends_on.extend(judged.undecided().map(|it| format!("{} of `{}`", it.words(), policy.title())));
            if judged.truth() == Truth::Yes {
                depends_on.push(format!("the controls of `{}`", policy.title()));
            }
        }
    }
    let witness = match (answer.reach, point, classes.first(), targets.first()) {
        (Reach::Always | Reach::Sometimes, Some(point), Some(class), Some(target)) => {
            ordinary(analysis, matrix, *class, *target, scope, point)
        }
        _ => None,
    };
    let places = policies.iter().map(|policy| {
        let (start, _) = sources.range(policy.head);
        PolicyPlace {
            name: policy.title().to_owned(),
            path: sources.path(policy.head.file).to_owned(),
            line: start.line,
        }
    });
    Group {
        access: answer.reach,
        text: answer.words(&|id| matrix::location_name(access, id)),
        policies: places.collect(),
        depends_on,
        error_codes,
        witness,
        classes,
        targets,
    }
}

fn ordinary(
    analysis: &mut Analysis<'_>,
    matrix: &Matrix,
    class: usize,
    target: usize,
    scope: Scope,
    point: Vec<usize>,
) -> Option<serde_json::Value> {
    let (class, target) = (matrix.classes.get(class)?, matrix.targets.get(target)?);
    let circumstances = crate::access::people::circumstances(class, analysis);
    let there = analysis.to(&circumstances, target);
    let point = analysis.ordinary(&there, scope, point);
    let (sign_in, capabilities) = analysis.sign_in(&point);
    Some(scenario::write(&sign_in, &capabilities))
}

impl AccessReport {
    /// Writes the report in a format, at most `width` columns wide where that is for people.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write(&self, format: AccessFormat, width: usize, out: &mut dyn Write) -> io::Result<()> {
        match format {
            AccessFormat::Table => table::write(self, width, out),
            AccessFormat::Json => json::write(self, out),
            AccessFormat::Markdown => markdown::write(self, out),
            AccessFormat::Html => html::write(self, out),
        }
    }

    fn names<'r>(names: &'r [String], numbers: &[usize]) -> Vec<&'r str> {
        numbers.iter().filter_map(|number| names.get(*number)).map(String::as_str).collect()
    }

    /// The classes of a group, by name.
    #[must_use]
    pub fn class_names(&self, group: &Group) -> Vec<&str> {
        Self::names(&self.classes, &group.classes)
    }

    /// The targets of a group, by name.
    #[must_use]
    pub fn target_names(&self, group: &Group) -> Vec<&str> {
        Self::names(&self.targets, &group.targets)
    }
}

/// Names joined by commas; of many, the first ones and how many more.
fn listed(names: &[&str], shown: usize) -> String {
    match names.len().checked_sub(shown) {
        Some(more) if more > 1 => {
            let first: Vec<_> = names.iter().take(shown).copied().collect();
            format!("{} and {more} more", first.join(", "))
        }
        _ => names.join(", "),
    }
}
