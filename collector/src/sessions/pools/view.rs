//! What callers give to a pool and get from it.

use crate::store::{StoreError, records::CheckoutFacts};
use chrono::{DateTime, TimeDelta, Utc};
use muster_domain::{
    ids::CheckoutId,
    session::{ClaimId, Claimant, Entry, Granted, HeldSeat, SeatKind},
};

/// A request for a seat.
#[derive(Debug, Clone)]
pub struct CheckOut {
    /// Which one: the same id again is the same check-out.
    pub id: CheckoutId,
    /// Of which application.
    pub application: String,
    /// For whom, as far as the caller knows; groups are found here.
    pub claimant: Claimant,
    /// Who asks, and with which kind of client.
    pub facts: CheckoutFacts,
    /// For how long it is to be borrowed.
    pub borrow: Option<TimeDelta>,
}

/// What a check-out has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    /// A seat.
    Seat {
        /// What it is.
        granted: Granted,
        /// The check-out as lists show it.
        view: Box<CheckoutView>,
    },
    /// A place in the queue; the first is 1.
    Place(u64),
}

/// Who holds a seat of an exhausted pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderView {
    /// The user.
    pub user: String,
    /// Where.
    pub client_ip: String,
    /// Which kind of seat.
    pub kind: SeatKind,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The session or check-out that took it.
    pub claim: ClaimId,
}

/// A check-out as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutView {
    /// Its id.
    pub id: CheckoutId,
    /// Of which application.
    pub application: String,
    /// For whom.
    pub claimant: Claimant,
    /// Who made it.
    pub facts: CheckoutFacts,
    /// The seat; none while it waits.
    pub kind: Option<SeatKind>,
    /// Another claim of the same user and client took the seat.
    pub shared: bool,
    /// Given beyond the limit.
    pub over_use: bool,
    /// It needs no heartbeat.
    pub borrowed: bool,
    /// Its place in the queue, while it waits.
    pub position: Option<u64>,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// Since when it has its seat or its place.
    pub since: DateTime<Utc>,
    /// Until when it lasts without being heard of.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Why there is no seat.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CheckoutError {
    /// No such application.
    #[error("there is no application {0}")]
    NoApplication(String),
    /// No such check-out, or another client's.
    #[error("there is no check-out {0}; it was given back, its lease ran out, or it never was")]
    Unknown(CheckoutId),
    /// The id is in use.
    #[error("the check-out {0} is somebody else's or of another application; leave the id out, or make a new one")]
    Taken(CheckoutId),
    /// Every seat is taken.
    #[error("no seat of {application} is free for {user}{}", why(.holders, *.kept))]
    Exhausted {
        /// Of which application.
        application: String,
        /// Who asked.
        user: String,
        /// Who holds the seats.
        holders: Vec<HolderView>,
        /// How many wait.
        queued: u64,
        /// Floating seats that are free and kept for groups of others.
        kept: u64,
    },
    /// The access lists keep it out.
    #[error("{user} at {client_ip} may not use {application}; its access lists say so")]
    NotAdmitted {
        /// Of which application.
        application: String,
        /// Who asked.
        user: String,
        /// From where.
        client_ip: String,
    },
    /// It was to be borrowed for too long.
    #[error("a seat of {application} may be borrowed for at most {hours} hours")]
    TooLong {
        /// Of which application.
        application: String,
        /// How long it may be borrowed; 0 is not at all.
        hours: u64,
    },
    /// The product may not be used.
    #[error("the product is disabled; nothing is checked out")]
    Closed,
    /// The decision could not be stored; nothing was decided.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is behind a refusal, in a line: seats that are kept for others, and who came first.
fn why(holders: &[HolderView], kept: u64) -> String {
    let mut why = match kept {
        0 => String::new(),
        1 => "; 1 seat is kept for a group".to_owned(),
        kept => format!("; {kept} seats are kept for groups"),
    };
    if let Some((first, others)) = holders.split_first() {
        let others = match others.len() {
            0 => "",
            1 => " and another",
            _ => " and others",
        };
        why.push_str(&format!("; held by {} at {}{others}", first.user, first.client_ip));
    }
    why
}

impl HolderView {
    pub(super) fn of(seat: &HeldSeat<'_>) -> Self {
        Self {
            user: seat.entry.claimant.user.clone(),
            client_ip: seat.entry.claimant.client.clone(),
            kind: seat.kind,
            since: seat.entry.since,
            claim: seat.entry.id,
        }
    }
}

impl CheckoutView {
    pub(super) fn of(application: &str, entry: &Entry, id: CheckoutId, facts: CheckoutFacts) -> Self {
        Self {
            id,
            application: application.to_owned(),
            claimant: entry.claimant.clone(),
            facts,
            kind: None,
            shared: false,
            over_use: false,
            borrowed: false,
            position: None,
            asked_at: entry.asked_at,
            since: entry.since,
            expires_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_who_holds_seats_and_what_is_kept() {
        let holder = |user: &str| HolderView {
            user: user.to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            kind: SeatKind::Floating,
            since: DateTime::UNIX_EPOCH,
            claim: ClaimId::Checkout(CheckoutId(uuid::Uuid::nil())),
        };
        for (holders, kept, expected) in [
            (vec![], 0, ""),
            (vec![], 1, "; 1 seat is kept for a group"),
            (vec!["ann"], 0, "; held by ann at 10.0.0.1"),
            (vec!["ann", "bob"], 2, "; 2 seats are kept for groups; held by ann at 10.0.0.1 and another"),
            (vec!["ann", "bob", "cem"], 0, "; held by ann at 10.0.0.1 and others"),
        ] {
            assert_eq!(why(&holders.into_iter().map(holder).collect::<Vec<_>>(), kept), expected);
        }
    }
}
