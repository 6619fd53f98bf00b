//! Related-list queries: how many records of a table point to a row.
//!
//! The body is `table.field,>=n[,condition][^condition...]`. In: first every row that may be related, then the rows that are asked
//! about. Out: whether a row's number of related rows passes. A row that nothing points to has none.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::ast::{Path, Related};
use super::check::{Checked, Compiler, check};
use super::error::{QueryError, QueryErrorKind};
use super::eval::{NullMode, Row, ValueRef};
use super::operator::Relation;
use super::parse::parse;

const FORM: QueryErrorKind = QueryErrorKind::MalformedValue {
    operator: "RLQUERY",
    form: "RLQUERYtable.field,>=1,condition^ENDRLQUERY, with one of >=n >n <n <=n =n BETWEENa@b",
};

/// A mark for many-to-many tables, which says nothing about the count.
const MANY_TO_MANY: &str = "m2m";

/// A compiled related-list query with the counts of what it has seen.
#[derive(Debug, Clone)]
pub(super) struct RelatedTest {
    table: String,
    reference: Path,
    query: Box<Checked>,
    bounds: Vec<(Relation, u64)>,
    by_id: BTreeMap<Uuid, u64>,
    by_text: BTreeMap<String, u64>,
}

impl RelatedTest {
    /// Reads the body; `None` where an unknown field leaves the condition out.
    pub(super) fn compile(related: &Related, compiler: &mut Compiler<'_>) -> Result<Option<Self>, QueryError> {
        const MARK: usize = "RLQUERY".len();
        let begin = related.at.0 + MARK;
        let wrong = |offset: usize| QueryError::new(FORM, begin + offset);
        let (head, rest) = related.body.split_once('^').unwrap_or((related.body.as_str(), ""));
        let mut parts = head.splitn(3, ',');
        let target = parts.next().unwrap_or_default();
        let bound = parts.next().ok_or_else(|| wrong(head.len()))?;
        let condition = parts.next().unwrap_or_default();
        let (table, field) = target.split_once('.').ok_or_else(|| wrong(0))?;
        let bounds = read_bounds(bound).ok_or_else(|| wrong(target.len() + 1))?;
        if !compiler.catalogue.has_table(table) {
            return Err(QueryError::new(QueryErrorKind::UnknownTable(table.to_owned()), begin));
        }
        let condition = if condition == MANY_TO_MANY { "" } else { condition };
        // The conditions stand at the body's end, so that the text before them tells their place.
        let inner = if condition.is_empty() { rest } else { related.body.get(head.len() - condition.len()..).unwrap_or(rest) };
        let offset = begin + related.body.len() - inner.len();
        let shift = |error: QueryError| QueryError::new(error.kind, error.position + offset);
        let query = parse(inner).map_err(shift)?;
        if let Some(nested) = query.groups.iter().flatten().flatten().find_map(super::ast::Term::related_at) {
            let kind = QueryErrorKind::UnsupportedTerm("a related-list query inside another");
            return Err(QueryError::new(kind, nested.0 + offset));
        }
        let query = check(&query, compiler.catalogue, compiler.context).map_err(shift)?;
        compiler.count_values(query.values, related.at)?;
        let at = super::ast::Place(begin + table.len() + 1);
        let Some((reference, _)) = compiler.column(field, at)? else { return Ok(None) };
        let (by_id, by_text) = (BTreeMap::new(), BTreeMap::new());
        Ok(Some(Self { table: table.to_owned(), reference, query: Box::new(query), bounds, by_id, by_text }))
    }

    /// Takes a row that may be related into account.
    pub(super) fn observe(&mut self, row: &dyn Row, mode: NullMode) {
        // Most rows point to nothing, so that is asked first.
        let reference = match row.get(&self.reference) {
            None => return,
            Some(ValueRef::Text(id)) if id.is_empty() => return,
            Some(reference) => reference,
        };
        if !row.is_of(&self.table) || !self.query.matches(row, mode) {
            return;
        }
        match reference {
            ValueRef::Ref(id) => *self.by_id.entry(id).or_default() += 1,
            ValueRef::Text(id) => *self.by_text.entry(id.into_owned()).or_default() += 1,
            _ => {}
        }
    }

    /// Whether a row's number of related rows passes.
    pub(super) fn holds(&self, row: &dyn Row) -> bool {
        let count = match row.id() {
            Some(ValueRef::Ref(id)) => self.by_id.get(&id),
            Some(ValueRef::Text(id)) => self.by_text.get(id.as_ref()),
            _ => None,
        };
        self.passes(count.copied().unwrap_or_default())
    }

    /// Whether a number of related rows passes.
    pub(super) fn passes(&self, count: u64) -> bool {
        self.bounds.iter().all(|(relation, bound)| relation.holds(count.cmp(bound)))
    }

    /// How many rows point to each id, where any does.
    pub(super) fn counts(&self) -> impl Iterator<Item = (Uuid, u64)> + '_ {
        self.by_id.iter().map(|(id, count)| (*id, *count))
    }
}

fn read_bounds(text: &str) -> Option<Vec<(Relation, u64)>> {
    if let Some(range) = text.strip_prefix("BETWEEN") {
        let (low, high) = range.split_once('@')?;
        return Some(vec![(Relation::GreaterOrEqual, low.parse().ok()?), (Relation::LessOrEqual, high.parse().ok()?)]);
    }
    const RELATIONS: [(&str, Relation); 5] = [
        (">=", Relation::GreaterOrEqual),
        ("<=", Relation::LessOrEqual),
        (">", Relation::Greater),
        ("<", Relation::Less),
        ("=", Relation::Equal),
    ];
    let (relation, number) = RELATIONS.iter().find_map(|(sign, relation)| Some((*relation, text.strip_prefix(sign)?)))?;
    Some(vec![(relation, number.parse().ok()?)])
}
