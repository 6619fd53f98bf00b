//! What was asked of a pool in some time, as the API shows it: a part of the days and of the hours of use.

use muster_domain::session::Asked;
use serde::Serialize;
use utoipa::ToSchema;

/// What was asked of a pool.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AskedView {
    /// Seats that were given; claims that shared one are not among them.
    pub granted: u64,
    /// Floating seats among them that were given beyond the limit.
    pub over_use: u64,
    /// Claims that were refused because no seat was free.
    pub denied: u64,
    /// Claims that the access lists kept out.
    pub not_admitted: u64,
    /// Claims that had to wait.
    pub queued: u64,
    /// The longest queue.
    pub longest_queue: u64,
    /// Claims that got a seat after they had waited.
    pub served: u64,
    /// Claims that gave up their place, or did not ask for it any more.
    pub gave_up: u64,
    /// How long those that were served had waited, together.
    pub waited_seconds: u64,
    /// How long the one of them that waited longest had waited.
    pub longest_wait_seconds: u64,
}

impl From<Asked> for AskedView {
    fn from(asked: Asked) -> Self {
        let Asked {
            granted,
            over_use,
            denied,
            not_admitted,
            queued,
            longest_queue,
            served,
            gave_up,
            waited_ms: _,
            longest_wait_ms: _,
        } = asked;
        let (waited_seconds, longest_wait_seconds) = (asked.waited_seconds(), asked.longest_wait_seconds());
        Self {
            granted,
            over_use,
            denied,
            not_admitted,
            queued,
            longest_queue,
            served,
            gave_up,
            waited_seconds,
            longest_wait_seconds,
        }
    }
}
