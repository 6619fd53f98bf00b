//! The agents in memory: who may speak, how far each has come, when it was last heard.

use super::entry::{Entry, Shown, was_silent};
use crate::{
    publish::{Alerts, Severity},
    sessions::Reporters,
    store::{
        StoreError, Stores,
        ports::StatusChange,
        records::{AgentProgress, AgentRecord, AgentStatus, AuditEntry, Change},
    },
};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use muster_domain::{asset::identity::same_machine, ids::AgentId};
use muster_runtime::clock::SharedClock;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

/// An agent that waits longer than this for approval is worth an alert.
const WAITS_TOO_LONG: TimeDelta = TimeDelta::hours(24);
/// A longer pause between two looks at who is silent means that the collector itself stood still.
const STOOD_STILL: Duration = Duration::from_secs(60);
const WAITING: &str = "agents-pending";

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

/// A device of another make tells of itself once a day: only after so long is it silent.
pub(super) const DEVICE_SILENT_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);

/// All agents.
pub struct Fleet {
    stores: Stores,
    clock: SharedClock,
    alerts: Arc<Alerts>,
    silent_after: Duration,
    ready: Mutex<Ready>,
    entries: RwLock<BTreeMap<AgentId, Arc<Entry>>>,
}

/// Time in which agents could be heard.
#[derive(Debug, Clone, Copy)]
struct Ready {
    /// Boot time when silence was last looked at.
    looked_at: Duration,
    /// How long nobody could be heard, in all.
    deaf: Duration,
}

/// An agent that was let in.
#[derive(Debug, Clone)]
pub struct Approved {
    /// The agent.
    pub agent: AgentView,
    /// The agent whose place on the same machine it took: it is revoked now.
    pub replaced: Option<AgentId>,
}

