//! What is kept in memory: live sessions by agent, the sessions of today that are over, and the applications.

use super::compare::Difference;
use crate::store::records::{ClosedSession, Ending, IdleSpan, SessionRecord};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    ids::{AgentId, SessionId},
    session::Application,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is live about a session beside its record: it changes all the time and is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liveliness {
    /// `active`, `online`, `disconnected` or `other`.
    pub state: &'static str,
    /// Seconds without input; none means not known.
    pub idle_seconds: Option<u64>,
    /// The system's own groups of the user.
    pub groups: Vec<String>,
}

impl Liveliness {
    /// Of a session that was not listed since the collector started.
    pub(super) fn unknown() -> Self {
        Self { state: "other", idle_seconds: None, groups: Vec::new() }
    }
}

/// A session that its agent lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiveSession {
    pub(super) record: SessionRecord,
    pub(super) lively: Liveliness,
}

/// Everything, under one lock.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) by_agent: BTreeMap<AgentId, BTreeMap<SessionId, LiveSession>>,
    /// Sessions that ended on the site date `today` or later.
    pub(super) closed: Vec<ClosedSession>,
    pub(super) today: NaiveDate,
    pub(super) applications: Vec<Application>,
    /// Something changed since the seats were counted.
    pub(super) dirty: bool,
    /// Site dates before `today` that a late report amended.
    pub(super) amended: BTreeSet<NaiveDate>,
}

impl State {
    pub(super) fn known(&self, agent: AgentId) -> Option<&BTreeMap<SessionId, LiveSession>> {
        self.by_agent.get(&agent)
    }

    pub(super) fn live(&self) -> impl Iterator<Item = &LiveSession> {
        self.by_agent.values().flat_map(BTreeMap::values)
    }

    pub(super) fn find(&mut self, id: SessionId) -> Option<&mut LiveSession> {
        self.by_agent.values_mut().find_map(|sessions| sessions.get_mut(&id))
    }

    /// Takes a committed difference in; `day_of` tells the site date of an instant.
    pub(super) fn apply(&mut self, difference: Difference, day_of: impl Fn(DateTime<Utc>) -> NaiveDate) {
        let Difference { agent, started, ended, passed, lively } = difference;
        self.dirty |= !(started.is_empty() && ended.is_empty() && passed.is_empty());
        let mut closed = passed;
        let sessions = self.by_agent.entry(agent).or_default();
        for record in started {
            sessions.insert(record.id, LiveSession { record, lively: Liveliness::unknown() });
        }
        for (id, lively) in lively {
            if let Some(session) = sessions.get_mut(&id) {
                self.dirty |= session.lively.idle_seconds != lively.idle_seconds;
                session.lively = lively;
            }
        }
        for (id, ending) in ended {
            if let Some(LiveSession { record, .. }) = sessions.remove(&id)
                && record.ended.is_none()
            {
                closed.push(ClosedSession { session: SessionRecord { ended: Some(ending), ..record }, ending });
            }
        }
        if sessions.is_empty() {
            self.by_agent.remove(&agent);
        }
        for closed in closed {
            self.keep_closed(closed, &day_of);
        }
    }

    /// Ends a session that its agent still lists.
    pub(super) fn end(&mut self, id: SessionId, ending: Ending, day_of: impl Fn(DateTime<Utc>) -> NaiveDate) {
        let Some(session) = self.find(id).filter(|session| session.record.ended.is_none()) else { return };
        session.record.ended = Some(ending);
        let closed = ClosedSession { session: session.record.clone(), ending };
        self.dirty = true;
        self.keep_closed(closed, &day_of);
    }

    /// Notes a time of idleness.
    pub(super) fn idle(&mut self, id: SessionId, span: &IdleSpan) {
        if let Some(session) = self.find(id) {
            session.record.note_idle(span);
            self.dirty = true;
        }
    }

    fn keep_closed(&mut self, closed: ClosedSession, day_of: &impl Fn(DateTime<Utc>) -> NaiveDate) {
        let mut date = day_of(closed.session.counted_from);
        while date < self.today {
            self.amended.insert(date);
            if date >= day_of(closed.ending.at) {
                break;
            }
            let Some(next) = date.succ_opt() else { break };
            date = next;
        }
        if day_of(closed.ending.at) >= self.today {
            self.closed.push(closed);
        }
    }
}
