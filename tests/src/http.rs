//! An administrator's HTTP client. In: the address of the admin listener, the CA of the site, a token. Out: status code
//! and JSON (or text) of each answer; judging them is the test's.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Certificate, Method, RequestBuilder, StatusCode, redirect};
use serde_json::Value;

/// The admin API and pages of one collector.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Http {
    /// A client that trusts `ca` (PEM) alone, does not follow redirects and gives up after 60 s.
    ///
    /// # Errors
    /// `ca` is not a certificate.
    pub fn new(admin: SocketAddr, ca: &[u8], token: Option<&str>) -> Result<Self> {
        // The first caller in a process wins, and all of them install the same provider.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let ca = Certificate::from_pem_bundle(ca).context("the CA of the site")?;
        anyhow::ensure!(!ca.is_empty(), "no certificate in the CA of the site");
        let client = reqwest::Client::builder()
            .tls_certs_only(ca)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .context("build the HTTP client")?;
        Ok(Self { client, base: format!("https://{admin}"), token: token.map(str::to_owned) })
    }

    /// `https://ADDRESS:PORT`, as `--url` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    /// A request to `path`, authorised, to which headers and a body can be added.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request that the test has changed beyond what [`Http::request`] offers.
    ///
    /// # Errors
    /// No answer.
    pub async fn execute(&self, request: reqwest::Request) -> Result<reqwest::Response> {
        self.client.execute(request).await.context("no answer")
    }

    /// `GET path`.
    ///
    /// # Errors
    /// No answer, or not JSON.
    pub async fn get(&self, path: &str) -> Result<(StatusCode, Value)> {
        answer(self.request(Method::GET, path)).await
    }

    /// `METHOD path` with a JSON body.
    ///
    /// # Errors
    /// No answer, or not JSON.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Result<(StatusCode, Value)> {
        answer(self.request(method, path).json(body)).await
    }
}

/// Sends a request; an empty body counts as null.
///
/// # Errors
/// No answer, or not JSON.
pub async fn answer(request: RequestBuilder) -> Result<(StatusCode, Value)> {
    let response = request.send().await.context("no answer")?;
    let (status, url) = (response.status(), response.url().clone());
    let body = response.text().await.with_context(|| format!("body of {url}"))?;
    if body.is_empty() {
        return Ok((status, Value::Null));
    }
    let value = serde_json::from_str(&body).with_context(|| format!("JSON expected of {url}, got {status}: {body}"))?;
    Ok((status, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_to_the_admin_listener_with_the_token_and_trusts_only_the_ca() {
        let key = rcgen::KeyPair::generate().unwrap();
        let ca = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().pem();
        let http = Http::new("127.0.0.1:8444".parse().unwrap(), ca.as_bytes(), Some("msa_1")).unwrap();
        let request = http.request(Method::GET, "/status").build().unwrap();
        assert_eq!(request.url().as_str(), "https://127.0.0.1:8444/status");
        assert_eq!(request.headers().get("authorization").unwrap(), "Bearer msa_1");
        let stranger = Http::new("127.0.0.1:8444".parse().unwrap(), ca.as_bytes(), None).unwrap();
        assert!(stranger.request(Method::GET, "/status").build().unwrap().headers().get("authorization").is_none());
        assert!(Http::new("127.0.0.1:8444".parse().unwrap(), b"no certificate", None).is_err());
    }
}
