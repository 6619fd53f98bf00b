//! Requests that are sent again with their idempotency key: answered again, and not done again.

use super::super::{
    idempotency::{SHOWN_ONCE, key_of},
    testing::{HOST, Reply, Site},
};
use crate::{
    admin::api::openapi::document,
    store::records::{KeyedRequest, Role},
};
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;

async fn post(site: &Site, role: Role, path: &str, key: &str, body: &Value) -> Reply {
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(role)))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key);
    site.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn assets(site: &Site) -> usize {
    site.get("/api/v1/assets").await.json()["items"].as_array().unwrap().len()
}

/// What the store has of the key `k` of a role.
async fn kept(site: &Site, role: Role, operation: &str) -> KeyedRequest {
    let id = site.token(role).split('_').nth(1).unwrap();
    let asked = KeyedRequest {
        key: key_of(&format!("token:{id}"), operation, "k"),
        digest: [0; 32],
        at: site.context.now(),
        answer: None,
    };
    let since = site.context.now() - chrono::TimeDelta::hours(1);
    site.stores.idempotency.begin(asked, since, 100).await.unwrap().expect("it is kept")
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_answered_again_and_not_done_again() {
    let site = Site::new().await;
    let (path, wish) = ("/api/v1/assets", json!({"asset_tag": "P1", "model_category": "Computer"}));
    let first = post(&site, Role::Operator, path, "k1", &wish).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (StatusCode::CREATED, ""));
    for key in ["k1", "\"k1\""] {
        let again = post(&site, Role::Operator, path, key, &wish).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (StatusCode::CREATED, "true"), "{again:?}");
        assert_eq!((&again.text, again.header("location")), (&first.text, first.header("location")));
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    assert_eq!(assets(&site).await, 1);
    // Another request with the key is a mistake; another caller's key, another operation's and a new one are other keys.
    let other = json!({"asset_tag": "P2", "model_category": "Computer"});
    assert_eq!(post(&site, Role::Operator, path, "k1", &other).await.problem(), "invalid-value");
    assert_eq!(assets(&site).await, 1);
    let owner = post(&site, Role::Owner, path, "k1", &other).await;
    assert_eq!((owner.status, owner.header("idempotent-replayed")), (StatusCode::CREATED, ""));
    let group = post(&site, Role::Owner, "/api/v1/groups", "k1", &json!({"name": "g", "members": ["a"]})).await;
    assert!(group.status.is_success() && group.header("idempotent-replayed").is_empty(), "{group:?}");
    assert_eq!(post(&site, Role::Operator, path, "k2", &wish).await.status, StatusCode::CREATED);
    assert_eq!(assets(&site).await, 3);
    // A day later the key is a new one.
    site.clock.advance(Duration::from_secs(25 * 3600));
    let later = post(&site, Role::Operator, path, "k1", &wish).await;
    assert_eq!((later.status, later.header("idempotent-replayed")), (StatusCode::CREATED, ""));
    for wrong in ["", "a b", &"k".repeat(256)] {
        assert_eq!(post(&site, Role::Operator, path, wrong, &wish).await.problem(), "invalid-value", "{wrong:?}");
    }
}

#[tokio::test]
async fn what_was_refused_may_be_mended_with_the_same_key() {
    let site = Site::new().await;
    let path = "/api/v1/assets";
    let wrong = post(&site, Role::Operator, path, "k", &json!({"install_status": 99})).await;
    assert!(wrong.status.is_client_error());
    let refused = post(&site, Role::Viewer, path, "v", &json!({"asset_tag": "P1"})).await;
    assert_eq!(refused.problem(), "forbidden", "the role is asked first");
    let mended = post(&site, Role::Operator, path, "k", &json!({"asset_tag": "P1"})).await;
    assert_eq!((mended.status, mended.header("idempotent-replayed")), (StatusCode::CREATED, ""));
}

#[tokio::test]
async fn many_at_once_are_done_once() {
    let site = Site::new().await;
    let wish = json!({"asset_tag": "P1"});
    let all = (0..20).map(|_| post(&site, Role::Operator, "/api/v1/assets", "k", &wish));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(assets(&site).await, 1);
    for answer in answers {
        let fits = answer.status == StatusCode::CREATED || answer.problem() == "conflict";
        assert!(fits, "{answer:?}");
    }
}

