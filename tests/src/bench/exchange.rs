//! HTTP/1.1 over mutual TLS with as little work as possible, so that one processor of load keeps one processor of server
//! busy. In: whole requests as bytes. Out: status and body of each answer. Only what the servers measured here send is
//! understood: a content length or no body at all.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Longest head of an answer, in bytes.
const HEAD: usize = 16 * 1024;

/// A connection that is kept.
pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    received: Vec<u8>,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
}

/// A head that is complete.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    bytes: usize,
    body: usize,
}

impl Connection {
    /// Connects and shakes hands.
    ///
    /// # Errors
    /// Nobody listens, or one side does not trust the other.
    pub(super) async fn open(address: SocketAddr, config: Arc<ClientConfig>) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true).context("TCP_NODELAY")?;
        let name = ServerName::from(address.ip());
        let stream = TlsConnector::from(config).connect(name, stream).await.with_context(|| format!("TLS with {address}"))?;
        Ok(Self { stream, received: Vec::with_capacity(HEAD) })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// The connection ends, or the answer is not understood.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await.context("send a request")?;
        self.stream.flush().await.context("send a request")?;
        self.received.clear();
        let head = loop {
            if let Some(head) = head(&self.received)? {
                break head;
            }
            if self.received.len() > HEAD {
                bail!("the head of an answer is longer than {HEAD} bytes");
            }
            self.more().await?;
        };
        let end = head.bytes + head.body;
        while self.received.len() < end {
            self.more().await?;
        }
        let body = self.received.get(head.bytes..end).unwrap_or_default();
        Ok(Answer { status: head.status, body })
    }

    async fn more(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.received).await.context("read an answer")? {
            0 => bail!("the server closed the connection"),
            _ => Ok(()),
        }
    }
}

/// A whole request with a JSON body.
pub(super) fn post(path: &str, address: SocketAddr, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The head at the start of what was received; none while it is not complete.
fn head(received: &[u8]) -> Result<Option<Head>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(received.get(..end).unwrap_or_default()).context("the head of an answer")?;
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap_or_default();
    let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let mut head =
        Head { status: status.with_context(|| format!("not the first line of an answer: {line:?}"))?, bytes: end + 4, body: 0 };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            head.body = value.trim().parse().with_context(|| format!("{name}: {value}"))?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("an answer in chunks is not understood");
        }
    }
    Ok(Some(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_once_they_are_complete() {
        let answer = b"HTTP/1.1 429 Too Many\r\nContent-Length: 12\r\nretry-after: 7\r\n\r\nbody";
        let expected = Head { status: 429, bytes: answer.len() - 4, body: 12 };
        for end in 0..expected.bytes {
            assert_eq!(head(&answer[..end]).unwrap(), None, "{end} bytes");
        }
        assert_eq!(head(answer).unwrap(), Some(expected));
        let empty = head(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap();
        assert_eq!((empty.status, empty.body), (204, 0));
        for bad in [
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 200\r\ncontent-length: x\r\n\r\n",
            "HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n",
        ] {
            assert!(head(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_request_says_how_long_it_is() {
        let request = post("/agent/v1/report", "127.0.0.1:8443".parse().unwrap(), "Date: today\r\n", b"{}");
        let text = String::from_utf8(request).unwrap();
        assert!(text.starts_with("POST /agent/v1/report HTTP/1.1\r\nHost: 127.0.0.1:8443\r\nDate: today\r\n"), "{text}");
        assert!(text.ends_with("Content-Length: 2\r\n\r\n{}"), "{text}");
    }
}
