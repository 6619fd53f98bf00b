//! `explain`: why a number is what it is.

use crate::client::{
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer, amounts, word},
};
use serde_json::Value;
use std::fmt::Write as _;

pub(super) async fn run(id: Option<String>, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let Some(id) = id else {
        let items = api.list("/api/v1/explain", &[], usize::MAX).await?;
        let columns = [("ID", "id", Kind::Text), ("RULE", "rule", Kind::Text)];
        return printer.list(List { items, columns: &columns, empty: "There is nothing to explain." });
    };
    let explanation = api.get(&format!("/api/v1/explain/{}", part(&id)), &[]).await?;
    printer.told(&explanation, told(&explanation, printer).trim_end())
}

fn told(explanation: &Value, printer: Printer) -> String {
    let text = |path: &str| explanation.pointer(path).and_then(Value::as_str);
    let list = |name: &str| explanation.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let id = text("/id").unwrap_or_default();
    let mut page = format!("{id} = {}\n", shown(id, explanation.get("value")));
    for sentence in [text("/rule"), text("/why")].into_iter().flatten() {
        let _ = writeln!(page, "{}", printer.sentence(sentence, 2));
    }
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(page, "{title}");
        }
        for line in lines {
            let _ = writeln!(page, "  {line}");
        }
    };
    let inputs = list("inputs").iter().map(|input| {
        let name = input.get("name").and_then(Value::as_str).unwrap_or_default();
        format!("{name} = {}", shown(name, input.get("value")))
    });
    section("From", inputs.collect());
    let number = |path: &str| explanation.pointer(path).and_then(Value::as_u64);
    let mut source = Vec::new();
    if let Some(run) = number("/source/reconciliation") {
        source.push(format!("reconciliation {run}: muster-collector reconcile show --run {run}"));
    }
    if let Some(run) = number("/source/run") {
        source.push(format!("run {run}: muster-collector compliance show {run}"));
    }
    if let Some(serial) = number("/source/license_serial") {
        source.push(format!("licence serial {serial}"));
    }
    if let Some(query) = text("/source/query") {
        source.push(format!("query {query} (null mode {})", text("/source/null_mode").unwrap_or_default()));
    }
    section("Source", source);
    section("Rows", list("rows").iter().filter_map(|rows| rows.get("command")?.as_str().map(str::to_owned)).collect());
    page
}

/// The value of a number; states are words.
fn shown(name: &str, value: Option<&Value>) -> String {
    match (value, name.rsplit('.').next()) {
        (Some(Value::String(text)), Some("status" | "state" | "justification" | "kind")) => word(text),
        (value, _) => value.map_or_else(String::new, plain),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(members) if members.is_empty() => "none".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_string) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => amounts(other).unwrap_or_else(|| other.to_string()),
    }
}
