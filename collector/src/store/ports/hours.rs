//! Hourly use of applications. Rows are stored with the decisions of the pools, see [`super::CheckoutStore::commit`].

use crate::store::{StoreError, records::HourRecord};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Hourly use of applications.
#[async_trait]
pub trait HourStore: Send + Sync {
    /// Rows of hours that begin in `from..to`, ordered by hour and application, at most `limit`. With `after`, those behind the row
    /// of that hour and application.
    async fn page(
        &self,
        application: Option<&str>,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: Option<(DateTime<Utc>, String)>,
        limit: usize,
    ) -> Result<Vec<HourRecord>, StoreError>;
    /// Forgets hours that began before `before`, at most `limit` rows, the oldest first; returns how many.
    async fn forget(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError>;
}
