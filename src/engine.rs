//! The whole run: find the files, read them, ask the rules, take out what is excused, put in order.

pub mod change;
mod context;
mod gather;
mod house;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use rayon::prelude::*;

use crate::access::{Access, Settings};
use crate::config::{Config, Exception};
use crate::discover::{self, ConfigChoice, Discovery, Group, Input, PathFilter, Skipped, Trouble};
use crate::finding::{Certainty, Finding, Label, Level, input};
use crate::history::History;
use crate::load::{self, Loaded};
use crate::modules::{self, Modules, TerraformFile};
use crate::notation::{self, Harvest};
use crate::policy::PolicySet;
use crate::rule::{Family, Profile, Rule};
use crate::rule_set::RuleSet;
use crate::source::{At, FileId, Source, Sources, Span};
use crate::suppress::{self, Known};
use crate::syntax::own;
use context::Context;
use house::Library;
pub use house::{HouseRules, house_rules};

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
    /// Read the rest of the tenant of files that are named by themselves.
    pub context: bool,
    /// The day, for exceptions with an end.
    pub today: Date,
    /// What is different while a text is tried out that is not on disk.
    pub trial: Trial,
}

/// A run over texts that are not on disk yet.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Texts in place of those of files, by their paths from the root.
    pub texts: BTreeMap<PathBuf, String>,
    /// Only rules run that offer fixes.
    pub only_fixes: bool,
    /// What earlier runs have asked of the history.
    pub history: Arc<History>,
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
    /// Findings left out because a baseline has them.
    pub baselined: usize,
    /// Files that could not be read in full.
    pub unreadable: usize,
    /// The files read, with the number of policies in each.
    pub read: Vec<(String, usize)>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// What differs from an earlier state, where there is one.
    pub changes: Option<change::Changes>,
    /// The rules of every tenant; of two by one id, the first that was read.
    pub rules: RuleSet,
    /// Where the texts of the files to check came from; a text without a path came from standard input.
    pub checked: BTreeMap<FileId, Option<PathBuf>>,
    /// Findings whose fix was carried out, where that was asked for.
    pub fixed: Option<usize>,
    /// The policy sets that were checked, kept so that the end of the process can free them at once.
    done: Vec<PolicySet>,
}

impl Outcome {
    /// The policy sets that were checked, one a tenant.
    #[must_use]
    pub fn policy_sets(&self) -> &[PolicySet] {
        &self.done
    }
}

/// Why there is no outcome.
#[derive(Debug)]
pub struct ConfigFailure {
    /// What is wrong with the configuration.
    pub problems: Vec<Finding>,
    /// Its text.
    pub sources: Sources,
}

impl ConfigFailure {
    fn new(problems: Vec<Finding>, outcome: &mut Outcome) -> Self {
        Self { problems, sources: std::mem::take(&mut outcome.sources) }
    }
}

/// One tenant, read.
#[derive(Debug, Default)]
pub struct Tenant {
    /// What its configuration says.
    pub config: Config,
    /// Its policies and named locations.
    pub set: PolicySet,
    rules: RuleSet,
    directives: Vec<At<String>>,
    findings: Vec<Finding>,
    /// Files were named, so that the tenant may have more policies than were read.
    partial: bool,
    /// The files that were named, where the rest of the tenant was read for their sake.
    asked: Option<BTreeSet<FileId>>,
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
    let tenants = read(options, &mut outcome)?;
    let unknown = unknown_rules(options, &mut outcome);
    if !unknown.is_empty() {
        return Err(ConfigFailure::new(unknown, &mut outcome));
    }
    for tenant in tenants {
        check(tenant, options, None, &mut outcome);
    }
    let rules = &outcome.rules;
    outcome.findings.sort_by_cached_key(|finding| order(finding, rules));
    outcome.findings.dedup_by(|later, earlier| is_same(later, earlier));
    Ok(outcome)
}

/// Rules that the command line names and no tenant has.
fn unknown_rules(options: &Options, outcome: &mut Outcome) -> Vec<Finding> {
    let mut reader = own::Reader::new("command-line", "command line");
    for (option, names) in [("--only", &options.only), ("--skip", &options.skip)] {
        for name in names.iter().filter(|name| outcome.rules.find(name).is_none()) {
            let text = format!("{option} {name}");
            let (start, end) = (option.len() + 1, text.len());
            let file = outcome.sources.add(Source::new("command line".to_owned(), text));
            let message = format!("unknown rule `{name}`");
            reader.problem(
                Span::new(file, start, end),
                &message,
                "not known",
                Some(outcome.rules.hint(name)),
            );
        }
    }
    reader.problems
}

/// Whether two findings say the same of the same place, as of the instances that one block makes.
fn is_same(one: &Finding, other: &Finding) -> bool {
    one.rule == other.rule
        && one.message == other.message
        && one.note == other.note
        && one.primary == other.primary
        && one.labels == other.labels
}

