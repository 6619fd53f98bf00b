//! What administrators are told, and how far the messages are.

use crate::store::{
    StoreError,
    records::{AuditEntry, DeliveryRecord, NewNotice, NoticeRecord, WebhookRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What a look at the site found, as one unit of work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Notices, in the order in which they happened.
    pub notices: Vec<NewNotice>,
    /// Keys of occurrences that are over: they may be told again.
    pub over: Vec<String>,
    /// The number of the audit entry up to which was read before, and is now. Another one in the store means that somebody else read
    /// on: nothing is kept, which is a conflict.
    pub read: Option<(Option<u64>, u64)>,
}

/// Notices, deliveries and webhooks.
#[async_trait]
pub trait NotificationStore: Send + Sync {
    /// Up to which audit entry was read; none before the first time.
    async fn read_to(&self) -> Result<Option<u64>, StoreError>;
    /// Keeps what was found, with the time at which its keys were told; gives the notices that were new, numbered.
    async fn keep(&self, found: Found, now: DateTime<Utc>) -> Result<Vec<NoticeRecord>, StoreError>;
    /// The known keys of occurrences that begin with `prefix`, in order.
    async fn told(&self, prefix: &str) -> Result<Vec<String>, StoreError>;
    /// At most `limit` notices with numbers below `before`, newest first.
    async fn notices(&self, before: Option<u64>, limit: usize) -> Result<Vec<NoticeRecord>, StoreError>;
    /// The notices of these numbers that are there, in the order of the numbers.
    async fn notices_of(&self, numbers: &[u64]) -> Result<Vec<NoticeRecord>, StoreError>;
    /// The deliveries of these ids that are there, in the order of the ids.
    async fn deliveries_of(&self, ids: &[Uuid]) -> Result<Vec<DeliveryRecord>, StoreError>;
    /// At most `limit` deliveries with ids below `before`, newest first.
    async fn deliveries(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<DeliveryRecord>, StoreError>;
    /// Of each channel the delivery that waits and is to be tried first, the next one at the front.
    async fn first_waiting(&self) -> Result<Vec<DeliveryRecord>, StoreError>;
    /// How many deliveries wait.
    async fn count_waiting(&self) -> Result<u64, StoreError>;
    /// Puts a delivery in the place of the one that was tried `attempts` times; tells whether it was still so. Notices that joined
    /// meanwhile are sent with it once more, and what an administrator wished meanwhile (`until`) holds.
    async fn settle(&self, delivery: DeliveryRecord, attempts: u32) -> Result<bool, StoreError>;
    /// An administrator wants a delivery tried again at once, and until `until` if that fails; gives it as it is then. One that was taken
    /// is a conflict.
    async fn retry(&self, id: Uuid, until: DateTime<Utc>, audit: AuditEntry) -> Result<Option<DeliveryRecord>, StoreError>;
    /// Forgets notices from before `before` none of whose deliveries waits, deliveries with the last of their notices, and keys told before
    /// `told_before`; at most `limit` of each. Returns how many notices.
    async fn forget(&self, before: DateTime<Utc>, told_before: DateTime<Utc>, limit: usize) -> Result<usize, StoreError>;
    /// Every webhook, in the order in which they were made.
    async fn webhooks(&self) -> Result<Vec<WebhookRecord>, StoreError>;
    /// Creates or replaces a webhook.
    async fn put_webhook(&self, webhook: WebhookRecord, audit: AuditEntry) -> Result<(), StoreError>;
    /// Removes a webhook; tells whether there was one. Nothing is recorded where there was none.
    async fn remove_webhook(&self, id: Uuid, audit: AuditEntry) -> Result<bool, StoreError>;
}
