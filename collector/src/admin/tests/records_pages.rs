//! The pages of records as a browser uses them.

use super::{
    super::testing::{Site, csrf},
    desk::{Desk, controls},
};
use crate::store::records::Role;
use http::StatusCode;
use muster_domain::record::kinds;
use serde_json::{Value, json};

impl Desk {
    async fn make(&self, kind: &str, fields: Value) -> String {
        let made = self.site.call(Role::LicenseAdmin, "POST", &format!("/api/v1/{kind}"), Some(fields)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn every_kind_has_its_pages() {
    let desk = Desk::new().await;
    let overview = desk.page("/records").await;
    for schema in kinds::ALL {
        let path = schema.path;
        assert!(overview.contains(&format!("<a href=\"/records/{path}\">")), "{path}");
        let list = desk.page(&format!("/records/{path}")).await;
        let command = format!("muster-collector record {path} create ");
        assert!(list.contains("There is none yet.") || path == "packs", "{path}: {list}");
        assert!(list.contains(&command) || path == "packs", "{path}: {list}");
        let form = desk.page(&format!("/records/{path}/new")).await;
        for field in schema.fields.iter().filter(|field| !field.derived) {
            let name = field.name;
            assert!(form.contains(&format!("<label for=\"f-{name}\">")), "{path}.{name}");
            assert!(
                form.contains(&format!(" name=\"{name}\"")) && form.contains(&format!("aria-describedby=\"h-{name}")),
                "{path}.{name}"
            );
            assert!(form.contains(&format!("id=\"h-{name}\">")), "{path}.{name}");
        }
        assert_eq!(
            desk.site.page(&format!("/records/{path}.csv"), Some(&desk.cookie)).await.header("content-type"),
            "text/csv; charset=utf-8"
        );
    }
    for path in ["/records/nothing", "/records/models/nothing", "/records/nothing/new", "/records/models?none=1"] {
        let reply = desk.site.page(path, Some(&desk.cookie)).await;
        assert!(reply.status.is_client_error() && reply.header("content-type").starts_with("text/html"), "{path}: {reply:?}");
    }
}

#[tokio::test]
async fn a_record_is_made_changed_published_and_deleted_with_forms() {
    let desk = Desk::new().await;
    let made = desk.send("/records/models/new", &[("publisher", "Acme"), ("product", "Draw <script>alert(1)</script>")]).await;
    let page = desk.follow(&made).await;
    assert!(page.contains("Made.") && page.contains("Draw &#60;script&#62;") && !page.contains("<script"), "{page}");
    let model = made.header("location").to_owned();
    let list = desk.page("/records/models").await;
    assert!(list.contains(&format!("<a href=\"{model}\">Acme Draw &#60;script")) && list.contains("1 to 1 of 1"), "{list}");

    let id = model.rsplit('/').next().unwrap();
    let new = format!("/records/entitlements/new?software_model={id}");
    let page = desk.page(&new).await;
    assert!(page.contains("value=\"Acme Draw &#60;script") && page.contains("What each metric counts"), "{page}");
    let wrong = desk.send(&new, &[("metric_group", "Common"), ("license_metric", "Per Nothing"), ("unit_cost", "12,5")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("<a href=\"#f-unit_cost\">Unit cost</a>: ") && wrong.text.contains("id=\"e-unit_cost\""),
        "{}",
        wrong.text
    );
    assert!(wrong.text.contains("value=\"12,5\"") && wrong.text.contains("value=\"Per Nothing\""), "what was entered is kept");
    let wrong = desk.send(&new, &[("metric_group", "Common"), ("license_metric", "Per Nothing")]).await;
    assert!(wrong.text.contains("id=\"e-license_metric\"") && wrong.text.contains("aria-invalid=\"true\""), "{}", wrong.text);

    let good = [
        ("metric_group", "Common"),
        ("license_metric", "Per Device"),
        ("purchased_rights", "1000"),
        ("unit_cost", "EUR;12.50"),
        ("work_notes", "first\r\nsecond"),
    ];
    let made = desk.send(&new, &good).await;
    let page = desk.follow(&made).await;
    let address = made.header("location").to_owned();
    assert!(page.contains("12\u{202f}500.00 EUR") || page.contains("12\u{202f}500 EUR"), "{page}");
    assert!(page.contains("<strong>Common: Per Device.</strong>"), "what the metric counts: {page}");
    assert!(page.contains("first\nsecond</textarea>") && page.contains("<button>Publish</button>"), "{page}");
    assert!(page.contains("/records/allocations/new?software_entitlement="), "{page}");

    let same = desk.send(&address, &[]).await;
    assert!(desk.follow(&same).await.contains("Nothing was changed"), "a form that is sent back changes nothing");
    let page = desk.page(&address).await;
    let stale = page.clone();
    let saved = desk.send(&address, &[("purchased_rights", "1200")]).await;
    assert!(desk.follow(&saved).await.contains("Saved."));
    let token = csrf(&desk.site.page(&address, Some(&desk.cookie)).await);
    let mut fields: Vec<(String, String)> = controls(&stale);
    fields.iter_mut().find(|(name, _)| name == "csrf").unwrap().1 = token.clone();
    fields.iter_mut().find(|(name, _)| name == "purchased_rights").unwrap().1 = "7".to_owned();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let late = desk.site.form(&address, Some(&desk.cookie), &fields).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("user:anna changed it in the meantime") && late.text.contains("value=\"7\""), "{}", late.text);

    let published = desk.site.form(&format!("{address}/publish"), Some(&desk.cookie), &[("csrf", &token)]).await;
    let page = desk.follow(&published).await;
    assert!(page.contains("Published.") && !page.contains("<button>Publish</button>"), "{page}");
    assert!(
        page.contains("Build → In use") && page.contains("1\u{202f}000 → 1\u{202f}200") && page.contains("user:anna"),
        "{page}"
    );
    let again = desk.site.form(&format!("{address}/publish"), Some(&desk.cookie), &[("csrf", &token)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("only an entitlement in Build"), "{}", again.text);

    let page = desk.page(&model).await;
    assert!(page.contains("<h2>Entitlements <span class=\"dim\">1</span></h2>"), "{page}");
    assert!(desk.page(&format!("{model}/delete")).await.contains("it cannot be deleted"));
    let fields = [("csrf", token.as_str()), ("revision", "1")];
    let refused = desk.site.form(&format!("{model}/delete"), Some(&desk.cookie), &fields).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let fields = [("csrf", token.as_str()), ("revision", "3")];
    let gone = desk.site.form(&format!("{address}/delete"), Some(&desk.cookie), &fields).await;
    assert_eq!((gone.status, gone.header("location")), (StatusCode::SEE_OTHER, "/records/entitlements"), "{}", gone.text);
    let page = desk.site.page(&address, Some(&desk.cookie)).await;
    assert!(page.status == StatusCode::NOT_FOUND && page.text.contains("There is no software entitlement"), "{page:?}");
}

#[tokio::test]
async fn warnings_are_said_after_saving() {
    let desk = Desk::new().await;
    let model = desk.make("models", json!({"publisher": "Acme", "product": "Draw"})).await;
    let new = format!("/records/entitlements/new?software_model={model}");
    let fields = [
        ("metric_group", "Subscription"),
        ("license_metric", "User Subscription"),
        ("license_type", "Perpetual + Maintenance"),
        ("purchased_rights", "5"),
    ];
    let page = desk.follow(&desk.send(&new, &fields).await).await;
    assert!(page.contains("class=\"note warn\">The license type is Subscription, not Perpetual + Maintenance"), "{page}");
    assert!(!desk.page("/records/models").await.contains("The license type is Subscription"), "only where it belongs");
}

#[tokio::test]
async fn lists_are_searched_narrowed_and_paged() {
    let desk = Desk::new().await;
    for number in 0..205 {
        desk.make("models", json!({"publisher": "Acme", "product": format!("Tool {number:03}")})).await;
    }
    let first = desk.page("/records/models").await;
    assert!(first.contains("1 to 100 of 205") && first.contains("Tool 000") && !first.contains("rel=\"prev\""));
    let last = desk.page("/records/models?page=3").await;
    assert!(last.contains("201 to 205 of 205") && last.contains("Tool 204") && !last.contains("rel=\"next\""));
    assert!(desk.page("/records/models?page=99").await.contains("201 to 205 of 205"));
    let some = desk.page("/records/models?search=tool+20").await;
    assert!(
        some.contains("1 to 5 of 5") && some.contains("value=\"tool 20\"") && some.contains(".csv?search=tool%2020\""),
        "{some}"
    );
    let none = desk.page("/records/models?search=%3Cb%3E").await;
    assert!(none.contains("None of the 205 fits the text “&#60;b&#62;”"), "{none}");
    let narrowed = desk.page("/records/models?product=tool+007").await;
    assert!(narrowed.contains("whose Product is <strong>tool 007</strong>") && narrowed.contains("1 to 1 of 1"), "{narrowed}");
    let csv = desk.site.page("/records/models.csv?search=tool+20", Some(&desk.cookie)).await;
    assert_eq!(csv.text.lines().count(), 6, "{}", csv.text);
    assert!(csv.text.starts_with("id,display_name,publisher,") && csv.header("content-disposition").contains("models.csv"));
    let form = desk.page("/records/entitlements/new").await;
    assert!(form.contains("<datalist id=\"names-models\"><option value=\"Acme Tool 000\">"), "{form}");
}

#[tokio::test]
async fn who_may_not_change_reads_and_who_is_not_licensed_is_told_why() {
    let desk = Desk::new().await;
    let model = desk.make("models", json!({"publisher": "Acme", "product": "Draw"})).await;
    let address = format!("/records/models/{model}");
    let token = csrf(&desk.site.page(&address, Some(&desk.cookie)).await);
    assert_eq!(desk.site.page("/records", None).await.header("location"), "/login?next=/records");
    assert_eq!(
        desk.site.form("/records/models/new", Some(&desk.cookie), &[("product", "x")]).await.status,
        StatusCode::FORBIDDEN
    );
    desk.site.change_account(|user| user.role = Role::Viewer).await;
    let page = desk.page(&address).await;
    assert!(page.contains("<dt>Publisher</dt><dd>Acme</dd>") && page.contains("needs the role license_admin"), "{page}");
    assert!(!page.contains("class=\"card record\"") && !page.contains("/new") && !page.contains("/delete"), "{page}");
    let list = desk.page("/records/models").await;
    assert!(!list.contains("New software model"), "{list}");
    for path in ["/records/models/new".to_owned(), format!("{address}/delete")] {
        let reply = desk.site.page(&path, Some(&desk.cookie)).await;
        assert!(reply.status == StatusCode::FORBIDDEN && reply.text.contains("needs the role license_admin"), "{reply:?}");
        let fields = [("csrf", token.as_str()), ("revision", "1")];
        assert_eq!(desk.site.form(&path, Some(&desk.cookie), &fields).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(desk.site.get(&format!("/api/v1/models/{model}")).await.status, StatusCode::OK, "nothing was deleted");

    let site = Site::new().await;
    let cookie = site.log_in().await;
    let reply = site.page("/records", Some(&cookie)).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.header("content-type").starts_with("text/html") && reply.text.contains("The product is disabled"), "{reply:?}");
}
