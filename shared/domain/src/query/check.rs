//! Checks a parsed query against a catalogue of columns and compiles it with a context.
//!
//! An unknown field is an error, never "all rows", unless the context says otherwise; an operator that is not evaluated is an
//! error that names it, always. Out: a query whose constants are resolved, with warnings.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ast::{Direction, Modifier, Path, Place, Query, Term, TextSearch};
use super::compare;
use super::context::{Context, Invalid};
use super::error::{QueryError, QueryErrorKind};
use super::parse::{self, parse};
use super::prepare::{ReferenceTest, Word};
use super::related::RelatedTest;
use super::test::FieldTest;
use super::text;

/// The most values that a query compares with, those of all its lists and the words of its text searches together.
pub const MAX_VALUES: usize = 10_000;

/// The most warnings that are told; more of them tell nothing new.
const MAX_WARNINGS: usize = 20;

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
    pub(super) const fn name(self) -> &'static str {
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

    /// Whether some record has this display value, for a column that holds display values; for a warning only.
    fn knows_display(&self, _column: Column, _value: &str) -> bool {
        true
    }

    /// The name of the field that holds the display value of the record a reference points to.
    fn display(&self, _names: &[&str]) -> Option<String> {
        None
    }

    /// The fields that a text search looks into.
    fn text_fields(&self) -> Vec<String> {
        Vec::new()
    }

    /// The class and every class that extends it; empty where there is no such class.
    fn classes(&self, class: &str) -> Vec<String> {
        vec![class.to_owned()]
    }

    /// Whether rows of that table, with these columns, can be counted as related rows.
    fn has_table(&self, _table: &str) -> bool {
        false
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
    pub(super) groups: Vec<Vec<Vec<Arc<Condition>>>>,
    pub(super) order: Vec<(Path, Direction)>,
    pub(super) related: Vec<RelatedTest>,
    /// An unknown field made the query return no rows.
    pub(super) no_rows: bool,
    /// How many values it compares with.
    pub(super) values: usize,
    warnings: Vec<Warning>,
}

#[derive(Debug, Clone)]
pub(super) enum Condition {
    Field(FieldTest),
    /// Every word must be a word of one of the fields.
    Words(Vec<Word>, Vec<Path>),
    /// A test of what a reference leads to, by the reference alone.
    Reference(ReferenceTest),
    /// By its place among the related-list tests.
    Related(usize),
}

impl Checked {
    /// Whether it leaves nothing out: it has no condition at all, or a group without one, which every row is in.
    #[must_use]
    pub fn is_every_row(&self) -> bool {
        !self.no_rows && (self.groups.is_empty() || self.groups.iter().any(Vec::is_empty))
    }

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

    /// Whether the query counts related rows: every row must then be observed before any is asked about.
    #[must_use]
    pub fn needs_related(&self) -> bool {
        !self.related.is_empty()
    }

    /// Whether matching asks a row for nothing but values of columns that `known` knows. One that counts related rows asks for more.
    pub fn reads_only(&self, known: impl Fn(&Path) -> bool) -> bool {
        self.groups.iter().flatten().flatten().all(|condition| condition.reads_only(&known))
    }
}

impl Condition {
    /// Whether it asks a row for nothing but values of columns that are known.
    pub(super) fn reads_only(&self, known: &impl Fn(&Path) -> bool) -> bool {
        match self {
            Self::Field(test) => known(&test.path) && test.other().is_none_or(known),
            Self::Words(_, paths) => paths.iter().all(known),
            Self::Reference(test) => known(&test.path),
            Self::Related(_) => false,
        }
    }
}

/// Parses and checks a query.
///
/// # Errors
/// As [`parse`] and [`check`].
pub fn compile(text: &str, catalogue: &dyn Catalogue, context: &Context) -> Result<Checked, QueryError> {
    check(&parse(text)?, catalogue, context)
}

