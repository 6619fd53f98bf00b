//! Daily peaks and the sessions behind them.

use crate::store::{
    StoreError,
    records::{ClosedSession, UsageRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

/// Daily peaks and session history.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Stores each record whose peak is higher than the stored one of its date, application and kind; lower and equal ones change nothing.
    async fn raise(&self, records: Vec<UsageRecord>) -> Result<(), StoreError>;
    /// Records of site dates from `from` to `to`, both inside, ordered by date, application, kind.
    async fn peaks(&self, application: Option<&str>, from: NaiveDate, to: NaiveDate) -> Result<Vec<UsageRecord>, StoreError>;
    /// Forgets peaks, and what was asked of pools, of site dates before `before`, at most `limit` rows, the oldest first; returns how many.
    async fn forget_days(&self, before: NaiveDate, limit: usize) -> Result<usize, StoreError>;
    /// Closed sessions whose time touches `from..to`, ordered by end.
    async fn closed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedSession>, StoreError>;
    /// Closed sessions that ended in `from..to`, ordered by end.
    async fn ended(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedSession>, StoreError>;
    /// Forgets closed sessions that ended before `before`, at most `limit`; returns how many.
    async fn forget(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError>;
}
