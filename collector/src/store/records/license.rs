//! Licence keys and the ledger of the licence's state. Both are opaque here: who may change them has the machine key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A row with its HMAC; the store keeps it byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRow {
    /// The row.
    pub bytes: Vec<u8>,
    /// HMAC-SHA-256 over table name and row.
    pub mac: [u8; 32],
}

/// A licence key that was applied. The newest one is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The key's id.
    pub id: String,
    /// Its serial number.
    pub serial: u64,
    /// The armoured text as it came.
    pub text: String,
    /// When it was applied.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub applied_at: DateTime<Utc>,
    /// By whom.
    pub applied_by: String,
}
