//! Accounts as owners manage them: made, changed, given a new one-time password, deleted.
//!
//! In: who asks, which account, what is to change. Out: the stored account with its audit entry in the same unit of work, and a
//! password that is shown once. A changed account's console sessions end at once. It must not decide who may ask: the guard does.

use super::{
    login::Logins,
    operations::role_name,
    password::{HashError, generate_password},
};
use crate::store::{
    StoreError,
    records::{AccountSource, AuditEntry, Role, UserRecord},
};
use serde_json::{Value, json};

/// Longest login name, in bytes.
const LONGEST_NAME: usize = 64;

/// Why an account was not made or changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccountError {
    /// The name cannot be one.
    #[error(
        "name must have 1 to 64 letters, digits and the characters . _ - @ of ASCII, and begin with a letter or digit, such as ida or ida@example.org"
    )]
    Name,
    /// Its one-time password could not be made.
    #[error("{0}")]
    Hash(#[from] HashError),
    /// It logs in at the provider, which decides on it.
    #[error("{0} logs in through single sign-on: {1}")]
    Provider(String, &'static str),
    /// There is no such account, it is the last owner, or the store refused.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What to change of an account; what is not given stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountChange {
    /// What it may do.
    pub role: Option<Role>,
    /// Whether it may log in.
    pub enabled: Option<bool>,
}

impl Logins {
    /// Makes an account with a one-time password, which must be changed at the first login. Returns both.
    ///
    /// # Errors
    /// When the name cannot be one or is taken, or the store refuses.
    pub async fn add_account(&self, name: &str, role: Role, actor: &str) -> Result<(UserRecord, String), AccountError> {
        if !is_name(name) {
            return Err(AccountError::Name);
        }
        let (password, password_hash) = self.one_time().await?;
        let user = UserRecord {
            name: name.to_owned(),
            source: AccountSource::Local,
            password_hash,
            must_change: true,
            role,
            enabled: true,
            withheld: false,
            failures: 0,
            locked_until: None,
            created_at: self.clock.now(),
        };
        let audit = self.entry(actor, "user.create", name, json!({"role": role_name(role)}));
        self.directory.add_user(user.clone(), audit).await?;
        // Whoever tried the name before it was an account must not keep its owner out.
        self.unlock(name);
        Ok((user, password))
    }

    /// Changes what an account may do, or whether it may log in. When that changes something, its sessions end.
    ///
    /// # Errors
    /// When there is no such account, it is the last enabled owner, it is withheld for want of a role at the provider, or the store refuses.
    pub async fn change_account(&self, name: &str, change: AccountChange, actor: &str) -> Result<UserRecord, AccountError> {
        if change.role.is_some() {
            self.refuse_of_provider(name, "its role comes from the provider and [oidc.roles] of collector.toml")?;
        }
        let mut changed = false;
        let apply = |user: &mut UserRecord| {
            let before = what_it_may(user);
            user.role = change.role.unwrap_or(user.role);
            if let Some(enabled) = change.enabled {
                if enabled && user.withheld {
                    let text = format!(
                        "{name} has no role at the provider, so the next login would disable the account again; give the person a group \
                         of [oidc.roles] there, and the next login enables it"
                    );
                    return Err(StoreError::Conflict(text));
                }
                // Whom somebody here disables stays so, whatever the provider says next.
                (user.enabled, user.withheld) = (enabled, false);
            }
            changed = before != what_it_may(user);
            Ok(())
        };
        let audit = |before: &UserRecord, after: &UserRecord| {
            let same = what_it_may(before) == what_it_may(after);
            let detail = json!({"before": facts(before), "after": facts(after)});
            (!same).then(|| self.entry(actor, "user.set", name, detail))
        };
        let user = self.directory.change_user(name, apply, audit).await?;
        if changed {
            self.sessions.end_all(name);
        }
        Ok(user)
    }

    /// Gives an account a new one-time password, which must be changed at the next login; its sessions and its lock end.
    ///
    /// # Errors
    /// When there is no such account, it has no password, or the store refuses.
    pub async fn reset_password(&self, name: &str, actor: &str) -> Result<String, AccountError> {
        self.refuse_of_provider(name, "it has no password here")?;
        let (password, hash) = self.one_time().await?;
        let apply = |user: &mut UserRecord| {
            user.password_hash = hash;
            user.must_change = true;
            user.failures = 0;
            user.locked_until = None;
            Ok(())
        };
        let audit = |_: &UserRecord, _: &UserRecord| Some(self.entry(actor, "user.reset-password", name, Value::Null));
        self.directory.change_user(name, apply, audit).await?;
        self.sessions.end_all(name);
        self.unlock(name);
        Ok(password)
    }

    /// Deletes an account; its sessions end. What it did stays in the audit log under its name.
    ///
    /// # Errors
    /// When there is no such account, it is the last enabled owner, a disabled one of single sign-on, or the store refuses.
    pub async fn delete_account(&self, name: &str, actor: &str) -> Result<(), AccountError> {
        let audit = |user: &UserRecord| {
            if !user.enabled && !user.withheld && !user.source.has_password() {
                // The account is all that keeps its person out.
                let text = format!(
                    "{name} is disabled and logs in through single sign-on: without this account its person would get a new one at \
                     the next login; take the groups away at the provider, enable the account, then delete it"
                );
                return Err(StoreError::Conflict(text));
            }
            Ok(self.entry(actor, "user.delete", name, json!({"before": facts(user)})))
        };
        self.directory.delete_user(name, audit).await?;
        self.sessions.end_all(name);
        Ok(())
    }

    fn refuse_of_provider(&self, name: &str, why: &'static str) -> Result<(), AccountError> {
        let of_provider = self.directory.user(name).is_some_and(|user| !user.source.has_password());
        if of_provider { Err(AccountError::Provider(name.to_owned(), why)) } else { Ok(()) }
    }

    /// A new password and its hash.
    async fn one_time(&self) -> Result<(String, String), HashError> {
        let password = generate_password();
        let hash = self.verifier.hash(password.clone()).await?;
        Ok((password, hash))
    }

    fn entry(&self, actor: &str, action: &str, name: &str, detail: Value) -> AuditEntry {
        AuditEntry { at: self.clock.now(), actor: actor.to_owned(), action: action.to_owned(), subject: name.to_owned(), detail }
    }
}

const fn what_it_may(user: &UserRecord) -> (Role, bool, bool) {
    (user.role, user.enabled, user.withheld)
}

pub(super) fn facts(user: &UserRecord) -> Value {
    let mut facts = json!({"role": role_name(user.role), "enabled": user.enabled});
    if let (true, Some(facts)) = (user.withheld, facts.as_object_mut()) {
        facts.insert("withheld".to_owned(), Value::Bool(true));
    }
    facts
}

/// Names are typed, and stand in paths, logs and tables: nothing in them looks like something else.
pub(super) fn is_name(name: &str) -> bool {
    let mut letters = name.bytes();
    name.len() <= LONGEST_NAME
        && letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || b"._-@".contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        let long = "a".repeat(LONGEST_NAME);
        let too_long = format!("{long}a");
        let cases = [
            ("ida", true),
            ("7", true),
            ("ida.lang@example.org", true),
            ("I_d-A", true),
            (long.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            (".ida", false),
            ("=cmd", false),
            ("@ida", false),
            ("ida lang", false),
            ("ida\n", false),
            ("ida/..", false),
            ("ïda", false),
            ("<b>", false),
        ];
        for (name, expected) in cases {
            assert_eq!(is_name(name), expected, "{name:?}");
        }
    }
}
