//! Records of a case as rows of a query.
//!
//! A reference field holds the record it refers to inline, or its id. A field is known when assets have it or when a record of the
//! case has it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use muster_domain::asset::row::value_kind;
use muster_domain::asset::{Field, class};
use muster_domain::query::{Catalogue, Column, Path, Row, ValueKind, ValueRef};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a file says of its tables; assets' own fields and classes need no word.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Schema {
    /// The type of a field by its name; `reference:table` where the referenced record is one of the file's own.
    field_types: BTreeMap<String, String>,
    /// The field that holds a reference's display value.
    reference_display: BTreeMap<String, String>,
    /// The class that a class extends.
    classes: BTreeMap<String, Option<String>>,
}

/// The records of one case.
pub(super) struct Records {
    records: Vec<Map<String, Value>>,
    /// Every path below a record, with the kind of its values where no asset field says it.
    paths: BTreeMap<String, ValueKind>,
    schema: Schema,
    /// The place of each record by its id.
    by_id: BTreeMap<String, usize>,
    /// Every id that a record or an inline record has.
    ids: BTreeSet<String>,
}

/// One record.
pub(super) struct Record<'a> {
    members: &'a Map<String, Value>,
    records: &'a Records,
}

impl Records {
    pub(super) fn new(records: Vec<Map<String, Value>>, schema: Schema) -> Self {
        let mut paths = BTreeMap::new();
        let mut ids = BTreeSet::new();
        let mut by_id = BTreeMap::new();
        for (place, record) in records.iter().enumerate() {
            collect(record, "", &mut paths, &mut ids);
            if let Some(id) = record.get("sys_id").and_then(Value::as_str) {
                by_id.entry(id.to_owned()).or_insert(place);
            }
        }
        Self { records, paths, schema, by_id, ids }
    }

    /// The records of a table and of the classes that extend it. One without a class is of the table asked for.
    pub(super) fn rows<'a>(&'a self, table: &'a str) -> impl Iterator<Item = Record<'a>> {
        self.all().filter(move |record| record.class().is_none_or(|class| self.extends(class, table)))
    }

    /// Every record.
    pub(super) fn all(&self) -> impl Iterator<Item = Record<'_>> {
        self.records.iter().map(|members| Record { members, records: self })
    }

    fn extends(&self, class: &str, table: &str) -> bool {
        let mut at = Some(class);
        // The bound keeps classes that extend each other from looping.
        for _ in 0..=self.schema.classes.len() {
            match at {
                Some(name) if name == table => return true,
                Some(name) => at = self.schema.classes.get(name).and_then(Option::as_deref),
                None => break,
            }
        }
        class::extends(class, table)
    }

    fn class_names(&self) -> BTreeSet<&str> {
        let known = class::CLASSES.iter().map(|(name, _)| *name);
        let of_records = self.all().filter_map(|record| record.members.get("sys_class_name").and_then(Value::as_str));
        known.chain(self.schema.classes.keys().map(String::as_str)).chain(of_records.collect::<Vec<_>>()).collect()
    }

    fn kind(&self, name: &str) -> Option<ValueKind> {
        let declared = self.schema.field_types.get(name).map(|declared| match declared.split(':').next() {
            Some("integer") => ValueKind::Integer,
            Some("decimal") => ValueKind::Decimal,
            Some("boolean") => ValueKind::Boolean,
            Some("date") => ValueKind::Date,
            Some("datetime") => ValueKind::DateTime,
            Some("reference") => ValueKind::Reference,
            _ => ValueKind::Text,
        });
        declared.or_else(|| Field::from_name(name).map(value_kind)).or_else(|| self.paths.get(name).copied())
    }

    /// Whether a reference points to the file's own records, by their ids.
    fn points_to_records(&self, name: &str) -> bool {
        let declared = self.schema.field_types.get(name).is_some_and(|declared| declared.starts_with("reference:"));
        declared || name == Field::Parent.name()
    }
}

impl<'a> Record<'a> {
    /// The record's id.
    pub(super) fn sys_id(&self) -> Option<&'a str> {
        self.members.get("sys_id").and_then(Value::as_str)
    }

    fn class(&self) -> Option<&'a str> {
        self.members.get("sys_class_name").and_then(Value::as_str)
    }

    pub(super) fn has_state(&self) -> bool {
        !matches!(self.members.get(Field::InstallStatus.name()), None | Some(Value::Null))
            && !self.is_empty_text("install_status")
    }

    fn is_empty_text(&self, name: &str) -> bool {
        self.members.get(name).and_then(Value::as_str) == Some("")
    }
}

