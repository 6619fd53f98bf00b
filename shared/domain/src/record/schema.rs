//! A kind of record: its names, its fields, what identifies a record, and its rules.

use chrono::NaiveDate;
use uuid::Uuid;

use super::field::{Field, FieldKind};
use super::findings::Findings;
use super::library::Library;
use super::settle::Draft;
use super::values::Values;
use crate::asset::Value;
use crate::asset::reference::Table;

/// A kind of record.
#[derive(Debug)]
pub struct Schema {
    /// The last part of its path in the API, and its file's name: `entitlements`.
    pub path: &'static str,
    /// What people call one: `entitlement`.
    pub one: &'static str,
    /// What it is for, in a sentence or two.
    pub help: &'static str,
    /// Its fields in the order of a form.
    pub fields: &'static [Field],
    /// The field by which people name a record; empty where it has none.
    pub name: &'static str,
    /// Fields whose values together are there only once. The first set also tells which record a line of a file is about.
    pub unique: &'static [&'static [&'static str]],
    /// The fields that a table shows.
    pub columns: &'static [&'static str],
    /// What its fields must agree on, and what follows from them.
    pub rules: Rules,
}

/// Sets what follows from what was entered and is kept, and finds what is wrong.
pub type Check = fn(&mut Draft<'_>, &dyn Library, NaiveDate, &mut Findings);
/// Values that follow from a record and those around it, on a date.
pub type Derive = fn(Uuid, &Values, &dyn Library, NaiveDate) -> Vec<(&'static str, Option<Value>)>;

/// The rules of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Sets what follows from what was entered and is kept, and finds what is wrong.
    pub check: Check,
    /// Values that follow from the record and those around it, on a date; they stand over what is stored.
    pub derive: Derive,
}

impl Rules {
    /// No rules beyond those of each field.
    pub const NONE: Self = Self { check: |_, _, _, _| {}, derive: |_, _, _, _| Vec::new() };
}

impl Schema {
    /// The field of a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field of a name or a label, whatever the case; spaces and underscores are the same.
    #[must_use]
    pub fn field_called(&self, text: &str) -> Option<&'static Field> {
        let wanted = folded(text);
        self.fields.iter().find(|field| field.name == wanted).or_else(|| {
            let is_label = |field: &&Field| {
                std::iter::once(field.label).chain(field.also.iter().copied()).any(|label| folded(label) == wanted)
            };
            let mut labelled = self.fields.iter().filter(is_label);
            labelled.next().filter(|_| labelled.next().is_none())
        })
    }

    /// The fields that are called this where several are: what is entered says which of them is meant.
    #[must_use]
    pub fn shared_name(&self, text: &str) -> Option<(&'static str, Vec<&'static Field>)> {
        let wanted = folded(text);
        let all = self.fields.iter().flat_map(|field| field.also.iter().map(move |also| (*also, field)));
        let of: Vec<_> = all.filter(|(also, _)| folded(also) == wanted).collect();
        let (name, _) = of.first().filter(|_| of.len() > 1)?;
        Some((*name, of.iter().map(|(_, field)| *field).collect()))
    }

    /// Whether a field points to assets.
    #[must_use]
    pub fn names_assets(&self) -> bool {
        self.fields.iter().any(|field| field.kind == FieldKind::Reference(Table::Asset))
    }

    /// What identifies a record, one text for each set of unique fields that all have a value.
    #[must_use]
    pub fn keys(&self, values: &Values) -> Vec<String> {
        self.unique.iter().filter_map(|fields| key(fields, values)).collect()
    }

    /// What a record is called, if people name it.
    #[must_use]
    pub fn name_of<'a>(&self, values: &'a Values) -> Option<&'a str> {
        values.text(self.name)
    }

    /// The records of kinds that a record points to, with the field.
    pub fn targets(&self, values: &Values) -> Vec<(&'static str, Uuid)> {
        let links = self.fields.iter().filter(|field| matches!(field.kind, FieldKind::Link(_)));
        links.filter_map(|field| values.id(field.name).map(|id| (field.name, id))).collect()
    }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The text of some fields, folded; none where one of them has no value.
pub(super) fn key(fields: &[&str], values: &Values) -> Option<String> {
    let mut text = fields.join("+");
    for field in fields {
        text.push('\u{1f}');
        text.push_str(&values.get(field)?.to_string().trim().to_lowercase());
    }
    Some(text)
}
