//! Assets.

use super::{
    asset_rows, audit,
    fault::Fault,
    store::RedbStore,
    tables::{ASSETS, HARDWARE},
};
use crate::store::{
    StoreError,
    ports::{AssetChange, AssetStore, Observation, Visit},
    records::AuditEntry,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Head, edit::Change, record::Asset},
    ids::AssetId,
};
use redb::{ReadableTable, WriteTransaction};
use serde_json::{Map, Value as Json};
use std::ops::Bound;
use uuid::{NoContext, Timestamp, Uuid};

#[async_trait]
impl AssetStore for RedbStore {
    async fn create(&self, asset: Asset, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("assets.create", move |txn| {
            if txn.open_table(ASSETS)?.get(asset.id().0.as_u128())?.is_some() {
                return Err(StoreError::Conflict(format!("there is an asset {} already", asset.id())).into());
            }
            asset_rows::put(txn, &asset)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn get(&self, id: AssetId) -> Result<Option<Asset>, StoreError> {
        self.read("assets.get", move |txn| asset_rows::get(&txn.open_table(ASSETS)?, id)).await
    }

    async fn hardware(&self, id: AssetId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("assets.hardware", move |txn| {
            let table = txn.open_table(HARDWARE)?;
            Ok(table.get(id.0.as_u128())?.map(|row| row.value().to_vec()))
        })
        .await
    }

    async fn edit(&self, change: AssetChange, audit: AuditEntry) -> Result<Asset, StoreError> {
        let AssetChange { asset: id, set, at } = change;
        self.write("assets.edit", move |txn| {
            let mut asset = asset_rows::existing(txn, id)?;
            let changes = asset.edit(&set, at).map_err(|e| StoreError::Rule(e.to_string()))?;
            asset_rows::put(txn, &asset)?;
            audit::append_in(txn, &with_changes(audit.clone(), &changes))?;
            Ok(asset)
        })
        .await
    }

    async fn page(&self, after: Option<AssetId>, limit: usize) -> Result<Vec<Asset>, StoreError> {
        self.read("assets.page", move |txn| {
            let table = txn.open_table(ASSETS)?;
            table.range((from(after), Bound::Unbounded))?.take(limit).map(|row| asset_rows::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn scan(&self, after: Option<AssetId>, mut visit: Visit) -> Result<(), StoreError> {
        self.read("assets.scan", move |txn| {
            for row in txn.open_table(ASSETS)?.range((from(after), Bound::Unbounded))? {
                let row = row?;
                let asset = asset_rows::stored(row.1.value())?;
                let next = visit(&asset);
                // A value that cannot be read must not pass for one that is not there.
                if asset.is_damaged() {
                    return Err(asset_rows::unreadable(&format!("asset {} is damaged", asset.id())));
                }
                if next.is_break() {
                    break;
                }
            }
            Ok(())
        })
        .await
    }

    async fn heads(&self) -> Result<Vec<(Head, u64)>, StoreError> {
        self.read("assets.heads", asset_rows::heads).await
    }
}

/// A new id. Ids made later sort later, so that new rows are written side by side.
pub(super) fn new_id(now: DateTime<Utc>) -> AssetId {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    AssetId(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos())))
}

fn from(after: Option<AssetId>) -> Bound<u128> {
    after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.0.as_u128()))
}

/// Takes what an agent saw, within a unit of work.
pub(super) fn observe_in(txn: &WriteTransaction, observation: &Observation) -> Result<(), Fault> {
    let Observation { asset: id, agent, layer, hardware, at } = observation;
    let mut asset = asset_rows::existing(txn, *id)?;
    if asset.agent() != Some(*agent) {
        return Err(StoreError::Conflict(format!("asset {id} is not the one that agent {agent} reports")).into());
    }
    asset.observe(layer.clone(), *at);
    txn.open_table(HARDWARE)?.insert(id.0.as_u128(), hardware.as_slice())?;
    asset_rows::put(txn, &asset)
}

/// Puts what changed into the detail of an entry: `changes: {FIELD: {before, after}}`, next to what the caller said.
fn with_changes(mut audit: AuditEntry, changes: &[Change]) -> AuditEntry {
    let shown = |value: &Option<muster_domain::asset::value::Value>| {
        value.as_ref().map_or(Json::Null, |value| Json::String(value.to_string()))
    };
    let fields = changes.iter().map(|Change { field, before, after }| {
        let mut sides = Map::new();
        sides.insert("before".to_owned(), shown(before));
        sides.insert("after".to_owned(), shown(after));
        (field.name().to_owned(), Json::Object(sides))
    });
    let fields = Json::Object(fields.collect());
    match &mut audit.detail {
        Json::Object(detail) => {
            detail.insert("changes".to_owned(), fields);
        }
        detail => {
            let mut object = Map::new();
            if !detail.is_null() {
                object.insert("input".to_owned(), detail.take());
            }
            object.insert("changes".to_owned(), fields);
            *detail = Json::Object(object);
        }
    }
    audit
}
