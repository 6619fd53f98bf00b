//! Accounts and API tokens in memory: no request waits for the store to be recognised, and a change that is stored is in force
//! at once, whether or not the store can be read afterwards.

use super::last_uses::LastUses;
use crate::store::{
    StoreError,
    ports::PeopleStore,
    records::{ApiTokenRecord, AuditEntry, UserRecord},
};
use arc_swap::ArcSwap;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;

#[derive(Default, Clone)]
struct Known {
    users: HashMap<String, UserRecord>,
    tokens: HashMap<String, ApiTokenRecord>,
}

/// Accounts and API tokens.
pub struct Directory {
    store: Arc<dyn PeopleStore>,
    known: ArcSwap<Known>,
    changing: Mutex<()>,
    uses: Arc<LastUses>,
}

impl Directory {
    /// Reads everybody from the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(store: Arc<dyn PeopleStore>) -> Result<Self, StoreError> {
        let users = store.users().await?.into_iter().map(|user| (user.name.clone(), user)).collect();
        let tokens = store.api_tokens().await?.into_iter().map(|token| (token.id.clone(), token)).collect();
        let uses = Arc::new(LastUses::load(Arc::clone(&store)).await?);
        Ok(Self { store, uses, known: ArcSwap::from_pointee(Known { users, tokens }), changing: Mutex::new(()) })
    }

    /// When accounts and tokens were last used.
    #[must_use]
    pub fn uses(&self) -> &Arc<LastUses> {
        &self.uses
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

    /// Makes an account.
    ///
    /// # Errors
    /// When there is one of that name, or the store refuses.
    pub async fn add_user(&self, user: UserRecord, audit: AuditEntry) -> Result<(), StoreError> {
        let _alone = self.changing.lock().await;
        self.store.add_user(user.clone(), audit).await?;
        self.learn(|known| drop(known.users.insert(user.name.clone(), user)));
        Ok(())
    }

    /// Changes one account as one step: nobody else changes an account in between. `audit` is told what it was and what it is.
    /// Returns what is stored now.
    ///
    /// # Errors
    /// When there is no such account, or the change or the store refuses.
    pub async fn change_user(
        &self,
        name: &str,
        change: impl FnOnce(&mut UserRecord) -> Result<(), StoreError> + Send,
        audit: impl FnOnce(&UserRecord, &UserRecord) -> Option<AuditEntry> + Send,
    ) -> Result<UserRecord, StoreError> {
        let _alone = self.changing.lock().await;
        let before = self.stored(name).await?;
        let mut user = before.clone();
        change(&mut user)?;
        self.store.put_user(user.clone(), audit(&before, &user)).await?;
        self.learn(|known| drop(known.users.insert(user.name.clone(), user.clone())));
        Ok(user)
    }

    /// Deletes an account. `audit` is told what it was, and may refuse.
    ///
    /// # Errors
    /// When there is no such account, it is the last owner, or `audit` or the store refuses.
    pub async fn delete_user(
        &self,
        name: &str,
        audit: impl FnOnce(&UserRecord) -> Result<AuditEntry, StoreError> + Send,
    ) -> Result<UserRecord, StoreError> {
        let _alone = self.changing.lock().await;
        let user = self.stored(name).await?;
        self.store.delete_user(name, audit(&user)?).await?;
        self.learn(|known| drop(known.users.remove(name)));
        self.uses.forget(&format!("user:{name}"));
        Ok(user)
    }

    /// Creates or replaces an API token.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn put_token(&self, token: ApiTokenRecord, audit: AuditEntry) -> Result<(), StoreError> {
        let _alone = self.changing.lock().await;
        self.store.put_api_token(token.clone(), audit).await?;
        self.learn(|known| drop(known.tokens.insert(token.id.clone(), token)));
        Ok(())
    }

    async fn stored(&self, name: &str) -> Result<UserRecord, StoreError> {
        self.store.user(name).await?.ok_or_else(|| StoreError::NotFound { what: "user", id: name.to_owned() })
    }

    /// Takes a stored change over. Only who holds `changing` calls it, so that no change is lost.
    fn learn(&self, change: impl FnOnce(&mut Known)) {
        let mut known = Known::clone(&self.known.load());
        change(&mut known);
        self.known.store(Arc::new(known));
    }
}
