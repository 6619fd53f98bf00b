//! `/api/v1/agents`: who reports, and what an administrator decides about them.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::{Id, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    ingest::{self, Approved},
    store::{
        StoreError,
        records::{AgentRecord, AgentStatus, EndReason, ForeignDevice},
    },
};
use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, Utc};
use muster_domain::ids::AgentId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// One agent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgentView {
    /// Its identity.
    pub id: Uuid,
    /// What the machine called itself when it enrolled.
    pub hostname: String,
    /// `pending`, `active`, `quarantined` or `revoked`.
    pub status: &'static str,
    /// Seen lately.
    pub online: bool,
    /// When its newest report arrived.
    pub last_seen: Option<DateTime<Utc>>,
    /// The agent's version.
    pub agent_version: String,
    /// The asset it reports for.
    pub asset: Option<Uuid>,
    /// The join token it enrolled with.
    pub join_token: Option<String>,
    /// The interop credential that brought it, of an agent of another make.
    pub interop_credential: Option<String>,
    /// What an agent of another make calls itself.
    pub device_id: Option<String>,
    /// Which program an agent of another make is.
    pub program: Option<String>,
    /// The group of that token or credential.
    pub group: Option<String>,
    /// When it enrolled.
    pub enrolled_at: DateTime<Utc>,
    /// End of its certificate in force; null for an agent of another make, which has none.
    pub certificate_until: Option<DateTime<Utc>>,
    /// SHA-256 of its public key; null for an agent of another make.
    pub key_sha256: Option<String>,
    /// Epoch of its reports.
    pub epoch: u64,
    /// Number of the newest report.
    pub seq: u64,
    /// Reports it said it dropped.
    pub dropped: u64,
    /// What its newest report could not collect.
    pub incomplete: Vec<String>,
    /// The agent that took its place on the same machine.
    pub superseded_by: Option<Uuid>,
}

impl From<ingest::AgentView> for AgentView {
    fn from(view: ingest::AgentView) -> Self {
        let ingest::AgentView { record, last_seen, online, epoch, seq, agent_version, dropped, incomplete } = view;
        let AgentRecord {
            id,
            status,
            key_hash,
            asset,
            token,
            group,
            hostname,
            agent_version: enrolled_version,
            facets: _,
            observed: _,
            enrolled_at,
            certificate_until,
            certificate: _,
            superseded_by,
            foreign,
        } = std::sync::Arc::unwrap_or_clone(record);
        let native = foreign.is_none();
        let (interop_credential, device_id, program) = foreign
            .map(|ForeignDevice { credential, device_id, program }| (Some(credential), Some(device_id), Some(program)))
            .unwrap_or_default();
        Self {
            id: id.into(),
            hostname,
            status: status_name(status),
            online,
            last_seen,
            agent_version: if agent_version.is_empty() { enrolled_version } else { agent_version },
            asset: asset.map(Into::into),
            join_token: token,
            interop_credential,
            device_id,
            program,
            group,
            enrolled_at,
            certificate_until: native.then_some(certificate_until),
            key_sha256: native.then(|| data_encoding::HEXLOWER.encode(&key_hash)),
            epoch,
            seq,
            dropped,
            incomplete,
            superseded_by: superseded_by.map(Into::into),
        }
    }
}

/// A status as people read it.
#[must_use]
pub const fn status_name(status: AgentStatus) -> &'static str {
    match status {
        AgentStatus::Pending => "pending",
        AgentStatus::Active => "active",
        AgentStatus::Quarantined => "quarantined",
        AgentStatus::Revoked => "revoked",
    }
}