impl Catalogue for Records {
    fn column(&self, names: &[&str]) -> Option<Column> {
        let kind = match names {
            [name] => self.kind(name)?,
            [first, rest @ ..] => {
                let is_reference = self.kind(first) == Some(ValueKind::Reference);
                let known = self.paths.get(&names.join(".")).copied();
                let id = (rest == ["sys_id"] && is_reference).then_some(ValueKind::Reference);
                let shown = || {
                    let display = self.schema.reference_display.get(*first).map(String::as_str);
                    let is_display =
                        matches!(rest, ["name" | "display_name"]) || rest.first().copied() == display && rest.len() == 1;
                    (is_reference && is_display).then_some(ValueKind::Text)
                };
                let walked = || {
                    let own = is_reference && self.points_to_records(first);
                    if own { self.column(rest).map(|column| column.kind) } else { None }
                };
                id.or_else(walked).or(known).or_else(shown)?
            }
            [] => return None,
        };
        Some(Column { kind, key: 0 })
    }

    fn knows_reference(&self, _column: Column, value: &str) -> bool {
        self.ids.contains(value)
    }

    fn display(&self, names: &[&str]) -> Option<String> {
        let declared = self.schema.reference_display.get(*names.last()?);
        let (prefix, named) = (names.join("."), |name: &str| name.to_owned());
        let held = |name: &&str| self.paths.contains_key(&format!("{prefix}.{name}"));
        declared.cloned().or_else(|| ["name", "display_name"].iter().find(|name| held(name)).map(|name| named(name)))
    }

    fn text_fields(&self) -> Vec<String> {
        let own = self.paths.keys().filter(|path| !path.contains('.') && self.kind(path) == Some(ValueKind::Text));
        own.cloned().collect()
    }

    fn classes(&self, class: &str) -> Vec<String> {
        self.class_names().into_iter().filter(|name| self.extends(name, class)).map(str::to_owned).collect()
    }

    fn has_table(&self, table: &str) -> bool {
        self.class_names().contains(table)
    }
}

impl Row for Record<'_> {
    fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
        let names: Vec<&str> = path.names().iter().map(String::as_str).collect();
        let column = self.records.column(&names)?;
        let (first, rest) = names.split_first()?;
        let mut value = self.members.get(*first)?;
        for name in rest {
            value = match value {
                Value::Object(record) => record.get(*name)?,
                // A plain id is itself the id of the record it stands for, and leads to it where it is one of the file's.
                id @ Value::String(_) if *name == "sys_id" => id,
                Value::String(id) => self.records.records.get(*self.records.by_id.get(id)?)?.get(*name)?,
                _ => return None,
            };
        }
        value_ref(column.kind, value)
    }

    fn id(&self) -> Option<ValueRef<'_>> {
        self.sys_id().map(text)
    }

    fn is_of(&self, table: &str) -> bool {
        self.class().is_some_and(|class| self.records.extends(class, table))
    }
}

fn collect(record: &Map<String, Value>, prefix: &str, paths: &mut BTreeMap<String, ValueKind>, ids: &mut BTreeSet<String>) {
    ids.extend(record.get("sys_id").and_then(Value::as_str).map(str::to_owned));
    for (name, value) in record {
        let path = format!("{prefix}{name}");
        let kind = match value {
            Value::Bool(_) => ValueKind::Boolean,
            Value::Number(number) if number.is_i64() => ValueKind::Integer,
            Value::Number(_) => ValueKind::Decimal,
            Value::Object(inline) => {
                collect(inline, &format!("{path}."), paths, ids);
                ValueKind::Reference
            }
            Value::Null | Value::String(_) | Value::Array(_) => ValueKind::Text,
        };
        // A text in one record and nothing in another is a text; anything that is not empty says more than null.
        let entry = paths.entry(path).or_insert(kind);
        if *entry == ValueKind::Text {
            *entry = kind;
        }
    }
}

fn value_ref(kind: ValueKind, value: &Value) -> Option<ValueRef<'_>> {
    match value {
        Value::Null | Value::Array(_) => None,
        Value::Bool(truth) => Some(ValueRef::Bool(*truth)),
        Value::Number(number) => {
            let decimal = || number.to_string().parse().ok().map(ValueRef::Decimal);
            number.as_i64().map(ValueRef::Int).or_else(decimal)
        }
        Value::Object(record) => record.get("sys_id").and_then(Value::as_str).map(text),
        Value::String(string) => Some(read_text(kind, string).unwrap_or_else(|| text(string))),
    }
}

/// Values that JSON writes as text.
fn read_text(kind: ValueKind, string: &str) -> Option<ValueRef<'static>> {
    match kind {
        ValueKind::Integer => string.parse().ok().map(ValueRef::Int),
        ValueKind::Decimal => string.parse().ok().map(ValueRef::Decimal),
        ValueKind::Boolean => string.parse().ok().map(ValueRef::Bool),
        ValueKind::Date => NaiveDate::parse_from_str(string, "%Y-%m-%d").ok().map(ValueRef::Date),
        ValueKind::DateTime => {
            let instant = NaiveDateTime::parse_from_str(string, "%Y-%m-%d %H:%M:%S").ok()?;
            Some(ValueRef::DateTime(instant.and_utc().timestamp_millis()))
        }
        ValueKind::Text | ValueKind::Reference => None,
    }
}

const fn text(string: &str) -> ValueRef<'_> {
    ValueRef::Text(Cow::Borrowed(string))
}
