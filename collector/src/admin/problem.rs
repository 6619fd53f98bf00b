//! Failures of the admin listener as problem documents (RFC 9457).
//!
//! In: what went wrong, in the words of whoever has to act. Out: `application/problem+json`. Nothing private leaves: what only
//! helps the person who runs the collector goes to the log under the request's id.

use crate::{
    compliance::{ApplyError, CountError, RunError, TrustError},
    store::StoreError,
};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use muster_runtime::output;
use muster_wire::problem::{Code, Problem};
use std::sync::Arc;

/// The media type of a problem document.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// A failed request: the problem document and the headers that go with it.
#[derive(Debug, Clone)]
pub struct Failure {
    problem: Box<Problem>,
    retry_after: Option<u64>,
    allow: Option<HeaderValue>,
}

/// What a response that refuses says, for whoever puts it in other words.
#[derive(Debug, Clone)]
pub struct Refused(pub Arc<Problem>);

/// What a handler answers.
pub type Answer<T> = Result<T, Failure>;

impl Failure {
    /// Which problem it is; none for one that is not in the list.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.problem.code()
    }

    /// What was wrong, where, and what to do.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.problem.detail
    }

    /// A problem of this code; `detail` says what was wrong, where, and what to do.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { problem: Box::new(Problem::new(code, detail)), retry_after: None, allow: None }
    }

    /// The same with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.problem = Box::new(self.problem.with(name, value));
        self
    }

    /// The same with `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 404 for one record.
    #[must_use]
    pub fn not_found(what: &str, id: &str) -> Self {
        // What is in a path is anybody's text.
        Self::new(Code::NotFound, format!("there is no {what} {}", output::printable(id)))
    }

    /// 422 for one value.
    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidValue, detail)
    }

    /// 500; `private` goes to the log only.
    #[must_use]
    pub fn internal(private: impl std::fmt::Display) -> Self {
        tracing::error!(error = %private, "a request failed inside the collector");
        Self::new(
            Code::Internal,
            "an error inside the collector; its log has the details under the id in the x-request-id header",
        )
    }

    /// 405 with the methods that are allowed, comma-separated.
    #[must_use]
    pub fn method_not_allowed(path: &str, allowed: &str) -> Self {
        let mut failure = Self::new(Code::MethodNotAllowed, format!("{path} knows only {allowed}"));
        failure.allow = HeaderValue::from_str(allowed).ok();
        failure
    }

    /// The document.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let retry_after = (problem.code() == Some(Code::Unavailable)).then_some(5);
        Self { problem: Box::new(problem), retry_after, allow: None }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what, id } => Self::not_found(what, &id),
            StoreError::Conflict(detail) => Self::new(Code::Conflict, detail),
            StoreError::Rule(detail) => Self::invalid(detail),
            StoreError::Busy => Self::new(Code::Unavailable, "too many writes are waiting; nothing was stored").retry_after(1),
            StoreError::Unavailable { operation, reason } => {
                tracing::error!(operation, reason, "the store is not available");
                Self::new(Code::Unavailable, "the store cannot be read or written now; nothing was changed").retry_after(5)
            }
            StoreError::Corrupt { .. } | StoreError::NewerVersion { .. } | StoreError::Foreign { .. } => Self::internal(error),
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Invalid { code, message } => Self::new(Code::InvalidLicense, message).with("code", code),
            ApplyError::Run(error) => error.into(),
        }
    }
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Refused(refused) => Self::invalid(refused.to_string()).with("code", refused.code()),
            TrustError::NotOwner => Self::new(Code::Forbidden, error.to_string()),
            TrustError::Run(error) => error.into(),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(error) | RunError::Count(CountError::Store(error)) => error.into(),
            RunError::Count(CountError::Query(error)) => {
                Self::new(Code::InvalidQuery, error.to_string()).with("position", error.position)
            }
            RunError::Count(CountError::Table(table)) => Self::invalid(format!("there is no asset table {table}")),
            RunError::Internal(private) => Self::internal(private),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        response.extensions_mut().insert(Refused(Arc::new(*self.problem)));
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"muster\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, allow);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_errors_become_the_problem_that_says_what_to_do() {
        let cases = [
            (StoreError::NotFound { what: "asset", id: "x".to_owned() }, Code::NotFound),
            (StoreError::Conflict("c".to_owned()), Code::Conflict),
            (StoreError::Rule("r".to_owned()), Code::InvalidValue),
            (StoreError::Busy, Code::Unavailable),
            (StoreError::Unavailable { operation: "commit", reason: "disk full".to_owned() }, Code::Unavailable),
            (StoreError::Corrupt { table: "assets", reason: "checksum".to_owned() }, Code::Internal),
        ];
        for (error, expected) in cases {
            let failure = Failure::from(error.clone());
            assert_eq!(failure.problem().code(), Some(expected), "{error}");
            assert!(!failure.problem().detail.contains("disk full"), "private text leaked");
            let response = failure.into_response();
            assert_eq!(response.status().as_u16(), expected.status());
            assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
            assert_eq!(response.headers().contains_key(header::RETRY_AFTER), expected == Code::Unavailable);
        }
    }
}
