//! The interop listener's part of the API: applications' check-outs, for those that have no business on the admin listener.
//!
//! The same handlers, roles and problems as there, but API tokens only: no page and no cookie is known here.

use super::{
    context::Ctx,
    extract::JSON_BYTES,
    idempotency::idempotent,
    layers,
    problem::Failure,
    router::{as_problem, checkouts, problem_pages},
};
use crate::admin::auth::guard;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::Response,
};
use http::header;
use muster_wire::problem::Code;

/// The router of the interop listener.
pub fn interop_router(context: Ctx) -> Router {
    Router::new()
        .merge(problem_pages())
        .merge(checkouts())
        .route_layer(from_fn_with_state(context.clone(), idempotent))
        .route_layer(from_fn_with_state(context.clone(), guard))
        .fallback(nothing_here)
        .layer(map_response(as_problem))
        .layer(DefaultBodyLimit::max(JSON_BYTES))
        .layer(from_fn(without_cookies))
        .layer(from_fn_with_state(context.clone(), layers::around))
        .with_state(context)
}

/// A console session is for the console's listener.
async fn without_cookies(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(header::COOKIE);
    next.run(request).await
}

async fn nothing_here(request: Request) -> Failure {
    Failure::new(Code::NotFound, format!("there is nothing at {} on this listener", request.uri().path()))
}
