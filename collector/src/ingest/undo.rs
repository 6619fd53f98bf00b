//! Taking back what came with a join token or an interop credential that fell into wrong hands.
//!
//! In: what brought the agents. Out: every one of them refused, its asset retired. It may be done again: what is done already is
//! left as it is.

use super::{Fleet, Ingest};
use crate::{
    assets::{Acted, act},
    sessions::Sessions,
    store::{
        StoreError,
        records::{AgentRecord, AgentStatus, EndReason},
    },
};
use muster_domain::asset::{InstallStatus, action::Action};
use std::sync::Arc;

/// What agents came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// A join token, by its id.
    Token(String),
    /// An interop credential, by its id.
    Credential(String),
}

impl Brought {
    /// Whether an agent came with it.
    #[must_use]
    pub fn has(&self, agent: &AgentRecord) -> bool {
        match self {
            Self::Token(id) => agent.token.as_ref() == Some(id),
            Self::Credential(id) => agent.foreign.as_ref().is_some_and(|foreign| foreign.credential == *id),
        }
    }
}

/// What was undone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// Agents that were revoked.
    pub revoked: usize,
    /// Assets that were retired.
    pub retired: usize,
    /// Assets that stay: another agent reports them, too, or their state does not allow it.
    pub kept: usize,
}

/// Revokes every agent that came with it and retires their assets. Whoever asks has taken the token or credential back before, so
/// that nobody follows. It is a task of its own: a caller that goes away must not leave half of it.
///
/// # Errors
/// Those of the store; what is done by then stays done.
pub async fn undo_all(fleet: &Arc<Fleet>, sessions: &Arc<Sessions>, brought: Brought, actor: &str) -> Result<Undone, StoreError> {
    let (fleet, sessions, actor) = (Arc::clone(fleet), Arc::clone(sessions), actor.to_owned());
    let undoing = tokio::spawn(async move { undo(&fleet, &sessions, &brought, &actor).await });
    let lost = |error: tokio::task::JoinError| StoreError::Unavailable { operation: "agents.undo", reason: error.to_string() };
    undoing.await.map_err(lost)?
}

async fn undo(fleet: &Fleet, sessions: &Sessions, brought: &Brought, actor: &str) -> Result<Undone, StoreError> {
    // The store knows also those whose enrolment was stored and is not in memory yet.
    let (theirs, others): (Vec<AgentRecord>, Vec<AgentRecord>) =
        fleet.stores().agents.all().await?.into_iter().partition(|agent| brought.has(agent));
    let mut undone = Undone::default();
    for agent in &theirs {
        fleet.insert(agent.clone());
        if agent.status != AgentStatus::Revoked {
            fleet.revoke(agent.id, actor).await?;
            undone.revoked += 1;
        }
        sessions.end_of_agent(agent.id, EndReason::Revoked).await?;
    }
    for id in theirs.iter().filter_map(|agent| agent.asset) {
        let Some(asset) = fleet.stores().assets.get(id).await? else { continue };
        if asset.status() == Some(InstallStatus::Retired) {
            continue;
        }
        let shared = others.iter().any(|other| Ingest::counts(other.status) && other.asset == Some(id));
        // As with a state that is entered: no rule of subscription units is in the way.
        let retire = Action::Retire { substatus: None };
        match shared {
            false => match act(fleet.stores(), id, retire, actor, fleet.clock().now(), false).await? {
                Acted::Done(_) => undone.retired += 1,
                Acted::Refused(_) => undone.kept += 1,
                Acted::Missing => {}
            },
            true => undone.kept += 1,
        }
    }
    Ok(undone)
}
