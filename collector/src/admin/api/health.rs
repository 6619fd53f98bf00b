//! `GET /healthz`, `GET /readyz`, `GET /metrics`.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::{Caller, MaybeCaller},
        context::Ctx,
        problem::{Answer, Failure},
        ready::Ready,
    },
    publish::Readings,
    store::records::{AgentStatus, Role, RunKind},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

/// How many runs are looked through for the last good night.
const RUNS: usize = 64;

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()),
    responses((status = 200, description = "alive", content_type = "text/plain", body = String)))]
pub async fn live() -> &'static str {
    "ok\n"
}

/// The collector can do its work: its store takes commits and its certificates are valid. Administrators get the details.
#[utoipa::path(get, path = "/readyz", tag = "health", security((), ("token" = []), ("session" = [])),
    responses(
        (status = 200, description = "ready; JSON with details for administrators, else text", body = Ready),
        (status = 503, description = "not ready; JSON with details for administrators, else text", body = Ready)))]
pub async fn ready(State(context): State<Ctx>, MaybeCaller(caller): MaybeCaller) -> Response {
    let ready = context.readiness.check().await;
    let status = if ready.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if caller.is_some_and(|caller| caller.role >= Role::Viewer) {
        return (status, Json(ready)).into_response();
    }
    (status, if ready.ready { "ready\n" } else { "not ready\n" }).into_response()
}

/// Metrics for Prometheus, as OpenMetrics text; names begin with `muster_`.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, description = "metrics", content_type = "application/openmetrics-text", body = String), Problems))]
pub async fn metrics(State(context): State<Ctx>, Caller(_): Caller) -> Answer<Response> {
    let nightly = |run: &crate::store::records::RunRecord| run.kind == RunKind::Nightly && run.error.is_none();
    let last = context.stores.license.runs(None, RUNS).await?.iter().find(|run| nightly(run)).map(|run| run.finished_at);
    let mut agents = [("pending", 0), ("active", 0), ("quarantined", 0), ("revoked", 0)];
    let [pending, active, quarantined, revoked] = &mut agents;
    for agent in context.fleet.list() {
        let (_, number) = match agent.record.status {
            AgentStatus::Pending => &mut *pending,
            AgentStatus::Active => &mut *active,
            AgentStatus::Quarantined => &mut *quarantined,
            AgentStatus::Revoked => &mut *revoked,
        };
        *number += 1;
    }
    let readings = Readings {
        store_size_bytes: context.stores.system.size_bytes().await.ok(),
        last_nightly_success: last,
        authority_until: Some(context.authority.not_after()),
        agents: agents.to_vec(),
        uptime_seconds: context.clock.boottime().saturating_sub(context.started).as_secs(),
    };
    let page = context.metrics.render(&context.board.status(), &readings).map_err(Failure::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], page).into_response())
}
