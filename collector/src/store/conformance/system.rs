//! The store itself.

use super::fixtures::{at, entry};
use crate::store::{StoreError, Stores};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

pub(crate) async fn the_store_belongs_to_one_collector(stores: &Stores) {
    assert_eq!(stores.system.collector_id().await.unwrap(), None);
    for _ in 0..2 {
        stores.system.set_collector_id(Uuid::from_u128(1)).await.unwrap();
    }
    let other = stores.system.set_collector_id(Uuid::from_u128(2)).await;
    assert!(matches!(other, Err(StoreError::Conflict(_))));
    assert_eq!(stores.system.collector_id().await.unwrap(), Some(Uuid::from_u128(1)));
}

pub(crate) async fn settings_are_set_and_reset(stores: &Stores) {
    let set = |name, value| stores.system.set(name, value, entry("settings.set"));
    set("null_mode", Some("sql")).await.unwrap();
    set("retention", Some("")).await.unwrap();
    set("null_mode", Some("inclusive")).await.unwrap();
    set("rounding", None).await.unwrap();
    set("retention", None).await.unwrap();
    let expected = BTreeMap::from([("null_mode".to_owned(), "inclusive".to_owned())]);
    assert_eq!(stores.system.settings().await.unwrap(), expected);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(5));
}

pub(crate) async fn settings_are_changed_together(stores: &Stores) {
    let row = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
    stores.system.set("a", Some("1"), entry("settings.set")).await.unwrap();
    let changes = vec![row("a", None), row("b", Some("2")), row("c", Some(""))];
    stores.system.change_settings(changes, vec![entry("settings.set"), entry("settings.set")]).await.unwrap();
    let expected = BTreeMap::from([("b".to_owned(), "2".to_owned()), ("c".to_owned(), String::new())]);
    assert_eq!(stores.system.settings().await.unwrap(), expected);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(3));
}

pub(crate) async fn a_lease_has_one_holder(stores: &Stores) {
    let hour = Duration::from_secs(3600);
    for (minute, job, holder, expected) in [
        (0, "nightly", "a", Some((1, 60))),
        (1, "nightly", "b", None),
        (30, "nightly", "a", Some((1, 90))),
        (31, "folding", "b", Some((1, 91))),
        (89, "nightly", "b", None),
        (90, "nightly", "b", Some((2, 150))),
        (91, "nightly", "a", None),
        (200, "nightly", "b", Some((3, 260))),
        // Taken while the clock was years ahead.
        (9_000_000, "clock", "b", Some((1, 9_000_060))),
        (300, "clock", "a", Some((2, 360))),
    ] {
        let lease = stores.system.claim(job, holder, at(minute), hour).await.unwrap();
        assert_eq!(
            lease.as_ref().map(|lease| (lease.token, lease.until)),
            expected.map(|(token, end)| (token, at(end))),
            "{minute}"
        );
        if let Some(lease) = lease {
            assert_eq!((lease.job.as_str(), lease.holder.as_str()), (job, holder));
        }
    }
}

pub(crate) async fn a_store_takes_commits_and_has_a_size(stores: &Stores) {
    stores.system.probe().await.unwrap();
    assert!(stores.system.size_bytes().await.unwrap() > 0);
}

pub(crate) async fn a_copy_is_a_new_file_with_every_row(stores: &Stores) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy");
    for name in ["a", "b"] {
        stores.system.set(name, Some("1"), entry("settings.set")).await.unwrap();
    }
    let rows = stores.system.copy_to(&path).await.unwrap();
    assert_eq!((rows["settings"], rows["audit"], rows["agents"]), (2, 2, 0));
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.is_empty());
    assert!(stores.system.copy_to(&path).await.is_err(), "what is there is not written over");
    assert!(std::fs::read(&path).unwrap() == bytes);
    stores.system.probe().await.unwrap();
}

pub(crate) async fn a_closed_store_says_so(stores: &Stores) {
    stores.system.set("a", Some("b"), entry("settings.set")).await.unwrap();
    stores.system.close().await.unwrap();
    assert!(matches!(stores.system.settings().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(stores.system.probe().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(stores.system.close().await, Err(StoreError::Unavailable { .. })));
}
