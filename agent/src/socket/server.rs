//! The accept loop of the socket.
//!
//! In: a listener. Out: one answer for each request. Connections are few, short and bounded: whoever opens many or sends
//! nothing only waits himself.

use super::routes::{Asked, Desk, Reply, problem};
use crate::broker::Caller;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use muster_wire::problem::{Code, Problem};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::Semaphore,
};

/// A client that waits in a queue keeps one for up to 20 s.
const CONNECTIONS: usize = 256;
const BODY_BYTES: usize = 16 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept, e.g. too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until it is dropped.
pub async fn serve(listener: UnixListener, desk: Desk) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let desk = desk.clone();
                tokio::spawn(async move {
                    connection(stream, desk).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a local connection cannot be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: UnixStream, desk: Desk) {
    let caller = stream.peer_cred().inspect_err(|error| tracing::warn!(%error, "the system does not say who calls")).ok();
    let caller = caller.map(|peer| Caller { uid: peer.uid(), pid: peer.pid().and_then(|pid| u32::try_from(pid).ok()) });
    let service = service_fn(|request: Request<Incoming>| {
        let desk = desk.clone();
        async move { Ok::<_, Infallible>(respond(&desk, caller, request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(32)
        .max_buf_size(16 * 1024)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a local connection ended early");
    }
}

async fn respond(desk: &Desk, caller: Option<Caller>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, incoming) = request.into_parts();
    let read = tokio::time::timeout(BODY_TIMEOUT, Limited::new(incoming, BODY_BYTES).collect()).await;
    let Reply { status, kind, body } = match read {
        Ok(Ok(body)) => {
            let (method, path) = (parts.method.as_str().to_owned(), parts.uri.path().to_owned());
            let (query, body) = (parts.uri.query().map(str::to_owned), body.to_bytes().to_vec());
            desk.answer(Asked { caller, method, path, query, body }).await
        }
        Ok(Err(_)) => problem(&Problem::new(Code::TooLarge, format!("a body has at most {BODY_BYTES} bytes"))),
        Err(_) => problem(&Problem::new(Code::InvalidBody, "the body did not come in time")),
    };
    let (status, body) = match body {
        Ok(body) => (status, body),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be encoded");
            (500, String::new())
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(status) = hyper::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    response
}
