//! Evaluates a checked query over rows.
//!
//! In: a row that gives a value by path. Out: whether it matches, and the order of two rows. Empty values follow the
//! database's rules: a positive test never matches one, and by default neither does a negative test.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ast::{Direction, Path};
use super::check::{Checked, Condition};
use super::literal::number;
use super::prepare::Hint;
use super::related::RelatedTest;
use super::text;
use crate::decimal::Decimal;

/// Whether `!=` and `NOT IN` match rows whose value is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullMode {
    /// They do not, as in SQL.
    #[default]
    Sql,
    /// They do.
    Inclusive,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueRef<'a> {
    /// A whole number.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// Text; an empty text counts as no value.
    Text(Cow<'a, str>),
    /// A calendar date.
    Date(NaiveDate),
    /// An instant, in milliseconds since 1970.
    DateTime(i64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// The id of a record.
    Ref(Uuid),
}

/// Something a query is asked about.
pub trait Row {
    /// The value at a path of a checked query; `None` where it is empty, also where a reference on the way is.
    fn get(&self, path: &Path) -> Option<ValueRef<'_>>;

    /// The row's own id, by which related rows point to it.
    fn id(&self) -> Option<ValueRef<'_>> {
        None
    }

    /// Whether a text of the row may have the word of a hint.
    fn may_have(&self, _hint: &Hint) -> bool {
        true
    }

    /// Whether the row is one of that table, or of a class that extends it.
    fn is_of(&self, _table: &str) -> bool {
        false
    }
}

impl Checked {
    /// Whether the row matches.
    pub fn matches(&self, row: &dyn Row, mode: NullMode) -> bool {
        if self.no_rows {
            return false;
        }
        let holds = |condition: &Arc<Condition>| condition.holds(row, mode, &self.related);
        let all = |group: &Vec<Vec<Arc<Condition>>>| group.iter().all(|conjunct| conjunct.iter().any(holds));
        self.groups.is_empty() || self.groups.iter().any(all)
    }

    /// Takes a row into account that may be related to those that are asked about.
    pub fn observe(&mut self, row: &dyn Row, mode: NullMode) {
        for related in &mut self.related {
            related.observe(row, mode);
        }
    }

    /// The order of two rows by the query's `ORDERBY`; equal where it has none. Empty values come first upwards, last downwards.
    pub fn order(&self, a: &dyn Row, b: &dyn Row) -> Ordering {
        let by = |(path, direction): &(Path, Direction)| {
            let order = compare(a.get(path), b.get(path));
            if *direction == Direction::Descending { order.reverse() } else { order }
        };
        self.order.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl Condition {
    pub(super) fn holds(&self, row: &dyn Row, mode: NullMode, related: &[RelatedTest]) -> bool {
        match self {
            Self::Field(test) => test.holds(row, mode),
            Self::Words(words, paths) => words.iter().all(|word| {
                word.hint.as_ref().is_none_or(|hint| row.may_have(hint))
                    && paths.iter().any(|path| has_word(row, path, &word.folded))
            }),
            Self::Reference(test) => test.holds(row),
            Self::Related(place) => related.get(*place).is_some_and(|test| test.holds(row)),
        }
    }
}

fn has_word(row: &dyn Row, path: &Path, word: &str) -> bool {
    matches!(row.get(path), Some(ValueRef::Text(text)) if text::has_word(&text, word))
}

fn compare(a: Option<ValueRef<'_>>, b: Option<ValueRef<'_>>) -> Ordering {
    use ValueRef as V;
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(V::Bool(a)), Some(V::Bool(b))) => a.cmp(&b),
        (Some(V::Text(a)), Some(V::Text(b))) => text::order(&a, &b),
        (Some(V::Date(a)), Some(V::Date(b))) => a.cmp(&b),
        (Some(V::DateTime(a)), Some(V::DateTime(b))) => a.cmp(&b),
        (Some(V::Ref(a)), Some(V::Ref(b))) => a.cmp(&b),
        (Some(a @ (V::Int(_) | V::Decimal(_))), Some(b @ (V::Int(_) | V::Decimal(_)))) => number(&a).cmp(&number(&b)),
        // Two kinds in one column: any fixed order will do.
        (Some(a), Some(b)) => kind_rank(&a).cmp(&kind_rank(&b)),
    }
}

