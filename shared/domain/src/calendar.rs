//! Site dates and nightly runs in an IANA time zone.
//!
//! Every site date has exactly one run. A local time that daylight saving leaves out runs at the first instant after the gap, one
//! that it doubles runs at its first occurrence; missed nights are caught up once. In: instants and a zone. Out: dates and
//! instants. It reads no clock and never panics, also at the edges of time.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound as _, TimeDelta, TimeZone,
    Timelike, Utc, Weekday,
};
use chrono_tz::Tz;

/// The site's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteZone(Tz);

/// A name that is no IANA time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an IANA time zone such as Europe/Berlin")]
pub struct UnknownZone(String);

impl FromStr for SiteZone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        name.trim().parse().map(Self).map_err(|_| UnknownZone(name.chars().take(64).collect()))
    }
}

impl fmt::Display for SiteZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl From<Tz> for SiteZone {
    fn from(zone: Tz) -> Self {
        Self(zone)
    }
}

impl SiteZone {
    /// Coordinated universal time, where a site has no zone of its own.
    pub const UTC: Self = Self(Tz::UTC);

    /// The site date at an instant.
    #[must_use]
    pub fn site_date(self, instant: DateTime<Utc>) -> NaiveDate {
        self.local(instant).date()
    }

    /// The hour of the site's day at an instant, 0 to 23.
    #[must_use]
    pub fn site_hour(self, instant: DateTime<Utc>) -> u32 {
        self.local(instant).hour()
    }

    /// The first instant of a site date. A date that the zone left out entirely begins where the next one does.
    #[must_use]
    pub fn day_start(self, date: NaiveDate) -> DateTime<Utc> {
        self.first_instant(clamp_date(date).and_time(NaiveTime::MIN))
    }

    /// The instant at which the run of a site date is due; `None` for a date that the zone left out entirely.
    #[must_use]
    pub fn run_at(self, date: NaiveDate, at: NaiveTime) -> Option<DateTime<Utc>> {
        let date = clamp_date(date);
        let due = self.first_instant(date.and_time(at));
        if self.site_date(due) == date {
            return Some(due);
        }
        // The time lies in a gap that reaches midnight: the date's last second is before it, where there is one.
        let last = self.day_start(date.checked_add_days(Days::new(1))?).checked_sub_signed(TimeDelta::seconds(1))?;
        Some(last).filter(|last| self.site_date(*last) == date)
    }

    /// The first run after an instant.
    #[must_use]
    pub fn next_run(self, after: DateTime<Utc>, at: NaiveTime) -> DateTime<Utc> {
        let today = self.site_date(after);
        // Zones have left out single dates, so that three dates always hold a run; more only guard the edges of time.
        let dates = (0..5).filter_map(|days| today.checked_add_days(Days::new(days)));
        dates.filter_map(|date| self.run_at(date, at)).find(|due| *due > after).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The site date whose run is due and was not made: the latest one, so that missed nights are caught up once.
    ///
    /// The date is the marker to keep, also where a run is caught up after midnight: it is the night before's, and the coming night
    /// has its own. The run itself judges by the site date of `now`. A marker in the future (the clock was
    /// wrong when it was set) makes no run due.
    #[must_use]
    pub fn run_due(self, last_run_date: Option<NaiveDate>, now: DateTime<Utc>, at: NaiveTime) -> Option<NaiveDate> {
        let today = self.site_date(now);
        let mut latest_first = (0..5).filter_map(|days| today.checked_sub_days(Days::new(days)));
        let due = latest_first.find(|date| self.run_at(*date, at).is_some_and(|due| due <= now))?;
        Some(due).filter(|due| last_run_date.is_none_or(|last| last < *due))
    }

    /// The hour of the site's clocks at an instant: its first instant and that of the next hour.
    ///
    /// Hours begin where local clocks show a full hour, and where they are changed: an hour that comes twice is two, and where
    /// clocks change by half an hour one of them is shorter.
    #[must_use]
    pub fn hour_around(self, instant: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let instant = instant.trunc_subsecs(0);
        let shown = self.local(instant);
        let into = TimeDelta::seconds(i64::from(shown.minute() * 60 + shown.second()));
        let start = instant.checked_sub_signed(into).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let end = start.checked_add_signed(TimeDelta::hours(1)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        (self.change_between(start, instant).unwrap_or(start), self.change_between(instant, end).unwrap_or(end))
    }

    /// The instant at which clocks are changed between two whole seconds, the second one included.
    fn change_between(self, mut before: DateTime<Utc>, mut after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let ahead = |instant: DateTime<Utc>| self.local(instant) - instant.naive_utc();
        let first = ahead(before);
        if first == ahead(after) {
            return None;
        }
        while after - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
            if ahead(middle) == first { before = middle } else { after = middle }
        }
        Some(after)
    }

    pub(crate) fn local(self, instant: DateTime<Utc>) -> NaiveDateTime {
        let naive = instant.naive_utc();
        let clamped = clamp_date(naive.date()).and_time(naive.time());
        self.0.from_utc_datetime(&clamped).naive_local()
    }

    /// The first instant at which local clocks show this time, or the first after the gap that leaves it out.
    pub(crate) fn first_instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        if let Some(instant) = self.shown(local) {
            return instant;
        }
        // Gaps are at most a day: find a time behind this one, then its beginning to the second.
        let step = TimeDelta::minutes(15);
        let mut missing = local;
        let mut shown = local;
        for _ in 0..=4 * 26 {
            missing = shown;
            shown += step;
            if self.shown(shown).is_some() {
                break;
            }
        }
        while shown - missing > TimeDelta::seconds(1) {
            let middle = missing + TimeDelta::seconds((shown - missing).num_seconds() / 2);
            if self.shown(middle).is_some() { shown = middle } else { missing = middle }
        }
        self.shown(shown).unwrap_or_else(|| local.and_utc())
    }

