//! Imports of files that were run, with the lines that were refused.

use crate::store::{
    StoreError,
    records::{AuditEntry, ImportRun, LineState, RefusedLine},
};
use async_trait::async_trait;
use uuid::Uuid;

/// Runs of imports.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Keeps a run, in the place of one with the same id, and forgets the oldest with their lines so that at most `keep` are there.
    async fn put(&self, run: ImportRun, keep: usize, audit: AuditEntry) -> Result<(), StoreError>;
    /// Keeps lines that a run refused.
    async fn refuse(&self, run: Uuid, lines: Vec<RefusedLine>) -> Result<(), StoreError>;
    /// At most `limit` runs with ids below `before`, newest first.
    async fn list(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<ImportRun>, StoreError>;
    /// One run.
    async fn get(&self, run: Uuid) -> Result<Option<ImportRun>, StoreError>;
    /// At most `limit` refused lines of a run with numbers above `after`, in the order of the file.
    async fn lines(&self, run: Uuid, after: u64, limit: usize) -> Result<Vec<RefusedLine>, StoreError>;
    /// Sets the state of a refused line; none where it is not there.
    async fn set_line(
        &self,
        run: Uuid,
        line: u64,
        state: LineState,
        audit: AuditEntry,
    ) -> Result<Option<RefusedLine>, StoreError>;
}
