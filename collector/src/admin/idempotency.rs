//! `Idempotency-Key`: a request of the API that is sent again is answered again, and not done again.
//!
//! In: a `POST` whose caller may do it, with a key that the caller chose. Out: its answer; for the same request with the same key, the
//! first answer. What came of a request is in the store, so that a restart does not repeat it. It must not keep what is shown once.

use super::{
    auth::{Caller, find},
    context::{AdminContext, Ctx},
    extract::JSON_BYTES,
    problem::{Answer, Failure},
};
use crate::store::records::{KEYED_HOURS, KeptAnswer, KeyedRequest};
use axum::{
    body::Body,
    extract::{FromRequestParts as _, MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use muster_wire::problem::Code;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The header that a caller sends.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The end of the path of a sign of life, which is never answered from what was: it says how it is now.
pub(super) const HEARTBEAT: &str = "/heartbeat";
/// The header of an answer that was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Most keys that are kept.
const MOST: usize = 50_000;
/// Largest answer that is kept, in bytes.
const LARGEST: usize = 64 * 1024;
/// Longest key, in characters.
const LONGEST: usize = 255;
/// Operations whose answer is shown once, because it has a secret or names who was purged: of them only the fact is kept.
pub(super) const SHOWN_ONCE: [&str; 7] = [
    "user.create",
    "user.reset_password",
    "api_token.create",
    "join_token.create",
    "interop_credential.create",
    "webhook.create",
    "privacy.purge",
];
/// Headers of an answer that belong to it, beside its body.
const HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// Keys of requests that this collector works on.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<BTreeSet<[u8; 32]>>>);

impl InFlight {
    fn enter(&self, key: [u8; 32]) -> Option<Working> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key).then(|| Working { keys: self.clone(), key })
    }
}

/// A request that is worked on; however that ends, its key is not in flight any more.
struct Working {
    keys: InFlight,
    key: [u8; 32],
}

