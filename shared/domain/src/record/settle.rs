//! Makes a record of what was entered: defaults, required fields, what may be only once, and the rules of its kind.

use chrono::NaiveDate;
use uuid::Uuid;

use super::field::FieldKind;
use super::findings::Findings;
use super::library::{Library, Shelf};
use super::read::{Names, read_cell};
use super::schema::{Schema, key};
use super::values::Values;
use crate::asset::Value;
use crate::asset::reference::Table;

/// A record that is being entered.
pub struct Draft<'a> {
    /// Its id.
    pub id: Uuid,
    /// As it was; none of a new one.
    pub before: Option<&'a Values>,
    /// As it is to be.
    pub values: Values,
    /// The fields that were entered and are another value than what the record showed before.
    pub entered: Vec<&'static str>,
    /// Changes of other records that this one brings along.
    pub follows: Vec<Follow>,
    /// Gives ids to records that it brings along.
    pub new_id: &'a mut dyn FnMut() -> Uuid,
}

/// A change that another record's change brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// The path of the kind.
    pub kind: &'static str,
    /// The record; one that is not there is made.
    pub id: Uuid,
    /// The fields that change.
    pub set: Vec<(&'static str, Option<Value>)>,
}

impl Draft<'_> {
    /// Whether a field gets another value than it had.
    #[must_use]
    pub fn changes(&self, field: &str) -> bool {
        self.before.and_then(|before| before.get(field)) != self.values.get(field)
    }

    /// Whether a value was entered for a field.
    #[must_use]
    pub fn enters(&self, field: &str) -> bool {
        self.entered.contains(&field) && self.values.get(field).is_some()
    }
}

/// A record that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its values.
    pub values: Values,
    /// What an administrator should know.
    pub warnings: Vec<String>,
    /// Changes of other records that it brings along.
    pub follows: Vec<Follow>,
}

struct Nobody;

impl Names for Nobody {
    fn reference(&self, _: Table, _: &str) -> Option<Uuid> {
        None
    }

    fn linked(&self, _: &'static str, _: &str) -> Vec<Uuid> {
        Vec::new()
    }
}

/// Checks a record against the others on a date. `set` are the fields that were entered, with their values.
///
/// # Errors
/// Everything that keeps the record from being stored, by field.
pub fn settle(
    schema: &'static Schema,
    id: Uuid,
    before: Option<&Values>,
    set: Vec<(&'static str, Option<Value>)>,
    shelf: &Shelf,
    today: NaiveDate,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Settled, Findings> {
    let mut findings = Findings::default();
    let mut draft =
        Draft { id, before, values: before.cloned().unwrap_or_default(), entered: Vec::new(), follows: Vec::new(), new_id };
    if before.is_none() {
        for field in schema.fields {
            if let Some(Ok(entry)) = field.default.map(|default| read_cell(field, default, &Nobody)) {
                draft.values.set(field.name, entry.value);
            }
        }
    }
    // Who sends a whole form or a whole file back has entered only what differs from what it showed.
    let shown = before.map(|before| derived(schema, id, before, shelf, today));
    for (name, value) in set {
        if shown.as_ref().is_none_or(|shown| shown.get(name) != value.as_ref()) {
            draft.values.set(name, value);
            draft.entered.push(name);
        }
    }
    (schema.rules.check)(&mut draft, shelf, today, &mut findings);
    for field in schema.fields {
        let value = draft.values.get(field.name);
        if value.is_none() && field.required && !findings.errors.iter().any(|error| error.field == field.name) {
            findings.error(field.name, "it must have a value");
        }
        if let (FieldKind::Money(currency), Some(_)) = (field.kind, value)
            && draft.values.get(currency).is_none()
        {
            findings.error(field.name, "say the currency, such as EUR, or write EUR;200");
        }
        if let (FieldKind::Link(kind), Some(Value::Ref(target))) = (field.kind, value)
            && draft.changes(field.name)
            && shelf.record(kind, *target).is_none()
            && !draft.follows.iter().any(|follow| (follow.kind, follow.id) == (kind, *target))
        {
            findings.error(field.name, format!("there is no record {target} of {kind}"));
        }
    }
    for fields in schema.unique {
        let holder = key(fields, &draft.values).and_then(|key| shelf.holder(schema.path, &key));
        if let (Some(holder), Some(first)) = (holder.filter(|holder| *holder != id), fields.first()) {
            let also = if fields.len() > 1 {
                format!(" together with {}", fields.get(1..).unwrap_or_default().join(" and "))
            } else {
                String::new()
            };
            findings.error(first, format!("{} {holder} has this value already{also}", schema.one));
        }
    }
    if !findings.errors.is_empty() {
        findings.errors.sort();
        findings.errors.dedup();
        return Err(findings);
    }
    Ok(Settled { values: draft.values, warnings: findings.warnings, follows: draft.follows })
}

/// A record as it is on a date: its stored values, and over them those that follow.
#[must_use]
pub fn derived(schema: &'static Schema, id: Uuid, values: &Values, library: &dyn Library, today: NaiveDate) -> Values {
    let mut all = values.clone();
    for (field, value) in (schema.rules.derive)(id, values, library, today) {
        all.set(field, value);
    }
    all
}
