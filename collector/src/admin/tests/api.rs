//! The other endpoints, as an administrator's program uses them.

use super::super::testing::Site;
use crate::store::records::Role;
use http::StatusCode;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_licence_is_asked_for_checked_applied_and_kept() {
    let site = Site::new().await;
    let request = site.get("/api/v1/license/request").await;
    assert!(
        request.header("content-type").starts_with("text/plain") && request.text.starts_with("-----BEGIN"),
        "{}",
        request.text
    );
    assert_eq!(site.get("/api/v1/license").await.json()["state"], "unlicensed");

    let dry = site.put_key(&site.key(1, 5, "2027-12-31"), "?dry_run=true").await;
    assert_eq!((dry.status, &dry.json()["dry_run"]), (StatusCode::OK, &json!(true)), "{dry:?}");
    assert_eq!(site.get("/api/v1/license").await.json()["license"], json!(null), "a dry run keeps nothing");

    let applied = site.license(1, 5).await.json();
    assert_eq!((&applied["state"], &applied["license"]["asset_limit"]), (&json!("compliant"), &json!(5)), "{applied}");
    assert_eq!(applied["run"]["kind"], "key");
    for (what, text) in [
        ("expired", site.key(2, 5, "2026-11-01")),
        ("tampered", {
            let key = site.key(2, 5, "2027-12-31");
            let middle = key.len() / 2;
            let other = if key.as_bytes()[middle] == b'A' { "B" } else { "A" };
            format!("{}{other}{}", &key[..middle], &key[middle + 1..])
        }),
        ("truncated", site.key(2, 5, "2027-12-31")[..200].to_owned()),
    ] {
        let refused = site.put_key(&text, "").await;
        assert_eq!(refused.problem(), "invalid-license", "{what}");
        assert!(refused.json()["code"].is_string(), "{what}");
    }
    let license = site.get("/api/v1/license").await.json();
    assert_eq!((&license["license"]["serial"], &license["state"]), (&json!(1), &json!("compliant")), "the one in force stays");
    let history = site.get("/api/v1/license/history").await.json();
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
    assert_eq!(history["items"][0]["in_force"], true);
}

#[tokio::test]
async fn counting_over_the_limit_begins_grace() {
    let site = Site::new().await;
    site.license(1, 1).await;
    for serial in ["A", "B", "C"] {
        let asset = json!({"serial_number": serial, "install_status": 1});
        site.call(Role::Operator, "POST", "/api/v1/assets", Some(asset)).await;
    }
    let run = site.call(Role::LicenseAdmin, "POST", "/api/v1/compliance/runs", None).await;
    assert_eq!(run.status, StatusCode::CREATED, "{run:?}");
    assert_eq!((&run.json()["asset_count"], &run.json()["state_after"]), (&json!(3), &json!("grace")));
    assert_eq!(site.get(run.header("location")).await.json(), run.json());
    let compliance = site.get("/api/v1/compliance").await.json();
    assert_eq!(
        (&compliance["state"], &compliance["over_by"], &compliance["days_left"]),
        (&json!("grace"), &json!(2), &json!(60))
    );
    let status = site.get("/status").await.json();
    assert_eq!((&status["reason"], &status["compliance"]["asset_limit"]), (&json!("over_limit"), &json!(1)));
    let runs = site.get("/api/v1/compliance/runs?limit=1").await.json();
    assert_eq!(runs["items"][0]["id"], run.json()["id"], "newest first");
    let next = runs["next"].as_str().unwrap();
    let older = site.get(&format!("/api/v1/compliance/runs?limit=1&cursor={next}")).await.json();
    assert_eq!((&older["items"][0]["kind"], &older["next"]), (&json!("key"), &json!(null)));
}

#[tokio::test]
async fn applications_keep_what_is_not_given() {
    let site = Site::new().await;
    let path = "/api/v1/applications/Incident%20Management";
    let put = async |body| site.call(Role::LicenseAdmin, "PUT", path, Some(body)).await;
    let made = put(json!({"floating_limit": 25})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let expected = json!({"name": "Incident Management", "tracking": true, "named_limit": null, "named_users": [], "floating_limit": 25,
        "at_limit": "warn", "sharing": ["user", "client_ip"], "idle_timeout_seconds": 0, "lease_seconds": 120, "linger_seconds": 0,
        "borrow_max_hours": 0, "offline": "allow", "reservations": [], "used_by": {"login": false, "processes": [], "users": ["*"]},
        "idle_timeout_users": [], "idle_timeout_except": [],
        "access": {"include": {"users": [], "groups": [], "hosts": [], "networks": []},
            "exclude": {"users": [], "groups": [], "hosts": [], "networks": []}}});
    assert_eq!(made.json(), expected);
    let changed = put(json!({"named_limit": 10, "named_users": ["falcon"]})).await;
    assert_eq!((changed.status, &changed.json()["floating_limit"]), (StatusCode::OK, &json!(25)));
    assert_eq!(put(json!({"floating_limit": null})).await.json()["floating_limit"], json!(null));
    assert_eq!(site.get("/api/v1/applications/INCIDENT%20management").await.json()["name"], "Incident Management");
    assert_eq!(put(json!({"name": "other"})).await.problem(), "invalid-value");
    let list = site.get("/api/v1/applications").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(site.call(Role::LicenseAdmin, "DELETE", path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get(path).await.problem(), "not-found");
}

#[tokio::test]
async fn join_tokens_are_shown_once() {
    let site = Site::new().await;
    let wish = json!({"uses": 3, "ttl_seconds": 60, "group": "design"});
    let made = site.call(Role::Operator, "POST", "/api/v1/join-tokens", Some(wish)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("mst1_"));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let state = async || site.get("/api/v1/join-tokens").await.json()["items"][0].clone();
    let listed = state().await;
    assert_eq!((&listed["id"], &listed["state"], &listed["approval"]), (&json!(id), &json!("usable"), &json!("manual")));
    assert!(!listed.to_string().contains(token.split('_').nth(2).unwrap()), "the secret is not listed");
    site.clock.advance(Duration::from_secs(61));
    assert_eq!(state().await["state"], "expired");
    let path = format!("/api/v1/join-tokens/{id}");
    assert_eq!(site.call(Role::Operator, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(state().await["state"], "revoked");
}

#[tokio::test]
async fn health_is_open_and_details_are_not() {
    let site = Site::new().await;
    assert_eq!(site.page("/healthz", None).await.text, "ok\n");
    assert_eq!(site.page("/readyz", None).await.text, "ready\n");
    assert_eq!(site.get("/readyz").await.json()["ready"], true);
    assert_eq!(site.call(Role::Application, "GET", "/readyz", None).await.text, "ready\n");
    let metrics = site.call(Role::Viewer, "GET", "/metrics", None).await;
    assert!(
        metrics.text.contains("muster_license_state{state=\"unlicensed\"} 1") && metrics.text.ends_with("# EOF\n"),
        "{}",
        metrics.text
    );
    site.stores.system.close().await.unwrap();
    site.clock.advance(Duration::from_millis(500));
    assert_eq!(site.get("/readyz").await.status, StatusCode::OK, "one probe a second");
    site.clock.advance(Duration::from_secs(1));
    let ready = site.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.json()["store"].is_string());
    assert_eq!(site.page("/readyz", None).await.text, "not ready\n");
    let asset = site.call(Role::Operator, "POST", "/api/v1/assets", Some(json!({"asset_tag": "x"}))).await;
    assert_eq!((asset.problem().as_str(), asset.header("retry-after")), ("unavailable", "5"));
}
