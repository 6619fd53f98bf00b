//! Pools: who holds or waits for what, check-outs that are over, and what was asked for on each day.

use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    ids::{AgentId, CheckoutId},
    session::{Asked, ClaimId, Claimant, Entry, SeatKind},
};
use serde::{Deserialize, Serialize};

/// Who made a check-out, beside what its pool knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutFacts {
    /// Who may touch it: `token:ID`, `user:NAME` or `agent:ID`.
    pub owner: String,
    /// The kind of client.
    pub client: String,
}

/// A claim on a seat of an application: a row of its pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRecord {
    /// Of which application.
    pub application: String,
    /// What the pool keeps of it.
    pub entry: Entry,
    /// For a check-out, who made it.
    pub checkout: Option<CheckoutFacts>,
}

/// How a check-out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutEnd {
    /// It was given back.
    Returned,
    /// Its lease, or its borrowed time, ran out.
    Expired,
    /// An administrator ended it, or its application is gone.
    Ended,
}

/// A check-out that held a seat and is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedCheckout {
    /// The check-out.
    pub id: CheckoutId,
    /// Of which application.
    pub application: String,
    /// Who made it.
    pub facts: CheckoutFacts,
    /// For whom.
    pub claimant: Claimant,
    /// Which kind of seat.
    pub kind: SeatKind,
    /// The seat was given beyond the limit.
    pub over: bool,
    /// When it was asked for.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub asked_at: DateTime<Utc>,
    /// Since when it held a seat.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub since: DateTime<Utc>,
    /// Until when.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub until: DateTime<Utc>,
    /// How it ended.
    pub end: CheckoutEnd,
}

/// What was asked of a pool on one site date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemandRecord {
    /// Site date.
    pub date: NaiveDate,
    /// Application.
    pub application: String,
    /// Seats that were given; claims that shared one are not among them.
    pub granted: u64,
    /// Floating seats among them that were given beyond the limit.
    pub over_use: u64,
    /// Claims that were refused because no seat was free.
    pub denied: u64,
    /// Claims that the access lists kept out.
    pub not_admitted: u64,
    /// Claims that had to wait.
    pub queued: u64,
    /// The longest queue.
    pub longest_queue: u64,
    /// Claims that got a seat after they had waited.
    pub served: u64,
    /// Claims that gave up their place, or did not ask for it any more.
    pub gave_up: u64,
    /// How long those that were served had waited, together, in milliseconds.
    pub waited_ms: u64,
    /// How long the one that waited longest had waited, in milliseconds.
    pub longest_wait_ms: u64,
}

impl DemandRecord {
    /// Nothing was asked.
    #[must_use]
    pub fn none(date: NaiveDate, application: &str) -> Self {
        Self::of(date, application, Asked::default())
    }

    /// This was asked.
    #[must_use]
    pub fn of(date: NaiveDate, application: &str, asked: Asked) -> Self {
        let Asked { granted, over_use, denied, not_admitted, queued, longest_queue, served, gave_up, waited_ms, longest_wait_ms } =
            asked;
        Self {
            date,
            application: application.to_owned(),
            granted,
            over_use,
            denied,
            not_admitted,
            queued,
            longest_queue,
            served,
            gave_up,
            waited_ms,
            longest_wait_ms,
        }
    }

    /// What was asked.
    #[must_use]
    pub const fn asked(&self) -> Asked {
        Asked {
            granted: self.granted,
            over_use: self.over_use,
            denied: self.denied,
            not_admitted: self.not_admitted,
            queued: self.queued,
            longest_queue: self.longest_queue,
            served: self.served,
            gave_up: self.gave_up,
            waited_ms: self.waited_ms,
            longest_wait_ms: self.longest_wait_ms,
        }
    }
}

/// A change of a claim: its row as it is now, or none when it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimChange {
    /// Of which application.
    pub application: String,
    /// Which claim.
    pub id: ClaimId,
    /// Its row.
    pub row: Option<ClaimRecord>,
}

/// A use that an agent told afterwards and that counts nowhere: kept until an administrator has seen it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncountedUse {
    /// Made by the agent when it began.
    pub id: CheckoutId,
    /// Which agent told of it.
    pub agent: AgentId,
    /// The name of its machine then.
    pub host: String,
    /// When it was told.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub told_at: DateTime<Utc>,
    /// Of which application, as told; this and the other texts are cut and without control characters.
    pub application: String,
    /// By whom.
    pub user: String,
    /// Where.
    pub client_ip: String,
    /// The kind of client.
    pub client: String,
    /// Since when, by the collector's clock.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub from: DateTime<Utc>,
    /// Until when.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub to: DateTime<Utc>,
    /// Why it does not count.
    pub reason: String,
}
