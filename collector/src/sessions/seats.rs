//! From sessions and check-outs to the highest use of a day: which times count for an application.

use super::registry::HostOf;
use crate::store::records::{CheckoutEnd, ClosedCheckout, EndReason, Ending, PauseReason, SessionRecord, UsageKind, UsageRecord};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use muster_domain::{
    ids::{CheckoutId, SessionId},
    session::{Application, ClaimId, Claimant, CountKey, DayPeak, Entry, Interval, Origin, Share, day_peak},
};
use std::sync::Arc;

/// Named and floating seats that the licence key allows; none where it says nothing.
pub(super) type Caps = (Option<u64>, Option<u64>);

/// A session, and its end if it is over.
pub(super) type Touched = (Arc<SessionRecord>, Option<Ending>);

/// What counts beside the sessions themselves.
#[derive(Clone)]
pub(super) struct Counting {
    /// Since when the product could be used.
    pub(super) open_since: DateTime<Utc>,
    /// Realms that make no other user.
    pub(super) realms: Arc<[String]>,
    /// The names of the machines.
    pub(super) hosts: HostOf,
}

/// A check-out that holds, or held, a seat.
#[derive(Debug, Clone)]
pub(super) struct Borne {
    id: CheckoutId,
    /// In lower case.
    application: String,
    claimant: Claimant,
    since: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    /// Whether it gave its seat back by itself: then the seat may have lingered.
    returned: bool,
}

impl Borne {
    /// One that lives.
    pub(super) fn live(application: &Application, entry: &Entry) -> Option<Self> {
        let ClaimId::Checkout(id) = entry.id else { return None };
        let (application, claimant) = (application.name.to_lowercase(), entry.claimant.clone());
        Some(Self { id, application, claimant, since: entry.since, until: None, returned: false })
    }

    /// One that is over.
    pub(super) fn closed(closed: &ClosedCheckout) -> Self {
        Self {
            id: closed.id,
            application: closed.application.to_lowercase(),
            claimant: closed.claimant.clone(),
            since: closed.since,
            until: Some(closed.until),
            returned: closed.end == CheckoutEnd::Returned,
        }
    }

    fn interval(&self, application: &Application, counting: &Counting) -> Option<Interval> {
        let counts = application.tracking && application.name.to_lowercase() == self.application;
        let until = self.until.map(|until| lingered(application, until, self.returned));
        if !counts || until.is_some_and(|until| until < counting.open_since) {
            return None;
        }
        let key = self.claimant.key(ClaimId::Checkout(self.id), application.key_rules(&counting.realms));
        Some(Interval { id: SessionId(self.id.0.as_u128()), key, start: self.since.max(counting.open_since), end: until })
    }
}

/// The times of one session that count for an application: from its start, without the times it was idle, and not before the
/// product could be used.
pub(super) fn spans(
    application: &Application,
    record: &SessionRecord,
    ending: Option<Ending>,
    counting: &Counting,
) -> Vec<Interval> {
    if !application.tracking || !application.applies(&record.user, &record.applications, &counting.realms) {
        return Vec::new();
    }
    let host = if application.sharing.contains(&Share::Host) { (counting.hosts)(record.agent) } else { None };
    let origin = Origin { user: &record.user, client: &record.client_ip, host: host.as_deref(), display: record.tty.as_deref() };
    let key = CountKey::of(record.id, origin, application.key_rules(&counting.realms));
    let open_since = counting.open_since;
    let end = ending
        .or(record.ended)
        .map(|ending| lingered(application, ending.at, matches!(ending.reason, EndReason::Logout | EndReason::Shutdown)));
    let mut spans = Vec::new();
    let (mut from, mut refused) = (Some(record.counted_from), false);
    for idle in record.idle.iter().filter(|idle| idle.application == application.name) {
        // What is not in use from the start, or was refused, was never held.
        let held = |start: &DateTime<Utc>| *start < idle.since || (idle.why == PauseReason::Idle && !refused);
        if let Some(start) = from.filter(held) {
            spans.push((start, Some(idle.since)));
        }
        (from, refused) = (idle.until, idle.why == PauseReason::Refused);
    }
    if let Some(start) = from {
        spans.push((start, end));
    }
    spans
        .into_iter()
        .zip(0_u128..)
        .filter(|((_, end), _)| end.is_none_or(|end| end >= open_since))
        .map(|((start, end), part)| Interval {
            id: holding_id(record, part),
            key: key.clone(),
            start: start.max(open_since),
            end,
        })
        .collect()
}

/// Until when a seat was taken that was given back then.
pub(super) fn lingered(application: &Application, until: DateTime<Utc>, returned: bool) -> DateTime<Utc> {
    let linger = i64::try_from(application.linger_seconds).ok().and_then(TimeDelta::try_seconds).filter(|_| returned);
    linger.and_then(|linger| until.checked_add_signed(linger)).unwrap_or(until)
}

/// Each stretch of a session (it comes back after silence) and each part of one (between times of idleness) is a holding of its own:
/// two with one id would count as one from the start of the first to the end of the last.
fn holding_id(record: &SessionRecord, part: u128) -> SessionId {
    let stretch = u128::from(record.counted_from.timestamp_millis().unsigned_abs()) << 32;
    SessionId(record.id.0.wrapping_add(stretch).wrapping_add(part))
}

