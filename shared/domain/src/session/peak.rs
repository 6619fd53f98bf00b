//! The highest use of one site day.
//!
//! In: the sessions that touch the day, in any order, with the day's bounds. Out: the peaks with their exact times. Sessions that
//! are open when the day begins start its count. At one instant ends go before starts. The answer depends on what happened only:
//! not on the order of the input, nor on a session being told twice.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::application::AtLimit;
use super::key::CountKey;
use super::seats::{Grant, NamedUsers, SeatKind, Seats};
use crate::ids::SessionId;

/// One session as its licence saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// The session.
    pub id: SessionId,
    /// What it counts as.
    pub key: CountKey,
    /// When it started.
    pub start: DateTime<Utc>,
    /// When it ended; `None` while it is open. An end that is not after the start is a session of one instant.
    pub end: Option<DateTime<Utc>>,
}

/// The highest use of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPeak {
    /// The highest named and floating use together at one instant.
    pub peak: u64,
    /// When it was first reached; `None` when nothing was used.
    pub peak_at: Option<DateTime<Utc>>,
    /// The highest use of named seats.
    pub named_peak: u64,
    /// When it was first reached.
    pub named_peak_at: Option<DateTime<Utc>>,
    /// The highest use of floating seats.
    pub floating_peak: u64,
    /// When it was first reached.
    pub floating_peak_at: Option<DateTime<Utc>>,
    /// Who held what at the peak, by key.
    pub holders_at_peak: Vec<(CountKey, SeatKind)>,
    /// Who held a named seat at the peak of these, by key.
    pub named_holders: Vec<CountKey>,
    /// Who held a floating seat at the peak of these, by key.
    pub floating_holders: Vec<CountKey>,
    /// Starts of the day that were refused.
    pub denied: u64,
    /// Floating seats given beyond the limit.
    pub over_use: u64,
}

/// Keeps the highest use while events go by.
#[derive(Debug, Clone, Default)]
pub struct DayMeter {
    day: DayPeak,
}

impl DayMeter {
    /// Takes in what is used at this instant, after an event at it.
    pub fn observe(&mut self, at: DateTime<Utc>, seats: &Seats<'_>) {
        let (named, floating) = (seats.named_in_use(), seats.floating_in_use());
        if named + floating > self.day.peak {
            self.day.peak = named + floating;
            self.day.peak_at = Some(at);
            self.day.holders_at_peak = seats.holders().map(|(key, kind)| (key.clone(), kind)).collect();
        }
        if named > self.day.named_peak {
            self.day.named_peak = named;
            self.day.named_peak_at = Some(at);
            self.day.named_holders = of_kind(seats.holders(), SeatKind::Named);
        }
        if floating > self.day.floating_peak {
            self.day.floating_peak = floating;
            self.day.floating_peak_at = Some(at);
            self.day.floating_holders = of_kind(seats.holders(), SeatKind::Floating);
        }
    }

    /// The peaks so far; what was denied and over-used is the seats' own count.
    #[must_use]
    pub fn finish(self, seats: &Seats<'_>) -> DayPeak {
        DayPeak { denied: seats.denied(), over_use: seats.over_use(), ..self.day }
    }
}

impl DayPeak {
    /// A stored record of the same day is replaced by a higher value only (the daily record keeps its value and its time).
    #[must_use]
    pub fn merged_with(self, stored: Self) -> Self {
        let (total, named, floating) =
            (self.peak > stored.peak, self.named_peak > stored.named_peak, self.floating_peak > stored.floating_peak);
        Self {
            peak: self.peak.max(stored.peak),
            peak_at: if total { self.peak_at } else { stored.peak_at },
            holders_at_peak: if total { self.holders_at_peak } else { stored.holders_at_peak },
            named_peak: self.named_peak.max(stored.named_peak),
            named_peak_at: if named { self.named_peak_at } else { stored.named_peak_at },
            named_holders: if named { self.named_holders } else { stored.named_holders },
            floating_peak: self.floating_peak.max(stored.floating_peak),
            floating_peak_at: if floating { self.floating_peak_at } else { stored.floating_peak_at },
            floating_holders: if floating { self.floating_holders } else { stored.floating_holders },
            denied: self.denied.max(stored.denied),
            over_use: self.over_use.max(stored.over_use),
        }
    }
}

/// Who holds a seat of this kind.
pub(super) fn of_kind<'k>(holders: impl Iterator<Item = (&'k CountKey, SeatKind)>, kind: SeatKind) -> Vec<CountKey> {
    holders.filter(|(_, held)| *held == kind).map(|(key, _)| key.clone()).collect()
}

