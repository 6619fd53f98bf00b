//! Copies of a store in use, and looking through stores that nobody has open.

use super::fresh::{self, file};
use crate::store::{
    StoreError,
    conformance::fixtures::entry,
    redb::{
        check, open,
        tables::{AGENTS, AUDIT, HARDWARE, HEADS},
    },
};
use redb::{Database, ReadableTable as _, TableDefinition, WriteTransaction};
use std::{os::unix::fs::PermissionsExt as _, path::Path};
use uuid::Uuid;

#[tokio::test]
async fn a_copy_is_the_store_as_it_was() {
    let (stores, directory) = fresh::stores().await;
    fresh::fill(&stores).await;
    stores.system.set_collector_id(Uuid::from_u128(7)).await.unwrap();
    let before = fresh::dump(&stores).await.unwrap();
    let path = directory.path().join("copy.redb");
    let rows = stores.system.copy_to(&path).await.unwrap();
    stores.system.set("null_mode", None, entry("settings.set")).await.unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let found = check(&path).unwrap();
    assert_eq!((found.collector_id, &found.rows, found.audit_broken_at), (Some(Uuid::from_u128(7)), &rows, None));
    assert_eq!((rows["agents"], rows["assets"], rows["settings"]), (20, 40, 1));
    let copy = open(&path).await.unwrap();
    assert_eq!(fresh::dump(&copy).await.unwrap(), before);
    assert_ne!(fresh::dump(&stores).await.unwrap(), before, "what was changed afterwards is in the store alone");
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_harms_nothing() {
    let (stores, directory) = fresh::stores().await;
    let check = async |path: &Path, words: &str| {
        let error = stores.system.copy_to(path).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        stores.system.probe().await.unwrap();
    };
    check(&file(&directory), "exists").await;
    check(&directory.path().join("no/such/directory"), "No such file").await;
}

#[tokio::test]
async fn what_a_newer_program_keeps_is_not_left_out() {
    let (stores, directory) = fresh::stores().await;
    stores.system.close().await.unwrap();
    change(&file(&directory), |txn| {
        txn.open_table(TableDefinition::<u64, u64>::new("seats_of_tomorrow")).unwrap().insert(1, 1).unwrap();
    });
    let stores = open(&file(&directory)).await.unwrap();
    let error = stores.system.copy_to(&directory.path().join("copy.redb")).await.unwrap_err().to_string();
    assert!(error.contains("seats_of_tomorrow"), "{error}");
}

fn change(path: &Path, work: impl FnOnce(&WriteTransaction)) {
    let database = Database::open(path).unwrap();
    let txn = database.begin_write().unwrap();
    work(&txn);
    txn.commit().unwrap();
}

/// What somebody did to a store.
type Break = dyn Fn(&WriteTransaction);

#[tokio::test]
async fn what_is_wrong_inside_is_found() {
    let (stores, directory) = fresh::stores().await;
    fresh::fill(&stores).await;
    stores.system.close().await.unwrap();
    let broken = directory.path().join("broken.redb");
    let find = |work: &Break| {
        std::fs::copy(file(&directory), &broken).unwrap();
        change(&broken, work);
        check(&broken)
    };
    assert!(find(&|_| {}).is_ok());
    let wrong: [(&str, &Break); 4] = [
        ("agents", &|txn| {
            txn.open_table(AGENTS).unwrap().insert(99, [1_u8, 2, 3].as_slice()).unwrap();
        }),
        ("agents", &|txn| {
            txn.open_table(AGENTS).unwrap().insert(99, [200_u8].as_slice()).unwrap();
        }),
        ("hardware", &|txn| {
            txn.open_table(HARDWARE).unwrap().insert(99, b"{".as_slice()).unwrap();
        }),
        ("heads", &|txn| {
            let mut heads = txn.open_table(HEADS).unwrap();
            let head = heads.first().unwrap().unwrap().0.value().to_vec();
            heads.remove(head.as_slice()).unwrap();
        }),
    ];
    for (table, work) in wrong {
        let error = find(work).unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt { table: found, .. } if *found == table), "{table}: {error}");
    }
    let found = find(&|txn| {
        txn.open_table(AUDIT).unwrap().remove(3).unwrap();
    });
    assert_eq!(found.unwrap().audit_broken_at, Some(3));
    assert!(matches!(check(&directory.path().join("none.redb")), Err(StoreError::NotFound { .. })));
}
