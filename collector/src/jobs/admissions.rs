//! What administrators must decide about agents: alerts that time alone raises, such as an agent that waits for a day.

use crate::ingest::Fleet;
use muster_runtime::shutdown::Shutdown;
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_secs(30);

/// The job that looks who waits.
pub struct Admissions {
    fleet: Arc<Fleet>,
}

impl Admissions {
    /// Of these agents.
    #[must_use]
    pub fn new(fleet: Arc<Fleet>) -> Self {
        Self { fleet }
    }

    /// Looks until shutdown.
    pub async fn run(self, shutdown: Shutdown) {
        while shutdown.run_until(tokio::time::sleep(EVERY)).await.is_some() {
            self.fleet.watch();
        }
    }
}
