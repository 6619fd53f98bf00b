//! What is kept in memory: live sessions by agent, the sessions of today that are over, and the applications.

use super::{compare::Difference, pools::Book};
use crate::store::records::{ClosedSession, Ending, IdleSpan, SessionRecord, UsageRecord};
use chrono::{DateTime, Days, NaiveDate, Utc};
use muster_domain::{
    ids::{AgentId, SessionId},
    session::Application,
};
use muster_wire::policy::PolicyDocument;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How far back a late report amends the peaks of a day.
pub(super) const AMENDED_DAYS: u64 = 400;

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
    pub(super) record: Arc<SessionRecord>,
    pub(super) lively: Liveliness,
    /// When its agent looked; none when it was not listed since the collector started.
    pub(super) looked_at: Option<DateTime<Utc>>,
}

impl LiveSession {
    /// One that was not listed since the collector started.
    pub(super) fn unseen(record: SessionRecord) -> Self {
        Self { record: Arc::new(record), lively: Liveliness::unknown(), looked_at: None }
    }
}

/// A session that is over, and how it ended.
pub(super) type Over = (Arc<SessionRecord>, Ending);

/// A closed session as it is kept here.
pub(super) fn shared(closed: ClosedSession) -> Over {
    (Arc::new(closed.session), closed.ending)
}

/// Everything, under one lock.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) by_agent: BTreeMap<AgentId, BTreeMap<SessionId, LiveSession>>,
    /// Sessions that ended on the site date `today` or later.
    pub(super) closed: Vec<Over>,
    pub(super) today: NaiveDate,
    pub(super) applications: Vec<Application>,
    /// What agents are told of them.
    pub(super) policy: Arc<PolicyDocument>,
    /// Something of today was told late, so that its peaks must be counted from the beginning of the day.
    pub(super) dirty: bool,
    /// Site dates whose sessions changed, or were not counted, after they were `today`.
    pub(super) amended: BTreeSet<NaiveDate>,
    /// The pools of the applications.
    pub(super) pools: Book,
    /// Uses that count nowhere and that no administrator has seen.
    pub(super) uncounted: usize,
    /// Those that were dropped since the start, because there were too many.
    pub(super) uncounted_dropped: usize,
    /// The stored peaks of `today`, named and floating together, by application.
    pub(super) kept: BTreeMap<String, UsageRecord>,
}

impl State {
    pub(super) fn known(&self, agent: AgentId) -> Option<&BTreeMap<SessionId, LiveSession>> {
        self.by_agent.get(&agent)
    }

    pub(super) fn live(&self) -> impl Iterator<Item = &LiveSession> {
        self.by_agent.values().flat_map(BTreeMap::values)
    }

    pub(super) fn find(&self, id: SessionId) -> Option<&SessionRecord> {
        self.by_agent.values().find_map(|sessions| sessions.get(&id)).map(|session| &*session.record)
    }

    /// Takes a committed difference in; `day_of` tells the site date of an instant. What began before `late` could have had its seat
    /// beside others that are gone by now.
    pub(super) fn apply(&mut self, difference: Difference, late: DateTime<Utc>, day_of: impl Fn(DateTime<Utc>) -> NaiveDate) {
        let Difference { agent, started, ended, passed, lively, at } = difference;
        self.dirty |= !passed.is_empty();
        let mut sessions = self.by_agent.remove(&agent).unwrap_or_default();
        for record in started {
            self.amend(day_of(record.counted_from), None);
            let session = match sessions.remove(&record.id) {
                // What happened to it while the report was committed stays.
                Some(before) => LiveSession { record: Arc::new(record.on_top_of(&before.record)), ..before },
                None => {
                    self.dirty |= record.counted_from < late;
                    LiveSession::unseen(record)
                }
            };
            sessions.insert(session.record.id, session);
        }
        for (id, lively) in lively {
            if let Some(session) = sessions.get_mut(&id) {
                session.lively = lively;
                session.looked_at = Some(at);
            }
        }
        for (id, ending) in ended {
            if let Some(LiveSession { record, .. }) = sessions.remove(&id)
                && record.ended.is_none()
            {
                self.close(&record, ending, &day_of);
            }
        }
        if !sessions.is_empty() {
            self.by_agent.insert(agent, sessions);
        }
        for ClosedSession { session, ending } in passed {
            self.amend(day_of(session.counted_from), Some(day_of(ending.at)));
            self.close(&session, ending, &day_of);
        }
    }

    /// Ends a session. With `keep` its agent still lists it, and it stays in the list, ended.
    pub(super) fn end(
        &mut self,
        agent: AgentId,
        id: SessionId,
        ending: Ending,
        keep: bool,
        day_of: impl Fn(DateTime<Utc>) -> NaiveDate,
    ) {
        let Some(sessions) = self.by_agent.get_mut(&agent) else { return };
        let Some(session) = sessions.get_mut(&id) else { return };
        let live = session.record.ended.is_none().then(|| Arc::clone(&session.record));
        if keep {
            Arc::make_mut(&mut session.record).ended.get_or_insert(ending);
        } else {
            sessions.remove(&id);
            if sessions.is_empty() {
                self.by_agent.remove(&agent);
            }
        }
        if let Some(record) = live {
            self.close(&record, ending, &day_of);
        }
    }

    /// Notes a time of idleness.
    pub(super) fn idle(&mut self, agent: AgentId, id: SessionId, span: &IdleSpan) {
        if let Some(session) = self.by_agent.get_mut(&agent).and_then(|sessions| sessions.get_mut(&id)) {
            Arc::make_mut(&mut session.record).note_idle(span);
        }
    }

    /// Dates before `today` that must be counted again: from one to another, or to yesterday.
    pub(super) fn amend(&mut self, from: NaiveDate, to: Option<NaiveDate>) {
        let oldest = self.today.checked_sub_days(Days::new(AMENDED_DAYS)).unwrap_or(NaiveDate::MIN);
        let dates = from.max(oldest).iter_days().take_while(|date| *date < self.today && to.is_none_or(|to| *date <= to));
        self.amended.extend(dates);
    }

    fn close(&mut self, record: &SessionRecord, ending: Ending, day_of: &impl Fn(DateTime<Utc>) -> NaiveDate) {
        // The days before the last one counted it while it was live.
        if day_of(ending.at) >= self.today {
            let mut over = SessionRecord { ended: Some(ending), ..record.clone() };
            over.idle.extend(self.pools.refusals(record));
            self.closed.push((Arc::new(over), ending));
        }
    }
}
