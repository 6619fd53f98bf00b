//! What is wrong with a query, and where.

use super::check::MAX_VALUES;
use super::parse::{MAX_BYTES, MAX_ORDERS, MAX_TERMS};

/// An error with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (at byte {position} of the query)")]
pub struct QueryError {
    /// What is wrong.
    pub kind: QueryErrorKind,
    /// The byte offset in the query's text, always at a character.
    pub position: usize,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryErrorKind {
    /// The text is too long.
    #[error("the query is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// There are too many terms.
    #[error("the query has more than {MAX_TERMS} conditions")]
    TooManyTerms,
    /// There are too many values in its lists.
    #[error("the query has more than {MAX_VALUES} values in its lists; ask in parts")]
    TooManyValues,
    /// There are too many orders.
    #[error("the query has more than {MAX_ORDERS} orders and groups")]
    TooManyOrders,
    /// A field name was expected.
    #[error("a field name was expected (lower-case letters, digits and _, walked by dots)")]
    FieldExpected,
    /// An operator was expected.
    #[error("an operator was expected after field {0}")]
    OperatorExpected(String),
    /// A value follows an operator that takes none.
    #[error("operator {0} takes no value")]
    UnexpectedValue(&'static str),
    /// A related-list query has no end.
    #[error("RLQUERY without its ENDRLQUERY")]
    RelatedWithoutEnd,
    /// An end of a related-list query has no beginning.
    #[error("ENDRLQUERY without its RLQUERY")]
    EndWithoutRelated,
    /// The field is not in the catalogue.
    #[error("unknown field {0}")]
    UnknownField(String),
    /// The operator is known and not evaluated.
    #[error("operator {operator} is not supported: {why}")]
    UnsupportedOperator {
        /// The operator.
        operator: &'static str,
        /// Why.
        why: &'static str,
    },
    /// The kind of condition is known and not evaluated.
    #[error("{0} is not supported")]
    UnsupportedTerm(&'static str),
    /// The operator is not one for the field's kind of values.
    #[error("operator {operator} does not apply to {field}, which holds {holds}")]
    NotApplicable {
        /// The operator.
        operator: &'static str,
        /// The field.
        field: String,
        /// What the field holds.
        holds: &'static str,
    },
    /// The value does not have the operator's form.
    #[error("{operator} is written as {form}")]
    MalformedValue {
        /// The operator.
        operator: &'static str,
        /// Its form, as a sample.
        form: &'static str,
    },
    /// A script is not one of the calls that are evaluated.
    #[error(
        "only gs date calls such as javascript:gs.daysAgoStart(7) and javascript:gs.getUserID() are evaluated; see help query"
    )]
    Script,
    /// There is no such dynamic filter option.
    #[error("no dynamic filter option has the id {0:?}")]
    UnknownDynamic(String),
    /// A related-list query names a table that is not here.
    #[error("there is no table {0} to count related records of")]
    UnknownTable(String),
}

impl QueryError {
    pub(super) const fn new(kind: QueryErrorKind, position: usize) -> Self {
        Self { kind, position }
    }

    /// The message over two lines: the query, and a caret under the place. A long query is cut around it.
    #[must_use]
    pub fn render(&self, query: &str) -> String {
        format!("{}\n{}", self.kind, excerpt(query, self.position))
    }
}

/// Two lines: the query, and a caret under the place, which is in bytes. A long query is cut around it.
#[must_use]
pub fn excerpt(query: &str, position: usize) -> String {
    const AROUND: usize = 36;
    let place = query.char_indices().filter(|(at, _)| *at < position).count();
    let from = place.saturating_sub(AROUND);
    let shown: String =
        query.chars().skip(from).take(2 * AROUND).map(|character| if character.is_control() { ' ' } else { character }).collect();
    format!("  {shown}\n  {}^", " ".repeat(place - from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let query = "größe=1^commentsLIKEx";
        let error = QueryError::new(QueryErrorKind::UnsupportedTerm("LIKE"), query.find("LIKE").unwrap());
        assert_eq!(error.render(query), "LIKE is not supported\n  größe=1^commentsLIKEx\n                  ^");
        let long = format!("{}^x!", "a=1^".repeat(200));
        let rendered = QueryError::new(QueryErrorKind::FieldExpected, long.len() + 5).render(&long);
        assert!(rendered.lines().all(|line| line.len() < 140), "{rendered}");
    }
}
