//! Groups of users.

use super::{
    audit, codec,
    store::RedbStore,
    tables::{GROUPS, folded},
};
use crate::store::{
    StoreError,
    ports::GroupStore,
    records::{AuditEntry, GroupRecord},
};
use async_trait::async_trait;

#[async_trait]
impl GroupStore for RedbStore {
    async fn all(&self) -> Result<Vec<GroupRecord>, StoreError> {
        self.read("groups.all", |txn| codec::all(&txn.open_table(GROUPS)?)).await
    }

    async fn put(&self, group: GroupRecord, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("groups.put", move |txn| {
            codec::put(&mut txn.open_table(GROUPS)?, folded(&group.name).as_str(), &group)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn delete(&self, name: &str, audit: AuditEntry) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write("groups.delete", move |txn| {
            if txn.open_table(GROUPS)?.remove(folded(&name).as_str())?.is_none() {
                return Err(StoreError::NotFound { what: "group", id: name.clone() }.into());
            }
            audit::append_in(txn, &audit)
        })
        .await
    }
}
