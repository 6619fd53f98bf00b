//! Assets through the API.

use super::super::testing::Site;
use crate::admin::{
    api::assets::Search,
    auth::{Principal, Proof},
};
use crate::store::records::Role;
use http::{StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn make(site: &Site, fields: Value) -> String {
    let made = site.call(Role::Operator, "POST", "/api/v1/assets", Some(fields)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/api/v1/assets/{id}"));
    id
}

#[tokio::test]
async fn an_asset_is_made_shown_and_changed() {
    let site = Site::new().await;
    let id = make(&site, json!({"asset_tag": "P1", "install_status": 1, "model_category": "Computer"})).await;
    let path = format!("/api/v1/assets/{id}");
    let shown = site.get(&path).await.json();
    assert_eq!((shown["id"].as_str(), shown["sys_id"].as_str()), (Some(id.as_str()), Some(id.as_str())));
    assert_eq!(shown["model_category"]["display"], "Computer");
    assert_eq!((&shown["sys_class_name"], &shown["quantity"]), (&json!("alm_hardware"), &json!(1)));
    assert_eq!((&shown["asset_tag"], &shown["serial_number"]), (&json!("P1"), &Value::Null));

    // The product has no licence: a change of state is never refused.
    let changed = site.call(Role::Operator, "PATCH", &path, Some(json!({"install_status": "Retired", "asset_tag": null}))).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!((&changed.json()["install_status"], &changed.json()["asset_tag"]), (&json!(7), &Value::Null));
    let category = shown["model_category"].clone();
    let same = site.call(Role::Operator, "PATCH", &path, Some(json!({"model_category": category}))).await;
    assert_eq!(same.json()["model_category"]["display"], "Computer", "what is given out is taken in");

    for wrong in [json!({}), json!({"sys_id": "x"}), json!({"substatus": "lost"}), json!({"quantity": 0})] {
        assert_eq!(site.call(Role::Operator, "PATCH", &path, Some(wrong.clone())).await.problem(), "invalid-value", "{wrong}");
    }
    let audit = site.get("/api/v1/audit").await.text;
    assert!(audit.contains("asset.create") && audit.contains("asset.edit"), "{audit}");
    assert_eq!(site.get("/api/v1/audit/verify").await.json()["intact"], true);
}

#[tokio::test]
async fn queries_find_and_pages_follow_each_other() {
    let site = Site::new().await;
    let mut in_use = BTreeSet::new();
    for number in 0..23 {
        let state = if number % 3 == 0 { 7 } else { 1 };
        let id = make(&site, json!({"serial_number": format!("S{number:02}"), "install_status": state})).await;
        if state == 1 {
            in_use.insert(id);
        }
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = site.get(&format!("/api/v1/assets?sysparm_query=install_status%3D1&limit=4{cursor}")).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 4);
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        pages += 1;
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(pages, in_use.len().div_ceil(4));
    assert_eq!(seen.len(), in_use.len(), "nothing twice");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), in_use);
    for (query, expected) in [("", 23), ("install_statusNOT%20IN2,7,10", 15), ("serial_number=S05", 1), ("serial_number=none", 0)]
    {
        let found = site.get(&format!("/api/v1/assets?limit=1000&sysparm_query={query}")).await.json();
        assert_eq!(found["items"].as_array().unwrap().len(), expected, "{query}");
    }
}

#[tokio::test]
async fn ordered_pages_follow_each_other() {
    let site = Site::new().await;
    for number in 0..23_u32 {
        // Two of each, so that the order alone does not tell them apart.
        make(&site, json!({"asset_tag": format!("P{}", number * 7 % 23 / 2), "serial_number": format!("S{number}")})).await;
    }
    for (order, down) in [("ORDERBYasset_tag", false), ("ORDERBYDESCasset_tag", true)] {
        let whole = site.get(&format!("/api/v1/assets?limit=1000&sysparm_query={order}")).await.json();
        let whole = whole["items"].as_array().unwrap().clone();
        let tags: Vec<&str> = whole.iter().map(|item| item["asset_tag"].as_str().unwrap()).collect();
        assert_eq!(tags.len(), 23);
        assert!(tags.is_sorted_by(|a, b| if down { a >= b } else { a <= b }), "{tags:?}");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = site.get(&format!("/api/v1/assets?limit=4&sysparm_query={order}{cursor}")).await.json();
            seen.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, whole, "{order}");
    }
}

