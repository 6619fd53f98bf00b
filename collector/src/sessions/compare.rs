//! What a snapshot of an agent changes: sessions that are new, that are over, that came and went. Data in, data out.

use super::{
    pools::Endings,
    state::{LiveSession, Liveliness},
};
use crate::store::records::{ClosedSession, EndReason, Ending, IdleSpan, PauseReason, SessionRecord};
use chrono::{DateTime, Utc};
use muster_domain::ids::{AgentId, SessionId};
use std::collections::{BTreeMap, BTreeSet};

/// What an agent saw.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Which agent.
    pub agent: AgentId,
    /// Whether its machine started again since its last report.
    pub rebooted: bool,
    /// When it looked, by the collector's clock.
    pub at: DateTime<Utc>,
    /// The sessions it lists.
    pub listed: Vec<(SessionRecord, Liveliness)>,
    /// Whether that is the whole current list. A part of it, or one the agent remembers because it could not read a new one, begins
    /// sessions and ends none.
    pub whole: bool,
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
    /// When the agent looked.
    pub(super) at: DateTime<Utc>,
}

impl Difference {
    /// Whether nothing changed that must be durable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.started.is_empty() && self.ended.is_empty() && self.passed.is_empty()
    }

    /// Live sessions that something happens to, with the reasons of those that end.
    pub(super) fn touched(&self) -> Endings {
        let started = self.started.iter().map(|record| (record.id, None));
        started.chain(self.ended.iter().map(|(id, ending)| (*id, Some(ending.reason)))).collect()
    }
}

/// Compares what an agent saw with the sessions it had. A session that is said to have ended is over, whatever else is said of it.
pub(super) fn compare(known: &BTreeMap<SessionId, LiveSession>, seen: Seen) -> Difference {
    let Seen { agent, rebooted, at, listed, whole, passed } = seen;
    let mut difference = Difference { agent, started: Vec::new(), ended: Vec::new(), passed: Vec::new(), lively: Vec::new(), at };
    let mut gone = BTreeSet::new();
    for closed in passed {
        let id = closed.session.id;
        if !gone.insert(id) {
            continue;
        }
        match known.get(&id) {
            Some(live) => {
                let at = closed.ending.at.max(live.record.counted_from);
                difference.ended.push((id, Ending { at, ..closed.ending }));
            }
            None => difference.passed.push(closed),
        }
    }
    let mut there = BTreeSet::new();
    for (record, lively) in listed {
        let id = record.id;
        if gone.contains(&id) || !there.insert(id) {
            continue;
        }
        difference.lively.push((id, lively));
        match known.get(&id) {
            None => difference.started.push(record),
            Some(live) => difference.started.extend(changed(&live.record, record, at)),
        }
    }
    if whole {
        let reason = if rebooted { EndReason::Shutdown } else { EndReason::Logout };
        let missing = known.iter().filter(|(id, _)| !there.contains(id) && !gone.contains(id));
        difference.ended.extend(missing.map(|(id, live)| (*id, Ending { at: at.max(live.record.counted_from), reason })));
    }
    difference
}

/// The record of a known session that is listed again, if it must be stored anew.
fn changed(known: &SessionRecord, listed: SessionRecord, at: DateTime<Utc>) -> Option<SessionRecord> {
    match known.ended {
        // Silence ends a session only as long as it lasts.
        Some(Ending { reason: EndReason::Silent, .. }) => Some(SessionRecord {
            started_at: known.started_at,
            counted_from: at.max(known.counted_from),
            idle: Vec::new(),
            ended: None,
            ..listed
        }),
        Some(_) => None,
        None => {
            let in_use: BTreeSet<&String> = known.in_use().collect();
            let same = in_use.iter().eq(listed.applications.iter().collect::<BTreeSet<_>>().iter())
                && known.user == listed.user
                && known.client_ip == listed.client_ip;
            (!same).then(|| {
                let (applications, idle) = uses(known, &listed.applications, at);
                let (started_at, counted_from) = (known.started_at, known.counted_from);
                SessionRecord { started_at, counted_from, applications, idle, ended: None, ..listed }
            })
        }
    }
}

