//! What administrators are told: notices, the deliveries that carry them, and the webhooks that take some.

use super::AuditEntry;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How urgent a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Good to know.
    Info,
    /// Act soon.
    Warning,
    /// Act now.
    Critical,
}

/// Something that happened and that somebody should be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecord {
    /// Ascending from 1; given by the store.
    pub number: u64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The word of the event, such as `over_limit`.
    pub event: String,
    /// How urgent it is.
    pub urgency: Urgency,
    /// What happened, in a line.
    pub title: String,
    /// What happened, in sentences.
    pub text: String,
    /// What to do; empty where there is nothing.
    pub advice: String,
    /// The page of the console that shows it.
    pub page: String,
    /// The numbers behind the sentences.
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// The deliveries that carry it; given by the store.
    pub deliveries: Vec<Uuid>,
}

/// Where a delivery goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A mail address.
    Mail(String),
    /// A webhook, by its id.
    Webhook(Uuid),
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is to be tried, for the first time or again.
    Waiting,
    /// It was taken.
    Sent,
    /// It was tried for long enough, or its target is gone.
    GivenUp,
}

/// One message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// Its id: the same with every attempt, so that a receiver can tell duplicates.
    pub id: Uuid,
    /// Where it goes.
    pub channel: Channel,
    /// The notices in it, by number; given by the store. A digest has many.
    pub notices: Vec<u64>,
    /// Whether notices of the same hour join it.
    pub digest: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is tried.
    pub until: DateTime<Utc>,
    /// How far it is.
    pub state: DeliveryState,
    /// When it is to be tried next, while it waits.
    pub next_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was last tried.
    pub tried_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// A receiver of notices over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRecord {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Where notices are posted.
    pub url: String,
    /// The events that it takes; all when empty.
    pub events: Vec<String>,
    /// Whether it takes any.
    pub enabled: bool,
    /// Counts its secrets, from 1: each is derived from the machine key and this number, and none is stored.
    pub generation: u32,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A notice to keep, with the deliveries that carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// The notice; its number and deliveries are given by the store.
    pub notice: NoticeRecord,
    /// Keys of the occurrence: a notice all of whose keys are known was told already, and is left out.
    pub once: Vec<String>,
    /// Its deliveries. One of a digest joins the one that waits untried for the same channel and the same time.
    pub deliveries: Vec<DeliveryRecord>,
    /// For the audit log.
    pub audit: Option<AuditEntry>,
}