/// Files in their order, policies in theirs; of one policy the gravest first, rules in theirs, then by place.
fn order(finding: &Finding, rules: &RuleSet) -> impl Ord + use<> {
    let place = finding.primary.span;
    let policy = finding.policy.as_ref().filter(|policy| policy.whole.file == place.file);
    let start = policy.map_or(place.start, |policy| policy.whole.start);
    let rule = rules.position(&finding.rule);
    (place.file, start, finding.level, rule, place, finding.message.clone())
}

/// Reads every tenant the options lead to; what could not be read is in the outcome.
///
/// # Errors
/// When a configuration cannot be used.
pub fn read(options: &Options, outcome: &mut Outcome) -> Result<Vec<Tenant>, ConfigFailure> {
    let Discovery { groups, skipped, trouble } =
        discover::discover(&options.paths, &options.config, options.context);
    outcome.skipped = skipped;
    for trouble in trouble {
        report_trouble(trouble, outcome);
    }
    let mut groups = groups;
    let stdin = options.stdin.as_ref().map(|(name, bytes)| {
        let format = discover::format_of(Path::new(name));
        let path = PathBuf::from(name);
        let input = Input { path, shown: name.clone(), named: true, context: false, format };
        (input, bytes.clone())
    });
    if stdin.is_some() && groups.is_empty() {
        groups.push(Group { config: config_for_stdin(&options.config), inputs: Vec::new() });
    }
    let mut stdin = stdin;
    let mut library = Library::default();
    let mut tenants = Vec::new();
    for group in groups {
        let mut tenant = configured_tenant(&group, options, &mut library, outcome)?;
        let mut inputs = admitted(group.inputs, &tenant.config, outcome)?;
        let has_context = inputs.iter().any(|input| input.context);
        tenant.partial = stdin.is_some() || !has_context && inputs.iter().any(|input| input.named);
        tenant.asked = has_context.then(BTreeSet::new);
        let mut context = Context::find(&mut tenant, outcome);
        context.share(&mut inputs);
        let first = outcome.sources.next_id().0;
        let texts = &options.trial.texts;
        let load = |input: &Input, id: FileId| match texts.get(&discover::absolute(&input.path)) {
            Some(text) => load::from_bytes(input, text.clone().into_bytes(), id),
            None => load::file(input, id),
        };
        let loaded: Vec<Loaded> = if inputs.len() < FEW {
            (first..).zip(&inputs).map(|(id, input)| load(input, FileId(id))).collect()
        } else {
            inputs
                .par_iter()
                .enumerate()
                .map(|(at, input)| {
                    let id = first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
                    load(input, FileId(id))
                })
                .collect()
        };
        let mut terraform = Vec::new();
        for (loaded, input) in loaded.into_iter().zip(inputs) {
            outcome.checked.insert(outcome.sources.next_id(), Some(input.path.clone()));
            take_in(loaded, &input, &mut tenant, &mut terraform, outcome);
        }
        if let Some((input, bytes)) = stdin.take() {
            outcome.checked.insert(outcome.sources.next_id(), None);
            let loaded = load::from_bytes(&input, bytes, outcome.sources.next_id());
            take_in(loaded, &input, &mut tenant, &mut terraform, outcome);
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

/// A tenant of which nothing but its configuration and its rules is read.
fn configured_tenant(
    group: &Group,
    options: &Options,
    library: &mut Library,
    outcome: &mut Outcome,
) -> Result<Tenant, ConfigFailure> {
    let config = config(group, &options.trial.texts, outcome)?;
    let house = match options.config {
        ConfigChoice::None => Vec::new(),
        ConfigChoice::Nearest | ConfigChoice::File(_) => library
            .of(&config, &mut outcome.sources)
            .map_err(|problems| ConfigFailure::new(problems, outcome))?,
    };
    let rules = crate::house::with_built_in(&house);
    let unknown = config.unknown_rules(&rules);
    if !unknown.is_empty() {
        return Err(ConfigFailure::new(unknown, outcome));
    }
    outcome.rules.add_all(&rules);
    Ok(Tenant { config, rules, ..Tenant::default() })
}

fn config(
    group: &Group,
    texts: &BTreeMap<PathBuf, String>,
    outcome: &mut Outcome,
) -> Result<Config, ConfigFailure> {
    let Some(path) = &group.config else {
        return Ok(Config::of_folder(common_folder(&group.inputs)));
    };
    let shown = discover::shown(path);
    let file = outcome.sources.next_id();
    let bytes = match texts.get(&discover::absolute(path)) {
        Some(text) => Ok(text.clone().into_bytes()),
        None => std::fs::read(path).map_err(|error| discover::in_words(&error)),
    };
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
    parsed.map_err(|problems| ConfigFailure::new(problems, outcome))
}

/// The folder that all files lie in or below; without files, the working directory.
fn common_folder(inputs: &[Input]) -> PathBuf {
    let mut folders =
        inputs.iter().filter_map(|input| Some(discover::absolute(&input.path).parent()?.to_path_buf()));
    let Some(first) = folders.next() else { return discover::absolute(Path::new("")) };
    folders.fold(first, |common, folder| {
        let above = common.ancestors().find(|above| folder.starts_with(above));
        above.map(Path::to_path_buf).unwrap_or_default()
    })
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
        ConfigFailure::new(vec![Finding::unreadable(file, message)], outcome)
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
    input: &Input,
    tenant: &mut Tenant,
    terraform: &mut Vec<TerraformFile>,
    outcome: &mut Outcome,
) {
    let Loaded { source, harvest, mut findings, mut directives, passed, is_terraform } = loaded;
    let shown = source.path().to_owned();
    let file = outcome.sources.add(source);
    if !input.context {
        tenant.asked.iter_mut().for_each(|asked| {
            asked.insert(file);
        });
    }
    outcome.unreadable += usize::from(findings.iter().any(|finding| finding.unread));
    if is_terraform {
        tenant.directives.append(&mut directives);
        terraform.push(TerraformFile { file, path: input.path.clone(), asked: true });
        return;
    }
    if let Some(reason) = passed {
        tenant.set.directory.merge(harvest.directory);
        if !input.context {
            outcome.skipped.push(Skipped { shown, reason });
        }
        return;
    }
    if !input.context {
        outcome.files += 1;
        outcome.policies += harvest.policies.len();
        outcome.read.push((shown, harvest.policies.len()));
    }
    tenant.findings.append(&mut findings);
    tenant.directives.append(&mut directives);
    take_in_harvest(harvest, tenant);
}

fn take_in_harvest(mut harvest: Harvest, tenant: &mut Tenant) {
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
    let is_asked = |file: &FileId| tenant.asked.as_ref().is_none_or(|asked| asked.contains(file));
    for file in files.into_iter().filter(is_asked) {
        outcome.policies += counts.get(&file).copied().unwrap_or_default();
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
    take_in_harvest(harvest, tenant);
}

/// Judges one state of a tenant. Findings on a change that led to it are judged with those on the state itself.
fn check(tenant: Tenant, options: &Options, change: Option<Vec<Finding>>, outcome: &mut Outcome) {
    let Tenant { config, set, rules, directives, mut findings, partial, asked } = tenant;
    let is_change = change.is_some();
    findings.extend(change.into_iter().flatten());
    let declared = config.emergency.clone();
    let checked = std::mem::take(&mut outcome.checked);
    let last_change = |file: FileId| options.trial.history.last_change(checked.get(&file)?.as_deref()?);
    let access = Access::new(&set, declared, config.assume, options.include_disabled).with(Settings {
        texts: Some(&outcome.sources),
        today: Some(options.today),
        naming: config.naming.as_ref(),
        report_only_days: config.report_only_days,
        last_change: Some(&last_change),
    });
    for rule in rules.iter() {
        if runs(rule, &config, options) && (rule.fixes() || !options.trial.only_fixes) {
            rule.check(&access, &mut findings);
        }
    }
    findings.retain(|finding| finding.unread || is_asked(finding.rule.as_str(), options));
    let has_run = |rule: &dyn Rule| is_change || rule.meta().family != Family::Change;
    let ran = |rule: &str| rules.find(rule).is_some_and(|rule| runs(rule, &config, options) && has_run(rule));
    let is_read = |exception: &Exception| {
        !partial || set.policies.iter().any(|policy| exception.is_about(&policy.about()))
    };
    let exceptions: Vec<_> = config
        .exceptions
        .iter()
        .filter(|exception| ran(&exception.rule.value) && is_read(exception))
        .collect();
    let known = Known { rules: &rules, ran: &ran };
    let excused =
        suppress::apply(&mut findings, &exceptions, &directives, &known, &outcome.sources, options.today);
    findings.retain(|finding| finding.unread || is_asked(finding.rule.as_str(), options));
    for finding in &mut findings {
        if let Some(level) = config.levels.get(finding.rule.as_str()) {
            finding.level = configured(finding, *level, &rules);
        }
    }
    findings.retain(|finding| finding.level != Level::Off);
    if let Some(asked) = asked {
        findings.retain(|finding| finding.unread || takes_part(finding, &asked));
    }
    outcome.suppressed += excused;
    outcome.checked = checked;
    let folder = config.written.then(|| discover::in_repository(&config.folder)).flatten();
    let folder = folder.map(|folder| discover::shown(&folder)).unwrap_or_default();
    let mut findings = gather::gather(findings);
    findings.iter_mut().for_each(|finding| finding.tenant.clone_from(&folder));
    outcome.findings.append(&mut findings);
    outcome.done.push(set);
}

/// Whether a finding has a place in one of some files.
fn takes_part(finding: &Finding, files: &BTreeSet<FileId>) -> bool {
    finding.all_labels().chain(&finding.related).any(|label| files.contains(&label.span.file))
}

/// Whether a rule runs: it is on, or asked for by name, by level or by its profile, and not turned off.
fn runs(rule: &dyn Rule, config: &Config, options: &Options) -> bool {
    let id = rule.meta().id.as_str();
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
fn configured(finding: &Finding, level: Level, rules: &RuleSet) -> Level {
    if finding.unread || level == Level::Off {
        return if finding.unread { finding.level } else { level };
    }
    let highest = rules.of(&finding.rule).map_or(Level::Error, |rule| rule.meta().level);
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
