//! Compliance runs: what was counted, when, by which query, and what followed.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The table that it counted.
    pub table: String,
    /// What its negative conditions did with empty fields: `sql` or `inclusive`.
    pub null_mode: String,
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
    /// What changed since the nightly run before; none without one that counted.
    pub since: Option<RunDifference>,
    /// State before.
    pub state_before: String,
    /// State after.
    pub state_after: String,
    /// Reason after.
    pub reason_after: Option<String>,
    /// Why nothing could be judged: the state before was kept.
    pub error: Option<String>,
}

/// What a run counted more or less than an earlier one. What did not change is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDifference {
    /// The earlier run.
    pub run: u64,
    /// Its site date.
    pub site_date: NaiveDate,
    /// Assets counted.
    pub asset_count: i64,
    /// Assets of the table by state (`""` = empty).
    pub by_state: BTreeMap<String, i64>,
    /// Counted assets by model category (`""` = empty).
    pub by_category: BTreeMap<String, i64>,
}

impl RunDifference {
    /// From an earlier run to what was counted now: in all, by state, by category. None when the earlier one did not count.
    #[must_use]
    pub fn between(
        earlier: &RunRecord,
        asset_count: u64,
        by_state: &BTreeMap<String, u64>,
        by_category: &BTreeMap<String, u64>,
    ) -> Option<Self> {
        Some(Self {
            run: earlier.id,
            site_date: earlier.site_date,
            asset_count: difference(earlier.asset_count?, asset_count),
            by_state: differences(&earlier.by_state, by_state),
            by_category: differences(&earlier.by_category, by_category),
        })
    }
}

fn differences(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> BTreeMap<String, i64> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |counts: &BTreeMap<String, u64>, name: &String| counts.get(name).copied().unwrap_or_default();
    names
        .into_iter()
        .map(|name| (name.clone(), difference(of(before, name), of(after, name))))
        .filter(|(_, difference)| *difference != 0)
        .collect()
}

fn difference(before: u64, after: u64) -> i64 {
    let clamp = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    clamp(after).saturating_sub(clamp(before))
}
