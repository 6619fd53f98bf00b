//! One agent in memory: its record, how far it has come, when it was heard.
//!
//! In: records of the store, reports that were taken. Out: what decides about the next report, and what lists show. It asks no
//! clock and no store.

use crate::store::records::{AgentProgress, AgentRecord, AgentStatus};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    sync::{
        Arc, Mutex as StdMutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;

/// After so long a report is stored although it changes nothing, so that it is known after a restart when its agent was heard.
const STORE_AFTER: TimeDelta = TimeDelta::hours(12);

/// One agent.
pub struct Entry {
    record: StdMutex<Arc<AgentRecord>>,
    /// Held while a report is decided and committed: reports of one agent take effect one after the other.
    pub(super) progress: Mutex<AgentProgress>,
    shown: StdMutex<Shown>,
    /// When it was heard last, in the fleet's ready time.
    heard_ms: AtomicU64,
    /// When it was heard last as the store knows it, in seconds since 1970.
    stored_at: AtomicI64,
    /// It was silent when the collector started, and still is.
    was_silent: AtomicBool,
}

/// What lists show, without waiting for a report under way.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) last_seen: Option<DateTime<Utc>>,
    pub(super) epoch: u64,
    pub(super) seq: u64,
    pub(super) agent_version: String,
    pub(super) dropped: u64,
    pub(super) incomplete: Vec<String>,
}

impl Entry {
    /// One that is heard of at this moment.
    pub(super) fn new(record: AgentRecord, progress: Option<AgentProgress>, ready: Duration) -> Arc<Self> {
        Self::with(record, progress, ready, false)
    }

    /// One of the store, at the start; `was_silent` as [`was_silent`] says.
    pub(super) fn loaded(record: AgentRecord, progress: Option<AgentProgress>, ready: Duration, was_silent: bool) -> Arc<Self> {
        Self::with(record, progress, ready, was_silent)
    }

    fn with(record: AgentRecord, progress: Option<AgentProgress>, ready: Duration, was_silent: bool) -> Arc<Self> {
        let shown = Shown {
            last_seen: progress.as_ref().map(|progress| progress.last_seen),
            epoch: progress.as_ref().map_or(1, |progress| progress.epoch),
            seq: progress.as_ref().map_or(0, |progress| progress.seq),
            agent_version: progress.as_ref().map_or_else(|| record.agent_version.clone(), |p| p.agent_version.clone()),
            dropped: progress.as_ref().map_or(0, |progress| progress.dropped),
            incomplete: Vec::new(),
        };
        let stored = progress.as_ref().map_or(record.enrolled_at, |progress| progress.last_seen);
        let progress = progress.unwrap_or_else(|| AgentProgress {
            agent: record.id,
            epoch: 1,
            seq: 0,
            resync_to: None,
            recent: Vec::new(),
            hardware_digest: None,
            boot_id: None,
            last_seen: record.enrolled_at,
            agent_version: record.agent_version.clone(),
            dropped: 0,
        });
        Arc::new(Self {
            record: StdMutex::new(Arc::new(record)),
            progress: Mutex::new(progress),
            shown: StdMutex::new(shown),
            heard_ms: AtomicU64::new(millis(ready)),
            stored_at: AtomicI64::new(stored.timestamp()),
            was_silent: AtomicBool::new(was_silent),
        })
    }

    /// Who it is.
    #[must_use]
    pub fn record(&self) -> Arc<AgentRecord> {
        Arc::clone(&self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that a report arrived and what it showed.
    pub(super) fn heard(&self, progress: &AgentProgress, incomplete: Vec<String>, ready: Duration) {
        self.heard_ms.store(millis(ready), Ordering::Relaxed);
        self.was_silent.store(false, Ordering::Relaxed);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Shown {
            last_seen: Some(progress.last_seen),
            epoch: progress.epoch,
            seq: progress.seq,
            agent_version: progress.agent_version.clone(),
            dropped: progress.dropped,
            incomplete,
        };
    }

    /// Notes that it was heard of, although nothing of it was taken.
    pub(super) fn knocked(&self, ready: Duration) {
        self.heard_ms.store(millis(ready), Ordering::Relaxed);
        self.was_silent.store(false, Ordering::Relaxed);
    }

    /// What lists show.
    pub(super) fn shown(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// For how long nothing was heard, in time in which it could have been.
    pub(super) fn silence(&self, ready: Duration) -> Duration {
        ready.saturating_sub(Duration::from_millis(self.heard_ms.load(Ordering::Relaxed)))
    }

    /// Whether it was silent when the collector started and was not heard since.
    pub(super) fn was_silent(&self) -> bool {
        self.was_silent.load(Ordering::Relaxed)
    }

    /// Whether the store last knew long ago that it was heard: a restart would not know better.
    pub(super) fn is_known_of_old(&self, now: DateTime<Utc>) -> bool {
        now.timestamp().saturating_sub(self.stored_at.load(Ordering::Relaxed)) >= STORE_AFTER.num_seconds()
    }

    /// Notes that the store knows that it was heard.
    pub(super) fn stored(&self, at: DateTime<Utc>) {
        self.stored_at.store(at.timestamp(), Ordering::Relaxed);
    }

    /// Changes the record. Whoever was revoked stays so: an answer that comes late must not let it in again.
    pub(super) fn update(&self, change: impl FnOnce(&mut AgentRecord)) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = AgentRecord::clone(&record);
        change(&mut next);
        if record.status == AgentStatus::Revoked {
            next.status = AgentStatus::Revoked;
        }
        *record = Arc::new(next);
    }
}

/// Whether an agent was silent before the collector started, as far as the store can prove it: `latest` is when the last agent of the
/// fleet was heard, so that the collector ran until then. A report that changes nothing is stored late, so that the agent may have been
/// heard that much after `last_seen`.
pub(super) fn was_silent(last_seen: Option<DateTime<Utc>>, latest: Option<DateTime<Utc>>, silent_after: Duration) -> bool {
    let Some((seen, latest)) = last_seen.zip(latest) else { return false };
    let bound = TimeDelta::from_std(silent_after).ok().and_then(|after| after.checked_add(&STORE_AFTER));
    bound.is_some_and(|bound| latest.signed_duration_since(seen) > bound)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_silent_long_before_the_start_is_known() {
        let at = |hours: i64| Some(DateTime::UNIX_EPOCH + TimeDelta::hours(1000) - TimeDelta::hours(hours));
        let hour = Duration::from_secs(3600);
        for (last_seen, latest, silent_after, expected) in [
            (at(0), at(0), hour, false),
            (at(13), at(0), hour, false),
            (at(14), at(0), hour, true),
            (at(400), at(0), hour, true),
            // The collector was down as long as the agent was silent, for all that is known.
            (at(400), at(395), hour, false),
            (at(0), at(400), hour, false),
            (None, at(0), hour, false),
            (at(400), None, hour, false),
            (at(400), at(0), Duration::MAX, false),
        ] {
            assert_eq!(was_silent(last_seen, latest, silent_after), expected, "{last_seen:?} {latest:?} {silent_after:?}");
        }
    }
}
