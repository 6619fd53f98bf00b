//! Bounded site time: the wall clock, unless it jumped further than a machine in order would (anti-rollback rules).
//!
//! In: the mark of the last tick, the wall clock, and the boot time that passed since that tick (none over a restart). Out: the
//! time to go by, an anomaly to alert of, whether the licence state is frozen, and the mark to store. A forward jump freezes:
//! nothing starts, ends or expires until the clock is back, an owner confirms it, or a newer key tells the time. A step back goes
//! on from the highest time seen. Neither ever disables.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far the wall clock may get ahead of boot time while the program runs.
pub const FORWARD_LIMIT_RUNNING: TimeDelta = TimeDelta::hours(36);

/// How far the wall clock may be ahead of the last tick after a restart.
pub const FORWARD_LIMIT_RESTART: TimeDelta = TimeDelta::days(400);

/// How far the wall clock may fall behind before time goes on without it.
pub const STEP_BACK_LIMIT: TimeDelta = TimeDelta::hours(1);

/// What is remembered between ticks and over restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The time of the last tick.
    pub time: DateTime<Utc>,
    /// The highest time there ever was.
    pub high_water: DateTime<Utc>,
    /// Seconds by which the wall clock got ahead of boot time since the program started.
    pub ahead_seconds: i64,
    /// Set while the licence state is frozen.
    pub frozen: Option<Frozen>,
}

/// A frozen licence state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// The last time before the jump: licence dates stand still here.
    pub since: DateTime<Utc>,
    /// The wall clock that was not believed.
    pub wall: DateTime<Utc>,
}

/// What is wrong with the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// Which way it jumped.
    pub direction: Direction,
    /// How far it is from the expected time.
    pub by: Duration,
}

/// Which way a clock jumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Ahead of the expected time.
    Forward,
    /// Behind the highest time seen.
    Backward,
}

/// What to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The time.
    pub time: DateTime<Utc>,
    /// The time by which licence dates are judged: stands still while frozen.
    pub licence_time: DateTime<Utc>,
    /// What to alert of.
    pub anomaly: Option<Anomaly>,
    /// Whether the licence state is frozen: keep the state as it is, judge nothing.
    pub frozen: bool,
    /// The mark to store in place of the old one.
    pub mark: Mark,
}

impl Mark {
    /// A first mark: this wall clock is believed.
    #[must_use]
    pub const fn at(wall: DateTime<Utc>) -> Self {
        Self { time: wall, high_water: wall, ahead_seconds: 0, frozen: None }
    }
}

/// Judges the wall clock.
///
/// `boottime_since_mark` is the boot time that passed since `mark` was made by this run of the program; `None` when the mark comes
/// from an earlier run, or when there is none. Without a mark the wall clock is believed.
#[must_use]
pub fn assess(mark: Option<&Mark>, wall: DateTime<Utc>, boottime_since_mark: Option<Duration>) -> Assessment {
    let Some(mark) = mark else {
        return accept(wall, Mark::at(wall), None);
    };
    // Boot time is unknown over a restart: then time stands where it was, at least.
    let elapsed = boottime_since_mark.map_or(TimeDelta::zero(), |elapsed| TimeDelta::from_std(elapsed).unwrap_or(TimeDelta::MAX));
    let expected = add(mark.time, elapsed);
    let lead = wall.signed_duration_since(expected);
    let ahead_before = if boottime_since_mark.is_some() { mark.ahead_seconds } else { 0 };
    let ahead = TimeDelta::try_seconds(ahead_before).unwrap_or(TimeDelta::zero()).checked_add(&lead).unwrap_or(lead);
    let jumped = if boottime_since_mark.is_some() { ahead > FORWARD_LIMIT_RUNNING } else { lead > FORWARD_LIMIT_RESTART };
    // A restart does not make a clock believable that was not believed before it.
    let still_frozen = mark.frozen.is_some_and(|frozen| {
        boottime_since_mark.is_none() && wall >= add(frozen.wall, -FORWARD_LIMIT_RUNNING) && lead > FORWARD_LIMIT_RUNNING
    });
    if jumped || still_frozen {
        let since = mark.frozen.map_or(mark.time, |frozen| frozen.since);
        let next = Mark {
            time: expected,
            high_water: mark.high_water.max(expected),
            ahead_seconds: ahead_before,
            frozen: Some(Frozen { since, wall }),
        };
        let anomaly = Anomaly { direction: Direction::Forward, by: lead.abs().to_std().unwrap_or(Duration::ZERO) };
        return Assessment { time: expected, licence_time: since, anomaly: Some(anomaly), frozen: true, mark: next };
    }
    let highest = expected.max(mark.high_water);
    if wall < add(highest, -STEP_BACK_LIMIT) {
        let time = expected.max(add(mark.high_water, elapsed));
        // What time gains here counts too, or many small steps back would carry it beyond the limit.
        let gained = time.signed_duration_since(expected).num_seconds();
        let next = Mark { time, high_water: time, ahead_seconds: ahead_before.saturating_add(gained), frozen: None };
        let by = time.signed_duration_since(wall).to_std().unwrap_or(Duration::ZERO);
        return accept(time, next, Some(Anomaly { direction: Direction::Backward, by }));
    }
    let ahead_seconds = if boottime_since_mark.is_some() { ahead.num_seconds() } else { 0 };
    accept(wall, Mark { time: wall, high_water: mark.high_water.max(wall), ahead_seconds, frozen: None }, None)
}

