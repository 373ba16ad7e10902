//! Whether a sign-in gets in, and what every policy has to say to it.
//!
//! Sources: Microsoft Entra documentation, "Building a Conditional Access policy" (every policy that applies has
//! to be satisfied, a block wins), "Grant controls", "Conditions", "Authentication strengths", "Authentication
//! and Conditional Access for B2B users", "Token protection".

use super::answer::Facts;
use super::applies::{Aspect, conditions};
use super::expr::{Expr, Question};
use super::grant::{Demand, Need, demand};
use super::meets::{met, needs};
use super::sign_in::{Capabilities, Identity, SignIn, Target};
use super::{Assume, Standing, standing};
use crate::policy::words::Word;
use crate::policy::{Policy, PolicySet, Truth};
use crate::source::At;

/// The end of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It gets in.
    Allowed,
    /// It is refused.
    Blocked,
    /// It depends on facts that are not given.
    Depends,
}

/// Whether a policy applies, aspect by aspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applies {
    /// Every aspect the policy asks about.
    pub aspects: Vec<(Aspect, Truth)>,
}

impl Applies {
    /// Whether all aspects hold.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.aspects.iter().fold(Truth::Yes, |so_far, (_, truth)| so_far.and(*truth))
    }

    /// The first aspect that does not hold.
    #[must_use]
    pub fn first_unmatched(&self) -> Option<Aspect> {
        self.aspects.iter().find(|(_, truth)| *truth == Truth::No).map(|(aspect, _)| *aspect)
    }

    /// The aspects that are not decided.
    pub fn undecided(&self) -> impl Iterator<Item = Aspect> {
        self.aspects.iter().filter(|(_, truth)| *truth == Truth::Unknown).map(|(aspect, _)| *aspect)
    }
}

/// What one policy says to a sign-in.
#[derive(Clone, Debug)]
pub struct Judgement<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// How far it is enforced.
    pub standing: Standing,
    /// Whether it applies.
    pub applies: Applies,
    /// What it demands.
    pub demand: Demand<'p>,
    /// Whether what it demands can be met here; a session control that refuses counts.
    pub met: Truth,
    /// The parts of the demand that cannot, or may not be able to, be met here; of several ways in, those of all.
    pub unmet: Vec<At<Need<'p>>>,
}

impl Judgement<'_> {
    /// Whether it refuses the sign-in, as far as it is enforced.
    #[must_use]
    pub fn refuses(&self) -> Truth {
        self.applies.truth().and(self.met.negated())
    }
}

/// What all policies say to a sign-in.
#[derive(Clone, Debug)]
pub struct Decision<'p> {
    /// The end.
    pub verdict: Verdict,
    /// Every policy that is not disabled, in the order of the files.
    pub judgements: Vec<Judgement<'p>>,
}

/// Decides a sign-in.
#[must_use]
pub fn decide<'p>(
    sign_in: &SignIn,
    set: &'p PolicySet,
    capabilities: &Capabilities,
    assume: Assume,
) -> Decision<'p> {
    let facts = Facts { sign_in, capabilities, set, assume };
    let judged = set.policies.iter().filter(|policy| standing(policy) != Standing::Disabled);
    let judgements: Vec<_> = judged.map(|policy| judge(policy, set, facts)).collect();
    let refused = judgements
        .iter()
        .map(|judgement| is_enforced(judgement.policy).and(judgement.refuses()))
        .fold(Truth::No, Truth::or);
    let verdict = match refused {
        Truth::Yes => Verdict::Blocked,
        Truth::No => Verdict::Allowed,
        Truth::Unknown => Verdict::Depends,
    };
    Decision { verdict, judgements }
}

/// Whether a policy is enforced; of a state that is not known, that is not known.
#[must_use]
pub fn is_enforced(policy: &Policy) -> Truth {
    match (policy.state.unresolved(), standing(policy)) {
        (Some(_), _) => Truth::Unknown,
        (None, Standing::Enforced) => Truth::Yes,
        (None, _) => Truth::No,
    }
}

