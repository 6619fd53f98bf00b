//! `GET /api/v1/usage/now`: who is connected now.

use super::{openapi::Problems, usage_days};
use crate::{
    admin::{
        context::Ctx,
        extract::Query,
        page::{Listing, OfApplication, Page},
        problem::Answer,
    },
    sessions::Connected,
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A seat in use.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConnectedView {
    /// Application.
    pub application: String,
    /// Login user.
    pub user: String,
    /// Where the user sits.
    pub client_ip: String,
    /// `named` or `floating`.
    pub kind: &'static str,
    /// Given beyond the limit.
    pub over_use: bool,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Login sessions that share the seat.
    pub sessions: u64,
    /// Check-outs that share it.
    pub checkouts: u64,
}

impl From<Connected> for ConnectedView {
    fn from(seat: Connected) -> Self {
        let Connected { application, first: _, user, client_ip, kind, over_use, since, sessions, checkouts } = seat;
        Self { application, user, client_ip, kind, over_use, since, sessions, checkouts }
    }
}

/// Seats in use now, each once however many sessions and check-outs share it, ordered by application and by when they were taken.
/// Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/usage/now", tag = "sessions", params(OfApplication),
    responses((status = 200, description = "seats in use", body = Page<ConnectedView>), Problems))]
pub async fn now(State(context): State<Ctx>, Query(which): Query<OfApplication>, listing: Listing) -> Answer<Response> {
    let (application, paging) = which.parts();
    let seats = context.sessions.connected(application.as_deref());
    usage_days::known(&context, application.as_deref(), !seats.is_empty()).await?;
    let key = |seat: &Connected| {
        let Connected { application, user, client_ip, since, first, .. } = seat;
        (application.to_lowercase(), *since, user.clone(), client_ip.clone(), *first)
    };
    let page = Page::in_order(seats, &paging, key)?.map(ConnectedView::from);
    let columns = ["application", "user", "client_ip", "kind", "over_use", "since", "sessions", "checkouts"];
    Ok(page.answer(&listing, &columns))
}
