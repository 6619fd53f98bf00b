//! `asset ...`

use crate::client::{
    args::AssetCommand,
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Map, Value};

const PATH: &str = "/api/v1/assets";

pub(super) async fn run(command: AssetCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        AssetCommand::List { query } => {
            let query: Vec<(&str, &str)> = query.iter().map(|query| ("sysparm_query", query.as_str())).collect();
            let items = api.list(PATH, &query, usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("ASSET TAG", "asset_tag", Kind::Text),
                ("SERIAL NUMBER", "serial_number", Kind::Text),
                ("CATEGORY", "model_category", Kind::Text),
                ("STATE", "install_status", Kind::Number),
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
        AssetCommand::Show { id } => printer.record(&api.get(&format!("{PATH}/{}", part(&id)), &[]).await?),
        AssetCommand::Set { id, fields } => {
            let body: Map<String, Value> = fields
                .into_iter()
                .map(|(name, value)| (name, if value.is_empty() { Value::Null } else { Value::String(value) }))
                .collect();
            let asset = api.change(Method::PATCH, &format!("{PATH}/{}", part(&id)), Some(&Value::Object(body))).await?;
            printer.record(&asset)
        }
    }
}
