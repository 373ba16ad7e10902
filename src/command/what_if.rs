//! `calint what-if`.

use std::fs;
use std::io::{self, Write};

use serde::Serialize;

use super::{Exit, Failure, one_tenant};
use crate::access::sign_in::SignIn;
use crate::access::{self, Applies, Decision, Demand, Judgement, Standing, Verdict};
use crate::cli::{Compat, WhatIfArgs, WhatIfFormat};
use crate::discover::in_words;
use crate::engine::Outcome;
use crate::finding::ErrorCode;
use crate::policy::Truth;
use crate::policy::words::{State, TransferMethod};
use crate::scenario;
use crate::sign_in_error;
use crate::source::Sources;

/// Explains one sign-in.
pub(super) fn run(args: &WhatIfArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let told = |message: String| Failure::Told(format!("scenario `{}`: {message}", args.scenario.display()));
    let text = fs::read_to_string(&args.scenario).map_err(|error| told(in_words(&error)))?;
    let (sign_in, capabilities) = scenario::parse(&text).map_err(told)?;
    let mut outcome = Outcome::default();
    let tenant = one_tenant(&args.paths, args.no_config, &mut outcome)?;
    let decision = access::decide(&sign_in, &tenant.set, &capabilities, tenant.config.assume);
    let explained = Explained::new(&decision, &sign_in, args.compat, &outcome.sources);
    match args.format {
        WhatIfFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &explained).map_err(io::Error::other)?;
            writeln!(out)?;
        }
        WhatIfFormat::Table => explained.table(out)?,
    }
    Ok(if outcome.unreadable > 0 { Exit::Failed } else { Exit::Clean })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained<'a> {
    version: u8,
    verdict: Verdict,
    error_codes: Vec<ErrorCode>,
    policies: Vec<Entry<'a>>,
    required_controls: Vec<String>,
    session_controls: Vec<&'a str>,
    depends_on: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    name: &'a str,
    id: Option<String>,
    state: &'static str,
    applies: &'static str,
    analysis_reasons: Vec<&'static str>,
    requirement: String,
    unmet: Vec<String>,
    location: Place<'a>,
    #[serde(skip)]
    refuses: Truth,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Explained<'a> {
    fn new(decision: &'a Decision<'a>, sign_in: &SignIn, compat: Compat, sources: &'a Sources) -> Self {
        let mut explained = Self {
            version: 1,
            verdict: decision.verdict,
            error_codes: Vec::new(),
            policies: Vec::new(),
            required_controls: Vec::new(),
            session_controls: Vec::new(),
            depends_on: Vec::new(),
        };
        for judgement in &decision.judgements {
            explained.take(judgement, sign_in, compat, sources);
        }
        if compat == Compat::Graph {
            let blocks = |entry: &Entry<'_>| {
                entry.state == "enabled" && entry.applies == "yes" && entry.refuses == Truth::Yes
            };
            let blocked = explained.policies.iter().any(blocks);
            explained.verdict = if blocked { Verdict::Blocked } else { Verdict::Allowed };
            explained.depends_on.clear();
        }
        explained
    }

    fn take(&mut self, judgement: &'a Judgement<'a>, sign_in: &SignIn, compat: Compat, sources: &'a Sources) {
        let policy = judgement.policy;
        let truth = match (judgement.applies.truth(), compat) {
            (Truth::Unknown, Compat::Graph) => Truth::No,
            (truth, _) => truth,
        };
        let unmet: Vec<String> = match truth {
            Truth::No => Vec::new(),
            _ => judgement.unmet.iter().map(|need| access::name(need.value)).collect(),
        };
        let enforced = judgement.standing == Standing::Enforced;
        if enforced && truth == Truth::Yes {
            self.required_controls.extend(demanded(&judgement.demand));
            self.session_controls.extend(policy.session.others.iter().map(|other| other.value.as_str()));
            self.session_controls.extend(policy.session.sign_in_frequency.iter().map(|_| "signInFrequency"));
            if judgement.met == Truth::No {
                self.error_codes.extend(code(judgement, sign_in));
            }
        }
        let may_refuse = access::is_enforced(policy).and(judgement.refuses());
        if may_refuse == Truth::Unknown && !enforced {
            self.depends_on.push(format!("the state of `{}`", policy.title()));
        }
        if may_refuse == Truth::Unknown && judgement.refuses() == Truth::Unknown {
            let aspects = judgement
                .applies
                .undecided()
                .map(|aspect| format!("{} of `{}`", aspect.as_str(), policy.title()));
            self.depends_on.extend(aspects);
            if judgement.applies.truth() == Truth::Yes {
                self.depends_on.push(format!("the controls of `{}`", policy.title()));
            }
        }
        self.required_controls.sort();
        self.required_controls.dedup();
        let (start, _) = sources.range(policy.head);
        self.policies.push(Entry {
            name: policy.title(),
            id: policy.id.get().map(|id| id.value.clone()),
            state: state(judgement),
            applies: word(truth),
            analysis_reasons: reasons(&judgement.applies, truth, compat),
            requirement: requirement(&judgement.demand),
            unmet,
            location: Place { path: sources.path(policy.head.file), line: start.line, column: start.column },
            refuses: judgement.refuses(),
        });
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.policies.iter().map(|entry| {
            [entry.name, entry.state, entry.applies, &entry.requirement, &entry.why()].map(str::to_owned)
        });
        let head = ["policy", "state", "applies", "demands", "because"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
        let widths = [0, 1, 2, 3].map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        });
        for [policy, state, applies, demands, because] in &rows {
            let [a, b, c, d] = widths;
            let line = format!("{policy:a$}  {state:b$}  {applies:c$}  {demands:d$}  {because}");
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
        let codes: Vec<_> = self.error_codes.iter().map(ToString::to_string).collect();
        match self.verdict {
            Verdict::Allowed if self.required_controls.is_empty() => writeln!(out, "allowed"),
            Verdict::Allowed => writeln!(out, "allowed after {}", self.required_controls.join(", ")),
            Verdict::Blocked => writeln!(out, "blocked {}", codes.join(", ")),
            Verdict::Depends => {
                writeln!(out, "depends on what is not given:")?;
                self.depends_on.iter().try_for_each(|fact| writeln!(out, "  {fact}"))
            }
        }
    }
}

