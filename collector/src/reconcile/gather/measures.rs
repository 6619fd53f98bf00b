//! Figures that people and other systems measured.
//!
//! In: resource values, documents, endpoints and token check-outs. Out: what counts today. A figure is of what was measured last:
//! it counts until there is a newer one.

use super::{
    models::{metric_name, model_of},
    places::{Book, Places, text},
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use muster_domain::{
    decimal::Decimal,
    metric::HourlyCount,
    reconcile::run::{CheckOut, Documents, EndpointCounts, Quantity, ResourceValue},
    record::{
        Values,
        kinds::measure::{DOCUMENT_COUNTS, ENDPOINT_COUNTS, RESOURCE_VALUES, TOKEN_CHECKOUTS},
    },
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Hours that CrowdStrike's metrics take, and weeks.
const HOURS: usize = 672;
/// Weeks that they take.
const WEEKS: usize = 4;

/// Counts by day and hour, and counts by week.
type Counts = (Vec<(NaiveDate, u64, u64)>, Vec<(NaiveDate, u64)>);

/// Of records that measure the same, the one that was measured last and has begun.
fn newest<K: Ord>(records: impl Iterator<Item = (K, Uuid, Values)>, today: NaiveDate) -> Vec<(Uuid, Values)> {
    let mut last: BTreeMap<K, (Option<NaiveDate>, Uuid, Values)> = BTreeMap::new();
    for (key, id, values) in records {
        let from = values.date("from_date");
        if from.is_some_and(|from| from > today) {
            continue;
        }
        match last.get(&key) {
            Some((known, ..)) if *known >= from => {}
            _ => {
                last.insert(key, (from, id, values));
            }
        }
    }
    last.into_values().map(|(_, id, values)| (id, values)).collect()
}

pub(super) fn resource_values(book: Book<'_>, models: &Places, devices: &Places) -> Vec<ResourceValue> {
    let key = |values: &Values| {
        let resource = text(values, "resource").unwrap_or_default().to_lowercase();
        (values.id("software_model"), metric_name(values), resource, values.id("device"))
    };
    let last = newest(book.all(&RESOURCE_VALUES).map(|(id, values)| (key(&values), id, values)), book.today);
    last.into_iter()
        .filter_map(|(id, values)| {
            let name = metric_name(&values);
            Some(ResourceValue {
                id: id.to_string(),
                model: model_of(models, &values)?,
                metric: Some(name).filter(|name| !name.group.is_empty() && !name.metric.is_empty()),
                quantity: quantity(&text(&values, "resource").unwrap_or_default()),
                units: values.decimal("units_consumed").unwrap_or(Decimal::from_ten_thousandths(0)),
                device: values.id("device").and_then(|device| devices.get(device)),
                start: None,
                end: None,
            })
        })
        .collect()
}

/// What a resource counts, by its name.
fn quantity(resource: &str) -> Quantity {
    match resource.to_lowercase().replace(['_', '-'], " ").as_str() {
        "users" | "user count" => Quantity::Users,
        "employees" | "employee count" => Quantity::Employees,
        "activated cores" | "activated core count" => Quantity::ActivatedCores,
        _ => Quantity::Units,
    }
}

pub(super) fn documents(book: Book<'_>, models: &Places) -> Vec<Documents> {
    let key = |values: &Values| (values.id("software_model"), text(values, "document_type"));
    let last = newest(book.all(&DOCUMENT_COUNTS).map(|(id, values)| (key(&values), id, values)), book.today);
    last.into_iter()
        .filter_map(|(id, values)| {
            Some(Documents {
                id: id.to_string(),
                model: model_of(models, &values)?,
                kind: document_kind(&text(&values, "document_type")?),
                count: values.count("document_count").unwrap_or_default(),
            })
        })
        .collect()
}

/// A type of document as the factor table names it: `Service & Maintenance` is `service`.
fn document_kind(name: &str) -> String {
    name.split('&').next().unwrap_or_default().trim().to_lowercase()
}

/// Endpoints of the last hours and weeks of each model.
pub(super) fn endpoints(book: Book<'_>, models: &Places) -> Vec<EndpointCounts> {
    let mut all: BTreeMap<u32, Counts> = BTreeMap::new();
    for (_, values) in book.all(&ENDPOINT_COUNTS) {
        let (Some(model), Some(day)) = (model_of(models, &values), values.date("measured_on")) else { continue };
        if day > book.today {
            continue;
        }
        let count = values.count("endpoint_count").unwrap_or_default();
        let (hours, weeks) = all.entry(model).or_default();
        if values.text("period") == Some("Week") {
            weeks.push((day, count));
        } else {
            hours.push((day, values.count("hour").unwrap_or_default(), count));
        }
    }
    let last = |(model, (mut hours, mut weeks)): (u32, (Vec<_>, Vec<_>))| {
        hours.sort_unstable();
        weeks.sort_unstable();
        let hourly =
            hours.iter().rev().take(HOURS).map(|(_, _, count)| HourlyCount { endpoint_count: *count, hours: 1 }).collect();
        EndpointCounts { model, hourly, weekly: weeks.iter().rev().take(WEEKS).map(|(_, count)| *count).collect() }
    };
    all.into_iter().map(last).collect()
}

/// Check-outs of the last days, in the hours of their records.
pub(super) fn checkouts(book: Book<'_>, models: &Places, days: u32) -> Vec<CheckOut> {
    let first = first_day(book.today, days);
    let recent = |values: &Values| values.date("day").filter(|day| (first..=book.today).contains(day));
    let all = book.all(&TOKEN_CHECKOUTS);
    all.filter_map(|(id, values)| {
        let day = recent(&values)?;
        let minute = |field: &str| minute_of(day, values.whole(field)?);
        Some(CheckOut {
            id: id.to_string(),
            model: model_of(models, &values)?,
            tokens: values.count("tokens").unwrap_or_default(),
            start: minute("start_minute")?,
            end: minute("end_minute"),
        })
    })
    .collect()
}

/// The first of so many days, of which today is the last.
pub(super) fn first_day(today: NaiveDate, days: u32) -> NaiveDate {
    today.checked_sub_days(Days::new(u64::from(days).saturating_sub(1))).unwrap_or(NaiveDate::MIN)
}

fn minute_of(day: NaiveDate, minute: i64) -> Option<DateTime<Utc>> {
    day.and_hms_opt(0, 0, 0)?.and_utc().checked_add_signed(TimeDelta::try_minutes(minute)?)
}
