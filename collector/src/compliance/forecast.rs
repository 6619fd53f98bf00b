//! The forecast: nightly counts of the query in force, for the domain to extend.

use super::service::{Compliance, Current, RunError};
use crate::store::records::{RunKind, RunRecord};
use chrono::NaiveDate;
use muster_domain::compliance::{Forecast, MAX_NIGHTS, forecast};
use std::collections::BTreeMap;

/// Runs looked at: nights, and what administrators counted between them.
const RUNS_READ: usize = 4 * MAX_NIGHTS;

impl Compliance {
    /// When the limit is reached if the count goes on as it did over so many nights at most; none without a licence.
    ///
    /// Only nights that the query in force counted, with the null mode in force, are comparable: an earlier change of either is
    /// where the series begins.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn forecast(&self, nights: usize) -> Result<Option<Forecast>, RunError> {
        let current = self.current.load_full();
        let Some(limit) = current.key.as_ref().map(|key| key.claims.assets) else { return Ok(None) };
        let runs = self.parts.stores.license.runs(None, RUNS_READ).await?;
        let series = series(&runs, &current, self.parts.settings.values().null_mode_name());
        let last = series.get(series.len().saturating_sub(nights)..).unwrap_or_default();
        Ok(Some(forecast(last, limit)))
    }
}

/// One count for each date, oldest first: the nights', and behind them the newest of all, so that the forecast begins where the site
/// stands. `runs` are newest first.
fn series(runs: &[RunRecord], current: &Current, null_mode: &str) -> Vec<(NaiveDate, u64)> {
    let (query, table) = current.query();
    let comparable = |run: &&RunRecord| {
        let same = run.query.as_deref() == Some(query) && run.table == table && run.null_mode == null_mode;
        run.asset_count.is_none() || same
    };
    let counted = || runs.iter().take_while(comparable).filter_map(|run| Some((run, run.asset_count?)));
    let nights = counted().filter(|(run, _)| run.kind == RunKind::Nightly);
    let newest = counted().take(usize::from(nights.clone().next().is_some()));
    let mut counts = BTreeMap::new();
    for (run, count) in newest.chain(nights) {
        counts.entry(run.site_date).or_insert(count);
    }
    counts.into_iter().collect()
}
