//! What reconciliation runs found.

use crate::store::{
    StoreError,
    records::{AuditEntry, CandidateRecord, MemberRecord, PositionRecord, ReconciliationRecord, RemedyRecord},
};
use async_trait::async_trait;
use muster_domain::reconcile::run::{CandidateState, Justification};
use uuid::Uuid;

/// Rows that one unit of work stores, reads or forgets at most.
pub const MEMBERS_AT_ONCE: usize = 1000;

/// Rows behind a position that are stored together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberChunk {
    /// The number of the position.
    pub position: u32,
    /// Counts from 0; every chunk but the last one of a position has [`MEMBERS_AT_ONCE`] rows.
    pub chunk: u32,
    /// The rows.
    pub rows: Vec<MemberRecord>,
}

/// Which removal candidates are meant; nothing given means all of them. Names are compared without case.
#[derive(Debug, Clone, Default)]
pub struct CandidateWish {
    /// Of this publisher.
    pub publisher: Option<String>,
    /// Of this product.
    pub product: Option<String>,
    /// Of this model.
    pub model: Option<Uuid>,
    /// On this device.
    pub device: Option<Uuid>,
    /// In this state.
    pub state: Option<CandidateState>,
    /// For this reason.
    pub justification: Option<Justification>,
    /// Open (true) or closed (false) ones.
    pub open: Option<bool>,
    /// Only those that were there before this run, which did not find them.
    pub missing_in: Option<u64>,
    /// Only those that this run found.
    pub of_run: Option<u64>,
}

impl CandidateWish {
    /// Whether it is one of them.
    #[must_use]
    pub fn fits(&self, one: &CandidateRecord) -> bool {
        let same = |wish: &Option<String>, has: &str| wish.as_deref().is_none_or(|wish| is_same_name(wish, has));
        same(&self.publisher, &one.publisher)
            && same(&self.product, &one.product)
            && self.model.is_none_or(|model| model == one.model)
            && self.device.is_none_or(|device| Some(device) == one.device)
            && self.state.is_none_or(|state| state == one.state)
            && self.justification.is_none_or(|why| why == one.justification)
            && self.open.is_none_or(|open| open != one.state.is_closed())
            && self.missing_in.is_none_or(|run| run != one.run && !one.gone)
            && self.of_run.is_none_or(|run| run == one.run && !one.gone)
    }
}

/// Names of publishers and products are one whatever their case and the space around them.
#[must_use]
pub fn is_same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Runs, positions, the rows behind them, removal candidates and remedies.
#[async_trait]
pub trait ReconcileStore: Send + Sync {
    /// Stores a new run under the next id, and returns that.
    async fn begin(&self, run: ReconciliationRecord) -> Result<u64, StoreError>;
    /// Replaces a run; with `audit` it is over. What is not there is an error.
    async fn put_run(&self, run: ReconciliationRecord, audit: Option<AuditEntry>) -> Result<(), StoreError>;
    /// One run.
    async fn run(&self, id: u64) -> Result<Option<ReconciliationRecord>, StoreError>;
    /// At most `limit` runs with ids below `before`, newest first.
    async fn runs(&self, before: Option<u64>, limit: usize) -> Result<Vec<ReconciliationRecord>, StoreError>;
    /// Adds positions.
    async fn add_positions(&self, positions: Vec<PositionRecord>) -> Result<(), StoreError>;
    /// The positions of a run with numbers from `first` to `last`, both inside, by number.
    async fn positions(&self, run: u64, first: u32, last: u32) -> Result<Vec<PositionRecord>, StoreError>;
    /// One position.
    async fn position(&self, run: u64, number: u32) -> Result<Option<PositionRecord>, StoreError>;
    /// The positions of a product over all runs, oldest first; products are one whatever the case of their name.
    async fn product_history(&self, product: &str) -> Result<Vec<PositionRecord>, StoreError>;
    /// Adds rows behind positions of a run.
    async fn add_members(&self, run: u64, chunks: Vec<MemberChunk>) -> Result<(), StoreError>;
    /// At most `limit` rows behind a position, from the one with this place on; none where they are not kept any more.
    async fn members(&self, run: u64, position: u32, from: u64, limit: usize) -> Result<Vec<MemberRecord>, StoreError>;
    /// The runs that rows are kept of, ascending.
    async fn runs_with_members(&self) -> Result<Vec<u64>, StoreError>;
    /// Forgets the rows behind positions of a run, at most `limit` chunks; returns how many chunks there were.
    async fn forget_members(&self, run: u64, positions: Vec<u32>, limit: usize) -> Result<usize, StoreError>;
    /// Forgets positions of a run, at most `limit`; returns how many there were. Its rows must be gone.
    async fn forget_positions(&self, run: u64, limit: usize) -> Result<usize, StoreError>;
    /// Forgets a run whose positions are gone.
    async fn forget_run(&self, run: u64) -> Result<(), StoreError>;
    /// At most `limit` removal candidates with ids above `after`, by id.
    async fn candidates(
        &self,
        wish: CandidateWish,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CandidateRecord>, StoreError>;
    /// The removal candidates with these ids that are there, by id.
    async fn known_candidates(&self, ids: Vec<Uuid>) -> Result<Vec<CandidateRecord>, StoreError>;
    /// Stores all candidates or none: each must follow the revision that is there, which is 0 where none is; another one is a
    /// conflict.
    async fn put_candidates(&self, candidates: Vec<CandidateRecord>, audit: Option<AuditEntry>) -> Result<(), StoreError>;
    /// Every remedy, by id.
    async fn remedies(&self) -> Result<Vec<RemedyRecord>, StoreError>;
    /// Stores all remedies or none: each must follow the revision that is there, which is 0 where none is; another one is a conflict.
    async fn put_remedies(&self, remedies: Vec<RemedyRecord>, audit: Option<AuditEntry>) -> Result<(), StoreError>;
}
