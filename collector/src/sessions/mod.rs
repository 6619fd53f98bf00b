//! Live sessions (skeleton of the service's signatures).
#![allow(missing_docs, clippy::unused_async, reason = "a skeleton that is dropped when the service arrives")]

use crate::{compliance::Actor, store::{StoreError, Stores, records::{Ending, UsageRecord}}};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{ids::{AgentId, SessionId}, session::application::Application};

#[derive(Debug, Clone)]
pub struct Hold {
    pub application: String,
    pub kind: &'static str,
    pub shared: bool,
}

#[derive(Debug, Clone)]
pub struct SessionView {
    pub id: SessionId,
    pub agent: AgentId,
    pub hostname: String,
    pub user: String,
    pub client_ip: String,
    pub client: String,
    pub tty: Option<String>,
    pub state: String,
    pub started_at: DateTime<Utc>,
    pub idle_seconds: Option<u64>,
    pub holds: Vec<Hold>,
    pub ended: Option<Ending>,
}

pub struct Sessions {
    pub stores: Stores,
}

impl Sessions {
    pub fn list(&self) -> Vec<SessionView> {
        Vec::new()
    }
    pub async fn end(&self, id: SessionId, _actor: &Actor) -> Result<(), StoreError> {
        Err(StoreError::NotFound { what: "session", id: id.to_string() })
    }
    pub async fn usage(&self, application: Option<&str>, from: NaiveDate, to: NaiveDate) -> Result<Vec<UsageRecord>, StoreError> {
        self.stores.usage.peaks(application, from, to).await
    }
    pub async fn set_applications(&self, _applications: Vec<Application>) {}
}
