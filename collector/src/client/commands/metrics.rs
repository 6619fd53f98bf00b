//! `metric ...`

use crate::client::{
    args::{FactorCommand, MetricCommand},
    error::ClientError,
    http::{Api, part},
    show::{Column, Kind, List, Printer},
};
use muster_runtime::output;
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

const METRICS: [Column; 5] = [
    ("GROUP", "group", Kind::Text),
    ("METRIC", "metric", Kind::Text),
    ("PACK", "pack", Kind::Text),
    ("ON", "on", Kind::Text),
    ("WHAT IT LICENSES", "description", Kind::Text),
];

const FACTORS: [Column; 4] = [
    ("TABLE", "table", Kind::Id),
    ("CHANGED", "changed", Kind::Text),
    ("CHECK", "check", Kind::Text),
    ("SOURCE", "source", Kind::Text),
];

const PATH: &str = "/api/v1/metrics";

pub(super) async fn run(command: MetricCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        MetricCommand::List { group } => {
            let query: Vec<(&str, &str)> = group.as_deref().map(|group| ("group", group)).into_iter().collect();
            let items = api.list(PATH, &query, usize::MAX).await?;
            printer.list(List { items, columns: &METRICS, empty: "There is no such metric group; leave --group out to see all." })
        }
        MetricCommand::Show { group, metric } => show(&group, &metric, api, printer).await,
        MetricCommand::Factors(command) => factors(command, api, printer).await,
    }
}

async fn show(group: &str, metric: &str, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let items = api.list(PATH, &[("group", group)], usize::MAX).await?;
    let is_named = |name: &Value| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(metric.trim()));
    let is_it = |item: &&Value| {
        let aliases = item.get("aliases").and_then(Value::as_array).into_iter().flatten();
        item.get("metric").into_iter().chain(aliases).any(is_named)
    };
    match items.iter().find(is_it) {
        Some(item) => printer.told(item, &described(item)),
        None if items.is_empty() => {
            Err(ClientError::Failed(format!("there is no metric group {group:?}; look at muster-collector metric list")))
        }
        None => Err(ClientError::Failed(format!(
            "the metric group {group} has no metric {metric:?}; look at muster-collector metric list --group {group:?}"
        ))),
    }
}

/// A metric in lines for people.
fn described(item: &Value) -> String {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let list = |name: &str| item.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut lines = vec![format!("{} / {}", text("group"), text("metric")), text("description").to_owned()];
    lines.push(format!("Formula: {}", text("formula")));
    lines.push("It takes:".to_owned());
    lines.extend(list("inputs").iter().filter_map(Value::as_str).map(|input| format!("  {input}")));
    if !list("attributes").is_empty() {
        lines.push("Attributes of the software model:".to_owned());
    }
    for attribute in list("attributes") {
        let of = |name: &str| attribute.get(name).and_then(Value::as_str).unwrap_or_default();
        let default = attribute.get("default").and_then(Value::as_u64).map_or("no limit".to_owned(), |number| number.to_string());
        lines.push(format!("  {} ({default} unless the model says otherwise): {}", of("name"), of("description")));
    }
    if item.get("unlimited") == Some(&Value::Bool(true)) {
        lines.push("There are unlimited licences of it.".to_owned());
    }
    if let Some(pack) = item.get("pack").and_then(Value::as_str) {
        let is_on = item.get("on") == Some(&Value::Bool(true));
        lines.push(format!("Its pack {pack} is {}.", if is_on { "on" } else { "off: it is not reconciled" }));
    }
    lines.join("\n")
}

async fn factors(command: FactorCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let path = |table: &str| format!("/api/v1/factors/{}", part(table));
    match command {
        FactorCommand::List => {
            let items = api.list("/api/v1/factors", &[], usize::MAX).await?;
            printer.list(List { items, columns: &FACTORS, empty: "There are no factor tables." })
        }
        FactorCommand::Show { table, published } => {
            let found = api.get(&path(&table), &[]).await?;
            let table = found.get(if published { "published" } else { "in_force" }).cloned().unwrap_or_default();
            let text = output::json(&table).map_err(|error| ClientError::Failed(error.to_string()))?;
            printer.told(&table, text.trim_end())
        }
        FactorCommand::Set { table, file } => {
            let body = read(&file)?;
            let changed = api.change(Method::PUT, &path(&table), Some(&body)).await?;
            let is_changed = changed.get("changed") == Some(&Value::Bool(true));
            let text = if is_changed { "is changed; the next reconciliation computes with it" } else { "is as it is published" };
            printer.told(&changed, &format!("The table {table} {text}."))
        }
        FactorCommand::Reset { table } => {
            let reset = api.change(Method::DELETE, &path(&table), None).await?;
            printer.told(&reset, &format!("The table {table} is as it is published."))
        }
    }
}

fn read(file: &Path) -> Result<Value, ClientError> {
    let local = |error| ClientError::Local { what: file.display().to_string(), error };
    let text = std::fs::read_to_string(file).map_err(local)?;
    serde_json::from_str(&text).map_err(|error| ClientError::Failed(format!("{} is no JSON: {error}", file.display())))
}
