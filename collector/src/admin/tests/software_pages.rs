//! The pages of software asset management as a browser uses them: what every one of them has, whom forms are for, and files.

use super::{
    super::testing::{HOST, Reply, Site, csrf},
    desk::OWN_SCRIPT,
};
use crate::{admin::UPLOAD_BYTES, store::records::Role};
use axum::body::Body;
use http::{Request, StatusCode, header};

/// Every page that is there before anything else is, and the entry of the navigation that it belongs to.
const PAGES: [(&str, &str); 23] = [
    ("/status", "Overview"),
    ("/compliance", "Compliance"),
    ("/agents", "Agents"),
    ("/assets", "Assets"),
    ("/sessions", "Sessions"),
    ("/applications", "Applications"),
    ("/audit", "Audit log"),
    ("/settings", "Settings"),
    ("/settings/null_mode", "Settings"),
    ("/software", "Positions"),
    ("/software/candidates", "Removal candidates"),
    ("/software/runs", "Runs"),
    ("/software/installs", "Products"),
    ("/software/products", "Products"),
    ("/software/unrecognised", "Unrecognised"),
    ("/software/rules", "Rules"),
    ("/software/metrics", "Metrics"),
    ("/software/packs", "Packs"),
    ("/software/factors", "Factors"),
    ("/software/factors/oracle.core", "Factors"),
    ("/records", "All records"),
    ("/records/imports", "Imports"),
    ("/units", "Units"),
];

/// The form of a file, as a browser sends it.
fn upload(cookie: &str, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str("--XyZ--\r\n");
    Request::post(path)
        .header(header::HOST, HOST)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XyZ")
        .body(Body::from(body))
        .unwrap()
}

async fn licensed() -> (Site, String) {
    let site = Site::new().await;
    site.license(1, 100).await;
    let cookie = site.log_in().await;
    (site, cookie)
}

#[tokio::test]
async fn every_page_has_its_navigation_and_needs_no_script() {
    let (site, cookie) = licensed().await;
    for (path, entry) in PAGES {
        let reply = site.page(path, Some(&cookie)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text);
        let text = reply.text;
        assert!(
            !text.replace(OWN_SCRIPT, "").contains("<script") && !text.contains("style=\"") && !text.contains(" onclick="),
            "{path} needs no script"
        );
        let marked: Vec<&str> = text.split(" aria-current=\"").skip(1).filter_map(|rest| rest.split(['>', '<']).nth(1)).collect();
        assert!(marked.contains(&entry), "{path}: {marked:?}");
        for link in [
            "/status",
            "/compliance",
            "/agents",
            "/assets",
            "/sessions",
            "/audit",
            "/software",
            "/records",
            "/units",
            "/console/license",
        ] {
            assert!(text.contains(&format!("<a href=\"{link}\"")), "{path} leads to {link}");
        }
    }
}

