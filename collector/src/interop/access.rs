//! Who knocks on the interop listener: Basic, Bearer, or the secret that osquery enrols with.
//!
//! In: headers of a request, or the secret in its body. Out: the credential in force, or what says how to log in. Only inventories
//! come with headers and only osquery with a secret: a credential of one is none for the other.

use crate::{
    store::records::{InteropCredentialRecord, InteropKind},
    trust::interop::{InteropCredentials, parse},
};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use http::{HeaderMap, HeaderValue, header};
use muster_wire::problem::{Code, Problem};
use std::sync::Arc;

/// How agents are asked to log in.
pub const CHALLENGE: &str = "Basic realm=\"muster\"";
/// Longest user and password, in characters of their encoding.
const LONGEST: usize = 1024;

/// Nobody with a credential in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown;

impl IntoResponse for Unknown {
    fn into_response(self) -> Response {
        let text = "log in with an interop credential that is in force: its user and password, or Authorization: Bearer msi_...";
        let problem = Problem::new(Code::Unauthenticated, text);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        let headers = response.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

/// The credential that a request with an inventory brings in its headers.
///
/// # Errors
/// When it brings none in force.
pub fn of_request(credentials: &InteropCredentials, headers: &HeaderMap) -> Result<Arc<InteropCredentialRecord>, Unknown> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(given), None) = (all.next(), all.next()) else { return Err(Unknown) };
    let (scheme, given) = given.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Unknown)?;
    let given = given.trim();
    let found = if scheme.eq_ignore_ascii_case("bearer") {
        parse(given).and_then(|(id, secret)| credentials.recognise(InteropKind::Inventory, id, secret))
    } else if scheme.eq_ignore_ascii_case("basic") {
        let decoded = Some(given).filter(|given| given.len() <= LONGEST).and_then(|given| BASE64.decode(given.as_bytes()).ok());
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(Unknown)?;
        let (user, password) = text.split_once(':').ok_or(Unknown)?;
        credentials.recognise(InteropKind::Inventory, user, password)
    } else {
        None
    };
    found.ok_or(Unknown)
}

/// The credential that osquery's secret is.
///
/// # Errors
/// When it is none in force.
pub fn of_enrolment(credentials: &InteropCredentials, enroll_secret: &str) -> Result<Arc<InteropCredentialRecord>, Unknown> {
    // It is read from a file, and files end with a line's end.
    let (id, secret) = parse(enroll_secret.trim()).ok_or(Unknown)?;
    credentials.recognise(InteropKind::Osquery, id, secret).ok_or(Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{store, trust::interop::NewCredential};

    #[tokio::test]
    async fn who_logs_in_how() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        let credentials = InteropCredentials::open(Arc::clone(&stores.interop)).await.unwrap();
        let make = async |kind| {
            let new = NewCredential { kind, group: None, max_new_per_hour: 20 };
            credentials.create(new, "user:anna", chrono::DateTime::UNIX_EPOCH).await.unwrap()
        };
        let (inventory, osquery) = (make(InteropKind::Inventory).await, make(InteropKind::Osquery).await);
        let basic = |user: &str, password: &str| format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()));
        let (id, secret, whole) = (inventory.record.id.as_str(), inventory.secret.as_str(), inventory.whole());
        for (given, right) in [
            (basic(id, secret), true),
            (basic(id, secret).replace("Basic", "basic"), true),
            (format!("Bearer {whole}"), true),
            (format!("bearer  {whole}"), true),
            (basic(id, &whole), false),
            (basic(id, ""), false),
            (basic(&osquery.record.id, &osquery.secret), false),
            (format!("Bearer {}", osquery.whole()), false),
            (format!("Bearer {secret}"), false),
            (format!("Digest {whole}"), false),
            ("Basic ###".to_owned(), false),
            (format!("Basic {}", BASE64.encode(b"no colon")), false),
            (format!("Basic {}", BASE64.encode(&[0xff, b':', 0xfe])), false),
            (format!("Basic {}", "A".repeat(2000)), false),
            (whole.clone(), false),
            (String::new(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&given).unwrap());
            let found = of_request(&credentials, &headers);
            assert_eq!(found.map(|found| found.id.clone()), if right { Ok(id.to_owned()) } else { Err(Unknown) }, "{given}");
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(&given).unwrap());
            assert_eq!(of_request(&credentials, &headers), Err(Unknown), "who says it twice said nothing");
        }
        assert_eq!(of_request(&credentials, &HeaderMap::new()), Err(Unknown));
        let text = format!("{}\n", osquery.whole());
        assert_eq!(of_enrolment(&credentials, &text).unwrap().id, osquery.record.id);
        for wrong in [whole.as_str(), "", "msi_", secret] {
            assert_eq!(of_enrolment(&credentials, wrong), Err(Unknown), "{wrong}");
        }
        let refused = Unknown.into_response();
        assert_eq!(
            (refused.status().as_u16(), refused.headers()[header::WWW_AUTHENTICATE].to_str().ok()),
            (401, Some(CHALLENGE))
        );
    }
}
