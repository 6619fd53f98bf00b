//! The reference: what a licence must be, written down as plainly as possible, in whole days since the year 1.
//!
//! In: the same operations as the rules under test get, and the day and the time that their clock believes. Out: the state that must
//! show, and whether a night is due. It uses nothing of the crate it judges.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::operations::Grant;

/// What shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Unlicensed,
    Compliant,
    Grace { start: i64, end: i64, left: i64 },
    Elapsed { start: i64 },
    Expired,
}

/// Where the licence stands, whatever the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Within,
    Over { since: i64 },
    Out { since: i64 },
}

/// A key, in days since the year 1.
#[derive(Debug, Clone, Copy)]
struct Key {
    grant: Grant,
    expires: i64,
    until: Option<i64>,
}

impl Key {
    fn over(&self, assets: u64, users: u64) -> bool {
        assets > self.grant.assets || (self.grant.enforce_users && self.grant.users.is_some_and(|most| users > most))
    }

    fn end(&self, start: i64) -> i64 {
        (start + i64::from(self.grant.grace_days)).max(self.until.unwrap_or(i64::MIN))
    }
}

/// The reference.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    zone: Tz,
    at: NaiveTime,
    key: Option<Key>,
    place: Place,
    /// What showed when the clock froze.
    frozen: Option<Shown>,
    /// The days that had their night.
    pub(crate) nights: BTreeSet<i64>,
}

impl Model {
    pub(crate) fn new(zone: Tz, at: NaiveTime) -> Self {
        Self { zone, at, key: None, place: Place::Within, frozen: None, nights: BTreeSet::new() }
    }

    pub(crate) fn day(&self, instant: DateTime<Utc>) -> i64 {
        i64::from(instant.with_timezone(&self.zone).date_naive().num_days_from_ce())
    }

    /// What shows on this day; while the clock is frozen, what showed before.
    pub(crate) fn shown(&mut self, day: i64, frozen: bool) -> Shown {
        let shown = match self.frozen.filter(|_| frozen) {
            Some(Shown::Grace { start, end, .. }) => Shown::Grace { start, end, left: (end - day).max(0) },
            Some(shown) => shown,
            None => self.apart_from_clocks(day),
        };
        self.frozen = frozen.then_some(shown);
        shown
    }

    fn apart_from_clocks(&self, day: i64) -> Shown {
        match (self.key, self.place) {
            (None, _) => Shown::Unlicensed,
            (Some(key), _) if day >= key.expires => Shown::Expired,
            (Some(_), Place::Within) => Shown::Compliant,
            (Some(key), Place::Over { since }) => {
                Shown::Grace { start: since, end: key.end(since), left: (key.end(since) - day).max(0) }
            }
            (Some(_), Place::Out { since }) => Shown::Elapsed { start: since },
        }
    }

    /// A run that counted, under a clock that is believed.
    pub(crate) fn judged(&mut self, day: i64, assets: u64, users: u64) {
        let Some(key) = self.key.filter(|key| day < key.expires) else { return };
        self.place = match (self.place, key.over(assets, users)) {
            (Place::Out { since }, over) if over || !key.grant.reinstate_by_count => Place::Out { since },
            (_, false) => Place::Within,
            (Place::Over { since }, true) if day >= key.end(since) => Place::Out { since },
            (Place::Over { since }, true) => Place::Over { since },
            (_, true) => Place::Over { since: day },
        };
    }

    /// A key arrives; true when it must be taken.
    pub(crate) fn applied(&mut self, grant: Grant, true_day: i64, day: i64, assets: u64, users: u64) -> bool {
        let key = Key { grant, expires: true_day + grant.expires, until: grant.grace_until.map(|days| true_day + days) };
        if day >= key.expires {
            return false;
        }
        self.place = if key.over(assets, users) { Place::Over { since: day } } else { Place::Within };
        self.key = Some(key);
        // A key is judged at once, also while the clock is frozen.
        self.frozen = None;
        true
    }

    /// The day whose night is due and was not made: the last one, so that several are caught up at once.
    pub(crate) fn due(&self, now: DateTime<Utc>) -> Option<i64> {
        let today = self.day(now);
        let candidate = if self.struck(now) { today } else { today - 1 };
        let last = self.nights.range(..=today).next_back();
        Some(candidate).filter(|candidate| last.is_none_or(|last| last < candidate))
    }

    /// Whether today's clocks have shown the hour already, also where they were set back since.
    fn struck(&self, now: DateTime<Utc>) -> bool {
        let (today, clock) = (self.day(now), now.with_timezone(&self.zone).naive_local());
        if clock.time() >= self.at {
            return true;
        }
        // A later time was shown before this one only where clocks were set back within the last two hours.
        let earlier = (now - TimeDelta::hours(2)).with_timezone(&self.zone).naive_local();
        clock - earlier != TimeDelta::hours(2)
            && (1..=120)
                .map(|minutes| now - TimeDelta::minutes(minutes))
                .any(|earlier| self.day(earlier) == today && earlier.with_timezone(&self.zone).time() >= self.at)
    }
}
