//! The history of an asset: what changed, when, and by whom.

use chrono::{DateTime, Utc};
use muster_domain::{asset::edit::Change, ids::AssetId};
use serde::{Deserialize, Serialize};

/// What made an asset change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The record was made.
    Created,
    /// An administrator entered something.
    Edited,
    /// Its agent saw something new.
    Reported,
    /// A line of a file.
    Imported,
    /// It was taken out of service.
    Retired,
    /// It is gone.
    Disposed,
    /// It was lent.
    Lent,
    /// Its replacement was planned.
    Refreshed,
    /// Somebody saw it.
    Audited,
}

/// One entry of an asset's history. Entries of one asset are numbered from 1; old ones go when there are very many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRecord {
    /// Which asset.
    pub asset: AssetId,
    /// Ascending.
    pub number: u64,
    /// When, by the collector's time.
    pub at: DateTime<Utc>,
    /// Who: `user:NAME`, `token:ID`, `agent:ID` or `collector`.
    pub by: String,
    /// What made it change.
    pub cause: Cause,
    /// The fields, before and after.
    pub changes: Vec<Change>,
}
