//! Narrows a query by a further filter: the way a vendor changes a licence's compliance query.

use super::ast::Query;
use super::error::{QueryError, QueryErrorKind};
use super::parse::{MAX_BYTES, MAX_TERMS, parse};

/// Why a filter cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The query in force cannot be read.
    #[error("the query in force: {0}")]
    Query(QueryError),
    /// The filter cannot be read.
    #[error("the added filter: {0}")]
    Filter(QueryError),
    /// The two together are too large.
    #[error("the query with its filter has more than {MAX_TERMS} conditions or {MAX_BYTES} bytes")]
    TooLarge,
}

/// The query that matches what both match: the filter is ANDed over every `^NQ` group, and the query's order stays behind it.
/// A filter's own order is dropped, it belongs to another list.
///
/// # Errors
/// When either cannot be read, or both together are too large.
pub fn add_filter(query: &str, filter: &str) -> Result<String, ComposeError> {
    let query = parse(query).map_err(ComposeError::Query)?;
    let filter = parse(filter).map_err(ComposeError::Filter)?;
    let terms = query.terms().saturating_mul(filter.groups.len().max(1));
    let terms = terms.saturating_add(filter.terms().saturating_mul(query.groups.len().max(1)));
    if terms > MAX_TERMS {
        return Err(ComposeError::TooLarge);
    }
    let Query { groups, modifiers } = query;
    let groups = match (groups.is_empty(), filter.groups.is_empty()) {
        (true, _) => filter.groups,
        (_, true) => groups,
        _ => {
            let both = |group: &Vec<Vec<_>>| {
                filter.groups.iter().map(|more| [group.as_slice(), more.as_slice()].concat()).collect::<Vec<_>>()
            };
            groups.iter().flat_map(both).collect()
        }
    };
    let text = Query { groups, modifiers }.to_string();
    match parse(&text) {
        Ok(_) => Ok(text),
        Err(QueryError { kind: QueryErrorKind::TooLong | QueryErrorKind::TooManyTerms, .. }) => Err(ComposeError::TooLarge),
        Err(error) => Err(ComposeError::Query(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::query::{Catalogue, Column, Context, NullMode, Path, Row, ValueKind, ValueRef, compile};

    #[test]
    fn the_filter_reaches_every_group() {
        let check = |query: &str, filter: &str, expected: &str| {
            assert_eq!(add_filter(query, filter).as_deref(), Ok(expected), "{query} + {filter}")
        };
        check("install_statusNOT IN2,7,10", "model_category=c", "install_statusNOT IN2,7,10^model_category=c");
        check("a=1^NQb=2^ORDERBYc", "d=3^ORd=4", "a=1^d=3^ORd=4^NQb=2^d=3^ORd=4^ORDERBYc");
        check("a=1^ORb=2", "c=3^NQd=4", "a=1^ORb=2^c=3^NQa=1^ORb=2^d=4");
        check("", "c=3", "c=3");
        check("a=1", "", "a=1");
        check("ORDERBYa", "c=3^ORDERBYd", "c=3^ORDERBYa");
        assert!(matches!(add_filter("a", "b=1"), Err(ComposeError::Query(_))));
        assert!(matches!(add_filter("a=1", "b"), Err(ComposeError::Filter(_))));
        let wide = vec!["a=1"; 600].join("^NQ");
        assert_eq!(add_filter(&wide, &wide), Err(ComposeError::TooLarge));
    }

    struct Letters;

    impl Catalogue for Letters {
        fn column(&self, names: &[&str]) -> Option<Column> {
            let [name] = names else { return None };
            Some(Column { kind: ValueKind::Integer, key: u32::from(*name.as_bytes().first()?) })
        }
    }

    struct Numbers(BTreeMap<u32, i64>);

    impl Row for Numbers {
        fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
            self.0.get(&path.key()).copied().map(ValueRef::Int)
        }
    }

    fn query() -> impl Strategy<Value = String> {
        let term =
            ("[abc]", prop::sample::select(vec!["=", "!=", "IN", "NOT IN", ">", "<=", "NOT LIKE", "SAMEASa^ORb="]), 0_i64..3)
                .prop_map(|(field, operator, value)| format!("{field}{operator}{value}"));
        let joined = prop::collection::vec((term, prop::sample::select(vec!["^", "^OR", "^NQ"])), 0..5);
        joined.prop_map(|terms| terms.into_iter().map(|(term, join)| format!("{join}{term}")).collect())
    }

    proptest! {
        #[test]
        fn a_row_matches_both_or_not(query in query(), filter in query(), cells in prop::collection::btree_map(97_u32..100, 0_i64..3, 0..4)) {
            let row = Numbers(cells);
            let both = add_filter(&query, &filter).unwrap();
            for mode in [NullMode::Sql, NullMode::Inclusive] {
                let matches = |text: &str| compile(text, &Letters, &Context::for_tests()).unwrap().matches(&row, mode);
                prop_assert_eq!(matches(&both), matches(&query) && matches(&filter), "{} + {} = {}", query, filter, both);
            }
        }
    }
}
