//! `usage size`: how many seats would have been enough.

use crate::client::{
    args::SizeFields,
    error::ClientError,
    http::Api,
    show::{Column, Kind, List, Printer, aligned},
    time,
};
use chrono::{DateTime, Utc};
use muster_runtime::output::Format;
use serde_json::Value;
use std::fmt::Write as _;

/// Denials that are shown one by one.
const SHOWN: usize = 10;

pub(super) async fn run(fields: SizeFields, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let SizeFields { application, seats, from, to } = fields;
    let (seats, from, to) = (seats.to_string(), from.map(|date| date.to_string()), to.map(|date| date.to_string()));
    let mut query: Vec<(&str, &str)> = vec![("application", &application), ("seats", &seats)];
    query.extend([("from", &from), ("to", &to)].into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
    let found = api.get("/api/v1/usage/size", &query).await?;
    if printer.chosen() == Some(Format::Csv) {
        let items = found.get("table").and_then(Value::as_array).cloned().unwrap_or_default();
        let columns = [("SEATS", "seats", Kind::Number), ("DENIED", "denied", Kind::Number)];
        return printer.list(List { items, columns: &columns, empty: "" });
    }
    printer.told(&found, &(warnings(&found) + &page(&found, printer)))
}

/// The answer as people read it: the sentence, when and whom, the table.
fn page(found: &Value, printer: Printer) -> String {
    let number = |name: &str| found.get(name).and_then(Value::as_u64).unwrap_or_default();
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
    let items = |name: &str| found.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut page = sentence(found);
    if number("stretches") == 0 {
        page.push_str(&unrecorded(number("recorded_denied"), number("recorded_gave_up")));
        return page;
    }
    let peak_at = printer.time(text("peak_at"));
    let least = number("smallest_without_denial");
    let _ = write!(
        page,
        "\nThe smallest number that would have denied nobody is {least}; with seats for everybody the highest use would have been {} named and floating, {peak_at}.",
        number("peak")
    );
    if let Some(queue) = found.get("queue").filter(|queue| !queue.is_null()) {
        let of = |name: &str| queue.get(name).and_then(Value::as_u64).unwrap_or_default();
        let _ = write!(
            page,
            "\nAs the application queues: {} would have waited, at most {} at once, the longest for {}.",
            of("queued"),
            of("longest_queue"),
            time::span(of("longest_wait_seconds"))
        );
    }
    let denials = items("denials");
    if !denials.is_empty() {
        let columns: [Column; 5] = [
            ("DENIED AT", "at", Kind::Time),
            ("USER", "user", Kind::Text),
            ("CLIENT", "client_ip", Kind::Text),
            ("AS", "claim", Kind::Text),
            ("HELD", "floating_in_use", Kind::Number),
        ];
        let shown = denials.get(..SHOWN.min(denials.len())).unwrap_or_default();
        let _ = write!(page, "\n\n{}", printer.table(shown, &columns).trim_end());
        if number("denied") > shown.len() as u64 {
            let _ = write!(page, "\n... and {} more", number("denied") - shown.len() as u64);
        }
        let _ = write!(page, "\n\nMost denied   {}", counts(&items("users"), "user"));
        let _ = write!(page, "\nOn days       {}", counts(&items("days"), "date"));
        let _ = write!(page, "\nAt hours      {}", counts(&items("hours"), "hour"));
    }
    let _ = write!(page, "\n\n{}", table(&items("table"), number("seats"), least, found.get("floating_limit")).trim_end());
    page.push_str(&unrecorded(number("recorded_denied"), number("recorded_gave_up")));
    page
}

/// What to know before the figures are read.
fn warnings(found: &Value) -> String {
    let warnings = found.get("warnings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    warnings.iter().filter_map(Value::as_str).fold(String::new(), |text, warning| text + "Note: " + warning + ".\n")
}

/// "20 seats would have denied 3 times between ... and ..."
fn sentence(found: &Value) -> String {
    let number = |name: &str| found.get(name).and_then(Value::as_u64).unwrap_or_default();
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
    let days = format!("from {} to {}", text("from"), text("to"));
    if number("stretches") == 0 {
        return format!("Nobody used {} {days}.", text("application"));
    }
    let seats = match number("seats") {
        1 => "1 floating seat".to_owned(),
        seats => format!("{seats} floating seats"),
    };
    let of = format!("{seats} of {}", text("application"));
    let exactly = |name: &str| {
        let at = text(name).parse::<DateTime<Utc>>();
        at.map_or_else(|_| text(name).to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
    };
    match number("denied") {
        0 => format!("{of} would have denied nobody {days}."),
        1 => format!("{of} would have denied once {days}: at {}.", exactly("first_denied_at")),
        times => format!(
            "{of} would have denied {times} times {days}: between {} and {}.",
            exactly("first_denied_at"),
            exactly("last_denied_at")
        ),
    }
}

/// Names with their counts, the most first where they are given so.
fn counts(items: &[Value], name: &str) -> String {
    let one = |item: &Value| {
        let shown = item.get(name).map_or_else(String::new, |name| name.as_str().map_or_else(|| name.to_string(), str::to_owned));
        format!("{shown} ({})", item.get("denied").and_then(Value::as_u64).unwrap_or_default())
    };
    let more = if items.len() > SHOWN { ", ..." } else { "" };
    items.iter().take(SHOWN).map(one).collect::<Vec<_>>().join(", ") + more
}

fn table(rows: &[Value], asked: u64, least: u64, limit: Option<&Value>) -> String {
    let limit = limit.and_then(Value::as_u64);
    let row = |row: &Value| {
        let of = |name: &str| row.get(name).and_then(Value::as_u64).unwrap_or_default();
        let seats = of("seats");
        let notes = [(seats == asked, "asked"), (seats == least, "smallest without denial"), (limit == Some(seats), "limit now")];
        let notes: Vec<&str> = notes.into_iter().filter_map(|(is, note)| is.then_some(note)).collect();
        vec![seats.to_string(), of("denied").to_string(), notes.join(", ")]
    };
    let columns: [Column; 3] = [("SEATS", "seats", Kind::Number), ("DENIED", "denied", Kind::Number), ("", "note", Kind::Text)];
    aligned(&["SEATS", "DENIED", ""], rows.iter().map(row).collect(), &columns)
}

/// What the history does not know.
fn unrecorded(denied: u64, gave_up: u64) -> String {
    if denied + gave_up == 0 {
        return String::new();
    }
    format!(
        "\n\nIn these days {denied} claims were refused and {gave_up} gave up waiting. Check-outs among them left no trace of use and \
         are not counted here: the true need may be higher."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found() -> Value {
        json!({
            "application": "CAD", "from": "2026-10-23", "to": "2026-11-22", "seats": 20, "floating_limit": 25, "at_limit": "queue",
            "stretches": 900, "denied": 3, "first_denied_at": "2026-11-03T09:14:00Z", "last_denied_at": "2026-11-17T10:02:00Z",
            "denials": [{"at": "2026-11-03T09:14:00Z", "user": "ann", "client_ip": "10.0.0.1", "claim": "checkout", "floating_in_use": 20}],
            "users": [{"user": "ann", "denied": 2}, {"user": "bob", "denied": 1}], "days": [{"date": "2026-11-03", "denied": 3}],
            "hours": [{"hour": 9, "denied": 2}, {"hour": 10, "denied": 1}], "peak": 23, "peak_at": "2026-11-03T09:14:00Z",
            "smallest_without_denial": 22, "table": [{"seats": 20, "denied": 3}, {"seats": 22, "denied": 0}, {"seats": 25, "denied": 0}],
            "queue": {"queued": 3, "longest_queue": 2, "longest_wait_seconds": 840, "waited_seconds": 900},
            "recorded_denied": 5, "recorded_gave_up": 1,
        })
    }

    #[test]
    fn it_is_read_at_a_glance() {
        let printer = Printer::new(Some(Format::Table), DateTime::UNIX_EPOCH);
        let page = page(&found(), printer);
        for part in [
            "20 floating seats of CAD would have denied 3 times from 2026-10-23 to 2026-11-22: between 2026-11-03 09:14:00 UTC and 2026-11-17",
            "denied nobody is 22",
            "3 would have waited, at most 2 at once, the longest for 14 min",
            "... and 2 more",
            "ann (2), bob (1)",
            "9 (2), 10 (1)",
            "smallest without denial",
            "limit now",
            "5 claims were refused and 1 gave up",
        ] {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
    }

    #[test]
    fn what_is_left_out_is_said_first() {
        let mut found = found();
        assert_eq!(warnings(&found), "");
        found["warnings"] = json!(["the days before 2026-11-01 are left out", "somebody was purged"]);
        assert_eq!(warnings(&found), "Note: the days before 2026-11-01 are left out.\nNote: somebody was purged.\n");
    }

    #[test]
    fn one_sentence_says_it() {
        let check = |changes: &[(&str, Value)], expected: &str| {
            let mut found = found();
            changes.iter().for_each(|(name, value)| found[*name] = value.clone());
            assert_eq!(sentence(&found), expected);
        };
        let days = "from 2026-10-23 to 2026-11-22";
        check(&[("denied", json!(0))], &format!("20 floating seats of CAD would have denied nobody {days}."));
        check(
            &[("denied", json!(1)), ("seats", json!(1))],
            &format!("1 floating seat of CAD would have denied once {days}: at 2026-11-03 09:14:00 UTC."),
        );
        check(&[("stretches", json!(0))], &format!("Nobody used CAD {days}."));
    }
}
