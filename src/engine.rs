//! The whole run: find the files, read them, ask the rules, take out what is excused, put in order.

mod context;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rayon::prelude::*;

use crate::access::Access;
use crate::config::{Config, Exception};
use crate::discover::{self, ConfigChoice, Discovery, Group, Input, PathFilter, Skipped, Trouble};
use crate::finding::{Certainty, Finding, Label, Level, input};
use crate::load::{self, Loaded};
use crate::modules::{self, Modules, TerraformFile};
use crate::notation::{self, Harvest};
use crate::policy::PolicySet;
use crate::rules::{self, Profile};
use crate::source::{At, FileId, Source, Sources, Span};
use crate::suppress;
use context::Context;

/// What to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// A text from standard input, and the name it is shown under.
    pub stdin: Option<(String, Vec<u8>)>,
    /// Which configuration.
    pub config: ConfigChoice,
    /// Only these rules; empty means all.
    pub only: Vec<String>,
    /// Not these rules.
    pub skip: Vec<String>,
    /// The rules of these profiles, beside those that are on and those the configuration names.
    pub profiles: Vec<Profile>,
    /// Judge disabled policies too.
    pub include_disabled: bool,
    /// The day, for exceptions with an end.
    pub today: Date,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every text read.
    pub sources: Sources,
    /// The findings, in the order of their places.
    pub findings: Vec<Finding>,
    /// Files that hold policies, named locations or facts about the tenant, or that could not be read.
    pub files: usize,
    /// Policies read.
    pub policies: usize,
    /// Findings excused.
    pub suppressed: usize,
    /// Files that could not be read in full.
    pub unreadable: usize,
    /// The files read, with the number of policies in each.
    pub read: Vec<(String, usize)>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// The policy sets that were checked, kept so that the end of the process can free them at once.
    done: Vec<PolicySet>,
}

/// Why there is no outcome.
#[derive(Debug)]
pub struct ConfigFailure {
    /// What is wrong with the configuration.
    pub problems: Vec<Finding>,
    /// Its text.
    pub sources: Sources,
}

/// One tenant, read.
#[derive(Debug, Default)]
pub struct Tenant {
    /// What its configuration says.
    pub config: Config,
    /// Its policies and named locations.
    pub set: PolicySet,
    directives: Vec<At<String>>,
    findings: Vec<Finding>,
    /// Files were named, so that the tenant may have more policies than were read.
    partial: bool,
}

impl Tenant {
    /// What reading found.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter()
    }

    /// Findings on files that could not be read in full.
    pub fn unread(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.unread)
    }
}

/// Runs the rules over everything the options lead to.
///
/// # Errors
/// When a configuration cannot be used.
pub fn run(options: &Options) -> Result<Outcome, ConfigFailure> {
    let mut outcome = Outcome::default();
    for tenant in read(options, &mut outcome)? {
        check(tenant, options, &mut outcome);
    }
    outcome.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    outcome.findings.dedup_by(|later, earlier| is_same(later, earlier));
    Ok(outcome)
}

/// Whether two findings say the same of the same place, as of the instances that one block makes.
fn is_same(one: &Finding, other: &Finding) -> bool {
    one.rule == other.rule
        && one.message == other.message
        && one.primary == other.primary
        && one.labels == other.labels
}

/// Files in their order, policies in theirs; of one policy the gravest first, rules in theirs, then by place.
fn order(finding: &Finding) -> impl Ord {
    let place = finding.primary.span;
    let policy = finding.policy.as_ref().filter(|policy| policy.whole.file == place.file);
    let start = policy.map_or(place.start, |policy| policy.whole.start);
    let rule = rules::ALL.iter().position(|rule| rule.meta().id == finding.rule);
    (place.file, start, finding.level, rule, place, finding.message.clone())
}

