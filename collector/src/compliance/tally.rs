//! A count while it goes on.
//!
//! In: heads with how many assets have them, or stored assets one by one. Out: what was counted. Many assets have the same head, so
//! whatever a head decides is decided once; a row that hangs on how many others point to it is decided when all were seen.

use super::count::Counted;
use muster_domain::{
    asset::{
        Head, HeadRow, Scratch, StoredAsset, StoredRow,
        field::Field,
        is_head,
        reference::{Directory as _, References, Table},
        row::column_of,
    },
    query::{Checked, NullMode, Outcome, Path, Rest, Row as _, ValueRef},
};
use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};
use uuid::Uuid;

/// Most heads that are remembered. A site has some hundreds; where free text makes more of them, they are forgotten in between.
const HEADS: usize = 4_096;

/// Whether a column is one of the head.
pub(super) fn is_of_head(path: &Path) -> bool {
    column_of(path.key()).is_some_and(|(field, _)| is_head(field))
}

/// A count, by the stored values.
pub(super) struct Tally {
    query: Checked,
    mode: NullMode,
    /// Related rows were counted before.
    observed: bool,
    table: String,
    directory: Arc<References>,
    heads: HashMap<Box<[u8]>, Option<Decided>, BuildHasherDefault<HeadHasher>>,
    /// Each different one once.
    rests: Vec<Rest>,
    sums: Sums,
    /// Rows that hang on related rows, in the order of their ids.
    open: Vec<Open>,
}

/// What a head says of all assets that have it.
#[derive(Clone, Copy)]
struct Decided {
    rest: u32,
    sum: u32,
}

struct Open {
    id: Uuid,
    outcome: Outcome,
    sum: u32,
}

/// Numbers by what is shown of them.
#[derive(Default)]
struct Sums {
    places: BTreeMap<(Option<i64>, Option<Uuid>), usize>,
    sums: Vec<Sum>,
}

struct Sum {
    state: Option<i64>,
    category: Option<Uuid>,
    matched: u64,
    others: u64,
}

impl Tally {
    /// A count of a table; the query tells whether related rows were observed before.
    pub(super) fn new((query, mode, observed): (Checked, NullMode, bool), table: &str, directory: Arc<References>) -> Self {
        let (heads, rests, sums, open) = (HashMap::default(), Vec::new(), Sums::default(), Vec::new());
        Self { query, mode, observed, table: table.to_owned(), directory, heads, rests, sums, open }
    }

    /// Counts assets by their head, for a query that asks for no more.
    pub(super) fn add_head(&mut self, head: &Head, assets: u64) {
        let row = HeadRow::new(head, &*self.directory);
        if row.is_of(&self.table) {
            let matches = self.query.matches(&row, self.mode);
            let place = self.sums.place(|field| head.get(field));
            self.sums.add(place, matches, assets);
        }
    }

    /// Counts an asset.
    pub(super) fn add_asset(&mut self, asset: &StoredAsset<'_>, scratch: &Scratch) {
        let Self { query, mode, observed, table, directory, heads, rests, sums, open } = self;
        let row = StoredRow::new(asset, &**directory, scratch);
        if query.needs_related() && !*observed {
            query.observe(&row, *mode);
        }
        let known = heads.get(asset.head()).copied();
        let decided = known.unwrap_or_else(|| {
            if heads.len() >= HEADS {
                heads.clear();
                rests.clear();
            }
            let decided = row.is_of(table).then(|| {
                let rest = query.given(&row, is_of_head, *mode);
                let place = rests.iter().position(|known| known.is(&rest)).unwrap_or_else(|| {
                    rests.push(rest);
                    rests.len() - 1
                });
                Decided { rest: place as u32, sum: sums.place(|field| asset.get(field)) as u32 }
            });
            heads.insert(asset.head().into(), decided);
            decided
        });
        let Some(Decided { rest, sum }) = decided else { return };
        let outcome = match rests.get(rest as usize) {
            Some(rest) if !*observed => rest.outcome(&row, *mode),
            _ => return sums.add(sum as usize, query.matches(&row, *mode), 1),
        };
        match outcome.decided() {
            Some(matches) => sums.add(sum as usize, matches, 1),
            None => open.push(Open { id: asset.id().0, outcome, sum }),
        }
    }

    /// What was counted, when nothing more comes.
    pub(super) fn counted(&mut self) -> Counted {
        self.close();
        let mut counted = Counted::default();
        for Sum { state, category, matched, others } in &self.sums.sums {
            counted.assets += matched;
            if state.is_none() {
                counted.uncounted_empty_state += others;
            }
            *counted.by_state.entry(shown(*state)).or_default() += matched + others;
            if *matched > 0 {
                let name = category.and_then(|id| self.directory.display(Table::ModelCategory, id));
                let name = name.map_or_else(|| shown(*category), str::to_owned);
                *counted.by_category.entry(name).or_default() += matched;
            }
        }
        counted
    }

    /// Decides the open rows. They and the answers both come in the order of ids, so no row's answer has to be looked for.
    fn close(&mut self) {
        let (unrelated, related) = self.query.answers();
        let mut related = related.into_iter().peekable();
        for Open { id, outcome, sum } in self.open.drain(..) {
            while related.next_if(|(other, _)| *other < id).is_some() {}
            let answers = related.next_if(|(other, _)| *other == id).map_or(unrelated, |(_, answers)| answers);
            self.sums.add(sum as usize, outcome.under(answers), 1);
        }
    }
}

impl Sums {
    fn place<'v>(&mut self, value: impl Fn(Field) -> Option<ValueRef<'v>>) -> usize {
        let state = match value(Field::InstallStatus) {
            Some(ValueRef::Int(state)) => Some(state),
            _ => None,
        };
        let category = match value(Field::ModelCategory) {
            Some(ValueRef::Ref(id)) => Some(id),
            _ => None,
        };
        let next = self.sums.len();
        let place = *self.places.entry((state, category)).or_insert(next);
        if place == next {
            self.sums.push(Sum { state, category, matched: 0, others: 0 });
        }
        place
    }

    fn add(&mut self, place: usize, matches: bool, assets: u64) {
        if let Some(sum) = self.sums.get_mut(place) {
            *(if matches { &mut sum.matched } else { &mut sum.others }) += assets;
        }
    }
}

/// A quick hash of short rows of bytes. So few heads are kept that nobody gains by some that collide.
#[derive(Default)]
struct HeadHasher(u64);

impl Hasher for HeadHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        let tail = rest.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte));
        for word in words.iter().map(|word| u64::from_le_bytes(*word)).chain([tail]) {
            self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
