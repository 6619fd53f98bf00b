//! The interop listener: applications' check-outs, for those that have no business on the admin listener, and behind them whatever
//! agents of another make send.
//!
//! The same handlers, roles and problems as there, but API tokens only: no page and no cookie is known here.

use super::{
    context::Ctx,
    extract::JSON_BYTES,
    idempotency::idempotent,
    layers,
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

/// The router of the interop listener; `inventories` takes what no route of the API takes.
pub fn interop_router(context: Ctx, inventories: Router) -> Router {
    Router::new()
        .merge(problem_pages())
        .merge(checkouts())
        .route_layer(from_fn_with_state(context.clone(), idempotent))
        .route_layer(from_fn_with_state(context.clone(), guard))
        .fallback_service(inventories)
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