/// Reads every tenant the options lead to; what could not be read is in the outcome.
///
/// # Errors
/// When a configuration cannot be used.
pub fn read(options: &Options, outcome: &mut Outcome) -> Result<Vec<Tenant>, ConfigFailure> {
    let Discovery { groups, skipped, trouble } = discover::discover(&options.paths, &options.config);
    outcome.skipped = skipped;
    for trouble in trouble {
        report_trouble(trouble, outcome);
    }
    let mut groups = groups;
    let stdin = options.stdin.as_ref().map(|(name, bytes)| {
        let format = discover::format_of(Path::new(name));
        (Input { path: PathBuf::from(name), shown: name.clone(), named: true, format }, bytes.clone())
    });
    if stdin.is_some() && groups.is_empty() {
        groups.push(Group { config: config_for_stdin(&options.config), inputs: Vec::new() });
    }
    let mut stdin = stdin;
    let mut tenants = Vec::new();
    for group in groups {
        let mut tenant = Tenant { config: config(&group, outcome)?, ..Tenant::default() };
        let mut inputs = admitted(group.inputs, &tenant.config, outcome)?;
        tenant.partial = stdin.is_some() || inputs.iter().any(|input| input.named);
        let mut context = Context::find(&mut tenant, outcome);
        context.share(&mut inputs);
        let first = outcome.sources.next_id().0;
        let loaded: Vec<Loaded> = if inputs.len() < FEW {
            (first..).zip(&inputs).map(|(id, input)| load::file(input, FileId(id))).collect()
        } else {
            inputs
                .par_iter()
                .enumerate()
                .map(|(at, input)| {
                    let id = first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
                    load::file(input, FileId(id))
                })
                .collect()
        };
        let mut terraform = Vec::new();
        for (loaded, input) in loaded.into_iter().zip(inputs) {
            take_in(loaded, &input.path, &mut tenant, &mut terraform, outcome);
        }
        if let Some((input, bytes)) = stdin.take() {
            let loaded = load::from_bytes(&input, bytes, outcome.sources.next_id());
            take_in(loaded, &input.path, &mut tenant, &mut terraform, outcome);
        }
        if !terraform.is_empty() {
            take_in_modules(terraform, &mut tenant, outcome);
        }
        context.read(&mut tenant, outcome);
        tenants.push(tenant);
    }
    Ok(tenants)
}

/// Below this many files, starting threads costs more than it saves.
const FEW: usize = 16;

fn config_for_stdin(choice: &ConfigChoice) -> Option<PathBuf> {
    match choice {
        ConfigChoice::None => None,
        ConfigChoice::File(file) => Some(file.clone()),
        ConfigChoice::Nearest => crate::config::nearest(&std::env::current_dir().ok()?),
    }
}

fn report_trouble(trouble: Trouble, outcome: &mut Outcome) {
    let file = outcome.sources.add(Source::new(trouble.shown, String::new()));
    let label = Label::new(Span::start_of(file), "");
    let finding = if trouble.harmless {
        Finding::new(input::UNREADABLE_FILE, Level::Note, trouble.message, label)
            .note("what lies behind it is read through its own folder")
    } else {
        outcome.unreadable += 1;
        outcome.files += 1;
        let message = format!("cannot be read: {}", trouble.message);
        Finding::new(input::UNREADABLE_FILE, Level::Error, message, label)
            .help("check the path and its permissions")
            .unread()
    };
    outcome.findings.push(finding);
}

fn config(group: &Group, outcome: &mut Outcome) -> Result<Config, ConfigFailure> {
    let Some(path) = &group.config else { return Ok(Config::default()) };
    let shown = discover::shown(path);
    let file = outcome.sources.next_id();
    let bytes = std::fs::read(path).map_err(|error| discover::in_words(&error));
    let text = bytes.and_then(|bytes| {
        crate::source::decode(bytes).map(|(text, _)| text).map_err(|_| "not valid UTF-8".to_owned())
    });
    let (text, parsed) = match text {
        Ok(text) => {
            let parsed = Config::parse(&text, file, path);
            (text, parsed)
        }
        Err(reason) => {
            let message = format!("configuration cannot be read: {reason}");
            (String::new(), Err(vec![Finding::unreadable(file, message)]))
        }
    };
    outcome.sources.add(Source::new(shown, text));
    parsed.map_err(|problems| ConfigFailure { problems, sources: std::mem::take(&mut outcome.sources) })
}

