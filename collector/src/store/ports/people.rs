//! Accounts and API tokens.

use crate::store::{
    StoreError,
    records::{ApiTokenRecord, AuditEntry, UserRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Accounts and API tokens.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// Every account, ordered by name.
    async fn users(&self) -> Result<Vec<UserRecord>, StoreError>;
    /// One account.
    async fn user(&self, name: &str) -> Result<Option<UserRecord>, StoreError>;
    /// Makes an account. A conflict when there is one of that name, whatever the case of its letters, or of the same person of a
    /// provider.
    async fn add_user(&self, user: UserRecord, audit: AuditEntry) -> Result<(), StoreError>;
    /// Creates or replaces an account; `audit` is none for soft state such as failed attempts. A conflict when no enabled owner
    /// would be left where there was one, or none with a password.
    async fn put_user(&self, user: UserRecord, audit: Option<AuditEntry>) -> Result<(), StoreError>;
    /// Deletes an account, and when it was last used. A conflict when it is the last enabled owner, or the last
    /// with a password.
    async fn delete_user(&self, name: &str, audit: AuditEntry) -> Result<(), StoreError>;
    /// Every API token.
    async fn api_tokens(&self) -> Result<Vec<ApiTokenRecord>, StoreError>;
    /// Creates or replaces an API token.
    async fn put_api_token(&self, token: ApiTokenRecord, audit: AuditEntry) -> Result<(), StoreError>;
    /// When logins were last used, by `token:ID` and `user:NAME`.
    async fn last_uses(&self) -> Result<BTreeMap<String, DateTime<Utc>>, StoreError>;
    /// They were used at these times, whatever is stored. An account that there is no more, by its login `user:NAME`, is left out.
    async fn note_uses(&self, uses: Vec<(String, DateTime<Utc>)>) -> Result<(), StoreError>;
}
