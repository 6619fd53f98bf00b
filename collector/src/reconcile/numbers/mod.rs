//! Why the numbers of reconciliations are what they are: positions, removal candidates, remedies, runs.
//!
//! In: the id of a number. Out: the rule in one sentence, its inputs with their values, what the run said, how to see the rows. The
//! rules are data; a number without one fails a test.

mod explained;
mod id;
mod rules;

pub use explained::figures;
pub use id::{Number, explainable, ids};
