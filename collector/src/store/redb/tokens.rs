//! Join tokens.

use super::{audit, codec, store::RedbStore, tables::TOKENS};
use crate::store::{
    StoreError,
    ports::TokenStore,
    records::{AuditEntry, TokenRecord},
};
use async_trait::async_trait;
use redb::ReadableTable;

#[async_trait]
impl TokenStore for RedbStore {
    async fn create(&self, token: TokenRecord, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("tokens.create", move |txn| {
            let mut table = txn.open_table(TOKENS)?;
            if table.get(token.id.as_str())?.is_some() {
                return Err(StoreError::Conflict(format!("there is a join token {} already", token.id)).into());
            }
            codec::put(&mut table, token.id.as_str(), &token)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn all(&self) -> Result<Vec<TokenRecord>, StoreError> {
        self.read("tokens.all", |txn| {
            let mut tokens: Vec<TokenRecord> = codec::all(&txn.open_table(TOKENS)?)?;
            tokens.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
            Ok(tokens)
        })
        .await
    }

    async fn get(&self, id: &str) -> Result<Option<TokenRecord>, StoreError> {
        let id = id.to_owned();
        self.read("tokens.get", move |txn| codec::get(&txn.open_table(TOKENS)?, id.as_str())).await
    }

    async fn revoke(&self, id: &str, audit: AuditEntry) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write("tokens.revoke", move |txn| {
            let mut table = txn.open_table(TOKENS)?;
            let Some(mut token) = codec::get::<_, TokenRecord>(&table, id.as_str())? else {
                return Err(StoreError::NotFound { what: "join token", id: id.clone() }.into());
            };
            token.revoked = true;
            codec::put(&mut table, id.as_str(), &token)?;
            audit::append_in(txn, &audit)
        })
        .await
    }
}
