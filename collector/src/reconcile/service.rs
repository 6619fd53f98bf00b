//! The reconciliation of the site: one run at a time, and what the runs found.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::NaiveDate;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::error::ReconcileError;
use super::gather::Gathered;
use super::progress::{Board, Progress};
use crate::compliance::Compliance;
use crate::records::Records;
use crate::settings::Settings;
use crate::store::records::{AuditEntry, ReconciliationCounts, ReconciliationRecord, ReconciliationState};
use crate::store::{StoreError, Stores};

/// The lease of a run.
const JOB: &str = "reconcile";
/// How long a run that says nothing is believed to go on. A run says so much more often.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// How often a lease that somebody else has is asked for, and in what steps a run renews its own.
pub(super) const LEASE_STEP: Duration = Duration::from_secs(3);

/// Reads the site's records for a run.
#[async_trait]
pub trait Gather: Send + Sync {
    /// Everything that a run looks at, as it is now.
    async fn gather(&self) -> Result<Gathered, StoreError>;
}

/// What the reconciliation works with.
pub struct Parts {
    /// The store.
    pub stores: Stores,
    /// The licence in force, and the believed clock.
    pub compliance: Arc<Compliance>,
    /// Records of software asset management.
    pub records: Arc<Records>,
    /// How long results are kept.
    pub settings: Arc<Settings>,
    /// Reads what is reconciled.
    pub gather: Arc<dyn Gather>,
    /// Tells this collector from others on the same store.
    pub holder: String,
}

/// The reconciliation of the site.
pub struct Reconciliations {
    pub(super) parts: Parts,
    pub(super) board: Board,
    /// Held by the run that goes on.
    running: Arc<Mutex<()>>,
}

/// Who asks for a run, and of what.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Who.
    pub by: String,
    /// Of which publisher; none for all of them.
    pub publisher: Option<String>,
    /// The Sunday that it is for, if it is a weekly one.
    pub week: Option<NaiveDate>,
}

/// A run that goes on, also when nobody waits for it.
pub struct Started {
    /// Its id.
    pub id: u64,
    /// Its end.
    pub end: JoinHandle<Result<ReconciliationRecord, ReconcileError>>,
}

