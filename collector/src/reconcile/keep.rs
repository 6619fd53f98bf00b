//! How long results are kept: the rows behind numbers of the newest run of each publisher, positions as the setting says.

use super::error::ReconcileError;
use super::service::Reconciliations;
use super::settle;
use crate::store::StoreError;
use crate::store::ports::{CandidateWish, is_same_name};
use crate::store::records::{ReconciliationRecord, ReconciliationState};

/// Rows of one unit of work.
const AT_ONCE: usize = 500;
/// How often candidates are read again that somebody changes.
const TRIES: usize = 5;
/// Chunks of rows behind numbers of one unit of work.
const CHUNKS_AT_ONCE: usize = 20;

impl Reconciliations {
    /// Forgets what a run left that did not come to its end.
    pub(super) async fn discard(&self, run: u64) -> Result<(), ReconcileError> {
        let all = self.parts.stores.reconcile.positions(run, 0, u32::MAX).await?;
        // Rows are stored after their position.
        self.forget_rows(run, all.iter().map(|one| one.number).collect()).await?;
        while self.parts.stores.reconcile.forget_positions(run, AT_ONCE).await? > 0 {}
        Ok(())
    }

    /// Takes back what a run stored that did not come to its end: its results, and the candidates and remedies that it opened. Whoever
    /// had a candidate before still has it.
    pub(super) async fn take_back(&self, run: &ReconciliationRecord) -> Result<(), ReconcileError> {
        self.discard(run.id).await?;
        let mut tries = 0;
        loop {
            match self.close_opened(run).await {
                // Somebody changes one of them: all are read again.
                Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
                outcome => return Ok(outcome?),
            }
        }
    }

    async fn close_opened(&self, run: &ReconciliationRecord) -> Result<(), StoreError> {
        let (store, at) = (&self.parts.stores.reconcile, self.parts.compliance.time());
        let mut after = None;
        loop {
            let wish = CandidateWish { of_run: Some(run.id), ..CandidateWish::default() };
            let some = store.candidates(wish, after, AT_ONCE).await?;
            let Some(last) = some.last().map(|one| one.id) else { break };
            let opened: Vec<_> = some.into_iter().filter_map(|one| settle::taken_back(one, run.started_at, at)).collect();
            if !opened.is_empty() {
                store.put_candidates(opened, None).await?;
            }
            after = Some(last);
        }
        let of_run = store.remedies().await?.into_iter().filter(|one| one.run == run.id && !one.gone);
        let opened: Vec<_> = of_run.filter_map(|one| settle::taken_back_remedy(one, run.started_at, at)).collect();
        if opened.is_empty() { Ok(()) } else { store.put_remedies(opened, None).await }
    }

    /// Forgets, after a run, the rows behind earlier numbers of what it counted, and runs that are older than the setting says.
    pub(super) async fn forget_old(&self, newest: &ReconciliationRecord) -> Result<(), ReconcileError> {
        let store = &self.parts.stores.reconcile;
        for run in store.runs_with_members().await?.into_iter().filter(|run| *run < newest.id) {
            let positions = store.positions(run, 0, u32::MAX).await?;
            let meant = positions.iter().filter(|one| {
                one.members > 0 && newest.publisher.as_deref().is_none_or(|publisher| is_same_name(publisher, &one.publisher))
            });
            self.forget_rows(run, meant.map(|one| one.number).collect()).await?;
        }
        let days = self.parts.settings.values().reconciliation_retention_days;
        let Some(from) = self.parts.compliance.kept_from(days).await? else { return Ok(()) };
        let shown: Vec<u64> = self.latest().await?.iter().map(|source| source.run.id).collect();
        let runs = store.runs(None, usize::MAX).await?;
        let is_old = |run: &&ReconciliationRecord| {
            run.site_date < from && run.state != ReconciliationState::Running && !shown.contains(&run.id)
        };
        for run in runs.iter().filter(is_old) {
            self.discard(run.id).await?;
            store.forget_run(run.id).await?;
        }
        Ok(())
    }

    async fn forget_rows(&self, run: u64, positions: Vec<u32>) -> Result<(), ReconcileError> {
        for some in positions.chunks(AT_ONCE) {
            while self.parts.stores.reconcile.forget_members(run, some.to_vec(), CHUNKS_AT_ONCE).await? == CHUNKS_AT_ONCE {}
        }
        Ok(())
    }
}
