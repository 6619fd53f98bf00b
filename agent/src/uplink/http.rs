//! One request to the collector and what came back.
//!
//! In: an address, a path, a body. Out: status, `Retry-After`, `Date` and a bounded body, or a plain reason why there was
//! no answer. It does not try again and does not know what an answer means.

use chrono::{DateTime, NaiveDateTime, Utc};
use muster_runtime::{clock::SharedClock, tls::PemError};
use muster_wire::{limits::REPORT_RATIO, problem::Problem};
use reqwest::{
    Method,
    header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER},
};
use rustls::{AlertDescription, CertificateError};
use std::{error::Error as StdError, time::Duration};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// A silent loss of the connection is noticed after these two.
const KEEPALIVE: Duration = Duration::from_secs(15);
const USER_TIMEOUT: Duration = Duration::from_secs(20);
/// Bodies above this are compressed when the caller allows it.
const COMPRESS_ABOVE: usize = 1024;
/// Answers are small; what is longer comes from something else than a collector.
const ANSWER_BYTES: usize = 256 * 1024;
/// What an IMF-fixdate looks like (RFC 9110, 5.6.7).
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// Why no client could be built or no request be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A certificate file cannot be read.
    #[error("cannot set up TLS: {0}")]
    Pem(#[from] PemError),
    /// The own certificate cannot be read.
    #[error("cannot set up TLS: {0}")]
    Certificate(#[from] crate::identity::CertificateError),
    /// The HTTP client cannot be built, e.g. the proxy's address is wrong.
    #[error("cannot set up the HTTPS client: {}", chain(.0))]
    Client(#[from] reqwest::Error),
    /// A body cannot be encoded.
    #[error("cannot encode the request: {0}")]
    Encode(serde_json::Error),
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection, or it broke, or no answer in time.
    #[error("the collector at {url} cannot be reached: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// Its certificate comes from another root.
    #[error("the collector at {url} is not the one this agent enrolled with")]
    OtherCollector {
        /// The address.
        url: String,
    },
    /// Its certificate is for other names.
    #[error("the collector at {url} has no certificate for that name; use one of the collector's --name values")]
    OtherName {
        /// The address.
        url: String,
    },
    /// Its certificate is not valid at this machine's time.
    #[error("the certificate of the collector at {url} is not valid at this machine's time; check both clocks")]
    Clock {
        /// The address.
        url: String,
    },
    /// It does not take this agent's certificate.
    #[error("the collector at {url} does not take this agent's certificate ({reason}); it may belong to another collector")]
    NotWelcome {
        /// The address.
        url: String,
        /// The TLS alert.
        reason: String,
    },
}

impl TransportError {
    /// Whether trying later may help without anybody doing anything.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long the collector asks to wait.
    pub retry_after: Option<Duration>,
    /// The collector's clock.
    pub date: Option<DateTime<Utc>>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The problem document, if the answer is one.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        if self.status < 400 { None } else { serde_json::from_slice(&self.body).ok() }
    }

    /// What the answer says, for people: the problem's detail, its title, or the status.
    #[must_use]
    pub fn reason(&self) -> String {
        let said = self.problem().map(|problem| if problem.detail.is_empty() { problem.title } else { problem.detail });
        said.filter(|said| !said.is_empty()).unwrap_or_else(|| format!("HTTP status {}", self.status))
    }
}

/// The client. It keeps connections open between requests.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    clock: SharedClock,
}

impl Http {
    /// A client with this TLS configuration; `proxy` is an address or empty.
    ///
    /// # Errors
    /// When the proxy's address is wrong or TLS cannot be set up.
    pub fn new(tls: rustls::ClientConfig, proxy: &str, clock: SharedClock) -> Result<Self, HttpError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(1)
            .tcp_keepalive(KEEPALIVE)
            .tcp_user_timeout(USER_TIMEOUT)
            .user_agent(concat!("muster-agent/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if !proxy.is_empty() {
            builder = builder.proxy(reqwest::Proxy::all(proxy)?);
        }
        Ok(Self { client: builder.build()?, clock })
    }

    /// Sends JSON as it is.
    ///
    /// # Errors
    /// When there was no answer.
    pub async fn post(&self, base: &str, path: &str, body: Vec<u8>) -> Result<Answer, TransportError> {
        self.send(Method::POST, base, path, Some(body), false).await
    }

    /// Asks with any method; a body is JSON as it is.
    ///
    /// # Errors
    /// When there was no answer.
    pub async fn call(&self, method: Method, base: &str, path: &str, body: Option<Vec<u8>>) -> Result<Answer, TransportError> {
        self.send(method, base, path, body, false).await
    }

