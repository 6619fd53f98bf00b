//! One run: the site's records are read, reconciled, and what came of it is kept, product by product.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_domain::reconcile::run::{Outcome, ProductResult, Status, reconcile};
use tokio::sync::oneshot;

use super::error::ReconcileError;
use super::flatten::{Flat, Flattener, Ids};
use super::gather::Gathered;
use super::progress::Phase;
use super::service::Reconciliations;
use super::settle;
use crate::store::StoreError;
use crate::store::ports::{CandidateWish, is_same_name};
use crate::store::records::{CandidateRecord, ReconciliationRecord, ReconciliationState, RemedyRecord};

/// Rows of one unit of work. More of them would keep reports waiting.
const AT_ONCE: usize = 500;
/// How often a unit of work is tried again when people change the same candidates.
const TRIES: usize = 5;

impl Reconciliations {
    /// A run that is stored, to its end. What went wrong is stored with it.
    pub(super) async fn work(&self, mut run: ReconciliationRecord) -> Result<ReconciliationRecord, ReconcileError> {
        let outcome = self.counted(&mut run).await;
        run.ended_at = Some(self.parts.compliance.time());
        match outcome {
            Ok(()) => run.state = ReconciliationState::Done,
            Err(error) => {
                tracing::error!(run = run.id, %error, "the reconciliation failed");
                run.state = ReconciliationState::Failed;
                run.error = Some(error.to_string());
                self.take_back(&run).await?;
            }
        }
        let audit = self.entry(&run, "reconcile.run");
        self.parts.stores.reconcile.put_run(run.clone(), Some(audit)).await?;
        if run.state == ReconciliationState::Done {
            // What is old takes room, and no number depends on it.
            if let Err(error) = self.forget_old(&run).await {
                tracing::warn!(run = run.id, %error, "old reconciliations are still kept");
            }
        }
        Ok(run)
    }

    async fn counted(&self, run: &mut ReconciliationRecord) -> Result<(), ReconcileError> {
        self.board.at(run.id, Phase::Gathering);
        let Gathered { estate, devices, users, models, entitlements, corrections: _, notes } = self.parts.gather.gather().await?;
        run.warnings = notes;
        run.counts.devices = estate.devices.len() as u64;
        run.counts.installs = estate.installs.len() as u64;
        run.counts.entitlements = estate.entitlements.len() as u64;
        let called = |id| self.parts.records.called("models", id);
        let ids = Ids::of((devices, users, models, entitlements), &estate.models, called);
        self.board.at(run.id, Phase::Counting);
        let (board, id, only) = (self.board.clone(), run.id, run.publisher.clone());
        let outcome = apart(move || reconcile(&estate, only.as_deref(), &mut |told| board.counted(id, told))).await?;
        self.kept(run, &ids, outcome).await
    }

    async fn kept(&self, run: &mut ReconciliationRecord, ids: &Ids, outcome: Outcome) -> Result<(), ReconcileError> {
        let total = outcome.products.len();
        let mut flattener = Flattener { ids, run: run.id, at: run.started_at, next: 0 };
        let (mut remedies, mut candidates) = (Vec::new(), Vec::new());
        for (done, product) in outcome.products.into_iter().enumerate() {
            self.board.kept(run.id, &product.product, done, total);
            tally(run, &product)?;
            let mut flat = flattener.product(product);
            remedies.append(&mut flat.remedies);
            candidates.append(&mut flat.candidates);
            self.keep(run, flat).await?;
        }
        // What people work on comes last, so that a run that breaks off before has touched none of it.
        while !candidates.is_empty() {
            let rest = candidates.split_off(candidates.len().min(AT_ONCE));
            self.found(run, std::mem::replace(&mut candidates, rest)).await?;
        }
        self.missing(run).await?;
        self.remedies_found(run, remedies).await
    }

    async fn keep(&self, run: &mut ReconciliationRecord, flat: Flat) -> Result<(), ReconcileError> {
        let store = &self.parts.stores.reconcile;
        let Flat { positions, members, .. } = flat;
        run.counts.positions = run.counts.positions.saturating_add(positions.len() as u64);
        for some in positions.chunks(AT_ONCE) {
            store.add_positions(some.to_vec()).await?;
        }
        let rows = members.iter().fold(0_u64, |sum, chunk| sum.saturating_add(chunk.rows.len() as u64));
        run.counts.members = run.counts.members.saturating_add(rows);
        let mut members = members.into_iter().peekable();
        while members.peek().is_some() {
            store.add_members(run.id, members.by_ref().take(10).collect()).await?;
        }
        Ok(())
    }

