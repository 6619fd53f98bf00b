//! A record as JSON, and JSON as what was entered.

use crate::{
    admin::problem::{Answer, Failure},
    records::{AssetNames, RecordError, Records, Seen},
    store::StoreError,
};
use muster_domain::{
    asset::Value,
    record::{FieldKind, Schema},
};
use muster_wire::problem::Code;
use serde_json::{Map, Value as Json, json};

/// What stands in a record beside its fields.
pub(super) const BESIDE: [&str; 5] = ["revision", "created_at", "created_by", "updated_at", "updated_by"];

/// A record: its id, every field, null where it is empty, and who changed it when.
pub(super) async fn view(records: &Records, schema: &'static Schema, seen: &Seen) -> Result<Json, StoreError> {
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(seen.id));
    for field in schema.fields {
        let value = seen.values.get(field.name);
        members.insert(field.name.to_owned(), value_view(records, field.kind, value).await?);
    }
    members.insert("revision".to_owned(), json!(seen.revision));
    members.insert("created_at".to_owned(), json!(seen.created_at));
    members.insert("created_by".to_owned(), json!(seen.created_by));
    members.insert("updated_at".to_owned(), json!(seen.updated_at));
    members.insert("updated_by".to_owned(), json!(seen.updated_by));
    Ok(Json::Object(members))
}

/// A record as a file has it: what is read again unchanged.
pub(super) async fn written(
    records: &Records,
    schema: &'static Schema,
    seen: &Seen,
    assets: &AssetNames,
) -> Result<Json, StoreError> {
    let mut record = view(records, schema, seen).await?;
    for field in schema.fields {
        if let (Some(value @ Value::Ref(_)), Some(members)) = (seen.values.get(field.name), record.as_object_mut()) {
            members.insert(field.name.to_owned(), json!(records.written(field.kind, value, assets).await?));
        }
    }
    Ok(record)
}

/// The value of a field: numbers and truth values as such, references with what they are called, everything else as text.
pub(super) async fn value_view(records: &Records, kind: FieldKind, value: Option<&Value>) -> Result<Json, StoreError> {
    Ok(match value {
        None => Json::Null,
        Some(Value::Int(number)) => json!(number),
        Some(Value::Bool(truth)) => json!(truth),
        Some(value @ Value::Ref(id)) => json!({ "id": id, "display": records.display(kind, value).await? }),
        Some(other) => json!(other.to_string()),
    })
}

/// The fields of a body, each as a person would write it.
pub(super) fn entered(body: Map<String, Json>) -> Answer<Vec<(String, String)>> {
    let read = |(name, value): (String, Json)| {
        let text = match value {
            Json::Null => String::new(),
            Json::String(text) => text,
            Json::Number(number) => number.to_string(),
            Json::Bool(truth) => truth.to_string(),
            Json::Object(members) if members.get("id").is_some_and(Json::is_string) => {
                members.get("id").and_then(Json::as_str).unwrap_or_default().to_owned()
            }
            Json::Object(_) | Json::Array(_) => {
                let text = format!("{name}: give a text, a number, true, false or null; for a reference its id or display value");
                return Err(Failure::invalid(text).with("field", name.as_str()));
            }
        };
        Ok((name, text))
    };
    body.into_iter().map(read).collect()
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let text = error.to_string();
        match error {
            RecordError::Invalid(errors) => {
                let errors: Vec<Json> =
                    errors.into_iter().map(|error| json!({ "field": error.field, "detail": error.text })).collect();
                Self::invalid(text).with("errors", errors)
            }
            RecordError::NotFound { what, id } => Self::not_found(what, &id),
            RecordError::Changed(_) | RecordError::InUse(_) => Self::new(Code::Conflict, text),
            RecordError::Store(error) => error.into(),
        }
    }
}
