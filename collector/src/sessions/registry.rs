//! The live sessions for everybody: what reports change, and the pools that follow them.

use super::{
    compare::{Difference, Seen, compare},
    policy,
    pools::{Book, Endings, Gate},
    state::{AMENDED_DAYS, LiveSession, State, shared},
};
use crate::{
    settings::Settings,
    store::{
        StoreError, Stores,
        records::{SessionRecord, UsageKind, UsageRecord},
    },
};
use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};
use muster_domain::{
    calendar::SiteZone,
    ids::{AgentId, SessionId},
    session::Application,
};
use muster_runtime::clock::SharedClock;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A login that is told of after this long could have been beside somebody who is gone by now.
const LATE: TimeDelta = TimeDelta::seconds(60);

/// Since when the product may be used; none while it may not.
pub type OpenSince = Arc<dyn Fn() -> Option<DateTime<Utc>> + Send + Sync>;

/// Named and floating seats that the licence key allows an application; none where it says nothing.
pub type SeatCaps = Arc<dyn Fn(&str) -> (Option<u64>, Option<u64>) + Send + Sync>;

/// The name of an agent's machine.
pub type HostOf = Arc<dyn Fn(AgentId) -> Option<String> + Send + Sync>;

/// What the sessions are made of.
pub struct Parts {
    /// The store.
    pub stores: Stores,
    /// The sessions it holds.
    pub live: Vec<SessionRecord>,
    /// The site's time zone.
    pub zone: SiteZone,
    /// The time that is believed.
    pub clock: SharedClock,
    /// Since when the product may be used.
    pub open_since: OpenSince,
    /// What the licence key allows.
    pub caps: SeatCaps,
    /// The names of the machines.
    pub hosts: HostOf,
    /// Which realms make no other user, how long history is kept.
    pub settings: Arc<Settings>,
}

/// The live sessions.
pub struct Sessions {
    pub(super) stores: Stores,
    pub(super) zone: SiteZone,
    pub(super) clock: SharedClock,
    pub(super) open_since: OpenSince,
    pub(super) caps: SeatCaps,
    pub(super) hosts: HostOf,
    pub(super) settings: Arc<Settings>,
    /// Held while decisions of the pools are committed: one commit for all that wait.
    pub(super) settling: tokio::sync::Mutex<()>,
    /// Held while peaks are stored.
    pub(super) keeping: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

impl Sessions {
    /// What the store holds: nobody's session ends, and nobody loses a seat or a place, because the collector started again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(parts: Parts) -> Result<Self, StoreError> {
        let Parts { stores, live, zone, clock, open_since, caps, hosts, settings } = parts;
        let now = clock.now().trunc_subsecs(3);
        let today = zone.site_date(now);
        let (start, end) = (zone.day_start(today), now + TimeDelta::days(1));
        let closed = stores.usage.closed(start, end).await?;
        let kept = stores.usage.peaks(None, today, today).await?;
        let kept = kept.into_iter().filter(|peak| peak.kind == UsageKind::Total).map(|peak| (peak.application.clone(), peak));
        let pools = Book::new(
            stores.checkouts.claims().await?,
            stores.checkouts.closed(start, end).await?,
            stores.checkouts.demand(None, today, today).await?,
            stores.groups.all().await?,
            settings.values().realms.clone(),
            (zone, now),
        );
        let closed = closed.into_iter().map(shared).collect();
        let uncounted = stores.checkouts.uncounted().await?.len();
        let mut state = State { closed, today, kept: kept.collect(), dirty: true, pools, uncounted, ..State::default() };
        // The collector may have stopped before it counted its last day to the end, and whole days may have passed since.
        let uncounted = match last_counted(&stores, today).await? {
            Some(day) => day,
            None => live.iter().map(|record| zone.site_date(record.counted_from)).min().unwrap_or(today),
        };
        state.amend(uncounted.min(today.pred_opt().unwrap_or(today)), None);
        for record in live {
            let sessions = state.by_agent.entry(record.agent).or_default();
            sessions.insert(record.id, LiveSession::unseen(record));
        }
        state.applications = stores.applications.all().await?.into_iter().map(|record| record.application).collect();
        let (settling, keeping) = <(tokio::sync::Mutex<()>, tokio::sync::Mutex<()>)>::default();
        let sessions =
            Self { stores, zone, clock, open_since, caps, hosts, settings, settling, keeping, state: Mutex::new(state) };
        let (hour, _) = zone.hour_around(now);
        let hours = sessions.stores.hours.page(None, hour, hour + TimeDelta::seconds(1), None, usize::MAX).await?;
        sessions.with_pools(|state, gate| {
            sessions.arrange(state, gate);
            state.pools.forget_strangers();
            state.pools.hour_read(hour, &hours);
        });
        Ok(sessions)
    }

