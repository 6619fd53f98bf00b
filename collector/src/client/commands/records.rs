//! `model`, `entitlement`, `allocation`, `rule`, `contract`, `record KIND`: records of software asset management.

use super::import_file::{self, How, chosen};
use crate::client::{
    args::RecordCommand,
    error::ClientError,
    http::{Api, part},
    show::{Column, Kind, List, Printer},
};
use muster_domain::record::{FieldKind, Schema, kinds};
use muster_runtime::output::{self, Format};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::io::Write as _;

pub(super) async fn run(kind: &str, command: RecordCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let Some(schema) = kinds::find(kind) else {
        return Err(ClientError::Failed(format!("there is no kind of record {kind}")));
    };
    let path = format!("/api/v1/{}", schema.path);
    match command {
        RecordCommand::List { fields, search } => {
            let mut query: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            query.extend(search.iter().map(|text| ("search", text.as_str())));
            if printer.chosen() == Some(Format::Csv) {
                return export(&path, &query, api).await;
            }
            let items = api.list(&path, &query, usize::MAX).await?;
            let empty = empty(schema, query.is_empty());
            printer.list(List { items, columns: &columns(schema), empty: &empty })
        }
        RecordCommand::Show { id } => printer.record(&api.get(&format!("{path}/{}", part(&id)), &[]).await?),
        RecordCommand::Create { fields, dry_run } => {
            let record = api.change(Method::POST, &asked(&path, dry_run), Some(&body(fields))).await?;
            told(&record, printer)
        }
        RecordCommand::Set { id, fields, dry_run } => {
            let path = asked(&format!("{path}/{}", part(&id)), dry_run);
            told(&api.change(Method::PATCH, &path, Some(&body(fields))).await?, printer)
        }
        RecordCommand::Delete { id } => {
            api.change(Method::DELETE, &format!("{path}/{}", part(&id)), None).await?;
            printer.done(&format!("The {} {id} was deleted.", schema.one))
        }
        RecordCommand::History { id } => {
            let items = api.list(&format!("{path}/{}/history", part(&id)), &[], usize::MAX).await?;
            history(items, printer)
        }
        RecordCommand::Import { file, dry_run, errors, clear_empty, create_references, create_contracts, skip_contracts } => {
            let flags = chosen(&[
                ("dry_run", dry_run),
                ("clear_empty", clear_empty),
                ("create_references", create_references),
                ("create_contracts", create_contracts),
                ("skip_contracts", skip_contracts),
            ]);
            let how = How { errors, flags, named: true };
            import_file::import(&format!("{path}/import"), &file, &how, api, printer).await
        }
        RecordCommand::Template => {
            let text = api.text(&format!("{path}/template"), &[]).await?;
            output::print(&text).map_err(|error| ClientError::Local { what: "standard output".to_owned(), error })
        }
        RecordCommand::Export => export(&path, &[], api).await,
        RecordCommand::Fields => fields(schema, printer),
    }
}

/// Writes the records as CSV, page after page.
async fn export(path: &str, query: &[(&str, &str)], api: &Api) -> Result<(), ClientError> {
    let mut cursor: Option<String> = None;
    loop {
        let mut query: Vec<(&str, &str)> = query.to_vec();
        query.push(("limit", "1000"));
        query.extend(cursor.iter().map(|cursor| ("cursor", cursor.as_str())));
        let (text, next) = api.csv_page(path, &query).await?;
        // Every page has the header.
        let body = if cursor.is_none() { text.as_str() } else { text.split_once("\r\n").map_or("", |(_, rest)| rest) };
        match std::io::stdout().lock().write_all(body.as_bytes()) {
            // Whoever reads has enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|error| ClientError::Local { what: "standard output".to_owned(), error })?,
        }
        cursor = next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn asked(path: &str, dry_run: bool) -> String {
    if dry_run { format!("{path}?dry_run=true") } else { path.to_owned() }
}

fn body(fields: Vec<(String, String)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name, Value::from(value))).collect::<Map<String, Value>>())
}