#[tokio::test]
async fn forms_are_for_who_may_send_them() {
    let (site, cookie) = licensed().await;
    for (path, _) in PAGES {
        let seen = site.call(Role::Viewer, "GET", path, None).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}");
        assert!(!seen.text.contains("method=\"post\""), "{path}: {}", seen.text);
    }
    for path in ["/software", "/software/rules", "/software/packs", "/software/factors/oracle.core"] {
        let reply = site.page(path, Some(&cookie)).await;
        assert!(reply.text.contains(&format!("method=\"post\" action=\"{path}\"")), "{path}");
        // Without the token of the session nothing is done.
        assert_eq!(site.form(path, Some(&cookie), &[("pack", "Adobe")]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn packs_rules_and_tables_are_switched() {
    let (site, cookie) = licensed().await;
    let token = csrf(&site.page("/software/packs", Some(&cookie)).await);
    let send = async |path: &str, fields: &[(&str, &str)]| {
        site.form(path, Some(&cookie), &[fields, &[("csrf", token.as_str())]].concat()).await
    };
    let lead = |reply: &Reply, to: &str| {
        assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, to), "{}", reply.text);
    };
    for active in ["false", "true", "false"] {
        lead(&send("/software/packs", &[("pack", "Adobe"), ("active", active)]).await, "/software/packs");
    }
    let groups = site.get("/api/v1/metrics?group=Adobe").await.json();
    assert_eq!(groups["items"][0]["on"], false);
    assert_eq!(send("/software/packs", &[("pack", "Nobody"), ("active", "true")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let rules = site.get("/api/v1/software/rules?limit=1").await.json();
    let rule = rules["items"][0]["rule"].as_str().unwrap().to_owned();
    for active in ["false", "true"] {
        let reply = send("/software/rules", &[("rule", &rule), ("active", active), ("search", "a b")]).await;
        lead(&reply, "/software/rules?search=a%20b");
        let rules = site.get("/api/v1/software/rules?limit=1000").await.json();
        let now = rules["items"].as_array().unwrap().iter().find(|one| one["rule"] == rule.as_str()).unwrap().clone();
        assert_eq!((&now["active"], &now["origin"]), (&(active == "true").into(), &"site".into()), "{now}");
    }
    assert_eq!(send("/software/rules", &[("rule", "nobody"), ("active", "true")]).await.status, StatusCode::NOT_FOUND);

    let table = "/software/factors/red_hat.density_threshold";
    lead(&send(table, &[("r0.value", "4.5"), ("source", "our contract")]).await, table);
    let set = site.get("/api/v1/factors/red_hat.density_threshold").await.json();
    assert_eq!((&set["changed"], &set["in_force"]["value"]), (&true.into(), &"4.5".into()), "{set}");
    let wrong = send(table, &[("r0.value", "0"), ("source", "our contract")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("Nothing was saved"), "{}", wrong.text);
    lead(&send(table, &[("reset", "1")]).await, table);
    assert_eq!(site.get("/api/v1/factors/red_hat.density_threshold").await.json()["changed"], false);
}

#[tokio::test]
async fn a_file_comes_with_its_form() {
    let (site, cookie) = licensed().await;
    let path = "/records/models/import";
    let token = csrf(&site.page(path, Some(&cookie)).await);
    let file = ("text", "publisher,product\nAcme,Draw\nAcme,\n");
    for fields in [&[file][..], &[("csrf", "wrong"), file]] {
        assert_eq!(site.send(upload(&cookie, path, fields)).await.status, StatusCode::FORBIDDEN);
    }
    // Only a form that takes files may come so.
    let elsewhere = upload(&cookie, "/software/packs", &[("csrf", &token), ("pack", "Adobe"), ("active", "false")]);
    assert_eq!(site.send(elsewhere).await.status, StatusCode::FORBIDDEN);
    let large = "x".repeat(UPLOAD_BYTES);
    let large = site.send(upload(&cookie, path, &[("csrf", &token), ("text", &large)])).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);

    let sent = async |more: (&str, &str)| site.send(upload(&cookie, path, &[("csrf", &token), file, more])).await;
    let checked = sent(("act", "check")).await;
    assert_eq!(checked.status, StatusCode::OK);
    assert!(checked.text.contains("Nothing is changed yet") && checked.text.contains("Acme,Draw"), "{}", checked.text);
    let refused = sent(("act", "errors")).await;
    assert_eq!(refused.header("content-type"), "text/csv; charset=utf-8");
    assert!(refused.text.starts_with("publisher,product,line,reason\nAcme,,3,"), "{}", refused.text);
    assert_eq!(site.get("/api/v1/models").await.json()["items"].as_array().unwrap().len(), 0);
    let done = sent(("act", "import")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(site.get("/api/v1/models").await.json()["items"].as_array().unwrap().len(), 1);
    let run = done.header("location").to_owned();
    let csv = site.page(&format!("{run}.csv"), Some(&cookie)).await;
    assert!(csv.text.starts_with("publisher,product,line,reason\nAcme,,3,"), "{}", csv.text);
    let line = [("csrf", token.as_str()), ("line", "3"), ("fixed", "true")];
    assert_eq!(site.form(&run, Some(&cookie), &line).await.status, StatusCode::SEE_OTHER);
    assert!(site.page(&run, Some(&cookie)).await.text.contains("Manually fixed"));
}
