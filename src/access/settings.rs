//! What a run is told beside the policies.

use jiff::civil::Date;
use regex::Regex;

use crate::source::{FileId, Sources};

/// What a run is told beside the policies. What is absent was not told, and rules that need it stay silent.
#[derive(Clone, Copy, Default)]
pub struct Settings<'a> {
    /// The texts that the places of the policies lie in.
    pub texts: Option<&'a Sources>,
    /// The day of the run.
    pub today: Option<Date>,
    /// What the display name of every policy matches.
    pub naming: Option<&'a Regex>,
    /// After how many days a policy in report-only is due for a decision.
    pub report_only_days: Option<u32>,
    /// Tells on which day a file changed last, where its history tells.
    pub last_change: Option<&'a dyn Fn(FileId) -> Option<Date>>,
}
