//! When a report is due.
//!
//! In: changes, answers, wishes, and the time since boot (which goes on in suspend and never jumps). Out: the moment of the
//! next report and why. Pure.
//!
//! A login or logout is reported 2 s after the first sign of it; changes that follow within 10 s of such a report are
//! gathered into the next (contract 2.1). Regular reports come when the collector says.

use std::time::Duration;

const DEBOUNCE: Duration = Duration::from_secs(2);
const CHANGES_EVERY: Duration = Duration::from_secs(10);
/// A collector that asks for the same again and again does not get more than this.
const WISHES_EVERY: Duration = Duration::from_secs(60);
/// What a collector may ask for; a wrong number neither floods it nor silences the agent.
const LEAST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// Why a report is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody logged in or out.
    Change,
    /// The collector wants what it does not know.
    Wanted,
    /// It is time.
    Regular,
}

/// The schedule. Times are durations since boot.
#[derive(Debug, Clone)]
pub struct Schedule {
    interval: Duration,
    regular: Duration,
    change: Option<Duration>,
    hardware: Wish,
    software: Wish,
    last_change: Option<Duration>,
    last: Option<Duration>,
}

impl Schedule {
    /// A first report at once; then every `interval` until the collector says otherwise.
    #[must_use]
    pub fn new(now: Duration, interval: Duration) -> Self {
        Self {
            interval: interval.clamp(LEAST_INTERVAL, LONGEST_INTERVAL),
            regular: now,
            change: None,
            hardware: Wish::default(),
            software: Wish::default(),
            last_change: None,
            last: None,
        }
    }

    /// Somebody logged in or out.
    pub fn changed(&mut self, now: Duration) {
        if self.change.is_none() {
            let free = self.last_change.map_or(Duration::ZERO, |last| last + CHANGES_EVERY);
            self.change = Some((now + DEBOUNCE).max(free));
        }
    }

    /// The collector wants the hardware with the next report.
    pub fn hardware_wanted(&mut self, now: Duration) {
        self.hardware.made(now);
    }

    /// The collector wants the software list with the next report.
    pub fn software_wanted(&mut self, now: Duration) {
        self.software.made(now);
    }

    /// The collector took a report and says when it wants the next; `waiting` is whether more reports wait for delivery.
    pub fn answered(&mut self, now: Duration, next_report_in: Duration, waiting: bool) {
        self.interval = next_report_in.clamp(LEAST_INTERVAL, LONGEST_INTERVAL);
        let stale = self.last.is_none_or(|last| now.saturating_sub(last) > self.interval);
        // After an outage the newest report that waited may be old; the collector gets a fresh one.
        self.regular = if stale && !waiting { now } else { now + self.interval };
    }

    /// Why a report is due at `now`, if one is.
    #[must_use]
    pub fn due(&self, now: Duration) -> Option<Why> {
        let due = |moment: Option<Duration>| moment.is_some_and(|moment| moment <= now);
        if due(self.change) {
            Some(Why::Change)
        } else if due(self.hardware.due) || due(self.software.due) {
            Some(Why::Wanted)
        } else {
            due(Some(self.regular)).then_some(Why::Regular)
        }
    }

    /// Whether the collector wants the hardware in a report made now.
    #[must_use]
    pub fn hardware_due(&self, now: Duration) -> bool {
        self.hardware.due.is_some_and(|moment| moment <= now)
    }

    /// Whether the collector wants the software list in a report made now.
    #[must_use]
    pub fn software_due(&self, now: Duration) -> bool {
        self.software.due.is_some_and(|moment| moment <= now)
    }

    /// How long from `now` until a report is due.
    #[must_use]
    pub fn wait(&self, now: Duration) -> Duration {
        let first = [self.change, self.hardware.due, self.software.due].into_iter().flatten().fold(self.regular, Duration::min);
        first.saturating_sub(now)
    }

    /// A report was made, for whatever reason; it says all there is to say. `with_hardware`, `with_software`: it carries them, or what there is of them.
    pub fn reported(&mut self, now: Duration, with_hardware: bool, with_software: bool) {
        if self.change.take().is_some() {
            self.last_change = Some(now);
        }
        if with_hardware {
            self.hardware.met(now);
        }
        if with_software {
            self.software.met(now);
        }
        self.last = Some(now);
        self.regular = now + self.interval;
    }

