//! The only place that reads clocks.
//!
//! Comes in: nothing. Goes out: wall time (UTC), time since boot including suspend, the boot's identity, the machine's
//! time zone. Rules never call this module: they take the time as an argument, so that a test decides what time it is.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A source of time that programs pass around, so that tests can put their own in its place.
pub trait Clock: Send + Sync + Debug {
    /// Wall time. It can jump in both directions when somebody sets the clock.
    fn now(&self) -> DateTime<Utc>;

    /// Time since the machine booted, suspend included (`CLOCK_BOOTTIME`). It never goes back within one boot and does
    /// not follow changes of the wall clock; measure intervals with it.
    fn boottime(&self) -> Duration;
}

/// A clock shared between tasks.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn boottime(&self) -> Duration {
        let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::try_from(since_boot).unwrap_or_default()
    }
}

/// A clock that stands still until a test moves it. Clones of the [`Arc`] see the same time.
#[derive(Debug)]
pub struct TestClock {
    time: Mutex<TestTime>,
}

#[derive(Debug, Clone, Copy)]
struct TestTime {
    wall: DateTime<Utc>,
    boottime: Duration,
}

impl TestClock {
    /// A clock that shows `wall`, on a machine that booted at that moment.
    #[must_use]
    pub fn at(wall: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self { time: Mutex::new(TestTime { wall, boottime: Duration::ZERO }) })
    }

    /// Lets time pass until the wall clock shows `wall`. A time in the past only sets the wall clock back: time since
    /// boot never does that.
    pub fn set(&self, wall: DateTime<Utc>) {
        let mut time = self.time();
        let passed = wall.signed_duration_since(time.wall).to_std().unwrap_or_default();
        time.boottime = time.boottime.saturating_add(passed);
        time.wall = wall;
    }

    /// Lets `passed` go by, on both clocks.
    pub fn advance(&self, passed: Duration) {
        let mut time = self.time();
        time.boottime = time.boottime.saturating_add(passed);
        time.wall = TimeDelta::from_std(passed)
            .ok()
            .and_then(|passed| time.wall.checked_add_signed(passed))
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
    }

    /// Somebody sets the wall clock forwards or back while no time passes.
    pub fn step_wall(&self, step: TimeDelta) {
        let mut time = self.time();
        let bound = if step < TimeDelta::zero() { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        time.wall = time.wall.checked_add_signed(step).unwrap_or(bound);
    }

    fn time(&self) -> MutexGuard<'_, TestTime> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        self.time().wall
    }

    fn boottime(&self) -> Duration {
        self.time().boottime
    }
}

/// The identity of this boot (a UUID in its usual spelling), or `None` where the kernel does not show one.
#[must_use]
pub fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    parse_boot_id(&text)
}

/// The IANA name of the machine's time zone, e.g. `Europe/Berlin`, or `None` where it cannot be told.
#[must_use]
pub fn time_zone() -> Option<String> {
    iana_time_zone::get_timezone().ok().filter(|name| !name.is_empty())
}

fn parse_boot_id(text: &str) -> Option<String> {
    let id = text.trim();
    let groups: Vec<&str> = id.split('-').collect();
    let hexadecimal = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let lengths = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    (hexadecimal && lengths).then(|| id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn system_clock_reads_the_wall_and_counts_since_boot() {
        let clock = SystemClock;
        let (wall, boottime) = (clock.now(), clock.boottime());
        assert!(wall > utc("2024-01-01T00:00:00Z"), "{wall}");
        assert!(boottime > Duration::ZERO);
        assert!(clock.boottime() >= boottime);
        // The kernel prints the same clock, in seconds.
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let seconds: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        assert!((clock.boottime().as_secs_f64() - seconds).abs() < 5.0, "{uptime}");
    }

    #[test]
    fn test_clock_moves_only_when_told() {
        let clock = TestClock::at(utc("2026-11-21T20:00:00Z"));
        let shared: SharedClock = clock.clone();
        assert_eq!((shared.now(), shared.boottime()), (utc("2026-11-21T20:00:00Z"), Duration::ZERO));

        clock.advance(Duration::from_secs(90));
        assert_eq!((shared.now(), shared.boottime()), (utc("2026-11-21T20:01:30Z"), Duration::from_secs(90)));

        clock.step_wall(TimeDelta::hours(-1));
        assert_eq!((shared.now(), shared.boottime()), (utc("2026-11-21T19:01:30Z"), Duration::from_secs(90)));

        clock.set(utc("2026-11-21T19:02:00Z"));
        assert_eq!((shared.now(), shared.boottime()), (utc("2026-11-21T19:02:00Z"), Duration::from_secs(120)));

        clock.set(utc("1970-01-01T00:00:00Z"));
        assert_eq!((shared.now(), shared.boottime()), (utc("1970-01-01T00:00:00Z"), Duration::from_secs(120)));
    }

    #[test]
    fn test_clock_stops_at_the_ends_of_the_calendar() {
        let clock = TestClock::at(utc("2026-11-21T20:00:00Z"));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), DateTime::<Utc>::MAX_UTC);
        clock.step_wall(TimeDelta::MIN);
        clock.step_wall(TimeDelta::MIN);
        assert_eq!(clock.now(), DateTime::<Utc>::MIN_UTC);
    }

    #[test]
    fn boot_ids_are_uuids() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(parse_boot_id(text).as_deref(), expected, "{text:?}");
        check("1B4E28BA-2fa1-11d2-883f-0016d3cca427\n", Some("1b4e28ba-2fa1-11d2-883f-0016d3cca427"));
        check("", None);
        check("1b4e28ba2fa111d2883f0016d3cca427", None);
        check("1b4e28ba-2fa1-11d2-883f-0016d3cca42", None);
        check("1b4e28bz-2fa1-11d2-883f-0016d3cca427", None);
        assert_eq!(boot_id(), boot_id());
    }
}