/// What one policy says to a sign-in, whatever its state.
pub(super) fn judge<'p>(policy: &'p Policy, set: &'p PolicySet, facts: Facts<'_>) -> Judgement<'p> {
    let reading = Reading::of(policy, set, facts.assume);
    Judgement {
        policy,
        standing: standing(policy),
        applies: reading.applies(facts),
        met: reading.met(facts),
        unmet: reading.unmet(facts),
        demand: reading.demand,
    }
}

/// A policy, read once to judge many sign-ins.
#[derive(Clone, Debug)]
pub struct Reading<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// What it demands.
    pub demand: Demand<'p>,
    aspects: Vec<(Aspect, Expr<'p>)>,
    met: Expr<'p>,
    needs: Vec<(At<Need<'p>>, Expr<'p>)>,
}

impl<'p> Reading<'p> {
    /// Reads a policy of a set.
    #[must_use]
    pub fn of(policy: &'p Policy, set: &'p PolicySet, assume: Assume) -> Self {
        let demand = demand(policy, assume);
        let needs = needs(policy, &demand, set);
        Self { policy, demand, aspects: conditions(policy), met: met(policy, set, assume), needs }
    }

    /// Whether it applies to a sign-in, aspect by aspect.
    #[must_use]
    pub fn applies(&self, facts: Facts<'_>) -> Applies {
        aspects(&self.aspects, facts)
    }

    /// On what it depends whether it applies: the aspects that are not decided, each with the facts that are not given.
    #[must_use]
    pub fn open(&self, facts: Facts<'_>) -> Vec<(Aspect, Vec<&Question<'p>>)> {
        let answer = |question: &Question<'p>| facts.answer(question);
        let open = self.aspects.iter().filter(|(_, expr)| expr.truth(&answer) == Truth::Unknown);
        let asked = open.map(|(aspect, expr)| {
            let mut questions = Vec::new();
            expr.questions(&mut questions);
            questions.retain(|question| facts.answer(question) == Truth::Unknown);
            (*aspect, questions)
        });
        asked.collect()
    }

    /// Whether what it demands can be met in a sign-in; a session control that refuses counts.
    #[must_use]
    pub fn met(&self, facts: Facts<'_>) -> Truth {
        self.met.truth(&|question| facts.answer(question))
    }

    /// The parts of the demand that cannot, or may not be able to, be met.
    #[must_use]
    pub fn unmet(&self, facts: Facts<'_>) -> Vec<At<Need<'p>>> {
        let open = |expr: &Expr<'p>| expr.truth(&|question| facts.answer(question)) != Truth::Yes;
        self.needs.iter().filter(|(_, expr)| open(expr)).map(|(need, _)| *need).collect()
    }
}

/// Whether a policy applies to a sign-in, aspect by aspect.
#[must_use]
pub fn applies(policy: &Policy, facts: Facts<'_>) -> Applies {
    aspects(&conditions(policy), facts)
}

fn aspects(conditions: &[(Aspect, Expr<'_>)], facts: Facts<'_>) -> Applies {
    let aspects = conditions.iter().map(|(aspect, expr)| {
        let aspect = match (*aspect, &facts.sign_in.identity, &facts.sign_in.target) {
            (
                Aspect::Users,
                Identity::ServicePrincipal(_)
                | Identity::Workload(_)
                | Identity::Uncovered(_)
                | Identity::Agent(_),
                _,
            ) => Aspect::WorkloadIdentities,
            (Aspect::Application, _, Target::Action(_)) => Aspect::UserActions,
            (Aspect::Application, _, Target::Context(_)) => Aspect::AuthenticationContext,
            (aspect, ..) => aspect,
        };
        (aspect, expr.truth(&|question| facts.answer(question)))
    });
    Applies { aspects: aspects.collect() }
}

/// The name of what is needed, as policies write it.
#[must_use]
pub fn name(need: Need<'_>) -> String {
    match need {
        Need::Control(control) => control.as_str().to_owned(),
        Need::Strength(strength) => match strength.id.get() {
            Some(id) => format!("authenticationStrength {}", id.value),
            None => "authenticationStrength".to_owned(),
        },
        Need::Terms => "termsOfUse".to_owned(),
        Need::Custom => "customAuthenticationFactors".to_owned(),
        Need::Unknown => "a control that is not known".to_owned(),
    }
}