fn admitted(inputs: Vec<Input>, config: &Config, outcome: &mut Outcome) -> Result<Vec<Input>, ConfigFailure> {
    if config.include.is_empty() && config.exclude.is_empty() {
        return Ok(inputs);
    }
    let filter = PathFilter::new(&config.folder, &config.include, &config.exclude).map_err(|reason| {
        let file = outcome.sources.next_id();
        let message = format!("pattern under `paths` cannot be used: {reason}");
        let shown = discover::shown(&config.folder.join(crate::config::FILE_NAME));
        outcome.sources.add(Source::new(shown, String::new()));
        ConfigFailure {
            problems: vec![Finding::unreadable(file, message)],
            sources: std::mem::take(&mut outcome.sources),
        }
    })?;
    let (kept, left): (Vec<_>, Vec<_>) = inputs
        .into_iter()
        .map(|input| (filter.reason(&input.path), input))
        .partition(|(reason, _)| reason.is_none());
    outcome.skipped.extend(
        left.into_iter()
            .filter_map(|(reason, input)| Some(Skipped { shown: input.shown, reason: reason?.to_owned() })),
    );
    Ok(kept.into_iter().map(|(_, input)| input).collect())
}

fn take_in(
    loaded: Loaded,
    path: &Path,
    tenant: &mut Tenant,
    terraform: &mut Vec<TerraformFile>,
    outcome: &mut Outcome,
) {
    let Loaded { source, harvest, mut findings, mut directives, passed, is_terraform } = loaded;
    let shown = source.path().to_owned();
    let file = outcome.sources.add(source);
    outcome.unreadable += usize::from(findings.iter().any(|finding| finding.unread));
    if is_terraform {
        tenant.directives.append(&mut directives);
        terraform.push(TerraformFile { file, path: path.to_path_buf(), asked: true });
        return;
    }
    if let Some(reason) = passed {
        tenant.set.directory.merge(harvest.directory);
        outcome.skipped.push(Skipped { shown, reason });
        return;
    }
    outcome.files += 1;
    outcome.read.push((shown, harvest.policies.len()));
    tenant.findings.append(&mut findings);
    tenant.directives.append(&mut directives);
    take_in_harvest(harvest, tenant, outcome);
}

fn take_in_harvest(mut harvest: Harvest, tenant: &mut Tenant, outcome: &mut Outcome) {
    outcome.policies += harvest.policies.len();
    tenant.set.policies.append(&mut harvest.policies);
    tenant.set.named_locations.append(&mut harvest.named_locations);
    tenant.set.directory.merge(harvest.directory);
    tenant.findings.append(&mut harvest.findings);
}

/// Reads Terraform files together, and counts for each what it holds.
fn take_in_modules(files: Vec<TerraformFile>, tenant: &mut Tenant, outcome: &mut Outcome) {
    let asked: Vec<_> = files.iter().map(|file| file.file).collect();
    let Modules { mut harvest, unreadable } = modules::read(files, &mut outcome.sources);
    let mut counts: BTreeMap<FileId, usize> = BTreeMap::new();
    for policy in &harvest.policies {
        *counts.entry(policy.whole.file).or_default() += 1;
    }
    for location in &harvest.named_locations {
        counts.entry(location.whole.file).or_default();
    }
    let sources = &outcome.sources;
    let is_policy = |file: FileId| {
        let text = sources.get(file).map_or("", Source::text);
        tenant.partial || notation::looks_like_policy(text.as_bytes())
    };
    harvest.findings.retain(|finding| !finding.unread || is_policy(finding.primary.span.file));
    harvest.findings.extend(unreadable);
    let unread: BTreeSet<_> = harvest
        .findings
        .iter()
        .filter(|finding| finding.unread)
        .map(|finding| finding.primary.span.file)
        .collect();
    outcome.unreadable += unread.len();
    let files: BTreeSet<_> =
        asked.into_iter().chain(counts.keys().copied()).chain(unread.iter().copied()).collect();
    for file in files {
        let shown = outcome.sources.path(file).to_owned();
        match counts.get(&file) {
            Some(count) => outcome.read.push((shown, *count)),
            None if unread.contains(&file) => {}
            None => {
                outcome.skipped.push(Skipped { shown, reason: "holds no policy".to_owned() });
                continue;
            }
        }
        outcome.files += 1;
    }
    take_in_harvest(harvest, tenant, outcome);
}

