//! Subscription units.

use crate::store::{
    StoreError,
    records::{AuditEntry, ResourceCategoryRecord, UnitChoiceRecord, UnitReportRecord},
};
use async_trait::async_trait;
use chrono::NaiveDate;

/// What is opted in, the resource categories of the site, and the reports.
#[async_trait]
pub trait UnitStore: Send + Sync {
    /// Every act of opting in or out, oldest first.
    async fn choices(&self) -> Result<Vec<UnitChoiceRecord>, StoreError>;
    /// Records an act. The same as the last one of its category, compared without case, is a conflict.
    async fn choose(&self, choice: UnitChoiceRecord, audit: AuditEntry) -> Result<(), StoreError>;
    /// Resource categories that differ from the published ones, ordered by name.
    async fn categories(&self) -> Result<Vec<ResourceCategoryRecord>, StoreError>;
    /// Creates or replaces one, by name without regard to case.
    async fn put_category(&self, category: ResourceCategoryRecord, audit: AuditEntry) -> Result<(), StoreError>;
    /// Removes one, by name without regard to case; tells whether there was one. Nothing is recorded where there was none.
    async fn remove_category(&self, name: &str, audit: AuditEntry) -> Result<bool, StoreError>;
    /// Keeps a report, unless its site date has one; tells whether it was kept.
    async fn keep_report(&self, report: UnitReportRecord) -> Result<bool, StoreError>;
    /// At most `limit` reports of dates before `before`, newest first.
    async fn reports(&self, before: Option<NaiveDate>, limit: usize) -> Result<Vec<UnitReportRecord>, StoreError>;
}
