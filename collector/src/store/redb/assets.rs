//! Assets.

use super::{
    audit, codec,
    fault::Fault,
    references,
    store::RedbStore,
    tables::{ASSETS, HARDWARE},
};
use crate::store::{
    StoreError,
    ports::{AssetChange, AssetStore, NamedReference, Observation, Visit},
    records::AuditEntry,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{edit::Change, field::Kind, record::Asset, value::Value},
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
            let mut table = txn.open_table(ASSETS)?;
            if table.get(asset.id().0.as_u128())?.is_some() {
                return Err(StoreError::Conflict(format!("there is an asset {} already", asset.id())).into());
            }
            codec::put(&mut table, asset.id().0.as_u128(), &asset)?;
            audit::append_in(txn, &audit)
        })
        .await
    }

    async fn get(&self, id: AssetId) -> Result<Option<Asset>, StoreError> {
        self.read("assets.get", move |txn| codec::get(&txn.open_table(ASSETS)?, id.0.as_u128())).await
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
            let mut asset = existing(txn, id)?;
            let changes = asset.edit(&set, at).map_err(|e| StoreError::Rule(e.to_string()))?;
            codec::put(&mut txn.open_table(ASSETS)?, id.0.as_u128(), &asset)?;
            audit::append_in(txn, &with_changes(audit.clone(), &changes))?;
            Ok(asset)
        })
        .await
    }

    async fn page(&self, after: Option<AssetId>, limit: usize) -> Result<Vec<Asset>, StoreError> {
        self.read("assets.page", move |txn| {
            let start = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.0.as_u128()));
            let table = txn.open_table(ASSETS)?;
            table.range((start, Bound::Unbounded))?.take(limit).map(|row| codec::decode(row?.1.value())).collect()
        })
        .await
    }

    async fn scan(&self, mut visit: Visit) -> Result<(), StoreError> {
        self.read("assets.scan", move |txn| {
            for row in txn.open_table(ASSETS)?.iter()? {
                if visit(&codec::decode(row?.1.value())?).is_break() {
                    break;
                }
            }
            Ok(())
        })
        .await
    }
}

/// A new id. Ids made later sort later, so that new rows are written side by side.
pub(super) fn new_id(now: DateTime<Utc>) -> AssetId {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    AssetId(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos())))
}

/// The asset, within a unit of work.
pub(super) fn existing(txn: &WriteTransaction, id: AssetId) -> Result<Asset, Fault> {
    codec::get(&txn.open_table(ASSETS)?, id.0.as_u128())?
        .ok_or_else(|| StoreError::NotFound { what: "asset", id: id.to_string() }.into())
}

/// Takes what an agent saw, within a unit of work.
pub(super) fn observe_in(txn: &WriteTransaction, observation: &Observation) -> Result<(), Fault> {
    let Observation { asset: id, agent, layer, references: named, hardware, at } = observation;
    let mut asset = existing(txn, *id)?;
    if asset.agent() != Some(*agent) {
        return Err(StoreError::Conflict(format!("asset {id} is not the one that agent {agent} reports")).into());
    }
    let mut layer = layer.clone();
    for NamedReference { field, name } in named {
        if let Kind::Reference(table) = field.kind() {
            let record = references::ensure_in(txn, table, name, &format!("agent:{agent}"), *at)?;
            layer.set(*field, Some(Value::Ref(record)));
        }
    }
    asset.observe(layer, *at);
    txn.open_table(HARDWARE)?.insert(id.0.as_u128(), hardware.as_slice())?;
    codec::put(&mut txn.open_table(ASSETS)?, id.0.as_u128(), &asset)
}

/// Puts what changed into the detail of an entry: `changes: {FIELD: {before, after}}`, next to what the caller said.
fn with_changes(mut audit: AuditEntry, changes: &[Change]) -> AuditEntry {
    let shown = |value: &Option<Value>| value.as_ref().map_or(Json::Null, |value| Json::String(value.to_string()));
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
