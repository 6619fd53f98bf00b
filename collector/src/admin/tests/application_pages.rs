//! The forms of applications as a browser uses them: made, changed, taken out, and a ready-made set.

use super::{
    super::testing::{Reply, csrf},
    desk::Desk,
};
use crate::store::records::Role;
use http::StatusCode;
use serde_json::json;

impl Desk {
    /// Sends a form of a page with what stands in it, but for these controls.
    async fn fill(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.site.page(path, Some(&self.cookie)).await;
        let token = csrf(&page);
        let version =
            page.text.split_once("name=\"version\" value=\"").map(|(_, rest)| rest.split('"').next().unwrap().to_owned());
        let fixed = [("at_limit", "warn"), ("offline", "allow"), ("idle_timeout_seconds", "0"), ("lease_seconds", "120")];
        let fixed = fixed.into_iter().chain([("linger_seconds", "0"), ("borrow_max_hours", "0"), ("tracking", "1")]);
        let fixed = fixed.filter(|(name, _)| fields.iter().all(|(given, _)| given != name));
        let version = version.as_deref().filter(|_| fields.iter().all(|(name, _)| *name != "version"));
        let all: Vec<_> = fixed.chain(fields.iter().copied()).chain(version.map(|version| ("version", version))).collect();
        self.site.form(path, Some(&self.cookie), &[&all[..], &[("csrf", token.as_str())]].concat()).await
    }

    async fn stored(&self, name: &str) -> serde_json::Value {
        self.site.get(&format!("/api/v1/applications/{name}")).await.json()
    }
}

const NEW: &str = "/console/applications/new";

#[tokio::test]
async fn an_application_is_made_changed_and_taken_out() {
    let desk = Desk::new().await;
    let made = desk
        .fill(
            NEW,
            &[
                ("name", "CAD <b>"),
                ("floating_limit", "25"),
                ("at_limit", "queue"),
                ("sharing", "user"),
                ("sharing", "host"),
                ("reservations", "Support=5\r\n\r\nSales = 2"),
                ("used_by.processes", "cad.exe"),
                ("access.exclude.networks", "10.1.2.3/16"),
            ],
        )
        .await;
    assert_eq!((made.status, made.header("location")), (StatusCode::SEE_OTHER, "/applications/CAD%20%3Cb%3E"), "{made:?}");
    let stored = desk.stored("CAD%20%3Cb%3E").await;
    assert_eq!(stored["floating_limit"], 25);
    assert_eq!((&stored["at_limit"], &stored["named_limit"]), (&json!("queue"), &json!(null)));
    assert_eq!(stored["reservations"], json!([{"group": "Support", "seats": 5}, {"group": "Sales", "seats": 2}]));
    assert_eq!(stored["used_by"]["processes"], json!(["cad.exe"]));
    assert_eq!(stored["access"]["exclude"]["networks"], json!(["10.1.0.0/16"]));
    let twice = desk.fill(NEW, &[("name", "cad <B>")]).await;
    assert!(twice.status == StatusCode::CONFLICT && twice.text.contains("already"), "{twice:?}");

    let edit = "/applications/CAD%20%3Cb%3E/edit";
    let form = desk.page(edit).await;
    for part in ["value=\"25\"", "Support=5\nSales=2</textarea>", "<option value=\"queue\" selected>", "CAD &#60;b&#62;"] {
        assert!(form.contains(part), "{part}: {form}");
    }
    for (field, text, part) in [
        ("floating_limit", "many", "Floating seats: &#34;many&#34; is not a whole number"),
        ("floating_limit", "-1", "floating_limit must be from 0"),
        ("access.include.networks", "nowhere", "neither an address nor a network"),
        ("reservations", "x", "Seats kept for groups"),
    ] {
        let refused = desk.fill(edit, &[(field, text)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.text.contains("Nothing was saved") && refused.text.contains(part), "{part}: {}", refused.text);
    }
    let stale = desk.fill(edit, &[("version", "99")]).await;
    assert!(stale.status == StatusCode::CONFLICT && stale.text.contains("Somebody else changed it"), "{stale:?}");
    assert_eq!(desk.fill(edit, &[("floating_limit", "")]).await.status, StatusCode::SEE_OTHER);
    let stored = desk.stored("CAD%20%3Cb%3E").await;
    assert_eq!((&stored["floating_limit"], &stored["reservations"]), (&json!(null), &json!([])));

    assert!(desk.page("/applications/CAD%20%3Cb%3E/delete").await.contains("0 holders lose theirs"));
    let gone = desk.fill("/applications/CAD%20%3Cb%3E/delete", &[]).await;
    assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, "/applications"), "{gone:?}");
    assert_eq!(desk.site.get("/api/v1/applications/CAD%20%3Cb%3E").await.status, StatusCode::NOT_FOUND);
    let audit = desk.site.get("/api/v1/audit").await.text;
    assert!(audit.contains("application.set") && audit.contains("application.delete"), "{audit}");
}

