//! From sessions to seats: which times count for an application, who holds what now, and the highest use of a day.

use super::state::State;
use crate::store::records::{Ending, SessionRecord, UsageKind, UsageRecord};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    ids::SessionId,
    session::{Application, CountKey, DayPeak, Interval, SeatKind, Seats, day_peak},
};

/// Named and floating seats that the licence key allows; none where it says nothing.
pub(super) type Caps = (Option<u64>, Option<u64>);

/// The times of one session that count for an application: from its start, without the times it was idle, and not before the
/// product could be used.
pub(super) fn spans(
    application: &Application,
    record: &SessionRecord,
    ending: Option<Ending>,
    open_since: DateTime<Utc>,
) -> Vec<Interval> {
    if !application.tracking || !application.applies(&record.user, &record.applications) {
        return Vec::new();
    }
    let key = CountKey::new(record.id, &record.user, &record.client_ip, application.key_rules(&[]));
    let end = ending.or(record.ended).map(|ending| ending.at);
    let mut spans = Vec::new();
    let mut from = Some(record.counted_from);
    for idle in record.idle.iter().filter(|idle| idle.application == application.name) {
        if let Some(start) = from {
            spans.push((start, Some(idle.since)));
        }
        from = idle.until;
    }
    if let Some(start) = from {
        spans.push((start, end));
    }
    spans
        .into_iter()
        .zip(0_u128..)
        .filter(|((_, end), _)| end.is_none_or(|end| end >= open_since))
        .map(|((start, end), part)| Interval {
            // Each part is a holding of its own; the first keeps the session's id.
            id: SessionId(record.id.0.wrapping_add(part)),
            key: key.clone(),
            start: start.max(open_since),
            end,
        })
        .collect()
}

/// Seats in use now, and who holds them.
pub(super) fn holding(state: &State, application: &Application, caps: Caps, open_since: Option<DateTime<Utc>>) -> Vec<Held> {
    let Some(open_since) = open_since else { return Vec::new() };
    let mut open: Vec<(DateTime<Utc>, DateTime<Utc>, SessionId, CountKey)> = state
        .live()
        .filter(|session| session.record.ended.is_none())
        .flat_map(|session| {
            let spans = spans(application, &session.record, None, open_since);
            let began = session.record.counted_from;
            spans.into_iter().filter(|span| span.end.is_none()).map(move |span| (span.start, began, session.record.id, span.key))
        })
        .collect();
    // All that were there before the product could be used start with it: among them the oldest comes first.
    open.sort();
    let named = application.named(caps.0, &[]);
    let mut seats = Seats::new(&named, application.floating(caps.1), application.at_limit);
    let mut keys = std::collections::BTreeSet::new();
    let mut held = Vec::with_capacity(open.len());
    for (_, _, session, key) in open {
        seats.start(session, &key);
        let shared = !keys.insert(key);
        held.push((session, shared));
    }
    held.into_iter().filter_map(|(session, shared)| seats.seat_of(session).map(|kind| Held { session, kind, shared })).collect()
}

/// A seat that a session holds, alone or with others of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) session: SessionId,
    pub(super) kind: SeatKind,
    pub(super) shared: bool,
}

/// The highest use of a day so far.
pub(super) fn day(
    application: &Application,
    caps: Caps,
    sessions: &[(SessionRecord, Option<Ending>)],
    open_since: DateTime<Utc>,
    (day_start, day_end): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> DayPeak {
    let intervals: Vec<Interval> =
        sessions.iter().flat_map(|(record, ending)| spans(application, record, *ending, open_since)).collect();
    let named = application.named(caps.0, &[]);
    day_peak(&intervals, &named, application.floating(caps.1), application.at_limit, day_start, day_end, now)
}

/// The daily records of a peak: named and floating together, and each alone. What was not used has none.
pub(super) fn records(application: &str, date: NaiveDate, peak: &DayPeak) -> Vec<UsageRecord> {
    let holders = |kind: Option<SeatKind>| {
        let mut holders: Vec<(String, String)> = peak
            .holders_at_peak
            .iter()
            .filter(|(_, held)| kind.is_none_or(|kind| *held == kind))
            .map(|(key, _)| (key.user().unwrap_or("-").to_owned(), key.client().unwrap_or("-").to_owned()))
            .collect();
        holders.sort();
        holders
    };
    [
        (UsageKind::Total, peak.peak, peak.peak_at, None),
        (UsageKind::Named, peak.named_peak, peak.named_peak_at, Some(SeatKind::Named)),
        (UsageKind::Floating, peak.floating_peak, peak.floating_peak_at, Some(SeatKind::Floating)),
    ]
    .into_iter()
    .filter_map(|(kind, value, at, seats)| {
        Some(UsageRecord {
            date,
            application: application.to_owned(),
            kind,
            peak: value,
            peak_at: at.filter(|_| value > 0)?,
            // Holders are those of the moment of the total peak.
            holders: if seats.is_none() || at == peak.peak_at { holders(seats) } else { Vec::new() },
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::records::{EndReason, IdleSpan};
    use muster_domain::ids::AgentId;
    use uuid::Uuid;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minutes * 60, 0).unwrap()
    }

    fn record(idle: &[(i64, Option<i64>)]) -> SessionRecord {
        let application = muster_domain::session::WORKSTATION_LOGIN.to_owned();
        SessionRecord {
            id: SessionId(7),
            agent: AgentId(Uuid::nil()),
            user: "alice".to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            client: String::new(),
            tty: None,
            started_at: at(0),
            counted_from: at(0),
            applications: Vec::new(),
            idle: idle
                .iter()
                .map(|(since, until)| IdleSpan { application: application.clone(), since: at(*since), until: until.map(at) })
                .collect(),
            ended: None,
        }
    }

    fn check(idle: &[(i64, Option<i64>)], end: Option<i64>, open: i64, expected: &[(i64, Option<i64>)]) {
        let ending = end.map(|end| Ending { at: at(end), reason: EndReason::Logout });
        let minutes = |at_: DateTime<Utc>| (at_ - at(0)).num_minutes();
        let got: Vec<_> = spans(&Application::workstation_login(), &record(idle), ending, at(open))
            .into_iter()
            .map(|span| (minutes(span.start), span.end.map(minutes)))
            .collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn idle_times_and_the_disabled_time_do_not_count() {
        check(&[], None, -100, &[(0, None)]);
        check(&[], Some(50), -100, &[(0, Some(50))]);
        check(&[(10, Some(20))], None, -100, &[(0, Some(10)), (20, None)]);
        check(&[(10, None)], None, -100, &[(0, Some(10))]);
        check(&[(10, None)], Some(50), -100, &[(0, Some(10))]);
        check(&[], None, 30, &[(30, None)]);
        check(&[], Some(20), 30, &[]);
    }
}
