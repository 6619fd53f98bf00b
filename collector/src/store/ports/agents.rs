//! Agents and the tokens they join with.

use crate::store::{
    StoreError,
    records::{AgentRecord, AgentStatus, AuditEntry, TokenRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::ids::AgentId;

/// An enrolment as one unit of work.
#[derive(Debug, Clone)]
pub struct Enrollment {
    /// The token's public part.
    pub token_id: String,
    /// SHA-256 of the secret that was presented.
    pub secret_hash: [u8; 32],
    /// The collector's time.
    pub now: DateTime<Utc>,
    /// The agent as it would be stored. `asset` is ignored: an active agent gets one here.
    pub agent: AgentRecord,
    /// The silent agent on the same machine whose place this one takes, with its asset.
    pub supersedes: Option<AgentId>,
    /// Force `Pending` whatever the token says (the same machine is still active under another key).
    pub hold: bool,
    /// For the audit log.
    pub audit: AuditEntry,
}

/// What an enrolment gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    /// A new agent.
    New(AgentRecord),
    /// The same token and key as before: the agent of then, unchanged.
    Repeated(AgentRecord),
    /// Refused.
    Refused(TokenRefusal),
}

/// Why a join token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// No such token, or the secret is wrong.
    Unknown,
    /// Its time is over.
    Expired,
    /// All its uses are used.
    UsedUp,
    /// It was taken back.
    Revoked,
}

/// A change of an agent's status as one unit of work.
#[derive(Debug, Clone)]
pub struct StatusChange {
    /// Which agent.
    pub agent: AgentId,
    /// What its status must be now; another one is a conflict, because somebody was first.
    pub from: &'static [AgentStatus],
    /// Its new status.
    pub to: AgentStatus,
    /// The agent on the same machine whose place this one takes when it becomes active, with its asset.
    pub supersedes: Option<AgentId>,
    /// For the audit log.
    pub audit: AuditEntry,
}

/// Agents.
#[async_trait]
pub trait AgentStore: Send + Sync {
    /// Checks the token, takes one use, stores the agent and, if it is active, its asset: all or nothing, and the same
    /// answer for the same token and key.
    async fn enroll(&self, enrollment: Enrollment) -> Result<Issued, StoreError>;
    /// Every agent, ordered by id.
    async fn all(&self) -> Result<Vec<AgentRecord>, StoreError>;
    /// One agent.
    async fn get(&self, id: AgentId) -> Result<Option<AgentRecord>, StoreError>;
    /// Changes an agent's status. Activating one without an asset takes over that of the agent it supersedes, or creates one from
    /// what it showed when it enrolled. Returns the new record.
    async fn set_status(&self, change: StatusChange) -> Result<AgentRecord, StoreError>;
    /// Stores a renewed certificate.
    async fn renewed(&self, id: AgentId, certificate: String, until: DateTime<Utc>) -> Result<(), StoreError>;
}

/// Join tokens.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Stores a new token.
    async fn create(&self, token: TokenRecord, audit: AuditEntry) -> Result<(), StoreError>;
    /// Every token, newest first.
    async fn all(&self) -> Result<Vec<TokenRecord>, StoreError>;
    /// One token.
    async fn get(&self, id: &str) -> Result<Option<TokenRecord>, StoreError>;
    /// Takes a token back.
    async fn revoke(&self, id: &str, audit: AuditEntry) -> Result<(), StoreError>;
}
