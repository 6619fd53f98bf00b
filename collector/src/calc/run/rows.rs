//! One item of an export as a row: a record, an asset, hardware, an install, a peak.
//!
//! In: an item as the API gives it. Out: the row, or what of it cannot be read. Members that say who changed what when are passed over.

use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::asset::edit::read_value;
use muster_domain::asset::{Asset, Directory as _, Field, Kind, References, Table, Value as Cell};
use muster_domain::ids::AssetId;
use muster_domain::record::{FieldKind, Schema, Values, kinds};
use muster_domain::software::Software;
use serde_json::Value;
use uuid::Uuid;

use crate::store::records::{UsageKind, UsageRecord};

/// Puts what an item names by id and display value into the reference tables, where they do not know it.
pub(super) fn mentioned(list: &str, item: &Value, references: &mut References) {
    let fields: Vec<(&str, Table)> = match kinds::find(list) {
        Some(schema) => schema
            .fields
            .iter()
            .filter_map(|field| match field.kind {
                FieldKind::Reference(table) => Some((field.name, table)),
                _ => None,
            })
            .collect(),
        None if list == "assets" => Field::ALL
            .iter()
            .filter_map(|field| match field.kind() {
                Kind::Reference(table) => Some((field.name(), table)),
                _ => None,
            })
            .collect(),
        None => return,
    };
    for (name, table) in fields.into_iter().filter(|(_, table)| *table != Table::Asset) {
        let Some(value) = item.get(name) else { continue };
        let known = id_of(value).zip(value.get("display").and_then(Value::as_str));
        if let Some((id, display)) = known.filter(|(id, _)| references.display(table, *id).is_none()) {
            references.insert(table, id, display);
        }
    }
}

/// A record. One without an id gets one from its place.
pub(super) fn record(schema: &'static Schema, item: &Value, place: usize) -> Result<(Uuid, Values), String> {
    let id = match item.get("id") {
        None | Some(Value::Null) => Uuid::from_u128(u128::try_from(place).unwrap_or_default().saturating_add(1)),
        Some(id) => id.as_str().and_then(|id| id.parse().ok()).ok_or("id is no id")?,
    };
    let mut values = Values::new();
    for field in schema.fields {
        let cell = match item.get(field.name) {
            Some(Value::Null) => None,
            Some(value) => Some(cell(field.kind, value).ok_or_else(|| format!("{} cannot be {value}", field.name))?),
            // What is not said is as it is in a new record.
            None => field.default.and_then(|default| cell(field.kind, &Value::from(default))),
        };
        values.set(field.name, cell);
    }
    Ok((id, values))
}

fn cell(kind: FieldKind, value: &Value) -> Option<Cell> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    };
    match kind {
        FieldKind::Text(_) | FieldKind::Notes(_) | FieldKind::Currency | FieldKind::Choice(_) => {
            value.as_str().map(|text| Cell::Text(text.to_owned()))
        }
        FieldKind::Whole(..) => text.parse().ok().map(Cell::Int),
        FieldKind::Decimal | FieldKind::Money(_) => text.parse().ok().map(Cell::Decimal),
        FieldKind::Date => text.parse::<NaiveDate>().ok().map(Cell::Date),
        FieldKind::Boolean => text.parse().ok().map(Cell::Bool),
        FieldKind::Reference(_) | FieldKind::Link(_) => id_of(value).map(Cell::Ref),
    }
}

/// An id, or the id of what is given as `{"id","display"}`.
fn id_of(value: &Value) -> Option<Uuid> {
    value.get("id").unwrap_or(value).as_str()?.parse().ok()
}

/// An asset with the fields that are in force.
pub(super) fn asset(item: &Value, references: &References, now: DateTime<Utc>) -> Result<Asset, String> {
    let id = item.get("id").and_then(id_of).ok_or("id is missing or no id")?;
    let mut asset = Asset::new(AssetId(id), None, now);
    let mut changes = Vec::new();
    for field in Field::ALL.iter().filter(|field| !field.is_derived()) {
        let text = match item.get(field.name()) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.clone(),
            Some(Value::Object(reference)) => {
                reference.get("id").and_then(Value::as_str).ok_or_else(|| format!("{} has no id", field.name()))?.to_owned()
            }
            Some(other) => other.to_string(),
        };
        let value = read_value(*field, &text, references).map_err(|error| error.to_string())?;
        changes.push((*field, value));
    }
    asset.edit(&changes, now).map_err(|error| error.to_string())?;
    Ok(asset)
}

/// The hardware that the agent of an asset reported.
pub(super) fn hardware(item: &Value) -> Result<(Uuid, Vec<u8>), String> {
    let asset = item.get("asset").and_then(id_of).ok_or("asset is missing or no id")?;
    let hardware = item.get("hardware").ok_or("hardware is missing")?;
    Ok((asset, hardware.to_string().into_bytes()))
}

/// Software on an asset; none where it was removed.
pub(super) fn install(item: &Value) -> Result<Option<(Uuid, Software)>, String> {
    if item.get("removed_at").is_some_and(|removed| !removed.is_null()) {
        return Ok(None);
    }
    let asset = item.get("asset").and_then(id_of).ok_or("asset is missing or no id")?;
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let software = Software {
        name: text("name").ok_or("name is missing")?,
        version: text("version"),
        publisher: text("publisher"),
        source: text("source").unwrap_or_else(|| "windows".to_owned()),
        architecture: text("architecture"),
    };
    Ok(Some((asset, software)))
}

/// A daily peak of all seats; none of parts of them.
pub(super) fn peak(item: &Value) -> Result<Option<UsageRecord>, String> {
    if item.get("kind").and_then(Value::as_str).is_some_and(|kind| kind != "total") {
        return Ok(None);
    }
    let text = |name: &'static str| item.get(name).and_then(Value::as_str).ok_or(format!("{name} is missing"));
    let date: NaiveDate = text("date")?.parse().map_err(|error| format!("date: {error}"))?;
    Ok(Some(UsageRecord {
        date,
        application: text("application")?.to_owned(),
        kind: UsageKind::Total,
        peak: item.get("peak").and_then(Value::as_u64).ok_or("peak is missing or no number")?,
        peak_at: date.and_time(chrono::NaiveTime::MIN).and_utc(),
        holders: Vec::new(),
    }))
}
