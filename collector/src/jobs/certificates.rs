//! Renewal of the server certificate, well before it ends.

use crate::trust::serving::{Serving, ServingError};
use muster_runtime::{clock::SharedClock, shutdown::Shutdown};
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_secs(3600);

/// The renewing job.
pub struct Certificates {
    serving: Arc<Serving>,
    clock: SharedClock,
}

impl Certificates {
    /// Of this certificate.
    #[must_use]
    pub fn new(serving: Arc<Serving>, clock: SharedClock) -> Self {
        Self { serving, clock }
    }

    /// Looks at it every hour until shutdown.
    pub async fn run(self, shutdown: Shutdown, failed: impl Fn(Option<&ServingError>)) {
        while shutdown.run_until(tokio::time::sleep(EVERY)).await.is_some() {
            failed(self.serving.renew(self.clock.now()).err().as_ref());
        }
    }
}
