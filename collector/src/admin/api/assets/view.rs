//! An asset as JSON, and JSON as fields of an asset.

use super::{machine_name::host_name, parents::naming_asset};
use crate::admin::{
    AdminContext,
    problem::{Answer, Failure},
};
use chrono::{DateTime, SecondsFormat, Utc};
use muster_domain::asset::{
    Asset, Directory, Field, Kind, Value,
    edit::{EditError, read_value},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, SchemaFormat, Type, schema::AdditionalProperties, schema::SchemaType},
};

/// An asset: every field, null where it is empty, and beside them the id, the agent, its host name and which fields an administrator
/// entered, whatever the agent reports.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct AssetView(Map<String, Json>);

impl AssetView {
    /// The view of an asset; the directory names what its references point to.
    #[must_use]
    pub fn of(asset: &Asset, directory: &dyn Directory, context: &AdminContext) -> Self {
        let mut members = Map::new();
        members.insert("id".to_owned(), json!(asset.id()));
        members.insert("agent".to_owned(), json!(asset.agent()));
        members.insert("host".to_owned(), json!(host_name(asset, context)));
        let entered: Vec<&str> = asset.edited().iter().map(|(field, _)| field.name()).collect();
        members.insert("entered".to_owned(), json!(entered));
        for field in Field::ALL {
            let value = asset.value(*field, directory).map_or(Json::Null, |value| shown(*field, &value, directory));
            members.insert(field.name().to_owned(), value);
        }
        Self(members)
    }
}

/// A value of a field that may be empty.
pub(super) fn cell_view(field: Field, value: Option<&Value>, directory: &dyn Directory) -> Json {
    value.map_or(Json::Null, |value| shown(field, value, directory))
}

fn shown(field: Field, value: &Value, directory: &dyn Directory) -> Json {
    match (value, field.kind()) {
        (Value::Int(number), _) => json!(number),
        (Value::Bool(truth), _) => json!(truth),
        (Value::DateTime(millis), _) => match DateTime::<Utc>::from_timestamp_millis(*millis) {
            Some(at) => json!(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => Json::Null,
        },
        (Value::Ref(id), Kind::Reference(table)) => json!({"id": id, "display": directory.display(table, *id)}),
        (other, _) => json!(other.to_string()),
    }
}

/// Fields to set, by name; null empties a field.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct AssetInput(Map<String, Json>);

impl AssetInput {
    /// The fields in the order of the catalogue; an asset may be named by what people call it.
    ///
    /// # Errors
    /// As for [`AssetInput::read`], and those of the store.
    pub async fn entered(&self, context: &AdminContext) -> Answer<Vec<(Field, Option<Value>)>> {
        let parent = self.0.get(Field::Parent.name()).and_then(text_of).unwrap_or_default();
        let directory = naming_asset(context, &parent).await?;
        self.read(directory.as_ref())
    }

    /// The fields in the order of the catalogue.
    ///
    /// # Errors
    /// 422 for the first field that does not exist or cannot hold its value.
    pub fn read(&self, directory: &dyn Directory) -> Answer<Vec<(Field, Option<Value>)>> {
        let mut fields = Vec::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let field =
                Field::from_name(name).ok_or_else(|| refused(&EditError::UnknownField(name.chars().take(64).collect())))?;
            let text = text_of(value).ok_or_else(|| {
                Failure::invalid(format!(
                    "{name}: give a text, a number, true, false or null; for a reference its id or display value"
                ))
                .with("field", name.as_str())
            })?;
            let value = read_value(field, &text, directory).map_err(|error| refused(&error).with("field", field.name()))?;
            fields.push((field, value));
        }
        fields.sort_by_key(|(field, _)| *field);
        Ok(fields)
    }
}

/// A value as the text the domain reads; null is the empty text.
fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::Null => Some(String::new()),
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Object(members) => members.get("id").and_then(Json::as_str).map(str::to_owned),
        Json::Array(_) => None,
    }
}

/// 422 for an edit that the domain refuses.
pub(super) fn refused(error: &EditError) -> Failure {
    Failure::invalid(error.to_string())
}

fn names() -> Schema {
    let fields: Vec<&str> = Field::ALL.iter().filter(|field| !field.is_derived()).map(|field| field.name()).collect();
    ArrayBuilder::new()
        .description(Some("the fields that administrators entered; they stay whatever the agent reports"))
        .items(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(fields)))
        .into()
}

/// A date, or nothing, which empties a field.
const DATE: &str = r"^\s*(\d{4}-\d{2}-\d{2})?\s*$";

fn reference() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .property("id", ObjectBuilder::new().schema_type(Type::String))
        .property("display", ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])))
        .into()
}

