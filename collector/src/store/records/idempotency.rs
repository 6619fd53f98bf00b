//! Requests that must not be done twice: what came of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// For how many hours a request with a key is kept.
pub const KEYED_HOURS: i64 = 24;

/// A request that came with an idempotency key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyedRequest {
    /// SHA-256 over who sent it, the operation and the key.
    pub key: [u8; 32],
    /// SHA-256 over the address and the body.
    pub digest: [u8; 32],
    /// When it came first.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// What was answered; none while it is worked on, and when the collector ended meanwhile.
    pub answer: Option<KeptAnswer>,
}

/// An answer that was given.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers that belong to it.
    pub headers: Vec<(String, String)>,
    /// The body; none where it is not kept, because it shows a secret or is too large.
    pub body: Option<Vec<u8>>,
}

// Answers can hold names of people: nothing of them is for a log.
impl std::fmt::Debug for KeyedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyedRequest").field("at", &self.at).field("answer", &self.answer).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}
