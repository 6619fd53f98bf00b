//! Who may do what: every operation with every role.

use super::super::{
    auth::{Access, OPERATIONS, Operation},
    testing::{HOST, Reply, Site},
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

/// A request with nothing but the way in.
fn request(operation: &Operation, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(operation.method).uri(path(operation.path)).header(header::HOST, HOST);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

/// What is let in gets as far as its handler: nobody says that a login is missing or not enough.
fn is_let_in(reply: &Reply) -> bool {
    ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&reply.status)
}

#[tokio::test]
async fn every_operation_is_for_its_roles_only() {
    let site = Site::new().await;
    // Without a licence much is refused to everybody.
    assert_eq!(site.license(1, 500).await.status, StatusCode::OK);
    for operation in OPERATIONS.iter() {
        let without = site.send(request(operation, &[])).await;
        assert_ne!(without.status, StatusCode::NOT_FOUND, "{} has no route", operation.name);
        assert_ne!(without.status, StatusCode::METHOD_NOT_ALLOWED, "{} has no handler", operation.name);
        assert_eq!(without.status == StatusCode::UNAUTHORIZED, operation.access != Access::Open, "{}", operation.name);
        for role in [Role::Application, Role::Viewer, Role::Operator, Role::LicenseAdmin, Role::Owner] {
            let reply = site.call(role, operation.method, &path(operation.path), None).await;
            let refused = reply.status == StatusCode::FORBIDDEN && reply.text.contains("needs the role");
            assert_eq!(refused, !operation.access.admits(role), "{} as {role:?}: {reply:?}", operation.name);
            // A token has no password to change.
            let may = is_let_in(&reply) || reply.text.contains("an API token has no password");
            assert_eq!(may, operation.access.admits(role), "{} as {role:?}: {reply:?}", operation.name);
        }
    }
}

#[tokio::test]
async fn every_operation_is_for_its_people_only() {
    let site = Site::new().await;
    assert_eq!(site.license(1, 500).await.status, StatusCode::OK);
    let people = [
        (Role::Viewer, "a-viewer"),
        (Role::Operator, "an-operator"),
        (Role::LicenseAdmin, "a-license-admin"),
        (Role::Owner, "an-owner"),
    ];
    for (role, name) in people {
        site.account(name, role, false).await;
    }
    site.account("new-owner", Role::Owner, true).await;
    for operation in OPERATIONS.iter() {
        let send = async |name: &str, proven: bool| {
            // A session for each request: some of them end it.
            let (cookie, csrf) = site.session(name);
            let headers = [("cookie", cookie.as_str()), ("x-csrf-token", &csrf)];
            let of = if proven { &headers[..] } else { &headers[..1] };
            site.send(request(operation, of)).await
        };
        for (role, name) in people {
            let reply = send(name, true).await;
            assert_eq!(is_let_in(&reply), operation.access.admits(role), "{} as {name}: {reply:?}", operation.name);
        }
        let changes = operation.method != "GET" && operation.path != "/login";
        let reply = send("an-owner", false).await;
        let refused = reply.status == StatusCode::FORBIDDEN && reply.text.contains("CSRF token");
        assert_eq!(refused, changes, "{} without the token of the session: {reply:?}", operation.name);

        // A one-time password opens nothing but the way to another one.
        let open = operation.access == Access::Open || operation.path == "/password";
        let reply = send("new-owner", true).await;
        assert_eq!(is_let_in(&reply), open, "{} with a one-time password: {reply:?}", operation.name);
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
