//! One agent in memory: its record, how far it has come, when it was heard.
//!
//! In: records of the store, reports that were taken. Out: what decides about the next report, and what lists show. It asks no
//! clock and no store.

use crate::store::records::{AgentProgress, AgentRecord, AgentStatus};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    sync::{
        Arc, Mutex as StdMutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
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

    /// What lists show.
    pub(super) fn shown(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// For how long nothing was heard, in time in which it could have been.
    pub(super) fn silence(&self, ready: Duration) -> Duration {
        ready.saturating_sub(Duration::from_millis(self.heard_ms.load(Ordering::Relaxed)))
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

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
