//! Names of findings that stay the same across runs.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::finding::Finding;
use crate::source::Sources;

/// Names findings across runs: from the rule, the policy and the place in it, never from a line, and from the folder of
/// the tenant, as tenants have policies of the same names. A finding that stands for several policies is named by what
/// they have in common instead of by the one that comes first.
/// Findings that agree in all of these are told apart by their order.
#[must_use]
pub fn of<'f>(findings: &'f [Finding], sources: &Sources) -> Vec<String> {
    let mut seen = HashMap::new();
    let of = |finding: &'f Finding| {
        let about = match (&finding.cause, &finding.policy) {
            (Some(cause), _) => cause.clone(),
            (None, Some(policy)) => policy.id.clone().or(policy.name.clone()).unwrap_or_default(),
            (None, None) => sources.place(finding.primary.span.file).0.to_owned(),
        };
        let tenant = finding.tenant.as_str();
        let key = (tenant, finding.rule.clone(), about.clone(), finding.place.clone());
        let count = seen.entry(key).or_insert(0_usize);
        let mut hash = Sha256::new();
        for part in [finding.rule.as_str(), &about, &finding.place, &count.to_string()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.update(tenant.as_bytes());
        *count += 1;
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    };
    findings.iter().map(of).collect()
}