    /// A regular report was left out because it would have said what the one that waits says already.
    pub fn skipped(&mut self, now: Duration) {
        self.regular = now + self.interval;
    }
}

/// A wish of the collector's.
#[derive(Debug, Clone, Default)]
struct Wish {
    due: Option<Duration>,
    last: Option<Duration>,
}

impl Wish {
    fn made(&mut self, now: Duration) {
        if self.due.is_none() {
            self.due = Some(self.last.map_or(now, |last| now.max(last + WISHES_EVERY)));
        }
    }

    fn met(&mut self, now: Duration) {
        if self.due.take().is_some() {
            self.last = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A schedule whose first report was made at 100 s.
    fn started() -> Schedule {
        let mut schedule = Schedule::new(s(100), s(300));
        assert_eq!(schedule.due(s(100)), Some(Why::Regular));
        schedule.reported(s(100), true, false);
        schedule
    }

    #[test]
    fn the_first_change_after_two_seconds_the_following_gathered() {
        let mut schedule = started();
        schedule.changed(s(110));
        schedule.changed(s(111));
        assert_eq!((schedule.due(s(111)), schedule.wait(s(111))), (None, s(1)));
        assert_eq!(schedule.due(s(112)), Some(Why::Change));
        schedule.reported(s(112), false, false);
        schedule.changed(s(113));
        schedule.changed(s(119));
        assert_eq!(schedule.wait(s(119)), s(3));
        assert_eq!(schedule.due(s(122)), Some(Why::Change));
        schedule.reported(s(122), false, false);
        schedule.changed(s(200));
        assert_eq!(schedule.wait(s(200)), s(2));
    }

    #[test]
    fn regular_reports_when_the_collector_says() {
        let mut schedule = started();
        assert_eq!(schedule.wait(s(100)), s(300));
        schedule.answered(s(101), s(287), false);
        assert_eq!(schedule.wait(s(101)), s(287));
        for (asked, expected) in [(0, 1), (1_000_000, 86_400)] {
            schedule.answered(s(101), s(asked), false);
            assert_eq!(schedule.wait(s(101)), s(expected), "{asked}");
        }
    }

    #[test]
    fn after_an_outage_a_fresh_report() {
        let mut schedule = started();
        schedule.skipped(s(400));
        schedule.answered(s(2000), s(300), true);
        assert_eq!(schedule.wait(s(2000)), s(300), "more are waiting");
        schedule.answered(s(2001), s(300), false);
        assert_eq!(schedule.due(s(2001)), Some(Why::Regular));
    }

    #[test]
    fn what_is_wanted_at_once_but_not_over_and_over() {
        for (wanted, met) in [
            (Schedule::hardware_wanted as fn(&mut Schedule, Duration), (true, false)),
            (Schedule::software_wanted, (false, true)),
        ] {
            let mut schedule = started();
            wanted(&mut schedule, s(400));
            assert_eq!(schedule.due(s(400)), Some(Why::Wanted));
            assert_eq!((schedule.hardware_due(s(400)), schedule.software_due(s(400))), met);
            schedule.reported(s(400), met.0, met.1);
            wanted(&mut schedule, s(401));
            assert_eq!((schedule.due(s(401)), schedule.wait(s(401))), (None, s(59)));
        }
    }

    proptest! {
        /// Whatever happens, a login is reported within 2 s, or within 10 s of the last report of a change.
        #[test]
        fn a_change_is_never_late(steps in proptest::collection::vec((0..20_u64, 0..3_u8), 1..100)) {
            let mut schedule = started();
            let (mut now, mut waiting, mut last) = (s(100), None::<Duration>, None::<Duration>);
            for (pause, what) in steps {
                let until = now + s(pause);
                while schedule.wait(now) <= until.saturating_sub(now) {
                    now += schedule.wait(now);
                    prop_assert!(schedule.due(now).is_some());
                    if let Some(since) = waiting.take() {
                        let allowed = last.map_or(since + s(2), |last: Duration| (since + s(2)).max(last + s(10)));
                        prop_assert!(now <= allowed);
                        last = Some(now);
                    }
                    schedule.reported(now, false, false);
                }
                now = until;
                match what {
                    0 => { schedule.changed(now); waiting.get_or_insert(now); }
                    1 => schedule.answered(now, s(pause), false),
                    _ => {}
                }
            }
        }
    }
}
