//! Hours and days of use for callers: what pools did hour by hour, and what was asked of them day by day, up to now.

use super::registry::Sessions;
use crate::store::{
    StoreError,
    records::{DemandRecord, HourRecord},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

impl Sessions {
    /// Hours of site dates from `from` to `to`, both inside, in order of time and application; at most `limit`, those behind
    /// `after`. The running hour is as the first page had it.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn hours(
        &self,
        application: Option<&str>,
        (from, to): (NaiveDate, NaiveDate),
        after: Option<(DateTime<Utc>, String)>,
        limit: usize,
    ) -> Result<Vec<HourRecord>, StoreError> {
        if after.is_none() {
            self.keep_hours().await?;
        }
        let end = self.zone.day_start(to.succ_opt().unwrap_or(to));
        self.stores.hours.page(application, self.zone.day_start(from), end, after, limit).await
    }

    /// What was asked of pools on site dates from `from` to `to`, both inside, in order of date and application.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn asked(
        &self,
        application: Option<&str>,
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<Vec<DemandRecord>, StoreError> {
        self.settle_pools().await?;
        self.stores.checkouts.demand(application, from, to).await
    }

    /// Keeps the running hour of every pool as it is known now.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) async fn keep_hours(&self) -> Result<(), StoreError> {
        self.with_pools(|_, _| ());
        self.read_hours().await?;
        self.with_pools(|state, _| state.pools.keep_hours());
        self.settle().await
    }

    /// Takes in what the store has of hours that this collector did not watch from their beginning.
    pub(super) async fn read_hours(&self) -> Result<(), StoreError> {
        loop {
            let Some(start) = self.lock().pools.unread_hour() else { return Ok(()) };
            // What is on its way there belongs to it.
            self.settle().await?;
            let rows = self.stores.hours.page(None, start, start + TimeDelta::seconds(1), None, usize::MAX).await?;
            self.with_pools(|state, _| state.pools.hour_read(start, &rows));
        }
    }
}
