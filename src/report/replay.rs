//! What became of recorded sign-ins, as text, Markdown and JSON.

use std::cmp::{Ordering, Reverse};
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Value, json};
use textwrap::{Options, WordSeparator, WordSplitter};

use super::markup;
use super::printable;

use crate::policy::PolicySet;
use crate::records::Log;
use crate::replay::{Ending, Example, Tally};
use crate::source::Sources;

/// How many apps a policy shows to people.
const APPS: usize = 5;
/// How many differences from the service are shown in text.
const DIFFERENCES: usize = 10;
/// How many records that cannot be read are shown.
const BROKEN: usize = 5;
/// How many characters a table in Markdown may have: two of them, and what stands around them, fit into a comment.
const TABLE: usize = 28_000;

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

impl Row {
    /// The apps with most sign-ins.
    fn apps(&self) -> String {
        let apps = self.apps.iter().take(APPS).map(|(app, sign_ins, ..)| format!("{app} ({sign_ins})"));
        let mut apps = apps.collect::<Vec<_>>().join(", ");
        if self.apps.len() > APPS {
            apps += &format!(", and {}", counted((self.apps.len() - APPS) as u64, "more app"));
        }
        apps
    }
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
        // What stops most comes first; the reasons of one policy stand together.
        let mut sums: HashMap<usize, (Ending, u64)> = HashMap::new();
        for (at, row) in &rows {
            let sum = sums.entry(*at).or_insert((row.ending, 0));
            *sum = match row.ending.cmp(&sum.0) {
                Ordering::Less => (row.ending, row.sign_ins),
                Ordering::Equal => (sum.0, sum.1 + row.sign_ins),
                Ordering::Greater => *sum,
            };
        }
        rows.sort_by_cached_key(|(at, row)| {
            let (ending, sum) = sums.get(at).copied().unwrap_or((row.ending, 0));
            (ending, Reverse(sum), *at, row.ending, Reverse(row.sign_ins), row.why.clone())
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
        differences.sort_by_key(|it| Reverse(it.count));
        Self { tally, rows: rows.into_iter().map(|(_, row)| row).collect(), differences, once_enabled }
    }

    /// Whether something was not read, so that there may be more than is shown.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        let tally = self.tally;
        let judged = tally.successful() + tally.unsuccessful + tally.elsewhere;
        tally.broken > 0 || tally.records == tally.other || (judged == 0 && tally.untold > 0)
    }

    /// Writes the report in a format, at most `width` columns wide where that is for people.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write(&self, format: ReplayFormat, width: usize, out: &mut dyn Write) -> io::Result<()> {
        match format {
            ReplayFormat::Table => self.text(width, out),
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

    fn text(&self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |indent: &str, text: &str| {
            let rest = format!("{indent}  ");
            let options = Options::new(width)
                .initial_indent(indent)
                .subsequent_indent(&rest)
                .break_words(false)
                .word_separator(WordSeparator::AsciiSpace)
                .word_splitter(WordSplitter::NoHyphenation);
            writeln!(out, "{}", textwrap::fill(&printable(text), options))
        };
        self.summary().iter().try_for_each(|text| line("", text))?;
        line("", "")?;
        for ending in [Ending::Blocked, Ending::MayBeBlocked, Ending::Unchanged] {
            let (sign_ins, people) = self.tally.count(ending);
            line("", &format!("{:<17}{}", words(ending), of(sign_ins, people)))?;
        }
        let mut before = None;
        for row in &self.rows {
            let head = format!("{} ({}:{})", row.policy.name, row.policy.path, row.policy.line);
            if before.as_ref() != Some(&head) {
                line("", "")?;
                line("", &head)?;
            }
            before = Some(head);
            let code = row.code.as_ref().map(|code| format!(" with {code}")).unwrap_or_default();
            line("  ", &format!("{}{code}: {}", words(row.ending), of(row.sign_ins, row.people)))?;
            line("    ", &row.why)?;
            line("    ", &format!("apps: {}", row.apps()))?;
            if let Some((.., example)) = row.apps.first() {
                line("    ", &format!("such as {}", shown(example)))?;
            }
        }
        if let Some(agreement) = self.agreement() {
            line("", "")?;
            line("", &agreement)?;
            for it in self.differences.iter().take(DIFFERENCES) {
                line("  ", &format!("{}: the service recorded {}, {}", it.policy.name, it.service, it.how))?;
                line("    ", &format!("{}, such as {}", counted(it.count, "time"), shown(&it.example)))?;
            }
            if self.differences.len() > DIFFERENCES {
                line("  ", &format!("and {} more", self.differences.len() - DIFFERENCES))?;
            }
        }
        if self.tally.broken > 0 {
            line("", "")?;
            line("", "cannot be read:")?;
            self.broken().iter().try_for_each(|text| line("  ", text))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# Sign-ins under these policies\n")?;
        self.summary().iter().try_for_each(|line| writeln!(out, "- {}", markup::text(line)))?;
        writeln!(out, "\n| | sign-ins | people |\n|---|---:|---:|")?;
        for ending in [Ending::Blocked, Ending::MayBeBlocked, Ending::Unchanged] {
            let (sign_ins, people) = self.tally.count(ending);
            writeln!(out, "| {} | {sign_ins} | {people} |", words(ending))?;
        }
        let rows = self.rows.iter().map(|row| {
            let example = row.apps.first().map(|(.., example)| shown(example)).unwrap_or_default();
            let cells = [&row.policy.name, words(row.ending), &row.why].map(markup::text).join(" | ");
            let (apps, example) = (markup::text(&row.apps()), markup::text(&example));
            format!("| {cells} | {} | {} | {apps} | {example} |\n", row.sign_ins, row.people)
        });
        let head = "| policy | what happens | because | sign-ins | people | apps | such as |\n\
                    |---|---|---|---:|---:|---|---|";
        table(head, rows.collect(), out)?;
        if let Some(agreement) = self.agreement() {
            writeln!(out, "\n{}.", capitalised(&agreement))?;
            let rows = self.differences.iter().map(|it| {
                let [name, how] = [&it.policy.name, &it.how].map(|text| markup::text(text));
                let example = markup::text(&shown(&it.example));
                format!("| {name} | {} | {how} | {} | {example} |\n", it.service, it.count)
            });
            let head = "| policy | the service | here | times | such as |\n|---|---|---|---:|---|";
            table(head, rows.collect(), out)?;
        }
        if self.tally.broken > 0 {
            writeln!(out, "\nCannot be read:\n")?;
            self.broken().iter().try_for_each(|line| writeln!(out, "- {}", markup::text(line)))?;
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

/// A record in one line; its place tells its id.
fn shown(example: &Example) -> String {
    let Example { id: _, time, user, app: _, place } = example;
    let place = format!("{}:{}", place.file, place.line);
    let told = [user, time].into_iter().flatten().chain([&place]);
    told.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Writes as many rows of a table as fit, and how many are left.
fn table(head: &str, rows: Vec<String>, out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{head}")?;
    let mut length = 0;
    let all = rows.len();
    for (written, row) in rows.iter().enumerate() {
        length += row.chars().count();
        if length > TABLE {
            return writeln!(out, "\nand {} more", all - written);
        }
        write!(out, "{row}")?;
    }
    Ok(())
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
