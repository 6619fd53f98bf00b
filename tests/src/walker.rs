//! A browser's way through redirects without a browser: requests one by one, with a jar of cookies for each server. In: addresses and
//! forms. Out: what each step answers, so that a test can stop, change or repeat a step.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use reqwest::{Certificate, Method, StatusCode, Url, header, redirect};

/// Redirects before a test gives up.
const MOST: usize = 20;

/// Walks, and keeps cookies.
#[derive(Debug, Clone)]
pub struct Walker {
    client: reqwest::Client,
    jar: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where a step led.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The address that answered.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Where it sends the walker.
    pub location: Option<Url>,
    /// What it set as cookies, whole.
    pub cookies: Vec<String>,
    /// The body.
    pub text: String,
}

impl Walker {
    /// One that trusts these certificates (PEM).
    ///
    /// # Errors
    /// They are none.
    pub fn new(trusted: &[&[u8]]) -> Result<Self> {
        let mut certificates = Vec::new();
        for pem in trusted {
            certificates.extend(Certificate::from_pem_bundle(pem)?);
        }
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client =
            reqwest::Client::builder().tls_certs_only(certificates).no_proxy().redirect(redirect::Policy::none()).build()?;
        Ok(Self { client, jar: BTreeMap::new() })
    }

    /// One step: GET, or POST with a form.
    ///
    /// # Errors
    /// No answer.
    pub async fn step(&mut self, address: &str, form: Option<&[(&str, &str)]>) -> Result<Seen> {
        let url = Url::parse(address).with_context(|| format!("the address {address}"))?;
        let server = url.authority().to_owned();
        let cookies: Vec<String> =
            self.jar.get(&server).into_iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, url.clone()).header(header::ACCEPT, "text/html");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(form) = form {
            let body: Url = Url::parse_with_params("form:", form)?;
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            request = request.body(body.query().unwrap_or_default().to_owned());
        }
        let answer = request.send().await.with_context(|| format!("no answer of {address}"))?;
        let text = |value: &header::HeaderValue| value.to_str().map(str::to_owned).ok();
        let cookies: Vec<String> = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(text).collect();
        let jar = self.jar.entry(server).or_default();
        for cookie in &cookies {
            let (pair, flags) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').context("a cookie")?;
            if value.is_empty() || flags.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.headers().get(header::LOCATION).and_then(text).map(|to| url.join(&to)).transpose()?;
        Ok(Seen { url, status: answer.status(), location, cookies, text: answer.text().await? })
    }

    /// Steps on from an answer until one that sends nowhere, or to an address that begins so, which is not visited.
    ///
    /// # Errors
    /// No answer, or too many redirects.
    pub async fn follow(&mut self, mut seen: Seen, until: Option<&str>) -> Result<Seen> {
        for _ in 0..MOST {
            let Some(next) = seen.location.clone() else { return Ok(seen) };
            if until.is_some_and(|until| next.as_str().starts_with(until)) {
                return Ok(seen);
            }
            seen = self.step(next.as_str(), None).await?;
        }
        bail!("no end of redirects at {}", seen.url)
    }

    /// GET and all redirects.
    ///
    /// # Errors
    /// No answer, or too many redirects.
    pub async fn walk(&mut self, address: &str) -> Result<Seen> {
        let seen = self.step(address, None).await?;
        self.follow(seen, None).await
    }

    /// A cookie of a server, `HOST:PORT`.
    #[must_use]
    pub fn cookie(&self, server: &str, name: &str) -> Option<&str> {
        self.jar.get(server)?.get(name).map(String::as_str)
    }

    /// Forgets the cookies of a server.
    pub fn forget(&mut self, server: &str) {
        self.jar.remove(server);
    }
}