    fn shown(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.0.from_local_datetime(&local) {
            MappedLocalTime::Single(instant) => Some(instant.with_timezone(&Utc)),
            MappedLocalTime::Ambiguous(one, other) => Some(one.min(other).with_timezone(&Utc)),
            MappedLocalTime::None => None,
        }
    }
}

/// Keeps dates in the years 0 to 9999, where every local time of every zone can be written.
pub(crate) fn clamp_date(date: NaiveDate) -> NaiveDate {
    match date.year() {
        0..=9999 => date,
        year => NaiveDate::from_ymd_opt(if year < 0 { 0 } else { 9999 }, 1, 1).unwrap_or(date),
    }
}

/// The Sunday that weekly work is due for: the last one up to the night, if that is not done yet. Work that was never done begins on
/// a Sunday, and not with one that nobody saw.
#[must_use]
pub fn due_sunday(night: NaiveDate, last: Option<NaiveDate>) -> Option<NaiveDate> {
    let sunday = night.checked_sub_days(Days::new(night.weekday().num_days_from_sunday().into()))?;
    match last {
        Some(last) => (last < sunday).then_some(sunday),
        None => (night.weekday() == Weekday::Sun).then_some(sunday),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Offset;
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> SiteZone {
        name.parse().unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const ZONES: [&str; 10] = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Santiago",
        "Asia/Beirut",
        "America/Nuuk",
        "America/Havana",
        "Pacific/Apia",
        "UTC",
    ];

    #[test]
    fn a_day_begins_at_its_first_instant() {
        let check =
            |name: &str, day: &str, expected: &str| assert_eq!(zone(name).day_start(date(day)), utc(expected), "{name} {day}");
        check("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z");
        check("Europe/Berlin", "2026-07-01", "2026-06-30T22:00:00Z");
        check("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z");
        // Midnight does not exist: clocks go from 24:00 to 01:00.
        check("America/Santiago", "2024-09-08", "2024-09-08T04:00:00Z");
        check("Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z");
        // Midnight comes twice: the first one.
        check("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z");
        // A date that was left out begins with the next one.
        check("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z");
        check("UTC", "2024-02-29", "2024-02-29T00:00:00Z");
    }

    #[test]
    fn hours_are_those_of_local_clocks() {
        let check = |name: &str, at: &str, start: &str, end: &str| {
            assert_eq!(zone(name).hour_around(utc(at)), (utc(start), utc(end)), "{name} {at}");
        };
        check("Europe/Berlin", "2026-01-15T12:34:56.789Z", "2026-01-15T12:00:00Z", "2026-01-15T13:00:00Z");
        check("Europe/Berlin", "2026-01-15T12:00:00Z", "2026-01-15T12:00:00Z", "2026-01-15T13:00:00Z");
        // Full hours are not those of universal time.
        check("Asia/Kolkata", "2026-01-15T12:34:56Z", "2026-01-15T12:30:00Z", "2026-01-15T13:30:00Z");
        // The hour that is left out, and the one that comes twice.
        check("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z");
        check("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z");
        check("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z");
        check("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z");
        // 02:00 becomes 02:30; 02:00 becomes 01:30.
        check("Australia/Lord_Howe", "2026-10-03T15:40:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z");
        check("Australia/Lord_Howe", "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z");
        check("Australia/Lord_Howe", "2026-04-04T14:50:00Z", "2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z");
    }

    #[test]
    fn the_hours_of_a_day() {
        let check = |name: &str, day: &str, expected: usize| {
            let (site, day) = (zone(name), date(day));
            let (mut at, end) = (site.day_start(day), site.day_start(day + Days::new(1)));
            let mut hours = 0;
            while at < end {
                let (start, next) = site.hour_around(at);
                assert_eq!((start, site.site_date(start)), (at, day), "{name} {day}");
                (at, hours) = (next, hours + 1);
            }
            assert_eq!((at, hours), (end, expected), "{name} {day}");
        };
        check("Europe/Berlin", "2026-01-15", 24);
        check("Europe/Berlin", "2026-03-29", 23);
        check("Europe/Berlin", "2026-10-25", 25);
        check("America/Santiago", "2024-09-08", 23);
        check("America/Havana", "2024-11-03", 25);
        // 23 and a half, 24 and a half.
        check("Australia/Lord_Howe", "2026-10-04", 24);
        check("Australia/Lord_Howe", "2026-04-05", 25);
    }

    #[test]
    fn runs_around_daylight_saving() {
        let check = |name: &str, day: &str, at: &str, expected: Option<&str>| {
            assert_eq!(zone(name).run_at(date(day), time(at)), expected.map(utc), "{name} {day} {at}");
        };
        check("Europe/Berlin", "2026-01-15", "02:00:00", Some("2026-01-15T01:00:00Z"));
        check("Europe/Berlin", "2026-03-29", "02:00:00", Some("2026-03-29T01:00:00Z"));
        check("Europe/Berlin", "2026-03-29", "02:30:30", Some("2026-03-29T01:00:00Z"));
        check("Europe/Berlin", "2026-03-29", "03:00:00", Some("2026-03-29T01:00:00Z"));
        check("Europe/Berlin", "2026-10-25", "02:00:00", Some("2026-10-25T00:00:00Z"));
        check("Australia/Lord_Howe", "2026-10-04", "02:10:00", Some("2026-10-03T15:30:00Z"));
        check("America/Santiago", "2024-09-08", "00:30:00", Some("2024-09-08T04:00:00Z"));
        // The gap reaches midnight: the date's last second still has the run.
        check("America/Nuuk", "2024-03-30", "23:30:00", Some("2024-03-31T00:59:59Z"));
        check("Pacific/Apia", "2011-12-30", "02:00:00", None);
    }

    #[test]
    fn the_next_run_is_after_now() {
        let check = |name: &str, after: &str, at: &str, expected: &str| {
            assert_eq!(zone(name).next_run(utc(after), time(at)), utc(expected), "{name} {after}");
        };
        check("Europe/Berlin", "2026-01-15T00:59:59Z", "02:00:00", "2026-01-15T01:00:00Z");
        check("Europe/Berlin", "2026-01-15T01:00:00Z", "02:00:00", "2026-01-16T01:00:00Z");
        check("Europe/Berlin", "2026-10-25T00:00:00Z", "02:00:00", "2026-10-26T01:00:00Z");
        check("Pacific/Apia", "2011-12-29T12:00:00Z", "02:00:00", "2011-12-30T12:00:00Z");
    }

    #[test]
    fn missed_nights_are_caught_up_once() {
        let berlin = zone("Europe/Berlin");
        let check = |last: Option<&str>, now: &str, expected: Option<&str>| {
            assert_eq!(berlin.run_due(last.map(date), utc(now), time("02:00:00")), expected.map(date), "{last:?} {now}");
        };
        check(None, "2026-01-15T12:00:00Z", Some("2026-01-15"));
        check(Some("2026-01-14"), "2026-01-15T00:59:59Z", None);
        check(Some("2026-01-14"), "2026-01-15T01:00:00Z", Some("2026-01-15"));
        check(Some("2026-01-15"), "2026-01-15T23:30:00Z", None);
        check(Some("2026-01-10"), "2026-01-15T12:00:00Z", Some("2026-01-15"));
        check(Some("2026-01-10"), "2026-01-15T00:30:00Z", Some("2026-01-14"));
        check(Some("2026-01-14"), "2026-01-15T00:30:00Z", None);
        check(Some("2027-01-01"), "2026-01-15T12:00:00Z", None);
    }

    /// Every transition of 2024 to 2040, at run times around it, hour by hour: each site date runs exactly once.
    #[test]
    fn every_date_runs_exactly_once() {
        let (from, to) = (utc("2024-01-01T00:00:00Z"), utc("2041-01-01T00:00:00Z"));
        let mut transitions = 0;
        for name in ZONES {
            let site = zone(name);
            let offset = |instant: DateTime<Utc>| site.0.offset_from_utc_datetime(&instant.naive_utc()).fix();
            let mut day = from;
            while day < to {
                let next = day + TimeDelta::days(1);
                if offset(day) != offset(next) {
                    transitions += 1;
                    for minutes in (0..24 * 60).step_by(30) {
                        let at = NaiveTime::MIN + TimeDelta::minutes(minutes);
                        runs_once(site, day - TimeDelta::days(2), day + TimeDelta::days(3), at);
                    }
                }
                day = next;
            }
        }
        assert!(transitions > 200, "{transitions}");
    }

    fn runs_once(site: SiteZone, from: DateTime<Utc>, to: DateTime<Utc>, at: NaiveTime) {
        let mut dates = Vec::new();
        let mut last = site.run_due(None, from, at);
        let mut now = from;
        loop {
            let run = site.next_run(now, at);
            assert!(run > now);
            if run > to {
                break;
            }
            let due = site.run_due(last, run, at).unwrap_or_else(|| panic!("{site} {at}: nothing due at {run}"));
            assert_eq!(due, site.site_date(run), "{site} {at}");
            assert_eq!(site.run_due(last, run - TimeDelta::milliseconds(1), at), None, "{site} {at}: due before {run}");
            dates.push(due);
            (last, now) = (Some(due), run);
        }
        assert!(dates.len() >= 4);
        for pair in dates.windows(2) {
            assert_eq!(pair[1], pair[0] + Days::new(1), "{site} {at}");
        }
    }

    #[test]
    fn names_are_iana_names() {
        assert_eq!(zone(" Europe/Berlin ").to_string(), "Europe/Berlin");
        assert!("Mars/Base".parse::<SiteZone>().unwrap_err().to_string().contains("Mars/Base"));
    }

    proptest! {
        #[test]
        fn days_hold_their_instants(seconds in 1_700_000_000_i64..2_240_000_000, name in prop::sample::select(ZONES.to_vec())) {
            let site = zone(name);
            let instant = DateTime::from_timestamp(seconds, 0).unwrap();
            let today = site.site_date(instant);
            prop_assert_eq!(site.site_date(site.day_start(today)), today);
            prop_assert!(site.day_start(today) <= instant);
            prop_assert!(instant < site.day_start(today + Days::new(1)));
            prop_assert!(site.site_date(site.day_start(today) - TimeDelta::seconds(1)) < today);
            let (start, end) = site.hour_around(instant);
            prop_assert!(start <= instant && instant < end && end - start <= TimeDelta::hours(1));
            prop_assert_eq!((site.hour_around(start), site.hour_around(end).0), ((start, end), end));
            prop_assert_eq!((site.site_date(start), site.site_date(end - TimeDelta::seconds(1))), (today, today));
        }

        #[test]
        fn the_edges_of_time_do_not_panic(pick in 0_usize..4, second in 0_u32..86_400, name in prop::sample::select(ZONES.to_vec())) {
            let site = zone(name);
            let at = NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap();
            let instant = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH, utc("9999-12-31T23:59:59Z")][pick];
            let day = [NaiveDate::MIN, NaiveDate::MAX, date("0000-01-01"), date("9999-12-31")][pick];
            let _ = (site.site_date(instant), site.day_start(day), site.run_at(day, at), site.next_run(instant, at));
            let _ = (site.run_due(Some(day), instant, at), site.hour_around(instant));
        }
    }

    #[test]
    fn weekly_work_is_due_once_a_week() {
        let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let check = |night, last: Option<u32>, expected: Option<u32>| {
            assert_eq!(due_sunday(date(night), last.map(date)), expected.map(date), "{night} {last:?}");
        };
        check(22, None, Some(22));
        check(23, None, None);
        check(22, Some(15), Some(22));
        check(22, Some(22), None);
        check(24, Some(22), None);
        check(24, Some(15), Some(22));
        check(28, Some(1), Some(22));
        check(21, Some(22), None);
    }
}
