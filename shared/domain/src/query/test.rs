//! One condition of a compiled query: what is asked of a field's value, and whether a value passes.
//!
//! Every constant is resolved, so that a row is judged without a copy of its values. An empty value passes a test only where the
//! language says so.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc, Weekday};

use super::ast::Path;
use super::check::ValueKind;
use super::eval::{NullMode, Row, ValueRef};
use super::literal::{Literal, number, seconds};
use super::members::Members;
use super::operator::Relation;
use super::period::{Part, Unit};
use super::text;
use crate::calendar::SiteZone;

/// A field and what is asked of it.
#[derive(Debug, Clone)]
pub(super) struct FieldTest {
    pub(super) path: Path,
    pub(super) kind: ValueKind,
    pub(super) test: Test,
}

/// Where days and weeks begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locale {
    pub(super) zone: SiteZone,
    pub(super) first_day_of_week: Weekday,
}

/// Which way a distance between two dates is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Before,
    After,
    Either,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Anything,
    /// The constant can be no value of the field.
    Nothing,
    Empty,
    NotEmpty,
    EmptyString,
    OneOf(Members),
    NoneOf(Members),
    Contains(String),
    NotContains(String),
    StartsWith(String),
    EndsWith(String),
    Compare(Relation, Literal),
    Between(Literal, Literal),
    Outside(Literal, Literal),
    DatePart(Part, Relation, i64, Locale),
    SameAs {
        other: Path,
        unit: Option<Unit>,
        same: bool,
        locale: Locale,
    },
    CompareField {
        other: Path,
        relation: Relation,
        locale: Locale,
    },
    InField {
        other: Path,
    },
    Distance {
        other: Path,
        unit: Unit,
        way: Way,
        more: bool,
        n: i64,
        locale: Locale,
    },
}

impl FieldTest {
    /// The second field, where two are compared.
    pub(super) const fn other(&self) -> Option<&Path> {
        match &self.test {
            Test::SameAs { other, .. }
            | Test::CompareField { other, .. }
            | Test::InField { other }
            | Test::Distance { other, .. } => Some(other),
            Test::Anything
            | Test::Nothing
            | Test::Empty
            | Test::NotEmpty
            | Test::EmptyString
            | Test::OneOf(_)
            | Test::NoneOf(_)
            | Test::Contains(_)
            | Test::NotContains(_)
            | Test::StartsWith(_)
            | Test::EndsWith(_)
            | Test::Compare(..)
            | Test::Between(..)
            | Test::Outside(..)
            | Test::DatePart(..) => None,
        }
    }

    pub(super) fn holds(&self, row: &dyn Row, mode: NullMode) -> bool {
        if matches!(self.test, Test::Anything) {
            return true;
        }
        let value = row.get(&self.path);
        if matches!(self.test, Test::EmptyString) {
            return matches!(value, Some(ValueRef::Text(text)) if text.is_empty());
        }
        let Some(value) = value.filter(|value| !is_empty(value)) else {
            return match &self.test {
                Test::Empty | Test::NotContains(_) => true,
                // "Is not true" is true of an unset truth value in every mode.
                Test::NoneOf(_) => mode == NullMode::Inclusive || self.kind == ValueKind::Boolean,
                _ => false,
            };
        };
        match &self.test {
            Test::Anything | Test::NotEmpty => true,
            Test::Nothing | Test::Empty | Test::EmptyString => false,
            Test::OneOf(members) => members.contain(&value),
            Test::NoneOf(members) => !members.contain(&value),
            Test::Contains(part) => text::contains(&stored(&value), part),
            Test::NotContains(part) => !text::contains(&stored(&value), part),
            Test::StartsWith(part) => text::starts_with(&stored(&value), part),
            Test::EndsWith(part) => text::ends_with(&stored(&value), part),
            Test::Compare(Relation::LessOrEqual, bound) => bound.is_at_least(&value),
            Test::Compare(relation, bound) => bound.order(&value).is_some_and(|order| relation.holds(order)),
            Test::Between(low, high) => low.order(&value).is_some_and(Ordering::is_ge) && high.is_at_least(&value),
            Test::Outside(start, end) => {
                start.order(&value).is_some_and(Ordering::is_lt) || end.order(&value).is_some_and(Ordering::is_gt)
            }
            Test::DatePart(part, relation, number, locale) => {
                locale.local(&value).is_some_and(|local| relation.holds(part.of(local).cmp(number)))
            }
            Test::SameAs { other, unit, same, locale } => {
                with_other(row, other, |other| locale.same(&value, other, *unit).is_some_and(|equal| equal == *same))
            }
            Test::CompareField { other, relation, locale } => {
                with_other(row, other, |other| locale.order(&value, other).is_some_and(|order| relation.holds(order)))
            }
            Test::InField { other } => with_other(row, other, |list| {
                let value = stored(&value);
                stored(list).split(',').any(|item| text::fold(item.trim()).eq(text::fold(&value)))
            }),
            Test::Distance { other, unit, way, more, n, locale } => with_other(row, other, |other| {
                let (Some(own), Some(other)) = (locale.local(&value), locale.local(other)) else { return false };
                let distance = match way {
                    Way::After => unit.between(other, own),
                    Way::Before => unit.between(own, other),
                    Way::Either => unit.between(own, other).abs(),
                };
                if *more { distance > *n } else { is_on_side(*way, own, other) && distance <= *n }
            }),
        }
    }
}