#[tokio::test]
async fn what_a_collector_did_not_finish_is_not_repeated() {
    let site = Site::new().await;
    let (path, wish) = ("/api/v1/assets", json!({"asset_tag": "P1"}));
    assert_eq!(post(&site, Role::Operator, path, "k", &wish).await.status, StatusCode::CREATED);
    // As a collector leaves it that was killed between the change and its answer.
    let mut left = kept(&site, Role::Operator, "asset.create").await;
    site.stores.idempotency.free(left.key).await.unwrap();
    left.answer = None;
    assert_eq!(site.stores.idempotency.begin(left.clone(), left.at, 10).await.unwrap(), None);
    let again = post(&site, Role::Operator, path, "k", &wish).await;
    assert_eq!(again.problem(), "conflict");
    assert!(again.text.contains("look whether it was done"), "{}", again.text);
    assert_eq!(assets(&site).await, 1);
}

#[tokio::test]
async fn a_file_is_not_brought_again_and_not_said_to_be_done() {
    let site = Site::new().await;
    let bring = async || {
        let request = Request::builder()
            .method("POST")
            .uri("/api/v1/assets/import")
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Operator)))
            .header(header::CONTENT_TYPE, "text/csv")
            .header("idempotency-key", "k");
        site.send(request.body(Body::from("asset_tag\nP1\n")).unwrap()).await
    };
    let first = bring().await;
    assert!(first.status.is_success(), "{first:?}");
    let again = bring().await;
    assert_eq!(again.problem(), "conflict");
    assert!(again.text.contains("was begun, and how it ended is not kept"), "{}", again.text);
    assert_eq!(assets(&site).await, 1);
}

#[tokio::test]
async fn no_secret_is_kept() {
    let site = Site::new().await;
    for (path, body) in [
        ("/api/v1/users", json!({"name": "ida", "role": "viewer"})),
        ("/api/v1/users/ida/reset-password", Value::Null),
        ("/api/v1/api-tokens", json!({"label": "x", "role": "viewer"})),
        ("/api/v1/join-tokens", json!({"uses": 1})),
        ("/api/v1/interop-credentials", json!({"kind": "inventory"})),
        ("/api/v1/webhooks", json!({"name": "w", "url": "https://example.com/w"})),
        ("/api/v1/privacy/purge", json!({"person": "alice"})),
    ] {
        let first = post(&site, Role::Owner, path, "k", &body).await;
        assert!(first.status.is_success(), "{path}: {first:?}");
        let again = post(&site, Role::Owner, path, "k", &body).await;
        assert_eq!(again.problem(), "conflict", "{path}");
        assert!(again.text.contains("was done, and its answer is not kept"), "{}", again.text);
    }
    for operation in SHOWN_ONCE {
        let answer = kept(&site, Role::Owner, operation).await.answer.unwrap();
        assert!(answer.status >= 200 && answer.body.is_none(), "{operation}: {answer:?}");
    }
}

/// The schema that something points to.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str().and_then(|target| target.strip_prefix('#')) {
        Some(target) => document.pointer(target).unwrap(),
        None => schema,
    }
}

#[test]
fn every_post_takes_a_key_and_every_secret_is_known() {
    let document = serde_json::to_value(document()).unwrap();
    let mut secrets = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(post) = item.get("post").filter(|_| path.starts_with("/api/") && !path.ends_with("/heartbeat")) else {
            continue;
        };
        let parameters = post["parameters"].as_array().unwrap();
        assert!(parameters.iter().any(|one| one["name"] == "idempotency-key" && one["in"] == "header"), "{path}");
        assert!(!post["responses"]["409"].is_null() && !post["responses"]["422"].is_null(), "{path}");
        for (_, response) in post["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2')) {
            let schema = resolved(&document, &response["content"]["application/json"]["schema"]).to_string();
            if ["\"password\":{", "\"token\":{", "\"secret\":{"].iter().any(|name| schema.contains(name)) {
                secrets.push(post["operationId"].as_str().unwrap().to_owned());
            }
        }
    }
    // It shows no secret, and a name that is to be forgotten.
    secrets.push("privacy.purge".to_owned());
    secrets.sort();
    let mut known = SHOWN_ONCE.to_vec();
    known.sort_unstable();
    assert_eq!(secrets, known, "what shows a secret is kept as a fact only");
}
