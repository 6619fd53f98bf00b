//! What goes wrong is a problem document, whoever notices it.

use super::super::testing::{HOST, Site};
use crate::store::records::Role;
use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
use http::{Request, StatusCode, header};
use muster_wire::problem::Code;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn wrong_requests_get_their_code() {
    let site = Site::new().await;
    let owner = |method: &str, path: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Owner)))
    };
    let json = |method: &str, path: &str, body: &str| {
        owner(method, path).header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_owned())).unwrap()
    };
    let empty = |method: &str, path: &str| owner(method, path).body(Body::empty()).unwrap();
    let tokens = "/api/v1/join-tokens";
    let unknown = "/api/v1/assets/00000000-0000-0000-0000-000000000001";
    let cases = [
        (empty("GET", "/api/v1/nothing"), 404, "not-found"),
        (empty("GET", "/nothing"), 404, "not-found"),
        (empty("DELETE", "/api/v1/license"), 405, "method-not-allowed"),
        (empty("OPTIONS", "/status"), 405, "method-not-allowed"),
        (empty("GET", unknown), 404, "not-found"),
        (empty("GET", "/api/v1/assets/not-an-id"), 404, "not-found"),
        (json("PATCH", unknown, "{"), 404, "not-found"),
        (empty("GET", "/api/v1/compliance/runs/77"), 404, "not-found"),
        (empty("GET", "/api/v1/applications/none"), 404, "not-found"),
        (empty("DELETE", "/api/v1/applications/none"), 404, "not-found"),
        (empty("DELETE", "/api/v1/sessions/00000000000000000000000000000001"), 404, "not-found"),
        (empty("POST", "/api/v1/agents/00000000-0000-0000-0000-000000000001/approve"), 404, "not-found"),
        (empty("DELETE", "/api/v1/join-tokens/aaaaaaaa"), 404, "not-found"),
        (empty("DELETE", "/api/v1/interop-credentials/aaaaaaaa?with_assets=true"), 404, "not-found"),
        (json("POST", tokens, "{"), 400, "invalid-body"),
        (json("POST", tokens, "[]"), 400, "invalid-body"),
        (json("POST", tokens, r#"{"uses":"many"}"#), 400, "invalid-body"),
        (json("POST", tokens, r#"{"unknown":1}"#), 400, "invalid-body"),
        (json("POST", tokens, r#"{"uses":0}"#), 422, "invalid-value"),
        (json("POST", tokens, r#"{"ttl_seconds":999999999}"#), 422, "invalid-value"),
        (owner("POST", tokens).body(Body::from("{}")).unwrap(), 415, "unsupported-media"),
        (json("POST", "/api/v1/assets", &format!("{{\"comments\":\"{}\"}}", "x".repeat(1 << 20))), 413, "too-large"),
        (json("POST", "/api/v1/assets", r#"{"nonsense":1}"#), 422, "invalid-value"),
        (empty("GET", "/api/v1/assets?limit=0"), 422, "invalid-value"),
        (empty("GET", "/api/v1/assets?limit=x"), 422, "invalid-value"),
        (empty("GET", "/api/v1/assets?cursor=%25"), 422, "invalid-value"),
        (empty("GET", "/api/v1/assets?sysparm_query=nonsense%3D1"), 400, "invalid-query"),
        (empty("GET", "/api/v1/license/request?query=nonsense%3D1"), 400, "invalid-query"),
        (owner("PUT", "/api/v1/license").body(Body::from("no key")).unwrap(), 422, "invalid-license"),
        (owner("PUT", "/api/v1/license").body(Body::from(vec![b'x'; 20 << 10])).unwrap(), 413, "too-large"),
        (owner("PUT", "/api/v1/license").body(Body::from(vec![0xff; 10])).unwrap(), 400, "invalid-body"),
        (json("PUT", "/api/v1/applications/x", r#"{"at_limit":"explode"}"#), 400, "invalid-body"),
        (json("PUT", "/api/v1/applications/x", r#"{"floating_limit":-1}"#), 422, "invalid-value"),
        (empty("GET", "/problems/nonsense"), 404, "not-found"),
    ];
    for (request, status, code) in cases {
        let what = format!("{} {}", request.method(), request.uri());
        let reply = site.send(request).await;
        assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (status, code), "{what}: {}", reply.text);
        assert!(!reply.header("x-request-id").is_empty(), "{what}");
        if status == 405 {
            assert!(!reply.header("allow").is_empty(), "{what}");
        }
    }
    let reply = site.get("/api/v1/assets?sysparm_query=install_status%3D1%5Enonsense%3D2").await;
    assert_eq!(reply.json()["position"], 17, "{}", reply.text);
}

#[tokio::test]
async fn unknown_api_paths_are_told_to_nobody() {
    let site = Site::new().await;
    let request = Request::builder().uri("/api/v1/nothing").header(header::HOST, HOST).body(Body::empty()).unwrap();
    assert_eq!(site.send(request).await.problem(), "unauthenticated");
}

#[tokio::test]
async fn usage_waits_for_a_licence_and_join_tokens_do_not() {
    let site = Site::new().await;
    for path in ["usage", "usage/hours", "usage/denials", "usage/now"] {
        let refused = site.get(&format!("/api/v1/{path}")).await;
        assert_eq!((refused.problem().as_str(), &refused.json()["reason"]), ("license-disabled", &json!("unlicensed")), "{path}");
    }
    assert_eq!(
        site.call(Role::Application, "GET", "/api/v1/usage", None).await.problem(),
        "forbidden",
        "the role is asked first"
    );
    assert_eq!(site.call(Role::Operator, "POST", "/api/v1/join-tokens", Some(json!({}))).await.status, StatusCode::CREATED);
    assert_eq!(site.license(1, 5).await.status, StatusCode::OK);
    let usage = site.get("/api/v1/usage").await;
    assert_eq!((usage.status, usage.json()["items"].clone()), (StatusCode::OK, json!([])));
    for path in ["usage", "usage/hours", "usage/denials"] {
        assert_eq!(site.get(&format!("/api/v1/{path}?from=2026-11-22&to=2026-11-21")).await.problem(), "invalid-value", "{path}");
    }
}

#[tokio::test]
async fn other_hosts_are_misdirected_and_every_answer_is_guarded() {
    let site = Site::new().await;
    for (host, expected) in [
        (Some("localhost:8444"), StatusCode::OK),
        (Some("127.0.0.1:8444"), StatusCode::OK),
        (Some("evil.example:8444"), StatusCode::MISDIRECTED_REQUEST),
        (Some("localhost:1"), StatusCode::MISDIRECTED_REQUEST),
        (None, StatusCode::MISDIRECTED_REQUEST),
    ] {
        let mut request = Request::builder().uri("/healthz");
        if let Some(host) = host {
            request = request.header(header::HOST, host);
        }
        let reply = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, expected, "{host:?}");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"));
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "same-origin");
        if expected != StatusCode::OK {
            assert_eq!(reply.problem(), "misdirected");
        }
    }
}

#[tokio::test]
async fn a_panic_is_an_answer_and_not_the_end() {
    let site = Site::new().await;
    let panics = get(|| async {
        if std::hint::black_box(true) {
            panic!("private text");
        }
    });
    let router: Router<()> =
        Router::new().route("/panic", panics).layer(from_fn_with_state(Arc::clone(&site.context), super::super::layers::around));
    let request = || Request::builder().uri("/panic").header(header::HOST, HOST).body(Body::empty()).unwrap();
    for _ in 0..2 {
        let response = tower::ServiceExt::oneshot(router.clone(), request()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8(body.to_vec()).unwrap().contains("private text"));
    }
}

#[tokio::test]
async fn every_problem_has_its_page() {
    let site = Site::new().await;
    for code in Code::ALL {
        let page = site.page(&format!("/problems/{}", code.name()), None).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains(code.title()), "{}", code.name());
    }
}
