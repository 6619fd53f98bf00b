//! Values of asset fields.
//!
//! Whole numbers, exact decimals, dates, instants, text and references; never binary fractions, so that sums and
//! comparisons are exact.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::decimal::Decimal;

/// The value of one field of one asset. A field without a value is `None` where a value is expected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// A whole number; for a choice its stored code.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// Text, never empty: an empty text is no value.
    Text(String),
    /// A calendar date.
    Date(NaiveDate),
    /// An instant, in milliseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    /// An exact decimal number, for money.
    Decimal(Decimal),
    /// The id of a record of the table that the field refers to.
    Ref(Uuid),
}

impl Value {
    /// The text of a text value.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number of a whole number.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The id of a reference.
    #[must_use]
    pub fn as_ref_id(&self) -> Option<Uuid> {
        if let Self::Ref(id) = self { Some(*id) } else { None }
    }
}

impl fmt::Display for Value {
    /// The stored form, as queries and CSV use it: codes for choices, ids for references, UTC for instants.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Bool(truth) => truth.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Date(date) => date.fmt(f),
            Self::DateTime(millis) => match DateTime::<Utc>::from_timestamp_millis(*millis) {
                Some(instant) => instant.format("%Y-%m-%d %H:%M:%S").fmt(f),
                None => write!(f, "{millis}"),
            },
            Self::Decimal(decimal) => decimal.fmt(f),
            Self::Ref(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_their_stored_form() {
        let check = |value: Value, expected: &str| assert_eq!(value.to_string(), expected);
        check(Value::Int(7), "7");
        check(Value::Bool(true), "true");
        check(Value::DateTime(1_741_770_900_000), "2025-03-12 09:15:00");
        check(Value::DateTime(i64::MAX), &i64::MAX.to_string());
        check(Value::Date(NaiveDate::from_ymd_opt(2025, 3, 10).unwrap()), "2025-03-10");
    }
}
