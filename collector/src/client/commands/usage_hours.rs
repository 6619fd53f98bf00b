//! `usage hours`: a table with a bar for each hour.

use super::usage;
use crate::client::{
    args::HoursArgs,
    error::ClientError,
    http::Api,
    show::{Column, Kind, List, Printer, aligned},
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _};

/// Longest bar, in characters.
const WIDTH: u64 = 19;

const COLUMNS: [Column; 26] = [
    ("START", "starts_at", Kind::Time),
    ("DATE", "date", Kind::Text),
    ("HOUR", "hour", Kind::Text),
    ("APPLICATION", "application", Kind::Text),
    ("WATCHED", "watched_seconds", Kind::Number),
    ("PEAK", "peak", Kind::Number),
    ("NAMED", "named_peak", Kind::Number),
    ("FLOATING", "floating_peak", Kind::Number),
    ("SECONDS", "seat_seconds", Kind::Number),
    ("NAMED SECONDS", "named_seat_seconds", Kind::Number),
    ("FLOATING SECONDS", "floating_seat_seconds", Kind::Number),
    ("AVERAGE", "average", Kind::Number),
    ("NAMED AVERAGE", "named_average", Kind::Number),
    ("FLOATING AVERAGE", "floating_average", Kind::Number),
    ("NAMED LIMIT", "named_limit", Kind::Number),
    ("FLOATING LIMIT", "floating_limit", Kind::Number),
    ("GRANTED", "granted", Kind::Number),
    ("OVER", "over_use", Kind::Number),
    ("DENIED", "denied", Kind::Number),
    ("NOT ADMITTED", "not_admitted", Kind::Number),
    ("QUEUED", "queued", Kind::Number),
    ("QUEUE", "longest_queue", Kind::Number),
    ("SERVED", "served", Kind::Number),
    ("GAVE UP", "gave_up", Kind::Number),
    ("WAITED", "waited_seconds", Kind::Number),
    ("LONGEST", "longest_wait_seconds", Kind::Number),
];

const EMPTY: &str = "No hour of these days was recorded. Hours are kept while the collector runs; see usage show for older days.";

pub(super) async fn run(args: HoursArgs, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let HoursArgs { application, from, to } = args;
    let whole = application.is_some();
    let items = usage::listed(api, "/api/v1/usage/hours", (application, from, to)).await?;
    if !printer.for_people() || items.is_empty() {
        return printer.list(List { items, columns: &COLUMNS, empty: EMPTY });
    }
    printer.aside(charts(&items, whole).trim_end())
}

/// A chart for each application; `whole` with the quiet hours.
fn charts(items: &[Value], whole: bool) -> String {
    let mut applications: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for item in items.iter().filter(|item| whole || !quiet(item)) {
        let name = item.get("application").and_then(Value::as_str).unwrap_or_default();
        applications.entry(name).or_default().push(item);
    }
    let mut page = String::new();
    for (name, hours) in &applications {
        let used = |kind: &Kinds| hours.iter().any(|item| number(item, kind.peak) > 0);
        let (named, floating) = (used(&NAMED), used(&FLOATING));
        for kind in
            [(named, &NAMED), (floating || !named, &FLOATING)].into_iter().filter_map(|(shown, kind)| shown.then_some(kind))
        {
            let _ = writeln!(page, "{}", chart(name, hours, kind));
        }
    }
    if applications.is_empty() {
        page.push_str("Nothing was used or asked in the hours of these days.\n");
    }
    page
}

/// Nothing was in use, nothing was asked, and nobody was waiting from before.
fn quiet(item: &Value) -> bool {
    ["peak", "granted", "over_use", "denied", "not_admitted", "queued", "longest_queue", "served", "gave_up"]
        .into_iter()
        .all(|name| number(item, name) == 0)
}

/// The members that tell of one kind of seats.
struct Kinds {
    name: &'static str,
    peak: &'static str,
    average: &'static str,
    limit: &'static str,
}

const NAMED: Kinds = Kinds { name: "named", peak: "named_peak", average: "named_average", limit: "named_limit" };
const FLOATING: Kinds = Kinds { name: "floating", peak: "floating_peak", average: "floating_average", limit: "floating_limit" };

/// The hours of one application and kind of seats.
fn chart(name: &str, hours: &[&Value], kind: &Kinds) -> String {
    let most = |member: &str| hours.iter().map(|item| number(item, member)).max().unwrap_or_default();
    let Kinds { name: kind, peak, average, limit } = *kind;
    let scale = most(peak).max(most(limit)).max(1);
    let limited = hours.iter().any(|item| item.get(limit).is_some_and(Value::is_u64));
    let columns: [Column; 9] = [
        ("DATE", "date", Kind::Text),
        ("HOUR", "hour", Kind::Text),
        ("MAX", "", Kind::Number),
        ("AVG", "", Kind::Number),
        ("LIMIT", "", Kind::Number),
        ("DENIED", "", Kind::Number),
        ("OVER", "", Kind::Number),
        ("QUEUE", "", Kind::Number),
        ("", "", Kind::Text),
    ];
    let text = |item: &Value, member: &str| match item.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => "-".to_owned(),
    };
    let rows = hours.iter().map(|item| {
        let bar = bar(number(item, peak), hundredths(item, average), item.get(limit).and_then(Value::as_u64), scale);
        let mut row: Vec<String> =
            ["date", "hour", peak, average, limit, "denied", "over_use", "longest_queue"].map(|member| text(item, member)).into();
        row.push(bar);
        row
    });
    let headers = columns.map(|(header, _, _)| header);
    let mark = if limited { ", | the limit" } else { "" };
    let title = format!("{name}: {kind} seats in use, # on average, - at most{mark}");
    let title = muster_runtime::output::printable(&title).into_owned();
    format!("{title}\n{}", aligned(&headers, rows.collect(), &columns))
}

