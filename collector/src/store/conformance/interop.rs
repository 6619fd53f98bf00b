//! Credentials of agents of another make.

use super::fixtures::{at, entry};
use crate::store::{
    StoreError, Stores,
    records::{InteropCredentialRecord, InteropKind},
};

pub(crate) fn credential(id: &str, minutes: i64) -> InteropCredentialRecord {
    InteropCredentialRecord {
        id: id.to_owned(),
        kind: InteropKind::Inventory,
        secret_hash: [7; 32],
        group: Some("lab".to_owned()),
        max_new_per_hour: 20,
        created_by: "user:root".to_owned(),
        created_at: at(minutes),
        let_in: Vec::new(),
        revoked: false,
    }
}

pub(crate) async fn credentials_are_bounded_and_those_taken_back_make_room(stores: &Stores) {
    let create = async |id: &str, minutes: i64| stores.interop.create(credential(id, minutes), 3, entry("create")).await;
    let ids = async || stores.interop.all().await.unwrap().into_iter().map(|kept| kept.id).collect::<Vec<_>>();
    for (id, minutes) in [("b", 2), ("a", 1), ("c", 3)] {
        create(id, minutes).await.unwrap();
    }
    assert_eq!(ids().await, ["c", "b", "a"]);
    assert!(matches!(create("a", 9).await, Err(StoreError::Conflict(_))), "an id is one credential");
    assert!(matches!(create("d", 4).await, Err(StoreError::Conflict(_))), "three are the most");
    for id in ["b", "c", "b"] {
        let revoked = stores.interop.revoke(id, entry("revoke")).await.unwrap();
        assert_eq!((revoked.id.as_str(), revoked.revoked), (id, true));
    }
    create("d", 4).await.unwrap();
    assert_eq!(ids().await, ["d", "c", "a"], "the oldest that was taken back made room");
    assert!(stores.interop.all().await.unwrap()[1].revoked);
    let missing = stores.interop.revoke("x", entry("revoke")).await;
    assert!(matches!(missing, Err(StoreError::NotFound { what: "interop credential", .. })));
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(7), "what was refused is no entry");
}
