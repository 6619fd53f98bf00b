//! Records of software asset management: one form for every kind.

use chrono::{DateTime, Utc};
use muster_domain::{asset::Value, record::Values};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A record of some kind. It is stored as JSON, so that kinds can get fields of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRow {
    /// The path of its kind.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
    /// Counts its changes, from 1.
    pub revision: u64,
    /// What was entered.
    pub values: Values,
    /// Texts that no other record of the kind may have.
    pub keys: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: String,
}

/// How a record came to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordCause {
    /// It was made by hand.
    Created,
    /// It was changed by hand.
    Edited,
    /// A line of a file.
    Imported,
    /// It was published.
    Published,
    /// Another record brought it along.
    Followed,
    /// It was deleted.
    Deleted,
}

/// One entry of a record's history. Entries of a record are numbered from 1, whatever becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordEvent {
    /// Its number.
    pub number: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// How.
    pub cause: RecordCause,
    /// The fields that changed, each with its value before and after.
    pub changes: BTreeMap<String, (Option<Value>, Option<Value>)>,
}
