//! What exports say, as the rows that a run reads.
//!
//! In: the members of a case's inputs. A list is given as the API gives it, `{"items":[...]}`, or as an array. Out: records, reference
//! tables, assets, installs, peaks, settings and factors. What a list names by `{"id","display"}` is known from there.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use muster_domain::asset::{References, Table};
use muster_domain::calendar::SiteZone;
use muster_domain::metric::Factors;
use muster_domain::record::{Shelf, kinds};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::inventory::Exported;
use super::rows;
use crate::calc::cases::CaseError;
use crate::reconcile::changed_factors;
use crate::settings::{Values, values_of};

/// A site, as its exports say.
pub(super) struct Exports {
    pub(super) now: DateTime<Utc>,
    pub(super) zone: SiteZone,
    pub(super) publisher: Option<String>,
    pub(super) settings: Arc<Values>,
    pub(super) factors: Factors,
    pub(super) references: References,
    pub(super) shelf: Shelf,
    pub(super) inventory: Exported,
    /// What could not be used, in sentences.
    pub(super) notes: Vec<String>,
}

/// Members that are no kind of record.
const OTHERS: [&str; 11] = [
    "now",
    "time_zone",
    "publisher",
    "settings",
    "factors",
    "references",
    "assets",
    "hardware",
    "installs",
    "applications",
    "usage",
];

impl Exports {
    /// Reads the members.
    ///
    /// # Errors
    /// With the list and the place in it of what cannot be read.
    pub(super) fn read(inputs: &Map<String, Value>) -> Result<Self, CaseError> {
        let text = |name: &str| inputs.get(name).and_then(Value::as_str);
        let now =
            text("now").ok_or_else(|| wrong("now is missing; give the instant of the run, such as 2026-06-17T09:00:00Z"))?;
        let now: DateTime<Utc> = now.parse().map_err(|error| wrong(format!("now: {error}")))?;
        let zone = text("time_zone").unwrap_or("UTC").parse().map_err(|error| wrong(format!("time_zone: {error}")))?;
        let mut references = references(inputs)?;
        for name in kinds::ALL.iter().map(|schema| schema.path).chain(["assets"]) {
            for item in list(inputs, name)? {
                rows::mentioned(name, item, &mut references);
            }
        }
        let mut shelf = Shelf::default();
        for schema in kinds::ALL {
            for (place, item) in list(inputs, schema.path)?.iter().enumerate() {
                let (id, values) = rows::record(schema, item, place).map_err(|error| at(schema.path, place, &error))?;
                shelf.put(schema, id, values);
            }
        }
        let (factors, mut notes) = factors(inputs)?;
        let strange = inputs.keys().filter(|name| !OTHERS.contains(&name.as_str()) && kinds::find(name).is_none());
        // Members that nobody knows are passed over everywhere in a case, but a list that is misspelt would be missed.
        notes.extend(strange.map(|name| format!("{name:?} is no export and was not read")));
        Ok(Self {
            now,
            zone,
            publisher: text("publisher").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
            settings: settings(inputs)?,
            factors,
            inventory: inventory(inputs, &references, now)?,
            references,
            shelf,
            notes,
        })
    }
}

fn inventory(inputs: &Map<String, Value>, references: &References, now: DateTime<Utc>) -> Result<Exported, CaseError> {
    let mut inventory = Exported::default();
    for (place, item) in list(inputs, "assets")?.iter().enumerate() {
        let asset = rows::asset(item, references, now).map_err(|error| at("assets", place, &error))?;
        inventory.put_asset(&asset);
    }
    for (place, item) in list(inputs, "hardware")?.iter().enumerate() {
        let (asset, hardware) = rows::hardware(item).map_err(|error| at("hardware", place, &error))?;
        inventory.hardware.insert(asset, hardware);
    }
    for (place, item) in list(inputs, "installs")?.iter().enumerate() {
        if let Some((asset, software)) = rows::install(item).map_err(|error| at("installs", place, &error))? {
            inventory.put_install(asset, software);
        }
    }
    for (place, item) in list(inputs, "usage")?.iter().enumerate() {
        inventory.usage.extend(rows::peak(item).map_err(|error| at("usage", place, &error))?);
    }
    let named = list(inputs, "applications")?.iter().filter_map(|item| item.get("name").and_then(Value::as_str));
    inventory.applications = named.map(str::to_owned).collect();
    inventory.applications.extend(inventory.usage.iter().map(|record| record.application.clone()));
    Ok(inventory)
}

fn references(inputs: &Map<String, Value>) -> Result<References, CaseError> {
    let mut references = References::seeded();
    let tables = match inputs.get("references") {
        None | Some(Value::Null) => return Ok(references),
        Some(Value::Object(tables)) => tables,
        Some(_) => return Err(wrong("references: give an object with the list of each table")),
    };
    for name in tables.keys() {
        let table = Table::from_name(name).ok_or_else(|| wrong(format!("references: there is no table {name:?}")))?;
        for (place, item) in list(tables, name)?.iter().enumerate() {
            let id = |item: Option<&Value>| item.and_then(|item| item.get("id")?.as_str()?.parse::<Uuid>().ok());
            let known = id(Some(item)).zip(item.get("name").and_then(Value::as_str));
            let (own, display) = known.ok_or_else(|| at(name, place, "id or name is missing"))?;
            references.put(table, own, display, id(item.get("parent")));
        }
    }
    Ok(references)
}

fn settings(inputs: &Map<String, Value>) -> Result<Arc<Values>, CaseError> {
    let one = |item: &Value| Some((item.get("name")?.as_str()?.to_owned(), item.get("value")?.clone()));
    let wanted: Map<String, Value> = list(inputs, "settings")?.iter().filter_map(one).collect();
    values_of(&wanted).map_err(|error| wrong(format!("settings: {error}")))
}

fn factors(inputs: &Map<String, Value>) -> Result<(Factors, Vec<String>), CaseError> {
    let one = |item: &Value| Some((item.get("table")?.as_str()?.to_owned(), item.get("in_force")?.clone()));
    let tables: BTreeMap<String, Value> = list(inputs, "factors")?.iter().filter_map(one).collect();
    Ok(changed_factors(tables.into_iter().collect()))
}

/// The items of a list, as the API gives it or as an array; none where it is not given.
pub(super) fn list<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], CaseError> {
    let given = match members.get(name) {
        Some(Value::Object(page)) => page.get("items"),
        given => given,
    };
    match given {
        Some(Value::Array(items)) => Ok(items),
        None | Some(Value::Null) => Ok(&[]),
        Some(_) => Err(wrong(format!("{name}: give the list as the API gives it, {{\"items\":[...]}}, or an array"))),
    }
}

fn at(list: &str, place: usize, what: &str) -> CaseError {
    wrong(format!("{list}, item {}: {what}", place.saturating_add(1)))
}

pub(super) fn wrong(text: impl Into<String>) -> CaseError {
    CaseError::Inputs(text.into())
}