/// The applications of a session and the times in which it did not use them, when these are in use at a time: one that is found in
/// the middle of a session counts from then, one that is no longer found until then.
fn uses(known: &SessionRecord, listed: &[String], at: DateTime<Utc>) -> (Vec<String>, Vec<IdleSpan>) {
    let at = at.max(known.counted_from);
    let pause = |application: &String, since, until| IdleSpan {
        application: application.clone(),
        since,
        until,
        why: PauseReason::NotUsed,
    };
    let mut idle = known.idle.clone();
    for application in listed {
        if !known.applications.contains(application) {
            idle.push(pause(application, known.counted_from, Some(at)));
        }
        let open = idle.iter_mut().filter(|span| span.is_open_for(application) && span.why == PauseReason::NotUsed);
        open.for_each(|span| span.until = Some(at.max(span.since)));
    }
    for application in known.in_use().filter(|application| !listed.contains(application)) {
        idle.iter_mut().filter(|span| span.lasts_for(application)).for_each(|span| span.until = Some(at.max(span.since)));
        idle.push(pause(application, at, None));
    }
    idle.sort_by(|a, b| (a.since, &a.application).cmp(&(b.since, &b.application)));
    let all: BTreeSet<&String> = known.applications.iter().chain(listed).collect();
    (all.into_iter().cloned().collect(), idle)
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
        records.iter().map(|record| (record.id, LiveSession::unseen(record.clone()))).collect()
    }

    fn seen(listed: Option<&[u128]>, passed: &[(u128, i64, i64)]) -> Seen {
        Seen {
            agent: AgentId(Uuid::nil()),
            rebooted: false,
            at: at(100),
            listed: listed.unwrap_or_default().iter().map(|id| (record(*id, 10), lively())).collect(),
            whole: listed.is_some(),
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
        check(&[], seen(Some(&[1]), &[(1, 10, 30), (1, 10, 40)]), &[], &[], &[1]);
        let part = |ids| Seen { whole: false, ..seen(Some(ids), &[]) };
        check(&[record(1, 10)], part(&[2]), &[(2, 10)], &[], &[]);
        check(&[record(1, 10)], Seen { whole: false, ..seen(Some(&[2]), &[(1, 10, 70)]) }, &[(2, 10)], &[(1, 70)], &[]);
    }

    #[test]
    fn a_session_at_another_address_is_the_same_session() {
        let moved = SessionRecord { client_ip: "10.0.0.2".to_owned(), ..record(1, 40) };
        let difference = compare(&known(&[record(1, 10)]), Seen { listed: vec![(moved, lively())], ..seen(Some(&[]), &[]) });
        assert_eq!(difference.started, [SessionRecord { client_ip: "10.0.0.2".to_owned(), ..record(1, 10) }]);
        assert!(difference.ended.is_empty());
    }

    #[test]
    fn a_reboot_ends_with_that_reason() {
        let difference = compare(&known(&[record(1, 10)]), Seen { rebooted: true, ..seen(Some(&[]), &[]) });
        assert_eq!(difference.ended[0].1.reason, EndReason::Shutdown);
    }

    #[test]
    fn an_application_counts_while_it_is_in_use() {
        let using = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut session = record(1, 10);
        let mut check = |second, names: &[&str], expected: &[(&str, i64, Option<i64>)]| {
            let listed = SessionRecord { applications: using(names), ..record(1, 10) };
            if let Some(next) = changed(&session, listed, at(second)) {
                session = next.on_top_of(&session);
            }
            let seconds = |at_: DateTime<Utc>| (at_ - at(0)).num_seconds();
            let got: Vec<_> =
                session.idle.iter().map(|s| (s.application.as_str(), seconds(s.since), s.until.map(seconds))).collect();
            assert_eq!(got, expected, "{second}");
            assert_eq!(session.in_use().cloned().collect::<Vec<_>>(), using(names), "{second}");
        };
        check(20, &["cad"], &[("cad", 10, Some(20))]);
        check(30, &["bim", "cad"], &[("bim", 10, Some(30)), ("cad", 10, Some(20))]);
        check(35, &["bim", "cad"], &[("bim", 10, Some(30)), ("cad", 10, Some(20))]);
        check(40, &["bim"], &[("bim", 10, Some(30)), ("cad", 10, Some(20)), ("cad", 40, None)]);
        check(50, &["bim", "cad"], &[("bim", 10, Some(30)), ("cad", 10, Some(20)), ("cad", 40, Some(50))]);
        check(
            60,
            &[],
            &[("bim", 10, Some(30)), ("cad", 10, Some(20)), ("cad", 40, Some(50)), ("bim", 60, None), ("cad", 60, None)],
        );
    }
}
