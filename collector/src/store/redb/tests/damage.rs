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

fn damaged(whole: &[u8], number: usize) -> Vec<u8> {
    const PAGE: usize = 4096;
    let mut numbers = Numbers(number as u64);
    let mut bytes = whole.to_vec();
    match number % 3 {
        0 => bytes[numbers.below(whole.len())] ^= 1 << numbers.below(8),
        1 => {
            let page = numbers.below(whole.len() / PAGE) * PAGE;
            bytes[page..page + PAGE].fill(0);
        }
        _ => bytes.truncate(numbers.below(whole.len())),
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_an_error_or_harmless_and_never_wrong_data() {
    let (stores, directory) = fresh::stores().await;
    fresh::fill(&stores).await;
    let expected = fresh::dump(&stores).await.unwrap();
    stores.system.close().await.unwrap();
    drop(stores);
    let whole = fs::read(file(&directory)).unwrap();
    let used = whole.len();
    let mut refused = 0;
    for number in 0..300 {
        let path = directory.path().join("damaged.redb");
        File::create(&path).unwrap().write_all(&damaged(&whole, number)).unwrap();
        let Ok(stores) = open(&path).await else {
            refused += 1;
            continue;
        };
        match fresh::dump(&stores).await {
            Ok(found) => assert_eq!(found, expected, "change {number} gave wrong data"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused >= 100, "only {refused} of 300 changes in {used} bytes were noticed");
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
