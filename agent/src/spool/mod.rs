//! The agent's memory on disk: what it saw and the collector has not yet acknowledged.
//!
//! In: report bodies as bytes. Out: the same bytes, oldest first, each under the sequence number it was appended with. It
//! survives kill -9 at any byte, tells a torn append from a flipped bit, is bounded in size and age, and counts what it had
//! to let go. It must not know what a report says, who reads it or how it is sent.

mod head;
mod queue;
mod record;
mod segment;

#[cfg(test)]
mod model;

pub use queue::{Appended, Backlog, Counters, Limits, Pending, Spool, SpoolError, Ticket};
