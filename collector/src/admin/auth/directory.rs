//! Accounts and API tokens in memory, read again after each change: no request waits for the store to be recognised.

use crate::store::{
    StoreError,
    ports::PeopleStore,
    records::{ApiTokenRecord, AuditEntry, UserRecord},
};
use arc_swap::ArcSwap;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;

#[derive(Default)]
struct Known {
    users: HashMap<String, UserRecord>,
    tokens: HashMap<String, ApiTokenRecord>,
}

/// Accounts and API tokens.
pub struct Directory {
    store: Arc<dyn PeopleStore>,
    known: ArcSwap<Known>,
    changing: Mutex<()>,
}

impl Directory {
    /// Reads everybody from the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(store: Arc<dyn PeopleStore>) -> Result<Self, StoreError> {
        let directory = Self { store, known: ArcSwap::default(), changing: Mutex::new(()) };
        directory.reload().await?;
        Ok(directory)
    }

    /// Reads everybody again, after a change that was made elsewhere.
    ///
    /// # Errors
    /// When the store cannot be read; what was known stays.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let users = self.store.users().await?.into_iter().map(|user| (user.name.clone(), user)).collect();
        let tokens = self.store.api_tokens().await?.into_iter().map(|token| (token.id.clone(), token)).collect();
        self.known.store(Arc::new(Known { users, tokens }));
        Ok(())
    }

    /// One account.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<UserRecord> {
        self.known.load().users.get(name).cloned()
    }

    /// One API token.
    #[must_use]
    pub fn token(&self, id: &str) -> Option<ApiTokenRecord> {
        self.known.load().tokens.get(id).cloned()
    }

    /// Every account, ordered by name.
    #[must_use]
    pub fn users(&self) -> Vec<UserRecord> {
        let mut users: Vec<UserRecord> = self.known.load().users.values().cloned().collect();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        users
    }

    /// Every API token, newest first.
    #[must_use]
    pub fn tokens(&self) -> Vec<ApiTokenRecord> {
        let mut tokens: Vec<ApiTokenRecord> = self.known.load().tokens.values().cloned().collect();
        tokens.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
        tokens
    }

    /// Changes one account as one step: nobody else changes an account in between. Returns what is stored now.
    ///
    /// # Errors
    /// When there is no such account or the store refuses.
    pub async fn change_user(
        &self,
        name: &str,
        audit: Option<AuditEntry>,
        change: impl FnOnce(&mut UserRecord) + Send,
    ) -> Result<UserRecord, StoreError> {
        let _alone = self.changing.lock().await;
        let missing = || StoreError::NotFound { what: "user", id: name.to_owned() };
        let mut user = self.store.user(name).await?.ok_or_else(missing)?;
        change(&mut user);
        self.store.put_user(user.clone(), audit).await?;
        self.reload().await?;
        Ok(user)
    }

    /// Creates or replaces an API token.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn put_token(&self, token: ApiTokenRecord, audit: AuditEntry) -> Result<(), StoreError> {
        let _alone = self.changing.lock().await;
        self.store.put_api_token(token, audit).await?;
        self.reload().await
    }
}
