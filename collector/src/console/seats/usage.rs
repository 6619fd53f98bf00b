//! How a pool was used: peaks and denials by day, and what it did hour by hour on one of them.

use crate::{
    admin::{AdminContext, Answer},
    console::{
        chart::{Chart, Point},
        render::{When, number},
    },
    store::records::{DemandRecord, UsageKind, UsageRecord},
};
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// Days of the table.
const DAYS: u64 = 30;
/// More hours than a day has.
const HOURS: usize = 32;

/// The use of one application.
pub(super) struct Usage {
    pub(super) days: Vec<DayRow>,
    pub(super) chart: Option<Chart>,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) hours: Vec<HourRow>,
    pub(super) hour_chart: Option<Chart>,
}

/// A day.
pub(super) struct DayRow {
    pub(super) date: NaiveDate,
    pub(super) peak: String,
    pub(super) peak_at: Option<When>,
    pub(super) named: String,
    pub(super) floating: String,
    pub(super) granted: String,
    pub(super) denied: String,
    pub(super) over: String,
    pub(super) queued: String,
    pub(super) waited: String,
}

/// An hour.
pub(super) struct HourRow {
    pub(super) hour: String,
    pub(super) peak: String,
    pub(super) average: String,
    pub(super) denied: String,
}

#[derive(Default)]
struct Day {
    peak: u64,
    at: Option<chrono::DateTime<chrono::Utc>>,
    named: u64,
    floating: u64,
    asked: Option<DemandRecord>,
}

impl Usage {
    /// Of the last days, and of the hours of one day; `limit` is how many seats there are now.
    pub(super) async fn of(context: &AdminContext, name: &str, date: NaiveDate, limit: Option<u64>) -> Answer<Self> {
        let today = context.today();
        let from = today.checked_sub_days(Days::new(DAYS)).unwrap_or(today);
        let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
        for UsageRecord { date, kind, peak, peak_at, .. } in context.sessions.usage(Some(name), from, today).await? {
            let day = days.entry(date).or_default();
            match kind {
                UsageKind::Total => (day.peak, day.at) = (peak, Some(peak_at)),
                UsageKind::Named => day.named = peak,
                UsageKind::Floating => day.floating = peak,
            }
        }
        for demand in context.sessions.asked(Some(name), (from, today)).await? {
            let date = demand.date;
            days.entry(date).or_default().asked = Some(demand);
        }
        let points = course(&days, limit);
        let records = context.sessions.hours(Some(name), (date, date), None, HOURS).await?;
        let zone = context.tz();
        let hour = |start: chrono::DateTime<chrono::Utc>| start.with_timezone(&zone).format("%H:%M").to_string();
        let seats = |named: Option<u64>, floating: Option<u64>| named.zip(floating).map(|(one, other)| one.saturating_add(other));
        let hour_points: Vec<Point> = records
            .iter()
            .map(|record| Point {
                label: hour(record.start),
                value: record.figures.peak,
                limit: seats(record.figures.limits.named, record.figures.limits.floating),
            })
            .collect();
        Ok(Self {
            chart: Chart::of(&points),
            first: points.first().map(|point| point.label.clone()).unwrap_or_default(),
            last: points.last().map(|point| point.label.clone()).unwrap_or_default(),
            days: days.into_iter().rev().map(|(date, day)| DayRow::of(date, &day, context)).collect(),
            hour_chart: Chart::of(&hour_points),
            hours: records
                .iter()
                .map(|record| HourRow {
                    hour: hour(record.start),
                    peak: number(record.figures.peak),
                    average: record
                        .figures
                        .average(record.figures.seconds())
                        .map_or_else(String::new, |part| format!("{}.{:02}", part / 100, part % 100)),
                    denied: number(record.figures.asked.denied),
                })
                .collect(),
        })
    }
}

/// A column for each day from the first to the last, also for those on which nobody was there.
fn course(days: &BTreeMap<NaiveDate, Day>, limit: Option<u64>) -> Vec<Point> {
    let Some(((first, _), (last, _))) = days.first_key_value().zip(days.last_key_value()) else { return Vec::new() };
    let peak = |date: &NaiveDate| days.get(date).map_or(0, |day| day.peak);
    let dates = first.iter_days().take_while(|date| date <= last);
    dates.map(|date| Point { label: date.to_string(), value: peak(&date), limit }).collect()
}

impl DayRow {
    fn of(date: NaiveDate, day: &Day, context: &AdminContext) -> Self {
        let asked = day.asked.as_ref().map(|demand| demand.asked);
        let count = |of: fn(&muster_domain::session::Asked) -> u64| number(asked.as_ref().map_or(0, of));
        Self {
            date,
            peak: number(day.peak),
            peak_at: day.at.map(|at| When::of(at, context.now(), context.tz())),
            named: number(day.named),
            floating: number(day.floating),
            granted: count(|asked| asked.granted),
            denied: count(|asked| asked.denied),
            over: count(|asked| asked.over_use),
            queued: count(|asked| asked.queued),
            waited: asked
                .map(|asked| asked.longest_wait_seconds())
                .filter(|seconds| *seconds > 0)
                .map_or_else(String::new, |seconds| format!("{seconds} s")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_use_is_a_gap() {
        let day = |day: &str, peak: u64| (day.parse::<NaiveDate>().unwrap(), Day { peak, ..Day::default() });
        let days = BTreeMap::from([day("2026-11-02", 4), day("2026-11-05", 6)]);
        let points: Vec<(String, u64)> = course(&days, Some(6)).into_iter().map(|point| (point.label, point.value)).collect();
        let expected = [("2026-11-02", 4), ("2026-11-03", 0), ("2026-11-04", 0), ("2026-11-05", 6)];
        assert_eq!(points, expected.map(|(label, peak)| (label.to_owned(), peak)));
        assert_eq!(course(&BTreeMap::new(), None), []);
    }
}
