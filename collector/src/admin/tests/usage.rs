//! Lists of use and of seats, page by page and with their filters.

use super::super::testing::{HOST, Reply, Site};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

async fn application(site: &Site, name: &str, fields: Value) {
    let reply = site.call(Role::LicenseAdmin, "PUT", &format!("/api/v1/applications/{name}"), Some(fields)).await;
    assert!(reply.status.is_success(), "{reply:?}");
}

async fn check_out(site: &Site, application: &str, user: &str, host: &str) {
    let wish = json!({"application": application, "user": user, "client_ip": "10.0.0.1", "host": host});
    let reply = site.call(Role::Operator, "POST", "/api/v1/checkouts", Some(wish)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
}

async fn csv(site: &Site, address: &str) -> Reply {
    let request = Request::get(address)
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", site.token(Role::Owner)))
        .header(header::ACCEPT, "text/csv");
    site.send(request.body(Body::empty()).unwrap()).await
}

/// Every row of a table, following the links from page to page.
async fn rows(site: &Site, address: &str) -> Vec<String> {
    let (mut address, mut rows) = (address.to_owned(), Vec::new());
    for _ in 0..20 {
        let page = csv(site, &address).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        rows.extend(page.text.lines().skip(1).map(str::to_owned));
        let Some(link) = page.headers.get(header::LINK) else { return rows };
        let link = link.to_str().unwrap();
        address = link.strip_prefix('<').and_then(|link| link.split_once('>')).unwrap().0.to_owned();
    }
    panic!("more pages than there are rows");
}

#[tokio::test]
async fn a_table_goes_on_with_what_was_asked_for() {
    let site = Site::new().await;
    site.license(1, 500).await;
    for name in ["CAD%20%26%20Co", "BIM"] {
        application(&site, name, json!({})).await;
    }
    for user in ["ann", "bob", "cem"] {
        check_out(&site, "CAD & Co", user, "ws").await;
        check_out(&site, "BIM", user, "ws").await;
    }
    for (address, expected) in [
        ("/api/v1/checkouts?application=CAD%20%26%20Co&limit=1", 3),
        ("/api/v1/usage/now?limit=1&application=cad+%26+co", 3),
        ("/api/v1/usage/now?limit=4", 6),
        ("/api/v1/applications?limit=1", 2),
        ("/api/v1/usage?application=BIM&limit=1&from=2026-11-21&to=2026-11-21", 2),
    ] {
        assert_eq!(rows(&site, address).await.len(), expected, "{address}");
    }
}

#[tokio::test]
async fn two_seats_of_one_user_and_instant_are_two() {
    let site = Site::new().await;
    site.license(1, 500).await;
    application(&site, "CAD", json!({"sharing": ["user", "client_ip", "host"]})).await;
    for host in ["a", "b", "c"] {
        check_out(&site, "CAD", "ann", host).await;
    }
    assert_eq!(rows(&site, "/api/v1/usage/now?application=CAD&limit=1").await.len(), 3);
}

#[tokio::test]
async fn lists_of_use_know_their_applications_and_count_their_days() {
    let site = Site::new().await;
    site.license(1, 500).await;
    application(&site, "CAD", json!({})).await;
    for list in ["usage", "usage/denials", "usage/hours", "usage/now"] {
        let known = site.get(&format!("/api/v1/{list}?application=cad")).await;
        assert_eq!(known.status, StatusCode::OK, "{list}: {known:?}");
        let unknown = site.get(&format!("/api/v1/{list}?application=ERP")).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{list}: {unknown:?}");
    }
    for (list, to, most, first_of_most, one_more) in [
        ("usage", "2026-11-21", 3660, "2016-11-14", "2016-11-13"),
        ("usage/denials", "2026-11-21", 3660, "2016-11-14", "2016-11-13"),
        ("usage/hours", "2026-11-21", 400, "2025-10-18", "2025-10-17"),
    ] {
        let most_days = site.get(&format!("/api/v1/{list}?from={first_of_most}&to={to}")).await;
        assert_eq!(most_days.status, StatusCode::OK, "{list}: {most_days:?}");
        let refused = site.get(&format!("/api/v1/{list}?from={one_more}&to={to}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{list}: {refused:?}");
        assert!(refused.text.contains(&format!("at most {most} days")), "{refused:?}");
    }
}
