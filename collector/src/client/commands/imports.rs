//! `import ...`: imports of records that were run.

use crate::client::{
    args::ImportCommand,
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use muster_runtime::output::{self, Format};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/imports";

pub(super) async fn run(command: ImportCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        ImportCommand::List => {
            let columns = [
                ("ID", "id", Kind::Text),
                ("KIND", "kind", Kind::Text),
                ("FILE", "file", Kind::Text),
                ("BY", "by", Kind::Text),
                ("STARTED", "started_at", Kind::Time),
                ("STATE", "state", Kind::Text),
                ("LINES", "lines", Kind::Number),
                ("NEW", "created", Kind::Number),
                ("CHANGED", "updated", Kind::Number),
                ("REFUSED", "refused", Kind::Number),
            ];
            let items = api.list(PATH, &[], usize::MAX).await?;
            printer.list(List { items, columns: &columns, empty: "No imports yet: muster-collector record KIND import FILE" })
        }
        ImportCommand::Show { id } => show(&id, api, printer).await,
        ImportCommand::SetLine { id, line, state } => {
            let body = match state.as_str() {
                "fixed" => json!({ "state": "Manually fixed" }),
                "needs-review" => json!({ "state": "Needs review" }),
                action => json!({ "action": action }),
            };
            let path = format!("{PATH}/{}/lines/{line}", part(&id));
            printer.record(&api.change(Method::PATCH, &path, Some(&body)).await?)
        }
    }
}

async fn show(id: &str, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let path = format!("{PATH}/{}", part(id));
    match printer.chosen() {
        Some(Format::Csv) => {
            let (text, _) = api.csv_page(&path, &[]).await?;
            output::print(&text).map_err(|error| ClientError::Local { what: "standard output".to_owned(), error })
        }
        Some(Format::Json) => printer.record(&api.get(&path, &[]).await?),
        _ => {
            let mut import = api.get(&path, &[]).await?;
            let lines = import.as_object_mut().and_then(|members| members.remove("refused_lines"));
            printer.record(&import)?;
            let Some(Value::Array(items)) = lines.filter(|lines| lines.as_array().is_some_and(|lines| !lines.is_empty())) else {
                return Ok(());
            };
            let columns = [
                ("LINE", "line", Kind::Number),
                ("COLUMN", "column", Kind::Text),
                ("STATE", "state", Kind::Text),
                ("REASON", "reason", Kind::Text),
            ];
            printer.list(List { items, columns: &columns, empty: "" })
        }
    }
}
