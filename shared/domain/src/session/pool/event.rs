//! What a pool answers, and what happened in it, for the shell to count.

use chrono::{DateTime, TimeDelta, Utc};

use super::claim::{ClaimId, Entry};
use crate::session::seats::SeatKind;

/// A seat as its claim sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// Which kind.
    pub kind: SeatKind,
    /// Another claim of the same key took it.
    pub shared: bool,
    /// It was given beyond the limit.
    pub over_use: bool,
    /// Until when it is held without being heard of; `None` for a session.
    pub until: Option<DateTime<Utc>>,
    /// It is borrowed until then.
    pub borrowed: bool,
}

/// What a claim gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A seat.
    Granted(Granted),
    /// A place in the queue; the first is 1.
    Queued {
        /// The place.
        position: u64,
    },
    /// Nothing.
    Denied(Denial),
}

/// Why a claim got nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// No seat is free.
    Exhausted,
    /// The access lists keep it out.
    NotAdmitted,
    /// Nothing is given: the product is not open for use.
    Closed,
    /// It was to be borrowed for longer than the application allows.
    TooLong,
}

/// How a claim came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finish {
    /// It was given back, or its session ended: the seat may linger.
    Released,
    /// It was ended by somebody else, or is no longer of this application: the seat is free at once.
    Ended,
    /// It was not heard of in time, or its borrowed time is over.
    Expired,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A claim got a seat.
    Granted {
        /// Which claim.
        id: ClaimId,
        /// What it got.
        granted: Granted,
        /// How long it had waited; `None` when it did not wait.
        waited: Option<TimeDelta>,
    },
    /// A claim got nothing.
    Denied {
        /// Which claim.
        id: ClaimId,
        /// Why.
        why: Denial,
    },
    /// A claim waits.
    Queued {
        /// Which claim.
        id: ClaimId,
        /// How many wait now.
        length: u64,
    },
    /// A claim that held a seat is over.
    Finished {
        /// The claim as it was.
        entry: Entry,
        /// How.
        how: Finish,
    },
    /// A claim waits no longer, without having got a seat.
    Left {
        /// The claim as it was.
        entry: Entry,
        /// How.
        how: Finish,
    },
}
