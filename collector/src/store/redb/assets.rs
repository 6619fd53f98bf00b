//! Assets.

use super::{
    audit, codec, deeds,
    fault::Fault,
    history::{self, Origin},
    references,
    store::RedbStore,
    tables::{ASSETS, HARDWARE, HISTORY},
};
use crate::store::{
    StoreError,
    ports::{AssetChange, AssetStore, Batch, NamedReference, Observation, Outcome, Visit},
    records::{AuditEntry, Cause, HistoryRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{edit::Change, field::Kind, record::Asset, value::Value},
    ids::{AgentId, AssetId},
};
use redb::{ReadableTable, WriteTransaction};
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
            let origin = Origin { by: &audit.actor, cause: Cause::Created, at: audit.at };
            history::append_in(txn, asset.id(), &origin, first_values(&asset))?;
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
            audit::append_in(txn, &audit::with_changes(audit.clone(), &changes))?;
            history::append_in(txn, id, &Origin { by: &audit.actor, cause: Cause::Edited, at }, changes)?;
            Ok(asset)
        })
        .await
    }

    async fn batch(&self, batch: Batch) -> Result<Vec<Outcome>, StoreError> {
        if batch.dry_run {
            return self.read("assets.batch", move |txn| deeds::rehearse(txn, &batch)).await;
        }
        self.write("assets.batch", move |txn| deeds::apply(txn, &batch)).await
    }

    async fn history(&self, id: AssetId, before: Option<u64>, limit: usize) -> Result<Vec<HistoryRecord>, StoreError> {
        self.read("assets.history", move |txn| {
            let table = txn.open_table(HISTORY)?;
            let asset = id.0.as_u128();
            let rows = table.range((asset, 0)..(asset, before.unwrap_or(u64::MAX)))?.rev().take(limit);
            rows.map(|row| codec::decode(row?.1.value())).collect()
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
    let changes = asset.observe(layer, *at);
    reported(txn, *id, *agent, *at, changes)?;
    txn.open_table(HARDWARE)?.insert(id.0.as_u128(), hardware.as_slice())?;
    codec::put(&mut txn.open_table(ASSETS)?, id.0.as_u128(), &asset)
}

/// Writes into the history what an agent's report changed, within a unit of work.
pub(super) fn reported(
    txn: &WriteTransaction,
    id: AssetId,
    agent: AgentId,
    at: DateTime<Utc>,
    changes: Vec<Change>,
) -> Result<(), Fault> {
    history::append_in(txn, id, &Origin { by: &format!("agent:{agent}"), cause: Cause::Reported, at }, changes)
}

/// The values that a record was made with.
fn first_values(asset: &Asset) -> Vec<Change> {
    let values = asset.fields().iter().filter(|(_, value)| value.is_some());
    values.map(|(field, after)| Change { field, before: None, after: after.cloned() }).collect()
}
