//! The nightly replacement of names in the history of use that are older than the setting keeps them.

use crate::privacy::{Privacy, PrivacyError};
use muster_runtime::shutdown::Shutdown;
use std::{sync::Arc, time::Duration};

const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The job.
pub struct PseudonymJob {
    privacy: Arc<Privacy>,
}

impl PseudonymJob {
    /// Over this service.
    #[must_use]
    pub const fn new(privacy: Arc<Privacy>) -> Self {
        Self { privacy }
    }

    /// Looks whether a night is over until shutdown. `failed` is told of every error, and of every success.
    pub async fn run(self, shutdown: Shutdown, failed: impl Fn(Option<&PrivacyError>)) {
        while shutdown.run_until(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let outcome = self.privacy.pseudonymise_if_due().await;
            if let Ok(Some(rows)) = &outcome {
                tracing::info!(rows, "names were replaced in the history of use");
            }
            failed(outcome.as_ref().err());
        }
    }
}
