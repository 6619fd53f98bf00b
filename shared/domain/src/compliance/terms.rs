//! What a licence allows, and what was counted against it.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// The terms of a licence key, in site dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Hardware assets that may be counted. More than this is over the limit.
    pub asset_limit: u64,
    /// Days from the start of grace to its end; 60 unless the key says otherwise.
    pub grace_days: u32,
    /// A date before which grace does not end, whatever `grace_days` gives.
    pub grace_until: Option<NaiveDate>,
    /// The first site date on which the licence is no longer valid.
    pub expires: NaiveDate,
    /// User accounts that may have a role.
    pub user_limit: Option<u64>,
    /// Whether users over their limit count as assets over theirs do; otherwise they only warn.
    pub enforce_users: bool,
    /// Whether a count back within the limit ends a disablement by elapsed grace; otherwise only a new key does.
    pub reinstate_by_count: bool,
}

impl Terms {
    /// The days of grace of a key that says nothing else.
    pub const GRACE_DAYS: u32 = 60;

    /// Terms with this asset limit that end on this date, everything else as a key that says nothing else.
    #[must_use]
    pub const fn new(asset_limit: u64, expires: NaiveDate) -> Self {
        Self {
            asset_limit,
            grace_days: Self::GRACE_DAYS,
            grace_until: None,
            expires,
            user_limit: None,
            enforce_users: false,
            reinstate_by_count: false,
        }
    }

    /// Whether the licence is past its end on this site date.
    #[must_use]
    pub fn is_expired(&self, today: NaiveDate) -> bool {
        today >= self.expires
    }

    /// The first site date on which a run that is still over the limit disables.
    #[must_use]
    pub fn grace_end(&self, start: NaiveDate) -> NaiveDate {
        let end = start.checked_add_days(Days::new(u64::from(self.grace_days))).unwrap_or(NaiveDate::MAX);
        self.grace_until.map_or(end, |until| until.max(end))
    }

    /// How many assets are over the limit; 0 within it.
    #[must_use]
    pub const fn over_by(&self, count: u64) -> u64 {
        count.saturating_sub(self.asset_limit)
    }

    /// How many users are over the limit; 0 within it or without one.
    #[must_use]
    pub fn users_over_by(&self, users: u64) -> u64 {
        self.user_limit.map_or(0, |limit| users.saturating_sub(limit))
    }

    /// Whether these facts break the terms.
    #[must_use]
    pub fn is_over(&self, facts: Facts) -> bool {
        self.over_by(facts.count) > 0 || (self.enforce_users && self.users_over_by(facts.user_count) > 0)
    }
}

/// What a run found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Assets that the compliance query counts.
    pub count: u64,
    /// Enabled accounts with any role.
    pub user_count: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn grace_ends_after_its_days_and_not_before_a_promised_date() {
        let check = |start: &str, days: u32, until: Option<&str>, end: &str| {
            let terms = Terms { grace_days: days, grace_until: until.map(date), ..Terms::new(1, NaiveDate::MAX) };
            assert_eq!(terms.grace_end(date(start)), date(end));
        };
        check("2026-01-01", 60, None, "2026-03-02");
        check("2024-01-01", 60, None, "2024-03-01");
        check("2026-01-01", 0, None, "2026-01-01");
        check("2026-01-01", 60, Some("2026-02-01"), "2026-03-02");
        check("2026-01-01", 60, Some("2026-06-30"), "2026-06-30");
        let terms = Terms { grace_days: u32::MAX, ..Terms::new(1, NaiveDate::MAX) };
        assert_eq!(terms.grace_end(NaiveDate::MAX), NaiveDate::MAX);
    }
}
