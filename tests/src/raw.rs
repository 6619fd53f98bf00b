//! One connection by hand, for what a well-behaved client cannot do: a request cut in the middle, a body that never comes,
//! two requests that are known to share a connection. In: an address, TLS, bytes. Out: the answers in order.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A TLS connection.
#[derive(Debug)]
pub struct Raw {
    stream: StreamOwned<ClientConnection, TcpStream>,
    rest: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Status line and headers, in lower case.
    pub head: String,
    /// Its body; null when there is none.
    pub body: Value,
}

impl Raw {
    /// Connects. The handshake happens with the first bytes.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn connect(address: SocketAddr, tls: ClientConfig) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let connection = ClientConnection::new(Arc::new(tls), ServerName::from(address.ip()))?;
        Ok(Self { stream: StreamOwned::new(connection, stream), rest: Vec::new() })
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The peer has closed, or refused the handshake.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)?;
        Ok(self.stream.flush()?)
    }

    /// Sends a whole request with a JSON body.
    ///
    /// # Errors
    /// As [`Raw::send`].
    pub fn post(&mut self, path: &str, body: &[u8]) -> Result<()> {
        let head = format!("POST {path} HTTP/1.1\r\nhost: collector\r\ncontent-length: {}\r\n\r\n", body.len());
        self.send(&[head.as_bytes(), body].concat())
    }

    /// The next answer.
    ///
    /// # Errors
    /// The connection ends first, or what comes is no HTTP with a JSON body.
    pub fn answer(&mut self) -> Result<Answer> {
        let end = loop {
            if let Some(at) = self.rest.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.more()?;
        };
        let body = self.rest.split_off(end);
        let head = String::from_utf8(std::mem::replace(&mut self.rest, body)).context("the head of an answer")?.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).with_context(|| format!("no HTTP: {head}"))?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(Ok(0), str::parse)?;
        while self.rest.len() < length {
            self.more()?;
        }
        let after = self.rest.split_off(length);
        let body = std::mem::replace(&mut self.rest, after);
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).context("JSON expected")? };
        Ok(Answer { status, head, body })
    }

    fn more(&mut self) -> Result<()> {
        let mut buffer = [0; 4096];
        let read = self.stream.read(&mut buffer)?;
        anyhow::ensure!(read > 0, "the connection ended before the answer");
        self.rest.extend(buffer.iter().take(read));
        Ok(())
    }
}
