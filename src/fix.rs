//! Carries out the fixes that findings offer, in memory, and holds each text against the one before: the policies
//! have to be the same but for spelling, copies and order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::discover::{self, Input};
use crate::edit;
use crate::engine::{self, ConfigFailure, Options, Outcome};
use crate::finding::{Edit, Fix, RuleId};
use crate::load;
use crate::policy::PolicySet;
use crate::source::FileId;
use crate::syntax::hcl;

/// How often fixes are looked for again, as one can make room for another.
const MAX_PASSES: usize = 10;

/// What came of it.
#[derive(Debug)]
pub struct Fixed {
    /// The run over the fixed texts.
    pub outcome: Outcome,
    /// The texts that are different.
    pub files: Vec<FixedFile>,
    /// Fixes that would have changed what policies do, and were not carried out: the rule and the file.
    pub refused: Vec<(RuleId, String)>,
}

/// A text before and after.
#[derive(Debug)]
pub struct FixedFile {
    /// The path as reports show it.
    pub shown: String,
    /// Where it is; nothing for standard input.
    pub path: Option<PathBuf>,
    /// The text as read.
    pub before: String,
    /// The text with its fixes.
    pub after: String,
}

/// Runs with fixes. Nothing is written.
///
/// # Errors
/// When a configuration cannot be used.
pub fn run(options: &Options) -> Result<Fixed, ConfigFailure> {
    let context = options.context;
    let mut options = options.clone();
    options.trial.only_fixes = true;
    // Only files that were asked for are changed.
    options.context = false;
    let mut first: BTreeMap<Option<PathBuf>, (String, String)> = BTreeMap::new();
    let mut refused = BTreeSet::new();
    let mut fixed = 0;
    let mut before = engine::run(&options)?;
    for _ in 0..MAX_PASSES {
        let plan = planned(&before, &refused);
        if plan.is_empty() {
            break;
        }
        let after = engine::run(&with(&options, &plan))?;
        if is_same(&before, &after, &plan) {
            fixed += plan.values().map(|page| page.findings).sum::<usize>();
            for page in plan.values() {
                let text = || (page.shown.clone(), page.before.clone());
                first.entry(page.path.clone()).or_insert_with(text);
            }
            options = with(&options, &plan);
            before = after;
        } else {
            refused.extend(guilty(&options, &before, &plan)?);
        }
    }
    options.trial.only_fixes = false;
    options.context = context;
    let mut outcome = engine::run(&options)?;
    outcome.fixed = Some(fixed);
    let stdin = options.stdin.as_ref().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
    let files = first.into_iter().filter_map(|(path, (shown, before))| {
        let after = match &path {
            Some(path) => options.trial.texts.get(&discover::absolute(path)).cloned(),
            None => stdin.clone(),
        }?;
        Some(FixedFile { shown, path, before, after })
    });
    let files = files.filter(|file| file.before != file.after).collect();
    Ok(Fixed { outcome, files, refused: refused.into_iter().collect() })
}

/// Whether edits of a text leave its policies as they are. The options lead to the path alone, and have this text for
/// it.
#[must_use]
pub fn is_harmless(mut options: Options, path: &Path, text: &str, edits: &[Edit]) -> bool {
    options.context = false;
    options.trial.only_fixes = true;
    let rule = RuleId::built_in("");
    let page = Page {
        shown: discover::shown(path),
        path: Some(path.to_path_buf()),
        before: text.to_owned(),
        edits: edits.iter().map(|edit| (edit.clone(), rule.clone())).collect(),
        findings: 0,
    };
    let plan = Plan::from([(FileId(0), page)]);
    match (engine::run(&options), engine::run(&with(&options, &plan))) {
        (Ok(before), Ok(after)) => is_same(&before, &after, &plan),
        _ => false,
    }
}

/// The edits of one pass over one text.
#[derive(Clone)]
struct Page {
    shown: String,
    path: Option<PathBuf>,
    before: String,
    edits: BTreeMap<Edit, RuleId>,
    findings: usize,
}

impl Page {
    fn after(&self) -> String {
        edit::applied(&self.before, self.edits.keys())
    }

