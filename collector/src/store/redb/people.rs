//! Accounts and API tokens.

use super::{
    audit, codec,
    fault::Fault,
    store::RedbStore,
    tables::{API_TOKENS, LAST_USES, USERS, folded},
};
use crate::store::{
    StoreError,
    ports::PeopleStore,
    records::{ApiTokenRecord, AuditEntry, Role, UserRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use redb::ReadableTable;
use std::collections::BTreeMap;

#[async_trait]
impl PeopleStore for RedbStore {
    async fn users(&self) -> Result<Vec<UserRecord>, StoreError> {
        self.read("people.users", |txn| codec::all(&txn.open_table(USERS)?)).await
    }

    async fn user(&self, name: &str) -> Result<Option<UserRecord>, StoreError> {
        let name = name.to_owned();
        self.read("people.user", move |txn| codec::get(&txn.open_table(USERS)?, name.as_str())).await
    }

    async fn add_user(&self, user: UserRecord, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("people.add_user", move |txn| {
            let mut users = txn.open_table(USERS)?;
            let same = |other: &UserRecord| folded(&other.name) == folded(&user.name);
            let all: Vec<UserRecord> = codec::all(&users)?;
            if let Some(other) = all.iter().find(|other| same(other)) {
                return Err(StoreError::Conflict(format!("there is a user called {} already", other.name)).into());
            }
            let same = |other: &UserRecord| !user.source.has_password() && other.source == user.source;
            if let Some(other) = all.iter().find(|other| same(other)) {
                return Err(StoreError::Conflict(format!("{} is the same person of the provider", other.name)).into());
            }
            codec::put(&mut users, user.name.as_str(), &user)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn put_user(&self, user: UserRecord, audit: Option<AuditEntry>) -> Result<(), StoreError> {
        self.write("people.put_user", move |txn| {
            let mut users = txn.open_table(USERS)?;
            keep_an_owner(&users, &user.name, Some(&user))?;
            codec::put(&mut users, user.name.as_str(), &user)?;
            audit.as_ref().map_or(Ok(()), |audit| audit::append_in(txn, audit))
        })
        .await
    }

    async fn delete_user(&self, name: &str, audit: AuditEntry) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write("people.delete_user", move |txn| {
            let mut users = txn.open_table(USERS)?;
            keep_an_owner(&users, &name, None)?;
            if users.remove(name.as_str())?.is_none() {
                return Err(StoreError::NotFound { what: "user", id: name.clone() }.into());
            }
            txn.open_table(LAST_USES)?.remove(format!("{ACCOUNT}{name}").as_str())?;
            audit::append_in(txn, &audit)
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

    async fn last_uses(&self) -> Result<BTreeMap<String, DateTime<Utc>>, StoreError> {
        self.read("people.last_uses", |txn| {
            let mut uses = BTreeMap::new();
            for row in txn.open_table(LAST_USES)?.iter()? {
                let (login, at) = row?;
                if let Some(at) = DateTime::from_timestamp(at.value(), 0) {
                    uses.insert(login.value().to_owned(), at);
                }
            }
            Ok(uses)
        })
        .await
    }

    async fn note_uses(&self, uses: Vec<(String, DateTime<Utc>)>) -> Result<(), StoreError> {
        self.write("people.note_uses", move |txn| {
            let (users, mut table) = (txn.open_table(USERS)?, txn.open_table(LAST_USES)?);
            for (login, at) in &uses {
                let gone = match login.strip_prefix(ACCOUNT) {
                    Some(name) => users.get(name)?.is_none(),
                    None => false,
                };
                if !gone {
                    table.insert(login.as_str(), at.timestamp())?;
                }
            }
            Ok(())
        })
        .await
    }
}

/// What the login of an account begins with.
const ACCOUNT: &str = "user:";

/// Whether it can do everything now.
fn owns(user: &UserRecord) -> bool {
    user.enabled && user.role == Role::Owner
}

/// Whether it can do so whatever becomes of the provider of single sign-on.
fn owns_alone(user: &UserRecord) -> bool {
    owns(user) && user.source.has_password()
}

/// Refuses to replace the named account by `after` when nobody would be left who can do what it could: a site without an owner could
/// make no other, and one whose owners all need the provider is locked when the provider is gone.
fn keep_an_owner(
    users: &impl ReadableTable<&'static str, &'static [u8]>,
    name: &str,
    after: Option<&UserRecord>,
) -> Result<(), Fault> {
    let all: Vec<UserRecord> = codec::all(users)?;
    let (own, others): (Vec<&UserRecord>, Vec<&UserRecord>) = all.iter().partition(|user| user.name == name);
    let is_last = |able: fn(&UserRecord) -> bool| {
        own.iter().any(|user| able(user)) && !after.is_some_and(able) && !others.iter().any(|user| able(user))
    };
    let text = if is_last(owns) {
        format!("{name} is the last enabled owner; make another user an owner first")
    } else if is_last(owns_alone) {
        format!(
            "{name} is the last enabled owner with a password, without whom nobody could help when single sign-on does not work; \
             make another user with a password an owner first"
        )
    } else {
        return Ok(());
    };
    Err(StoreError::Conflict(text).into())
}
