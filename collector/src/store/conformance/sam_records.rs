//! Records of software asset management.

use super::fixtures::{at, entry};
use crate::store::{
    StoreError, Stores,
    ports::RecordChange,
    records::{RecordCause, RecordRow},
};
use muster_domain::{asset::Value, record::Values};
use uuid::Uuid;

fn row(kind: &str, id: u128, revision: u64, name: &str) -> RecordRow {
    RecordRow {
        kind: kind.to_owned(),
        id: Uuid::from_u128(id),
        revision,
        values: Values::new().with("name", Value::Text(name.to_owned())),
        keys: vec![format!("name\u{1f}{name}")],
        created_at: at(1),
        created_by: "user:root".to_owned(),
        updated_at: at(2),
        updated_by: "user:root".to_owned(),
    }
}

/// Makes a record of a kind that is called so.
pub(crate) fn record(kind: &str, id: u128, name: &str) -> RecordChange {
    change(None, row(kind, id, 1, name))
}

/// Makes a record of a kind whose field points somewhere.
pub(super) fn pointing(kind: &str, field: &str, to: Uuid) -> RecordChange {
    let values = Values::new().with(field, Value::Ref(to));
    change(None, RecordRow { values, ..row(kind, 77, 1, "points") })
}

fn change(expects: Option<u64>, after: RecordRow) -> RecordChange {
    let cause = if expects.is_none() { RecordCause::Created } else { RecordCause::Edited };
    RecordChange { kind: after.kind.clone(), id: after.id, expects, after: Some(after), cause }
}

fn removal(row: &RecordRow) -> RecordChange {
    let (kind, id) = (row.kind.clone(), row.id);
    RecordChange { kind, id, expects: Some(row.revision), after: None, cause: RecordCause::Deleted }
}

async fn refused(stores: &Stores, changes: Vec<RecordChange>) -> String {
    match stores.records.change(changes, entry("record.change")).await {
        Err(StoreError::Conflict(text)) => text,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn records_of_a_kind_are_kept_with_their_history(stores: &Stores) {
    let store = &stores.records;
    let (one, two, other) = (row("models", 1, 1, "a"), row("models", 2, 1, "b"), row("contracts", 1, 1, "a"));
    let made = [&two, &one, &other].map(|row| change(None, row.clone())).to_vec();
    store.change(made, entry("record.change")).await.unwrap();
    assert_eq!(store.all(None).await.unwrap(), [other.clone(), one.clone(), two.clone()]);
    assert_eq!(store.all(Some("models")).await.unwrap(), [one.clone(), two]);
    let edited = row("models", 1, 2, "c");
    store.change(vec![change(Some(1), edited.clone())], entry("record.change")).await.unwrap();
    store.change(vec![removal(&edited)], entry("record.change")).await.unwrap();
    assert_eq!(store.all(Some("models")).await.unwrap().len(), 1);
    let history = store.history("models", one.id, None, 10).await.unwrap();
    assert_eq!(history.iter().map(|event| event.number).collect::<Vec<_>>(), [3, 2, 1]);
    let text = |name: &str| Some(Value::Text(name.to_owned()));
    let names: Vec<_> = history.iter().filter_map(|event| event.changes.get("name").cloned()).collect();
    assert_eq!(names, [(text("c"), None), (text("a"), text("c")), (None, text("a"))]);
    assert_eq!(store.history("models", one.id, Some(3), 1).await.unwrap(), history[1..2]);
    assert_eq!(store.history("contracts", one.id, None, 10).await.unwrap().len(), 1, "a kind has its own");
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(3));
}

pub(crate) async fn a_record_of_another_revision_or_with_a_taken_key_changes_nothing(stores: &Stores) {
    let store = &stores.records;
    let (one, two) = (row("models", 1, 1, "a"), row("models", 2, 1, "b"));
    store.change(vec![change(None, one.clone()), change(None, two.clone())], entry("record.change")).await.unwrap();
    assert!(refused(stores, vec![change(None, row("models", 1, 1, "z"))]).await.contains("changed in the meantime"));
    assert!(refused(stores, vec![change(Some(2), row("models", 1, 3, "z"))]).await.contains("changed in the meantime"));
    assert!(refused(stores, vec![change(Some(1), row("models", 9, 2, "z"))]).await.contains("not there any more"));
    let third = change(None, row("models", 3, 1, "x"));
    assert!(refused(stores, vec![third, change(None, row("models", 4, 1, "b"))]).await.contains("the same name"));
    assert_eq!(store.all(None).await.unwrap(), [one, two], "nothing of a refused change is kept");
    // Two that change places are no conflict.
    let (one, two) = (row("models", 1, 2, "b"), row("models", 2, 2, "a"));
    store.change(vec![change(Some(1), one.clone()), change(Some(1), two.clone())], entry("record.change")).await.unwrap();
    assert_eq!(store.all(None).await.unwrap(), [one, two.clone()]);
    store.change(vec![removal(&two), change(None, row("models", 5, 1, "a"))], entry("record.change")).await.unwrap();
}
