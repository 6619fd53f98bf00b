//! Answers as HTTP.

use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use muster_wire::problem::{Code, Problem};
use serde::Serialize;

/// The body type of every answer here.
pub(super) type Reply = Response<Full<Bytes>>;

/// A JSON answer.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => with(status, "application/json", body),
        Err(_) => problem(&Problem::new(Code::Internal, "the answer could not be written")),
    }
}

/// 204.
pub(super) fn empty() -> Reply {
    let mut reply = Response::new(Full::new(Bytes::new()));
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

/// A problem document.
pub(super) fn problem(problem: &Problem) -> Reply {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut reply = with(status, "application/problem+json", body);
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        // Nearly every path of this listener is for POST alone.
        let allow = problem.extra.get("allow").and_then(|allow| HeaderValue::from_str(allow.as_str()?).ok());
        reply.headers_mut().insert(header::ALLOW, allow.unwrap_or(HeaderValue::from_static("POST")));
    }
    reply
}

fn with(status: StatusCode, media: &'static str, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    reply
}