impl Entry<'_> {
    fn why(&self) -> String {
        match self.applies {
            "yes" if self.unmet.is_empty() => String::new(),
            "yes" => format!("cannot meet {}", self.unmet.join(", ")),
            "no" => format!("{} does not match", self.analysis_reasons.join(", ")),
            _ => format!("{} is not given", self.analysis_reasons.join(", ")),
        }
    }
}

fn state(judgement: &Judgement<'_>) -> &'static str {
    use crate::policy::words::Word;
    match (judgement.policy.state.get(), judgement.standing) {
        (Some(state), _) => state.value.as_str(),
        (None, Standing::Enforced) => State::Enabled.as_str(),
        (None, _) => "unknown",
    }
}

fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::Yes => "yes",
        Truth::No => "no",
        Truth::Unknown => "depends",
    }
}

fn reasons(applies: &Applies, truth: Truth, compat: Compat) -> Vec<&'static str> {
    match (truth, applies.first_unmatched()) {
        (Truth::Yes, _) => vec!["notSet"],
        (Truth::No, Some(aspect)) => vec![aspect.as_str()],
        (Truth::No, None) if compat == Compat::Graph => vec!["notEnoughInformation"],
        _ => applies.undecided().map(access::Aspect::as_str).collect(),
    }
}

fn requirement(demand: &Demand<'_>) -> String {
    match demand {
        Demand::Nothing => String::new(),
        Demand::Block(_) => "block".to_owned(),
        Demand::Ways(ways) => {
            let way = |way: &Vec<_>| {
                let names: Vec<_> = way
                    .iter()
                    .map(|need: &crate::source::At<access::Need<'_>>| access::name(need.value))
                    .collect();
                names.join(" and ")
            };
            ways.iter().map(way).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn demanded(demand: &Demand<'_>) -> Vec<String> {
    match demand {
        Demand::Nothing => Vec::new(),
        Demand::Block(_) => vec!["block".to_owned()],
        Demand::Ways(_) => vec![requirement(demand)],
    }
}

/// The code the person sees where a policy refuses.
fn code(judgement: &Judgement<'_>, sign_in: &SignIn) -> Option<ErrorCode> {
    let moved = sign_in.flow.is_some_and(|flow| flow != TransferMethod::None);
    if moved && !judgement.policy.conditions.transfer_methods.is_empty() {
        return Some(sign_in_error::FLOW_BLOCKED);
    }
    sign_in_error::of(&judgement.demand)
}
