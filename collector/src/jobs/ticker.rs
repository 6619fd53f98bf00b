//! What time alone changes: an expired licence, a fresh verdict, the clock's alerts, the watchdog of the service manager.

use crate::compliance::{Compliance, RunError};
use muster_runtime::{service, shutdown::Shutdown};
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_secs(5);

/// The ticking job.
pub struct Ticker {
    compliance: Arc<Compliance>,
}

impl Ticker {
    /// Of this service.
    #[must_use]
    pub fn new(compliance: Arc<Compliance>) -> Self {
        Self { compliance }
    }

    /// Ticks until shutdown. The watchdog is petted only after a tick that worked: it read the store and could commit.
    pub async fn run(self, shutdown: Shutdown, failed: impl Fn(Option<&RunError>)) {
        let every = service::watchdog().map_or(EVERY, |interval| interval.min(EVERY));
        loop {
            match self.compliance.tick().await {
                Ok(()) => {
                    service::pet();
                    failed(None);
                }
                Err(error) => failed(Some(&error)),
            }
            if shutdown.run_until(tokio::time::sleep(every)).await.is_none() {
                return;
            }
        }
    }
}