impl Drop for Working {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// Runs between the guard and the handler.
pub(super) async fn idempotent(State(context): State<Ctx>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let applies = request.method() == Method::POST && path.starts_with("/api/") && !path.ends_with(HEARTBEAT);
    if !applies || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    once(&context, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn once(context: &AdminContext, request: Request, next: Next) -> Answer<Response> {
    let (mut head, body) = request.into_parts();
    let Caller(caller) = Caller::from_request_parts(&mut head, &()).await?;
    let route = head.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let operation = find(&head.method, route).map(|operation| operation.name).unwrap_or_default();
    let chosen = chosen(&head)?;
    let key = key_of(&caller.actor(), operation, &chosen);
    // A file is read as it comes and cannot be held: whether it is the same one says its length.
    let is_file = route.ends_with("/import");
    let (digest, body) = if is_file {
        let length = head.headers.get(header::CONTENT_LENGTH).map(HeaderValue::as_bytes).unwrap_or_default();
        (digest(&head, length), body)
    } else {
        let bytes = axum::body::to_bytes(body, JSON_BYTES).await;
        let bytes = bytes
            .map_err(|_| Failure::new(Code::TooLarge, format!("the body is larger than {JSON_BYTES} bytes, or broke off")))?;
        (digest(&head, &bytes), Body::from(bytes))
    };
    let Some(_working) = context.in_flight.enter(key) else {
        let text = "a request with this idempotency key is worked on; send it again when that is over";
        return Err(Failure::new(Code::Conflict, text));
    };
    let (store, now) = (&context.stores.idempotency, context.now());
    let begun = KeyedRequest { key, digest, at: now, answer: None };
    if let Some(known) = store.begin(begun, now - TimeDelta::hours(KEYED_HOURS), MOST).await? {
        return again(known, digest);
    }
    let response = next.run(Request::from_parts(head, body)).await;
    if !response.status().is_success() {
        // Nothing was done: whoever mends the request, or tries later, may take the same key.
        store.free(key).await?;
        return Ok(response);
    }
    if is_file {
        // It goes on while its answer is read: nobody knows here how it ends.
        return Ok(response);
    }
    let (mut answer, response) = kept(response, SHOWN_ONCE.contains(&operation)).await?;
    // What is done is done: that it cannot be said again is no reason to say that it failed.
    answer.headers.retain(|(name, _)| answer.body.is_some() || *name != header::CONTENT_TYPE.as_str());
    if let Err(error) = store.answered(key, answer).await {
        tracing::warn!(%error, "the answer of a request with an idempotency key could not be kept");
    }
    Ok(response)
}

/// The answer to a request whose key is known.
fn again(known: KeyedRequest, digest: [u8; 32]) -> Answer<Response> {
    if known.digest != digest {
        let text = "this idempotency key was used for another request; choose a new one for each request";
        return Err(Failure::invalid(text));
    }
    let conflict = |text: &str| Err(Failure::new(Code::Conflict, text));
    let Some(KeptAnswer { status, headers, body }) = known.answer else {
        return conflict(
            "the request with this idempotency key was begun, and how it ended is not kept, because the collector ended meanwhile or it \
             brought a file: look whether it was done, and if not, send it with a new key",
        );
    };
    let Some(body) = body else {
        return conflict(
            "the request with this idempotency key was done, and its answer is not kept, because it shows a secret once, \
             names who was purged, or is large; what was made is in the list of its kind",
        );
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// An answer as it is kept, and as it is given.
async fn kept(response: Response, only_the_fact: bool) -> Answer<(KeptAnswer, Response)> {
    let status = response.status().as_u16();
    let header = |name: &HeaderName| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok())?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    let headers = HEADERS.iter().filter_map(header).collect();
    if only_the_fact {
        return Ok((KeptAnswer { status, headers, body: None }, response));
    }
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(Failure::internal)?;
    let body = (bytes.len() <= LARGEST).then(|| bytes.to_vec());
    Ok((KeptAnswer { status, headers, body }, Response::from_parts(head, Body::from(bytes))))
}

/// The key as it is kept: nobody takes somebody else's.
pub(super) fn key_of(actor: &str, operation: &str, chosen: &str) -> [u8; 32] {
    hashed([actor.as_bytes(), operation.as_bytes(), chosen.as_bytes()])
}

/// The key that the caller chose: bare, or in quotation marks as a string of RFC 8941.
fn chosen(head: &Parts) -> Answer<String> {
    let mut values = head.headers.get_all(KEY).iter();
    let value = values.next().and_then(|value| value.to_str().ok()).map(str::trim).unwrap_or_default();
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let fits = (1..=LONGEST).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    if fits && values.next().is_none() {
        return Ok(bare.to_owned());
    }
    Err(Failure::invalid(format!(
        "Idempotency-Key must be one text of 1 to {LONGEST} characters of ASCII without spaces, such as a UUID"
    )))
}

/// What makes a request the same: where it goes, what it brings, and how that is to be read.
fn digest(head: &Parts, body: &[u8]) -> [u8; 32] {
    let kind = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let query = head.uri.query().unwrap_or_default();
    hashed([head.uri.path().as_bytes(), query.as_bytes(), kind, body])
}

/// SHA-256 over parts whose borders count.
fn hashed<const N: usize>(parts: [&[u8]; N]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<String> {
        let mut request = Request::builder().uri("/x");
        for value in values {
            request = request.header(KEY, *value);
        }
        chosen(&request.body(()).unwrap().into_parts().0).ok()
    }

    #[test]
    fn keys_are_bare_or_quoted() {
        let long = "k".repeat(LONGEST);
        let too_long = format!("{long}k");
        for (values, expected) in [
            (vec!["8e03978e-40d5"], Some("8e03978e-40d5")),
            (vec!["\"8e03978e-40d5\""], Some("8e03978e-40d5")),
            (vec![long.as_str()], Some(long.as_str())),
            (vec![too_long.as_str()], None),
            (vec![""], None),
            (vec!["\"\""], None),
            (vec!["a b"], None),
            (vec!["a\"b"], None),
            (vec!["a", "b"], None),
        ] {
            assert_eq!(read(&values).as_deref(), expected, "{values:?}");
        }
    }

    #[test]
    fn a_key_is_in_flight_while_it_is_worked_on() {
        let flights = InFlight::default();
        let one = flights.enter([1; 32]).unwrap();
        assert!(flights.enter([1; 32]).is_none() && flights.enter([2; 32]).is_some());
        drop(one);
        assert!(flights.enter([1; 32]).is_some());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hashed([b"ab", b"c"]), hashed([b"a", b"bc"]));
    }
}
