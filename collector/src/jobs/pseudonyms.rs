//! The nightly replacement of names in the history of use that are older than the setting keeps them, and every hour the end of
//! answers that were kept for requests with an idempotency key.

use crate::privacy::{Privacy, PrivacyError};
use muster_runtime::shutdown::Shutdown;
use std::{sync::Arc, time::Duration};

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After so many looks answers are forgotten: an hour.
const FORGET_EVERY: u32 = 60;

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
        let mut round = 0_u32;
        while shutdown.run_until(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            // Neither waits for the other to succeed.
            let replaced = self.replace().await;
            let forgotten =
                if round.is_multiple_of(FORGET_EVERY) { self.privacy.forget_answers().await.map(drop) } else { Ok(()) };
            if forgotten.is_ok() {
                round = round.wrapping_add(1);
            }
            failed(replaced.and(forgotten).err().as_ref());
        }
    }

    async fn replace(&self) -> Result<(), PrivacyError> {
        if let Some(rows) = self.privacy.pseudonymise_if_due().await? {
            tracing::info!(rows, "names were replaced in the history of use");
        }
        Ok(())
    }
}