fn check(tenant: Tenant, options: &Options, outcome: &mut Outcome) {
    let Tenant { config, set, directives, mut findings, partial } = tenant;
    let declared = config.emergency.clone();
    let access = Access::new(&set, declared, config.assume, options.include_disabled);
    for rule in rules::ALL {
        if runs(rule.meta().id.as_str(), &config, options) {
            rule.check(&access, &mut findings);
        }
    }
    findings.retain(|finding| finding.unread || is_asked(finding.rule.as_str(), options));
    let ran = |rule: &str| runs(rule, &config, options);
    let is_read = |exception: &Exception| {
        !partial || set.policies.iter().any(|policy| exception.is_about(&policy.about()))
    };
    let exceptions: Vec<_> = config
        .exceptions
        .iter()
        .filter(|exception| ran(&exception.rule.value) && is_read(exception))
        .collect();
    let excused =
        suppress::apply(&mut findings, &exceptions, &directives, &ran, &outcome.sources, options.today);
    findings.retain(|finding| finding.unread || is_asked(finding.rule.as_str(), options));
    for finding in &mut findings {
        if let Some(level) = config.levels.get(finding.rule.as_str()) {
            finding.level = configured(finding, *level);
        }
    }
    findings.retain(|finding| finding.level != Level::Off);
    outcome.suppressed += excused;
    outcome.findings.append(&mut findings);
    outcome.done.push(set);
}

/// Whether a rule runs: it is on, or asked for by name, by level or by its profile, and not turned off.
fn runs(id: &str, config: &Config, options: &Options) -> bool {
    let Some(rule) = rules::find(id) else { return false };
    let level = config.levels.get(id);
    let mut profiles = config.profiles.iter().chain(&options.profiles);
    let on = rule.is_on()
        || level.is_some()
        || options.only.iter().any(|only| only == id)
        || profiles.any(|profile| rule.profile() == Some(*profile));
    on && is_asked(id, options) && level != Some(&Level::Off)
}

fn is_asked(rule: &str, options: &Options) -> bool {
    let named = |list: &[String]| list.iter().any(|name| name == rule);
    (options.only.is_empty() || named(&options.only)) && !named(&options.skip)
}

/// The level the configuration gives a finding. It stands for the rule's highest level: findings that weigh less
/// by themselves are not raised. What is not enforced stays one level lower, nothing that is not known becomes an
/// error, and a file that could not be read stays reported.
fn configured(finding: &Finding, level: Level) -> Level {
    if finding.unread || level == Level::Off {
        return if finding.unread { finding.level } else { level };
    }
    let highest = rules::of(&finding.rule).map_or(Level::Error, |rule| rule.meta().level);
    let lower = |level: Level| if finding.once_enabled { level.lowered() } else { level };
    let weighs_less = finding.level > lower(highest);
    let level = if weighs_less { finding.level.max(level) } else { lower(level) };
    match (level, finding.certainty) {
        (Level::Error, Certainty::Unverified) => Level::Warn,
        (level, _) => level,
    }
}

/// The day, in UTC, so that a run gives the same answer everywhere.
#[must_use]
pub fn today() -> Date {
    jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
}
