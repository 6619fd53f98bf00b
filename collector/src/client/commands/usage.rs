//! `usage ...`; what takes more room than a table has a file of its own.

use super::{sizing, usage_hours};
use crate::client::{
    args::{DaysArgs, NowArgs, UsageCommand},
    error::ClientError,
    http::Api,
    show::{Column, Kind, List, Printer},
};
use chrono::NaiveDate;
use muster_runtime::output;
use serde_json::Value;

pub(super) async fn run(command: UsageCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        UsageCommand::Show(args) => show(args, api, printer).await,
        UsageCommand::Hours(args) => usage_hours::run(args, api, printer).await,
        UsageCommand::Denials(args) => denials(args, api, printer).await,
        UsageCommand::Now(args) => now(args, api, printer).await,
        UsageCommand::Size(fields) => sizing::run(fields, api, printer).await,
    }
}

/// What a list of use has of an application, or of all, from one date to another.
pub(super) async fn listed(
    api: &Api,
    path: &str,
    (application, from, to): (Option<String>, Option<NaiveDate>, Option<NaiveDate>),
) -> Result<Vec<Value>, ClientError> {
    let dates = [("from", from), ("to", to)].map(|(name, date)| (name, date.map(|date| date.to_string())));
    let query = std::iter::once(("application", application)).chain(dates);
    let query: Vec<(&str, String)> = query.filter_map(|(name, value)| Some((name, value?))).collect();
    let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    api.list(path, &query, usize::MAX).await
}

async fn show(args: DaysArgs, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let DaysArgs { application, from, to } = args;
    let items = listed(api, "/api/v1/usage", (application, from, to)).await?;
    let columns = [
        ("DATE", "date", Kind::Text),
        ("APPLICATION", "application", Kind::Text),
        ("KIND", "kind", Kind::Text),
        ("PEAK", "peak", Kind::Number),
        ("AT", "peak_at", Kind::Exact),
    ];
    printer.list(List { items, columns: &columns, empty: "No use was recorded in these days." })
}

async fn denials(args: DaysArgs, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let DaysArgs { application, from, to } = args;
    let items = listed(api, "/api/v1/usage/denials", (application, from, to)).await?;
    let empty = "Nothing was asked of any pool in these days.";
    if printer.for_people() {
        let columns: [Column; 9] = [
            ("DATE", "date", Kind::Text),
            ("APPLICATION", "application", Kind::Text),
            ("DENIED", "denied", Kind::Number),
            ("OVER", "over_use", Kind::Number),
            ("WAITED", "queued", Kind::Number),
            ("LEFT", "gave_up", Kind::Number),
            ("QUEUE", "longest_queue", Kind::Number),
            ("MEAN", "mean_wait_seconds", Kind::Number),
            ("MAX", "longest_wait_seconds", Kind::Number),
        ];
        return printer.list(List { items, columns: &columns, empty });
    }
    let columns = [
        "date",
        "application",
        "granted",
        "over_use",
        "denied",
        "not_admitted",
        "queued",
        "longest_queue",
        "served",
        "gave_up",
        "waited_seconds",
        "mean_wait_seconds",
        "longest_wait_seconds",
    ];
    printer.list(List { items, columns: &columns.map(|name| (name, name, Kind::Text)), empty })
}

async fn now(args: NowArgs, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let NowArgs { application } = args;
    let query: Vec<(&str, &str)> = application.iter().map(|name| ("application", name.as_str())).collect();
    let items = api.list("/api/v1/usage/now", &query, usize::MAX).await?;
    let columns = [
        ("APPLICATION", "application", Kind::Text),
        ("USER", "user", Kind::Text),
        ("CLIENT", "client_ip", Kind::Text),
        ("SEAT", "kind", Kind::Text),
        ("OVER", "over_use", Kind::Text),
        ("SESSIONS", "sessions", Kind::Number),
        ("CHECK-OUTS", "checkouts", Kind::Number),
        ("SINCE", "since", Kind::Time),
    ];
    if !printer.for_people() {
        let columns = columns.map(|(_, path, _)| (path, path, Kind::Text));
        return printer.list(List { items, columns: &columns, empty: "" });
    }
    let status = api.get("/status", &[]).await?;
    let wanted = application.as_deref().map(str::to_lowercase);
    let applications = status.get("applications").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for status in applications {
        let name = status.get("name").and_then(Value::as_str).unwrap_or_default();
        if wanted.as_deref().is_none_or(|wanted| wanted == name.to_lowercase()) {
            printer.aside(&output::printable(&counts(name, status)))?;
        }
    }
    if !items.is_empty() {
        printer.aside("")?;
    }
    printer.list(List { items, columns: &columns, empty: "Nobody holds a seat." })
}

/// "CAD: 1 of 2 named and 3 of 5 floating seats in use, 2 wait".
fn counts(name: &str, status: &Value) -> String {
    let number = |member: &str| status.get(member).and_then(Value::as_u64);
    let of = |used: Option<u64>, limit: Option<u64>| match (used.unwrap_or_default(), limit) {
        (used, Some(limit)) => format!("{used} of {limit}"),
        (used, None) => used.to_string(),
    };
    let named = of(number("named_in_use"), number("named_limit"));
    let floating = of(number("floating_in_use"), number("floating_limit"));
    let waiting = match number("queued").unwrap_or_default() {
        0 => String::new(),
        1 => ", 1 waits".to_owned(),
        queued => format!(", {queued} wait"),
    };
    format!("{name}: {named} named and {floating} floating seats in use{waiting}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn seats_in_use_are_told_with_their_limits() {
        let check = |status: Value, expected: &str| assert_eq!(counts("CAD", &status), expected);
        check(
            json!({"named_in_use": 1, "named_limit": 2, "floating_in_use": 3, "floating_limit": 5, "queued": 2}),
            "CAD: 1 of 2 named and 3 of 5 floating seats in use, 2 wait",
        );
        check(
            json!({"named_in_use": 0, "named_limit": null, "floating_in_use": 3, "floating_limit": null, "queued": 0}),
            "CAD: 0 named and 3 floating seats in use",
        );
        check(json!({"queued": 1}), "CAD: 0 named and 0 floating seats in use, 1 waits");
    }
}
