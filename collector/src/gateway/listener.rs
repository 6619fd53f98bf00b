//! The accept loop: a deadline for the handshake, for the header and for being idle; a slow peer holds up nobody.

use super::{
    connections::{Connections, Counted},
    service::{Gateway, Peer},
};
use crate::trust::csr::key_hash_of_certificate;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use muster_domain::ids::AgentId;
use muster_runtime::{linger::Lingering, shutdown::Shutdown};
use rustls::ServerConfig;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::task::TaskTracker;

const HANDSHAKE: Duration = Duration::from_secs(10);
const HEADER: Duration = Duration::from_secs(10);
const HANDSHAKES_AT_ONCE: usize = 256;
const DRAIN: Duration = Duration::from_secs(10);

/// How many connections are let in.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From one address.
    pub per_address: usize,
    /// In all.
    pub total: usize,
}

/// The bound agent listener.
pub struct Listener {
    listener: TcpListener,
    tls: Arc<arc_swap::ArcSwap<ServerConfig>>,
    limits: Limits,
}

impl Listener {
    /// Binds the address.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(address: SocketAddr, tls: Arc<arc_swap::ArcSwap<ServerConfig>>, limits: Limits) -> std::io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, tls, limits })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until shutdown, then lets requests under way finish.
    pub async fn serve(self, gateway: Arc<Gateway>, shutdown: Shutdown) {
        let connections = Connections::new(self.limits.per_address, self.limits.total);
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE));
        let tasks = TaskTracker::new();
        while let Some(accepted) = shutdown.run_until(self.listener.accept()).await {
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // EMFILE and its kin: wait for a connection to end instead of spinning.
                    tracing::warn!(%error, "cannot accept agent connections");
                    let _ = shutdown.run_until(tokio::time::sleep(Duration::from_millis(200))).await;
                    continue;
                }
            };
            let Some(counted) = connections.admit(peer.ip()) else {
                tracing::debug!(peer = %peer.ip(), "connection over the limit of its address");
                continue;
            };
            let acceptor = TlsAcceptor::from(self.tls.load_full());
            let (gateway, handshakes, shutdown) = (Arc::clone(&gateway), Arc::clone(&handshakes), shutdown.clone());
            let requests = tasks.clone();
            tasks.spawn(async move {
                connection(stream, counted, acceptor, Serving { gateway, handshakes, requests, address: peer.ip() }, shutdown)
                    .await;
            });
        }
        drop(self.listener);
        tasks.close();
        if timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!("agent connections were still open after the drain deadline");
        }
    }
}

/// What a connection is served with.
struct Serving {
    gateway: Arc<Gateway>,
    handshakes: Arc<Semaphore>,
    /// Requests run to their end even when the agent hangs up: what a report changed must reach memory after the store.
    requests: TaskTracker,
    address: IpAddr,
}

async fn connection(stream: TcpStream, _counted: Counted, acceptor: TlsAcceptor, serving: Serving, shutdown: Shutdown) {
    let Serving { gateway, handshakes, requests, address } = serving;
    let _ = stream.set_nodelay(true);
    let handshake = async {
        let _permit = handshakes.acquire().await.ok()?;
        match acceptor.accept(stream).await {
            Ok(stream) => Some(stream),
            Err(error) => {
                tracing::debug!(peer = %address, %error, "TLS handshake failed");
                None
            }
        }
    };
    let Ok(Some(stream)) = timeout(HANDSHAKE, handshake).await else { return };
    let peer = Arc::new(Peer { address, certificate: identity(&stream) });
    let service = hyper::service::service_fn(move |request| {
        let (gateway, peer) = (Arc::clone(&gateway), Arc::clone(&peer));
        let work = requests.spawn(async move { gateway.handle(request, &peer).await });
        // A request that panicked has no answer; the connection ends, and the next one is served.
        work
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_headers(64)
        .max_buf_size(32 * 1024)
        .keep_alive(true)
        .serve_connection(TokioIo::new(Lingering::new(stream)), service);
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = shutdown.wait() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "agent connection ended");
    }
}

/// Agent id and key of the client certificate whose chain the handshake verified.
fn identity(stream: &TlsStream<TcpStream>) -> Option<(AgentId, [u8; 32])> {
    let leaf = stream.get_ref().1.peer_certificates()?.first()?;
    let key_hash = key_hash_of_certificate(leaf)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(leaf).ok()?;
    let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
    Some((name.parse().ok()?, key_hash))
}