fn is_on_side(way: Way, own: NaiveDateTime, other: NaiveDateTime) -> bool {
    match way {
        Way::After => own >= other,
        Way::Before => own <= other,
        Way::Either => true,
    }
}

impl Locale {
    /// The local time of an instant, or the midnight of a date.
    fn local(self, value: &ValueRef<'_>) -> Option<NaiveDateTime> {
        match value {
            ValueRef::Date(date) => Some(date.and_time(NaiveTime::MIN)),
            ValueRef::DateTime(_) => {
                let instant = DateTime::<Utc>::from_timestamp(seconds(value)?, 0)?;
                Some(self.zone.local(instant))
            }
            _ => None,
        }
    }

    fn same(self, a: &ValueRef<'_>, b: &ValueRef<'_>, unit: Option<Unit>) -> Option<bool> {
        match unit {
            None => match (a, b) {
                (ValueRef::Text(a), ValueRef::Text(b)) => Some(text::fold(a).eq(text::fold(b))),
                (ValueRef::Bool(a), ValueRef::Bool(b)) => Some(a == b),
                (ValueRef::Ref(a), ValueRef::Ref(b)) => Some(a == b),
                _ => self.order(a, b).map(Ordering::is_eq),
            },
            Some(unit) => {
                let start = |value| self.local(value).map(|local| unit.start(local, self.first_day_of_week));
                Some(start(a)? == start(b)?)
            }
        }
    }

    fn order(self, a: &ValueRef<'_>, b: &ValueRef<'_>) -> Option<Ordering> {
        match (a, b) {
            (ValueRef::Text(a), ValueRef::Text(b)) => Some(text::fold(a).cmp(text::fold(b))),
            (ValueRef::DateTime(_), ValueRef::DateTime(_)) => Some(seconds(a)?.cmp(&seconds(b)?)),
            (ValueRef::Date(_) | ValueRef::DateTime(_), _) => Some(self.local(a)?.cmp(&self.local(b)?)),
            _ => Some(number(a)?.cmp(&number(b)?)),
        }
    }
}

/// Asks about another field of the same row; an empty one passes nothing.
fn with_other(row: &dyn Row, other: &Path, passes: impl FnOnce(&ValueRef<'_>) -> bool) -> bool {
    row.get(other).filter(|value| !is_empty(value)).is_some_and(|value| passes(&value))
}

fn is_empty(value: &ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Text(text) if text.is_empty())
}

/// A value as it is written. Texts, which are what parts are looked for in, lie as they are.
fn stored<'a>(value: &'a ValueRef<'_>) -> Cow<'a, str> {
    match value {
        ValueRef::Text(text) => Cow::Borrowed(text),
        ValueRef::Int(number) => Cow::Owned(number.to_string()),
        ValueRef::Bool(truth) => Cow::Owned(truth.to_string()),
        ValueRef::Date(date) => Cow::Owned(date.to_string()),
        ValueRef::Decimal(decimal) => Cow::Owned(decimal.to_string()),
        ValueRef::Ref(id) => Cow::Owned(id.to_string()),
        ValueRef::DateTime(millis) => match DateTime::<Utc>::from_timestamp_millis(*millis) {
            Some(instant) => Cow::Owned(instant.format("%Y-%m-%d %H:%M:%S").to_string()),
            None => Cow::Owned(millis.to_string()),
        },
    }
}
