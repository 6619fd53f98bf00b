//! The constants of a condition, read once as the kind of their column.

use std::cmp::Ordering;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use uuid::Uuid;

use super::check::ValueKind;
use super::context::Context;
use super::eval::ValueRef;
use super::script::{self, Scripted};
use super::text;
use crate::decimal::Decimal;

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Int(i64),
    Bool(bool),
    /// Folded, so that texts compare without case.
    Text(String),
    /// Seconds since 1970, as the language writes instants to the second; of a date its midnight, both without a zone.
    Seconds(i64),
    Decimal(Decimal),
    /// A reference by id; as text where the id has another form.
    Reference(Option<Uuid>, String),
}

/// What became of a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant {
    /// A value of the column's kind.
    Value(Literal),
    /// The id of a record, as it was written or looked up.
    Id(Literal, String),
    /// Something that no value of the column equals.
    Unreadable,
    /// The id of whoever asks, where nobody in particular does.
    NoUser,
    /// A script that is not on the white list.
    Script,
}

impl Constant {
    /// Reads a constant to be compared for equality.
    pub(super) fn equal_to(kind: ValueKind, text: &str, context: &Context) -> Self {
        match Self::read(kind, text, context) {
            // A date equals the day on which a call's instant lies.
            Self::Value(Literal::Seconds(seconds)) if kind == ValueKind::Date && script::is_script(text) => {
                Self::Value(Literal::Seconds(seconds - seconds.rem_euclid(86_400)))
            }
            other => other,
        }
    }

    /// Reads a constant to be compared by order.
    pub(super) fn bound(kind: ValueKind, text: &str, context: &Context) -> Self {
        match kind {
            // A whole number may be compared with a fraction, and a reference by its display value.
            ValueKind::Integer => match Self::read(ValueKind::Integer, text, context) {
                Self::Unreadable => Self::read(ValueKind::Decimal, text, context),
                other => other,
            },
            ValueKind::Reference => Self::read(ValueKind::Text, text, context),
            _ => Self::read(kind, text, context),
        }
    }

    fn plain(kind: ValueKind, text: &str) -> Self {
        match Literal::read(kind, text) {
            Some(literal) if kind == ValueKind::Reference => Self::Id(literal, text.trim().to_owned()),
            Some(literal) => Self::Value(literal),
            None => Self::Unreadable,
        }
    }

    fn read(kind: ValueKind, text: &str, context: &Context) -> Self {
        if !script::is_script(text) {
            return Self::plain(kind, text);
        }
        match (script::evaluate(text, context), kind) {
            (None, _) => Self::Script,
            (Some(Scripted::Instant(instant)), ValueKind::DateTime) => Self::Value(Literal::Seconds(instant.timestamp())),
            (Some(Scripted::Instant(instant)), ValueKind::Date) => {
                Self::Value(Literal::Seconds(context.zone.local(instant).and_utc().timestamp()))
            }
            (Some(Scripted::Instant(instant)), _) => {
                Literal::read(kind, &instant.format("%Y-%m-%d %H:%M:%S").to_string()).map_or(Self::Unreadable, Self::Value)
            }
            (Some(Scripted::User), _) => context.user_id.as_ref().map_or(Self::NoUser, |id| Self::plain(kind, id)),
        }
    }
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
            ValueKind::Text => Some(Self::Text(text::fold(text).collect())),
            ValueKind::Decimal => trimmed.parse().ok().map(Self::Decimal),
            ValueKind::Date | ValueKind::DateTime => {
                let midnight = || read_date(trimmed).map(|date| date.and_time(NaiveTime::MIN));
                let instant = NaiveDateTime::parse_from_str(trimmed, "%Y-%m-%d %H:%M:%S").ok().or_else(midnight);
                instant.map(|instant| Self::Seconds(instant.and_utc().timestamp()))
            }
            ValueKind::Reference => Some(Self::Reference(Uuid::try_parse(trimmed).ok(), text::fold(trimmed).collect())),
        }
    }

    /// Whether a row's value equals this one: what a list of constants, which are looked for all at once, is measured by.
    #[cfg(test)]
    pub(super) fn equals(&self, value: &ValueRef<'_>) -> bool {
        match (self, value) {
            (Self::Int(a), ValueRef::Int(b)) => a == b,
            (Self::Bool(a), ValueRef::Bool(b)) => a == b,
            (Self::Text(a) | Self::Reference(_, a), ValueRef::Text(b)) => text::equals(b, a),
            (Self::Text(a), ValueRef::Ref(b)) => Uuid::try_parse(a).is_ok_and(|a| a == *b),
            (Self::Reference(Some(a), _), ValueRef::Ref(b)) => a == b,
            (Self::Int(_) | Self::Decimal(_) | Self::Seconds(_), _) => self.order(value) == Some(Ordering::Equal),
            _ => false,
        }
    }

    /// The order of a row's value to this one; `None` where they cannot be ordered.
    pub(super) fn order(&self, value: &ValueRef<'_>) -> Option<Ordering> {
        match (self, value) {
            (Self::Text(bound), ValueRef::Text(text)) => Some(text::compare(text, bound)),
            (Self::Seconds(bound), value) => seconds(value).map(|seconds| seconds.cmp(bound)),
            (Self::Int(bound), value) => number(value).map(|number| number.cmp(&of_int(*bound))),
            (Self::Decimal(bound), value) => number(value).map(|number| number.cmp(&of_decimal(*bound))),
            _ => None,
        }
    }

    /// Whether a row's value is this one or less; of a text only as much as this one is long is looked at.
    pub(super) fn is_at_least(&self, value: &ValueRef<'_>) -> bool {
        match (self, value) {
            (Self::Text(bound), ValueRef::Text(text)) => text::compare_beginning(text, bound).is_le(),
            _ => self.order(value).is_some_and(Ordering::is_le),
        }
    }
}

/// A number in ten-thousandths.
pub(super) fn number(value: &ValueRef<'_>) -> Option<i128> {
    match value {
        ValueRef::Int(number) => Some(of_int(*number)),
        ValueRef::Decimal(decimal) => Some(of_decimal(*decimal)),
        _ => None,
    }
}

pub(super) fn of_int(number: i64) -> i128 {
    i128::from(number) * 10_000
}

pub(super) fn of_decimal(decimal: Decimal) -> i128 {
    i128::from(decimal.ten_thousandths())
}

/// The seconds since 1970 of an instant, or of a date's midnight.
pub(super) fn seconds(value: &ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Date(date) => Some(date.and_time(NaiveTime::MIN).and_utc().timestamp()),
        ValueRef::DateTime(millis) => Some(millis.div_euclid(1000)),
        _ => None,
    }
}

/// A date as the language writes it.
pub(super) fn read_date(text: &str) -> Option<NaiveDate> {
    if text.len() == 10 { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}
