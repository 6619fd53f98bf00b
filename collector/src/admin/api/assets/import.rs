//! `POST /api/v1/assets/import`: a CSV file of assets. The answer is a stream of JSON lines, the last one with the sums.

use crate::{
    admin::{
        api::openapi::Problems,
        auth::Caller,
        context::Ctx,
        extract::Query,
        file,
        problem::{Answer, Failure},
    },
    assets::{Order, column},
    sheet::{Event, Sheet, drain},
};
use axum::{
    extract::{Request, State},
    response::Response,
};
use muster_wire::problem::Code;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

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

/// Imports assets from a CSV file of at most 1,000,000 lines. Columns are named by fields or their labels, in any order; a line is about
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
    let (mut source, bytes) = file::csv(request)?;
    let Some(right) = context.imports.begin() else {
        drain(&mut source).await;
        return Err(Failure::new(Code::Conflict, "another import is running; begin when it is over"));
    };
    let sheet = Sheet::open(source, column).await.map_err(|error| Failure::invalid(error.to_string()))?;
    let How { dry_run, clear_empty, create_references } = how;
    let order = Order { sheet, bytes, dry_run, clear_empty, create_references, by: caller.actor() };
    let (events, told) = mpsc::channel(file::WAITING);
    tokio::spawn(async move { context.imports.run(right, order, events).await });
    Ok(file::events(told))
}