    /// Takes in a fix, unless it overlaps one that was taken in before.
    fn take(&mut self, fix: &Fix, rule: &RuleId) {
        let meets = |one: &Edit, other: &Edit| {
            one != other && one.span.start < other.span.end && other.span.start < one.span.end
        };
        // Those taken in do not overlap each other, so only neighbours can.
        let overlaps = |new: &Edit| {
            let before = self.edits.range(..new).next_back();
            let after = self.edits.range(new..).find(|(old, _)| *old != new);
            before.into_iter().chain(after).any(|(old, _)| meets(old, new))
        };
        if !fix.edits.iter().any(overlaps) {
            self.edits.extend(fix.edits.iter().map(|edit| (edit.clone(), rule.clone())));
            self.findings += 1;
        }
    }

    /// The same page with the edits of one rule alone.
    fn of(&self, rule: &RuleId) -> Self {
        let edits = self.edits.iter().filter(|(_, own)| *own == rule);
        Self { edits: edits.map(|(edit, own)| (edit.clone(), own.clone())).collect(), ..self.clone() }
    }
}

type Plan = BTreeMap<FileId, Page>;

/// The edits of a pass, without those that were refused. A text that could not be read in full is left alone.
fn planned(outcome: &Outcome, refused: &BTreeSet<(RuleId, String)>) -> Plan {
    let unread: BTreeSet<_> = outcome
        .findings
        .iter()
        .filter(|finding| finding.unread)
        .map(|finding| finding.primary.span.file)
        .collect();
    let mut plan = Plan::new();
    for finding in &outcome.findings {
        let Some(fix) = &finding.fix else { continue };
        let Some(file) = fix.edits.first().map(|edit| edit.span.file) else { continue };
        let (Some(path), Some(source)) = (outcome.checked.get(&file), outcome.sources.get(file)) else {
            continue;
        };
        let shown = source.path().to_owned();
        let elsewhere = fix.edits.iter().any(|edit| edit.span.file != file);
        if elsewhere || unread.contains(&file) || refused.contains(&(finding.rule.clone(), shown.clone())) {
            continue;
        }
        let page = plan.entry(file).or_insert_with(|| Page {
            shown,
            path: path.clone(),
            before: source.text().to_owned(),
            edits: BTreeMap::new(),
            findings: 0,
        });
        page.take(fix, &finding.rule);
    }
    plan
}

/// The options with the texts of a plan.
fn with(options: &Options, plan: &Plan) -> Options {
    let mut options = options.clone();
    for page in plan.values() {
        match (&page.path, &mut options.stdin) {
            (Some(path), _) => {
                options.trial.texts.insert(discover::absolute(path), page.after());
            }
            (None, Some((_, bytes))) => *bytes = page.after().into_bytes(),
            (None, None) => {}
        }
    }
    options
}

/// Whether texts hold the same policies as before, and are no harder to read.
fn is_same(before: &Outcome, after: &Outcome, plan: &Plan) -> bool {
    let models = |outcome: &Outcome| outcome.policy_sets().iter().map(model).collect::<Vec<_>>();
    after.unreadable <= before.unreadable
        && plan.values().all(Page::reads_as_well)
        && models(before) == models(after)
}

impl Page {
    /// Whether reading the text finds no more wrong with it than before.
    fn reads_as_well(&self) -> bool {
        let path = self.path.clone().unwrap_or_else(|| self.shown.clone().into());
        let oddities = |text: String| {
            let format = discover::format_of(&path);
            let input =
                Input { path: path.clone(), shown: self.shown.clone(), named: true, context: false, format };
            let loaded = load::from_bytes(&input, text.into_bytes(), FileId(0));
            let blocks =
                if loaded.is_terraform { hcl::read(loaded.source.text(), FileId(0)).1.len() } else { 0 };
            loaded.findings.len() + loaded.harvest.findings.len() + blocks
        };
        oddities(self.after()) <= oddities(self.before.clone())
    }
}

/// Which rules in which files make a plan change what policies do. Where none does alone, all do.
fn guilty(
    options: &Options,
    before: &Outcome,
    plan: &Plan,
) -> Result<BTreeSet<(RuleId, String)>, ConfigFailure> {
    let mut all = BTreeSet::new();
    let mut guilty = BTreeSet::new();
    for (file, page) in plan {
        let rules: BTreeSet<_> = page.edits.values().cloned().collect();
        for rule in rules {
            let alone = Plan::from([(*file, page.of(&rule))]);
            let blame = (rule, page.shown.clone());
            if !is_same(before, &engine::run(&with(options, &alone))?, &alone) {
                guilty.insert(blame.clone());
            }
            all.insert(blame);
        }
    }
    Ok(if guilty.is_empty() { all } else { guilty })
}

