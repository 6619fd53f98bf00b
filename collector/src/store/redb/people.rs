//! Accounts and API tokens.

use super::{
    audit, codec,
    store::RedbStore,
    tables::{API_TOKENS, USERS},
};
use crate::store::{
    StoreError,
    ports::PeopleStore,
    records::{ApiTokenRecord, AuditEntry, UserRecord},
};
use async_trait::async_trait;

#[async_trait]
impl PeopleStore for RedbStore {
    async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        self.read("people.users", |txn| codec::all(&txn.open_table(USERS)?)).await
    }

    async fn user(&self, name: &str) -> Result<Option<UserRecord>, StoreError> {
        let name = name.to_owned();
        self.read("people.user", move |txn| codec::get(&txn.open_table(USERS)?, name.as_str())).await
    }

    async fn put_user(&self, user: UserRecord, audit: Option<AuditEntry>) -> Result<(), StoreError> {
        self.write("people.put_user", move |txn| {
            codec::put(&mut txn.open_table(USERS)?, user.name.as_str(), &user)?;
            audit.as_ref().map_or(Ok(()), |audit| audit::append_in(txn, audit))
        })
        .await
    }

    async fn api_tokens(&self) -> Result<Vec<ApiTokenRecord>, StoreError> {
        self.read("people.api_tokens", |txn| codec::all(&txn.open_table(API_TOKENS)?)).await
    }

    async fn put_api_token(&self, token: ApiTokenRecord, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("people.put_api_token", move |txn| {
            codec::put(&mut txn.open_table(API_TOKENS)?, token.id.as_str(), &token)?;
            audit::append_in(txn, &audit)
        })
        .await
    }
}
