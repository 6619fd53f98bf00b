//! What is asked of the provider, over HTTP: documents, an ID token for a code, more about a person.
//!
//! In: addresses that its own document names. Out: its answers as JSON, never larger than a limit and never late. Errors name no
//! code, token or secret.

use super::{
    attempts::Attempt,
    discovery::Provider,
    error::{SsoError, chain},
};
use crate::config::OidcConfig;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Certificate, Client, RequestBuilder, StatusCode, Url, header, redirect};
use serde_json::{Map, Value};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use zeroize::Zeroizing;

/// The longest exchange.
const LONGEST: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A way to the provider.
pub(super) struct Exchange<'a> {
    config: &'a OidcConfig,
    client: Client,
}

/// The one client, and the CA file with which it was made. A changed file makes another and needs no restart; else none is made,
/// because that reads all CAs of the system, and anybody can begin logins.
#[derive(Default)]
pub(super) struct KeptClient {
    made: Mutex<Option<(Option<String>, Client)>>,
}

impl KeptClient {
    fn client(&self, pem: Option<String>) -> Result<Client, SsoError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = made.as_ref().filter(|(with, _)| *with == pem) {
            return Ok(client.clone());
        }
        let failed = |error: reqwest::Error| SsoError::Provider(chain(&error));
        let mut client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(LONGEST)
            // A login is rare; an idle connection that the provider has closed meanwhile would cost one.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("muster-collector/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &pem {
            client = client.tls_certs_merge(Certificate::from_pem_bundle(pem.as_bytes()).map_err(failed)?);
        }
        let client = client.build().map_err(failed)?;
        *made = Some((pem, client.clone()));
        Ok(client)
    }

    /// The next exchange makes another: the CAs of the system may have changed.
    pub(super) fn forget(&self) {
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What a code was good for.
pub(super) struct Redeemed {
    pub(super) id_token: String,
    pub(super) access_token: Option<String>,
}

impl<'a> Exchange<'a> {
    /// With the client that is kept.
    pub(super) async fn open(config: &'a OidcConfig, kept: &KeptClient) -> Result<Self, SsoError> {
        let pem = match &config.ca_file {
            Some(file) => Some(read("the CA file", file).await?),
            None => None,
        };
        Ok(Self { config, client: kept.client(pem)? })
    }

    /// A public document.
    pub(super) async fn document(&self, url: &Url) -> Result<Value, SsoError> {
        let (status, answer) = answer(self.client.get(url.clone()), url).await?;
        if status != StatusCode::OK {
            return Err(SsoError::Unreachable(format!("{url} answers {status}")));
        }
        answer.ok_or_else(|| SsoError::Provider(format!("{url} answers no JSON")))
    }

    /// An ID token for the code that a browser brought back.
    pub(super) async fn redeem(&self, provider: &Provider, attempt: &Attempt, code: &str) -> Result<Redeemed, SsoError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &attempt.redirect),
            ("code_verifier", &attempt.verifier),
        ];
        let secret = match &self.config.client_secret_file {
            Some(file) => Some(Zeroizing::new(read("the client secret", file).await?.trim_end_matches(['\r', '\n']).to_owned())),
            None => None,
        };
        let mut request = self.client.post(provider.token.clone());
        match &secret {
            Some(secret) if !provider.secret_in_body => {
                let pair = Zeroizing::new(format!("{}:{}", encoded(&self.config.client_id), encoded(secret)));
                request = request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair.as_bytes())));
            }
            Some(secret) => form.extend([("client_id", self.config.client_id.as_str()), ("client_secret", secret.as_str())]),
            None => form.push(("client_id", &self.config.client_id)),
        }
        let body: Vec<String> = form.into_iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(body.join("&"));
        let (status, answer) = answer(request, &provider.token).await?;
        let text = |name: &str| answer.as_ref().and_then(|answer| answer.get(name)).and_then(Value::as_str);
        if status == StatusCode::OK {
            let id_token = text("id_token").ok_or_else(|| SsoError::Provider("the provider gave no ID token".to_owned()))?;
            return Ok(Redeemed { id_token: id_token.to_owned(), access_token: text("access_token").map(str::to_owned) });
        }
        match text("error") {
            Some(error) => Err(refusal(error)),
            None => Err(SsoError::Unreachable(format!("{} answers {status}", provider.token))),
        }
    }

    /// More claims about the person of an access token.
    pub(super) async fn userinfo(&self, url: &Url, access_token: &str) -> Result<Map<String, Value>, SsoError> {
        let (status, answer) = answer(self.client.get(url.clone()).bearer_auth(access_token), url).await?;
        match answer {
            Some(Value::Object(claims)) if status == StatusCode::OK => Ok(claims),
            _ => Err(SsoError::Provider(format!("{url} answers {status} and no claims in JSON"))),
        }
    }
}

/// An error code of the provider as it can be shown (RFC 6749, section 5.2: printable ASCII).
pub(super) fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).take(64).collect()
}

/// Whom the provider refuses (RFC 6749, section 5.2). Only where it says that it is the collector, nobody can log in; all else may
/// be about a code, which anybody can invent.
fn refusal(error: &str) -> SsoError {
    let shown = word(error);
    if !["invalid_client", "unauthorized_client"].contains(&error) {
        return SsoError::Refused(shown);
    }
    let text = format!("the provider refuses this collector ({shown}); look at client_id and client_secret_file");
    SsoError::Provider(text)
}

async fn answer(request: RequestBuilder, url: &Url) -> Result<(StatusCode, Option<Value>), SsoError> {
    let failed = |error: reqwest::Error| SsoError::Unreachable(format!("no answer of {url}: {}", chain(&error.without_url())));
    let mut response = request.send().await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(SsoError::Provider(format!("{url} answers more than {LARGEST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), serde_json::from_slice(&body).ok()))
}

async fn read(what: &'static str, path: &Path) -> Result<String, SsoError> {
    let failed = |error: std::io::Error| SsoError::File { what, path: path.display().to_string(), reason: error.to_string() };
    tokio::fs::read_to_string(path).await.map_err(failed)
}

/// As in a form (RFC 6749, appendix B); a client's name and secret are so before they are joined (section 2.3.1).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refused_collector_keeps_everybody_out() {
        for (error, everybody) in [
            ("invalid_client", true),
            ("unauthorized_client", true),
            ("invalid_grant", false),
            ("invalid_request", false),
            ("unheard-of", false),
            ("", false),
        ] {
            assert_eq!(matches!(refusal(error), SsoError::Provider(_)), everybody, "{error}");
        }
    }

    #[test]
    fn texts_of_others_are_made_harmless() {
        assert_eq!(encoded("a b:ü/é+&=%"), "a%20b%3A%C3%BC%2F%C3%A9%2B%26%3D%25");
        assert_eq!(word("access_denied"), "access_denied");
        assert_eq!(word("<b>call +1 555\n"), "bcall1555");
        assert_eq!(word(&"x".repeat(99)).len(), 64);
    }
}