    /// What a report of an agent changes.
    #[must_use]
    pub fn compare(&self, seen: Seen) -> Difference {
        let state = self.lock();
        let nothing = BTreeMap::new();
        compare(state.known(seen.agent).unwrap_or(&nothing), seen)
    }

    /// Takes in a difference that is durable.
    pub fn apply(&self, difference: Difference) {
        let zone = self.zone;
        let agent = difference.agent;
        let touched = difference.touched();
        self.with_pools(|state, gate| {
            state.apply(difference, gate.now - LATE, |at| zone.site_date(at));
            self.follow(state, agent, touched, gate);
        });
    }

    /// Reads the applications again, after one changed: what was used of one that is there again counts.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn reload_applications(&self) -> Result<(), StoreError> {
        let applications: Vec<Application> =
            self.stores.applications.all().await?.into_iter().map(|record| record.application).collect();
        // What was used under the old limits is kept before the new ones count.
        self.keep_peaks().await?;
        self.with_pools(|state, gate| {
            state.applications = applications;
            self.arrange(state, gate);
        });
        self.settle_pools().await?;
        self.count_uncounted_again().await
    }

    /// Daily peaks of site dates from `from` to `to`, today's up to now.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn usage(&self, application: Option<&str>, from: NaiveDate, to: NaiveDate) -> Result<Vec<UsageRecord>, StoreError> {
        self.keep_peaks().await?;
        self.stores.usage.peaks(application, from, to).await
    }

    /// Reads the groups again, after one changed: claims from now on know them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn reload_groups(&self) -> Result<(), StoreError> {
        let groups = self.stores.groups.all().await?;
        self.with_pools(|state, _| state.pools.set_groups(groups));
        Ok(())
    }

    /// Lets the time of the pools pass and makes what they decided durable.
    ///
    /// # Errors
    /// When the store does not take it.
    pub(super) async fn settle_pools(&self) -> Result<(), StoreError> {
        self.with_pools(|_, _| ());
        self.read_hours().await?;
        self.settle().await
    }

    /// The time, as it is stored: nothing looks different after a restart.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(3)
    }

    /// Works with the pools as they are at this instant: what is due is done, and the sessions have the seats that they claim.
    pub(super) fn with_pools<T>(&self, work: impl FnOnce(&mut State, Gate) -> T) -> T {
        let now = self.now();
        let open = (self.open_since)().is_some();
        let date = self.zone.site_date(now);
        let gate = Gate { now, boot: self.clock.boottime(), date, day_start: self.zone.day_start(date), open };
        let values = self.settings.values();
        let mut state = self.lock();
        let state = &mut *state;
        state.pools.pass(gate);
        let caps = |name: &str| (self.caps)(name);
        if state.pools.set_realms(&values.realms) || state.pools.other_caps(caps) {
            self.arrange(state, gate);
        }
        if state.pools.follows_all() {
            let touched = state.pools.everybody(state.by_agent.values().flat_map(BTreeMap::keys).copied());
            let sessions: BTreeMap<SessionId, &LiveSession> =
                state.by_agent.values().flatten().map(|(id, session)| (*id, session)).collect();
            state.pools.follow(&touched, |id| sessions.get(&id).copied(), |agent| (self.hosts)(agent), gate);
        }
        work(state, gate)
    }

    /// Gives every application its pool.
    fn arrange(&self, state: &mut State, gate: Gate) {
        state.policy = policy::of(&state.applications);
        state.pools.set_applications(&state.applications, |name| (self.caps)(name), gate);
        let touched = state.pools.everybody(state.by_agent.values().flat_map(BTreeMap::keys).copied());
        let sessions: BTreeMap<SessionId, &LiveSession> =
            state.by_agent.values().flatten().map(|(id, session)| (*id, session)).collect();
        state.pools.follow(&touched, |id| sessions.get(&id).copied(), |agent| (self.hosts)(agent), gate);
    }

    /// Something happened to these sessions of an agent.
    pub(super) fn follow(&self, state: &mut State, agent: AgentId, touched: Endings, gate: Gate) {
        if touched.is_empty() {
            return;
        }
        let State { by_agent, pools, .. } = state;
        let sessions = by_agent.get(&agent);
        pools.follow(&touched, |id| sessions?.get(&id), |agent| (self.hosts)(agent), gate);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest date before `today` of which a peak is stored.
async fn last_counted(stores: &Stores, today: NaiveDate) -> Result<Option<NaiveDate>, StoreError> {
    let mut date = today;
    for _ in 0..AMENDED_DAYS {
        date = date.pred_opt().unwrap_or(date);
        if !stores.usage.peaks(None, date, date).await?.is_empty() {
            return Ok(Some(date));
        }
    }
    Ok(None)
}
