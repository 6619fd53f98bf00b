//! `license ...`

use super::status::sentence;
use crate::client::{
    args::LicenseCommand,
    error::ClientError,
    http::Api,
    show::{Kind, List, Printer, print},
};
use reqwest::Method;
use serde_json::Value;
use std::{io::Read as _, path::Path};

/// Longest licence key, in bytes (contract section 6).
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
                ("BY", "applied_by", Kind::Text),
                ("ERROR", "error", Kind::Text),
            ];
            let empty = "No licence key was applied yet. Ask for one: muster-collector license request > request.txt";
            printer.list(List { items, columns: &columns, empty })
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
    let text = format!(
        "The key (serial {}, {customer}, {} assets) {done}.\n{}",
        number("/license/serial"),
        number("/license/asset_limit"),
        sentence(&applied)
    );
    printer.told(&applied, &text)
}

fn read(file: &Path) -> Result<String, ClientError> {
    let local = |error| ClientError::Local { what: file.display().to_string(), error };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
    };
    read.map_err(local)?;
    if text.len() as u64 > LONGEST {
        return Err(ClientError::Failed(format!("{} is larger than {LONGEST} bytes; it is no licence key", file.display())));
    }
    Ok(text)
}
