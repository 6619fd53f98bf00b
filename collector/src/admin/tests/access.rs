//! Who may do what: every operation with every role.

use super::super::{
    auth::{Access, OPERATIONS},
    testing::{HOST, Site},
};
use crate::store::records::Role;
use axum::body::Body;
use chrono::TimeDelta;
use http::{Request, StatusCode, header};
use serde_json::json;

fn path(template: &str) -> String {
    template
        .replace("/agents/{id}", "/agents/00000000-0000-0000-0000-000000000001")
        .replace("/assets/{id}", "/assets/00000000-0000-0000-0000-000000000001")
        .replace("/sessions/{id}", "/sessions/00000000000000000000000000000001")
        .replace("/runs/{id}", "/runs/999999")
        .replace("{id}", "aaaaaaaa")
        .replace("{name}", "none")
        .replace("{code}", "not-found")
        .replace("{file}", "muster.css")
}

#[tokio::test]
async fn every_operation_is_for_its_roles_only() {
    let site = Site::new().await;
    for operation in OPERATIONS.iter() {
        let path = path(operation.path);
        let bare = Request::builder().method(operation.method).uri(&path).header(header::HOST, HOST);
        let without = site.send(bare.body(Body::empty()).unwrap()).await;
        assert_ne!(without.status, StatusCode::NOT_FOUND, "{} has no route", operation.name);
        assert_ne!(without.status, StatusCode::METHOD_NOT_ALLOWED, "{} has no handler", operation.name);
        assert_eq!(without.status == StatusCode::UNAUTHORIZED, operation.access != Access::Open, "{}", operation.name);
        for role in [Role::Application, Role::Viewer, Role::Operator, Role::LicenseAdmin, Role::Owner] {
            let reply = site.call(role, operation.method, &path, None).await;
            let refused = reply.status == StatusCode::FORBIDDEN && reply.text.contains("needs the role");
            assert_eq!(refused, !operation.access.admits(role), "{} as {role:?}: {reply:?}", operation.name);
        }
    }
}

#[tokio::test]
async fn only_tokens_in_force_open_the_door() {
    let site = Site::new().await;
    let good = site.token(Role::Viewer).to_owned();
    let other = site.token(Role::Owner);
    let mixed = format!("{}_{}", good.rsplit_once('_').unwrap().0, other.rsplit_once('_').unwrap().1);
    let cases = [
        (format!("Bearer {good}"), StatusCode::OK),
        (format!("bearer {good}"), StatusCode::OK),
        (format!("Bearer {mixed}"), StatusCode::UNAUTHORIZED),
        (format!("Bearer {good}x"), StatusCode::UNAUTHORIZED),
        (format!("Basic {good}"), StatusCode::UNAUTHORIZED),
        ("Bearer".to_owned(), StatusCode::UNAUTHORIZED),
        (String::new(), StatusCode::UNAUTHORIZED),
    ];
    for (value, expected) in cases {
        let request = Request::builder().uri("/api/v1/license").header(header::HOST, HOST).header(header::AUTHORIZATION, &value);
        assert_eq!(site.send(request.body(Body::empty()).unwrap()).await.status, expected, "{value}");
    }
}

#[tokio::test]
async fn api_tokens_are_made_listed_and_taken_back() {
    let site = Site::new().await;
    let wish = json!({"label": "ci", "role": "viewer", "ttl_seconds": 3600});
    let made = site.call(Role::Owner, "POST", "/api/v1/api-tokens", Some(wish)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let (id, token) = (made.json()["id"].as_str().unwrap().to_owned(), made.json()["token"].as_str().unwrap().to_owned());
    let listed = site.get("/api/v1/api-tokens").await;
    assert!(listed.text.contains(&id) && !listed.text.contains(&token));
    let with_it = async || {
        let request = Request::builder().uri("/api/v1/license").header(header::HOST, HOST);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        site.send(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(with_it().await, StatusCode::OK);
    let path = format!("/api/v1/api-tokens/{id}");
    assert_eq!(site.call(Role::Owner, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(with_it().await, StatusCode::UNAUTHORIZED, "taken back at once");
    assert_eq!(site.call(Role::Owner, "DELETE", "/api/v1/api-tokens/zzzzzzzz", None).await.problem(), "not-found");

    let made = site
        .call(Role::Owner, "POST", "/api/v1/api-tokens", Some(json!({"label": "x", "role": "viewer", "ttl_seconds": 60})))
        .await;
    let token = made.json()["token"].as_str().unwrap().to_owned();
    site.clock.step_wall(TimeDelta::minutes(2));
    let request = Request::builder().uri("/api/v1/license").header(header::HOST, HOST);
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(site.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED, "its time is over");

    for wrong in [
        json!({"label": "", "role": "viewer"}),
        json!({"label": "x", "role": "application"}),
        json!({"label": "x", "role": "viewer", "applications": ["a"]}),
        json!({"label": "x", "role": "viewer", "ttl_seconds": 0}),
    ] {
        assert_eq!(
            site.call(Role::Owner, "POST", "/api/v1/api-tokens", Some(wrong.clone())).await.problem(),
            "invalid-value",
            "{wrong}"
        );
    }
}
