//! Accounts of people: made, changed, given a new password, deleted, and what becomes of their sessions.

use super::super::testing::{PASSWORD, Reply, Site, cookie, csrf};
use crate::store::records::Role;
use http::StatusCode;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

async fn owner(site: &Site, method: &str, path: &str, body: Option<Value>) -> Reply {
    site.call(Role::Owner, method, path, body).await
}

async fn make(site: &Site, name: &str, role: &str) -> String {
    let made = owner(site, "POST", "/api/v1/users", Some(json!({"name": name, "role": role}))).await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::CREATED, format!("/api/v1/users/{name}").as_str()),
        "{made:?}"
    );
    assert_eq!((&made.json()["name"], &made.json()["role"]), (&json!(name), &json!(role)));
    made.json()["password"].as_str().unwrap().to_owned()
}

async fn log_in(site: &Site, name: &str, password: &str) -> Reply {
    site.form("/login", None, &[("name", name), ("password", password)]).await
}

/// Logs in with a one-time password and changes it to the one of the tests; the cookie.
async fn first_login(site: &Site, name: &str, one_time: &str) -> String {
    let first = log_in(site, name, one_time).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{first:?}");
    let session = cookie(&first);
    assert_eq!(site.page("/status", Some(&session)).await.header("location"), "/password", "it must be changed first");
    let token = csrf(&site.page("/password", Some(&session)).await);
    let fields = [("csrf", token.as_str()), ("old", one_time), ("new", PASSWORD), ("repeated", PASSWORD)];
    let changed = site.form("/password", Some(&session), &fields).await;
    assert_eq!((changed.status, changed.header("location")), (StatusCode::SEE_OTHER, "/status"), "{changed:?}");
    cookie(&changed)
}

async fn is_in(site: &Site, session: &str) -> bool {
    site.page("/status", Some(session)).await.status == StatusCode::OK
}

#[tokio::test]
async fn a_user_comes_works_changes_and_goes() {
    let site = Site::new().await;
    let one_time = make(&site, "ida@example.org", "operator").await;
    let ida = "/api/v1/users/ida@example.org";
    let shown = site.get(ida).await.json();
    let expected = json!({"name": "ida@example.org", "source": "local", "role": "operator", "enabled": true, "must_change": true,
        "locked_until": null, "created_at": "2026-11-21T20:00:00Z", "last_login_at": null});
    assert_eq!(shown, expected);
    assert_eq!(site.get("/status").await.json()["compliance"]["user_count"], 2, "it counts for the licence at once");

    let session = first_login(&site, "ida@example.org", &one_time).await;
    assert!(is_in(&site, &session).await);
    assert_eq!(log_in(&site, "ida@example.org", &one_time).await.status, StatusCode::UNAUTHORIZED, "it was for one login");
    let shown = site.get(ida).await.json();
    assert_eq!((&shown["must_change"], &shown["last_login_at"]), (&json!(false), &json!("2026-11-21T20:00:00Z")));

    // What changes nothing ends nothing and is in no log.
    let same = owner(&site, "PATCH", ida, Some(json!({"role": "operator", "enabled": true}))).await;
    assert_eq!(same.status, StatusCode::OK);
    assert!(is_in(&site, &session).await);
    let promoted = owner(&site, "PATCH", ida, Some(json!({"role": "license_admin"}))).await;
    assert_eq!(promoted.json()["role"], "license_admin");
    assert!(!is_in(&site, &session).await, "another role begins with another session");

    let session = cookie(&log_in(&site, "ida@example.org", PASSWORD).await);
    assert!(is_in(&site, &session).await);
    assert_eq!(owner(&site, "PATCH", ida, Some(json!({"enabled": false}))).await.json()["enabled"], false);
    assert!(!is_in(&site, &session).await);
    assert_eq!(log_in(&site, "ida@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.get("/status").await.json()["compliance"]["user_count"], 1);
    assert_eq!(owner(&site, "PATCH", ida, Some(json!({"enabled": true}))).await.status, StatusCode::OK);
    assert!(!is_in(&site, &session).await, "what was over stays over");

    let session = cookie(&log_in(&site, "ida@example.org", PASSWORD).await);
    assert_eq!(owner(&site, "DELETE", ida, None).await.status, StatusCode::NO_CONTENT);
    assert!(!is_in(&site, &session).await);
    assert_eq!(site.get(ida).await.problem(), "not-found");
    make(&site, "ida@example.org", "viewer").await;
    assert!(!is_in(&site, &session).await, "nor does a new user of that name get it");

    let audit = site.get("/api/v1/audit").await.json();
    let entries: Vec<(&str, &Value)> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["action"].as_str().unwrap(), item))
        .filter(|(action, item)| action.starts_with("user.") && item["subject"] == "ida@example.org")
        .collect();
    let actions: Vec<&str> = entries.iter().map(|(action, _)| *action).collect();
    let expected = ["user.create", "user.delete", "user.set", "user.set", "user.set", "user.password", "user.create"];
    assert_eq!(actions, expected, "newest first");
    let set = entries[4].1;
    let detail = json!({"before": {"role": "operator", "enabled": true}, "after": {"role": "license_admin", "enabled": true}});
    assert_eq!(set["detail"], detail);
    assert!(set["actor"].as_str().unwrap().starts_with("token:"));
    assert!(!audit.to_string().contains(&one_time) && !audit.to_string().contains("argon2"), "no secret is in the log");
}

