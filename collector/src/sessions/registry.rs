//! The live sessions for everybody: what reports change, lists, seats in use, ending a session.

use super::{
    compare::{Difference, Seen, compare},
    seats::{self, Held},
    state::{AMENDED_DAYS, LiveSession, State},
};
use crate::{
    publish::ApplicationStatus,
    store::{
        StoreError, Stores,
        records::{AuditEntry, Change, EndReason, Ending, IdleSpan, SessionRecord, UsageKind, UsageRecord},
    },
};
use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};
use muster_domain::{
    calendar::SiteZone,
    ids::{AgentId, SessionId},
    session::{Application, SeatKind},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Sessions that one change ends when many agents fall silent together.
const ENDED_AT_ONCE: usize = 1_000;

/// Since when the product may be used; none while it may not.
pub type OpenSince = Arc<dyn Fn() -> Option<DateTime<Utc>> + Send + Sync>;

/// Named and floating seats that the licence key allows an application; none where it says nothing.
pub type SeatCaps = Arc<dyn Fn(&str) -> (Option<u64>, Option<u64>) + Send + Sync>;

/// A seat that a session holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Of which application.
    pub application: String,
    /// `named` or `floating`.
    pub kind: &'static str,
    /// Another session of the same user and client took it.
    pub shared: bool,
}

/// A session as lists show it.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// The session.
    pub record: SessionRecord,
    /// `active`, `online`, `disconnected` or `other`.
    pub state: &'static str,
    /// Seconds without input when the agent last looked; none means not known.
    pub idle_seconds: Option<u64>,
    /// Seats it holds.
    pub holds: Vec<Hold>,
}

/// The live sessions.
pub struct Sessions {
    pub(super) stores: Stores,
    pub(super) zone: SiteZone,
    pub(super) time: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    pub(super) open_since: OpenSince,
    pub(super) caps: SeatCaps,
    state: Mutex<State>,
}

