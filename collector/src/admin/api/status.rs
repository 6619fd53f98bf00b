//! `GET /status`: everything an administrator sees first, as JSON (contract 2.3) or as a page.

use super::openapi::Problems;
use crate::{
    admin::{auth::Caller, context::Ctx, extract::Wanted, problem::Answer},
    console,
    publish::Status,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;

/// The status: licence, compliance, agents, sessions, applications and alerts. A browser gets a page.
#[utoipa::path(get, path = "/status", tag = "status",
    responses((status = 200, description = "the status", body = Status), Problems))]
pub async fn show(State(context): State<Ctx>, Caller(caller): Caller, wanted: Wanted) -> Answer<Response> {
    let mut response = match wanted {
        Wanted::Html => console::status_page(&context, &caller).await?,
        Wanted::Json | Wanted::Csv => Json(context.board.status()).into_response(),
    };
    response.headers_mut().insert(header::VARY, http::HeaderValue::from_static("accept"));
    Ok(response)
}
