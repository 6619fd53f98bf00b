//! `/api/v1/sessions`: who is logged in where and holds what.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Id, Query},
        page::{Listing, OfApplication, Page},
        problem::Answer,
    },
    sessions,
    store::records::{EndReason, SessionRecord},
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use http::StatusCode;
use muster_domain::ids::SessionId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A seat that a session holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HoldView {
    /// The application.
    pub application: String,
    /// `named` or `floating`.
    pub kind: &'static str,
    /// Shared with another session of the same user and client.
    pub shared: bool,
}

/// One live session.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionView {
    /// Its id.
    pub id: String,
    /// The agent that reports it.
    pub agent: Uuid,
    /// That agent's machine.
    pub hostname: String,
    /// Login user name.
    pub user: String,
    /// Where the user sits.
    pub client_ip: String,
    /// How the user came in.
    pub client: String,
    /// Terminal or display.
    pub tty: Option<String>,
    /// `active`, `online`, `disconnected` or `other`.
    pub state: &'static str,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// For how long without input; null = not known.
    pub idle_seconds: Option<u64>,
    /// Applications its agent found in use in it.
    pub applications: Vec<String>,
    /// What it holds.
    pub holds: Vec<HoldView>,
    /// When an administrator or silence ended it, while its agent still lists it.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why.
    pub ended_reason: Option<&'static str>,
}

impl SessionView {
    fn of(view: sessions::SessionView, hostname: String) -> Self {
        let sessions::SessionView { record, state, idle_seconds, holds } = view;
        let applications = record.in_use().cloned().collect();
        let SessionRecord {
            id,
            agent,
            user,
            client_ip,
            client,
            tty,
            started_at,
            counted_from: _,
            applications: _,
            idle: _,
            ended,
        } = record;
        let holds = holds
            .into_iter()
            .map(|hold| HoldView { application: hold.application, kind: hold.kind, shared: hold.shared })
            .collect();
        Self {
            id: id.to_string(),
            agent: agent.into(),
            hostname,
            user,
            client_ip,
            client,
            tty,
            state,
            started_at,
            idle_seconds,
            applications,
            holds,
            ended_at: ended.map(|ending| ending.at),
            ended_reason: ended.map(|ending| reason_name(ending.reason)),
        }
    }
}

const fn reason_name(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Logout => "logout",
        EndReason::Idle => "idle",
        EndReason::Administrator => "administrator",
        EndReason::Silent => "silent",
        EndReason::Revoked => "revoked",
        EndReason::Shutdown => "shutdown",
    }
}

/// Live sessions, in the order in which they began.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "sessions", params(OfApplication),
    responses((status = 200, description = "sessions", body = Page<SessionView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(which): Query<OfApplication>, listing: Listing) -> Answer<Response> {
    let (application, paging) = which.parts();
    let mut list = context.sessions.list();
    if let Some(name) = &application {
        list.retain(|session| session.holds.iter().any(|hold| same_name(&hold.application, name)));
    }
    let key = |session: &sessions::SessionView| (session.record.started_at, session.record.id.to_string());
    let page = Page::in_order(list, &paging, key)?.map(|session| {
        let hostname = context.fleet.get(session.record.agent).map(|agent| agent.record.hostname.clone());
        SessionView::of(session, hostname.unwrap_or_default())
    });
    let columns = [
        "id",
        "user",
        "client_ip",
        "client",
        "tty",
        "state",
        "hostname",
        "agent",
        "started_at",
        "idle_seconds",
        "ended_at",
        "ended_reason",
    ];
    Ok(page.answer(&listing, &columns))
}

/// Ends a session and frees its seats. It stays ended until its agent no longer lists it.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "sessions", params(("id" = String, Path, description = "the session")),
    responses((status = 204, description = "ended"), Problems))]
pub async fn end(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<SessionId>) -> Answer<StatusCode> {
    context.sessions.end(id, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Application names are compared without regard to case.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
