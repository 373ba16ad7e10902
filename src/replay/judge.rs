//! What the policies of files do to one recorded sign-in.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use crate::access::expr::Question;
use crate::access::sign_in::{Capabilities, Identity, Memberships, PersonKind, SignIn};
use crate::access::{self, Aspect, Assume, Demand, Facts, Need, Reading, Standing, is_enforced};
use crate::finding::ErrorCode;
use crate::policy::{Given, InboundTrust, List, LocationKind, Policy, PolicySet, Principal, Truth};
use crate::records::{Conditions, Piece, Place, Read, Record, ServiceResult, Verdict, read};
use crate::sign_in_error;
use crate::source::At;

/// What becomes of a successful sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// A policy refuses it.
    Blocked,
    /// A policy may refuse it: that rests on what the record does not tell.
    MayBeBlocked,
    /// No policy refuses it.
    Unchanged,
}

/// What one policy does to a sign-in that it stops or may stop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Effect {
    /// Which policy, by its number in the set.
    pub policy: usize,
    /// Blocked, or may be.
    pub ending: Ending,
    /// Why, or on what it depends.
    pub why: Arc<str>,
    /// The error code that people see.
    pub code: Option<ErrorCode>,
}

/// What all policies do that stop a sign-in or may. Many sign-ins share it.
#[derive(Debug)]
pub struct Effects {
    /// Another number is another list.
    pub number: usize,
    /// By policy.
    pub list: Vec<Effect>,
}

/// Whether one policy applies to a sign-in and whether it is met.
#[derive(Clone, Copy, Debug)]
struct Answer {
    applies: Truth,
    met: Truth,
    unmatched: Option<Aspect>,
    /// The conditions that certainly hold, and those that certainly do not.
    holding: Conditions,
    failing: Conditions,
}

/// What all policies do.
#[derive(Debug)]
struct Ruling {
    effects: Arc<Effects>,
    /// By the number of the policy; nothing for one that is disabled.
    answers: Vec<Option<Answer>>,
}

/// A record, judged.
#[derive(Debug)]
pub struct Judged {
    /// Where it stands.
    pub place: Place,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a record.
#[derive(Debug)]
pub enum Outcome {
    /// It cannot be read, and why.
    Broken(String),
    /// It is of another log.
    Other,
    /// It is a sign-in.
    SignIn {
        /// The record.
        record: Box<Record>,
        /// What policies do to it, if it was successful.
        effects: Option<Arc<Effects>>,
        /// What was compared with the service: the policy, what the service recorded, and how it differs.
        compared: Vec<(usize, Verdict, Comparison)>,
    },
}

/// The answer of this program beside that of the service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// They agree.
    Same,
    /// The record tells too little.
    Undecided,
    /// They differ.
    Differs(String),
}

/// The policies of a tenant, ready to judge many sign-ins.
pub struct Judge<'p> {
    set: &'p PolicySet,
    assume: Assume,
    once_enabled: bool,
    /// Ids that policies name, in lower case: of any other, only that it is another matters.
    named: HashSet<String>,
    groups: Vec<(String, Option<BTreeSet<String>>)>,
    roles: Vec<(String, Option<BTreeSet<String>>)>,
    by_id: HashMap<String, usize>,
    by_name: HashMap<String, Option<usize>>,
    /// A filter asks for what only one device has.
    asks_device: bool,
    readings: Vec<Option<Reading<'p>>>,
    effects: RwLock<HashMap<Vec<Effect>, Arc<Effects>>>,
    rulings: RwLock<HashMap<Key, Arc<Ruling>>>,
    addresses: RwLock<HashMap<IpAddr, IpAddr>>,
    places: RwLock<HashMap<Vec<Truth>, IpAddr>>,
}

/// Everything a decision rests on.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    sign_in: SignIn,
    capabilities: Capabilities,
    interactive: Option<bool>,
    elsewhere: Truth,
}

/// How many decisions are kept.
const KEPT: usize = 50_000;
/// The codes of sign-ins that Conditional Access refused in the end; of interrupts, results are not reliable.
const REFUSED: [u32; 5] = [53000, 53001, 53002, 53003, 53009];

fn ids<'l>(lists: impl IntoIterator<Item = &'l List<Principal>>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in lists.into_iter().flat_map(|list| &list.items) {
        match &item.value {
            Given::Known(Principal::Id(text) | Principal::Name(text)) => {
                found.insert(text.to_lowercase());
            }
            Given::Unresolved(what) => {
                found.insert(what.text.to_lowercase());
            }
            Given::Known(Principal::Token(_)) => {}
        }
    }
    found
}

