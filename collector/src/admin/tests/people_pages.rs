//! The pages of accounts and API tokens as a browser uses them, and when logins were last used.

use super::super::testing::{PASSWORD, Reply, Site, csrf};
use crate::store::records::Role;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;

/// A form with the token of the session, which stands on this page.
async fn send(site: &Site, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let token = csrf(&site.page(path, Some(cookie)).await);
    site.form(path, Some(cookie), &[fields, &[("csrf", token.as_str())]].concat()).await
}

/// The text of the first `code` behind a heading of a page.
fn code_after(reply: &Reply, heading: &str) -> String {
    let (_, rest) = reply.text.split_once(heading).unwrap_or_else(|| panic!("no {heading}: {}", reply.text));
    let (_, rest) = rest.split_once("<code>").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

async fn with_token(site: &Site, token: &str) -> StatusCode {
    let request = Request::builder()
        .method(Method::GET)
        .uri("/api/v1/audit")
        .header(header::HOST, "localhost:8444")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    site.send(request.body(axum::body::Body::empty()).unwrap()).await.status
}

async fn token_row(site: &Site, label: &str) -> Value {
    let list = site.get("/api/v1/api-tokens").await.json();
    list["items"].as_array().unwrap().iter().find(|item| item["label"] == label).unwrap().clone()
}

#[tokio::test]
async fn an_account_comes_changes_and_goes_by_its_pages() {
    let site = Site::new().await;
    let cookie = site.log_in().await;
    let page = site.page("/accounts", Some(&cookie)).await;
    assert!(page.text.contains("anna") && page.text.contains("in use") && page.text.contains("now</time>"), "{}", page.text);

    for (name, role, status, sentence) in [
        ("anna", "viewer", StatusCode::CONFLICT, "there is a user called anna already"),
        ("a b", "viewer", StatusCode::UNPROCESSABLE_ENTITY, "name must have 1 to 64 letters"),
        ("ida", "king", StatusCode::UNPROCESSABLE_ENTITY, "choose a role"),
        ("ida", "application", StatusCode::UNPROCESSABLE_ENTITY, "choose a role"),
    ] {
        let refused = send(&site, &cookie, "/accounts", &[("name", name), ("role", role)]).await;
        assert_eq!(refused.status, status, "{name} {role}");
        assert!(refused.text.contains("Nothing was made") && refused.text.contains(sentence), "{}", refused.text);
    }
    let made = send(&site, &cookie, "/accounts", &[("name", " ida@example.org "), ("role", "operator")]).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::OK, "no-store"));
    let password = code_after(&made, "ida@example.org can log in");
    let login = [("name", "ida@example.org"), ("password", password.as_str())];
    assert_eq!(site.form("/login", None, &login).await.status, StatusCode::SEE_OTHER);
    assert!(!site.page("/accounts", Some(&cookie)).await.text.contains(&password), "it is shown once");

    let ida = "/accounts/ida%40example.org";
    for (fields, sentence) in [
        (vec![("act", "role"), ("role", "license_admin")], "The role was changed"),
        (vec![("act", "disable")], "The account is disabled"),
        (vec![("act", "enable")], "The account can log in again"),
    ] {
        let done = send(&site, &cookie, ida, &fields).await;
        assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, ida), "{done:?}");
        let note = done.header("set-cookie").split(';').next().unwrap().to_owned();
        let page = site.page(ida, Some(&format!("{cookie}; {note}"))).await;
        assert!(page.text.contains(sentence), "{}", page.text);
    }
    let reset = send(&site, &cookie, ida, &[("act", "reset")]).await;
    assert_ne!(code_after(&reset, "A new one-time password"), password);

    let asked = send(&site, &cookie, ida, &[("act", "delete")]).await;
    assert!(asked.status == StatusCode::OK && asked.text.contains("Delete this account?"), "{}", asked.text);
    let wrong = send(&site, &cookie, ida, &[("act", "delete"), ("confirmed", "ida")]).await;
    assert!(wrong.text.contains("type the name as it stands here"), "{}", wrong.text);
    assert_eq!(site.get("/api/v1/users/ida@example.org").await.status, StatusCode::OK, "nothing is deleted by asking");
    let gone = send(&site, &cookie, ida, &[("act", "delete"), ("confirmed", "ida@example.org")]).await;
    assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, "/accounts"));
    assert_eq!(site.page(ida, Some(&cookie)).await.status, StatusCode::NOT_FOUND);

    // Somebody must be left who can do everything.
    for fields in [vec![("act", "disable")], vec![("act", "delete"), ("confirmed", "anna")]] {
        let refused = send(&site, &cookie, "/accounts/anna", &fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{fields:?}");
        assert!(refused.text.contains("is the last enabled owner"), "{}", refused.text);
    }
}

