//! Checks a parsed query against a catalogue of columns and compiles it.
//!
//! An unknown field is an error, never "all rows"; an operator that this version does not evaluate is an error that names it. A
//! value that is not of its column's kind, or a reference nobody has, is no error: it equals nothing, and a warning says so.

use super::ast::{Comparison, Direction, Modifier, Path, Place, Query, Term};
use super::error::{QueryError, QueryErrorKind};
use super::literal::Literal;
use super::operator::Operator;
use super::parse::parse;

/// What kind of values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Whole numbers, or choices by their stored code.
    Integer,
    /// Text, compared without case.
    Text,
    /// True or false.
    Boolean,
    /// Exact decimal numbers.
    Decimal,
    /// Calendar dates.
    Date,
    /// Instants, written in UTC.
    DateTime,
    /// Ids of records.
    Reference,
}

impl ValueKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Integer => "a whole number",
            Self::Text => "text",
            Self::Boolean => "true or false",
            Self::Decimal => "a decimal number",
            Self::Date => "a date (yyyy-MM-dd)",
            Self::DateTime => "a date and time (yyyy-MM-dd HH:mm:ss)",
            Self::Reference => "a record's id",
        }
    }
}

/// A column of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The kind of its values.
    pub kind: ValueKind,
    /// What the row knows it by.
    pub key: u32,
}

/// The columns a query may name.
pub trait Catalogue {
    /// The column of a field, walked through references; `None` where there is none.
    fn column(&self, names: &[&str]) -> Option<Column>;

    /// Whether some record has this id, for a warning only.
    fn knows_reference(&self, _column: Column, _value: &str) -> bool {
        true
    }
}

/// A value that equals nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The byte offset of the value.
    pub position: usize,
    /// What is odd about it.
    pub text: String,
}

/// A query that can be evaluated.
#[derive(Debug, Clone)]
pub struct Checked {
    pub(super) groups: Vec<Vec<Vec<Condition>>>,
    pub(super) order: Vec<(Path, Direction)>,
    warnings: Vec<Warning>,
}

#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) path: Path,
    pub(super) kind: ValueKind,
    pub(super) test: Test,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Empty,
    NotEmpty,
    OneOf(Vec<Literal>),
    NoneOf(Vec<Literal>),
}

impl Checked {
    /// Values that equal nothing.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Whether the query orders its rows.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        !self.order.is_empty()
    }
}

/// Parses and checks a query.
///
/// # Errors
/// As [`parse`] and [`check`].
pub fn compile(text: &str, catalogue: &dyn Catalogue) -> Result<Checked, QueryError> {
    check(&parse(text)?, catalogue)
}

/// Checks a query against a catalogue.
///
/// # Errors
/// When a field is unknown or an operator is not evaluated by this version, with the place.
pub fn check(query: &Query, catalogue: &dyn Catalogue) -> Result<Checked, QueryError> {
    let mut warnings = Vec::new();
    let mut groups = Vec::with_capacity(query.groups.len());
    for group in &query.groups {
        let mut conjuncts = Vec::with_capacity(group.len());
        for conjunct in group {
            let conditions: Result<Vec<_>, _> = conjunct.iter().map(|term| condition(term, catalogue, &mut warnings)).collect();
            conjuncts.push(conditions?);
        }
        groups.push(conjuncts);
    }
    let mut order = Vec::new();
    for modifier in &query.modifiers {
        match modifier {
            Modifier::Order { path, direction, at } => {
                let column = column(path, *at, catalogue)?;
                order.push((path.clone().resolved(column.key), *direction));
            }
            Modifier::Group { path, at } => {
                column(path, *at, catalogue)?;
            }
        }
    }
    Ok(Checked { groups, order, warnings })
}

fn condition(term: &Term, catalogue: &dyn Catalogue, warnings: &mut Vec<Warning>) -> Result<Condition, QueryError> {
    let comparison = match term {
        Term::Comparison(comparison) => comparison,
        Term::Text(search) => {
            return Err(QueryError::new(QueryErrorKind::UnsupportedTerm("a text search (123TEXTQUERY321)"), search.at.0));
        }
        Term::Related(related) => {
            return Err(QueryError::new(QueryErrorKind::UnsupportedTerm("a related-list query (RLQUERY)"), related.at.0));
        }
    };
    let column = column(&comparison.path, comparison.at, catalogue)?;
    let test = match comparison.operator {
        Operator::IsEmpty => Test::Empty,
        Operator::IsNotEmpty => Test::NotEmpty,
        Operator::Equals => Test::OneOf(literals(comparison, [comparison.value.as_str()], column, catalogue, warnings)?),
        Operator::NotEquals => Test::NoneOf(literals(comparison, [comparison.value.as_str()], column, catalogue, warnings)?),
        Operator::In => Test::OneOf(literals(comparison, comparison.value.split(','), column, catalogue, warnings)?),
        Operator::NotIn => Test::NoneOf(literals(comparison, comparison.value.split(','), column, catalogue, warnings)?),
        other => {
            let kind = QueryErrorKind::UnsupportedOperator(other.spelling());
            return Err(QueryError::new(kind, comparison.operator_at.0));
        }
    };
    Ok(Condition { path: comparison.path.clone().resolved(column.key), kind: column.kind, test })
}

