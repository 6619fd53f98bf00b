//! A query before a long scan: what can be found out once is not found out for every row.
//!
//! In: a checked query, and what its rows know beforehand. Out: the same query, whose tests of records that references lead to ask
//! for the reference alone, and whose words are looked for where they can be. It finds the same rows.

use std::sync::Arc;

use super::ast::Path;
use super::check::{Checked, Condition};
use super::eval::{NullMode, Row, ValueRef};
use super::ids::IdSet;
use super::test::FieldTest;
use super::text;

/// What is known of rows before any is seen.
pub trait Beforehand {
    /// Where a column's value follows from the reference in another one: that column, and the value for every record it can lead
    /// to. A reference to any other record leads to an empty value.
    fn walk(&self, path: &Path) -> Option<Walked<'_>>;

    /// The records whose names a row shows and which pass; `None` where a row may show the word otherwise than as it is stored.
    fn showing(&self, word: &str, passes: &dyn Fn(&str) -> bool) -> Option<IdSet>;
}

/// A column whose value follows from a reference.
#[derive(Debug)]
pub struct Walked<'a> {
    /// The column of the reference.
    pub reference: Path,
    /// Ids of records with the value that each leads to.
    pub values: Vec<(uuid::Uuid, Option<ValueRef<'a>>)>,
}

/// A test of a reference: which ids are exceptions from what holds for all others, and where it is empty.
#[derive(Debug, Clone)]
pub(super) struct ReferenceTest {
    pub(super) path: Path,
    otherwise: bool,
    exceptions: IdSet,
}

impl ReferenceTest {
    pub(super) fn holds(&self, row: &dyn Row) -> bool {
        match row.get(&self.path) {
            Some(ValueRef::Ref(id)) if self.exceptions.contains(id) => !self.otherwise,
            _ => self.otherwise,
        }
    }
}

/// A word that is looked for, with what rules rows out.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) folded: String,
    pub(super) hint: Option<Hint>,
}

/// What rules most rows out that do not have a word, at little cost.
#[derive(Debug, Clone)]
pub struct Hint {
    first: u8,
    last: u8,
    distance: usize,
    /// The records that bring the word into a row by their names.
    pub shown: IdSet,
}

impl Hint {
    fn new(word: &str, shown: IdSet) -> Option<Self> {
        // The Kelvin sign is a k without case, and three bytes long: everything else in an ASCII word is stored as one byte.
        let part = word.split('k').max_by_key(|part| part.len()).filter(|_| word.is_ascii())?;
        let (first, last) = (*part.as_bytes().first()?, *part.as_bytes().last()?);
        (part.len() > 1).then(|| Self { first, last, distance: part.len() - 1, shown })
    }

    /// Whether texts among these bytes may have the word. There is no way out of the loop, so that many bytes are compared at once.
    #[must_use]
    pub fn may_be_in(&self, bytes: &[u8]) -> bool {
        const CASE: u8 = 0x20;
        let (first, last) = (self.first | CASE, self.last | CASE);
        let ahead = bytes.get(self.distance..).unwrap_or_default();
        let found = |(a, b): (&u8, &u8)| u8::from(a | CASE == first) & u8::from(b | CASE == last);
        bytes.iter().zip(ahead).fold(0, |any, pair| any | found(pair)) != 0
    }
}

impl Checked {
    /// The query for a scan in this mode of rows of which this is known.
    #[must_use]
    pub fn prepared(mut self, known: &dyn Beforehand, mode: NullMode) -> Self {
        for condition in self.groups.iter_mut().flatten().flatten() {
            Arc::make_mut(condition).prepare(known, mode);
        }
        self
    }
}

impl Condition {
    fn prepare(&mut self, known: &dyn Beforehand, mode: NullMode) {
        match self {
            Self::Field(test) if test.other().is_none() => {
                if let Some(walked) = known.walk(&test.path) {
                    *self = Self::Reference(reference_test(test, walked, mode));
                }
            }
            Self::Words(words, _) => {
                for word in words {
                    let shown = known.showing(&word.folded, &|name| text::has_word(name, &word.folded));
                    word.hint = shown.and_then(|shown| Hint::new(&word.folded, shown));
                }
            }
            Self::Field(_) | Self::Reference(_) | Self::Related(_) => {}
        }
    }
}

fn reference_test(test: &FieldTest, walked: Walked<'_>, mode: NullMode) -> ReferenceTest {
    let otherwise = test.holds(&Single(None), mode);
    let differs = |(id, value)| (test.holds(&Single(value), mode) != otherwise).then_some(id);
    ReferenceTest { path: walked.reference, otherwise, exceptions: walked.values.into_iter().filter_map(differs).collect() }
}

/// A row of one value.
struct Single<'a>(Option<ValueRef<'a>>);

impl Row for Single<'_> {
    fn get(&self, _path: &Path) -> Option<ValueRef<'_>> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_hint_rules_no_word_out(text in "[aAkKreRE1 \u{212a}ß-]{0,12}", word in "[akre1]{1,4}") {
            let hint = Hint::new(&word, IdSet::default());
            if text::has_word(&text, &word) {
                prop_assert!(hint.is_none_or(|hint| hint.may_be_in(text.as_bytes())));
            }
        }
    }

    #[test]
    fn a_hint_rules_rows_out() {
        let check = |word: &str, bytes: &str, expected: Option<bool>| {
            let found = Hint::new(word, IdSet::default()).map(|hint| hint.may_be_in(bytes.as_bytes()));
            assert_eq!(found, expected, "{word} in {bytes}");
        };
        check("returned", "Returned", Some(true));
        check("returned", "hardware", Some(false));
        check("returned", "", Some(false));
        check("kk", "kk", None);
        check("grün", "grün", None);
        check("thinkpad", "THIN", Some(true));
    }
}
