//! `asset ...`

use super::{
    asset_actions, asset_change, asset_files,
    import_file::{self, chosen},
};
use crate::client::{
    args::AssetCommand,
    error::ClientError,
    http::{Api, part},
    named,
    show::{Column, Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Map, Value};

const PATH: &str = "/api/v1/assets";

const HARDWARE: &[Column] = &[
    ("ASSET ID", "asset", Kind::Id),
    ("HOST", "hardware.hostname", Kind::Text),
    ("PROCESSOR", "hardware.cpu.model", Kind::Text),
    ("SOCKETS", "hardware.cpu.sockets", Kind::Number),
    ("CORES", "hardware.cpu.cores", Kind::Number),
    ("THREADS", "hardware.cpu.threads", Kind::Number),
    ("VIRTUAL", "hardware.virtualization", Kind::Text),
    ("NAME", "asset_name", Kind::Text),
];

pub(super) async fn run(command: AssetCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        AssetCommand::List { query } => {
            let query: Vec<(&str, &str)> = query.iter().map(|query| ("sysparm_query", query.as_str())).collect();
            let items = api.list(PATH, &query, usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("HOST", "host", Kind::Text),
                ("ASSET TAG", "asset_tag", Kind::Text),
                ("SERIAL NUMBER", "serial_number", Kind::Text),
                ("CATEGORY", "model_category", Kind::Text),
                ("STATE", "install_status", Kind::State),
                ("SUBSTATE", "substatus", Kind::Text),
                ("ASSIGNED TO", "assigned_to", Kind::Text),
                ("UPDATED", "sys_updated_on", Kind::Time),
            ];
            let empty = "No assets. Each enrolled agent brings one; look at muster-collector agent list";
            printer.list(List {
                items,
                columns: &columns,
                empty: if query.is_empty() { empty } else { "No assets fit the query." },
            })
        }
        AssetCommand::Show { id } => {
            let id = named::asset(&id, api).await?;
            printer.record(&api.get(&format!("{PATH}/{}", part(&id)), &[]).await?)
        }
        AssetCommand::Set { id, fields } => {
            let id = named::asset(&id, api).await?;
            let body = Some(members(fields));
            let asset = api.change(Method::PATCH, &format!("{PATH}/{}", part(&id)), body.as_ref()).await?;
            printer.record(&asset)
        }
        AssetCommand::TakeBack { id, fields } => {
            let id = named::asset(&id, api).await?;
            let path = format!("{PATH}/{}/entered/{}", part(&id), part(&fields.join(",")));
            printer.record(&api.change(Method::DELETE, &path, None).await?)
        }
        AssetCommand::Change { query, fields, dry_run, found } => {
            let wish = asset_change::Wish { query, set: members(fields), dry_run, found };
            asset_change::change(wish, api, printer).await
        }
        AssetCommand::Complete { query } => {
            let found = api.get(&format!("{PATH}/query/complete"), &[("query", &query)]).await?;
            let items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
            let columns = [("QUERY", "query", Kind::Text), ("WHAT", "label", Kind::Text), ("KIND", "kind", Kind::Text)];
            printer.list(List { items, columns: &columns, empty: "Nothing is known that could follow." })
        }
        AssetCommand::Add { fields } => printer.record(&api.change(Method::POST, PATH, Some(&members(fields))).await?),
        AssetCommand::History { id } => history(&named::asset(&id, api).await?, api, printer).await,
        AssetCommand::Import { file, dry_run, errors, clear_empty, create_references } => {
            let flags = [("dry_run", dry_run), ("clear_empty", clear_empty), ("create_references", create_references)];
            let how = import_file::How { errors, flags: chosen(&flags), named: false };
            import_file::import("/api/v1/assets/import", &file, &how, api, printer).await
        }
        AssetCommand::Export { query } => asset_files::export(query.as_deref(), api, printer).await,
        AssetCommand::Action { name, ids, query, how } => {
            let assets = match query {
                Some(query) => found(&query, api).await?,
                None => ids,
            };
            asset_actions::act(&name, assets, &how, api, printer).await
        }
        AssetCommand::Hardware { asset } => {
            let query: Vec<_> = asset.as_deref().map(|asset| ("asset", asset)).into_iter().collect();
            let items = api.list(&format!("{PATH}/hardware"), &query, usize::MAX).await?;
            printer.list(List { items, columns: HARDWARE, empty: "No agent has reported hardware." })
        }
        AssetCommand::Hygiene { class, apply, how } => {
            asset_actions::hygiene(class.as_deref(), apply.as_deref(), &how, api, printer).await
        }
    }
}

/// Fields as the API takes them: an empty value is none.
fn members(fields: Vec<(String, String)>) -> Value {
    let member = |(name, value): (String, String)| (name, if value.is_empty() { Value::Null } else { Value::String(value) });
    Value::Object(fields.into_iter().map(member).collect::<Map<_, _>>())
}

/// The ids of the assets that a query finds.
async fn found(query: &str, api: &Api) -> Result<Vec<String>, ClientError> {
    if query.trim().is_empty() {
        return Err(ClientError::Usage("--query is empty and would mean every asset; say which".to_owned()));
    }
    let items = api.list(PATH, &[("sysparm_query", query)], usize::MAX).await?;
    Ok(items.iter().filter_map(|item| item.get("id")?.as_str().map(str::to_owned)).collect())
}

async fn history(id: &str, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let entries = api.list(&format!("{PATH}/{}/history", part(id)), &[], usize::MAX).await?;
    let mut items = Vec::new();
    for entry in entries {
        let line = |change: &Value| {
            let mut line = entry.as_object().cloned().unwrap_or_default();
            line.remove("changes");
            line.extend(change.as_object().cloned().unwrap_or_default());
            Value::Object(line)
        };
        match entry.get("changes").and_then(Value::as_array).filter(|changes| !changes.is_empty()) {
            Some(changes) => items.extend(changes.iter().map(line)),
            None => items.push(line(&Value::Null)),
        }
    }
    let columns = [
        ("ENTRY", "number", Kind::Number),
        ("WHEN", "at", Kind::Time),
        ("WHAT", "cause", Kind::Text),
        ("FIELD", "field", Kind::Text),
        ("BEFORE", "before", Kind::Text),
        ("AFTER", "after", Kind::Text),
        ("BY", "by", Kind::Text),
    ];
    printer.list(List { items, columns: &columns, empty: "Nothing is known of its history." })
}
