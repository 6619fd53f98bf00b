//! Assets.

use crate::store::{StoreError, records::AuditEntry};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Head, StoredAsset, field::Field, layer::Layer, record::Asset, value::Value},
    ids::{AgentId, AssetId},
};
use std::ops::ControlFlow;

/// What an agent saw of its asset.
#[derive(Debug, Clone)]
pub struct Observation {
    /// Which asset.
    pub asset: AssetId,
    /// Which agent.
    pub agent: AgentId,
    /// What it saw.
    pub layer: Layer,
    /// The hardware it reported, as JSON, kept beside the asset.
    pub hardware: Vec<u8>,
    /// The collector's time.
    pub at: DateTime<Utc>,
}

/// A change of an asset by an administrator; `None` empties the field.
#[derive(Debug, Clone)]
pub struct AssetChange {
    /// Which asset.
    pub asset: AssetId,
    /// The fields to set.
    pub set: Vec<(Field, Option<Value>)>,
    /// The collector's time.
    pub at: DateTime<Utc>,
}

/// Looks at an asset where it lies; breaking ends the scan. (Named, because the trait's macro would bind the reference to the
/// whole call.)
pub type Visit = Box<dyn FnMut(&StoredAsset<'_>) -> ControlFlow<()> + Send>;

/// Assets.
#[async_trait]
pub trait AssetStore: Send + Sync {
    /// Stores a new asset.
    async fn create(&self, asset: Asset, audit: AuditEntry) -> Result<(), StoreError>;
    /// One asset.
    async fn get(&self, id: AssetId) -> Result<Option<Asset>, StoreError>;
    /// The hardware last reported for an asset, as JSON.
    async fn hardware(&self, id: AssetId) -> Result<Option<Vec<u8>>, StoreError>;
    /// Applies an administrator's change under the rules of the domain; the audit entry gets before and after. Returns the new record.
    async fn edit(&self, change: AssetChange, audit: AuditEntry) -> Result<Asset, StoreError>;
    /// Up to `limit` assets after `after`, ordered by id.
    async fn page(&self, after: Option<AssetId>, limit: usize) -> Result<Vec<Asset>, StoreError>;
    /// Calls `visit` with every asset after `after` in order of id, from one consistent view, on a blocking thread; stops when it
    /// breaks. Only what `visit` asks for is read of a row.
    async fn scan(&self, after: Option<AssetId>, visit: Visit) -> Result<(), StoreError>;
    /// Every different head and how many assets have it, from one consistent view, without reading the assets: they are counted
    /// as they change. A count that no longer agrees with the assets is an error.
    async fn heads(&self) -> Result<Vec<(Head, u64)>, StoreError>;
}
