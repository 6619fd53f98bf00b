//! Records of a case as rows of a query.
//!
//! A reference field holds the record it refers to inline, or its id. A field is known when assets have it or when a record of the
//! case has it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use muster_domain::asset::row::value_kind;
use muster_domain::asset::{Field, class};
use muster_domain::query::{Catalogue, Column, Path, Row, ValueKind, ValueRef};
use serde_json::{Map, Value};

/// The records of one case.
pub(super) struct Records {
    records: Vec<Map<String, Value>>,
    /// Every path below a record, with the kind of its values where no asset field says it.
    paths: BTreeMap<String, ValueKind>,
}

/// One record.
pub(super) struct Record<'a> {
    members: &'a Map<String, Value>,
    records: &'a Records,
}

impl Records {
    pub(super) fn new(records: Vec<Map<String, Value>>) -> Self {
        let mut paths = BTreeMap::new();
        for record in &records {
            collect(record, "", &mut paths);
        }
        Self { records, paths }
    }

    /// The records of a table and of the classes that extend it. One without a class is of the table asked for.
    pub(super) fn rows<'a>(&'a self, table: &'a str) -> impl Iterator<Item = Record<'a>> {
        let of_table = move |record: &&Map<String, Value>| {
            record.get("sys_class_name").and_then(Value::as_str).is_none_or(|class| class::extends(class, table))
        };
        self.records.iter().filter(of_table).map(|members| Record { members, records: self })
    }
}

impl Record<'_> {
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
            [name] => Field::from_name(name).map(value_kind).or_else(|| self.paths.get(*name).copied())?,
            [.., "sys_id"] => ValueKind::Reference,
            [first, ..] => {
                let walks_a_reference = Field::from_name(first).is_some_and(|field| value_kind(field) == ValueKind::Reference);
                let known = self.paths.get(&names.join(".")).copied();
                known
                    .or_else(|| (walks_a_reference && matches!(names, [_, "name" | "display_name"])).then_some(ValueKind::Text))?
            }
            [] => return None,
        };
        Some(Column { kind, key: kind as u32 })
    }

    fn knows_reference(&self, _column: Column, _value: &str) -> bool {
        // Warnings are not part of a count's answer.
        true
    }
}

impl Row for Record<'_> {
    fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
        let column = self.records.column(&path.names().iter().map(String::as_str).collect::<Vec<_>>())?;
        let (first, rest) = path.names().split_first()?;
        let mut value = self.members.get(first)?;
        for name in rest {
            value = match value {
                Value::Object(record) => record.get(name)?,
                // A plain id is itself the id of the record it stands for.
                id @ Value::String(_) if name == "sys_id" => id,
                _ => return None,
            };
        }
        value_ref(column.kind, value)
    }
}

fn collect(record: &Map<String, Value>, prefix: &str, paths: &mut BTreeMap<String, ValueKind>) {
    for (name, value) in record {
        let path = format!("{prefix}{name}");
        let kind = match value {
            Value::Bool(_) => ValueKind::Boolean,
            Value::Number(number) if number.is_i64() => ValueKind::Integer,
            Value::Number(_) => ValueKind::Decimal,
            Value::Object(inline) => {
                collect(inline, &format!("{path}."), paths);
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
