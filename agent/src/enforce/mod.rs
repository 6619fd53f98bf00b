//! What the licence's state does to this machine: the administrator's hooks, exactly once for each change.
//!
//! In: the signed verdict, `[enforce]`, and what is remembered of earlier runs. Out: a hook that runs, and a record of how
//! it ended. Nothing is run that a verified, valid verdict does not ask for, and nothing of the unprivileged agent's is
//! trusted but that verdict.

mod decide;
mod foreign;
mod hook;
mod memory;
mod overview;
mod place;
mod runner;
mod trigger;
mod trust;

pub use decide::{Action, decide};
pub use memory::{Hook, Memory, Outcome, Run};
pub use overview::{HookStatus, Hooks};
pub use place::{By, Place};
pub use runner::{EnforceError, Runner};
pub use trigger::Trigger;
pub use trust::{Trust, TrustError};
