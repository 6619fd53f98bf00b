//! The value of a condition, read once as the kind of its column.

use std::cmp::Ordering;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use uuid::Uuid;

use super::check::ValueKind;
use super::eval::ValueRef;
use crate::decimal::Decimal;

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Int(i64),
    Bool(bool),
    /// Folded, so that texts compare without case.
    Text(String),
    Date(NaiveDate),
    /// Seconds since 1970, as the language writes instants to the second.
    Seconds(i64),
    Decimal(Decimal),
    /// A reference by id; as text where the id has another form.
    Reference(Option<Uuid>, String),
}

impl Literal {
    /// Reads a value; `None` where it cannot be one of this kind, and therefore equals nothing.
    pub(super) fn read(kind: ValueKind, text: &str) -> Option<Self> {
        let trimmed = text.trim();
        match kind {
            ValueKind::Integer => {
                let whole = || trimmed.parse::<Decimal>().ok().and_then(Decimal::whole);
                trimmed.parse().ok().or_else(whole).map(Self::Int)
            }
            ValueKind::Boolean => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(Self::Bool(true)),
                "false" | "0" => Some(Self::Bool(false)),
                _ => None,
            },
            ValueKind::Text => Some(Self::Text(fold(text).collect())),
            ValueKind::Decimal => trimmed.parse().ok().map(Self::Decimal),
            ValueKind::Date => read_date(trimmed).map(Self::Date),
            ValueKind::DateTime => {
                let midnight = || read_date(trimmed).map(|date| date.and_time(NaiveTime::MIN));
                let instant = NaiveDateTime::parse_from_str(trimmed, "%Y-%m-%d %H:%M:%S").ok().or_else(midnight);
                instant.map(|instant| Self::Seconds(instant.and_utc().timestamp()))
            }
            ValueKind::Reference => Some(Self::Reference(Uuid::try_parse(trimmed).ok(), fold(trimmed).collect())),
        }
    }

    /// Whether a row's value equals this one.
    pub(super) fn equals(&self, value: &ValueRef<'_>) -> bool {
        match (self, value) {
            (Self::Int(a), ValueRef::Int(b)) => a == b,
            (Self::Int(a), ValueRef::Decimal(b)) => b.whole() == Some(*a),
            (Self::Decimal(a), ValueRef::Decimal(b)) => a == b,
            (Self::Decimal(a), ValueRef::Int(b)) => a.whole() == Some(*b),
            (Self::Bool(a), ValueRef::Bool(b)) => a == b,
            (Self::Text(a), ValueRef::Text(b)) => a.chars().eq(fold(b)),
            (Self::Text(a), ValueRef::Ref(b)) => Uuid::try_parse(a).is_ok_and(|a| a == *b),
            (Self::Date(a), ValueRef::Date(b)) => a == b,
            (Self::Seconds(a), ValueRef::DateTime(millis)) => *a == millis.div_euclid(1000),
            (Self::Reference(Some(a), _), ValueRef::Ref(b)) => a == b,
            (Self::Reference(_, a), ValueRef::Text(b)) => a.chars().eq(fold(b)),
            _ => false,
        }
    }
}

/// The characters of a text without case.
pub(super) fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

/// Orders texts without case, then by their characters, so that the order is total.
pub(super) fn order_text(a: &str, b: &str) -> Ordering {
    fold(a).cmp(fold(b)).then_with(|| a.cmp(b))
}

fn read_date(text: &str) -> Option<NaiveDate> {
    if text.len() == 10 { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}
