//! What everybody on this machine may know of its check-outs, for `status`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The check-outs from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Borrowed seats.
    pub borrowed: Vec<Borrowed>,
    /// Uses without a seat that are not told yet.
    pub offline_uses_waiting: u64,
    /// Uses that the collector has and could not count; an administrator sees them there.
    pub offline_uses_uncounted: u64,
    /// Uses that no collector has heard of: they were more than this machine remembers.
    pub offline_uses_dropped: u64,
}

/// A borrowed seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Borrowed {
    /// The check-out.
    pub id: Uuid,
    /// Of which application.
    pub application: String,
    /// For whom.
    pub user: String,
    /// The account that it belongs to.
    pub uid: u32,
    /// Until when, by this machine's clock.
    pub valid_until: DateTime<Utc>,
}
