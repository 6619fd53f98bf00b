//! A server on a free port of loopback, for tests that need somebody at the other end. In: what is done with each connection. Out:
//! its address. It ends when it is dropped.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The server.
#[derive(Debug)]
pub(crate) struct Loopback {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Loopback {
    /// Serves each connection by itself.
    ///
    /// # Errors
    /// No port is free.
    pub(crate) async fn serve<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Result<Self>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a free port on loopback")?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = serve(stream);
                // A client that goes away in the middle is none of the server's errors.
                tokio::spawn(async move { drop(served.await) });
            }
        });
        Ok(Self { address, serving })
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
