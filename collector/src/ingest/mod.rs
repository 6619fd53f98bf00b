//! From verified messages to facts: who an agent is, what its report changed, what becomes of it.
//!
//! In: wire messages with a proven identity. Out: changes for the store and for the live sessions, and the answer for the agent.
//! It knows no licence rule; whether the product is disabled is asked of the board.

pub mod checkouts;
mod enroll;
mod entry;
mod facts;
mod fleet;
mod foreign;
mod next;
mod offline;
mod report;
mod sequence;
mod software;
mod undo;

pub use enroll::EnrollLimits;
pub use entry::Entry;
pub use fleet::{AgentView, Approved, Fleet, Refusal};
pub use foreign::{Device, Inventory};
pub use report::{Ingest, Parts, Taken, VerdictSource};
pub use software::SoftwareLists;
pub use undo::{Brought, Undone, undo_all};
