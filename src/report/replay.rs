//! What became of recorded sign-ins, as text, Markdown and JSON.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::policy::PolicySet;
use crate::records::Log;
use crate::replay::{Ending, Example, Tally};
use crate::source::Sources;

/// How many apps a policy shows in text.
const APPS: usize = 5;
/// How many differences from the service are shown in text.
const DIFFERENCES: usize = 10;
/// How many records that cannot be read are shown.
const BROKEN: usize = 5;

/// The formats of `calint replay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplayFormat {
    /// Text for a terminal
    Table,
    /// JSON; the shape is versioned
    Json,
    /// Markdown
    Markdown,
}

/// The report, in the order it is shown.
pub struct Report<'t> {
    tally: &'t Tally,
    rows: Vec<Row>,
    differences: Vec<Differs>,
    once_enabled: bool,
}

/// What one policy does to some sign-ins, for one reason.
struct Row {
    policy: Named,
    ending: Ending,
    why: String,
    code: Option<String>,
    sign_ins: u64,
    people: usize,
    apps: Vec<(String, u64, usize, Example)>,
}

struct Differs {
    policy: Named,
    service: &'static str,
    how: String,
    count: u64,
    example: Example,
}

/// A policy and where it is written.
#[derive(Clone)]
struct Named {
    name: String,
    id: Option<String>,
    path: String,
    line: usize,
}

impl<'t> Report<'t> {
    /// Puts what was counted in order: what blocks most first.
    #[must_use]
    pub fn new(tally: &'t Tally, set: &PolicySet, sources: &Sources, once_enabled: bool) -> Self {
        let named = |at: usize| {
            set.policies.get(at).map(|policy| Named {
                name: policy.title().to_owned(),
                id: policy.id.get().map(|id| id.value.clone()),
                path: sources.path(policy.head.file).to_owned(),
                line: sources.range(policy.head).0.line,
            })
        };
        let mut rows: Vec<(usize, Row)> = Vec::new();
        for ((at, ending, why, code), by_app) in tally.groups() {
            let Some(policy) = named(at) else { continue };
            let mut apps: Vec<_> = by_app
                .iter()
                .map(|(app, group)| {
                    (app.to_string(), group.sign_ins, group.people.len(), group.example.clone())
                })
                .collect();
            apps.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
            let people: HashSet<u32> = by_app.values().flat_map(|group| &group.people).copied().collect();
            rows.push((
                at,
                Row {
                    policy,
                    ending,
                    why: why.to_string(),
                    code: code.map(|code| code.to_string()),
                    sign_ins: apps.iter().map(|app| app.1).sum(),
                    people: people.len(),
                    apps,
                },
            ));
        }
        rows.sort_by(|(one_at, one), (other_at, other)| {
            (one.ending, other.sign_ins, one_at, &one.why).cmp(&(
                other.ending,
                one.sign_ins,
                other_at,
                &other.why,
            ))
        });
        let differences = tally.differences.iter().filter_map(|((at, verdict, how), difference)| {
            Some(Differs {
                policy: named(*at)?,
                service: verdict.as_str(),
                how: how.clone(),
                count: difference.count,
                example: difference.example.clone(),
            })
        });
        let mut differences: Vec<_> = differences.collect();
        differences.sort_by_key(|it| std::cmp::Reverse(it.count));
        Self { tally, rows: rows.into_iter().map(|(_, row)| row).collect(), differences, once_enabled }
    }

