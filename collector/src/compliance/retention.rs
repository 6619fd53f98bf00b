//! How long history is kept. One wrong clock must not end it: days count as dates and as nights that were judged.

use super::service::{Compliance, RunError};
use crate::store::StoreError;
use chrono::{Days, NaiveDate};

impl Compliance {
    /// The first site date that stays of what is kept for so many days. None while the clock is wrong, and before there were as many
    /// nights: a clock that was confirmed ten years ahead forgets nothing of the nights before it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn kept_from(&self, days: u64) -> Result<Option<NaiveDate>, StoreError> {
        if self.clock.assess().anomaly.is_some() {
            return Ok(None);
        }
        // There are never more nights than runs are kept for.
        let nights = days.min(self.parts.settings.values().run_retention_days);
        let night = self.parts.stores.license.newest_night(usize::try_from(nights).unwrap_or(usize::MAX)).await?;
        let date = self.parts.zone.site_date(self.time()).checked_sub_days(Days::new(days));
        Ok(night.zip(date).map(|(night, date)| night.min(date)))
    }

    /// Forgets runs that are older than the settings keep them.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn forget_old_runs(&self) -> Result<usize, RunError> {
        match self.kept_from(self.parts.settings.values().run_retention_days).await? {
            Some(from) => Ok(self.parts.stores.license.forget_runs(from).await?),
            None => Ok(0),
        }
    }
}
