//! The admin listener: one accept loop with a deadline for each step, in front of an axum router.
//!
//! In: a bound listener, perhaps TLS, a router. Out: when it returns, every request that was under way has its answer or the
//! drain deadline is over. It must not know what the router does.

use arc_swap::ArcSwap;
use axum::{Router, body::Body, extract::FromRequestParts};
use http::{Request, request::Parts};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use muster_runtime::{linger::Lingering, shutdown::Shutdown};
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// Longest TLS handshake.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// Longest wait for a request head, the idle time between two requests included.
pub const HEAD: Duration = Duration::from_secs(10);
/// Most header fields of a request.
pub const MAX_HEADERS: usize = 100;
/// How long requests under way may take to finish after the shutdown began.
pub const DRAIN: Duration = Duration::from_secs(10);
/// Most connections at once; more wait in the kernel's queue.
pub const CONNECTIONS: usize = 1024;
/// Pause after an accept that failed for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// At which address of this machine the request arrived (an extension of the request).
#[derive(Debug, Clone, Copy)]
pub struct Local(pub SocketAddr);

/// The address the request comes from (an extension of the request); none where it came through no connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(None)))
    }
}

/// Serves until the shutdown, then drains.
pub async fn serve(listener: TcpListener, tls: Option<Arc<ArcSwap<rustls::ServerConfig>>>, router: Router, shutdown: Shutdown) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = shutdown
            .run_until(async {
                let place = Arc::clone(&places).acquire_owned().await;
                (listener.accept().await, place)
            })
            .await;
        let Some((accepted, place)) = accepted else { break };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                let _ = shutdown.run_until(tokio::time::sleep(ACCEPT_PAUSE)).await;
                continue;
            }
        };
        // A renewed certificate serves the connections that come after it.
        let acceptor = tls.as_ref().map(|tls| TlsAcceptor::from(tls.load_full()));
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            connection(stream, acceptor, router, watcher, peer).await;
            drop(place);
        });
    }
    drop(listener);
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = DRAIN.as_secs(), "admin requests were cut off at the end of the drain time");
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, router: Router, watcher: Watcher, peer: SocketAddr) {
    let Ok(local) = stream.local_addr() else { return };
    let _ = stream.set_nodelay(true);
    match acceptor {
        None => requests(stream, router, watcher, local, peer).await,
        Some(acceptor) => match timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => requests(stream, router, watcher, local, peer).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        },
    }
}

async fn requests<S>(stream: S, router: Router, watcher: Watcher, local: SocketAddr, peer: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Local(local));
        request.extensions_mut().insert(Peer(Some(peer.ip())));
        router.clone().oneshot(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Lingering::new(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn exchange(at: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn serves_limits_headers_and_drains() {
        let (started, running) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let (inside, go) = (Arc::clone(&started), Arc::clone(&running));
        let router = Router::new().route("/", get(|| async { "hello" })).route(
            "/slow",
            get(move || async move {
                inside.notify_one();
                go.notified().await;
                "done"
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let server = tokio::spawn(serve(listener, None, router, shutdown.clone()));

        assert!(exchange(at, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.ends_with("hello"));
        let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(MAX_HEADERS + 1));
        assert!(exchange(at, &many).await.starts_with("HTTP/1.1 431"));

        let slow = tokio::spawn(async move { exchange(at, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await });
        started.notified().await;
        shutdown.trigger();
        running.notify_one();
        assert!(slow.await.unwrap().ends_with("done"), "a request under way gets its answer");
        server.await.unwrap();
        assert!(TcpStream::connect(at).await.is_err(), "nobody listens any more");
    }
}
