//! Records of software asset management.

use crate::store::{
    StoreError,
    records::{AuditEntry, ImportRun, RecordCause, RecordEvent, RecordRow, RefusedLine},
};
use async_trait::async_trait;
use uuid::Uuid;

/// One change of a record.
#[derive(Debug, Clone)]
pub struct RecordChange {
    /// The path of its kind.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
    /// The revision that it has now; none where it is not there.
    pub expects: Option<u64>,
    /// As it is to be; none deletes it.
    pub after: Option<RecordRow>,
    /// What made it change.
    pub cause: RecordCause,
}

/// How far an import is, to be kept with the changes that brought it there.
#[derive(Debug, Clone)]
pub struct ImportStep {
    /// The run as it is then, in the place of what was kept of it.
    pub run: ImportRun,
    /// Lines that it refused, or whose state is another one now.
    pub lines: Vec<RefusedLine>,
}

/// Records of every kind.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// Every record, or those of one kind, ordered by kind and id.
    async fn all(&self, kind: Option<&str>) -> Result<Vec<RecordRow>, StoreError>;
    /// Makes all changes or none, each with an entry of its history by `audit`'s actor and time. A record of another revision, or
    /// with a key that another record of the kind has, is a conflict.
    async fn change(&self, changes: Vec<RecordChange>, audit: AuditEntry) -> Result<(), StoreError>;
    /// The same for a portion of an import, and keeps how far it is in the same unit of work. A portion that changes no record needs no
    /// audit entry and makes none.
    async fn import(&self, changes: Vec<RecordChange>, step: ImportStep, audit: AuditEntry) -> Result<(), StoreError>;
    /// At most `limit` entries of a record's history with numbers below `before`, newest first.
    async fn history(&self, kind: &str, id: Uuid, before: Option<u64>, limit: usize) -> Result<Vec<RecordEvent>, StoreError>;
}
