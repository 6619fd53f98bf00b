//! Join tokens.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What happens with a machine that enrols with the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// It is taken at once.
    Auto,
    /// It waits for an administrator.
    Manual,
}

/// A join token. Its secret is kept only as a digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// The public part, eight characters.
    pub id: String,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// How many machines may enrol with it.
    pub max_uses: u32,
    /// Public keys (SHA-256 of SPKI) that used it, so that a lost reply can be repeated.
    pub used_by: Vec<[u8; 32]>,
    /// Until when it is good.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub expires_at: DateTime<Utc>,
    /// Approval of what enrols with it.
    pub approval: Approval,
    /// Group of what enrols with it.
    pub group: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created_at: DateTime<Utc>,
    /// Taken back.
    pub revoked: bool,
}

impl std::fmt::Debug for TokenRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRecord").field("id", &self.id).finish_non_exhaustive()
    }
}
