//! The page about subscription units as a browser uses it.

use super::super::testing::{Reply, Site, csrf};
use crate::store::records::Role;
use http::StatusCode;
use serde_json::json;

async fn site() -> (Site, String) {
    let site = Site::new().await;
    let entitlements = json!({"sn_ham_active_entitlements": "ham_computer_license,ham_server_license"});
    site.call(Role::LicenseAdmin, "PATCH", "/api/v1/settings", Some(entitlements)).await;
    for name in ["Computer", "Computer", "Computer", "Computer", "Computer", "Server"] {
        let body = json!({"model_category": name, "install_status": 1});
        assert_eq!(site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await.status, StatusCode::CREATED);
    }
    let cookie = site.log_in().await;
    (site, cookie)
}

async fn submit(site: &Site, cookie: &str, category: &str, choice: &str, confirmed: bool) -> Reply {
    let token = csrf(&site.page("/units", Some(cookie)).await);
    let mut fields = vec![("csrf", token.as_str()), ("category", category), ("choice", choice)];
    if confirmed {
        fields.push(("confirmed", "1"));
    }
    site.form("/units", Some(cookie), &fields).await
}

#[tokio::test]
async fn a_preview_comes_before_the_act() {
    let (site, cookie) = site().await;
    let page = site.page("/units", Some(&cookie)).await.text;
    assert!(page.contains("<h1>0 subscription units</h1>") && page.contains("not opted in"), "{page}");
    assert!(page.contains("+2 units") && page.contains("+1 unit<"), "what opting in would cost: {page}");
    assert!(page.contains("lacks ham_printer_license") && page.contains("Nothing was opted in yet"), "{page}");
    assert!(page.contains("href=\"/settings/sn_ham_active_entitlements\""), "{page}");
    assert!(!page.contains("<script") && !page.contains("style=\"") && !page.contains("onclick"), "the page needs no script");

    let preview = submit(&site, &cookie, "End User Computers", "opt_in", false).await;
    assert_eq!(preview.status, StatusCode::OK);
    assert!(preview.text.contains("Nothing is changed yet") && preview.text.contains("Opt in now"), "{}", preview.text);
    assert!(preview.text.contains("<td class=\"n\">0</td><td class=\"n\">5</td>"), "{}", preview.text);
    assert_eq!(site.get("/api/v1/units").await.json()["consumed"], 0, "a preview changes nothing");

    let done = submit(&site, &cookie, "End User Computers", "opt_in", true).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/units"), "{done:?}");
    let page = site.page("/units", Some(&cookie)).await.text;
    assert!(page.contains("<h1>2 subscription units</h1>") && page.contains("user:anna") && page.contains("0 → 2"), "{page}");
    let (_, link) = page.split_once("<a href=\"/assets?sysparm_query=").unwrap();
    let path = format!("/api/v1/assets?sysparm_query={}", link.split('"').next().unwrap());
    let found = site.page(&path, Some(&cookie)).await;
    assert_eq!(found.json()["items"].as_array().unwrap().len(), 5, "the number leads to its assets");

    for (category, choice, part) in [
        ("End User Computers", "opt_in", "opted in already"),
        ("Printers", "opt_in", "ham_printer_license"),
        ("<script>", "opt_in", "there is no resource category"),
    ] {
        let refused = submit(&site, &cookie, category, choice, true).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{category}");
        assert!(refused.text.contains(part) && !refused.text.contains("<script>"), "{category}: {}", refused.text);
    }
    let out = submit(&site, &cookie, "End User Computers", "opt_out", false).await.text;
    assert!(out.contains("Opt out now") && out.contains("would no longer count"), "{out}");
    submit(&site, &cookie, "End User Computers", "opt_out", true).await;
    assert!(site.page("/units", Some(&cookie)).await.text.contains("opted out"));
}

#[tokio::test]
async fn the_form_is_guarded_and_not_offered_to_who_may_not() {
    let (site, cookie) = site().await;
    assert_eq!(site.page("/units", None).await.header("location"), "/login?next=/units");
    let fields = [("category", "Servers"), ("choice", "opt_in"), ("confirmed", "1")];
    assert_eq!(site.form("/units", Some(&cookie), &fields).await.problem(), "forbidden", "no token");
    let page = site.page("/units", Some(&cookie)).await;
    let token = csrf(&page);
    site.change_account(|user| user.role = Role::Operator).await;
    let page = site.page("/units", Some(&cookie)).await.text;
    assert!(!page.contains("Opt in…") && page.contains("needs the role license_admin"), "{page}");
    let fields = [("csrf", token.as_str()), ("category", "Servers"), ("choice", "opt_in"), ("confirmed", "1")];
    assert_eq!(site.form("/units", Some(&cookie), &fields).await.problem(), "forbidden");
    assert!(site.page("/status", Some(&cookie)).await.text.contains("<a href=\"/units\">Units</a>"));
}

#[tokio::test]
async fn reports_are_drawn_with_their_table() {
    let (site, cookie) = site().await;
    submit(&site, &cookie, "Servers", "opt_in", true).await;
    assert!(site.page("/units", Some(&cookie)).await.text.contains("The first report is made"));
    // It is Saturday evening.
    site.clock.advance(std::time::Duration::from_secs(6 * 3600));
    assert!(site.context.units.report_if_due().await.unwrap());
    let cookie = site.log_in().await;
    let page = site.page("/units", Some(&cookie)).await.text;
    assert!(
        page.contains("<td class=\"date\">2026-11-22</td>")
            && page.contains("Servers: 1 at 1:1, 1 units")
            && !page.contains("<svg"),
        "{page}"
    );
    submit(&site, &cookie, "End User Computers", "opt_in", true).await;
    site.clock.advance(std::time::Duration::from_secs(7 * 24 * 3600));
    assert!(site.context.units.report_if_due().await.unwrap());
    let cookie = site.log_in().await;
    let page = site.page("/units", Some(&cookie)).await.text;
    assert!(
        page.contains("<svg")
            && page.contains("<title>2026-11-29: 3</title>")
            && page.contains("<td class=\"date\">2026-11-29</td>"),
        "{page}"
    );
}
