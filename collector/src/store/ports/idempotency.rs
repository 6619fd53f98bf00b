//! Requests that must not be done twice.

use crate::store::{
    StoreError,
    records::{KeptAnswer, KeyedRequest},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Requests that came with an idempotency key.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// The request of this key that came at `since` or later; where there is none, this one is kept. Older ones go, and so do the
    /// oldest of more than `most`.
    async fn begin(&self, request: KeyedRequest, since: DateTime<Utc>, most: usize) -> Result<Option<KeyedRequest>, StoreError>;
    /// It was answered so.
    async fn answered(&self, key: [u8; 32], answer: KeptAnswer) -> Result<(), StoreError>;
    /// Takes away some of those that came before `since`, at most 1,000; how many.
    async fn forget(&self, since: DateTime<Utc>) -> Result<usize, StoreError>;
    /// It came to nothing: the key is free again.
    async fn free(&self, key: [u8; 32]) -> Result<(), StoreError>;
}
