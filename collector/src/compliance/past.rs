//! What a request tells of the past: 13 months of counts, graces, disablements and peaks.
//!
//! In: runs, oldest first, and daily peaks. Out: the rows of the request. Pure. A state lasts from the run that found it to the
//! next run, or to today.

use crate::store::records::{RunRecord, UsageKind, UsageRecord};
use chrono::{Datelike, Days, Months, NaiveDate};
use muster_domain::calendar::SiteZone;
use muster_license::request::{ApplicationPeaks, DisabledPeriod, GracePeriod, MonthCount, MonthPeak};
use std::collections::BTreeMap;

/// Months told of: a year, and the month that has begun.
const MONTHS: u32 = 13;

/// Applications told of; a request has a largest size.
const APPLICATIONS: usize = 100;

/// One month: each application's peaks.
pub(super) type MonthUse = BTreeMap<String, MonthPeak>;

/// The site date on which a run judged. A night that was caught up after midnight counts for the date before, and was judged by the
/// date on which that happened: graces begin and end by it.
#[must_use]
pub(super) fn judged_on(run: &RunRecord, zone: SiteZone) -> NaiveDate {
    zone.site_date(run.started_at)
}

/// The first day of the first month that is told of.
#[must_use]
pub(super) fn first_month(today: NaiveDate) -> NaiveDate {
    let month = today.with_day(1).unwrap_or(today);
    month.checked_sub_months(Months::new(MONTHS - 1)).unwrap_or(month)
}

/// The counts of each month since `from`, oldest first.
#[must_use]
pub(super) fn months(runs: &[RunRecord], from: NaiveDate, today: NaiveDate, zone: SiteZone) -> Vec<MonthCount> {
    let mut months: BTreeMap<String, MonthCount> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.site_date >= from) {
        let Some(count) = run.asset_count else { continue };
        let entry = entry(&mut months, run.site_date);
        if entry.peak_on.is_none() || count > entry.peak {
            (entry.peak, entry.peak_on) = (count, Some(run.site_date));
        }
        (entry.last, entry.last_on) = (count, Some(run.site_date));
    }
    for (index, run) in runs.iter().enumerate() {
        let (grace, disabled) = (run.state_after == "grace", run.state_after == "disabled");
        if !grace && !disabled {
            continue;
        }
        // The date of a run belongs to what the last run of that date found.
        let end = runs
            .get(index + 1)
            .map_or_else(|| today.checked_add_days(Days::new(1)).unwrap_or(today), |next| judged_on(next, zone));
        let dates = judged_on(run, zone).max(from).iter_days().take_while(|date| *date < end);
        for date in dates {
            let entry = entry(&mut months, date);
            entry.days_in_grace += u32::from(grace);
            entry.days_disabled += u32::from(disabled);
        }
    }
    months.into_values().collect()
}

/// Periods of grace that touch the time since `from`, from runs that come oldest first. A new key that is over its limit, too, begins a new one.
#[must_use]
pub(super) fn graces<'a>(runs: impl Iterator<Item = &'a RunRecord>, from: NaiveDate, zone: SiteZone) -> Vec<GracePeriod> {
    let mut periods: Vec<GracePeriod> = Vec::new();
    let mut open: Option<Option<u64>> = None;
    for run in runs.filter(|run| run.error.is_none()) {
        let over = run.asset_count.zip(run.asset_limit).map_or(0, |(count, limit)| count.saturating_sub(limit));
        let in_grace = run.state_after == "grace";
        let goes_on = in_grace && open == Some(run.license_serial);
        if let Some(period) = periods.last_mut().filter(|_| open.is_some()) {
            if goes_on {
                period.peak_over_by = period.peak_over_by.max(over);
            } else {
                period.ended = Some(judged_on(run, zone));
            }
        }
        if in_grace && !goes_on {
            periods.push(GracePeriod { started: judged_on(run, zone), ended: None, peak_over_by: over });
        }
        open = in_grace.then_some(run.license_serial);
    }
    periods.retain(|period| period.ended.is_none_or(|ended| ended >= from));
    periods
}

/// Periods of disablement that touch the time since `from`, each with its first reason.
#[must_use]
pub(super) fn disabled(runs: &[RunRecord], from: NaiveDate, zone: SiteZone) -> Vec<DisabledPeriod> {
    let mut periods: Vec<DisabledPeriod> = Vec::new();
    let mut open = false;
    for run in runs {
        match (run.state_after == "disabled", open) {
            (true, false) => periods.push(DisabledPeriod {
                started: judged_on(run, zone),
                ended: None,
                reason: run.reason_after.clone().unwrap_or_default(),
            }),
            (false, true) => {
                if let Some(period) = periods.last_mut() {
                    period.ended = Some(judged_on(run, zone));
                }
            }
            (true, true) | (false, false) => {}
        }
        open = run.state_after == "disabled";
    }
    periods.retain(|period| period.ended.is_none_or(|ended| ended >= from));
    periods
}

