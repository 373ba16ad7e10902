//! One file a notation: a tree of values to policies, named locations and facts about the tenant.
//!
//! Whatever wraps them (list envelopes, arrays, maps by name, export folders' objects), policies are found by
//! their own shape: an object with `conditions` about users or apps, and something that a policy does.

mod directory;
pub mod dsc;
mod flat;
mod graph;
mod location;
mod reader;
pub mod terraform;
mod terraform_json;

use crate::finding::{Finding, Label, Level, input};
use crate::policy::{Directory, Format, NamedLocation, Policy};
use crate::source::{At, Span};
use crate::syntax::{Map, Node, Tree, Value, moved};
use reader::{Reader, member};

/// What one text holds.
#[derive(Debug, Default)]
pub struct Harvest {
    /// Policies, in order.
    pub policies: Vec<Policy>,
    /// Named locations, in order.
    pub named_locations: Vec<NamedLocation>,
    /// What it tells about the tenant.
    pub directory: Directory,
    /// How many objects told it.
    pub facts: usize,
    /// What was odd about them.
    pub findings: Vec<Finding>,
}

impl Harvest {
    /// Whether it holds neither policy nor named location.
    #[must_use]
    pub fn has_no_policy(&self) -> bool {
        self.policies.is_empty() && self.named_locations.is_empty()
    }

    /// Takes in a block of a desired-state configuration.
    fn take_dsc(&mut self, root: &Node<'_>) {
        let Some(block) = root.as_map().filter(|block| !dsc::is_absent(block)) else { return };
        let mut reader = Reader::new(Format::PowerShell, true);
        self.take(graph::policy(root.span, &dsc::nested(block), None, &mut reader), reader);
    }

    /// Takes in a policy; what was odd about its values is about it.
    fn take(&mut self, policy: Policy, reader: Reader) {
        let about = policy.about();
        self.findings.extend(
            reader.finish().into_iter().map(|finding| Finding { policy: Some(about.clone()), ..finding }),
        );
        self.policies.push(policy);
    }
}

/// Reads every policy and named location of a text.
#[must_use]
pub fn read(tree: &Tree<'_>, format: Format) -> Harvest {
    let mut harvest = Harvest::default();
    for root in &tree.roots {
        let before = harvest.policies.len();
        if format == Format::PowerShell {
            harvest.take_dsc(root);
        } else if terraform_json::take(root, &mut harvest) {
            harvest.policies.iter_mut().skip(before).for_each(|policy| policy.is_generated = true);
        } else {
            search(root, Around::default(), format, &mut harvest);
        }
    }
    harvest.directory.settle();
    harvest
}

/// Reads every policy and named location as a Terraform plan says it is before the plan is applied. Nothing where the
/// text is no plan.
#[must_use]
pub fn read_before(tree: &Tree<'_>) -> Option<Harvest> {
    let mut harvest = Harvest::default();
    let is_plan = tree.roots.iter().any(|root| terraform_json::take_before(root, &mut harvest));
    is_plan.then_some(harvest)
}

/// Reads an object in the members of Microsoft Graph as a policy, even where it has only some of them, and says
/// what is odd about it.
#[must_use]
pub fn partial(map: &Map<'_>, whole: Span, format: Format) -> (Policy, Vec<Finding>) {
    let mut reader = Reader::new(format, false);
    let policy = graph::policy(whole, map, None, &mut reader);
    (policy, reader.finish())
}

/// Says of findings inside a policy that they are about it.
pub fn attribute(findings: &mut [Finding], policies: &[Policy]) {
    for finding in findings.iter_mut().filter(|finding| finding.policy.is_none()) {
        let policy = policies.iter().find(|policy| policy.whole.covers(finding.primary.span));
        finding.policy = policy.map(Policy::about);
    }
}

/// Words that in a broken text make it likely that a policy was meant.
#[must_use]
pub fn looks_like_policy(text: &[u8]) -> bool {
    let has = |word: &str| contains_ignoring_case(text, word.as_bytes());
    has("conditions")
        && ["grantControls", "grant_controls", "sessionControls", "session_controls"].into_iter().any(has)
        || has("includeUsers")
        || has("include_users")
        || has("included_users")
        || has("conditional_access_policy")
}