#[tokio::test]
async fn a_ready_made_set_is_looked_at_and_imported() {
    let desk = Desk::new().await;
    let path = "/console/applications/import";
    let before = desk.site.get("/api/v1/applications").await.json()["items"].as_array().unwrap().len();
    let preview = desk.page(path).await;
    assert_eq!(preview.matches("<td>made</td>").count(), 10, "{preview}");
    assert_eq!(desk.site.get("/api/v1/applications").await.json()["items"].as_array().unwrap().len(), before);
    let done = desk.fill(path, &[("set", "service-manager"), ("overwrite", "false")]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/applications"), "{done:?}");
    assert_eq!(desk.site.get("/api/v1/applications").await.json()["items"].as_array().unwrap().len(), before + 10);
    assert!(desk.page(path).await.contains("There is nothing to do"));
}

#[tokio::test]
async fn a_viewer_is_offered_no_form() {
    let desk = Desk::new().await;
    desk.fill(NEW, &[("name", "CAD")]).await;
    desk.site.change_account(|user| user.role = Role::Operator).await;
    for path in ["/applications", "/applications/CAD", "/status"] {
        let page = desk.page(path).await;
        assert!(!page.contains("/edit\"") && !page.contains(NEW), "{path}: {page}");
    }
    let refused = desk.site.page("/applications/CAD/edit", Some(&desk.cookie)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_check_out_is_seen_and_ended() {
    let desk = Desk::new().await;
    desk.fill(NEW, &[("name", "CAD"), ("floating_limit", "2")]).await;
    let wish = json!({"application": "CAD", "user": "anna <b>", "client_ip": "10.0.0.7", "client": "desktop", "host": "ws-7"});
    let taken = desk.site.call(Role::Operator, "POST", "/api/v1/checkouts", Some(wish)).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{taken:?}");
    let id = taken.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/checkouts/{id}");
    let listed = desk.page("/applications/CAD").await;
    assert!(listed.contains(&format!("href=\"{path}\">anna &#60;b&#62;")) && listed.contains("1 of 2"), "{listed}");
    let page = desk.page(&path).await;
    assert!(page.contains("End this check-out") && page.contains("ws-7") && page.contains("10.0.0.7"), "{page}");

    let ended = desk.fill(&path, &[]).await;
    assert_eq!(ended.header("location"), "/applications/CAD");
    let text = desk.follow(&ended).await;
    assert!(text.contains("it holds no seat of CAD any more") && !text.contains(&path) && text.contains("0 of 2"), "{text}");
    let newest = desk.site.get("/api/v1/audit?limit=1").await.json()["items"][0].clone();
    assert_eq!((&newest["action"], &newest["subject"]), (&json!("checkout.end"), &json!(id)));
    assert_eq!(desk.site.page(&path, Some(&desk.cookie)).await.status, StatusCode::NOT_FOUND);
}
