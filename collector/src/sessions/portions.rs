//! How the stored history of sessions is gone through: in portions, and beside what else is under way.

use super::registry::Sessions;
use crate::store::StoreError;

/// Dates whose sessions are read together.
pub(super) const DATES_AT_ONCE: usize = 8;
/// Journal entries folded in one transaction.
const FOLD_AT_ONCE: usize = 5_000;

impl Sessions {
    /// Puts what was decided until now, and what the journal holds, into the history.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn settle_history(&self) -> Result<(), StoreError> {
        self.settle_pools().await?;
        self.fold_journal().await
    }

    /// Makes history of what the journal holds; until then it is none.
    pub(super) async fn fold_journal(&self) -> Result<(), StoreError> {
        while self.stores.reports.fold(FOLD_AT_ONCE).await? > 0 {}
        Ok(())
    }
}

/// The days of a large site take long enough to hold up others.
pub(super) async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Unavailable { operation, reason: error.to_string() })
}