fn contains_ignoring_case(text: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    let starts = [first.to_ascii_lowercase(), first.to_ascii_uppercase()];
    text.iter().enumerate().any(|(at, byte)| {
        starts.contains(byte)
            && text.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
    })
}

/// What stands around an object.
#[derive(Clone, Copy, Debug, Default)]
struct Around<'a> {
    /// What may name it: the key of a map by name, or a sibling `name`.
    name: Option<&'a At<String>>,
    /// What is said about objects of the directory.
    directory: directory::Around<'a>,
}

fn search(node: &Node<'_>, around: Around<'_>, format: Format, harvest: &mut Harvest) {
    match &node.value {
        Value::List(items) => {
            for item in items {
                search(item, Around { name: None, ..around }, format, harvest);
            }
        }
        Value::Map(map) => search_map(node, map, around, format, harvest),
        Value::Text(text) => search_text(text, node.span, around, format, harvest),
        _ => {}
    }
}

/// A text that is itself a policy in JSON, as template tables hold them. Its values have the place of the text.
fn search_text(text: &str, span: Span, around: Around<'_>, format: Format, harvest: &mut Harvest) {
    if !text.trim_start().starts_with('{') || !looks_like_policy(text.as_bytes()) {
        return;
    }
    let tree = crate::syntax::json::read(text, span.file);
    for root in &tree.roots {
        search(&moved(root, span), around, format, harvest);
    }
}

fn search_map(node: &Node<'_>, map: &Map<'_>, around: Around<'_>, format: Format, harvest: &mut Harvest) {
    let name = around.name;
    if is_house_rule(map) {
        return;
    }
    let is_policy = flat::is_policy(map) || graph::is_policy(map);
    if is_policy && flat::is_deleted(map) {
        return;
    }
    if flat::is_policy(map) {
        let mut reader = Reader::new(format, true);
        harvest.take(graph::policy(node.span, &flat::nested(map), name, &mut reader), reader);
    } else if graph::is_policy(map) {
        let mut reader = Reader::new(format, flat::uses_names(map));
        harvest.take(graph::policy(node.span, map, name, &mut reader), reader);
    } else if location::is_location(map) {
        let mut reader = Reader::new(format, false);
        harvest.named_locations.push(location::read(node.span, map, &mut reader));
        harvest.findings.append(&mut reader.finish());
    } else {
        directory::take(node.span, map, around.directory, harvest);
        let before = harvest.policies.len() + harvest.named_locations.len();
        let assignments = directory::assignments(harvest);
        let inside = around.directory.inside(map);
        let sibling = member(map, "displayName").or_else(|| member(map, "name"));
        let sibling = sibling.and_then(|node| Some(At::new(node.as_text()?.to_owned(), node.span)));
        for inner in &map.members {
            let key = At::new(inner.key.value.to_string(), inner.key.span);
            let name = sibling.as_ref().or(if is_wrapper(&key.value) { None } else { Some(&key) });
            search(&inner.value, Around { name, directory: inside }, format, harvest);
        }
        directory::close(map, assignments, inside, harvest);
        if harvest.policies.len() + harvest.named_locations.len() > before {
            next_link(map, harvest);
        }
    }
}

/// Whether an object is a rule for policies, whose examples are no policies of a tenant.
fn is_house_rule(map: &Map<'_>) -> bool {
    ["id", "message", "good", "bad"].into_iter().all(|key| map.get(key).is_some())
}

/// Keys that say what is inside, not what it is called.
fn is_wrapper(key: &str) -> bool {
    [
        "value",
        "details",
        "policy",
        "policies",
        "config",
        "updates",
        "body",
        "properties",
        "data",
        "graph",
        "json",
    ]
    .iter()
    .any(|wrapper| key.to_ascii_lowercase().ends_with(wrapper))
}

fn next_link(map: &Map<'_>, harvest: &mut Harvest) {
    let Some(link) = map.members.iter().find(|member| member.key.value.ends_with("odata.nextLink")) else {
        return;
    };
    if matches!(link.value.value, Value::Null) {
        return;
    }
    let label = Label::new(link.key.span, "more pages follow");
    harvest.findings.push(
        Finding::new(input::INCOMPLETE_EXPORT, Level::Warn, "export holds only its first page", label)
            .note("policies on the pages that are missing are not checked, and what they block is not known")
            .help("follow `@odata.nextLink` when exporting, until no page has one")
            .place("@odata.nextLink"),
    );
}
