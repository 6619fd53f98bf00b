//! The pages of what is there, as a browser uses them: agents and their tokens, assets, compliance, applications, audit, settings.

use super::super::testing::{Reply, Site, csrf};
use crate::store::records::Role;
use http::StatusCode;
use serde_json::json;

async fn site(assets: usize) -> (Site, String) {
    let site = Site::new().await;
    site.license(1, 3).await;
    for number in 0..assets {
        let body = json!({"model_category": "Computer", "install_status": 1, "asset_tag": format!("P{number}")});
        assert_eq!(site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await.status, StatusCode::CREATED);
    }
    let cookie = site.log_in().await;
    (site, cookie)
}

/// A form with the token of the session, which stands on this page.
async fn send(site: &Site, cookie: &str, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let token = csrf(&site.page(page, Some(cookie)).await);
    site.form(path, Some(cookie), &[fields, &[("csrf", token.as_str())]].concat()).await
}

/// How many assets an address of the page of assets shows.
async fn shown(site: &Site, cookie: &str, address: &str) -> usize {
    let reply = site.page(&address.replace("&#38;", "&"), Some(cookie)).await;
    assert_eq!(reply.status, StatusCode::OK, "{address}: {}", reply.text);
    reply.text.matches("<th scope=\"row\"").count()
}

#[tokio::test]
async fn many_assets_change_after_a_preview_of_how_many() {
    let (site, cookie) = site(5).await;
    let (path, query) = ("/assets/change", "asset_tagINP0,P1,P2");
    let from = "/assets/change?sysparm_query=asset_tagINP0,P1,P2";
    let submit = async |more: &[(&str, &str)]| {
        send(&site, &cookie, from, path, &[&[("sysparm_query", query), ("to", "7/disposed")], more].concat()).await
    };
    let preview = submit(&[]).await;
    assert_eq!(preview.status, StatusCode::OK);
    let figures = "2 of 3 afterwards</strong>, 5 of 3 now";
    for part in
        ["Nothing is changed yet", "Retired, disposed", "Change 3 now", "name=\"confirmed\" value=\"3\"", ">P2</a>", figures]
    {
        assert!(preview.text.contains(part), "{part}: {}", preview.text);
    }
    // Another number than was agreed to is asked about again.
    let other = submit(&[("confirmed", "2")]).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.text.contains("found 2 before and finds 3 now"), "{}", other.text);
    let retired = "/assets?sysparm_query=install_status%3D7";
    assert_eq!(shown(&site, &cookie, retired).await, 0);
    // So are other assets than those that were seen.
    let others = submit(&[("confirmed", "3"), ("seen", "00112233445566778899aabbccddeeff")]).await;
    assert_eq!(others.status, StatusCode::CONFLICT);
    assert!(others.text.contains("finds other assets now"), "{}", others.text);
    assert_eq!(shown(&site, &cookie, retired).await, 0);
    let (_, seen) = preview.text.split_once("name=\"seen\" value=\"").unwrap();
    let done = submit(&[("confirmed", "3"), ("seen", seen.split('"').next().unwrap())]).await;
    assert_eq!((done.status, done.header("location").starts_with(path)), (StatusCode::SEE_OTHER, true), "{done:?}");
    assert_eq!(shown(&site, &cookie, retired).await, 3);
    assert!(submit(&[]).await.text.contains("There is nothing to change"));
    let audit = site.get("/api/v1/audit?limit=1").await.json();
    assert_eq!((&audit["items"][0]["action"], &audit["items"][0]["subject"]), (&"asset.edit_many".into(), &query.into()));
    assert_eq!((&audit["items"][0]["detail"]["found"], &audit["items"][0]["detail"]["changed"]), (&3.into(), &3.into()));
    let one = [("sysparm_query", "asset_tag=P0^ORasset_tag=P3"), ("to", "7")];
    let one = send(&site, &cookie, from, path, &one).await.text;
    assert!(one.contains(">P3</a>") && !one.contains(">P1</a>") && one.contains("1 of 3 afterwards"), "{one}");

    // Without a condition it would be every asset.
    for nothing in [" ", "^", "ORDERBYasset_tag"] {
        for confirmed in ["0", "5"] {
            let form = [("sysparm_query", nothing), ("to", "7"), ("confirmed", confirmed)];
            let all = send(&site, &cookie, from, path, &form).await;
            assert!(all.text.contains("Without a condition this would be every asset"), "{nothing}: {}", all.text);
            assert_eq!(shown(&site, &cookie, retired).await, 3);
        }
    }
    for to in ["", "99", "7/lost"] {
        let wrong = send(&site, &cookie, from, path, &[("sysparm_query", query), ("to", to)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}");
    }
}

