//! Calendar arithmetic of queries: units, where their periods begin, parts of a date, and distances.
//!
//! In: local times. Out: local times and numbers. Months, quarters and years keep the day where the month has it and end on the
//! month's last day where it has not.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc, Weekday};

use super::context::Context;
use crate::calendar::clamp_date;

/// The furthest a query may shift a time, in units either way.
pub(super) const MAX_SHIFT: i64 = 100_000;

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// `dayofweek` is the language's own name for a day.
    pub(super) fn read(name: &str) -> Option<Self> {
        Some(match name {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" | "dayofweek" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// Where the unit's period that holds a local time begins.
    pub(super) fn start(self, local: NaiveDateTime, first: Weekday) -> NaiveDateTime {
        let date = local.date();
        let midnight = |date: Option<NaiveDate>| date.unwrap_or(local.date()).and_time(NaiveTime::MIN);
        let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN);
        match self {
            Self::Minute => date.and_time(at(local.hour(), local.minute())),
            Self::Hour => date.and_time(at(local.hour(), 0)),
            Self::Day => midnight(Some(date)),
            Self::Week => midnight(date.checked_sub_days(Days::new(u64::from(date.weekday().days_since(first))))),
            Self::Month => midnight(date.with_day(1)),
            Self::Quarter => midnight(NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1)),
            Self::Year => midnight(NaiveDate::from_ymd_opt(date.year(), 1, 1)),
        }
    }

    /// A local time so many units later, earlier where `n` is negative; kept where the calendar ends.
    pub(super) fn shift(self, local: NaiveDateTime, n: i64) -> NaiveDateTime {
        let seconds = |each: i64| {
            let delta = TimeDelta::try_seconds(n.saturating_mul(each))?;
            local.checked_add_signed(delta)
        };
        let months = |each: i64| {
            let count = n.saturating_mul(each);
            let months = Months::new(u32::try_from(count.unsigned_abs()).ok()?);
            if count < 0 { local.checked_sub_months(months) } else { local.checked_add_months(months) }
        };
        let shifted = match self {
            Self::Minute => seconds(60),
            Self::Hour => seconds(3600),
            Self::Day => seconds(86_400),
            Self::Week => seconds(7 * 86_400),
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => months(12),
        };
        shifted.map_or(local, |shifted| clamp_date(shifted.date()).and_time(shifted.time()))
    }

    /// The whole units between two local times; negative where the second is before the first.
    pub(super) fn between(self, from: NaiveDateTime, to: NaiveDateTime) -> i64 {
        if to < from {
            return -self.between(to, from);
        }
        let seconds = to.signed_duration_since(from).num_seconds();
        let months = || {
            let count = |at: NaiveDateTime| i64::from(at.year()) * 12 + i64::from(at.month0());
            let begun = count(to) - count(from);
            if (to.day(), to.time()) < (from.day(), from.time()) { begun - 1 } else { begun }
        };
        match self {
            Self::Minute => seconds / 60,
            Self::Hour => seconds / 3600,
            Self::Day => seconds / 86_400,
            Self::Week => seconds / (7 * 86_400),
            Self::Month => months(),
            Self::Quarter => months() / 3,
            Self::Year => months() / 12,
        }
    }
}

impl Context {
    /// Now, so many units later. Minutes and hours run on across daylight saving, longer units keep the local time of day.
    pub(super) fn shifted(&self, unit: Unit, n: i64) -> DateTime<Utc> {
        match unit {
            Unit::Minute | Unit::Hour => unit.shift(self.now.naive_utc(), n).and_utc(),
            _ => self.zone.first_instant(unit.shift(self.zone.local(self.now), n)),
        }
    }

    /// The first and the last second of the period that holds an instant.
    pub(super) fn period(&self, unit: Unit, instant: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let local = self.zone.local(instant);
        let start = unit.start(local, self.first_day_of_week);
        let second = TimeDelta::seconds(1);
        match unit {
            // An hour that daylight saving doubles is told apart by the instant it was reached from.
            Unit::Minute | Unit::Hour => {
                let start = instant.checked_sub_signed(local.signed_duration_since(start)).unwrap_or(instant);
                (start, unit.shift((start - second).naive_utc(), 1).and_utc())
            }
            _ => (self.zone.first_instant(start), self.zone.first_instant(unit.shift(start, 1)) - second),
        }
    }
}

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// 0 is Sunday: the parts' week begins there whatever the site's does.
    DayOfWeek,
    /// 1 is January.
    Month,
    Quarter,
    Year,
    /// 0 to 53, counted from the year's first Sunday.
    Week,
    Hour,
}

impl Part {
    pub(super) fn read(name: &str) -> Option<Self> {
        Some(match name {
            "dayofweek" => Self::DayOfWeek,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            "week" => Self::Week,
            "hour" => Self::Hour,
            _ => return None,
        })
    }