impl Sessions {
    /// What the store holds: nobody's session ends because the collector started again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(
        stores: Stores,
        live: Vec<SessionRecord>,
        zone: SiteZone,
        time: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
        open_since: OpenSince,
        caps: SeatCaps,
    ) -> Result<Self, StoreError> {
        // As it is stored: nothing looks different after a restart.
        let time: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync> = Arc::new(move || time().trunc_subsecs(3));
        let now = time();
        let today = zone.site_date(now);
        let closed = stores.usage.closed(zone.day_start(today), now + TimeDelta::days(1)).await?;
        let kept = stores.usage.peaks(None, today, today).await?;
        let kept = kept.into_iter().filter(|peak| peak.kind == UsageKind::Total).map(|peak| (peak.application.clone(), peak));
        let mut state = State { closed, today, kept: kept.collect(), dirty: true, ..State::default() };
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
        Ok(Self { stores, zone, time, open_since, caps, state: Mutex::new(state) })
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
        self.lock().apply(difference, |at| zone.site_date(at));
    }

    /// Every listed session, in order of start.
    #[must_use]
    pub fn list(&self) -> Vec<SessionView> {
        let open_since = (self.open_since)();
        let state = self.lock();
        let mut holds: BTreeMap<SessionId, Vec<Hold>> = BTreeMap::new();
        for application in &state.applications {
            for Held { session, kind, shared } in seats::holding(&state, application, (self.caps)(&application.name), open_since)
            {
                holds.entry(session).or_default().push(Hold {
                    application: application.name.clone(),
                    kind: match kind {
                        SeatKind::Named => "named",
                        SeatKind::Floating => "floating",
                    },
                    shared,
                });
            }
        }
        let mut list: Vec<SessionView> = state
            .live()
            .map(|session| SessionView {
                holds: holds.remove(&session.record.id).unwrap_or_default(),
                record: session.record.clone(),
                state: session.lively.state,
                idle_seconds: session.lively.idle_seconds,
            })
            .collect();
        list.sort_by_key(|view| (view.record.started_at, view.record.id));
        list
    }

    /// How many sessions are logged in.
    #[must_use]
    pub fn active(&self) -> u64 {
        let state = self.lock();
        state.live().filter(|session| session.record.ended.is_none()).map(|_| 1).sum()
    }

    /// Applications with their seats in use and the highest use of today.
    #[must_use]
    pub fn applications(&self) -> Vec<ApplicationStatus> {
        let open_since = (self.open_since)();
        let today = self.today_peaks();
        let denied = self.denied_today();
        let state = self.lock();
        state
            .applications
            .iter()
            .map(|application| {
                let caps = (self.caps)(&application.name);
                let held = seats::holding(&state, application, caps, open_since);
                let of = |kind| held.iter().filter(|held| held.kind == kind && !held.shared).map(|_| 1).sum();
                let peak = today.get(&application.name);
                ApplicationStatus {
                    name: application.name.clone(),
                    named_in_use: of(SeatKind::Named),
                    named_limit: least(application.named_limit, caps.0),
                    floating_in_use: of(SeatKind::Floating),
                    floating_limit: application.floating(caps.1),
                    denied_today: denied.get(&application.name).copied().unwrap_or_default(),
                    queued: 0,
                    peak_today: peak.map_or(0, |peak| peak.peak),
                    peak_at: peak.map(|peak| peak.peak_at),
                }
            })
            .collect()
    }

    /// An administrator ends a session; it stays ended until its agent no longer lists it.
    ///
    /// # Errors
    /// When there is no such live session or the change cannot be stored.
    pub async fn end(&self, id: SessionId, actor: &str) -> Result<(), StoreError> {
        let known = self.lock().find(id).filter(|record| record.ended.is_none()).map(|record| (record.agent, id));
        let Some(session) = known else {
            return Err(StoreError::NotFound { what: "live session", id: id.to_string() });
        };
        self.end_all(vec![session], EndReason::Administrator, true).await?;
        let entry = AuditEntry {
            at: (self.time)(),
            actor: actor.to_owned(),
            action: "session.end".to_owned(),
            subject: id.to_string(),
            detail: serde_json::Value::Null,
        };
        self.stores.audit.append(entry).await
    }

    /// Forgets the sessions of an agent that will never list any again; those that live end.
    ///
    /// # Errors
    /// When the change cannot be stored.
    pub async fn end_of_agent(&self, agent: AgentId, reason: EndReason) -> Result<usize, StoreError> {
        let sessions: Vec<_> =
            self.lock().known(agent).map_or_else(Vec::new, |sessions| sessions.keys().map(|id| (agent, *id)).collect());
        let count = sessions.len();
        self.end_all(sessions, reason, false).await?;
        Ok(count)
    }

    /// Ends every live session of agents that are silent, until they are heard of again.
    ///
    /// # Errors
    /// When the change cannot be stored.
    pub async fn end_silent(&self, agents: &[AgentId]) -> Result<usize, StoreError> {
        let sessions: Vec<(AgentId, SessionId)> = {
            let state = self.lock();
            let known = agents.iter().filter_map(|agent| state.known(*agent)).flat_map(BTreeMap::values);
            known.map(|session| &session.record).filter(|record| record.ended.is_none()).map(|r| (r.agent, r.id)).collect()
        };
        let count = sessions.len();
        for some in sessions.chunks(ENDED_AT_ONCE) {
            self.end_all(some.to_vec(), EndReason::Silent, true).await?;
        }
        Ok(count)
    }

    /// Reads the applications again, after one changed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn reload_applications(&self) -> Result<(), StoreError> {
        let applications: Vec<Application> =
            self.stores.applications.all().await?.into_iter().map(|record| record.application).collect();
        // What was used under the old limits is kept before the new ones count.
        self.keep_peaks().await?;
        let mut state = self.lock();
        state.applications = applications;
        state.dirty = true;
        Ok(())
    }

    /// Daily peaks of site dates from `from` to `to`, today's up to now.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn usage(&self, application: Option<&str>, from: NaiveDate, to: NaiveDate) -> Result<Vec<UsageRecord>, StoreError> {
        self.keep_peaks().await?;
        self.stores.usage.peaks(application, from, to).await
    }

    async fn end_all(&self, ids: Vec<(AgentId, SessionId)>, reason: EndReason, keep: bool) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let at = (self.time)();
        let ending = |record: &SessionRecord| Ending { at: at.max(record.counted_from), reason };
        let sessions: Vec<(AgentId, SessionId, Ending)> = {
            let state = self.lock();
            let known = |(agent, id): &(AgentId, SessionId)| Some((*agent, *id, ending(&state.known(*agent)?.get(id)?.record)));
            ids.iter().filter_map(known).collect()
        };
        let ended = sessions.iter().map(|(_, id, ending)| (*id, *ending)).collect();
        self.stores.reports.append(Change::Ended { sessions: ended, keep }, None).await?;
        let zone = self.zone;
        let mut state = self.lock();
        for (agent, id, ending) in sessions {
            state.end(agent, id, ending, keep, |at| zone.site_date(at));
        }
        Ok(())
    }

    /// Sessions that are idle beyond an application's timeout, and ones that are in use again.
    pub(super) fn idle_changes(&self) -> Vec<(AgentId, SessionId, IdleSpan)> {
        let state = self.lock();
        let mut changes = Vec::new();
        for application in state.applications.iter().filter(|application| application.idle_timeout_seconds > 0) {
            let timeout = application.idle_timeout_seconds;
            for session in state.live().filter(|session| session.record.ended.is_none()) {
                let record = &session.record;
                if !application.applies(&record.user, &record.applications) {
                    continue;
                }
                // Idleness that is not known never ends anything, and never revives anything.
                let Some((idle, looked_at)) = session.lively.idle_seconds.zip(session.looked_at) else { continue };
                let open = record.idle.iter().find(|span| span.application == application.name && span.until.is_none());
                match open {
                    None if idle >= timeout => {
                        let since = before(looked_at, idle - timeout).max(record.counted_from);
                        let span = IdleSpan { application: application.name.clone(), since, until: None };
                        changes.push((record.agent, record.id, span));
                    }
                    Some(span) if idle < timeout => {
                        let until = Some(before(looked_at, idle).max(span.since));
                        changes.push((record.agent, record.id, IdleSpan { until, ..span.clone() }));
                    }
                    _ => {}
                }
            }
        }
        changes
    }

    pub(super) async fn note_idle(&self, agent: AgentId, session: SessionId, span: IdleSpan) -> Result<(), StoreError> {
        self.stores.reports.append(Change::Idle { session, span: span.clone() }, None).await?;
        self.lock().idle(agent, session, &span);
        Ok(())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn least(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
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

fn before(at: DateTime<Utc>, seconds: u64) -> DateTime<Utc> {
    let delta = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX);
    at.checked_sub_signed(delta).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
