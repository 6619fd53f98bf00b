//! Matching rows before their related rows are counted, so that one scan does for both.
//!
//! A row that is asked about tells for which answers of the related-list tests it matches; the answers come when every row was
//! seen. What the first columns of many rows decide alike is decided once: [`Checked::given`].

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::ast::Path;
use super::check::{Checked, Condition};
use super::eval::{NullMode, Row};

/// For every test, the answers under which it holds: bit `a` stands for the answers `a`.
const TESTS: [u32; 5] = [0xaaaa_aaaa, 0xcccc_cccc, 0xf0f0_f0f0, 0xff00_ff00, 0xffff_0000];

/// For which answers a row matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome(u32);

impl Outcome {
    const NEVER: Self = Self(0);
    const ALWAYS: Self = Self(u32::MAX);

    /// Whether the row matches, where that hangs on no answer.
    #[must_use]
    pub const fn decided(self) -> Option<bool> {
        match self {
            Self::NEVER => Some(false),
            Self::ALWAYS => Some(true),
            Self(_) => None,
        }
    }

    /// Whether the row matches with these answers.
    #[must_use]
    pub const fn under(self, answers: Answers) -> bool {
        self.0 >> answers.0 & 1 == 1
    }
}

/// What the related-list tests say of a row: a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answers(u8);

/// What is left of a query for rows whose first columns are known.
#[derive(Debug, Clone)]
pub struct Rest {
    groups: Vec<Vec<Vec<Arc<Condition>>>>,
    never: bool,
}

impl Rest {
    /// Whether it asks the same conditions of the same query. Rows are quicker asked by one of them than by many copies.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let conjunct = |(one, other): (&Vec<Arc<Condition>>, &Vec<Arc<Condition>>)| same(one, other, |(a, b)| Arc::ptr_eq(a, b));
        self.never == other.never && same(&self.groups, &other.groups, |(one, other)| same(one, other, conjunct))
    }

    /// For which answers a row matches.
    pub fn outcome(&self, row: &dyn Row, mode: NullMode) -> Outcome {
        if self.never {
            return Outcome::NEVER;
        }
        let condition = |condition: &Arc<Condition>| match &**condition {
            Condition::Related(place) => TESTS.get(*place).copied().unwrap_or_default(),
            other if other.holds(row, mode, &[]) => u32::MAX,
            _ => 0,
        };
        let conjunct = |conjunct: &Vec<Arc<Condition>>| join(conjunct.iter().map(condition));
        // All of them hold where it is not so that one fails.
        let group = |group: &Vec<Vec<Arc<Condition>>>| !join(group.iter().map(|one| !conjunct(one)));
        if self.groups.is_empty() { Outcome::ALWAYS } else { Outcome(join(self.groups.iter().map(group))) }
    }
}

fn same<T>(one: &[T], other: &[T], is: impl Fn((&T, &T)) -> bool) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(is)
}

/// Where any of them holds; the others are not asked once that is everywhere.
fn join(parts: impl Iterator<Item = u32>) -> u32 {
    let mut any = 0;
    for part in parts {
        any |= part;
        if any == u32::MAX {
            break;
        }
    }
    any
}

impl Checked {
    /// Whether its related-list tests are few enough to be left open. Where they are not, every row is to be observed first.
    #[must_use]
    pub const fn can_be_left_open(&self) -> bool {
        self.related.len() <= TESTS.len()
    }

    /// What is left to ask of rows that have the same values as this one in the columns that are known.
    pub fn given(&self, row: &dyn Row, known: impl Fn(&Path) -> bool, mode: NullMode) -> Rest {
        let mut groups = Vec::new();
        for group in &self.groups {
            let (mut rest, mut fails) = (Vec::new(), false);
            for conjunct in group {
                let (decided, open): (Vec<&Arc<Condition>>, Vec<&Arc<Condition>>) =
                    conjunct.iter().partition(|condition| condition.reads_only(&known));
                if decided.iter().any(|condition| condition.holds(row, mode, &[])) {
                    continue;
                }
                fails |= open.is_empty();
                rest.push(open.into_iter().cloned().collect::<Vec<_>>());
            }
            if !fails {
                groups.push(rest);
            }
        }
        let never = self.no_rows || groups.is_empty() && !self.groups.is_empty();
        Rest { groups, never }
    }

    /// The answers for a row that nothing points to, and those for every id that was observed.
    #[must_use]
    pub fn answers(&self) -> (Answers, BTreeMap<Uuid, Answers>) {
        let mut unrelated = 0;
        for (place, test) in self.related.iter().enumerate() {
            unrelated |= u8::from(test.passes(0)) << place;
        }
        let mut answers = BTreeMap::new();
        for (place, test) in self.related.iter().enumerate() {
            for (id, count) in test.counts() {
                let Answers(answer) = answers.entry(id).or_insert(Answers(unrelated));
                *answer = *answer & !(1 << place) | u8::from(test.passes(count)) << place;
            }
        }
        (Answers(unrelated), answers)
    }
}
