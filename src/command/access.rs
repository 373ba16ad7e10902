//! `calint access`.

use std::io::Write;

use super::{Exit, Failure, one_tenant, terminal};
use crate::access::Access;
use crate::access::analysis::Scope;
use crate::cli::AccessArgs;
use crate::engine::Outcome;
use crate::finding::input;
use crate::report;

/// Says who can still sign in to what.
pub(super) fn run(args: &AccessArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut outcome = Outcome::default();
    let tenant = one_tenant(&args.paths, args.no_config, &mut outcome)?;
    let scope = if args.once_enabled { Scope::OnceEnabled } else { Scope::Enforced };
    let mut limits: Vec<String> = tenant
        .findings()
        .filter(|finding| finding.rule == input::INCOMPLETE_EXPORT)
        .map(|finding| format!("{}: {}", outcome.sources.path(finding.primary.span.file), finding.message))
        .collect();
    if outcome.unreadable > 0 {
        limits.push("files could not be read, and policies in them would count".to_owned());
    }
    let access = Access::new(&tenant.set, tenant.config.emergency.clone(), tenant.config.assume, false);
    let report = report::access::report(&access, scope, limits, &outcome.sources).map_err(Failure::Told)?;
    report.write(args.format, terminal::width(), out)?;
    Ok(if outcome.unreadable > 0 { Exit::Failed } else { Exit::Clean })
}
