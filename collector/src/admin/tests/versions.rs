//! `ETag` and `If-Match` on what has no revision of its own.

use super::super::testing::{HOST, Reply, Site};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

async fn change(site: &Site, method: &str, path: &str, tag: Option<&str>, body: Value) -> Reply {
    let request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
    let request = request
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Owner)))
        .header(header::CONTENT_TYPE, "application/json");
    let request = tag.into_iter().fold(request, |request, tag| request.header(header::IF_MATCH, tag));
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    site.send(request.body(body).unwrap()).await
}

#[tokio::test]
async fn a_change_of_what_is_no_longer_so_is_refused() {
    let site = Site::new().await;
    site.license(1, 10).await;
    let asset = site.call(Role::Operator, "POST", "/api/v1/assets", Some(json!({"install_status": 1}))).await.json();
    let asset = format!("/api/v1/assets/{}", asset["id"].as_str().unwrap());
    site.call(Role::Owner, "PUT", "/api/v1/applications/CAD", Some(json!({"floating_limit": 1}))).await;
    site.account("ida", Role::Viewer, false).await;
    for (method, path, one, two) in [
        ("PATCH", asset.as_str(), json!({"comments": "one"}), json!({"comments": "two"})),
        ("PUT", "/api/v1/applications/CAD", json!({"floating_limit": 2}), json!({"floating_limit": 3})),
        ("PATCH", "/api/v1/users/ida", json!({"role": "operator"}), json!({"role": "owner"})),
        ("PATCH", "/api/v1/settings", json!({"null_mode": "inclusive"}), json!({"null_mode": "sql"})),
    ] {
        let read = site.get(path).await;
        let tag = read.header("etag").to_owned();
        assert!(tag.len() > 10, "{path}: {read:?}");
        assert_eq!(site.get(path).await.header("etag"), tag, "{path}: nothing changed");
        for wrong in ["\"bogus\"", "bogus", "W/\"x\"", "\"1\", \"2\""] {
            assert_eq!(change(&site, method, path, Some(wrong), one.clone()).await.problem(), "conflict", "{path} {wrong}");
        }
        assert_eq!(site.get(path).await.header("etag"), tag, "{path}: nothing was changed");
        let list = format!("\"x\", {tag}");
        assert!(change(&site, method, path, Some(&list), one).await.status.is_success(), "{path}");
        assert_eq!(change(&site, method, path, Some(&tag), two.clone()).await.problem(), "conflict", "{path}: the second one");
        assert!(change(&site, method, path, Some("*"), two.clone()).await.status.is_success(), "{path}");
        assert!(change(&site, method, path, None, two).await.status.is_success(), "{path}");
    }
    assert_eq!(
        change(&site, "PATCH", "/api/v1/applications/CAD", Some("x"), json!({})).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let gone = change(&site, "PATCH", "/api/v1/users/nobody", Some("*"), json!({"role": "owner"})).await;
    assert_eq!(gone.problem(), "not-found");
    let token = site.get("/api/v1/api-tokens").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/api-tokens/{token}");
    assert_eq!(change(&site, "DELETE", &path, Some("\"1\""), Value::Null).await.problem(), "invalid-value", "it has no version");
}

#[tokio::test]
async fn of_two_changes_of_the_same_version_one_is_made() {
    let site = Site::new().await;
    site.license(1, 10).await;
    site.call(Role::Owner, "PUT", "/api/v1/applications/CAD", Some(json!({"floating_limit": 1}))).await;
    let path = "/api/v1/applications/CAD";
    let tag = site.get(path).await.header("etag").to_owned();
    let changes = (2..12).map(|limit| change(&site, "PUT", path, Some(&tag), json!({"floating_limit": limit})));
    let made = futures_util::future::join_all(changes).await;
    let mut statuses: Vec<u16> = made.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![StatusCode::OK.as_u16()], vec![409; 9]].concat());
}
