//! `license ...`

use super::status::sentence;
use crate::client::{
    args::{LicenseCommand, TrustCommand},
    error::ClientError,
    http::Api,
    show::{Column, Kind, List, Printer, aligned, cell, print},
};
use reqwest::Method;
use serde_json::Value;
use std::{io::Read as _, path::Path};

/// Longest licence key or endorsement, in bytes (contract section 6).
const LONGEST: u64 = 16 * 1024;

pub(super) async fn run(command: LicenseCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        LicenseCommand::Request { query } => {
            let query: Vec<(&str, &str)> = query.iter().map(|query| ("query", query.as_str())).collect();
            // A file for the vendor: the same bytes whatever the output format.
            print(&api.text("/api/v1/license/request", &query).await?)
        }
        LicenseCommand::Apply { file, dry_run } => apply(&file, dry_run, api, printer).await,
        LicenseCommand::Show => {
            let license = api.get("/api/v1/license", &[]).await?;
            printer.record(&license)
        }
        LicenseCommand::History => {
            let items = api.list("/api/v1/license/history", &[], usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("SERIAL", "serial", Kind::Number),
                ("CUSTOMER", "customer", Kind::Text),
                ("EXPIRES", "expires", Kind::Text),
                ("ASSETS", "asset_limit", Kind::Number),
                ("IN FORCE", "in_force", Kind::Text),
                ("APPLIED", "applied_at", Kind::Time),
                ("ERROR", "error", Kind::Text),
                ("UNTIL", "in_force_until", Kind::Time),
                ("BY", "applied_by", Kind::Text),
            ];
            let empty = "No licence key was applied yet. Ask for one: muster-collector license request > request.txt";
            printer.list(List { items, columns: &columns, empty })
        }
        LicenseCommand::Trust(TrustCommand::Add { file }) => {
            let trusted = api.post_text("/api/v1/license/trust", read(&file)?).await?;
            trusted_keys(items(&trusted), printer)
        }
        LicenseCommand::Trust(TrustCommand::List) => {
            trusted_keys(api.list("/api/v1/license/trust", &[], usize::MAX).await?, printer)
        }
        LicenseCommand::ConfirmClock => {
            api.change(Method::POST, "/api/v1/license/confirm-clock", None).await?;
            printer.done("The clock is confirmed; the licence's state moves on.")
        }
    }
}

async fn apply(file: &Path, dry_run: bool, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let text = read(file)?;
    let query: &[(&str, &str)] = if dry_run { &[("dry_run", "true")] } else { &[] };
    let applied = api.put_text("/api/v1/license", query, text).await?;
    let number = |path: &str| applied.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    let customer = applied.pointer("/license/customer").and_then(Value::as_str).unwrap_or_default();
    let done = if dry_run { "would be applied" } else { "was applied" };
    let mut text = format!(
        "The key (serial {}, {customer}, {} assets) {done}.\n{}",
        number("/license/serial"),
        number("/license/asset_limit"),
        sentence(&applied)
    );
    text.push_str(&effect(&applied));
    printer.told(&applied, &text)
}

fn trusted_keys(items: Vec<Value>, printer: Printer) -> Result<(), ClientError> {
    let columns = [
        ("VENDOR KEY", "vendor_key_id", Kind::Text),
        ("SOURCE", "source", Kind::Text),
        ("ENDORSED BY", "endorsed_by", Kind::Text),
        ("ADDED", "added_at", Kind::Time),
        ("BY", "added_by", Kind::Text),
    ];
    let empty = "No vendor key is trusted; no licence key can be applied. Add one: muster-collector license trust add vendor.pub";
    printer.list(List { items, columns: &columns, empty })
}

/// What a key would change, as tables; empty where nothing was asked of it.
fn effect(applied: &Value) -> String {
    let Some(effect) = applied.get("effect").filter(|effect| effect.is_object()) else { return String::new() };
    let number =
        |name: &str| effect.get(name).and_then(Value::as_u64).map_or_else(|| "-".to_owned(), |number| number.to_string());
    let mut text = format!("\n\nState now: {}", effect.get("state_before").and_then(Value::as_str).unwrap_or("unknown"));
    text.push_str(&format!(
        "\nAssets counted: {} now, {} with the key",
        number("asset_count_before"),
        number("asset_count_after")
    ));
    let mut table = |name: &str, columns: &[Column]| {
        let items = effect.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !items.is_empty() {
            let rows = items.iter().map(|item| columns.iter().map(|(_, member, _)| plain(item.get(*member))).collect()).collect();
            let headers: Vec<&str> = columns.iter().map(|(header, _, _)| *header).collect();
            text.push_str("\n\n");
            text.push_str(aligned(&headers, rows, columns).trim_end());
        }
    };
    table("terms", &[("TERM", "term", Kind::Text), ("NOW", "before", Kind::Text), ("WITH THE KEY", "after", Kind::Text)]);
    let columns =
        [("CATEGORY", "category", Kind::Text), ("NOW", "before", Kind::Number), ("WITH THE KEY", "after", Kind::Number)];
    table("categories", &columns);
    for warning in effect.get("warnings").and_then(Value::as_array).into_iter().flatten() {
        text.push_str(&format!("\nMind: {}", plain(Some(warning))));
    }
    text
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "(empty)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.is_empty() => "-".to_owned(),
        Some(other) => cell(other),
    }
}

fn items(list: &Value) -> Vec<Value> {
    list.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn read(file: &Path) -> Result<String, ClientError> {
    let local = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::InvalidData => {
            ClientError::Failed(format!("{} is not text; it is no file of the vendor", file.display()))
        }
        _ => ClientError::Local { what: file.display().to_string(), error },
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
    };
    read.map_err(local)?;
    if text.len() as u64 > LONGEST {
        return Err(ClientError::Failed(format!(
            "{} is larger than {LONGEST} bytes; it is no file of the vendor",
            file.display()
        )));
    }
    Ok(text)
}
