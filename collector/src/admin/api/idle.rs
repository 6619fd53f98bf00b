//! `GET /api/v1/applications/{name}/idle`: who holds a seat and does not use it.

use super::openapi::Problems;
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    sessions::{IdleHolder, IdleHolders},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use muster_domain::{ids::CheckoutId, session::ClaimId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Seconds without use when nothing else is said.
const DEFAULT_SECONDS: u64 = 1800;
/// Longest time without use that can be asked for: ten years.
const MOST_SECONDS: u64 = 315_360_000;

/// A seat that nobody uses.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IdleView {
    /// `session` or `checkout`.
    claim: &'static str,
    /// Its id; end it with `DELETE /api/v1/sessions/{id}` or `DELETE /api/v1/checkouts/{id}`.
    id: String,
    /// Login user name.
    user: String,
    /// Where the user sits.
    client_ip: String,
    /// The machine, where it is known.
    hostname: Option<String>,
    /// The agent that reports the session.
    agent: Option<Uuid>,
    /// `named` or `floating`.
    kind: &'static str,
    /// Since when it has the seat.
    since: DateTime<Utc>,
    /// Since when there was no input; of a check-out, no heartbeat.
    idle_since: DateTime<Utc>,
    /// For how long, in seconds, when somebody last looked.
    idle_seconds: u64,
    /// Nobody else who shares the seat uses it, either: it becomes free when all of them end.
    whole_seat: bool,
}

impl From<IdleHolder> for IdleView {
    fn from(holder: IdleHolder) -> Self {
        let IdleHolder { claim, user, client, host, agent, kind, since, idle_since, idle_seconds, whole_seat } = holder;
        let (claim, id) = match claim {
            ClaimId::Session(id) => ("session", id.to_string()),
            ClaimId::Checkout(CheckoutId(id)) => ("checkout", id.to_string()),
        };
        Self {
            claim,
            id,
            user,
            client_ip: client,
            hostname: host,
            agent: agent.map(Uuid::from),
            kind: kind.name(),
            since,
            idle_since,
            idle_seconds,
            whole_seat,
        }
    }
}

/// How idle.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HowIdle {
    /// Seconds without use, at least; 1800 when absent.
    #[param(minimum = 0, maximum = 315_360_000, default = 1800)]
    longer_than_seconds: Option<u64>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Who holds a seat of an application without using it, longest first. Idleness that is not known is not idleness: a warning says
/// how many such seats there are.
#[utoipa::path(get, path = "/api/v1/applications/{name}/idle", tag = "applications",
    params(("name" = String, Path, description = "its name, without regard to case"), HowIdle),
    responses((status = 200, description = "who is idle", body = Page<IdleView>), Problems))]
pub async fn list(
    State(context): State<Ctx>,
    Path(name): Path<String>,
    Query(how): Query<HowIdle>,
    listing: Listing,
) -> Answer<Response> {
    let HowIdle { longer_than_seconds, limit, cursor } = how;
    let at_least = longer_than_seconds.unwrap_or(DEFAULT_SECONDS);
    if at_least > MOST_SECONDS {
        return Err(Failure::invalid(format!("longer_than_seconds is {at_least}; it must be {MOST_SECONDS} or less")));
    }
    let found = context.sessions.idle_holders(&name, at_least);
    let IdleHolders { idle, unknown, held } = found.ok_or_else(|| Failure::not_found("application", &name))?;
    let warnings = (unknown > 0).then(|| format!("of {unknown} of {held} that hold a seat nobody knows whether they are idle"));
    let page = Page::in_order(idle, &Paging { limit, cursor }, |holder| (holder.idle_since, holder.claim))?;
    let page = page.map(IdleView::from).warned(warnings.into_iter().collect());
    let columns = ["claim", "id", "user", "client_ip", "hostname", "kind", "since", "idle_since", "idle_seconds", "whole_seat"];
    Ok(page.answer(&listing, &columns))
}
