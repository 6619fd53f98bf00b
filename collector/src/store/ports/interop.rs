//! Credentials of agents of another make.

use crate::store::{
    StoreError,
    records::{AuditEntry, InteropCredentialRecord},
};
use async_trait::async_trait;

/// Credentials of agents of another make.
#[async_trait]
pub trait InteropStore: Send + Sync {
    /// Stores a new credential. Of at most `most` those that were taken back make room, the oldest first; a conflict when none was.
    async fn create(&self, credential: InteropCredentialRecord, most: usize, audit: AuditEntry) -> Result<(), StoreError>;
    /// Every credential, newest first.
    async fn all(&self) -> Result<Vec<InteropCredentialRecord>, StoreError>;
    /// Takes a credential back. Returns what is stored now.
    async fn revoke(&self, id: &str, audit: AuditEntry) -> Result<InteropCredentialRecord, StoreError>;
}
