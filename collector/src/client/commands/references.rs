//! `reference ...`

use crate::client::{
    args::{RecordArgs, ReferenceCommand},
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;
use serde_json::{Map, Value};

const PATH: &str = "/api/v1/references";

pub(super) async fn run(command: ReferenceCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        ReferenceCommand::List { table } => {
            let items = api.list(&format!("{PATH}/{table}"), &[], usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("NAME", "name", Kind::Text),
                ("PARENT", "parent", Kind::Text),
                ("ACTIVE", "active", Kind::Text),
                ("UPDATED", "updated_at", Kind::Time),
            ];
            let empty = format!("No {table}. Make one: muster-collector reference add {table} NAME");
            printer.list(List { items, columns: &columns, empty: &empty })
        }
        ReferenceCommand::Show { record } => printer.record(&api.get(&path(&record), &[]).await?),
        ReferenceCommand::Add { table, name, parent } => {
            // Other commands are given fields by name; so may this one be.
            let name = name.strip_prefix("name=").unwrap_or(&name);
            let body = body([("name", Some(Value::from(name))), ("parent", parent.map(Value::from))]);
            printer.record(&api.change(Method::POST, &format!("{PATH}/{table}"), Some(&body)).await?)
        }
        ReferenceCommand::Set { record, name, parent, active } => {
            let body =
                body([("name", name.map(Value::from)), ("parent", parent.map(Value::from)), ("active", active.map(Value::from))]);
            printer.record(&api.change(Method::PATCH, &path(&record), Some(&body)).await?)
        }
        ReferenceCommand::Delete { record } => {
            api.change(Method::DELETE, &path(&record), None).await?;
            printer.done(&format!("{} was deleted from {}.", record.record, record.table))
        }
    }
}

fn path(record: &RecordArgs) -> String {
    format!("{PATH}/{}/{}", record.table, part(&record.record))
}

/// Only what was given: the rest stays as it is.
fn body<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<String, Value>>())
}
