//! Logging in with a password, and changing it.

use super::{
    console_sessions::{ABSOLUTE, ConsoleSessions, VOUCHED},
    directory::Directory,
    lockout::{Attempts, Lockout},
    password::{LONGEST, SHORTEST, Verifier},
    queue::{Full, Queue},
};
use crate::store::{
    StoreError,
    records::{AuditEntry, UserRecord},
};
use chrono::{DateTime, Utc};
use muster_runtime::clock::SharedClock;
use std::{net::IpAddr, sync::Arc};

/// When to come again where too many waited.
const RETRY_SECONDS: i64 = 2;

/// Why a login was refused. Unknown names, wrong passwords and disabled accounts look the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginRefused {
    /// The name or the password is wrong.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many wrong passwords.
    #[error("too many attempts for this name; try again after {}", .0.format("%H:%M UTC"))]
    Locked(DateTime<Utc>),
    /// Too many logins from one address at the same moment; nothing was verified or counted.
    #[error("too many logins from this address at the same moment; try again")]
    Crowded,
    /// Too many logins at the same moment; nothing was verified or counted.
    #[error("too many logins at the same moment; try again")]
    Busy,
}

impl LoginRefused {
    /// After how many seconds to try again, where that helps.
    #[must_use]
    pub fn retry_after(&self, now: DateTime<Utc>) -> Option<i64> {
        match self {
            Self::Wrong => None,
            Self::Locked(until) => Some(until.signed_duration_since(now).num_seconds().max(1)),
            Self::Crowded | Self::Busy => Some(RETRY_SECONDS),
        }
    }
}

impl From<Full> for LoginRefused {
    fn from(full: Full) -> Self {
        match full {
            Full::Address => Self::Crowded,
            Full::All => Self::Busy,
        }
    }
}

