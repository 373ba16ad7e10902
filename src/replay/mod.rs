//! Recorded sign-ins against the policies of files: which would be blocked, and what the service recorded instead.

mod judge;
mod tally;

pub use judge::{Comparison, Effect, Effects, Ending, Judge, Judged, Outcome};
pub use tally::{Because, Difference, Example, Group, Tally};