impl<'p> Judge<'p> {
    /// Takes the policies in. Those in report-only count where `once_enabled`.
    #[must_use]
    pub fn new(set: &'p PolicySet, assume: Assume, once_enabled: bool) -> Self {
        let users = || set.policies.iter().map(|policy| &policy.users);
        let mut named = ids(users().flat_map(|users| [&users.include_users, &users.exclude_users]));
        for workloads in set.policies.iter().map(|policy| &policy.workloads) {
            let lists = [
                &workloads.include_service_principals,
                &workloads.exclude_service_principals,
                &workloads.include_agents,
                &workloads.exclude_agents,
            ];
            named.extend(lists.into_iter().flat_map(List::known).map(|at| at.value.to_lowercase()));
        }
        let groups = ids(users().flat_map(|users| [&users.include_groups, &users.exclude_groups]));
        let roles = ids(users().flat_map(|users| [&users.include_roles, &users.exclude_roles]));
        let directory = &set.directory;
        let mut by_id = HashMap::new();
        let mut by_name = HashMap::new();
        for (at, policy) in set.policies.iter().enumerate() {
            if let Some(id) = policy.id.get() {
                by_id.insert(id.value.to_lowercase(), at);
            } else if let Some(name) = policy.display_name.get() {
                by_name.entry(name.value.clone()).and_modify(|one| *one = None).or_insert(Some(at));
            }
        }
        let rules = set.policies.iter().filter_map(|policy| policy.conditions.device_filter.as_ref());
        let asks = |rule: &str| ["deviceid", "displayname"].iter().any(|name| rule.contains(name));
        let asks_device =
            rules.filter_map(|filter| filter.rule.get()).any(|rule| asks(&rule.value.to_lowercase()));
        let readings = set.policies.iter().map(|policy| {
            let judged = access::standing(policy) != Standing::Disabled;
            judged.then(|| Reading::of(policy, set, assume))
        });
        Self {
            set,
            assume,
            once_enabled,
            named: named.into_iter().collect(),
            groups: groups.into_iter().map(|id| (id.clone(), directory.people_in(&id))).collect(),
            roles: roles.into_iter().map(|id| (id.clone(), directory.holders(&id, true))).collect(),
            by_id,
            by_name,
            asks_device,
            readings: readings.collect(),
            effects: RwLock::default(),
            rulings: RwLock::default(),
            addresses: RwLock::default(),
            places: RwLock::default(),
        }
    }

    /// Reads and judges one record.
    #[must_use]
    pub fn judge(&self, piece: &Piece) -> Judged {
        let outcome = match read(piece) {
            Read::Broken(why) => Outcome::Broken(why),
            Read::Other => Outcome::Other,
            Read::Record(record) => self.sign_in(record),
        };
        Judged { place: piece.place.clone(), outcome }
    }

    fn sign_in(&self, record: Box<Record>) -> Outcome {
        let success = record.code == Some(0);
        let compares = success || record.code.is_some_and(|code| REFUSED.contains(&code));
        let wanted = record.elsewhere != Truth::Yes && (success || (compares && !record.results.is_empty()));
        if !wanted {
            return Outcome::SignIn { record, effects: None, compared: Vec::new() };
        }
        let ruling = self.ruling(&record);
        let compared = record.results.iter().filter_map(|result| self.compare(result, &ruling));
        let compared = compared.collect();
        let effects = success.then(|| ruling.effects.clone());
        Outcome::SignIn { record, effects, compared }
    }

    fn ruling(&self, record: &Record) -> Arc<Ruling> {
        let key = self.key(record);
        let held = self.rulings.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(ruling) = held {
            return ruling;
        }
        let ruling = Arc::new(self.decide(&key));
        let mut rulings = self.rulings.write().unwrap_or_else(PoisonError::into_inner);
        if rulings.len() < KEPT {
            rulings.insert(key, ruling.clone());
        }
        ruling
    }

