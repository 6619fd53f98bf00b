//! `/api/v1/offline-uses`: uses that agents told of afterwards and that count nowhere, until somebody has seen them.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Id, Query},
        page::{Listing, Page, Paging},
        problem::Answer,
    },
    store::records::{AuditEntry, UncountedUse},
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use http::StatusCode;
use muster_domain::ids::CheckoutId;
use serde::Serialize;
use utoipa::ToSchema;

/// A use that counts nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflineUseView {
    /// Its id.
    pub id: String,
    /// The agent that told of it.
    pub agent: String,
    /// The machine.
    pub host: String,
    /// When it was told.
    pub told_at: DateTime<Utc>,
    /// Of which application.
    pub application: String,
    /// By whom.
    pub user: String,
    /// Where.
    pub client_ip: String,
    /// The kind of client.
    pub client: String,
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// Why it does not count.
    pub reason: String,
}

impl From<UncountedUse> for OfflineUseView {
    fn from(used: UncountedUse) -> Self {
        let UncountedUse { id, agent, host, told_at, application, user, client_ip, client, from, to, reason, countable: _ } =
            used;
        let (id, agent) = (id.to_string(), agent.to_string());
        Self { id, agent, host, told_at, application, user, client_ip, client, from, to, reason }
    }
}

/// Uses that count nowhere, in the order in which they were told.
#[utoipa::path(get, path = "/api/v1/offline-uses", tag = "sessions", params(Paging),
    responses((status = 200, description = "uses that count nowhere", body = Page<OfflineUseView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let page = Page::in_order(context.sessions.uncounted().await?, &paging, |used| (used.told_at, used.id.to_string()))?;
    let columns = ["id", "agent", "host", "told_at", "application", "user", "client_ip", "client", "from", "to", "reason"];
    Ok(page.map(OfflineUseView::from).answer(&listing, &columns))
}

/// Somebody has seen a use that counts nowhere: it leaves the list.
#[utoipa::path(delete, path = "/api/v1/offline-uses/{id}", tag = "sessions", params(("id" = String, Path, description = "the use")),
    responses((status = 204, description = "it is gone"), Problems))]
pub async fn dismiss(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<CheckoutId>) -> Answer<StatusCode> {
    let audit = AuditEntry {
        at: context.now(),
        actor: caller.actor(),
        action: "offline_use.dismiss".to_owned(),
        subject: id.to_string(),
        detail: serde_json::Value::Null,
    };
    context.sessions.dismiss_uncounted(id, audit).await?;
    Ok(StatusCode::NO_CONTENT)
}
