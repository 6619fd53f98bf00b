//! The weekly run: one for each Sunday, in the night, caught up once when nights were missed.

use std::sync::Arc;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

use super::error::ReconcileError;
use super::run::end_of;
use super::service::{Asked, Reconciliations};
use crate::store::records::{ReconciliationRecord, ReconciliationState};

impl Reconciliations {
    /// Runs if a weekly run is due; tells what came of it. None is due while the product is disabled: it is caught up when it is not
    /// any more.
    ///
    /// # Errors
    /// When it could not be done; what the run itself says stands in its record.
    pub async fn run_if_due(self: &Arc<Self>) -> Result<Option<ReconciliationRecord>, ReconcileError> {
        let compliance = &self.parts.compliance;
        let now = compliance.time();
        let Some(night) = compliance.zone().run_due(None, now, compliance.nightly_at()) else { return Ok(None) };
        let last = self.last_week().await?;
        let Some(sunday) = due(night, last) else { return Ok(None) };
        if compliance.open_since().is_none() {
            return Ok(None);
        }
        let asked = Asked { by: "collector".to_owned(), publisher: None, week: Some(sunday) };
        match end_of(self, asked).await {
            // Somebody asked for a run at this moment; the weekly one comes after it.
            Err(ReconcileError::Busy(_) | ReconcileError::BusyElsewhere) => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    async fn last_week(&self) -> Result<Option<NaiveDate>, ReconcileError> {
        let mut before = None;
        loop {
            let runs = self.runs(before, 100).await?;
            let Some(last) = runs.last().map(|run| run.id) else { return Ok(None) };
            let weeks = runs.iter().filter(|run| run.state == ReconciliationState::Done);
            if let Some(week) = weeks.filter_map(|run| run.week).max() {
                return Ok(Some(week));
            }
            before = Some(last);
        }
    }
}

/// The Sunday that a run is due for: the last one up to the night, if it has none. A site without a run begins on a Sunday, and not
/// with one that it did not see.
fn due(night: NaiveDate, last: Option<NaiveDate>) -> Option<NaiveDate> {
    let sunday = night.checked_sub_days(Days::new(night.weekday().num_days_from_sunday().into()))?;
    match last {
        Some(last) => (last < sunday).then_some(sunday),
        None => (night.weekday() == Weekday::Sun).then_some(sunday),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_due_once_a_week() {
        let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let check = |night, last: Option<u32>, expected: Option<u32>| {
            assert_eq!(due(date(night), last.map(date)), expected.map(date), "{night} {last:?}");
        };
        check(22, None, Some(22));
        check(23, None, None);
        check(22, Some(15), Some(22));
        check(22, Some(22), None);
        check(24, Some(15), Some(22));
        check(21, Some(22), None);
    }
}