/// The highest daily peaks of one month.
#[must_use]
pub(super) fn month_use(month: NaiveDate, records: &[UsageRecord]) -> MonthUse {
    let mut peaks = MonthUse::new();
    for record in records.iter().filter(|record| record.peak > 0) {
        let peak =
            peaks.entry(record.application.clone()).or_insert_with(|| MonthPeak { month: name(month), ..MonthPeak::default() });
        match record.kind {
            UsageKind::Named => peak.named = peak.named.max(record.peak),
            UsageKind::Floating => peak.floating = peak.floating.max(record.peak),
            UsageKind::Total if record.peak > peak.total => (peak.total, peak.on) = (record.peak, Some(record.date)),
            UsageKind::Total => {}
        }
    }
    peaks
}

/// The applications with their months, by name, and how many were left out: those with the lowest peaks.
#[must_use]
pub(super) fn peaks(months: Vec<MonthUse>) -> (Vec<ApplicationPeaks>, u64) {
    let mut applications: BTreeMap<String, Vec<MonthPeak>> = BTreeMap::new();
    for (application, peak) in months.into_iter().flatten() {
        applications.entry(application).or_default().push(peak);
    }
    let mut list: Vec<ApplicationPeaks> =
        applications.into_iter().map(|(application, months)| ApplicationPeaks { application, months }).collect();
    let highest = |peaks: &ApplicationPeaks| peaks.months.iter().map(|month| month.total).max().unwrap_or_default();
    list.sort_by_key(|peaks| std::cmp::Reverse(highest(peaks)));
    let left_out = list.len().saturating_sub(APPLICATIONS);
    list.truncate(APPLICATIONS);
    list.sort_by(|a, b| a.application.cmp(&b.application));
    (list, u64::try_from(left_out).unwrap_or(u64::MAX))
}

fn entry(months: &mut BTreeMap<String, MonthCount>, date: NaiveDate) -> &mut MonthCount {
    let month = name(date);
    months.entry(month.clone()).or_insert(MonthCount {
        month,
        peak: 0,
        peak_on: None,
        last: 0,
        last_on: None,
        days_in_grace: 0,
        days_disabled: 0,
    })
}