    /// Sends JSON, compressed where that is worth it.
    ///
    /// # Errors
    /// When there was no answer.
    pub async fn post_compressed(&self, base: &str, path: &str, body: Vec<u8>) -> Result<Answer, TransportError> {
        match compress(&body) {
            Some(smaller) => self.send(Method::POST, base, path, Some(smaller), true).await,
            None => self.send(Method::POST, base, path, Some(body), false).await,
        }
    }

    async fn send(
        &self,
        method: Method,
        base: &str,
        path: &str,
        body: Option<Vec<u8>>,
        zstd: bool,
    ) -> Result<Answer, TransportError> {
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let mut request = self.client.request(method, url).header(DATE, self.clock.now().format(HTTP_DATE).to_string());
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        if zstd {
            request = request.header(CONTENT_ENCODING, "zstd");
        }
        let failed = |error: reqwest::Error| explain(base, &error);
        let mut response = request.send().await.map_err(failed)?;
        let date = text(response.headers(), DATE).and_then(http_date);
        let retry_after = text(response.headers(), RETRY_AFTER).and_then(|value| self.wait(value));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                let reason = "its answer is longer than a collector's can be".to_owned();
                return Err(TransportError::Unreachable { url: base.to_owned(), reason });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), retry_after, date, body })
    }

    fn wait(&self, value: &str) -> Option<Duration> {
        match value.trim().parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => Some((http_date(value)? - self.clock.now()).to_std().unwrap_or_default()),
        }
    }
}

/// The body in zstd, unless it would not be smaller or its ratio would be refused as a bomb (contract 2.1).
fn compress(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() <= COMPRESS_ABOVE {
        return None;
    }
    let smaller = zstd::bulk::compress(body, zstd::DEFAULT_COMPRESSION_LEVEL).ok()?;
    let allowed = smaller.len() < body.len() && body.len() < smaller.len().saturating_mul(REPORT_RATIO);
    allowed.then_some(smaller)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn http_date(value: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(value.trim(), HTTP_DATE).ok().map(|date| date.and_utc())
}

/// Says what went wrong in one line; the TLS errors an administrator can act on have their own words.
fn explain(url: &str, error: &reqwest::Error) -> TransportError {
    let url = url.to_owned();
    match tls_cause(error) {
        Some(rustls::Error::InvalidCertificate(reason)) => match reason {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TransportError::OtherName { url }
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TransportError::Clock { url },
            _ => TransportError::OtherCollector { url },
        },
        Some(rustls::Error::AlertReceived(
            alert @ (AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateRequired
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError),
        )) => TransportError::NotWelcome { url, reason: format!("{alert:?}") },
        _ => TransportError::Unreachable { url, reason: chain(error) },
    }
}

/// The TLS error somewhere below; an I/O error can carry it inside instead of naming it as its source.
fn tls_cause(error: &(dyn StdError + 'static)) -> Option<rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found.clone());
        }
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| tls_cause(inner)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The innermost reason, which is what says most ("connection refused", "timed out").
fn chain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn StdError = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_http_dates() {
        let date = DateTime::parse_from_rfc3339("1994-11-06T08:49:37Z").unwrap().to_utc();
        assert_eq!(date.format(HTTP_DATE).to_string(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(date));
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn compresses_what_is_worth_it_and_no_bomb() {
        assert_eq!(compress(&[b'a'; 1024]), None);
        assert_eq!(compress(&[b'a'; 1 << 20]), None, "a ratio above the limit would be refused");
        let mixed: Vec<u8> =
            (0..3000_u32).flat_map(|number| format!("{:x},", number.wrapping_mul(2_654_435_761)).into_bytes()).collect();
        let smaller = compress(&mixed).unwrap();
        assert!(smaller.len() < mixed.len());
        assert_eq!(zstd::bulk::decompress(&smaller, mixed.len()).unwrap(), mixed);
    }

    #[test]
    fn says_what_the_answer_says() {
        let answer = |status, body: &str| Answer { status, retry_after: None, date: None, body: body.as_bytes().to_vec() };
        for (answer, expected) in [
            (answer(502, "<html>"), "HTTP status 502"),
            (answer(403, r#"{"type":"/problems/x","title":"No","detail":"Because."}"#), "Because."),
            (answer(403, r#"{"type":"/problems/x","title":"No"}"#), "No"),
        ] {
            assert_eq!(answer.reason(), expected);
        }
    }
}
