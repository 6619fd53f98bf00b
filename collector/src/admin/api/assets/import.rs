//! `POST /api/v1/assets/import`: a CSV file of assets. The answer is a stream of JSON lines, the last one with the sums.

use crate::{
    admin::{
        api::openapi::Problems,
        auth::Caller,
        context::Ctx,
        extract::Query,
        problem::{Answer, Failure},
    },
    assets::{Event, Order, Sheet},
};
use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::header;
use muster_wire::problem::Code;
use serde::Deserialize;
use std::convert::Infallible;
use tokio::sync::mpsc;
use utoipa::IntoParams;

/// Largest file, in bytes: half a million assets with a dozen columns.
const FILE_BYTES: usize = 64 * 1024 * 1024;
/// Events that wait for a slow reader.
const WAITING: usize = 1_000;

/// How to import.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Only say what would be done; nothing is changed.
    #[serde(default)]
    dry_run: bool,
    /// An empty cell empties the field; without this it leaves the field as it is.
    #[serde(default)]
    clear_empty: bool,
    /// A display value that no record of a reference table has makes one; without this it refuses its line. Model categories are
    /// never made, and of one file at most 10,000 records.
    #[serde(default)]
    create_references: bool,
}

/// Imports assets from a CSV file of at most 64 MiB. Columns are named by fields or their labels, in any order; a line is about
/// the asset of its `id`, else of its `asset_tag`, else of its `serial_number`, else about a new one. Each line is in whole or not
/// at all. The answer is one JSON object a line: `header`, `refused` for each refused line, `progress`, and at the end `done` with
/// the sums, which are stored by then, or `failed`.
#[utoipa::path(post, path = "/api/v1/assets/import", tag = "assets", params(How),
    request_body(content = String, content_type = "text/csv", description = "the file"),
    responses(
        (status = 200, description = "events, one JSON object a line", content_type = "application/x-ndjson", body = Event),
        (status = 409, description = "another import is running", content_type = "application/problem+json",
            body = crate::admin::api::openapi::ProblemDocument),
        (status = 422, description = "the header cannot be used; nothing was imported", content_type = "application/problem+json",
            body = crate::admin::api::openapi::ProblemDocument),
        Problems))]
pub async fn import(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(how): Query<How>,
    request: Request,
) -> Answer<Response> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("text/csv") {
        return Err(Failure::new(Code::UnsupportedMedia, "send the file with Content-Type: text/csv"));
    }
    let right = context
        .imports
        .begin()
        .ok_or_else(|| Failure::new(Code::Conflict, "another import is running; begin when it is over"))?;
    let body = axum::body::to_bytes(request.into_body(), FILE_BYTES).await.map_err(|_| {
        Failure::new(Code::TooLarge, format!("the file is larger than {} MiB, or broke off; split it", FILE_BYTES >> 20))
    })?;
    let sheet = Sheet::open(body.into()).map_err(|error| Failure::invalid(error.to_string()))?;
    let How { dry_run, clear_empty, create_references } = how;
    let order = Order { sheet, dry_run, clear_empty, create_references, by: caller.actor() };
    let (events, told) = mpsc::channel(WAITING);
    tokio::spawn(async move { context.imports.run(right, order, events).await });
    let lines = stream::unfold(told, |mut told| async move {
        let event = told.recv().await?;
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        Some((Ok::<_, Infallible>(line), told))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}
