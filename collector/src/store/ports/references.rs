//! The records that reference fields point to.

use crate::store::{
    StoreError,
    records::{AuditEntry, ReferenceRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::asset::reference::Table;
use uuid::Uuid;

/// A change of a record; what is none stays.
#[derive(Debug, Clone)]
pub struct ReferenceChange {
    /// Whose record.
    pub table: Table,
    /// Which record.
    pub id: Uuid,
    /// Another display value.
    pub name: Option<String>,
    /// Another record above it, or none.
    pub parent: Option<Option<Uuid>>,
    /// Whether it should be chosen for anything new.
    pub active: Option<bool>,
    /// The collector's time.
    pub at: DateTime<Utc>,
}

/// The records that reference fields point to.
#[async_trait]
pub trait ReferenceStore: Send + Sync {
    /// Every record of a table, or of all tables, ordered by table and id.
    async fn all(&self, table: Option<Table>) -> Result<Vec<ReferenceRecord>, StoreError>;
    /// One record.
    async fn get(&self, table: Table, id: Uuid) -> Result<Option<ReferenceRecord>, StoreError>;
    /// The record with this display value, without regard to case.
    async fn find(&self, table: Table, name: &str) -> Result<Option<ReferenceRecord>, StoreError>;
    /// Stores new records, all or none. A display value or id that is taken is a conflict; a parent must be there, perhaps as
    /// an earlier record of these.
    async fn add(&self, records: Vec<ReferenceRecord>, audit: AuditEntry) -> Result<(), StoreError>;
    /// Changes a record; the audit entry gets before and after. A parent that is the record itself or below it is refused.
    /// Returns the new record.
    async fn edit(&self, change: ReferenceChange, audit: AuditEntry) -> Result<ReferenceRecord, StoreError>;
    /// Deletes a record. While an asset or another record points to it, that is a conflict which names some of them.
    async fn delete(&self, table: Table, id: Uuid, audit: AuditEntry) -> Result<(), StoreError>;
}
