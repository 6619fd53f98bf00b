//! The weekly report on subscription units, and the numbers of the status between reports.

use crate::units::{Units, UnitsError};
use muster_runtime::shutdown::Shutdown;
use std::{sync::Arc, time::Duration};

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often the status gets new numbers: every so many looks.
const REFRESH_AFTER: u32 = 10;

/// The weekly job.
pub struct Weekly {
    units: Arc<Units>,
}

impl Weekly {
    /// Over these units.
    #[must_use]
    pub const fn new(units: Arc<Units>) -> Self {
        Self { units }
    }

    /// Looks at the clock until shutdown. `failed` is told of every error, and of every success.
    pub async fn run(self, shutdown: Shutdown, failed: impl Fn(Option<&UnitsError>)) {
        let mut looks = 0_u32;
        loop {
            let outcome = self.look(looks.is_multiple_of(REFRESH_AFTER)).await;
            failed(outcome.as_ref().err());
            looks = looks.wrapping_add(1);
            if shutdown.run_until(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
                return;
            }
        }
    }

    async fn look(&self, refresh: bool) -> Result<(), UnitsError> {
        if self.units.report_if_due().await? {
            tracing::info!(consumed = self.units.status().map(|status| status.consumed), "weekly report on subscription units");
        } else if refresh {
            self.units.standing().await?;
        }
        Ok(())
    }
}
