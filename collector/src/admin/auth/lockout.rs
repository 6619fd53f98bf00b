//! Lock-out: how often a name may be tried. An attempt is counted before its password is looked at, so that many attempts at
//! the same moment cannot slip through together.

use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Wrong passwords before a name is locked.
pub const ATTEMPTS: u32 = 5;
/// How long it is locked.
pub const LOCKED: TimeDelta = TimeDelta::minutes(15);
/// Names that are remembered; an attacker who makes names up must not fill the memory.
const NAMES: usize = 10_000;

/// What is known of one name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// Attempts since the last right one.
    pub failures: u32,
    /// No attempt is looked at before this time.
    pub locked_until: Option<DateTime<Utc>>,
}

/// The names that were tried lately. Locks are by name whether or not there is such an account, so that both look the same.
#[derive(Debug, Default)]
pub(super) struct Lockout {
    names: Mutex<HashMap<String, (Attempts, DateTime<Utc>)>>,
}

impl Lockout {
    /// Counts an attempt: `Ok` if its password may be looked at, else until when the name is locked. `stored` is what the
    /// store knows of the name, for the first attempt after a start.
    ///
    /// # Errors
    /// The time at which the lock ends.
    pub(super) fn count(&self, name: &str, stored: Attempts, now: DateTime<Utc>) -> Result<Attempts, DateTime<Utc>> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= NAMES && !names.contains_key(name) {
            forget(&mut names, now);
        }
        let (attempts, last) = names.entry(name.to_owned()).or_insert((stored, now));
        *last = now;
        match attempts.locked_until {
            Some(until) if now < until => return Err(until),
            Some(_) => *attempts = Attempts::default(),
            None => {}
        }
        attempts.failures = attempts.failures.saturating_add(1);
        if attempts.failures >= ATTEMPTS {
            attempts.locked_until = Some(now + LOCKED);
        }
        if attempts.failures > ATTEMPTS {
            return Err(now + LOCKED);
        }
        Ok(*attempts)
    }

    /// What is known of a name now.
    pub(super) fn known(&self, name: &str) -> Attempts {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(name).map(|(attempts, _)| *attempts).unwrap_or_default()
    }

    /// The password was right: the name starts afresh.
    pub(super) fn succeed(&self, name: &str) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

/// Drops the names whose lock is over; if that is not enough, the older half of the rest. The lock of an account that exists
/// is in the store and is read again with the next attempt.
fn forget(names: &mut HashMap<String, (Attempts, DateTime<Utc>)>, now: DateTime<Utc>) {
    names.retain(|_, (attempts, last)| attempts.locked_until.map_or(now - *last < LOCKED, |until| now < until));
    if names.len() >= NAMES {
        let mut times: Vec<DateTime<Utc>> = names.values().map(|(_, last)| *last).collect();
        times.sort_unstable();
        let middle = times.get(times.len() / 2).copied().unwrap_or(now);
        names.retain(|_, (_, last)| *last > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_attempts_then_fifteen_minutes() {
        let (lockout, now) = (Lockout::default(), DateTime::UNIX_EPOCH);
        for attempt in 1..=ATTEMPTS {
            assert_eq!(lockout.count("a", Attempts::default(), now).unwrap().failures, attempt);
        }
        assert_eq!(lockout.count("a", Attempts::default(), now), Err(now + LOCKED));
        assert!(lockout.count("b", Attempts::default(), now).is_ok(), "another name is not locked");
        assert!(lockout.count("a", Attempts::default(), now + LOCKED - TimeDelta::seconds(1)).is_err());
        assert_eq!(lockout.count("a", Attempts::default(), now + LOCKED).unwrap().failures, 1);
        lockout.succeed("a");
        assert_eq!(lockout.count("a", Attempts::default(), now).unwrap().failures, 1);
    }

    #[test]
    fn a_stored_lock_holds_after_a_restart_and_memory_is_bounded() {
        let (lockout, now) = (Lockout::default(), DateTime::UNIX_EPOCH);
        let stored = Attempts { failures: ATTEMPTS, locked_until: Some(now + LOCKED) };
        assert_eq!(lockout.count("a", stored, now), Err(now + LOCKED));
        for name in 0..NAMES * 2 {
            let _ = lockout.count(&name.to_string(), Attempts::default(), now + TimeDelta::milliseconds(name as i64));
        }
        assert!(lockout.names.lock().unwrap().len() <= NAMES);
    }
}
