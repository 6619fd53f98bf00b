//! Compliance runs: what was counted, when, by which query, and what followed.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// The night of a site date; there is one for each.
    Nightly,
    /// A new licence key.
    Key,
    /// An administrator.
    Manual,
}

/// One compliance run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Ascending.
    pub id: u64,
    /// What started it.
    pub kind: RunKind,
    /// The site date it judged.
    pub site_date: NaiveDate,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was over.
    pub finished_at: DateTime<Utc>,
    /// Who asked for it.
    pub by: String,
    /// Serial of the licence in force; none when there was none.
    pub license_serial: Option<u64>,
    /// The query that counted.
    pub query: Option<String>,
    /// Assets that the query counts.
    pub asset_count: Option<u64>,
    /// The limit.
    pub asset_limit: Option<u64>,
    /// Assets of the table with an empty state that were not counted.
    pub uncounted_empty_state: u64,
    /// Enabled accounts.
    pub user_count: u64,
    /// All assets of the table by state (`""` = empty).
    pub by_state: BTreeMap<String, u64>,
    /// Counted assets by model category (`""` = empty).
    pub by_category: BTreeMap<String, u64>,
    /// State before.
    pub state_before: String,
    /// State after.
    pub state_after: String,
    /// Reason after.
    pub reason_after: Option<String>,
    /// Why nothing could be judged: the state before was kept.
    pub error: Option<String>,
}
