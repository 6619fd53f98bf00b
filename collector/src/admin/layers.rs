//! What every request of the admin listener goes through before and after its handler: an id, the Host check, a deadline, the
//! security headers, and a net under panics.

use super::{
    context::Ctx,
    pace::{Arrived, DEADLINE},
    problem::Failure,
    server::Local,
    waiting::Caller,
};
use axum::{
    body::HttpBody as _,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use muster_wire::problem::Code;
use tracing::Instrument;

const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The outermost layer.
pub(super) async fn around(State(context): State<Ctx>, request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let page = request.uri().path().starts_with("/assets-static/");
    let has_body = !request.body().is_end_stream();
    let mut response = inside(&context, request, next).instrument(span.clone()).await;
    if response.status().is_server_error() {
        context.metrics.admin_error();
    }
    tracing::debug!(parent: &span, status = response.status().as_u16(), "answered");
    let status = response.status();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    if has_body && leaves_the_body(status) {
        // The client must not take the connection for a good one: the rest of the body is still on it.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    if !page {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if context.tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Whether a refusal may be given before the body was read to its end.
fn leaves_the_body(status: StatusCode) -> bool {
    matches!(status.as_u16(), 401 | 403 | 404 | 405 | 413 | 415 | 421 | 503)
}

async fn inside(context: &Ctx, request: Request, next: Next) -> Response {
    let local = request.extensions().get::<Local>().map(|Local(at)| *at);
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, another) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next());
    if another.is_some() {
        return Failure::new(Code::Misdirected, "the request has more than one Host; send one").into_response();
    }
    // An address with a host in the request line stands above the header (RFC 9112, section 3.2.2).
    let target = request.uri().authority().map(http::uri::Authority::as_str);
    let known = |host: &str| context.hosts.knows(host, local);
    if !host.is_some_and(known) || !target.is_none_or(known) {
        return Failure::new(
            Code::Misdirected,
            "the Host of the request is not one of this listener's names; use its address, localhost, or a name given to init --name",
        )
        .into_response();
    }
    // In a task of its own: a caller that hangs up must not stop a change between the store and the memory that follows it.
    let arrived = Arrived::default();
    let request = request.map(|body| arrived.count(body));
    // What only looks may stop.
    let reads = request.method().is_safe();
    let (caller, work) = Caller::of(next.run(request));
    let work = tokio::spawn(work.in_current_span());
    let _caller = if reads { caller } else { caller.stays() };
    match arrived.within_deadline(work).await {
        Some(Ok(response)) => response,
        Some(Err(failed)) => {
            let panic = failed.try_into_panic().unwrap_or_else(|_| Box::new("the handler was ended"));
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Failure::internal(format!("a handler panicked: {text}")).into_response()
        }
        None => {
            let rest = if reads { "ask for less" } else { "what was asked for goes on" };
            let text = format!("no answer within {} s; {rest}", DEADLINE.as_secs());
            Failure::new(Code::Unavailable, text).retry_after(10).into_response()
        }
    }
}