    /// The facts of a record, without what makes no difference to any policy.
    fn key(&self, record: &Record) -> Key {
        let mut sign_in = record.sign_in.clone();
        let mut trust = InboundTrust::default();
        match &mut sign_in.identity {
            Identity::Person(person) => {
                if let Some(id) = &person.id {
                    person.groups = memberships(&self.groups, id);
                    person.roles = memberships(&self.roles, id);
                }
                let told = person.home_tenant.as_deref().and_then(|home| self.set.directory.trust_of(home));
                trust = told.unwrap_or_default();
                self.forget(&mut person.id);
            }
            Identity::ServicePrincipal(id)
            | Identity::Workload(id)
            | Identity::Uncovered(id)
            | Identity::Agent(id) => {
                if !self.named.contains(id) {
                    id.clear();
                }
            }
        }
        if !self.asks_device
            && let Some(device) = &mut sign_in.device
        {
            device.attributes.remove("deviceid");
            device.attributes.remove("displayname");
        }
        if let Some(address) = sign_in.place.address {
            // What files tell of a network counts, whatever the service thought of it then.
            if sign_in.place.trusted.is_some_and(|told| told != self.trusts(address))
                && self.set.named_locations.iter().any(|location| location.kind == LocationKind::Ip)
            {
                sign_in.place.trusted = None;
            }
            sign_in.place.address = Some(self.like(address));
        }
        let capabilities =
            Capabilities { controls: Some(record.met.clone()), more: true, methods: None, trust };
        Key { sign_in, capabilities, interactive: record.interactive, elsewhere: record.elsewhere }
    }

    fn forget(&self, id: &mut Option<String>) {
        if let Some(own) = id
            && !self.named.contains(own)
        {
            own.clear();
        }
    }

    fn ask(&self, sign_in: &SignIn, question: &Question<'_>) -> Truth {
        let capabilities = Capabilities::default();
        Facts { sign_in, capabilities: &capabilities, set: self.set, assume: self.assume }.answer(question)
    }

    fn at(address: IpAddr) -> SignIn {
        let mut sign_in = SignIn::default();
        sign_in.place.address = Some(address);
        sign_in
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.ask(&Self::at(address), &Question::Trusted) == Truth::Yes
    }

    /// An address that lies in the same named locations.
    fn like(&self, address: IpAddr) -> IpAddr {
        let held = self.addresses.read().unwrap_or_else(PoisonError::into_inner).get(&address).copied();
        if let Some(like) = held {
            return like;
        }
        let sign_in = Self::at(address);
        let ids = self.set.named_locations.iter().filter_map(|location| location.id.get());
        let truths = ids.map(|id| self.ask(&sign_in, &Question::Location(id.value))).collect();
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        let like = *places.entry(truths).or_insert(address);
        drop(places);
        let mut addresses = self.addresses.write().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() < KEPT {
            addresses.insert(address, like);
        }
        like
    }

    fn decide(&self, key: &Key) -> Ruling {
        let Key { sign_in, capabilities, interactive, elsewhere } = key;
        let facts = Facts { sign_in, capabilities, set: self.set, assume: self.assume };
        // What of a guest's home tenant is accepted here, where no file tells: both are tried.
        let untold = matches!(&sign_in.identity, Identity::Person(person)
            if person.kind.is_some_and(PersonKind::is_foreign)
                && person.home_tenant.as_deref().and_then(|home| self.set.directory.trust_of(home)).is_none());
        let trust = InboundTrust { mfa: true, compliant_device: true, hybrid_device: true };
        let trusting = untold.then(|| Capabilities { trust, ..capabilities.clone() });
        let trusting = trusting.as_ref().map(|capabilities| Facts { capabilities, ..facts });
        let both = |one: Truth, of: &dyn Fn(Facts<'_>) -> Truth| {
            if trusting.is_none_or(|facts| of(facts) == one) { one } else { Truth::Unknown }
        };
        let mut effects = Vec::new();
        let mut answers = Vec::with_capacity(self.readings.len());
        for (at, reading) in self.readings.iter().enumerate() {
            let Some(reading) = reading else {
                answers.push(None);
                continue;
            };
            let aspects = reading.applies(facts);
            let applies = both(aspects.truth(), &|facts| reading.applies(facts).truth());
            // Of a policy about other sign-ins, nobody asks.
            let met = match applies {
                Truth::No => Truth::Unknown,
                _ => both(reading.met(facts), &|facts| reading.met(facts)),
            };
            // What is accepted from a guest's home tenant may turn a condition.
            let trusted = trusting.map(|facts| reading.applies(facts).aspects);
            let settled = |truth: Truth| {
                let same = |it: &&(Aspect, Truth)| trusted.as_ref().is_none_or(|all| all.contains(it));
                let these = aspects.aspects.iter().filter(|it| it.1 == truth).filter(same);
                Conditions::named(these.filter_map(|(aspect, _)| condition(*aspect)))
            };
            let (holding, failing) = (settled(Truth::Yes), settled(Truth::No));
            let unmatched = aspects.first_unmatched();
            answers.push(Some(Answer { applies, met, unmatched, holding, failing }));
            let enforced = if self.once_enabled { Truth::Yes } else { is_enforced(reading.policy) };
            let elsewhere = *elsewhere;
            let ending = match enforced.and(applies).and(met.negated()).and(elsewhere.negated()) {
                Truth::Yes => Ending::Blocked,
                Truth::Unknown => Ending::MayBeBlocked,
                Truth::No => continue,
            };
            let unmet = reading.unmet(facts);
            let open = reading.open(facts);
            let truths = Truths { enforced, elsewhere, applies, met };
            let why = why(reading, &open, &unmet, truths, *interactive);
            let code = (ending == Ending::Blocked).then(|| sign_in_error::of(&reading.demand)).flatten();
            effects.push(Effect { policy: at, ending, why: why.into(), code });
        }
        Ruling { effects: self.shared(effects), answers }
    }

