//! How an application was used hour by hour: how many seats at most and on average, and what was asked of its pool.
//!
//! In: what happens to a pool, as it happens, with the time. Out: figures of the hour, all of them whole numbers. Seats are counted
//! to the second: a change counts from the beginning of its second, so that named and floating seat-seconds add up. The highest
//! use knows every change, also a seat that was taken and given back within a second. At one instant ends go before starts, as
//! in the peaks of days. It does not know which hour it is, nor what a day is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::pool::Event;

/// How many seats of a pool are taken at one moment, and how many claims wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InUse {
    /// Named seats.
    pub named: u64,
    /// Floating seats, also beyond the limit.
    pub floating: u64,
    /// Claims that wait.
    pub queued: u64,
}

/// How many seats there are; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Named seats.
    pub named: Option<u64>,
    /// Floating seats.
    pub floating: Option<u64>,
}

/// What is known of an application in one hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourFigures {
    /// For how many seconds of the hour its pool was watched.
    pub watched_seconds: u64,
    /// The highest named and floating use together at one instant.
    pub peak: u64,
    /// The highest use of named seats.
    pub named_peak: u64,
    /// The highest use of floating seats, also beyond the limit.
    pub floating_peak: u64,
    /// How long named seats were in use, together.
    pub named_seconds: u64,
    /// How long floating seats were in use, together.
    pub floating_seconds: u64,
    /// The limits that were in force last.
    pub limits: Limits,
    /// What was asked.
    pub asked: Asked,
}

impl HourFigures {
    /// How long seats were in use, together.
    #[must_use]
    pub const fn seconds(&self) -> u64 {
        self.named_seconds.saturating_add(self.floating_seconds)
    }

    /// The average of so many seat-seconds over the time that was watched, in hundredths of a seat, rounded to the nearest; nothing
    /// when nothing was watched.
    #[must_use]
    pub fn average(&self, seat_seconds: u64) -> Option<u64> {
        let watched = u128::from(self.watched_seconds);
        let hundredths = (u128::from(seat_seconds) * 200 + watched).checked_div(watched * 2)?;
        u64::try_from(hundredths).ok()
    }

    /// Takes in what is known of another part of the same hour, an earlier one.
    pub fn add(&mut self, earlier: &Self) {
        let Self { watched_seconds, peak, named_peak, floating_peak, named_seconds, floating_seconds, limits: _, asked } =
            earlier;
        self.watched_seconds = self.watched_seconds.saturating_add(*watched_seconds);
        self.peak = self.peak.max(*peak);
        self.named_peak = self.named_peak.max(*named_peak);
        self.floating_peak = self.floating_peak.max(*floating_peak);
        self.named_seconds = self.named_seconds.saturating_add(*named_seconds);
        self.floating_seconds = self.floating_seconds.saturating_add(*floating_seconds);
        self.asked.add(asked);
    }
}

/// Keeps the figures of the running hour while its pool changes.
#[derive(Debug, Clone)]
pub struct HourMeter {
    figures: HourFigures,
    in_use: InUse,
    /// Up to when it counted, in milliseconds since 1970.
    at: i64,
}

impl HourMeter {
    /// Nothing is in use, and the watch begins.
    #[must_use]
    pub fn new(at: DateTime<Utc>) -> Self {
        Self { figures: HourFigures::default(), in_use: InUse::default(), at: at.timestamp_millis() }
    }

    /// What it counted so far.
    #[must_use]
    pub const fn figures(&self) -> &HourFigures {
        &self.figures
    }

    /// Counts an event; whether it counts.
    pub fn count(&mut self, event: &Event) -> bool {
        self.figures.asked.count(event)
    }

    /// From `at` on so many seats are in use, within these limits; whether that is news.
    pub fn observe(&mut self, at: DateTime<Utc>, in_use: InUse, limits: Limits) -> bool {
        if self.in_use == in_use && self.figures.limits == limits {
            return false;
        }
        self.pass(at);
        self.in_use = in_use;
        self.figures.limits = limits;
        self.raise();
        true
    }