#[tokio::test]
async fn a_new_password_ends_sessions_and_the_lock() {
    let site = Site::new().await;
    site.account("ida", Role::Viewer, false).await;
    let session = cookie(&log_in(&site, "ida", PASSWORD).await);
    for _ in 0..6 {
        log_in(&site, "ida", "wrong").await;
    }
    assert_eq!(log_in(&site, "ida", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!site.get("/api/v1/users/ida").await.json()["locked_until"].is_null());
    assert!(is_in(&site, &session).await, "a lock is for logins");
    let reset = owner(&site, "POST", "/api/v1/users/ida/reset-password", None).await;
    assert_eq!(reset.status, StatusCode::OK, "{reset:?}");
    assert!(!is_in(&site, &session).await);
    assert!(site.get("/api/v1/users/ida").await.json()["locked_until"].is_null());
    assert_eq!(log_in(&site, "ida", PASSWORD).await.status, StatusCode::UNAUTHORIZED, "the old one is over");
    first_login(&site, "ida", reset.json()["password"].as_str().unwrap()).await;

    for _ in 0..6 {
        log_in(&site, "ida", "wrong").await;
    }
    site.clock.advance(Duration::from_secs(15 * 60));
    assert!(site.get("/api/v1/users/ida").await.json()["locked_until"].is_null(), "a lock that is over is none");
}

#[tokio::test]
async fn a_login_that_races_a_new_password_does_not_survive_it() {
    let site = Arc::new(Site::new().await);
    site.account("ida", Role::Viewer, false).await;
    let logins: Vec<_> = (0..12)
        .map(|_| {
            let site = Arc::clone(&site);
            tokio::spawn(async move { log_in(&site, "ida", PASSWORD).await })
        })
        .collect();
    let reset = owner(&site, "POST", "/api/v1/users/ida/reset-password", None).await;
    assert_eq!(reset.status, StatusCode::OK);
    for login in logins {
        let reply = login.await.unwrap();
        if reply.status == StatusCode::SEE_OTHER {
            assert!(!is_in(&site, &cookie(&reply)).await, "a session of the old password");
        }
    }
}

#[tokio::test]
async fn an_owner_is_always_left() {
    let site = Site::new().await;
    let anna = "/api/v1/users/anna";
    make(&site, "ida", "license_admin").await;
    let refused = [
        ("PATCH", Some(json!({"role": "license_admin"}))),
        ("PATCH", Some(json!({"enabled": false}))),
        ("PATCH", Some(json!({"role": "viewer", "enabled": false}))),
        ("DELETE", None),
    ];
    let session = site.log_in().await;
    for (method, body) in refused.clone() {
        let reply = owner(&site, method, anna, body.clone()).await;
        assert_eq!(reply.problem(), "conflict", "{method} {body:?}");
        assert!(reply.text.contains("anna is the last enabled owner"), "{reply:?}");
    }
    assert!(is_in(&site, &session).await, "what is refused ends nothing");
    assert_eq!(owner(&site, "PATCH", "/api/v1/users/ida", Some(json!({"role": "owner"}))).await.status, StatusCode::OK);
    // Two owners that demote each other at the same moment do not both succeed.
    let demoted = json!({"role": "viewer"});
    let (one, other) = tokio::join!(
        owner(&site, "PATCH", anna, Some(demoted.clone())),
        owner(&site, "PATCH", "/api/v1/users/ida", Some(demoted.clone()))
    );
    let mut answers = [one.status, other.status];
    answers.sort();
    assert_eq!(answers, [StatusCode::OK, StatusCode::CONFLICT]);
}

#[tokio::test]
async fn what_cannot_be_a_user_is_refused() {
    let site = Site::new().await;
    let cases = [
        (json!({"name": "", "role": "viewer"}), "invalid-value"),
        (json!({"name": "=1+1", "role": "viewer"}), "invalid-value"),
        (json!({"name": "<script>", "role": "viewer"}), "invalid-value"),
        (json!({"name": "ida lang", "role": "viewer"}), "invalid-value"),
        (json!({"name": "x".repeat(65), "role": "viewer"}), "invalid-value"),
        (json!({"name": "ida", "role": "application"}), "invalid-body"),
        (json!({"name": "ida"}), "invalid-body"),
        (json!({"name": "ida", "role": "viewer", "password": "mine"}), "invalid-body"),
        (json!({"name": "anna", "role": "viewer"}), "conflict"),
        (json!({"name": "ANNA", "role": "viewer"}), "conflict"),
    ];
    for (body, expected) in cases {
        assert_eq!(owner(&site, "POST", "/api/v1/users", Some(body.clone())).await.problem(), expected, "{body}");
    }
    let anna = "/api/v1/users/anna";
    for (body, expected) in
        [(json!({}), "invalid-value"), (json!({"name": "x"}), "invalid-body"), (json!({"role": null}), "invalid-value")]
    {
        assert_eq!(owner(&site, "PATCH", anna, Some(body.clone())).await.problem(), expected, "{body}");
    }
    for (method, path) in
        [("GET", "/api/v1/users/no"), ("DELETE", "/api/v1/users/no"), ("POST", "/api/v1/users/no/reset-password")]
    {
        assert_eq!(owner(&site, method, path, None).await.problem(), "not-found", "{method} {path}");
    }
    assert_eq!(owner(&site, "PATCH", "/api/v1/users/no", Some(json!({"enabled": true}))).await.problem(), "not-found");
    assert_eq!(site.get("/api/v1/users").await.json()["items"].as_array().unwrap().len(), 1);
}
