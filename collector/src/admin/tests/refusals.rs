//! What a browser is refused is a page that leads on; what a program is refused stays a document.

use super::{super::testing::Site, desk::Desk};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};

#[tokio::test]
async fn who_may_not_open_a_page_reads_why_with_the_navigation() {
    let Desk { site, .. } = Desk::new().await;
    site.account("vera", Role::Viewer, false).await;
    let (cookie, csrf) = site.session("vera");
    for (path, needs) in [
        ("/agents/tokens", "operator"),
        ("/assets/change", "operator"),
        ("/assets/import", "operator"),
        ("/applications/CAD/edit", "license_admin"),
        ("/records/models/new", "license_admin"),
        ("/accounts", "owner"),
        ("/api-tokens", "owner"),
        ("/privacy", "owner"),
    ] {
        let reply = site.page(path, Some(&cookie)).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::FORBIDDEN, "text/html; charset=utf-8"), "{path}");
        for part in [format!("This needs the role {needs}; this login has viewer."), "aria-label=\"Areas\"".to_owned()] {
            assert!(reply.text.contains(&part), "{path}: {}", reply.text);
        }
        assert!(!reply.text.contains("console."), "{path}: {}", reply.text);
    }
    let form = site.form("/accounts", Some(&cookie), &[("csrf", &csrf)]).await;
    assert!(form.status == StatusCode::FORBIDDEN && form.text.contains("aria-label=\"Areas\""), "{form:?}");
    let form = site.form("/logout", Some(&cookie), &[("csrf", "wrong")]).await;
    assert!(form.text.contains("reload the page and try again.") && form.text.contains("aria-label=\"Areas\""), "{form:?}");
    let program = site.call(Role::Viewer, "GET", "/accounts", None).await;
    assert_eq!(program.problem(), "forbidden");
    let api = site.page("/api/v1/users", Some(&cookie)).await;
    assert_eq!(api.problem(), "forbidden");
    assert!(api.text.contains("user.list needs the role owner"), "programs know operations by name: {}", api.text);
}

#[tokio::test]
async fn who_comes_by_a_foreign_name_reads_why() {
    let Desk { site, cookie } = Desk::new().await;
    for (accept, kind) in [("text/html", "text/html; charset=utf-8"), ("application/json", "application/problem+json")] {
        let request = Request::get("/status").header(header::HOST, "evil.example:8444").header(header::COOKIE, &cookie);
        let reply = site.send(request.header(header::ACCEPT, accept).body(Body::empty()).unwrap()).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::MISDIRECTED_REQUEST, kind));
        assert!(reply.text.contains("a name given to"), "{}", reply.text);
        assert!(!reply.text.contains("aria-label=\"Areas\"") && !reply.text.contains("href=\"/status\""), "{}", reply.text);
        assert!(
            reply.header("content-security-policy").contains("default-src 'none'") && !reply.header("x-request-id").is_empty()
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_page() {
    let Desk { site, cookie } = Desk::new().await;
    for (path, link) in [
        ("/nothing", "href=\"/status\""),
        ("/sessions/00000000000000000000000000000001", "<a href=\"/sessions\">Sessions</a>"),
        ("/assets/nonsense", "<a href=\"/assets\">Assets</a>"),
        ("/settings/nothing", "<a href=\"/settings\">Settings</a>"),
    ] {
        let reply = site.page(path, Some(&cookie)).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"), "{path}");
        assert!(reply.text.contains(link) && reply.text.contains("aria-label=\"Areas\""), "{path}: {}", reply.text);
    }
    let stranger = site.page("/nothing", None).await;
    assert!(stranger.status == StatusCode::NOT_FOUND && stranger.text.contains("<main class=\"narrow\">"), "{stranger:?}");
    assert!(!stranger.text.contains("aria-label=\"Areas\""), "{}", stranger.text);
    assert_eq!(site.get("/nothing").await.problem(), "not-found", "for a program it is a document");
}

#[tokio::test]
async fn a_closed_page_leads_to_the_licence() {
    let site = Site::new().await;
    let owner = site.log_in().await;
    site.account("vera", Role::Viewer, false).await;
    let (viewer, _) = site.session("vera");
    for path in ["/software", "/records", "/records/models"] {
        for (cookie, link) in [(&owner, "Apply a licence key"), (&viewer, "Licence")] {
            let reply = site.page(path, Some(cookie)).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
            let link = format!("<a href=\"/console/license\">{link}</a> ");
            for part in [link.as_str(), "There is no licence yet.", "aria-label=\"Areas\""] {
                assert!(reply.text.contains(part), "{path} {part}: {}", reply.text);
            }
            assert!(!reply.text.contains("muster-collector license apply"), "{path}: {}", reply.text);
        }
    }
    let page = site.page("/problems/license-disabled", Some(&owner)).await.text;
    assert!(page.contains("<code>muster-collector license apply FILE</code>") && !page.contains('`'), "{page}");
    assert!(page.contains("href=\"/console/license\">Apply a licence key"), "{page}");
    assert!(site.page("/problems/license-disabled", None).await.text.contains("<main class=\"narrow\">"));
}