/// The highest use between `day_start` and `day_end` (not included), as far as `until` (now).
///
/// A session that was told twice counts once: from its earliest start to its latest end.
#[must_use]
pub fn day_peak(
    intervals: &[Interval],
    named: &NamedUsers,
    floating_limit: Option<u64>,
    at_limit: AtLimit,
    day_start: DateTime<Utc>,
    day_end: DateTime<Utc>,
    until: DateTime<Utc>,
) -> DayPeak {
    let mut events = Vec::new();
    for (id, session) in merge(intervals) {
        let instant = session.end.is_some_and(|end| end <= session.start);
        let end = session.end.map(|end| end.max(session.start));
        let over_before = if instant { end.is_some_and(|end| end < day_start) } else { end.is_some_and(|end| end <= day_start) };
        if session.start >= day_end || session.start > until || over_before {
            continue;
        }
        let at = session.start.max(day_start);
        events.push(Event { at, phase: Phase::Start, started: session.start, id, key: Some(session.key) });
        if let Some(end) = end {
            let phase = if instant { Phase::EndOfInstant } else { Phase::End };
            events.push(Event { at: end, phase, started: session.start, id, key: None });
        }
    }
    events.sort_by_key(|event| (event.at, event.phase, event.started, event.id));

    let mut seats = Seats::new(named, floating_limit, at_limit);
    let mut meter = DayMeter::default();
    for event in events.iter().filter(|event| event.at < day_end && event.at <= until) {
        match event.key {
            Some(key) => {
                if seats.start(event.id, key) != Grant::Denied {
                    meter.observe(event.at, &seats);
                }
            }
            None => {
                seats.end(event.id);
            }
        }
    }
    meter.finish(&seats)
}

struct Event<'a> {
    at: DateTime<Utc>,
    phase: Phase,
    started: DateTime<Utc>,
    id: SessionId,
    key: Option<&'a CountKey>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    End,
    Start,
    EndOfInstant,
}

struct Merged<'a> {
    key: &'a CountKey,
    start: DateTime<Utc>,
    end: Option<DateTime<Utc>>,
}

