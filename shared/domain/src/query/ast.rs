//! The tree a query is read as: OR of groups, AND of conjuncts, OR of terms; and modifiers over the whole result.

use std::fmt;

use super::operator::Operator;

/// A parsed query. No groups at all stands for every row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Groups of which one must hold (`^NQ`); of conjuncts that must all hold (`^`); of terms of which one must hold (`^OR`).
    pub groups: Vec<Vec<Vec<Term>>>,
    /// Order and grouping, the first leads.
    pub modifiers: Vec<Modifier>,
}

impl Query {
    /// How many terms the query has.
    #[must_use]
    pub fn terms(&self) -> usize {
        self.groups.iter().flatten().map(Vec::len).sum()
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A field compared with a value.
    Comparison(Comparison),
    /// A text search over all text fields.
    Text(TextSearch),
    /// A count of related rows.
    Related(Related),
}

impl Term {
    /// Where the term starts, if it counts related rows.
    pub(super) const fn related_at(&self) -> Option<Place> {
        if let Self::Related(related) = self { Some(related.at) } else { None }
    }
}

/// A field, an operator and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The field, walked through references.
    pub path: Path,
    /// What is asked of it.
    pub operator: Operator,
    /// The value as written, with `^^` read as `^`; empty for operators without one.
    pub value: String,
    /// Where the field starts.
    pub at: Place,
    /// Where the operator starts.
    pub operator_at: Place,
    /// Where the value starts.
    pub value_at: Place,
}

/// A `123TEXTQUERY321=` or `123TEXTINDEXGROUP321=` term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSearch {
    /// The words, or the name of the group.
    pub value: String,
    /// Whether the value names an index group.
    pub index_group: bool,
    /// Where the term starts.
    pub at: Place,
}

/// A `RLQUERY...^ENDRLQUERY` term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// What stands between the two marks, as written.
    pub body: String,
    /// Where the term starts.
    pub at: Place,
}

/// Order or grouping of the whole result. Neither filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modifier {
    /// `ORDERBY` or `ORDERBYDESC`.
    Order {
        /// The field.
        path: Path,
        /// Upwards or downwards.
        direction: Direction,
        /// Where the field starts.
        at: Place,
    },
    /// `GROUPBY`.
    Group {
        /// The field.
        path: Path,
        /// Where the field starts.
        at: Place,
    },
}

/// Which way rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A byte offset in the query's text. Two places are always equal, so that trees compare by what they mean.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place(pub usize);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

/// A field name, walked through references by dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    names: Vec<String>,
    key: u32,
}

impl Path {
    /// A path of these names, not yet resolved.
    pub(crate) fn new(dotted: &str) -> Self {
        Self { names: dotted.split('.').map(str::to_owned).collect(), key: 0 }
    }

    pub(crate) fn resolved(mut self, key: u32) -> Self {
        self.key = key;
        self
    }

    /// The names, at least one.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The key that the catalogue gave this column when the query was checked; 0 before.
    #[must_use]
    pub const fn key(&self) -> u32 {
        self.key
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join("."))
    }
}
