//! Administrators and API tokens.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What an account may do; each role includes the ones before it, except `Application`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Check-outs for the applications it is bound to, nothing else.
    Application,
    /// Reads.
    Viewer,
    /// Works with assets, agents and sessions.
    Operator,
    /// Works with licences, too.
    LicenseAdmin,
    /// May do everything.
    Owner,
}

/// Who says that somebody is who they say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AccountSource {
    /// The collector, by a password.
    #[default]
    Local,
    /// The provider of single sign-on. The two together name one person for ever; what the person is called may change.
    Sso {
        /// The provider.
        issuer: String,
        /// What it calls the person.
        subject: String,
    },
}

impl AccountSource {
    /// `local` or `sso`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Sso { .. } => "sso",
        }
    }

    /// Whether it has a password here.
    #[must_use]
    pub const fn has_password(&self) -> bool {
        matches!(self, Self::Local)
    }
}

/// An account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// Login name.
    pub name: String,
    /// Who vouches for its people.
    pub source: AccountSource,
    /// argon2id in PHC form; empty without a password.
    pub password_hash: String,
    /// Must be changed at the next login.
    pub must_change: bool,
    /// What it may do.
    pub role: Role,
    /// May log in.
    pub enabled: bool,
    /// Disabled because the provider of single sign-on gives its person no role, and not by an owner: a role enables it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
    /// Wrong passwords since the last right one.
    pub failures: u32,
    /// No attempt is verified before this time.
    pub locked_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl std::fmt::Debug for UserRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRecord").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// An API token, `msa_<id>_<secret>`; the secret is kept only as a digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiTokenRecord {
    /// The public part.
    pub id: String,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// Applications it is bound to, with [`Role::Application`].
    pub applications: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good; none = until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
    /// Taken back.
    pub revoked: bool,
}

impl std::fmt::Debug for ApiTokenRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiTokenRecord").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}