/// One interval for each session: a known end beats an open one, the key is the smallest where reports differ.
fn merge(intervals: &[Interval]) -> BTreeMap<SessionId, Merged<'_>> {
    let mut merged: BTreeMap<SessionId, Merged<'_>> = BTreeMap::new();
    for Interval { id, key, start, end } in intervals {
        let entry = merged.entry(*id).or_insert(Merged { key, start: *start, end: *end });
        entry.key = entry.key.min(key);
        entry.start = entry.start.min(*start);
        entry.end = entry.end.max(*end);
    }
    merged
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::session::KeyRules;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn interval(id: u128, who: &str, start: i64, end: Option<i64>) -> Interval {
        let (user, client) = who.split_once('@').unwrap();
        Interval {
            id: SessionId(id),
            key: CountKey::new(SessionId(id), user, client, KeyRules::default()),
            start: at(start),
            end: end.map(at),
        }
    }

    fn day(intervals: &[Interval], named: &[&str], limit: Option<u64>, at_limit: AtLimit, until: i64) -> DayPeak {
        day_peak(intervals, &NamedUsers::new(named.iter().copied(), &[]), limit, at_limit, at(0), at(1440), at(until))
    }

    #[test]
    fn the_highest_use_and_its_time() {
        let check = |sessions: &[(&str, i64, Option<i64>)], peak: u64, peak_at: Option<i64>| {
            let intervals: Vec<_> =
                sessions.iter().zip(1..).map(|((who, start, end), id)| interval(id, who, *start, *end)).collect();
            let found = day(&intervals, &[], None, AtLimit::Warn, 2000);
            assert_eq!((found.peak, found.peak_at), (peak, peak_at.map(at)), "{sessions:?}");
            assert_eq!(found.holders_at_peak.len() as u64, peak);
        };
        check(&[], 0, None);
        check(&[("a@1", 540, None)], 1, Some(540));
        check(&[("a@1", 540, Some(550)), ("a@2", 545, None), ("a@1", 546, None)], 2, Some(545));
        // One ends in the very instant in which another starts.
        check(&[("a@1", 540, Some(550)), ("b@1", 550, Some(560))], 1, Some(540));
        // A session of one instant was there.
        check(&[("a@1", 540, Some(540)), ("b@1", 540, None)], 2, Some(540));
        check(&[("a@1", 540, Some(530)), ("b@1", 600, None)], 1, Some(540));
        // Open at midnight: counts from the first instant of the day.
        check(&[("a@1", -60, None), ("b@1", -30, Some(5)), ("c@1", -30, Some(0))], 2, Some(0));
        check(&[("a@1", -60, Some(-1))], 0, None);
        check(&[("a@1", 0, Some(0))], 1, Some(0));
        check(&[("a@1", -60, Some(-60)), ("b@1", 1440, None), ("c@1", 1439, None)], 1, Some(1439));
        // A two-minute login between two reports.
        check(&[("a@1", 60, None), ("b@1", 100, Some(102))], 2, Some(100));
    }

    #[test]
    fn nothing_after_now() {
        let open = [interval(1, "a@1", 100, None), interval(2, "b@1", 200, None)];
        assert_eq!(day(&open, &[], None, AtLimit::Warn, 150).peak, 1);
        assert_eq!(day(&open, &[], None, AtLimit::Warn, 200).peak, 2);
    }

    #[test]
    fn named_floating_and_limits() {
        let sessions = [
            interval(1, "falcon@1", 10, None),
            interval(2, "falcon@2", 20, None),
            interval(3, "eagle@3", 30, Some(40)),
            interval(4, "x@4", 50, None),
        ];
        let found = day(&sessions, &["Falcon"], None, AtLimit::Warn, 2000);
        assert_eq!((found.peak, found.named_peak, found.floating_peak), (3, 1, 2));
        assert_eq!((found.peak_at, found.named_peak_at, found.floating_peak_at), (Some(at(30)), Some(at(10)), Some(at(30))));
        // Each kind is told with who held it when it was at its own highest, which is not that of both together.
        let addresses = |keys: &[CountKey]| keys.iter().filter_map(|key| key.client().map(str::to_owned)).collect::<Vec<_>>();
        let later = [interval(1, "falcon@1", 10, Some(20)), interval(2, "x@2", 30, None), interval(3, "y@3", 40, None)];
        let apart = day(&later, &["Falcon"], None, AtLimit::Warn, 2000);
        assert_eq!(
            (addresses(&apart.named_holders), addresses(&apart.floating_holders)),
            (vec!["1".into()], vec!["2".into(), "3".into()])
        );
        let warned = day(&sessions, &["falcon"], Some(1), AtLimit::Warn, 2000);
        assert_eq!((warned.peak, warned.over_use, warned.denied), (3, 2, 0));
        let refused = day(&sessions, &["falcon"], Some(1), AtLimit::Refuse, 2000);
        assert_eq!((refused.peak, refused.over_use, refused.denied), (2, 0, 2));
    }

    #[test]
    fn a_stored_record_keeps_its_time() {
        let stored =
            DayPeak { peak: 5, peak_at: Some(at(1)), floating_peak: 1, floating_peak_at: Some(at(1)), ..DayPeak::default() };
        let found = day(&[interval(1, "a@1", 10, None), interval(2, "b@1", 20, None)], &[], None, AtLimit::Warn, 2000);
        let merged = found.clone().merged_with(stored.clone());
        assert_eq!(
            (merged.peak, merged.peak_at, merged.floating_peak, merged.floating_peak_at),
            (5, Some(at(1)), 2, Some(at(20)))
        );
        assert_eq!(found.clone().merged_with(found.clone()), found);
        assert_eq!(DayPeak::default().merged_with(stored.clone()), stored);
    }

    prop_compose! {
        fn any_interval()(id in 0_u128..12, user in 0_u8..4, client in 0_u8..3, start in -600_i64..2000, length in prop::option::of(-5_i64..900)) -> Interval {
            interval(id, &format!("u{user}@c{client}"), start, length.map(|length| start + length))
        }
    }

    proptest! {
        #[test]
        fn order_and_repetition_change_nothing(
            mut intervals in prop::collection::vec(any_interval(), 0..16),
            extra in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
            limit in prop::option::of(0_u64..4), refuse: bool, until in 0_i64..2000, seed: u64,
        ) {
            let at_limit = if refuse { AtLimit::Refuse } else { AtLimit::Warn };
            let expected = day(&intervals, &["u0", "u1"], limit, at_limit, until);
            if !intervals.is_empty() {
                let again: Vec<_> = extra.iter().map(|index| index.get(&intervals).clone()).collect();
                intervals.extend(again);
            }
            let mut state = seed;
            for place in (1..intervals.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                intervals.swap(place, usize::try_from(state >> 33).unwrap() % (place + 1));
            }
            prop_assert_eq!(day(&intervals, &["u0", "u1"], limit, at_limit, until), expected);
        }

        /// Against the definition: at each minute the distinct keys of the open sessions.
        #[test]
        fn the_peak_is_the_highest_count_of_distinct_keys(intervals in prop::collection::vec(any_interval(), 0..10)) {
            let mut seen = std::collections::BTreeSet::new();
            let intervals: Vec<_> = intervals.into_iter().filter(|interval| seen.insert(interval.id)).collect();
            let open = |session: &Interval, minute: DateTime<Utc>| {
                let instant = session.end.is_some_and(|end| end <= session.start);
                session.start <= minute && (if instant { session.start == minute } else { session.end.is_none_or(|end| end > minute) })
            };
            let count = |minute: i64| {
                let keys: std::collections::BTreeSet<_> = intervals.iter().filter(|session| open(session, at(minute))).map(|session| &session.key).collect();
                keys.len() as u64
            };
            let highest = (0..1440).map(count).max().unwrap_or(0);
            let found = day(&intervals, &[], None, AtLimit::Warn, 2000);
            prop_assert_eq!(found.peak, highest);
            let first = (0..1440).find(|minute| highest > 0 && count(*minute) == highest);
            prop_assert_eq!(found.peak_at, first.map(at));
        }
    }
}