#[tokio::test]
async fn a_page_of_the_console_does_not_look_at_everything() {
    let site = Site::new().await;
    for number in 0..10 {
        make(&site, json!({"serial_number": format!("S{number}")})).await;
    }
    let principal =
        Principal { proof: Proof::Token("t".to_owned()), role: Role::Viewer, applications: Vec::new(), must_change: false };
    // In the order of their ids, which is not that in which they were made.
    let sixth = site.get("/api/v1/assets").await.json()["items"][5]["serial_number"].as_str().unwrap().to_owned();
    // Whether it is found among those looked at, and whether there is more to look at: four, four, and the rest.
    for (query, expected) in [
        (format!("serial_number={sixth}").as_str(), vec![(0, true), (1, true), (0, false)]),
        ("serial_number=none", vec![(0, true), (0, true), (0, false)]),
        ("serial_numberSTARTSWITHS", vec![(2, false), (2, false), (2, false), (2, false), (2, false)]),
    ] {
        let search = Search::of(&site.context, &principal, query).await.unwrap().unwrap();
        let (mut pages, mut cursor) = (Vec::new(), None);
        loop {
            let seen = search.seen(&site.context, 2, 4, cursor).await.unwrap();
            pages.push((seen.assets.len(), seen.stopped));
            cursor = seen.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(pages, expected, "{query}");
    }
}

#[tokio::test]
async fn csv_is_a_table_without_formulas() {
    let site = Site::new().await;
    make(&site, json!({"comments": "=1+1", "model_category": "Computer"})).await;
    let request = http::Request::builder()
        .uri("/api/v1/assets")
        .header(header::HOST, super::super::testing::HOST)
        .header(header::ACCEPT, "text/csv")
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Viewer)));
    let reply = site.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert!(reply.header("content-type").starts_with("text/csv"));
    let lines: Vec<&str> = reply.text.lines().collect();
    assert!(lines[0].starts_with("id,agent,install_status,"));
    assert!(lines[1].contains(",Computer,") && lines[1].contains(",'=1+1,"), "{}", lines[1]);
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn hygiene_is_a_list_as_the_others_are() {
    const PATH: &str = "/api/v1/assets/hygiene";
    let site = Site::new().await;
    for number in 0..7 {
        make(&site, json!({"asset_tag": format!("P{number}"), "install_status": 1, "comments": "=1"})).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = site.get(&format!("{PATH}?class=never_assigned&limit=3{cursor}")).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3 && page["sums"]["never_assigned"] == 7, "{page:#}");
        seen.extend(items.iter().map(|item| item["asset_tag"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, ["P0", "P1", "P2", "P3", "P4", "P5", "P6"]);
    for wrong in ["limit=0", "limit=1001", "cursor=AAAA", "class=none"] {
        assert_eq!(site.get(&format!("{PATH}?{wrong}")).await.problem(), "invalid-value", "{wrong}");
    }
    let request = http::Request::get(format!("{PATH}?limit=2"))
        .header(header::HOST, super::super::testing::HOST)
        .header(header::ACCEPT, "text/csv")
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Viewer)));
    let table = site.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert!(table.header("link").contains("rel=\"next\"") && table.text.lines().count() == 3, "{table:?}");
}

#[tokio::test]
async fn a_field_that_stands_twice_is_refused() {
    let site = Site::new().await;
    let send = async |body: &'static str| {
        let request = http::Request::post("/api/v1/assets")
            .header(header::HOST, super::super::testing::HOST)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Operator)));
        site.send(request.body(axum::body::Body::from(body)).unwrap()).await
    };
    let refused = send(r#"{"asset_tag": "P1", "asset_tag": "P2"}"#).await;
    assert_eq!(refused.problem(), "invalid-body");
    assert!(refused.text.contains("stands twice in one object"), "{refused:?}");
    assert_eq!(send(r#"{"asset_tag": "P1"}"#).await.status, StatusCode::CREATED);
}