/// The average as `#`, what is above it up to the highest as `-`, the limit as `|` behind the last seat that there is.
fn bar(peak: u64, average: u64, limit: Option<u64>, scale: u64) -> String {
    let cells = |hundredths: u64| hundredths.saturating_mul(WIDTH).div_ceil(scale.saturating_mul(100)).min(WIDTH);
    let (average, peak) = (cells(average), cells(peak.saturating_mul(100)));
    let limit = limit.map(|limit| cells(limit.saturating_mul(100)));
    let mut bar = String::new();
    for place in 0..=WIDTH {
        if limit == Some(place) {
            bar.push('|');
        }
        if place < WIDTH {
            bar.push(if place < average {
                '#'
            } else if place < peak {
                '-'
            } else {
                ' '
            });
        }
    }
    bar.trim_end().to_owned()
}

fn number(item: &Value, member: &str) -> u64 {
    item.get(member).and_then(Value::as_u64).unwrap_or_default()
}

/// `1.25` as 125.
fn hundredths(item: &Value, member: &str) -> u64 {
    let text = item.get(member).and_then(Value::as_str).unwrap_or_default();
    text.replace('.', "").parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bars_are_read_at_a_glance() {
        let check = |peak, average, limit, scale, expected: &str| assert_eq!(bar(peak, average, limit, scale), expected);
        check(0, 0, None, 1, "");
        check(0, 0, Some(2), 2, "                   |");
        check(2, 200, Some(2), 2, "###################|");
        check(2, 100, Some(2), 2, "##########---------|");
        check(1, 0, Some(2), 2, "----------         |");
        // A little use is seen; a limit of none stands before everything.
        check(1, 1, None, 100, "#");
        check(1, 100, Some(0), 1, "|###################");
        // Beyond the limit.
        check(4, 300, Some(2), 4, "##########|#####----");
        check(u64::MAX, u64::MAX, Some(u64::MAX), 1, "###################|");
    }

    #[test]
    fn a_chart_fits_a_terminal() {
        let hour = |hour: &str, application: &str, peak: u64, average: &str| {
            json!({"date": "2026-11-22", "hour": hour, "application": application, "peak": peak, "named_peak": 0,
                "floating_peak": peak, "floating_average": average, "named_average": "0.00", "floating_limit": 2,
                "named_limit": null, "denied": 1, "over_use": 0, "longest_queue": 3, "granted": peak})
        };
        let quiet = json!({"date": "2026-11-22", "hour": "12:00", "application": "CAD", "peak": 0, "floating_average": null});
        let items = [hour("10:00", "CAD", 2, "1.00"), hour("10:00", "BIM", 1, "0.50"), hour("11:00", "CAD", 1, "0.25"), quiet];
        let text = charts(&items, false);
        let expected = [
            "BIM: floating seats in use, # on average, - at most, | the limit",
            "DATE        HOUR   MAX   AVG  LIMIT  DENIED  OVER  QUEUE",
            "----------  -----  ---  ----  -----  ------  ----  -----  --------------------",
            "2026-11-22  10:00    1  0.50      2       1     0      3  #####-----         |",
            "",
            "CAD: floating seats in use, # on average, - at most, | the limit",
            "DATE        HOUR   MAX   AVG  LIMIT  DENIED  OVER  QUEUE",
            "----------  -----  ---  ----  -----  ------  ----  -----  --------------------",
            "2026-11-22  10:00    2  1.00      2       1     0      3  ##########---------|",
            "2026-11-22  11:00    1  0.25      2       1     0      3  ###-------         |",
            "",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
        assert!(charts(&items, true).contains("12:00"));
        let mut named = hour("13:00", "CAD", 0, "0.00");
        named["named_peak"] = json!(1);
        for (floating_peak, expected) in [(0, vec!["CAD: named"]), (1, vec!["CAD: named", "CAD: floating"])] {
            named["floating_peak"] = json!(floating_peak);
            let text = charts(std::slice::from_ref(&named), false);
            let titles: Vec<_> =
                text.lines().filter(|line| line.starts_with("CAD")).map(|line| line.split(" seats").next().unwrap()).collect();
            assert_eq!(titles, expected);
        }
        assert!(charts(&items[3..], false).starts_with("Nothing was used"));
        // Somebody has waited since an hour before.
        let queue =
            json!({"date": "2026-11-22", "hour": "14:00", "application": "CAD", "peak": 0, "queued": 0, "longest_queue": 1});
        assert!(charts(&[queue], false).contains("14:00"));
    }
}
