//! Pools and their check-outs.

use crate::store::{
    StoreError,
    records::{AuditEntry, ClaimChange, ClaimRecord, ClosedCheckout, DemandRecord, HourRecord, UncountedUse},
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::ids::CheckoutId;

/// What one or several decisions changed, as one unit of work. Storing it once more changes nothing: rows are put as they are now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Claims that are new, changed or over; one change for a claim.
    pub claims: Vec<ClaimChange>,
    /// Check-outs that are over.
    pub closed: Vec<ClosedCheckout>,
    /// What was asked, each row as it is now.
    pub demand: Vec<DemandRecord>,
    /// How applications were used, each hour as it is known now.
    pub hours: Vec<HourRecord>,
    /// What administrators did. Unlike the rows, an entry that is stored once more stands in the log twice.
    pub audit: Vec<AuditEntry>,
}

/// Pools and their check-outs.
#[async_trait]
pub trait CheckoutStore: Send + Sync {
    /// Stores decisions: all of them, or none. Decisions that wait at the same time are committed together.
    async fn commit(&self, decisions: Decisions) -> Result<(), StoreError>;
    /// Every claim, ordered by application and id.
    async fn claims(&self) -> Result<Vec<ClaimRecord>, StoreError>;
    /// Check-outs that are over and whose time touches `from..to`, ordered by end.
    async fn closed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedCheckout>, StoreError>;
    /// Check-outs that ended in `from..to`, ordered by end.
    async fn ended(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClosedCheckout>, StoreError>;
    /// Forgets check-outs that ended before `before`, at most `limit`; returns how many.
    async fn forget(&self, before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError>;
    /// What was asked on site dates from `from` to `to`, both inside, ordered by date and application.
    async fn demand(&self, application: Option<&str>, from: NaiveDate, to: NaiveDate) -> Result<Vec<DemandRecord>, StoreError>;
    /// Keeps uses that count nowhere; one that is known by its id stays as it is. Of all of them the newest `most` are kept, by
    /// the time when they were told; returns how many older ones were dropped.
    async fn keep_uncounted(&self, uses: Vec<UncountedUse>, most: usize) -> Result<usize, StoreError>;
    /// Every use that counts nowhere, in the order in which they were told.
    async fn uncounted(&self) -> Result<Vec<UncountedUse>, StoreError>;
    /// These count by now: they are no longer kept, and one entry says so. Ids that are not known change nothing.
    async fn now_counted(&self, ids: Vec<CheckoutId>, audit: AuditEntry) -> Result<(), StoreError>;
    /// An administrator has seen one; [`StoreError::NotFound`] when there is none of this id.
    async fn dismiss_uncounted(&self, id: CheckoutId, audit: AuditEntry) -> Result<(), StoreError>;
}
