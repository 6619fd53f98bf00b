//! The form of an asset as a browser uses it, and the API behind it.

use super::{
    super::testing::{HOST, Reply},
    desk::Desk,
};
use crate::store::{
    conformance::fixtures::{agent_id, asset, entry},
    records::Role,
};
use axum::body::Body;
use http::{Request, StatusCode, header};
use muster_domain::asset::Field;
use serde_json::{Value, json};

impl Desk {
    async fn asset(&self, fields: Value) -> String {
        let made = self.site.call(Role::Operator, "POST", "/api/v1/assets", Some(fields)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    async fn stored_asset(&self, id: &str) -> Value {
        self.site.get(&format!("/api/v1/assets/{id}")).await.json()
    }
}

/// The id in the address that a form leads to.
fn id_of(reply: &Reply) -> String {
    reply.header("location").rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_asset_is_made_and_changed_with_forms() {
    let desk = Desk::new().await;
    let hostile = "P1 <script>alert(1)</script>";
    let wishes = [("asset_tag", hostile), ("model_category", "computer"), ("install_status", "6/available"), ("cost", "1299.99")];
    let made = desk.send("/assets/new", &wishes).await;
    let page = desk.follow(&made).await;
    assert!(page.contains("Made.") && page.contains("P1 &#60;script&#62;") && !page.contains("<script>alert"), "{page}");
    let id = id_of(&made);
    let asset = desk.stored_asset(&id).await;
    assert_eq!(
        (&asset["install_status"], &asset["substatus"], &asset["quantity"], &asset["cost"], &asset["sys_class_name"]),
        (&json!(6), &json!("available"), &json!(1), &json!("1299.99"), &json!("alm_hardware"))
    );
    let edit = format!("/assets/{id}/edit");
    let nothing = desk.send(&edit, &[]).await;
    assert!(desk.follow(&nothing).await.contains("Nothing was changed"));
    let other = desk.asset(json!({"asset_tag": "RACK-1", "install_status": 1})).await;
    let changes = [("install_status", "7/disposed"), ("purchase_date", "2025-03-10"), ("parent", "rack-1"), ("comments", "a\nb")];
    let page = desk.follow(&desk.send(&edit, &changes).await).await;
    assert!(page.contains("Saved.") && page.contains(&format!("<a href=\"/assets/{other}\">RACK-1</a>")), "{page}");
    let asset = desk.stored_asset(&id).await;
    assert_eq!(
        (&asset["install_status"], &asset["substatus"], &asset["purchase_date"], &asset["comments"], &asset["parent"]["display"]),
        (&json!(7), &json!("disposed"), &json!("2025-03-10"), &json!("a\nb"), &json!("RACK-1"))
    );
    // A state without a substate has none.
    desk.follow(&desk.send(&edit, &[("install_status", "1"), ("parent", "")]).await).await;
    let asset = desk.stored_asset(&id).await;
    assert_eq!((&asset["install_status"], &asset["substatus"], &asset["parent"]), (&json!(1), &Value::Null, &Value::Null));
    let history = desk.site.get(&format!("/api/v1/assets/{id}/history")).await.json();
    assert_eq!(history["items"].as_array().unwrap().len(), 3, "{history}");
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_what_was_entered_stays() {
    let desk = Desk::new().await;
    let id = desk.asset(json!({"asset_tag": "P1", "install_status": 1})).await;
    let edit = format!("/assets/{id}/edit");
    for (field, value, expected) in [
        ("cost", "1,299", "&#34;1,299&#34; is not a decimal number"),
        ("purchase_date", "2025-02-30", "is not a date"),
        ("location", "Nowhere", "nothing is known by the name &#34;Nowhere&#34;"),
        ("model_category", "Toaster", "nothing is known by the name"),
        ("quantity", "0", "the least is 1"),
        ("quantity", "2", "a record of 2 pieces has no asset_tag"),
        ("install_status", "7/available", "choose one of the states"),
        ("install_status", "11", "Build is not a state of alm_hardware records"),
        ("parent", "Rack 9", "nothing is known by the name"),
        ("parent", id.as_str(), "an asset cannot belong to itself"),
        ("parent", "00000000-0000-0000-0000-000000000001", "there is no asset 00000000"),
        ("comments", "a\u{7}b", "the text has control characters"),
    ] {
        let refused = desk.send(&edit, &[(field, value), ("lease_id", "L 77")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}: {}", refused.text);
        assert!(refused.text.contains(expected), "{field}={value}: {}", refused.text);
        assert!(refused.text.contains(&format!("<a href=\"#f-{field}\">")), "{field}={value}: {}", refused.text);
        assert!(refused.text.contains("value=\"L 77\""), "what was entered stays");
    }
    assert_eq!(desk.stored_asset(&id).await["lease_id"], Value::Null, "nothing was stored");
    let refused = desk.send("/assets/new", &[("quantity", "none")]).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("is not a whole number"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn new_names_are_made_where_that_is_wanted() {
    let desk = Desk::new().await;
    let wishes = [("asset_tag", "P1"), ("location", "Berlin"), ("model_category", "Toaster"), ("make_names", "1")];
    let refused = desk.send("/assets/new", &wishes).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("#f-model_category"), "{}", refused.text);
    let known = desk.site.get("/api/v1/references/locations").await.json();
    assert_eq!(known["items"], json!([]), "nothing is made of a form that is refused");
    let nowhere = "00000000-0000-0000-0000-000000000001";
    let refused = desk.send("/assets/new", &[("location", "Berlin"), ("parent", nowhere), ("make_names", "1")]).await;
    assert!(refused.text.contains("there is no asset") && refused.text.contains("#f-parent"), "{}", refused.text);
    let known = desk.site.get("/api/v1/references/locations").await.json();
    assert_eq!(known["items"], json!([]), "nor of one that the store refuses");
    let made =
        desk.send("/assets/new", &[("asset_tag", "P1"), ("location", "Berlin"), ("company", "Acme"), ("make_names", "1")]).await;
    let asset = desk.stored_asset(&id_of(&made)).await;
    assert_eq!((&asset["location"]["display"], &asset["company"]["display"]), (&json!("Berlin"), &json!("Acme")));
    let twice = [("assigned_to", "Ida"), ("managed_by", "ida"), ("make_names", "1")];
    let made = desk.send("/assets/new", &twice).await;
    let both = desk.stored_asset(&id_of(&made)).await;
    assert_eq!((&both["assigned_to"]["display"], &both["managed_by"]), (&json!("Ida"), &both["assigned_to"]));
    let other = desk.send("/assets/new", &[("asset_tag", "P2"), ("location", "berlin")]).await;
    assert_eq!(desk.stored_asset(&id_of(&other)).await["location"], asset["location"]);
}

#[tokio::test]
async fn a_form_that_was_overtaken_changes_nothing() {
    let desk = Desk::new().await;
    let id = desk.asset(json!({"asset_tag": "P1", "install_status": 1})).await;
    let edit = format!("/assets/{id}/edit");
    let before = desk.page(&edit).await;
    let seen = before.split_once("name=\"seen\" value=\"").unwrap().1.split_once('"').unwrap().0;
    desk.site.clock.advance(std::time::Duration::from_secs(60));
    let changed =
        desk.site.call(Role::Operator, "PATCH", &format!("/api/v1/assets/{id}"), Some(json!({"install_status": 6}))).await;
    assert_eq!(changed.status, StatusCode::OK);
    let late = desk.send(&edit, &[("seen", seen), ("lease_id", "L 77")]).await;
    assert!(late.status == StatusCode::CONFLICT && late.text.contains("was changed in the meantime"), "{}", late.text);
    assert!(late.text.contains("value=\"L 77\""), "what was entered stays");
    assert_eq!(desk.stored_asset(&id).await["lease_id"], Value::Null);
}

#[tokio::test]
async fn what_a_form_named_may_be_another_by_then() {
    let desk = Desk::new().await;
    let (above, other) = (desk.asset(json!({"asset_tag": "RACK-1"})).await, desk.asset(json!({"asset_tag": "RACK-9"})).await);
    let id = desk.asset(json!({"asset_tag": "P1", "parent": "RACK-1", "comments": "a\r\nb"})).await;
    let edit = format!("/assets/{id}/edit");
    let unchanged = desk.send(&edit, &[]).await;
    assert!(desk.follow(&unchanged).await.contains("Nothing was changed"), "lines end as they did");
    let before = desk.page(&edit).await;
    let seen = before.split_once("name=\"seen\" value=\"").unwrap().1.split_once('"').unwrap().0;
    for (asset, tag) in [(&above, "RACK-2"), (&other, "RACK-1")] {
        let path = format!("/api/v1/assets/{asset}");
        assert_eq!(desk.site.call(Role::Operator, "PATCH", &path, Some(json!({"asset_tag": tag}))).await.status, StatusCode::OK);
    }
    let late = desk.send(&edit, &[("seen", seen), ("parent", "RACK-1"), ("lease_id", "L 77")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
    assert_eq!(desk.stored_asset(&id).await["parent"]["id"], json!(above));
}

#[tokio::test]
async fn assets_do_not_belong_to_each_other() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for tag in ["A", "B", "C"] {
        ids.push(desk.asset(json!({ "asset_tag": tag })).await);
    }
    let set = async |asset: usize, parent: &str| {
        let path = format!("/api/v1/assets/{}", ids[asset]);
        desk.site.call(Role::Operator, "PATCH", &path, Some(json!({ "parent": parent }))).await
    };
    assert_eq!(set(1, "A").await.json()["parent"]["display"], "A");
    assert_eq!(set(2, &ids[1]).await.status, StatusCode::OK);
    let around = set(0, "C").await;
    assert!(
        around.status == StatusCode::UNPROCESSABLE_ENTITY && around.text.contains("belongs to this one already"),
        "{around:?}"
    );
    let file = format!("id,parent\n{},{}\n{},a\n", ids[0], ids[2], ids[2]);
    let request = Request::post("/api/v1/assets/import")
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {}", desk.site.token(Role::Operator)))
        .header(header::CONTENT_TYPE, "text/csv");
    let told = desk.site.send(request.body(Body::from(file)).unwrap()).await.text;
    assert!(told.contains("belongs to this one already"), "{told}");
    assert_eq!(
        (&desk.stored_asset(&ids[0]).await["parent"], &desk.stored_asset(&ids[2]).await["parent"]["display"]),
        (&Value::Null, &json!("A"))
    );
}

#[tokio::test]
async fn what_was_entered_is_taken_back_with_a_tick_and_through_the_api() {
    let desk = Desk::new().await;
    let asset = asset(1, Some(agent_id(1)));
    let (id, serial) = (asset.id().to_string(), asset.get(Field::SerialNumber).unwrap().to_string());
    desk.site.stores.assets.create(asset, entry("asset.create")).await.unwrap();
    let edit = format!("/assets/{id}/edit");
    assert!(!desk.page(&edit).await.contains("Take this back"));
    desk.follow(&desk.send(&edit, &[("serial_number", "mine"), ("install_status", "7/disposed")]).await).await;
    let entered = desk.stored_asset(&id).await;
    assert_eq!(
        (&entered["entered"], &entered["serial_number"]),
        (&json!(["install_status", "substatus", "serial_number"]), &json!("mine"))
    );
    let form = desk.page(&edit).await;
    assert!(form.contains(&format!("the agent reports <strong>{serial}</strong>")), "{form}");
    assert!(form.contains("the agent reports <strong>In use</strong>"), "{form}");
    let ticked = desk.send(&edit, &[("back", "install_status"), ("cost", "1,299")]).await;
    assert!(ticked.text.contains("name=\"back\" value=\"install_status\" checked>"), "a tick stays, too: {}", ticked.text);
    desk.follow(&desk.send(&edit, &[("back", "install_status")]).await).await;
    let stored = desk.stored_asset(&id).await;
    assert_eq!(
        (&stored["install_status"], &stored["substatus"], &stored["entered"]),
        (&json!(1), &Value::Null, &json!(["serial_number"]))
    );
    let path = |field: &str| format!("/api/v1/assets/{id}/entered/{field}");
    for (field, expected) in [("sys_id", StatusCode::NOT_FOUND), ("colour", StatusCode::NOT_FOUND), ("cost", StatusCode::OK)] {
        assert_eq!(desk.site.call(Role::Operator, "DELETE", &path(field), None).await.status, expected, "{field}");
    }
    let both = path("serial_number,quantity");
    let back = desk.site.call(Role::Operator, "DELETE", &both, None).await.json();
    assert_eq!((&back["serial_number"], &back["entered"]), (&json!(serial), &json!([])));
    let audit = async || {
        let found = desk.site.get("/api/v1/audit?action=asset.take_back").await.json();
        found["items"].as_array().unwrap().clone()
    };
    let told = audit().await;
    assert!(told.len() == 2 && told[0].to_string().contains(r#""taken_back":["serial_number","quantity"]"#), "{told:?}");
    assert_eq!(desk.site.call(Role::Operator, "DELETE", &both, None).await.status, StatusCode::OK);
    assert_eq!(audit().await.len(), 2, "nothing was there to be taken back");
    let own = desk.asset(json!({"asset_tag": "P9"})).await;
    let refused = desk.site.call(Role::Operator, "DELETE", &format!("/api/v1/assets/{own}/entered/asset_tag"), None).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.text.contains("no agent reports"), "{refused:?}");
}
