//! Settings through the API: effective at once, audited, and what they do to counts and lists.

use super::super::testing::Site;
use crate::store::records::Role;
use http::StatusCode;
use serde_json::{Value, json};

async fn set(site: &Site, query: &str, body: Value) -> Value {
    let path = format!("/api/v1/settings{query}");
    let reply = site.call(Role::LicenseAdmin, "PATCH", &path, Some(body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply.json()
}

async fn run(site: &Site) -> Value {
    site.call(Role::LicenseAdmin, "POST", "/api/v1/compliance/runs", None).await.json()
}

#[tokio::test]
async fn a_changed_null_mode_changes_the_count_and_says_so_before() {
    let site = Site::new().await;
    for state in [json!(1), json!(7), Value::Null, Value::Null] {
        let body = json!({"install_status": state, "model_category": "Computer"});
        let made = site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    }
    site.license(1, 2).await;
    let before = run(&site).await;
    assert_eq!(
        (&before["asset_count"], &before["uncounted_empty_state"], &before["null_mode"]),
        (&json!(1), &json!(2), &json!("sql"))
    );

    let inclusive = json!({"null_mode": "inclusive"});
    let effect = json!({"asset_count_before": 1, "asset_count_after": 3, "asset_limit": 2});
    let dry = set(&site, "?dry_run=true", inclusive.clone()).await;
    assert_eq!((&dry["dry_run"], &dry["effect"]), (&json!(true), &effect));
    assert_eq!(run(&site).await["asset_count"], 1, "a dry run changes nothing");
    assert_eq!(set(&site, "", inclusive.clone()).await["effect"], effect);
    let after = run(&site).await;
    assert_eq!(
        (&after["asset_count"], &after["null_mode"], &after["state_after"]),
        (&json!(3), &json!("inclusive"), &json!("grace"))
    );
    let found = site.get("/api/v1/assets?sysparm_query=install_status!%3D7").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 3, "lists follow it, too");
    assert_eq!(set(&site, "", inclusive).await["items"], json!([]), "what is in force already is no change");

    let audit = site.get("/api/v1/audit").await.json();
    let entry = audit["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "settings.set").unwrap().clone();
    assert_eq!((&entry["subject"], &entry["detail"]), (&json!("null_mode"), &json!({"before": "sql", "after": "inclusive"})));
    assert!(entry["actor"].as_str().unwrap().starts_with("token:"));
}

#[tokio::test]
async fn an_unknown_field_does_what_the_setting_says_in_lists_only() {
    let site = Site::new().await;
    site.call(Role::Operator, "POST", "/api/v1/assets", Some(json!({"install_status": 1}))).await;
    let list = async || site.get("/api/v1/assets?sysparm_query=colour%3Dred").await;
    assert_eq!(list().await.problem(), "invalid-query");
    for (mode, expected) in [("ignore", 1), ("none", 0)] {
        set(&site, "", json!({"query_invalid": mode})).await;
        assert_eq!(list().await.json()["items"].as_array().unwrap().len(), expected, "{mode}");
        let wished = site.get("/api/v1/license/request?query=colour%3Dred").await;
        assert_eq!(wished.problem(), "invalid-query", "a count is never by accident");
    }
}

#[tokio::test]
async fn dynamic_options_are_known_by_their_ids() {
    let site = Site::new().await;
    site.call(Role::Operator, "POST", "/api/v1/assets", Some(json!({"asset_tag": "P1"}))).await;
    let list = async || site.get("/api/v1/assets?sysparm_query=asset_tagDYNAMICmine").await;
    assert_eq!(list().await.problem(), "invalid-query");
    let changed = set(&site, "", json!({"query_dynamic": {"mine": "P1"}})).await;
    assert_eq!(changed["items"][0]["after"], json!({"mine": "P1"}));
    assert_eq!(list().await.json()["items"].as_array().unwrap().len(), 1);
    set(&site, "", json!({"query_dynamic": null})).await;
    assert_eq!(list().await.problem(), "invalid-query");
}

#[tokio::test]
async fn wrong_settings_are_refused_with_what_would_be_right() {
    let site = Site::new().await;
    for (body, part) in [
        (json!({"null_mode": "both"}), "null_mode: \"both\" is not one of sql, inclusive"),
        (json!({"colour": "red"}), "there is no setting \"colour\""),
        (json!({"null_mode": "inclusive", "run_retention_days": 3}), "run_retention_days: \"3\" is not a whole number from 400"),
    ] {
        let reply = site.call(Role::LicenseAdmin, "PATCH", "/api/v1/settings", Some(body)).await;
        assert_eq!(reply.problem(), "invalid-value");
        assert!(reply.json()["detail"].as_str().unwrap().starts_with(part), "{reply:?}");
    }
    let settings = site.get("/api/v1/settings").await.json();
    for setting in settings["items"].as_array().unwrap() {
        assert_eq!((&setting["changed"], &setting["value"]), (&json!(false), &setting["default"]), "{setting}");
        assert!(!setting["what"].as_str().unwrap().is_empty());
    }
    assert_eq!(site.call(Role::Operator, "PATCH", "/api/v1/settings", Some(json!({}))).await.status, StatusCode::FORBIDDEN);
}
