//! Inventories over HTTP: agents send them to whatever path they were told, and each wants its answer in its own words.
//!
//! In: requests that no other route of the interop listener takes. Out: answers in the dialect and the codec of the request. What
//! becomes of an inventory decides `ingest`.

use super::{
    access::of_request,
    inventory::{Answer, Body as Read, BodyError, Codec, Dialect, Kind, Limits, Message, Program, hardware, merge, packages},
};
use crate::{
    ingest::{Device, Ingest, Inventory},
    store::records::{InteropCredentialRecord, InteropKind},
    trust::interop::InteropCredentials,
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use muster_wire::{
    limits::{REPORT_DECODED_BYTES, REPORT_RATIO, REPORT_WIRE_BYTES},
    problem::{Code, Problem},
};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Agents are told to come once a day.
const HOURS: u32 = 24;
/// Inventories that are read at once: each may be large when it is unpacked.
const AT_ONCE: usize = 4;
/// What a GLPI agent shows that it speaks JSON with.
const GLPI: HeaderName = HeaderName::from_static("glpi-agent-id");

/// Is told the id of every credential that is used.
pub type Used = Arc<dyn Fn(&str) + Send + Sync>;

struct Desk {
    credentials: Arc<InteropCredentials>,
    ingest: Arc<Ingest>,
    used: Used,
    reading: Semaphore,
}

/// Takes inventories on any path: from agents that log in with these credentials, for this ingest.
pub fn inventories(credentials: Arc<InteropCredentials>, ingest: Arc<Ingest>, used: Used) -> Router {
    let desk = Desk { credentials, ingest, used, reading: Semaphore::new(AT_ONCE) };
    Router::new().fallback(any_path).with_state(Arc::new(desk))
}

async fn any_path(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    if request.method() == Method::GET && query.split('&').any(|pair| pair == "action=getConfig") {
        // There is nothing to deploy and nothing to collect.
        return ([(header::CONTENT_TYPE, "application/json")], "{}").into_response();
    }
    if request.method() != Method::POST || path.starts_with("/api/") {
        return plain(&Problem::new(Code::NotFound, format!("there is nothing at {path} on this listener")));
    }
    let credential = match of_request(&desk.credentials, request.headers()) {
        Ok(credential) => credential,
        Err(unknown) => return unknown.into_response(),
    };
    (desk.used)(&credential.id);
    let (head, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, REPORT_WIRE_BYTES).await else {
        return plain(&Problem::new(Code::TooLarge, format!("the body is larger than {REPORT_WIRE_BYTES} bytes, or broke off")));
    };
    desk.answered(&credential, &head.headers, bytes.to_vec()).await
}

/// How an answer is written.
#[derive(Debug, Clone, Copy)]
struct Style {
    dialect: Dialect,
    codec: Codec,
}

/// A message that was read, and how it is answered.
struct Heard {
    message: Message,
    style: Style,
    digest: [u8; 32],
}

impl Desk {
    async fn answered(&self, credential: &InteropCredentialRecord, headers: &HeaderMap, bytes: Vec<u8>) -> Response {
        let asked = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let speaks_json = headers.contains_key(&GLPI);
        let reading = self.reading.acquire().await;
        let read = tokio::task::spawn_blocking(move || read(&bytes, speaks_json)).await;
        drop(reading);
        let Heard { message, style, digest } = match read {
            Ok(Ok(heard)) => heard,
            Ok(Err((problem, style))) => return style.refusal(&problem, asked),
            Err(error) => {
                tracing::error!(%error, "an inventory could not be read");
                return plain(&Problem::new(Code::Internal, "an error inside the collector; its log has the details"));
            }
        };
        let Message { device_id, kind, dialect: _, agent, tag: _ } = message;
        let agent = agent.or_else(|| Program::read(headers.get(header::USER_AGENT)?.to_str().ok()?));
        let (program, version) =
            agent.map_or_else(Default::default, |program| (program.name, program.version.unwrap_or_default()));
        match kind {
            Kind::Prolog | Kind::Contact => style.answer(StatusCode::OK, Answer::Send { hours: HOURS }, asked),
            Kind::Inventory { content, partial } => {
                let found = hardware(&content);
                let inventory = Inventory {
                    device: Device { id: device_id, uuid: found.product_uuid.clone(), program, version },
                    software: packages(&content),
                    hardware: Box::new(move |known| if partial { merge(known, &content) } else { found }),
                    digest,
                };
                let in_force = |id: &str| self.credentials.is_in_force(InteropKind::Inventory, id);
                match self.ingest.inventory(credential, in_force, inventory).await {
                    Ok(()) => style.answer(StatusCode::OK, Answer::Taken { hours: HOURS }, asked),
                    Err(problem) => style.refusal(&problem, asked),
                }
            }
            Kind::Other(what) => {
                let message = format!("only inventories of computers are taken here, no {what}");
                let answer = Answer::Refused { message: &message, hours: HOURS };
                style.answer(StatusCode::NOT_IMPLEMENTED, answer, asked)
            }
        }
    }
}

/// Reads a body. What is no message is answered by how it begins.
fn read(bytes: &[u8], speaks_json: bool) -> Result<Heard, (Problem, Style)> {
    let in_general = if speaks_json { Dialect::Json } else { Dialect::Xml };
    let limits = Limits { decoded: REPORT_DECODED_BYTES, ratio: REPORT_RATIO };
    let body = Read::decode(bytes, limits).map_err(|error| {
        let code = if matches!(error, BodyError::TooLarge(_)) { Code::TooLarge } else { Code::InvalidBody };
        (Problem::new(code, error.to_string()), Style { dialect: in_general, codec: Codec::Plain })
    })?;
    let style = |dialect| Style { dialect, codec: body.codec };
    let message =
        Message::decode(&body.text).map_err(|error| (Problem::new(Code::InvalidBody, error.to_string()), style(in_general)))?;
    // An agent that speaks JSON begins in XML and goes on in JSON when it is answered so.
    let dialect = if speaks_json { Dialect::Json } else { message.dialect };
    Ok(Heard { style: style(dialect), message, digest: Sha256::digest(bytes).into() })
}

impl Style {
    fn answer(self, status: StatusCode, answer: Answer<'_>, asked: Option<&str>) -> Response {
        let Self { dialect, codec } = self;
        let mut response = Response::new(Body::from(codec.encode(&answer.text(dialect))));
        *response.status_mut() = status;
        let kind = HeaderValue::from_static(codec.content_type(dialect, asked));
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }

    fn refusal(self, problem: &Problem, asked: Option<&str>) -> Response {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = self.answer(status, Answer::Refused { message: &problem.detail, hours: HOURS }, asked);
        if [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

/// A problem for whoever speaks no dialect.
fn plain(problem: &Problem) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(problem).unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
