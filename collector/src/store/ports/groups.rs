//! Groups of users.

use crate::store::{
    StoreError,
    records::{AuditEntry, GroupRecord},
};
use async_trait::async_trait;

/// Groups, by name without regard to case.
#[async_trait]
pub trait GroupStore: Send + Sync {
    /// Every group, ordered by name.
    async fn all(&self) -> Result<Vec<GroupRecord>, StoreError>;
    /// Creates or replaces one.
    async fn put(&self, group: GroupRecord, audit: AuditEntry) -> Result<(), StoreError>;
    /// Deletes one.
    async fn delete(&self, name: &str, audit: AuditEntry) -> Result<(), StoreError>;
}