#[tokio::test]
async fn a_wrong_query_is_shown_with_a_caret() {
    let (site, cookie) = site(1).await;
    for path in ["/assets", "/assets/change"] {
        let reply = site.page(&format!("{path}?sysparm_query=asset_tag%3DP0%5Enonsense%3D1"), Some(&cookie)).await;
        assert!(reply.text.contains("asset_tag=P0^nonsense=1\n             ^"), "{path}: {}", reply.text);
        assert!(reply.text.contains("at character 14"), "{path}: {}", reply.text);
    }
    let file = site.page("/assets.csv?sysparm_query=asset_tag%3DP0", Some(&cookie)).await;
    assert_eq!((file.header("content-type"), file.text.lines().count()), ("text/csv; charset=utf-8", 2), "{}", file.text);
    let wrong = site.page("/assets.csv?sysparm_query=nonsense%3D1", Some(&cookie)).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_somebody_named_is_text_and_never_markup() {
    let (site, cookie) = site(0).await;
    let evil = "<img src=x onerror=alert(1)>\"'";
    let body = json!({"model_category": "Computer", "install_status": 1, "asset_tag": evil, "serial_number": evil});
    let made = site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await.json();
    let id = made["id"].as_str().unwrap();
    let query = "asset_tagLIKE%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E";
    for path in [
        "/assets".to_owned(),
        format!("/assets/{id}"),
        format!("/assets?sysparm_query={query}"),
        format!("/assets/change?sysparm_query={query}"),
        format!("/audit?actor={query}"),
        format!("/agents?search={query}"),
        format!("/sessions?search={query}"),
    ] {
        let reply = site.page(&path, Some(&cookie)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(!reply.text.contains("<img"), "{path}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_count_leads_to_its_assets() {
    let (site, cookie) = site(5).await;
    let counted = send(&site, &cookie, "/compliance", "/compliance", &[]).await;
    assert_eq!((counted.status, counted.header("location")), (StatusCode::SEE_OTHER, "/compliance"), "{counted:?}");
    let page = site.page("/compliance", Some(&cookie)).await.text;
    assert!(page.contains("Over the limit by 2") && page.contains(">Computer<") && page.contains(">In use<"), "{page}");
    let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let links: Vec<&&str> = links.iter().filter(|link| link.starts_with("/assets?")).collect();
    assert_eq!(links.len(), 3, "all, by category and by state: {links:?}");
    for link in links {
        assert_eq!(shown(&site, &cookie, link).await, 5, "{link}");
    }
    let run = site.page("/compliance/runs/2", Some(&cookie)).await;
    assert!(run.status == StatusCode::OK && run.text.contains("5 of 3 assets"), "{}", run.text);
    assert_eq!(site.page("/compliance/runs/99", Some(&cookie)).await.status, StatusCode::NOT_FOUND);
    let refused = site.call(Role::Operator, "POST", "/compliance", None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_join_token_is_shown_once_with_its_command() {
    let (site, cookie) = site(0).await;
    let path = "/agents/tokens";
    assert!(site.page(path, Some(&cookie)).await.text.contains("There is none yet"));
    let wish = [("uses", "20"), ("hours", "2"), ("group", "<b>lab</b>")];
    let made = send(&site, &cookie, path, path, &wish).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::OK, "no-store"));
    for part in ["echo mst1_", "muster-agent enroll --collector https://COLLECTOR:8443 --token-file -", "wait"] {
        assert!(made.text.contains(part), "{part}: {}", made.text);
    }
    assert!(!made.text.contains("<b>lab") && !made.text.contains("note warn\">Enrolment"), "{}", made.text);
    let bare = Site::new().await;
    let page = bare.page(path, Some(&bare.log_in().await)).await.text;
    assert!(page.contains("Enrolment is refused until a licence key is applied: there is no licence yet."), "{page}");
    let told = bare.call(Role::Operator, "POST", "/api/v1/join-tokens", Some(json!({}))).await.json();
    assert!(told["warnings"][0].as_str().unwrap().contains("Enrolment is refused"), "{told}");
    let page = site.page(path, Some(&cookie)).await.text;
    assert!(!page.contains("mst1_") && page.contains("0 of 20"), "{page}");
    let id = site.get("/api/v1/join-tokens").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let back = send(&site, &cookie, path, path, &[("revoke", &id)]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{back:?}");
    assert!(site.page(path, Some(&cookie)).await.text.contains("revoked"));
    for (uses, hours) in [("0", "1"), ("many", "1"), ("1", ""), ("2", "9000")] {
        let wrong = send(&site, &cookie, path, path, &[("uses", uses), ("hours", hours)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{uses} {hours}");
        assert!(wrong.text.contains("Nothing was made"), "{}", wrong.text);
    }
    assert_eq!(site.call(Role::Viewer, "GET", path, None).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_setting_changes_after_a_preview() {
    let (site, cookie) = site(1).await;
    let path = "/settings/null_mode";
    let preview = send(&site, &cookie, path, path, &[("value", "inclusive")]).await;
    assert!(
        preview.text.contains("Nothing is changed yet") && preview.text.contains("Assets that the licence counts"),
        "{preview:?}"
    );
    let value = async || site.get("/api/v1/settings?limit=1000").await.json()["items"][0]["value"].clone();
    assert_eq!(value().await, "sql");
    let done = send(&site, &cookie, path, path, &[("value", "inclusive"), ("confirmed", "1")]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/settings"), "{done:?}");
    assert_eq!(value().await, "inclusive");
    let form = site.page("/settings/null_mode", Some(&cookie)).await.text;
    assert!(form.contains("<code>sql</code> or <code>inclusive</code>") && !form.contains("<dt>Rule"), "{form}");
    let back = send(&site, &cookie, path, path, &[("reset", "1")]).await;
    assert!(back.text.contains("name=\"value\" value=\"sql\""), "{}", back.text);
    let wrong = send(&site, &cookie, path, path, &[("value", "<i>")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Nothing was changed") && !wrong.text.contains("<i>"), "{}", wrong.text);
    assert_eq!(site.page("/settings/nothing", Some(&cookie)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_audit_log_is_searched_checked_and_taken_along() {
    let (site, cookie) = site(120).await;
    let count = |reply: &Reply| reply.text.matches("<th scope=\"row\"").count();
    let first = site.page("/audit?action=asset.create", Some(&cookie)).await;
    assert_eq!(count(&first), 100);
    let (_, rest) = first.text.split_once("/audit?action=asset.create&#38;before=").unwrap();
    let before = rest.split('"').next().unwrap();
    let second = site.page(&format!("/audit?action=asset.create&before={before}"), Some(&cookie)).await;
    assert_eq!(count(&second), 20);
    assert!(second.text.contains("rel=\"first\"") && !second.text.contains("rel=\"next\""), "{}", second.text);
    assert!(site.page("/audit?actor=nobody", Some(&cookie)).await.text.contains("No entry fits"));
    assert!(site.page("/audit?verify=1", Some(&cookie)).await.text.contains("The log is whole"));
    let file = site.page("/audit.csv?action=asset.create", Some(&cookie)).await.text;
    assert!(file.starts_with("number,at,actor,action,subject,detail,hash\r\n"), "{file}");
    assert_eq!(file.lines().count(), 121);
}

#[tokio::test]
async fn applications_show_their_use_while_the_product_is_enabled() {
    let (site, cookie) = site(0).await;
    let body = json!({"floating_limit": 2, "at_limit": "refuse"});
    let made = site.call(Role::LicenseAdmin, "PUT", "/api/v1/applications/CAD%20%2F%20CAM", Some(body)).await;
    assert!(made.status.is_success(), "{made:?}");
    for user in ["ann", "bob", "cy"] {
        let body = json!({"application": "CAD / CAM", "user": user, "client_ip": "10.0.0.1", "client": "soap"});
        site.call(Role::Operator, "POST", "/api/v1/checkouts", Some(body)).await;
    }
    let list = site.page("/applications", Some(&cookie)).await.text;
    assert!(list.contains("2 of 2"), "{list}");
    let (_, rest) = list.split_once("<a href=\"/applications/").unwrap();
    let link = format!("/applications/{}", rest.split('"').next().unwrap());
    let page = site.page(&link, Some(&cookie)).await;
    assert_eq!(page.status, StatusCode::OK, "{link}");
    for part in ["<h1>CAD / CAM</h1>", ">ann<", ">bob<", "1 check-out", "By day", "2026-11-21", "By hour"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert_eq!(site.page("/applications/none", Some(&cookie)).await.status, StatusCode::NOT_FOUND);
    site.clock.advance(std::time::Duration::from_secs(500 * 24 * 3600));
    let cookie = site.log_in().await;
    let closed = site.page(&link, Some(&cookie)).await.text;
    assert!(closed.contains("The product is disabled") && !closed.contains(">ann<"), "{closed}");
}

#[tokio::test]
async fn what_is_wrong_with_assets_leads_to_a_change_of_them() {
    let (site, cookie) = site(4).await;
    let empty = site.page("/assets/hygiene", Some(&cookie)).await;
    assert!(empty.status == StatusCode::OK && empty.text.contains("Never assigned"), "{}", empty.text);
    for number in 0..2 {
        let body = json!({"model_category": "Computer", "install_status": 1, "asset_tag": format!("D{number}"), "serial_number": "SN-123456"});
        assert_eq!(site.call(Role::Operator, "POST", "/api/v1/assets", Some(body)).await.status, StatusCode::CREATED);
    }
    send(&site, &cookie, "/compliance", "/compliance", &[]).await;
    let page = site.page("/assets/hygiene", Some(&cookie)).await.text;
    for part in
        ["over its limit by 3", "To get under the limit <span class=\"dim\">3<", "Same serial number <span class=\"dim\">1<"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (_, duplicates) = page.split_once("id=\"duplicate_serial\"").unwrap();
    let (_, change) = duplicates.split_once("href=\"/assets/change").unwrap();
    let change = format!("/assets/change{}", change.split('"').next().unwrap().replace("&#38;", "&"));
    let form = site.page(&change, Some(&cookie)).await;
    assert!(form.status == StatusCode::OK && form.text.contains("name=\"to\""), "{change}: {}", form.text);
    let list = change.replace("/assets/change", "/assets");
    assert_eq!(shown(&site, &cookie, &list).await, 1, "one of two is kept");
    assert!(site.page("/status", Some(&cookie)).await.text.contains("href=\"/assets/hygiene\""));
    site.account("vera", Role::Viewer, false).await;
    let page = site.page("/assets/hygiene", Some(&site.session("vera").0)).await.text;
    assert!(page.contains("Same serial number") && !page.contains("/assets/change"), "{page}");
}
