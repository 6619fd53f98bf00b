//! Reference tables through the API, and what fields and queries make of them.

use super::super::testing::{HOST, Site};
use crate::store::records::Role;
use http::{StatusCode, header};
use serde_json::{Value, json};

async fn add(site: &Site, table: &str, body: Value) -> Value {
    let made = site.call(Role::Operator, "POST", &format!("/api/v1/references/{table}"), Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/api/v1/references/{table}/{id}"));
    made.json()
}

async fn asset(site: &Site, fields: Value) -> String {
    let made = site.call(Role::Operator, "POST", "/api/v1/assets", Some(fields)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn records_are_made_shown_changed_and_deleted() {
    let site = Site::new().await;
    let categories = site.get("/api/v1/references/model-categories?limit=1000").await.json();
    assert_eq!(categories["items"].as_array().unwrap().len(), 25, "the seeded ones are records");
    let germany = add(&site, "locations", json!({"name": " Germany "})).await;
    assert_eq!((&germany["name"], &germany["parent"], &germany["active"]), (&json!("Germany"), &Value::Null, &json!(true)));
    let berlin = add(&site, "locations", json!({"name": "Berlin", "parent": "germany"})).await;
    assert_eq!(berlin["parent"], json!({"id": germany["id"], "display": "Germany"}));
    for path in [
        format!("/api/v1/references/locations/{}", berlin["id"].as_str().unwrap()),
        "/api/v1/references/locations/BERLIN".to_owned(),
    ] {
        assert_eq!(site.get(&path).await.json(), berlin, "{path}");
    }
    for (method, path, body, problem) in [
        ("POST", "locations", json!({"name": "BERLIN"}), "conflict"),
        ("POST", "locations", json!({"name": " "}), "invalid-value"),
        ("POST", "locations", json!({"name": "x\ny"}), "invalid-value"),
        ("POST", "locations", json!({"name": "x", "parent": "Nowhere"}), "invalid-value"),
        ("POST", "locations", json!({"nane": "x"}), "invalid-body"),
        ("POST", "users", json!({"name": "Beth", "parent": "x"}), "invalid-value"),
        ("POST", "assets", json!({"name": "x"}), "not-found"),
        ("PATCH", "locations/Germany", json!({"parent": "Berlin"}), "invalid-value"),
        ("PATCH", "locations/Germany", json!({"parent": "Germany"}), "invalid-value"),
        ("PATCH", "locations/Germany", json!({"name": "berlin"}), "conflict"),
        ("PATCH", "locations/Germany", json!({}), "invalid-value"),
        ("PATCH", "locations/Nowhere", json!({"name": "x"}), "not-found"),
        ("DELETE", "locations/Germany", Value::Null, "conflict"),
        ("DELETE", "locations/Nowhere", Value::Null, "not-found"),
    ] {
        let body = Some(body).filter(|body| !body.is_null());
        let reply = site.call(Role::Operator, method, &format!("/api/v1/references/{path}"), body.clone()).await;
        assert_eq!(reply.problem(), problem, "{method} {path} {body:?}");
    }
    let renamed = site
        .call(
            Role::Operator,
            "PATCH",
            "/api/v1/references/locations/Berlin",
            Some(json!({"name": "BERLIN 2", "parent": null, "active": false})),
        )
        .await;
    assert_eq!(
        (&renamed.json()["name"], &renamed.json()["parent"], &renamed.json()["active"]),
        (&json!("BERLIN 2"), &Value::Null, &json!(false))
    );
    let again = add(&site, "locations", json!({"name": "Berlin"})).await;
    assert_ne!(again["id"], berlin["id"], "the name is free again, the record is another one");
    let deleted = site.call(Role::Operator, "DELETE", "/api/v1/references/locations/Germany", None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{deleted:?}");
    assert_eq!(site.get("/api/v1/references/locations/Germany").await.problem(), "not-found");
    let audit = site.get("/api/v1/audit").await.text;
    for action in ["reference.add", "reference.set", "reference.delete"] {
        assert!(audit.contains(action), "{action}");
    }
    assert_eq!(site.get("/api/v1/audit/verify").await.json()["intact"], true);
    let request = http::Request::builder()
        .uri("/api/v1/references/locations")
        .header(header::HOST, HOST)
        .header(header::ACCEPT, "text/csv")
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Viewer)));
    let csv = site.send(request.body(axum::body::Body::empty()).unwrap()).await.text;
    assert!(csv.starts_with("id,name,parent,active,") && csv.lines().count() == 3, "{csv}");
}

#[tokio::test]
async fn fields_and_queries_know_a_record_at_once() {
    let site = Site::new().await;
    add(&site, "locations", json!({"name": "Germany"})).await;
    add(&site, "locations", json!({"name": "Berlin", "parent": "Germany"})).await;
    add(&site, "models", json!({"name": "ThinkPad T14"})).await;
    let id = asset(&site, json!({"asset_tag": "P1", "location": "berlin", "model": "thinkpad t14"})).await;
    asset(&site, json!({"asset_tag": "P2"})).await;
    let shown = site.get(&format!("/api/v1/assets/{id}")).await.json();
    assert_eq!((&shown["location"]["display"], &shown["display_name"]), (&json!("Berlin"), &json!("P1 - ThinkPad T14")));
    let check = async |query: &str, found: usize, warnings: usize| {
        let page = site.get(&format!("/api/v1/assets?sysparm_query={query}")).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
        assert_eq!(page.get("warnings").map_or(0, |warnings| warnings.as_array().unwrap().len()), warnings, "{query}: {page}");
    };
    check("location.name%3DBerlin", 1, 0).await;
    check("location.parent.name%3DGermany", 1, 0).await;
    check("location.parentLIKEgerm", 1, 0).await;
    check("location.name%3DNowhere", 0, 1).await;
    check("location%3Dnowhere", 0, 1).await;
    check("assigned_toDYNAMIC90d1921e5f510100a9ad2572f2b477fe", 0, 1).await;
    let deleted = site.call(Role::Operator, "DELETE", "/api/v1/references/locations/Berlin", None).await;
    assert_eq!(deleted.problem(), "conflict");
    assert!(deleted.json()["detail"].as_str().unwrap().contains(&format!("asset {id} (P1)")), "{deleted:?}");
    site.call(Role::Operator, "PATCH", "/api/v1/references/locations/Berlin", Some(json!({"name": "Berlin HQ"}))).await;
    check("location.name%3DBerlin HQ".replace(' ', "%20").as_str(), 1, 0).await;
    site.call(Role::Operator, "PATCH", &format!("/api/v1/assets/{id}"), Some(json!({"location": null}))).await;
    let deleted = site.call(Role::Operator, "DELETE", "/api/v1/references/locations/Berlin%20HQ", None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{deleted:?}");
    check("location.name%3DBerlin%20HQ", 0, 1).await;
}

#[tokio::test]
async fn me_is_the_user_record_of_the_accounts_name() {
    let site = Site::new().await;
    let cookie = site.log_in().await;
    let query = "/api/v1/assets?sysparm_query=assigned_to%3Djavascript:gs.getUserID()";
    let before = site.page(query, Some(&cookie)).await.json();
    assert_eq!(before["warnings"].as_array().unwrap().len(), 1, "there is no such record: {before}");
    add(&site, "users", json!({"name": "Anna"})).await;
    asset(&site, json!({"asset_tag": "P1", "assigned_to": "anna"})).await;
    let mine = site.page(query, Some(&cookie)).await.json();
    assert_eq!((mine["items"].as_array().unwrap().len(), mine.get("warnings")), (1, None));
    let tokens = site.get(query).await.json();
    assert_eq!((tokens["items"].as_array().unwrap().len(), tokens["warnings"].as_array().unwrap().len()), (0, 1));
}