fn literals<'a>(
    comparison: &Comparison,
    values: impl IntoIterator<Item = &'a str>,
    column: Column,
    catalogue: &dyn Catalogue,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Literal>, QueryError> {
    let position = comparison.value_at.0;
    let mut literals = Vec::new();
    for value in values {
        if value.trim_start().starts_with("javascript:") {
            return Err(QueryError::new(QueryErrorKind::UnsupportedTerm("a javascript: value"), position));
        }
        let path = &comparison.path;
        match Literal::read(column.kind, value) {
            None => warnings
                .push(Warning { position, text: format!("{path}: {value:?} is not {}, it equals nothing", column.kind.name()) }),
            Some(literal) => {
                if column.kind == ValueKind::Reference && !catalogue.knows_reference(column, value) {
                    warnings
                        .push(Warning { position, text: format!("{path}: no record has the id {value:?}, it equals nothing") });
                }
                literals.push(literal);
            }
        }
    }
    Ok(literals)
}

fn column(path: &Path, at: Place, catalogue: &dyn Catalogue) -> Result<Column, QueryError> {
    let names: Vec<&str> = path.names().iter().map(String::as_str).collect();
    catalogue.column(&names).ok_or_else(|| QueryError::new(QueryErrorKind::UnknownField(path.to_string()), at.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Columns;

    impl Catalogue for Columns {
        fn column(&self, names: &[&str]) -> Option<Column> {
            match names {
                ["state"] => Some(Column { kind: ValueKind::Integer, key: 1 }),
                ["category"] => Some(Column { kind: ValueKind::Reference, key: 2 }),
                _ => None,
            }
        }

        fn knows_reference(&self, column: Column, value: &str) -> bool {
            column.key == 2 && value == "mc_computer"
        }
    }

    #[test]
    fn what_is_not_evaluated_is_refused_by_name_and_place() {
        let check = |query: &str, message: &str| {
            assert_eq!(compile(query, &Columns).unwrap_err().to_string(), message, "{query}");
        };
        check("stateLIKE1", "operator LIKE is not supported by this version (at byte 5 of the query)");
        check("state=1^stateCONTAINS1", "operator LIKE is not supported by this version (at byte 13 of the query)");
        check("state>1", "operator > is not supported by this version (at byte 5 of the query)");
        check("stateVALCHANGES", "operator VALCHANGES is not supported by this version (at byte 5 of the query)");
        check("state=1^no_such_field=5", "unknown field no_such_field (at byte 8 of the query)");
        check("state.name=5", "unknown field state.name (at byte 0 of the query)");
        check("state=1^ORDERBYcolour", "unknown field colour (at byte 15 of the query)");
        check("GROUPBYcolour", "unknown field colour (at byte 7 of the query)");
        check(
            "state=1^123TEXTQUERY321=x",
            "a text search (123TEXTQUERY321) is not supported by this version (at byte 8 of the query)",
        );
        check(
            "RLQUERYa.b,=1^ENDRLQUERY",
            "a related-list query (RLQUERY) is not supported by this version (at byte 0 of the query)",
        );
        check("state=javascript:gs.x()", "a javascript: value is not supported by this version (at byte 6 of the query)");
    }

    #[test]
    fn values_that_equal_nothing_are_warned_of() {
        let check = |query: &str, expected: &[(usize, &str)]| {
            let checked = compile(query, &Columns).unwrap();
            let warnings: Vec<(usize, &str)> =
                checked.warnings().iter().map(|warning| (warning.position, warning.text.as_str())).collect();
            assert_eq!(warnings, expected, "{query}");
        };
        check("state=1^category=mc_computer", &[]);
        check("state=In use", &[(6, "state: \"In use\" is not a whole number, it equals nothing")]);
        check("stateIN1,x", &[(7, "state: \"x\" is not a whole number, it equals nothing")]);
        check("category!=mc_gone", &[(10, "category: no record has the id \"mc_gone\", it equals nothing")]);
    }
}