/// Which agents.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichAgents {
    /// Only those of machines with this host name, without regard to case.
    hostname: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Agents, all or those of a host name, ordered by id.
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents", params(WhichAgents),
    responses((status = 200, description = "agents", body = Page<AgentView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(which): Query<WhichAgents>, listing: Listing) -> Answer<Response> {
    let WhichAgents { hostname, limit, cursor } = which;
    let paging = Paging { limit, cursor };
    let mut agents = context.fleet.list();
    if let Some(wanted) = hostname.map(|name| name.trim().to_lowercase()) {
        agents.retain(|agent| agent.record.hostname.to_lowercase() == wanted);
    }
    let page = Page::in_order(agents, &paging, |agent| agent.record.id.to_string())?.map(AgentView::from);
    let columns = [
        "id",
        "hostname",
        "status",
        "online",
        "last_seen",
        "agent_version",
        "asset",
        "join_token",
        "interop_credential",
        "device_id",
        "program",
        "group",
        "enrolled_at",
        "certificate_until",
        "epoch",
        "seq",
        "dropped",
        "superseded_by",
    ];
    Ok(page.answer(&listing, &columns))
}

/// One agent.
#[utoipa::path(get, path = "/api/v1/agents/{id}", tag = "agents", params(("id" = Uuid, Path, description = "the agent")),
    responses((status = 200, description = "the agent", body = AgentView), Problems))]
pub async fn show(State(context): State<Ctx>, Id(id): Id<AgentId>) -> Answer<Json<AgentView>> {
    let agent = context.fleet.get(id).ok_or_else(|| Failure::not_found("agent", &id.to_string()))?;
    Ok(Json(agent.into()))
}

/// Lets a pending agent report. A machine that was installed again keeps its asset, and its old agent is revoked.
#[utoipa::path(post, path = "/api/v1/agents/{id}/approve", tag = "agents", params(("id" = Uuid, Path, description = "the agent")),
    responses((status = 200, description = "the agent", body = AgentView), Problems))]
pub async fn approve(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<AgentId>) -> Answer<Json<AgentView>> {
    Ok(Json(decide(&context, id, Decision::Approve, &caller.actor()).await?.into()))
}

/// Refuses an agent from now on and ends its sessions; its asset stays.
#[utoipa::path(post, path = "/api/v1/agents/{id}/revoke", tag = "agents", params(("id" = Uuid, Path, description = "the agent")),
    responses((status = 200, description = "the agent", body = AgentView), Problems))]
pub async fn revoke(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<AgentId>) -> Answer<Json<AgentView>> {
    Ok(Json(decide(&context, id, Decision::Revoke, &caller.actor()).await?.into()))
}

/// Ends the quarantine of an identity of which two copies were seen.
#[utoipa::path(post, path = "/api/v1/agents/{id}/resolve", tag = "agents", params(("id" = Uuid, Path, description = "the agent")),
    responses((status = 200, description = "the agent", body = AgentView), Problems))]
pub async fn resolve(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<AgentId>) -> Answer<Json<AgentView>> {
    Ok(Json(decide(&context, id, Decision::Resolve, &caller.actor()).await?.into()))
}

/// What an administrator decides about an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A pending one may report.
    Approve,
    /// It may not report any more, and its sessions end.
    Revoke,
    /// A quarantined one goes on.
    Resolve,
}

/// Does what was decided about an agent, with what follows for its sessions.
///
/// # Errors
/// When there is no such agent, its status does not allow it, or the store cannot be written.
pub async fn decide(
    context: &AdminContext,
    id: AgentId,
    decision: Decision,
    actor: &str,
) -> Result<ingest::AgentView, StoreError> {
    match decision {
        Decision::Approve => {
            let Approved { agent, replaced } = context.fleet.approve(id, actor).await?;
            if let Some(old) = replaced {
                context.sessions.end_of_agent(old, EndReason::Revoked).await?;
            }
            Ok(agent)
        }
        Decision::Revoke => {
            let agent = context.fleet.revoke(id, actor).await?;
            context.sessions.end_of_agent(id, EndReason::Revoked).await?;
            Ok(agent)
        }
        Decision::Resolve => context.fleet.resolve(id, actor).await,
    }
}
