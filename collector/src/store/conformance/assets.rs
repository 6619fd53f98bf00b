//! Assets.

use super::fixtures::{asset, asset_id, at, entry};
use crate::store::{StoreError, Stores, ports::AssetChange};
use muster_domain::asset::{field::Field, value::Value};
use serde_json::json;
use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

pub(crate) async fn an_edit_shows_before_and_after_in_the_audit_log(stores: &Stores) {
    stores.assets.create(asset(1, None), entry("asset.create")).await.unwrap();
    let again = stores.assets.create(asset(1, None), entry("asset.create")).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    let change = AssetChange { asset: asset_id(1), set: vec![(Field::InstallStatus, Some(Value::Int(7)))], at: at(5) };
    let edited = stores.assets.edit(change, entry("asset.edit")).await.unwrap();
    assert_eq!(edited.get(Field::InstallStatus), Some(&Value::Int(7)));
    assert_eq!(edited.observed().get(Field::InstallStatus), Some(&Value::Int(1)));
    assert_eq!(stores.assets.get(asset_id(1)).await.unwrap(), Some(edited));
    let newest = &stores.audit.page(None, 1).await.unwrap()[0].entry;
    assert_eq!(newest.detail["changes"]["install_status"], json!({"before": "1", "after": "7"}));
    assert_eq!(newest.detail["z"], json!(1));
}

pub(crate) async fn a_refused_edit_leaves_nothing(stores: &Stores) {
    stores.assets.create(asset(1, None), entry("asset.create")).await.unwrap();
    let edit = |number, field| {
        let set = vec![(Field::Comments, Some(Value::Text("new".to_owned()))), (field, Some(Value::Int(1)))];
        stores.assets.edit(AssetChange { asset: asset_id(number), set, at: at(5) }, entry("asset.edit"))
    };
    assert!(matches!(edit(1, Field::SysId).await, Err(StoreError::Rule(_))));
    assert!(matches!(edit(2, Field::Quantity).await, Err(StoreError::NotFound { what: "asset", .. })));
    assert_eq!(stores.assets.get(asset_id(1)).await.unwrap(), Some(asset(1, None)));
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(1));
}

pub(crate) async fn assets_are_paged_and_scanned_in_order(stores: &Stores) {
    for number in [5_u128, 1, 3, 2, 4] {
        stores.assets.create(asset(number << 100, None), entry("asset.create")).await.unwrap();
    }
    let ids = |numbers: &[u128]| numbers.iter().map(|number| asset_id(number << 100)).collect::<Vec<_>>();
    for (after, limit, expected) in
        [(None, 2, &[1_u128, 2][..]), (Some(2_u128), 2, &[3, 4]), (Some(4), 2, &[5]), (Some(5), 2, &[]), (None, 0, &[])]
    {
        let page = stores.assets.page(after.map(|after| asset_id(after << 100)), limit).await.unwrap();
        assert_eq!(page.iter().map(|asset| asset.id()).collect::<Vec<_>>(), ids(expected));
    }
    for (stop_at, expected) in [(9, &[1_u128, 2, 3, 4, 5][..]), (3, &[1, 2, 3])] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let visitor = Arc::clone(&seen);
        let visit = move |asset: &_| {
            let asset: &muster_domain::asset::record::Asset = asset;
            visitor.lock().unwrap().push(asset.id());
            if asset.id() == asset_id(stop_at << 100) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        stores.assets.scan(Box::new(visit)).await.unwrap();
        assert_eq!(*seen.lock().unwrap(), ids(expected));
    }
}
