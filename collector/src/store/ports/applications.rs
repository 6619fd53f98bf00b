//! Applications.

use crate::store::{
    StoreError,
    records::{ApplicationRecord, AuditEntry},
};
use async_trait::async_trait;
use muster_domain::session::Application;

/// Applications, by name without regard to case.
#[async_trait]
pub trait ApplicationStore: Send + Sync {
    /// Every application, ordered by name.
    async fn all(&self) -> Result<Vec<ApplicationRecord>, StoreError>;
    /// Creates or replaces one; `expected` is the version it must have now (`None`: any). Returns what is stored.
    async fn put(
        &self,
        application: Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<ApplicationRecord, StoreError>;
    /// Deletes one.
    async fn delete(&self, name: &str, audit: AuditEntry) -> Result<(), StoreError>;
}