fn name(date: NaiveDate) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::records::RunKind;
    use chrono::DateTime;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A run: date, serial, count of a limit of 10, state after.
    fn run((on, serial, count, state): &(&str, u64, u64, &str)) -> RunRecord {
        RunRecord {
            id: 0,
            kind: RunKind::Nightly,
            site_date: date(on),
            started_at: date(on).and_time(chrono::NaiveTime::MIN).and_utc(),
            finished_at: DateTime::UNIX_EPOCH,
            by: String::new(),
            license_serial: Some(*serial),
            query: None,
            table: String::new(),
            null_mode: String::new(),
            asset_count: Some(*count),
            asset_limit: Some(10),
            uncounted_empty_state: 0,
            user_count: 0,
            by_state: BTreeMap::new(),
            by_category: BTreeMap::new(),
            state_before: String::new(),
            state_after: (*state).to_owned(),
            reason_after: (*state == "disabled").then(|| "grace_elapsed".to_owned()),
            since: None,
            error: None,
        }
    }

    fn runs() -> Vec<RunRecord> {
        [
            ("2025-09-30", 1, 99, "disabled"),
            ("2025-10-30", 1, 9, "compliant"),
            ("2025-12-30", 1, 12, "grace"),
            ("2025-12-31", 1, 15, "grace"),
            ("2026-01-02", 1, 10, "compliant"),
            ("2026-01-02", 1, 11, "grace"),
            ("2026-01-05", 2, 12, "grace"),
            ("2026-01-07", 2, 12, "disabled"),
            ("2026-01-09", 2, 4, "disabled"),
            ("2026-01-10", 3, 3, "compliant"),
            ("2026-01-20", 3, 13, "grace"),
        ]
        .iter()
        .map(run)
        .collect()
    }

    #[test]
    fn thirteen_months_begin_a_year_ago() {
        for (today, first) in [("2026-11-22", "2025-11-01"), ("2026-01-31", "2025-01-01"), ("2024-02-29", "2023-02-01")] {
            assert_eq!(first_month(date(today)), date(first), "{today}");
        }
    }

    #[test]
    fn each_month_has_its_counts_and_its_days() {
        let month = |month: &str, peak: (u64, &str), last: (u64, &str), days_in_grace, days_disabled| MonthCount {
            month: month.to_owned(),
            peak: peak.0,
            peak_on: Some(date(peak.1)),
            last: last.0,
            last_on: Some(date(last.1)),
            days_in_grace,
            days_disabled,
        };
        let mut found = months(&runs(), date("2025-10-01"), date("2026-01-22"), SiteZone::UTC);
        assert_eq!(found.remove(0), month("2025-10", (9, "2025-10-30"), (9, "2025-10-30"), 0, 29));
        assert_eq!(found.remove(0), month("2025-12", (15, "2025-12-31"), (15, "2025-12-31"), 2, 0));
        // Grace: the 1st, the 2nd to the 6th, the 20th to the 22nd.
        assert_eq!(found.remove(0), month("2026-01", (13, "2026-01-20"), (13, "2026-01-20"), 9, 3));
        assert_eq!(found, []);
    }

    #[test]
    fn graces_and_disablements_have_a_beginning_and_an_end() {
        let shown: Vec<_> = graces(runs().iter(), date("2025-10-01"), SiteZone::UTC)
            .into_iter()
            .map(|period| (period.started.to_string(), period.ended.map(|ended| ended.to_string()), period.peak_over_by))
            .collect();
        let row = |started: &str, ended: Option<&str>, over| (started.to_owned(), ended.map(str::to_owned), over);
        let expected = [
            row("2025-12-30", Some("2026-01-02"), 5),
            row("2026-01-02", Some("2026-01-05"), 1),
            row("2026-01-05", Some("2026-01-07"), 2),
            row("2026-01-20", None, 3),
        ];
        assert_eq!(shown, expected);
        let period = |started: &str, ended: &str| DisabledPeriod {
            started: date(started),
            ended: Some(date(ended)),
            reason: "grace_elapsed".to_owned(),
        };
        let both = [period("2025-09-30", "2025-10-30"), period("2026-01-07", "2026-01-10")];
        assert_eq!(disabled(&runs(), date("2025-10-01"), SiteZone::UTC), both);
        assert_eq!(disabled(&runs(), date("2025-11-01"), SiteZone::UTC), both[1..]);
    }

    #[test]
    fn a_night_that_was_caught_up_was_judged_when_that_happened() {
        let mut runs = runs();
        for run in runs.iter_mut().filter(|run| run.site_date == date("2026-01-20")) {
            run.started_at += chrono::TimeDelta::hours(31);
        }
        let started = graces(runs.iter(), date("2026-01-11"), SiteZone::UTC).into_iter().map(|period| period.started);
        assert_eq!(started.collect::<Vec<_>>(), [date("2026-01-21")]);
        let days = months(&runs, date("2026-01-01"), date("2026-01-22"), SiteZone::UTC);
        assert_eq!(days.last().map(|month| (month.peak_on, month.days_in_grace)), Some((Some(date("2026-01-20")), 8)));
    }

    #[test]
    fn the_applications_with_the_highest_peaks_are_told() {
        let record = |application: &str, on: &str, kind, peak| UsageRecord {
            date: date(on),
            application: application.to_owned(),
            kind,
            peak,
            peak_at: DateTime::UNIX_EPOCH,
            holders: Vec::new(),
        };
        let mut used = vec![
            record("b", "2026-01-02", UsageKind::Total, 5),
            record("b", "2026-01-03", UsageKind::Total, 7),
            record("b", "2026-01-04", UsageKind::Total, 7),
            record("b", "2026-01-02", UsageKind::Floating, 4),
            record("b", "2026-01-03", UsageKind::Named, 3),
            record("never", "2026-01-03", UsageKind::Named, 0),
        ];
        let month = month_use(date("2026-01-01"), &used);
        let peak = MonthPeak { month: "2026-01".to_owned(), total: 7, on: Some(date("2026-01-03")), named: 3, floating: 4 };
        assert_eq!(month, MonthUse::from([("b".to_owned(), peak)]));
        used.extend((0..APPLICATIONS).map(|index| record(&format!("a{index:03}"), "2026-01-05", UsageKind::Total, 6)));
        let (list, left_out) = peaks(vec![month_use(date("2026-01-01"), &used), month]);
        assert_eq!((list.len(), left_out), (APPLICATIONS, 1));
        assert_eq!(list.last().map(|last| (last.application.as_str(), last.months.len())), Some(("b", 2)));
    }
}
