//! Credentials of agents of another make.

use super::{audit, codec, fault::Fault, store::RedbStore, tables::INTEROP_CREDENTIALS};
use crate::store::{
    StoreError,
    ports::InteropStore,
    records::{AuditEntry, InteropCredentialRecord},
};
use async_trait::async_trait;
use redb::{ReadableTable, ReadableTableMetadata as _, WriteTransaction};

#[async_trait]
impl InteropStore for RedbStore {
    async fn create(&self, credential: InteropCredentialRecord, most: usize, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("interop.create", move |txn| create(txn, &credential, most, &audit)).await
    }

    async fn all(&self) -> Result<Vec<InteropCredentialRecord>, StoreError> {
        self.read("interop.all", |txn| newest_first(&txn.open_table(INTEROP_CREDENTIALS)?)).await
    }

    async fn revoke(&self, id: &str, audit: AuditEntry) -> Result<InteropCredentialRecord, StoreError> {
        let id = id.to_owned();
        self.write("interop.revoke", move |txn| {
            let mut table = txn.open_table(INTEROP_CREDENTIALS)?;
            let Some(mut credential) = codec::get::<_, InteropCredentialRecord>(&table, id.as_str())? else {
                return Err(StoreError::NotFound { what: "interop credential", id: id.clone() }.into());
            };
            credential.revoked = true;
            codec::put(&mut table, id.as_str(), &credential)?;
            audit::append_in(txn, &audit)?;
            Ok(credential)
        })
        .await
    }
}

fn create(txn: &WriteTransaction, credential: &InteropCredentialRecord, most: usize, audit: &AuditEntry) -> Result<(), Fault> {
    let mut table = txn.open_table(INTEROP_CREDENTIALS)?;
    if table.get(credential.id.as_str())?.is_some() {
        return Err(StoreError::Conflict(format!("there is an interop credential {} already", credential.id)).into());
    }
    while usize::try_from(table.len()?).is_ok_and(|stored| stored >= most) {
        let oldest = newest_first(&table)?.into_iter().rfind(|other| other.revoked);
        let Some(oldest) = oldest else {
            let text = format!("there are {most} interop credentials in force; take back those that nobody uses");
            return Err(StoreError::Conflict(text).into());
        };
        table.remove(oldest.id.as_str())?;
    }
    codec::put(&mut table, credential.id.as_str(), credential)?;
    audit::append_in(txn, audit)
}

fn newest_first(table: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Vec<InteropCredentialRecord>, Fault> {
    let mut credentials: Vec<InteropCredentialRecord> = codec::all(table)?;
    credentials.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
    Ok(credentials)
}
