//! What a snapshot of an agent changes: sessions that are new, that are over, that came and went. Data in, data out.

use super::state::{LiveSession, Liveliness};
use crate::store::records::{ClosedSession, EndReason, Ending, SessionRecord};
use chrono::{DateTime, Utc};
use muster_domain::ids::{AgentId, SessionId};
use std::collections::BTreeMap;

/// What an agent saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Which agent.
    pub agent: AgentId,
    /// Whether its machine started again since its last report.
    pub rebooted: bool,
    /// When it looked, by the collector's clock.
    pub at: DateTime<Utc>,
    /// The whole current list; none when the agent could not read it: then nothing began and nothing ended.
    pub snapshot: Option<Vec<(SessionRecord, Liveliness)>>,
    /// Sessions that ended since the last report.
    pub passed: Vec<ClosedSession>,
}

/// What that changes.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Which agent.
    pub agent: AgentId,
    /// Sessions that begin to count, and ones whose applications changed.
    pub started: Vec<SessionRecord>,
    /// Live sessions that are over.
    pub ended: Vec<(SessionId, Ending)>,
    /// Sessions that came and went between two reports.
    pub passed: Vec<ClosedSession>,
    /// What is live about each listed session.
    pub(super) lively: Vec<(SessionId, Liveliness)>,
}

impl Difference {
    /// Whether nothing changed that must be durable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.started.is_empty() && self.ended.is_empty() && self.passed.is_empty()
    }
}

/// Compares what an agent saw with the sessions it had.
pub(super) fn compare(known: &BTreeMap<SessionId, LiveSession>, seen: Seen) -> Difference {
    let Seen { agent, rebooted, at, snapshot, passed } = seen;
    let mut difference = Difference { agent, started: Vec::new(), ended: Vec::new(), passed: Vec::new(), lively: Vec::new() };
    let mut endings: BTreeMap<SessionId, Ending> = BTreeMap::new();
    for closed in passed {
        match known.get(&closed.session.id) {
            Some(_) => {
                endings.insert(closed.session.id, closed.ending);
            }
            None => difference.passed.push(closed),
        }
    }
    let listed = snapshot.is_some();
    let mut missing: BTreeMap<SessionId, &LiveSession> = known.iter().map(|(id, session)| (*id, session)).collect();
    for (record, lively) in snapshot.unwrap_or_default() {
        if endings.contains_key(&record.id) {
            continue;
        }
        difference.lively.push((record.id, lively));
        match missing.remove(&record.id) {
            None => {
                if !difference.started.iter().any(|started| started.id == record.id) && !known.contains_key(&record.id) {
                    difference.started.push(record);
                }
            }
            Some(live) => match live.record.ended {
                // Silence ends a session only as long as it lasts.
                Some(Ending { reason: EndReason::Silent, .. }) => difference.started.push(SessionRecord {
                    started_at: live.record.started_at,
                    counted_from: at.max(live.record.counted_from),
                    idle: Vec::new(),
                    ..record
                }),
                Some(_) => {}
                None if live.record.applications != record.applications => difference.started.push(SessionRecord {
                    started_at: live.record.started_at,
                    counted_from: live.record.counted_from,
                    idle: live.record.idle.clone(),
                    ..record
                }),
                None => {}
            },
        }
    }
    for (id, live) in missing {
        let default = Ending {
            at: at.max(live.record.counted_from),
            reason: if rebooted { EndReason::Shutdown } else { EndReason::Logout },
        };
        match endings.get(&id) {
            Some(ending) => difference.ended.push((id, Ending { at: ending.at.max(live.record.counted_from), ..*ending })),
            None if listed => difference.ended.push((id, default)),
            None => {}
        }
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn record(id: u128, start: i64) -> SessionRecord {
        SessionRecord {
            id: SessionId(id),
            agent: AgentId(Uuid::nil()),
            user: "alice".to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            client: "ssh".to_owned(),
            tty: None,
            started_at: at(start),
            counted_from: at(start),
            applications: Vec::new(),
            idle: Vec::new(),
            ended: None,
        }
    }

    fn lively() -> Liveliness {
        Liveliness { state: "active", idle_seconds: None, groups: Vec::new() }
    }

    fn known(records: &[SessionRecord]) -> BTreeMap<SessionId, LiveSession> {
        records.iter().map(|record| (record.id, LiveSession { record: record.clone(), lively: lively() })).collect()
    }

    fn seen(listed: Option<&[u128]>, passed: &[(u128, i64, i64)]) -> Seen {
        Seen {
            agent: AgentId(Uuid::nil()),
            rebooted: false,
            at: at(100),
            snapshot: listed.map(|ids| ids.iter().map(|id| (record(*id, 10), lively())).collect()),
            passed: passed
                .iter()
                .map(|(id, start, end)| ClosedSession {
                    session: record(*id, *start),
                    ending: Ending { at: at(*end), reason: EndReason::Logout },
                })
                .collect(),
        }
    }

    fn check(before: &[SessionRecord], seen: Seen, started: &[(u128, i64)], ended: &[(u128, i64)], passed: &[u128]) {
        let difference = compare(&known(before), seen);
        let got: Vec<_> = difference.started.iter().map(|r| (r.id.0, (r.counted_from - at(0)).num_seconds())).collect();
        assert_eq!(got, started, "started");
        let got: Vec<_> = difference.ended.iter().map(|(id, end)| (id.0, (end.at - at(0)).num_seconds())).collect();
        assert_eq!(got, ended, "ended");
        assert_eq!(difference.passed.iter().map(|c| c.session.id.0).collect::<Vec<_>>(), passed, "passed");
    }

    #[test]
    fn new_gone_passed_and_unknown() {
        let ended_by = |reason| {
            let mut record = record(1, 10);
            record.ended = Some(Ending { at: at(50), reason });
            record
        };
        check(&[], seen(Some(&[1, 2]), &[]), &[(1, 10), (2, 10)], &[], &[]);
        check(&[record(1, 10)], seen(Some(&[1]), &[]), &[], &[], &[]);
        check(&[record(1, 10)], seen(Some(&[]), &[]), &[], &[(1, 100)], &[]);
        check(&[record(1, 10)], seen(Some(&[]), &[(1, 10, 70)]), &[], &[(1, 70)], &[]);
        check(&[], seen(Some(&[]), &[(3, 20, 30)]), &[], &[], &[3]);
        check(&[record(1, 10)], seen(None, &[]), &[], &[], &[]);
        check(&[ended_by(EndReason::Administrator)], seen(Some(&[1]), &[]), &[], &[], &[]);
        check(&[ended_by(EndReason::Administrator)], seen(Some(&[]), &[]), &[], &[(1, 100)], &[]);
        check(&[ended_by(EndReason::Silent)], seen(Some(&[1]), &[]), &[(1, 100)], &[], &[]);
        check(&[], seen(Some(&[1, 1]), &[]), &[(1, 10)], &[], &[]);
    }

    #[test]
    fn a_reboot_ends_with_that_reason() {
        let difference = compare(&known(&[record(1, 10)]), Seen { rebooted: true, ..seen(Some(&[]), &[]) });
        assert_eq!(difference.ended[0].1.reason, EndReason::Shutdown);
    }
}
