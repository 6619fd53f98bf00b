//! `GET /api/v1/usage/now`: who is connected now.

use super::{openapi::Problems, usage_days};
use crate::{
    admin::{
        context::Ctx,
        extract::{Query, Wanted},
        page::{Page, Paging},
        problem::Answer,
    },
    sessions::Connected,
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
        let Connected { application, user, client_ip, kind, over_use, since, sessions, checkouts } = seat;
        Self { application, user, client_ip, kind, over_use, since, sessions, checkouts }
    }
}

/// Which seats.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only those of this application.
    application: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Seats in use now, each once however many sessions and check-outs share it, ordered by application and by when they were taken.
/// Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/usage/now", tag = "sessions", params(Which),
    responses((status = 200, description = "seats in use", body = Page<ConnectedView>), Problems))]
pub async fn now(State(context): State<Ctx>, Query(which): Query<Which>, wanted: Wanted) -> Answer<Response> {
    let Which { application, limit, cursor } = which;
    let seats = context.sessions.connected(application.as_deref());
    usage_days::known(&context, application.as_deref(), !seats.is_empty()).await?;
    let key = |seat: &Connected| {
        let Connected { application, user, client_ip, since, .. } = seat;
        format!("{application}\n{user}\n{client_ip}\n{}", since.timestamp_millis())
    };
    let page = Page::of(seats, &Paging { limit, cursor }, key)?.map(ConnectedView::from);
    let columns = ["application", "user", "client_ip", "kind", "over_use", "since", "sessions", "checkouts"];
    Ok(page.answer(wanted, "/api/v1/usage/now", &columns))
}
