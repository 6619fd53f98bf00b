//! The audit log by the API: found by who, what and when, and exported as a whole.

use super::super::testing::{HOST, Reply, Site};
use crate::{
    chain::Walk,
    store::records::{AuditEntry, Role},
};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

async fn site(entries: u32) -> Site {
    let site = Site::new().await;
    for number in 0..entries {
        let entry = AuditEntry {
            at: site.context.now(),
            actor: if number % 10 == 3 { "user:ida".to_owned() } else { "token:x".to_owned() },
            action: "asset.edit".to_owned(),
            subject: format!("=P{number}"),
            detail: json!({"n": number}),
        };
        site.stores.audit.append(entry).await.unwrap();
    }
    site
}

async fn get(site: &Site, path: &str, accept: &str) -> Reply {
    let request = Request::builder()
        .uri(path)
        .header(header::HOST, HOST)
        .header(header::ACCEPT, accept)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Viewer)));
    site.send(request.body(axum::body::Body::empty()).unwrap()).await
}

#[tokio::test]
async fn entries_are_found_by_who_what_and_when() {
    let site = site(2_500).await;
    for (query, expected) in [
        ("actor=USER:ida", 250),
        ("action=asset.&actor=ida", 250),
        ("subject=%3DP2499", 1),
        ("actor=nobody", 0),
        ("since=2026-11-21T20:00:01Z", 0),
        ("until=2026-11-21T20:00:00Z", 0),
        ("actor=ida&since=2026-11-21T20:00:00Z&until=2026-11-21T20:00:01Z", 250),
    ] {
        let (mut seen, mut cursor): (Vec<Value>, String) = Default::default();
        loop {
            let page = get(&site, &format!("/api/v1/audit?{query}&limit=100{cursor}"), "application/json").await;
            assert_eq!(page.status, StatusCode::OK, "{query}: {page:?}");
            let page = page.json();
            seen.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), expected, "{query}");
        assert!(seen.is_sorted_by(|one, next| one["number"].as_u64() > next["number"].as_u64()), "newest first, each once");
    }
    assert_eq!(get(&site, "/api/v1/audit?since=yesterday", "application/json").await.problem(), "invalid-value");
}

#[tokio::test]
async fn the_whole_log_is_exported_and_its_chain_holds() {
    let site = site(2_500).await;
    let verified = site.get("/api/v1/audit/verify").await.json();
    let entries = verified["entries"].as_u64().unwrap();
    let lines = get(&site, "/api/v1/audit/export", "*/*").await;
    assert_eq!((lines.status, lines.header("content-type")), (StatusCode::OK, "application/x-ndjson"));
    let mut walk = Walk::default();
    assert_eq!(lines.text.lines().try_for_each(|line| walk.step(line)), Ok(()));
    assert_eq!((walk.entries(), entries > 2_500), (entries, true));
    let newest = site.get("/api/v1/audit?limit=1").await.json();
    assert_eq!(newest["items"][0]["hash"], walk.hash());
    assert_eq!(verified["hash"], walk.hash());

    let csv = get(&site, "/api/v1/audit/export", "text/csv").await;
    assert_eq!(csv.text.lines().count() as u64, entries + 1, "and a line of names");
    assert!(csv.text.contains(",'=P7,"), "no cell is a formula");
    let some = get(&site, "/api/v1/audit/export?actor=ida", "text/csv").await;
    assert_eq!(some.text.lines().count(), 251);
    assert_eq!(get(&site, "/api/v1/audit/export?actor=ida", "*/*").await.problem(), "invalid-value", "its chain could not hold");
}
