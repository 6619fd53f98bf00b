//! The values of one record by the names of their fields. A field without a value is not there.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::asset::Value;
use crate::decimal::Decimal;

/// The values of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// Sets a field, or empties it.
    pub fn set(&mut self, field: &str, value: Option<Value>) {
        match value {
            Some(value) => self.0.insert(field.to_owned(), value),
            None => self.0.remove(field),
        };
    }

    /// The same with a field set.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.set(field, Some(value));
        self
    }

    /// All fields with a value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The text of a field, if it holds one.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.get(field).and_then(Value::as_text)
    }

    /// The whole number of a field that is not below 0.
    #[must_use]
    pub fn count(&self, field: &str) -> Option<u64> {
        match self.get(field)? {
            Value::Int(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The whole number of a field.
    #[must_use]
    pub fn whole(&self, field: &str) -> Option<i64> {
        match self.get(field)? {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The decimal number or amount of a field.
    #[must_use]
    pub fn decimal(&self, field: &str) -> Option<Decimal> {
        match self.get(field)? {
            Value::Decimal(number) => Some(*number),
            _ => None,
        }
    }

    /// The date of a field.
    #[must_use]
    pub fn date(&self, field: &str) -> Option<NaiveDate> {
        match self.get(field)? {
            Value::Date(date) => Some(*date),
            _ => None,
        }
    }

    /// Whether a field is true; one without a value is not.
    #[must_use]
    pub fn is(&self, field: &str) -> bool {
        matches!(self.get(field), Some(Value::Bool(true)))
    }

    /// The record that a field points to.
    #[must_use]
    pub fn id(&self, field: &str) -> Option<Uuid> {
        match self.get(field)? {
            Value::Ref(id) => Some(*id),
            _ => None,
        }
    }
}
