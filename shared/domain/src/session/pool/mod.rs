//! One application's pool of seats as a state machine: claims of sessions and check-outs in, grants, refusals and places out.
//!
//! In: what happens, with the time of each. Out: what each claim got, events to count, and the entries to keep. A pool that is
//! restored from its entries goes on as if nothing had been. It gives no seat beyond its limits, except under
//! [`AtLimit::Warn`](super::AtLimit::Warn).

mod access;
mod claim;
mod event;
mod expiry;
mod index;
mod meter;
mod queue;
mod rules;
mod seating;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use access::Asker;
pub use claim::{Ask, ClaimId, Claimant, Entry, Standing};
pub use event::{Denial, Event, Finish, Granted, Outcome};
pub use rules::PoolRules;
pub use state::{HeldSeat, Pool};
