//! `reconcile export`: everything that a run reads, as a case of `calc`.

use crate::client::{error::ClientError, http::Api, show::print};
use muster_domain::{asset::Table, record::kinds};
use muster_runtime::output;
use serde_json::{Map, Value, json};

/// Exports by the names that `calc` has for them, with the lists that they are of.
const LISTS: [(&str, &str); 6] = [
    ("assets", "/api/v1/assets"),
    ("hardware", "/api/v1/assets/hardware"),
    ("installs", "/api/v1/software/installs"),
    ("settings", "/api/v1/settings"),
    ("factors", "/api/v1/factors"),
    ("applications", "/api/v1/applications"),
];
/// Days of use that are asked for: as far back as any setting looks.
const DAYS: i64 = 366;

pub(super) async fn run(publisher: Option<&str>, api: &Api) -> Result<(), ClientError> {
    let status = api.get("/status", &[]).await?;
    let mut inputs = Map::new();
    for (member, path) in [("now", "/now"), ("time_zone", "/time_zone")] {
        inputs.insert(member.to_owned(), status.pointer(path).cloned().unwrap_or_default());
    }
    inputs.insert("publisher".to_owned(), json!(publisher));
    for (name, path) in LISTS {
        inputs.insert(name.to_owned(), list(api, path, &[]).await?);
    }
    let first = status.pointer("/now").and_then(Value::as_str).and_then(|now| now.get(..10)?.parse::<chrono::NaiveDate>().ok());
    let first = first.and_then(|today| today.checked_sub_signed(chrono::TimeDelta::try_days(DAYS)?)).map(|date| date.to_string());
    let since: Vec<(&str, &str)> = first.as_deref().map(|first| ("from", first)).into_iter().collect();
    inputs.insert("usage".to_owned(), list(api, "/api/v1/usage", &since).await?);
    let mut tables = Map::new();
    for table in Table::KEPT {
        tables.insert(table.name().to_owned(), list(api, &format!("/api/v1/references/{}", table.name()), &[]).await?);
    }
    inputs.insert("references".to_owned(), Value::Object(tables));
    for schema in kinds::ALL {
        inputs.insert(schema.path.to_owned(), list(api, &format!("/api/v1/{}", schema.path), &[]).await?);
    }
    let case = json!({ "id": "site", "ask": "run", "inputs": inputs });
    print(&output::json(&case).map_err(|error| ClientError::Failed(error.to_string()))?)
}

async fn list(api: &Api, path: &str, query: &[(&str, &str)]) -> Result<Value, ClientError> {
    Ok(json!({ "items": api.list(path, query, usize::MAX).await? }))
}
