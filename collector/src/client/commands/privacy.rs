//! `privacy ...`

use crate::client::{
    args::PrivacyCommand,
    error::ClientError,
    http::Api,
    show::{Kind, List, Printer},
};
use muster_runtime::output;
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/privacy";

pub(super) async fn run(command: PrivacyCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        PrivacyCommand::Show { person } => places(&api.get(PATH, &[("person", &person)]).await?, printer),
        PrivacyCommand::Purge { person, dry_run } => {
            let body = json!({"person": person, "dry_run": dry_run});
            let found = api.change(Method::POST, &format!("{PATH}/purge"), Some(&body)).await?;
            places(&found, printer)?;
            let rows = found.get("purgeable").and_then(Value::as_u64).unwrap_or_default();
            printer.aside(&match dry_run {
                true => format!("Nothing was changed: {rows} rows would be."),
                false => format!(
                    "A new pseudonym stands in {rows} rows, also where the person was purged before. Backups that were made before keep \
                     the name."
                ),
            })
        }
    }
}

fn places(found: &Value, printer: Printer) -> Result<(), ClientError> {
    let mut items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let person = found.get("person").and_then(Value::as_str).unwrap_or_default();
    if printer.for_people() && items.iter().all(|place| place.get("rows").and_then(Value::as_u64) == Some(0)) {
        items.clear();
    }
    let columns = [
        ("PLACE", "place", Kind::Text),
        ("ROWS", "rows", Kind::Number),
        ("PURGED", "purged", Kind::Text),
        ("WHERE", "title", Kind::Text),
        ("WHAT HAPPENS THERE", "what", Kind::Text),
    ];
    printer.list(List { items, columns: &columns, empty: &format!("Nothing is kept about {}.", output::printable(person)) })
}
