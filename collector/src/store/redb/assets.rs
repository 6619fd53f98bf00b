//! Assets.

use super::{
    asset_rows, audit, codec, deeds,
    fault::Fault,
    history::{self, Origin},
    references,
    store::RedbStore,
    tables::{ASSETS, HARDWARE, HISTORY},
};
use crate::store::{
    StoreError,
    ports::{AssetChange, AssetStore, Batch, HardwareVisit, NamedReference, Observation, Outcome, Visit},
    records::{AuditEntry, Cause, HistoryRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Head, edit::Change, field::Kind, record::Asset, value::Value},
    ids::{AgentId, AssetId},
};
use redb::{ReadableTable, WriteTransaction};
use std::ops::Bound;
use uuid::{NoContext, Timestamp, Uuid};

#[async_trait]
impl AssetStore for RedbStore {
    async fn create(&self, asset: Asset, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("assets.create", move |txn| {
            if txn.open_table(ASSETS)?.get(asset.id().0.as_u128())?.is_some() {
                return Err(StoreError::Conflict(format!("there is an asset {} already", asset.id())).into());
            }
            let first = first_values(&asset);
            if let Some(reason) = asset_rows::wrong_parent(&txn.open_table(ASSETS)?, &asset, &first)? {
                return Err(StoreError::Rule(reason).into());
            }
            asset_rows::put(txn, &asset)?;
            let origin = Origin { by: &audit.actor, cause: Cause::Created, at: audit.at };
            history::append_in(txn, asset.id(), &origin, first)?;
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

    async fn visit_hardware(&self, mut visit: HardwareVisit) -> Result<(), StoreError> {
        self.read("assets.visit_hardware", move |txn| {
            for row in txn.open_table(HARDWARE)?.iter()? {
                let (id, row) = row?;
                visit(AssetId(Uuid::from_u128(id.value())), row.value());
            }
            Ok(())
        })
        .await
    }

    async fn edit(&self, change: AssetChange, audit: AuditEntry) -> Result<Asset, StoreError> {
        let AssetChange { asset: id, back, set, expects, at } = change;
        self.write("assets.edit", move |txn| {
            let mut asset = asset_rows::existing(txn, id)?;
            if expects.is_some_and(|expected| asset.updated_on() != expected) {
                return Err(StoreError::Conflict(format!("asset {id} was changed in the meantime; read it again")).into());
            }
            if set.is_empty() && back.iter().all(|field| asset.edited().entry(*field).is_none()) {
                return Ok(asset);
            }
            let changes = asset.enter(&back, &set, at).map_err(|e| StoreError::Rule(e.to_string()))?;
            if let Some(reason) = asset_rows::wrong_parent(&txn.open_table(ASSETS)?, &asset, &changes)? {
                return Err(StoreError::Rule(reason).into());
            }
            asset_rows::put(txn, &asset)?;
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
    let Observation { asset: id, agent, layer, references: named, hardware, at } = observation;
    let mut asset = asset_rows::existing(txn, *id)?;
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
    asset_rows::put(txn, &asset)
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