/// An owner confirmed that the wall clock is right: it is the time from now on, also when it is behind the old mark.
#[must_use]
pub const fn confirm(wall: DateTime<Utc>) -> Mark {
    Mark::at(wall)
}

/// A vendor-signed key with a newer `issued_at` than the last key's tells the time: the mark becomes the later of it and the wall
/// clock. `found` is what was wrong with that clock, `ends_at` the instant at which the key ends.
///
/// A wall clock more than 400 days after the key was made is not believed by this, nor is one that was not believed before and by
/// which the key would have ended: a valid key must always recover. Then the time goes on as it was, where the key was made
/// within 400 days before it, or from `issued_at`; the clock stays frozen while it is ahead of that.
#[must_use]
pub fn key_issued(issued_at: DateTime<Utc>, ends_at: DateTime<Utc>, wall: DateTime<Utc>, found: &Assessment) -> Mark {
    let near = |time: DateTime<Utc>| time >= issued_at && time <= add(issued_at, FORWARD_LIMIT_RESTART);
    if near(wall) && (wall < ends_at || !found.frozen) {
        return Mark::at(wall);
    }
    let time = if found.frozen && near(found.time) { found.time } else { issued_at };
    let ahead = wall > add(time, FORWARD_LIMIT_RUNNING);
    Mark { frozen: ahead.then_some(Frozen { since: time, wall }), ..Mark::at(time) }
}

const fn accept(time: DateTime<Utc>, mark: Mark, anomaly: Option<Anomaly>) -> Assessment {
    Assessment { time, licence_time: time, anomaly, frozen: false, mark }
}