    /// Time went by and nothing changed. A time before the last one counts nothing: the clock was set back.
    pub fn pass(&mut self, until: DateTime<Utc>) {
        let until = until.timestamp_millis();
        if until > self.at {
            let seconds = until.div_euclid(1000) - self.at.div_euclid(1000);
            let seconds = u64::try_from(seconds).unwrap_or(0);
            let figures = &mut self.figures;
            figures.watched_seconds = figures.watched_seconds.saturating_add(seconds);
            figures.named_seconds = figures.named_seconds.saturating_add(self.in_use.named.saturating_mul(seconds));
            figures.floating_seconds = figures.floating_seconds.saturating_add(self.in_use.floating.saturating_mul(seconds));
            // What is over at the first instant of an hour was not used in it.
            self.raise();
        }
        self.at = until;
    }

    /// Nobody watched until then.
    pub const fn skip(&mut self, until: DateTime<Utc>) {
        self.at = until.timestamp_millis();
    }

    /// The hour is over: its figures. The next one begins with the seats that are in use.
    pub fn turn(&mut self) -> HourFigures {
        let next = HourFigures { limits: self.figures.limits, ..HourFigures::default() };
        std::mem::replace(&mut self.figures, next)
    }

    /// Takes in what is known of the same hour from before.
    pub fn add(&mut self, earlier: &HourFigures) {
        self.figures.add(earlier);
    }