    /// Whether something was not read, so that there may be more than is shown.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.tally.broken > 0 || self.tally.records == self.tally.other
    }

    /// Writes the report.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write(&self, format: ReplayFormat, out: &mut dyn Write) -> io::Result<()> {
        match format {
            ReplayFormat::Table => self.text(out),
            ReplayFormat::Markdown => self.markdown(out),
            ReplayFormat::Json => {
                serde_json::to_writer_pretty(&mut *out, &self.json()).map_err(io::Error::other)?;
                writeln!(out)
            }
        }
    }

    /// The logs that no record comes from.
    fn missing(&self) -> Vec<&'static str> {
        Log::ALL.iter().filter(|log| !self.tally.logs.contains(log)).map(|log| log.as_str()).collect()
    }

    fn left_out(&self) -> Vec<(&'static str, u64)> {
        let tally = self.tally;
        let all = [
            ("not successful", tally.unsuccessful),
            ("seen before", tally.repeated),
            ("in another tenant", tally.elsewhere),
            ("without a result", tally.untold),
            ("of another log", tally.other),
            ("unreadable", tally.broken),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// The sentences above the policies.
    fn summary(&self) -> Vec<String> {
        let tally = self.tally;
        let mut lines = vec![format!(
            "{}, {} of them successful sign-ins{}",
            counted(tally.records, "record"),
            tally.successful(),
            if self.once_enabled { "; policies in report-only count as enabled" } else { "" }
        )];
        let left_out: Vec<_> = self.left_out().iter().map(|(why, count)| format!("{count} {why}")).collect();
        if !left_out.is_empty() {
            lines.push(format!("left out: {}", left_out.join(", ")));
        }
        if tally.records > 0 && !self.missing().is_empty() {
            lines.push(format!("not in these records: {}", self.missing().join(", ")));
        }
        lines
    }

    fn broken(&self) -> Vec<String> {
        let shown = self.tally.broken_examples.iter().take(BROKEN);
        let mut lines: Vec<_> = shown
            .map(|(place, why)| format!("{}:{} (record {}): {why}", place.file, place.line, place.number))
            .collect();
        let more = self.tally.broken.saturating_sub(lines.len() as u64);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines
    }

    fn agreement(&self) -> Option<String> {
        let tally = self.tally;
        let differ: u64 = tally.differences.values().map(|it| it.count).sum();
        let all = tally.same + tally.undecided + differ;
        (all > 0).then(|| {
            format!(
                "compared with what the service recorded: {}, {} agree, {} undecided, {differ} differ",
                counted(all, "result"),
                tally.same,
                tally.undecided
            )
        })
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.summary().iter().try_for_each(|line| writeln!(out, "{line}"))?;
        writeln!(out)?;
        for ending in [Ending::Blocked, Ending::MayBeBlocked, Ending::Unchanged] {
            let (sign_ins, people) = self.tally.count(ending);
            let line = format!("{:<17}{}", words(ending), of(sign_ins, people));
            writeln!(out, "{line}")?;
        }
        for row in &self.rows {
            let Named { name, path, line, .. } = &row.policy;
            writeln!(out, "\n{name} ({path}:{line})")?;
            let code = row.code.as_ref().map(|code| format!(" with {code}")).unwrap_or_default();
            writeln!(out, "  {}{code}: {}", words(row.ending), of(row.sign_ins, row.people))?;
            writeln!(out, "  {}", row.why)?;
            for (app, sign_ins, people, example) in row.apps.iter().take(APPS) {
                writeln!(out, "    {app}: {}", of(*sign_ins, *people))?;
                writeln!(out, "      such as {}", shown(example))?;
            }
            if row.apps.len() > APPS {
                writeln!(out, "    and {}", counted((row.apps.len() - APPS) as u64, "more app"))?;
            }
        }
        if let Some(agreement) = self.agreement() {
            writeln!(out, "\n{agreement}")?;
            for it in self.differences.iter().take(DIFFERENCES) {
                writeln!(out, "  {}: the service recorded {}, {}", it.policy.name, it.service, it.how)?;
                writeln!(out, "    {}, such as {}", counted(it.count, "time"), shown(&it.example))?;
            }
            if self.differences.len() > DIFFERENCES {
                writeln!(out, "  and {} more", self.differences.len() - DIFFERENCES)?;
            }
        }
        if self.tally.broken > 0 {
            writeln!(out, "\ncannot be read:")?;
            self.broken().iter().try_for_each(|line| writeln!(out, "  {line}"))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# Sign-ins under these policies\n")?;
        self.summary().iter().try_for_each(|line| writeln!(out, "- {}", cell(line)))?;
        writeln!(out, "\n| | sign-ins | people |\n|---|---:|---:|")?;
        for ending in [Ending::Blocked, Ending::MayBeBlocked, Ending::Unchanged] {
            let (sign_ins, people) = self.tally.count(ending);
            writeln!(out, "| {} | {sign_ins} | {people} |", words(ending))?;
        }
        if !self.rows.is_empty() {
            writeln!(out, "\n| policy | what happens | because | app | sign-ins | people | such as |")?;
            writeln!(out, "|---|---|---|---|---:|---:|---|")?;
        }
        for row in &self.rows {
            for (app, sign_ins, people, example) in &row.apps {
                let cells = [&row.policy.name, words(row.ending), &row.why, app].map(cell).join(" | ");
                writeln!(out, "| {cells} | {sign_ins} | {people} | {} |", cell(shown(example)))?;
            }
        }
        if let Some(agreement) = self.agreement() {
            writeln!(out, "\n{}.", capitalised(&agreement))?;
            if !self.differences.is_empty() {
                writeln!(out, "\n| policy | the service | here | times | such as |\n|---|---|---|---:|---|")?;
            }
            for it in &self.differences {
                let (name, how, such) = (cell(&it.policy.name), cell(&it.how), cell(shown(&it.example)));
                writeln!(out, "| {name} | {} | {how} | {} | {such} |", it.service, it.count)?;
            }
        }
        if self.tally.broken > 0 {
            writeln!(out, "\nCannot be read:\n")?;
            self.broken().iter().try_for_each(|line| writeln!(out, "- {}", cell(line)))?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let tally = self.tally;
        let ending = |ending| {
            let (sign_ins, people) = tally.count(ending);
            json!({ "signIns": sign_ins, "people": people })
        };
        let rows = self.rows.iter().map(|row| {
            let apps = row.apps.iter().map(|(app, sign_ins, people, example)| {
                json!({ "app": app, "signIns": sign_ins, "people": people, "example": placed(example) })
            });
            json!({
                "policy": policy(&row.policy), "ending": row.ending, "because": row.why, "errorCode": row.code,
                "signIns": row.sign_ins, "people": row.people, "apps": apps.collect::<Vec<_>>(),
            })
        });
        let differences = self.differences.iter().map(|it| {
            json!({
                "policy": policy(&it.policy), "service": it.service, "how": it.how, "count": it.count,
                "example": placed(&it.example),
            })
        });
        let broken = tally.broken_examples.iter().map(|(place, why)| {
            json!({ "path": place.file.as_ref(), "line": place.line, "record": place.number, "why": why })
        });
        json!({
            "version": 1,
            "onceEnabled": self.once_enabled,
            "records": {
                "total": tally.records, "successful": tally.successful(), "notSuccessful": tally.unsuccessful,
                "repeated": tally.repeated, "inAnotherTenant": tally.elsewhere, "withoutResult": tally.untold,
                "ofAnotherLog": tally.other, "unreadable": tally.broken, "missingLogs": self.missing(),
            },
            "endings": {
                "blocked": ending(Ending::Blocked), "mayBeBlocked": ending(Ending::MayBeBlocked),
                "unchanged": ending(Ending::Unchanged),
            },
            "policies": rows.collect::<Vec<_>>(),
            "comparedWithService": {
                "agree": tally.same, "undecided": tally.undecided,
                "differ": tally.differences.values().map(|it| it.count).sum::<u64>(),
                "differences": differences.collect::<Vec<_>>(),
            },
            "unreadable": broken.collect::<Vec<_>>(),
        })
    }
}

fn words(ending: Ending) -> &'static str {
    match ending {
        Ending::Blocked => "would be blocked",
        Ending::MayBeBlocked => "may be blocked",
        Ending::Unchanged => "unchanged",
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Sign-ins and people; those of service principals are of nobody.
fn of(sign_ins: u64, people: usize) -> String {
    let sign_ins = counted(sign_ins, "sign-in");
    match people {
        0 => sign_ins,
        1 => format!("{sign_ins} of 1 person"),
        people => format!("{sign_ins} of {people} people"),
    }
}

/// A record in one line. What exports write is shown without control characters.
fn shown(example: &Example) -> String {
    let Example { id, time, user, app: _, place } = example;
    let mut text = String::new();
    for part in [user, time, id].into_iter().flatten() {
        let part: String =
            part.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let _ = write!(text, "{part}, ");
    }
    let _ = write!(text, "{}:{}", place.file, place.line);
    text
}

fn cell(text: impl AsRef<str>) -> String {
    text.as_ref().replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn policy(named: &Named) -> Value {
    json!({ "name": named.name, "id": named.id, "path": named.path, "line": named.line })
}

fn placed(example: &Example) -> Value {
    let Example { id, time, user, app, place } = example;
    json!({
        "id": id, "time": time, "user": user, "app": app,
        "path": place.file.as_ref(), "line": place.line, "record": place.number,
    })
}
