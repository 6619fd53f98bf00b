//! A receiver of webhooks on loopback. In: the statuses it is to answer with. Out: what it was posted, and whether a
//! signature is that of a secret.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::loopback::Loopback;
use crate::wait;

/// The oldest signature that a receiver takes, in seconds.
const TOLERANCE: i64 = 300;

/// What was posted.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
    /// What was answered; 0 for no answer.
    pub answered: u16,
}

impl Posted {
    /// The body as JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context("a JSON body")
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Verifies the signature as a receiver does that knows the secret (`whsec_...`); `now` is in seconds since 1970.
    ///
    /// # Errors
    /// It is not of this secret, or too old.
    pub fn verify(&self, secret: &str, now: i64) -> Result<()> {
        let secret = STANDARD.decode(secret.strip_prefix("whsec_").context("the form of a secret")?)?;
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        ensure!((now - timestamp.parse::<i64>()?).abs() <= TOLERANCE, "a fresh timestamp: {timestamp}, not {now}");
        let signature = self.header("webhook-signature").strip_prefix("v1,").context("the form of a signature")?;
        let mac = Hmac::<Sha256>::new_from_slice(&secret)?.chain_update(format!("{id}.{timestamp}.")).chain_update(&self.body);
        mac.verify_slice(&STANDARD.decode(signature)?).context("the signature")
    }
}

/// The receiver. It ends when it is dropped.
#[derive(Debug)]
pub struct Hook {
    server: Loopback,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    posted: Mutex<Vec<Posted>>,
    answers: Mutex<VecDeque<Answer>>,
}

/// How the receiver answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With this status.
    Status(u16),
    /// With 302 to this address.
    Redirect(String),
    /// Never.
    Silence,
}

impl Hook {
    /// One that takes everything (204).
    ///
    /// # Errors
    /// No port is free.
    pub async fn open() -> Result<Self> {
        let shared = Arc::<Shared>::default();
        let for_task = Arc::clone(&shared);
        let serve = move |stream| {
            let shared = Arc::clone(&for_task);
            async move { shared.serve(stream).await }
        };
        Ok(Self { server: Loopback::serve(serve).await?, shared })
    }

    /// Its address with a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// Its port on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.address.port()
    }

    /// Answers the next posts so; those behind them are taken.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        locked(&self.shared.answers).extend(answers);
    }

    /// Everything that was posted, in order.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        locked(&self.shared.posted).clone()
    }

    /// Waits until so much was posted, and gives it.
    ///
    /// # Errors
    /// It does not come.
    pub async fn wait(&self, posts: usize) -> Result<Vec<Posted>> {
        wait::until("what is posted", async || Ok(Some(self.posted()).filter(|posted| posted.len() >= posts))).await
    }
}

impl Shared {
    async fn serve(&self, stream: TcpStream) -> Result<()> {
        let mut stream = BufReader::new(stream);
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            ensure!(stream.read_line(&mut line).await? > 0, "the request was cut off");
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(": ") {
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
        }
        let length = headers.get("content-length").context("a length")?.parse()?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let answer = locked(&self.answers).pop_front().unwrap_or(Answer::Status(204));
        let (answered, more) = match &answer {
            Answer::Status(status) => (*status, String::new()),
            Answer::Redirect(to) => (302, format!("Location: {to}\r\n")),
            Answer::Silence => (0, String::new()),
        };
        locked(&self.posted).push(Posted { headers, body, answered });
        if answer == Answer::Silence {
            // Until the sender gives up or ends.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await?;
            return Ok(());
        }
        let text = format!("HTTP/1.1 {answered} x\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n");
        Ok(stream.get_mut().write_all(text.as_bytes()).await?)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_its_secret_and_of_its_time() {
        let secret = format!("whsec_{}", STANDARD.encode([7; 32]));
        let mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap().chain_update("id.1000.{}");
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        let headers = [("webhook-id", "id"), ("webhook-timestamp", "1000"), ("webhook-signature", &signature)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let posted = Posted { headers, body: b"{}".to_vec(), answered: 204 };
        posted.verify(&secret, 1000).unwrap();
        posted.verify(&secret, 1301).unwrap_err();
        posted.verify(&format!("whsec_{}", STANDARD.encode([8; 32])), 1000).unwrap_err();
        Posted { body: b"{ }".to_vec(), ..posted }.verify(&secret, 1000).unwrap_err();
    }
}
