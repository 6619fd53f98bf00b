//! Rules of normalisation, licence metrics and factor tables through the API: who may, what is refused, files in and out.

use super::{
    super::testing::{HOST, Reply, Site},
    record_files::{import, refused, site, sums},
};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

const RULES: &str = "/api/v1/software/rules";
const TEST: &str = "/api/v1/software/rules/test";
const OWN: &str = "/api/v1/normalization-rules";

async fn csv(site: &Site, path: &str) -> String {
    let request = Request::get(path)
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Viewer)))
        .header(header::ACCEPT, "text/csv");
    let reply = site.send(request.body(Body::empty()).unwrap()).await;
    assert!(reply.status == StatusCode::OK && reply.header("content-type").starts_with("text/csv"), "{path}: {reply:?}");
    reply.text
}

/// A change under `If-Match`.
async fn patch(site: &Site, path: &str, tag: &str, body: Value) -> Reply {
    let request = Request::patch(path)
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::LicenseAdmin)))
        .header(header::IF_MATCH, tag)
        .header(header::CONTENT_TYPE, "application/json");
    site.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn draw() -> Value {
    json!({"name": "our-draw", "name_operator": "starts with", "name_pattern": "acme draw", "publisher": "Acme", "product": "Draw"})
}

#[tokio::test]
async fn every_route_has_its_role_and_is_refused_without_a_licence() {
    let table = "/api/v1/factors/oracle.core";
    let routes = [
        (Role::Viewer, "GET", RULES, None),
        (Role::Operator, "POST", TEST, Some(json!({"name": "Acme Draw 7"}))),
        (Role::Viewer, "GET", "/api/v1/software/unrecognised", None),
        (Role::Viewer, "GET", "/api/v1/software/products", None),
        (Role::Viewer, "GET", "/api/v1/metrics", None),
        (Role::Viewer, "GET", "/api/v1/factors", None),
        (Role::Viewer, "GET", table, None),
        (Role::LicenseAdmin, "PUT", table, Some(json!({"rows": []}))),
        (Role::LicenseAdmin, "DELETE", table, None),
        (Role::LicenseAdmin, "POST", OWN, Some(draw())),
    ];
    let unlicensed = Site::new().await;
    let site = site().await;
    for (least, method, path, body) in routes {
        let refused = unlicensed.call(Role::Owner, method, path, body.clone()).await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::FORBIDDEN, "license-disabled"), "{method} {path}");
        for role in [Role::Application, Role::Viewer, Role::Operator, Role::LicenseAdmin, Role::Owner] {
            let reply = site.call(role, method, path, body.clone()).await;
            assert_eq!(reply.status == StatusCode::FORBIDDEN, role < least, "{method} {path} as {role:?}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn a_rule_of_the_site_goes_before_those_of_the_product() {
    let site = site().await;
    let made = site.call(Role::LicenseAdmin, "POST", OWN, Some(draw())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let rules = site.get(&format!("{RULES}?limit=2")).await.json();
    assert_eq!((&rules["items"][0]["rule"], &rules["items"][0]["origin"]), (&json!("our-draw"), &json!("site")), "{rules:#}");
    assert_eq!(rules["items"][1]["origin"], "built-in");
    let more = site.get(&format!("{RULES}?limit=2&cursor={}", rules["next"].as_str().unwrap())).await.json();
    assert_ne!(more["items"][0]["rule"], rules["items"][1]["rule"]);

    let software = json!({"name": "Acme Draw 7", "version": "7.1", "publisher": "ACME GmbH"});
    let tested = async || site.call(Role::Operator, "POST", TEST, Some(software.clone())).await.json();
    let won = tested().await;
    assert_eq!((&won["normalised"]["product"], &won["normalised"]["rule"]), (&json!("Draw"), &json!("our-draw")), "{won:#}");
    assert_eq!(won["steps"], json!([{"rule": "our-draw", "verdict": "won", "at": null, "expected": null, "found": null}]));

    // One that is off is passed over; who changes what another one changed is told.
    let id = format!("{OWN}/{}", made.json()["id"].as_str().unwrap());
    let tag = site.get(&id).await.header("etag").to_owned();
    let off = patch(&site, &id, &tag, json!({"active": false})).await;
    assert_eq!(off.status, StatusCode::OK, "{off:?}");
    assert_eq!(tested().await["steps"][0]["verdict"], "off");
    assert_ne!(off.header("etag"), tag);
    let late = patch(&site, &id, &tag, json!({"active": true})).await;
    assert!(late.status == StatusCode::CONFLICT || late.status == StatusCode::PRECONDITION_FAILED, "{late:?}");
    assert_eq!(patch(&site, &id, "\"x\"", json!({"active": true})).await.problem(), "invalid-value");
}

#[tokio::test]
async fn what_is_wrong_with_a_test_or_a_rule_is_told() {
    let site = site().await;
    let long = "x".repeat(1_001);
    for (body, part) in [
        (json!({"name": "  "}), "name is empty"),
        (json!({"name": long}), "name is longer than 1000"),
        (json!({"name": "x", "version": long}), "version is longer"),
        (json!({"name": "x", "publisher": long}), "publisher is longer"),
        (json!({"name": "x", "source": long}), "source is longer"),
        (json!({"name": "x", "colour": "red"}), "colour"),
        (json!({"version": "1"}), "name"),
        (json!({"name": 7}), "name"),
        (json!([]), ""),
    ] {
        let reply = site.call(Role::Operator, "POST", TEST, Some(body.clone())).await;
        assert!(reply.status.is_client_error() && reply.json()["detail"].as_str().unwrap().contains(part), "{body}: {reply:?}");
    }
    for (change, part) in [
        (json!({"name_operator": "matches", "name_pattern": "("}), "name_pattern"),
        (json!({"order": 0}), "order"),
        (json!({"product": null}), "product"),
        (json!({"product_type": "Edible"}), "product_type"),
    ] {
        let mut body = draw();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let reply = site.call(Role::LicenseAdmin, "POST", OWN, Some(body)).await;
        assert!(reply.problem() == "invalid-value" && reply.text.contains(part), "{change}: {reply:?}");
    }
    assert_eq!(site.get(&format!("{RULES}?limit=0")).await.problem(), "invalid-value");
    assert_eq!(site.get(&format!("{RULES}?cursor=%21")).await.problem(), "invalid-value");
}

#[tokio::test]
async fn rules_go_out_and_come_in_as_files() {
    let site = site().await;
    let file =
        "name,order,name_operator,name_pattern,publisher,product\nr-1,5,starts with,acme draw,Acme,Draw\nr-2,x,is,y,Acme,Write\n";
    let told = import(&site, "normalization-rules", "", file).await;
    assert_eq!(sums(&told), [2, 1, 0, 0, 1], "{told:?}");
    assert_eq!((refused(&told)[0].0, refused(&told)[0].1), (3, "order"), "{told:?}");
    let shown = csv(&site, &format!("{RULES}?limit=1")).await;
    assert!(shown.starts_with("order,rule,origin,active,if,then,note\r\n5,r-1,site,true,"), "{shown}");
    let own = csv(&site, OWN).await;
    assert_eq!(sums(&import(&site, "normalization-rules", "", &own).await), [1, 0, 0, 1, 0], "{own}");
    let metrics = csv(&site, "/api/v1/metrics?group=common&limit=1000").await;
    assert!(
        metrics.starts_with("group,metric,pack,on,description,formula\r\n") && metrics.contains("Common,Per Core,"),
        "{metrics}"
    );
    let factors = csv(&site, "/api/v1/factors").await;
    assert!(factors.starts_with("table,changed,check,source\r\n") && factors.contains("\r\noracle.core,false,"), "{factors}");
    assert_eq!(site.get("/api/v1/metrics?group=nobody").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_changed_factor_table_is_what_the_next_run_computes_with() {
    let site = site().await;
    let put = async |path: &str, body: Value| {
        let reply = site.call(Role::LicenseAdmin, "POST", path, Some(body)).await;
        assert!(reply.status.is_success(), "{path}: {reply:?}");
        reply.json()
    };
    let model = put("/api/v1/models", json!({"publisher": "SAP", "product": "Digital Access"})).await["id"].clone();
    let fields =
        json!({"software_model": model, "metric_group": "SAP", "license_metric": "Digital Access", "purchased_rights": 500});
    let entitlement = put("/api/v1/entitlements", fields).await;
    put(&format!("/api/v1/entitlements/{}/publish", entitlement["id"].as_str().unwrap()), json!({})).await;
    let counts = json!({"software_model": model, "document_type": "Material", "document_count": 1000});
    put("/api/v1/document-counts", counts).await;
    let needed = async || {
        put("/api/v1/reconciliations", json!({})).await;
        let metrics = site.get("/api/v1/reconciliations/latest/positions?tier=metric").await.json();
        (metrics["items"][0]["used"].clone(), metrics["items"][0]["needed"].clone())
    };
    assert_eq!(needed().await, (json!(200), json!(0)));

    let path = "/api/v1/factors/sap.documents";
    let mut table = site.get(path).await.json()["in_force"].clone();
    let row = table["rows"].as_array_mut().unwrap().iter_mut().find(|row| row["name"] == "material").unwrap();
    assert_eq!(row["factor"], "0.2", "{row}");
    row["factor"] = json!("1");
    let changed = site.call(Role::LicenseAdmin, "PUT", path, Some(table)).await;
    assert_eq!((changed.status, &changed.json()["changed"]), (StatusCode::OK, &json!(true)), "{changed:?}");
    assert_eq!(needed().await.1, json!(500));
    let reset = site.call(Role::LicenseAdmin, "DELETE", path, None).await.json();
    assert_eq!((&reset["changed"], &reset["in_force"]), (&json!(false), &reset["published"]));
    assert_eq!(needed().await, (json!(200), json!(0)));
    let audit = site.get("/api/v1/audit?limit=100").await.text;
    assert!(audit.contains("factor.set") && audit.contains("factor.reset"), "{audit}");

    for (table, body, problem) in [
        ("no.such", json!({"rows": []}), "not-found"),
        ("sap.documents", json!({"value": 1}), "invalid-value"),
        ("sap.documents", json!({"rows": [{"name": "material", "factor": "-1"}]}), "invalid-value"),
        ("sap.documents", json!({"rows": [{"name": "material", "factor": "1"}], "colour": 1}), "invalid-value"),
        ("sap.documents", json!(7), "invalid-value"),
    ] {
        let reply = site.call(Role::LicenseAdmin, "PUT", &format!("/api/v1/factors/{table}"), Some(body.clone())).await;
        assert_eq!(reply.problem(), problem, "{table} {body}");
    }
    assert_eq!(site.get("/api/v1/factors/no.such").await.problem(), "not-found");
    assert_eq!(site.get(path).await.json()["changed"], false, "what is refused changes nothing");
}
