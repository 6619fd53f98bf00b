//! Applications.

use super::{
    audit, codec,
    store::RedbStore,
    tables::{APPLICATIONS, folded},
};
use crate::store::{
    StoreError,
    ports::ApplicationStore,
    records::{ApplicationRecord, AuditEntry},
};
use async_trait::async_trait;
use muster_domain::session::Application;

#[async_trait]
impl ApplicationStore for RedbStore {
    async fn all(&self) -> Result<Vec<ApplicationRecord>, StoreError> {
        self.read("applications.all", |txn| codec::all(&txn.open_table(APPLICATIONS)?)).await
    }

    async fn put(
        &self,
        application: Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<ApplicationRecord, StoreError> {
        let key = folded(&application.name);
        self.write("applications.put", move |txn| {
            let mut table = txn.open_table(APPLICATIONS)?;
            let version = codec::get::<_, ApplicationRecord>(&table, key.as_str())?.map_or(0, |stored| stored.version);
            if expected.is_some_and(|expected| expected != version) {
                return Err(StoreError::Conflict(format!(
                    "application {} has version {version}; somebody changed it meanwhile",
                    application.name
                ))
                .into());
            }
            let record = ApplicationRecord { application: application.clone(), version: version.saturating_add(1) };
            codec::put(&mut table, key.as_str(), &record)?;
            audit::append_in(txn, &audit)?;
            Ok(record)
        })
        .await
    }

    async fn delete(&self, name: &str, audit: AuditEntry) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write("applications.delete", move |txn| {
            if txn.open_table(APPLICATIONS)?.remove(folded(&name).as_str())?.is_none() {
                return Err(StoreError::NotFound { what: "application", id: name.clone() }.into());
            }
            audit::append_in(txn, &audit)
        })
        .await
    }
}
