//! The agents in memory: who may speak, how far each has come, when it was last heard.

use crate::{
    sessions::Reporters,
    store::{
        StoreError, Stores,
        records::{AgentProgress, AgentRecord, AgentStatus, AuditEntry},
    },
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::ids::AgentId;
use muster_runtime::clock::SharedClock;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex as StdMutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;

/// One agent.
pub struct Entry {
    record: StdMutex<Arc<AgentRecord>>,
    /// Held while a report is decided and committed: reports of one agent take effect one after the other.
    pub(super) progress: Mutex<AgentProgress>,
    shown: StdMutex<Shown>,
    heard_boottime_ms: AtomicU64,
}

/// What lists show, without waiting for a report under way.
#[derive(Debug, Clone)]
struct Shown {
    last_seen: Option<DateTime<Utc>>,
    epoch: u64,
    seq: u64,
    agent_version: String,
    dropped: u64,
    incomplete: Vec<String>,
}

/// An agent as lists show it.
#[derive(Debug, Clone)]
pub struct AgentView {
    /// Who it is.
    pub record: Arc<AgentRecord>,
    /// When its newest report arrived.
    pub last_seen: Option<DateTime<Utc>>,
    /// Heard within `agents.silent_after`.
    pub online: bool,
    /// Epoch in force.
    pub epoch: u64,
    /// Highest sequence number of it.
    pub seq: u64,
    /// Version of the newest report.
    pub agent_version: String,
    /// Reports it said it dropped.
    pub dropped: u64,
    /// What its newest report could not collect.
    pub incomplete: Vec<String>,
}

/// Why an agent may not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such agent, or another key.
    Unknown,
    /// It was revoked.
    Revoked,
    /// It waits for approval.
    Pending,
}

/// All agents.
pub struct Fleet {
    stores: Stores,
    clock: SharedClock,
    silent_after: Duration,
    entries: RwLock<BTreeMap<AgentId, Arc<Entry>>>,
}

