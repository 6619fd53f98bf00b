//! Webhooks and notices over the API and on the page.

use crate::admin::testing::{Site, csrf};
use crate::store::records::{NewNotice, Role};
use crate::store::{conformance, ports::Found};
use http::StatusCode;
use serde_json::{Value, json};

const WEBHOOKS: &str = "/api/v1/webhooks";

async fn create(site: &Site, body: Value) -> Value {
    let made = site.call(Role::LicenseAdmin, "POST", WEBHOOKS, Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()
}

#[tokio::test]
async fn a_webhook_shows_its_secret_once_and_each_new_one() {
    let site = Site::new().await;
    let made = create(&site, json!({"url": "https://chat.example.com/T0/x"})).await;
    assert_eq!((&made["name"], &made["events"], &made["enabled"]), (&json!("chat.example.com"), &json!([]), &json!(true)));
    let first = made["secret"].as_str().unwrap().to_owned();
    assert!(first.starts_with("whsec_") && first.len() == 50, "{first}");
    let listed = site.call(Role::LicenseAdmin, "GET", WEBHOOKS, None).await;
    assert!(!listed.text.contains("whsec_"), "{}", listed.text);
    let path = format!("{WEBHOOKS}/{}", made["id"].as_str().unwrap());
    let renamed =
        site.call(Role::LicenseAdmin, "PATCH", &path, Some(json!({"name": "Chat", "events": ["disabled"]}))).await.json();
    assert_eq!((&renamed["name"], &renamed["events"], renamed.get("secret")), (&json!("Chat"), &json!(["disabled"]), None));
    let second = site.call(Role::LicenseAdmin, "PATCH", &path, Some(json!({"new_secret": true}))).await.json();
    assert!(second["secret"].is_string() && second["secret"] != json!(first), "{second}");
    assert_eq!(site.call(Role::LicenseAdmin, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    for method in ["PATCH", "DELETE"] {
        let body = (method == "PATCH").then(|| json!({}));
        assert_eq!(site.call(Role::LicenseAdmin, method, &path, body).await.problem(), "not-found");
    }
    let audit = site.get("/api/v1/audit").await;
    assert!(
        audit.text.contains("webhook.create") && !audit.text.contains("T0/x") && !audit.text.contains("whsec_"),
        "{}",
        audit.text
    );
}

#[tokio::test]
async fn what_cannot_be_a_webhook_is_refused_with_its_field() {
    let site = Site::new().await;
    for (body, part) in [
        (json!({"url": "https://10.0.0.1/"}), "url: 10.0.0.1 is not a public address"),
        (json!({"url": "http://example.com/"}), "url: plain http://"),
        (json!({"url": "https://example.com/a\r\nHost: evil"}), "url: the address must not have spaces, line ends"),
        (json!({"url": "https://example.com/a b"}), "url: the address must not have spaces, line ends"),
        (json!({"url": "https://example.com/", "events": ["nothing"]}), "events: \"nothing\" is not one of over_limit"),
        (json!({"url": "https://example.com/", "name": " "}), "name: it must have 1 to 100 characters"),
    ] {
        let refused = site.call(Role::LicenseAdmin, "POST", WEBHOOKS, Some(body)).await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid-value"));
        assert!(refused.json()["detail"].as_str().unwrap().contains(part), "{refused:?}");
    }
    let nobody = site.call(Role::LicenseAdmin, "POST", "/api/v1/notifications/test", None).await;
    assert_eq!((nobody.status, nobody.problem().as_str()), (StatusCode::CONFLICT, "conflict"));
    let unknown = format!("/api/v1/notifications/deliveries/{}/retry", uuid::Uuid::nil());
    assert_eq!(site.call(Role::LicenseAdmin, "POST", &unknown, None).await.problem(), "not-found");
}

#[tokio::test]
async fn the_page_shows_events_as_text_and_no_path_of_a_webhook() {
    let site = Site::new().await;
    create(&site, json!({"url": "https://chat.example.com/T0/secret"})).await;
    let notices = (1..=60).map(|minute| {
        let notice = conformance::notice("clone_found", minute);
        NewNotice {
            notice: crate::store::records::NoticeRecord { title: format!("<b>{minute}</b>"), ..notice },
            once: Vec::new(),
            deliveries: Vec::new(),
            audit: None,
        }
    });
    let found = Found { notices: notices.collect(), ..Found::default() };
    site.stores.notifications.keep(found, site.context.now()).await.unwrap();
    let list = site.call(Role::Viewer, "GET", "/api/v1/notifications?limit=2", None).await.json();
    assert_eq!((&list["items"][0]["number"], &list["items"][0]["state"]), (&json!(60), &json!("nobody")));
    let next = format!("/api/v1/notifications?limit=2&cursor={}", list["next"].as_str().unwrap());
    assert_eq!(site.call(Role::Viewer, "GET", &next, None).await.json()["items"][0]["number"], json!(58));
    let cookie = site.log_in().await;
    let page = site.page("/notifications", Some(&cookie)).await;
    assert!(page.text.contains("&#60;b&#62;60&#60;/b&#62;") && !page.text.contains("T0/secret"), "{}", page.text);
    assert!(page.text.contains("/notifications?before=11") && !page.text.contains("&#60;b&#62;10&#60;"));
    let older = site.page("/notifications?before=11", Some(&cookie)).await;
    assert!(older.text.contains("&#60;b&#62;10&#60;") && older.text.contains("Newest"));
    // The form does nothing without its token, and says what failed.
    let id = uuid::Uuid::nil().to_string();
    let forged = site.form("/notifications", Some(&cookie), &[("retry", &id)]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let token = csrf(&page);
    let unknown = site.form("/notifications", Some(&cookie), &[("csrf", &token), ("retry", &id)]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn webhooks_are_made_switched_and_deleted_on_the_page() {
    let site = Site::new().await;
    let cookie = site.log_in().await;
    let (page, forms) = ("/notifications", "/notifications/webhooks");
    let token = csrf(&site.page(page, Some(&cookie)).await);
    let send =
        async |fields: &[(&str, &str)]| site.form(forms, Some(&cookie), &[fields, &[("csrf", token.as_str())]].concat()).await;
    let listed = async || site.get(WEBHOOKS).await.json()["items"].clone();
    for (url, events, part) in [
        ("https://10.0.0.1/", "", "not a public address"),
        ("https://example.com/x", "nothing", "is not one of over_limit"),
        ("nothing", "", "url"),
    ] {
        let refused = send(&[("url", url), ("events", events)]).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(part), "{refused:?}");
        assert!(refused.text.contains(&format!("value=\"{url}\"")), "it comes back to be mended: {}", refused.text);
    }
    assert_eq!(listed().await, json!([]));
    let made = send(&[("url", "https://chat.example.com/T0/x"), ("name", "<b>Chat"), ("events", "over_limit, disabled")]).await;
    assert_eq!((made.status, made.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(made.text.contains("whsec_") && !made.text.contains("<b>Chat") && !made.text.contains("T0/x"), "{}", made.text);
    let one = listed().await[0].clone();
    assert_eq!((&one["name"], &one["events"]), (&json!("<b>Chat"), &json!(["over_limit", "disabled"])));
    assert!(!site.page(page, Some(&cookie)).await.text.contains("whsec_"), "once");
    let id = one["id"].as_str().unwrap();
    for (act, enabled) in [("disable", false), ("enable", true)] {
        assert_eq!(send(&[("act", act), ("id", id)]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(listed().await[0]["enabled"], enabled);
    }
    assert!(send(&[("act", "secret"), ("id", id)]).await.text.contains("whsec_"));
    assert_eq!(send(&[("act", "delete"), ("id", id)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(listed().await, json!([]));
    for act in ["delete", "enable"] {
        for id in [id, "nonsense"] {
            assert_eq!(send(&[("act", act), ("id", id)]).await.status, StatusCode::NOT_FOUND, "{act} {id}");
        }
    }
    site.account("vera", Role::Viewer, false).await;
    let read = site.page(page, Some(&site.session("vera").0)).await.text;
    assert!(read.contains("needs the role license_admin") && !read.contains("name=\"url\""), "{read}");
}