/// The record, and on standard error what an administrator should know.
fn told(record: &Value, printer: Printer) -> Result<(), ClientError> {
    for warning in record.get("warnings").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(std::io::stderr().lock(), "warning: {}", output::printable(warning));
    }
    printer.record(record)
}

fn columns(schema: &'static Schema) -> Vec<Column> {
    let of = |name: &&'static str| {
        let field = schema.field(name)?;
        let number = matches!(field.kind, FieldKind::Whole(..) | FieldKind::Decimal | FieldKind::Money(_));
        // The program ends with the list.
        let header: &'static str = field.label.to_uppercase().leak();
        Some((header, field.name, if number { Kind::Number } else { Kind::Text }))
    };
    let mut columns: Vec<Column> = schema.columns.iter().filter_map(of).collect();
    // Where nothing names a record, its id does.
    if !schema.columns.contains(&schema.name) {
        columns.insert(0, ("ID", "id", Kind::Text));
    }
    columns
}

fn empty(schema: &'static Schema, all: bool) -> String {
    if !all {
        return format!("No {} fit.", schema.path);
    }
    let command = command(schema);
    let create = schema.fields.iter().filter(|field| field.required && field.default.is_none());
    let fields: Vec<String> = create.map(|field| format!("{}=...", field.name)).collect();
    format!("No {} yet. Make one: muster-collector {command} create {}", schema.path, fields.join(" "))
}

/// How a kind is called on the command line.
fn command(schema: &'static Schema) -> String {
    match schema.path {
        "models" => "model".to_owned(),
        "entitlements" => "entitlement".to_owned(),
        "allocations" => "allocation".to_owned(),
        "consumption-rules" => "rule".to_owned(),
        "contracts" => "contract".to_owned(),
        other => format!("record {other}"),
    }
}

fn history(events: Vec<Value>, printer: Printer) -> Result<(), ClientError> {
    let mut rows = Vec::new();
    for event in events {
        let changes = event.get("changes").and_then(Value::as_array).cloned().unwrap_or_default();
        for change in changes {
            let of = |name: &str| change.get(name).cloned().unwrap_or_default();
            rows.push(json!({
                "number": event.get("number"), "at": event.get("at"), "by": event.get("by"), "cause": event.get("cause"),
                "field": of("field"), "before": of("before"), "after": of("after"),
            }));
        }
    }
    let columns = [
        ("AT", "at", Kind::Time),
        ("BY", "by", Kind::Text),
        ("CAUSE", "cause", Kind::Text),
        ("FIELD", "field", Kind::Text),
        ("BEFORE", "before", Kind::Text),
        ("AFTER", "after", Kind::Text),
    ];
    printer.list(List { items: rows, columns: &columns, empty: "Nothing happened to it." })
}

/// The fields of a kind. They need no collector: the program knows them.
fn fields(schema: &'static Schema, printer: Printer) -> Result<(), ClientError> {
    let rows = schema.fields.iter().map(|field| {
        let what = match field.kind {
            FieldKind::Choice(choices) => choices.join(", "),
            FieldKind::Link(kind) => format!("one of {kind}"),
            FieldKind::Reference(table) => format!("{} {}", if table.record() == "asset" { "an" } else { "a" }, table.record()),
            other => other.name().to_owned(),
        };
        let needed = match field {
            field if field.derived => "follows",
            field if field.required && field.default.is_none() => "needed",
            _ => "",
        };
        json!({ "field": field.name, "label": field.label, "needed": needed, "what": what, "default": field.default, "help": field.help })
    });
    let columns = [
        ("FIELD", "field", Kind::Text),
        ("", "needed", Kind::Text),
        ("WHAT", "what", Kind::Text),
        ("DEFAULT", "default", Kind::Text),
        ("HELP", "help", Kind::Text),
    ];
    printer.list(List { items: rows.collect(), columns: &columns, empty: "" })
}