impl Entry {
    fn new(record: AgentRecord, progress: Option<AgentProgress>, clock: &SharedClock) -> Arc<Self> {
        let shown = Shown {
            last_seen: progress.as_ref().map(|progress| progress.last_seen),
            epoch: progress.as_ref().map_or(1, |progress| progress.epoch),
            seq: progress.as_ref().map_or(0, |progress| progress.seq),
            agent_version: progress.as_ref().map_or_else(|| record.agent_version.clone(), |p| p.agent_version.clone()),
            dropped: progress.as_ref().map_or(0, |progress| progress.dropped),
            incomplete: Vec::new(),
        };
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
            heard_boottime_ms: AtomicU64::new(millis(clock.boottime())),
        })
    }

    /// Who it is.
    #[must_use]
    pub fn record(&self) -> Arc<AgentRecord> {
        Arc::clone(&self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that a report arrived and what it showed.
    pub(super) fn heard(&self, progress: &AgentProgress, incomplete: Vec<String>, clock: &SharedClock) {
        self.heard_boottime_ms.store(millis(clock.boottime()), Ordering::Relaxed);
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

    fn silence(&self, clock: &SharedClock) -> Duration {
        let heard = Duration::from_millis(self.heard_boottime_ms.load(Ordering::Relaxed));
        clock.boottime().saturating_sub(heard)
    }

    fn set(&self, record: AgentRecord) {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(record);
    }
}

impl Fleet {
    /// The agents of the store. Silence counts from now on: only time in which this collector could have heard them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(
        stores: Stores,
        progress: Vec<AgentProgress>,
        clock: SharedClock,
        silent_after: Duration,
    ) -> Result<Self, StoreError> {
        let mut progress: BTreeMap<AgentId, AgentProgress> =
            progress.into_iter().map(|progress| (progress.agent, progress)).collect();
        let entries = stores
            .agents
            .all()
            .await?
            .into_iter()
            .map(|record| (record.id, Entry::new(record.clone(), progress.remove(&record.id), &clock)))
            .collect();
        Ok(Self { stores, clock, silent_after, entries: RwLock::new(entries) })
    }

    /// May the agent with this key speak? Asked for every request, so that a revocation works at once.
    ///
    /// # Errors
    /// Why it may not.
    pub fn authorize(&self, id: AgentId, key_hash: &[u8; 32]) -> Result<Arc<Entry>, Refusal> {
        let entry = self.entry(id).ok_or(Refusal::Unknown)?;
        let record = entry.record();
        if record.key_hash != *key_hash {
            return Err(Refusal::Unknown);
        }
        match record.status {
            AgentStatus::Active | AgentStatus::Quarantined => Ok(entry),
            AgentStatus::Pending => Err(Refusal::Pending),
            AgentStatus::Revoked => Err(Refusal::Revoked),
        }
    }

    /// Every agent, ordered by id.
    #[must_use]
    pub fn list(&self) -> Vec<AgentView> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).values().map(|entry| self.view(entry)).collect()
    }

    /// One agent.
    #[must_use]
    pub fn get(&self, id: AgentId) -> Option<AgentView> {
        self.entry(id).map(|entry| self.view(&entry))
    }

    /// Lets a pending agent in; its asset is created.
    ///
    /// # Errors
    /// When there is no such agent, it does not wait, or the store cannot be written.
    pub async fn approve(&self, id: AgentId, actor: &str) -> Result<AgentView, StoreError> {
        let entry = self.known(id)?;
        let record = entry.record();
        if record.status != AgentStatus::Pending {
            return Err(StoreError::Conflict(format!("agent {id} does not wait for approval; it is {:?}", record.status)));
        }
        self.change(&entry, AgentStatus::Active, "agent.approve", actor).await
    }

    /// Refuses an agent from now on.
    ///
    /// # Errors
    /// When there is no such agent or the store cannot be written.
    pub async fn revoke(&self, id: AgentId, actor: &str) -> Result<AgentView, StoreError> {
        let entry = self.known(id)?;
        self.change(&entry, AgentStatus::Revoked, "agent.revoke", actor).await
    }

    /// Ends the quarantine of an agent; whichever copy reports next goes on.
    ///
    /// # Errors
    /// When there is no such agent, it is not quarantined, or the store cannot be written.
    pub async fn resolve(&self, id: AgentId, actor: &str) -> Result<AgentView, StoreError> {
        let entry = self.known(id)?;
        if entry.record().status != AgentStatus::Quarantined {
            return Err(StoreError::Conflict(format!("agent {id} is not quarantined; there is nothing to resolve")));
        }
        self.change(&entry, AgentStatus::Active, "agent.resolve", actor).await
    }

    /// Two copies of this identity were seen.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(super) async fn quarantine(&self, entry: &Entry) -> Result<(), StoreError> {
        if entry.record().status == AgentStatus::Quarantined {
            return Ok(());
        }
        self.change(entry, AgentStatus::Quarantined, "agent.quarantine", "collector").await.map(|_| ())
    }

    /// Takes an agent into memory, or its new record.
    pub(super) fn insert(&self, record: AgentRecord) -> Arc<Entry> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        match entries.get(&record.id) {
            Some(entry) => {
                entry.set(record);
                Arc::clone(entry)
            }
            None => {
                let id = record.id;
                let entry = Entry::new(record, None, &self.clock);
                entries.insert(id, Arc::clone(&entry));
                entry
            }
        }
    }

    pub(super) fn stores(&self) -> &Stores {
        &self.stores
    }

    pub(super) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    pub(super) fn silence_of(&self, entry: &Entry) -> Duration {
        entry.silence(&self.clock)
    }

    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn entry(&self, id: AgentId) -> Option<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn known(&self, id: AgentId) -> Result<Arc<Entry>, StoreError> {
        self.entry(id).ok_or_else(|| StoreError::NotFound { what: "agent", id: id.to_string() })
    }

    async fn change(&self, entry: &Entry, status: AgentStatus, action: &str, actor: &str) -> Result<AgentView, StoreError> {
        let before = entry.record();
        let audit = AuditEntry {
            at: self.clock.now(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: before.id.to_string(),
            detail: serde_json::json!({"before": before.status, "after": status}),
        };
        let after = self.stores.agents.set_status(before.id, status, audit).await?;
        entry.set(after);
        Ok(self.view(entry))
    }

    fn view(&self, entry: &Entry) -> AgentView {
        let record = entry.record();
        let Shown { last_seen, epoch, seq, agent_version, dropped, incomplete } =
            entry.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let speaks = matches!(record.status, AgentStatus::Active | AgentStatus::Quarantined);
        let online = speaks && last_seen.is_some() && entry.silence(&self.clock) <= self.silent_after;
        AgentView { record, last_seen, online, epoch, seq, agent_version, dropped, incomplete }
    }
}

#[async_trait]
impl Reporters for Fleet {
    fn silent(&self) -> Vec<AgentId> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let silent = entries.iter().filter(|(_, entry)| entry.silence(&self.clock) > self.silent_after);
        silent.map(|(id, _)| *id).collect()
    }

    async fn progress(&self) -> Vec<AgentProgress> {
        let entries: Vec<Arc<Entry>> = self.entries.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let mut all = Vec::with_capacity(entries.len());
        for entry in entries {
            let progress = entry.progress.lock().await;
            if progress.seq > 0 {
                all.push(progress.clone());
            }
        }
        all
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
