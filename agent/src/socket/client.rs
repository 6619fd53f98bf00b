//! The other end of the socket, for `status`, `once` and `exec`.
//!
//! In: a path and a route. Out: status and body of the running agent's answer.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{io, path::Path, time::Duration};
use tokio::net::UnixStream;

const ANSWER_BYTES: usize = 1024 * 1024;

/// Why a running agent did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers on the socket.
    #[error("no agent answers: {0}")]
    Connect(#[from] io::Error),
    /// The exchange broke.
    #[error("the agent does not answer: {0}")]
    Exchange(#[from] hyper::Error),
    /// It took too long.
    #[error("the agent does not answer in time")]
    Timeout,
    /// The answer is too long or cut.
    #[error("the agent's answer cannot be read")]
    Body,
}

/// `GET`, answered within `timeout`.
///
/// # Errors
/// When no agent answers.
pub async fn get(socket: &Path, route: &'static str, timeout: Duration) -> Result<(u16, Bytes), ClientError> {
    send(socket, Method::GET, route, None, timeout).await
}

/// `POST` without a body, answered within `timeout`.
///
/// # Errors
/// When no agent answers.
pub async fn post(socket: &Path, route: &'static str, timeout: Duration) -> Result<(u16, Bytes), ClientError> {
    send(socket, Method::POST, route, None, timeout).await
}

/// Any method, with a JSON body where there is one, answered within `timeout`.
///
/// # Errors
/// When no agent answers.
pub async fn send(
    socket: &Path,
    method: Method,
    route: &str,
    body: Option<Vec<u8>>,
    timeout: Duration,
) -> Result<(u16, Bytes), ClientError> {
    tokio::time::timeout(timeout, exchange(socket, method, route, body)).await.map_err(|_| ClientError::Timeout)?
}

async fn exchange(socket: &Path, method: Method, route: &str, body: Option<Vec<u8>>) -> Result<(u16, Bytes), ClientError> {
    let uri = route.parse::<hyper::Uri>().map_err(|_| ClientError::Body)?;
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut request = Request::new(Full::new(Bytes::from(body.unwrap_or_default())));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request.headers_mut().insert(hyper::header::HOST, hyper::header::HeaderValue::from_static("localhost"));
    let talk = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await.map_err(|_| ClientError::Body)?;
        Ok((status, body.to_bytes()))
    };
    // The connection is driven beside the exchange and goes away with it.
    tokio::pin!(talk);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        answer = &mut talk => answer,
        ended = &mut connection => match ended {
            Ok(()) => talk.await,
            Err(error) => Err(ClientError::Exchange(error)),
        },
    }
}