    /// Stores candidates that the run found, as what is known of them says.
    async fn found(&self, run: &mut ReconciliationRecord, found: Vec<CandidateRecord>) -> Result<(), ReconcileError> {
        if found.is_empty() {
            return Ok(());
        }
        run.counts.candidates = run.counts.candidates.saturating_add(found.len() as u64);
        let mut tries = 0;
        loop {
            tries += 1;
            match self.put_found(run, &found).await {
                Err(StoreError::Conflict(_)) if tries < TRIES => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    async fn put_found(&self, run: &ReconciliationRecord, found: &[CandidateRecord]) -> Result<(), StoreError> {
        let store = &self.parts.stores.reconcile;
        let known = store.known_candidates(found.iter().map(|one| one.id).collect()).await?;
        let mut settled = Vec::with_capacity(found.len());
        for one in found {
            let before = known.binary_search_by_key(&one.id, |known| known.id).ok().and_then(|place| known.get(place));
            settled.push(settle::found(before, one.clone(), run.started_at));
        }
        settled.sort_by_key(|one| one.id);
        settled.dedup_by_key(|one| one.id);
        store.put_candidates(settled, None).await
    }

    /// Settles the candidates of the run's publisher that it did not find.
    async fn missing(&self, run: &ReconciliationRecord) -> Result<(), ReconcileError> {
        let mut tries = 0;
        loop {
            match self.put_missing(run).await {
                Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
                Ok(true) => tries = 0,
                outcome => return Ok(outcome.map(drop)?),
            }
        }
    }

    /// Settles some of them; tells whether there were any.
    async fn put_missing(&self, run: &ReconciliationRecord) -> Result<bool, StoreError> {
        let store = &self.parts.stores.reconcile;
        let wish = CandidateWish { publisher: run.publisher.clone(), missing_in: Some(run.id), ..CandidateWish::default() };
        let some = store.candidates(wish, None, AT_ONCE).await?;
        if some.is_empty() {
            return Ok(false);
        }
        store.put_candidates(some.into_iter().map(|one| settle::missing(one, run.started_at)).collect(), None).await?;
        Ok(true)
    }

    async fn remedies_found(&self, run: &ReconciliationRecord, found: Vec<RemedyRecord>) -> Result<(), ReconcileError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.put_remedies(run, &found).await {
                Err(StoreError::Conflict(_)) if tries < TRIES => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    async fn put_remedies(&self, run: &ReconciliationRecord, found: &[RemedyRecord]) -> Result<(), StoreError> {
        let store = &self.parts.stores.reconcile;
        let known = store.remedies().await?;
        let mut settled = Vec::with_capacity(found.len());
        for one in found {
            let before = known.binary_search_by_key(&one.id, |known| known.id).ok().and_then(|place| known.get(place));
            settled.push(settle::found_remedy(before, one.clone(), run.started_at));
        }
        settled.sort_by_key(|one| one.id);
        settled.dedup_by_key(|one| one.id);
        let found_ids: BTreeSet<uuid::Uuid> = found.iter().map(|one| one.id).collect();
        for one in known {
            let is_meant = run.publisher.as_deref().is_none_or(|publisher| is_same_name(publisher, &one.publisher));
            let is_found = found_ids.contains(&one.id);
            if is_meant && !is_found && !one.gone {
                settled.push(settle::missing_remedy(one, run.started_at));
            }
        }
        store.put_remedies(settled, None).await
    }
}

fn tally(run: &mut ReconciliationRecord, product: &ProductResult) -> Result<(), ReconcileError> {
    let counts = &mut run.counts;
    counts.products = counts.products.saturating_add(1);
    counts.not_compliant = counts.not_compliant.saturating_add(u64::from(product.status == Status::NotCompliant));
    counts.not_reconciled = counts.not_reconciled.saturating_add(u64::from(product.status == Status::NotReconciled));
    for (currency, amount) in &product.figures.true_up {
        let known = run.true_up.entry(currency.clone()).or_default();
        let too_large = || ReconcileError::GivenUp(format!("the true-up cost in {currency} is more than money can be"));
        *known = known.plus(*amount).ok_or_else(too_large)?;
    }
    Ok(())
}

/// Work on a thread of its own, which does not keep the collector from ending.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ReconcileError> {
    let (done, outcome) = oneshot::channel();
    let given_up = |text: String| ReconcileError::GivenUp(text);
    let thread = std::thread::Builder::new().name("reconcile".to_owned());
    thread
        .spawn(move || {
            // Nobody listens any more when the collector ends.
            let _ = done.send(work());
        })
        .map_err(|error| given_up(format!("no thread for the reconciliation: {error}")))?;
    outcome.await.map_err(|_| given_up("the reconciliation broke off; the log says where".to_owned()))
}

/// For the weekly job and tests: waits for the end of a run.
pub(super) async fn end_of(
    this: &Arc<Reconciliations>,
    asked: super::service::Asked,
) -> Result<ReconciliationRecord, ReconcileError> {
    let started = this.start(asked).await?;
    started.end.await.map_err(|error| ReconcileError::GivenUp(error.to_string()))?
}