    /// The number of a written value: names for days and months, numbers otherwise.
    pub(super) fn value(self, text: &str) -> Option<i64> {
        let text = text.trim().to_ascii_lowercase();
        let named = |names: &[&str], first: i64| {
            // Names are told by their first three letters, in full or short.
            let short = text.get(..3)?;
            let place = names.iter().position(|name| *name == short)?;
            i64::try_from(place).ok().map(|place| place + first)
        };
        match self {
            Self::DayOfWeek => named(&["sun", "mon", "tue", "wed", "thu", "fri", "sat"], 0),
            Self::Month => named(&["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1),
            Self::Quarter | Self::Year | Self::Week | Self::Hour => text.parse().ok(),
        }
    }

    pub(super) fn of(self, local: NaiveDateTime) -> i64 {
        match self {
            Self::DayOfWeek => i64::from(local.weekday().num_days_from_sunday()),
            Self::Month => i64::from(local.month()),
            Self::Quarter => i64::from(local.month0() / 3 + 1),
            Self::Year => i64::from(local.year()),
            Self::Week => i64::from((local.ordinal0() + 7 - local.weekday().num_days_from_sunday()) / 7),
            Self::Hour => i64::from(local.hour()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    #[test]
    fn periods_begin() {
        let check = |unit: &str, expected: &str| {
            let start = Unit::read(unit).unwrap().start(at("2026-06-17 12:34:56"), Weekday::Mon);
            assert_eq!(start, at(expected), "{unit}");
        };
        check("minute", "2026-06-17 12:34:00");
        check("hour", "2026-06-17 12:00:00");
        check("dayofweek", "2026-06-17 00:00:00");
        check("week", "2026-06-15 00:00:00");
        check("month", "2026-06-01 00:00:00");
        check("quarter", "2026-04-01 00:00:00");
        check("year", "2026-01-01 00:00:00");
        assert_eq!(Unit::Week.start(at("2026-06-17 12:34:56"), Weekday::Sun), at("2026-06-14 00:00:00"));
        assert_eq!(Unit::read("fortnight"), None);
    }

    #[test]
    fn shifts_end_on_the_months_last_day() {
        let check = |unit: Unit, from: &str, n: i64, expected: &str| assert_eq!(unit.shift(at(from), n), at(expected));
        check(Unit::Month, "2026-03-31 10:00:00", -1, "2026-02-28 10:00:00");
        check(Unit::Quarter, "2026-05-31 10:00:00", -1, "2026-02-28 10:00:00");
        check(Unit::Year, "2024-02-29 10:00:00", 1, "2025-02-28 10:00:00");
        check(Unit::Day, "2026-03-01 10:00:00", -1, "2026-02-28 10:00:00");
        check(Unit::Week, "2026-03-01 10:00:00", 1, "2026-03-08 10:00:00");
        check(Unit::Minute, "2026-03-01 00:00:00", -1, "2026-02-28 23:59:00");
        check(Unit::Year, "2026-03-01 00:00:00", i64::MAX, "2026-03-01 00:00:00");
        check(Unit::Year, "2026-03-01 00:00:00", MAX_SHIFT, "9999-01-01 00:00:00");
    }

    #[test]
    fn distances_are_whole_units() {
        let check = |unit: Unit, from: &str, to: &str, expected: i64| {
            assert_eq!(unit.between(at(from), at(to)), expected, "{from} {to}");
            assert_eq!(unit.between(at(to), at(from)), -expected, "{to} {from}");
        };
        check(Unit::Day, "2026-03-01 00:00:00", "2026-03-02 23:59:59", 1);
        check(Unit::Week, "2026-03-01 00:00:00", "2026-03-15 00:00:00", 2);
        check(Unit::Month, "2026-01-31 00:00:00", "2026-03-01 00:00:00", 1);
        check(Unit::Quarter, "2026-01-01 00:00:00", "2026-12-31 00:00:00", 3);
        check(Unit::Year, "2024-03-01 12:00:00", "2026-03-01 11:00:00", 1);
        check(Unit::Hour, "2026-03-01 00:00:00", "2026-03-01 01:59:00", 1);
    }

    #[test]
    fn parts_of_a_date() {
        let check = |part: &str, value: &str, expected: bool| {
            let part = Part::read(part).unwrap();
            assert_eq!(part.value(value) == Some(part.of(at("2026-06-17 12:34:56"))), expected, "{value}");
        };
        check("dayofweek", "wednesday", true);
        check("dayofweek", "wed", true);
        check("dayofweek", "sunday", false);
        check("month", "jun", true);
        check("month", "June", true);
        check("quarter", "2", true);
        check("year", "2026", true);
        check("week", "24", true);
        check("hour", "12", true);
        check("month", "6", false);
        check("month", "ß", false);
        assert_eq!(Part::Week.of(at("2026-01-01 00:00:00")), 0);
        assert_eq!(Part::Week.of(at("2026-01-04 00:00:00")), 1);
    }
}