#[tokio::test]
async fn api_tokens_are_made_used_and_taken_back_by_their_page() {
    let site = Site::new().await;
    let cookie = site.log_in().await;
    for (fields, sentence) in [
        (vec![("label", ""), ("role", "viewer")], "label must have 1 to 100 characters"),
        (vec![("label", "x"), ("role", "application")], "applications must be given with the role application"),
        (vec![("label", "x"), ("role", "viewer"), ("days", "soon")], "is not a whole number"),
        (vec![("label", "x"), ("role", "viewer"), ("days", "0")], "ttl_seconds must be above 0"),
    ] {
        let refused = send(&site, &cookie, "/api-tokens", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(refused.text.contains(sentence), "{}", refused.text);
    }
    let made = send(&site, &cookie, "/api-tokens", &[("label", "report"), ("role", "viewer"), ("days", "2")]).await;
    let token = code_after(&made, "The new token");
    assert!(token.starts_with("msa_") && !site.page("/api-tokens", Some(&cookie)).await.text.contains(&token));
    let row = token_row(&site, "report").await;
    assert_eq!((&row["state"], &row["last_used_at"]), (&json!("usable"), &Value::Null));

    site.clock.advance(Duration::from_secs(90));
    assert_eq!(with_token(&site, &token).await, StatusCode::OK);
    let row = token_row(&site, "report").await;
    assert_eq!(row["last_used_at"], "2026-11-21T20:01:00Z", "to the minute");
    assert_eq!(site.stores.people.last_uses().await.unwrap().len(), 0, "no request writes");
    site.context.directory.uses().keep().await.unwrap();
    let kept = site.stores.people.last_uses().await.unwrap();
    assert!(kept.contains_key("user:anna") && kept.contains_key(&format!("token:{}", row["id"].as_str().unwrap())), "{kept:?}");

    // A token that is over is refused and says why in the list; a refused request is no use.
    site.clock.advance(Duration::from_secs(2 * 86_400));
    assert_eq!(with_token(&site, &token).await, StatusCode::UNAUTHORIZED);
    let row = token_row(&site, "report").await;
    assert_eq!((&row["state"], &row["last_used_at"]), (&json!("expired"), &json!("2026-11-21T20:01:00Z")));

    let cookie = site.log_in().await;
    let made = send(&site, &cookie, "/api-tokens", &[("label", "for ever"), ("role", "viewer"), ("days", "")]).await;
    let token = code_after(&made, "The new token");
    assert_eq!(with_token(&site, &token).await, StatusCode::OK);
    let id = token_row(&site, "for ever").await["id"].as_str().unwrap().to_owned();
    let back = send(&site, &cookie, "/api-tokens", &[("revoke", &id)]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert_eq!(with_token(&site, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(token_row(&site, "for ever").await["state"], "revoked");
}

#[tokio::test]
async fn only_owners_see_them() {
    let site = Site::new().await;
    site.account("ida", Role::LicenseAdmin, false).await;
    let login = site.form("/login", None, &[("name", "ida"), ("password", PASSWORD)]).await;
    let cookie = login.header("set-cookie").split(';').next().unwrap().to_owned();
    for path in ["/accounts", "/accounts/anna", "/api-tokens"] {
        assert_eq!(site.page(path, Some(&cookie)).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!site.page("/status", Some(&cookie)).await.text.contains("/accounts"));
}
