//! `ETag` and `If-Match`: a change of what somebody read is made only while it is still so.
//!
//! In: requests of the API for one thing that can be read and changed at the same address. Out: the version of what is read, and 409 for a
//! change that expects another one. Kinds of records have revisions of their own, which decide within the store; everything else is
//! compared here, one such change after the other.

use super::{
    auth::{OPERATIONS, find},
    extract::JSON_BYTES,
    problem::{Answer, Failure},
};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use muster_wire::problem::Code;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Held while a change is compared and made.
pub(super) type Changing = Arc<Mutex<()>>;

/// That an answer has the version of what it says, and none that a handler gave it; of which route it is.
#[derive(Debug, Clone)]
struct Digested {
    route: String,
}

/// Between the guard and the handler: what can be read and changed has a version.
pub(super) async fn versioned(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let applies = request.method() == Method::GET && route.starts_with("/api/") && may_change(&route);
    let response = next.run(request).await;
    if applies { tagged(response, route).await } else { response }
}

/// Around all routes: what is expected of a version holds while the change is made.
pub(super) async fn unchanged(State(changing): State<Changing>, request: Request, next: Next) -> Response {
    let changes = [Method::PUT, Method::PATCH, Method::DELETE].contains(request.method());
    if !changes || !request.uri().path().starts_with("/api/") || !request.headers().contains_key(header::IF_MATCH) {
        return next.run(request).await;
    }
    changed(&changing, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

/// Whether what is read at a route can be changed there.
pub(super) fn may_change(route: &str) -> bool {
    OPERATIONS.iter().any(|operation| operation.path == route && ["PUT", "PATCH", "DELETE"].contains(&operation.method))
}

async fn changed(changing: &Mutex<()>, request: Request, next: Next) -> Answer<Response> {
    let (head, body) = request.into_parts();
    // Who may not even read it is told so before anything is read or held.
    let now = next.clone().run(reading(&head)).await;
    match now.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            return Err(Failure::invalid("what is changed here has no version; leave If-Match out"));
        }
        status if !status.is_success() => return Ok(now),
        _ => {}
    }
    // Records compare by themselves, and what cannot be changed so is refused as ever.
    let compares = |digested: &Digested| find(&head.method, &digested.route).is_some();
    if !now.extensions().get::<Digested>().is_some_and(compares) {
        return Ok(next.run(Request::from_parts(head, body)).await);
    }
    let large = |_| Failure::new(Code::TooLarge, format!("the body is larger than {JSON_BYTES} bytes, or broke off"));
    let body = axum::body::to_bytes(body, JSON_BYTES).await.map_err(large)?;
    let _changing = changing.lock().await;
    let now = next.clone().run(reading(&head)).await;
    let expected = head.headers.get_all(header::IF_MATCH).iter().filter_map(|value| value.to_str().ok());
    let tag = now.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or("*");
    if !expected.flat_map(|list| list.split(',')).any(|one| [tag, "*"].contains(&one.trim())) {
        return Err(Failure::new(Code::Conflict, "it was changed since it was read, or never had this ETag; read it again"));
    }
    Ok(next.run(Request::from_parts(head, Body::from(body))).await)
}

/// The same caller's request to read what is to be changed.
fn reading(head: &Parts) -> Request {
    let mut head = head.clone();
    head.method = Method::GET;
    for name in [header::IF_MATCH, header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ACCEPT] {
        head.headers.remove(name);
    }
    if let Ok(uri) = head.uri.path().parse() {
        head.uri = uri;
    }
    Request::from_parts(head, Body::empty())
}

/// An answer with its version, where it has none of its own.
async fn tagged(response: Response, route: String) -> Response {
    let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json");
    if response.status() != StatusCode::OK || !json || response.headers().contains_key(header::ETAG) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let bytes = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Failure::internal(error).into_response(),
    };
    let hash = Sha256::digest(&bytes);
    let tag: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        head.headers.insert(header::ETAG, tag);
        head.extensions.insert(Digested { route });
    }
    Response::from_parts(head, Body::from(bytes))
}