    fn raise(&mut self) {
        let InUse { named, floating, queued } = self.in_use;
        let figures = &mut self.figures;
        figures.peak = figures.peak.max(named.saturating_add(floating));
        figures.named_peak = figures.named_peak.max(named);
        figures.floating_peak = figures.floating_peak.max(floating);
        figures.asked.longest_queue = figures.asked.longest_queue.max(queued);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_799_996_400_000 + ms).unwrap()
    }

    fn seats(named: u64, floating: u64) -> InUse {
        InUse { named, floating, queued: 0 }
    }

    /// Watched seconds, named and floating seat-seconds, peak, named peak, floating peak.
    fn check(changes: &[(i64, u64, u64)], until: i64, expected: (u64, u64, u64, u64, u64, u64)) {
        let mut meter = HourMeter::new(at(0));
        for (ms, named, floating) in changes {
            meter.observe(at(*ms), seats(*named, *floating), Limits::default());
        }
        meter.pass(at(until));
        let HourFigures { watched_seconds, peak, named_peak, floating_peak, named_seconds, floating_seconds, .. } =
            *meter.figures();
        let found = (watched_seconds, named_seconds, floating_seconds, peak, named_peak, floating_peak);
        assert_eq!(found, expected, "{changes:?} until {until}");
    }

    #[test]
    fn seats_and_their_time() {
        check(&[], 3_600_000, (3600, 0, 0, 0, 0, 0));
        check(&[(0, 0, 1)], 3_600_000, (3600, 0, 3600, 1, 0, 1));
        check(&[(0, 1, 1), (600_000, 1, 3), (1_200_000, 0, 0)], 3_600_000, (3600, 1200, 600 + 1800, 4, 1, 3));
        // Peaks of the two kinds at different times.
        check(&[(0, 2, 0), (10_000, 0, 1)], 20_000, (20, 20, 10, 2, 2, 1));
        // Within a second: it was there, and took no second; over the border of one it took one.
        check(&[(100, 0, 5), (900, 0, 0)], 2_000, (2, 0, 0, 5, 0, 5));
        check(&[(900, 0, 5), (1_100, 0, 0)], 2_000, (2, 0, 5, 5, 0, 5));
        // The clock was set back: nothing is counted backwards.
        check(&[(10_000, 0, 1), (5_000, 0, 2)], 7_000, (12, 0, 4, 2, 0, 2));
    }

    #[test]
    fn an_hour_begins_with_what_is_in_use_and_not_with_what_just_ended() {
        for (back_at, floating_peak) in [(3_600_000, 0), (3_600_001, 2), (3_601_000, 2)] {
            let mut meter = HourMeter::new(at(0));
            meter.observe(at(1_000), seats(0, 2), Limits { named: None, floating: Some(2) });
            meter.pass(at(3_600_000));
            let first = meter.turn();
            assert_eq!((first.floating_peak, first.floating_seconds, first.watched_seconds), (2, 7198, 3600));
            meter.observe(at(back_at), seats(0, 0), Limits { named: None, floating: Some(2) });
            let next = meter.turn();
            assert_eq!((next.floating_peak, next.limits.floating), (floating_peak, Some(2)), "{back_at}");
        }
    }

    #[test]
    fn averages_are_rounded_to_the_nearest_hundredth() {
        for (seat_seconds, watched_seconds, expected) in [
            (0, 0, None),
            (0, 3600, Some(0)),
            (3600, 3600, Some(100)),
            (4500, 3600, Some(125)),
            (1, 3600, Some(0)),
            (18, 3600, Some(1)),
            (17, 3600, Some(0)),
            (1200, 3600, Some(33)),
            (2400, 3600, Some(67)),
            (u64::MAX, 1, None),
        ] {
            let hour = HourFigures { watched_seconds, ..HourFigures::default() };
            assert_eq!(hour.average(seat_seconds), expected, "{seat_seconds} / {watched_seconds}");
        }
    }

    const HOUR: i64 = 3_600_000;

    proptest! {
        /// Against the definition: seats in use second by second, and the highest of all moments of an hour.
        #[test]
        fn figures_are_those_of_counting_every_second(
            mut changes in prop::collection::vec((0_i64..3 * HOUR, 0_u64..4, 0_u64..6), 0..24),
            looks in prop::collection::vec(0_i64..3 * HOUR, 0..12),
        ) {
            changes.sort_by_key(|(ms, ..)| *ms);
            let mut meter = HourMeter::new(at(0));
            let mut hours = Vec::new();
            let mut steps: Vec<(i64, Option<InUse>)> = changes.iter().map(|(ms, named, floating)| (*ms, Some(seats(*named, *floating)))).collect();
            steps.extend(looks.iter().map(|ms| (*ms, None)));
            // Where both fall on one instant the change comes last; so does the end of an hour.
            steps.extend((1..=3).map(|hour| (hour * HOUR, None)));
            steps.sort_by_key(|(ms, change)| (*ms, change.is_some()));
            let mut end = HOUR;
            for (ms, change) in steps {
                match change {
                    Some(in_use) => { meter.observe(at(ms), in_use, Limits::default()); }
                    None => meter.pass(at(ms)),
                }
                if ms >= end && change.is_none() {
                    hours.push(meter.turn());
                    end += HOUR;
                }
            }
            prop_assert_eq!(hours.len(), 3);
            for (hour, number) in hours.iter().zip(0_i64..) {
                let (start, end) = (number * HOUR, (number + 1) * HOUR);
                // In use in a second: what the last change up to that second's end left, as changes count from their second's beginning.
                let used = |second: i64| changes.iter().rev().find(|(ms, ..)| ms.div_euclid(1000) <= second).map_or((0, 0), |(_, named, floating)| (*named, *floating));
                let (mut named, mut floating) = (0, 0);
                for second in start / 1000..end / 1000 {
                    named += used(second).0;
                    floating += used(second).1;
                }
                prop_assert_eq!((hour.named_seconds, hour.floating_seconds, hour.watched_seconds), (named, floating, 3600));
                let before = changes.iter().rev().find(|(ms, ..)| *ms <= start).map(|(_, named, floating)| (*named, *floating));
                let within = changes.iter().filter(|(ms, ..)| (start..end).contains(ms)).map(|(_, named, floating)| (*named, *floating));
                let moments: Vec<(u64, u64)> = before.into_iter().chain(within).collect();
                prop_assert_eq!(hour.peak, moments.iter().map(|(named, floating)| named + floating).max().unwrap_or(0));
                prop_assert_eq!(hour.named_peak, moments.iter().map(|(named, _)| *named).max().unwrap_or(0));
                prop_assert_eq!(hour.floating_peak, moments.iter().map(|(_, floating)| *floating).max().unwrap_or(0));
            }
        }

        /// However an hour is cut into parts, the parts are the hour.
        #[test]
        fn parts_of_an_hour_add_up(changes in prop::collection::vec((1_i64..60_000, 0_u64..3, 0_u64..3), 1..12), cut in 0_usize..12) {
            let mut whole = HourMeter::new(at(0));
            let mut part = HourMeter::new(at(0));
            let mut earlier = HourFigures::default();
            let mut now = 0;
            for (number, (after, named, floating)) in changes.iter().enumerate() {
                if number == cut {
                    part.pass(at(now));
                    earlier = part.turn();
                }
                now += after;
                whole.observe(at(now), seats(*named, *floating), Limits::default());
                part.observe(at(now), seats(*named, *floating), Limits::default());
            }
            whole.pass(at(now + 1));
            part.pass(at(now + 1));
            part.add(&earlier);
            prop_assert_eq!(part.figures(), whole.figures());
        }
    }
}
