//! The page of the licence as a browser uses it: what a key would do, applying it, what is refused, and whom the site trusts.

use super::super::testing::{HOST, Reply, Site, cookie, csrf};
use crate::store::records::Role;
use axum::body::Body;
use http::{Request, StatusCode, header};
use muster_license::VendorKey;

const HERE: &str = "/console/license";

struct Desk {
    site: Site,
    session: String,
    token: String,
}

impl Desk {
    async fn new() -> Self {
        let site = Site::new().await;
        let session = site.log_in().await;
        let token = csrf(&site.page(HERE, Some(&session)).await);
        Self { site, session, token }
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", self.token.as_str())]).collect();
        self.site.form(path, Some(&self.session), &fields).await
    }

    /// The same form with the key as a file.
    async fn upload(&self, path: &str, content: &[u8]) -> Reply {
        let mut body = format!(
            "--XyZ\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--XyZ\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"key.lic\"\r\n\r\n",
            self.token
        )
        .into_bytes();
        body.extend(content);
        body.extend(b"\r\n--XyZ\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n\r\n--XyZ--\r\n");
        let request = Request::builder().method("POST").uri(path).header(header::HOST, HOST).header(header::ACCEPT, "text/html");
        let request = request.header(header::COOKIE, &self.session);
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=XyZ").body(Body::from(body));
        self.site.send(request.unwrap()).await
    }

    async fn serial(&self) -> serde_json::Value {
        self.site.get("/api/v1/license").await.json()["license"]["serial"].clone()
    }
}

#[tokio::test]
async fn a_key_is_looked_at_before_it_is_applied() {
    let desk = Desk::new().await;
    let page = desk.site.page(HERE, Some(&desk.session)).await.text;
    assert!(page.contains("The first key") && page.contains(&desk.site.context.board.status().machine_key_id), "{page}");
    desk.site.license(1, 500).await;

    let key = desk.site.key(2, 9, "2027-12-31");
    for looked in [desk.send(HERE, &[("key", &key)]).await, desk.upload(HERE, key.as_bytes()).await] {
        assert_eq!(looked.status, StatusCode::OK, "{looked:?}");
        for part in ["Nothing is changed yet", "Serial 2, for ACME", "0 of 500", "<strong>0 of 9</strong>", "Serial 2"] {
            assert!(looked.text.contains(part), "{part}: {}", looked.text);
        }
        assert!(looked.text.contains("The asset limit falls from 500 to 9"), "{}", looked.text);
        assert_eq!(desk.serial().await, 1, "nothing is changed by looking");
    }
    let applied = desk.send(HERE, &[("key", &key.replace('\n', "\r\n")), ("act", "apply")]).await;
    assert_eq!((applied.status, applied.header("location")), (StatusCode::SEE_OTHER, HERE), "{applied:?}");
    let both = format!("{}; {}", desk.session, cookie(&applied));
    let page = desk.site.page(HERE, Some(&both)).await.text;
    assert!(page.contains("The key with serial 2 is in force. Compliant: 0 of 9 assets"), "{page}");
    assert!(page.contains("405 days are left. Send the request by 2027-12-01"), "{page}");
    assert_eq!(desk.serial().await, 2);
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_comes_back_to_be_mended() {
    let desk = Desk::new().await;
    let first = desk.send(HERE, &[("key", "no key"), ("act", "check")]).await;
    assert!(first.text.contains("The key was not applied.") && !first.text.contains("in force stays"), "{}", first.text);
    desk.site.license(1, 500).await;
    let large = "x".repeat(17 * 1024);
    for (sent, status, part) in [
        ("<script>alert(1)</script>", StatusCode::UNPROCESSABLE_ENTITY, "the licence in force stays"),
        ("", StatusCode::UNPROCESSABLE_ENTITY, "Choose the file with the key"),
        (&large, StatusCode::PAYLOAD_TOO_LARGE, "larger than 16384 bytes"),
    ] {
        for act in ["check", "apply"] {
            let refused = desk.send(HERE, &[("key", sent), ("act", act)]).await;
            assert_eq!(refused.status, status, "{act}");
            assert!(refused.text.contains(part) && !refused.text.contains("<script>alert"), "{}", refused.text);
        }
    }
    assert_eq!(desk.upload(HERE, b"\xff\xfe").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(desk.serial().await, 1);
}

#[tokio::test]
async fn an_owner_adds_a_vendor_key_and_others_do_not() {
    let desk = Desk::new().await;
    let trust = "/console/license/trust";
    let other = VendorKey::generate().unwrap();
    let refused = desk.send(trust, &[("key", "no key")]).await;
    assert!(refused.text.contains("Nothing was added") && refused.text.contains("no key"), "{refused:?}");
    let added = desk.upload(trust, other.public().to_pem().as_bytes()).await;
    assert_eq!((added.status, added.header("location")), (StatusCode::SEE_OTHER, HERE), "{added:?}");
    let page = desk.site.page(HERE, Some(&desk.session)).await.text;
    assert!(page.contains(&other.public().id().to_string()) && page.contains("added by an owner"), "{page}");

    desk.site.change_account(|user| user.role = Role::LicenseAdmin).await;
    let another = VendorKey::generate().unwrap().public().to_pem();
    let refused = desk.send(trust, &[("key", &another)]).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("only an owner"), "{refused:?}");
}

#[tokio::test]
async fn a_viewer_reads_and_is_offered_no_form() {
    let desk = Desk::new().await;
    desk.site.license(1, 5).await;
    desk.site.change_account(|user| user.role = Role::Viewer).await;
    let page = desk.site.page(HERE, Some(&desk.session)).await.text;
    assert!(page.contains("What the licence grants") && page.contains("Download the request"), "{page}");
    assert!(!page.contains("type=\"file\"") && !page.contains("Add a vendor key"), "{page}");
    let overview = desk.site.page("/status", Some(&desk.session)).await.text;
    assert!(!overview.contains("Apply a licence key"), "a viewer is not offered what is refused");
}

#[tokio::test]
async fn a_clock_that_jumped_is_confirmed_on_the_page() {
    let desk = Desk::new().await;
    desk.site.license(1, 500).await;
    let page = async || desk.site.page(HERE, Some(&desk.session)).await.text;
    assert!(!page().await.contains("The clock"));
    desk.site.clock.step_wall(chrono::TimeDelta::days(100));
    desk.site.context.compliance.tick().await.unwrap();
    let overview = desk.site.page("/status", Some(&desk.session)).await.text;
    assert!(
        overview.contains("the clock is 100 days ahead") && overview.contains("href=\"/console/license#clock\""),
        "{overview}"
    );
    let text = page().await;
    assert!(text.contains("the clock is 100 days ahead") && text.contains("clock is right</button>"), "{text}");
    let before = desk.site.context.compliance.clock().now();

    let reply = desk.send("/console/license/clock", &[]).await;
    assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, HERE), "{reply:?}");
    assert!(!page().await.contains("The clock</h2>"));
    assert!(desk.site.context.compliance.clock().now() - before >= chrono::TimeDelta::days(99));
}
