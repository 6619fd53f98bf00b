//! The audit log: append-only, each entry chained to the one before.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What happened, as a caller says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Who: `user:NAME`, `token:ID`, `agent:ID` or `collector`.
    pub actor: String,
    /// What was done, `subject.verb` (`license.apply`, `asset.edit`).
    pub action: String,
    /// To what.
    pub subject: String,
    /// Inputs, before and after.
    pub detail: serde_json::Value,
}

/// An entry in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Ascending from 1, without gaps.
    pub number: u64,
    /// The entry.
    pub entry: AuditEntry,
    /// SHA-256 over the previous entry's `hash` and this entry's JSON, hexadecimal.
    pub hash: String,
}
