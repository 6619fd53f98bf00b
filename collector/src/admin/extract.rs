//! What handlers take out of a request, with every refusal as a problem document.

use super::{once, problem::Failure};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
};
use http::{StatusCode, header, request::Parts};
use muster_wire::problem::Code;
use serde::de::DeserializeOwned;

/// Largest JSON body, in bytes.
pub(super) const JSON_BYTES: usize = 1024 * 1024;
/// Largest licence key or form, in bytes (contract section 6).
pub const TEXT_BYTES: usize = 16 * 1024;
/// Largest form with a file, in bytes; the API takes files of any size.
pub const UPLOAD_BYTES: usize = 8 * 1024 * 1024;

/// A JSON body, which is an object wherever this API takes one.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !is_json(kind) {
            return Err(Failure::new(Code::UnsupportedMedia, "send the body as JSON with Content-Type: application/json"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Failure::new(Code::TooLarge, format!("the body is larger than {JSON_BYTES} bytes")),
            _ => Failure::new(Code::InvalidBody, error.body_text()),
        })?;
        // A list would be taken for the fields of a record in the order in which the program happens to have them.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(Failure::new(Code::InvalidBody, "the body is a list; send a JSON object"));
        }
        let axum::Json(value) =
            axum::Json::<T>::from_bytes(&bytes).map_err(|error| Failure::new(Code::InvalidBody, error.body_text()))?;
        once::check(&bytes).map_err(|error| Failure::new(Code::InvalidBody, format!("the body cannot be taken: {error}")))?;
        Ok(Self(value))
    }
}

/// `application/json`, or a type that is written like it.
fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| Failure::invalid(format!("the query string cannot be read: {}", error.body_text())))
    }
}

/// A text body of at most [`TEXT_BYTES`].
#[derive(Debug)]
pub struct Text(pub String);

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let bytes = axum::body::to_bytes(request.into_body(), TEXT_BYTES)
            .await
            .map_err(|_| Failure::new(Code::TooLarge, format!("the body is larger than {TEXT_BYTES} bytes, or broke off")))?;
        String::from_utf8(bytes.into()).map(Self).map_err(|_| Failure::new(Code::InvalidBody, "the body is not UTF-8 text"))
    }
}

/// A form body; its `csrf` field was checked before the handler runs.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        axum::Form::<T>::from_request(request, state)
            .await
            .map(|axum::Form(value)| Self(value))
            .map_err(|error| Failure::new(Code::InvalidBody, error.body_text()))
    }
}

/// The one variable part of a path, read as an id of type `T`; what is no such id is 404.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: std::str::FromStr + Send> FromRequestParts<S> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let axum::extract::Path(text) = axum::extract::Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Failure::new(Code::NotFound, error.body_text()))?;
        text.parse().map(Self).map_err(|_| Failure::not_found("record", &text))
    }
}

/// What the client would rather have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// JSON, the default.
    Json,
    /// A page.
    Html,
    /// A table.
    Csv,
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

impl Wanted {
    /// Reads `Accept`: the known type with the highest weight, the first one among equals.
    #[must_use]
    pub fn of(headers: &http::HeaderMap) -> Self {
        let mut best = (0u32, Self::Json);
        for value in headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
            for range in value.split(',') {
                let mut parts = range.split(';').map(str::trim);
                let kind = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "text/html" | "application/xhtml+xml" => Self::Html,
                    "text/csv" => Self::Csv,
                    "application/json" | "*/*" | "application/*" => Self::Json,
                    _ => continue,
                };
                let weight = parts
                    .find_map(|part| part.strip_prefix("q="))
                    .map_or(1000, |q| q.parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u32));
                if weight > best.0 {
                    best = (weight, kind);
                }
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, header::ACCEPT};

    #[test]
    fn accept_is_read_by_weight() {
        let cases = [
            (None, Wanted::Json),
            (Some("*/*"), Wanted::Json),
            (Some("application/json"), Wanted::Json),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Wanted::Html),
            (Some("text/html;q=0.5, application/json"), Wanted::Json),
            (Some("text/csv"), Wanted::Csv),
            (Some("image/png"), Wanted::Json),
            (Some("text/html;q=x"), Wanted::Json),
        ];
        for (accept, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(Wanted::of(&headers), expected, "{accept:?}");
        }
    }
}
