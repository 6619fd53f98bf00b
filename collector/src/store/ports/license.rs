//! Licence keys, the ledger of the licence's state, and compliance runs.

use crate::store::{
    StoreError,
    records::{AuditEntry, KeyRecord, RunKind, RunRecord, SealedRow},
};
use async_trait::async_trait;
use chrono::NaiveDate;

/// What a run or a new key leaves behind, as one unit of work.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The ledger after it.
    pub ledger: SealedRow,
    /// The ledger it was judged from; another one in the store means somebody was first, and nothing is written.
    pub expected: Option<SealedRow>,
    /// A key to add.
    pub key: Option<KeyRecord>,
    /// The run; its id is given by the store. A second nightly run of one site date is a conflict.
    pub run: Option<RunRecord>,
    /// For the audit log.
    pub audit: Vec<AuditEntry>,
}

/// Licence keys, whom the site trusts to sign them, ledger and runs.
#[async_trait]
pub trait LicenseStore: Send + Sync {
    /// Every key that was applied, oldest first.
    async fn keys(&self) -> Result<Vec<KeyRecord>, StoreError>;
    /// The ledger row.
    async fn ledger(&self) -> Result<Option<SealedRow>, StoreError>;
    /// What was added to the trusted vendor keys, oldest first.
    async fn trust(&self) -> Result<Vec<SealedRow>, StoreError>;
    /// Adds to the trusted vendor keys.
    async fn add_trust(&self, row: SealedRow, audit: AuditEntry) -> Result<(), StoreError>;
    /// Stores a judgement; returns the run as stored.
    async fn judge(&self, judgement: Judgement) -> Result<Option<RunRecord>, StoreError>;
    /// Up to `limit` runs with an id below `before` (all if none), newest first.
    async fn runs(&self, before: Option<u64>, limit: usize) -> Result<Vec<RunRecord>, StoreError>;
    /// One run.
    async fn run(&self, id: u64) -> Result<Option<RunRecord>, StoreError>;
    /// The newest site date up to `until` that has a run of this kind without an error. Later dates were judged under a clock that was
    /// ahead: they must not keep the nights before them from being judged.
    async fn last_date(&self, kind: RunKind, until: NaiveDate) -> Result<Option<NaiveDate>, StoreError>;
    /// The site date of the n-th newest night that was judged, `place` 1 being the last; none while there were fewer.
    async fn newest_night(&self, place: usize) -> Result<Option<NaiveDate>, StoreError>;
    /// Forgets runs of site dates before `before`; returns how many. The newest run and the last nightly run without an error stay,
    /// so that no number is given twice and no night is judged again.
    async fn forget_runs(&self, before: NaiveDate) -> Result<usize, StoreError>;
}
