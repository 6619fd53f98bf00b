//! What of the store an estate is made of: assets, what agents report of them, installs, peaks.
//!
//! In: somebody who wants to look at all of it. Out: rows as the store has them. The store is one inventory, exports of it are another.

use crate::store::{
    StoreError, Stores,
    ports::{HardwareVisit, SoftwareVisit, Visit},
    records::UsageRecord,
};
use async_trait::async_trait;
use chrono::NaiveDate;

/// Rows that an estate is made of.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// Shows every asset, by id.
    async fn assets(&self, visit: Visit) -> Result<(), StoreError>;
    /// Shows the hardware that agents reported.
    async fn hardware(&self, visit: HardwareVisit) -> Result<(), StoreError>;
    /// Shows every install.
    async fn software(&self, visit: SoftwareVisit) -> Result<(), StoreError>;
    /// The applications whose use is tracked.
    async fn applications(&self) -> Result<Vec<String>, StoreError>;
    /// The daily peaks of an application, from one site date to another, both inside.
    async fn peaks(&self, application: &str, from: NaiveDate, to: NaiveDate) -> Result<Vec<UsageRecord>, StoreError>;
}

#[async_trait]
impl Inventory for Stores {
    async fn assets(&self, visit: Visit) -> Result<(), StoreError> {
        self.assets.scan(None, visit).await
    }

    async fn hardware(&self, visit: HardwareVisit) -> Result<(), StoreError> {
        self.assets.visit_hardware(visit).await
    }

    async fn software(&self, visit: SoftwareVisit) -> Result<(), StoreError> {
        self.software.visit(visit).await
    }

    async fn applications(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.applications.all().await?.into_iter().map(|record| record.application.name).collect())
    }

    async fn peaks(&self, application: &str, from: NaiveDate, to: NaiveDate) -> Result<Vec<UsageRecord>, StoreError> {
        self.usage.peaks(Some(application), from, to).await
    }
}
