//! The audit log.

use crate::store::{
    StoreError,
    records::{AuditEntry, AuditRecord},
};
use async_trait::async_trait;

/// The audit log.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Appends an entry that goes with no other change.
    async fn append(&self, entry: AuditEntry) -> Result<(), StoreError>;
    /// Up to `limit` entries with a number below `before` (all if none), newest first.
    async fn page(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditRecord>, StoreError>;
    /// Up to `limit` entries with a number above `after`, oldest first.
    async fn after(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>, StoreError>;
    /// Walks the chain: the number of entries, or the number of the first entry that does not fit.
    async fn verify(&self) -> Result<Result<u64, u64>, StoreError>;
}
