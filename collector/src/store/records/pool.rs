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
    /// What was asked.
    pub asked: Asked,
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

/// A use that an agent told afterwards and that counts nowhere: kept until an administrator has seen it, or until it counts.
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
    /// What it counts as once there is such an application that is tracked; none where that would not help.
    pub countable: Option<CountableUse>,
}

/// For whom a use counts, and who told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountableUse {
    /// For whom.
    pub claimant: Claimant,
    /// Who told of it, and the kind of client.
    pub facts: CheckoutFacts,
}
