//! Every number of the status has an explanation, and the forecast and the report follow from the runs.

use super::super::testing::Site;
use crate::store::records::Role;
use http::StatusCode;
use muster_license::Report;
use serde_json::{Value, json};

/// The ids of every number and of every time in a status document; an application's go by its name.
fn numbers(prefix: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                numbers(&if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") }, value, found);
            }
        }
        Value::Array(items) if prefix == "applications" => {
            for item in items {
                numbers(&format!("applications.{}", item["name"].as_str().unwrap()), item, found);
            }
        }
        Value::Number(_) => found.push(prefix.to_owned()),
        Value::String(text) if prefix.ends_with("_at") && text.contains('T') => found.push(prefix.to_owned()),
        _ => {}
    }
}

async fn explain(site: &Site, id: &str) -> Value {
    let reply = site.get(&format!("/api/v1/explain/{}", id.replace(' ', "%20"))).await;
    assert_eq!(reply.status, StatusCode::OK, "{id} has no explanation: {reply:?}");
    reply.json()
}

#[tokio::test]
async fn every_number_of_the_status_has_an_explanation() {
    let site = Site::new().await;
    for _ in 0..3 {
        let body = json!({"install_status": 1, "model_category": "Computer"});
        site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await;
    }
    let application = json!({"named_limit": 2, "floating_limit": 3});
    site.call(Role::Owner, "PUT", "/api/v1/applications/Incident%20Management", Some(application)).await;
    site.license(1, 2).await;
    let status = site.get("/status").await.json();
    assert_eq!(status["state"], "grace");
    let mut ids = Vec::new();
    numbers("", &status, &mut ids);
    assert!(ids.len() > 20 && ids.iter().any(|id| id == "compliance.days_left"), "{ids:?}");
    let listed = site.get("/api/v1/explain?limit=1000").await.json().to_string();
    for id in ids {
        let explanation = explain(&site, &id).await;
        let place = format!("/{}", id.replace('.', "/"));
        if !id.starts_with("applications.") {
            assert_eq!(Some(&explanation["value"]), status.pointer(&place), "{id}");
        }
        assert!(explanation["rule"].as_str().unwrap().ends_with('.') && listed.contains(&format!("\"{id}\"")), "{explanation}");
    }
    let over = explain(&site, "over_by").await;
    assert_eq!((&over["id"], &over["value"]), (&json!("compliance.over_by"), &json!(1)));
    assert_eq!(
        over["inputs"],
        json!([{"name": "compliance.asset_count", "value": 3}, {"name": "compliance.asset_limit", "value": 2}])
    );
    let source =
        json!({"run": 1, "license_serial": 1, "query": "install_statusNOT IN2,7,10", "null_mode": "sql", "reconciliation": null});
    assert_eq!(over["source"], source);
    assert_eq!(over["rows"][0]["command"], "muster-collector asset list --query 'install_statusNOT IN2,7,10'");
    let rows = site.get(over["rows"][0]["path"].as_str().unwrap()).await.json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 3, "the path shows the rows");
    assert_eq!(site.get("/api/v1/explain/no_such_number").await.problem(), "not-found");
}

