//! The store itself: whose it is, settings, job leases, health.

use crate::store::{StoreError, records::AuditEntry};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::{collections::BTreeMap, path::Path, time::Duration};
use uuid::Uuid;

/// A lease of a job: whoever holds the highest token may write its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLease {
    /// The job.
    pub job: String,
    /// Who has it.
    pub holder: String,
    /// Raised with every new holder.
    pub token: u64,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// What a store that was looked through holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Whose it is; none when `init` did not finish.
    pub collector_id: Option<Uuid>,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    /// The first entry of the audit log that does not fit the one before.
    pub audit_broken_at: Option<u64>,
}

/// The store itself.
#[async_trait]
pub trait SystemStore: Send + Sync {
    /// The collector this store belongs to, given once by `init`.
    async fn collector_id(&self) -> Result<Option<Uuid>, StoreError>;
    /// Gives the store its collector.
    async fn set_collector_id(&self, id: Uuid) -> Result<(), StoreError>;
    /// Settings that differ from their default.
    async fn settings(&self) -> Result<BTreeMap<String, String>, StoreError>;
    /// Changes a setting; `None` goes back to the default.
    async fn set(&self, name: &str, value: Option<&str>, audit: AuditEntry) -> Result<(), StoreError>;
    /// Changes several settings with their audit entries, all or none; `None` goes back to the default.
    async fn change_settings(&self, changes: Vec<(String, Option<String>)>, audit: Vec<AuditEntry>) -> Result<(), StoreError>;
    /// Takes the lease of a job, or renews one's own; none while somebody else has it. A lease that ends later than one taken now
    /// would was taken while the clock was wrong, and is over.
    async fn claim(&self, job: &str, holder: &str, now: DateTime<Utc>, ttl: Duration) -> Result<Option<JobLease>, StoreError>;
    /// Writes and reads a probe row: the proof that the store takes commits.
    async fn probe(&self) -> Result<(), StoreError>;
    /// Bytes of the store on disk.
    async fn size_bytes(&self) -> Result<u64, StoreError>;
    /// Copies the store as it is now into a new file, an embedded store of its own, and says how many rows each table has. Changes go
    /// on meanwhile and are not in it. What a failed copy leaves is the caller's to remove.
    async fn copy_to(&self, path: &Path) -> Result<BTreeMap<String, u64>, StoreError>;
    /// Writes what is pending and closes the file; every later call is an error.
    async fn close(&self) -> Result<(), StoreError>;
}