/// Checks a query against a catalogue, and resolves its constants.
///
/// # Errors
/// When a field is unknown, an operator is not evaluated, or a value does not have its operator's form, with the place.
pub fn check(query: &Query, catalogue: &dyn Catalogue, context: &Context) -> Result<Checked, QueryError> {
    let mut compiler = Compiler { catalogue, context, warnings: Vec::new(), values: 0, no_rows: false };
    let mut related = Vec::new();
    let mut groups = Vec::with_capacity(query.groups.len());
    for group in &query.groups {
        let mut conjuncts = Vec::with_capacity(group.len());
        for conjunct in group {
            let mut conditions = Vec::with_capacity(conjunct.len());
            for term in conjunct {
                conditions.extend(compiler.condition(term, &mut related)?.map(Arc::new));
            }
            // Conditions that were left out leave the others of their conjunct; a conjunct of none asks nothing.
            if !conditions.is_empty() {
                conjuncts.push(conditions);
            }
        }
        groups.push(conjuncts);
    }
    let mut order = Vec::new();
    for modifier in &query.modifiers {
        match modifier {
            Modifier::Order { path, direction, at } => {
                let name = path.to_string();
                let Some((path, column)) = compiler.column(&name, *at)? else { continue };
                // People order references by what they see; the ids settle what has no display value.
                if column.kind == ValueKind::Reference {
                    order.extend(compiler.display(&name).map(|display| (display, *direction)));
                }
                order.push((path, *direction));
            }
            Modifier::Group { path, at } => {
                compiler.column(&path.to_string(), *at)?;
            }
        }
    }
    let Compiler { warnings, values, no_rows, .. } = compiler;
    Ok(Checked { groups, order, related, no_rows, values, warnings })
}

/// What a query is compiled with, and what was noticed on the way.
pub(super) struct Compiler<'a> {
    pub(super) catalogue: &'a dyn Catalogue,
    pub(super) context: &'a Context,
    warnings: Vec<Warning>,
    values: usize,
    no_rows: bool,
}

