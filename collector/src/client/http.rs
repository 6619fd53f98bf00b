//! Requests to the admin API: TLS with the collector's own authority, the token, problem documents as errors.

use super::{args::ClientArgs, error::ClientError, upload};
use muster_runtime::{output, tls};
use muster_wire::problem::{Code, Problem};
use reqwest::{Method, Request, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;
use std::{
    error::Error as _,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};
use uuid::Uuid;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for an answer; a count may take its time.
const ANSWER: Duration = Duration::from_secs(120);
/// Longest wait for a file that is sent or taken as a whole; whether it makes progress is for the collector to say.
const LONG: Duration = Duration::from_secs(12 * 3600);
/// A collector that is gone without a word is noticed by this.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Items asked for at once when a whole list is read.
const PAGE: usize = 1000;

/// A connection to one collector.
pub(super) struct Api {
    http: reqwest::Client,
    url: String,
    token: String,
    /// Whether nothing may be changed, because it is done again and again.
    reads_only: bool,
}

impl Api {
    /// Reads token and authority; connects with the first request.
    pub(super) fn new(args: &ClientArgs) -> Result<Self, ClientError> {
        tls::install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("muster-collector/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .tcp_keepalive(KEEPALIVE)
            .timeout(ANSWER);
        // A collector that is busy with the lines it has takes no more of a file for as long as that lasts. The default of half a
        // minute would give it up.
        #[cfg(target_os = "linux")]
        {
            builder = builder.tcp_user_timeout(None);
        }
        let named = std::env::var_os("MUSTER_CA").filter(|path| !path.is_empty()).map(PathBuf::from);
        if let Some(ca) = args.ca.as_ref().or(named.as_ref()) {
            builder = builder.tls_backend_preconfigured(trusting(ca)?);
        }
        let http =
            builder.build().map_err(|error| ClientError::Failed(format!("the client cannot be set up: {}", chain(&error))))?;
        let url = args.url.trim_end_matches('/').to_owned();
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(ClientError::Usage(format!("--url {url}: write it as https://HOST:PORT")));
        }
        Ok(Self { http, url, token: token(args)?, reads_only: args.watch.is_some() })
    }

    /// `GET` of a JSON document.
    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, ClientError> {
        self.json(self.request(Method::GET, path).query(query)).await
    }

    /// `GET` of a text.
    pub(super) async fn text(&self, path: &str, query: &[(&str, &str)]) -> Result<String, ClientError> {
        let response = self.send(self.request(Method::GET, path).query(query)).await?;
        response.text().await.map_err(|error| self.unreachable(&error))
    }

    /// A change with a JSON body or none; what it answers, null for nothing.
    pub(super) async fn change(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ClientError> {
        let request = self.request(method, path);
        self.json(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// `PUT` of a text.
    pub(super) async fn put_text(&self, path: &str, query: &[(&str, &str)], text: String) -> Result<Value, ClientError> {
        let request = self.request(Method::PUT, path).query(query);
        self.json(request.header(header::CONTENT_TYPE, "text/plain; charset=utf-8").body(text)).await
    }

    /// `POST` of a text.
    pub(super) async fn post_text(&self, path: &str, text: String) -> Result<Value, ClientError> {
        let request = self.request(Method::POST, path);
        self.json(request.header(header::CONTENT_TYPE, "text/plain; charset=utf-8").body(text)).await
    }

    /// `POST` of a file; the answer is read as it comes, for as long as it takes.
    pub(super) async fn upload(
        &self,
        path: &str,
        query: &[(&str, &str)],
        kind: &str,
        file: &Path,
    ) -> Result<Response, ClientError> {
        let body = upload::body(file).await.map_err(|error| ClientError::Local { what: file.display().to_string(), error })?;
        let request = self.request(Method::POST, path).query(query).timeout(LONG);
        self.send(request.header(header::CONTENT_TYPE, kind).body(body)).await
    }

    /// `GET` of a file of this kind, read as it comes, for as long as it takes.
    pub(super) async fn download(&self, path: &str, query: &[(&str, &str)], kind: &str) -> Result<Response, ClientError> {
        let mut request =
            self.request(Method::GET, path).query(query).timeout(LONG).build().map_err(|error| self.unreachable(&error))?;
        let kind = header::HeaderValue::from_str(kind).map_err(|error| ClientError::Failed(error.to_string()))?;
        request.headers_mut().insert(header::ACCEPT, kind);
        let response = self.http.execute(request).await.map_err(|error| self.unreachable(&error))?;
        self.checked(response).await
    }

    /// A page of a list as CSV, with the cursor of the next one.
    pub(super) async fn csv_page(&self, path: &str, query: &[(&str, &str)]) -> Result<(String, Option<String>), ClientError> {
        let response = self.download(path, query, "text/csv").await?;
        let link = response.headers().get(header::LINK).and_then(|link| link.to_str().ok()).unwrap_or_default();
        let next = link.strip_prefix('<').and_then(|link| link.split('>').next()).and_then(|link| link.split_once('?'));
        let cursor =
            next.and_then(|(_, query)| query.split('&').find_map(|part| part.strip_prefix("cursor=").map(str::to_owned)));
        Ok((response.text().await.map_err(|error| self.unreachable(&error))?, cursor))
    }

    /// The next piece of an answer.
    pub(super) async fn piece(&self, response: &mut Response) -> Result<Option<Vec<u8>>, ClientError> {
        response.chunk().await.map(|piece| piece.map(Into::into)).map_err(|error| self.unreachable(&error))
    }

    /// Every item of a list, page after page, at most `most`.
    pub(super) async fn list(&self, path: &str, query: &[(&str, &str)], most: usize) -> Result<Vec<Value>, ClientError> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        while items.len() < most {
            let limit = PAGE.min(most - items.len()).to_string();
            let mut asked = query.to_vec();
            asked.push(("limit", &limit));
            if let Some(cursor) = &cursor {
                asked.push(("cursor", cursor));
            }
            let mut page = self.get(path, &asked).await?;
            match page.get_mut("items").map(Value::take) {
                Some(Value::Array(more)) => items.extend(more),
                _ => return Err(self.strange(200, "a list without items")),
            }
            // Every page repeats what is odd about the query.
            if cursor.is_none() {
                warn(&page);
            }
            match page.get("next").and_then(Value::as_str) {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        Ok(items)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let keyed = method == Method::POST;
        let request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .header(header::ACCEPT, "application/json");
        // What is sent again with its key is not done again.
        if keyed { request.header("idempotency-key", Uuid::new_v4().to_string()) } else { request }
    }

    /// Refuses what changes something where that would be done again and again.
    fn may(&self, method: &Method) -> Result<(), ClientError> {
        if self.reads_only && *method != Method::GET {
            return Err(ClientError::Usage("--watch repeats a command, and this one changes something; leave it out".to_owned()));
        }
        Ok(())
    }

    /// What a request answers. Where the connection broke before the answer was there, one that can be sent again is, once.
    async fn json(&self, request: RequestBuilder) -> Result<Value, ClientError> {
        let request = request.build().map_err(|error| self.unreachable(&error))?;
        self.may(request.method())?;
        let again = request.try_clone().filter(|again| matches!(*again.method(), Method::GET | Method::POST));
        match (self.attempt(request).await, again) {
            (Err(Attempt::Broken(_)), Some(again)) => self.attempt(again).await,
            (outcome, _) => outcome,
        }
        .map_err(|failed| match failed {
            Attempt::Broken(error) | Attempt::Failed(error) => error,
        })
    }

    async fn attempt(&self, request: Request) -> Result<Value, Attempt> {
        let broken = |error: reqwest::Error| {
            // Nobody listens, or the collector takes its time: neither is better a moment later.
            let hopeless = error.is_connect() || error.is_timeout();
            let failed = self.unreachable(&error);
            if hopeless { Attempt::Failed(failed) } else { Attempt::Broken(failed) }
        };
        let response = self.http.execute(request).await.map_err(broken)?;
        let response = self.checked(response).await.map_err(Attempt::Failed)?;
        let status = response.status();
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if matches!(status, StatusCode::NO_CONTENT | StatusCode::ACCEPTED) {
            return Ok(location.filter(|_| status == StatusCode::ACCEPTED).map_or(Value::Null, Value::String));
        }
        let bytes = response.bytes().await.map_err(broken)?;
        serde_json::from_slice(&bytes).map_err(|error| Attempt::Failed(self.strange(status.as_u16(), &error.to_string())))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let request = request.build().map_err(|error| self.unreachable(&error))?;
        self.may(request.method())?;
        let response = self.http.execute(request).await.map_err(|error| self.unreachable(&error))?;
        self.checked(response).await
    }

    async fn checked(&self, response: Response) -> Result<Response, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let query = response.url().query_pairs().find(|(name, _)| matches!(&**name, "sysparm_query" | "query"));
        let query = query.map(|(_, query)| query.into_owned());
        let bytes = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => {
                let problem = Box::new(problem);
                Err(match query {
                    Some(query) if problem.code() == Some(Code::InvalidQuery) => ClientError::Query { problem, query },
                    _ => ClientError::Refused(problem),
                })
            }
            Err(_) => Err(self.strange(status.as_u16(), "no problem document")),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        ClientError::Unreachable { url: self.url.clone(), reason: chain(error) }
    }

    fn strange(&self, status: u16, reason: &str) -> ClientError {
        ClientError::Strange { url: self.url.clone(), status, reason: reason.to_owned() }
    }
}

/// Why an attempt failed.
enum Attempt {
    /// The connection broke on the way.
    Broken(ClientError),
    /// It would fail again.
    Failed(ClientError),
}

/// One part of a path, percent-encoded.
pub(super) fn part(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) || (byte == b'.' && text.len() > 2) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Says on standard error what the collector finds odd about a query.
fn warn(page: &Value) {
    for warning in page.get("warnings").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let line = format!("warning: {}\n", output::printable(warning));
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

/// TLS that trusts this authority only.
fn trusting(ca: &Path) -> Result<rustls::ClientConfig, ClientError> {
    let failed = |reason: String| ClientError::Failed(format!("--ca {}: {reason}", ca.display()));
    let mut roots = rustls::RootCertStore::empty();
    for certificate in tls::read_certs(ca).map_err(|error| failed(error.to_string()))? {
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    let builder = rustls::ClientConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn token(args: &ClientArgs) -> Result<String, ClientError> {
    let text = match &args.token_file {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| ClientError::Local { what: format!("--token-file {}", file.display()), error })?,
        None => std::env::var("MUSTER_TOKEN").unwrap_or_default(),
    };
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(ClientError::Usage(
            "no API token: give --token-file FILE, or set MUSTER_TOKEN; the console makes one under API tokens".to_owned(),
        ));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ClientError::Usage("what was given as API token is not one; it begins with msa_".to_owned()));
    }
    Ok(text)
}

/// An error with its causes, on one line.
fn chain(error: &reqwest::Error) -> String {
    let mut text = match error {
        error if error.is_timeout() => "no answer in time".to_owned(),
        error if error.is_connect() => "no connection".to_owned(),
        other => other.to_string(),
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.source().is_none() {
            text.push_str(": ");
            text.push_str(&error.to_string());
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_are_encoded() {
        for (text, expected) in [
            ("abc-1_~", "abc-1_~"),
            ("Incident Management", "Incident%20Management"),
            ("a/b?c#d%", "a%2Fb%3Fc%23d%25"),
            ("..", "%2E%2E"),
            ("v1.2", "v1.2"),
            ("ä", "%C3%A4"),
        ] {
            assert_eq!(part(text), expected);
        }
    }
}
