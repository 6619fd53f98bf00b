//! The weekly reconciliation, and what a collector left that ended in the middle of one.

use crate::reconcile::{ReconcileError, Reconciliations};
use muster_runtime::{clock::SharedClock, shutdown::Shutdown};
use std::{sync::Arc, time::Duration};

const LOOK_EVERY: Duration = Duration::from_secs(60);
const AGAIN_AFTER_ERROR: Duration = Duration::from_secs(900);

/// The weekly reconciliation.
pub struct Reconciling {
    reconciliations: Arc<Reconciliations>,
    clock: SharedClock,
    /// Boot time before which a failed run is not tried again.
    not_before: Duration,
}

impl Reconciling {
    /// Of these results.
    #[must_use]
    pub const fn new(reconciliations: Arc<Reconciliations>, clock: SharedClock) -> Self {
        Self { reconciliations, clock, not_before: Duration::ZERO }
    }

    /// Looks at the clock until shutdown. `failed` is told of every error, and of every success after one.
    pub async fn run(mut self, shutdown: Shutdown, failed: impl Fn(Option<&ReconcileError>)) {
        loop {
            // A run is not waited for: what it stored so far is taken back when the collector starts again.
            let Some(outcome) = shutdown.run_until(self.look()).await else { return };
            match outcome {
                Ok(true) => failed(None),
                Ok(false) => {}
                Err(error) => {
                    self.not_before = self.clock.boottime() + AGAIN_AFTER_ERROR;
                    failed(Some(&error));
                }
            }
            if shutdown.run_until(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
                return;
            }
        }
    }

    /// Runs if a run is due; tells whether it did.
    async fn look(&self) -> Result<bool, ReconcileError> {
        if self.clock.boottime() < self.not_before {
            return Ok(false);
        }
        self.reconciliations.recover_if_idle().await?;
        let Some(run) = self.reconciliations.run_if_due().await? else { return Ok(false) };
        match run.error {
            Some(error) => Err(ReconcileError::GivenUp(error)),
            None => {
                tracing::info!(run = run.id, not_compliant = run.counts.not_compliant, "weekly reconciliation");
                Ok(true)
            }
        }
    }
}
