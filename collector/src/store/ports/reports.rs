//! Reports: the journal of changes, and the rows they are folded into.

use super::Observation;
use crate::store::{
    StoreError,
    records::{AgentProgress, AuditEntry, Change, SessionRecord},
};
use async_trait::async_trait;

/// What a starting collector takes into memory.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// How far each agent has come, ordered by agent.
    pub progress: Vec<AgentProgress>,
    /// Sessions that their agents still list (ended ones among them stay ended), ordered by id.
    pub sessions: Vec<SessionRecord>,
}

/// Reports.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Appends a change to the journal, together with what the agent saw of its asset, and returns when both are durable.
    /// Changes that wait at the same time are committed together.
    async fn append(&self, change: Change, observation: Option<Observation>) -> Result<(), StoreError>;
    /// Appends a change that an administrator made, with its audit entry: both, or neither.
    async fn append_audited(&self, change: Change, audit: AuditEntry) -> Result<(), StoreError>;
    /// Folds what is in the journal into rows (progress, live sessions, closed sessions) and empties it: at most `limit` changes
    /// in one transaction. Returns how many were folded.
    async fn fold(&self, limit: usize) -> Result<usize, StoreError>;
    /// Stores how far agents have come since their last change; rows that are newer stay. What is in the journal is folded first,
    /// in the same unit of work: the progress given here knows of reports that are still in it.
    async fn save_progress(&self, progress: Vec<AgentProgress>) -> Result<(), StoreError>;
    /// Folds everything and reads what a starting collector needs.
    async fn load(&self) -> Result<Live, StoreError>;
}
