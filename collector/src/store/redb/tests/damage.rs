//! Files that were changed behind the engine's back.

use super::fresh::{self, file};
use crate::store::{
    conformance::fixtures::entry,
    records::AuditRecord,
    redb::{codec, open, tables::AUDIT},
};
use redb::Database;
use std::{
    fs::{self, File},
    io::Write,
};

/// Numbers that look random and are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

const PAGE: usize = 4096;

/// A place that holds something: from a random one on, the next byte that is not zero.
fn used_place(bytes: &[u8], numbers: &mut Numbers) -> usize {
    let start = numbers.below(bytes.len());
    (start..bytes.len()).chain(0..start).find(|place| bytes[*place] != 0).unwrap()
}

#[expect(clippy::ptr_arg, reason = "all ways to damage a file have one type")]
fn flip_a_bit(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let place = used_place(bytes, numbers);
    bytes[place] ^= 1 << numbers.below(8);
}

#[expect(clippy::ptr_arg, reason = "all ways to damage a file have one type")]
fn zero_a_page(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let page = used_place(bytes, numbers) / PAGE * PAGE;
    bytes[page..page + PAGE].fill(0);
}

fn cut_off_the_end(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    bytes.truncate(numbers.below(bytes.len()));
}

type Damage = fn(&mut Vec<u8>, &mut Numbers);

/// Damages a closed store in 100 ways: each gives an error, or every row as it was because an unused page was hit.
async fn check(damage: Damage, least_refused: u32) {
    let (stores, directory) = fresh::stores().await;
    fresh::fill(&stores).await;
    let expected = fresh::dump(&stores).await.unwrap();
    stores.system.close().await.unwrap();
    drop(stores);
    // Pages that were given back would take most of the damage, more or fewer of them in each run.
    Database::open(file(&directory)).unwrap().compact().unwrap();
    let whole = fs::read(file(&directory)).unwrap();
    let path = directory.path().join("damaged.redb");
    let mut refused = 0;
    for seed in 0..100 {
        let mut bytes = whole.clone();
        damage(&mut bytes, &mut Numbers(seed));
        File::create(&path).unwrap().write_all(&bytes).unwrap();
        let Ok(stores) = open(&path).await else {
            refused += 1;
            continue;
        };
        match fresh::dump(&stores).await {
            Ok(found) => assert_eq!(found, expected, "seed {seed} gave wrong data"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused >= least_refused, "only {refused} of 100 were noticed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_never_gives_wrong_data() {
    check(flip_a_bit, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zeroed_page_never_gives_wrong_data() {
    check(zero_a_page, 90).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_file_never_gives_wrong_data() {
    check(cut_off_the_end, 95).await;
}

#[tokio::test]
async fn a_changed_entry_breaks_the_audit_chain_where_it_is() {
    let (stores, directory) = fresh::stores().await;
    for action in ["a", "b", "c", "d", "e"] {
        stores.audit.append(entry(action)).await.unwrap();
    }
    let original = stores.audit.page(Some(4), 1).await.unwrap().remove(0);
    stores.system.close().await.unwrap();
    drop(stores);
    let forged = |forge: fn(&mut AuditRecord)| {
        let mut record = original.clone();
        forge(&mut record);
        Some(record)
    };
    for (row, expected) in [
        (Some(original.clone()), Ok(5)),
        (forged(|record| record.entry.actor = "user:nobody".to_owned()), Err(3)),
        (forged(|record| record.entry.detail["z"] = 2.into()), Err(3)),
        (forged(|record| record.hash = "0".repeat(64)), Err(3)),
        (forged(|record| record.number = 4), Err(3)),
        (None, Err(3)),
    ] {
        let database = Database::open(file(&directory)).unwrap();
        let txn = database.begin_write().unwrap();
        {
            let mut table = txn.open_table(AUDIT).unwrap();
            match &row {
                Some(row) => codec::put(&mut table, 3, row).unwrap(),
                None => drop(table.remove(3).unwrap()),
            }
        }
        txn.commit().unwrap();
        drop(database);
        let stores = open(&file(&directory)).await.unwrap();
        assert_eq!(stores.audit.verify().await.unwrap(), expected);
    }
}
