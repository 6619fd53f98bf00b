//! Names of people in the history of use: looked at, and replaced, where they lie.

use crate::store::{StoreError, records::AuditEntry};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use std::sync::Arc;

/// What becomes of a user and the client that they sat at; none where they stay as they are.
pub type Mask = Arc<dyn Fn(&str, &str) -> Option<(String, String)> + Send + Sync>;

/// Where the history of use has names of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsePlace {
    /// Sessions that are over.
    Sessions,
    /// Check-outs that are over.
    Checkouts,
    /// Who held the seats of a day's highest use.
    Peaks,
    /// Uses that agents told of afterwards and that count nowhere.
    OfflineUses,
}

/// A stretch of the history, by its ends as instants and as site dates; the last ones are outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UseSpan {
    /// From this instant on.
    pub from: DateTime<Utc>,
    /// Until this one.
    pub until: DateTime<Utc>,
    /// From this site date on.
    pub first: NaiveDate,
    /// Until this one.
    pub end: NaiveDate,
}

/// What came of some rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaskedRows {
    /// Rows that the mask changes.
    pub masked: u64,
    /// Where to go on; none at the end.
    pub next: Option<String>,
}

/// Names of people in the history of use. Numbers of rows, seats and times never change with a name.
#[async_trait]
pub trait PrivacyStore: Send + Sync {
    /// Counts the rows that the mask would change, of at most `limit` behind `after`.
    async fn look(
        &self,
        place: UsePlace,
        span: UseSpan,
        after: Option<String>,
        limit: usize,
        mask: Mask,
    ) -> Result<MaskedRows, StoreError>;
    /// Changes rows as the mask says, of at most `limit` behind `after`: one unit of work.
    async fn mask(
        &self,
        place: UsePlace,
        span: UseSpan,
        after: Option<String>,
        limit: usize,
        mask: Mask,
    ) -> Result<MaskedRows, StoreError>;
    /// The site date before which a day can have names that were replaced, of one person or of all: it must not be counted anew,
    /// for who has two names would count twice. It never goes back.
    async fn masked_before(&self) -> Result<Option<NaiveDate>, StoreError>;
    /// Names before this site date are about to be replaced, as the entry says where there is one.
    async fn set_masked_before(&self, date: NaiveDate, audit: Option<AuditEntry>) -> Result<(), StoreError>;
    /// The site date before which names were replaced in everything that was known then.
    async fn masked_until(&self) -> Result<Option<NaiveDate>, StoreError>;
    /// Names are replaced before this site date, as one entry says.
    async fn set_masked_until(&self, date: NaiveDate, audit: AuditEntry) -> Result<(), StoreError>;
}