impl Fleet {
    /// The agents of the store. Silence counts from now on: only time in which this collector could have heard them. Who was silent
    /// long before is not taken for online until it is heard.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(
        stores: Stores,
        progress: Vec<AgentProgress>,
        clock: SharedClock,
        silent_after: Duration,
        alerts: Arc<Alerts>,
    ) -> Result<Self, StoreError> {
        let mut progress: BTreeMap<AgentId, AgentProgress> =
            progress.into_iter().map(|progress| (progress.agent, progress)).collect();
        let now = clock.boottime();
        let latest = progress.values().map(|progress| progress.last_seen).max();
        let load = |record: AgentRecord| {
            let progress = progress.remove(&record.id);
            let after = patience(&record, silent_after);
            let silent = was_silent(progress.as_ref().map(|progress| progress.last_seen), latest, after);
            (record.id, Entry::loaded(record, progress, now, silent))
        };
        let entries = stores.agents.all().await?.into_iter().map(load).collect();
        let ready = Mutex::new(Ready { looked_at: now, deaf: Duration::ZERO });
        let fleet = Self { stores, clock, alerts, silent_after, ready, entries: RwLock::new(entries) };
        fleet.watch();
        Ok(fleet)
    }

    /// Raises what an administrator must decide, and ends what is decided: copied identities, agents that wait for long.
    pub fn watch(&self) {
        let now = self.clock.now();
        let mut waiting = 0_u64;
        for entry in self.entries() {
            let record = entry.record();
            match record.status {
                AgentStatus::Quarantined => self.alerts.raise(&fork(record.id), Severity::Warning, forked(&record), now),
                AgentStatus::Pending if now - record.enrolled_at > WAITS_TOO_LONG => waiting += 1,
                AgentStatus::Pending | AgentStatus::Active | AgentStatus::Revoked => {}
            }
        }
        if waiting == 0 {
            self.alerts.clear(WAITING);
        } else {
            let text = format!(
                "{waiting} agents have waited for approval for more than 24 hours and are not counted; let each in or refuse it: \
                 muster-collector agent list, then agent approve ID or agent revoke ID"
            );
            self.alerts.raise(WAITING, Severity::Warning, text, now);
        }
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

    /// Lets a pending agent in. A machine that was installed again keeps its asset; any other gets a new one.
    ///
    /// # Errors
    /// When there is no such agent, it does not wait, or the store cannot be written.
    pub async fn approve(&self, id: AgentId, actor: &str) -> Result<Approved, StoreError> {
        let entry = self.known(id)?;
        let record = entry.record();
        if record.status != AgentStatus::Pending {
            return Err(StoreError::Conflict(format!("agent {id} does not wait for approval; it is {:?}", record.status)));
        }
        let replaced = self.predecessor(&record);
        let agent = self.change(&entry, &[AgentStatus::Pending], AgentStatus::Active, replaced, "agent.approve", actor).await?;
        if let Some(old) = replaced {
            self.replaced(old, id);
        }
        Ok(Approved { agent, replaced })
    }

    /// Refuses an agent from now on.
    ///
    /// # Errors
    /// When there is no such agent or the store cannot be written.
    pub async fn revoke(&self, id: AgentId, actor: &str) -> Result<AgentView, StoreError> {
        const ANY: &[AgentStatus] = &[AgentStatus::Pending, AgentStatus::Active, AgentStatus::Quarantined, AgentStatus::Revoked];
        let entry = self.known(id)?;
        self.change(&entry, ANY, AgentStatus::Revoked, None, "agent.revoke", actor).await
    }

    /// Ends the quarantine of an agent: whichever copy reports next goes on, under a new epoch.
    ///
    /// # Errors
    /// When there is no such agent, it is not quarantined, or the store cannot be written.
    pub async fn resolve(&self, id: AgentId, actor: &str) -> Result<AgentView, StoreError> {
        let entry = self.known(id)?;
        if entry.record().status != AgentStatus::Quarantined {
            return Err(StoreError::Conflict(format!("agent {id} is not quarantined; there is nothing to resolve")));
        }
        // Otherwise the copy that still uses the old epoch would be taken for a second one again.
        let mut progress = entry.progress.lock().await;
        let epoch = progress.epoch.saturating_add(1);
        self.stores.reports.append(Change::Resync { agent: id, epoch }, None).await?;
        progress.resync_to = Some(epoch);
        drop(progress);
        self.change(&entry, &[AgentStatus::Quarantined], AgentStatus::Active, None, "agent.resolve", actor).await
    }

    /// Two copies of this identity were seen.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(super) async fn quarantine(&self, entry: &Entry) -> Result<(), StoreError> {
        if entry.record().status != AgentStatus::Active {
            return Ok(());
        }
        self.change(entry, &[AgentStatus::Active], AgentStatus::Quarantined, None, "agent.quarantine", "collector")
            .await
            .map(|_| ())
    }

    /// The agent of another make that a device is, by the hash of its id.
    pub(super) fn device(&self, key_hash: &[u8; 32]) -> Option<Arc<Entry>> {
        let is_it = |entry: &&Arc<Entry>| {
            let record = entry.record();
            record.key_hash == *key_hash && record.foreign.is_some()
        };
        self.entries.read().unwrap_or_else(PoisonError::into_inner).values().find(is_it).cloned()
    }

    /// How many agents wait that this credential brought.
    pub(super) fn waiting_of(&self, credential: &str) -> usize {
        let waits = |record: &AgentRecord| {
            let brought = record.foreign.as_ref().is_some_and(|foreign| foreign.credential == credential);
            brought && record.status == AgentStatus::Pending
        };
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.values().filter(|entry| waits(&entry.record())).count()
    }

    /// Takes an agent into memory; one that is there already stays as it is.
    pub(crate) fn insert(&self, record: AgentRecord) -> Arc<Entry> {
        let now = self.ready();
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(entries.entry(record.id).or_insert_with(|| Entry::new(record, None, now)))
    }

    /// The agent `old` was replaced by `new` on the same machine.
    pub(super) fn replaced(&self, old: AgentId, new: AgentId) {
        if let Some(entry) = self.entry(old) {
            entry.update(|record| {
                record.status = AgentStatus::Revoked;
                record.superseded_by = Some(new);
                record.asset = None;
            });
            self.alerts.clear(&fork(old));
        }
    }

    /// The agent whose asset this pending one takes over: the same machine, and not heard of since this one enrolled. Two that both
    /// speak are two machines. Of another make: ours takes its place though it speaks, it never takes the place of ours, and it is
    /// heard but once a day.
    fn predecessor(&self, record: &AgentRecord) -> Option<AgentId> {
        let gone = |entry: &Entry, other: &AgentRecord| match (record.foreign.is_some(), other.foreign.is_some()) {
            _ if other.status == AgentStatus::Revoked => true,
            (false, false) => entry.shown().last_seen.is_none_or(|seen| seen < record.enrolled_at),
            (false, true) => true,
            (true, false) => false,
            (true, true) => self.silence_of(entry) >= DEVICE_SILENT_AFTER,
        };
        let entries = self.entries();
        let others = entries.iter().map(|entry| (entry, entry.record()));
        others
            .filter(|(_, other)| other.id != record.id && other.asset.is_some() && other.superseded_by.is_none())
            .filter(|(entry, other)| gone(entry, other) && same_machine(&other.facets, &record.facets))
            .map(|(_, other)| (other.enrolled_at, other.id))
            .max()
            .map(|(_, id)| id)
    }

    /// The time that silence is measured in: boot time without the times in which nobody could be heard.
    pub(super) fn ready(&self) -> Duration {
        self.clock.boottime().saturating_sub(self.listening().deaf)
    }

    fn listening(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a look at who is silent; what passed since the last one was no silence if it is `deaf` or too long.
    fn look(&self, deaf: bool) {
        let now = self.clock.boottime();
        let mut ready = self.listening();
        let passed = now.saturating_sub(ready.looked_at);
        if deaf || passed > STOOD_STILL {
            ready.deaf = ready.deaf.saturating_add(passed);
        }
        ready.looked_at = now;
    }

    pub(super) fn stores(&self) -> &Stores {
        &self.stores
    }

    pub(super) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    pub(super) fn silence_of(&self, entry: &Entry) -> Duration {
        entry.silence(self.ready())
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

    async fn change(
        &self,
        entry: &Entry,
        from: &'static [AgentStatus],
        to: AgentStatus,
        supersedes: Option<AgentId>,
        action: &str,
        actor: &str,
    ) -> Result<AgentView, StoreError> {
        let before = entry.record();
        let audit = AuditEntry {
            at: self.clock.now(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: before.id.to_string(),
            detail: serde_json::json!({
                "before": before.status, "after": to, "supersedes": supersedes.map(|old| old.to_string()),
            }),
        };
        let change = StatusChange { agent: before.id, from, to, supersedes, audit };
        let after = self.stores.agents.set_status(change).await?;
        entry.update(|record| {
            record.status = after.status;
            record.asset = after.asset;
        });
        if entry.record().status != AgentStatus::Quarantined {
            self.alerts.clear(&fork(before.id));
        }
        self.watch();
        Ok(self.view(entry))
    }

    fn view(&self, entry: &Entry) -> AgentView {
        let record = entry.record();
        let Shown { last_seen, epoch, seq, agent_version, dropped, incomplete } = entry.shown();
        let speaks = matches!(record.status, AgentStatus::Active | AgentStatus::Quarantined);
        // A device that was approved tells of itself the next day: until then it is here since it asked.
        let heard = last_seen.is_some() || record.foreign.is_some();
        let online =
            speaks && heard && !entry.was_silent() && entry.silence(self.ready()) <= patience(&record, self.silent_after);
        AgentView { record, last_seen, online, epoch, seq, agent_version, dropped, incomplete }
    }
}

/// After how long an agent is silent.
fn patience(record: &AgentRecord, of_our_own: Duration) -> Duration {
    if record.foreign.is_some() { of_our_own.max(DEVICE_SILENT_AFTER) } else { of_our_own }
}

fn fork(agent: AgentId) -> String {
    format!("fork:{agent}")
}

fn forked(record: &AgentRecord) -> String {
    let AgentRecord { id, hostname, .. } = record;
    format!(
        "two copies of {hostname} report; they are counted once. Enrol one of the machines again, then resolve it: \
         muster-collector agent resolve {id}"
    )
}

#[async_trait]
impl Reporters for Fleet {
    fn silent(&self) -> Vec<AgentId> {
        self.look(false);
        let ready = self.ready();
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let silent = entries.iter().filter(|(_, entry)| entry.silence(ready) > patience(&entry.record(), self.silent_after));
        silent.map(|(id, _)| *id).collect()
    }

    fn refused(&self) {
        self.look(true);
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::{
        self,
        conformance::fixtures::{agent, at, enrollment, entry, token},
        ports::{Enrollment, Issued},
        records::ForeignDevice,
    };
    use muster_domain::asset::identity::Facets;
    use muster_runtime::clock::{Clock as _, TestClock};

    const SILENT: Duration = Duration::from_secs(900);

    pub(in crate::ingest) struct Site {
        stores: Stores,
        pub(in crate::ingest) clock: Arc<TestClock>,
        alerts: Arc<Alerts>,
        pub(in crate::ingest) fleet: Fleet,
        _dir: tempfile::TempDir,
    }

    impl Site {
        /// Agents by number; the even ones wait. Those of one machine have the same serial.
        pub(in crate::ingest) async fn new(agents: &[(u8, &str)]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("muster.redb");
            store::redb::create(&path).unwrap();
            let stores = store::redb::open(&path).await.unwrap();
            stores.tokens.create(token("t", 99), entry("token.create")).await.unwrap();
            for (number, serial) in agents {
                let facets = Facets {
                    product_uuid: Some(format!("4c4c4544-0042-{serial}-8052-b4c04f4d3132")),
                    serial: Some(format!("SERIAL-{serial}")),
                    ..Facets::default()
                };
                let record = AgentRecord { facets, ..agent(*number) };
                let enrollment = Enrollment { hold: number % 2 == 0, agent: record, ..enrollment("t", *number) };
                assert!(matches!(stores.agents.enroll(enrollment).await.unwrap(), Issued::New(_)));
            }
            let clock = TestClock::at(at(2));
            let alerts = Arc::new(Alerts::default());
            let shared: SharedClock = Arc::<TestClock>::clone(&clock);
            let fleet = Fleet::load(stores.clone(), Vec::new(), shared, SILENT, Arc::clone(&alerts)).await.unwrap();
            Self { stores, clock, alerts, fleet, _dir: dir }
        }

        pub(in crate::ingest) fn entry(&self, number: u8) -> Arc<Entry> {
            self.fleet.entry(agent(number).id).unwrap()
        }

        /// The agent reports now.
        async fn heard(&self, number: u8) {
            let entry = self.entry(number);
            let mut progress = entry.progress.lock().await;
            progress.last_seen = self.clock.now();
            entry.heard(&progress, Vec::new(), self.fleet.ready());
        }

        async fn assets(&self) -> usize {
            self.stores.assets.page(None, 100).await.unwrap().len()
        }
    }

    #[tokio::test]
    async fn a_machine_that_was_installed_again_is_counted_once() {
        let site = Site::new(&[(1, "4710"), (2, "4710"), (4, "4711")]).await;
        let old = site.entry(1).record().asset;
        let approved = site.fleet.approve(agent(2).id, "user:anna").await.unwrap();
        assert_eq!(approved.replaced, Some(agent(1).id));
        assert_eq!(approved.agent.record.asset, old);
        let replaced = site.entry(1).record();
        assert_eq!((replaced.status, replaced.asset, replaced.superseded_by), (AgentStatus::Revoked, None, Some(agent(2).id)));
        assert_eq!(site.fleet.authorize(agent(1).id, &[1; 32]).err(), Some(Refusal::Revoked));
        assert_eq!(site.assets().await, 1);
        let other = site.fleet.approve(agent(4).id, "user:anna").await.unwrap();
        assert_eq!((other.replaced, site.assets().await), (None, 2), "another machine has an asset of its own");
        assert!(site.fleet.approve(agent(4).id, "user:anna").await.is_err(), "it no longer waits");
    }

    #[tokio::test]
    async fn two_that_speak_are_two_machines_and_a_revoked_one_is_none() {
        let site = Site::new(&[(1, "4710"), (2, "4710"), (3, "4711"), (4, "4711")]).await;
        site.heard(1).await;
        site.heard(3).await;
        let approved = site.fleet.approve(agent(2).id, "user:anna").await.unwrap();
        assert_eq!((approved.replaced, site.assets().await), (None, 3));
        assert_eq!(site.entry(1).record().status, AgentStatus::Active);
        site.fleet.revoke(agent(3).id, "user:anna").await.unwrap();
        let approved = site.fleet.approve(agent(4).id, "user:anna").await.unwrap();
        assert_eq!((approved.replaced, site.assets().await), (Some(agent(3).id), 3));
    }

    #[tokio::test]
    async fn who_is_revoked_stays_revoked() {
        let site = Site::new(&[(1, "4710")]).await;
        let entry = site.entry(1);
        // A renewal and a quarantine that began before.
        site.fleet.revoke(agent(1).id, "user:anna").await.unwrap();
        entry.update(|record| record.status = AgentStatus::Active);
        site.fleet.insert(AgentRecord { status: AgentStatus::Active, ..agent(1) });
        assert_eq!(site.fleet.authorize(agent(1).id, &[1; 32]).err(), Some(Refusal::Revoked));
        let late = site.fleet.change(&entry, &[AgentStatus::Active], AgentStatus::Quarantined, None, "x", "collector").await;
        assert!(matches!(late, Err(StoreError::Conflict(_))));
        assert_eq!(site.stores.agents.get(agent(1).id).await.unwrap().unwrap().status, AgentStatus::Revoked);
    }

    #[tokio::test]
    async fn waiting_for_a_day_is_an_alert_until_nobody_does() {
        let site = Site::new(&[(2, "4710"), (4, "4711")]).await;
        assert_eq!(site.alerts.list(), []);
        site.clock.advance(Duration::from_secs(24 * 3600 - 60));
        site.fleet.watch();
        assert_eq!(site.alerts.list(), []);
        site.clock.advance(Duration::from_secs(120));
        site.fleet.watch();
        assert!(site.alerts.list()[0].text.starts_with("2 agents have waited"), "{:?}", site.alerts.list());
        site.fleet.approve(agent(2).id, "user:anna").await.unwrap();
        assert!(site.alerts.list()[0].text.starts_with("1 agents"));
        site.fleet.revoke(agent(4).id, "user:anna").await.unwrap();
        assert_eq!(site.alerts.list(), []);
    }

    #[tokio::test]
    async fn a_quarantine_is_an_alert_until_it_is_decided() {
        let site = Site::new(&[(1, "4710"), (3, "4711")]).await;
        for number in [1, 3] {
            site.fleet.quarantine(&site.entry(number)).await.unwrap();
        }
        assert_eq!(site.alerts.list().len(), 2);
        let again = Arc::new(Alerts::default());
        let clock: SharedClock = Arc::<TestClock>::clone(&site.clock);
        Fleet::load(site.stores.clone(), Vec::new(), clock, SILENT, Arc::clone(&again)).await.unwrap();
        assert_eq!(again.list().len(), 2, "also after a restart");
        site.fleet.resolve(agent(1).id, "user:anna").await.unwrap();
        site.fleet.revoke(agent(3).id, "user:anna").await.unwrap();
        assert_eq!(site.alerts.list(), []);
        let progress = site.stores.reports.load().await.unwrap().progress.remove(0);
        assert_eq!((progress.agent, progress.resync_to), (agent(1).id, Some(2)), "both copies are told to go on anew");
    }

    #[tokio::test]
    async fn who_was_silent_before_a_restart_is_not_online_until_it_is_heard() {
        let site = Site::new(&[(1, "4710"), (3, "4711"), (5, "4712")]).await;
        let progress = |number: u8, ago: i64| AgentProgress {
            agent: agent(number).id,
            epoch: 1,
            seq: 4,
            resync_to: None,
            recent: Vec::new(),
            hardware_digest: None,
            boot_id: None,
            last_seen: site.clock.now() - TimeDelta::hours(ago),
            agent_version: "0.1.0".to_owned(),
            dropped: 0,
        };
        let clock: SharedClock = Arc::<TestClock>::clone(&site.clock);
        let known = vec![progress(1, 0), progress(3, 400), progress(5, 11)];
        let fleet = Fleet::load(site.stores.clone(), known, clock, SILENT, Arc::clone(&site.alerts)).await.unwrap();
        let online = |number: u8| fleet.get(agent(number).id).unwrap().online;
        assert_eq!([online(1), online(3), online(5)], [true, false, true]);
        assert_eq!(fleet.silent(), [], "nobody could be heard yet: no session ends");
        fleet.entry(agent(3).id).unwrap().heard(&progress(3, 0), Vec::new(), fleet.ready());
        assert!(online(3));
    }

    #[tokio::test]
    async fn a_device_of_another_make_is_silent_after_three_days() {
        let site = Site::new(&[(1, "4710")]).await;
        let foreign = ForeignDevice { credential: "c".to_owned(), device_id: "d".to_owned(), program: "GLPI-Agent".to_owned() };
        site.entry(1).update(|record| record.foreign = Some(foreign));
        let standing = |hours: u64| {
            for _ in 0..hours * 120 {
                site.clock.advance(Duration::from_secs(30));
                site.fleet.silent();
            }
            (site.fleet.get(agent(1).id).unwrap().online, site.fleet.silent().len())
        };
        assert_eq!(standing(71), (true, 0));
        assert_eq!(standing(2), (false, 1));
        site.heard(1).await;
        assert_eq!(standing(71), (true, 0));
    }

    #[tokio::test]
    async fn silence_is_time_in_which_it_could_have_been_heard() {
        let site = Site::new(&[(1, "4710")]).await;
        let pass = |seconds| {
            for _ in 0..seconds / 30 {
                site.clock.advance(Duration::from_secs(30));
                site.fleet.silent();
            }
        };
        pass(600);
        for _ in 0..1000 {
            site.clock.advance(Duration::from_secs(2));
            site.fleet.refused();
        }
        site.clock.advance(Duration::from_secs(7200));
        assert_eq!(site.fleet.silent(), [], "the store was full, then the machine slept");
        pass(300);
        assert_eq!(site.fleet.silent(), []);
        pass(30);
        assert_eq!(site.fleet.silent(), [agent(1).id]);
        site.heard(1).await;
        assert_eq!(site.fleet.silent(), []);
    }
}
