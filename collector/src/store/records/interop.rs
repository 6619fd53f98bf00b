//! What agents of another make log in with.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteropKind {
    /// Agents that send inventories: GLPI, `FusionInventory`, OCS.
    Inventory,
    /// osquery.
    Osquery,
}

/// A credential of agents of another make. Its secret is kept only as a digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteropCredentialRecord {
    /// The public part, eight characters.
    pub id: String,
    /// What it is for.
    pub kind: InteropKind,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// Group of what comes with it.
    pub group: Option<String>,
    /// How many new devices it lets in within an hour; those beyond wait for an administrator.
    pub max_new_per_hour: u32,
    /// Who made it.
    pub created_by: String,
    /// When.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub created_at: DateTime<Utc>,
    /// When it let in the devices of the last hour, in milliseconds since 1970, oldest first.
    pub let_in: Vec<i64>,
    /// Taken back.
    pub revoked: bool,
}

impl std::fmt::Debug for InteropCredentialRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InteropCredentialRecord").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}