#[tokio::test]
async fn numbers_of_the_overview_lead_to_their_explanation() {
    let site = Site::new().await;
    site.license(1, 2).await;
    let cookie = site.log_in().await;
    let application = json!({"named_limit": 2, "floating_limit": 3});
    site.call(Role::Owner, "PUT", "/api/v1/applications/A%20%3Cb%3E", Some(application)).await;
    let page = async |path: &str| {
        let reply = site.page(path, Some(&cookie)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {reply:?}");
        reply.text
    };
    let list = page("/explain").await;
    let mut found = 0;
    for from in ["/status", "/applications/A%20%3Cb%3E", "/compliance", "/units"] {
        let text = page(from).await;
        let links: Vec<&str> = text.split("href=\"/explain/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(links.len() > 1, "{from}: {text}");
        found += links.len();
        for link in links {
            let why = page(&format!("/explain/{link}")).await;
            assert!(why.contains("<h1>Why <code>") && why.contains("muster-collector "), "{why}");
            assert!(list.contains(&format!("/explain/{link}\"")), "{link}");
        }
    }
    assert!(found > 12, "{found}");
    let count = page("/explain/compliance.asset_count").await;
    assert!(count.contains("is 0</h1>") && count.contains("href=\"/assets?sysparm_query="), "{count}");
    assert_eq!(site.page("/explain/no_such_number", Some(&cookie)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_input_of_a_rule_is_there() {
    let site = Site::new().await;
    site.license(1, 2).await;
    let ids = site.get("/api/v1/explain?limit=1000").await.json();
    let document = site.get("/status").await.json();
    let run = site.get("/api/v1/compliance/runs/1").await.json();
    let forecast = site.get("/api/v1/compliance/forecast").await.json();
    let single = |id: &&Value| !id["id"].as_str().unwrap().contains("{id}");
    for id in ids["items"].as_array().unwrap().iter().filter(single) {
        for input in explain(&site, id["id"].as_str().unwrap()).await["inputs"].as_array().unwrap() {
            let name = input["name"].as_str().unwrap();
            let (document, path) = match name.split_once('.') {
                Some(("run", rest)) => (&run, rest),
                Some(("forecast", rest)) => (&forecast, rest),
                _ => (&document, name),
            };
            let place = format!("/{}", path.replace('.', "/"));
            assert!(
                document.pointer(&place).is_some() || name.starts_with("applications."),
                "{id} names {name}, which is nowhere"
            );
        }
    }
}

#[tokio::test]
async fn a_forecast_says_when_there_is_too_little_to_say() {
    let site = Site::new().await;
    let forecast = async || site.get("/api/v1/compliance/forecast").await.json();
    assert_eq!(forecast().await["outlook"], "unlicensed");
    site.license(1, 2).await;
    let few = forecast().await;
    assert_eq!((&few["outlook"], &few["nights"], &few["asset_limit"]), (&json!("too_few_nights"), &json!(0), &json!(2)));
    for wrong in ["13", "367", "x"] {
        assert_eq!(site.get(&format!("/api/v1/compliance/forecast?nights={wrong}")).await.problem(), "invalid-value");
    }
}

#[tokio::test]
async fn a_report_is_signed_and_holds_what_was_counted() {
    let site = Site::new().await;
    site.license(1, 2).await;
    site.call(Role::LicenseAdmin, "POST", "/api/v1/compliance/runs", None).await;
    let reply = site.call(Role::LicenseAdmin, "GET", "/api/v1/compliance/report", None).await;
    assert_eq!(reply.header("content-type"), "application/json");
    let report = Report::read(&reply.text).unwrap();
    let facts = report.facts;
    assert_eq!(facts.runs.iter().map(|run| run.kind.as_str()).collect::<Vec<_>>(), ["key", "manual"]);
    assert_eq!((facts.keys.len(), facts.keys[0].serial, facts.queries.len()), (1, 1, 1));
    assert_eq!((facts.state.as_str(), facts.audit.broken_at), ("compliant", None));
    assert!(facts.audit.entries > 0 && facts.audit.head.is_some());
    assert_eq!(site.call(Role::Viewer, "GET", "/api/v1/compliance/report", None).await.status, StatusCode::FORBIDDEN);
}

/// A model with two installs and rights for one of them, reconciled.
async fn reconciled() -> (Site, Value) {
    let site = Site::new().await;
    site.license(1, 500).await;
    let put = async |path: &str, body: Value| {
        let reply = site.call(Role::LicenseAdmin, "POST", path, Some(body)).await;
        assert!(reply.status.is_success(), "{path}: {reply:?}");
        reply.json()
    };
    let model = put("/api/v1/models", json!({"publisher": "Acme", "product": "Draw"})).await;
    let entitlement = put(
        "/api/v1/entitlements",
        json!({"software_model": model["id"], "metric_group": "Common", "license_metric": "User CAL", "purchased_rights": 3,
            "unit_cost": "100", "currency": "EUR"}),
    )
    .await;
    put(&format!("/api/v1/entitlements/{}/publish", entitlement["id"].as_str().unwrap()), json!({})).await;
    put("/api/v1/client-access-records", json!({"software_model": model["id"], "user_count": 5})).await;
    let run = put("/api/v1/reconciliations", json!({})).await;
    assert_eq!((&run["state"], &run["not_compliant"]), (&json!("done"), &json!(1)), "{run:#}");
    (site, run)
}

/// Every number id of a document, with the value that stands in it.
fn ids(document: &Value) -> Vec<(String, Value)> {
    let numbers = document["numbers"].as_object().unwrap_or_else(|| panic!("{document:#}"));
    numbers.iter().map(|(member, id)| (id.as_str().unwrap().to_owned(), document[member].clone())).collect()
}

#[tokio::test]
async fn every_number_of_a_reconciliation_has_an_explanation() {
    let (site, run) = reconciled().await;
    let positions = site.get("/api/v1/reconciliations/latest/positions").await.json();
    let positions = positions["items"].as_array().unwrap();
    let tiers: Vec<&str> = positions.iter().map(|one| one["tier"].as_str().unwrap()).collect();
    assert_eq!(tiers, ["product", "model", "metric"]);
    let top = format!("/api/v1/reconciliations/latest/positions/{}/remedies", positions[0]["id"].as_str().unwrap());
    let remedies = site.get(&top).await.json();
    let remedies = remedies["items"].as_array().unwrap();
    assert!(!remedies.is_empty());
    let mut seen = 0;
    for document in positions.iter().chain(remedies).chain([&run]) {
        for (id, value) in ids(document) {
            let explanation = explain(&site, &id).await;
            assert_eq!((&explanation["id"], &explanation["value"]), (&json!(id), &value), "{explanation:#}");
            assert!(explanation["rule"].as_str().unwrap().ends_with('.'), "{explanation:#}");
            assert_eq!(explanation["source"]["reconciliation"], 1, "{explanation:#}");
            let rows = explanation["rows"].as_array().unwrap();
            assert!(!rows.is_empty(), "{explanation:#}");
            for row in rows {
                let path = row["path"].as_str().unwrap();
                assert_eq!(site.get(path).await.status, StatusCode::OK, "{id}: {path}");
            }
            seen += 1;
        }
    }
    assert!(seen > 70, "{seen}");
    // Numbers that a document shows and nobody explains are missed ones.
    for document in positions.iter().chain(remedies).chain([&run]) {
        let named = document["numbers"].as_object().unwrap();
        let beside = ["run", "id"];
        let is_number = |(name, value): &(&String, &Value)| value.is_number() && !beside.contains(&name.as_str());
        for (name, _) in document.as_object().unwrap().iter().filter(is_number) {
            assert!(named.contains_key(name), "{name} has no id: {document:#}");
        }
    }
}

#[tokio::test]
async fn an_explanation_leads_from_a_product_to_the_price_of_a_right() {
    let (site, _) = reconciled().await;
    let product = explain(&site, "positions.1-0.true_up").await;
    assert_eq!(product["value"], json!({"EUR": "200"}), "{product:#}");
    assert_eq!(product["inputs"], json!([{"name": "positions.1-1.true_up", "value": {"EUR": "200"}}]));
    let metric = explain(&site, "positions.1-2.true_up").await;
    let inputs = json!([
        {"name": "positions.1-2.needed", "value": 2},
        {"name": "positions.1-2.average_price", "value": {"EUR": "100"}}
    ]);
    assert_eq!(metric["inputs"], inputs, "{metric:#}");
    assert!(metric["why"].as_str().unwrap().contains("2 more are needed, for 200.00 EUR"), "{metric:#}");
    let price = explain(&site, "positions.1-2.average_price").await;
    assert!(price["rows"][0]["path"].as_str().unwrap().starts_with("/api/v1/entitlements/"), "{price:#}");
    let listed = site.get("/api/v1/explain?limit=1000").await.json().to_string();
    assert!(listed.contains("positions.{id}.true_up") && listed.contains("removal-candidates.{id}.rights"));
    for nothing in ["positions.1-99.owned", "positions.9-0.owned", "positions.1-0.colour", "reconciliations.7.products"] {
        assert_eq!(site.get(&format!("/api/v1/explain/{nothing}")).await.problem(), "not-found", "{nothing}");
    }
}

#[tokio::test]
async fn numbers_of_reconciliations_are_refused_without_a_licence() {
    let site = Site::new().await;
    let refused = site.get("/api/v1/explain/positions.1-0.owned").await;
    assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::FORBIDDEN, "license-disabled"));
    assert_eq!(site.get("/api/v1/explain/compliance.asset_count").await.status, StatusCode::OK);
}