const fn kind_rank(value: &ValueRef<'_>) -> u8 {
    match value {
        ValueRef::Bool(_) => 0,
        ValueRef::Int(_) => 1,
        ValueRef::Decimal(_) => 2,
        ValueRef::Date(_) => 3,
        ValueRef::DateTime(_) => 4,
        ValueRef::Text(_) => 5,
        ValueRef::Ref(_) => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Catalogue, Column, Context, ValueKind, compile};

    /// Columns a..g of one kind each; the key is the place in the row.
    struct Columns;

    impl Catalogue for Columns {
        fn column(&self, names: &[&str]) -> Option<Column> {
            use ValueKind as K;
            let (kind, key) = match names {
                ["state"] => (K::Integer, 0),
                ["name"] => (K::Text, 1),
                ["flag"] => (K::Boolean, 2),
                ["cost"] => (K::Decimal, 3),
                ["bought"] => (K::Date, 4),
                ["made"] => (K::DateTime, 5),
                ["category"] => (K::Reference, 6),
                _ => return None,
            };
            Some(Column { kind, key })
        }
    }

    struct Cells(Vec<Option<ValueRef<'static>>>);

    impl Row for Cells {
        fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
            self.0.get(path.key() as usize).cloned().flatten()
        }
    }

    fn text(value: &'static str) -> Option<ValueRef<'static>> {
        Some(ValueRef::Text(Cow::Borrowed(value)))
    }

    fn full() -> Cells {
        Cells(vec![
            Some(ValueRef::Int(6)),
            text("Straße 7"),
            Some(ValueRef::Bool(false)),
            Some(ValueRef::Decimal("450".parse().unwrap())),
            NaiveDate::from_ymd_opt(2025, 3, 10).map(ValueRef::Date),
            Some(ValueRef::DateTime(1_741_770_900_250)),
            text("mc_computer"),
        ])
    }

    fn empty() -> Cells {
        Cells(vec![None, text(""), None, None, None, None, None])
    }

    #[test]
    fn full_rows() {
        let check = |query: &str, expected: bool| {
            let checked = compile(query, &Columns, &Context::for_tests()).unwrap_or_else(|error| panic!("{query}: {error}"));
            for mode in [NullMode::Sql, NullMode::Inclusive] {
                assert_eq!(checked.matches(&full(), mode), expected, "{query}");
            }
        };
        check("", true);
        check("state=6", true);
        check("state=6.0", true);
        check("state=06", true);
        check("state!=6", false);
        check("state!=7", true);
        check("state=In stock", false);
        check("state!=In stock", true);
        check("stateIN1,6", true);
        check("stateNOT IN2,7,10", true);
        check("stateNOT IN2,6", false);
        check("stateNOT INfoo", true);
        check("name=STRAßE 7", true);
        check("name=Straße", false);
        check("nameINx,straße 7", true);
        check("flag=false", true);
        check("flag=0", true);
        check("flag!=true", true);
        check("flag!=false", false);
        check("cost=450.00", true);
        check("cost=450.01", false);
        check("bought=2025-03-10", true);
        check("bought!=2025-03-10", false);
        check("made=2025-03-12 09:15:00", true);
        check("made=2025-03-12", false);
        check("category=MC_COMPUTER", true);
        check("category!=mc_printer", true);
        check("category=", false);
        check("category!=", true);
        check("state=1^ORstate=6^name=x", false);
        check("state=1^NQname=straße 7", true);
        check("state=6^name=x^NQstate=6^ORname=x", true);
    }

    #[test]
    fn empty_values() {
        let check = |query: &str, sql: bool, inclusive: bool| {
            let checked = compile(query, &Columns, &Context::for_tests()).unwrap();
            assert_eq!(checked.matches(&empty(), NullMode::Sql), sql, "{query} sql");
            assert_eq!(checked.matches(&empty(), NullMode::Inclusive), inclusive, "{query} inclusive");
        };
        check("state=6", false, false);
        check("state!=6", false, true);
        check("stateIN6", false, false);
        check("stateNOT IN6", false, true);
        check("stateISEMPTY", true, true);
        check("state=NULL", true, true);
        check("stateISNOTEMPTY", false, false);
        check("name!=x", false, true);
        check("nameISEMPTY", true, true);
        check("flag!=true", true, true);
        check("flag!=false", true, true);
        check("flag=false", false, false);
        check("category!=mc_printer", false, true);
    }

    #[test]
    fn rows_are_ordered() {
        let order = |query: &str| compile(query, &Columns, &Context::for_tests()).unwrap().order(&empty(), &full());
        assert_eq!(order("state=1"), Ordering::Equal);
        assert_eq!(order("ORDERBYstate"), Ordering::Less);
        assert_eq!(order("ORDERBYDESCstate"), Ordering::Greater);
        let by_name = compile("ORDERBYstate^ORDERBYDESCname", &Columns, &Context::for_tests()).unwrap();
        let row = |name| Cells(vec![Some(ValueRef::Int(1)), text(name)]);
        assert_eq!(by_name.order(&row("abel"), &row("Beth")), Ordering::Greater);
    }
}