/// The highest use of a day so far.
pub(super) fn day(
    application: &Application,
    caps: Caps,
    (sessions, checkouts): (&[Touched], &[Borne]),
    counting: &Counting,
    (day_start, day_end): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> DayPeak {
    let mut intervals: Vec<Interval> =
        sessions.iter().flat_map(|(record, ending)| spans(application, record, *ending, counting)).collect();
    intervals.extend(checkouts.iter().filter_map(|checkout| checkout.interval(application, counting)));
    let named = application.named(caps.0, &counting.realms);
    day_peak(&intervals, &named, application.floating(caps.1), application.at_limit, day_start, day_end, now)
}

/// The daily records of a peak: named and floating together, and each alone. What was not used has none.
pub(super) fn records(application: &str, date: NaiveDate, peak: &DayPeak) -> Vec<UsageRecord> {
    let total = peak.holders_at_peak.iter().map(|(key, _)| key).collect();
    [
        (UsageKind::Total, peak.peak, peak.peak_at, total),
        (UsageKind::Named, peak.named_peak, peak.named_peak_at, peak.named_holders.iter().collect()),
        (UsageKind::Floating, peak.floating_peak, peak.floating_peak_at, peak.floating_holders.iter().collect()),
    ]
    .into_iter()
    .filter_map(|(kind, value, at, keys): (_, _, _, Vec<&CountKey>)| {
        let mut holders: Vec<(String, String)> =
            keys.into_iter().map(|key| (key.user().unwrap_or("-").to_owned(), key.client().unwrap_or("-").to_owned())).collect();
        holders.sort();
        Some(UsageRecord {
            date,
            application: application.to_owned(),
            kind,
            peak: value,
            peak_at: at.filter(|_| value > 0)?,
            holders,
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
                .map(|(since, until)| IdleSpan {
                    application: application.clone(),
                    since: at(*since),
                    until: until.map(at),
                    why: PauseReason::Idle,
                })
                .collect(),
            ended: None,
        }
    }

    fn check(idle: &[(i64, Option<i64>)], end: Option<i64>, open: i64, expected: &[(i64, Option<i64>)]) {
        let ending = end.map(|end| Ending { at: at(end), reason: EndReason::Logout });
        let minutes = |at_: DateTime<Utc>| (at_ - at(0)).num_minutes();
        let counting = Counting { open_since: at(open), realms: Arc::new([]), hosts: Arc::new(|_| None) };
        let got: Vec<_> = spans(&Application::workstation_login(), &record(idle), ending, &counting)
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

    #[test]
    fn what_was_refused_was_not_held() {
        let mut session = record(&[]);
        let span = |since: i64, until: Option<i64>, why| IdleSpan {
            application: muster_domain::session::WORKSTATION_LOGIN.to_owned(),
            since: at(since),
            until: until.map(at),
            why,
        };
        let counting = Counting { open_since: at(-100), realms: Arc::new([]), hosts: Arc::new(|_| None) };
        for (noted, expected) in [
            (span(0, None, PauseReason::Refused), vec![]),
            (span(10, None, PauseReason::Idle), vec![]),
            (span(10, Some(20), PauseReason::Idle), vec![(20, None)]),
            // In use again, and refused again; later there was a seat.
            (span(20, None, PauseReason::Refused), vec![]),
            (span(20, Some(30), PauseReason::Refused), vec![(30, None)]),
        ] {
            session.note_idle(&noted);
            let minutes = |at_: DateTime<Utc>| (at_ - at(0)).num_minutes();
            let found = spans(&Application::workstation_login(), &session, None, &counting);
            let found: Vec<_> = found.into_iter().map(|span| (minutes(span.start), span.end.map(minutes))).collect();
            assert_eq!(found, expected, "{noted:?}");
        }
    }

    #[test]
    fn each_kind_is_recorded_with_who_held_it_at_its_own_highest() {
        let key = |id: u128, user: &str| {
            let origin = Origin { user, client: "10.0.0.1", host: None, display: None };
            CountKey::of(SessionId(id), origin, Application::workstation_login().key_rules(&[]))
        };
        let interval = |id, user, start, end: Option<i64>| Interval {
            id: SessionId(id),
            key: key(id, user),
            start: at(start),
            end: end.map(at),
        };
        let day = [interval(1, "falcon", 0, Some(5)), interval(2, "ann", 10, None), interval(3, "bob", 20, None)];
        let named = muster_domain::session::NamedUsers::new(["falcon"], &[]);
        let peak = day_peak(&day, &named, None, muster_domain::session::AtLimit::Warn, at(0), at(1440), at(1440));
        let found: Vec<(UsageKind, u64, Vec<String>)> = records("CAD", NaiveDate::MIN, &peak)
            .into_iter()
            .map(|row| (row.kind, row.peak, row.holders.into_iter().map(|(user, _)| user).collect()))
            .collect();
        let both = || vec!["ann".to_owned(), "bob".to_owned()];
        let expected =
            [(UsageKind::Total, 2, both()), (UsageKind::Named, 1, vec!["falcon".to_owned()]), (UsageKind::Floating, 2, both())];
        assert_eq!(found, expected);
    }
}
