//! The live sessions for everybody: what reports change, lists, seats in use, ending a session.

use super::{
    compare::{Difference, Seen, compare},
    seats::{self, Held},
    state::{LiveSession, Liveliness, State},
};
use crate::{
    publish::ApplicationStatus,
    store::{
        StoreError, Stores,
        records::{AuditEntry, Change, ClosedSession, EndReason, Ending, IdleSpan, SessionRecord, UsageRecord},
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
        let mut by_agent: BTreeMap<AgentId, BTreeMap<SessionId, LiveSession>> = BTreeMap::new();
        for record in live {
            let session = LiveSession { lively: Liveliness::unknown(), record };
            by_agent.entry(session.record.agent).or_default().insert(session.record.id, session);
        }
        let sessions = Self {
            stores,
            zone,
            time,
            open_since,
            caps,
            state: Mutex::new(State { by_agent, closed, today, dirty: true, ..State::default() }),
        };
        sessions.reload_applications().await?;
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
    pub fn apply(&self, difference: Difference, _received: DateTime<Utc>) {
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
                    denied_today: peak.map_or(0, |peak| peak.denied),
                    queued: 0,
                    peak_today: peak.map_or(0, |peak| peak.peak),
                    peak_at: peak.and_then(|peak| peak.peak_at),
                }
            })
            .collect()
    }

    /// An administrator ends a session; it stays ended until its agent no longer lists it.
    ///
    /// # Errors
    /// When there is no such live session or the change cannot be stored.
    pub async fn end(&self, id: SessionId, actor: &str) -> Result<(), StoreError> {
        let known = self.lock().find(id).is_some_and(|session| session.record.ended.is_none());
        if !known {
            return Err(StoreError::NotFound { what: "live session", id: id.to_string() });
        }
        self.end_all(vec![id], EndReason::Administrator).await?;
        let entry = AuditEntry {
            at: (self.time)(),
            actor: actor.to_owned(),
            action: "session.end".to_owned(),
            subject: id.to_string(),
            detail: serde_json::Value::Null,
        };
        self.stores.audit.append(entry).await
    }

    /// Ends every live session of an agent.
    ///
    /// # Errors
    /// When the change cannot be stored.
    pub async fn end_of_agent(&self, agent: AgentId, reason: EndReason) -> Result<usize, StoreError> {
        let ids: Vec<SessionId> = self.lock().known(agent).map_or_else(Vec::new, |sessions| {
            sessions.values().filter(|session| session.record.ended.is_none()).map(|session| session.record.id).collect()
        });
        let count = ids.len();
        if count > 0 {
            self.end_all(ids, reason).await?;
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

    async fn end_all(&self, ids: Vec<SessionId>, reason: EndReason) -> Result<(), StoreError> {
        let at = (self.time)();
        let sessions: Vec<(SessionId, Ending)> = {
            let mut state = self.lock();
            ids.into_iter()
                .filter_map(|id| {
                    let from = state.find(id)?.record.counted_from;
                    Some((id, Ending { at: at.max(from), reason }))
                })
                .collect()
        };
        self.stores.reports.append(Change::Ended { sessions: sessions.clone(), keep: true }, None).await?;
        let zone = self.zone;
        let mut state = self.lock();
        for (id, ending) in sessions {
            state.end(id, ending, |at| zone.site_date(at));
        }
        Ok(())
    }

    /// Sessions that are idle beyond an application's timeout, and ones that are in use again.
    pub(super) fn idle_changes(&self) -> Vec<(SessionId, IdleSpan)> {
        let now = (self.time)();
        let state = self.lock();
        let mut changes = Vec::new();
        for application in state.applications.iter().filter(|application| application.idle_timeout_seconds > 0) {
            let timeout = application.idle_timeout_seconds;
            for session in state.live().filter(|session| session.record.ended.is_none()) {
                let record = &session.record;
                if !application.applies(&record.user, &record.applications) {
                    continue;
                }
                let open = record.idle.iter().find(|span| span.application == application.name && span.until.is_none());
                // Idleness that is not known never ends anything, and never revives anything.
                match (session.lively.idle_seconds, open) {
                    (Some(idle), None) if idle >= timeout => {
                        let over = TimeDelta::try_seconds(i64::try_from(idle - timeout).unwrap_or_default()).unwrap_or_default();
                        let since = (now - over).max(record.counted_from);
                        changes.push((record.id, IdleSpan { application: application.name.clone(), since, until: None }));
                    }
                    (Some(idle), Some(span)) if idle < timeout => {
                        changes.push((record.id, IdleSpan { until: Some(now.max(span.since)), ..span.clone() }));
                    }
                    _ => {}
                }
            }
        }
        changes
    }

    pub(super) async fn note_idle(&self, session: SessionId, span: IdleSpan) -> Result<(), StoreError> {
        self.stores.reports.append(Change::Idle { session, span: span.clone() }, None).await?;
        self.lock().idle(session, &span);
        Ok(())
    }

    /// Sessions that touch today: live ones and those that ended.
    pub(super) fn of_today(&self, state: &State) -> Vec<(SessionRecord, Option<Ending>)> {
        let closed = state.closed.iter().map(|ClosedSession { session, ending }| (session.clone(), Some(*ending)));
        let live = state.live().filter(|session| session.record.ended.is_none());
        live.map(|session| (session.record.clone(), None)).chain(closed).collect()
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
