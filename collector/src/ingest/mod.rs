//! Agents in memory (skeleton of the service's signatures).
#![allow(missing_docs, clippy::unused_async, reason = "a skeleton that is dropped when the service arrives")]

use crate::{compliance::Actor, store::{StoreError, Stores, records::{AgentRecord, AgentStatus, AuditEntry}}};
use chrono::{DateTime, Utc};
use muster_domain::ids::AgentId;

#[derive(Debug, Clone)]
pub struct AgentView {
    pub record: AgentRecord,
    pub last_seen: Option<DateTime<Utc>>,
    pub online: bool,
    pub epoch: u64,
    pub seq: u64,
    pub agent_version: String,
    pub dropped: u64,
}

pub struct Fleet {
    pub stores: Stores,
    pub agents: std::sync::Mutex<Vec<AgentView>>,
}

impl Fleet {
    pub fn list(&self) -> Vec<AgentView> {
        self.agents.lock().map(|agents| agents.clone()).unwrap_or_default()
    }
    pub fn get(&self, id: AgentId) -> Option<AgentView> {
        self.list().into_iter().find(|agent| agent.record.id == id)
    }
    async fn set(&self, id: AgentId, status: AgentStatus, actor: &Actor) -> Result<AgentView, StoreError> {
        let audit = AuditEntry {
            at: DateTime::UNIX_EPOCH,
            actor: actor.0.clone(),
            action: "agent.status".to_owned(),
            subject: id.to_string(),
            detail: serde_json::Value::Null,
        };
        self.stores.agents.set_status(id, status, None, audit).await?;
        self.get(id).ok_or(StoreError::NotFound { what: "agent", id: id.to_string() })
    }
    pub async fn approve(&self, id: AgentId, actor: &Actor) -> Result<AgentView, StoreError> {
        self.set(id, AgentStatus::Active, actor).await
    }
    pub async fn revoke(&self, id: AgentId, actor: &Actor) -> Result<AgentView, StoreError> {
        self.set(id, AgentStatus::Revoked, actor).await
    }
    pub async fn resolve(&self, id: AgentId, actor: &Actor) -> Result<AgentView, StoreError> {
        self.set(id, AgentStatus::Active, actor).await
    }
}