    /// The one list of these effects.
    fn shared(&self, list: Vec<Effect>) -> Arc<Effects> {
        let held = self.effects.read().unwrap_or_else(PoisonError::into_inner).get(&list).cloned();
        if let Some(held) = held {
            return held;
        }
        let mut effects = self.effects.write().unwrap_or_else(PoisonError::into_inner);
        let number = effects.len();
        effects
            .entry(list)
            .or_insert_with_key(|list| Arc::new(Effects { number, list: list.clone() }))
            .clone()
    }

    /// The service's result of a policy that the files hold, by id; by name where the file has no id.
    fn compare(&self, result: &ServiceResult, ruling: &Ruling) -> Option<(usize, Verdict, Comparison)> {
        let by_id = result.id.as_ref().and_then(|id| self.by_id.get(id).copied());
        let by_name = || result.name.as_ref().and_then(|name| self.by_name.get(name).copied().flatten());
        let at = by_id.or_else(by_name)?;
        let policy = self.set.policies.get(at)?;
        Some((at, result.verdict, compare(policy, result, ruling.answers.get(at).copied().flatten())))
    }
}

fn memberships(lists: &[(String, Option<BTreeSet<String>>)], id: &str) -> Memberships {
    let mut memberships = Memberships { complete: lists.is_empty(), ..Memberships::default() };
    for (list, people) in lists {
        match people {
            Some(people) if people.contains(id) => memberships.known.insert(list.clone()),
            Some(_) => memberships.outside.insert(list.clone()),
            None => false,
        };
    }
    memberships
}

fn compare(policy: &Policy, result: &ServiceResult, answer: Option<Answer>) -> Comparison {
    let service = result.verdict;
    let Some(answer) = answer else {
        return match service {
            Verdict::NotEnabled => Comparison::Same,
            _ => Comparison::Differs("here it is disabled".to_owned()),
        };
    };
    let Some(applied) = service.applied() else {
        return Comparison::Differs("here it is not disabled".to_owned());
    };
    let conditions = result.not_satisfied.names().map(|names| format!(" because of {names}"));
    let conditions = conditions.unwrap_or_default();
    // Where neither applied it, or it cannot be told here, the conditions may differ all the same.
    let differs = match answer.holding.and(result.not_satisfied).names() {
        Some(names) => Some(format!("here it fits by {names}; there it does not")),
        None => {
            let names = answer.failing.and(result.satisfied).names();
            names.map(|names| format!("here it does not fit by {names}; there it does"))
        }
    };
    match (answer.applies, applied) {
        (Truth::Unknown, _) | (Truth::No, false) if let Some(how) = differs => Comparison::Differs(how),
        (Truth::Unknown, _) => Comparison::Undecided,
        (Truth::Yes, false) => Comparison::Differs(format!("here it applies; there it does not{conditions}")),
        (Truth::No, true) => {
            let aspect = answer.unmatched.map_or("a condition", Aspect::as_str);
            Comparison::Differs(format!("here it does not apply because of {aspect}; there it does"))
        }
        (Truth::No, false) => Comparison::Same,
        (Truth::Yes, true) => match (answer.met, service) {
            (Truth::No, Verdict::Success | Verdict::ReportOnlySuccess) => {
                Comparison::Differs(format!("here `{}` refuses it; there it was met", policy.title()))
            }
            (Truth::Yes, Verdict::Failure | Verdict::ReportOnlyFailure) => {
                Comparison::Differs("here it is met; there it was not".to_owned())
            }
            (Truth::Yes, Verdict::ReportOnlyInterrupted) => {
                Comparison::Differs("here it is met; there it would have asked for something".to_owned())
            }
            (Truth::Unknown, _) => Comparison::Undecided,
            _ => Comparison::Same,
        },
    }
}