/// Members of a policy that say nothing about access.
const BESIDE: [&str; 4] = ["id", "created", "modified", "templateId"];

/// A policy set as `calint model` prints it, without what says nothing about access; lists are sets.
fn model(set: &PolicySet) -> Value {
    let mut model = serde_json::to_value(set).unwrap_or_default();
    let policies = model.get_mut("policies").and_then(Value::as_array_mut);
    for policy in policies.into_iter().flatten() {
        if let Some(members) = policy.as_object_mut() {
            members.retain(|key, _| !BESIDE.contains(&key.as_str()));
        }
        as_sets(policy);
    }
    model
}

fn as_sets(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(as_sets);
            items.sort_by_key(Value::to_string);
            items.dedup();
        }
        Value::Object(members) => members.values_mut().for_each(as_sets),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::ConfigChoice;
    use crate::source::Span;

    const POLICY: &str = r#"{"id": "1", "displayName": "A", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All", "all"], "excludeGroups": ["b", "a"]},
            "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]}}"#;

    fn options(text: &str) -> Options {
        Options {
            paths: Vec::new(),
            stdin: Some(("a.json".to_owned(), text.as_bytes().to_vec())),
            config: ConfigChoice::None,
            only: Vec::new(),
            skip: Vec::new(),
            profiles: Vec::new(),
            include_disabled: false,
            context: false,
            today: Default::default(),
            trial: Default::default(),
        }
    }

    /// A plan that puts one text in place of another.
    fn plan_of(from: &str, to: &str) -> Plan {
        let at = POLICY.find(from).unwrap();
        let edit = Edit { span: Span::new(FileId(0), at, at + from.len()), replacement: to.to_owned() };
        let edits = BTreeMap::from([(edit, RuleId::built_in("misspelled-case"))]);
        let page =
            Page { shown: "a.json".to_owned(), path: None, before: POLICY.to_owned(), edits, findings: 1 };
        Plan::from([(FileId(0), page)])
    }

    fn stays_the_same(plan: &Plan) -> bool {
        let before = engine::run(&options(POLICY)).unwrap();
        let after = engine::run(&with(&options(POLICY), plan)).unwrap();
        is_same(&before, &after, plan)
    }

    #[test]
    fn only_spelling_copies_and_order_may_differ() {
        for (from, to) in [
            ("\"OR\"", "\"or\""),
            (", \"all\"", ""),
            ("\"b\", \"a\"", "\"a\", \"b\""),
            ("\"id\": \"1\", ", ""),
        ] {
            assert!(stays_the_same(&plan_of(from, to)), "{from}");
        }
        for (from, to) in [
            ("\"OR\"", "\"AND\""),
            ("\"All\", \"all\"", "\"None\""),
            ("\"a\"", "\"c\""),
            ("\"block\"", ""),
            ("\"b\", \"a\"", "\"b\", \"a\","),
            ("\"A\"", "\"B\""),
            ("{\"id\"", "\"id\""),
        ] {
            assert!(!stays_the_same(&plan_of(from, to)), "{from}");
        }
    }

    #[test]
    fn a_fix_that_changes_a_policy_is_blamed_on_its_rule() {
        let plan = plan_of("\"block\"", "\"mfa\"");
        let before = engine::run(&options(POLICY)).unwrap();
        let found = guilty(&options(POLICY), &before, &plan).unwrap();
        let blame = (RuleId::built_in("misspelled-case"), "a.json".to_owned());
        assert_eq!(found, BTreeSet::from([blame]));
    }

    #[test]
    fn of_fixes_that_overlap_the_first_counts() {
        let edit = |start, end, to: &str| Edit {
            span: Span::new(FileId(0), start, end),
            replacement: to.to_owned(),
        };
        let fix = |edits: &[Edit]| Fix { title: String::new(), edits: edits.to_vec() };
        let rule = RuleId::built_in("x");
        let mut page = Page {
            shown: String::new(),
            path: None,
            before: "abcdef".to_owned(),
            edits: BTreeMap::new(),
            findings: 0,
        };
        page.take(&fix(&[edit(1, 3, "")]), &rule);
        page.take(&fix(&[edit(2, 4, "X"), edit(5, 6, "Y")]), &rule);
        page.take(&fix(&[edit(1, 3, ""), edit(3, 4, "D")]), &rule);
        assert_eq!((page.after().as_str(), page.findings), ("aDef", 2));
    }
}