fn add(time: DateTime<Utc>, delta: TimeDelta) -> DateTime<Utc> {
    let edge = if delta < TimeDelta::zero() { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    time.checked_add_signed(delta).unwrap_or(edge)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    /// Ticks: the boot seconds since the tick before (none: a restart), the wall clock. Then the time, licence time, frozen.
    #[test]
    fn ticks() {
        use Direction::{Backward, Forward};
        type Tick = (Option<u64>, i64, (i64, i64, Option<Direction>, bool));
        let check = |name: &str, ticks: &[Tick]| {
            let mut mark = Mark::at(at(0));
            for (number, (boot, wall, expected)) in ticks.iter().enumerate() {
                let found = assess(Some(&mark), at(*wall), boot.map(Duration::from_secs));
                let seconds = |time: DateTime<Utc>| time.signed_duration_since(at(0)).num_seconds();
                let direction = found.anomaly.map(|anomaly| anomaly.direction);
                assert_eq!(
                    (seconds(found.time), seconds(found.licence_time), direction, found.frozen),
                    *expected,
                    "{name}, tick {number}"
                );
                mark = found.mark;
            }
        };
        let day = u64::try_from(DAY).unwrap();
        check("an ordinary clock", &[(Some(60), 60, (60, 60, None, false)), (Some(60), 119, (119, 119, None, false))]);
        check("a night's sleep counts as boot time", &[(Some(30 * day), 30 * DAY, (30 * DAY, 30 * DAY, None, false))]);
        check(
            "a jump of ten years freezes until the clock is back",
            &[
                (Some(60), 3_650 * DAY, (60, 0, Some(Forward), true)),
                (Some(60), 3_650 * DAY + 60, (120, 0, Some(Forward), true)),
                (Some(60), 180, (180, 180, None, false)),
            ],
        );
        check(
            "a frozen state stays frozen over a restart",
            &[
                (Some(60), 100 * DAY, (60, 0, Some(Forward), true)),
                (None, 100 * DAY + 600, (60, 0, Some(Forward), true)),
                (None, 101 * DAY, (60, 0, Some(Forward), true)),
                (None, 3 * DAY, (3 * DAY, 3 * DAY, None, false)),
            ],
        );
        check("36 hours ahead are allowed", &[(Some(0), 36 * HOUR, (36 * HOUR, 36 * HOUR, None, false))]);
        check(
            "steps add up while the program runs",
            &[
                (Some(0), 35 * HOUR, (35 * HOUR, 35 * HOUR, None, false)),
                (Some(60), 70 * HOUR, (35 * HOUR + 60, 35 * HOUR, Some(Forward), true)),
            ],
        );
        check("a year switched off", &[(None, 365 * DAY, (365 * DAY, 365 * DAY, None, false))]);
        check("400 days switched off", &[(None, 400 * DAY, (400 * DAY, 400 * DAY, None, false))]);
        check("more than 400 days over a restart", &[(None, 400 * DAY + 1, (0, 0, Some(Forward), true))]);
        check(
            "small steps back are followed",
            &[
                (Some(60), 60 - HOUR, (60 - HOUR, 60 - HOUR, None, false)),
                (Some(60), 120 - HOUR, (120 - HOUR, 120 - HOUR, None, false)),
            ],
        );
        check(
            "small steps back do not add up",
            &[(Some(0), -1_800, (-1_800, -1_800, None, false)), (Some(60), -3_700, (60, 60, Some(Backward), false))],
        );
        check(
            "after a long step back time goes on by boot time",
            &[
                (Some(60), -365 * DAY, (60, 60, Some(Backward), false)),
                (Some(60), -365 * DAY + 60, (120, 120, Some(Backward), false)),
                (None, -364 * DAY, (120, 120, Some(Backward), false)),
                (Some(60), 200, (200, 200, None, false)),
            ],
        );
        check(
            "a step back hidden by a long tick",
            &[(Some(2 * day), 2 * DAY - 2 * HOUR, (2 * DAY, 2 * DAY, Some(Backward), false))],
        );
    }

    #[test]
    fn people_and_keys_set_the_mark() {
        // The mark before, the wall clock, when the key was made and ends; then the time, and whether it stays frozen.
        let check = |mark: i64, wall: i64, (issued, ends): (i64, i64), expected: i64, frozen: bool| {
            let days = |days: i64| at(days * DAY);
            let found = assess(Some(&Mark::at(days(mark))), days(wall), Some(Duration::ZERO));
            let told = key_issued(days(issued), days(ends), days(wall), &found);
            assert_eq!((told.time, told.frozen.is_some()), (days(expected), frozen), "{mark} {wall} {issued} {ends}");
            let next = assess(Some(&told), days(wall), Some(Duration::ZERO));
            assert_eq!(next.frozen, frozen, "{mark} {wall} {issued} {ends}");
            // And no restart makes it true.
            assert_eq!(assess(Some(&told), days(wall), None).frozen, frozen, "{mark} {wall} {issued} {ends}");
        };
        check(0, 5, (1, 365), 5, false);
        check(9, 0, (5, 365), 5, false);
        check(0, 3_650, (0, 365), 0, true);
        check(10, 390, (9, 374), 10, true);
        check(10, 390, (9, 500), 390, false);
        check(10, 390, (11, 376), 11, true);
        check(700, 1_090, (0, 365), 0, true);
        // By both of them it has ended.
        check(300, 390, (0, 200), 300, true);
        let frozen = assess(Some(&Mark::at(at(0))), at(3_650 * DAY), Some(Duration::ZERO));
        assert!(frozen.frozen);
        let confirmed = assess(Some(&confirm(at(3_650 * DAY))), at(3_650 * DAY + 5), Some(Duration::from_secs(5)));
        assert_eq!((confirmed.frozen, confirmed.time), (false, at(3_650 * DAY + 5)));
        assert_eq!(assess(None, at(7), None).mark, Mark::at(at(7)));
    }

    proptest! {
        /// However the wall clock jumps while the program runs, time never leaves the bounds around boot time.
        #[test]
        fn time_stays_within_its_bounds(steps in prop::collection::vec((0_u64..100_000, -400_000_000_i64..400_000_000), 1..60)) {
            let mut mark = Mark::at(at(0));
            let mut boot = 0_i64;
            let mut offset = 0_i64;
            for (elapsed, jump) in steps {
                boot += i64::try_from(elapsed).unwrap();
                // Long jumps, and short ones that stay below the limits one by one.
                offset = match jump % 3 {
                    0 => jump,
                    1 => offset + jump % 7_000,
                    _ => offset,
                };
                let before = mark.high_water;
                let found = assess(Some(&mark), at(boot + offset), Some(Duration::from_secs(elapsed)));
                prop_assert!(found.time >= before - STEP_BACK_LIMIT);
                prop_assert!(found.time <= at(boot) + FORWARD_LIMIT_RUNNING);
                prop_assert!(found.licence_time <= found.time);
                prop_assert!(found.mark.high_water >= before);
                prop_assert_eq!(found.frozen, found.mark.frozen.is_some());
                mark = found.mark;
            }
        }

        #[test]
        fn no_times_panic(time in any::<i64>(), wall in any::<i64>(), ahead in any::<i64>(), elapsed in prop::option::of(any::<u64>())) {
            let instant = |seconds: i64| DateTime::from_timestamp(seconds % 8_000_000_000_000, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
            let mark = Mark { time: instant(time), high_water: instant(wall), ahead_seconds: ahead, frozen: None };
            let found = assess(Some(&mark), instant(wall), elapsed.map(Duration::from_secs));
            let _ = assess(Some(&found.mark), instant(time), elapsed.map(Duration::from_secs));
            let _ = key_issued(instant(time), instant(ahead), instant(wall), &found);
        }
    }
}
