//! The request file a site sends to its vendor: who it is, what is in force, and what it counted.

use super::{
    keys::InForce,
    service::{Compliance, RunError},
};
use chrono::Datelike as _;
use muster_license::request::{Facts, GracePeriod, MonthCount};
use std::collections::BTreeMap;

use crate::store::records::{AgentStatus, RunRecord};

const RUNS_READ: usize = 1000;
const MONTHS: usize = 13;

impl Compliance {
    /// The request, signed and armoured.
    ///
    /// # Errors
    /// When the wished query cannot be used or the store cannot be read.
    pub async fn request(&self, wished_query: Option<&str>) -> Result<String, RunError> {
        let parts = &self.parts;
        let runs = parts.stores.license.runs(None, RUNS_READ).await?;
        let agents = parts.stores.agents.all().await?;
        let key = self.current.load().key.clone();
        let table = key.as_ref().map_or_else(|| muster_license::claims::DEFAULT_TABLE.to_owned(), |key| key.claims.table.clone());
        let wished_count = match wished_query {
            Some(query) => Some(self.count_as(query, &table, &parts.settings.values()).await?),
            None => None,
        };
        let key = key.as_deref();
        let facts = Facts {
            collector_id: parts.collector_id,
            created_at: self.time(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            license_in_force: key.map(|key: &InForce| key.claims.lic_id),
            serial_in_force: key.map(|key| key.claims.serial),
            query_in_force: key.map(|key| key.query.clone()),
            table: Some(table),
            wished_query: wished_query.map(str::to_owned),
            wished_count,
            counts: months(&runs),
            grace_periods: graces(&runs),
            pending_devices: agents.iter().filter(|agent| agent.status == AgentStatus::Pending).map(|_| 1).sum(),
        };
        muster_license::request::sign(facts, &parts.machine).map_err(|error| RunError::Internal(error.to_string()))
    }
}

/// Highest and last count of each of the last 13 months, oldest first. `runs` are newest first.
fn months(runs: &[RunRecord]) -> Vec<MonthCount> {
    let mut months: BTreeMap<String, MonthCount> = BTreeMap::new();
    for run in runs.iter().rev() {
        let Some(count) = run.asset_count else { continue };
        let month = format!("{:04}-{:02}", run.site_date.year(), run.site_date.month());
        let entry = months.entry(month.clone()).or_insert(MonthCount { month, peak: 0, last: 0 });
        entry.peak = entry.peak.max(count);
        entry.last = count;
    }
    let skip = months.len().saturating_sub(MONTHS);
    months.into_values().skip(skip).collect()
}

/// Periods of grace, oldest first. `runs` are newest first.
pub(super) fn graces(runs: &[RunRecord]) -> Vec<GracePeriod> {
    let mut periods: Vec<GracePeriod> = Vec::new();
    let mut open = false;
    for run in runs.iter().rev().filter(|run| run.error.is_none()) {
        let over = run.asset_count.zip(run.asset_limit).map_or(0, |(count, limit)| count.saturating_sub(limit));
        match (run.state_after.as_str() == "grace", open) {
            (true, false) => periods.push(GracePeriod { started: run.site_date, ended: None, peak_over_by: over }),
            (true, true) => {
                if let Some(period) = periods.last_mut() {
                    period.peak_over_by = period.peak_over_by.max(over);
                }
            }
            (false, true) => {
                if let Some(period) = periods.last_mut() {
                    period.ended = Some(run.site_date);
                }
            }
            (false, false) => {}
        }
        open = run.state_after == "grace";
    }
    periods
}