/// Why a password was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChangeRefused {
    /// The password in force is wrong, or the name is locked.
    #[error("{0}")]
    Login(#[from] LoginRefused),
    /// The new password breaks a rule.
    #[error("{0}")]
    Rule(String),
    /// The store refused.
    #[error("the new password could not be stored; try again")]
    Store(#[from] StoreError),
}

/// Logs people in and out.
pub struct Logins {
    pub(super) directory: Arc<Directory>,
    pub(super) sessions: ConsoleSessions,
    lockout: Lockout,
    queue: Queue,
    pub(super) verifier: Verifier,
    pub(super) clock: SharedClock,
}

impl Logins {
    /// Logins of the people in the directory.
    #[must_use]
    pub fn new(directory: Arc<Directory>, clock: SharedClock) -> Self {
        Self {
            directory,
            sessions: ConsoleSessions::default(),
            lockout: Lockout::default(),
            queue: Queue::default(),
            verifier: Verifier::default(),
            clock,
        }
    }

    /// The console sessions.
    #[must_use]
    pub fn sessions(&self) -> &ConsoleSessions {
        &self.sessions
    }

    /// Opens a session for a name and its password; `before` is the session the browser came with, which ends: an id from
    /// before the login is never good after it; `from` is the address it comes from. Returns the new session's id.
    ///
    /// # Errors
    /// When the name, the password or the number of attempts forbids it.
    pub async fn log_in(
        &self,
        name: &str,
        password: &str,
        before: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<String, LoginRefused> {
        let _place = self.queue.enter(from)?;
        let verified = self.verify(name, password).await?;
        if let Some(before) = before {
            self.sessions.end(before);
        }
        let id = self.open(&verified)?;
        tracing::info!("console login");
        Ok(id)
    }

    /// Changes one's own password; every other session of the account ends. Returns a new session's id.
    ///
    /// # Errors
    /// When the old password is wrong, the new one breaks a rule, or the store refuses.
    pub async fn change(
        &self,
        name: &str,
        old: &str,
        (new, repeated): (&str, &str),
        from: Option<IpAddr>,
    ) -> Result<String, ChangeRefused> {
        let rule = |text: &str| Err(ChangeRefused::Rule(text.to_owned()));
        if self.directory.user(name).is_some_and(|user| !user.source.has_password()) {
            return rule("you log in through single sign-on; the password is changed at the provider");
        }
        if new != repeated {
            return rule("the two new passwords are not the same");
        }
        if new.chars().count() < SHORTEST || new.len() > LONGEST {
            return Err(ChangeRefused::Rule(format!("choose a password of {SHORTEST} characters or more")));
        }
        if new == old || new.eq_ignore_ascii_case(name) {
            return rule("choose a password that differs from the old one and from the name");
        }
        let _place = self.queue.enter(from).map_err(LoginRefused::from)?;
        let verified = self.verify(name, old).await?;
        let hash = self.verifier.hash(new.to_owned()).await.map_err(|error| ChangeRefused::Rule(error.to_string()))?;
        let audit = AuditEntry {
            at: self.clock.now(),
            actor: format!("user:{name}"),
            action: "user.password".to_owned(),
            subject: name.to_owned(),
            detail: serde_json::Value::Null,
        };
        let replace = |user: &mut UserRecord| {
            if user.password_hash != verified.password_hash || !user.enabled {
                let text = "the account was changed at the same time; log in again";
                return Err(StoreError::Conflict(text.to_owned()));
            }
            user.password_hash = hash;
            user.must_change = false;
            Ok(())
        };
        let changed = self.directory.change_user(name, replace, |_, _| Some(audit)).await?;
        self.sessions.end_all(name);
        Ok(self.open(&changed)?)
    }

    /// Lets a name be tried again at once.
    pub(super) fn unlock(&self, name: &str) {
        self.lockout.succeed(&key(name));
    }

    /// Opens a session of an account as it was when its password was verified. Whoever changes the account ends its sessions
    /// after the change, and may have done so just before this one was opened: then it ends here.
    pub(super) fn open(&self, verified: &UserRecord) -> Result<String, LoginRefused> {
        let longest = if verified.source.has_password() { ABSOLUTE } else { VOUCHED };
        let id = self.sessions.open(&verified.name, longest, self.clock.boottime());
        let same =
            |now: UserRecord| now.enabled && (&now.source, &now.password_hash) == (&verified.source, &verified.password_hash);
        if self.directory.user(&verified.name).is_some_and(same) {
            self.directory.uses().note(&format!("user:{}", verified.name), self.clock.now());
            return Ok(id);
        }
        self.sessions.end(&id);
        Err(LoginRefused::Wrong)
    }

    /// Counts the attempt, then looks at the password; an unknown name takes as long as a known one.
    async fn verify(&self, name: &str, password: &str) -> Result<UserRecord, LoginRefused> {
        let now = self.clock.now();
        let user = self.directory.user(name);
        let stored = user
            .as_ref()
            .map_or_else(Attempts::default, |user| Attempts { failures: user.failures, locked_until: user.locked_until });
        let attempts = self.lockout.count(&key(name), stored, now).map_err(LoginRefused::Locked)?;
        let hash = user.as_ref().filter(|user| user.enabled && user.source.has_password()).map(|user| user.password_hash.clone());
        let fits = password.len() <= LONGEST && self.verifier.fits(hash, password.to_owned()).await;
        if let Some(user) = user.as_ref().filter(|_| fits) {
            self.lockout.succeed(&key(name));
            if user.failures > 0 || user.locked_until.is_some() {
                self.remember(name).await;
            }
            return Ok(user.clone());
        }
        tracing::warn!(failures = attempts.failures, "wrong name or password at the console");
        if user.is_some() {
            self.remember(name).await;
        }
        Err(LoginRefused::Wrong)
    }

    /// Keeps the count over a restart: as it is when it is written, for attempts under way end in any order. A store that cannot be written does not decide who may log in: the count in memory does.
    async fn remember(&self, name: &str) {
        let count = |user: &mut UserRecord| {
            let attempts = self.lockout.known(&key(name));
            user.failures = attempts.failures;
            user.locked_until = attempts.locked_until;
            Ok(())
        };
        let result = self.directory.change_user(name, count, |_, _| None).await;
        if let Err(error) = result {
            tracing::warn!(%error, "the number of wrong passwords could not be stored");
        }
    }
}

/// Names are counted under a digest: what is typed into a name field may be a password.
fn key(name: &str) -> String {
    super::token::BASE32.encode(&super::token::digest(name))
}
