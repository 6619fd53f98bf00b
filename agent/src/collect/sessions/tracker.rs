//! Which sessions came and went.
//!
//! In: one snapshot after the other. Out: the sessions that are gone since the one before, so that a short one still counts
//! (contract 2.1, `ended`). Pure: it reads no clock and no source, and a failed snapshot must not be given to it as an empty one.

use chrono::{DateTime, Utc};
use muster_wire::session::{EndReason, EndedSession, Session};

/// Remembers the last snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tracker {
    live: Vec<Session>,
}

impl Tracker {
    /// Knows of no session.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on from the sessions that were live when the agent stopped.
    pub fn restore(live: Vec<Session>) -> Self {
        Self { live }
    }

    /// Takes the whole current list and names the sessions that are no longer in it, as ended by logout at `now` (or at their start,
    /// should the clock have been set back). An id that comes back with another user or start is another session.
    pub fn observe(&mut self, snapshot: &[Session], now: DateTime<Utc>) -> Vec<EndedSession> {
        let before = std::mem::replace(&mut self.live, snapshot.to_vec());
        let gone = before.into_iter().filter(|session| !snapshot.iter().any(|other| same(session, other)));
        gone.map(|session| ended(session, now)).collect()
    }

    /// The sessions of the last snapshot.
    pub fn live(&self) -> &[Session] {
        &self.live
    }
}

fn same(a: &Session, b: &Session) -> bool {
    a.id == b.id && a.started_at == b.started_at && a.user == b.user
}

fn ended(session: Session, now: DateTime<Utc>) -> EndedSession {
    let Session { id, user, client_ip, client, tty: _, state: _, started_at, idle_seconds: _, groups: _, applications } = session;
    EndedSession {
        id,
        user,
        client_ip,
        client,
        started_at,
        ended_at: now.max(started_at),
        reason: EndReason::Logout,
        applications,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_wire::session::SessionState;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    fn session(id: &str, user: &str, started: i64) -> Session {
        Session {
            id: id.into(),
            user: user.into(),
            client_ip: "10.0.0.11".into(),
            client: "ssh".into(),
            tty: Some("pts/0".into()),
            state: SessionState::Active,
            started_at: at(started),
            idle_seconds: Some(3),
            groups: vec![],
            applications: vec!["Incident Management".into()],
        }
    }

    #[test]
    fn sessions_come_and_go() {
        let mut tracker = Tracker::new();
        let (a, b) = (session("c1", "alice", 0), session("c2", "bob", 5));
        assert_eq!(tracker.observe(&[a.clone(), b.clone()], at(10)), []);
        assert_eq!(
            tracker.observe(&[Session { idle_seconds: None, client_ip: "10.0.0.12".into(), ..a.clone() }, b], at(20)),
            [],
            "details may change"
        );
        let gone = tracker.observe(&[session("c3", "carol", 25)], at(30));
        let summary: Vec<_> =
            gone.iter().map(|ended| (ended.id.as_str(), ended.client_ip.as_str(), ended.ended_at, ended.reason)).collect();
        assert_eq!(summary, [("c1", "10.0.0.12", at(30), EndReason::Logout), ("c2", "10.0.0.11", at(30), EndReason::Logout)]);
        assert_eq!(gone[0].applications, ["Incident Management"]);
        assert_eq!(tracker.live(), [session("c3", "carol", 25)]);
    }

    #[test]
    fn a_reused_id_is_another_session() {
        for other in [session("c1", "alice", 1), session("c1", "bob", 0)] {
            let mut tracker = Tracker::restore(vec![session("c1", "alice", 0)]);
            let gone = tracker.observe(std::slice::from_ref(&other), at(9));
            assert_eq!(gone.iter().map(|ended| (ended.user.as_str(), ended.started_at)).collect::<Vec<_>>(), [("alice", at(0))]);
            assert_eq!(tracker.live(), [other]);
        }
    }

    #[test]
    fn nobody_leaves_before_he_came() {
        let gone = Tracker::restore(vec![session("c1", "alice", 100)]).observe(&[], at(0));
        assert_eq!(gone[0].ended_at, at(100));
    }

    proptest! {
        /// Every session that was ever in a snapshot is either still live or was named as ended exactly once per disappearance.
        #[test]
        fn nothing_is_lost_or_named_twice(rounds in proptest::collection::vec(proptest::collection::btree_set(0..6_i64, 0..6), 1..12)) {
            let mut tracker = Tracker::new();
            let (mut came, mut went) = (0, 0);
            let mut before = std::collections::BTreeSet::new();
            for (round, ids) in rounds.iter().enumerate() {
                let snapshot: Vec<Session> = ids.iter().map(|id| session(&format!("c{id}"), "alice", *id)).collect();
                came += ids.difference(&before).count();
                went += tracker.observe(&snapshot, at(i64::try_from(round).unwrap())).len();
                before.clone_from(ids);
            }
            prop_assert_eq!(came, went + tracker.live().len());
        }
    }
}
