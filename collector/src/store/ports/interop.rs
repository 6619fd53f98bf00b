//! Credentials of agents of another make.

use crate::store::{
    StoreError,
    records::{AgentRecord, AuditEntry, InteropCredentialRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::ids::AgentId;

/// A device that comes for the first time, as one unit of work.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The credential that brings it, by its id.
    pub credential: String,
    /// The collector's time.
    pub now: DateTime<Utc>,
    /// The agent as it would be stored; its key hash stands for the device. `asset` and `group` are ignored.
    pub agent: AgentRecord,
    /// The agent that is gone and whose place on the same machine this one takes, with its asset.
    pub supersedes: Option<AgentId>,
    /// Let it wait whatever the credential says: the same machine is here already.
    pub hold: bool,
    /// For the audit log.
    pub audit: AuditEntry,
}

/// What became of a device that came for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// It is a new agent, active or pending.
    New(AgentRecord),
    /// Somebody was first: the agent that the device is.
    Known(AgentRecord),
    /// The credential is not in force.
    Refused,
}

/// Credentials of agents of another make.
#[async_trait]
pub trait InteropStore: Send + Sync {
    /// Stores a new credential. Of at most `most` those that were taken back make room, the oldest first; a conflict when none was.
    async fn create(&self, credential: InteropCredentialRecord, most: usize, audit: AuditEntry) -> Result<(), StoreError>;
    /// Every credential, newest first.
    async fn all(&self) -> Result<Vec<InteropCredentialRecord>, StoreError>;
    /// Lets a new device in, with an asset, or lets it wait when the credential let in its most within the last hour: all or nothing.
    async fn admit(&self, admission: Admission) -> Result<Admitted, StoreError>;
    /// Takes a credential back. Returns what is stored now.
    async fn revoke(&self, id: &str, audit: AuditEntry) -> Result<InteropCredentialRecord, StoreError>;
}
