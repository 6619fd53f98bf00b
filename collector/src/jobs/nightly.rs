//! The nightly compliance run: once per site date, at the configured local time, caught up once when nights were missed.

use crate::{
    compliance::{Compliance, RunError},
    store::{StoreError, Stores, records::RunKind},
};
use muster_runtime::{clock::SharedClock, shutdown::Shutdown};
use std::{sync::Arc, time::Duration};

const JOB: &str = "nightly";
const LOOK_EVERY: Duration = Duration::from_secs(10);
const LEASE: Duration = Duration::from_secs(600);
const AGAIN_AFTER_ERROR: Duration = Duration::from_secs(900);

/// The nightly job.
pub struct Nightly {
    compliance: Arc<Compliance>,
    stores: Stores,
    clock: SharedClock,
    holder: String,
    /// Boot time before which a failed run is not tried again.
    not_before: Duration,
}

impl Nightly {
    /// The job of this collector; `holder` tells it from others on the same store.
    #[must_use]
    pub fn new(compliance: Arc<Compliance>, stores: Stores, clock: SharedClock, holder: String) -> Self {
        Self { compliance, stores, clock, holder, not_before: Duration::ZERO }
    }

    /// Looks at the clock until shutdown. `failed` is told of every error, and of every success after one.
    pub async fn run(mut self, shutdown: Shutdown, failed: impl Fn(Option<&RunError>)) {
        loop {
            match self.look().await {
                Ok(ran) => {
                    if ran {
                        failed(None);
                    }
                }
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
    async fn look(&mut self) -> Result<bool, RunError> {
        if self.clock.boottime() < self.not_before {
            return Ok(false);
        }
        let now = self.compliance.time();
        let last = self.stores.license.last_date(RunKind::Nightly, self.compliance.zone().site_date(now)).await?;
        if self.compliance.zone().run_due(last, now, self.compliance.nightly_at()).is_none() {
            return Ok(false);
        }
        if self.stores.system.claim(JOB, &self.holder, now, LEASE).await?.is_none() {
            return Ok(false);
        }
        match self.compliance.run(RunKind::Nightly, "collector").await {
            Ok(run) => {
                if run.error.is_some() {
                    self.not_before = self.clock.boottime() + AGAIN_AFTER_ERROR;
                }
                tracing::info!(count = run.asset_count, limit = run.asset_limit, state = run.state_after, "nightly run");
                Ok(true)
            }
            // Another holder was first with this site date.
            Err(RunError::Store(StoreError::Conflict(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