impl Reconciliations {
    /// Over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts, board: Board::default(), running: Arc::default() }
    }

    /// How far the run is that goes on here.
    #[must_use]
    pub fn progress(&self) -> Option<Arc<Progress>> {
        self.board.now()
    }

    /// Begins a run.
    ///
    /// # Errors
    /// When one goes on, the publisher has no model, or the store refuses.
    pub async fn start(self: &Arc<Self>, asked: Asked) -> Result<Started, ReconcileError> {
        let publisher = asked.publisher.as_deref().map(|name| self.publisher(name)).transpose()?;
        let busy = || self.progress().map_or(ReconcileError::BusyElsewhere, |progress| ReconcileError::Busy(progress.run));
        let guard = Arc::clone(&self.running).try_lock_owned().map_err(|_| busy())?;
        self.lease().await?;
        self.recover().await?;
        let compliance = &self.parts.compliance;
        let started_at = compliance.time();
        let record = ReconciliationRecord {
            id: 0,
            by: asked.by,
            week: asked.week,
            publisher,
            site_date: compliance.zone().site_date(started_at),
            started_at,
            ended_at: None,
            state: ReconciliationState::Running,
            counts: ReconciliationCounts::default(),
            true_up: Default::default(),
            warnings: Vec::new(),
            error: None,
        };
        let id = self.parts.stores.reconcile.begin(record.clone()).await?;
        let this = Arc::clone(self);
        let end = tokio::spawn(async move {
            let record = this.keep_lease_while(this.work(ReconciliationRecord { id, ..record })).await;
            this.board.end();
            this.release().await;
            drop(guard);
            record
        });
        Ok(Started { id, end })
    }

    /// Marks runs whose collector ended in the middle of them, and forgets what they had stored. The lease must be held.
    async fn recover(&self) -> Result<(), ReconcileError> {
        let store = &self.parts.stores.reconcile;
        let runs = store.runs(None, usize::MAX).await?;
        for run in runs.into_iter().filter(|run| run.state == ReconciliationState::Running) {
            self.take_back(&run).await?;
            let error = "the collector ended in the middle of the run; run it again".to_owned();
            let ended_at = Some(self.parts.compliance.time());
            let run = ReconciliationRecord { state: ReconciliationState::Failed, error: Some(error), ended_at, ..run };
            let audit = self.entry(&run, "reconcile.run");
            store.put_run(run, Some(audit)).await?;
        }
        Ok(())
    }

    /// Takes back what a collector left that ended in the middle of a run, unless somebody runs now.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn recover_if_idle(&self) -> Result<(), ReconcileError> {
        let Ok(_guard) = self.running.try_lock() else { return Ok(()) };
        let newest = self.parts.stores.reconcile.runs(None, 1).await?.pop();
        if newest.is_none_or(|run| run.state != ReconciliationState::Running) || !self.claim(LEASE).await? {
            return Ok(());
        }
        let outcome = self.recover().await;
        self.release().await;
        outcome
    }

    /// The publisher as its models spell it.
    fn publisher(&self, name: &str) -> Result<String, ReconcileError> {
        let schema = &muster_domain::record::kinds::model::MODELS;
        let is_meant = |values: &muster_domain::record::Values| {
            let publisher = values.get("publisher").map(ToString::to_string);
            publisher.filter(|publisher| crate::store::ports::is_same_name(publisher, name))
        };
        let models = self.parts.records.list(schema, |seen| is_meant(&seen.values).is_some());
        let spelled = models.first().and_then(|seen| is_meant(&seen.values));
        spelled.ok_or_else(|| ReconcileError::NoPublisher(name.chars().take(64).collect()))
    }

    /// Waits for the lease: that of a collector that was killed ends by itself.
    async fn lease(&self) -> Result<(), ReconcileError> {
        let mut waited = Duration::ZERO;
        while !self.claim(LEASE).await? {
            if waited > LEASE + LEASE_STEP {
                return Err(ReconcileError::BusyElsewhere);
            }
            tokio::time::sleep(LEASE_STEP).await;
            waited += LEASE_STEP;
        }
        Ok(())
    }

    async fn claim(&self, time: Duration) -> Result<bool, StoreError> {
        let Parts { stores, compliance, holder, .. } = &self.parts;
        Ok(stores.system.claim(JOB, holder, compliance.time(), time).await?.is_some())
    }

    async fn release(&self) {
        if let Err(error) = self.claim(Duration::ZERO).await {
            tracing::warn!(%error, "the lease of the reconciliation ends by itself");
        }
    }

    /// Does the work of a run, and gives it up when the lease is lost.
    async fn keep_lease_while(
        &self,
        work: impl Future<Output = Result<ReconciliationRecord, ReconcileError>>,
    ) -> Result<ReconciliationRecord, ReconcileError> {
        let kept = async {
            loop {
                tokio::time::sleep(LEASE_STEP).await;
                match self.claim(LEASE).await {
                    Ok(true) => {}
                    Ok(false) => return "another collector began a run on the same store".to_owned(),
                    // The store says so to the run itself, too.
                    Err(error) => tracing::warn!(%error, "the lease of the reconciliation was not renewed"),
                }
            }
        };
        tokio::select! {
            outcome = work => outcome,
            lost = kept => Err(ReconcileError::GivenUp(lost)),
        }
    }

    pub(super) fn entry(&self, run: &ReconciliationRecord, action: &str) -> AuditEntry {
        AuditEntry {
            at: self.parts.compliance.time(),
            actor: run.by.clone(),
            action: action.to_owned(),
            subject: run.id.to_string(),
            detail: serde_json::json!({
                "publisher": run.publisher, "week": run.week, "state": run.state, "products": run.counts.products,
                "not_compliant": run.counts.not_compliant, "true_up": run.true_up, "error": run.error,
            }),
        }
    }
}

impl std::fmt::Debug for Reconciliations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reconciliations")
    }
}