impl Compiler<'_> {
    fn condition(&mut self, term: &Term, related: &mut Vec<RelatedTest>) -> Result<Option<Condition>, QueryError> {
        match term {
            Term::Comparison(comparison) => Ok(compare::compile(comparison, self)?.map(Condition::Field)),
            Term::Text(search) => self.words(search).map(Some),
            Term::Related(body) => Ok(RelatedTest::compile(body, self)?.map(|test| {
                related.push(test);
                Condition::Related(related.len() - 1)
            })),
        }
    }

    fn words(&mut self, search: &TextSearch) -> Result<Condition, QueryError> {
        let error = |kind| Err(QueryError::new(kind, search.at.0));
        if search.index_group {
            return error(QueryErrorKind::UnsupportedTerm("a text search in an index group (123TEXTINDEXGROUP321)"));
        }
        let word = |word| Word { folded: text::fold(word).collect(), hint: None };
        let words: BTreeSet<&str> = text::words(&search.value).collect();
        self.count_values(words.len(), search.at)?;
        let words: Vec<Word> = words.into_iter().map(word).collect();
        if words.is_empty() {
            return error(QueryErrorKind::MalformedValue { operator: "a text search", form: "123TEXTQUERY321=words" });
        }
        let mut paths = Vec::new();
        for field in self.catalogue.text_fields() {
            paths.extend(self.column(&field, search.at)?.map(|(path, _)| path));
        }
        Ok(Condition::Words(words, paths))
    }

    /// Counts values that are compared with.
    ///
    /// # Errors
    /// At this place, when there are too many.
    pub(super) fn count_values(&mut self, more: usize, at: Place) -> Result<(), QueryError> {
        self.values = self.values.saturating_add(more);
        if self.values > MAX_VALUES { Err(QueryError::new(QueryErrorKind::TooManyValues, at.0)) } else { Ok(()) }
    }

    /// Tells of a value that equals nothing.
    pub(super) fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }

    /// The column of a field; `None` where it is unknown and the context does not make that an error.
    pub(super) fn column(&mut self, field: &str, at: Place) -> Result<Option<(Path, Column)>, QueryError> {
        if !parse::is_path(field) {
            return Err(QueryError::new(QueryErrorKind::FieldExpected, at.0));
        }
        let names: Vec<&str> = field.split('.').collect();
        match (self.catalogue.column(&names), self.context.invalid) {
            (Some(column), _) => Ok(Some((Path::new(field).resolved(column.key), column))),
            (None, Invalid::Error) => Err(QueryError::new(QueryErrorKind::UnknownField(field.to_owned()), at.0)),
            (None, Invalid::Ignore) => Ok(None),
            (None, Invalid::None) => {
                self.no_rows = true;
                Ok(None)
            }
        }
    }

    /// The path to the display value of a reference.
    pub(super) fn display(&self, field: &str) -> Option<Path> {
        let names: Vec<&str> = field.split('.').collect();
        let display = format!("{field}.{}", self.catalogue.display(&names)?);
        let names: Vec<&str> = display.split('.').collect();
        let column = self.catalogue.column(&names)?;
        Some(Path::new(&display).resolved(column.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{NullMode, Row, ValueRef};

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
            assert_eq!(compile(query, &Columns, &Context::for_tests()).unwrap_err().to_string(), message, "{query}");
        };
        let previous = "it compares with a value before a change, and a stored record has none";
        for (query, at) in [("stateVALCHANGES", 5), ("stateCHANGESFROM1", 5), ("state=1^stateCHANGESTO1", 13)] {
            let operator = &query[at..].trim_end_matches('1');
            check(query, &format!("operator {operator} is not supported: {previous} (at byte {at} of the query)"));
        }
        check(
            "categoryIN_HIERARCHYh%40s",
            "operator IN_HIERARCHY is not supported: no hierarchies are kept here (at byte 8 of the query)",
        );
        check(
            "categoryIN_HIERARCHY_DYNAMICh",
            "operator IN_HIERARCHY_DYNAMIC is not supported: no hierarchies are kept here (at byte 8 of the query)",
        );
        let expressions = "regular expressions are not evaluated; use LIKE, STARTSWITH or ENDSWITH";
        check("stateMATCH_RGXx", &format!("operator MATCH_RGX is not supported: {expressions} (at byte 5 of the query)"));
        check(
            "stateMATCH_RGX_FIELDx",
            &format!("operator MATCH_RGX_FIELD is not supported: {expressions} (at byte 5 of the query)"),
        );
        check("stateDOESNOTHAVEx", "operator DOESNOTHAVE is not supported: no tags are kept here (at byte 5 of the query)");
        check("stateEXCLUDINGx", "operator EXCLUDING is not supported: no tags are kept here (at byte 5 of the query)");
        check("state=1^no_such_field=5", "unknown field no_such_field (at byte 8 of the query)");
        check("state.name=5", "unknown field state.name (at byte 0 of the query)");
        check("state=1^ORDERBYcolour", "unknown field colour (at byte 15 of the query)");
        check("GROUPBYcolour", "unknown field colour (at byte 7 of the query)");
        check("stateSAMEAScolour", "unknown field colour (at byte 11 of the query)");
        check(
            "state=1^123TEXTINDEXGROUP321=x",
            "a text search in an index group (123TEXTINDEXGROUP321) is not supported (at byte 8 of the query)",
        );
        check("123TEXTQUERY321= ", "a text search is written as 123TEXTQUERY321=words (at byte 0 of the query)");
        check("RLQUERYa.b,=1^ENDRLQUERY", "there is no table a to count related records of (at byte 7 of the query)");
        for script in ["state=javascript:gs.x()", "stateIN1,javascript:x", "state>=javascript:gs.getProperty('x')"] {
            let error = compile(script, &Columns, &Context::for_tests()).unwrap_err();
            assert_eq!(error.kind, QueryErrorKind::Script, "{script}");
        }
        check("stateONToday@a@b", "operator ON does not apply to state, which holds a whole number (at byte 5 of the query)");
        check("stateDYNAMICx", "no dynamic filter option has the id \"x\" (at byte 12 of the query)");
        check("stateBETWEEN1", "BETWEEN is written as fieldBETWEENlow@high (at byte 12 of the query)");
    }

    #[test]
    fn unknown_fields_are_left_out_or_return_nothing() {
        struct One;
        impl Row for One {
            fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
                (path.key() == 1).then_some(ValueRef::Int(1))
            }
        }
        let check = |query: &str, ignore: bool, none: bool| {
            for (invalid, expected) in [(Invalid::Ignore, ignore), (Invalid::None, none)] {
                let context = Context { invalid, ..Context::for_tests() };
                let checked = compile(query, &Columns, &context).unwrap();
                assert_eq!(checked.matches(&One, NullMode::Sql), expected, "{query} {invalid:?}");
            }
        };
        check("colour=5", true, false);
        check("colour=5^state=1", true, false);
        check("colour=5^state=2", false, false);
        check("colour=5^ORstate=2", false, false);
        check("colour=5^NQstate=2", true, false);
        check("state=1^stateSAMEAScolour", true, false);
        check("state=1^ORDERBYcolour", true, false);
        check("state=1^GROUPBYcolour", true, false);
        check("state=1", true, true);
        for wrong in
            ["colourVALCHANGES", "colour=javascript:gs.x()", "colour=1^stateVALCHANGES", "colour=1^RLQUERYa.b,=1^ENDRLQUERY"]
        {
            for invalid in [Invalid::Error, Invalid::Ignore, Invalid::None] {
                assert!(compile(wrong, &Columns, &Context { invalid, ..Context::for_tests() }).is_err(), "{wrong}");
            }
        }
    }

    #[test]
    fn values_that_equal_nothing_are_warned_of() {
        let check = |query: &str, expected: &[(usize, &str)]| {
            let checked = compile(query, &Columns, &Context::for_tests()).unwrap();
            let warnings: Vec<(usize, &str)> =
                checked.warnings().iter().map(|warning| (warning.position, warning.text.as_str())).collect();
            assert_eq!(warnings, expected, "{query}");
        };
        check("state=1^category=mc_computer", &[]);
        check("state=In use", &[(6, "state: \"In use\" is not a whole number, it equals nothing")]);
        check("stateIN1,x", &[(7, "state: \"x\" is not a whole number, it equals nothing")]);
        check("category!=mc_gone", &[(10, "category: no record has the id \"mc_gone\", it equals nothing")]);
        let many = compile(&format!("stateIN{}", "x,".repeat(100)), &Columns, &Context::for_tests()).unwrap();
        assert_eq!(many.warnings().len(), MAX_WARNINGS);
    }

    #[test]
    fn the_values_of_a_query_are_counted_together() {
        let list = |count: usize| vec!["1"; count].join(",");
        let (half, all) = (list(MAX_VALUES / 2), list(MAX_VALUES));
        for (query, expected) in [
            (format!("stateIN{all}"), None),
            (format!("stateNOT IN{half}^stateIN{half}"), None),
            (format!("stateIN{all},1"), Some(7)),
            (format!("stateNOT IN{all},1"), Some(11)),
            (format!("state=1^stateIN{all}"), Some(15)),
            (format!("stateIN{half}^NQstateIN{half}^ORstate=7"), Some(half.len() * 2 + 7 + 3 + 7 + 3 + 6)),
        ] {
            let found = compile(&query, &Columns, &Context::for_tests());
            let expected = expected.map(|at| QueryError::new(QueryErrorKind::TooManyValues, at));
            assert_eq!(found.err(), expected, "{}", query.len());
        }
    }

    #[test]
    fn a_query_that_leaves_nothing_out_is_known() {
        let check = |query: &str, invalid: Invalid, expected: bool| {
            let context = Context { invalid, ..Context::for_tests() };
            assert_eq!(compile(query, &Columns, &context).unwrap().is_every_row(), expected, "{query}");
        };
        for (query, expected) in
            [("", true), ("^", true), ("ORDERBYstate", true), ("state=1", false), ("state=1^NQstate=2", false)]
        {
            check(query, Invalid::Error, expected);
        }
        // What is left out can leave a group without a condition, which every row is in.
        check("colour=5", Invalid::Ignore, true);
        check("state=1^NQcolour=5", Invalid::Ignore, true);
        check("state=1^colour=5", Invalid::Ignore, false);
        check("state=1^NQcolour=5", Invalid::None, false);
    }
}
