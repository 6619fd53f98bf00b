//! Files that are not what they should be.

use super::fresh::{self, file};
use crate::store::{
    StoreError,
    redb::{create, open, open::SCHEMA, tables::META},
};
use redb::{Database, TableDefinition, TableHandle};
use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
};

fn put(path: &Path, bytes: &[u8]) {
    File::create(path).unwrap().write_all(bytes).unwrap();
}

async fn error(path: &Path) -> StoreError {
    match open(path).await {
        Err(error) => error,
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    for content in ["", "redb", "a text somebody needs\n", "SQLite format 3\0............................"] {
        put(&path, content.as_bytes());
        assert!(matches!(error(&path).await, StoreError::Foreign { .. }), "{content:?}");
        assert!(matches!(create(&path), Err(StoreError::Conflict(_))), "{content:?}");
        assert_eq!(fs::read(&path).unwrap(), content.as_bytes());
    }
    assert!(matches!(error(directory.path()).await, StoreError::Foreign { .. }));
    assert!(matches!(error(&directory.path().join("none")).await, StoreError::NotFound { what: "store", .. }));
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    const OTHER: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let database = Database::create(&path).unwrap();
    drop(database);
    assert!(matches!(error(&path).await, StoreError::Foreign { .. }));
    let database = Database::create(&path).unwrap();
    let txn = database.begin_write().unwrap();
    txn.open_table(OTHER).unwrap().insert("application", 1).unwrap();
    txn.commit().unwrap();
    drop(database);
    assert!(matches!(error(&path).await, StoreError::Foreign { .. }));
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_versions() {
    let (stores, directory) = fresh::stores().await;
    stores.system.close().await.unwrap();
    let path = file(&directory);
    for (schema, newer) in [(7_u32.to_be_bytes().to_vec(), true), (vec![0, 0, 0, 0], false), (vec![1], false)] {
        let database = Database::open(&path).unwrap();
        let txn = database.begin_write().unwrap();
        txn.open_table(META).unwrap().insert("schema", schema.as_slice()).unwrap();
        txn.commit().unwrap();
        drop(database);
        let before = fs::read(&path).unwrap();
        match error(&path).await {
            StoreError::NewerVersion { found: 7, known: SCHEMA } if newer => {}
            StoreError::Corrupt { table: "meta", .. } if !newer => {}
            other => panic!("{other}"),
        }
        assert!(fs::read(&path).unwrap() == before, "the file was changed");
    }
}

#[tokio::test]
async fn a_store_that_is_open_already_says_so() {
    let (stores, directory) = fresh::stores().await;
    let StoreError::Unavailable { reason, .. } = error(&file(&directory)).await else { panic!("another error") };
    assert!(reason.contains("another process"), "{reason}");
    stores.system.close().await.unwrap();
    open(&file(&directory)).await.unwrap();
}

#[tokio::test]
async fn a_new_store_is_its_owners_and_replaces_nothing_but_its_own_rest() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    put(&directory.path().join("muster.redb.new"), b"left over by a crash");
    create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert!(matches!(create(&path), Err(StoreError::Conflict(_))));
    let nowhere = create(&directory.path().join("none/muster.redb"));
    assert!(matches!(nowhere, Err(StoreError::Unavailable { operation: "create", .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_there_after_closing_and_opening() {
    let (stores, directory) = fresh::stores().await;
    fresh::fill(&stores).await;
    let before = fresh::dump(&stores).await.unwrap();
    stores.system.close().await.unwrap();
    drop(stores);
    let stores = open(&file(&directory)).await.unwrap();
    assert_eq!(fresh::dump(&stores).await.unwrap(), before);
    // Dropping the last handle closes the file, too.
    drop(stores);
    let stores = open(&file(&directory)).await.unwrap();
    assert_eq!(fresh::dump(&stores).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_from_before_a_table_gets_it_and_keeps_everything() {
    let (stores, directory) = fresh::stores().await;
    fresh::fill(&stores).await;
    let before = fresh::dump(&stores).await.unwrap();
    stores.system.close().await.unwrap();
    drop(stores);
    let without = |names: &[&str]| {
        let database = Database::open(file(&directory)).unwrap();
        let txn = database.begin_write().unwrap();
        let tables: Vec<_> = txn.list_tables().unwrap().filter(|table| names.contains(&table.name())).collect();
        assert_eq!(tables.len(), names.len());
        for table in tables {
            txn.delete_table(table).unwrap();
        }
        txn.commit().unwrap();
    };
    without(&["unit_choices", "unit_reports", "resource_categories", "hours"]);
    let stores = open(&file(&directory)).await.unwrap();
    assert_eq!(fresh::dump(&stores).await.unwrap(), before);
    assert_eq!(stores.units.choices().await.unwrap(), []);
    assert_eq!(stores.units.reports(None, 9).await.unwrap(), []);
    stores.system.close().await.unwrap();
    drop(stores);
    let bytes = fs::read(file(&directory)).unwrap();
    let stores = open(&file(&directory)).await.unwrap();
    stores.system.close().await.unwrap();
    drop(stores);
    assert_eq!(fs::read(file(&directory)).unwrap().len(), bytes.len());
    without(&["heads"]);
    assert!(matches!(error(&file(&directory)).await, StoreError::Corrupt { table: "heads", .. }), "nothing is made up");
}