fn schema_of(kind: Kind) -> RefOr<Schema> {
    let plain = |kind: Type, format: Option<&str>| -> Schema {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([kind, Type::Null]))
            .format(format.map(|format| SchemaFormat::Custom(format.to_owned())))
            .into()
    };
    RefOr::T(match kind {
        Kind::Integer => plain(Type::Integer, None),
        Kind::Boolean => plain(Type::Boolean, None),
        Kind::Text | Kind::Decimal => plain(Type::String, None),
        Kind::Date => plain(Type::String, Some("date")),
        Kind::DateTime => plain(Type::String, Some("date-time")),
        Kind::Reference(_) => reference(),
    })
}

/// What a field may be given as: what a person would write, or its own type.
fn entered(kind: Kind) -> Schema {
    let types: &[Type] = match kind {
        Kind::Integer => &[Type::Integer, Type::String, Type::Null],
        Kind::Boolean => &[Type::Boolean, Type::Integer, Type::String, Type::Null],
        Kind::Decimal => &[Type::Number, Type::String, Type::Null],
        Kind::Text => &[Type::String, Type::Number, Type::Boolean, Type::Null],
        Kind::Date | Kind::DateTime => &[Type::String, Type::Null],
        Kind::Reference(_) => &[Type::String, Type::Number, Type::Boolean, Type::Object, Type::Null],
    };
    let object = ObjectBuilder::new().schema_type(SchemaType::from_iter(types.iter().cloned()));
    match kind {
        Kind::Date => object.pattern(Some(DATE)).into(),
        Kind::Reference(_) => object.property("id", ObjectBuilder::new().schema_type(Type::String)).into(),
        _ => object.into(),
    }
}

impl PartialSchema for AssetView {
    fn schema() -> RefOr<Schema> {
        let mut object = ObjectBuilder::new()
            .description(Some("An asset; empty fields are null."))
            .property("id", ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom("uuid".to_owned()))))
            .property("agent", schema_of(Kind::Text))
            .property("host", schema_of(Kind::Text))
            .property("entered", names());
        for field in Field::ALL {
            object = object.property(field.name(), schema_of(field.kind()));
        }
        RefOr::T(object.required("id").into())
    }
}

impl ToSchema for AssetView {}

impl PartialSchema for AssetInput {
    fn schema() -> RefOr<Schema> {
        let mut object = ObjectBuilder::new().description(Some(
            "Fields to set; null or an empty text empties a field. A reference is given as its id or display value.",
        ));
        for field in Field::ALL.iter().filter(|field| !field.is_derived()) {
            object = object.property(field.name(), entered(field.kind()));
        }
        RefOr::T(object.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false))).into())
    }
}

impl ToSchema for AssetInput {}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_domain::asset::References;

    fn read(input: Json) -> Answer<Vec<(Field, Option<Value>)>> {
        serde_json::from_value::<AssetInput>(input).unwrap().read(&References::seeded())
    }

    #[test]
    fn fields_are_read_by_kind() {
        let computer = muster_domain::asset::category::by_name("Computer").unwrap().id;
        let computers = Some(Value::Ref(computer.into()));
        let cases = [
            (json!({"install_status": 7}), (Field::InstallStatus, Some(Value::Int(7)))),
            (json!({"install_status": "Retired"}), (Field::InstallStatus, Some(Value::Int(7)))),
            (json!({"asset_tag": "P1"}), (Field::AssetTag, Some(Value::Text("P1".to_owned())))),
            (json!({"asset_tag": null}), (Field::AssetTag, None)),
            (json!({"model_category": "Computer"}), (Field::ModelCategory, computers.clone())),
            (json!({"model_category": computer}), (Field::ModelCategory, computers.clone())),
            (json!({"model_category": {"id": computer, "display": "x"}}), (Field::ModelCategory, computers)),
            (json!({"excluded_from_ham": true}), (Field::ExcludedFromHam, Some(Value::Bool(true)))),
        ];
        for (input, expected) in cases {
            assert_eq!(read(input.clone()).unwrap(), [expected], "{input}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let cases = [
            (json!({"nonsense": 1}), "nonsense"),
            (json!({"sys_id": "x"}), "sys_id"),
            (json!({"install_status": "asleep"}), "install_status"),
            (json!({"install_status": 4}), "install_status"),
            (json!({"asset_tag": ["a"]}), "asset_tag"),
            (json!({"model_category": "Spaceship"}), "model_category"),
            (json!({"cost": "cheap"}), "cost"),
            (json!({"model_category": {"display": "Computer"}}), "model_category"),
        ];
        for (input, field) in cases {
            let failure = read(input.clone()).unwrap_err();
            assert_eq!(failure.problem().status, 422, "{input}");
            assert!(failure.problem().detail.contains(field), "{}", failure.problem().detail);
        }
    }
}