/// What makes up an ending.
#[derive(Clone, Copy)]
struct Truths {
    enforced: Truth,
    elsewhere: Truth,
    applies: Truth,
    met: Truth,
}

/// Why a policy stops a sign-in, or on what that depends.
fn why(
    reading: &Reading<'_>,
    open: &[(Aspect, Vec<&Question<'_>>)],
    unmet: &[At<Need<'_>>],
    truths: Truths,
    interactive: Option<bool>,
) -> String {
    let ways = match &reading.demand {
        Demand::Ways(ways) if ways.len() > 1 => " or ",
        _ => " and ",
    };
    let mut names: Vec<_> = unmet.iter().map(|need| access::name(need.value)).collect();
    names.dedup();
    let names = names.join(ways);
    let mut parts = Vec::new();
    if truths.enforced == Truth::Unknown {
        parts.push("its state is not told".to_owned());
    }
    if truths.elsewhere == Truth::Unknown {
        parts.push("may be a sign-in to another tenant".to_owned());
    }
    if truths.applies == Truth::Unknown {
        parts.push(format!("depends on {}", not_told(open).join(", ")));
    }
    parts.push(match (&reading.demand, truths.met) {
        (Demand::Block(_), _) => "it blocks".to_owned(),
        (_, Truth::Unknown) if names.is_empty() => "its session controls may refuse this client".to_owned(),
        _ if names.is_empty() => "its session controls refuse this client".to_owned(),
        (_, Truth::No) => format!("asks for {names}, which cannot be met here"),
        _ if interactive == Some(false) => {
            format!(
                "asks for {names}; the record does not tell whether that is met, and nobody was there to answer"
            )
        }
        _ => format!("asks for {names}; the record does not tell whether that is met"),
    });
    parts.join("; ")
}

/// What the log calls a condition.
fn condition(aspect: Aspect) -> Option<&'static str> {
    Some(match aspect {
        Aspect::Users => "users",
        Aspect::WorkloadIdentities => "servicePrincipals",
        Aspect::Application | Aspect::UserActions | Aspect::AuthenticationContext => "application",
        Aspect::ClientApps => "clientType",
        Aspect::DevicePlatform => "devicePlatform",
        Aspect::Devices => "deviceState",
        Aspect::Location => "location",
        Aspect::SignInRisk => "signInRisk",
        Aspect::UserRisk => "userRisk",
        Aspect::InsiderRisk => "insiderRisk",
        Aspect::ServicePrincipalRisk => "servicePrincipalRisk",
        Aspect::AuthenticationFlow => "authenticationFlows",
        Aspect::AgentRisk | Aspect::Unknown => return None,
    })
}

/// The words for facts that a record does not tell.
fn not_told(open: &[(Aspect, Vec<&Question<'_>>)]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (aspect, questions) in open {
        let words = questions.iter().map(|question| match question {
            Question::User(name) if !name.is_id => "whom a name in the policy means",
            Question::Person | Question::User(_) => "who signed in",
            Question::Group(_) => "who is in its groups",
            Question::Role(_) => "who holds its roles",
            Question::Kind(_) => "the kind of account",
            Question::HomeTenant(_) => "the home tenant of the account",
            Question::AnyServicePrincipal => "whether the app is of this tenant alone",
            Question::Target(policy) if !policy.applications.user_actions.is_empty() => "the user action",
            Question::Target(policy) if !policy.applications.auth_contexts.is_empty() => {
                "the authentication context"
            }
            Question::Target(_) => "the app",
            Question::Client(_) => "the client",
            Question::Platform(_) => "the platform",
            Question::Device(_) => "the device",
            Question::Location(_) => "the location",
            Question::Trusted => "whether the network is trusted",
            Question::UserRisk(_) => "the risk of the user",
            Question::SignInRisk(_) => "the sign-in risk",
            Question::InsiderRisk(_) => "the insider risk",
            Question::Flow(_) => "the authentication flow",
            _ => aspect.words(),
        });
        found.extend(words);
        if questions.is_empty() {
            found.push(aspect.words());
        }
    }
    if found.is_empty() {
        found.push("what is accepted from the home tenant");
    }
    let mut seen = BTreeSet::new();
    found.retain(|words| seen.insert(*words));
    found
}
