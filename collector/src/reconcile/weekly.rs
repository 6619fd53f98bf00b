//! The weekly run: one for each Sunday, in the night, caught up once when nights were missed.

use std::sync::Arc;

use chrono::NaiveDate;
use muster_domain::calendar::due_sunday;

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
        let Some(sunday) = due_sunday(night, last) else { return Ok(None) };
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
