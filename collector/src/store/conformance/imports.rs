//! Imports of files that were run.

use super::{
    fixtures::{at, entry},
    record,
};
use crate::store::{
    StoreError, Stores,
    ports::ImportStep,
    records::{ImportRun, ImportState, LineState, RefusedLine},
};
use uuid::Uuid;

pub(crate) fn import_run(id: u128) -> ImportRun {
    ImportRun {
        id: Uuid::from_u128(id),
        kind: "contracts".to_owned(),
        file: Some("contracts.csv".to_owned()),
        by: "user:root".to_owned(),
        started_at: at(1),
        finished_at: None,
        state: ImportState::Failed,
        failure: None,
        lines: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        refused: 0,
        header: vec!["number".to_owned()],
        delimiter: ',',
        clear_empty: false,
    }
}

pub(crate) fn refused_line(line: u64) -> RefusedLine {
    RefusedLine {
        line,
        column: Some("ends".to_owned()),
        cells: vec![format!("C{line}"), "soon".to_owned()],
        reason: "ends: \"soon\" is not a date (yyyy-MM-dd)".to_owned(),
        state: LineState::NeedsReview,
        state_by: None,
    }
}

pub(crate) async fn imports_are_kept_newest_first_and_old_ones_go(stores: &Stores) {
    let store = &stores.imports;
    for id in 1..=3 {
        store.put(import_run(id), 3, entry("record.import_begin")).await.unwrap();
        store.refuse(Uuid::from_u128(id), vec![refused_line(2), refused_line(9)]).await.unwrap();
    }
    let done = ImportRun { state: ImportState::CompletedWithErrors, finished_at: Some(at(2)), refused: 2, ..import_run(2) };
    store.put(done.clone(), 3, entry("record.import")).await.unwrap();
    assert_eq!(store.list(None, 10).await.unwrap(), [import_run(3), done.clone(), import_run(1)]);
    assert_eq!(store.list(Some(Uuid::from_u128(3)), 1).await.unwrap(), std::slice::from_ref(&done));
    assert_eq!(store.get(Uuid::from_u128(2)).await.unwrap(), Some(done.clone()));
    store.put(import_run(4), 2, entry("record.import_begin")).await.unwrap();
    assert_eq!(store.list(None, 10).await.unwrap(), [import_run(4), import_run(3)]);
    assert_eq!(store.get(Uuid::from_u128(2)).await.unwrap(), None);
    assert_eq!(store.lines(Uuid::from_u128(2), 0, 10).await.unwrap(), []);
    assert_eq!(
        store.lines(Uuid::from_u128(3), 0, 10).await.unwrap(),
        [refused_line(2), refused_line(9)],
        "the others keep theirs"
    );
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(5));
}

pub(crate) async fn how_far_an_import_is_goes_with_its_records(stores: &Stores) {
    let (store, id) = (&stores.imports, Uuid::from_u128(1));
    store.put(import_run(1), 3, entry("record.import_begin")).await.unwrap();
    let step = |lines: u64| ImportStep { run: ImportRun { lines, ..import_run(1) }, lines: vec![refused_line(lines)] };
    stores.records.import(vec![record("contracts", 7, "C7")], step(2), entry("record.change")).await.unwrap();
    assert_eq!(store.get(id).await.unwrap().map(|run| run.lines), Some(2));
    assert_eq!(store.lines(id, 0, 10).await.unwrap(), [refused_line(2)]);
    // Nothing of a portion that cannot be stored is.
    let taken = stores.records.import(vec![record("contracts", 8, "C7")], step(3), entry("record.change")).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    assert_eq!(store.get(id).await.unwrap().map(|run| run.lines), Some(2));
    assert_eq!(store.lines(id, 0, 10).await.unwrap(), [refused_line(2)]);
    stores.records.import(Vec::new(), step(4), entry("record.change")).await.unwrap();
    assert_eq!(store.get(id).await.unwrap().map(|run| run.lines), Some(4));
    assert_eq!(stores.records.all(None).await.unwrap().len(), 1);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(2), "what changes no record makes no entry");
}

pub(crate) async fn a_refused_line_is_seen_to(stores: &Stores) {
    let (store, id) = (&stores.imports, Uuid::from_u128(1));
    store.put(import_run(1), 3, entry("record.import_begin")).await.unwrap();
    store.refuse(id, vec![refused_line(2), refused_line(3), refused_line(9)]).await.unwrap();
    assert_eq!(store.lines(id, 2, 1).await.unwrap(), [refused_line(3)]);
    let fixed = RefusedLine { state: LineState::ManuallyFixed, state_by: Some(entry("x").actor), ..refused_line(3) };
    let set = store.set_line(id, 3, LineState::ManuallyFixed, entry("import.set_line")).await.unwrap();
    assert_eq!(set, Some(fixed.clone()));
    assert_eq!(store.lines(id, 0, 10).await.unwrap(), [refused_line(2), fixed, refused_line(9)]);
    assert_eq!(store.set_line(id, 4, LineState::ManuallyFixed, entry("import.set_line")).await.unwrap(), None);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(2), "what is not there is no change");
}
