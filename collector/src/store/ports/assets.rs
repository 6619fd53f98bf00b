//! Assets.

use crate::store::{
    StoreError,
    records::{AuditEntry, Cause, HistoryRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{Head, StoredAsset, action::Action, field::Field, layer::Layer, record::Asset, value::Value},
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
    /// Fields whose records it knows by name only.
    pub references: Vec<NamedReference>,
    /// The hardware it reported, as JSON, kept beside the asset.
    pub hardware: Vec<u8>,
    /// The collector's time.
    pub at: DateTime<Utc>,
}

/// A reference field and the name of its record, which is made if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedReference {
    /// The field; its kind is a reference.
    pub field: Field,
    /// The display value of the record.
    pub name: String,
}

/// A change of an asset by an administrator; `None` empties the field.
#[derive(Debug, Clone)]
pub struct AssetChange {
    /// Which asset.
    pub asset: AssetId,
    /// Fields whose entry is taken back, so that what the agent sees shows again.
    pub back: Vec<Field>,
    /// The fields to set.
    pub set: Vec<(Field, Option<Value>)>,
    /// When the record must have changed last; a conflict otherwise. None for a change whatever it is by now.
    pub expects: Option<DateTime<Utc>>,
    /// The collector's time.
    pub at: DateTime<Utc>,
}

impl AssetChange {
    /// Sets fields of an asset, whatever it is by now.
    #[must_use]
    pub const fn new(asset: AssetId, set: Vec<(Field, Option<Value>)>, at: DateTime<Utc>) -> Self {
        Self { asset, back: Vec::new(), set, expects: None, at }
    }
}

/// What shall be done with one asset of a batch.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Enters what of this differs from the record, which must exist.
    Enter(Vec<(Field, Option<Value>)>),
    /// The same; without such a record it is made first.
    Put(Vec<(Field, Option<Value>)>),
    /// An action, by its rules.
    Act(Action),
}

/// Deeds that are one unit of work. A deed that is refused leaves its asset as it was and does not hinder the others.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What to do, in this order; an asset may occur more than once.
    pub deeds: Vec<(AssetId, Deed)>,
    /// Who.
    pub by: String,
    /// What the history calls it.
    pub cause: Cause,
    /// The collector's time.
    pub at: DateTime<Utc>,
    /// Only say what would come of it. Deeds do not see each other then.
    pub dry_run: bool,
    /// An entry for the audit log that goes with it; its detail gets what changed where the batch has one deed,
    /// else how many records did.
    pub audit: Option<AuditEntry>,
}

/// What came of a deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The record was made.
    Created(Box<Asset>),
    /// The record changed.
    Changed(Box<Asset>),
    /// There was nothing to change.
    Unchanged(Box<Asset>),
    /// The rules refuse it, for this reason.
    Refused(String),
    /// There is no such asset.
    Missing,
}

/// Looks at an asset where it lies; breaking ends the scan. (Named, because the trait's macro would bind the reference to the
/// whole call.)
pub type Visit = Box<dyn FnMut(&StoredAsset<'_>) -> ControlFlow<()> + Send>;

/// Looks at the hardware of an asset where it lies.
pub type HardwareVisit = Box<dyn FnMut(AssetId, &[u8]) + Send>;

/// Assets.
#[async_trait]
pub trait AssetStore: Send + Sync {
    /// Stores a new asset; its history begins.
    async fn create(&self, asset: Asset, audit: AuditEntry) -> Result<(), StoreError>;
    /// One asset.
    async fn get(&self, id: AssetId) -> Result<Option<Asset>, StoreError>;
    /// The hardware last reported for an asset, as JSON.
    async fn hardware(&self, id: AssetId) -> Result<Option<Vec<u8>>, StoreError>;
    /// Calls `visit` with the hardware last reported of every asset that has any, as JSON, in order of id, from one consistent view, on
    /// a blocking thread.
    async fn visit_hardware(&self, visit: HardwareVisit) -> Result<(), StoreError>;
    /// Applies an administrator's change under the rules of the domain; the audit entry gets before and after. Returns the new record.
    async fn edit(&self, change: AssetChange, audit: AuditEntry) -> Result<Asset, StoreError>;
    /// Does all deeds that the rules admit, with their history; one outcome for each, in their order.
    async fn batch(&self, batch: Batch) -> Result<Vec<Outcome>, StoreError>;
    /// Up to `limit` entries of an asset's history with a number below `before` (all if none), newest first.
    async fn history(&self, id: AssetId, before: Option<u64>, limit: usize) -> Result<Vec<HistoryRecord>, StoreError>;
    /// Up to `limit` assets after `after`, ordered by id.
    async fn page(&self, after: Option<AssetId>, limit: usize) -> Result<Vec<Asset>, StoreError>;
    /// Calls `visit` with every asset after `after` in order of id, from one consistent view, on a blocking thread; stops when it
    /// breaks. Only what `visit` asks for is read of a row.
    async fn scan(&self, after: Option<AssetId>, visit: Visit) -> Result<(), StoreError>;
    /// Every different head and how many assets have it, from one consistent view, without reading the assets: they are counted
    /// as they change. A count that no longer agrees with the assets is an error.
    async fn heads(&self) -> Result<Vec<(Head, u64)>, StoreError>;
}
